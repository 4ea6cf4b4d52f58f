//! Fan: how very many results lie, as ascending groups with their mean interval instead of names.
//! Invariant: drawn from a [`Spread`] alone, so no person, minimum, maximum or rank can be in it.
//! Absent on purpose: labels per result, and where one group ends and the next begins.

use super::canvas::{Align, Canvas, Token};
use super::heading::{Heading, MARGIN};
use super::scale::{Scale, apart};
use super::words::{number, percent, printed, spaced};
use super::{Figure, Frame, Ratees};
use crate::gate::{Flag, Group, Row, Spread};

const WIDTH: i32 = 860;
const TOP: i32 = 116;
const PLOT: (i32, i32) = (72, 620);
const HEIGHT: i32 = 280;
const BOTTOM: i32 = 136;

/// Ends of a group's mean interval, on the scale of levels.
fn ends(group: &Group) -> [f64; 2] {
    [(group.value - group.half_width).max(1.0), (group.value + group.half_width).min(5.0)]
}

fn value(group: &Group, step: f64) -> String {
    let sign = match group.bound {
        Some(Flag::AtLeast) => "≥ ",
        Some(Flag::AtMost) => "≤ ",
        _ => "",
    };
    format!("{sign}{}", number(group.value, step))
}

/// The groups whose middle lies between the quartiles.
fn middle(spread: &Spread) -> &[Group] {
    let count = spread.groups.len();
    let inside = |g: usize| (0.25..=0.75).contains(&((g as f64 + 0.5) / count as f64));
    let first = (0..count).find(|&g| inside(g)).unwrap_or(0);
    let last = (0..count).rev().find(|&g| inside(g)).unwrap_or(count - 1);
    &spread.groups[first..=last]
}

pub(super) fn draw(
    name: &'static str,
    spread: &Spread,
    ratees: Ratees,
    city: Option<&Row>,
    frame: &Frame,
) -> Option<Figure> {
    let pick = |zh: &str, en: &str| frame.language.pick(zh, en);
    let (zh, en) = ratees.words();
    let inner = middle(spread);
    let (low, high) = (inner.first()?, inner.last()?);
    let share = percent(inner.len() as f64 / spread.groups.len() as f64);
    let told = |group: &Group| {
        let sign = match group.bound {
            Some(Flag::AtLeast) => pick("不低于 ", "at least "),
            Some(Flag::AtMost) => pick("不高于 ", "at most "),
            _ => String::new(),
        };
        format!("{sign}{}", number(group.value, spread.step))
    };
    let (from, to) = (told(low), told(high));
    // Members of a group may lie beyond its mean, so the title speaks of means.
    let title = if from == to {
        pick(
            &format!("居中 {share} 的{zh}，平均 {from} 级"),
            &format!("The middle {share} of {en} average level {from}"),
        )
    } else {
        pick(
            &format!("居中 {share} 的{zh}，各组均值自{} 级至{} 级", spaced(&from), spaced(&to)),
            &format!("The middle {share} of {en}: group means from {from} to {to}"),
        )
    };
    let count = spread.groups.len();
    let band = spread.n_band.replace('-', "–");
    let subtitle = pick(
        &format!(
            "{} · {} 个{zh}的校正结果（1 至 5 级），由低到高分为 {count} 组，画各组均值与平均的 95% 误差区间",
            frame.rubric, band
        ),
        &format!(
            "{} · adjusted results (levels 1 to 5) of {} {en} in {count} ascending groups: mean of each, with the mean 95% interval",
            frame.rubric, band
        ),
    );
    let note = pick(
        "只画各组均值：图中没有任何一个人或法院，没有最高、最低和名次",
        "Means of groups only: no person or court, no highest, no lowest and no rank is drawn",
    );
    let heading = Heading::new(frame, &title, &subtitle, WIDTH);
    let top = TOP + heading.below();
    let size = (WIDTH as u32, (top + HEIGHT + BOTTOM + heading.above()) as u32);
    let svg = Canvas::sheet(size, frame, &title, &frame.language.sentences(&[&subtitle, &note]), |canvas| {
        heading.draw(canvas, size.1 as i32);
        body(canvas, spread, city, frame, top);
        let axis = pick(&format!("{zh}占比，由低到高"), &format!("share of {en}, ascending"));
        canvas.text(&axis, (PLOT.1, top + HEIGHT + 40), 12.0, Token::Second, Align::Right, false);
        canvas.text(&note, (MARGIN, top + HEIGHT + 72), 12.0, Token::Second, Align::Left, false);
    });
    Some(Figure { name, svg, table: table(spread, city, frame) })
}

