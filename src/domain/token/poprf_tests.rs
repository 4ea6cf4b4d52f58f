//! Tests of blind tags against RFC 9497 and against everything that must not hold.

use super::*;

fn key(byte: u8) -> IssuerKey {
    IssuerKey::derive(&[byte; 32]).expect("a key")
}

fn hex<const N: usize>(text: &str) -> Bytes<N> {
    let byte = |i: usize| u8::from_str_radix(&text[2 * i..2 * i + 2], 16).expect("hexadecimal");
    assert_eq!(text.len(), 2 * N);
    Bytes(std::array::from_fn(byte))
}

/// RFC 9497, appendix A.1.3, ristretto255-SHA512 in mode POPRF.
#[test]
fn the_vectors_of_rfc_9497_hold() {
    let seed = [0xa3; 32];
    let key = PoprfServer::<Ristretto255>::new_from_seed(&seed, b"test key").map(IssuerKey).expect("a key");
    assert_eq!(key.secret(), hex("145c79c108538421ac164ecbe131942136d5570b16d8bf41a24d4337da981e07"));
    assert_eq!(key.public(), hex("c647bef38497bc6ec077c22af65b696efa43bff3b4a1975a3e8e0a1c5a79d631"));
    let input = [0x00];
    let tag = key.0.evaluate(&input, Some(b"test info")).expect("a tag");
    let expected: Tag = hex(
        "ca688351e88afb1d841fde4401c79efebb2eb75e7998fa9737bd5a82a152406d38bd29f680504e54fd4587eddcf2f37a2617ac2fbd2993f7bdf45442ace7d221",
    );
    assert_eq!(tag[..], expected.0);
}

#[test]
fn a_blind_answer_unblinds_to_the_tag() {
    let (issuer, nonce) = (key(1), Bytes([9; 32]));
    let blinding = Blinding::new(&nonce, [5; 64]).expect("blinded");
    let answer = issuer.evaluate(blinding.blinded(), "v2|x", [7; 64]).expect("answered");
    let tag = blinding.finalize(&answer, &issuer.public(), "v2|x").expect("a tag");
    assert_eq!(Ok(tag), issuer.tag(&nonce, "v2|x"));
    assert_eq!(Blinding::new(&nonce, [5; 64]).expect("blinded").blinded(), blinding.blinded(), "the same blind again");
    assert_ne!(Blinding::new(&nonce, [6; 64]).expect("blinded").blinded(), blinding.blinded());
    let restored = IssuerKey::from_secret(&issuer.secret()).expect("a key");
    assert_eq!(restored.public(), issuer.public());
}

#[test]
fn every_mutation_is_refused() {
    let (issuer, nonce) = (key(1), Bytes([9; 32]));
    let blinding = Blinding::new(&nonce, [5; 64]).expect("blinded");
    let answer = issuer.evaluate(blinding.blinded(), "info", [7; 64]).expect("answered");
    let other = issuer.evaluate(blinding.blinded(), "another info", [7; 64]).expect("answered");
    let marked = key(2).evaluate(blinding.blinded(), "info", [7; 64]).expect("answered");
    let finalize = |answer: &Evaluation, issuer: &IssuerKey, info| blinding.finalize(answer, &issuer.public(), info);
    assert!(finalize(&answer, &issuer, "info").is_ok());
    assert_eq!(finalize(&answer, &issuer, "Info"), Err(TagError::BadProof), "info");
    assert_eq!(finalize(&other, &issuer, "info"), Err(TagError::BadProof), "an answer for another info");
    assert_eq!(finalize(&answer, &key(2), "info"), Err(TagError::BadProof), "another key in the manifest");
    assert_eq!(finalize(&marked, &issuer, "info"), Err(TagError::BadProof), "a key made for one rater");
    let swapped = Evaluation { element: other.element, proof: answer.proof };
    assert_eq!(finalize(&swapped, &issuer, "info"), Err(TagError::BadProof), "element");
    for at in [0, 31, 32, 63] {
        let mut proof = answer.proof;
        proof.0[at] ^= 1;
        assert!(finalize(&Evaluation { proof, ..answer }, &issuer, "info").is_err(), "proof byte {at}");
    }
    let elsewhere = Blinding::new(&Bytes([8; 32]), [5; 64]).expect("blinded");
    assert_eq!(elsewhere.finalize(&answer, &issuer.public(), "info"), Err(TagError::BadProof), "nonce");
    assert!(issuer.evaluate(&Bytes([0; 32]), "info", [7; 64]).is_err(), "the identity is no element");
    assert_ne!(issuer.tag(&nonce, "info"), issuer.tag(&nonce, "another info"));
    assert_ne!(issuer.tag(&nonce, "info"), key(2).tag(&nonce, "info"));
}
