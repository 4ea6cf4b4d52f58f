//! A ratee's what-if: from the item scores that were released to that audience, and nothing else.
//! Invariant: every item that carries weight must have been released; a bound among them makes the
//! result a bound, and the interval holds wherever the items' intervals hold.
//! Absent on purpose: comparison with anybody.

use serde::Serialize;

use super::{Unusable, shares};
use crate::gate::{Audience, Flag, Measure, Released, Row, Scope};

/// A weighted mean of printed item scores.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Own {
    /// Weighted mean of printed values, scale points.
    pub value: f64,
    /// `at_least` or `at_most` when items with weight are only bounds.
    pub bound: Option<Flag>,
    /// Weighted ends of the items' intervals: never too narrow, since items of one person go together.
    pub interval: [f64; 2],
    /// Coarsest step among the items, scale points: finer differences mean nothing.
    pub step: f64,
}

/// The score of `subject` at `weights` over `items`, for one audience. `Ok(None)` when an item with
/// weight was not released to it, or when lower and upper bounds meet.
///
/// # Errors
/// [`Unusable`] when `weights` are no weights.
pub fn own(
    rows: &[Released<Row>],
    subject: &str,
    audience: Audience,
    items: &[&str],
    weights: &[f64],
) -> Result<Option<Own>, Unusable> {
    let shares = shares(weights, items.len())?;
    let mut own = Own { value: 0.0, bound: None, interval: [0.0; 2], step: 0.0 };
    let mut bounds = [false; 2];
    for (id, share) in items.iter().zip(shares).filter(|(_, share)| *share > 0.0) {
        let measure = Measure::Item((*id).to_owned());
        let mut persons = rows.iter().map(Released::get).filter(|r| r.key.scope == Scope::Person);
        let row = persons.find(|r| r.key.subject == subject && r.key.audience == audience && r.key.measure == measure);
        let Some((row, interval)) = row.and_then(|row| Some((row, row.values.interval?))) else { return Ok(None) };
        own.value += share * row.values.value;
        own.step = own.step.max(row.values.step);
        bounds[0] |= row.flags.contains(&Flag::AtLeast);
        bounds[1] |= row.flags.contains(&Flag::AtMost);
        own.interval[0] += share * interval[0];
        own.interval[1] += share * interval[1];
    }
    own.bound = match bounds {
        [true, true] => return Ok(None),
        [true, false] => Some(Flag::AtLeast),
        [false, true] => Some(Flag::AtMost),
        [false, false] => None,
    };
    Ok(Some(own))
}
