//! The lines that were collected, as one table and as JSON.

use std::path::Path;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::{COSTS, Cost, PROOFS, Proof, file};

/// A line as it goes into the file: whoever reads it compares the numbers.
#[derive(Debug, Serialize)]
struct Line<'p> {
    holds: bool,
    #[serde(flatten)]
    proof: &'p Proof,
}

/// What was collected.
#[derive(Debug, Default, PartialEq)]
pub struct Table {
    /// The lines there are, in the order of [`PROOFS`].
    pub proofs: Vec<Proof>,
    /// The costs there are, in the order of [`COSTS`].
    pub costs: Vec<Cost>,
    /// Names of lines that nothing made.
    pub missing: Vec<&'static str>,
}

impl Table {
    /// Reads the lines in a directory. A file that cannot be read counts as missing.
    #[must_use]
    pub fn read(directory: &Path) -> Self {
        let mut table = Self::default();
        for &name in PROOFS {
            match line(directory, name).filter(|proof: &Proof| proof.name == name) {
                Some(proof) => table.proofs.push(proof),
                None => table.missing.push(name),
            }
        }
        for &name in COSTS {
            match line(directory, name).filter(|cost: &Cost| cost.name == name) {
                Some(cost) => table.costs.push(cost),
                None => table.missing.push(name),
            }
        }
        table
    }

    /// Whether every line is there and every proof holds.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.missing.is_empty() && self.proofs.iter().all(Proof::holds)
    }

    /// The proofs as JSON: `[{name, holds, tries, found, limit, control, control_at_least}]`.
    ///
    /// # Errors
    /// None that a number or a name can cause.
    pub fn json(&self) -> serde_json::Result<String> {
        let lines: Vec<_> = self.proofs.iter().map(|proof| Line { holds: proof.holds(), proof }).collect();
        serde_json::to_string_pretty(&lines)
    }

    /// The costs as JSON: `[{name, value, unit, goal}]`.
    ///
    /// # Errors
    /// None that a number or a name can cause.
    pub fn costs_json(&self) -> serde_json::Result<String> {
        serde_json::to_string_pretty(&self.costs)
    }

    /// The table for a reader.
    #[must_use]
    pub fn text(&self) -> String {
        let width = PROOFS.iter().chain(COSTS).map(|name| name.len()).max().unwrap_or(0);
        let mut text = format!(
            "{:width$}  {:>7}  {:>8}  {:>7}  {:>8}  {:>8}\n",
            "attack", "tries", "found", "limit", "control", "at least"
        );
        for proof in &self.proofs {
            let Proof { name, tries, found, limit, control, control_at_least } = proof;
            let cells = [found, limit, control, control_at_least].map(|number| figure(*number));
            let [found, limit, control, least] = cells;
            let verdict = if proof.holds() { "holds" } else { "FAILS" };
            text +=
                &format!("{name:width$}  {tries:>7}  {found:>8}  {limit:>7}  {control:>8}  {least:>8}  {verdict}\n");
        }
        text += "\n";
        for Cost { name, value, unit, goal } in &self.costs {
            let value = figure(*value);
            let goal = goal.map(|goal| format!("  (goal: at most {})", figure(goal))).unwrap_or_default();
            text += &format!("{name:width$}  {value:>7}  {unit}{goal}\n");
        }
        for name in &self.missing {
            text += &format!("{name:width$}  MISSING: nothing measured it\n");
        }
        text
    }
}

fn line<T: DeserializeOwned>(directory: &Path, name: &str) -> Option<T> {
    serde_json::from_slice(&std::fs::read(directory.join(file(name))).ok()?).ok()
}

/// A whole number without decimals, anything else with three.
fn figure(number: f64) -> String {
    if number.fract() == 0.0 { format!("{number:.0}") } else { format!("{number:.3}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proof(name: &str) -> Proof {
        Proof { name: name.into(), tries: 10, found: 0.0, limit: 0.0, control: 9.0, control_at_least: 9.0 }
    }

    #[test]
    fn a_line_holds_only_if_tried_within_its_limit_and_seen_by_its_control() {
        let good = proof(PROOFS[0]);
        assert!(good.holds());
        assert!(!Proof { tries: 0, ..good.clone() }.holds(), "nothing was tried");
        assert!(!Proof { found: 1.0, ..good.clone() }.holds());
        assert!(!Proof { control: 8.0, ..good.clone() }.holds(), "the search is blind");
        assert!(!Proof { found: f64::NAN, ..good }.holds());
    }

    #[test]
    fn a_missing_line_and_a_broken_one_fail_the_table() {
        let dir = tempfile::tempdir().expect("a directory");
        let put = |name: &str, text: String| std::fs::write(dir.path().join(file(name)), text).expect("written");
        for name in PROOFS {
            put(name, serde_json::to_string(&proof(name)).expect("JSON"));
        }
        for name in COSTS {
            let cost = Cost { name: (*name).into(), value: 1.5, unit: "ms".into(), goal: None };
            put(name, serde_json::to_string(&cost).expect("JSON"));
        }
        let whole = Table::read(dir.path());
        assert!(whole.holds(), "{whole:?}");
        let lines: serde_json::Value = serde_json::from_str(&whole.json().expect("JSON")).expect("JSON");
        assert_eq!(lines.as_array().expect("a list").len(), PROOFS.len());
        assert_eq!(lines[0]["holds"], true);
        put(PROOFS[3], "{".into());
        let broken = Table::read(dir.path());
        assert_eq!((broken.holds(), broken.missing.as_slice()), (false, &PROOFS[3..4]));
        assert!(broken.text().contains("MISSING"));
        // A line of another test under this one's name.
        put(PROOFS[3], serde_json::to_string(&proof(PROOFS[4])).expect("JSON"));
        assert!(!Table::read(dir.path()).holds());
    }
}
