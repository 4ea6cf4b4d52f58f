//! The sheet every figure is drawn on: plotters' SVG backend, the tokens of the look, title and foot.
//! Invariant: colours are tokens; a style sheet inside the SVG swaps them for the dark set, and
//! without it the light ones stand as attributes. Absent on purpose: data.

use plotters::backend::SVGBackend;
use plotters::coord::Shift;
use plotters::drawing::{DrawingArea, IntoDrawingArea};
use plotters::element::{Circle, PathElement, Polygon, Rectangle, Text};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color, FontDesc, FontFamily, FontStyle, ShapeStyle, TextStyle};

use super::Frame;
use super::heading::Heading;
pub(super) use super::palette::Token;

/// Fonts that court desks, phones and servers have.
const FONTS: &str = "Noto Sans CJK SC, PingFang SC, Microsoft YaHei, sans-serif";
/// The SVG backend divides sizes by this; asking for the product gives the pixels meant.
const SIZE_FACTOR: f64 = 1.24;

/// Where a text stands against its point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Align {
    Left,
    Centre,
    Right,
}

/// One drawing surface in pixels, origin at the upper left.
pub(super) struct Canvas<'a> {
    area: DrawingArea<SVGBackend<'a>, Shift>,
}

impl Canvas<'_> {
    /// Draws with `paint` on a sheet of `width` by `height` and wraps the result with title,
    /// description, language and both palettes.
    pub fn sheet(
        (width, height): (u32, u32),
        frame: &Frame,
        title: &str,
        description: &str,
        paint: impl FnOnce(&Canvas),
    ) -> String {
        let mut body = String::new();
        {
            let area = SVGBackend::with_string(&mut body, (width, height)).into_drawing_area();
            let canvas = Canvas { area };
            canvas.rect((0, 0), (width as i32, height as i32), Token::Paper);
            paint(&canvas);
            // Drawing into a string cannot fail, so the result holds nothing to act on.
            let _ = canvas.area.present();
        }
        dress(&body, frame, title, description)
    }

    /// A line of text; `weight` 600 for the one emphasis.
    pub fn text(&self, text: &str, at: (i32, i32), size: f64, token: Token, align: Align, bold: bool) {
        let style = if bold { FontStyle::Bold } else { FontStyle::Normal };
        let font = FontDesc::new(FontFamily::Name(FONTS), size * SIZE_FACTOR, style);
        let h_pos = match align {
            Align::Left => HPos::Left,
            Align::Centre => HPos::Center,
            Align::Right => HPos::Right,
        };
        let colour = token.rgb();
        let style = TextStyle::from(font).color(&colour).pos(Pos::new(h_pos, VPos::Center));
        let _ = self.area.draw(&Text::new(text.to_owned(), at, style));
    }

    /// A straight line.
    pub fn line(&self, from: (i32, i32), to: (i32, i32), width: u32, token: Token) {
        let style = token.rgb().stroke_width(width);
        let _ = self.area.draw(&PathElement::new(vec![from, to], style));
    }

    /// A filled rectangle.
    pub fn rect(&self, from: (i32, i32), to: (i32, i32), token: Token) {
        let _ = self.area.draw(&Rectangle::new([from, to], token.rgb().filled()));
    }

    /// A filled rectangle of which the paper shows through; `strength` 0 to 1. One token in several
    /// strengths reads as well in grey.
    pub fn shade(&self, from: (i32, i32), to: (i32, i32), token: Token, strength: f64) {
        let _ = self.area.draw(&Rectangle::new([from, to], token.rgb().mix(strength).filled()));
    }

    /// A line through all points.
    pub fn path(&self, points: Vec<(i32, i32)>, width: u32, token: Token) {
        let _ = self.area.draw(&PathElement::new(points, token.rgb().stroke_width(width)));
    }

    /// Text on at most two lines of `width` pixels, centred on the point's height; what is longer
    /// ends in an ellipsis.
    pub fn wrapped(&self, text: &str, at: (i32, i32), width: i32, size: f64, token: Token, align: Align) {
        let lines = lines(text, f64::from(width) / size);
        let first = at.1 - (lines.len() as i32 - 1) * size as i32 * 5 / 8;
        for (index, line) in lines.iter().enumerate() {
            let y = first + index as i32 * size as i32 * 5 / 4;
            self.text(line, (at.0, y), size, token, align, false);
        }
    }

    /// A filled circle.
    pub fn dot(&self, at: (i32, i32), radius: u32, token: Token) {
        let _ = self.area.draw(&Circle::new(at, radius, token.rgb().filled()));
    }

    /// An open circle on paper.
    pub fn ring(&self, at: (i32, i32), radius: u32, token: Token) {
        let _ = self.area.draw(&Circle::new(at, radius, Token::Paper.rgb().filled()));
        let _ = self.area.draw(&Circle::new(at, radius, ShapeStyle::from(token.rgb()).stroke_width(2)));
    }

    /// A filled triangle that points right (`1`) or left (`-1`): "at least" and "at most".
    pub fn arrow(&self, at: (i32, i32), direction: i32, token: Token) {
        let points =
            vec![(at.0 + 6 * direction, at.1), (at.0 - 4 * direction, at.1 - 5), (at.0 - 4 * direction, at.1 + 5)];
        let _ = self.area.draw(&Polygon::new(points, token.rgb().filled()));
    }

    /// A line of short strokes.
    pub fn dashes(&self, from: (i32, i32), to: (i32, i32), token: Token) {
        let (dx, dy) = (f64::from(to.0 - from.0), f64::from(to.1 - from.1));
        let length = dx.hypot(dy);
        let at = |way: f64| {
            let share = if length > 0.0 { (way / length).min(1.0) } else { 0.0 };
            (from.0 + (dx * share).round() as i32, from.1 + (dy * share).round() as i32)
        };
        for stroke in 0..(length / 8.0).ceil() as i32 {
            let way = f64::from(stroke) * 8.0;
            self.line(at(way), at(way + 4.0), 1, token);
        }
    }

    /// A filled shape.
    pub fn shape(&self, points: Vec<(i32, i32)>, token: Token) {
        let _ = self.area.draw(&Polygon::new(points, token.rgb().filled()));
    }

    /// A filled triangle that stands on its base.
    pub fn triangle(&self, at: (i32, i32), token: Token) {
        self.shape(vec![(at.0, at.1 - 6), (at.0 - 6, at.1 + 5), (at.0 + 6, at.1 + 5)], token);
    }

    /// A filled triangle that stands on its point.
    pub fn wedge(&self, at: (i32, i32), token: Token) {
        self.shape(vec![(at.0, at.1 + 6), (at.0 - 6, at.1 - 5), (at.0 + 6, at.1 - 5)], token);
    }

    /// An open square on paper.
    pub fn square(&self, at: (i32, i32), token: Token) {
        let corners = [(at.0 - 5, at.1 - 5), (at.0 + 5, at.1 + 5)];
        let _ = self.area.draw(&Rectangle::new(corners, Token::Paper.rgb().filled()));
        let _ = self.area.draw(&Rectangle::new(corners, ShapeStyle::from(token.rgb()).stroke_width(2)));
    }

    /// One or two lines of a row's label, centred on the row.
    pub fn label(&self, lines: &[String], at: (i32, i32), align: Align) {
        let first = at.1 - 17 * (lines.len() as i32 - 1) / 2;
        for (index, line) in lines.iter().enumerate() {
            self.text(line, (at.0, first + 17 * index as i32), 14.0, Token::Ink, align, false);
        }
    }

    /// Title (the finding), subtitle (the measure), and foot at the bottom edge.
    pub fn frame(&self, (width, height): (u32, u32), frame: &Frame, title: &str, subtitle: &str) {
        Heading::new(frame, title, subtitle, width as i32).draw(self, height as i32);
    }
}

