use super::*;
use crate::ids::{InvitationId, RateeId};
use crate::token::{RaterRole, Seed};
use proptest::prelude::*;

fn id() -> BoxId {
    "2026.bar_rates_bench".parse().expect("a box")
}

fn rubric() -> Rubric {
    Rubric::from_toml(include_str!("../../../config/rubrics/bar-rates-bench-v1.toml")).expect("shipped rubric")
}

struct World {
    rubrics: BTreeMap<Digest, Rubric>,
    rubric: Digest,
    issued: IssuedTokens,
}

/// Ten invitations of ten raters, all listed.
fn world() -> World {
    let rubric = Digest::of(&[b"rubric"]);
    let (mut slips, mut nyms) = (Vec::new(), Vec::new());
    for i in 0..10 {
        let info = slip_info(rubric);
        slips.push(Listed { hash: token::slip_hash(&seed(i).slip(&invitation(i))), info: info.to_string() });
        let info = NymInfo { id: id(), home: "鲁0202".into(), role: RaterRole::Lawyer };
        nyms.push(Listed { hash: token::nym_hash(&seed(i).nym(&id())), info: info.to_string() });
    }
    World {
        rubrics: BTreeMap::from([(rubric, self::rubric())]),
        rubric,
        issued: IssuedTokens { v: 1, suite: "listed".into(), slips, nyms },
    }
}

fn slip_info(rubric: Digest) -> SlipInfo {
    let stratum = "civil.for".parse().expect("stratum");
    SlipInfo { id: id(), ratee: RateeId("r".into()), court: "鲁0202".into(), stratum, rubric }
}

fn seed(i: u8) -> Seed {
    Seed(Bytes([i; 32]))
}

fn invitation(i: u8) -> InvitationId {
    InvitationId(format!("i{i}"))
}

fn ballot(world: &World, i: u8, seq: u32, level: u8) -> Ballot {
    let info = slip_info(world.rubric);
    Ballot {
        v: 1,
        ratee: info.ratee,
        court: info.court,
        stratum: info.stratum,
        rubric: world.rubric,
        answers: BTreeMap::from([("civility".into(), Some(level))]),
        slip: seed(i).slip(&invitation(i)),
        nym: seed(i).nym(&id()),
        seq,
    }
}

fn open(world: &World, ballots: &[Ballot]) -> Opened {
    let bodies = ballots.iter().map(|b| b.to_body().ok()).collect();
    admit(&id(), bodies, &world.issued, &world.rubrics, 0)
}

#[test]
fn the_last_cast_of_a_slip_counts_and_the_others_are_duplicates() {
    let world = world();
    for order in [[1, 2, 3], [3, 1, 2], [2, 3, 1]] {
        let ballots: Vec<_> = order.iter().map(|&seq| ballot(&world, 0, seq, seq as u8)).collect();
        let opened = open(&world, &ballots);
        assert_eq!(opened.counts, Counts { taken: 3, refused: 0, invalid: 0, duplicate: 2, valid: 1 });
        assert_eq!(opened.ballots[0].ballot.seq, 3);
    }
}

#[test]
fn a_ballot_that_says_something_else_than_its_slip_is_invalid() {
    let world = world();
    let good = ballot(&world, 0, 1, 5);
    let changes: [(&str, Ballot); 8] = [
        ("ratee", Ballot { ratee: RateeId("other".into()), ..good.clone() }),
        ("court", Ballot { court: "鲁0203".into(), ..good.clone() }),
        ("stratum", Ballot { stratum: "civil.against".parse().expect("stratum"), ..good.clone() }),
        ("rubric", Ballot { rubric: Digest::of(&[b"other"]), ..good.clone() }),
        ("slip", Ballot { slip: Bytes([99; 32]), ..good.clone() }),
        ("nym", Ballot { nym: Bytes([99; 32]), ..good.clone() }),
        ("level", Ballot { answers: BTreeMap::from([("civility".into(), Some(6))]), ..good.clone() }),
        ("item", Ballot { answers: BTreeMap::from([("looks".into(), Some(5))]), ..good.clone() }),
    ];
    for (what, bad) in changes {
        let opened = open(&world, &[bad]);
        assert_eq!((opened.counts.invalid, opened.counts.valid), (1, 0), "{what}");
    }
    assert_eq!(open(&world, &[good]).counts.valid, 1);
}

