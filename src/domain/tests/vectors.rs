//! The vectors that the browser's tests run too: both languages must agree byte for byte, and Rust opens what the browser
//! sealed.

use hengping_domain::ballot::Ballot;
use hengping_domain::checkpoint::Checkpoint;
use hengping_domain::digest::{Bytes, Bytes32, Digest, decode_base64url};
use hengping_domain::document::{Document, DocumentKind, Signature, canonical, verify};
use hengping_domain::enrolment::Code;
use hengping_domain::envelope::Envelope;
use hengping_domain::ids::{BoxId, InvitationId, Side};
use hengping_domain::keys::{SigningKeyFile, SigningPurpose};
use hengping_domain::layer::{self, Posted};
use hengping_domain::log;
use hengping_domain::manifest::{Manifest, PerSide};
use hengping_domain::request::TokenRequest;
use hengping_domain::statement::{Said, Signed};
use hengping_domain::token::poprf::{Evaluation, IssuerKey};
use hengping_domain::token::{self, NymInfo, Seed, SlipInfo, StampInfo, Token, TokenKind};
use serde_json::Value;

fn vectors() -> Value {
    serde_json::from_str(include_str!("../../../web/vectors/v2.json")).expect("JSON")
}

fn text<'a>(value: &'a Value, path: &str) -> &'a str {
    value.pointer(path).and_then(Value::as_str).unwrap_or_else(|| panic!("no text at {path}"))
}

