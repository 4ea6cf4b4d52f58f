//! One side's shuffle: a sorted list in, its layer taken off, a sorted list out, and a word about what was turned away.
//!
//! Sorting by hash forgets which item became which; `taken = refused + passed`. Deliberately absent: a proof that the output
//! is the input; a swap keeps the counts and shows to its rater alone, in the counted list.

use std::collections::BTreeSet;
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
    sorted.into_iter().flat_map(|(_, item)| item).copied().collect()
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
    /// The inner items, a list.
    pub output: Vec<u8>,
    /// Items that came in.
    pub taken: u32,
    /// Items that went on.
    pub passed: u32,
    /// Hashes of what was turned away, sorted: an item that stands twice or does not open, or whose inside came twice.
    pub refused: Vec<Digest>,
}

/// Takes one side's layer off every item of a list. `progress` hears how many are done; `threads` work side by side.
///
/// # Errors
/// [`ListMalformed`]: then nothing was looked at.
pub fn mix(
    id: &BoxId,
    side: Side,
    secret: &Bytes32,
    list: &[u8],
    threads: usize,
    progress: &(dyn Fn(usize) + Sync),
) -> Result<Mixed, ListMalformed> {
    let list = read_list(list, layer::len(side))?;
    let done = AtomicUsize::new(0);
    let peeled = parallel::each(&list, threads, |_, (hash, item)| {
        let inner = layer::peel(id, side, secret, item).ok();
        progress(done.fetch_add(1, Ordering::Relaxed) + 1);
        (*hash, inner)
    });
    let (mut seen, mut inside) = (BTreeSet::new(), BTreeSet::new());
    let (mut passed, mut refused) = (Vec::new(), Vec::new());
    for (hash, inner) in peeled {
        // Twice the same item, or two items around the same inside: whoever made the second wanted to watch it come out.
        match inner.filter(|inner| seen.insert(hash) && inside.insert(Digest::of(&[inner]))) {
            Some(inner) => passed.push(inner),
            None => refused.push(hash),
        }
    }
    refused.sort_unstable();
    let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    Ok(Mixed { taken: count(list.len()), passed: count(passed.len()), output: write_list(&passed), refused })
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
