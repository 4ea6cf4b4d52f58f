//! A later last day: taken from what both sides signed and both agents said, not from the platform's word.

use ed25519_dalek::SigningKey;
use hengping_domain::digest::{Bytes, Bytes32, Digest};
use hengping_domain::document::{DocumentKind, Signature};
use hengping_domain::extension::Extension;
use hengping_domain::ids::Side;
use hengping_domain::keys::BoxSecrets;
use hengping_domain::manifest::{Manifest, PeriodKind, RelayKeys, SideKeys};
use hengping_domain::rubric::Text;
use hengping_domain::statement::{Said, Signed, Statement};
use jiff::civil::{Date, date};
use rand::SeedableRng as _;
use rand_chacha::ChaCha20Rng;
use serde_json::{Value, json};

use crate::world::{World, bar, cast};

const LAST: Date = date(2026, 12, 31);
const NEXT: Date = date(2027, 1, 15);

fn key(byte: u8) -> SigningKey {
    SigningKey::from_bytes(&[byte; 32])
}

fn public(key: &SigningKey) -> Bytes32 {
    Bytes(key.verifying_key().to_bytes())
}

/// The officers' and the agents' keys of each side.
const OFFICERS: [(Side, u8); 2] = [(Side::Bench, 11), (Side::Bar, 12)];
const AGENTS: [(Side, u8); 2] = [(Side::Bench, 21), (Side::Bar, 22)];

fn manifest(receipt: Bytes32) -> Manifest {
    let mut rng = ChaCha20Rng::seed_from_u64(5);
    let mut keys = |at: usize| {
        let publics = BoxSecrets::generate(&mut rng).unwrap().publics().unwrap();
        let (signing, agent) = (public(&key(OFFICERS[at].1)), public(&key(AGENTS[at].1)));
        SideKeys { signing, agent, issuer: publics.issuer, mix: publics.mix, opening: publics.opening }
    };
    Manifest {
        v: 2,
        suite: "HPB2".into(),
        id: bar(),
        period: bar().period,
        direction: bar().direction,
        kind: PeriodKind::Regular,
        rubric: Digest::of(&[b"rubric"]),
        charter: Digest::of(&[b"charter"]),
        cast_until: LAST,
        bench: keys(0),
        bar: keys(1),
        platform: public(&key(31)),
        relay: RelayKeys { origin: "https://relay.example".into(), receipt },
        front_end: Digest::of(&[b"pages"]),
        rehearsal: false,
    }
}

fn sign(kind: DocumentKind, hash: Digest, officers: &[(Side, u8)]) -> Vec<Signature> {
    officers.iter().map(|(side, byte)| Signature::sign(*side, kind, hash, &key(*byte))).collect()
}

/// What the platform answers about the box: an extension signed by some and adopted by some.
fn answer(manifest: &Manifest, officers: &[(Side, u8)], agents: &[(Side, u8)]) -> Value {
    let hash = manifest.hash().unwrap();
    let reason = Text { zh: "未满五十份".into(), en: "Fewer than fifty".into() };
    let body = Extension { v: 1, id: bar(), manifest: hash, was_until: LAST, cast_until: NEXT, reason };
    let extension = body.hash().unwrap();
    let say = |(side, byte): &(Side, u8)| -> Signed {
        let said = Said::Extended { extension, cast_until: NEXT };
        Statement { v: 1, id: bar(), side: *side, said }.sign(&key(*byte)).unwrap()
    };
    json!({
        "id": bar(), "state": "open", "cast_until": "2030-01-01",
        "manifest": {"hash": hash, "body": manifest, "signatures": sign(DocumentKind::Manifest, hash, &OFFICERS)},
        "extensions": [{
            "hash": extension, "body": body, "in_force": true,
            "signatures": sign(DocumentKind::Extension, extension, officers),
        }],
        "statements": agents.iter().map(say).collect::<Vec<_>>(),
    })
}

/// Whether the relay takes a cast on a day, after the platform has answered so.
fn takes(on: Date, answer: &dyn Fn(&Manifest) -> Value) -> bool {
    let world = World::new();
    let receipt = world.relay().receipt_key;
    world.ledger().answers.insert(bar().to_string(), answer(&manifest(receipt)));
    world.clock.set(on);
    world.post(&cast(&bar(), 1, 1)).is_ok()
}

#[test]
fn casts_are_taken_until_the_day_that_both_sides_signed_and_both_agents_adopted() {
    let good = |manifest: &Manifest| answer(manifest, &OFFICERS, &AGENTS);
    assert!(takes(LAST, &good) && takes(NEXT, &good));
    assert!(!takes(NEXT.tomorrow().unwrap(), &good), "the new day ends too");
}

#[test]
fn the_platforms_word_alone_moves_nothing() {
    let after = LAST.tomorrow().unwrap();
    let refused = |answer: &dyn Fn(&Manifest) -> Value| assert!(!takes(after, answer) && takes(LAST, answer));
    refused(&|manifest| answer(manifest, &OFFICERS[..1], &AGENTS));
    refused(&|manifest| answer(manifest, &[(Side::Bench, 11), (Side::Bar, 11)], &AGENTS));
    refused(&|manifest| answer(manifest, &OFFICERS, &AGENTS[1..]));
    refused(&|manifest| answer(manifest, &OFFICERS, &[(Side::Bench, 21), (Side::Bar, 21)]));
    refused(&|manifest| {
        let mut changed = answer(manifest, &OFFICERS, &AGENTS);
        changed["extensions"][0]["body"]["cast_until"] = json!("2030-01-01");
        changed
    });
    refused(&|manifest| {
        let mut unsigned = answer(manifest, &OFFICERS, &AGENTS);
        unsigned["manifest"]["signatures"] = json!([]);
        unsigned
    });
}
