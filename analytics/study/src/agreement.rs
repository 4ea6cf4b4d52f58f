//! Agreement of two lists of numbers: ranks, errors, slopes, pairs.
//! Invariant: plain sums in the given order. Absent on purpose: anything about ratings.

/// Mean; zero of nothing.
pub fn mean(values: &[f64]) -> f64 {
    if values.is_empty() { 0.0 } else { values.iter().sum::<f64>() / values.len() as f64 }
}

/// Root of the mean square.
pub fn root_mean_square(values: &[f64]) -> f64 {
    mean(&values.iter().map(|v| v * v).collect::<Vec<f64>>()).sqrt()
}

/// Least-squares slope of `y` on `x`; zero when `x` does not vary.
pub fn slope(x: &[f64], y: &[f64]) -> f64 {
    let (a, b) = (mean(x), mean(y));
    let squares: f64 = x.iter().map(|v| (v - a).powi(2)).sum();
    let products: f64 = x.iter().zip(y).map(|(v, w)| (v - a) * (w - b)).sum();
    if squares > 0.0 { products / squares } else { 0.0 }
}

/// Kendall's tau-a (Kendall 1938) of lists of one length; pairs that tie count as neither.
pub fn kendall(x: &[f64], y: &[f64]) -> f64 {
    let mut sum = 0.0;
    for a in 0..x.len() {
        for b in 0..a {
            let product = (x[a] - x[b]) * (y[a] - y[b]);
            if product != 0.0 {
                sum += product.signum();
            }
        }
    }
    let pairs = x.len() * x.len().saturating_sub(1) / 2;
    if pairs == 0 { 0.0 } else { sum / pairs as f64 }
}

/// Spearman's rank correlation; ties take their mean rank.
pub fn spearman(x: &[f64], y: &[f64]) -> f64 {
    let (a, b) = (ranks(x), ranks(y));
    let steep = slope(&a, &b) * slope(&b, &a);
    steep.max(0.0).sqrt().copysign(slope(&a, &b))
}

fn ranks(values: &[f64]) -> Vec<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let rank = |v: &f64| (sorted.partition_point(|o| o < v) + sorted.partition_point(|o| o <= v)) as f64 / 2.0;
    values.iter().map(rank).collect()
}

/// Chance that a draw from `hits` exceeds one from `others`, ties counted half (Mann and Whitney
/// 1947); none when either is empty.
pub fn area_under_curve(hits: &[f64], others: &[f64]) -> Option<f64> {
    if hits.is_empty() || others.is_empty() {
        return None;
    }
    let mut sorted = others.to_vec();
    sorted.sort_by(f64::total_cmp);
    let won = |hit: &f64| {
        let less = sorted.partition_point(|other| other < hit);
        let upto = sorted.partition_point(|other| other <= hit);
        (less + upto) as f64 / 2.0
    };
    Some(hits.iter().map(won).sum::<f64>() / (hits.len() * others.len()) as f64)
}

/// Pairs told apart, and how well.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct PairCount {
    /// Differ by more than `wide` errors.
    pub separated: f64,
    /// Separated in the wrong order.
    pub wrong: f64,
    /// Truly differ by more than `far` errors.
    pub far: f64,
    /// Truly far and separated in the right order.
    pub found: f64,
    /// True difference within `wide` errors of the estimated one.
    pub inside: f64,
}

/// Counts over `pairs`; `error` is that of the difference of the pair with the given index.
pub fn pair_count(
    pairs: &[(usize, usize)],
    truth: &[f64],
    value: &[f64],
    error: impl Fn(usize) -> f64,
    wide: f64,
    far: f64,
) -> PairCount {
    let mut count = PairCount::default();
    for (index, &(a, b)) in pairs.iter().enumerate() {
        let (is, seems, error) = (truth[a] - truth[b], value[a] - value[b], error(index));
        let separated = seems.abs() > wide * error;
        let right = is * seems > 0.0;
        let distant = is.abs() > far * error;
        let one = |yes: bool| f64::from(u8::from(yes));
        count.separated += one(separated);
        count.wrong += one(separated && !right);
        count.far += one(distant);
        count.found += one(distant && separated && right);
        count.inside += one((is - seems).abs() <= wide * error);
    }
    count
}

#[cfg(test)]
mod tests {
    use super::{area_under_curve, kendall, pair_count, slope, spearman};

    #[test]
    fn ranks() {
        let x = [1.0, 2.0, 3.0, 4.0];
        assert_eq!(kendall(&x, &[10.0, 20.0, 30.0, 40.0]), 1.0);
        assert_eq!(kendall(&x, &[4.0, 3.0, 2.0, 1.0]), -1.0);
        assert!((kendall(&x, &[1.0, 2.0, 4.0, 3.0]) - 4.0 / 6.0).abs() < 1e-12);
        assert!((spearman(&x, &[4.0, 3.0, 2.5, 1.0]) + 1.0).abs() < 1e-12);
        assert!((spearman(&x, &[1.0, 2.0, 4.0, 3.0]) - 0.8).abs() < 1e-12);
        assert_eq!(slope(&x, &[1.0, 3.0, 5.0, 7.0]), 2.0);
        assert_eq!(area_under_curve(&[3.0, 2.0], &[1.0, 2.0]), Some(3.5 / 4.0));
        assert_eq!(area_under_curve(&[], &[1.0]), None);
    }

    #[test]
    fn pairs_separated_wrong_and_found() {
        let (truth, value) = ([0.0, 1.0, 0.1], [0.0, 1.2, -0.5]);
        let pairs = [(1, 0), (2, 0), (2, 1)];
        let count = pair_count(&pairs, &truth, &value, |_| 0.2, 1.96, 4.0);
        assert_eq!((count.separated, count.wrong, count.far, count.found, count.inside), (3.0, 1.0, 2.0, 2.0, 1.0));
    }
}
