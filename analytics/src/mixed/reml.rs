//! Restricted or full maximum likelihood by average information, with EM steps where it fails.
//! Invariant: with the exact engine a step is kept only if the criterion does not grow; a variance
//! that runs to zero is set to zero, its factor dropped and named. Sources: `methods/mixed-model.md`.
//! Absent on purpose: the linear algebra; see `solver`.

use std::sync::Arc;

use faer::Mat;

use super::cross::{Cross, Solution};
use super::fit::{Fit, finish};
use super::fixed::dot;
use super::rows::Rows;
use super::solver::{INFORMATION, PREDICTION, Solver};
use super::start::start;
use super::{Criterion, Options, Path, Phase, Refused};

/// Largest relative change of a variance at which the exact engine stops: a step leaves about a
/// hundredth of its own length to go.
const SETTLED: f64 = 1e-6;
/// The same for conjugate gradients, whose traces are estimates.
const SETTLED_ROUGHLY: f64 = 1e-5;
/// The same where conjugate gradients only look for the neighbourhood of the exact optimum.
const NEARBY: f64 = 1e-2;
/// Share of the residual variance below which a component counts as zero.
const BOUNDARY: f64 = 1e-8;
/// More than any regular fit needs (five to ten); the rest is for flat or boundary problems.
const MOST_STEPS: usize = 200;
/// Residual variance relative to the squared spread below which nothing is left to estimate.
pub(super) const NOTHING: f64 = 1e-12;
/// Dense complements from which conjugate gradients find the neighbourhood first.
const WARM: usize = 256;

/// Everything known at one set of variances (order of blocks, residual last).
pub(super) struct Point {
    pub variances: Vec<f64>,
    pub solver: Solver,
    pub solution: Solution,
    /// Weighted sum of squared residuals.
    errors: f64,
    /// `y' P y` times the residual variance.
    pub penalised: f64,
    criterion: Option<f64>,
    /// Average information, order of variances; from the point before where this is the last one.
    information: Option<Mat<f64>>,
}

/// How to search.
struct Search<'o> {
    options: &'o Options<'o>,
    iterative: bool,
    settled: f64,
}

impl Search<'_> {
    fn given_fixed(&self) -> bool {
        self.options.criterion == Criterion::MaximumLikelihood
    }

    /// Whether the block at `position` is kept from zero.
    fn holds(&self, cross: &Cross, position: usize) -> bool {
        self.options.held.contains(&cross.blocks[position].factor)
    }

    /// Solves at `variances`, near `nearby`.
    fn at(&self, cross: &Cross, variances: &[f64], nearby: Option<&Solution>) -> Result<Point, Refused> {
        self.options.watch.phase(Phase::Solve);
        let residual = variances[variances.len() - 1];
        let lambda: Vec<f64> = variances[..cross.blocks.len()].iter().map(|v| residual / v).collect();
        let solver = Solver::new(cross, &lambda, self.iterative, self.options.seed)?;
        let side = cross.side();
        let solved = solver.solve(cross, std::slice::from_ref(&side), nearby, PREDICTION)?;
        let solution = solved.into_iter().next().ok_or(Refused::Indefinite)?;
        // Second order in whatever error the solution has.
        let errors = cross.yy - 2.0 * solution.dot(&side) + solution.dot(&cross.gram(&solution));
        let errors = errors.max(0.0);
        let ridge: f64 = (0..lambda.len()).map(|k| lambda[k] * squares(cross.effects(&solution, k))).sum();
        let penalised = errors + ridge;
        let criterion = if self.iterative {
            None
        } else {
            let terms = log_terms(cross, &solver, &lambda, self.given_fixed())?.0;
            let freedom = freedom(cross, self.options.criterion);
            let held: f64 = (0..lambda.len()).filter(|&k| self.holds(cross, k)).map(|k| variances[k].ln()).sum();
            Some(terms + freedom * (std::f64::consts::TAU * residual).ln() + penalised / residual - held)
        };
        Ok(Point { variances: variances.to_vec(), solver, solution, errors, penalised, criterion, information: None })
    }
}

