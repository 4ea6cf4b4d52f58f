use super::*;
use crate::ids::{InvitationId, RateeId};
use crate::lock::lock_public;
use crate::token::{NymInfo, Seed, SlipInfo, Token};
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
    issuers: PerSide<IssuerKey>,
    tokens: Vec<(Token, Token)>,
}

/// Ten invitations of ten raters, each with a slip and a nym; the last two are minted by one side alone.
fn world() -> World {
    let rubric = Digest::of(&[b"rubric"]);
    let key = |byte| IssuerKey::derive(&[byte; 32]).expect("a key");
    let issuers = PerSide { bench: key(1), bar: key(2) };
    let alone = PerSide { bench: key(1), bar: key(1) };
    let mint = |i: u8| {
        let issuers = if i < 10 { &issuers } else { &alone };
        let slip = Token::mint(seed(i).slip(&InvitationId(format!("i{i}"))), issuers, &slip_info(rubric).to_string());
        let nym = NymInfo { id: id(), home: "鲁0203".into(), role: RaterRole::Lawyer };
        let nym = Token::mint(seed(i).nym(&id()), issuers, &nym.to_string());
        (slip.expect("a slip"), nym.expect("a nym"))
    };
    let tokens = (0..12).map(mint).collect();
    World { rubrics: BTreeMap::from([(rubric, self::rubric())]), rubric, issuers, tokens }
}

fn slip_info(rubric: Digest) -> SlipInfo {
    let stratum = "civil.for".parse().expect("stratum");
    SlipInfo { id: id(), ratee: RateeId("r".into()), court: "鲁0202".into(), stratum, rubric }
}

fn seed(i: u8) -> Seed {
    Seed(Bytes([i; 32]))
}

fn ballot(world: &World, i: u8, seq: u32, level: u8) -> Ballot {
    let info = slip_info(world.rubric);
    let (slip, nym) = world.tokens[usize::from(i)];
    Ballot {
        v: 2,
        ratee: info.ratee,
        court: info.court,
        stratum: info.stratum,
        rubric: world.rubric,
        home: "鲁0203".into(),
        role: RaterRole::Lawyer,
        answers: BTreeMap::from([("civility".into(), Some(level))]),
        slip,
        nym,
        seq,
    }
}

fn checked(world: &World, ballot: &Ballot) -> Option<Counted> {
    check(&id(), &ballot.to_body().ok()?, &world.issuers, &world.rubrics)
}

fn open(world: &World, ballots: &[Ballot]) -> Opened {
    admit(ballots.iter().map(|ballot| checked(world, ballot)).collect(), 0)
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
fn a_ballot_that_says_something_else_than_its_tokens_is_invalid() {
    let world = world();
    let good = ballot(&world, 0, 1, 5);
    let other = ballot(&world, 1, 1, 5);
    let changes: [(&str, Ballot); 11] = [
        ("ratee", Ballot { ratee: RateeId("other".into()), ..good.clone() }),
        ("court", Ballot { court: "鲁0203".into(), ..good.clone() }),
        ("stratum", Ballot { stratum: "civil.against".parse().expect("stratum"), ..good.clone() }),
        ("rubric", Ballot { rubric: Digest::of(&[b"other"]), ..good.clone() }),
        ("home", Ballot { home: "鲁0202".into(), ..good.clone() }),
        ("role", Ballot { role: RaterRole::Judge, ..good.clone() }),
        ("slip", Ballot { slip: Token { nonce: Bytes([99; 32]), ..good.slip }, ..good.clone() }),
        ("nym", Ballot { nym: other.slip, ..good.clone() }),
        ("one side alone", ballot(&world, 10, 1, 5)),
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
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]
    #[test]
    fn opening_conserves_the_count_and_forgets_the_order(casts in proptest::collection::vec((0_u8..12, 1_u32..9, 0_u8..7), 0..16), refused in 0_u32..5) {
        let world = world();
        let open = |backwards: bool| {
            let mut all: Vec<_> = casts.iter().map(|&(i, seq, level)| checked(&world, &ballot(&world, i, seq, level))).collect();
            all.push(None);
            if backwards {
                all.reverse();
            }
            admit(all, refused)
        };
        let (forward, backward) = (open(false), open(true));
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
    use hpke::rand_core::SeedableRng as _;
    use rand_chacha::ChaCha20Rng;
    let mut rng = ChaCha20Rng::seed_from_u64(5);
    let (bench, bar) = (Bytes([6; 32]), Bytes([7; 32]));
    let world = world();
    let seal = |i, rng: &mut ChaCha20Rng| {
        let body = ballot(&world, i, 1, 4).to_body().expect("fits");
        Envelope::seal(&id(), &body, &lock_public(&bench), &lock_public(&bar), rng).expect("sealed")
    };
    let envelopes: Vec<_> = (0..3).map(|i| seal(i, &mut rng)).collect();
    let list = read_list(&write_list(&envelopes)).expect("sorted");
    let shares = write_shares(&list, &id(), Side::Bench, &bench, |_| ());
    assert_eq!(read_shares(&shares, &list, Side::Bench).map(|s| (s.shares.len(), s.locked)), Ok((3, 0)));
    assert_eq!(read_shares(&shares, &list[1..], Side::Bench), Err(OpeningError::ShareMismatch(Side::Bench)));
    let wrong = write_shares(&list, &id(), Side::Bench, &bar, |_| ());
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
    let twice = write_list(&[envelopes[0].clone(), envelopes[0].clone()]);
    assert_eq!(read_list(&twice), Err(OpeningError::ListMalformed));
}
