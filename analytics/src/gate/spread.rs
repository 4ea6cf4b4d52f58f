//! How many results lie, as means of consecutive groups: what may be drawn where 2,000 names may not.
//! Invariant: made of printed values only; every group holds at least the charter's least number of
//! a tier (R12), so no minimum, maximum, rank or single result is in it. Source: microaggregation,
//! Domingo-Ferrer and Mateo-Sanz (2002). Method: `methods/figures.md`.
//! Absent on purpose: names, exact counts, and where one group ends and the next begins.

use std::collections::BTreeMap;

use serde::Serialize;

use super::rules::step;
use super::{Audience, Context, Flag, Measure, Released, Row, Scope, n_band};

/// Fewest groups that show a shape, and most that can be drawn: steps of a twentieth.
const GROUPS: (usize, usize) = (3, 20);
/// R6: above this share of one value, a shape would tell everybody's result.
const ALIKE: f64 = 0.9;

/// Means of one group of results.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Group {
    /// Mean of the printed values.
    pub value: f64,
    /// Mean half-width of the printed intervals, rounded up.
    pub half_width: f64,
    /// Mean of the printed raw means; `None` where one of them is missing or a bound.
    pub raw: Option<f64>,
    /// [`Flag::AtLeast`] or [`Flag::AtMost`] where a member's value is such a bound.
    pub bound: Option<Flag>,
}

/// Results in ascending groups of about equal size.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Spread {
    /// How many results, as a band.
    pub n_band: String,
    /// Step of all numbers.
    pub step: f64,
    /// Ascending.
    pub groups: Vec<Group>,
}

impl Spread {
    /// Groups `rows`, at least `least` in each; `None` when there are too few, or when one group
    /// would hold bounds of both kinds, whose mean says nothing.
    pub fn among(rows: &[&Row], least: usize, step: f64) -> Option<Self> {
        let mut rows = rows.to_vec();
        // Ties fall to what is averaged, never to names.
        rows.sort_by(|one, other| {
            let key = |row: &Row| (row.values.value, half(row), row.values.raw.unwrap_or_default());
            let (a, b) = (key(one), key(other));
            a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)).then(a.2.total_cmp(&b.2))
        });
        let count = GROUPS.1.min(rows.len() / least.max(1));
        if count < GROUPS.0 {
            return None;
        }
        let groups = (0..count).map(|g| group(&rows[g * rows.len() / count..(g + 1) * rows.len() / count], step));
        Some(Self { n_band: n_band(rows.len()), step, groups: groups.collect::<Option<_>>()? })
    }
}

/// Longer half of a printed interval.
fn half(row: &Row) -> f64 {
    row.values.interval.map_or(0.0, |[low, high]| (row.values.value - low).max(high - row.values.value))
}

fn group(rows: &[&Row], step: f64) -> Option<Group> {
    let has = |flag: Flag| rows.iter().any(|row| row.flags.contains(&flag));
    let bound = match (has(Flag::AtLeast), has(Flag::AtMost)) {
        (true, true) => return None,
        (true, false) => Some(Flag::AtLeast),
        (false, true) => Some(Flag::AtMost),
        (false, false) => None,
    };
    let mean = |values: &mut dyn Iterator<Item = f64>| values.sum::<f64>() / rows.len() as f64;
    let tidy = |value: f64| (value * 1e4).round() / 1e4 + 0.0;
    let nearest = |value: f64| tidy((value / step + 0.5 + 1e-9).floor() * step);
    let raws: Option<Vec<f64>> = rows.iter().map(|row| row.values.raw).collect();
    let raws = raws.filter(|_| !has(Flag::RawAtLeast) && !has(Flag::RawAtMost));
    Some(Group {
        value: nearest(mean(&mut rows.iter().map(|row| row.values.value))),
        half_width: tidy((mean(&mut rows.iter().map(|row| half(row))) / step - 1e-9).ceil() * step),
        raw: raws.map(|raws| nearest(mean(&mut raws.into_iter()))),
        bound,
    })
}

/// The spread of persons' scores, for the public.
///
/// Every row has passed the rules of the box and of its person. Where officers see persons, only
/// what they see is taken, so that they cannot subtract it from the whole; else what each person
/// sees alone. `None` below the group minimum of raters (R2), with fewer than three groups of the
/// charter's tier size (R12), or where more than nine tenths share one value (R6).
pub fn spread(rows: &[Released<Row>], context: &Context) -> Option<Released<Spread>> {
    // R13: a pilot shows systems and organisations only.
    if context.pilot {
        return None;
    }
    let of = |audience: Audience| -> Vec<&Row> {
        let rows = rows.iter().map(Released::get);
        rows.filter(|row| {
            (row.key.scope, &row.key.measure, row.key.audience) == (Scope::Person, &Measure::Score, audience)
        })
        .collect()
    };
    let sides = of(Audience::Sides);
    let rows = if sides.is_empty() { of(Audience::Own) } else { sides };
    let mut alike: BTreeMap<u64, usize> = BTreeMap::new();
    for row in &rows {
        *alike.entry(row.values.value.to_bits()).or_default() += 1;
    }
    let most = alike.into_values().max()?;
    let enough = context.raters >= context.charter.minimum.group as usize;
    if !enough || most as f64 > ALIKE * rows.len() as f64 {
        return None;
    }
    let step = step(context.raters, &context.charter.precision)?;
    Spread::among(&rows, context.charter.tier as usize, step).map(Released::seal)
}