/// Rows minus whatever the criterion counts as estimated.
pub(super) fn freedom(cross: &Cross, criterion: Criterion) -> f64 {
    match criterion {
        Criterion::Restricted => (cross.n() - cross.p()) as f64,
        Criterion::MaximumLikelihood => cross.n() as f64,
    }
}

/// The part of the criterion without the residual variance, `log|C^-1| - sum q log lambda - sum log w`,
/// with its standard error.
pub(super) fn log_terms(
    cross: &Cross,
    solver: &Solver,
    lambda: &[f64],
    given_fixed: bool,
) -> Result<(f64, f64), Refused> {
    let ridge: f64 = lambda.iter().zip(&cross.blocks).map(|(l, block)| block.levels() as f64 * l.ln()).sum();
    let (log_det, error) = solver.log_det(cross, given_fixed)?;
    Ok((log_det - ridge - cross.log_weights, error))
}

fn squares(values: &[f64]) -> f64 {
    values.iter().map(|v| v * v).sum()
}

impl Point {
    fn residual(&self) -> f64 {
        self.variances[self.variances.len() - 1]
    }

    /// Covariance of the estimated variances, order of blocks with the residual last.
    pub fn covariance(&self) -> Option<Mat<f64>> {
        use faer::linalg::solvers::DenseSolveCore;
        Some(self.information.as_ref()?.llt(faer::Side::Lower).ok()?.inverse())
    }
}

/// Cross products over the factors that can carry a variance: at least two levels, fewer than
/// rows, and no twin before them.
fn usable(rows: &Arc<dyn Rows>, keep: impl Fn(usize) -> bool) -> Result<Cross, Refused> {
    let n = rows.ranges().rows;
    // One level is the intercept; a level per row is the residual.
    let able = |&k: &usize| keep(k) && rows.factors()[k].count > 1 && rows.factors()[k].count < n;
    let mut active: Vec<usize> = (0..rows.factors().len()).filter(able).collect();
    loop {
        let cross = Cross::new(rows, &active)?;
        let Some((one, other)) = cross.twins() else { return Ok(cross) };
        active.retain(|&k| k != one.max(other));
    }
}

fn check(rows: &Arc<dyn Rows>) -> Result<(), Refused> {
    if rows.ranges().rows == 0 {
        return Err(Refused::Empty);
    }
    if rows.ranges().rows == 1 {
        return Err(Refused::TooFewRows { rows: 1, columns: 1 });
    }
    if rows.ranges().y.reach() <= 0.0 {
        return Err(Refused::NoVariance);
    }
    Ok(())
}

fn goes_iterative(cross: &Cross, options: &Options) -> bool {
    // Without a second factor there is no complement to iterate on.
    let possible = cross.blocks.len() > 1;
    match options.path {
        Path::Auto => possible && cross.dim() > options.dense,
        Path::Exact => false,
        Path::ConjugateGradients => possible,
    }
}

/// Fits the variances.
pub(super) fn fit(rows: &Arc<dyn Rows>, options: &Options) -> Result<Fit, Refused> {
    check(rows)?;
    options.watch.phase(Phase::Pairs);
    let mut cross = usable(rows, |_| true)?;
    if cross.yy <= 0.0 {
        return Err(Refused::NoVariance);
    }
    let mut variances = start(&cross);
    let mut steps = 0;
    loop {
        let iterative = goes_iterative(&cross, options);
        let rough = Search { options, iterative: true, settled: SETTLED_ROUGHLY };
        let exact = Search { options, iterative: false, settled: SETTLED };
        let mut nearby = None;
        if !iterative && cross.blocks.len() > 1 && cross.dim() > WARM {
            // A neighbourhood is enough, and not finding one is no reason to give up.
            let near = Search { options, iterative: true, settled: NEARBY };
            if let Ok((point, None)) = climb(&near, &cross, &variances, None, &mut 0) {
                variances = point.variances;
                nearby = Some(point.solution);
            }
        }
        let search = if iterative { &rough } else { &exact };
        let (point, vanished) = climb(search, &cross, &variances, nearby.as_ref(), &mut steps)?;
        let Some(vanished) = vanished else {
            return finish(cross, point, options, steps);
        };
        let gone = cross.blocks[vanished].factor;
        let factors: Vec<usize> = cross.blocks.iter().map(|block| block.factor).filter(|&k| k != gone).collect();
        let known: Vec<(usize, f64)> =
            cross.blocks.iter().zip(&point.variances).map(|(block, &variance)| (block.factor, variance)).collect();
        let residual = point.residual();
        cross = Cross::new(rows, &factors)?;
        variances = cross
            .blocks
            .iter()
            .map(|block| known.iter().find(|(factor, _)| *factor == block.factor).map_or(residual, |(_, v)| *v))
            .collect();
        variances.push(residual);
    }
}