/// Widths in ems that hold for the fonts above: han characters and full-width signs one, others about half.
fn width(c: char) -> f64 {
    match c {
        '\u{2e80}'..='\u{ffef}' => 1.0,
        'm' | 'w' | 'M' | 'W' | '—' | '…' => 0.9,
        c if c.is_uppercase() => 0.68,
        _ => 0.54,
    }
}

/// Breaks `text` into at most two lines of `room` ems, between words where there are any.
fn lines(text: &str, room: f64) -> Vec<String> {
    let mut lines = Vec::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        let (mut used, mut end, mut word) = (0.0, rest.len(), None);
        for (at, c) in rest.char_indices() {
            used += width(c);
            if used > room {
                end = at;
                break;
            }
            if c == ' ' {
                word = Some(at);
            }
        }
        if end == rest.len() {
            lines.push(rest.to_owned());
            break;
        }
        if lines.len() == 1 {
            let last = rest[..end].char_indices().next_back().map_or(0, |(at, _)| at);
            lines.push(format!("{}…", rest[..last].trim_end()));
            break;
        }
        // A single character always fits, or a narrow column would never end.
        let first = rest.chars().next().map_or(1, char::len_utf8);
        // Between han characters a line may end anywhere; inside a Latin word it may not.
        let han = rest[end..].chars().next().is_some_and(|c| width(c) >= 1.0);
        let cut = word.filter(|at| *at > 0 && !han).unwrap_or(end).max(first);
        lines.push(rest[..cut].trim_end().to_owned());
        rest = rest[cut..].trim_start();
    }
    lines
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// Puts title, description, language and the two palettes into plotters' plain SVG.
fn dress(body: &str, frame: &Frame, title: &str, description: &str) -> String {
    let mut light = String::new();
    let mut dark = String::new();
    let mut rules = String::new();
    for token in Token::ALL {
        let (name, day, night) = token.pair();
        light.push_str(&format!("--{name}:{day};"));
        dark.push_str(&format!("--{name}:{night};"));
        rules.push_str(&format!("[fill=\"{day}\"]{{fill:var(--{name})}}[stroke=\"{day}\"]{{stroke:var(--{name})}}"));
    }
    let style = format!(
        "<style>svg{{{light}}}@media(prefers-color-scheme:dark){{svg{{{dark}}}}}{rules}text{{font-variant-numeric:tabular-nums}}</style>"
    );
    let head = format!(
        "<title id=\"title\">{}</title>\n<desc id=\"desc\">{}</desc>\n{style}\n",
        escape(title),
        escape(description)
    );
    let root = format!("<svg lang=\"{}\" role=\"img\" aria-labelledby=\"title desc\" ", frame.language.tag());
    let body = body.replacen("<svg ", &root, 1);
    // plotters writes each text on a line of its own; the line break would count as a space.
    let body = body.replace("\n</text>", "</text>");
    let mut out = String::new();
    let mut opened = false;
    for line in body.lines() {
        // A text's content follows its opening tag on the next line.
        if line.starts_with("<text") {
            out.push_str(line);
        } else {
            out.push_str(line);
            out.push('\n');
        }
        if !opened && line.starts_with("<svg") {
            opened = true;
            out.push_str(&head);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::lines;

    #[test]
    fn long_names_break_between_words_and_end_in_an_ellipsis() {
        assert_eq!(lines("程序告知", 6.0), ["程序告知"]);
        assert_eq!(lines("提前告知开庭时间等程序事项", 7.0), ["提前告知开庭时", "间等程序事项"]);
        assert_eq!(lines("提前告知开庭时间、举证期限等程序事项", 6.0), ["提前告知开庭", "时间、举证…"]);
        assert_eq!(lines("Notice of procedure", 7.0), ["Notice of", "procedure"]);
        assert_eq!(lines("A 级程序告知", 5.0), ["A 级程序", "告知"]);
        assert_eq!(lines("", 7.0), Vec::<String>::new());
        assert_eq!(lines("评价", 0.1), ["评", "…"]);
    }
}
