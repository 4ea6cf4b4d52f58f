//! Severity: how far raters differ when they have seen the same, as the density the model estimates.
//! Invariant: drawn from the box's released variances, never from raters; home courts only where
//! their cells were released to the audience of the figure. Absent on purpose: single raters, and a
//! histogram of predicted severities, which are shrunk and would make raters look more alike than they are.

use statrs::distribution::{Continuous, Normal};

use super::canvas::{Align, Canvas, Token};
use super::heading::{Heading, MARGIN};
use super::scale::Scale;
use super::setting::Labels;
use super::words::{difference, number};
use super::{Figure, Frame, MANY, Severities, open};
use crate::gate::{Audience, Measure, Printed, Row, Scope};

const WIDTH: i32 = 860;
const TOP: i32 = 116;
const CURVE: i32 = 190;
const LEFT: i32 = 130;
const RIGHT: i32 = 620;
const ROW: i32 = 32;
/// Below the curve: two brackets.
const BRACKETS: i32 = 62;
const BOTTOM: i32 = 106;
/// Step of a printed standard deviation: variances leave with two decimals.
const STEP: f64 = 0.1;
/// Standard normal quantiles of the middle half and of the middle 95 %.
const HALF: f64 = 0.674_489_750_196_081_7;
const MOST: f64 = 1.959_963_984_540_054;

/// Standard deviations: in all, of raters inside a home court, between home courts.
struct Deviations {
    all: f64,
    inside: f64,
    between: f64,
}

impl Deviations {
    /// `None` when the model has no variance of raters.
    fn new(printed: &Printed) -> Option<Self> {
        let variance = |name: &str| printed.variances.get(name).map(|v| v.max(0.0));
        let inside = variance("rater")?;
        let between = variance("home").unwrap_or(0.0);
        Some(Self { all: (inside + between).sqrt(), inside: inside.sqrt(), between: between.sqrt() })
    }
}

/// `None` when no variance of raters was released.
pub(super) fn draw(input: &Severities, frame: &Frame) -> Option<Figure> {
    let pick = |zh: &str, en: &str| frame.language.pick(zh, en);
    let deviations = Deviations::new(input.parameters.get())?;
    let mut homes: Vec<&Row> = open(input.homes, input.audience)
        .filter(|row| row.key.scope == Scope::HomeCourt && row.key.measure == Measure::Severity)
        .collect();
    homes.sort_by(|one, other| one.key.cmp(&other.key));
    let names: Vec<&str> =
        homes.iter().map(|row| input.courts.get(&row.key.subject).unwrap_or(&row.key.subject).as_str()).collect();
    let most = number(MOST * deviations.all, STEP);
    let title = if deviations.all > 0.0 {
        pick(
            &format!("对同样的表现，95% 的评价人打分偏离平均不超过 {most} 级"),
            &format!("For the same conduct, 95% of raters are within {most} levels of the average rater"),
        )
    } else {
        pick("看不出评价人之间宽严有别", "No difference in severity between raters can be told")
    };
    let subtitle = pick(
        &format!("{} · 评价人宽严倾向的分布（级），由模型方差估计；已从结果中扣除", frame.rubric),
        &format!(
            "{} · distribution of raters' severity (levels), from the model's variances; taken out of the results",
            frame.rubric
        ),
    );
    let heading = Heading::new(frame, &title, &subtitle, WIDTH);
    // Very many courts would bury the curve; they stand in the table.
    let (shown, left_out) = if homes.len() > MANY { (&[][..], homes.len()) } else { (homes.as_slice(), 0) };
    let labels = Labels::new(names.iter().copied().take(shown.len()), 14.0, 260.0);
    let rows = labels.row(ROW) * shown.len() as i32;
    let top = TOP + heading.below();
    // Without variance there is no curve to make room for.
    let upper = if deviations.all > 0.0 { CURVE + BRACKETS } else { 24 };
    let size = (WIDTH as u32, (top + upper + rows + BOTTOM + heading.above()) as u32);
    let svg = Canvas::sheet(size, frame, &title, &subtitle, |canvas| {
        heading.draw(canvas, size.1 as i32);
        let left = if shown.is_empty() { LEFT } else { LEFT.max(MARGIN + labels.width + 20) };
        let ends = shown.iter().flat_map(|row| row.values.interval.unwrap_or([row.values.value; 2]));
        let reach = ends.map(f64::abs).fold(3.0 * deviations.all, f64::max);
        let scale = Scale::around([-reach, reach].into_iter(), 1.0, (left, RIGHT));
        curve(canvas, &scale, &deviations, frame, top);
        let from = top + upper;
        axis(canvas, &scale, frame, (top, from + rows + 8));
        courts(canvas, &scale, (shown, &labels), frame, (left, from));
        if left_out > 0 {
            let note =
                pick(&format!("{left_out} 个法院见数据表"), &format!("{left_out} home courts stand in the table"));
            canvas.text(&note, (scale.at(0.0), from + rows + 48), 12.0, Token::Second, Align::Centre, false);
        }
    });
    let name = if input.audience == Audience::Public { "severity" } else { "sides-severity" };
    Some(Figure { name, svg, table: table(&deviations, &names, &homes, frame) })
}

