//! Slope: from raw mean to adjusted result, one small panel per court on a common scale.
//! Invariant: panels stand in the order of court codes, so that no height becomes a rank; both ends
//! are printed numbers of one cell. Absent on purpose: what moved whom; that is told to the ratee alone.

use super::canvas::{Align, Canvas, Token};
use super::heading::Heading;
use super::setting::fit;
use super::words::number;
use super::{Figure, Frame, Line};
use crate::gate::Row;

const WIDTH: i32 = 860;
const COLUMNS: i32 = 4;
const TOP: i32 = 92;
const PANEL: (i32, i32) = (203, 138);
/// Inside a panel: from its left edge to the two ends of the line.
const ENDS: (i32, i32) = (56, 140);

struct Slope<'a> {
    label: &'a str,
    raw: f64,
    value: f64,
    step: f64,
}

impl Slope<'_> {
    fn moved(&self) -> bool {
        (self.value - self.raw).abs() > self.step * 0.5
    }
}

/// Draws the courts that have a raw mean; `None` when fewer than two do.
pub(super) fn draw(lines: &[Line], city: Option<&Row>, frame: &Frame) -> Option<Figure> {
    let slopes = lines.iter().filter_map(|line| {
        let values = &line.row.values;
        values.raw.map(|raw| Slope { label: &line.label, raw, value: values.value, step: values.step })
    });
    let slopes: Vec<Slope> = slopes.collect();
    if slopes.len() < 2 {
        return None;
    }
    let pick = |zh: &str, en: &str| frame.language.pick(zh, en);
    let (count, moved) = (slopes.len(), slopes.iter().filter(|s| s.moved()).count());
    let title = match moved {
        0 => pick("校正后，各法院的结果都没有变动", "The correction moves the result of no court"),
        all if all == count => pick(
            &format!("校正后，{count} 个法院的结果都有变动"),
            &format!("The correction moves the results of all {count} courts"),
        ),
        _ => pick(
            &format!("校正后，{count} 个法院中有 {moved} 个的结果有变动"),
            &format!("The correction moves the results of {moved} of {count} courts"),
        ),
    };
    let subtitle = pick(
        &format!("{} · 左为原始均值，右为扣除宽严、案件结果与案件类型影响后的校正结果", frame.rubric),
        &format!("{} · raw mean on the left, adjusted result on the right", frame.rubric),
    );
    let rows = (count as i32 + COLUMNS - 1) / COLUMNS;
    let heading = Heading::new(frame, &title, &subtitle, WIDTH);
    let top = TOP + heading.below();
    let size = (WIDTH as u32, (top + rows * PANEL.1 + 74 + heading.above()) as u32);
    let svg = Canvas::sheet(size, frame, &title, &subtitle, |canvas| {
        canvas.frame(size, frame, &title, &subtitle);
        let (low, high) = span(&slopes);
        for (index, slope) in slopes.iter().enumerate() {
            let index = index as i32;
            let corner = (24 + index % COLUMNS * PANEL.0, top + index / COLUMNS * PANEL.1);
            panel(canvas, corner, slope, city, (low, high));
        }
        if let Some(city) = city {
            let text = pick("横线：全市均值", "horizontal line: city mean");
            let text = format!("{text} {}", number(city.values.value, city.values.step));
            canvas.text(
                &text,
                (WIDTH - 24, size.1 as i32 - 56 - heading.above()),
                12.0,
                Token::Accent,
                Align::Right,
                false,
            );
        }
    });
    Some(Figure { name: "raw-adjusted", svg, table: table(&slopes, frame) })
}

/// One court: its name, the city's mean as reference, and the line from raw to adjusted.
fn panel(canvas: &Canvas, corner: (i32, i32), slope: &Slope, city: Option<&Row>, (low, high): (f64, f64)) {
    let (x, y) = corner;
    let (top, bottom) = (y + 36, y + PANEL.1 - 16);
    let at = |value: f64| top + ((high - value) / (high - low) * f64::from(bottom - top)).round() as i32;
    let (left, right) = (x + ENDS.0, x + ENDS.1);
    let name = fit(slope.label, 14.0, true, f64::from(PANEL.0 - 12), 1).concat();
    canvas.text(&name, (x + (ENDS.0 + ENDS.1) / 2, y + 16), 14.0, Token::Ink, Align::Centre, true);
    for end in [left, right] {
        canvas.line((end, top - 4), (end, bottom + 4), 1, Token::Line);
    }
    if let Some(city) = city {
        let mean = at(city.values.value.clamp(low, high));
        canvas.line((left - 12, mean), (right + 12, mean), 1, Token::Accent);
    }
    let token = if slope.moved() { Token::Ink } else { Token::Second };
    canvas.line((left, at(slope.raw)), (right, at(slope.value)), 2, token);
    canvas.ring((left, at(slope.raw)), 4, token);
    canvas.dot((right, at(slope.value)), 5, token);
    canvas.text(&number(slope.raw, slope.step), (left - 18, at(slope.raw)), 14.0, Token::Second, Align::Right, false);
    canvas.text(&number(slope.value, slope.step), (right + 18, at(slope.value)), 14.0, Token::Ink, Align::Left, true);
}

fn span(slopes: &[Slope]) -> (f64, f64) {
    let all = || slopes.iter().flat_map(|s| [s.raw, s.value]);
    let (low, high) = (all().fold(f64::INFINITY, f64::min), all().fold(f64::NEG_INFINITY, f64::max));
    // At least one level, so that small corrections look small.
    let middle = f64::midpoint(low, high);
    let half = ((high - low) / 2.0).max(0.5);
    (middle - half, middle + half)
}

fn table(slopes: &[Slope], frame: &Frame) -> Vec<Vec<String>> {
    let pick = |zh: &str, en: &str| frame.language.pick(zh, en);
    let mut records = vec![vec![
        pick("法院", "court"),
        pick("原始均值", "raw mean"),
        pick("校正结果", "adjusted"),
        pick("取整步长", "step"),
    ]];
    records.extend(
        slopes
            .iter()
            .map(|s| vec![s.label.to_owned(), number(s.raw, s.step), number(s.value, s.step), s.step.to_string()]),
    );
    records
}
