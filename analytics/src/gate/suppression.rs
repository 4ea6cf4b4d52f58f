//! R8, complement: a published margin never has exactly one hidden part.
//! Invariant: cells are only ever added to the hidden ones, until nothing changes; which one is
//! added depends on counts and names, never on values. Source: `methods/gate.md`.
//! Absent on purpose: the attack by linear programming (R9).

use super::{Audience, Measure, Scope, Structure};

/// A total that its parts add up to, as indices into the cells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Margin {
    /// The cell whose readers could subtract.
    pub total: usize,
    /// The cells they could subtract.
    pub parts: Vec<usize>,
}

/// All margins among `cells`: courts in the city, persons in their court, items in a score.
pub fn margins(cells: &[&Structure]) -> Vec<Margin> {
    let mut margins = Vec::new();
    for (total, cell) in cells.iter().enumerate() {
        let key = &cell.key;
        let parts = |select: &dyn Fn(&Structure) -> bool| -> Vec<usize> {
            // A part without raters adds nothing to its total and needs no cover.
            cells.iter().enumerate().filter(|(_, c)| c.raters > 0 && select(c)).map(|(index, _)| index).collect()
        };
        let mut add = |parts: Vec<usize>| {
            if !parts.is_empty() {
                margins.push(Margin { total, parts });
            }
        };
        if key.measure == Measure::Score {
            add(parts(&|c| {
                matches!(c.key.measure, Measure::Item(_))
                    && (c.key.scope, &c.key.subject, c.key.audience) == (key.scope, &key.subject, key.audience)
            }));
        }
        if key.scope == Scope::System && matches!(key.measure, Measure::Score | Measure::Response) {
            add(parts(&|c| c.key.scope == Scope::Court && c.key.measure == key.measure));
        }
        if key.scope == Scope::Court && key.measure == Measure::Score {
            // Officers see the public total and the sides' parts.
            add(parts(&|c| {
                c.key.scope == Scope::Person
                    && c.key.measure == Measure::Score
                    && c.key.audience == Audience::Sides
                    && c.court == key.subject
            }));
        }
    }
    margins
}

/// Hides complements until no published margin has exactly one hidden part.
/// `hidden` holds what other rules hid; the result holds at least that.
pub fn suppress(cells: &[&Structure], margins: &[Margin], hidden: &[bool]) -> Vec<bool> {
    let mut hidden = hidden.to_vec();
    loop {
        let mut changed = false;
        for margin in margins {
            let alone = margin.parts.iter().filter(|&&part| hidden[part]).count() == 1;
            if hidden[margin.total] || !alone {
                continue;
            }
            // The published part with fewest raters costs least; without one the total must go.
            let least = margin.parts.iter().filter(|&&part| !hidden[part]).min_by(|&&one, &&other| {
                (cells[one].raters, &cells[one].key).cmp(&(cells[other].raters, &cells[other].key))
            });
            hidden[least.copied().unwrap_or(margin.total)] = true;
            changed = true;
        }
        if !changed {
            return hidden;
        }
    }
}
