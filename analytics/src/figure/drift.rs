//! Drift: the whole and the courts over releases, with a break wherever two of them cannot be compared.
//! Invariant: a line joins neighbouring releases that are linked and both printed the cell, nothing
//! else; every break has its reason in words. Absent on purpose: trends through breaks, and forecasts.

mod panel;

use super::canvas::{Align, Canvas, Token};
use super::heading::{Heading, MARGIN};
use super::scale::Scale;
use super::setting::wrap;
use super::words::{bound, closed, number, spaced};
use super::{Figure, Frame, Link, MANY, Period, open};
use crate::gate::{Audience, Measure, Row, Scope};
use panel::Panel;

const WIDTH: i32 = 860;
const TOP: i32 = 92;
const CITY: i32 = 230;
const COLUMNS: i32 = 4;
const PANEL: (i32, i32) = (203, 150);
const BOTTOM: i32 = 74;
/// Lines of reasons below the panels.
const REASON: i32 = 18;

/// One cell over all periods; `None` where it was not released.
struct Series<'a> {
    name: String,
    rows: Vec<Option<&'a Row>>,
}

/// Scores of one scope in each period, in the order of the codes.
fn series<'a>(periods: &'a [Period<'a>], scope: Scope, name: impl Fn(&str) -> String) -> Vec<Series<'a>> {
    let rows = |period: &'a Period<'a>| {
        open(period.rows, Audience::Public)
            .filter(move |row| row.key.scope == scope && row.key.measure == Measure::Score)
            .filter(move |row| scope != Scope::System || row.key.subject == "city")
    };
    let mut codes: Vec<&str> = periods.iter().flat_map(rows).map(|row| row.key.subject.as_str()).collect();
    codes.sort_unstable();
    codes.dedup();
    let of = |code: &str| periods.iter().map(|period| rows(period).find(|row| row.key.subject == code)).collect();
    codes.into_iter().map(|code| Series { name: name(code), rows: of(code) }).collect()
}

/// The last run of at least two linked periods in which the city was printed, as first and last row.
fn run<'a>(periods: &[Period], city: &Series<'a>) -> Option<[(usize, &'a Row); 2]> {
    let mut ends: Option<[(usize, &Row); 2]> = None;
    let mut first: Option<(usize, &Row)> = None;
    for (index, (period, row)) in periods.iter().zip(&city.rows).enumerate() {
        if index > 0 && period.link != Link::Linked {
            first = None;
        }
        if let Some(row) = *row {
            let from = *first.get_or_insert((index, row));
            if from.0 < index {
                ends = Some([from, (index, row)]);
            }
        }
    }
    ends
}

fn title(periods: &[Period], city: &Series, frame: &Frame) -> String {
    let pick = |zh: &str, en: &str| frame.language.pick(zh, en);
    let Some([(from, first), (to, last)]) = run(periods, city) else {
        return pick(
            "可比的时期不足两期，还看不出变动",
            "Fewer than two comparable periods: no change can be told yet",
        );
    };
    let (from, to) = (&periods[from].name, &periods[to].name);
    let (since, until) = (closed(from), spaced(to));
    let apart = match (first.values.interval, last.values.interval) {
        (Some(a), Some(b)) => a[1] < b[0] || b[1] < a[0],
        _ => false,
    };
    let step = first.values.step.max(last.values.step);
    let change = last.values.value - first.values.value;
    let size = number(change.abs(), step);
    if !apart {
        return pick(
            &format!("{since}至{until}，全市均值的误差区间相互重叠，看不出变动"),
            &format!("From {from} to {to} the intervals of the city mean overlap: no change can be told"),
        );
    }
    if change > 0.0 {
        pick(
            &format!("{since}至{until}，全市均值上升 {size} 级"),
            &format!("From {from} to {to} the city mean rose by {size} levels"),
        )
    } else {
        pick(
            &format!("{since}至{until}，全市均值下降 {size} 级"),
            &format!("From {from} to {to} the city mean fell by {size} levels"),
        )
    }
}

/// Breaks in order: the period they stand before, a letter, and the reason.
fn breaks<'a>(periods: &'a [Period]) -> Vec<(usize, char, &'a str)> {
    let cut = periods.iter().enumerate().skip(1).filter_map(|(index, period)| match &period.link {
        Link::Broken(reason) => Some((index, reason.as_str())),
        Link::Linked => None,
    });
    cut.zip(('a'..='z').cycle()).map(|((index, reason), letter)| (index, letter, reason)).collect()
}

