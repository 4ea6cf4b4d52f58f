//! 互评标准: the items one direction answers, each one observable behaviour with its addressee and its article.
//!
//! A rubric is a document body; once signed it never changes, and an answer stays on the hash it was given on.
//! Deliberately absent: negotiation and links between versions.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::ids::Direction;
use crate::stratum::CaseType;
use crate::words;

/// Text in both languages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Text {
    /// What Chinese readers see; the binding text.
    pub zh: String,
    /// The English translation.
    pub en: String,
}

words! {
    /// Whose behaviour an item asks about.
    Addressee, "addressee" {
        /// 承办法官, or the lawyer.
        Handling = "handling",
        /// 审判长.
        Presiding = "presiding",
        /// 承办法官及其审判团队.
        Team = "team",
    }
}

/// One level of the shared scale.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Level {
    /// 1 to 5.
    pub level: u8,
    /// Its wording.
    pub label: Text,
}

/// 评价项.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Item {
    /// Kebab-case name, unique in the rubric.
    pub id: String,
    /// Two to four characters.
    pub title: Text,
    /// The behaviour.
    pub text: Text,
    /// Article of the 2023 document it comes from.
    pub article: u8,
    /// Whose behaviour.
    pub addressee: Addressee,
    /// Asked only where a hearing was held and the ratee led it.
    pub hearing: bool,
    /// Case types it is not asked for.
    pub not_for: Vec<CaseType>,
    /// Weight in the composite, above 0.
    pub weight: f64,
}

/// 互评标准.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rubric {
    /// Format version, 1.
    pub v: u32,
    /// Kebab-case name of the form, the same through all versions.
    pub id: String,
    /// 1, 2, …
    pub version: u32,
    /// Who answers about whom.
    pub direction: Direction,
    /// Title.
    pub title: Text,
    /// What is said above the items.
    pub preamble: Text,
    /// Five levels, best first.
    pub scale: Vec<Level>,
    /// Wording of 未观察到.
    pub not_observed: Text,
    /// One to eight items.
    pub items: Vec<Item>,
}

/// Why a rubric cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RubricError {
    /// Not TOML of this shape.
    #[error("not a rubric: {0}")]
    Malformed(String),
    /// None, or more than eight.
    #[error("a rubric has one to eight items, this one {0}")]
    ItemCount(usize),
    /// Two items of one name.
    #[error("item {0} stands twice")]
    DuplicateItem(String),
    /// Levels other than 5, 4, 3, 2, 1.
    #[error("the scale is not 5 to 1")]
    Scale,
    /// A weight that is not above 0.
    #[error("item {0} has no positive weight")]
    Weight(String),
    /// A text without one of its languages.
    #[error("item {0} lacks a language")]
    Language(String),
}

impl Rubric {
    /// Most items a form may have.
    pub const MAX_ITEMS: usize = 8;

    /// Reads and checks a rubric from TOML.
    ///
    /// # Errors
    /// [`RubricError`] names the first thing that is wrong.
    pub fn from_toml(text: &str) -> Result<Self, RubricError> {
        let rubric: Self = toml::from_str(text).map_err(|e| RubricError::Malformed(e.to_string()))?;
        rubric.check()?;
        Ok(rubric)
    }

    /// Checks what the shape alone does not say.
    ///
    /// # Errors
    /// As [`Rubric::from_toml`].
    pub fn check(&self) -> Result<(), RubricError> {
        if !(1..=Self::MAX_ITEMS).contains(&self.items.len()) {
            return Err(RubricError::ItemCount(self.items.len()));
        }
        if !self.scale.iter().map(|l| l.level).eq([5, 4, 3, 2, 1]) {
            return Err(RubricError::Scale);
        }
        let mut seen = BTreeSet::new();
        for item in &self.items {
            if !seen.insert(&item.id) {
                return Err(RubricError::DuplicateItem(item.id.clone()));
            }
            if !(item.weight > 0.0 && item.weight.is_finite()) {
                return Err(RubricError::Weight(item.id.clone()));
            }
            if [&item.title, &item.text].iter().any(|t| t.zh.trim().is_empty() || t.en.trim().is_empty()) {
                return Err(RubricError::Language(item.id.clone()));
            }
        }
        Ok(())
    }
}
