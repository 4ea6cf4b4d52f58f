//! A release: gated cells that both sides sign, and who may read which part of it.
//!
//! A withheld cell never carries a value; an officer sees its verdict and reason, everybody else cannot tell it from an absent one.
//! Deliberately absent: the rules; they are functions of the gate, which writes the draft.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::digest::{Bytes32, Digest};
use crate::document::{self, DocumentError};
use crate::ids::{BoxId, Direction, PeriodId};
use crate::manifest::PeriodKind;
use crate::noised::Noised;
use crate::opening::Counts;
use crate::words;

words! {
    /// What a cell is about.
    Scope, "scope" {
        /// 全市.
        System = "system",
        /// A court.
        Court = "court",
        /// A judge or lawyer.
        Person = "person",
        /// Raters by home court.
        HomeCourt = "home_court",
    }
}

words! {
    /// Who may read a cell.
    Audience, "audience" {
        /// 反馈（本人）.
        Own = "self",
        /// 通报（双方）.
        Sides = "sides",
        /// 公布（社会）.
        Public = "public",
    }
}

words! {
    /// 公布审查意见.
    Verdict, "verdict" {
        /// 公布.
        Publish = "publish",
        /// 带标记公布.
        PublishFlagged = "publish_flagged",
        /// 未达公布条件.
        Withhold = "withhold",
    }
}

/// Why the gate decided as it did; for the two sides only.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reason {
    /// Stable code.
    pub code: String,
    /// The numbers the rule used.
    #[serde(default)]
    pub numbers: BTreeMap<String, serde_json::Value>,
}

/// How much the correction moved a result.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Moved {
    /// By the severity of the raters, scale points.
    pub severity: f64,
    /// By the outcomes of the cases, scale points.
    pub outcome: f64,
}

/// 统计单元.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Cell {
    /// Unique in the release.
    pub id: String,
    /// What it is about.
    pub scope: Scope,
    /// `city`, a court code or a ratee.
    pub subject: String,
    /// `score`, `item:{id}`, `outcome_effect`, `severity`, `response`, `response:{division}:{level}`, `docket_unique`, and
    /// `audit:..` for the lines of [`crate::fairness`].
    pub measure: String,
    /// Who may read it.
    pub audience: Audience,
    /// The gate's decision.
    pub verdict: Verdict,
    /// `pilot`, `provisional`, `at_least`, `at_most`, `raw_at_least`, `raw_at_most`, `apart`.
    #[serde(default)]
    pub flags: Vec<String>,
    /// The rules that decided.
    #[serde(default)]
    pub rules: Vec<String>,
    /// For the two sides.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// Band of distinct raters.
    #[serde(default)]
    pub n_band: Option<String>,
    /// Rounded value, scale points; of a share the lower edge of its band, which [`Cell::band`] names whole.
    #[serde(default)]
    pub value: Option<f64>,
    /// Rounding step.
    #[serde(default)]
    pub step: Option<f64>,
    /// 95 % interval, rounded.
    #[serde(default)]
    pub interval: Option<[f64; 2]>,
    /// Raw mean, rounded.
    #[serde(default)]
    pub raw: Option<f64>,
    /// Band of the reliability.
    #[serde(default)]
    pub reliability_band: Option<String>,
    /// `above`, `similar`, `below` or `not_distinguishable`.
    #[serde(default)]
    pub tier: Option<String>,
    /// What moved it.
    #[serde(default)]
    pub moved: Option<Moved>,
}

impl Cell {
    /// The band of a share, `0.40-0.45`: what is known of it is that it lies in there.
    #[must_use]
    pub fn band(&self) -> Option<String> {
        let (low, width) = self.value.zip(self.step).filter(|_| self.is_share())?;
        Some(format!("{low:.2}-{:.2}", low + width))
    }

    /// Whether it is a share, and no number of scale points.
    #[must_use]
    pub fn is_share(&self) -> bool {
        let counted = ["docket_unique", "audit:retaliation", "audit:misfit", "audit:review", "audit:connected"];
        let measure = self.measure.as_str();
        measure == "response" || measure.starts_with("response:") || counted.contains(&measure)
    }

    /// Whether what the person it is about says goes with it: on the score of a person whose value is shown, and nowhere else.
    #[must_use]
    pub fn takes_statement(&self) -> bool {
        self.scope == Scope::Person && self.measure == "score" && self.value.is_some()
    }

    /// Whether everybody may read it.
    #[must_use]
    pub fn is_public(&self) -> bool {
        self.audience == Audience::Public && self.is_released()
    }

    /// Whether it left the gate with a value.
    #[must_use]
    pub fn is_released(&self) -> bool {
        self.verdict != Verdict::Withhold
    }

    /// The cell as an officer of a side reads it: every verdict and reason, a person's value only where it is public. What is
    /// meant for the sides is read one person at a time, for a purpose that is named (R22).
    #[must_use]
    pub fn for_officer(&self) -> Self {
        let hidden = self.audience == Audience::Own || self.scope == Scope::Person && self.audience != Audience::Public;
        if !hidden {
            return self.clone();
        }
        let mut cell = self.without_value();
        // A bound says where the value lies, and a provisional result how sure it is.
        cell.flags.retain(|flag| !["at_least", "at_most", "provisional"].contains(&flag.as_str()));
        cell
    }

