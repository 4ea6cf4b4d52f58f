//! Covariances of items between ratees, courts, raters, home courts and within ballots.
//! Invariant: quadratic in the answers at the headline's variance ratios, so that for any weights
//! `w` the variances of the weighted score are `w' S w`; at the rubric's own weights they are the
//! headline's. Method: `methods/items.md`. Absent on purpose: a fit of its own.

use faer::linalg::solvers::Solve;
use faer::{Mat, Side};

use crate::design::Factor;
use crate::mixed::{Fit, Refused};

/// Levels times probes that a factor's traces are worth: small factors are exact, large ones are
/// sampled to about one part in a hundred.
const PROBES: usize = 20_000;
const LEAST_PROBES: usize = 8;
/// Probes that are solved together.
const TOGETHER: usize = 8;

/// One square matrix per variance component; entry `[k][l]` belongs to items k and l.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Layers {
    /// Between ratees inside their court.
    pub ratee: Vec<Vec<f64>>,
    /// Between raters inside their home court.
    pub rater: Vec<Vec<f64>>,
    /// Between home courts.
    pub home: Vec<Vec<f64>>,
    /// Between courts of ratees.
    pub court: Vec<Vec<f64>>,
    /// Around all that, ballot of weight one.
    pub residual: Vec<Vec<f64>>,
}

/// Expected quadratic forms of a design at given ratios (Rao 1971, MINQUE): with `P` the residual
/// operator, `T_ij = tr(P Z_i Z_i' P Z_j Z_j')`.
pub(super) struct Design {
    ratios: Vec<f64>,
    active: Vec<usize>,
    traces: Mat<f64>,
}

impl Design {
    /// Traces of the design behind `fit`, with `theta` per factor. `forms` are the quadratic forms
    /// of a response whose restricted likelihood is at its optimum here, over its residual
    /// variance: they equal `tr(P Z_i Z_i')` and make the result exact for that response.
    ///
    /// # Errors
    /// [`Refused`] when the rows cannot be read again.
    pub fn new(fit: &Fit, factors: &[Factor], theta: &[f64], forms: Option<&[f64]>) -> Result<Self, Refused> {
        let active: Vec<usize> = (0..factors.len()).filter(|&i| theta[i] > 0.0 && !fit.components[i].dropped).collect();
        let ratios: Vec<f64> = theta.iter().map(|t| t * t).collect();
        let size = active.len();
        let mut traces = Mat::<f64>::zeros(size + 1, size + 1);
        let mut own = vec![0.0; size];
        for (at, &i) in active.iter().enumerate() {
            let levels = factors[i].levels().len();
            for some in probes(i, levels).chunks(TOGETHER) {
                let predicted = fit.predict_levels(i, &some.iter().map(|(p, _)| p.as_slice()).collect::<Vec<_>>())?;
                for ((probe, share), predicted) in some.iter().zip(&predicted) {
                    for (other, &j) in active.iter().enumerate() {
                        let part = fit.effects_at(predicted, j);
                        // The prediction is ratio * Z' P response.
                        let squares: f64 = part.iter().map(|u| u * u).sum();
                        traces[(at, other)] += share * squares / (ratios[j] * ratios[j]);
                        if i == j {
                            own[at] += share * part.iter().zip(probe).map(|(u, z)| u * z).sum::<f64>() / ratios[i];
                        }
                    }
                }
            }
        }
        for at in 0..size {
            for other in 0..at {
                let mean = f64::midpoint(traces[(at, other)], traces[(other, at)]);
                traces[(at, other)] = mean;
                traces[(other, at)] = mean;
            }
        }
        if let Some(forms) = forms {
            own = active.iter().map(|&i| forms[i]).collect();
        }
        // The residual's row follows from P V P = P and tr(P V) = n - p.
        let freedom = fit.residuals.len() as f64 - fit.coefficients.len() as f64;
        let mut rest = freedom;
        let mut corner = 0.0;
        for at in 0..size {
            let spent: f64 = (0..size).map(|other| ratios[active[other]] * traces[(at, other)]).sum();
            let side = own[at] - spent;
            traces[(at, size)] = side;
            traces[(size, at)] = side;
            rest -= ratios[active[at]] * own[at];
            corner += ratios[active[at]] * side;
        }
        traces[(size, size)] = rest - corner;
        Ok(Self { ratios, active, traces })
    }

    /// Covariance of two responses per factor, and of the residual last; zeros for factors without
    /// effect. `None` when the design cannot tell the components apart.
    pub fn covariance(&self, one: &Fit, other: &Fit, weights: &[f64]) -> Option<Vec<f64>> {
        let factors = self.ratios.len();
        let forms = forms(one, other, weights, &self.ratios);
        let size = self.active.len();
        let side = Mat::from_fn(size + 1, 1, |at, _| forms[self.active.get(at).copied().unwrap_or(factors)]);
        let solved = self.traces.llt(Side::Lower).ok()?.solve(&side);
        let mut out = vec![0.0; factors + 1];
        for (at, &i) in self.active.iter().enumerate() {
            out[i] = solved[(at, 0)];
        }
        out[factors] = solved[(size, 0)];
        out.iter().all(|v| v.is_finite()).then_some(out)
    }
}

