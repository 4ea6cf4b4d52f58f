//! What somebody without a model would publish: plain means with the usual standard error.
//! Invariant: a rater counts once per ratee. Absent on purpose: any correction.

use std::collections::BTreeMap;

use hengping_analytics::bundle::{Ballot, Bundle};
use hengping_analytics::items::{Composite, composites};

/// A plain mean and `sd / sqrt(n)`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Plain {
    /// Mean over raters, scale points.
    pub mean: f64,
    /// Its standard error; infinite with one rater.
    pub error: f64,
}

/// Ballots that answered enough, in canonical order, with their composites.
pub fn counted(bundle: &Bundle) -> Vec<(&Ballot, Composite)> {
    let ballots = bundle.sorted();
    let items = composites(&bundle.items, &ballots);
    ballots.into_iter().zip(items.composites).filter_map(|(b, c)| c.map(|c| (b, c))).collect()
}

/// Plain means by ratee of `value` per ballot.
pub fn means<'a>(rows: impl Iterator<Item = (&'a Ballot, f64)>) -> BTreeMap<String, Plain> {
    let mut pairs: BTreeMap<(&str, &str), (f64, f64)> = BTreeMap::new();
    for (ballot, value) in rows {
        let entry = pairs.entry((&ballot.ratee, &ballot.nym)).or_default();
        *entry = (entry.0 + value, entry.1 + 1.0);
    }
    let mut ratees: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    for ((ratee, _), (sum, count)) in pairs {
        ratees.entry(ratee).or_default().push(sum / count);
    }
    ratees.into_iter().map(|(ratee, values)| (ratee.to_owned(), plain(&values))).collect()
}

fn plain(values: &[f64]) -> Plain {
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    let squares: f64 = values.iter().map(|v| (v - mean).powi(2)).sum();
    let error = if values.len() < 2 { f64::INFINITY } else { (squares / (count - 1.0) / count).sqrt() };
    Plain { mean, error }
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn mean_and_error() {
        let result = plain(&[1.0, 2.0, 3.0, 4.0]);
        assert_eq!(result.mean, 2.5);
        assert!((result.error - (5.0_f64 / 12.0).sqrt()).abs() < 1e-12);
        assert_eq!(plain(&[3.0]).error, f64::INFINITY);
    }
}
