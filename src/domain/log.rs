//! The published log of a box: batches of leaves, each sorted by hash, one after the other under an RFC 6962 root.
//!
//! Sorting forgets the order of arrival inside a batch, and a batch is only ever appended, so that an older log is the
//! beginning of every later one. Deliberately absent: inclusion proofs; the whole log is small enough to download, so that
//! looking for one's own leaf asks nobody.

use ct_merkle::HashableLeaf;
use ct_merkle::mem_backed_tree::MemoryBackedTree;
use sha2::Sha256;

use crate::digest::{Bytes32, Digest};

/// The leaf of a cast: `H(0x00 | nonce of the stamp | H(posted item))`.
#[must_use]
pub fn leaf(stamp: &Bytes32, envelope: Digest) -> Digest {
    Digest::of(&[&[0], &stamp.0, envelope.as_bytes()])
}

/// Digest of a batch: its leaves, in their order, one after the other.
#[must_use]
pub fn batch<'a>(leaves: impl IntoIterator<Item = &'a Digest>) -> Digest {
    let bytes: Vec<u8> = leaves.into_iter().flat_map(|leaf| leaf.0).collect();
    Digest::of(&[&bytes])
}

/// RFC 6962 root over the leaves in log order; each leaf is hashed once more as an entry.
#[must_use]
pub fn root(leaves: &[Digest]) -> Digest {
    root_of(leaves.iter().map(|leaf| leaf.0.to_vec()))
}

/// RFC 6962 root over items in their order.
#[must_use]
pub fn root_of(items: impl IntoIterator<Item = impl HashableLeaf>) -> Digest {
    let mut tree = MemoryBackedTree::<Sha256, _>::new();
    for item in items {
        tree.push(item);
    }
    let root = tree.root();
    let mut bytes = [0; 32];
    bytes.copy_from_slice(root.as_bytes());
    Digest(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 6962, section 2.1, written out: an independent second opinion on the library's root.
    fn by_hand(leaves: &[Digest]) -> Digest {
        match leaves {
            [] => Digest::of(&[]),
            [one] => Digest::of(&[&[0], one.as_bytes()]),
            many => {
                let left = (many.len().next_power_of_two() / 2).max(1);
                Digest::of(&[&[1], by_hand(&many[..left]).as_bytes(), by_hand(&many[left..]).as_bytes()])
            }
        }
    }

    #[test]
    fn root_is_rfc_6962_in_log_order() {
        for size in 0..40_u8 {
            let leaves: Vec<_> = (0..size).map(|i| Digest::of(&[&[i]])).collect();
            assert_eq!(root(&leaves), by_hand(&leaves), "size {size}");
            let backwards: Vec<_> = leaves.iter().rev().copied().collect();
            assert!(size < 2 || root(&backwards) != root(&leaves), "size {size}");
        }
    }
}
