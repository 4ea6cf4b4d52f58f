//! Counts with noise, as they stand in a draft and in the release that both sides sign.
//!
//! Where nothing was drawn they say why; a count below the charter's minimum is not in here at all. Deliberately absent: the
//! exact counts, which exist in the memory of the analysis only, and the draw.

use serde::{Deserialize, Serialize};

use crate::digest::Digest;
use crate::ids::Direction;
use crate::privacy::{By, Privacy, thousandths};
use crate::rubric::Rubric;
use crate::words;

words! {
    /// Why a box has no counts although its charter declares some.
    Silence, "reason without counts" {
        /// R14: the other direction is not closed.
        CounterpartOpen = "counterpart-open",
        /// R3 or R23: too few raters, or too few of the invited.
        TooFew = "too-few",
        /// The year's privacy is spent.
        BudgetSpent = "budget-spent",
        /// Several boxes were opened together; each has counts by itself only.
        Together = "together",
        /// The charter declares no table for this form.
        NoTable = "no-table",
    }
}

/// A count with its noise, at least the charter's minimum.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoisedRow {
    /// Value of the attribute.
    pub level: String,
    /// Ballots, with noise.
    pub count: u64,
}

/// A table of counts with noise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoisedTable {
    /// Its name in the charter.
    pub id: String,
    /// What it goes by.
    pub by: By,
    /// Of the box.
    pub direction: Direction,
    /// What reached the minimum, in the order of the attribute.
    pub rows: Vec<NoisedRow>,
}

/// `noised` of a draft.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Noised {
    /// Format version, 1.
    pub v: u32,
    /// Why there are no tables, where there are none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub silence: Option<Silence>,
    /// Privacy spent; 0 where nothing was drawn.
    pub epsilon: f64,
    /// Scale of the discrete Laplace noise in every count; 0 where nothing was drawn.
    pub scale: f64,
    /// Most ballots of one rater in a table.
    pub ballots: u32,
    /// A count below it is not told.
    pub minimum: u32,
    /// The declared tables, in the order of the charter.
    pub tables: Vec<NoisedTable>,
}

impl Noised {
    /// A box that has none.
    #[must_use]
    pub fn silent(privacy: &Privacy, silence: Silence) -> Self {
        let Privacy { ballots, minimum, .. } = *privacy;
        Self { v: 1, silence: Some(silence), epsilon: 0.0, scale: 0.0, ballots, minimum, tables: Vec::new() }
    }

    /// Whether these are the declared tables of a box of this form with the declared noise and rows, spending what is declared;
    /// or none at all, spending nothing.
    #[must_use]
    pub fn fits(&self, privacy: &Privacy, rubric: &Rubric) -> bool {
        if (self.v, self.ballots, self.minimum) != (1, privacy.ballots, privacy.minimum) {
            return false;
        }
        if let Some(silence) = self.silence {
            return *self == Self::silent(privacy, silence);
        }
        let declared = privacy.tables(rubric);
        let same = |(table, declared): (&NoisedTable, &&crate::privacy::CountTable)| {
            let mut levels = declared.by.levels().into_iter();
            // Each row is found further on than the one before, so that none stands twice or out of order.
            let rows = table.rows.iter().all(|row| levels.any(|level| level == row.level));
            let told = table.rows.iter().all(|row| row.count >= u64::from(privacy.minimum));
            (&table.id, &table.by, table.direction) == (&declared.id, &declared.by, rubric.direction) && rows && told
        };
        !declared.is_empty()
            && self.tables.len() == declared.len()
            && self.epsilon.to_bits() == privacy.epsilon.to_bits()
            && self.scale.to_bits() == privacy.scale(declared.len()).to_bits()
            && self.tables.iter().zip(&declared).all(same)
    }

    /// Thousandths of privacy that these cost.
    #[must_use]
    pub fn cost(&self) -> Option<u32> {
        thousandths(self.epsilon)
    }
}

