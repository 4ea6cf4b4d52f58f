//! What of the item report may leave: system level, rounded, with levels of few raters merged.
//! Invariant: exists only where the system's own score may leave; an item answered by fewer raters
//! than a group needs carries no number, and then no number over all items leaves either, so that
//! nothing can be subtracted. Method: `methods/items.md`.
//! Absent on purpose: words about the findings; `report::findings` gives codes.

mod levels;
mod printed;

pub use printed::{Bin, ItemLine, ItemNumbers, ItemReport, PrintedLayers, PrintedLinks};

use std::collections::BTreeMap;

use super::rules::{self, minimum};
use super::{Audience, Candidate, Content, Context, Finding, Key, Measure, Range, Released, Rule, Scope, Structure};
use super::{band, n_band, print};
use crate::planner::Variances;
use crate::report::{ItemFacts, LEVELS, Report};
use levels::{DUST, LEAST_RATERS, MOST_SHARE, bins, edges, to, to_five};

/// Steps of a share; one step stands for at least [`LEAST_RATERS`] raters.
const SHARES: [f64; 4] = [0.05, 0.1, 0.2, 0.25];
/// Steps of a correlation, at least 4/n as for means.
const CORRELATIONS: [f64; 3] = [0.05, 0.1, 0.2];
/// Steps of a covariance, at least 1/n: one rater moves it by about that much.
const COVARIANCES: [f64; 3] = [0.01, 0.02, 0.05];

/// The report if every rule lets the system's score leave; else `None`.
pub fn item_report(report: &Report, context: &Context) -> Option<Released<ItemReport>> {
    let system = structure(Measure::Score, report.raters, report.half_width);
    let cell = Candidate { structure: system, content: None };
    let mut pilot = false;
    for (rule, finding) in rules::all(&cell, context) {
        match finding {
            Finding::Hide(_) => return None,
            Finding::Flag(_) if rule == Rule::R13 => pilot = true,
            _ => {}
        }
    }
    let coarse = |steps: &[f64], least: f64| steps.iter().copied().find(|s| *s >= least / report.raters as f64 - DUST);
    let share_step = coarse(&SHARES, f64::from(LEAST_RATERS))?;
    let correlation_step = coarse(&CORRELATIONS, 4.0)?;
    let covariance_step = coarse(&COVARIANCES, 1.0)?;
    let round = |value: f64| to(value, correlation_step);
    let enough = |raters: usize| {
        let cell = structure(Measure::Score, raters, report.half_width);
        !matches!(minimum(&cell, context), Finding::Hide(_))
    };

    let count = report.items.len();
    let open: Vec<bool> = report.items.iter().map(|item| enough(item.usage.raters)).collect();
    let pair = |k: usize, l: usize| open[k] && open[l] && enough(report.pair_raters[k][l]);
    // A number over all items, beside the same number over all but one, would tell that one.
    let whole = (0..count).all(|k| (0..count).all(|l| pair(k, l)));
    let varied: Vec<usize> = (0..count).filter(|&k| report.moments.covariance[k][k].is_some_and(|v| v > 0.0)).collect();
    let moments = &report.moments;
    let items = report.items.iter().enumerate().map(|(k, item)| {
        let without: Vec<usize> = varied.iter().copied().filter(|&l| l != k).collect();
        let numbers = open[k].then(|| {
            let mut numbers = numbers(item, report, context, share_step, covariance_step)?;
            let counts = whole && varied.contains(&k);
            numbers.rest = moments.rest(k, &varied).filter(|_| counts).map(round);
            numbers.alpha_without = moments.alpha(&without).filter(|_| counts).map(round);
            Some(numbers)
        });
        ItemLine { id: item.id.clone(), weight: item.weight, numbers: numbers.flatten() }
    });
    let items: Vec<ItemLine> = items.collect();
    let variances = variances(&report.variances, covariance_step);
    let square = |matrix: &[Vec<f64>]| -> Vec<Vec<f64>> {
        matrix.iter().map(|row| row.iter().map(|v| to(*v, covariance_step)).collect()).collect()
    };
    let told = |value: Option<f64>| value.filter(|_| whole).map(round);
    Some(Released::seal(ItemReport {
        pilot,
        raters: n_band(report.raters),
        ballots: to_five(report.ballots),
        share_step,
        correlation_step,
        alpha: told(moments.alpha(&varied)),
        omega: told(moments.omega(&varied)),
        correlation: (0..count)
            .map(|k| (0..count).map(|l| moments.correlation[k][l].filter(|_| pair(k, l)).map(round)).collect())
            .collect(),
        eigenvalues: moments
            .eigenvalues(&varied)
            .filter(|_| whole)
            .map(|values| values.into_iter().map(round).collect()),
        ballots_needed: needed(&variances),
        reliability: reliability(&variances, report.ballots, report.ratees),
        variances,
        layers: report.layers.as_ref().filter(|_| whole).map(|layers| PrintedLayers {
            step: covariance_step,
            ratee: square(&sum(&layers.ratee, &layers.court)),
            rater: square(&layers.rater),
            residual: square(&layers.residual),
        }),
        links: report.sums.difficulty().filter(|_| whole).map(|difficulty| PrintedLinks {
            difficulty: difficulty.iter().map(|d| to(*d, covariance_step)).collect(),
            together: report
                .sums
                .matrix
                .iter()
                .map(|row| row.iter().map(|m| to(m / report.ballots.max(1) as f64, covariance_step)).collect())
                .collect(),
        }),
        items,
    }))
}

