//! Gaps between groups of ballots: kinds of cases and roles of raters, as the headline model has them.
//! Invariant: a gap is what is left once raters, ratees, courts and outcomes are held fixed; scores are standardised over it.
//! Absent on purpose: groups of persons. Nothing of a person is known here but the court.

use serde::Serialize;

use super::Workings;
use crate::bundle::Ballot;
use crate::design::Factor;
use crate::mixed::{Contrast, Refused};

/// One group of ballots against the mean of the others.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Gap {
    /// `case_type` or `role`.
    pub division: &'static str,
    /// Which group.
    pub level: String,
    /// Group minus mean of the other groups, scale points.
    pub difference: f64,
    /// Standard error.
    pub error: f64,
    /// Distinct raters of the group or of all others, whichever are fewer.
    pub raters: usize,
}

type Of = fn(&Ballot) -> &str;

impl Workings<'_> {
    /// Every group that the model could tell from the others, by division and name. Of two groups the first alone, since the
    /// second is its mirror image.
    ///
    /// # Errors
    /// [`Refused`] as the engine does.
    pub(crate) fn gaps(&self) -> Result<Vec<Gap>, Refused> {
        let divisions: [(&'static str, Of); 2] = [("case_type", |b| &b.case_type), ("role", |b| &b.role)];
        let mut gaps = Vec::new();
        for (division, of) in divisions {
            let labels: Vec<&str> = self.ballots.iter().map(|ballot| of(ballot)).collect();
            let factor = Factor::new(division, &labels);
            let levels = factor.levels();
            let Some(contrasts) = self.against_others(division, levels) else { continue };
            let errors = self.headline.errors(&self.frame, &contrasts, &vec![0.0; self.frame.outcome.len()])?;
            let told = if levels.len() == 2 { 1 } else { levels.len() };
            for (code, (contrast, error)) in contrasts.iter().zip(errors).enumerate().take(told) {
                let inside = |row: usize| factor.codes()[row] as usize == code;
                gaps.push(Gap {
                    division,
                    level: levels[code].clone(),
                    difference: self.headline.fit.value(contrast),
                    error,
                    raters: self.frame.fewer_raters(0..labels.len(), inside),
                });
            }
        }
        Ok(gaps)
    }

    /// For each level its effect less the mean of the others', on sum-to-zero columns; `None` where one of the columns could
    /// not be told apart.
    fn against_others(&self, division: &str, levels: &[String]) -> Option<Vec<Contrast>> {
        let (_, coded) = levels.split_last().filter(|(_, coded)| !coded.is_empty())?;
        let coefficients = &self.headline.fit.coefficients;
        let place = |level: &String| coefficients.iter().position(|c| c.name == format!("{division}:{level}"));
        let places: Vec<usize> = coded.iter().map(place).collect::<Option<_>>()?;
        // Effects sum to zero, so the others' mean is minus the effect over their number.
        let scale = levels.len() as f64 / coded.len() as f64;
        let contrast = |level: usize| {
            let mut fixed = vec![0.0; coefficients.len()];
            for (column, &place) in places.iter().enumerate() {
                fixed[place] = match level {
                    own if own == column => scale,
                    last if last == coded.len() => -scale,
                    _ => 0.0,
                };
            }
            Contrast { fixed, effects: Vec::new() }
        };
        Some((0..levels.len()).map(contrast).collect())
    }
}
