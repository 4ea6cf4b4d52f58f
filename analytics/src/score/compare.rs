//! Which courts may be compared (R18), and how they compare.
//! Invariant: a verdict depends on who rated whom and on errors, never on which court came out
//! higher. Source: severity is not identified across weak bridges, and no standard error warns of
//! a bridge that is not there. Method: `methods/differences.md`.
//! Absent on purpose: an order of courts; a difference is told pair by pair or not at all.

use std::collections::BTreeSet;

use serde::Serialize;

use super::difference::Difference;
use super::frame::{Frame, RATEE};
use super::headline::Headline;
use crate::design::Components;
use crate::mixed::Refused;

/// R18: fewest raters who rated in both courts.
pub const LEAST_BRIDGES: usize = 20;
/// R18: the error of the difference must stay below this share of the standard deviation of ratees.
pub const MOST_ERROR: f64 = 0.5;
/// With more courts pairs are not listed: 4,950 of them say nothing to anybody.
pub const MOST_COURTS: usize = 100;

/// Why two courts are not compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Obstacle {
    /// Most of their ballots lie in different connected components: there is no common yardstick.
    Apart,
    /// Fewer than [`LEAST_BRIDGES`] raters rated in both.
    FewBridges,
    /// The error of the difference is [`MOST_ERROR`] standard deviations of ratees or more.
    WideError,
}

/// Two courts side by side.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    /// Code of the first court; codes ascend.
    pub one: String,
    /// Code of the second.
    pub other: String,
    /// Mean of the first court's ratees minus that of the second's, each weighted by invited raters.
    pub difference: Difference,
    /// Distinct raters who rated in both.
    pub bridges: usize,
    /// What forbids the comparison; empty when the courts are comparable.
    pub obstacles: Vec<Obstacle>,
}

impl Comparison {
    /// Whether R18 allows the comparison.
    pub fn comparable(&self) -> bool {
        self.obstacles.is_empty()
    }
}

/// Who rated in which court, and what hangs together.
struct Ground {
    /// Raters of each court.
    raters: Vec<BTreeSet<u32>>,
    /// Component that holds most of each court's ballots.
    component: Vec<usize>,
    /// Component that holds most ballots of all.
    main: Option<usize>,
}

impl Ground {
    fn new(frame: &Frame) -> Self {
        let parts = Components::of(&frame.rater, &frame.ratee);
        let size = frame.court.levels().len();
        let mut raters = vec![BTreeSet::new(); size];
        let mut rows = vec![vec![0_usize; parts.count()]; size];
        for ((&court, &rater), &ratee) in frame.court.codes().iter().zip(frame.rater.codes()).zip(frame.ratee.codes()) {
            raters[court as usize].insert(rater);
            rows[court as usize][parts.right()[ratee as usize]] += 1;
        }
        let most = |rows: &Vec<usize>| (0..rows.len()).max_by_key(|&part| (rows[part], std::cmp::Reverse(part)));
        Self { raters, component: rows.iter().map(|rows| most(rows).unwrap_or(0)).collect(), main: parts.main() }
    }

    /// Raters that join court `at` to any court of `others`.
    fn bridges(&self, at: usize, others: impl Fn(usize) -> bool) -> usize {
        let elsewhere = |rater: &&u32| {
            (0..self.raters.len()).any(|other| other != at && others(other) && self.raters[other].contains(rater))
        };
        self.raters[at].iter().filter(elsewhere).count()
    }
}

/// Every obstacle that holds.
fn obstacles(apart: bool, bridges: usize, error: f64, headline: &Headline) -> Vec<Obstacle> {
    let most = MOST_ERROR * headline.fit.components[RATEE].variance.sqrt();
    let all = [
        (apart, Obstacle::Apart),
        (bridges < LEAST_BRIDGES, Obstacle::FewBridges),
        (error >= most, Obstacle::WideError),
    ];
    all.into_iter().filter(|(holds, _)| *holds).map(|(_, obstacle)| obstacle).collect()
}

