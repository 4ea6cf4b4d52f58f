//! 本人说明: what a ratee can answer to a result before it is released (R20), and what an officer reads one for (R22).
//!
//! A window is some working days during which the ratee alone sees the draft's own cells. A statement is printed beside the
//! result; an objection goes to both sides, and both decide, until a day where the charter sets one: a side that lets it pass
//! leaves the objection to the other, and no side can hold a release up by saying nothing. All of them are about a result and
//! name no rater, whom nobody knows. Deliberately absent: clocks, and names of officers.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::calendar::Due;
use crate::correction::ObjectionReason;
use crate::ids::Side;
use crate::manifest::PerSide;
use crate::words;

/// Characters of an objection, and of a side's words on it.
pub const LONGEST_OBJECTION: usize = 500;

/// The days on which ratees can answer to a draft.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// The day it was opened.
    pub opened_on: Date,
    /// The last day on which an answer is taken.
    pub last_day: Date,
    /// Whether holidays on the way were not published when the last day was counted.
    pub provisional: bool,
    /// The last day on which a side decides an objection; absent where the charter sets none.
    pub decide_by: Option<Due>,
}

impl Window {
    /// Whether an answer is taken today.
    #[must_use]
    pub fn is_open(&self, today: Date) -> bool {
        today <= self.last_day
    }

    /// Whether a side that has not decided yet has let the last day pass.
    #[must_use]
    pub fn is_overdue(&self, today: Date) -> bool {
        self.decide_by.is_some_and(|due| today > due.day)
    }
}

words! {
    /// What an officer reads a person's result for.
    Purpose, "purpose" {
        /// 改进.
        Improvement = "improvement",
        /// 培训.
        Training = "training",
        /// 联席会议.
        JointMeeting = "joint-meeting",
        /// 考核.
        Appraisal = "appraisal",
    }
}

words! {
    /// A side's answer to an objection.
    Opinion, "opinion" {
        /// 成立.
        Upheld = "upheld",
        /// 不成立.
        Rejected = "rejected",
    }
}

/// 异议: what a ratee holds against the result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Objection {
    /// Why.
    pub reason: ObjectionReason,
    /// In the ratee's words.
    pub text: String,
    /// The day it was filed.
    pub filed_on: Date,
}

/// What one side decided about an objection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// Which side.
    pub side: Side,
    /// How.
    pub opinion: Opinion,
    /// Why, for the ratee to read.
    pub words: String,
    /// The day.
    pub day: Date,
}

words! {
    /// What an objection came to.
    Outcome, "outcome of an objection" {
        /// 成立.
        Upheld = "upheld",
        /// 不成立.
        Rejected = "rejected",
        /// 未作认定: neither side decided in time.
        Lapsed = "lapsed",
    }
}

impl From<Opinion> for Outcome {
    fn from(opinion: Opinion) -> Self {
        match opinion {
            Opinion::Upheld => Self::Upheld,
            Opinion::Rejected => Self::Rejected,
        }
    }
}

/// How an objection stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// What it came to; `None` while a side can still be waited for.
    pub outcome: Option<Outcome>,
    /// 逾期未决: the sides that let the last day pass.
    pub overdue: PerSide<bool>,
}

/// How an objection stands, `late` being whether the last day for decisions is over.
///
/// Decided by both it is upheld by both or not at all. After the last day the opinion of the side that decided stands alone, and
/// where neither did it has lapsed, neither upheld nor rejected. A decision that is taken after the last day counts as any other.
#[must_use]
pub fn standing(decisions: &[Decision], late: bool) -> Standing {
    let of = |side| decisions.iter().find(|decision| decision.side == side).map(|decision| decision.opinion);
    let (bench, bar) = (of(Side::Bench), of(Side::Bar));
    let outcome = match (bench, bar) {
        (Some(one), Some(other)) if one == other => Some(one.into()),
        (Some(_), Some(_)) => Some(Outcome::Rejected),
        (Some(alone), None) | (None, Some(alone)) => late.then(|| alone.into()),
        (None, None) => late.then_some(Outcome::Lapsed),
    };
    Standing { outcome, overdue: PerSide { bench: late && bench.is_none(), bar: late && bar.is_none() } }
}

/// One reading of a person's result by an officer; no name, and no time finer than the day.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Reading {
    /// The day.
    pub day: Date,
    /// The officer's side.
    pub side: Side,
    /// The officer's role.
    pub role: crate::ids::Role,
    /// What for.
    pub purpose: Purpose,
}

#[cfg(test)]
#[path = "reply_tests.rs"]
mod tests;
