//! R15 in a charter: which counts researchers get, with how much noise, and how much privacy a year may cost.
//!
//! Every table names an attribute whose values are known before a ballot is cast, so that which rows there are says nothing.
//! A ballot stands in at most one row of a table. Deliberately absent: the noise, which only the analysis draws.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::ballot::Ballot;
use crate::docket::court::{COURTS, Court};
use crate::ids::{Direction, UnknownName};
use crate::rubric::{Rubric, Text};
use crate::stratum::{CaseType, Outcome};

/// 未观察到, as a row of an item's table.
pub const NOT_OBSERVED: &str = "not_observed";

/// What a table of counts goes by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum By {
    /// Outcome of the case for the lawyer's party.
    Outcome,
    /// Type of the case.
    CaseType,
    /// Court of the ratee.
    Court,
    /// Level that was answered on an item.
    Item(String),
}

impl By {
    /// Every row of a table by this, in order; nothing about a box changes them.
    #[must_use]
    pub fn levels(&self) -> Vec<String> {
        match self {
            Self::Outcome => Outcome::ALL.iter().map(ToString::to_string).collect(),
            Self::CaseType => CaseType::ALL.iter().map(ToString::to_string).collect(),
            Self::Court => COURTS.iter().map(|court| court.code.to_owned()).collect(),
            Self::Item(_) => (1..=5).rev().map(|level| level.to_string()).chain([NOT_OBSERVED.to_owned()]).collect(),
        }
    }

    /// The one row that a ballot stands in; none where it was not asked, or names a court that is not the city's.
    #[must_use]
    pub fn level_of(&self, ballot: &Ballot) -> Option<String> {
        match self {
            Self::Outcome => Some(ballot.stratum.outcome.to_string()),
            Self::CaseType => Some(ballot.stratum.case_type.to_string()),
            Self::Court => Court::by_code(&ballot.court).map(|court| court.code.to_owned()),
            Self::Item(id) => {
                Some(ballot.answers.get(id)?.map_or_else(|| NOT_OBSERVED.to_owned(), |level| level.to_string()))
            }
        }
    }
}

impl fmt::Display for By {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Outcome => f.write_str("outcome"),
            Self::CaseType => f.write_str("case_type"),
            Self::Court => f.write_str("court"),
            Self::Item(id) => write!(f, "item:{id}"),
        }
    }
}

impl FromStr for By {
    type Err = UnknownName;

    fn from_str(text: &str) -> Result<Self, UnknownName> {
        match (text, text.strip_prefix("item:")) {
            ("outcome", _) => Ok(Self::Outcome),
            ("case_type", _) => Ok(Self::CaseType),
            ("court", _) => Ok(Self::Court),
            (_, Some(id)) if is_kebab(id) => Ok(Self::Item(id.to_owned())),
            _ => Err(UnknownName { kind: "attribute of counts", text: text.to_owned() }),
        }
    }
}

impl Serialize for By {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for By {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

/// A table of counts that is declared beforehand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CountTable {
    /// Kebab-case name, unique in the charter.
    pub id: String,
    /// What it goes by.
    pub by: By,
    /// The only direction it is drawn for; absent, both. An item's table names one, since two forms may use one name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub direction: Option<Direction>,
    /// What it is called.
    pub title: Text,
}

/// R15.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Privacy {
    /// Privacy that a box's tables cost together, in thousandths at the finest.
    pub epsilon: f64,
    /// Most ballots of one rater of a box that count.
    pub ballots: u32,
    /// Most that the boxes of one direction may cost in a calendar year.
    pub yearly: f64,
    /// A count below it, with its noise, is not told.
    pub minimum: u32,
    /// The tables.
    pub counts: Vec<CountTable>,
}

impl Privacy {
    /// Whether every number makes sense and every table has a name and words of its own.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        let words = |text: &Text| !text.zh.trim().is_empty() && !text.en.trim().is_empty();
        let table = |(place, table): (usize, &CountTable)| {
            let first = self.counts.iter().position(|other| other.id == table.id) == Some(place);
            let one_form = table.direction.is_some() || !matches!(table.by, By::Item(_));
            first && is_kebab(&table.id) && one_form && words(&table.title)
        };
        let (box_, year) = (thousandths(self.epsilon), thousandths(self.yearly));
        let affordable = box_.zip(year).is_some_and(|(box_, year)| box_ > 0 && box_ <= year);
        affordable && self.ballots > 0 && !self.counts.is_empty() && self.counts.iter().enumerate().all(table)
    }

    /// The tables of a box of this form: nothing about its ballots changes which.
    #[must_use]
    pub fn tables(&self, rubric: &Rubric) -> Vec<&CountTable> {
        let asked = |by: &By| match by {
            By::Item(id) => rubric.items.iter().any(|item| item.id == *id),
            By::Outcome | By::CaseType | By::Court => true,
        };
        let ours = |table: &&CountTable| table.direction.is_none_or(|one| one == rubric.direction) && asked(&table.by);
        self.counts.iter().filter(ours).collect()
    }

    /// Scale of the noise where so many tables share a box's privacy: adding or removing a rater moves the counts of one table
    /// by `ballots` in all, and each table may cost its even part. Rounded up to a thousandth, which is a little more noise and
    /// has one spelling as a decimal.
    #[must_use]
    pub fn scale(&self, tables: usize) -> f64 {
        let cost = u64::from(thousandths(self.epsilon).unwrap_or(0).max(1));
        (u64::from(self.ballots) * tables as u64 * 1_000_000).div_ceil(cost) as f64 / 1000.0
    }
}

