//! The published list of a box: leaves sorted by hash under an RFC 6962 root.
//!
//! Sorting forgets the order of arrival; the whole list is small enough to download, so that looking for one's own leaf asks nobody.
//! Deliberately absent: cosigned checkpoints and inclusion proofs.

use ct_merkle::mem_backed_tree::MemoryBackedTree;
use sha2::Sha256;

use crate::digest::{Bytes32, Digest};

/// Data of one leaf: the stamp and the envelope's hash. `leaf = H(0x00 | stamp | H(envelope))`.
#[must_use]
pub fn leaf(stamp: &Bytes32, envelope: Digest) -> Digest {
    Digest::of(&[&[0], &stamp.0, envelope.as_bytes()])
}

/// RFC 6962 root over leaves given as leaf hashes in list order; each is hashed once more as an entry.
///
/// The list is sorted first, so that any order of the same leaves has the same root.
#[must_use]
pub fn root(leaves: &[Digest]) -> Digest {
    let mut sorted = leaves.to_vec();
    sorted.sort_unstable();
    let mut tree = MemoryBackedTree::<Sha256, Vec<u8>>::new();
    for leaf in sorted {
        tree.push(leaf.0.to_vec());
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
    fn by_hand(sorted: &[Digest]) -> Digest {
        match sorted {
            [] => Digest::of(&[]),
            [one] => Digest::of(&[&[0], one.as_bytes()]),
            many => {
                let left = (many.len().next_power_of_two() / 2).max(1);
                Digest::of(&[&[1], by_hand(&many[..left]).as_bytes(), by_hand(&many[left..]).as_bytes()])
            }
        }
    }

    #[test]
    fn root_is_rfc_6962_and_forgets_the_order() {
        for size in 0..40_u8 {
            let mut leaves: Vec<_> = (0..size).map(|i| Digest::of(&[&[i]])).collect();
            let root_as_given = root(&leaves);
            leaves.reverse();
            assert_eq!(root(&leaves), root_as_given);
            leaves.sort_unstable();
            assert_eq!(root_as_given, by_hand(&leaves), "size {size}");
        }
    }
}
