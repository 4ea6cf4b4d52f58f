//! Level use: one bar per item, divided by the levels that raters gave.
//! Invariant: bars stand in the order of the form; a level of few raters is drawn joined with its
//! neighbour, as the gate printed it. Absent on purpose: exact counts.

use super::canvas::{Align, Canvas, Token};
use super::{Figure, Frame, Names};
use crate::gate::{Bin, ItemLine, ItemNumbers, ItemReport, Released};

const WIDTH: i32 = 860;
const ROW: i32 = 44;
const TOP: i32 = 132;
/// Where the data begin in figures with items on the left.
pub(super) const LEFT: i32 = 240;
const RIGHT: i32 = 690;
const BOTTOM: i32 = 84;
/// Share of level 5 that the title counts.
const CEILING: f64 = 0.8;
/// Strength of each level's shade; the first three carry ink, the others paper.
const SHADES: [f64; 5] = [0.08, 0.2, 0.36, 0.8, 1.0];

/// Use of levels by item; `None` without items.
pub fn level_use(report: &Released<ItemReport>, frame: &Frame, names: &Names) -> Option<Figure> {
    let report = report.get();
    if report.items.is_empty() {
        return None;
    }
    let pick = |zh: &str, en: &str| frame.language.pick(zh, en);
    let count = report.items.len();
    let high = report.items.iter().filter_map(|line| line.numbers.as_ref()?.ceiling).filter(|c| c[0] >= CEILING - 1e-9);
    let title = match high.count() {
        0 => pick("没有评价项的 5 级占到八成", "No item has four fifths of its answers at level 5"),
        high => pick(
            &format!("{count} 个评价项中，{high} 项的 5 级占八成以上，难以再分高下"),
            &format!("Four fifths or more of the answers are at level 5 in {high} of {count} items"),
        ),
    };
    let step = percent(report.share_step);
    let subtitle = pick(
        &format!("{} · 各等级占作答的比例，取整到 {step}；右为“未观察到”的比例", frame.rubric),
        &format!("{} · share of answers by level, to {step}; right: not observed", frame.rubric),
    );
    let note = pick(
        "按评价表顺序排列。评价人不足 5 名的等级并入相邻等级",
        "In the order of the form. A level used by fewer than five raters joins its neighbour",
    );
    let size = (WIDTH as u32, (TOP + ROW * count as i32 + BOTTOM) as u32);
    let svg = Canvas::sheet(size, frame, &title, &format!("{subtitle}。{note}"), |canvas| {
        canvas.frame(size, frame, &title, &subtitle);
        key(canvas, frame);
        for (index, line) in report.items.iter().enumerate() {
            let y = TOP + ROW * index as i32 + ROW / 2;
            label(canvas, y, index, name(&line.id, names));
            row(canvas, y, line, report, frame);
        }
        canvas.text(&note, (24, size.1 as i32 - 60), 12.0, Token::Second, Align::Left, false);
    });
    Some(Figure { name: "level-use", svg, table: table(report, frame, names) })
}

/// Title of an item; one without stands for itself.
pub(super) fn name<'n>(id: &'n str, names: &'n Names) -> &'n str {
    names.items.iter().find(|(known, _)| known == id).map_or(id, |(_, title)| title)
}

/// Number and title of an item in the left column, which ends at [`LEFT`].
pub(super) fn label(canvas: &Canvas, y: i32, index: usize, title: &str) {
    canvas.text(&(index + 1).to_string(), (40, y), 14.0, Token::Second, Align::Right, false);
    canvas.wrapped(title, (52, y), LEFT - 68, 14.0, Token::Ink, Align::Left);
}

/// The shades with their levels, over the bars.
fn key(canvas: &Canvas, frame: &Frame) {
    let word = frame.language.pick("等级", "level");
    canvas.text(&word, (LEFT, TOP - 24), 13.0, Token::Second, Align::Left, false);
    for (level, strength) in SHADES.iter().enumerate() {
        let x = LEFT + 56 + 52 * level as i32;
        segment(canvas, (x, TOP - 34), (x + 36, TOP - 14), *strength);
        text_on(canvas, &(level + 1).to_string(), (x + 18, TOP - 24), *strength);
    }
    let word = frame.language.pick("未观察到", "not observed");
    canvas.text(&word, (RIGHT + 20, TOP - 24), 13.0, Token::Second, Align::Left, false);
}