/// Privacy in whole thousandths, which add up exactly; none for what is finer, negative or absurdly much.
#[must_use]
pub fn thousandths(epsilon: f64) -> Option<u32> {
    let scaled = epsilon * 1000.0;
    let near = (scaled - scaled.round()).abs() < 1e-6;
    (near && (0.0..=1e6).contains(&scaled)).then(|| scaled.round() as u32)
}

fn is_kebab(text: &str) -> bool {
    let part = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    text.split('-').all(part)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::charter::Charter;

    fn shipped() -> Privacy {
        let text = include_str!("../../config/charters/qingdao-v1.toml");
        Charter::from_toml(text).expect("the shipped charter").privacy.expect("counts")
    }

    #[test]
    fn the_shipped_tables_fit_both_forms() {
        let privacy = shipped();
        for form in [
            include_str!("../../config/rubrics/bar-rates-bench-v1.toml"),
            include_str!("../../config/rubrics/bench-rates-bar-v1.toml"),
        ] {
            let rubric = Rubric::from_toml(form).expect("a shipped form");
            let tables = privacy.tables(&rubric);
            assert_eq!(tables.len(), 3, "{:?}", rubric.direction);
            assert!(tables.iter().any(|table| matches!(table.by, By::Item(_))));
            assert!((privacy.scale(tables.len()) - 15.0).abs() < 1e-12);
        }
    }

    #[test]
    fn a_scale_is_never_too_small_and_reads_back_to_the_bit() {
        for epsilon in [0.001, 0.3, 0.7, 0.999, 1.0, 1.1, 3.7] {
            for tables in 1..12 {
                let scale = Privacy { epsilon, yearly: 4.0, ..shipped() }.scale(tables);
                assert!(scale * epsilon >= 5.0 * tables as f64 - 1e-9, "{epsilon}, {tables}");
                let text = serde_json::to_string(&scale).expect("JSON");
                let again: f64 = serde_json::from_str(&text).expect("a number");
                assert_eq!(again.to_bits(), scale.to_bits(), "{text}");
            }
        }
    }

    #[test]
    fn what_makes_no_sense_is_not_sound() {
        let sound = shipped();
        assert!(sound.is_sound());
        let with = |change: &dyn Fn(&mut Privacy)| {
            let mut privacy = sound.clone();
            change(&mut privacy);
            privacy.is_sound()
        };
        assert!(!with(&|p| p.epsilon = 0.0));
        assert!(!with(&|p| p.epsilon = f64::NAN));
        assert!(!with(&|p| p.epsilon = 0.3333));
        assert!(!with(&|p| p.epsilon = 4.5), "more than a year has");
        assert!(!with(&|p| p.ballots = 0));
        assert!(!with(&|p| p.counts.clear()));
        assert!(!with(&|p| p.counts[1].id = p.counts[0].id.clone()));
        assert!(!with(&|p| p.counts[0].id = "Two words".to_owned()));
        assert!(!with(&|p| p.counts[0].title.en.clear()));
        assert!(!with(&|p| p.counts.iter_mut().for_each(|table| table.direction = None)), "an item of which form?");
    }

    #[test]
    fn an_attribute_has_one_spelling_and_a_closed_set_of_rows() {
        for text in ["outcome", "case_type", "court", "item:equal-hearing"] {
            let by: By = text.parse().expect(text);
            assert_eq!(by.to_string(), text);
            assert!(by.levels().len() >= 4);
        }
        for text in ["", "item:", "item:Two words", "ratee", "home", "outcome "] {
            assert!(text.parse::<By>().is_err(), "{text}");
        }
        assert_eq!("item:x".parse::<By>().expect("an item").levels(), ["5", "4", "3", "2", "1", NOT_OBSERVED]);
    }

    #[test]
    fn privacy_adds_up_in_thousandths() {
        assert_eq!([1.0, 0.001, 0.7, 4.0].map(thousandths), [Some(1000), Some(1), Some(700), Some(4000)]);
        assert_eq!([0.0001, -1.0, f64::NAN, f64::INFINITY, 1e9].map(thousandths), [None; 5]);
    }
}
