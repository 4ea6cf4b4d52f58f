//! Which log an agent cosigns: the one it knows, with leaves that it accepted, batch after batch, each sorted.

use std::collections::{BTreeMap, BTreeSet};

use hengping_domain::digest::Digest;
use hengping_domain::log;
use hengping_domain::statement::AgentRefusal;

/// Whether `leaves` may be appended to `known` and give this size and root. `batches` says of each accepted leaf in which
/// batch it came.
pub(crate) fn append(
    known: &[Digest],
    leaves: &[Digest],
    batches: &BTreeMap<Digest, u32>,
    size: u32,
    root: Digest,
) -> Result<(), AgentRefusal> {
    let forked = AgentRefusal::LogForked;
    let in_order = leaves.windows(2).all(|pair| (batches.get(&pair[0]), pair[0]) < (batches.get(&pair[1]), pair[1]));
    let there: BTreeSet<_> = known.iter().collect();
    let fresh = leaves.iter().all(|leaf| batches.contains_key(leaf) && !there.contains(leaf));
    let all: Vec<_> = known.iter().chain(leaves).copied().collect();
    if in_order && fresh && usize::try_from(size) == Ok(all.len()) && log::root(&all) == root {
        Ok(())
    } else {
        Err(forked)
    }
}

/// Whether the log ends as it was cosigned. `distinct` is the number of stamps in it.
pub(crate) fn close(
    known: &[Digest],
    distinct: usize,
    (size, root, stamps): (u32, Digest, u32),
) -> Result<(), AgentRefusal> {
    let same =
        usize::try_from(size) == Ok(known.len()) && usize::try_from(stamps) == Ok(distinct) && log::root(known) == root;
    if same { Ok(()) } else { Err(AgentRefusal::LogForked) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leaf(number: u8) -> Digest {
        Digest([number; 32])
    }

    #[test]
    fn only_what_continues_the_log_is_cosigned() {
        let batches: BTreeMap<_, _> = [(1, 1), (5, 1), (2, 2), (3, 2)].map(|(n, batch)| (leaf(n), batch)).into();
        let known = [leaf(1), leaf(5)];
        let ask = |leaves: &[u8]| {
            let leaves: Vec<_> = leaves.iter().map(|&n| leaf(n)).collect();
            let all: Vec<_> = known.iter().chain(&leaves).copied().collect();
            append(&known, &leaves, &batches, u32::try_from(all.len()).expect("few"), log::root(&all))
        };
        let forked = Err(AgentRefusal::LogForked);
        assert_eq!(ask(&[2, 3]), Ok(()));
        assert_eq!(ask(&[]), Ok(()), "the same state again");
        assert_eq!(ask(&[3, 2]), forked, "a batch out of order");
        assert_eq!(ask(&[2, 2]), forked, "a leaf twice");
        assert_eq!(ask(&[1]), forked, "a leaf of the log");
        assert_eq!(ask(&[9]), forked, "a leaf that was never accepted");
        let root = log::root(&[leaf(1), leaf(5), leaf(2)]);
        assert_eq!(append(&known, &[leaf(2)], &batches, 3, root), Ok(()));
        assert_eq!(append(&known, &[leaf(2)], &batches, 2, root), forked, "another size");
        assert_eq!(append(&known, &[leaf(3)], &batches, 3, root), forked, "another root");
        assert_eq!(append(&known, &[], &batches, 1, log::root(&[leaf(1)])), forked, "a shorter log");
        assert_eq!(close(&known, 2, (2, log::root(&known), 2)), Ok(()));
        assert_eq!(close(&known, 1, (2, log::root(&known), 2)), forked, "another number of stamps");
        assert_eq!(close(&known, 2, (1, log::root(&known[..1]), 1)), forked);
    }
}