    /// The cell without any number: what there is of a withheld one.
    #[must_use]
    pub fn without_value(&self) -> Self {
        let Self { id, scope, subject, measure, audience, verdict, flags, rules, reason, .. } = self.clone();
        Self {
            id,
            scope,
            subject,
            measure,
            audience,
            verdict,
            flags,
            rules,
            reason,
            n_band: None,
            value: None,
            step: None,
            interval: None,
            raw: None,
            reliability_band: None,
            tier: None,
            moved: None,
        }
    }

    /// The cell as the reader it was made for sees it: without the reason.
    #[must_use]
    pub fn for_reader(&self) -> Self {
        Self { reason: None, ..self.clone() }
    }
}

/// `draft.json`: what the analysis proposes and both sides sign.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Draft {
    /// Format version, 1.
    pub v: u32,
    /// The box it was opened from.
    #[serde(rename = "box")]
    pub id: BoxId,
    /// Its period.
    pub period: PeriodId,
    /// Its direction.
    pub direction: Direction,
    /// Pilot or regular.
    pub kind: PeriodKind,
    /// Hash of the rubric.
    pub rubric: Digest,
    /// Hash of the charter.
    pub charter: Digest,
    /// Hash of the manifest.
    pub manifest: Digest,
    /// Counts of the opening.
    pub counts: Counts,
    /// The cells, in the order of scope, subject, measure; never by value.
    pub cells: Vec<Cell>,
    /// R15: counts with noise for researchers, or why there are none; absent where the charter declares none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub noised: Option<Noised>,
    /// What else the analysis says about the box as a whole.
    #[serde(flatten)]
    pub rest: BTreeMap<String, serde_json::Value>,
}

/// 保留部分: every cell of a release, with those that not everybody may read. The signed document names it by its hash alone;
/// a salt keeps what is in it from being guessed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reserved {
    /// Format version, 1.
    pub v: u32,
    /// From the operating system, once.
    pub salt: Bytes32,
    /// As the gate left them, with reasons.
    pub cells: Vec<Cell>,
}

impl Reserved {
    /// SHA-256 of its canonical JSON.
    ///
    /// # Errors
    /// [`DocumentError::NotCanonical`].
    pub fn hash(&self) -> Result<Digest, DocumentError> {
        document::digest(self)
    }
}

impl Draft {
    /// The draft as everybody may have it once it is out: public cells that left the gate, without reasons, and no trace of any
    /// other.
    #[must_use]
    pub fn public(&self) -> Self {
        let open = |cell: &&Cell| cell.is_public();
        Self { cells: self.cells.iter().filter(open).map(Cell::for_reader).collect(), ..self.clone() }
    }

    /// What left the gate about a person for an audience.
    pub fn about<'a>(&'a self, subject: &'a str, audience: Audience) -> impl Iterator<Item = &'a Cell> {
        self.cells.iter().filter(move |cell| {
            cell.scope == Scope::Person && cell.subject == subject && cell.audience == audience && cell.is_released()
        })
    }
}

words! {
    /// Where a release stands.
    ReleaseState, "release state" {
        /// Waits for signatures.
        Draft = "draft",
        /// Signed by both sides; immutable and visible to its audiences.
        Released = "released",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell(audience: Audience) -> Cell {
        serde_json::from_value(serde_json::json!({
            "id": "c", "scope": "person", "subject": "r", "measure": "score", "audience": audience,
            "verdict": "publish", "value": 4.2, "raw": 3.9, "interval": [3.9, 4.5], "n_band": "20-24",
            "reason": {"code": "enough", "numbers": {"n": 21}},
        }))
        .expect("a cell")
    }

    #[test]
    fn an_officer_never_gets_the_value_of_a_cell_meant_for_one_person() {
        let own = cell(Audience::Own).for_officer();
        assert_eq!((own.value, own.raw, own.interval, own.n_band), (None, None, None, None));
        assert!(own.reason.is_some());
        let group = Cell { scope: Scope::Court, ..cell(Audience::Sides) };
        assert_eq!(group.for_officer().value, Some(4.2));
        assert_eq!(cell(Audience::Public).for_officer().value, Some(4.2));
        let flags = ["at_least", "pilot", "provisional"].map(str::to_owned).to_vec();
        let sides = Cell { flags, ..cell(Audience::Sides) }.for_officer();
        assert_eq!((sides.value, sides.interval, &sides.flags[..]), (None, None, &["pilot".to_owned()][..]));
    }

    #[test]
    fn only_a_share_is_a_band() {
        let share =
            Cell { measure: "response".to_owned(), value: Some(0.4), step: Some(0.05), ..cell(Audience::Public) };
        assert_eq!(share.band().as_deref(), Some("0.40-0.45"));
        let full = Cell { value: Some(0.95), ..share.clone() };
        assert_eq!(full.band().as_deref(), Some("0.95-1.00"));
        assert_eq!(share.without_value().band(), None);
        assert_eq!(Cell { step: Some(0.1), ..cell(Audience::Public) }.band(), None);
    }

    #[test]
    fn a_reader_never_gets_the_reason() {
        assert!(cell(Audience::Own).for_reader().reason.is_none());
        assert_eq!(cell(Audience::Own).for_reader().value, Some(4.2));
    }
}
