//! Pairs and rings: raters who sit together far from what all their other ballots imply.
//! Invariant: a pair is judged by residuals of the Student fit, which a ring hardly bends, and against
//! the majority of the same ratee's raters. Method: `methods/misfit.md`.
//! Absent on purpose: links between raters; opened ballots have none.

use std::collections::BTreeMap;

use serde::Serialize;

use super::chance::{at_least_given, flagged, median};
use crate::score::{Scores, Workings};

/// Fewest raters of a ratee among whom a minority can be seen.
const LEAST_RATERS: usize = 5;
/// Fewest ratees from whom the share of far raters is taken.
const LEAST_ALIKE: usize = 20;
/// Least shift of a ring, residual standard deviations; nearer groups are ordinary spread.
const LEAST_SHIFT: f64 = 2.0;
/// A ring is a minority; with more than half nobody could say who is off.
const MOST_SHARE: f64 = 0.5;
/// Weight of the prior on the middle of the majority, in raters.
const CENTRE: f64 = 4.0;
/// Steps of the EM.
const STEPS: usize = 50;
/// The two sides: below, above.
const SIGNS: [f64; 2] = [-1.0, 1.0];
/// Standard deviation of a normal law over its median absolute deviation.
const NORMAL: f64 = 1.4826;

/// One rater on one ratee.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Pair {
    /// Nameless rater.
    pub rater: String,
    /// Ratee.
    pub ratee: String,
    /// Ballots that count.
    pub ballots: usize,
    /// Mean standardised residual of the headline.
    pub mean: f64,
    /// Residual of the pair in the Student fit from the median of the ratee's pairs, in standard deviations
    /// of such a pair.
    pub far: f64,
    /// Natural log odds that the pair belongs to a far group of the ratee rather than to the majority;
    /// minus infinity with fewer than five raters.
    pub odds: f64,
}

/// Which way a far group pulls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Pull {
    /// Ratings below what the model implies.
    Down,
    /// Ratings above.
    Up,
}

/// The far group among the raters of one ratee.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Concert {
    /// Ratee.
    pub ratee: String,
    /// Distinct raters.
    pub raters: usize,
    /// Way of the group that is better supported.
    pub pull: Pull,
    /// Estimated share of raters in it.
    pub share: f64,
    /// Estimated distance from the majority, residual standard deviations.
    pub shift: f64,
    /// Raters beyond two standard deviations on that side.
    pub far: usize,
    /// As many are expected from the ratees who stand about as high.
    pub expected: f64,
    /// Probability of so many or more, both sides allowed for.
    pub p: f64,
    /// Whether it stands out among all ratees at 5 % false discoveries.
    pub flagged: bool,
}

