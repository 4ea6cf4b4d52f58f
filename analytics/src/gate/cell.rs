//! Cells: one number that might leave, split into what rules may look at and what they may not.
//! Invariant: [`Structure`] holds counts and names only; rules that suppress take nothing else, so
//! they cannot depend on a value. Absent on purpose: verdicts.

use serde::Serialize;

use crate::bundle::Invited;
use crate::score::{Moved, Tier};

/// What a cell is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// 全市.
    System,
    /// A court with its ratees.
    Court,
    /// A court's raters.
    HomeCourt,
    /// A ratee.
    Person,
}

/// Who would read it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Audience {
    /// 反馈（本人）.
    #[serde(rename = "self")]
    Own,
    /// 通报（双方）.
    Sides,
    /// 公布（社会）.
    Public,
}

/// What is measured.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Measure {
    /// Composite over all items.
    Score,
    /// One item, by id.
    Item(String),
    /// Cases won minus cases lost.
    OutcomeEffect,
    /// Severity of a court's raters.
    Severity,
    /// Share of invitations answered.
    Response,
    /// The same of one kind of case or one outcome.
    ResponseOf(&'static str, String),
    /// Share of rows of an opened table that would match one rater of the docket alone: why that table never leaves.
    DocketUnique,
    /// A line of the fairness audit (R19).
    Audit(Audited),
}

/// What the fairness audit looks at besides the outcome effect and the severities of courts, which are cells of their own.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Audited {
    /// Slope of published scores on the balance of outcomes.
    OutcomeSlope,
    /// A group of ballots (division, level) against the others.
    Gap(&'static str, String),
    /// An item (id, division, level) against the rest of the ballots of a group.
    ItemBias(String, &'static str, String),
    /// Share of raters who mark down after losing.
    Retaliation,
    /// Share of raters whose ballots do not follow the model.
    Misfit,
    /// Share of ratees whose result a person should look at.
    Review,
    /// Share of ballots in the largest connected part.
    Connected,
}

impl Audited {
    fn word(&self) -> String {
        match self {
            Self::OutcomeSlope => "outcome_slope".into(),
            Self::Gap(division, level) => format!("gap:{division}:{level}"),
            Self::ItemBias(item, division, level) => format!("item_bias:{item}:{division}:{level}"),
            Self::Retaliation => "retaliation".into(),
            Self::Misfit => "misfit".into(),
            Self::Review => "review".into(),
            Self::Connected => "connected".into(),
        }
    }
}

impl Measure {
    /// The word used in files: `score`, `item:{id}`, `outcome_effect`, `severity`, `response`, `response:{division}:{level}`,
    /// `docket_unique`, `audit:..`.
    pub fn word(&self) -> String {
        match self {
            Self::Score => "score".into(),
            Self::Item(id) => format!("item:{id}"),
            Self::OutcomeEffect => "outcome_effect".into(),
            Self::Severity => "severity".into(),
            Self::Response => "response".into(),
            Self::ResponseOf(division, level) => format!("response:{division}:{level}"),
            Self::DocketUnique => "docket_unique".into(),
            Self::Audit(audited) => format!("audit:{}", audited.word()),
        }
    }

    /// Whether it is a share, which has no estimate behind it and is told as a band.
    pub fn is_share(&self) -> bool {
        let counted = [Audited::Retaliation, Audited::Misfit, Audited::Review, Audited::Connected];
        self.is_of_the_invited() || matches!(self, Self::Audit(audited) if counted.contains(audited))
    }

    /// Whether it tells about the invited and not about their answers.
    pub fn is_of_the_invited(&self) -> bool {
        matches!(self, Self::Response | Self::ResponseOf(..) | Self::DocketUnique)
    }
}

impl Serialize for Measure {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.word())
    }
}

/// Name of a cell; its order is the order of the release, never by value.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Key {
    /// What it is about.
    pub scope: Scope,
    /// `city`, a court code, or a ratee.
    pub subject: String,
    /// What is measured.
    pub measure: Measure,
    /// Who would read it.
    pub audience: Audience,
}

impl Key {
    /// `{scope}/{subject}/{measure}/{audience}`.
    pub fn id(&self) -> String {
        let scope = match self.scope {
            Scope::System => "system",
            Scope::Court => "court",
            Scope::HomeCourt => "home_court",
            Scope::Person => "person",
        };
        let audience = match self.audience {
            Audience::Own => "self",
            Audience::Sides => "sides",
            Audience::Public => "public",
        };
        format!("{scope}/{}/{}/{audience}", self.subject, self.measure.word())
    }
}

/// What suppression may look at.
#[derive(Debug, Clone, PartialEq)]
pub struct Structure {
    /// The name.
    pub key: Key,
    /// Distinct raters (R1).
    pub raters: usize,
    /// Court of a person or court cell, else empty.
    pub court: String,
    /// Ratees that were rated at all, in a court or system cell.
    pub ratees: usize,
    /// Invitations behind a cell about the invited.
    pub invited: u32,
    /// Whether it lies outside the largest part that raters and ratees tie together (R18).
    pub apart: bool,
    /// Of a home court: its raters who rated somebody whom raters of other home courts rated too.
    pub bridges: usize,
    /// Who was invited to rate a person, where the lists are known.
    pub cover: Option<Invited>,
    /// Reliability and half-width of the interval: how sure, not how high. `None` without estimate.
    pub precision: Option<(Option<f64>, f64)>,
}

/// Scale of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Range {
    /// Levels 1 to 5.
    Level,
    /// Difference of levels, around zero.
    Difference,
    /// Share between 0 and 1.
    Share,
}

/// What a rule that suppresses must not see.
#[derive(Debug, Clone, PartialEq)]
pub struct Content {
    /// Scale.
    pub range: Range,
    /// Value.
    pub value: f64,
    /// Standard error; zero for a share, which is a count of what happened.
    pub error: f64,
    /// Plain mean.
    pub raw: Option<f64>,
    /// Reliability, 0 to 1.
    pub reliability: Option<f64>,
    /// Tier of a person's score.
    pub tier: Option<Tier>,
    /// What moved a person's score.
    pub moved: Option<Moved>,
}

/// A cell before the gate.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    /// What rules may look at.
    pub structure: Structure,
    /// The estimate; `None` when the model gave none.
    pub content: Option<Content>,
}
