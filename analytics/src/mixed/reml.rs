//! Restricted maximum likelihood by average information, with EM steps where it fails.
//! Invariant: a step is kept only if the criterion does not grow; a variance that runs to zero is
//! set to zero, its factor dropped and named. Method and sources: `methods/mixed-model.md`.
//! Absent on purpose: maximum likelihood, which nothing in the product asks for.

use std::sync::Arc;

use faer::Mat;

use super::Refused;
use super::exact::{Solution, Solver, System};
use super::fit::{Fit, finish};
use super::fixed::{Canonical, dot};

/// Largest relative change of a variance at which the iteration stops.
const SETTLED: f64 = 1e-8;
/// Share of the residual variance below which a component counts as zero.
const BOUNDARY: f64 = 1e-8;
/// More than any regular fit needs (five to ten); the rest is for flat or boundary problems.
const MOST_STEPS: usize = 200;
/// Residual variance relative to the squared spread below which nothing is left to estimate.
pub(super) const NOTHING: f64 = 1e-12;

/// Everything known at one set of variances (`active` order, residual last).
pub(super) struct Point {
    variances: Vec<f64>,
    pub solver: Solver,
    pub solution: Solution,
    pub residuals: Vec<f64>,
    /// `y' P y` times the residual variance.
    pub penalised: f64,
    criterion: f64,
}

impl Point {
    pub fn at(system: &System, variances: &[f64]) -> Result<Self, Refused> {
        let residual = variances[variances.len() - 1];
        let lambda: Vec<f64> = system.active.iter().enumerate().map(|(k, _)| residual / variances[k]).collect();
        let solver = system.factorise(&lambda)?;
        let solution = system.solve(&solver, &system.project(&system.rows.y));
        let fitted = system.fitted(&solution);
        let residuals: Vec<f64> = system.rows.y.iter().zip(&fitted).map(|(y, f)| y - f).collect();
        let ridge: f64 = (0..system.active.len()).map(|k| lambda[k] * squares(system.effects(&solution, k))).sum();
        // Summed from residuals instead of y'Wy - v'T'Wy: no cancellation.
        let penalised = weighted_squares(&system.rows.weights, &residuals) + ridge;
        let freedom = (system.rows.rows() - system.rows.columns.len()) as f64;
        let criterion = system.log_terms(&solver, &lambda)
            + freedom * (std::f64::consts::TAU * residual).ln()
            + penalised / residual;
        Ok(Self { variances: variances.to_vec(), solver, solution, residuals, penalised, criterion })
    }

    fn residual(&self) -> f64 {
        self.variances[self.variances.len() - 1]
    }
}

fn squares(values: &[f64]) -> f64 {
    values.iter().map(|v| v * v).sum()
}

fn weighted_squares(weights: &[f64], values: &[f64]) -> f64 {
    weights.iter().zip(values).map(|(w, v)| w * v * v).sum()
}

/// Factors that can carry a variance: at least two levels and no twin before them.
fn usable(rows: &Canonical) -> Vec<usize> {
    let mut kept: Vec<usize> = Vec::new();
    for (index, factor) in rows.factors.iter().enumerate() {
        // One level is the intercept; a level per row is the residual.
        let levels = factor.levels().len();
        let twin = kept.iter().any(|&other| rows.factors[other].same_partition(factor));
        if levels > 1 && levels < rows.rows() && !twin {
            kept.push(index);
        }
    }
    kept
}

/// Fits by REML from the usual start: four tenths of the variance on the factors, six on the residual.
pub(super) fn fit(rows: &Arc<Canonical>) -> Result<Fit, Refused> {
    let variance = weighted_squares(&rows.weights, &rows.y) / rows.rows() as f64;
    if rows.spread == 0.0 || variance <= 0.0 {
        return Err(Refused::NoVariance);
    }
    let mut active = usable(rows);
    let mut start: Vec<f64> = vec![0.4 * variance / active.len().max(1) as f64; active.len()];
    start.push(0.6 * variance);
    let mut steps = 0;
    loop {
        let system = System::new(rows, &active);
        // `System` orders the active factors; bring the start into that order.
        let mut ordered: Vec<f64> = system
            .active
            .iter()
            .map(|factor| active.iter().position(|other| other == factor).map_or(variance, |k| start[k]))
            .collect();
        ordered.push(start[start.len() - 1]);
        let (point, vanished) = climb(&system, &ordered, &mut steps)?;
        let Some(vanished) = vanished else {
            return finish(system, &point.variances, steps);
        };
        active = system.active.clone();
        active.remove(vanished);
        start = point.variances;
        start.remove(vanished);
    }
}

