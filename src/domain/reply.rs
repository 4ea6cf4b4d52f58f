//! 本人说明: what a ratee can answer to a result before it is released (R20), and what an officer reads one for (R22).
//!
//! A window is some working days during which the ratee alone sees the draft's own cells. A statement is printed beside the
//! result; an objection goes to both sides, and both decide. All of them are about a result and name no rater, whom nobody
//! knows. Deliberately absent: clocks, and names of officers.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::correction::ObjectionReason;
use crate::ids::Side;
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
}

impl Window {
    /// Whether an answer is taken today.
    #[must_use]
    pub fn is_open(&self, today: Date) -> bool {
        today <= self.last_day
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

/// What both sides made of an objection; `None` until both have decided. It is upheld by both or not at all.
#[must_use]
pub fn outcome(decisions: &[Decision]) -> Option<Opinion> {
    let of = |side| decisions.iter().find(|decision| decision.side == side).map(|decision| decision.opinion);
    match (of(Side::Bench)?, of(Side::Bar)?) {
        (Opinion::Upheld, Opinion::Upheld) => Some(Opinion::Upheld),
        _ => Some(Opinion::Rejected),
    }
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
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn an_objection_is_upheld_by_both_sides_or_not_at_all() {
        let day = date(2026, 11, 23);
        let by = |side, opinion| Decision { side, opinion, words: "因为".to_owned(), day };
        let both = |one, other| outcome(&[by(Side::Bar, one), by(Side::Bench, other)]);
        assert_eq!(outcome(&[]), None);
        assert_eq!(outcome(&[by(Side::Bench, Opinion::Rejected)]), None);
        assert_eq!(both(Opinion::Upheld, Opinion::Upheld), Some(Opinion::Upheld));
        assert_eq!(both(Opinion::Upheld, Opinion::Rejected), Some(Opinion::Rejected));
        assert_eq!(both(Opinion::Rejected, Opinion::Upheld), Some(Opinion::Rejected));
    }

    #[test]
    fn the_last_day_is_a_day_of_the_window() {
        let window = Window { opened_on: date(2026, 11, 23), last_day: date(2026, 12, 14), provisional: false };
        assert!(window.is_open(date(2026, 12, 14)) && !window.is_open(date(2026, 12, 15)));
    }
}
