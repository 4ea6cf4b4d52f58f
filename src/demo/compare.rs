//! Planted against recovered: what the released numbers say beside the truth they came from.
//!
//! Only released cells are compared, at the precision at which they left; nobody looks behind the gate.
//! Deliberately absent: truth outside the demonstration.

use std::collections::BTreeMap;

use hengping_domain::ids::BoxId;
use hengping_domain::release::{Audience, Cell, Draft, Scope, Verdict};
use serde::Serialize;

use super::truth::Expected;

/// How near a set of numbers comes to the truth.
#[derive(Debug, Clone, Serialize)]
pub struct Nearness {
    /// Numbers compared.
    pub n: usize,
    /// Root mean square error of the adjusted value, scale points.
    pub rmse_adjusted: f64,
    /// The same of the raw mean.
    pub rmse_raw: f64,
    /// Spearman's rank correlation of planted and adjusted.
    pub rank_adjusted: f64,
    /// The same of the raw mean.
    pub rank_raw: f64,
    /// Share of 95 % intervals that hold the planted value.
    pub coverage: f64,
}

/// One planted number beside the recovered one.
#[derive(Debug, Clone, Serialize)]
pub struct Pair {
    /// What it is.
    pub name: String,
    /// As planted.
    pub planted: f64,
    /// As released.
    pub recovered: f64,
    /// Its interval.
    pub interval: Option<[f64; 2]>,
}

/// The comparison of one box.
#[derive(Debug, Clone, Serialize)]
pub struct Comparison {
    /// The box.
    #[serde(rename = "box")]
    pub id: BoxId,
    /// Persons' scores; none where nobody's was released.
    pub quality: Option<Nearness>,
    /// What having won instead of lost does.
    pub outcome: Option<Pair>,
    /// Severity by home court, centred over the courts compared.
    pub severity: Vec<Pair>,
    /// Pearson correlation of planted and recovered severity.
    pub severity_correlation: Option<f64>,
}

/// Compares a draft with what was planted; `numbers` turns a ratee into the staff or licence number.
#[must_use]
pub fn compare(draft: &Draft, expected: &Expected, numbers: &BTreeMap<String, String>) -> Comparison {
    let released = || draft.cells.iter().filter(|cell| cell.is_released());
    let mut rows = Vec::new();
    for cell in released().filter(|c| c.scope == Scope::Person && c.measure == "score" && c.audience == Audience::Own) {
        let planted = numbers.get(&cell.subject).and_then(|number| expected.scores.get(number));
        if let (Some(&planted), Some(value), Some(raw)) = (planted, cell.value, cell.raw) {
            rows.push((planted, value, raw, cell.interval));
        }
    }
    let outcome = released().find(|c| c.measure == "outcome_effect").and_then(|cell| {
        let recovered = cell.value?;
        let (name, interval) = ("for minus against".to_owned(), cell.interval);
        Some(Pair { name, planted: expected.outcome_effect, recovered, interval })
    });
    let mut severity: Vec<Pair> = released()
        .filter(|c| c.scope == Scope::HomeCourt)
        .filter_map(|cell| {
            let planted = *expected.home_severity.get(&cell.subject)?;
            Some(Pair { name: cell.subject.clone(), planted, recovered: cell.value?, interval: cell.interval })
        })
        .collect();
    centre(&mut severity);
    let correlation = pearson(
        &severity.iter().map(|p| p.planted).collect::<Vec<_>>(),
        &severity.iter().map(|p| p.recovered).collect::<Vec<_>>(),
    );
    Comparison { id: draft.id.clone(), quality: nearness(&rows), outcome, severity_correlation: correlation, severity }
}

type Row = (f64, f64, f64, Option<[f64; 2]>);

fn nearness(rows: &[Row]) -> Option<Nearness> {
    if rows.len() < 3 {
        return None;
    }
    let n = rows.len() as f64;
    let rmse = |value: fn(&Row) -> f64| (rows.iter().map(|r| (value(r) - r.0).powi(2)).sum::<f64>() / n).sqrt();
    let rank = |value: fn(&Row) -> f64| {
        let planted = ranks(&rows.iter().map(|r| r.0).collect::<Vec<_>>());
        pearson(&planted, &ranks(&rows.iter().map(value).collect::<Vec<_>>())).unwrap_or(0.0)
    };
    let held = rows.iter().filter(|r| r.3.is_some_and(|[low, high]| low <= r.0 && r.0 <= high)).count();
    Some(Nearness {
        n: rows.len(),
        rmse_adjusted: rmse(|r| r.1),
        rmse_raw: rmse(|r| r.2),
        rank_adjusted: rank(|r| r.1),
        rank_raw: rank(|r| r.2),
        coverage: held as f64 / n,
    })
}