fn row(canvas: &Canvas, y: i32, line: &ItemLine, report: &ItemReport, frame: &Frame) {
    let pick = |zh: &str, en: &str| frame.language.pick(zh, en);
    let Some(numbers) = &line.numbers else {
        let word = pick("有效评价不足，暂不提供", "too few answers to tell");
        canvas.text(&word, (LEFT, y), 14.0, Token::Second, Align::Left, false);
        return;
    };
    let seen = numbers.not_observed.map_or_else(|| "—".to_owned(), between);
    let joined = joined(numbers, frame);
    let lift = if joined.is_empty() { 0 } else { 9 };
    canvas.text(&seen, (RIGHT + 20, y - lift), 14.0, Token::Ink, Align::Left, false);
    canvas.text(&joined, (RIGHT + 20, y + 10), 12.0, Token::Second, Align::Left, false);
    let Some(bins) = &numbers.bins else {
        canvas.line((LEFT, y + 14), (RIGHT, y + 14), 1, Token::Line);
        let word = match numbers.ceiling {
            Some(_) => pick("超过 90% 为 5 级", "more than 90% at level 5"),
            None => pick("超过 90% 集中在一处", "more than 90% at one level"),
        };
        canvas.text(&word, (LEFT, y), 14.0, Token::Ink, Align::Left, false);
        return;
    };
    let mut below = 0.0;
    let at = |share: f64| LEFT + (share * f64::from(RIGHT - LEFT)).round() as i32;
    for bin in bins {
        let (from, to) = (at(below), at(below + bin.share));
        below += bin.share;
        if to - from < 3 {
            continue;
        }
        let strength = SHADES[usize::from(bin.to) - 1];
        // A gap of paper tells neighbours apart in any print.
        segment(canvas, (from, y - 14), (to - 2, y + 14), strength);
        if bin.share > report.share_step / 2.0 && to - from >= 36 {
            text_on(canvas, &percent(bin.share), ((from + to) / 2 - 1, y), strength);
        }
    }
}

/// One part of a bar, outlined: the lightest shade is nearly paper.
fn segment(canvas: &Canvas, from: (i32, i32), to: (i32, i32), strength: f64) {
    canvas.shade(from, to, Token::Accent, strength);
    let corners = vec![from, (to.0, from.1), to, (from.0, to.1), from];
    canvas.path(corners, 1, Token::Accent);
}

fn text_on(canvas: &Canvas, text: &str, at: (i32, i32), strength: f64) {
    let token = if strength > 0.5 { Token::Paper } else { Token::Ink };
    canvas.text(text, at, 13.0, token, Align::Centre, false);
}

/// Which levels were joined, in words.
fn joined(numbers: &ItemNumbers, frame: &Frame) -> String {
    let bins = numbers.bins.iter().flatten().filter(|bin| bin.to > bin.from);
    let parts: Vec<String> = bins.map(levels).collect();
    if parts.is_empty() {
        return String::new();
    }
    let parts = parts.join(&frame.language.pick("、", ", "));
    frame.language.pick(&format!("{parts} 级合并"), &format!("{parts} joined"))
}

fn levels(bin: &Bin) -> String {
    if bin.from == bin.to { bin.from.to_string() } else { format!("{}–{}", bin.from, bin.to) }
}

fn percent(share: f64) -> String {
    format!("{:.0}%", share * 100.0)
}

fn between([low, high]: [f64; 2]) -> String {
    format!("{:.0}–{}", low * 100.0, percent(high))
}

fn table(report: &ItemReport, frame: &Frame, names: &Names) -> Vec<Vec<String>> {
    let pick = |zh: &str, en: &str| frame.language.pick(zh, en);
    let mut records = vec![vec![
        pick("评价项", "item"),
        pick("评价人数", "raters"),
        pick("作答份数", "answers"),
        pick("等级", "levels"),
        pick("比例", "share"),
        pick("未观察到下限", "not observed, from"),
        pick("未观察到上限", "not observed, to"),
    ]];
    for line in &report.items {
        let title = name(&line.id, names).to_owned();
        let Some(numbers) = &line.numbers else {
            records.push([vec![title], vec![String::new(); 6]].concat());
            continue;
        };
        let two = |value: f64| format!("{value:.2}");
        let mut add = |levels: String, share: String| {
            let seen = numbers.not_observed.map_or([String::new(), String::new()], |edges| edges.map(two));
            let counts = vec![title.clone(), numbers.raters.clone(), numbers.answered.to_string(), levels, share];
            records.push([counts, seen.to_vec()].concat());
        };
        match (&numbers.bins, numbers.ceiling) {
            (Some(bins), _) => bins.iter().for_each(|bin| {
                let small = bin.share < report.share_step / 2.0;
                add(levels(bin), if small { format!("< {}", two(report.share_step)) } else { two(bin.share) });
            }),
            (None, Some([low, _])) => add("5".into(), format!("> {}", two(low))),
            (None, None) => add(String::new(), String::new()),
        }
    }
    records
}
