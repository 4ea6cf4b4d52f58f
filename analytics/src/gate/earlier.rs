//! Cells of releases that are out already, so that a figure can show several periods.
//! Invariant: only scores that a public release told become rows again, on the grid they were
//! printed on; whoever reads the earlier release knows them, so nothing new leaves by this way.
//! Absent on purpose: persons, home courts and items, and any proof of where a cell comes from; the
//! caller compares hashes.

use super::print::{DUST, WIDTH, round, tidy};
use super::{Audience, Flag, Key, Measure, Released, Row, Scope, Values};

/// A public score as an earlier release told it, levels 1 to 5.
#[derive(Debug, Clone, PartialEq)]
pub struct Told {
    /// The city or a court.
    pub scope: Scope,
    /// `city` or a court code.
    pub subject: String,
    /// Words that went with it.
    pub flags: Vec<Flag>,
    /// Distinct raters as a band.
    pub n_band: String,
    /// Printed value.
    pub value: f64,
    /// Step it was rounded to.
    pub step: f64,
    /// Printed interval.
    pub interval: [f64; 2],
}

/// Rows of an earlier release, brought to another form's scale: `shift` is added, and the `error` of
/// the link joins the interval, both scale points. `None` when a cell is not one that a gate prints.
pub fn earlier(cells: &[Told], shift: f64, error: f64) -> Option<Vec<Released<Row>>> {
    cells.iter().map(|cell| row(cell, shift, error).map(Released::seal)).collect()
}

fn row(cell: &Told, shift: f64, error: f64) -> Option<Row> {
    let Told { value, step, interval: [low, high], .. } = *cell;
    let on_grid = step > 0.0 && (value / step - (value / step).round()).abs() < 1e-6;
    let ordered = 1.0 <= low && low <= value && value <= high && high <= 5.0;
    if !on_grid || !ordered || !matches!(cell.scope, Scope::System | Scope::Court) {
        return None;
    }
    let (mut printed, mut interval) = (value, [low, high]);
    if shift != 0.0 || error != 0.0 {
        printed = round(value + shift, step).clamp(1.0, 5.0);
        // The second rounding is one more error of half a step at most.
        let more = WIDTH * WIDTH * (error * error + step * step / 12.0);
        let reach = |half: f64| (((half * half + more).sqrt()) / step - DUST).ceil() * step;
        interval = [tidy(printed - reach(value - low)).max(1.0), tidy(printed + reach(high - value)).min(5.0)];
    }
    Some(Row {
        key: Key {
            scope: cell.scope,
            subject: cell.subject.clone(),
            measure: Measure::Score,
            audience: Audience::Public,
        },
        flags: cell.flags.clone(),
        values: Values {
            n_band: cell.n_band.clone(),
            value: printed,
            step,
            interval: Some(interval),
            raw: None,
            reliability_band: None,
            tier: None,
            moved: None,
        },
    })
}

#[cfg(test)]
mod tests {
    use super::{Told, earlier};
    use crate::gate::Scope;

    fn told(value: f64, interval: [f64; 2]) -> Told {
        Told {
            scope: Scope::System,
            subject: "city".into(),
            flags: vec![],
            n_band: "500-549".into(),
            value,
            step: 0.1,
            interval,
        }
    }

    #[test]
    fn a_cell_stays_as_it_was_told() {
        let rows = earlier(&[told(3.9, [3.8, 4.1])], 0.0, 0.0).expect("a printed cell");
        let values = &rows[0].get().values;
        assert_eq!((values.value, values.interval), (3.9, Some([3.8, 4.1])));
    }

    #[test]
    fn a_link_moves_it_and_widens_its_interval() {
        let rows = earlier(&[told(3.9, [3.8, 4.1])], -0.17, 0.1).expect("a printed cell");
        let values = &rows[0].get().values;
        assert_eq!(values.value, 3.7);
        let [low, high] = values.interval.expect("an interval");
        assert!(low <= 3.7 - 0.22 && high >= 3.7 + 0.28, "{low} {high}");
        let end = earlier(&[told(4.9, [4.8, 5.0])], 0.4, 0.0).expect("a printed cell");
        assert_eq!(end[0].get().values.value, 5.0);
        assert!(end[0].get().values.interval.is_some_and(|[_, high]| high <= 5.0));
    }

    #[test]
    fn what_no_gate_prints_is_not_read() {
        for bad in [told(3.92, [3.8, 4.1]), told(3.9, [4.0, 4.1]), told(5.5, [5.4, 5.6]), told(f64::NAN, [1.0, 5.0])] {
            assert_eq!(earlier(&[bad], 0.0, 0.0), None);
        }
        let person = Told { scope: Scope::Person, ..told(3.9, [3.8, 4.1]) };
        assert_eq!(earlier(&[person], 0.0, 0.0), None);
    }
}
