//! The headline: adjusted results of ratees, courts and the system, with error and reliability.
//! Invariant: a pure function of the bundle's content; ballots, ratees and courts may come in any
//! order. Method: `methods/headline.md`. Absent on purpose: whether a number may leave; that is the gate's.

mod compare;
mod difference;
pub(crate) mod frame;
mod gaps;
mod headline;
mod raw;
mod tiers;
mod weights;
mod workings;

use std::collections::{BTreeMap, BTreeSet};

use crate::bundle::Bundle;
use crate::items;
use crate::mixed::Refused;
pub(crate) use compare::comparisons;
use frame::Frame;
pub(crate) use headline::{Headline, contrasts, quadratic};
pub(crate) use tiers::told_apart;
pub(crate) use workings::Workings;

pub use compare::{Comparison, MOST_COURTS, Obstacle};
pub use difference::{Difference, Group, Scored};
pub use gaps::Gap;
pub use headline::OutcomeAudit;
pub use tiers::Tier;

/// An estimate with what is needed to judge it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimate {
    /// Adjusted value; scale points 1 to 5 for scores, a difference of scale points for effects.
    pub value: f64,
    /// Standard error of prediction.
    pub error: f64,
    /// Plain mean where there is one: a rater's ballots averaged first, then raters.
    pub raw: Option<f64>,
    /// Share of the variance between ratees that the estimate resolves, 0 to 1.
    pub reliability: Option<f64>,
    /// Distinct raters.
    pub raters: usize,
}

/// How far a correction moved a ratee from the raw mean, scale points.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Moved {
    /// By the severity of who happened to rate.
    pub severity: f64,
    /// By the outcomes the rated cases happened to have.
    pub outcome: f64,
}

/// Results of one ratee.
#[derive(Debug, Clone, PartialEq)]
pub struct Person {
    /// Court code, empty when none is listed.
    pub court: String,
    /// Composite over all items.
    pub score: Estimate,
    /// By item id; absent where nobody answered the item.
    pub items: BTreeMap<String, Estimate>,
    /// Against the mean of all ratees.
    pub tier: Tier,
    /// What moved the score from the raw mean.
    pub moved: Moved,
}

/// Variances and auxiliary parameters, all at system level.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Parameters {
    /// Variance per factor: `ratee`, `rater`, `home`, `court`.
    pub variances: BTreeMap<String, f64>,
    /// Residual variance of a ballot of weight one.
    pub residual: f64,
    /// Variance of one answer around ballot and item.
    pub item_noise: f64,
    /// Difficulty of each item, scale points.
    pub difficulty: BTreeMap<String, f64>,
    /// Residual correlation of ballots by one rater on one ratee.
    pub repeat: f64,
    /// Mean reliability over ratees.
    pub reliability: f64,
    /// Connected components of raters and ratees.
    pub components: usize,
    /// Factors without effect and columns that could not be told apart.
    pub dropped: Vec<String>,
    /// Variance updates of the last fit.
    pub steps: usize,
}

/// Results of one box.
#[derive(Debug, Clone, PartialEq)]
pub struct Scores {
    /// By ratee.
    pub persons: BTreeMap<String, Person>,
    /// By court code: the mean of the court's ratees, weighted by their invited raters.
    pub courts: BTreeMap<String, Estimate>,
    /// Severity by home court: positive is generous, zero the average rater.
    pub homes: BTreeMap<String, Estimate>,
    /// Mean of all ratees, weighted by their invited raters.
    pub system: Estimate,
    /// The same per item.
    pub system_items: BTreeMap<String, Estimate>,
    /// How the outcome moves a rating, and the check on it.
    pub outcome: Option<OutcomeAudit>,
    /// Parameters of the model.
    pub parameters: Parameters,
}

/// Scores a bundle.
///
/// # Errors
/// [`Refused`] when the ballots cannot carry the model: none, too few, or all equal.
pub fn score(bundle: &Bundle) -> Result<Scores, Refused> {
    Workings::new(bundle)?.scores(bundle)
}