/// Solves at given ratios (`theta` in the caller's factor order) with the residual profiled out.
pub(super) fn fit_at(rows: &Arc<Canonical>, theta: &[f64]) -> Result<Fit, Refused> {
    if rows.spread == 0.0 {
        return Err(Refused::NoVariance);
    }
    let usable = usable(rows).into_iter().filter(|&k| theta[k] > 0.0).collect::<Vec<_>>();
    let system = System::new(rows, &usable);
    let mut variances: Vec<f64> = system.active.iter().map(|&k| theta[k] * theta[k]).collect();
    variances.push(1.0);
    finish(system, &variances, 0)
}

/// Iterates to the optimum, or to the position of a component that has vanished.
fn climb(system: &System, start: &[f64], steps: &mut usize) -> Result<(Point, Option<usize>), Refused> {
    let mut point = Point::at(system, start)?;
    loop {
        let (score, information, em) = derivatives(system, &point);
        let next = advance(system, &point, &score, &information, &em)?;
        *steps += 1;
        let nothing = NOTHING * system.rows.spread * system.rows.spread;
        if next.residual() <= nothing {
            return Err(Refused::NoVariance);
        }
        let change = next.variances.iter().zip(&point.variances).map(|(new, old)| ((new - old) / old).abs());
        let change = change.fold(0.0, f64::max);
        point = next;
        let small = |k: &usize| point.variances[*k] < BOUNDARY * point.residual();
        if let Some(vanished) = (0..system.active.len()).find(small) {
            return Ok((point, Some(vanished)));
        }
        if change < SETTLED {
            return Ok((point, None));
        }
        if *steps >= MOST_STEPS {
            return Err(Refused::NotSettled);
        }
    }
}

/// Score, average information and the EM update at `point` (order of `variances`).
fn derivatives(system: &System, point: &Point) -> (Vec<f64>, Mat<f64>, Vec<f64>) {
    let count = system.active.len();
    let residual = point.residual();
    let traces = traces(system, point);
    let (mut score, mut em) = (Vec::new(), Vec::new());
    let mut freedom = (system.rows.rows() - system.rows.columns.len()) as f64;
    let mut working: Vec<Vec<f64>> = Vec::new();
    for (k, trace) in traces.iter().enumerate() {
        let variance = point.variances[k];
        let effects = system.effects(&point.solution, k);
        let levels = effects.len() as f64;
        let used = levels - residual / variance * trace;
        freedom -= used;
        score.push(-0.5 * (used / variance - squares(effects) / (variance * variance)));
        em.push((squares(effects) + residual * trace) / levels);
        let codes = system.rows.factors[system.active[k]].codes();
        working.push(codes.iter().map(|&code| effects[code as usize] / variance).collect());
    }
    let errors = weighted_squares(&system.rows.weights, &point.residuals);
    score.push(-0.5 * (freedom / residual - errors / (residual * residual)));
    em.push(point.penalised / (system.rows.rows() - system.rows.columns.len()) as f64);
    working.push(point.residuals.iter().map(|e| e / residual).collect());

    let sides: Vec<Solution> = working.iter().map(|f| system.project(f)).collect();
    let solved: Vec<Solution> = sides.iter().map(|side| system.solve(&point.solver, side)).collect();
    let mut information = Mat::zeros(count + 1, count + 1);
    for k in 0..=count {
        for l in 0..=k {
            let plain: f64 =
                (0..system.rows.rows()).map(|row| system.rows.weights[row] * working[k][row] * working[l][row]).sum();
            let explained = dot(&sides[k].first, &solved[l].first) + dot(&sides[k].rest, &solved[l].rest);
            information[(k, l)] = 0.5 * (plain - explained) / residual;
            information[(l, k)] = information[(k, l)];
        }
    }
    (score, information, em)
}

/// `tr(C^kk)` of each active factor.
fn traces(system: &System, point: &Point) -> Vec<f64> {
    let inverse = point.solver.schur_inverse();
    let first = || {
        system
            .cross
            .iter()
            .zip(&point.solver.diagonal)
            .map(|(entries, d)| {
                let mut form = 0.0;
                for (end, &(i, one)) in entries.iter().enumerate() {
                    let off: f64 = entries[..end].iter().map(|&(j, other)| other * inverse[(i, j)]).sum();
                    form += one * (2.0 * off + one * inverse[(i, i)]);
                }
                1.0 / d + form / (d * d)
            })
            .sum()
    };
    (0..system.active.len())
        .map(|k| if k == 0 { first() } else { system.block(k).map(|column| inverse[(column, column)]).sum() })
        .collect()
}

/// The next point: an average information step, shortened until it stays inside and does not make
/// the criterion worse, else an EM step, which never does.
fn advance(
    system: &System,
    point: &Point,
    score: &[f64],
    information: &Mat<f64>,
    em: &[f64],
) -> Result<Point, Refused> {
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
                let next = Point::at(system, &trial)?;
                if next.criterion <= point.criterion + 1e-9 * (1.0 + point.criterion.abs()) {
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
    let next = Point::at(system, &shrunk)?;
    if next.criterion <= point.criterion { Ok(next) } else { Point::at(system, em) }
}
