use super::*;
use crate::digest::Bytes;
use crate::lock::lock_public;
use hpke::rand_core::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha20Rng;

fn box_id() -> BoxId {
    "2026.bar_rates_bench".parse().expect("a box")
}

struct Lock {
    public: LockPublic,
    secret: Bytes32,
}

fn lock(rng: &mut ChaCha20Rng) -> Lock {
    let mut secret = [0; 32];
    rng.fill_bytes(&mut secret);
    Lock { public: lock_public(&Bytes(secret)), secret: Bytes(secret) }
}

struct Sealed {
    id: BoxId,
    body: [u8; BODY_LEN],
    bench: Lock,
    bar: Lock,
    envelope: Envelope,
}

fn sealed(seed: u64) -> Sealed {
    let mut rng = ChaCha20Rng::seed_from_u64(seed);
    let (bench, bar) = (lock(&mut rng), lock(&mut rng));
    let mut body = [0; BODY_LEN];
    body[7] = 42;
    let id = box_id();
    let envelope = Envelope::seal(&id, &body, &bench.public, &bar.public, &mut rng).expect("sealed");
    Sealed { id, body, bench, bar, envelope }
}

#[test]
fn both_shares_open_what_was_sealed() {
    let s = sealed(1);
    assert_eq!(s.envelope.as_bytes().len(), 4468);
    let bench = s.envelope.share(&s.id, Side::Bench, &s.bench.secret).expect("bench share");
    let bar = s.envelope.share(&s.id, Side::Bar, &s.bar.secret).expect("bar share");
    assert_eq!(s.envelope.open(&s.id, &bench, &bar), Ok(s.body));
}

#[test]
fn one_key_opens_neither_the_other_lock_nor_the_body() {
    let s = sealed(2);
    let bench = s.envelope.share(&s.id, Side::Bench, &s.bench.secret).expect("bench share");
    assert_eq!(s.envelope.share(&s.id, Side::Bar, &s.bench.secret), Err(SealedError::Locked));
    assert_eq!(s.envelope.open(&s.id, &bench, &bench), Err(SealedError::WrongShare));
    assert_eq!(s.envelope.open(&s.id, &bench, &Bytes([0; 32])), Err(SealedError::WrongShare));
}

#[test]
fn an_envelope_of_one_box_opens_in_no_other() {
    let s = sealed(3);
    assert_eq!(s.envelope.share(&s.id.counterpart(), Side::Bench, &s.bench.secret), Err(SealedError::Locked));
}

#[test]
fn every_changed_byte_is_noticed() {
    let s = sealed(4);
    let bench = s.envelope.share(&s.id, Side::Bench, &s.bench.secret).expect("bench share");
    let bar = s.envelope.share(&s.id, Side::Bar, &s.bar.secret).expect("bar share");
    for at in (0..ENVELOPE_LEN).step_by(37) {
        let mut bytes = s.envelope.as_bytes().to_vec();
        bytes[at] ^= 1;
        let Ok(changed) = Envelope::from_bytes(bytes) else {
            continue;
        };
        let opened = changed.share(&s.id, Side::Bench, &s.bench.secret).and_then(|a| {
            let b = changed.share(&s.id, Side::Bar, &s.bar.secret)?;
            changed.open(&s.id, &a, &b)
        });
        assert!(opened.is_err(), "byte {at}");
        assert_ne!(changed.hash(), s.envelope.hash());
    }
    assert!(s.envelope.open(&s.id, &bench, &bar).is_ok());
}

#[test]
fn other_sizes_and_suites_are_refused() {
    assert_eq!(Envelope::from_bytes(vec![0; ENVELOPE_LEN]), Err(SealedError::Malformed));
    assert_eq!(Envelope::from_bytes(SUITE.to_vec()), Err(SealedError::Malformed));
}
