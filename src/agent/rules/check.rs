//! Which stamps of a batch are accepted: those whose holder signed and whose own tag is right, and of one stamp any higher
//! sequence number over another item.

use std::collections::BTreeMap;

use hengping_domain::ballot::MAX_SEQ;
use hengping_domain::digest::{Bytes32, Digest};
use hengping_domain::request::Presented;

/// What became of a batch.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct SortedOut<'a> {
    /// By sequence number.
    pub(crate) accepted: Vec<&'a Presented>,
    /// Leaves, sorted.
    pub(crate) refused: Vec<Digest>,
}

/// Whether a batch is sorted by leaf without one twice.
pub(crate) fn is_sound(casts: &[Presented]) -> bool {
    casts.windows(2).all(|pair| pair[0].leaf() < pair[1].leaf())
}

/// Takes a batch apart. `good` says of each cast whether its holder signed it and this side's tag is right, `highest` of each
/// stamp what was accepted before, `spent` of each leaf accepted before in which batch. A number is no part of a leaf, so a
/// leaf can come again under a higher one, and is in one batch all the same.
pub(crate) fn sort_out<'a>(
    casts: &'a [Presented],
    good: &[bool],
    mut highest: BTreeMap<Bytes32, u32>,
    spent: &BTreeMap<Digest, u32>,
) -> SortedOut<'a> {
    // Lower numbers first, so that a batch with two casts of one stamp takes both, as two batches would.
    let mut order: Vec<_> = casts.iter().zip(good).collect();
    order.sort_by_key(|(cast, _)| cast.seq);
    let (mut accepted, mut refused) = (Vec::new(), Vec::new());
    for (cast, &good) in order {
        let above = highest.get(&cast.stamp.nonce).is_none_or(|&seq| cast.seq > seq);
        let fresh = !spent.contains_key(&cast.leaf());
        if good && above && fresh && (1..=MAX_SEQ).contains(&cast.seq) {
            highest.insert(cast.stamp.nonce, cast.seq);
            accepted.push(cast);
        } else {
            refused.push(cast.leaf());
        }
    }
    refused.sort_unstable();
    SortedOut { accepted, refused }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hengping_domain::digest::Bytes;
    use hengping_domain::token::Token;

    fn cast(stamp: u8, seq: u32, envelope: u8) -> Presented {
        let stamp = Token { nonce: Bytes([stamp; 32]), bench: Bytes([0; 64]), bar: Bytes([0; 64]) };
        Presented { stamp, seq, envelope: Digest::of(&[&[envelope]]), signature: Bytes([0; 64]) }
    }

    #[test]
    fn a_stamp_is_accepted_upwards_only() {
        let casts =
            [cast(1, 2, 1), cast(1, 1, 2), cast(2, 3, 3), cast(3, 9, 4), cast(4, 0, 5), cast(5, 1, 6), cast(6, 1, 7)];
        let good = [true, true, true, true, true, false, true];
        let before = BTreeMap::from([(Bytes([2; 32]), 3), (Bytes([6; 32]), 0)]);
        let SortedOut { accepted, refused } = sort_out(&casts, &good, before, &BTreeMap::new());
        assert_eq!(accepted, [&casts[1], &casts[6], &casts[0]], "both of one stamp, the lower first");
        let mut expected = [2, 3, 4, 5].map(|at: usize| casts[at].leaf());
        expected.sort();
        assert_eq!(refused, expected, "not higher, above eight, zero, wrong tag");
    }

    #[test]
    fn a_leaf_is_accepted_once() {
        let (before, again) = (cast(1, 1, 1), cast(1, 2, 1));
        let spent = BTreeMap::from([(before.leaf(), 1)]);
        let highest = BTreeMap::from([(before.stamp.nonce, before.seq)]);
        let casts = [again];
        let sorted = sort_out(&casts, &[true], highest, &spent);
        assert_eq!((sorted.accepted.len(), sorted.refused), (0, vec![before.leaf()]));
    }

    #[test]
    fn of_two_under_one_number_one_is_accepted() {
        let mut casts = [cast(1, 1, 1), cast(1, 1, 2)];
        casts.sort_by_key(Presented::leaf);
        assert!(is_sound(&casts));
        let sorted = sort_out(&casts, &[true, true], BTreeMap::new(), &BTreeMap::new());
        assert_eq!((sorted.accepted.len(), sorted.refused.len()), (1, 1));
        casts.swap(0, 1);
        assert!(!is_sound(&casts));
        assert!(!is_sound(&[casts[0].clone(), casts[0].clone()]));
    }
}