impl Workings<'_> {
    /// The results that the workings lead to.
    ///
    /// # Errors
    /// [`Refused::NotSettled`] when conjugate gradients do not converge.
    pub(crate) fn scores(&self, bundle: &Bundle) -> Result<Scores, Refused> {
        let Self { frame, headline, composites, .. } = self;
        let raws: Vec<f64> = composites.iter().map(|c| c.raw).collect();
        let overall = Overall::new(frame, headline, &raws)?;
        let tiers = tiers::tiers(frame, headline)?;
        let mut persons: BTreeMap<String, Person> = frame
            .ratee
            .levels()
            .iter()
            .enumerate()
            .map(|(j, ratee)| {
                let moved =
                    Moved { severity: -overall.severity[j], outcome: headline.standard_outcome() - overall.outcome[j] };
                let person = Person {
                    court: frame.court_of(j).to_owned(),
                    score: overall.persons[j],
                    items: BTreeMap::new(),
                    tier: tiers[j],
                    moved,
                };
                (ratee.clone(), person)
            })
            .collect();

        let mut system_items = BTreeMap::new();
        for (k, item) in bundle.items.iter().enumerate() {
            let Some(measured) = by_item(self, k) else { continue };
            let Ok(result) = Overall::new(&measured.frame, &measured.headline, &measured.levels) else { continue };
            for (ratee, estimate) in measured.frame.ratee.levels().iter().zip(result.persons) {
                if let Some(person) = persons.get_mut(ratee) {
                    person.items.insert(item.id.clone(), estimate);
                }
            }
            system_items.insert(item.id.clone(), result.system);
        }
        let reliabilities: Vec<f64> = overall.persons.iter().filter_map(|p| p.reliability).collect();
        let mut dropped = headline.dropped();
        dropped.sort();
        Ok(Scores {
            courts: overall.courts(frame, headline)?,
            homes: headline.homes(frame)?,
            system: overall.system,
            outcome: headline.audit(frame)?,
            parameters: Parameters {
                variances: headline.fit.components.iter().map(|c| (c.name.clone(), c.variance)).collect(),
                residual: headline.fit.residual,
                item_noise: self.items.noise,
                difficulty: bundle
                    .items
                    .iter()
                    .map(|i| i.id.clone())
                    .zip(self.items.difficulty.iter().copied())
                    .collect(),
                repeat: self.repeat,
                reliability: mean(&reliabilities),
                components: frame.components(),
                dropped,
                steps: headline.fit.steps,
            },
            persons,
            system_items,
        })
    }
}

fn mean(values: &[f64]) -> f64 {
    if values.is_empty() { 0.0 } else { values.iter().sum::<f64>() / values.len() as f64 }
}

/// Estimates that every response (composite or single item) has.
struct Overall {
    persons: Vec<Estimate>,
    system: Estimate,
    severity: Vec<f64>,
    outcome: Vec<f64>,
    raw: raw::Means,
}

impl Overall {
    fn new(frame: &Frame, headline: &Headline, raws: &[f64]) -> Result<Self, Refused> {
        let raw = raw::Means::new(frame, raws);
        let ratees = frame.ratee.levels().len();
        let single: Vec<Vec<(usize, f64)>> = (0..ratees).map(|j| vec![(j, 1.0)]).collect();
        let scores = headline.scores(frame, &single)?;
        let persons = scores.iter().enumerate().map(|(j, score)| Estimate {
            value: score.value,
            error: score.error,
            raw: Some(raw.persons[j]),
            reliability: Some(score.reliability),
            raters: raw.raters[j],
        });
        let whole: Vec<(usize, f64)> = frame.shares(|_| true);
        let system = headline.scores(frame, &[whole])?;
        let raters: BTreeSet<&u32> = frame.rater.codes().iter().collect();
        Ok(Self {
            persons: persons.collect(),
            system: Estimate {
                value: system[0].value,
                error: system[0].error,
                raw: Some(raw.all),
                reliability: None,
                raters: raters.len(),
            },
            severity: raw::Means::new(frame, &headline.severity(frame)).persons,
            outcome: raw::Means::new(frame, &headline.outcome(frame)).persons,
            raw,
        })
    }

    fn courts(&self, frame: &Frame, headline: &Headline) -> Result<BTreeMap<String, Estimate>, Refused> {
        let codes: BTreeSet<&str> =
            (0..frame.ratee.levels().len()).map(|j| frame.court_of(j)).filter(|code| !code.is_empty()).collect();
        let codes: Vec<&str> = codes.into_iter().collect();
        let shares: Vec<_> = codes.iter().map(|code| frame.shares(|j| frame.court_of(j) == *code)).collect();
        let scores = headline.scores(frame, &shares)?;
        let courts = codes
            .iter()
            .zip(scores)
            .map(|(&code, score)| {
                let (mean, raters) = self.raw.group(frame, |j| frame.court_of(j) == code);
                let estimate =
                    Estimate { value: score.value, error: score.error, raw: Some(mean), reliability: None, raters };
                (code.to_owned(), estimate)
            })
            .collect();
        Ok(courts)
    }
}

/// An item with its own frame: the ballots that answered it.
pub(crate) struct Measured {
    pub frame: Frame,
    pub headline: Headline,
    levels: Vec<f64>,
}

/// One item at the composite's variance ratios: linear in the item's answers, its own residual
/// variance, and court and home variances as uncertain as the composite's. `None` when its answers
/// cannot carry the model.
pub(crate) fn by_item(workings: &Workings, k: usize) -> Option<Measured> {
    let (measured, _) = item_fit(workings, k)?;
    Some(Measured { headline: measured.headline.with_uncertainty_of(&workings.headline).ok()?, ..measured })
}

/// The fit of [`by_item`] with its weights, variances taken as known.
pub(crate) fn item_fit(workings: &Workings, k: usize) -> Option<(Measured, Vec<f64>)> {
    let Workings { ballots, shares, headline, .. } = workings;
    let kept: Vec<usize> = (0..ballots.len()).filter(|&b| items::level(ballots[b], k).is_some()).collect();
    let levels: Vec<f64> = kept.iter().filter_map(|&b| items::level(ballots[b], k)).collect();
    let weights: Vec<f64> = kept.iter().map(|&b| shares[b]).collect();
    let frame = workings.frame.subset(&kept);
    let headline = Headline::fit(&frame, &levels, &weights, Some(&headline.fit.theta())).ok()?;
    Some((Measured { frame, headline, levels }, weights))
}
