//! Caterpillar: one line per court or item with its interval, and the city's mean as reference.
//! Invariant: lines stand in the order of their codes or of the form, never by value; the title
//! counts intervals and names nobody. Absent on purpose: ranks.

use super::canvas::{Align, Canvas, Token};
use super::words::number;
use super::{Figure, Frame, Line};
use crate::gate::{Flag, Row};

const WIDTH: i32 = 860;
const ROW: i32 = 34;
const TOP: i32 = 112;
const LEFT: i32 = 190;
const RIGHT: i32 = 640;
const BOTTOM: i32 = 110;

/// What the lines are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Subject {
    Courts,
    Items,
}

/// Whole levels that hold all intervals, at least two apart.
fn range(lines: &[Line], city: Option<&Row>) -> (f64, f64) {
    let rows = lines.iter().map(|line| line.row).chain(city);
    let (mut low, mut high) = (5.0_f64, 1.0_f64);
    for values in rows.map(|row| &row.values) {
        let [from, to] = values.interval.unwrap_or([values.value, values.value]);
        low = low.min(from);
        high = high.max(to);
    }
    let (low, high) = (low.floor(), high.ceil());
    if high - low >= 2.0 { (low, high) } else { ((high - 2.0).max(1.0), (low + 2.0).min(5.0).max(high)) }
}

fn holds(row: &Row, reference: f64) -> bool {
    row.values.interval.is_some_and(|[low, high]| low <= reference && reference <= high)
}

pub(super) fn draw(subject: Subject, lines: &[Line], city: Option<&Row>, frame: &Frame) -> Figure {
    let pick = |zh: &str, en: &str| frame.language.pick(zh, en);
    let inside = city.map(|city| lines.iter().filter(|line| holds(line.row, city.values.value)).count());
    let count = lines.len();
    let title = match (subject, inside) {
        (Subject::Courts, Some(inside)) if inside == count => pick(
            &format!("{count} 个法院的误差区间都含全市均值，差异不显著"),
            &format!("The intervals of all {count} courts hold the city mean: no difference can be told"),
        ),
        (Subject::Courts, Some(inside)) => pick(
            &format!("{count} 个法院中，{inside} 个的误差区间含全市均值"),
            &format!("The intervals of {inside} of {count} courts hold the city mean"),
        ),
        (Subject::Items, Some(inside)) => pick(
            &format!("{count} 个评价项中，{inside} 项的误差区间含综合均值"),
            &format!("The intervals of {inside} of {count} items hold the overall mean"),
        ),
        (Subject::Courts, None) => pick("各法院校正结果", "Adjusted results of courts"),
        (Subject::Items, None) => pick("各评价项校正结果", "Adjusted results of items"),
    };
    let subtitle = pick(
        &format!("{} · 校正结果（1 至 5 级）与 95% 误差区间", frame.rubric),
        &format!("{} · adjusted result (levels 1 to 5) and 95% interval", frame.rubric),
    );
    let order = match subject {
        Subject::Courts => pick("按法院代码排列，不按得分", "In the order of court codes, not of results"),
        Subject::Items => pick("按评价表顺序排列，不按得分", "In the order of the form, not of results"),
    };
    let size = (WIDTH as u32, (TOP + ROW * count as i32 + BOTTOM) as u32);
    let svg = Canvas::sheet(size, frame, &title, &format!("{subtitle}。{order}"), |canvas| {
        canvas.frame(size, frame, &title, &subtitle);
        body(canvas, lines, city, frame, &order);
    });
    let name = if subject == Subject::Courts { "caterpillar" } else { "items" };
    Figure { name, svg, table: table(subject, lines, city, frame) }
}

