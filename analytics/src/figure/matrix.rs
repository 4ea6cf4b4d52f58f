//! Matrix: how alike the answers to each pair of items are.
//! Invariant: the number stands in every cell, so the shade only repeats it; items stand in the
//! order of the form, never sorted by likeness. Absent on purpose: the upper half, which says the same.

use super::canvas::{Align, Canvas, Token};
use super::level_use::{LEFT, label, name};
use super::{Figure, Frame, Names};
use crate::gate::{ItemReport, Released};
use crate::report::findings;

const WIDTH: i32 = 860;
const TOP: i32 = 96;
const CELL: i32 = 56;
/// Room for the widest row of cells.
const ROOM: i32 = 590;
const BOTTOM: i32 = 84;

/// Strength of the shade and whether the number on it is paper; by absolute correlation.
fn shade(correlation: f64) -> (f64, bool) {
    match correlation.abs() {
        r if r >= 0.8 - 1e-9 => (0.85, true),
        r if r >= 0.6 - 1e-9 => (0.42, false),
        r if r >= 0.4 - 1e-9 => (0.26, false),
        r if r >= 0.2 - 1e-9 => (0.13, false),
        _ => (0.04, false),
    }
}

/// Correlations between items; `None` for fewer than two.
pub fn matrix(report: &Released<ItemReport>, frame: &Frame, names: &Names) -> Option<Figure> {
    let facts = findings(report);
    let report = report.get();
    let count = report.items.len();
    if count < 2 {
        return None;
    }
    let pick = |zh: &str, en: &str| frame.language.pick(zh, en);
    let same: Vec<_> = facts.iter().filter(|fact| fact.code == "nearly-same-question").collect();
    let place = |id: &str| report.items.iter().position(|line| line.id == id).map_or(0, |k| k + 1);
    let title = match same.as_slice() {
        [] => pick("没有两个评价项几乎问的是同一件事", "No two items ask nearly the same question"),
        [one] => {
            let (a, b) = (place(&one.items[0]), place(&one.items[1]));
            pick(
                &format!("第 {a} 项与第 {b} 项几乎是同一个问题"),
                &format!("Items {a} and {b} are nearly the same question"),
            )
        }
        many => pick(
            &format!("{} 对评价项几乎是同一个问题", many.len()),
            &format!("{} pairs of items are nearly the same question", many.len()),
        ),
    };
    let step = decimals(report.correlation_step);
    let subtitle = pick(
        &format!("{} · 两项作答的相关系数（−1 至 1），取整到 {step}", frame.rubric),
        &format!("{} · correlation of answers to two items (−1 to 1), to {step}", frame.rubric),
    );
    let cell = CELL.min(ROOM / count as i32);
    let size = (WIDTH as u32, (TOP + (cell * count as i32).max(4 * CELL / 2) + BOTTOM) as u32);
    let note = pick(
        "按评价表顺序排列。对角格为项号；“—”表示同时作答的评价人不足，或者作答全部相同",
        "In the order of the form. Diagonal: number of the item. — means too few raters answered both, or all alike",
    );
    let svg = Canvas::sheet(size, frame, &title, &format!("{subtitle}。{note}"), |canvas| {
        canvas.frame(size, frame, &title, &subtitle);
        for k in 0..count {
            let y = TOP + cell * k as i32;
            label(canvas, y + cell / 2, k, name(&report.items[k].id, names));
            for l in 0..k {
                entry(canvas, (LEFT + cell * l as i32, y), cell, report.correlation[k][l]);
            }
            let own = (LEFT + cell * k as i32 + cell / 2, y + cell / 2);
            canvas.text(&(k + 1).to_string(), own, 14.0, Token::Second, Align::Centre, true);
        }
        summary(canvas, report, frame);
        canvas.text(&note, (24, size.1 as i32 - 60), 12.0, Token::Second, Align::Left, false);
    });
    Some(Figure { name: "item-matrix", svg, table: table(report, frame, names) })
}

fn entry(canvas: &Canvas, (x, y): (i32, i32), cell: i32, correlation: Option<f64>) {
    let (from, to) = ((x + 1, y + 1), (x + cell - 2, y + cell - 2));
    let (text, strength, paper) = match correlation {
        Some(r) => (decimals(r), shade(r).0, shade(r).1),
        None => ("—".to_owned(), 0.0, false),
    };
    canvas.shade(from, to, Token::Accent, strength);
    canvas.path(vec![from, (to.0, from.1), to, (from.0, to.1), from], 1, Token::Line);
    let token = if paper { Token::Paper } else { Token::Ink };
    let size = if cell < 40 { 11.0 } else { 14.0 };
    canvas.text(&text, (x + cell / 2, y + cell / 2), size, token, Align::Centre, false);
}

/// What stands in the empty upper half.
fn summary(canvas: &Canvas, report: &ItemReport, frame: &Frame) {
    let pick = |zh: &str, en: &str| frame.language.pick(zh, en);
    let mut lines = Vec::new();
    if let Some(alpha) = report.alpha {
        lines.push(pick(&format!("内部一致性 α {}", decimals(alpha)), &format!("alpha {}", decimals(alpha))));
    }
    if let Some(omega) = report.omega {
        lines.push(pick(&format!("单因子 ω {}", decimals(omega)), &format!("omega, one factor {}", decimals(omega))));
    }
    if let Some(values) = &report.eigenvalues {
        let first: Vec<String> = values.iter().take(3).map(|v| decimals(*v)).collect();
        let first = first.join(&pick("、", ", "));
        lines.push(pick(&format!("前几个特征值 {first}"), &format!("first eigenvalues {first}")));
    }
    for (index, line) in lines.iter().enumerate() {
        let y = TOP + 14 + 24 * index as i32;
        canvas.text(line, (WIDTH - 24, y), 14.0, Token::Ink, Align::Right, false);
    }
}

/// Two decimals with a real minus sign.
fn decimals(value: f64) -> String {
    format!("{value:.2}").replace('-', "−")
}

fn table(report: &ItemReport, frame: &Frame, names: &Names) -> Vec<Vec<String>> {
    let title = |k: usize| name(&report.items[k].id, names).to_owned();
    let count = report.items.len();
    let mut records = vec![vec![frame.language.pick("评价项", "item")]];
    records[0].extend((0..count).map(title));
    for k in 0..count {
        let cells = (0..count).map(|l| report.correlation[k][l].map_or_else(String::new, |r| format!("{r:.2}")));
        records.push(std::iter::once(title(k)).chain(cells).collect());
    }
    records
}
