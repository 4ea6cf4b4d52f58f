//! Where the search for variances begins: the method of moments for crossed designs.
//! Invariant: every start is positive. Source: Gao and Owen, Electron. J. Stat. 11 (2017), extended
//! to any number of factors. Absent on purpose: use of these as estimates; they are inefficient.

use faer::linalg::solvers::Solve;
use faer::{Mat, MatRef, Side};

use super::cross::Cross;
use super::fixed::dot;

/// Least share of the total variance that a component starts with.
const LEAST: f64 = 1e-3;

/// Starting variances: one per active factor in the order of blocks, the residual last.
pub(super) fn start(cross: &Cross) -> Vec<f64> {
    let count = cross.blocks.len();
    let total = cross.yy / cross.n() as f64;
    // What most ratings look like, if the moments fail.
    let mut usual = vec![0.4 * total / count.max(1) as f64; count];
    usual.push(0.6 * total);
    let Some(moments) = moments(cross) else { return usual };
    moments.iter().map(|value| value.clamp(LEAST * total, total)).collect()
}

/// Equates `y'(I - P_k) y` with its expectation for the mean and for each factor `k`.
fn moments(cross: &Cross) -> Option<Vec<f64>> {
    let (count, p) = (cross.blocks.len(), cross.p());
    let matrix = MatRef::from_row_major_slice(&cross.xx, p, p);
    let mut beta = Mat::from_fn(p, 1, |k, _| cross.xy[k]);
    matrix.llt(Side::Lower).ok()?.solve_in_place(&mut beta);
    let beta: Vec<f64> = (0..p).map(|k| beta[(k, 0)]).collect();
    let residual = cross.yy - dot(&beta, &cross.xy);
    let (n, weight) = (cross.n() as f64, cross.xx[0]);

    let mut matrix = Mat::<f64>::zeros(count + 1, count + 1);
    let mut side = Mat::<f64>::zeros(count + 1, 1);
    side[(count, 0)] = residual;
    matrix[(count, count)] = n - 1.0;
    for (k, block) in cross.blocks.iter().enumerate() {
        let squares: f64 = block.weights.iter().map(|w| w * w).sum();
        matrix[(count, k)] = weight - squares / weight;
        let explained: f64 = (0..block.levels())
            .filter(|&level| block.weights[level] > 0.0)
            .map(|level| {
                let sum = block.y[level] - dot(&beta, &block.x[level * p..(level + 1) * p]);
                sum * sum / block.weights[level]
            })
            .sum();
        side[(k, 0)] = residual - explained;
        matrix[(k, count)] = n - block.levels() as f64;
    }
    let first = cross.pairs.iter().enumerate().map(|(k, pairs)| (0, k + 1, pairs));
    for (one, other, pairs) in first.chain(cross.others.iter().map(|(one, other, pairs)| (*one, *other, pairs))) {
        let (by_row, by_column) = pairs.concentration(cross.blocks[other].levels());
        matrix[(one, other)] = weight - by_row;
        matrix[(other, one)] = weight - by_column;
    }
    let solved = matrix.partial_piv_lu().solve(&side);
    let values: Vec<f64> = (0..=count).map(|k| solved[(k, 0)]).collect();
    values.iter().all(|value| value.is_finite()).then_some(values)
}
