//! Classical test theory over ballots: pairwise-complete covariances, alpha, omega, eigenvalues.
//! Invariant: built from integer sums, so the order of ballots cannot change a bit; a number that
//! is not defined (an item nobody varied on, a pair nobody answered) is `None`, never zero.
//! Absent on purpose: ratees and raters; see `components`.

use faer::{Mat, Side};

use crate::bundle::Ballot;
use crate::items::level;

/// Ballots that must have answered both items before a covariance is formed.
const LEAST_BALLOTS: usize = 3;
/// Steps of principal-axis factoring; convergence is linear and needs a few dozen.
const STEPS: usize = 2_000;
const SETTLED: f64 = 1e-10;

/// Covariances and correlations of item answers, pairwise complete.
#[derive(Debug, Clone, PartialEq)]
pub struct Moments {
    /// Covariance (divisor n - 1); `None` with fewer than three common ballots.
    pub covariance: Vec<Vec<Option<f64>>>,
    /// Pearson correlation; also `None` where one of the two did not vary.
    pub correlation: Vec<Vec<Option<f64>>>,
}

impl Moments {
    pub(super) fn new(ballots: &[&Ballot], items: usize) -> Self {
        // Per pair: ballots, and sums of x, y, xx, yy, xy over ballots that answered both.
        let mut sums = vec![[0.0_f64; 6]; items * items];
        for ballot in ballots {
            let answered: Vec<(usize, f64)> = (0..items).filter_map(|k| level(ballot, k).map(|x| (k, x))).collect();
            for &(k, x) in &answered {
                for &(l, y) in &answered {
                    let terms = [1.0, x, y, x * x, y * y, x * y];
                    sums[k * items + l].iter_mut().zip(terms).for_each(|(sum, term)| *sum += term);
                }
            }
        }
        let pair = |k: usize, l: usize| {
            let [n, x, y, xx, yy, xy] = sums[k * items + l];
            // n times the sums of squares stays an integer: no cancellation.
            (n >= LEAST_BALLOTS as f64).then_some((n, n * xx - x * x, n * yy - y * y, n * xy - x * y))
        };
        let square = |entry: &dyn Fn(usize, usize) -> Option<f64>| -> Vec<Vec<Option<f64>>> {
            (0..items).map(|k| (0..items).map(|l| entry(k, l)).collect()).collect()
        };
        Self {
            covariance: square(&|k, l| pair(k, l).map(|(n, _, _, xy)| xy / (n * (n - 1.0)))),
            correlation: square(&|k, l| {
                let (_, xx, yy, xy) = pair(k, l)?;
                (xx > 0.0 && yy > 0.0).then(|| if k == l { 1.0 } else { xy / (xx * yy).sqrt() })
            }),
        }
    }

    /// The covariance of `items` as a full matrix; `None` when an entry is missing.
    fn full(&self, items: &[usize]) -> Option<Vec<Vec<f64>>> {
        items.iter().map(|&k| items.iter().map(|&l| self.covariance[k][l]).collect()).collect()
    }

    /// Cronbach's alpha of `items`, unstandardised (Cronbach 1951); `None` below two items or
    /// without variance.
    pub fn alpha(&self, items: &[usize]) -> Option<f64> {
        let matrix = self.full(items)?;
        let (count, whole) = (items.len() as f64, total(&matrix));
        let own: f64 = (0..items.len()).map(|k| matrix[k][k]).sum();
        (items.len() > 1 && whole > 0.0).then(|| count / (count - 1.0) * (1.0 - own / whole))
    }

    /// Correlation of item `k` with the sum of the other `items`.
    pub fn rest(&self, k: usize, items: &[usize]) -> Option<f64> {
        let others: Vec<usize> = items.iter().copied().filter(|&l| l != k).collect();
        let own = self.covariance[k][k]?;
        let spread = total(&self.full(&others)?);
        let common: f64 = others.iter().map(|&l| self.covariance[k][l]).sum::<Option<f64>>()?;
        (own > 0.0 && spread > 0.0).then(|| common / (own * spread).sqrt())
    }

    /// McDonald's omega of `items` (McDonald 1999): `(sum l)^2 / ((sum l)^2 + sum psi)` from one
    /// common factor. Estimator: principal axes of the correlations iterated to rest, which is the
    /// minimum-residual (unweighted least squares) solution of Harman and Jones (1966). `None`
    /// below three items, where one factor is not identified, and where a communality would pass one.
    pub fn omega(&self, items: &[usize]) -> Option<f64> {
        if items.len() < 3 {
            return None;
        }
        let spread: Vec<f64> = items.iter().map(|&k| self.covariance[k][k].map(f64::sqrt)).collect::<Option<_>>()?;
        let matrix = self.correlations(items)?;
        let loading = one_factor(&matrix)?;
        let common: f64 = loading.iter().zip(&spread).map(|(l, s)| l * s).sum();
        let unique: f64 = loading.iter().zip(&spread).map(|(l, s)| (1.0 - l * l) * s * s).sum();
        Some(common * common / (common * common + unique))
    }

    /// Eigenvalues of the correlations of `items`, descending. Pairwise-complete matrices may have
    /// small negative ones. `None` when a correlation is missing.
    pub fn eigenvalues(&self, items: &[usize]) -> Option<Vec<f64>> {
        let matrix = self.correlations(items)?;
        let mut values = matrix.self_adjoint_eigenvalues(Side::Lower).ok()?;
        values.sort_by(|one, other| other.total_cmp(one));
        Some(values)
    }

    fn correlations(&self, items: &[usize]) -> Option<Mat<f64>> {
        let entries: Vec<Vec<f64>> =
            items.iter().map(|&k| items.iter().map(|&l| self.correlation[k][l]).collect()).collect::<Option<_>>()?;
        Some(Mat::from_fn(items.len(), items.len(), |k, l| entries[k][l]))
    }
}

fn total(matrix: &[Vec<f64>]) -> f64 {
    matrix.iter().flatten().sum()
}

/// Loadings of one common factor; `None` for a Heywood case or when the axes do not come to rest.
fn one_factor(correlation: &Mat<f64>) -> Option<Vec<f64>> {
    let size = correlation.nrows();
    let mut share: Vec<f64> = (0..size)
        .map(|k| (0..size).filter(|&l| l != k).map(|l| correlation[(k, l)].abs()).fold(0.0, f64::max))
        .collect();
    for _ in 0..STEPS {
        let reduced = Mat::from_fn(size, size, |k, l| if k == l { share[k] } else { correlation[(k, l)] });
        let axes = reduced.self_adjoint_eigen(Side::Lower).ok()?;
        let (value, axis) = (axes.S()[size - 1], axes.U());
        if value <= 0.0 {
            return None;
        }
        let loading: Vec<f64> = (0..size).map(|k| axis[(k, size - 1)] * value.sqrt()).collect();
        let next: Vec<f64> = loading.iter().map(|l| l * l).collect();
        if next.iter().any(|h| *h > 1.0) {
            return None;
        }
        let moved = next.iter().zip(&share).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        share = next;
        if moved < SETTLED {
            return Some(loading);
        }
    }
    None
}