fn centre(pairs: &mut [Pair]) {
    let n = pairs.len().max(1) as f64;
    let planted = pairs.iter().map(|p| p.planted).sum::<f64>() / n;
    let recovered = pairs.iter().map(|p| p.recovered).sum::<f64>() / n;
    for pair in pairs {
        pair.planted -= planted;
        pair.recovered -= recovered;
        pair.interval = pair.interval.map(|[low, high]| [low - recovered, high - recovered]);
    }
}

/// Ranks from 1, ties at their mean.
fn ranks(values: &[f64]) -> Vec<f64> {
    values
        .iter()
        .map(|v| {
            let below = values.iter().filter(|w| *w < v).count() as f64;
            let equal = values.iter().filter(|w| *w == v).count() as f64;
            below + (equal + 1.0) / 2.0
        })
        .collect()
}

fn pearson(a: &[f64], b: &[f64]) -> Option<f64> {
    let n = a.len() as f64;
    let (ma, mb) = (a.iter().sum::<f64>() / n, b.iter().sum::<f64>() / n);
    let dot = |x: &[f64], mx: f64, y: &[f64], my: f64| x.iter().zip(y).map(|(x, y)| (x - mx) * (y - my)).sum::<f64>();
    let scale = (dot(a, ma, a, ma) * dot(b, mb, b, mb)).sqrt();
    (a.len() > 2 && scale > 0.0).then(|| dot(a, ma, b, mb) / scale)
}

/// Cells by verdict and by deciding rule.
#[derive(Debug, Clone, Default, Serialize)]
pub struct CellCount {
    /// 公布.
    pub published: usize,
    /// 带标记公布.
    pub flagged: usize,
    /// 未达公布条件.
    pub withheld: usize,
    /// Withheld cells by each rule that decided.
    pub withheld_by_rule: BTreeMap<String, usize>,
    /// Flagged cells by each rule that decided.
    pub flagged_by_rule: BTreeMap<String, usize>,
}

/// Counts the cells of a draft.
#[must_use]
pub fn count(cells: &[Cell]) -> CellCount {
    let mut total = CellCount::default();
    for cell in cells {
        let by_rule = match cell.verdict {
            Verdict::Publish => {
                total.published += 1;
                continue;
            }
            Verdict::PublishFlagged => {
                total.flagged += 1;
                &mut total.flagged_by_rule
            }
            Verdict::Withhold => {
                total.withheld += 1;
                &mut total.withheld_by_rule
            }
        };
        for rule in &cell.rules {
            *by_rule.entry(rule.clone()).or_default() += 1;
        }
    }
    total
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ties_share_their_rank_and_correlation_knows_its_sign() {
        assert_eq!(ranks(&[2.0, 1.0, 2.0]), [2.5, 1.0, 2.5]);
        let up = pearson(&[1.0, 2.0, 3.0], &[10.0, 20.0, 30.0]).expect("three points");
        let down = pearson(&[1.0, 2.0, 3.0], &[3.0, 2.0, 1.0]).expect("three points");
        assert!((up - 1.0).abs() < 1e-12 && (down + 1.0).abs() < 1e-12);
        assert_eq!(pearson(&[1.0, 1.0, 1.0], &[1.0, 2.0, 3.0]), None);
    }

    #[test]
    fn a_raw_mean_that_is_off_shows_in_its_own_error_only() {
        let rows = [(3.0, 3.1, 4.0, Some([2.9, 3.2])), (4.0, 3.9, 3.0, Some([4.1, 4.3])), (3.5, 3.5, 3.5, None)];
        let near = nearness(&rows).expect("three rows");
        assert!(near.rmse_adjusted < 0.1 && near.rmse_raw > 0.8);
        assert!((near.coverage - 1.0 / 3.0).abs() < 1e-12);
        assert!(near.rank_adjusted > 0.99 && near.rank_raw < -0.99);
    }
}