fn body(canvas: &Canvas, lines: &[Line], city: Option<&Row>, frame: &Frame, order: &str) {
    let (low, high) = range(lines, city);
    let at = |value: f64| LEFT + ((value - low) / (high - low) * f64::from(RIGHT - LEFT)).round() as i32;
    let end = TOP + ROW * lines.len() as i32;
    let axis = end + 8;
    for level in low as i32..=high as i32 {
        let x = at(f64::from(level));
        canvas.line((x, TOP - 8), (x, axis), 1, Token::Line);
        canvas.text(&level.to_string(), (x, axis + 14), 13.0, Token::Second, Align::Centre, false);
    }
    if let Some(city) = city {
        let values = &city.values;
        let [from, to] = values.interval.unwrap_or([values.value, values.value]);
        canvas.rect((at(from), TOP - 8), (at(to), axis), Token::Weak);
        canvas.line((at(values.value), TOP - 8), (at(values.value), axis), 2, Token::Accent);
        let word = frame.language.pick("全市均值", "city mean");
        let text = format!("{word} {}", printed(city, frame));
        canvas.text(&text, (at(values.value), TOP - 22), 13.0, Token::Accent, Align::Centre, false);
    }
    for (index, line) in lines.iter().enumerate() {
        let y = TOP + ROW * index as i32 + ROW / 2;
        let values = &line.row.values;
        canvas.text(&line.label, (LEFT - 20, y), 14.0, Token::Ink, Align::Right, false);
        if let Some([from, to]) = values.interval {
            canvas.line((at(from), y), (at(to), y), 3, Token::Ink);
        }
        let bound = bound(line.row);
        match bound {
            0 => canvas.dot((at(values.value), y), 5, Token::Ink),
            direction => canvas.arrow((at(values.value), y), direction, Token::Ink),
        }
        canvas.text(&printed(line.row, frame), (RIGHT + 28, y), 14.0, Token::Ink, Align::Left, false);
    }
    canvas.text(order, (LEFT, axis + 40), 12.0, Token::Second, Align::Left, false);
    let heading = frame.language.pick("结果（区间）", "result (interval)");
    canvas.text(&heading, (RIGHT + 28, TOP - 22), 13.0, Token::Second, Align::Left, false);
}

/// 1 for "at least", -1 for "at most", 0 for a plain value.
fn bound(row: &Row) -> i32 {
    if row.flags.contains(&Flag::AtLeast) {
        1
    } else if row.flags.contains(&Flag::AtMost) {
        -1
    } else {
        0
    }
}

fn printed(row: &Row, frame: &Frame) -> String {
    let values = &row.values;
    let number = |value: f64| number(value, values.step);
    let sign = match bound(row) {
        1 => "≥ ",
        -1 => "≤ ",
        _ => "",
    };
    match values.interval {
        Some([from, to]) => frame.language.pick(
            &format!("{sign}{}（{}–{}）", number(values.value), number(from), number(to)),
            &format!("{sign}{} ({}–{})", number(values.value), number(from), number(to)),
        ),
        None => format!("{sign}{}", number(values.value)),
    }
}

fn table(subject: Subject, lines: &[Line], city: Option<&Row>, frame: &Frame) -> Vec<Vec<String>> {
    let pick = |zh: &str, en: &str| frame.language.pick(zh, en);
    let first = match subject {
        Subject::Courts => pick("法院", "court"),
        Subject::Items => pick("评价项", "item"),
    };
    let mut records = vec![vec![
        first,
        pick("评价人数", "raters"),
        pick("界限", "bound"),
        pick("校正结果", "adjusted"),
        pick("区间下限", "low"),
        pick("区间上限", "high"),
        pick("取整步长", "step"),
    ]];
    let mut add = |label: String, row: &Row| {
        let values = &row.values;
        let [low, high] = values.interval.map_or([String::new(), String::new()], |i| i.map(|v| number(v, values.step)));
        let bound = match bound(row) {
            1 => pick("不低于", "at least"),
            -1 => pick("不高于", "at most"),
            _ => String::new(),
        };
        let value = number(values.value, values.step);
        records.push(vec![label, values.n_band.clone(), bound, value, low, high, values.step.to_string()]);
    };
    for line in lines {
        add(line.label.clone(), line.row);
    }
    if let Some(city) = city {
        add(pick("全市", "city"), city);
    }
    records
}
