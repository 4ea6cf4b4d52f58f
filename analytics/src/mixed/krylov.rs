//! Conjugate gradients for several right-hand sides in lockstep (Hestenes and Stiefel 1952), and
//! draws from `N(0, S^-1)` by Lanczos (Chow and Saad, SIAM J. Sci. Comput. 36, 2014).
//! Invariant: nothing depends on the number of threads; whoever has converged stands still.
//! Absent on purpose: what the systems mean; see `iterative`.

use faer::{Mat, Side};

use super::Refused;
use super::precondition::Precondition;
use super::schur::{Lanes, Schur};

/// More iterations than any connected design needs.
const MOST: usize = 3000;
/// Most Lanczos vectors of a draw.
const MOST_VECTORS: usize = 60;

/// Sums of products, lane by lane.
fn dots<const N: usize>(one: &[[f64; N]], other: &[[f64; N]]) -> [f64; N] {
    let mut sums = [0.0; N];
    for (a, b) in one.iter().zip(other) {
        for lane in 0..N {
            sums[lane] += a[lane] * b[lane];
        }
    }
    sums
}

/// `to += factor * from`, lane by lane.
fn axpy<const N: usize>(to: &mut [[f64; N]], factor: &[f64; N], from: &[[f64; N]]) {
    for (t, f) in to.iter_mut().zip(from) {
        for lane in 0..N {
            t[lane] += factor[lane] * f[lane];
        }
    }
}

/// Solves `S x = b` from `start` until the preconditioned residual of each lane is `tolerance`
/// times that of its right-hand side; `apply` is `S`, `precondition` about its inverse. Returns the
/// solutions and the iterations made.
///
/// # Errors
/// [`Refused::NotSettled`] when it does not converge.
pub(super) fn solve<const N: usize>(
    apply: impl Fn(&[[f64; N]]) -> Lanes<N>,
    precondition: impl Fn(&[[f64; N]]) -> Lanes<N>,
    b: &[[f64; N]],
    start: Option<Lanes<N>>,
    tolerance: [f64; N],
) -> Result<(Lanes<N>, usize), Refused> {
    let scale = dots(b, &precondition(b));
    let mut x = start.unwrap_or_else(|| vec![[0.0; N]; b.len()]);
    let mut residual = apply(&x);
    for (r, b) in residual.iter_mut().zip(b) {
        for lane in 0..N {
            r[lane] = b[lane] - r[lane];
        }
    }
    let mut z = precondition(&residual);
    let mut direction = z.clone();
    let mut product = dots(&residual, &z);
    let settled = |product: &[f64; N], lane: usize| product[lane] <= tolerance[lane] * tolerance[lane] * scale[lane];
    for iteration in 0..MOST {
        if (0..N).all(|lane| settled(&product, lane)) {
            return Ok((x, iteration));
        }
        let image = apply(&direction);
        let curvature = dots(&direction, &image);
        let mut step = [0.0; N];
        for lane in 0..N {
            if !settled(&product, lane) && curvature[lane] > 0.0 {
                step[lane] = product[lane] / curvature[lane];
            }
        }
        axpy(&mut x, &step, &direction);
        axpy(&mut residual, &step.map(|s| -s), &image);
        z = precondition(&residual);
        let next = dots(&residual, &z);
        let mut share = [0.0; N];
        for lane in 0..N {
            if step[lane] > 0.0 {
                share[lane] = next[lane] / product[lane];
                product[lane] = next[lane];
            }
        }
        if step.iter().all(|s| *s == 0.0) {
            break;
        }
        for (d, z) in direction.iter_mut().zip(&z) {
            for lane in 0..N {
                d[lane] = z[lane] + share[lane] * d[lane];
            }
        }
    }
    Err(Refused::NotSettled)
}

/// Random draws and what comes with them.
pub(super) struct Draws<const N: usize> {
    /// Draws from `N(0, S^-1)`.
    pub draws: Lanes<N>,
    /// `S` times the draws.
    pub images: Lanes<N>,
    /// `z' log(F^-1 S F'^-1) z` of the normals `z` behind each draw.
    pub logs: [f64; N],
}

