//! What the figures beside [`super::public`] are drawn from.
//! Invariant: numbers come sealed; what stands beside them is names, thresholds and words.
//! Absent on purpose: estimates, ballots and counts.

use std::collections::BTreeMap;

use crate::gate::{Audience, Printed, Released, Row};

/// Who the results of a spread are about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ratees {
    /// Courts.
    Courts,
    /// Judges.
    Judges,
    /// Lawyers.
    Lawyers,
}

impl Ratees {
    /// In Chinese and English.
    pub(super) fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Courts => ("法院", "courts"),
            Self::Judges => ("法官", "judges"),
            Self::Lawyers => ("律师", "lawyers"),
        }
    }
}

/// What was released about the effect of the outcome.
#[derive(Debug, Clone, Copy)]
pub struct Effects<'a> {
    /// Cells of the release; of the system's outcome effects, `city` is the whole, any other subject a case type.
    pub rows: &'a [Released<Row>],
    /// Parameters of the release: the leaky estimate, and whether the effect is one within raters and ratees.
    pub parameters: Option<&'a Released<Printed>>,
    /// Titles of the case types by code; a code without one stands for itself.
    pub types: &'a BTreeMap<String, String>,
}

/// What was released about the severity of raters.
#[derive(Debug, Clone, Copy)]
pub struct Severities<'a> {
    /// Parameters of the release, with the variances.
    pub parameters: &'a Released<Printed>,
    /// Cells of the release, for the severity of home courts.
    pub homes: &'a [Released<Row>],
    /// Names of the home courts by code.
    pub courts: &'a BTreeMap<String, String>,
    /// Who will see the figure; home courts are drawn for the audience of their cells only.
    pub audience: Audience,
}

/// What was released about response.
#[derive(Debug, Clone, Copy)]
pub struct Responses<'a> {
    /// Cells of the release; of the response cells, `city` is the whole, any other subject a part of it.
    pub rows: &'a [Released<Row>],
    /// Names of courts and other parts by code.
    pub names: &'a BTreeMap<String, String>,
    /// R23's least response, a share.
    pub least: f64,
}

/// Whether a release can be compared with the one before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Link {
    /// The same form, or versions that enough anchors link.
    Linked,
    /// Not comparable, with the reason in the figure's language.
    Broken(String),
}

/// One release in a series.
#[derive(Debug, Clone)]
pub struct Period<'a> {
    /// Name of the period in the figure's language.
    pub name: String,
    /// Cells of that release.
    pub rows: &'a [Released<Row>],
    /// Against the period before it; of the first one, without meaning.
    pub link: Link,
}
