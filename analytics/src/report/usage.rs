//! How the levels of one item are used, in ballots and in distinct raters.
//! Invariant: whoever decides what may be told counts raters (R1), never ballots.
//! Absent on purpose: rounding and merging; that is the gate's.

use crate::bundle::{Answer, Ballot};
use crate::design::Factor;

/// Levels of the scale.
pub const LEVELS: usize = 5;

/// Use of one item over all valid ballots.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Usage {
    /// Ballots per level 1 to 5.
    pub levels: [u32; LEVELS],
    /// `within[a][b]`: distinct raters who used a level from a+1 to b+1; zero where b < a.
    pub within: [[u32; LEVELS]; LEVELS],
    /// Distinct raters who gave a level.
    pub raters: usize,
    /// Ballots that chose 未观察到.
    pub not_observed: u32,
    /// Distinct raters who chose 未观察到.
    pub not_observed_raters: usize,
    /// Ballots whose case the item did not apply to.
    pub not_applicable: u32,
}

impl Usage {
    /// Counts item `k`; `rater` is the factor of the ballots' raters.
    pub(super) fn new(ballots: &[&Ballot], rater: &Factor, k: usize) -> Self {
        let mut usage = Self::default();
        // One bit per level and rater; the sixth is 未观察到.
        let mut used = vec![0_u8; rater.levels().len()];
        for (ballot, &code) in ballots.iter().zip(rater.codes()) {
            let bit = match ballot.answers.get(k) {
                Some(Some(Answer::Level(level @ 1..=5))) => {
                    usage.levels[usize::from(*level) - 1] += 1;
                    *level - 1
                }
                Some(Some(Answer::NotObserved)) => {
                    usage.not_observed += 1;
                    5
                }
                _ => {
                    usage.not_applicable += 1;
                    continue;
                }
            };
            used[code as usize] |= 1 << bit;
        }
        for low in 0..LEVELS {
            for high in low..LEVELS {
                let range = (low..=high).fold(0_u8, |bits, level| bits | 1 << level);
                usage.within[low][high] = used.iter().filter(|bits| **bits & range != 0).count() as u32;
            }
        }
        usage.raters = usage.within[0][LEVELS - 1] as usize;
        usage.not_observed_raters = used.iter().filter(|bits| **bits & (1 << 5) != 0).count();
        usage
    }

    /// Ballots that gave a level.
    pub fn answered(&self) -> u32 {
        self.levels.iter().sum()
    }

    /// Share of 未观察到 among ballots whose case the item applied to; `None` without any.
    pub fn not_observed_share(&self) -> Option<f64> {
        let applied = self.answered() + self.not_observed;
        (applied > 0).then(|| f64::from(self.not_observed) / f64::from(applied))
    }

    /// Share of level 5 among given levels; `None` without any.
    pub fn ceiling_share(&self) -> Option<f64> {
        let answered = self.answered();
        (answered > 0).then(|| f64::from(self.levels[LEVELS - 1]) / f64::from(answered))
    }

    /// Mean and standard deviation (divisor n - 1) of given levels; `None` without any.
    pub fn moments(&self) -> Option<(f64, f64)> {
        let count = f64::from(self.answered());
        let sum = |power: i32| {
            let terms = self.levels.iter().enumerate().map(|(k, n)| f64::from(*n) * ((k + 1) as f64).powi(power));
            terms.sum::<f64>()
        };
        if count < 1.0 {
            return None;
        }
        let mean = sum(1) / count;
        let variance = if count > 1.0 { (sum(2) - sum(1) * mean) / (count - 1.0) } else { 0.0 };
        Some((mean, variance.max(0.0).sqrt()))
    }
}

/// Distinct raters who answered both items of each pair.
pub(super) fn pair_raters(ballots: &[&Ballot], rater: &Factor, items: usize) -> Vec<Vec<usize>> {
    let mut own: Vec<Vec<&Ballot>> = vec![Vec::new(); rater.levels().len()];
    ballots.iter().zip(rater.codes()).for_each(|(ballot, &code)| own[code as usize].push(ballot));
    let mut counts = vec![vec![0; items]; items];
    for ballots in own {
        let mut both = vec![false; items * items];
        for ballot in ballots {
            let answered: Vec<usize> = (0..items).filter(|&k| crate::items::level(ballot, k).is_some()).collect();
            for &k in &answered {
                answered.iter().for_each(|&l| both[k * items + l] = true);
            }
        }
        for (count, both) in counts.iter_mut().flatten().zip(both) {
            *count += usize::from(both);
        }
    }
    counts
}
