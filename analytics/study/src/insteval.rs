//! Real ratings: lecturers of ETH Zurich rated by students (InstEval of lme4). No truth is known, so
//! the model has to foretell ratings it did not see, and to agree with itself on two halves.
//! Invariant: splits are seeded; a split is a pure function of seed and index.
//! Absent on purpose: the table; it is not part of this repository.

use std::collections::{BTreeMap, BTreeSet};

use hengping_analytics::design::Factor;
use hengping_analytics::mixed::{Column, Fit, Problem, Refused};
use rayon::prelude::*;
use serde::Deserialize;

use crate::agreement::{mean, root_mean_square, spearman};
use crate::draw::{Draw, Part};
use crate::measure::Measures;
use crate::study::Outcome;

/// A value per lecturer.
type Lecturers = BTreeMap<String, f64>;

/// Name in results.
pub const NAME: &str = "insteval";
/// Parts of the table; each is held out once.
const PARTS: u64 = 10;
/// Fewest ratings of a lecturer in each half whose means are compared.
const LEAST: usize = 10;

/// A rating.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Rating {
    /// Student.
    pub s: String,
    /// Lecturer.
    pub d: String,
    /// Whether the lecture was for another department.
    pub service: f64,
    /// Department.
    pub dept: String,
    /// Rating, 1 to 5.
    pub y: f64,
}

/// Reads the table.
///
/// # Errors
/// The line and column that do not hold what they should.
pub fn read(bytes: &[u8]) -> Result<Vec<Rating>, csv::Error> {
    csv::Reader::from_reader(bytes).deserialize().collect()
}

/// Tries the splits on all cores.
pub fn run(table: &[Rating], seed: u64) -> Outcome {
    let results: Vec<Result<Measures, Refused>> =
        (0..PARTS).into_par_iter().map(|index| split(table, seed, index)).collect();
    let mut outcome = Outcome { scenario: NAME, replicates: vec![], refused: vec![] };
    for (index, result) in (0..PARTS).zip(results) {
        match result {
            Ok(measures) => outcome.replicates.push(measures),
            Err(refused) => outcome.refused.push((index, refused.to_string())),
        }
    }
    outcome
}

fn split(table: &[Rating], seed: u64, index: u64) -> Result<Measures, Refused> {
    let mut draw = Draw::new(seed, 0, Part::Cases);
    let (held, seen): (Vec<&Rating>, Vec<&Rating>) =
        table.iter().partition(|_| draw.one_of(PARTS as usize) as u64 == index);
    let model = Model::new(&seen)?;
    let plain = plain(&seen);
    let overall = mean(&seen.iter().map(|r| r.y).collect::<Vec<f64>>());
    let off =
        |guess: &dyn Fn(&Rating) -> f64| root_mean_square(&held.iter().map(|r| r.y - guess(r)).collect::<Vec<f64>>());
    let mut draw = Draw::new(seed, index, Part::Response);
    let (one, other): (Vec<&Rating>, Vec<&Rating>) = table.iter().partition(|_| draw.happens(0.5));
    let often = |rows: &[&Rating]| -> BTreeSet<String> {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        rows.iter().for_each(|r| *counts.entry(&r.d).or_default() += 1);
        counts.into_iter().filter(|(_, count)| *count >= LEAST).map(|(d, _)| d.to_owned()).collect()
    };
    let (many, too) = (often(&one), often(&other));
    let halves = |of: &dyn Fn(&[&Rating]) -> Result<Lecturers, Refused>| {
        let (a, b) = (of(&one)?, of(&other)?);
        let both: (Vec<f64>, Vec<f64>) = a
            .iter()
            .filter(|(d, _)| many.contains(*d) && too.contains(*d))
            .filter_map(|(d, x)| b.get(d).map(|y| (*x, *y)))
            .unzip();
        Ok(spearman(&both.0, &both.1))
    };
    Ok(Measures::from([
        ("held_out_model".to_owned(), off(&|r| model.guess(r))),
        ("held_out_raw".to_owned(), off(&|r| plain.get(&r.d).copied().unwrap_or(overall))),
        ("halves_model".to_owned(), halves(&|rows| Ok(Model::new(rows)?.lecturers()))?),
        ("halves_raw".to_owned(), halves(&|rows| Ok(self::plain(rows)))?),
    ]))
}

fn plain(rows: &[&Rating]) -> Lecturers {
    let mut sums: BTreeMap<&str, (f64, f64)> = BTreeMap::new();
    for row in rows {
        let entry = sums.entry(&row.d).or_default();
        *entry = (entry.0 + row.y, entry.1 + 1.0);
    }
    sums.into_iter().map(|(d, (sum, count))| (d.to_owned(), sum / count)).collect()
}

/// `y ~ service + (1|s) + (1|d) + (1|dept)`.
struct Model {
    factors: Vec<Factor>,
    fit: Fit,
}

impl Model {
    fn new(rows: &[&Rating]) -> Result<Self, Refused> {
        let column = |of: fn(&Rating) -> &str| rows.iter().map(|r| of(r)).collect::<Vec<&str>>();
        let factors = vec![
            Factor::new("s", &column(|r| &r.s)),
            Factor::new("d", &column(|r| &r.d)),
            Factor::new("dept", &column(|r| &r.dept)),
        ];
        let problem = Problem {
            y: rows.iter().map(|r| r.y).collect(),
            weights: vec![1.0; rows.len()],
            factors: factors.clone(),
            fixed: vec![Column { name: "service".into(), values: rows.iter().map(|r| r.service).collect() }],
        };
        Ok(Self { factors, fit: problem.fit()? })
    }

    fn guess(&self, rating: &Rating) -> f64 {
        let [intercept, service] = [0, 1].map(|k| self.fit.coefficients.get(k).map_or(0.0, |c| c.estimate));
        let labels = [&rating.s, &rating.d, &rating.dept];
        let effect = |k: usize| self.factors[k].position(labels[k]).map_or(0.0, |level| self.fit.effects[k][level]);
        intercept + service * rating.service + (0..3).map(effect).sum::<f64>()
    }

    fn lecturers(&self) -> Lecturers {
        self.factors[1].levels().iter().cloned().zip(self.fit.effects[1].iter().copied()).collect()
    }
}