/// Turns standard normals into draws: `F'^-1 H^(-1/2) z` with `H = F^-1 S F'^-1`, the square root
/// by Lanczos from `z` until the last vector carries less than `tolerance` of the draw.
pub(super) fn draw<const N: usize>(
    schur: &Schur,
    precondition: &Precondition,
    normals: &[[f64; N]],
    tolerance: f64,
) -> Draws<N> {
    let norms = dots(normals, normals).map(f64::sqrt);
    let scaled = |v: &[[f64; N]], by: [f64; N]| -> Lanes<N> {
        v.iter()
            .map(|entry| std::array::from_fn(|lane| if by[lane] > 0.0 { entry[lane] / by[lane] } else { 0.0 }))
            .collect()
    };
    let mut basis: Vec<Lanes<N>> = vec![scaled(normals, norms)];
    let (mut diagonal, mut off): (Vec<[f64; N]>, Vec<[f64; N]>) = (Vec::new(), Vec::new());
    let limit = MOST_VECTORS.min(normals.len());
    let coefficients = loop {
        let last = &basis[basis.len() - 1];
        let mut next = precondition.lower_solve(&schur.apply(&precondition.upper_solve(last)));
        diagonal.push(dots(last, &next));
        // Against all vectors, not the last two only: rounding would bring the first ones back.
        for vector in &basis {
            let overlap = dots(vector, &next);
            axpy(&mut next, &overlap.map(|o| -o), vector);
        }
        let length = dots(&next, &next).map(f64::sqrt);
        let functions = Functions::new(&diagonal, &off);
        let small = (0..N).all(|lane| functions.tail(lane) < tolerance || length[lane] < 1e-12);
        if (diagonal.len() >= 3 && small) || diagonal.len() >= limit {
            break functions;
        }
        off.push(length);
        basis.push(scaled(&next, length));
    };
    let combine = |weights: &dyn Fn(usize, usize) -> f64| {
        let mut sum = vec![[0.0; N]; normals.len()];
        for (k, vector) in basis.iter().enumerate() {
            let factor = std::array::from_fn(|lane| norms[lane] * weights(lane, k));
            axpy(&mut sum, &factor, vector);
        }
        sum
    };
    Draws {
        draws: precondition.upper_solve(&combine(&|lane, k| coefficients.inverse_root[lane][k])),
        images: precondition.lower(&combine(&|lane, k| coefficients.root[lane][k])),
        logs: std::array::from_fn(|lane| norms[lane] * norms[lane] * coefficients.log[lane]),
    }
}

/// `T^(-1/2) e_1`, `T^(1/2) e_1` and `e_1' log(T) e_1` of each lane's tridiagonal matrix.
struct Functions {
    inverse_root: Vec<Vec<f64>>,
    root: Vec<Vec<f64>>,
    log: Vec<f64>,
}

impl Functions {
    fn new<const N: usize>(diagonal: &[[f64; N]], off: &[[f64; N]]) -> Self {
        let size = diagonal.len();
        let mut functions = Self { inverse_root: Vec::new(), root: Vec::new(), log: Vec::new() };
        for lane in 0..N {
            let matrix = Mat::from_fn(size, size, |i, j| match i.abs_diff(j) {
                0 => diagonal[i][lane],
                1 => off[i.min(j)][lane],
                _ => 0.0,
            });
            let Ok(eigen) = matrix.self_adjoint_eigen(Side::Lower) else {
                // Not a number anywhere: nothing converges, and the caller stops at its limit.
                functions.inverse_root.push(vec![f64::NAN; size]);
                functions.root.push(vec![f64::NAN; size]);
                functions.log.push(f64::NAN);
                continue;
            };
            let (values, vectors) = (eigen.S(), eigen.U());
            let value = |k: usize| values[k].max(f64::MIN_POSITIVE);
            let apply = |f: &dyn Fn(f64) -> f64| -> Vec<f64> {
                (0..size).map(|i| (0..size).map(|k| vectors[(i, k)] * f(value(k)) * vectors[(0, k)]).sum()).collect()
            };
            functions.inverse_root.push(apply(&|v| 1.0 / v.sqrt()));
            functions.root.push(apply(&f64::sqrt));
            functions.log.push((0..size).map(|k| vectors[(0, k)] * vectors[(0, k)] * value(k).ln()).sum());
        }
        functions
    }

    /// Share of the draw that the last vector carries.
    fn tail(&self, lane: usize) -> f64 {
        let weights = &self.inverse_root[lane];
        let total = weights.iter().map(|w| w * w).sum::<f64>().sqrt();
        weights.last().map_or(0.0, |w| w.abs() / total)
    }
}
