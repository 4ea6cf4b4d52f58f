//! Crossed designs: factors as sorted levels with codes, and connected components of who rated whom.
//! Invariant: levels are sorted by their text, so codes depend on names and never on the order of rows.
//! Absent on purpose: any estimate; this file only knows structure.

use std::collections::{BTreeMap, BTreeSet};

/// A categorical column: sorted distinct levels and, per row, the index of its level.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Factor {
    name: String,
    levels: Vec<String>,
    codes: Vec<u32>,
}

impl Factor {
    /// Codes `labels` (one per row) against their sorted distinct values.
    pub fn new<S: AsRef<str>>(name: &str, labels: &[S]) -> Self {
        let distinct: BTreeSet<&str> = labels.iter().map(AsRef::as_ref).collect();
        let index: BTreeMap<&str, u32> = distinct.iter().copied().zip(0_u32..).collect();
        Self {
            name: name.to_owned(),
            levels: distinct.iter().map(|&level| level.to_owned()).collect(),
            codes: labels.iter().map(|label| index[label.as_ref()]).collect(),
        }
    }

    /// The factor's name, as it appears in results and notes.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Distinct levels in ascending order of their text.
    pub fn levels(&self) -> &[String] {
        &self.levels
    }

    /// One code per row, an index into [`Factor::levels`].
    pub fn codes(&self) -> &[u32] {
        &self.codes
    }

    /// Index of `level`, if it occurs.
    pub fn position(&self, level: &str) -> Option<usize> {
        self.levels.binary_search_by(|probe| probe.as_str().cmp(level)).ok()
    }

    /// The same factor with its rows taken in `order`.
    #[must_use]
    pub fn reordered(&self, order: &[usize]) -> Self {
        Self {
            name: self.name.clone(),
            levels: self.levels.clone(),
            codes: order.iter().map(|&row| self.codes[row]).collect(),
        }
    }

    /// The same factor on some of its rows, with the levels that occur there.
    #[must_use]
    pub fn subset(&self, rows: &[usize]) -> Self {
        self.on(rows).0
    }

    /// [`Factor::subset`], and which of the levels are left.
    pub(crate) fn on(&self, rows: &[usize]) -> (Self, Vec<usize>) {
        let mut place = vec![None; self.levels.len()];
        rows.iter().for_each(|&row| place[self.codes[row] as usize] = Some(0));
        let kept: Vec<usize> = (0..place.len()).filter(|&level| place[level].is_some()).collect();
        kept.iter().zip(0_u32..).for_each(|(&level, code)| place[level] = Some(code));
        let subset = Self {
            name: self.name.clone(),
            levels: kept.iter().map(|&level| self.levels[level].clone()).collect(),
            codes: rows.iter().filter_map(|&row| place[self.codes[row] as usize]).collect(),
        };
        (subset, kept)
    }

    /// A coarser factor: `labels` says to which of its levels each level of this one belongs.
    #[must_use]
    pub fn coarser(&self, name: &str, labels: &[String]) -> Self {
        let of = Self::new(name, labels);
        Self { codes: self.codes.iter().map(|&code| of.codes[code as usize]).collect(), ..of }
    }

    /// Rows of each level.
    pub fn counts(&self) -> Vec<usize> {
        let mut counts = vec![0; self.levels.len()];
        self.codes.iter().for_each(|&code| counts[code as usize] += 1);
        counts
    }

    /// Whether two factors divide the rows in the same way under other names.
    /// Two such random effects cannot be told apart.
    pub fn same_partition(&self, other: &Self) -> bool {
        if self.levels.len() != other.levels.len() {
            return false;
        }
        let mut image = vec![None; self.levels.len()];
        self.codes
            .iter()
            .zip(&other.codes)
            .all(|(&mine, &theirs)| *image[mine as usize].get_or_insert(theirs) == theirs)
    }
}

/// Connected components of the bipartite graph of two factors.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Components {
    left: Vec<usize>,
    right: Vec<usize>,
    rows: Vec<usize>,
}