/// `None` when no period released the city's score.
pub(super) fn draw(
    periods: &[Period],
    courts: &std::collections::BTreeMap<String, String>,
    frame: &Frame,
) -> Option<Figure> {
    let pick = |zh: &str, en: &str| frame.language.pick(zh, en);
    let city = series(periods, Scope::System, |_| pick("全市", "city")).into_iter().next()?;
    let all = series(periods, Scope::Court, |code| courts.get(code).cloned().unwrap_or_else(|| code.to_owned()));
    let drawn: &[Series] = if all.len() > MANY { &[] } else { &all };
    let title = title(periods, &city, frame);
    let subtitle = pick(
        &format!("{} · 校正结果（1 至 5 级）与 95% 误差区间，逐期；线断处前后不可比", frame.rubric),
        &format!(
            "{} · adjusted result (levels 1 to 5) and 95% interval by period; no comparison across a break",
            frame.rubric
        ),
    );
    let breaks = breaks(periods);
    let mut notes: Vec<String> = Vec::new();
    for (index, letter, reason) in &breaks {
        let (before, after) = (&periods[index - 1].name, &periods[*index].name);
        let (ahead, behind) = (closed(before), closed(&spaced(after)));
        let text = pick(
            &format!("{letter}（{ahead}与{behind}之间）：{reason}"),
            &format!("{letter} ({before} to {after}): {reason}"),
        );
        notes.extend(wrap(&text, 12.0, false, f64::from(WIDTH - 2 * MARGIN)));
    }
    if !drawn.is_empty() {
        notes.push(pick("各法院图中的细线：全市均值", "Thin line beside each court: city mean"));
    } else if !all.is_empty() {
        let count = all.len();
        notes.push(pick(
            &format!("另有 {count} 个法院，见数据表"),
            &format!("The other {count} courts stand in the table"),
        ));
    }
    let heading = Heading::new(frame, &title, &subtitle, WIDTH);
    let top = TOP + heading.below();
    let panels = top + CITY + (drawn.len() as i32 + COLUMNS - 1) / COLUMNS * PANEL.1;
    let size = (WIDTH as u32, (panels + notes.len() as i32 * REASON + BOTTOM + heading.above()) as u32);
    let reasons = breaks.iter().map(|(.., reason)| *reason);
    let description = frame.language.sentences(&std::iter::once(subtitle.as_str()).chain(reasons).collect::<Vec<_>>());
    let svg = Canvas::sheet(size, frame, &title, &description, |canvas| {
        heading.draw(canvas, size.1 as i32);
        let names: Vec<&str> = periods.iter().map(|p| p.name.as_str()).collect();
        let cut: Vec<(usize, char)> = breaks.iter().map(|(index, letter, _)| (*index, *letter)).collect();
        let shown = || std::iter::once(&city).chain(drawn);
        let values = shown()
            .flat_map(|s| s.rows.iter().flatten())
            .flat_map(|row| row.values.interval.unwrap_or([row.values.value; 2]));
        let levels = Scale::around(values, 1.0, (0, 1));
        let panel = Panel { periods: &names, cut: &cut, levels };
        panel.city(canvas, &city, frame, (MARGIN, top, WIDTH - 2 * MARGIN, CITY));
        for (index, court) in drawn.iter().enumerate() {
            let index = index as i32;
            let corner = (MARGIN + index % COLUMNS * PANEL.0, top + CITY + index / COLUMNS * PANEL.1);
            panel.court(canvas, court, &city, (corner.0, corner.1, PANEL.0, PANEL.1));
        }
        for (index, note) in notes.iter().enumerate() {
            let at = (MARGIN, panels + 10 + index as i32 * REASON);
            canvas.text(note, at, 12.0, Token::Second, Align::Left, false);
        }
    });
    Some(Figure { name: "drift", svg, table: table(periods, std::iter::once(&city).chain(&all), frame) })
}

fn table<'a>(periods: &[Period], all: impl Iterator<Item = &'a Series<'a>>, frame: &Frame) -> Vec<Vec<String>> {
    let pick = |zh: &str, en: &str| frame.language.pick(zh, en);
    let mut records = vec![vec![
        pick("法院", "court"),
        pick("时期", "period"),
        pick("与上期", "with the period before"),
        pick("评价人数", "raters"),
        pick("界限", "bound"),
        pick("校正结果", "adjusted"),
        pick("区间下限", "low"),
        pick("区间上限", "high"),
        pick("取整步长", "step"),
    ]];
    for series in all {
        for (index, (period, row)) in periods.iter().zip(&series.rows).enumerate() {
            // A cell that was withheld and one that never was look alike: no line.
            let Some(row) = row else { continue };
            let values = &row.values;
            let link = match &period.link {
                _ if index == 0 => String::new(),
                Link::Linked => pick("可比", "comparable"),
                Link::Broken(reason) => reason.clone(),
            };
            let bound = match bound(row) {
                1 => pick("不低于", "at least"),
                -1 => pick("不高于", "at most"),
                _ => String::new(),
            };
            let number = |value: f64| number(value, values.step);
            let [low, high] = values.interval.map_or([String::new(), String::new()], |ends| ends.map(number));
            let (name, raters) = (series.name.clone(), values.n_band.clone());
            let value = number(values.value);
            records.push(vec![
                name,
                period.name.clone(),
                link,
                raters,
                bound,
                value,
                low,
                high,
                values.step.to_string(),
            ]);
        }
    }
    records
}