fn curve(canvas: &Canvas, scale: &Scale, deviations: &Deviations, frame: &Frame, top: i32) {
    let pick = |zh: &str, en: &str| frame.language.pick(zh, en);
    let base = top + CURVE;
    let Ok(normal) = Normal::new(0.0, deviations.all) else { return };
    let peak = normal.pdf(0.0);
    let at = |z: f64| {
        let value = z * deviations.all;
        (scale.at(value), base - (normal.pdf(value) / peak * f64::from(CURVE - 14)).round() as i32)
    };
    let points = |from: f64, to: f64| -> Vec<(i32, i32)> {
        (0..=80).map(|step| at(from + (to - from) * f64::from(step) / 80.0)).collect()
    };
    let under = |z: f64, token: Token| {
        let mut points = points(-z, z);
        points.push((at(z).0, base));
        points.push((at(-z).0, base));
        canvas.shape(points, token);
    };
    under(MOST, Token::Weak);
    under(HALF, Token::Line);
    canvas.path(points(-3.0, 3.0), 2, Token::Ink);
    let bracket = |z: f64, y: i32, word: String| {
        let (left, right) = (at(-z).0, at(z).0);
        canvas.line((left, y), (right, y), 2, Token::Ink);
        for end in [left, right] {
            canvas.line((end, y - 5), (end, y + 5), 2, Token::Ink);
        }
        canvas.text(&word, (RIGHT + 28, y), 14.0, Token::Ink, Align::Left, false);
    };
    let half = number(HALF * deviations.all, STEP);
    let most = number(MOST * deviations.all, STEP);
    bracket(HALF, base + 18, pick(&format!("居中一半：±{half} 级"), &format!("middle half: ±{half}")));
    bracket(MOST, base + 42, pick(&format!("居中 95%：±{most} 级"), &format!("middle 95%: ±{most}")));
}

/// Home courts under the curve, on the same axis.
fn courts(
    canvas: &Canvas,
    scale: &Scale,
    (homes, labels): (&[&Row], &Labels),
    frame: &Frame,
    (left, from): (i32, i32),
) {
    let height = labels.row(ROW);
    for (index, row) in homes.iter().enumerate() {
        let y = from + height * index as i32 + height / 2;
        canvas.label(&labels.lines[index], (left - 20, y), Align::Right);
        if let Some([low, high]) = row.values.interval {
            canvas.line((scale.at(low), y), (scale.at(high), y), 3, Token::Ink);
        }
        canvas.dot((scale.at(row.values.value), y), 5, Token::Ink);
        canvas.text(&difference(row, frame.language), (RIGHT + 28, y), 14.0, Token::Ink, Align::Left, false);
    }
}

fn axis(canvas: &Canvas, scale: &Scale, frame: &Frame, (top, axis): (i32, i32)) {
    let pick = |zh: &str, en: &str| frame.language.pick(zh, en);
    canvas.line((scale.at(0.0), top - 8), (scale.at(0.0), axis), 2, Token::Accent);
    let word = pick("平均的评价人", "the average rater");
    canvas.text(&word, (scale.at(0.0), top - 22), 13.0, Token::Accent, Align::Centre, false);
    let marks = scale.marks();
    let (Some(first), Some(last)) = (marks.first(), marks.last()) else { return };
    canvas.line((scale.at(*first), axis), (scale.at(*last), axis), 1, Token::Second);
    for mark in &marks {
        canvas.line((scale.at(*mark), axis), (scale.at(*mark), axis + 5), 1, Token::Second);
        let text = super::words::signed(*mark, if scale.digits() == 2 { 0.25 } else { 0.1 });
        canvas.text(&text, (scale.at(*mark), axis + 16), 13.0, Token::Second, Align::Centre, false);
    }
    let (strict, generous) = (pick("← 偏严", "← severe"), pick("偏宽 →", "generous →"));
    canvas.text(&strict, (scale.at(*first), axis + 40), 13.0, Token::Second, Align::Left, false);
    canvas.text(&generous, (scale.at(*last), axis + 40), 13.0, Token::Second, Align::Right, false);
}

fn table(deviations: &Deviations, names: &[&str], homes: &[&Row], frame: &Frame) -> Vec<Vec<String>> {
    let pick = |zh: &str, en: &str| frame.language.pick(zh, en);
    let mut records = vec![vec![
        pick("项目", "what"),
        pick("评价人数", "raters"),
        pick("级", "levels"),
        pick("区间下限", "low"),
        pick("区间上限", "high"),
        pick("取整步长", "step"),
    ]];
    let lines = [
        (pick("标准差", "standard deviation"), deviations.all, 0.0),
        (pick("同一法院内标准差", "of raters inside a home court"), deviations.inside, 0.0),
        (pick("法院之间标准差", "between home courts"), deviations.between, 0.0),
        (pick("居中一半", "middle half"), HALF * deviations.all, HALF),
        (pick("居中 95%", "middle 95%"), MOST * deviations.all, MOST),
    ];
    for (name, value, z) in lines {
        let value = number(value, STEP);
        let (low, high) = if z > 0.0 { (format!("-{value}"), value.clone()) } else { (String::new(), String::new()) };
        records.push(vec![name, String::new(), value, low, high, STEP.to_string()]);
    }
    for (name, row) in names.iter().zip(homes) {
        let values = &row.values;
        let number = |value: f64| number(value, values.step);
        let [low, high] = values.interval.map_or([String::new(), String::new()], |ends| ends.map(number));
        let (raters, step) = (values.n_band.clone(), values.step.to_string());
        records.push(vec![(*name).to_owned(), raters, number(values.value), low, high, step]);
    }
    records
}
