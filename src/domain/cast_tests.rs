//! Tests of casts, receipts and batches as they travel.

use super::*;
use crate::ids::InvitationId;
use crate::lock::SUITE;
use crate::token::Seed;

fn id() -> BoxId {
    "2026.bar_rates_bench".parse().expect("a box")
}

/// A cast by its looks, another for each number.
fn cast(number: u8, seq: u32) -> Cast {
    let key = Seed(Bytes([number; 32])).stamp_key(&InvitationId("i".into()));
    let stamp = Token { nonce: key.nonce(), bench: Bytes([1; 64]), bar: Bytes([2; 64]) };
    let mut bytes = vec![number; POSTED_LEN];
    bytes[..4].copy_from_slice(SUITE);
    Cast::sign(id(), &key, stamp, seq, Posted::from_bytes(bytes).expect("an item"))
}

#[test]
fn a_cast_reads_back_from_both_of_its_forms() {
    let cast = cast(1, 3);
    assert_eq!(Cast::read(&cast.body()), Ok(cast.clone()));
    assert_eq!(Cast::from_bytes(&id(), &cast.to_bytes()), Ok(cast.clone()));
    assert_eq!(cast.to_bytes().len(), CAST_LEN);
    assert_eq!(cast.leaf(), Digest::of(&[&[0], &cast.stamp.nonce.0, cast.envelope.hash().as_bytes()]));
}

#[test]
fn another_form_is_malformed_and_everything_else_is_refused_alike() {
    let good = cast(1, 1).body();
    let long = encode_base64url(&[b'x'; POSTED_LEN]);
    let changes: [(&str, CastBody, CastError); 9] = [
        ("envelope's suite", CastBody { envelope: long, ..good.clone() }, CastError::Malformed),
        ("envelope's text", CastBody { envelope: "*".into(), ..good.clone() }, CastError::Malformed),
        ("stamp's size", CastBody { stamp: "AAAA".into(), ..good.clone() }, CastError::Malformed),
        ("signature's size", CastBody { signature: "AAAA".into(), ..good.clone() }, CastError::Malformed),
        ("box", CastBody { id: "2026".into(), ..good.clone() }, CastError::Refused),
        ("another box", CastBody { id: id().counterpart().to_string(), ..good.clone() }, CastError::Refused),
        ("number 0", cast(1, 0).body(), CastError::Refused),
        ("number 9", cast(1, 9).body(), CastError::Refused),
        ("somebody else's item", CastBody { envelope: cast(2, 1).body().envelope, ..good.clone() }, CastError::Refused),
    ];
    for (what, body, expected) in changes {
        assert_eq!(Cast::read(&body), Err(expected), "{what}");
    }
}

#[test]
fn a_receipt_holds_for_its_cast_and_its_relay() {
    let key = SigningKey::from_bytes(&[7; 32]);
    let public = Bytes(key.verifying_key().to_bytes());
    let (cast, other) = (cast(1, 2), cast(2, 2));
    let receipt = Receipt::sign(id(), cast.leaf(), 2, &key);
    assert_eq!(receipt.verify(&cast, &public), Ok(()));
    assert!(receipt.verify(&other, &public).is_err());
    assert!(receipt.verify(&cast, &Bytes([9; 32])).is_err());
    assert!(Receipt { seq: 3, ..receipt }.verify(&Cast { seq: 3, ..cast }, &public).is_err());
}

#[test]
fn a_batch_is_sorted_counted_and_signed() {
    let key = SigningKey::from_bytes(&[7; 32]);
    let public = Bytes(key.verifying_key().to_bytes());
    let casts: Vec<_> = (0..9).map(|number| cast(number, 1)).collect();
    let batch = write_batch(&casts);
    let read = read_batch(&id(), &batch).expect("a batch");
    assert!(read.is_sorted_by_key(Cast::leaf) && read.len() == 9);
    assert_eq!(write_batch(casts.iter().rev()), batch);
    let signature = sign_batch(&id(), &batch, &key);
    assert_eq!(verify_batch(&id(), &batch, &public, &signature), Ok(()));
    assert!(verify_batch(&id().counterpart(), &batch, &public, &signature).is_err());
    assert!(verify_batch(&id(), &batch[1..], &public, &signature).is_err());

    let mut unsorted = batch.clone();
    unsorted[4..].rotate_left(CAST_LEN);
    let mut count = batch.clone();
    count[3] += 1;
    let mut changed = batch.clone();
    changed[4 + TOKEN_LEN + 68 + 100] ^= 1;
    let twice = write_batch([&casts[0], &cast(0, 2)]);
    for (what, bytes) in [("order", unsorted), ("count", count), ("item", changed), ("a stamp twice", twice)] {
        assert_eq!(read_batch(&id(), &bytes), Err(BatchMalformed), "{what}");
    }
    assert_eq!(read_batch(&id(), &write_batch([])), Ok(Vec::new()));
}