impl Components {
    /// Joins `left` and `right` levels that share a row (union-find with path halving).
    /// Components are numbered by their smallest left level, so relabelling rows changes nothing.
    pub fn of(left: &Factor, right: &Factor) -> Self {
        let offset = left.levels().len();
        let mut forest = Forest::new(offset + right.levels().len());
        for (&one, &other) in left.codes().iter().zip(right.codes()) {
            forest.join(one as usize, offset + other as usize);
        }
        let mut number = BTreeMap::new();
        let labels: Vec<usize> = (0..forest.parent.len())
            .map(|node| {
                let root = forest.root(node);
                let next = number.len();
                *number.entry(root).or_insert(next)
            })
            .collect();
        let mut rows = vec![0; number.len()];
        for &code in left.codes() {
            rows[labels[code as usize]] += 1;
        }
        Self { left: labels[..offset].to_vec(), right: labels[offset..].to_vec(), rows }
    }

    /// Number of components.
    pub fn count(&self) -> usize {
        self.rows.len()
    }

    /// Component of each level of the left factor.
    pub fn left(&self) -> &[usize] {
        &self.left
    }

    /// Component of each level of the right factor.
    pub fn right(&self) -> &[usize] {
        &self.right
    }

    /// The component that holds most rows; the smallest number wins a tie.
    pub fn main(&self) -> Option<usize> {
        (0..self.rows.len()).max_by_key(|&part| (self.rows[part], std::cmp::Reverse(part)))
    }
}

/// Union-find over `0..n`; the smaller index becomes the root, so roots do not depend on order.
pub(crate) struct Forest {
    parent: Vec<usize>,
}

impl Forest {
    pub(crate) fn new(size: usize) -> Self {
        Self { parent: (0..size).collect() }
    }

    pub(crate) fn root(&mut self, mut node: usize) -> usize {
        while self.parent[node] != node {
            self.parent[node] = self.parent[self.parent[node]];
            node = self.parent[node];
        }
        node
    }

    pub(crate) fn join(&mut self, one: usize, other: usize) {
        let (one, other) = (self.root(one), self.root(other));
        self.parent[one.max(other)] = one.min(other);
    }
}

#[cfg(test)]
mod tests {
    use super::{Components, Factor};

    #[test]
    fn levels_are_sorted_and_codes_follow() {
        let factor = Factor::new("ratee", &["b", "a", "b"]);
        assert_eq!(factor.levels(), ["a", "b"]);
        assert_eq!(factor.codes(), [1, 0, 1]);
        assert_eq!(factor.position("b"), Some(1));
        assert_eq!(factor.position("c"), None);
    }

    #[test]
    fn a_subset_is_the_factor_of_its_rows() {
        let labels = ["b", "a", "d", "b", "c"];
        let factor = Factor::new("ratee", &labels);
        let rows = [4, 0, 2];
        let expected = Factor::new("ratee", &rows.map(|row: usize| labels[row]));
        assert_eq!(factor.on(&rows), (expected, vec![1, 2, 3]));
        let courts = ["x", "y", "x", "y"].map(str::to_owned);
        assert_eq!(factor.coarser("court", &courts), Factor::new("court", &["y", "x", "y", "y", "x"]));
        assert_eq!(factor.counts(), [1, 2, 1, 1]);
    }

    #[test]
    fn components_are_found_and_the_main_one_is_the_largest() {
        let rater = Factor::new("rater", &["1", "2", "3", "3"]);
        let ratee = Factor::new("ratee", &["x", "x", "y", "z"]);
        let parts = Components::of(&rater, &ratee);
        assert_eq!(parts.count(), 2);
        assert_eq!(parts.left(), [0, 0, 1]);
        assert_eq!(parts.right(), [0, 1, 1]);
        assert_eq!(parts.main(), Some(0));
    }

    #[test]
    fn a_partition_under_other_names_is_recognised() {
        let one = Factor::new("court", &["a", "a", "b"]);
        assert!(one.same_partition(&Factor::new("home", &["y", "y", "x"])));
        assert!(!one.same_partition(&Factor::new("home", &["y", "x", "x"])));
    }
}