/// All pairs in the order ratee, rater, and the far group of every ratee with enough raters.
/// `standard` are the headline's standardised residuals, `student` those of the Student fit.
pub(super) fn pairs(
    workings: &Workings,
    scores: &Scores,
    (standard, student): (&[f64], &[f64]),
) -> (Vec<Pair>, Vec<Concert>) {
    let frame = &workings.frame;
    let mut sums: BTreeMap<(u32, u32), (usize, f64, f64)> = BTreeMap::new();
    for (row, (&j, &i)) in frame.ratee.codes().iter().zip(frame.rater.codes()).enumerate() {
        let entry = sums.entry((j, i)).or_default();
        *entry = (entry.0 + 1, entry.1 + standard[row], entry.2 + student[row]);
    }
    let mut members: Vec<Vec<usize>> = vec![Vec::new(); frame.ratee.levels().len()];
    let mut pairs: Vec<Pair> = Vec::with_capacity(sums.len());
    for ((j, i), (ballots, one, other)) in sums {
        let count = ballots as f64;
        members[j as usize].push(pairs.len());
        pairs.push(Pair {
            rater: frame.rater.levels()[i as usize].clone(),
            ratee: frame.ratee.levels()[j as usize].clone(),
            ballots,
            mean: one / count,
            // Mean over the standard deviation of a mean of residuals that agree as repeats do.
            far: other / count * (count / (1.0 + (count - 1.0) * workings.repeat)).sqrt(),
            odds: f64::NEG_INFINITY,
        });
    }
    let scale = NORMAL * median(&pairs.iter().map(|p| p.far.abs()).collect::<Vec<f64>>());
    if scale > 0.0 {
        pairs.iter_mut().for_each(|p| p.far /= scale);
    }
    // Everybody is measured from the median of the own ratee's raters. Not from the centre of the fitted majority: where
    // there is no minority the fit makes one of the farthest and moves away from them, and they are counted as farther.
    let mut groups: Vec<Option<Groups>> = Vec::with_capacity(members.len());
    for own in &members {
        let far: Vec<f64> = own.iter().map(|&p| pairs[p].far).collect();
        let found = (own.len() >= LEAST_RATERS).then(|| Groups::of(&far));
        let middle = median(&far);
        if let Some(found) = &found {
            for &p in own {
                pairs[p].odds = found.odds(pairs[p].far);
                pairs[p].far -= middle;
            }
        }
        groups.push(found);
    }
    let beyond = |sign: f64, own: &[usize]| own.iter().filter(|&&p| sign * pairs[p].far >= LEAST_SHIFT).count();
    let counts = members.iter().map(|own| {
        let [below, above] = SIGNS.map(|sign| beyond(sign, own));
        [below, above, own.len()]
    });
    let counts: Vec<[usize; 3]> = counts.collect();
    let level = |ratee: &String| scores.persons.get(ratee).map_or(0.0, |person| person.score.value);
    let alike = alike(&frame.ratee.levels().iter().map(level).collect::<Vec<f64>>(), &counts);
    let mut concerts = Vec::new();
    for ((j, own), found) in members.iter().enumerate().zip(&groups) {
        let Some(found) = found else { continue };
        let others = alike[j][2];
        let tails = [0, 1].map(|side| {
            let (count, seen) = (counts[j][side], alike[j][side]);
            let chance = (seen as f64 + 0.5) / (others as f64 + 1.0);
            (count, chance * own.len() as f64, at_least_given(count, own.len(), (seen, others)))
        });
        let best = usize::from(tails[1].2 < tails[0].2);
        concerts.push(Concert {
            ratee: frame.ratee.levels()[j].clone(),
            raters: own.len(),
            pull: if best == 0 { Pull::Down } else { Pull::Up },
            share: found.sides[best].0,
            shift: found.sides[best].1,
            far: tails[best].0,
            expected: tails[best].1,
            p: (2.0 * tails[best].2).min(1.0),
            flagged: false,
        });
    }
    let p: Vec<Option<f64>> = concerts.iter().map(|c| Some(c.p)).collect();
    for (concert, stands_out) in concerts.iter_mut().zip(flagged(&p)) {
        concert.flagged = stands_out;
    }
    (pairs, concerts)
}

/// For each ratee the sum of `counts` over the others whose scores are nearest in order: a third of all, at least twenty. Near
/// an end of the scale ratings fall far on one side more often than on the other, so far ones are expected from those who
/// stand as high.
fn alike(levels: &[f64], counts: &[[usize; 3]]) -> Vec<[usize; 3]> {
    let mut order: Vec<usize> = (0..levels.len()).collect();
    order.sort_by(|&one, &other| levels[one].total_cmp(&levels[other]).then(one.cmp(&other)));
    let width = (levels.len() / 3).max(LEAST_ALIKE).min(levels.len().saturating_sub(1));
    // Sums up to each place, so that a long stretch costs no more than a short one.
    let mut upto = vec![[0; 3]];
    for &ratee in &order {
        let last = upto[upto.len() - 1];
        upto.push([0, 1, 2].map(|k| last[k] + counts[ratee][k]));
    }
    let mut alike = vec![[0; 3]; levels.len()];
    for (place, &ratee) in order.iter().enumerate() {
        let from = place.saturating_sub(width / 2).min(levels.len() - 1 - width);
        alike[ratee] = [0, 1, 2].map(|k| upto[from + width + 1][k] - upto[from][k] - counts[ratee][k]);
    }
    alike
}

