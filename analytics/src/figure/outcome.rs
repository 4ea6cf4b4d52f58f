//! Outcome effect: how far ratings differ between cases won and lost, with the estimate that leaks beside it.
//! Invariant: zero is always on the axis and named; an estimate that could not be made within raters
//! and ratees is drawn and told as such. Method: `methods/outcome-effect.md`.
//! Absent on purpose: effects per rater or ratee.

use super::canvas::{Align, Canvas, Token};
use super::heading::{Heading, MARGIN};
use super::scale::Scale;
use super::setting::{Labels, width};
use super::words::{difference, number, signed};
use super::{Effects, Figure, Frame, open};
use crate::gate::{Audience, Measure, Row, Scope};

const WIDTH: i32 = 860;
const TOP: i32 = 112;
const LEFT: i32 = 190;
const RIGHT: i32 = 620;
const ROW: i32 = 36;
const BOTTOM: i32 = 106;

/// One row of the figure.
enum Effect<'a> {
    /// From a released cell; `sure` unless it could not be made within raters and ratees.
    Cell { row: &'a Row, sure: bool },
    /// The leaky estimate of the whole system.
    Leaky { value: f64, step: f64 },
}

/// The whole first, the leaky estimate below it, then the case types in the order of their codes.
fn effects<'a>(input: &Effects<'a>, frame: &Frame) -> Vec<(String, Effect<'a>)> {
    let rows = open(input.rows, Audience::Public)
        .filter(|row| row.key.scope == Scope::System && row.key.measure == Measure::OutcomeEffect);
    let (whole, mut types): (Vec<&Row>, Vec<&Row>) = rows.partition(|row| row.key.subject == "city");
    types.sort_by(|one, other| one.key.cmp(&other.key));
    let printed = input.parameters.map(|parameters| parameters.get());
    let sure = !printed.is_some_and(|p| p.outcome_within.is_none() && p.outcome_leaky.is_some());
    let mut effects = Vec::new();
    for row in whole {
        effects.push((frame.language.pick("全部案件", "all cases"), Effect::Cell { row, sure }));
        // What could not be estimated within is the leaky estimate already.
        if let Some(value) = printed.and_then(|p| p.outcome_leaky).filter(|_| sure) {
            let name = frame.language.pick("对照：混入能力差别的估计", "for comparison: ability leaks in");
            effects.push((name, Effect::Leaky { value, step: row.values.step }));
        }
    }
    for row in types {
        let name = input.types.get(&row.key.subject).unwrap_or(&row.key.subject);
        effects.push((name.clone(), Effect::Cell { row, sure: true }));
    }
    effects
}

fn title(effects: &[(String, Effect)], frame: &Frame) -> String {
    let pick = |zh: &str, en: &str| frame.language.pick(zh, en);
    let whole = effects.iter().find_map(|(_, effect)| match effect {
        Effect::Cell { row, sure } if row.key.subject == "city" => Some((&row.values, *sure)),
        _ => None,
    });
    let Some((values, sure)) = whole else {
        return pick("各类案件的结果对评分的影响", "How outcomes move ratings, by case type");
    };
    let size = number(values.value.abs(), values.step);
    match values.interval {
        _ if !sure => pick(
            "案件结果对评分的影响只有粗略估计，可能混入能力差别",
            "The effect of the outcome is known roughly only: ability may leak into it",
        ),
        Some([low, _]) if low > 0.0 => pick(
            &format!("律师一方胜诉的案件，评分平均高 {size} 级"),
            &format!("Where the lawyer's side won, ratings are {size} levels higher"),
        ),
        Some([_, high]) if high < 0.0 => pick(
            &format!("律师一方胜诉的案件，评分平均低 {size} 级"),
            &format!("Where the lawyer's side won, ratings are {size} levels lower"),
        ),
        _ => pick(
            "误差区间含零：看不出案件结果影响评分",
            "The interval holds zero: no effect of the outcome can be told",
        ),
    }
}

/// `None` when no effect was released.
pub(super) fn draw(input: &Effects, frame: &Frame) -> Option<Figure> {
    let effects = effects(input, frame);
    if effects.is_empty() {
        return None;
    }
    let title = title(&effects, frame);
    let subtitle = frame.language.pick(
        &format!(
            "{} · 同一评价人对同一对象，律师一方胜诉与败诉时评分之差（级）及 95% 误差区间；已从结果中扣除",
            frame.rubric
        ),
        &format!(
            "{} · same rater, same ratee: rating when the lawyer's side won minus when it lost (levels), 95% interval; taken out of the results",
            frame.rubric
        ),
    );
    let heading = Heading::new(frame, &title, &subtitle, WIDTH);
    let labels = Labels::new(effects.iter().map(|(name, _)| name.as_str()), 14.0, 260.0);
    let top = TOP + heading.below();
    let rows = labels.row(ROW) * effects.len() as i32;
    let size = (WIDTH as u32, (top + rows + BOTTOM + heading.above()) as u32);
    let svg = Canvas::sheet(size, frame, &title, &subtitle, |canvas| {
        heading.draw(canvas, size.1 as i32);
        body(canvas, (&effects, &labels), frame, top);
    });
    Some(Figure { name: "outcome-effect", svg, table: table(&effects, frame) })
}