fn read<T: serde::de::DeserializeOwned>(value: &Value, path: &str) -> T {
    let found = value.pointer(path).unwrap_or_else(|| panic!("nothing at {path}")).clone();
    serde_json::from_value(found).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn bytes(value: &Value, path: &str) -> Vec<u8> {
    decode_base64url(text(value, path)).expect("base64url")
}

fn sides<T>(of: impl Fn(Side) -> T) -> PerSide<T> {
    PerSide::of(of)
}

fn invitation(v: &Value) -> InvitationId {
    read(v, "/invitation")
}

#[test]
fn everything_follows_from_the_seed_alike() {
    let v = vectors();
    let (seed, id, invitation) = (Seed(read(&v, "/seed")), read::<BoxId>(&v, "/box"), invitation(&v));
    let request = seed.request_key(&id);
    assert_eq!(Bytes(request.to_bytes()), read::<Bytes32>(&v, "/derived/request_secret"));
    assert_eq!(Bytes(request.verifying_key().to_bytes()), read::<Bytes32>(&v, "/derived/request_key"));
    assert_eq!(seed.stamp_key(&invitation).nonce(), read(&v, "/derived/stamp_nonce"));
    assert_eq!(seed.slip(&invitation), read(&v, "/derived/slip_nonce"));
    assert_eq!(seed.nym(&id), read(&v, "/derived/nym_nonce"));
    assert_eq!(token::counted_hash(&seed.slip(&invitation)), read(&v, "/derived/counted"));
}

#[test]
fn tokens_are_blinded_answered_and_finished_alike() {
    let v = vectors();
    let (seed, id, invitation) = (Seed(read(&v, "/seed")), read::<BoxId>(&v, "/box"), invitation(&v));
    let issuers = sides(|side| {
        let key = IssuerKey::from_secret(&read(&v, &format!("/keys/{side}/issuer/secret"))).expect("a key");
        assert_eq!(key.public(), read(&v, &format!("/keys/{side}/issuer/public")));
        key
    });
    let public = sides(|side| issuers.get(side).public());
    assert_eq!(StampInfo(&id).to_string(), text(&v, "/tokens/stamp/info"));
    let slip = text(&v, "/tokens/slip/info");
    assert_eq!(slip.parse::<SlipInfo>().expect("slip info").to_string(), slip);
    let nym = text(&v, "/tokens/nym/info");
    assert_eq!(nym.parse::<NymInfo>().expect("nym info").to_string(), nym);
    for (kind, name, nonce) in [
        (TokenKind::Stamp, invitation.as_str().to_owned(), seed.stamp_key(&invitation).nonce()),
        (TokenKind::Slip, invitation.as_str().to_owned(), seed.slip(&invitation)),
        (TokenKind::Nym, id.to_string(), seed.nym(&id)),
    ] {
        let at = format!("/tokens/{kind}");
        let info = text(&v, &format!("{at}/info"));
        let blinding = seed.blind_both(kind, &name, &nonce).expect("blinded");
        let answers = sides(|side| {
            assert_eq!(*blinding.get(side).blinded(), read(&v, &format!("{at}/{side}/blinded")), "{kind} {side}");
            Evaluation {
                element: read(&v, &format!("{at}/{side}/evaluated")),
                proof: read(&v, &format!("{at}/{side}/proof")),
            }
        });
        let token: Token = read(&v, &format!("{at}/token"));
        assert_eq!(Token::finalize(&blinding, &answers, &public, nonce, info), Ok(token), "the browser's proof holds");
        assert_eq!(Token::mint(nonce, &issuers, info), Ok(token));
        for side in [Side::Bench, Side::Bar] {
            let again = issuers.get(side).evaluate(blinding.get(side).blinded(), info, [1; 64]).expect("answered");
            assert_eq!(again.element, answers.get(side).element);
        }
    }
}

#[test]
fn a_device_enrols_and_asks_alike() {
    let v = vectors();
    let (seed, id) = (Seed(read(&v, "/seed")), read::<BoxId>(&v, "/box"));
    let rater = text(&v, "/rater");
    let code: Code = text(&v, "/enrolment/sloppy").parse().expect("a code");
    assert_eq!(code.to_string(), text(&v, "/enrolment/code"));
    assert_eq!(code.key().0, read(&v, "/enrolment/code_key"));
    let key = Bytes(seed.request_key(&id).verifying_key().to_bytes());
    assert_eq!(code.key().vouch(&id, rater, &key), read(&v, "/enrolment/mac"));
    let certificate: Signed = read(&v, "/enrolment/enrolled");
    let agent = read(&v, "/keys/bar/agent/public");
    assert_eq!(
        certificate.said(&id, Side::Bar, &agent),
        Ok(&Said::Enrolled { rater: rater.to_owned(), request_key: key })
    );
    let request: TokenRequest = read(&v, "/request/value");
    assert_eq!(canonical(&request).expect("canonical"), text(&v, "/request/canonical"));
    assert_eq!(request.digest(), Ok(read(&v, "/request/digest")));
    assert_eq!(request.sign(&seed.request_key(&id)), Ok(read(&v, "/request/signature")));
    for side in [Side::Bench, Side::Bar] {
        let answer: Signed = read(&v, &format!("/evaluated/{side}"));
        let said = answer.said(&id, side, &read(&v, &format!("/keys/{side}/agent/public"))).expect("signed");
        assert!(matches!(said, Said::Evaluated { request: about, .. } if request.digest() == Ok(*about)));
    }
}

#[test]
fn documents_manifests_and_statements_hash_and_sign_alike() {
    let v = vectors();
    let document = Document::new(DocumentKind::Rubric, &v["document"]["body"]).expect("canonical");
    assert_eq!(document.hash(), read(&v, "/document/digest"));
    let key = SigningKeyFile {
        v: 1,
        side: Side::Bench,
        purpose: SigningPurpose::Signing,
        public: read(&v, "/keys/bench/signing/public"),
        secret: read(&v, "/keys/bench/signing/secret"),
    };
    let signature = Signature::sign(key.side, DocumentKind::Rubric, document.hash(), &key.key());
    assert_eq!(signature.signature, read(&v, "/document/signature"));
    let manifest: Manifest = read(&v, "/manifest/body");
    assert!(manifest.is_sound());
    let signatures = [Side::Bench, Side::Bar].map(|side| Signature {
        side,
        key: manifest.keys(side).signing,
        signature: read(&v, &format!("/manifest/signatures/{side}")),
    });
    assert_eq!(manifest.signed_by_both(&signatures), Ok(read(&v, "/manifest/digest")));
    assert!(manifest.signed_by_both(&signatures[..1]).is_err());
    let signed: Signed = read(&v, "/statement/signed");
    assert_eq!(canonical(&signed.statement).expect("canonical"), text(&v, "/statement/canonical"));
    let said = signed.said(&manifest.id, Side::Bench, &manifest.bench.agent);
    assert_eq!(said, Ok(&Said::Adopted { manifest: read(&v, "/manifest/digest") }));
}

#[test]
fn bodies_are_spelled_alike() {
    let v = vectors();
    let ballot: Ballot = read(&v, "/body/value");
    assert_eq!(canonical(&ballot).expect("canonical"), text(&v, "/body/canonical"));
    let body = ballot.to_body().expect("fits");
    assert_eq!(Digest::of(&[&body]), read(&v, "/body/padded_sha256"));
}

#[test]
fn rust_peels_and_opens_what_the_browser_sealed() {
    let v = vectors();
    let id: BoxId = read(&v, "/box");
    let [l0, l1, l2] = ["l0", "l1", "l2"].map(|layer| {
        let item = bytes(&v, &format!("/envelope/{layer}"));
        assert_eq!(Digest::of(&[&item]), read(&v, &format!("/envelope/{layer}_sha256")));
        item
    });
    let secret = |side: Side, of: &str| read::<Bytes32>(&v, &format!("/keys/{side}/{of}/secret"));
    assert_eq!(layer::peel(&id, Side::Bench, &secret(Side::Bench, "mix"), &l0), Ok(l1.clone()));
    assert_eq!(layer::peel(&id, Side::Bar, &secret(Side::Bar, "mix"), &l1), Ok(l2.clone()));
    assert!(layer::peel(&id, Side::Bench, &secret(Side::Bar, "mix"), &l0).is_err());
    let envelope = Envelope::from_bytes(l2).expect("an envelope");
    for side in [Side::Bench, Side::Bar] {
        assert_eq!(
            hengping_domain::lock::lock_public(&secret(side, "opening")),
            read(&v, &format!("/keys/{side}/opening/public"))
        );
        assert_eq!(
            hengping_domain::lock::lock_public(&secret(side, "mix")),
            read(&v, &format!("/keys/{side}/mix/public"))
        );
    }
    let share = |side: Side| envelope.share(&id, side, &secret(side, "opening")).expect("a share");
    let body = envelope.open(&id, &share(Side::Bench), &share(Side::Bar)).expect("opened");
    assert_eq!(Ballot::from_body(&body).as_ref(), Ok(&read::<Ballot>(&v, "/body/value")));
}

#[test]
fn casts_receipts_and_the_log_are_spelled_alike() {
    let v = vectors();
    let (id, seed) = (read::<BoxId>(&v, "/box"), Seed(read(&v, "/seed")));
    let posted = Posted::from_bytes(bytes(&v, "/envelope/l0")).expect("an item");
    let stamp: Token = read(&v, "/tokens/stamp/token");
    let signature = seed.stamp_key(&invitation(&v)).sign_cast(&id, 2, posted.hash());
    assert_eq!(signature, read(&v, "/cast/signature"));
    assert_eq!(token::verify_cast(&stamp, &id, 2, posted.hash(), &signature), Ok(()));
    let leaf = log::leaf(&stamp.nonce, posted.hash());
    assert_eq!(leaf, read(&v, "/cast/leaf"));
    let receipt = text(&v, "/receipt/message").as_bytes();
    assert_eq!(format!("hengping/v2/receipt\n{id}\n{leaf}\n2").as_bytes(), receipt);
    assert_eq!(verify(&read(&v, "/keys/receipt/public"), &read(&v, "/receipt/signature"), receipt), Ok(()));
    let leaves: Vec<Digest> = read(&v, "/log/leaves");
    assert_eq!(log::root(&leaves), read(&v, "/log/root"));
    assert_eq!(log::root(&[]), read(&v, "/log/empty_root"));
    let keys = sides(|side| read(&v, &format!("/keys/{side}/agent/public")));
    let note = text(&v, "/checkpoint/note");
    let checkpoint = Checkpoint::read(&id, &keys, note).expect("signed by both");
    assert_eq!(checkpoint, Checkpoint { id, size: 6, root: read(&v, "/checkpoint/root") });
    assert_eq!(checkpoint.text(), text(&v, "/checkpoint/text"));
}