/// Three groups of one ratee's raters: the majority, and a minority on either side.
struct Groups {
    /// Middle of the majority.
    centre: f64,
    /// Share and distance from the centre of the group below and the group above.
    sides: [(f64, f64); 2],
}

impl Groups {
    /// Likelihood by EM, all groups with variance one (two-groups model, Efron 2008, on both sides).
    fn of(far: &[f64]) -> Self {
        let count = far.len() as f64;
        let mut groups = Self { centre: 0.0, sides: [(0.1, LEAST_SHIFT + 1.0); 2] };
        for _ in 0..STEPS {
            let mut sums = [(0.0, 0.0); 2];
            let (mut majority, mut sum) = (0.0, 0.0);
            for &z in far {
                let ratios = groups.ratios(z);
                let whole = 1.0 + ratios[0] + ratios[1];
                majority += 1.0 / whole;
                sum += z / whole;
                for side in 0..2 {
                    let member = ratios[side] / whole;
                    sums[side].0 += member;
                    sums[side].1 += member * SIGNS[side] * (z - groups.centre);
                }
            }
            // The Student fit has centred the majority nearly; what is left is a prior around zero.
            groups.centre = sum / (majority + CENTRE);
            // A minority each and together; half a rater is the least, since from zero there is no way back.
            let most = MOST_SHARE * count / (sums[0].0 + sums[1].0).max(MOST_SHARE * count);
            for ((share, shift), (members, distance)) in groups.sides.iter_mut().zip(sums) {
                *share = (most * members / count).clamp(0.5 / count, MOST_SHARE - 0.5 / count);
                if members > 0.0 {
                    *shift = (distance / members).max(LEAST_SHIFT);
                }
            }
        }
        groups
    }

    /// Odds of the group below and the group above against the majority.
    fn ratios(&self, z: f64) -> [f64; 2] {
        let majority = 1.0 - self.sides[0].0 - self.sides[1].0;
        [0, 1].map(|side| {
            let (share, shift) = self.sides[side];
            share / majority * (shift * SIGNS[side] * (z - self.centre) - 0.5 * shift * shift).exp()
        })
    }

    /// Log odds of belonging to a minority.
    fn odds(&self, z: f64) -> f64 {
        self.ratios(z).iter().sum::<f64>().ln()
    }
}

#[cfg(test)]
mod tests {
    use super::Groups;

    #[test]
    fn a_minority_is_found_and_a_majority_is_left_alone() {
        let mut far: Vec<f64> = (0..40).map(|k| (f64::from(k) - 19.5) / 14.0).collect();
        let quiet = Groups::of(&far);
        assert!(quiet.sides.iter().all(|side| side.0 < 0.05) && quiet.centre.abs() < 1e-9);
        // A ring that has pulled the fit towards itself by half a deviation.
        far.extend([-4.2, -3.8, -4.5, -3.6, -4.0, -3.9, -4.1, -4.3]);
        far.iter_mut().for_each(|z| *z += 0.5);
        let groups = Groups::of(&far);
        assert!((groups.centre - 0.5).abs() < 0.1, "{}", groups.centre);
        assert!((groups.sides[0].0 - 8.0 / 48.0).abs() < 0.02 && groups.sides[1].0 < 0.05);
        assert!((groups.sides[0].1 - 4.05).abs() < 0.15, "{}", groups.sides[0].1);
        assert!(groups.odds(-3.5) > 3.0 && groups.odds(-0.5) < -3.0);
    }
}