/// Weights of the mean of the ratees of court `at` against that of the ratees of `others`.
fn against(frame: &Frame, at: usize, others: impl Fn(usize) -> bool) -> Vec<(usize, f64)> {
    let of = |j: usize| frame.court.position(frame.court_of(j));
    let own = frame.shares(|j| of(j) == Some(at));
    let rest = frame.shares(|j| of(j).is_some_and(|court| court != at && others(court)));
    own.into_iter().chain(rest.into_iter().map(|(j, share)| (j, -share))).collect()
}

/// All pairs of courts, codes ascending; nothing beyond [`MOST_COURTS`] courts.
///
/// # Errors
/// [`Refused::NotSettled`] when conjugate gradients do not converge.
pub(crate) fn comparisons(frame: &Frame, headline: &Headline) -> Result<Vec<Comparison>, Refused> {
    let codes = frame.court.levels();
    // A ratee without a court belongs to none.
    let named: Vec<usize> = (0..codes.len()).filter(|&court| !codes[court].is_empty()).collect();
    if named.len() > MOST_COURTS {
        return Ok(Vec::new());
    }
    let pairs: Vec<(usize, usize)> =
        named.iter().enumerate().flat_map(|(k, &one)| named[k + 1..].iter().map(move |&other| (one, other))).collect();
    let groups: Vec<_> = pairs.iter().map(|&(one, other)| against(frame, one, |court| court == other)).collect();
    let ground = Ground::new(frame);
    let compared = headline.differences(frame, &groups)?.into_iter().zip(&pairs);
    let comparisons = compared.map(|((value, error), &(one, other))| {
        let bridges = ground.bridges(one, |court| court == other);
        let apart = ground.component[one] != ground.component[other];
        Comparison {
            one: codes[one].clone(),
            other: codes[other].clone(),
            difference: Difference { value, error },
            bridges,
            obstacles: obstacles(apart, bridges, error, headline),
        }
    });
    Ok(comparisons.collect())
}

/// Courts whose ratees are held against one mean (R18): those of the main component of which each
/// may be compared with all the others together. The least certain one that may not goes first,
/// since what is not known of it makes the others' distance to the rest uncertain too. A city of
/// one court has its own mean; of several, one alone has none.
///
/// # Errors
/// [`Refused::NotSettled`] when conjugate gradients do not converge.
pub(crate) fn yardstick(frame: &Frame, headline: &Headline) -> Result<Vec<bool>, Refused> {
    let ground = Ground::new(frame);
    let mut open: Vec<bool> = ground.component.iter().map(|&part| Some(part) == ground.main).collect();
    if open.iter().filter(|open| **open).count() < 2 {
        return Ok(open);
    }
    loop {
        let left: Vec<usize> = (0..open.len()).filter(|&court| open[court]).collect();
        if left.len() < 2 {
            return Ok(vec![false; open.len()]);
        }
        let groups: Vec<_> = left.iter().map(|&court| against(frame, court, |other| open[other])).collect();
        let errors = headline.differences(frame, &groups)?;
        let fails = |(&court, &(_, error)): (&usize, &(f64, f64))| {
            let bridges = ground.bridges(court, |other| open[other]);
            (!obstacles(false, bridges, error, headline).is_empty()).then_some((error, court))
        };
        let mut failed: Vec<(f64, usize)> = left.iter().zip(&errors).filter_map(fails).collect();
        failed.sort_by(|one, other| other.0.total_cmp(&one.0).then(one.1.cmp(&other.1)));
        // One at a time, unless there are too many to ask again and again.
        let gone = if left.len() > MOST_COURTS { failed.len() } else { failed.len().min(1) };
        if gone == 0 {
            return Ok(open);
        }
        failed[..gone].iter().for_each(|&(_, court)| open[court] = false);
    }
}
