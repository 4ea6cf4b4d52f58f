use super::*;
use crate::digest::Bytes;
use crate::ids::RateeId;

fn seed(byte: u8) -> Seed {
    Seed(Bytes([byte; 32]))
}

fn id() -> BoxId {
    "2026.bar_rates_bench".parse().expect("a box")
}

fn issuers() -> PerSide<IssuerKey> {
    let key = |byte| IssuerKey::derive(&[byte; 32]).expect("a key");
    PerSide { bench: key(1), bar: key(2) }
}

fn slip_info() -> SlipInfo {
    let stratum = "civil.for".parse().expect("stratum");
    SlipInfo { id: id(), ratee: RateeId("r".into()), court: "鲁0202".into(), stratum, rubric: Digest::of(&[b"r"]) }
}

#[test]
fn the_same_seed_makes_the_same_tokens_and_another_makes_others() {
    let invitation = InvitationId("i".into());
    assert_eq!(seed(1).stamp_key(&invitation).nonce(), seed(1).stamp_key(&invitation).nonce());
    assert_ne!(seed(1).slip(&invitation), seed(2).slip(&invitation));
    assert_ne!(seed(1).slip(&invitation), seed(1).slip(&InvitationId("j".into())));
    let blinded = |byte| {
        let seed = seed(byte);
        *seed.blind(TokenKind::Slip, "i", Side::Bench, &seed.slip(&invitation)).expect("blinded").blinded()
    };
    assert_eq!(blinded(1), blinded(1));
    assert_ne!(blinded(1), blinded(2));
}

#[test]
fn both_sides_answers_make_a_token_that_holds_for_its_info_alone() {
    let (seed, issuers, info) = (seed(3), issuers(), slip_info().to_string());
    let nonce = seed.slip(&InvitationId("i".into()));
    let blinding = seed.blind_both(TokenKind::Slip, "i", &nonce).expect("blinded");
    assert_ne!(blinding.bench.blinded(), blinding.bar.blinded());
    let answer = |side: Side| {
        issuers.get(side).evaluate(blinding.get(side).blinded(), &info, [side as u8; 64]).expect("answered")
    };
    let answers = PerSide::of(answer);
    let public = PerSide { bench: issuers.bench.public(), bar: issuers.bar.public() };
    let token = Token::finalize(&blinding, &answers, &public, nonce, &info).expect("a token");
    assert_eq!(Ok(token), Token::mint(nonce, &issuers, &info));
    assert!(token.holds(&issuers, &info));
    let mut other = slip_info();
    other.ratee = RateeId("another".into());
    assert!(!token.holds(&issuers, &other.to_string()));
    let counterpart = SlipInfo { id: id().counterpart(), ..slip_info() };
    assert!(!token.holds(&issuers, &counterpart.to_string()));
    assert_eq!(token.to_string().parse(), Ok(token));
    for at in 0..TOKEN_LEN {
        let mut bytes = token.to_bytes();
        bytes.0[at] ^= 1;
        assert!(!Token::from_bytes(&bytes).holds(&issuers, &info), "byte {at}");
    }
    let swapped = Token { bench: token.bar, bar: token.bench, ..token };
    assert!(!swapped.holds(&issuers, &info), "each side's tag in the other's place");
    // One side alone: its own tag is right, and the token still does not hold.
    let alone = Token { bar: issuers.bench.tag(&nonce, &info).expect("a tag"), ..token };
    assert!(alone.holds_for(Side::Bench, &issuers.bench, &info) && !alone.holds(&issuers, &info));
}

#[test]
fn a_cast_signature_binds_box_sequence_and_envelope() {
    let key = seed(3).stamp_key(&InvitationId("i".into()));
    let stamp = Token::mint(key.nonce(), &issuers(), &StampInfo(&id()).to_string()).expect("a stamp");
    let (envelope, other) = (Digest::of(&[b"a"]), Digest::of(&[b"b"]));
    let signature = key.sign_cast(&id(), 1, envelope);
    assert_eq!(verify_cast(&stamp, &id(), 1, envelope, &signature), Ok(()));
    assert!(verify_cast(&stamp, &id(), 2, envelope, &signature).is_err());
    assert!(verify_cast(&stamp, &id(), 1, other, &signature).is_err());
    assert!(verify_cast(&stamp, &id().counterpart(), 1, envelope, &signature).is_err());
    let thief = seed(4).stamp_key(&InvitationId("i".into()));
    let stolen = Token { nonce: thief.nonce(), ..stamp };
    assert!(verify_cast(&stolen, &id(), 1, envelope, &signature).is_err());
}

#[test]
fn infos_round_trip() {
    let text = slip_info().to_string();
    assert_eq!(text.parse::<SlipInfo>().expect("slip info").to_string(), text);
    let text = "v2|nym|2026|bench_rates_bar|鲁0202|judge";
    assert_eq!(text.parse::<NymInfo>().expect("nym info").to_string(), text);
    assert!("v2|nym|2026|bench_rates_bar|鲁0202|clerk".parse::<NymInfo>().is_err());
    assert_eq!(StampInfo(&id()).to_string(), "v2|stamp|2026|bar_rates_bench");
}