fn numbers(item: &ItemFacts, report: &Report, context: &Context, share: f64, covariance: f64) -> Option<ItemNumbers> {
    let usage = &item.usage;
    let (mean, sd) = usage.moments()?;
    let cell = structure(Measure::Item(item.id.clone()), usage.raters, report.half_width);
    let content =
        Content { range: Range::Level, value: mean, error: 0.0, raw: None, reliability: None, tier: None, moved: None };
    let (printed, flags) = print::print(&cell, &content, &BTreeMap::new(), context, 0.0)?;
    let bins = bins(usage, share);
    let top = usage.ceiling_share().unwrap_or(0.0);
    let alone = bins.as_ref().is_some_and(|bins| bins.last().is_some_and(|bin| usize::from(bin.from) == LEVELS));
    let ceiling = match &bins {
        Some(_) if alone => Some(edges(top, share)),
        None if top > MOST_SHARE => Some([MOST_SHARE, 1.0]),
        _ => None,
    };
    // A large share that a few raters make up would tell about those few.
    let seen = edges(usage.not_observed_share()?, share);
    let not_observed = Some(seen).filter(|seen| seen[0] == 0.0 || usage.not_observed_raters >= LEAST_RATERS as usize);
    let variances = item.variances.map(|v| variances(&v, covariance));
    Some(ItemNumbers {
        raters: n_band(usage.raters),
        answered: to_five(usage.answered() as usize),
        mean: printed.value,
        mean_bound: flags.first().copied(),
        sd: to(sd, printed.step),
        bins,
        ceiling,
        not_observed,
        rest: None,
        alpha_without: None,
        variances,
        ballots: variances.map_or([None, None], |v| needed(&v)),
        reliability: variances.map(|v| reliability(&v, usage.answered() as usize, report.ratees)),
    })
}

fn structure(measure: Measure, raters: usize, half_width: f64) -> Structure {
    Structure {
        key: Key { scope: Scope::System, subject: "city".into(), measure, audience: Audience::Public },
        raters,
        court: String::new(),
        ratees: 0,
        invited: 0,
        apart: false,
        bridges: 0,
        cover: None,
        precision: Some((None, half_width)),
    }
}

/// Variances on their grid; an estimate below zero means none.
fn variances(exact: &Variances, step: f64) -> Variances {
    let print = |value: f64| to(value.max(0.0), step);
    Variances { ratee: print(exact.ratee), rater: print(exact.rater), residual: print(exact.residual) }
}

fn needed(variances: &Variances) -> [Option<u32>; 2] {
    [0.7, 0.8].map(|target| variances.ballots(target))
}

/// Band of the reliability that the mean number of ballots per ratee brings.
fn reliability(variances: &Variances, ballots: usize, ratees: usize) -> String {
    let mean = (ballots as f64 / ratees.max(1) as f64).round();
    band(variances.reliability(mean as u32), 0.1, 1)
}

fn sum(one: &[Vec<f64>], other: &[Vec<f64>]) -> Vec<Vec<f64>> {
    one.iter().zip(other).map(|(a, b)| a.iter().zip(b).map(|(x, y)| x + y).collect()).collect()
}
