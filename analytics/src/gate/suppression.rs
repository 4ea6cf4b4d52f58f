//! R8, complement: a published margin never has exactly one hidden part.
//! Invariant: cells are only ever added to the hidden ones, until nothing changes; which one is
//! added depends on counts and names, never on values. Source: `methods/gate.md`.
//! Absent on purpose: the attack by linear programming (R9).

use std::collections::BTreeMap;

use super::{Audience, Audited, Measure, Scope, Structure};

/// A total that its parts add up to, as indices into the cells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Margin {
    /// The cell whose readers could subtract.
    pub total: usize,
    /// The cells they could subtract.
    pub parts: Vec<usize>,
}

/// All margins among `cells`: courts in the city, persons in their court, items in a score, groups of ballots.
pub fn margins(cells: &[&Structure]) -> Vec<Margin> {
    // By what their total would be called, so that looking for parts does not compare all with all.
    let mut items: BTreeMap<(Scope, &str, Audience), Vec<usize>> = BTreeMap::new();
    let mut courts: BTreeMap<&Measure, Vec<usize>> = BTreeMap::new();
    let mut persons: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    let mut strata: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    // A part without raters adds nothing to its total and needs no cover.
    for (index, cell) in cells.iter().enumerate().filter(|(_, cell)| cell.raters > 0) {
        let key = &cell.key;
        if matches!(key.measure, Measure::Item(_)) {
            items.entry((key.scope, &key.subject, key.audience)).or_default().push(index);
        }
        if key.scope == Scope::Court {
            courts.entry(&key.measure).or_default().push(index);
        }
        if let Some(division) = division(&key.measure) {
            strata.entry(division).or_default().push(index);
        }
        // Officers see the public total and the sides' parts.
        if key.scope == Scope::Person && key.measure == Measure::Score && key.audience == Audience::Sides {
            persons.entry(&cell.court).or_default().push(index);
        }
    }
    let mut margins = Vec::new();
    for (total, cell) in cells.iter().enumerate() {
        let key = &cell.key;
        let mut add = |parts: Option<&Vec<usize>>| {
            margins.extend(parts.map(|parts| Margin { total, parts: parts.clone() }));
        };
        if key.measure == Measure::Score {
            add(items.get(&(key.scope, key.subject.as_str(), key.audience)));
        }
        if key.scope == Scope::System && matches!(key.measure, Measure::Score | Measure::Response) {
            add(courts.get(&key.measure));
        }
        // What groups say against each other sums to zero, so one of them is known from the others; whoever reads them reads
        // the city's score, and two groups are one cell.
        let whole = |word: &str| {
            let of = if word.starts_with("response") { Measure::Response } else { Measure::Score };
            key.scope == Scope::System && key.measure == of
        };
        for (_, parts) in strata.iter().filter(|(word, parts)| parts.len() > 1 && whole(word)) {
            add(Some(parts));
        }
        if key.scope == Scope::Court && key.measure == Measure::Score {
            add(persons.get(key.subject.as_str()));
        }
    }
    margins
}

/// What the strata of a cell are parts of.
fn division(measure: &Measure) -> Option<String> {
    match measure {
        Measure::ResponseOf(division, _) => Some(format!("response:{division}")),
        Measure::Audit(Audited::Gap(division, _)) => Some(format!("gap:{division}")),
        Measure::Audit(Audited::ItemBias(item, division, _)) => Some(format!("item_bias:{item}:{division}")),
        _ => None,
    }
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
