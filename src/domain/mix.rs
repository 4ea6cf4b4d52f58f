//! One side's shuffle: a sorted list in, its layer taken off, a sorted list out, and a word about what was turned away.
//!
//! Sorting by hash forgets which item became which; `taken = refused + passed`. Deliberately absent: a proof that the output
//! is the input; a swap keeps the counts and shows to its rater alone, in the counted list.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::digest::{Bytes32, Digest};
use crate::ids::{BoxId, Side};
use crate::{layer, parallel};

/// Why bytes are no list of a layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a sorted list of items of this layer")]
pub struct ListMalformed;

/// Concatenates items of one size sorted by hash; the same item twice stays twice.
#[must_use]
pub fn write_list<T: AsRef<[u8]>>(items: &[T]) -> Vec<u8> {
    let mut sorted: Vec<_> = items.iter().map(|item| (Digest::of(&[item.as_ref()]), item.as_ref())).collect();
    sorted.sort_unstable_by_key(|(hash, _)| *hash);
    let sorted: Vec<_> = sorted.into_iter().map(|(_, item)| item).collect();
    sorted.concat()
}

/// Items of `len` bytes with their hashes; they must stand in the order of these, and may stand twice.
///
/// # Errors
/// [`ListMalformed`].
pub fn read_list(bytes: &[u8], len: usize) -> Result<Vec<(Digest, &[u8])>, ListMalformed> {
    if !bytes.len().is_multiple_of(len) {
        return Err(ListMalformed);
    }
    let list: Vec<_> = bytes.chunks_exact(len).map(|item| (Digest::of(&[item]), item)).collect();
    if list.is_sorted_by_key(|(hash, _)| *hash) { Ok(list) } else { Err(ListMalformed) }
}

/// What a shuffle leaves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mixed {
    /// The inner items in the order of their hashes: one behind the other, a list.
    pub output: Vec<Vec<u8>>,
    /// Items that came in.
    pub taken: u32,
    /// Items that went on.
    pub passed: u32,
    /// Hashes of what was turned away, sorted: an item that stands twice or does not open, or whose inside came twice.
    pub refused: Vec<Digest>,
}

/// A shuffle under way: a list comes in part by part, so that it need not be held beside what it leaves.
#[derive(Debug)]
pub struct Mixing<'a> {
    id: &'a BoxId,
    side: Side,
    secret: &'a Bytes32,
    threads: usize,
    taken: usize,
    last: Option<Digest>,
    inside: BTreeMap<Digest, Vec<u8>>,
    refused: Vec<Digest>,
}

impl<'a> Mixing<'a> {
    /// A shuffle with one side's secret; `threads` work side by side.
    #[must_use]
    pub fn new(id: &'a BoxId, side: Side, secret: &'a Bytes32, threads: usize) -> Self {
        let (inside, refused) = (BTreeMap::new(), Vec::new());
        Self { id, side, secret, threads, taken: 0, last: None, inside, refused }
    }

    /// Takes this side's layer off the next items of the list, given with their hashes. `progress` hears how many of the list
    /// are done.
    ///
    /// # Errors
    /// [`ListMalformed`] when they do not follow the ones before: then none of them was looked at.
    pub fn part(&mut self, items: &[(Digest, &[u8])], progress: &(dyn Fn(usize) + Sync)) -> Result<(), ListMalformed> {
        let follows = items.first().is_none_or(|(first, _)| self.last.is_none_or(|last| last <= *first));
        if !follows || !items.is_sorted_by_key(|(hash, _)| *hash) {
            return Err(ListMalformed);
        }
        let done = AtomicUsize::new(self.taken);
        let peeled = parallel::each(items, self.threads, |_, (_, item)| {
            let inner = layer::peel(self.id, self.side, self.secret, item).ok();
            progress(done.fetch_add(1, Ordering::Relaxed) + 1);
            inner.map(|inner| (Digest::of(&[&inner]), inner))
        });
        for ((hash, _), inner) in items.iter().zip(peeled) {
            // Twice the same item, or two items around the same inside: whoever made the second wanted to watch it come out.
            let again = self.last.replace(*hash) == Some(*hash);
            match inner {
                Some((inside, inner)) if !again && !self.inside.contains_key(&inside) => {
                    self.inside.insert(inside, inner);
                }
                _ => self.refused.push(*hash),
            }
        }
        self.taken += items.len();
        Ok(())
    }

    /// What it leaves, once the whole list came in.
    #[must_use]
    pub fn end(mut self) -> Mixed {
        self.refused.sort_unstable();
        let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Mixed {
            taken: count(self.taken),
            passed: count(self.inside.len()),
            output: self.inside.into_values().collect(),
            refused: self.refused,
        }
    }
}

/// Items of a list that one side may turn away before an auditor has to look at its key: 0.5 %, but never fewer than 3, so
/// that one rater who seals nonsense does not hold up a small box.
#[must_use]
pub const fn tolerated(total: usize) -> usize {
    if total / 200 > 3 { total / 200 } else { 3 }
}

#[cfg(test)]
#[path = "mix_tests.rs"]
mod tests;
