//! Setting text: how wide a line is, where it may break, and what stands when it is too long.
//! Invariant: a pure function of the text; estimates are a little too wide rather than too narrow,
//! since desks and phones have other fonts. Absent on purpose: fonts; nothing is read from the machine.

/// Advance widths of U+0020 to U+007E in Noto Sans CJK SC Regular, thousandths of an em.
const LATIN: [u16; 95] = [
    224, 323, 474, 555, 555, 921, 680, 278, 338, 338, 467, 555, 278, 347, 278, 392, 555, 555, 555, 555, 555, 555, 555,
    555, 555, 555, 278, 278, 555, 555, 555, 474, 946, 608, 657, 638, 688, 589, 552, 689, 728, 293, 535, 646, 543, 812,
    723, 742, 633, 742, 635, 596, 599, 721, 575, 878, 573, 531, 603, 338, 392, 338, 555, 559, 606, 563, 618, 510, 620,
    554, 325, 564, 607, 275, 275, 552, 284, 926, 610, 606, 620, 620, 388, 468, 377, 607, 521, 802, 498, 521, 475, 338,
    270, 338, 555,
];
/// Other fonts are wider than the one measured.
const SLACK: f64 = 1.04;
/// Bold Latin letters are wider than regular ones; Chinese characters are not.
const BOLD: f64 = 1.1;

/// Must not begin a line.
const CLOSING: &str = "，。；：）、！？》」”’%·…";
/// Must not end a line.
const OPENING: &str = "（《「“‘";

/// Whether a character fills a whole em.
fn wide(c: char) -> bool {
    matches!(c, '\u{2e80}'..|'·'| '±' | '×' | '≥' | '≤' | '…' | '“' | '”' | '‘' | '’' | '→')
}

/// Estimated width of a line of `size` pixels, in pixels.
pub(super) fn width(text: &str, size: f64, bold: bool) -> f64 {
    let latin = if bold { SLACK * BOLD } else { SLACK };
    let em = |c: char| match c {
        ' '..='~' => f64::from(LATIN[c as usize - 0x20]) / 1000.0 * latin,
        '\u{2009}' => 0.2,
        c if wide(c) => 1.0,
        '—' => 0.92,
        _ => 0.62 * latin,
    };
    text.chars().map(em).sum::<f64>() * size
}

/// Pieces that stay together: words with the space behind them, single Chinese characters with the
/// punctuation that clings to them.
fn pieces(text: &str) -> Vec<String> {
    let mut pieces: Vec<String> = Vec::new();
    let mut last = ' ';
    for c in text.chars() {
        let clings =
            c == ' ' || CLOSING.contains(c) || OPENING.contains(last) || !(wide(c) || wide(last) || last == ' ');
        match pieces.last_mut() {
            Some(piece) if clings => piece.push(c),
            _ => pieces.push(c.to_string()),
        }
        last = c;
    }
    pieces
}

/// Lines of at most `max` pixels, filled greedily; a word longer than a line is cut.
fn lay(pieces: &[String], size: f64, bold: bool, max: f64) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut add = |piece: &str| {
        let line = lines.last_mut().map(std::mem::take).unwrap_or_default();
        let longer = format!("{line}{piece}");
        if line.is_empty() || width(longer.trim_end(), size, bold) <= max {
            lines.pop();
            lines.push(longer);
        } else {
            lines.pop();
            lines.push(line);
            lines.push(piece.to_owned());
        }
    };
    for piece in pieces {
        if width(piece.trim_end(), size, bold) <= max {
            add(piece);
        } else {
            piece.chars().for_each(|c| add(&c.to_string()));
        }
    }
    lines.iter().map(|line| line.trim().to_owned()).collect()
}

