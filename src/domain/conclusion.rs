//! 试运行结论: a document both sides sign that says what a pilot reached, so that a regular period may follow (R13).
//!
//! While a criterion fails it carries an exception, which both sides sign with the rest. Deliberately absent: the figures behind
//! the criteria; they stand in the releases it names.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::digest::Digest;
use crate::ids::{Direction, PeriodId};
use crate::rubric::Text;
use crate::scorecard::{Finding, Reached};

/// Characters of the exception in one language.
pub const LONGEST_EXCEPTION: usize = 500;

/// Body of a conclusion document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Conclusion {
    /// Format version, 1.
    pub v: u32,
    /// The pilot.
    pub period: PeriodId,
    /// Hash of its charter.
    pub charter: Digest,
    /// What came out of each box that was opened.
    pub releases: BTreeMap<Direction, Digest>,
    /// Every criterion of the charter.
    pub findings: Vec<Finding>,
    /// Why a regular period may follow although a criterion is not met.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exception: Option<Text>,
}

impl Conclusion {
    /// Whether a criterion is not met, so that an exception is needed.
    #[must_use]
    pub fn falls_short(&self) -> bool {
        self.findings.iter().any(|finding| finding.reached != Reached::Met)
    }

    /// Whether it has this version, and an exception in both languages exactly where one is needed.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        let said = |text: &str| !text.trim().is_empty() && text.chars().count() <= LONGEST_EXCEPTION;
        let exception = self.exception.as_ref().map(|words| said(&words.zh) && said(&words.en));
        self.v == 1 && !self.findings.is_empty() && exception == self.falls_short().then_some(true)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::scorecard::Criterion;

    fn conclusion(reached: &[Reached], exception: Option<&str>) -> Conclusion {
        let finding =
            |&reached| Finding { direction: Direction::BarRatesBench, criterion: Criterion::Response, reached };
        Conclusion {
            v: 1,
            period: PeriodId("2025".to_owned()),
            charter: Digest::of(&[b"c"]),
            releases: BTreeMap::new(),
            findings: reached.iter().map(finding).collect(),
            exception: exception.map(|words| Text { zh: words.to_owned(), en: words.to_owned() }),
        }
    }

    proptest! {
        /// An exception is there where a criterion is not met, and nowhere else.
        #[test]
        fn an_exception_goes_with_a_criterion_that_is_not_met(marks in prop::collection::vec(0..3_usize, 1..9), said in any::<bool>()) {
            let reached: Vec<Reached> = marks.iter().map(|&mark| Reached::ALL[mark]).collect();
            let short = reached.iter().any(|reached| *reached != Reached::Met);
            let of = conclusion(&reached, said.then_some("because"));
            prop_assert_eq!(of.falls_short(), short);
            prop_assert_eq!(of.is_sound(), short == said);
            prop_assert!(!conclusion(&reached, Some(" ")).is_sound());
        }
    }

    #[test]
    fn without_criteria_nothing_is_concluded() {
        assert!(!conclusion(&[], None).is_sound());
        assert!(!conclusion(&[Reached::Failed], Some(&"x".repeat(LONGEST_EXCEPTION + 1))).is_sound());
    }
}
