//! Caterpillar: one line per court or item with its interval, and the city's mean as reference.
//! Invariant: lines stand in the order of their codes or of the form, never by value; the title
//! counts intervals and names nobody. Absent on purpose: ranks.

use super::canvas::{Align, Canvas, Token};
use super::heading::{Heading, MARGIN};
use super::scale::Scale;
use super::setting::{Labels, width};
use super::words::{bound, number, printed};
use super::{Figure, Frame, Line};
use crate::gate::Row;

const WIDTH: i32 = 860;
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

/// How many pairs of courts there are, and how many of them R18 lets be compared.
pub(super) type Pairs = (usize, usize);

pub(super) fn draw(
    subject: Subject,
    lines: &[Line],
    city: Option<&Row>,
    pairs: Option<Pairs>,
    frame: &Frame,
) -> Figure {
    let pick = |zh: &str, en: &str| frame.language.pick(zh, en);
    let inside = city.map(|city| lines.iter().filter(|line| holds(line.row, city.values.value)).count());
    let count = lines.len();
    let title = match (subject, inside) {
        (Subject::Courts, Some(inside)) if inside == count => pick(
            &format!("{count} 个法院的误差区间都含全市均值，差异不显著"),
            &format!("The intervals of all {count} courts hold the city mean: no difference can be told"),
        ),
        (Subject::Courts, Some(0)) => pick(
            &format!("{count} 个法院的误差区间都不含全市均值"),
            &format!("The interval of none of the {count} courts holds the city mean"),
        ),
        (Subject::Courts, Some(inside)) => pick(
            &format!("{count} 个法院中，{inside} 个的误差区间含全市均值"),
            &format!("The intervals of {inside} of {count} courts hold the city mean"),
        ),
        (Subject::Items, Some(0)) => pick(
            &format!("{count} 个评价项的误差区间都不含综合均值"),
            &format!("The interval of none of the {count} items holds the overall mean"),
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
    // What may not be compared still stands side by side, and has to say so.
    let warning = match pairs {
        Some((all, 0)) if all > 0 => Some(pick(
            &format!("{all} 对法院都不可互相比较（规则 R18）"),
            &format!("None of {all} pairs of courts may be compared (rule R18)"),
        )),
        Some((all, compared)) if compared < all => Some(pick(
            &format!("{all} 对法院中只有 {compared} 对可以互相比较（规则 R18）"),
            &format!("Only {compared} of {all} pairs of courts may be compared (rule R18)"),
        )),
        _ => None,
    };
    let order = warning.map_or(order.clone(), |warning| frame.language.sentences(&[&order, &warning]));
    let heading = Heading::new(frame, &title, &subtitle, WIDTH);
    let labels = Labels::new(lines.iter().map(|line| line.label.as_str()), 14.0, 300.0);
    let top = TOP + heading.below();
    let size = (WIDTH as u32, (top + labels.row(34) * count as i32 + BOTTOM + heading.above()) as u32);
    let svg = Canvas::sheet(size, frame, &title, &frame.language.sentences(&[&subtitle, &order]), |canvas| {
        heading.draw(canvas, size.1 as i32);
        body(canvas, (subject, lines, &labels), city, frame, &order, top);
    });
    let name = if subject == Subject::Courts { "caterpillar" } else { "items" };
    Figure { name, svg, table: table(subject, lines, city, frame) }
}

fn body(
    canvas: &Canvas,
    (subject, lines, labels): (Subject, &[Line], &Labels),
    city: Option<&Row>,
    frame: &Frame,
    order: &str,
    top: i32,
) {
    let left = LEFT.max(MARGIN + labels.width + 20);
    let (low, high) = range(lines, city);
    let scale = Scale::new((low, high), (left, RIGHT));
    let at = |value: f64| scale.at(value);
    let row = labels.row(34);
    let axis = top + row * lines.len() as i32 + 8;
    for level in low as i32..=high as i32 {
        let x = at(f64::from(level));
        canvas.line((x, top - 8), (x, axis), 1, Token::Line);
        canvas.text(&level.to_string(), (x, axis + 14), 13.0, Token::Second, Align::Centre, false);
    }
    if let Some(city) = city {
        let values = &city.values;
        let [from, to] = values.interval.unwrap_or([values.value, values.value]);
        canvas.rect((at(from), top - 8), (at(to), axis), Token::Weak);
        canvas.line((at(values.value), top - 8), (at(values.value), axis), 2, Token::Accent);
        let word = match subject {
            Subject::Courts => frame.language.pick("全市均值", "city mean"),
            Subject::Items => frame.language.pick("综合均值", "overall mean"),
        };
        let text = format!("{word} {}", printed(city, frame.language));
        // Near the end of the axis the words would run into the heading of the numbers.
        let half = (width(&text, 13.0, false) / 2.0).ceil() as i32;
        let x = at(values.value).min(RIGHT + 16 - half);
        canvas.text(&text, (x, top - 22), 13.0, Token::Accent, Align::Centre, false);
    }
    for (index, line) in lines.iter().enumerate() {
        let y = top + row * index as i32 + row / 2;
        let values = &line.row.values;
        canvas.label(&labels.lines[index], (left - 20, y), Align::Right);
        if let Some([from, to]) = values.interval {
            canvas.line((at(from), y), (at(to), y), 3, Token::Ink);
        }
        match bound(line.row) {
            0 => canvas.dot((at(values.value), y), 5, Token::Ink),
            direction => canvas.arrow((at(values.value), y), direction, Token::Ink),
        }
        canvas.text(&printed(line.row, frame.language), (RIGHT + 28, y), 14.0, Token::Ink, Align::Left, false);
    }
    let room = WIDTH - MARGIN - width(order, 12.0, false).ceil() as i32;
    canvas.text(order, (left.min(room).max(MARGIN), axis + 40), 12.0, Token::Second, Align::Left, false);
    let heading = frame.language.pick("结果（区间）", "result (interval)");
    canvas.text(&heading, (RIGHT + 28, top - 22), 13.0, Token::Second, Align::Left, false);
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