/// Lines of at most `max` pixels, of about the same length, so that no character is left alone.
pub(super) fn wrap(text: &str, size: f64, bold: bool, max: f64) -> Vec<String> {
    let pieces = pieces(text);
    let mut best = lay(&pieces, size, bold, max);
    // Evening out must not cut a word that fits.
    let widest = pieces.iter().map(|piece| width(piece.trim_end(), size, bold)).fold(size, f64::max);
    let mut narrower = max - size / 2.0;
    while best.len() > 1 && narrower >= widest {
        let lines = lay(&pieces, size, bold, narrower);
        if lines.len() > best.len() {
            break;
        }
        best = lines;
        narrower -= size / 2.0;
    }
    best
}

/// At most `count` lines; what does not fit ends in an ellipsis and stands in full in the table.
pub(super) fn fit(text: &str, size: f64, bold: bool, max: f64, count: usize) -> Vec<String> {
    let lines = wrap(text, size, bold, max);
    if lines.len() <= count {
        return lines;
    }
    let mut lines = lay(&pieces(text), size, bold, max);
    lines.truncate(count);
    if let Some(last) = lines.last_mut() {
        while !last.is_empty() && width(&format!("{last}…"), size, bold) > max {
            last.pop();
        }
        last.push('…');
    }
    lines
}

/// Names of rows, set in a column that is as wide as the widest of them.
pub(super) struct Labels {
    /// One or two lines per row.
    pub lines: Vec<Vec<String>>,
    /// Pixels.
    pub width: i32,
}

impl Labels {
    /// Sets `names` at `size` in at most `max` pixels.
    pub fn new<'n>(names: impl Iterator<Item = &'n str>, size: f64, max: f64) -> Self {
        let lines: Vec<Vec<String>> = names.map(|name| fit(name, size, false, max, 2)).collect();
        let widest = lines.iter().flatten().map(|line| width(line, size, false)).fold(0.0, f64::max);
        Self { lines, width: widest.ceil() as i32 }
    }

    /// Height of a row that holds the labels: `one` pixels, or more where a label has two lines.
    pub fn row(&self, one: i32) -> i32 {
        if self.lines.iter().any(|lines| lines.len() > 1) { one + 10 } else { one }
    }
}

#[cfg(test)]
mod tests {
    use super::{fit, width, wrap};

    #[test]
    fn a_chinese_character_is_an_em_and_a_digit_half_of_one() {
        assert_eq!(width("法院", 14.0, true), 28.0);
        assert!((width("0.5", 14.0, false) / 14.0 - 1.44).abs() < 0.02);
    }

    #[test]
    fn lines_are_even_and_no_character_stands_alone() {
        let text = "青岛市中级人民法院知识产权审判庭、环境资源审判庭和少年家事审判庭";
        let lines = wrap(text, 14.0, false, 14.0 * (text.chars().count() - 1) as f64);
        assert_eq!(lines.concat(), text);
        assert_eq!(lines.len(), 2);
        assert!(lines.iter().all(|line| line.chars().count() > 12), "{lines:?}");
    }

    #[test]
    fn punctuation_clings_and_intervals_are_not_cut() {
        // Narrower than its longest word a column must cut somewhere.
        for max in 70..200 {
            for line in wrap("结果（区间）3.8–4.2，达到；the mean (3.8–4.2) holds", 14.0, false, f64::from(max))
            {
                assert!(!line.starts_with(['，', '；', '）']) && !line.ends_with('（'), "{line}");
                assert!(!line.ends_with('–'), "{line}");
            }
        }
    }

    #[test]
    fn what_does_not_fit_ends_in_an_ellipsis_and_within_the_width() {
        for name in ["一".repeat(99), "x".repeat(99), "long words ".repeat(20)] {
            let lines = fit(&name, 14.0, false, 150.0, 2);
            assert_eq!(lines.len(), 2);
            assert!(lines[1].ends_with('…'));
            assert!(lines.iter().all(|line| width(line, 14.0, false) <= 150.0), "{lines:?}");
        }
        assert_eq!(fit("市南法院", 14.0, false, 150.0, 2), ["市南法院"]);
        assert_eq!(fit("", 14.0, false, 150.0, 2), [""]);
    }
}