fn body(canvas: &Canvas, spread: &Spread, city: Option<&Row>, frame: &Frame, top: i32) {
    let pick = |zh: &str, en: &str| frame.language.pick(zh, en);
    let groups = &spread.groups;
    let all = groups.iter().flat_map(|g| ends(g).into_iter().chain(g.raw)).chain(city.map(|c| c.values.value));
    let y = Scale::around(all, 1.0, (top + HEIGHT, top));
    let x = Scale::new((0.0, groups.len() as f64), PLOT);
    for mark in y.marks() {
        canvas.line((PLOT.0, y.at(mark)), (PLOT.1, y.at(mark)), 1, Token::Line);
        let text = format!("{mark:.*}", y.digits());
        canvas.text(&text, (PLOT.0 - 12, y.at(mark)), 13.0, Token::Second, Align::Right, false);
    }
    let quarters = Scale::new((0.0, 1.0), PLOT);
    for share in [0.0, 0.25, 0.5, 0.75, 1.0] {
        let at = quarters.at(share);
        canvas.line((at, top + HEIGHT), (at, top + HEIGHT + 6), 1, Token::Line);
        canvas.text(&percent(share), (at, top + HEIGHT + 18), 13.0, Token::Second, Align::Centre, false);
    }
    for (index, group) in groups.iter().enumerate() {
        let (left, right) = (x.at(index as f64) + 1, x.at(index as f64 + 1.0) - 1);
        let [from, to] = ends(group);
        canvas.rect((left, y.at(to)), (right, y.at(from)), Token::Weak);
    }
    if let Some(city) = city {
        let at = y.at(city.values.value);
        canvas.line((PLOT.0, at), (PLOT.1, at), 2, Token::Accent);
    }
    for (index, group) in groups.iter().enumerate() {
        let (left, right) = (x.at(index as f64) + 1, x.at(index as f64 + 1.0) - 1);
        if let Some(raw) = group.raw {
            canvas.dashes((left, y.at(raw)), (right, y.at(raw)), Token::Second);
        }
        canvas.line((left, y.at(group.value)), (right, y.at(group.value)), 3, Token::Ink);
        let half = i32::midpoint(left, right);
        match group.bound {
            Some(Flag::AtLeast) => canvas.triangle((half, y.at(group.value) - 9), Token::Ink),
            Some(Flag::AtMost) => canvas.wedge((half, y.at(group.value) + 9), Token::Ink),
            _ => {}
        }
    }
    // A bound has its word beside its shape: the innermost of each kind is told instead of a tenth.
    let tenth = |share: f64| ((share * groups.len() as f64) as usize).min(groups.len() - 1);
    let low = groups.iter().rposition(|g| g.bound == Some(Flag::AtMost)).unwrap_or(tenth(0.1));
    let high = groups.iter().position(|g| g.bound == Some(Flag::AtLeast)).unwrap_or(tenth(0.9));
    let middle = |index: usize| i32::midpoint(x.at(index as f64), x.at(index as f64 + 1.0));
    let mut told: Vec<usize> = Vec::new();
    for index in [high, low, tenth(0.5)] {
        if told.iter().all(|&other| (middle(other) - middle(index)).abs() >= 56) {
            told.push(index);
        }
    }
    for index in told {
        let group = &groups[index];
        let [from, to] = ends(group);
        // Above the band, or below it where the line of the city's mean would cross the words.
        let above = y.at(to) - 11;
        let crossed = city.is_some_and(|city| (y.at(city.values.value) - above).abs() < 12);
        let at = (middle(index), if crossed { y.at(from) + 13 } else { above });
        canvas.text(&value(group, spread.step), at, 14.0, Token::Ink, Align::Centre, true);
    }
    let Some(last) = groups.last() else { return };
    let mut words = vec![
        (y.at(ends(last)[1]) + 6, pick("平均误差区间", "mean interval"), Token::Second),
        (y.at(last.value), pick("各组校正结果", "adjusted, by group"), Token::Ink),
    ];
    if let Some((index, raw)) = groups.iter().enumerate().rev().find_map(|(index, g)| Some((index, g.raw?))) {
        let from = x.at(index as f64 + 1.0);
        if from < PLOT.1 {
            canvas.line((from, y.at(raw)), (PLOT.1, y.at(raw)), 1, Token::Line);
        }
        words.push((y.at(raw), pick("同组原始均值", "raw mean of the same"), Token::Second));
    }
    if let Some(city) = city {
        let word = pick("全市均值", "city mean");
        words.push((y.at(city.values.value), format!("{word} {}", printed(city, frame.language)), Token::Accent));
    }
    words.sort_by_key(|(at, ..)| *at);
    let places = apart(&words.iter().map(|(at, ..)| *at).collect::<Vec<_>>(), 20, (top, top + HEIGHT));
    for ((at, text, token), place) in words.iter().zip(places) {
        canvas.line((PLOT.1 + 3, *at), (PLOT.1 + 16, place), 1, *token);
        canvas.text(text, (PLOT.1 + 22, place), 13.0, *token, Align::Left, false);
    }
}

fn table(spread: &Spread, city: Option<&Row>, frame: &Frame) -> Vec<Vec<String>> {
    let pick = |zh: &str, en: &str| frame.language.pick(zh, en);
    let mut records = vec![vec![
        pick("自", "from"),
        pick("至", "to"),
        pick("界限", "bound"),
        pick("校正结果", "adjusted"),
        pick("区间下限", "low"),
        pick("区间上限", "high"),
        pick("原始均值", "raw mean"),
        pick("取整步长", "step"),
    ]];
    let count = spread.groups.len() as f64;
    let number = |value: f64, step: f64| number(value, step);
    for (index, group) in spread.groups.iter().enumerate() {
        let bound = match group.bound {
            Some(Flag::AtLeast) => pick("不低于", "at least"),
            Some(Flag::AtMost) => pick("不高于", "at most"),
            _ => String::new(),
        };
        let [low, high] = ends(group).map(|end| number(end, spread.step));
        records.push(vec![
            percent(index as f64 / count),
            percent((index as f64 + 1.0) / count),
            bound,
            number(group.value, spread.step),
            low,
            high,
            group.raw.map_or_else(String::new, |raw| number(raw, spread.step)),
            spread.step.to_string(),
        ]);
    }
    if let Some(row) = city {
        let values = &row.values;
        let [low, high] =
            values.interval.map_or([String::new(), String::new()], |ends| ends.map(|end| number(end, values.step)));
        let raw = values.raw.map_or_else(String::new, |raw| number(raw, values.step));
        let step = values.step.to_string();
        let value = number(values.value, values.step);
        records.push(vec![pick("全市", "city"), String::new(), String::new(), value, low, high, raw, step]);
    }
    records
}
