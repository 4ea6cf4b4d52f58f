//! Planner curve: what more ballots per ratee would bring.
//! Invariant: drawn from the released variances of the box, so that the curve and the report say
//! the same. Absent on purpose: any ratee's own number of ballots.

use super::canvas::{Align, Canvas, Token};
use super::{Figure, Frame};
use crate::gate::{ItemReport, Released};
use crate::planner::Variances;

const SIZE: (u32, u32) = (860, 560);
const LEFT: i32 = 84;
const RIGHT: i32 = 720;
/// Upper and lower edge of the two panels.
const RELIABILITY: (i32, i32) = (112, 302);
const WIDTHS: (i32, i32) = (350, 456);
const TARGETS: [f64; 2] = [0.7, 0.8];
/// Distances between marks of the lower axis.
const MARKS: [u32; 8] = [2, 5, 10, 20, 50, 100, 200, 500];

/// Reliability and half-width against ballots per ratee; `None` when ratees cannot be told apart.
pub fn planner(report: &Released<ItemReport>, frame: &Frame) -> Option<Figure> {
    let report = report.get();
    let [Some(seven), Some(eight)] = report.ballots_needed else { return None };
    let needed = [seven, eight];
    let pick = |zh: &str, en: &str| frame.language.pick(zh, en);
    let title = pick(
        &format!("可靠性要达到 0.70，每位被评价人约需 {seven} 份评价；0.80 约需 {eight} 份"),
        &format!("A reliability of 0.70 takes about {seven} ballots per ratee, 0.80 about {eight}"),
    );
    let subtitle = pick(
        &format!("{} · 由本期方差推算，每份评价来自不同的评价人", frame.rubric),
        &format!("{} · expected from this period's variances, each ballot of another rater", frame.rubric),
    );
    let mark = MARKS.into_iter().find(|mark| eight * 5 / 4 <= mark * 8).unwrap_or(1000);
    let most = (eight * 5 / 4).div_ceil(mark).max(2) * mark;
    let svg = Canvas::sheet(SIZE, frame, &title, &subtitle, |canvas| {
        canvas.frame(SIZE, frame, &title, &subtitle);
        let at = |ballots: u32| LEFT + (f64::from(ballots) / f64::from(most) * f64::from(RIGHT - LEFT)).round() as i32;
        for ballots in (0..=most).step_by(mark as usize) {
            canvas.line((at(ballots), WIDTHS.1), (at(ballots), WIDTHS.1 + 5), 1, Token::Second);
            canvas.text(&ballots.to_string(), (at(ballots), WIDTHS.1 + 18), 13.0, Token::Second, Align::Centre, false);
        }
        let axis = pick("每位被评价人的评价份数", "ballots per ratee");
        canvas.text(&axis, (RIGHT, WIDTHS.1 + 42), 13.0, Token::Second, Align::Right, false);
        reliability(canvas, &report.variances, needed, most, &at, frame);
        half_width(canvas, &report.variances, most, &at, frame);
    });
    Some(Figure { name: "planner", svg, table: table(&report.variances, needed, most, mark, frame) })
}

fn reliability(
    canvas: &Canvas,
    variances: &Variances,
    needed: [u32; 2],
    most: u32,
    at: &dyn Fn(u32) -> i32,
    frame: &Frame,
) {
    let (top, bottom) = RELIABILITY;
    let height = |value: f64| bottom - (value * f64::from(bottom - top)).round() as i32;
    let word = frame.language.pick("可靠性", "reliability");
    canvas.text(&word, (24, top - 18), 13.0, Token::Second, Align::Left, false);
    for level in [0.0, 0.5, 1.0] {
        canvas.line((LEFT, height(level)), (RIGHT, height(level)), 1, Token::Line);
        canvas.text(&format!("{level:.1}"), (LEFT - 14, height(level)), 13.0, Token::Second, Align::Right, false);
    }
    let points = (0..=most).map(|n| (at(n), height(variances.reliability(n)))).collect();
    canvas.path(points, 3, Token::Ink);
    for (target, ballots) in TARGETS.into_iter().zip(needed) {
        let (x, y) = (at(ballots), height(variances.reliability(ballots)));
        canvas.line((LEFT, height(target)), (RIGHT, height(target)), 1, Token::Accent);
        canvas.line((x, y), (x, bottom), 1, Token::Accent);
        canvas.ring((x, y), 5, Token::Accent);
        let text =
            frame.language.pick(&format!("{target:.2}：{ballots} 份"), &format!("{target:.2}: {ballots} ballots"));
        canvas.text(&text, (RIGHT + 12, height(target)), 13.0, Token::Accent, Align::Left, false);
    }
}

fn half_width(canvas: &Canvas, variances: &Variances, most: u32, at: &dyn Fn(u32) -> i32, frame: &Frame) {
    let (top, bottom) = WIDTHS;
    let most_width = variances.half_width(0);
    // The upper mark in steps of a fifth of a level.
    let end = (most_width * 5.0).ceil().max(1.0) / 5.0;
    let height = |value: f64| bottom - (value / end * f64::from(bottom - top)).round() as i32;
    let word = frame.language.pick("误差区间半宽（级）", "half-width of the 95% interval (levels)");
    canvas.text(&word, (24, top - 18), 13.0, Token::Second, Align::Left, false);
    for level in [0.0, end / 2.0, end] {
        canvas.line((LEFT, height(level)), (RIGHT, height(level)), 1, Token::Line);
        canvas.text(&format!("{level:.1}"), (LEFT - 14, height(level)), 13.0, Token::Second, Align::Right, false);
    }
    let points = (0..=most).map(|n| (at(n), height(variances.half_width(n)))).collect();
    canvas.path(points, 3, Token::Ink);
    let last = variances.half_width(most);
    canvas.text(&format!("{last:.2}"), (RIGHT + 12, height(last)), 13.0, Token::Ink, Align::Left, false);
}

fn table(variances: &Variances, needed: [u32; 2], most: u32, mark: u32, frame: &Frame) -> Vec<Vec<String>> {
    let pick = |zh: &str, en: &str| frame.language.pick(zh, en);
    let mut sizes: Vec<u32> = (mark..=most).step_by(mark as usize).chain(needed).collect();
    sizes.sort_unstable();
    sizes.dedup();
    let mut records = vec![vec![
        pick("每位被评价人的评价份数", "ballots per ratee"),
        pick("可靠性", "reliability"),
        pick("误差区间半宽", "half-width"),
    ]];
    let rows = variances.table(&sizes);
    records.extend(
        rows.iter().map(|row| {
            vec![row.ballots.to_string(), format!("{:.2}", row.reliability), format!("{:.2}", row.half_width)]
        }),
    );
    records
}
