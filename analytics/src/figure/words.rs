//! The words of the figures in both languages.
//! Invariant: every text has both; full-width punctuation in Chinese, figures set apart by a thin space.
//! Absent on purpose: names of courts and items, which the caller brings.

use crate::gate::{Flag, Row};

/// Language of a figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// zh-CN.
    Chinese,
    /// English.
    English,
}

impl Language {
    /// Picks one of two texts.
    pub(super) fn pick(self, zh: &str, en: &str) -> String {
        match self {
            Self::Chinese => zh.to_owned(),
            Self::English => en.to_owned(),
        }
    }

    /// Sentences of a description, one after the other.
    pub(super) fn sentences(self, parts: &[&str]) -> String {
        parts.join(if self == Self::Chinese { "。" } else { ". " })
    }

    /// Language tag for the SVG's root element.
    pub(super) fn tag(self) -> &'static str {
        match self {
            Self::Chinese => "zh-CN",
            Self::English => "en",
        }
    }
}

/// `value` with as many decimals as `step` needs.
pub(super) fn number(value: f64, step: f64) -> String {
    // Steps are 0.1, 0.2, 0.25 and 0.5.
    let digits = if (step * 10.0).fract().abs() < 1e-9 { 1 } else { 2 };
    format!("{value:.digits$}")
}

/// `value` with its sign; a printed zero has none.
pub(super) fn signed(value: f64, step: f64) -> String {
    let text = number(value.abs(), step);
    if text.bytes().all(|b| matches!(b, b'0' | b'.')) {
        return text;
    }
    if value < 0.0 { format!("−{text}") } else { format!("+{text}") }
}

/// Words to stand behind a Chinese one: figures and Latin letters are set apart from it.
pub(super) fn spaced(name: &str) -> String {
    if name.starts_with(|c: char| c.is_ascii()) { format!(" {name}") } else { name.to_owned() }
}

/// Words to stand before a Chinese one, likewise.
pub(super) fn closed(name: &str) -> String {
    if name.ends_with(|c: char| c.is_ascii()) { format!("{name} ") } else { name.to_owned() }
}

/// A share in per cent.
pub(super) fn percent(share: f64) -> String {
    format!("{:.0}%", share * 100.0)
}

/// 1 for "at least", -1 for "at most", 0 for a plain value.
pub(super) fn bound(row: &Row) -> i32 {
    if row.flags.contains(&Flag::AtLeast) {
        1
    } else if row.flags.contains(&Flag::AtMost) {
        -1
    } else {
        0
    }
}

/// Value and interval of a row of levels, with its bound.
pub(super) fn printed(row: &Row, language: Language) -> String {
    let sign = match bound(row) {
        1 => "≥ ",
        -1 => "≤ ",
        _ => "",
    };
    let number = |value: f64| number(value, row.values.step);
    let value = format!("{sign}{}", number(row.values.value));
    row.values.interval.map_or(value.clone(), |[from, to]| {
        let (from, to) = (number(from), number(to));
        language.pick(&format!("{value}（{from}–{to}）"), &format!("{value} ({from}–{to})"))
    })
}

/// Value and interval of a row of differences, with signs; a dash between two signs would be read as one.
pub(super) fn difference(row: &Row, language: Language) -> String {
    let signed = |value: f64| signed(value, row.values.step);
    let value = signed(row.values.value);
    row.values.interval.map_or(value.clone(), |[from, to]| {
        let (from, to) = (signed(from), signed(to));
        language.pick(&format!("{value}（{from} 至 {to}）"), &format!("{value} ({from} to {to})"))
    })
}