proptest! {
    #[test]
    fn opening_conserves_the_count_and_forgets_the_order(casts in proptest::collection::vec((0_u8..12, 1_u32..9, 0_u8..7), 0..40), refused in 0_u32..5) {
        let world = world();
        let mut bodies: Vec<_> = casts.iter().map(|&(i, seq, level)| ballot(&world, i, seq, level).to_body().ok()).collect();
        bodies.push(None);
        let forward = admit(&id(), bodies.clone(), &world.issued, &world.rubrics, refused);
        bodies.reverse();
        let backward = admit(&id(), bodies, &world.issued, &world.rubrics, refused);
        let Counts { taken, refused, invalid, duplicate, valid } = forward.counts;
        prop_assert_eq!(taken, refused + invalid + duplicate + valid);
        prop_assert_eq!(forward.counts, backward.counts);
        prop_assert_eq!(&forward.counted, &backward.counted);
        prop_assert_eq!(forward.counted.len(), valid as usize);
        for (a, b) in forward.ballots.iter().zip(&backward.ballots) {
            prop_assert!(a.ballot == b.ballot);
        }
    }
}

#[test]
fn shares_are_for_one_list_and_one_key() {
    use crate::keys::OpeningKeyFile;
    use hpke::rand_core::SeedableRng as _;
    use rand_chacha::ChaCha20Rng;
    let mut rng = ChaCha20Rng::seed_from_u64(5);
    let (bench, bar) = (OpeningKeyFile::generate(Side::Bench, &mut rng), OpeningKeyFile::generate(Side::Bar, &mut rng));
    let world = world();
    let seal = |i, rng: &mut ChaCha20Rng| {
        let body = ballot(&world, i, 1, 4).to_body().expect("fits");
        Envelope::seal(&id(), &body, &bench.public, &bar.public, rng).expect("sealed")
    };
    let envelopes: Vec<_> = (0..3).map(|i| seal(i, &mut rng)).collect();
    let list = read_list(&write_list(&envelopes)).expect("sorted");
    let shares = write_shares(&list, &id(), Side::Bench, &bench.secret, |_| ());
    assert_eq!(read_shares(&shares, &list, Side::Bench).map(|s| (s.shares.len(), s.locked)), Ok((3, 0)));
    assert_eq!(read_shares(&shares, &list[1..], Side::Bench), Err(OpeningError::ShareMismatch(Side::Bench)));
    let wrong = write_shares(&list, &id(), Side::Bench, &bar.secret, |_| ());
    assert_eq!(read_shares(&wrong, &list, Side::Bench), Err(OpeningError::WrongKey(Side::Bench)));
    // Another share under the right hash, even one bit: no rater can do that, so nothing is opened with it.
    for at in [32, 64 + 40, 3 * 64 - 1] {
        let mut forged = shares.clone();
        forged[at] ^= 1;
        assert_eq!(read_shares(&forged, &list, Side::Bench), Err(OpeningError::WrongShare(Side::Bench)));
    }
    // Zeros say that the lock did not open: counted, and too many of them need an auditor.
    let mut locked = shares.clone();
    locked[32..64].fill(0);
    assert_eq!(read_shares(&locked, &list, Side::Bench).map(|s| s.locked), Ok(1));
    let many = |total: usize, locked| Shares { shares: vec![LOCKED; total], locked }.check_locked(Side::Bar);
    for (total, most) in [(50, 3), (799, 3), (800, 4), (10_000, 50)] {
        assert_eq!(many(total, most), Ok(()));
        let refused = OpeningError::TooManyLocked { side: Side::Bar, opened: total - most - 1, total };
        assert_eq!(many(total, most + 1), Err(refused));
    }
    let mut unsorted = write_list(&envelopes);
    unsorted.rotate_left(ENVELOPE_LEN);
    assert_eq!(read_list(&unsorted), Err(OpeningError::ListMalformed));
}