fn body(canvas: &Canvas, (effects, labels): (&[(String, Effect)], &Labels), frame: &Frame, top: i32) {
    let left = LEFT.max(MARGIN + labels.width + 20);
    let values = effects.iter().flat_map(|(_, effect)| match effect {
        Effect::Cell { row, .. } => {
            let [low, high] = row.values.interval.unwrap_or([row.values.value; 2]);
            [low, high]
        }
        Effect::Leaky { value, .. } => [*value, *value],
    });
    let scale = Scale::around(values.chain([0.0]), 1.0, (left, RIGHT));
    let row_height = labels.row(ROW);
    let axis = top + row_height * effects.len() as i32 + 8;
    for mark in scale.marks() {
        canvas.line((scale.at(mark), top - 8), (scale.at(mark), axis), 1, Token::Line);
        let text = signed(mark, if scale.digits() == 2 { 0.25 } else { 0.1 });
        canvas.text(&text, (scale.at(mark), axis + 14), 13.0, Token::Second, Align::Centre, false);
    }
    canvas.line((scale.at(0.0), top - 8), (scale.at(0.0), axis), 2, Token::Accent);
    let word = frame.language.pick("0：胜败评分无别", "0: won or lost makes no difference");
    let half = (width(&word, 13.0, false) / 2.0).ceil() as i32;
    let x = scale.at(0.0).clamp(MARGIN + half, RIGHT + 16 - half);
    canvas.text(&word, (x, top - 22), 13.0, Token::Accent, Align::Centre, false);
    for (index, (_, effect)) in effects.iter().enumerate() {
        let y = top + row_height * index as i32 + row_height / 2;
        canvas.label(&labels.lines[index], (left - 20, y), Align::Right);
        let (text, token) = match effect {
            Effect::Cell { row, sure } => {
                if let Some([from, to]) = row.values.interval {
                    canvas.line((scale.at(from), y), (scale.at(to), y), 3, Token::Ink);
                }
                let at = (scale.at(row.values.value), y);
                if *sure {
                    canvas.dot(at, 5, Token::Ink);
                } else {
                    canvas.square(at, Token::Ink);
                }
                (difference(row, frame.language), Token::Ink)
            }
            Effect::Leaky { value, step } => {
                canvas.square((scale.at(*value), y), Token::Second);
                (signed(*value, *step), Token::Second)
            }
        };
        canvas.text(&text, (RIGHT + 28, y), 14.0, token, Align::Left, false);
    }
    let heading = frame.language.pick("差值（区间）", "difference (interval)");
    canvas.text(&heading, (RIGHT + 28, top - 22), 13.0, Token::Second, Align::Left, false);
    let note = frame.language.pick(
        "实心圆：在同一评价人、同一对象之内比较；空心方：能力差别可能混入",
        "Filled circle: compared within raters and ratees; open square: ability may leak in",
    );
    canvas.text(&note, (MARGIN, axis + 40), 12.0, Token::Second, Align::Left, false);
}

fn table(effects: &[(String, Effect)], frame: &Frame) -> Vec<Vec<String>> {
    let pick = |zh: &str, en: &str| frame.language.pick(zh, en);
    let mut records = vec![vec![
        pick("案件", "cases"),
        pick("评价人数", "raters"),
        pick("差值", "difference"),
        pick("区间下限", "low"),
        pick("区间上限", "high"),
        pick("能力差别", "ability"),
        pick("取整步长", "step"),
    ]];
    let kept = pick("已排除", "kept out");
    let leaks = pick("可能混入", "may leak in");
    for (name, effect) in effects {
        records.push(match effect {
            Effect::Cell { row, sure } => {
                let values = &row.values;
                let number = |value: f64| number(value, values.step);
                let [low, high] = values.interval.map_or([String::new(), String::new()], |ends| ends.map(number));
                let ability = if *sure { kept.clone() } else { leaks.clone() };
                let (raters, step) = (values.n_band.clone(), values.step.to_string());
                vec![name.clone(), raters, number(values.value), low, high, ability, step]
            }
            Effect::Leaky { value, step } => {
                let empty = String::new;
                vec![name.clone(), empty(), number(*value, *step), empty(), empty(), leaks.clone(), step.to_string()]
            }
        });
    }
    records
}
