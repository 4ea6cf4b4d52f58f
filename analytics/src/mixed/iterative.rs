//! The conjugate-gradient engine: time linear in the number of pairs, memory for the pairs alone.
//! Invariant: seeded; the same table and seed give the same bits on any number of threads.
//! Sources: Rademacher traces (Hutchinson 1990), Rao-Blackwellised draws; `methods/mixed-model.md`.
//! Absent on purpose: any matrix as large as the number of ratees squared.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::StandardNormal;

use super::Refused;
use super::cross::{Cross, Solution};
use super::krylov::{self, draw};
use super::posterior::Posterior;
use super::precondition::Precondition;
use super::schur::{Lanes, Schur};

/// Vectors that go through the pairs together.
const WIDTH: usize = 8;
/// Preconditioned residual of probes; their own noise is far larger.
const PROBE: f64 = 1e-4;
/// Share of a draw that may be missing; its square is missing in a variance, whose noise is a hundredth.
const DRAW: f64 = 3e-3;
/// Rows from which eight probes are enough.
const MANY: usize = 1_000_000;
/// Draws for standard errors of levels and of many contrasts.
pub(super) const DRAWS: usize = 128;
/// Rows from which fewer draws do: levels then hold more rows, and draws cost most there.
const VAST: usize = 30_000_000;

/// A prepared engine at given variance ratios.
pub(super) struct Iterative {
    lambda: Vec<f64>,
    seed: u64,
    whole: Precondition,
}

/// Diagonal of the inverse given the coefficients, and its determinant, both from draws.
pub(super) struct Spread {
    /// By block.
    pub variances: Vec<Vec<f64>>,
    /// Logarithm of the determinant of the normal equations without the fixed part.
    pub log_det: f64,
    /// Standard error of it.
    pub log_det_error: f64,
}

impl Iterative {
    /// Prepares for `lambda`, in the order of blocks.
    ///
    /// # Errors
    /// [`Refused::Indefinite`] when the preconditioner cannot be factorised.
    pub fn new(cross: &Cross, lambda: &[f64], seed: u64) -> Result<Self, Refused> {
        let whole = Precondition::new(&Schur::new(cross, lambda, false))?;
        Ok(Self { lambda: lambda.to_vec(), seed, whole })
    }

    /// Solves the normal equations to `tolerance`, near `start` where there is one.
    ///
    /// # Errors
    /// [`Refused::NotSettled`] when it does not converge.
    pub fn solve(
        &self,
        cross: &Cross,
        sides: &[Solution],
        start: Option<&Solution>,
        tolerance: f64,
    ) -> Result<Vec<Solution>, Refused> {
        let schur = Schur::new(cross, &self.lambda, false);
        let mut solved = Vec::with_capacity(sides.len());
        let mut left = sides;
        while !left.is_empty() {
            let take = left.len().min(WIDTH);
            let (now, later) = left.split_at(take);
            solved.extend(match take {
                1 => self.lanes::<1>(&schur, now, start, tolerance)?,
                2 => self.lanes::<2>(&schur, now, start, tolerance)?,
                3 | 4 => self.lanes::<4>(&schur, now, start, tolerance)?,
                _ => self.lanes::<WIDTH>(&schur, now, start, tolerance)?,
            });
            left = later;
        }
        Ok(solved)
    }

    fn lanes<const N: usize>(
        &self,
        schur: &Schur,
        sides: &[Solution],
        start: Option<&Solution>,
        tolerance: f64,
    ) -> Result<Vec<Solution>, Refused> {
        let (first, rest) = reduced::<N>(schur, sides);
        let start = start.map(|at| at.rest.iter().map(|&value| [value; N]).collect());
        let (x, _) = krylov::solve(|v| schur.apply(v), |v| self.whole.solve(v), &rest, start, [tolerance; N])?;
        let explained = schur.gathered(&x);
        Ok((0..sides.len())
            .map(|lane| Solution {
                first: (0..first.len()).map(|i| (first[i][lane] - explained[i][lane]) / schur.diagonal[i]).collect(),
                rest: x.iter().map(|value| value[lane]).collect(),
            })
            .collect())
    }

    /// Draws from the posterior of the unknowns that are not eliminated, `N(0, S^-1)`, fixed part included.
    pub fn posterior(&self, cross: &Cross) -> Posterior {
        let schur = Schur::new(cross, &self.lambda, false);
        let round = |round: usize| {
            // Other streams than the probes' and those of `spread`.
            let mut random = self.generator(2000 + round as u64);
            let z: Lanes<WIDTH> =
                (0..schur.dim()).map(|_| std::array::from_fn(|_| random.sample(StandardNormal))).collect();
            let drawn = draw(&schur, &self.whole, &z, DRAW);
            (drawn.draws, drawn.images)
        };
        Posterior::new(&schur, &self.whole, (0..DRAWS / WIDTH).map(round).collect())
    }

