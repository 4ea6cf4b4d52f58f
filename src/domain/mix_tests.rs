//! Tests of one shuffle: what goes on, what is turned away, and that nothing is lost between.

use super::*;
use crate::digest::Bytes;
use crate::envelope::{ENVELOPE_LEN, Envelope};
use crate::layer::Posted;
use crate::lock::{SUITE, lock_public};
use crate::manifest::PerSide;
use hpke::rand_core::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha20Rng;

fn id() -> BoxId {
    "2026.bar_rates_bench".parse().expect("a box")
}

const SECRET: PerSide<Bytes32> = PerSide { bench: Bytes([3; 32]), bar: Bytes([4; 32]) };

/// An envelope by its looks, another for each number.
fn envelope(number: u8) -> Envelope {
    let mut bytes = vec![number; ENVELOPE_LEN];
    bytes[..4].copy_from_slice(SUITE);
    Envelope::from_bytes(bytes).expect("an envelope")
}

fn posted(number: u8, rng: &mut ChaCha20Rng) -> Posted {
    let mix = PerSide { bench: lock_public(&SECRET.bench), bar: lock_public(&SECRET.bar) };
    Posted::wrap(&id(), &envelope(number), &mix, rng).expect("wrapped")
}

/// A shuffle of a list that comes in parts of two items.
fn shuffle(side: Side, list: &[u8]) -> Result<Mixed, ListMalformed> {
    let id = id();
    let mut mixing = Mixing::new(&id, side, SECRET.get(side), 2);
    let done = AtomicUsize::new(0);
    for part in list.chunks(2 * layer::len(side)) {
        mixing.part(&read_list(part, layer::len(side))?, &|now| {
            done.fetch_max(now, Ordering::Relaxed);
        })?;
    }
    let mixed = mixing.end();
    assert_eq!(done.into_inner(), mixed.taken as usize, "progress is that of the whole list");
    Ok(mixed)
}

#[test]
fn two_shuffles_give_the_envelopes_back_and_keep_the_count() {
    let mut rng = ChaCha20Rng::seed_from_u64(1);
    let items: Vec<_> = (0..7).map(|number| posted(number, &mut rng)).collect();
    assert!(items.iter().all(|item| item.as_bytes().len() == 6_748));
    let first = shuffle(Side::Bench, &write_list(&items)).expect("a list");
    let second = shuffle(Side::Bar, &first.output.concat()).expect("a list");
    assert_eq!((first.taken, first.passed, second.taken, second.passed), (7, 7, 7, 7));
    let envelopes: Vec<_> = (0..7).map(envelope).collect();
    assert_eq!(second.output.concat(), write_list(&envelopes));
}

#[test]
fn what_is_twice_malformed_or_foreign_is_refused_by_name() {
    let mut rng = ChaCha20Rng::seed_from_u64(2);
    let good = posted(1, &mut rng);
    let same_inside = {
        let halfway = layer::peel(&id(), Side::Bench, &SECRET.bench, good.as_bytes()).expect("peeled");
        layer::wrap(&id(), Side::Bench, &lock_public(&SECRET.bench), &halfway, &mut rng).expect("wrapped")
    };
    let mut noise = vec![0; layer::POSTED_LEN];
    rng.fill_bytes(&mut noise);
    let mut changed = posted(2, &mut rng).as_bytes().to_vec();
    changed[3_000] ^= 1;
    let items = [good.as_bytes(), good.as_bytes(), &same_inside, &noise, &changed, posted(3, &mut rng).as_bytes()]
        .map(<[u8]>::to_vec);
    let mixed = shuffle(Side::Bench, &write_list(&items)).expect("a list");
    assert_eq!((mixed.taken, mixed.passed, mixed.refused.len()), (6, 2, 4));
    for bad in [&noise, &changed] {
        assert!(mixed.refused.contains(&Digest::of(&[bad])));
    }
    let outer = [posted(1, &mut rng)];
    assert!(shuffle(Side::Bar, &write_list(&outer)).is_err(), "the bench's layer is still on");
}

#[test]
fn an_unsorted_list_is_no_list() {
    let mut rng = ChaCha20Rng::seed_from_u64(3);
    let mut longer = write_list(&[1, 2, 3, 4].map(|number| posted(number, &mut rng)));
    longer.rotate_left(2 * layer::POSTED_LEN);
    assert_eq!(shuffle(Side::Bench, &longer), Err(ListMalformed), "each part by itself is sorted");
    let mut list = write_list(&[posted(1, &mut rng), posted(2, &mut rng)]);
    assert!(shuffle(Side::Bench, &list).is_ok(), "control");
    list.rotate_left(layer::POSTED_LEN);
    assert_eq!(shuffle(Side::Bench, &list), Err(ListMalformed));
    assert_eq!(shuffle(Side::Bench, &list[1..]), Err(ListMalformed));
}
