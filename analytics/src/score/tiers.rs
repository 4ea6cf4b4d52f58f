//! Tiers against the mean of all ratees, by local false-sign rate.
//! Invariant: among the ratees called above or below, the expected share on the wrong side is at
//! most 5 %. Method: `methods/tiers.md`. Absent on purpose: any order inside a tier.

use statrs::distribution::{ContinuousCDF, Normal};

use super::frame::Frame;
use super::headline::Headline;
use crate::mixed::Refused;

/// Largest expected share of wrong signs among those told apart from the mean.
const FALSE_SIGN: f64 = 0.05;

/// Where a ratee stands against the mean of all ratees.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tier {
    /// Above the mean.
    Above,
    /// Not told apart from the mean.
    Similar,
    /// Below the mean.
    Below,
    /// Outside the main component: there is no common yardstick.
    NotDistinguishable,
}

/// Tier of every ratee.
pub(super) fn tiers(frame: &Frame, headline: &Headline) -> Result<Vec<Tier>, Refused> {
    let whole = frame.shares(|_| true);
    let contrasts: Vec<Vec<(usize, f64)>> = (0..frame.ratee.levels().len())
        .map(|j| {
            let mut against: Vec<(usize, f64)> = whole.iter().map(|&(k, share)| (k, -share)).collect();
            against[j].1 += 1.0;
            against
        })
        .collect();
    let main = frame.in_main_component();
    let mut tiers = vec![Tier::NotDistinguishable; contrasts.len()];
    let Ok(normal) = Normal::new(0.0, 1.0) else { return Ok(tiers) };
    let differences = headline.differences(frame, &contrasts)?;
    let mut rates = Vec::new();
    for (j, (value, error)) in differences.iter().enumerate().filter(|(j, _)| main[*j]) {
        tiers[j] = Tier::Similar;
        if *error > 0.0 {
            rates.push((normal.cdf(-(value / error).abs()), j));
        }
    }
    for j in told_apart(rates) {
        tiers[j] = if differences[j].0 > 0.0 { Tier::Above } else { Tier::Below };
    }
    Ok(tiers)
}

/// Who is told apart from the mean, out of pairs of a local false-sign rate and an index: in
/// ascending order of the rate, while its mean stays within the allowance.
pub(crate) fn told_apart(mut rates: Vec<(f64, usize)>) -> Vec<usize> {
    rates.sort_by(|one, other| one.0.total_cmp(&other.0).then(one.1.cmp(&other.1)));
    let mut expected = 0.0;
    let within = rates.iter().enumerate().take_while(|(count, (rate, _))| {
        expected += rate;
        expected <= FALSE_SIGN * (count + 1) as f64
    });
    within.map(|(_, &(_, j))| j).collect()
}