    /// `tr(C^kk)` of each block, given the coefficients if asked.
    ///
    /// # Errors
    /// [`Refused::NotSettled`] when a probe does not converge.
    pub fn traces(&self, cross: &Cross, given_fixed: bool) -> Result<Vec<f64>, Refused> {
        let schur = Schur::new(cross, &self.lambda, given_fixed);
        let own = if given_fixed { Some(Precondition::new(&schur)?) } else { None };
        let precondition = own.as_ref().unwrap_or(&self.whole);
        let rounds = if cross.n() >= MANY { 1 } else { 4 };
        let mut traces = vec![0.0; cross.blocks.len()];
        for round in 0..rounds {
            let mut random = self.generator(round);
            let z: Lanes<WIDTH> = (0..schur.dim())
                .map(|_| std::array::from_fn(|_| if random.random::<bool>() { 1.0 } else { -1.0 }))
                .collect();
            let known = precondition.solve(&z);
            let (x, _) =
                krylov::solve(|v| schur.apply(v), |v| precondition.solve(v), &z, Some(known.clone()), [PROBE; WIDTH])?;
            for (position, trace) in traces.iter_mut().enumerate().skip(1) {
                // The preconditioner's own trace is known: only the difference is left to chance.
                for unknown in cross.block(position) {
                    for lane in 0..WIDTH {
                        *trace += z[unknown][lane] * (x[unknown][lane] - known[unknown][lane]);
                    }
                }
            }
            let (az, ax) = (schur.gathered(&z), schur.gathered(&x));
            for ((one, other), d) in az.iter().zip(&ax).zip(&schur.diagonal) {
                traces[0] += (0..WIDTH).map(|lane| one[lane] * other[lane]).sum::<f64>() / (d * d);
            }
        }
        for (position, trace) in traces.iter_mut().enumerate() {
            *trace /= (rounds as usize * WIDTH) as f64;
            *trace += if position == 0 {
                schur.diagonal.iter().map(|d| 1.0 / d).sum::<f64>()
            } else {
                precondition.inverse_trace(cross.block(position))
            };
        }
        Ok(traces)
    }

    /// Variances of all levels and the determinant, given the coefficients.
    ///
    /// # Errors
    /// [`Refused::Indefinite`] when the preconditioner cannot be factorised.
    pub fn spread(&self, cross: &Cross) -> Result<Spread, Refused> {
        let schur = Schur::new(cross, &self.lambda, true);
        let precondition = Precondition::new(&schur)?;
        let rounds = if cross.n() >= VAST { DRAWS / WIDTH / 4 } else { DRAWS / WIDTH };
        let dim = schur.dim();
        let (mut rest, mut first) = (vec![0.0; dim], vec![0.0; cross.eliminated()]);
        let mut logs = Vec::new();
        for round in 0..rounds {
            // Other streams than the probes'.
            let mut random = self.generator(1000 + round as u64);
            let z: Lanes<WIDTH> = (0..dim).map(|_| std::array::from_fn(|_| random.sample(StandardNormal))).collect();
            let drawn = draw(&schur, &precondition, &z, DRAW);
            for (j, sum) in rest.iter_mut().enumerate() {
                // The mean given all other unknowns: its variance and the known one add up.
                let d = precondition.diagonal[j];
                *sum += (0..WIDTH).map(|m| (drawn.draws[j][m] - drawn.images[j][m] / d).powi(2)).sum::<f64>();
            }
            for ((sum, value), d) in first.iter_mut().zip(schur.gathered(&drawn.draws)).zip(&schur.diagonal) {
                *sum += value.iter().map(|v| v * v).sum::<f64>() / (d * d);
            }
            logs.extend(drawn.logs);
        }
        let count = logs.len() as f64;
        let first = first.iter().zip(&schur.diagonal).map(|(sum, d)| 1.0 / d + sum / count).collect();
        let all: Vec<f64> = rest.iter().zip(&precondition.diagonal).map(|(sum, d)| 1.0 / d + sum / count).collect();
        let mut variances: Vec<Vec<f64>> = vec![first];
        variances.extend((1..cross.blocks.len()).map(|k| all[cross.block(k)].to_vec()));
        let mean = logs.iter().sum::<f64>() / count;
        let squares: f64 = logs.iter().map(|log| (log - mean).powi(2)).sum();
        Ok(Spread {
            variances,
            log_det: precondition.log_det() + mean + schur.diagonal.iter().map(|d| d.ln()).sum::<f64>(),
            log_det_error: (squares / (count - 1.0) / count).sqrt(),
        })
    }

    fn generator(&self, stream: u64) -> ChaCha8Rng {
        let mut random = ChaCha8Rng::seed_from_u64(self.seed);
        random.set_stream(stream);
        random
    }
}

/// Right-hand sides side by side, the eliminated factor taken out of the rest.
fn reduced<const N: usize>(schur: &Schur, sides: &[Solution]) -> (Lanes<N>, Lanes<N>) {
    let pick =
        |of: &dyn Fn(&Solution) -> f64| -> [f64; N] { std::array::from_fn(|lane| sides.get(lane).map_or(0.0, of)) };
    let first: Lanes<N> = (0..schur.cross.eliminated()).map(|i| pick(&|s| s.first[i])).collect();
    let mut rest: Lanes<N> = (0..schur.dim()).map(|j| pick(&|s| s.rest[j])).collect();
    schur.reduce(&first, &mut rest);
    (first, rest)
}
