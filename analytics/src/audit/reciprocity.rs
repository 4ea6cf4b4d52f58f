//! Whether two people pay each other back: residuals of one direction against those of the other.
//! Invariant: rows are cases that both sides rated; a pair's rows are kept together and in order of
//! time. Runs where a case links the directions, that is in simulation and in open tables: sealed
//! boxes have no such link. Method: `methods/misfit.md`. Absent on purpose: names.

use serde::Serialize;

/// Agreement of the two directions.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Reciprocity {
    /// Cases.
    pub cases: usize,
    /// Pairs of people.
    pub pairs: usize,
    /// Correlation of the two residuals of a case.
    pub correlation: f64,
    /// Permutation p-value of the correlation, two-sided.
    pub p: f64,
    /// Answer of the first direction to the second one's previous case of the pair; `None` without repeats.
    pub forward: Option<Lagged>,
    /// The same the other way round.
    pub backward: Option<Lagged>,
}

/// Regression on what the other said last time, given what one said oneself.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Lagged {
    /// Consecutive cases of a pair.
    pub steps: usize,
    /// Residual standard deviations per standard deviation of the other's previous one.
    pub slope: f64,
    /// Permutation p-value, two-sided.
    pub p: f64,
}

/// Reciprocity of `forward` and `backward` residuals, one row per case; `pairs` says whose case it
/// is, and the rows of a pair come in order of time. `None` with fewer than three rows, unequal
/// lengths, or a residual that does not vary.
///
/// Under no reciprocity the sign of all residuals that one side of a pair gave is a coin: `draws`
/// random signs per pair, from `seed`, make the reference (sign permutation, Fisher 1935), which
/// keeps whatever dependence the cases of one pair have.
pub fn reciprocity<K: Ord>(
    pairs: &[K],
    forward: &[f64],
    backward: &[f64],
    draws: usize,
    seed: u64,
) -> Option<Reciprocity> {
    let rows = pairs.len();
    if rows < 3 || forward.len() != rows || backward.len() != rows {
        return None;
    }
    let mut order: Vec<usize> = (0..rows).collect();
    order.sort_by(|&one, &other| pairs[one].cmp(&pairs[other]).then(one.cmp(&other)));
    let mut block = vec![0; rows];
    for step in 1..rows {
        block[step] = block[step - 1] + usize::from(pairs[order[step]] != pairs[order[step - 1]]);
    }
    let count = block[rows - 1] + 1;
    let take = |values: &[f64]| order.iter().map(|&row| values[row]).collect::<Vec<f64>>();
    let (one, other) = (standard(&take(forward))?, standard(&take(backward))?);
    let products: Vec<(usize, f64)> = (0..rows).map(|row| (block[row], one[row] * other[row])).collect();
    let lags: Vec<usize> = (1..rows).filter(|&row| block[row] == block[row - 1]).collect();
    let mut signs = Signs(seed);
    let (total, p) = test(&products, count, draws, &mut signs);
    Some(Reciprocity {
        cases: rows,
        pairs: count,
        correlation: total / rows as f64,
        p,
        forward: lagged(&one, &other, &lags, &block, count, draws, &mut signs),
        backward: lagged(&other, &one, &lags, &block, count, draws, &mut signs),
    })
}

/// Mean zero, variance one.
fn standard(values: &[f64]) -> Option<Vec<f64>> {
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    let deviation = (values.iter().map(|v| (v - mean) * (v - mean)).sum::<f64>() / count).sqrt();
    (deviation > 0.0 && deviation.is_finite()).then(|| values.iter().map(|v| (v - mean) / deviation).collect())
}

/// Slope of `answer` on the other's previous residual with the own previous one partialled out
/// (Frisch and Waugh 1933).
fn lagged(
    answer: &[f64],
    other: &[f64],
    lags: &[usize],
    block: &[usize],
    count: usize,
    draws: usize,
    signs: &mut Signs,
) -> Option<Lagged> {
    let own: Vec<f64> = lags.iter().map(|&row| answer[row - 1]).collect();
    let before: Vec<f64> = lags.iter().map(|&row| other[row - 1]).collect();
    let after: Vec<f64> = lags.iter().map(|&row| answer[row]).collect();
    let squares: f64 = own.iter().map(|v| v * v).sum();
    let without = |values: &[f64]| {
        let share = values.iter().zip(&own).map(|(v, o)| v * o).sum::<f64>() / squares;
        values.iter().zip(&own).map(|(v, o)| v - share * o).collect::<Vec<f64>>()
    };
    if lags.len() < 3 || squares <= 0.0 {
        return None;
    }
    let (before, after) = (without(&before), without(&after));
    let spread: f64 = before.iter().map(|v| v * v).sum();
    let products: Vec<(usize, f64)> =
        lags.iter().zip(before.iter().zip(&after)).map(|(&row, (b, a))| (block[row], b * a)).collect();
    let (total, p) = test(&products, count, draws, signs);
    (spread > 0.0).then(|| Lagged { steps: lags.len(), slope: total / spread, p })
}

/// Sum of products and its p-value when every block's sign is a coin; the observed sum counts as one draw.
fn test(products: &[(usize, f64)], blocks: usize, draws: usize, signs: &mut Signs) -> (f64, f64) {
    let mut sums = vec![0.0; blocks];
    for &(block, product) in products {
        sums[block] += product;
    }
    let total: f64 = sums.iter().sum();
    let mut reached = 1;
    for _ in 0..draws {
        let drawn: f64 = sums.iter().map(|sum| signs.next() * sum).sum();
        // Rounding must not make a draw with the observed signs smaller than the observed sum.
        reached += usize::from(drawn.abs() >= total.abs() * (1.0 - 1e-12));
    }
    (total, reached as f64 / (draws + 1) as f64)
}

/// Random signs from a seed: SplitMix64 (Steele, Lea and Flood 2014).
struct Signs(u64);

impl Signs {
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut word = self.0;
        word = (word ^ (word >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        if (word ^ (word >> 31)) >> 63 == 1 { 1.0 } else { -1.0 }
    }
}