/// Solves at given ratios (`theta` in the caller's factor order) with the residual profiled out.
pub(super) fn fit_at(rows: &Arc<dyn Rows>, theta: &[f64], options: &Options) -> Result<Fit, Refused> {
    check(rows)?;
    options.watch.phase(Phase::Pairs);
    let cross = usable(rows, |k| theta[k] > 0.0)?;
    let mut variances: Vec<f64> = cross.blocks.iter().map(|block| theta[block.factor] * theta[block.factor]).collect();
    variances.push(1.0);
    let search = Search { options, iterative: goes_iterative(&cross, options), settled: SETTLED };
    let point = search.at(&cross, &variances, None)?;
    finish(cross, point, options, 0)
}

/// Iterates to the optimum, or to the position of a component that has vanished.
fn climb(
    search: &Search,
    cross: &Cross,
    start: &[f64],
    nearby: Option<&Solution>,
    steps: &mut usize,
) -> Result<(Point, Option<usize>), Refused> {
    let mut point = search.at(cross, start, nearby)?;
    loop {
        let slopes = slopes(search, cross, &point)?;
        let mut next = advance(search, cross, &point, &slopes)?;
        next.information = Some(slopes.information);
        *steps += 1;
        if next.residual() <= NOTHING * cross.spread * cross.spread {
            return Err(Refused::NoVariance);
        }
        let change = next.variances.iter().zip(&point.variances).map(|(new, old)| ((new - old) / old).abs());
        let change = change.fold(0.0, f64::max);
        point = next;
        let small = |k: &usize| point.variances[*k] < BOUNDARY * point.residual();
        if let Some(vanished) = (0..cross.blocks.len()).find(small) {
            return Ok((point, Some(vanished)));
        }
        if change < search.settled {
            return Ok((point, None));
        }
        if *steps >= MOST_STEPS {
            return Err(Refused::NotSettled);
        }
    }
}

/// Score, average information and the EM update at a point (order of variances).
struct Slopes {
    score: Vec<f64>,
    information: Mat<f64>,
    em: Vec<f64>,
}

