//! The words of the figures in both languages.
//! Invariant: every text has both; full-width punctuation in Chinese, figures set apart by a thin space.
//! Absent on purpose: names of courts and items, which the caller brings.

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
