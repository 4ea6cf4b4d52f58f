//! Sample-size planner: how many ballots a result needs, and how many ratees a period will reach.
//! Invariant: every number follows from three variances and counts; the needed number is the
//! smallest that reaches the target. Method: `methods/planner.md`.
//! Absent on purpose: any rating, and the design of who meets whom; see the limits there.

use std::collections::BTreeMap;

use serde::Serialize;
use statrs::distribution::{Binomial, DiscreteCDF};

/// Two-sided 95 % quantile of the normal distribution.
pub(crate) const WIDTH: f64 = 1.959_963_984_540_054;
/// What decimal fractions lose in binary must not ask for one more ballot.
const DUST: f64 = 1e-9;
/// No period invites more raters to one ratee; a search stops here.
const MOST: u32 = 100_000;

/// Variances behind one score, squared scale points.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Variances {
    /// Between ratees, their courts included where results are compared across courts.
    pub ratee: f64,
    /// Between raters.
    pub rater: f64,
    /// Of one ballot around all that.
    pub residual: f64,
}

/// What to expect of a result with so many ballots.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Expected {
    /// Ballots, each of another rater.
    pub ballots: u32,
    /// Share of the variance between ratees that the result resolves, 0 to 1.
    pub reliability: f64,
    /// Half-width of the 95 % interval, scale points.
    pub half_width: f64,
}

/// What a result must reach to be told.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Target {
    /// Least reliability, inside 0 and 1.
    pub reliability: f64,
    /// Largest half-width of the 95 % interval, scale points; infinite asks for none.
    pub half_width: f64,
    /// Least distinct raters whatever the variances say (R2).
    pub raters: u32,
}

/// How many ratees a plan reaches.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Reach {
    /// Ballots a ratee needs.
    pub ballots: u32,
    /// Expected share of ratees that get them.
    pub share: f64,
}

impl Variances {
    /// Variance of a single ballot about its ratee.
    pub fn noise(&self) -> f64 {
        self.rater + self.residual
    }

    /// Expected reliability of `ballots` ballots by different raters: `s / (s + noise / n)`.
    /// Zero when ratees do not differ. Source: Brennan (2001), one-facet random design.
    pub fn reliability(&self, ballots: u32) -> f64 {
        let signal = f64::from(ballots) * self.ratee.max(0.0);
        if signal > 0.0 { signal / (signal + self.noise()) } else { 0.0 }
    }

    /// Expected half-width of the 95 % interval of a shrunken score, scale points.
    pub fn half_width(&self, ballots: u32) -> f64 {
        WIDTH * (self.ratee.max(0.0) * (1.0 - self.reliability(ballots))).sqrt()
    }

    /// Fewest ballots with at least `reliability`: `noise / s * r / (1 - r)`, rounded up.
    /// `None` when ratees do not differ or the target is not inside 0 and 1.
    pub fn ballots(&self, reliability: f64) -> Option<u32> {
        let sensible = self.ratee > 0.0 && self.noise() >= 0.0 && reliability > 0.0 && reliability < 1.0;
        let exact = self.noise() / self.ratee * reliability / (1.0 - reliability);
        (sensible && exact < f64::from(MOST)).then(|| count(exact))
    }

    /// Fewest ballots that meet every part of `target`; `None` when no number does.
    pub fn ballots_for(&self, target: &Target) -> Option<u32> {
        let resolved = self.ballots(target.reliability)?;
        if target.half_width.is_nan() || target.half_width <= 0.0 {
            return None;
        }
        // Prediction error variance s*noise/(n*s + noise) at most (h/1.96)^2, solved for n.
        let allowed = (target.half_width / WIDTH).powi(2);
        let narrow = self.noise() * (1.0 / allowed - 1.0 / self.ratee);
        (narrow < f64::from(MOST)).then(|| resolved.max(count(narrow)).max(target.raters))
    }

    /// Expectations for each number of ballots.
    pub fn table(&self, ballots: &[u32]) -> Vec<Expected> {
        let expected = |&ballots: &u32| Expected {
            ballots,
            reliability: self.reliability(ballots),
            half_width: self.half_width(ballots),
        };
        ballots.iter().map(expected).collect()
    }

    /// Share of ratees that will reach `target` when ratee j has `invited[j]` raters invited, each of
    /// whom answers with chance `response` independently. `None` when no number of ballots would do,
    /// nobody is planned for, or `response` is no share.
    pub fn reach(&self, target: &Target, invited: &[u32], response: f64) -> Option<Reach> {
        let ballots = self.ballots_for(target)?;
        // Counted by number of invitations: the order of the ratees cannot matter, not even in a last bit.
        let mut sizes: BTreeMap<u32, u32> = BTreeMap::new();
        for &size in invited {
            *sizes.entry(size).or_default() += 1;
        }
        let mut reached = 0.0;
        for (&size, &ratees) in &sizes {
            reached += f64::from(ratees) * chance(size, ballots, response)?;
        }
        (!invited.is_empty()).then(|| Reach { ballots, share: reached / invited.len() as f64 })
    }
}

/// Fewest invitations that bring at least `ballots` answers with chance `sure`, when each invited
/// rater answers with chance `response`. `None` when no number does.
pub fn invitations(ballots: u32, response: f64, sure: f64) -> Option<u32> {
    if !(response > 0.0 && response <= 1.0 && sure > 0.0 && sure < 1.0) {
        return None;
    }
    let enough = |size: u32| chance(size, ballots, response).is_some_and(|chance| chance >= sure);
    let mut high = ballots.max(1);
    while !enough(high) {
        high = high.checked_mul(2).filter(|high| *high <= MOST)?;
    }
    let mut low = ballots.max(1);
    while low < high {
        let middle = low.midpoint(high);
        if enough(middle) { high = middle } else { low = middle + 1 }
    }
    Some(low)
}

/// Chance that at least `ballots` of `invited` answer; `None` when `response` is no share.
fn chance(invited: u32, ballots: u32, response: f64) -> Option<f64> {
    if ballots == 0 {
        return Some(1.0);
    }
    if ballots > invited {
        return (0.0..=1.0).contains(&response).then_some(0.0);
    }
    let answers = Binomial::new(response, u64::from(invited)).ok()?;
    Some(answers.sf(u64::from(ballots) - 1))
}

/// Rounded up, at least one ballot.
fn count(exact: f64) -> u32 {
    (exact - DUST).ceil().max(1.0) as u32
}
