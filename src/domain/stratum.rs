//! What a result is corrected for: the type of a case and how it ended for one party's side.
//!
//! A stratum is written `{case_type}.{outcome}` in slips, ballots and margins, and nothing finer about a case ever enters a ballot.
//! Deliberately absent: the case itself, its number and its dates.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::ids::UnknownName;
use crate::words;

words! {
    /// 案件类型, read from the type word of the case number.
    CaseType, "case type" {
        /// 民事.
        Civil = "civil",
        /// 刑事.
        Criminal = "criminal",
        /// 行政.
        Administrative = "administrative",
        /// 执行.
        Enforcement = "enforcement",
    }
}

impl CaseType {
    /// The Chinese word.
    #[must_use]
    pub const fn chinese(self) -> &'static str {
        match self {
            Self::Civil => "民事",
            Self::Criminal => "刑事",
            Self::Administrative => "行政",
            Self::Enforcement => "执行",
        }
    }
}

words! {
    /// 对一方当事人的结果: how the case ended for the party a counsel appeared for.
    Outcome, "outcome" {
        /// 有利.
        For = "for",
        /// 不利.
        Against = "against",
        /// 部分有利, 调解.
        Mixed = "mixed",
        /// 无胜负含义: a level of its own in the model, never a middle.
        None = "none",
    }
}

impl Outcome {
    /// The result for the other side of the same dispute, where what one side wins the other loses.
    #[must_use]
    pub const fn mirrored(self) -> Self {
        match self {
            Self::For => Self::Against,
            Self::Against => Self::For,
            Self::Mixed => Self::Mixed,
            Self::None => Self::None,
        }
    }
}

/// 层: case type and outcome for the side of the lawyer of the pair, whoever of the two rates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Stratum {
    /// Type of the case.
    pub case_type: CaseType,
    /// How it ended for the lawyer's party.
    pub outcome: Outcome,
}

impl Stratum {
    /// All sixteen, in order.
    pub fn all() -> impl Iterator<Item = Self> {
        CaseType::ALL.iter().flat_map(|&case_type| Outcome::ALL.iter().map(move |&outcome| Self { case_type, outcome }))
    }
}

impl fmt::Display for Stratum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.case_type, self.outcome)
    }
}

impl FromStr for Stratum {
    type Err = UnknownName;

    fn from_str(text: &str) -> Result<Self, UnknownName> {
        let (case_type, outcome) =
            text.split_once('.').ok_or_else(|| UnknownName { kind: "stratum", text: text.to_owned() })?;
        Ok(Self { case_type: case_type.parse()?, outcome: outcome.parse()? })
    }
}

impl Serialize for Stratum {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Stratum {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strata_round_trip_and_nothing_else_does() {
        assert_eq!(Stratum::all().count(), 16);
        for stratum in Stratum::all() {
            assert_eq!(stratum.to_string().parse::<Stratum>(), Ok(stratum));
            assert_eq!(stratum.outcome.mirrored().mirrored(), stratum.outcome);
        }
        for bad in ["", "civil", "civil.", "civil.won", "civil.for.x", "Civil.for"] {
            assert!(bad.parse::<Stratum>().is_err(), "{bad}");
        }
    }
}