/// By how much a count with discrete Laplace noise of a scale is off at most, in 95 of 100 draws: the smallest `t` with
/// `P(|X| > t) = 2 p^(t+1) / (1 + p) <= 0.05`, `p = exp(-1/scale)`.
#[must_use]
pub fn within(scale: f64) -> u32 {
    if scale <= 0.0 {
        return 0;
    }
    let p = (-1.0 / scale).exp();
    let steps = (0.025 * (1.0 + p)).ln() / p.ln();
    (steps.ceil() - 1.0).max(0.0) as u32
}

/// `privacy.json`: what the opening has to know before it may draw.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PrivacyFile {
    /// Format version, 1.
    pub v: u32,
    /// Thousandths that the direction has left this year.
    pub left: u32,
    /// Whether the box is computed again after a correction; then nothing is drawn.
    pub again: bool,
    /// What the release that is corrected holds.
    pub earlier: Option<Noised>,
}

/// `counts.json`: what a run of the opening drew, kept so that the next one draws no second time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Drawn {
    /// Format version, 1.
    pub v: u32,
    /// Hash of the box's manifest.
    pub manifest: Digest,
    /// Root over the list of the ballots that were counted.
    pub counted_root: Digest,
    /// The draw.
    pub noised: Noised,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::charter::Charter;

    #[test]
    fn the_words_about_the_error_are_those_of_the_distribution() {
        for (scale, expected) in [(15.0, 45), (20.0, 60)] {
            assert_eq!(within(scale), expected);
            // Summed up by hand, as the one formula might be wrong.
            let p = (-1.0 / scale).exp();
            let mass = |k: i32| (1.0 - p) / (1.0 + p) * p.powi(k.abs());
            let inside = |t: i32| (-t..=t).map(mass).sum::<f64>();
            assert!(inside(expected as i32) >= 0.95 && inside(expected as i32 - 1) < 0.95, "{scale}");
        }
        assert_eq!(within(0.0), 0);
    }

    #[test]
    fn only_what_is_declared_fits() {
        let charter = Charter::from_toml(include_str!("../../config/charters/qingdao-v1.toml")).expect("a charter");
        let rubric = Rubric::from_toml(include_str!("../../config/rubrics/bar-rates-bench-v1.toml")).expect("a form");
        let privacy = charter.privacy.expect("counts");
        let declared = privacy.tables(&rubric);
        let rows = |by: &By| by.levels().into_iter().map(|level| NoisedRow { level, count: 300 }).collect();
        let table = |table: &&crate::privacy::CountTable| NoisedTable {
            id: table.id.clone(),
            by: table.by.clone(),
            direction: rubric.direction,
            rows: rows(&table.by),
        };
        let honest = Noised {
            silence: None,
            epsilon: privacy.epsilon,
            scale: privacy.scale(declared.len()),
            tables: declared.iter().map(table).collect(),
            ..Noised::silent(&privacy, Silence::TooFew)
        };
        let with = |change: &dyn Fn(&mut Noised)| {
            let mut noised = honest.clone();
            change(&mut noised);
            noised.fits(&privacy, &rubric)
        };
        assert!(honest.fits(&privacy, &rubric) && Noised::silent(&privacy, Silence::TooFew).fits(&privacy, &rubric));
        assert!(with(&|n| n.tables[0].rows.truncate(1)), "below the minimum it is absent");
        assert!(!with(&|n| n.epsilon = 0.5), "cheaper than it is");
        assert!(!with(&|n| n.scale = 1.0));
        assert!(!with(&|n| drop(n.tables.pop())));
        assert!(!with(&|n| n.tables[0].id = "another".to_owned()));
        assert!(!with(&|n| n.tables[0].by = By::CaseType));
        assert!(!with(&|n| n.tables[0].rows.swap(0, 1)));
        assert!(!with(&|n| n.tables[0].rows[1] = n.tables[0].rows[0].clone()));
        assert!(!with(&|n| n.tables[0].rows[0].level = "person".to_owned()));
        assert!(!with(&|n| n.tables[0].rows[0].count = 199));
        assert!(!with(&|n| n.silence = Some(Silence::BudgetSpent)), "says it has none, and has");
    }
}
