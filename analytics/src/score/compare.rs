//! Which courts may be compared (R18), and how they compare.
//! Invariant: a verdict depends on who rated whom and on errors, never on which court came out
//! higher. Source: severity is not identified across weak bridges, and no standard error warns of
//! a bridge that is not there. Method: `methods/differences.md`.
//! Absent on purpose: an order of courts; a difference is told pair by pair or not at all.

use serde::Serialize;

use super::difference::Difference;
use super::frame::{Frame, RATEE};
use super::headline::Headline;
use crate::design::Components;
use crate::mixed::Refused;

/// With more courts pairs are not listed: 4,950 of them say nothing to anybody.
pub const MOST_COURTS: usize = 100;

/// Why two courts are not compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Obstacle {
    /// Most of their ballots lie in different connected components: there is no common yardstick.
    Apart,
    /// Fewer raters rated in both than [`Comparability::bridges`].
    FewBridges,
    /// The error of the difference is [`Comparability::error`] standard deviations of ratees or more.
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
    /// Raters of each court, each once.
    raters: Vec<Vec<u32>>,
    /// Courts of each rater, each once.
    courts: Vec<Vec<u32>>,
    /// Component that holds most of each court's ballots.
    component: Vec<usize>,
    /// Component that holds most ballots of all.
    main: Option<usize>,
}

impl Ground {
    fn new(frame: &Frame) -> Self {
        let parts = Components::of(&frame.rater, &frame.ratee);
        let size = frame.court.levels().len();
        let (mut raters, mut courts) = (vec![Vec::new(); size], vec![Vec::new(); frame.rater.levels().len()]);
        let mut rows = vec![vec![0_usize; parts.count()]; size];
        for ((&court, &rater), &ratee) in frame.court.codes().iter().zip(frame.rater.codes()).zip(frame.ratee.codes()) {
            if !courts[rater as usize].contains(&court) {
                courts[rater as usize].push(court);
                raters[court as usize].push(rater);
            }
            rows[court as usize][parts.right()[ratee as usize]] += 1;
        }
        let most = |rows: &Vec<usize>| (0..rows.len()).max_by_key(|&part| (rows[part], std::cmp::Reverse(part)));
        let component = rows.iter().map(|rows| most(rows).unwrap_or(0)).collect();
        Self { raters, courts, component, main: parts.main() }
    }

    /// Raters that join court `at` to any court of `others`.
    fn bridges(&self, at: usize, others: impl Fn(usize) -> bool) -> usize {
        let other = |&court: &u32| court as usize != at && others(court as usize);
        let elsewhere = |rater: &&u32| self.courts[**rater as usize].iter().any(other);
        self.raters[at].iter().filter(elsewhere).count()
    }
}

/// Every obstacle that holds.
fn obstacles(apart: bool, bridges: usize, error: f64, frame: &Frame, headline: &Headline) -> Vec<Obstacle> {
    let limits = frame.comparability;
    let most = limits.error * headline.fit.components[RATEE].variance.sqrt();
    let all = [
        (apart, Obstacle::Apart),
        (bridges < limits.bridges, Obstacle::FewBridges),
        (error >= most, Obstacle::WideError),
    ];
    all.into_iter().filter(|(holds, _)| *holds).map(|(_, obstacle)| obstacle).collect()
}

/// Means of the ratees of each court, weighted by invited raters, ready for any differences of them.
struct Means {
    /// Ratees of each court with their shares in its mean, and how many were invited for the court.
    members: Vec<Vec<(usize, f64)>>,
    invited: Vec<f64>,
    /// Value and error covariances by court; `None` where courts are too many.
    known: Option<(Vec<f64>, Vec<Vec<f64>>)>,
}

impl Means {
    fn new(frame: &Frame, headline: &Headline) -> Result<Self, Refused> {
        let size = frame.court.levels().len();
        let mut members: Vec<Vec<(usize, f64)>> = vec![Vec::new(); size];
        for (j, invited) in frame.invited().iter().enumerate() {
            if let Some(court) = frame.court.position(frame.court_of(j)) {
                members[court].push((j, *invited));
            }
        }
        let invited: Vec<f64> = members.iter().map(|own| own.iter().map(|(_, n)| n).sum()).collect();
        for (own, total) in members.iter_mut().zip(&invited) {
            own.iter_mut().for_each(|(_, share)| *share /= total);
        }
        let known = if size <= MOST_COURTS { Some(headline.covariances(frame, &members)?) } else { None };
        Ok(Self { members, invited, known })
    }

    /// Weights of the mean of court `at` against that of the ratees of `others`, court by court.
    fn against(&self, at: usize, others: impl Fn(usize) -> bool) -> Vec<(usize, f64)> {
        let rest: Vec<usize> = (0..self.members.len()).filter(|&court| court != at && others(court)).collect();
        let total: f64 = rest.iter().map(|&court| self.invited[court]).sum();
        let own = std::iter::once((at, 1.0));
        own.chain(rest.iter().map(|&court| (court, -self.invited[court] / total))).collect()
    }

    /// Values and errors of combinations of courts.
    fn differences(
        &self,
        frame: &Frame,
        headline: &Headline,
        asked: &[Vec<(usize, f64)>],
    ) -> Result<Vec<(f64, f64)>, Refused> {
        let Some((values, covariances)) = &self.known else {
            let written = |weights: &Vec<(usize, f64)>| {
                let court = |&(court, weight): &(usize, f64)| {
                    self.members[court].iter().map(move |&(j, share)| (j, weight * share)).collect::<Vec<_>>()
                };
                weights.iter().flat_map(court).collect()
            };
            return headline.differences(frame, &asked.iter().map(written).collect::<Vec<_>>());
        };
        let told = |weights: &Vec<(usize, f64)>| {
            let value: f64 = weights.iter().map(|&(court, weight)| weight * values[court]).sum();
            let row = |&(one, a): &(usize, f64)| {
                weights.iter().map(|&(other, b)| a * b * covariances[one][other]).sum::<f64>()
            };
            (value, weights.iter().map(row).sum::<f64>().max(0.0).sqrt())
        };
        Ok(asked.iter().map(told).collect())
    }
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
    let means = Means::new(frame, headline)?;
    let groups: Vec<_> = pairs.iter().map(|&(one, other)| means.against(one, |court| court == other)).collect();
    let ground = Ground::new(frame);
    let compared = means.differences(frame, headline, &groups)?.into_iter().zip(&pairs);
    let comparisons = compared.map(|((value, error), &(one, other))| {
        let bridges = ground.bridges(one, |court| court == other);
        let apart = ground.component[one] != ground.component[other];
        Comparison {
            one: codes[one].clone(),
            other: codes[other].clone(),
            difference: Difference { value, error },
            bridges,
            obstacles: obstacles(apart, bridges, error, frame, headline),
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
    let means = Means::new(frame, headline)?;
    loop {
        let left: Vec<usize> = (0..open.len()).filter(|&court| open[court]).collect();
        if left.len() < 2 {
            return Ok(vec![false; open.len()]);
        }
        let groups: Vec<_> = left.iter().map(|&court| means.against(court, |other| open[other])).collect();
        let errors = means.differences(frame, headline, &groups)?;
        let fails = |(&court, &(_, error)): (&usize, &(f64, f64))| {
            let bridges = ground.bridges(court, |other| open[other]);
            (!obstacles(false, bridges, error, frame, headline).is_empty()).then_some((error, court))
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