fn slopes(search: &Search, cross: &Cross, point: &Point) -> Result<Slopes, Refused> {
    search.options.watch.phase(Phase::Traces);
    let count = cross.blocks.len();
    let residual = point.residual();
    let traces = point.solver.traces(cross, search.given_fixed())?;
    search.options.watch.phase(Phase::Solve);
    let (mut score, mut em) = (Vec::new(), Vec::new());
    let all = freedom(cross, search.options.criterion);
    let mut left = all;
    let mut sides = Vec::new();
    for (k, trace) in traces.iter().enumerate() {
        let variance = point.variances[k];
        let effects = cross.effects(&point.solution, k);
        let levels = effects.len() as f64;
        let used = levels - residual / variance * trace;
        left -= used;
        // The factor sigma_k on the likelihood adds half a logarithm of the variance.
        let held = if search.holds(cross, k) { 1.0 } else { 0.0 };
        score.push(-0.5 * ((used - held) / variance - squares(effects) / (variance * variance)));
        em.push((squares(effects) + residual * trace) / (levels - held));
        sides.push(cross.gram(&working(cross, point, k)));
    }
    score.push(-0.5 * (left / residual - point.errors / (residual * residual)));
    em.push(point.penalised / all);
    // T'We is what the ridges balance: lambda u for the random part, nothing for the fixed one.
    let mut errors = Solution { first: vec![0.0; cross.eliminated()], rest: vec![0.0; cross.dim()] };
    for k in 0..count {
        let scaled = working(cross, point, k);
        errors.first.iter_mut().zip(&scaled.first).for_each(|(sum, v)| *sum += v);
        errors.rest.iter_mut().zip(&scaled.rest).for_each(|(sum, v)| *sum += v);
    }
    sides.push(errors);
    let solved = point.solver.solve(cross, &sides, None, INFORMATION)?;
    let mut information = Mat::zeros(count + 1, count + 1);
    for k in 0..=count {
        for l in 0..=k {
            let plain = match (k == count, l == count) {
                (true, true) => point.errors / (residual * residual),
                // f_l' W e / sigma^2, and for two factors f_l' W f_k.
                _ => dot(cross.effects(&sides[k], l), cross.effects(&point.solution, l)) / point.variances[l],
            };
            information[(k, l)] = 0.5 * (plain - sides[k].dot(&solved[l])) / residual;
            information[(l, k)] = information[(k, l)];
        }
    }
    for k in (0..count).filter(|&k| search.holds(cross, k)) {
        information[(k, k)] += 0.5 / (point.variances[k] * point.variances[k]);
    }
    Ok(Slopes { score, information, em })
}

/// The working variate of the block at `position` as a vector over the unknowns: `u / variance`.
fn working(cross: &Cross, point: &Point, position: usize) -> Solution {
    let mut at = Solution { first: vec![0.0; cross.eliminated()], rest: vec![0.0; cross.dim()] };
    let scaled = cross.effects(&point.solution, position).iter().map(|u| u / point.variances[position]);
    if position == 0 {
        at.first = scaled.collect();
    } else {
        let block = cross.block(position);
        at.rest[block].iter_mut().zip(scaled).for_each(|(to, value)| *to = value);
    }
    at
}

/// The next point: an average information step, shortened until it stays inside and does not make
/// the criterion worse, else an EM step, which never does.
fn advance(search: &Search, cross: &Cross, point: &Point, slopes: &Slopes) -> Result<Point, Refused> {
    let Slopes { score, information, em } = slopes;
    let nearby = Some(&point.solution);
    if let Ok(factor) = information.llt(faer::Side::Lower) {
        use faer::linalg::solvers::Solve;
        let mut step = Mat::from_fn(score.len(), 1, |k, _| score[k]);
        factor.solve_in_place(&mut step);
        let mut share = 1.0;
        // Thirty halvings take any step below the tolerance.
        for _ in 0..30 {
            let trial: Vec<f64> = point.variances.iter().enumerate().map(|(k, v)| v + share * step[(k, 0)]).collect();
            let inside = trial.iter().zip(&point.variances).all(|(new, old)| *new > 0.1 * old);
            if inside {
                let next = search.at(cross, &trial, nearby)?;
                if no_worse(&next, point, 1e-9) {
                    return Ok(next);
                }
            }
            share *= 0.5;
        }
    }
    // The information vanishes with the effects themselves, and EM creeps towards a boundary: try
    // to take what wants to shrink down by the largest step an information step may take.
    let shrunk: Vec<f64> = (0..em.len())
        .map(|k| {
            let shrinks = k + 1 < em.len() && score[k] < 0.0;
            if shrinks { 0.1 * point.variances[k] } else { em[k] }
        })
        .collect();
    let next = search.at(cross, &shrunk, nearby)?;
    if no_worse(&next, point, 0.0) { Ok(next) } else { search.at(cross, em, nearby) }
}

/// Whether the criterion has not grown; conjugate gradients have none to ask at every step.
fn no_worse(next: &Point, point: &Point, slack: f64) -> bool {
    match (next.criterion, point.criterion) {
        (Some(new), Some(old)) => new <= old + slack * (1.0 + old.abs()),
        _ => true,
    }
}
