//! How a rater fills in the form: halo, straight lines and central tendency.
//! Invariant: a rater is compared with the others at the same levels and for the same ratees, so
//! being generous, or rating few, is no style of its own. Method: `methods/misfit.md`.
//! Absent on purpose: residuals of composites; see `residuals`.

use super::chance::{at_least, cube_root};
use super::residuals::Residuals;
use crate::items::level;
use crate::score::frame::{COURT, RATEE};
use crate::score::{Scores, Workings};

/// Fewest answers that can make a straight line.
const LEAST_ANSWERS: usize = 3;

/// One ballot's answers, summed up.
#[derive(Clone, Copy)]
struct Answers {
    /// Squares of answers around ballot and item.
    squares: f64,
    /// Their degrees of freedom.
    freedom: f64,
    /// Nearest level of the plain mean (1 to 5), and whether all answers are that level.
    line: Option<(usize, bool)>,
}

/// Straight lines of one rater.
#[derive(Clone, Copy)]
pub(super) struct Straight {
    /// Share of eligible ballots.
    pub share: f64,
    /// Share of the others' at the same levels.
    pub expected: f64,
    /// Probability of as many or more.
    pub p: f64,
}

/// What the styles of all raters are judged by.
pub(super) struct Styles {
    answers: Vec<Answers>,
    item_noise: f64,
    /// By level: straight lines and eligible ballots of all raters.
    lines: [(f64, f64); 6],
    composites: Vec<f64>,
    /// Expected composite but for the rater's severity.
    expected: Vec<f64>,
    /// Variance around it: ballot and what is not known of the ratee.
    variance: Vec<f64>,
}

impl Styles {
    pub fn new(workings: &Workings, scores: &Scores, residuals: &Residuals) -> Self {
        let items = &workings.items;
        let answers: Vec<Answers> = workings
            .ballots
            .iter()
            .map(|ballot| {
                let given: Vec<(f64, f64)> = (0..items.difficulty.len())
                    .filter_map(|k| level(ballot, k).map(|x| (x, x - items.difficulty[k])))
                    .collect();
                let count = given.len() as f64;
                let mean = given.iter().map(|g| g.1).sum::<f64>() / count;
                let middle = given.iter().map(|g| g.0).sum::<f64>() / count;
                let flat = given.iter().all(|g| g.0 == given[0].0);
                Answers {
                    squares: given.iter().map(|g| (g.1 - mean) * (g.1 - mean)).sum(),
                    freedom: count - 1.0,
                    line: (given.len() >= LEAST_ANSWERS).then(|| (middle.round().clamp(1.0, 5.0) as usize, flat)),
                }
            })
            .collect();
        let mut lines = [(0.0, 0.0); 6];
        for (bin, flat) in answers.iter().filter_map(|a| a.line) {
            lines[bin].0 += f64::from(u8::from(flat));
            lines[bin].1 += 1.0;
        }
        let (frame, fit) = (&workings.frame, &workings.headline.fit);
        let composites: Vec<f64> = workings.composites.iter().map(|c| c.value).collect();
        let severity = workings.headline.severity(frame);
        let expected = (0..composites.len()).map(|b| composites[b] - fit.residuals[b] - severity[b]);
        let between = fit.components[RATEE].variance + fit.components[COURT].variance;
        let unknown: Vec<f64> = frame
            .ratee
            .levels()
            .iter()
            .map(|ratee| {
                let known = scores.persons.get(ratee).and_then(|p| p.score.reliability).unwrap_or(0.0);
                (1.0 - known) * between
            })
            .collect();
        let variance = residuals.noise.iter().zip(frame.ratee.codes()).map(|(v, &j)| v + unknown[j as usize]).collect();
        Self { expected: expected.collect(), item_noise: items.noise, answers, lines, composites, variance }
    }

    /// Variance of answers inside the ballots over everybody's, and its cube-root score.
    pub fn halo(&self, rows: &[usize]) -> Option<(f64, f64)> {
        let squares: f64 = rows.iter().map(|&row| self.answers[row].squares).sum();
        let freedom: f64 = rows.iter().map(|&row| self.answers[row].freedom).sum();
        if freedom <= 0.0 || self.item_noise <= 0.0 {
            return None;
        }
        let ratio = squares / freedom / self.item_noise;
        Some((ratio, cube_root(ratio, 2.0 / freedom)))
    }

    /// Straight lines against those of the others at the same levels.
    pub fn straight(&self, rows: &[usize]) -> Option<Straight> {
        let own: Vec<(usize, bool)> = rows.iter().filter_map(|&row| self.answers[row].line).collect();
        if own.is_empty() {
            return None;
        }
        let mut lines = self.lines;
        for &(bin, flat) in &own {
            lines[bin].0 -= f64::from(u8::from(flat));
            lines[bin].1 -= 1.0;
        }
        // Half a line among one more ballot: no chance is ever zero or one (Jeffreys).
        let chances: Vec<f64> = own.iter().map(|&(bin, _)| (lines[bin].0 + 0.5) / (lines[bin].1 + 1.0)).collect();
        let count = own.iter().filter(|line| line.1).count();
        let total = own.len() as f64;
        Some(Straight {
            share: count as f64 / total,
            expected: chances.iter().sum::<f64>() / total,
            p: at_least(count, &chances),
        })
    }

    /// Variance of the rater's composites over the expected one, and its cube-root score.
    pub fn spread(&self, rows: &[usize]) -> Option<(f64, f64)> {
        let freedom = rows.len() as f64 - 1.0;
        let variance = |values: &[f64]| {
            let mean = rows.iter().map(|&row| values[row]).sum::<f64>() / rows.len() as f64;
            rows.iter().map(|&row| (values[row] - mean) * (values[row] - mean)).sum::<f64>() / freedom
        };
        let noise = rows.iter().map(|&row| self.variance[row]).sum::<f64>() / rows.len() as f64;
        if freedom <= 0.0 || noise <= 0.0 {
            return None;
        }
        let known = variance(&self.expected);
        let total = known + noise;
        // The known part does not vary: a noncentral chi-squared has this variance, not 2/freedom.
        let spread = (2.0 * noise * noise + 4.0 * noise * known) / (freedom * total * total);
        let ratio = variance(&self.composites) / total;
        Some((ratio, cube_root(ratio, spread)))
    }
}
