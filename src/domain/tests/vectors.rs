//! The vectors that the browser's tests run too: both languages must agree byte for byte, and Rust opens what the browser sealed.

use hengping_domain::ballot::Ballot;
use hengping_domain::digest::{Bytes, Bytes32, Digest, decode_base64url};
use hengping_domain::document::{Document, DocumentKind, Signature, canonical};
use hengping_domain::envelope::{self, Envelope};
use hengping_domain::ids::{BoxId, InvitationId, Side};
use hengping_domain::token::{self, NymInfo, Seed, SlipInfo};
use hengping_domain::{keys::SigningKeyFile, log};
use serde_json::Value;

fn vectors() -> Value {
    serde_json::from_str(include_str!("../../../web/vectors/v1.json")).expect("JSON")
}

fn text<'a>(value: &'a Value, path: &str) -> &'a str {
    value.pointer(path).and_then(Value::as_str).unwrap_or_else(|| panic!("no text at {path}"))
}

/// 32 bytes in hexadecimal.
fn bytes32(value: &Value, path: &str) -> Bytes32 {
    Bytes(text(value, path).parse::<Digest>().expect("32 bytes").0)
}

fn digest(value: &Value, path: &str) -> Digest {
    text(value, path).parse().expect("a digest")
}

fn box_id(v: &Value) -> BoxId {
    text(v, "/box").parse().expect("a box")
}

#[test]
fn tokens_are_derived_alike() {
    let v = vectors();
    let (seed, id) = (Seed(bytes32(&v, "/seed")), box_id(&v));
    let invitation = InvitationId(text(&v, "/invitation").to_owned());
    let (stamp, slip, nym) = (seed.stamp_key(&invitation).stamp(), seed.slip(&invitation), seed.nym(&id));
    assert_eq!(stamp, bytes32(&v, "/derive/stamp"));
    assert_eq!(slip, bytes32(&v, "/derive/slip"));
    assert_eq!(nym, bytes32(&v, "/derive/nym"));
    assert_eq!(token::stamp_hash(&stamp), digest(&v, "/derive/stamp_hash"));
    assert_eq!(token::slip_hash(&slip), digest(&v, "/derive/slip_hash"));
    assert_eq!(token::nym_hash(&nym), digest(&v, "/derive/nym_hash"));
    assert_eq!(token::counted_hash(&slip), digest(&v, "/derive/counted"));
    for (path, round_trip) in [
        ("/derive/slip_info", text(&v, "/derive/slip_info").parse::<SlipInfo>().expect("slip info").to_string()),
        ("/derive/nym_info", text(&v, "/derive/nym_info").parse::<NymInfo>().expect("nym info").to_string()),
    ] {
        assert_eq!(text(&v, path), round_trip);
    }
}

#[test]
fn documents_hash_and_sign_alike() {
    let v = vectors();
    let document = Document::new(DocumentKind::Rubric, &v["document"]["body"]).expect("canonical");
    assert_eq!(document.hash(), digest(&v, "/document/hash"));
    let key = SigningKeyFile {
        v: 1,
        side: Side::Bench,
        purpose: hengping_domain::keys::SigningPurpose::Signing,
        public: text(&v, "/document/signer").parse().expect("a key"),
        secret: bytes32(&v, "/document/signer_secret"),
    };
    let signature = Signature::sign(key.side, DocumentKind::Rubric, document.hash(), &key.key());
    assert_eq!(signature.key, key.public);
    assert_eq!(signature.signature.to_string(), text(&v, "/document/signature"));
}

#[test]
fn bodies_are_spelled_alike() {
    let v = vectors();
    let ballot: Ballot = serde_json::from_value(v["body"]["value"].clone()).expect("a ballot");
    assert_eq!(canonical(&ballot).expect("canonical"), text(&v, "/body/canonical"));
    let body = ballot.to_body().expect("fits");
    assert_eq!(Digest::of(&[&body]), digest(&v, "/body/padded_sha256"));
}

#[test]
fn roots_are_computed_alike() {
    let v = vectors();
    let leaves: Vec<Digest> = serde_json::from_value(v["log"]["leaves"].clone()).expect("leaves");
    assert_eq!(log::root(&leaves), digest(&v, "/log/root"));
    assert_eq!(log::root(&[]), digest(&v, "/log/empty_root"));
}

#[test]
fn rust_opens_what_the_browser_sealed_with_both_keys_only() {
    let v = vectors();
    let id = box_id(&v);
    let bytes = decode_base64url(text(&v, "/sealed/envelope")).expect("base64url");
    let envelope = Envelope::from_bytes(bytes).expect("an envelope");
    assert_eq!(envelope.hash(), digest(&v, "/sealed/envelope_sha256"));
    let (bench, bar) = (bytes32(&v, "/opening/bench/secret"), bytes32(&v, "/opening/bar/secret"));
    assert_eq!(envelope::opening_public(&bench).to_string(), text(&v, "/opening/bench/public"));
    assert_eq!(envelope::opening_public(&bar).to_string(), text(&v, "/opening/bar/public"));
    let share_bench = envelope.share(&id, Side::Bench, &bench).expect("the bench's lock");
    let share_bar = envelope.share(&id, Side::Bar, &bar).expect("the bar's lock");
    let body = envelope.open(&id, &share_bench, &share_bar).expect("both locks");
    let ballot = Ballot::from_body(&body).expect("a ballot");
    assert_eq!(serde_json::to_value(&ballot).expect("JSON"), v["body"]["value"]);
    assert!(envelope.share(&id, Side::Bar, &bench).is_err());

    let seq = u32::try_from(v["sealed"]["seq"].as_u64().expect("a number")).expect("small");
    let signature: Bytes<64> = text(&v, "/sealed/cast_signature").parse().expect("a signature");
    let stamp = bytes32(&v, "/derive/stamp");
    assert_eq!(token::verify_cast(&stamp, &id, seq, envelope.hash(), &signature), Ok(()));
    assert!(token::verify_cast(&stamp, &id, seq + 1, envelope.hash(), &signature).is_err());
    assert_eq!(log::leaf(&stamp, envelope.hash()), digest(&v, "/sealed/leaf"));
}