/// `y' P Z_i Z_i' P x` per factor and `y' P W^-1 P x` last, for two fits of one design.
pub(super) fn forms(one: &Fit, other: &Fit, weights: &[f64], ratios: &[f64]) -> Vec<f64> {
    let mut forms: Vec<f64> = ratios
        .iter()
        .enumerate()
        .map(|(i, ratio)| {
            let product: f64 = one.effects[i].iter().zip(&other.effects[i]).map(|(a, b)| a * b).sum();
            if *ratio > 0.0 { product / (ratio * ratio) } else { 0.0 }
        })
        .collect();
    forms.push(one.residuals.iter().zip(&other.residuals).zip(weights).map(|((a, b), w)| a * b * w).sum());
    forms
}

/// Vectors over the levels of factor `i` whose outer products average to the identity when each
/// counts with its share: unit vectors, or signs of a fixed sequence where levels are many.
fn probes(i: usize, levels: usize) -> Vec<(Vec<f64>, f64)> {
    let count = (PROBES / levels.max(1)).max(LEAST_PROBES);
    if count >= levels {
        let unit = |l: usize| (0..levels).map(|k| if k == l { 1.0 } else { 0.0 }).collect();
        return (0..levels).map(|l| (unit(l), 1.0)).collect();
    }
    let sign = |probe: usize, level: usize| {
        let place = (i as u64) << 56 | (probe as u64) << 40 | level as u64;
        if mixed(place) & 1 == 0 { 1.0 } else { -1.0 }
    };
    let vector = |probe: usize| (0..levels).map(|level| sign(probe, level)).collect();
    (0..count).map(|probe| (vector(probe), 1.0 / count as f64)).collect()
}

/// SplitMix64 (Steele, Lea and Flood 2014): the signs are the same in every run.
fn mixed(place: u64) -> u64 {
    let mut z = place.wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use faer::linalg::solvers::DenseSolveCore;
    use faer::{Mat, Side};

    use super::Design;
    use crate::design::Factor;
    use crate::mixed::{Column, Problem};

    const ROWS: usize = 30;

    fn problem() -> Problem {
        let label = |row: usize, step: usize, levels: usize| format!("{}", (row * step + row * row % 5) % levels);
        let column = |step: usize, levels: usize| (0..ROWS).map(|row| label(row, step, levels)).collect::<Vec<_>>();
        let wave = |row: usize, pace: f64| (row as f64 * pace).sin();
        Problem {
            y: (0..ROWS).map(|row| wave(row, 1.7) + 0.3 * wave(row, 0.4)).collect(),
            weights: (0..ROWS).map(|row| 1.0 + 0.5 * wave(row, 2.3)).collect(),
            factors: vec![Factor::new("ratee", &column(3, 5)), Factor::new("rater", &column(7, 8))],
            fixed: vec![Column { name: "x".into(), values: (0..ROWS).map(|row| wave(row, 0.9)).collect() }],
        }
    }

    /// The textbook: `P = V^-1 - V^-1 X (X'V^-1 X)^-1 X'V^-1` and traces of products, all dense.
    #[test]
    fn components_are_those_of_the_dense_formula() {
        let theta = [0.6, 0.9];
        let problem = problem();
        let fit = problem.fit_at(&theta).expect("a fit");
        let other = Problem { y: problem.y.iter().map(|y| y * y).collect(), ..problem.clone() };
        let second = other.fit_at(&theta).expect("a fit");
        let design = Design::new(&fit, &problem.factors, &theta, None).expect("solved");
        let got = design.covariance(&fit, &second, &problem.weights).expect("components");

        let mut parts: Vec<Mat<f64>> = problem
            .factors
            .iter()
            .map(|f| Mat::from_fn(ROWS, ROWS, |a, b| f64::from(u8::from(f.codes()[a] == f.codes()[b]))))
            .collect();
        parts.push(Mat::from_fn(ROWS, ROWS, |a, b| if a == b { 1.0 / problem.weights[a] } else { 0.0 }));
        let mut v = parts[2].clone();
        for (part, t) in parts.iter().zip(theta) {
            v += faer::Scale(t * t) * part;
        }
        let x = Mat::from_fn(ROWS, 2, |row, c| if c == 0 { 1.0 } else { problem.fixed[0].values[row] });
        let vi = v.llt(Side::Lower).expect("positive").inverse();
        let middle = (x.transpose() * &vi * &x).llt(Side::Lower).expect("positive").inverse();
        let p = &vi - &vi * &x * middle * x.transpose() * &vi;
        let y = |problem: &Problem| Mat::from_fn(ROWS, 1, |row, _| problem.y[row]);
        let (one, two) = (y(&problem), y(&other));
        let trace = |m: Mat<f64>| (0..ROWS).map(|row| m[(row, row)]).sum::<f64>();
        for i in 0..3 {
            let form = (one.transpose() * &p * &parts[i] * &p * &two)[(0, 0)];
            let expected: f64 = (0..3).map(|j| trace(&p * &parts[i] * &p * &parts[j]) * got[j]).sum();
            assert!((form - expected).abs() < 1e-8 * form.abs().max(1.0), "{i}: {form} {expected}");
        }
    }
}
