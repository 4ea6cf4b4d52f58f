//! What proves the right to cast without naming the rater: stamp outside, slip and nym inside the envelope.
//!
//! A token is a nonce that only the rater's device knows with one tag of each side over it; everything the device needs to
//! make it again follows from one seed per period, so a second device with the same seed makes the same tokens and no second
//! vote. Deliberately absent: who may ask for a tag, and the keys that make one.

pub mod info;
pub mod poprf;

use std::fmt;
use std::str::FromStr;

use ed25519_dalek::SigningKey;
use hkdf::Hkdf;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use sha2::Sha256;

use crate::digest::{Bytes, Bytes32, Digest, MalformedText};
use crate::document::{self, DocumentError};
use crate::ids::{BoxId, InvitationId, Side};
use crate::manifest::PerSide;
use crate::words;
pub use info::{NymInfo, RaterRole, SlipInfo, StampInfo};
use poprf::{Blinding, Evaluation, IssuerKey, IssuerPublic, Tag, TagError};

words! {
    /// What a token stands for.
    TokenKind, "token kind" {
        /// The right to post, outside the envelope.
        Stamp = "stamp",
        /// The invitation, inside.
        Slip = "slip",
        /// The nameless rater, inside.
        Nym = "nym",
    }
}

/// The rater's secret of one period; text form base64url.
#[derive(Debug, Clone)]
pub struct Seed(pub Bytes32);

impl Seed {
    /// `HKDF-SHA256(seed, info = label)` (RFC 5869).
    fn derive<const N: usize>(&self, label: &str) -> [u8; N] {
        let mut out = [0; N];
        // 64 bytes are far below HKDF's limit of 255 blocks, so expansion cannot fail.
        let expanded = Hkdf::<Sha256>::new(None, &self.0.0).expand(label.as_bytes(), &mut out);
        debug_assert!(expanded.is_ok());
        out
    }

    /// The key that signs this rater's requests to the agents of a box.
    #[must_use]
    pub fn request_key(&self, id: &BoxId) -> SigningKey {
        SigningKey::from_bytes(&self.derive(&format!("hengping/v2|request|{id}")))
    }

    /// The one-time signing key of an invitation; its public key is the stamp's nonce.
    #[must_use]
    pub fn stamp_key(&self, invitation: &InvitationId) -> StampKey {
        StampKey(SigningKey::from_bytes(&self.derive(&format!("hengping/v2|stamp|{invitation}"))))
    }

    /// The nonce of an invitation's slip.
    #[must_use]
    pub fn slip(&self, invitation: &InvitationId) -> Bytes32 {
        Bytes(self.derive(&format!("hengping/v2|slip|{invitation}")))
    }

    /// The nonce of the rater's nameless name in a box.
    #[must_use]
    pub fn nym(&self, id: &BoxId) -> Bytes32 {
        Bytes(self.derive(&format!("hengping/v2|nym|{id}")))
    }

    /// Blinds a nonce for one side; `id` is the invitation, for a nym the box.
    ///
    /// # Errors
    /// [`TagError::Malformed`], which no nonce of ours can cause.
    pub fn blind(&self, kind: TokenKind, id: &str, side: Side, nonce: &Bytes32) -> Result<Blinding, TagError> {
        Blinding::new(nonce, self.derive(&format!("hengping/v2|blind|{kind}|{id}|{side}")))
    }

    /// Blinds a nonce for both sides.
    ///
    /// # Errors
    /// As [`Seed::blind`].
    pub fn blind_both(&self, kind: TokenKind, id: &str, nonce: &Bytes32) -> Result<PerSide<Blinding>, TagError> {
        let blind = |side| self.blind(kind, id, side, nonce);
        PerSide::try_of(blind)
    }
}

/// One-time Ed25519 key that signs every cast of one invitation.
#[derive(Debug)]
pub struct StampKey(SigningKey);

impl StampKey {
    /// The public key, nonce of the stamp.
    #[must_use]
    pub fn nonce(&self) -> Bytes32 {
        Bytes(self.0.verifying_key().to_bytes())
    }

    /// Signs an envelope's hash under a sequence number, so that nobody who sees the stamp can swap the envelope.
    #[must_use]
    pub fn sign_cast(&self, id: &BoxId, seq: u32, envelope: Digest) -> Bytes<64> {
        document::sign(&self.0, &cast_text(id, seq, envelope))
    }
}

fn cast_text(id: &BoxId, seq: u32, envelope: Digest) -> Vec<u8> {
    let mut text = format!("hengping/v2/cast\n{id}\n{seq}\n").into_bytes();
    text.extend_from_slice(envelope.as_bytes());
    text
}

/// Checks a stamp's signature over a cast.
///
/// # Errors
/// [`DocumentError::BadSignature`].
pub fn verify_cast(
    stamp: &Token,
    id: &BoxId,
    seq: u32,
    envelope: Digest,
    signature: &Bytes<64>,
) -> Result<(), DocumentError> {
    document::verify(&stamp.nonce, signature, &cast_text(id, seq, envelope))
}

/// A nonce with one tag of each side; 160 bytes `nonce | bench | bar`, text form base64url.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Token {
    /// Known to the rater's device alone until it is used.
    pub nonce: Bytes32,
    /// The bench's tag.
    pub bench: Tag,
    /// The bar's tag.
    pub bar: Tag,
}

/// Bytes of a token.
pub const TOKEN_LEN: usize = 160;

impl Token {
    /// Unblinds both sides' answers for one nonce.
    ///
    /// # Errors
    /// [`TagError`] when an answer was not made with the key of the manifest for this info.
    pub fn finalize(
        blinding: &PerSide<Blinding>,
        answers: &PerSide<Evaluation>,
        issuers: &PerSide<IssuerPublic>,
        nonce: Bytes32,
        info: &str,
    ) -> Result<Self, TagError> {
        let tag = |side| blinding.get(side).finalize(answers.get(side), issuers.get(side), info);
        Ok(Self { nonce, bench: tag(Side::Bench)?, bar: tag(Side::Bar)? })
    }

    /// The token as whoever holds both issuer keys would make it: for fixtures and for checking.
    ///
    /// # Errors
    /// [`TagError::Malformed`].
    pub fn mint(nonce: Bytes32, issuers: &PerSide<IssuerKey>, info: &str) -> Result<Self, TagError> {
        Ok(Self { nonce, bench: issuers.bench.tag(&nonce, info)?, bar: issuers.bar.tag(&nonce, info)? })
    }

    /// One side's tag.
    #[must_use]
    pub const fn tag(&self, side: Side) -> &Tag {
        match side {
            Side::Bench => &self.bench,
            Side::Bar => &self.bar,
        }
    }

    /// Whether one side's tag is its key's for this info.
    #[must_use]
    pub fn holds_for(&self, side: Side, issuer: &IssuerKey, info: &str) -> bool {
        issuer.tag(&self.nonce, info).is_ok_and(|tag| tag == *self.tag(side))
    }

    /// Whether both tags are.
    #[must_use]
    pub fn holds(&self, issuers: &PerSide<IssuerKey>, info: &str) -> bool {
        self.holds_for(Side::Bench, &issuers.bench, info) && self.holds_for(Side::Bar, &issuers.bar, info)
    }

    /// The 160 bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Bytes<TOKEN_LEN> {
        let mut bytes = [0; TOKEN_LEN];
        bytes[..32].copy_from_slice(&self.nonce.0);
        bytes[32..96].copy_from_slice(&self.bench.0);
        bytes[96..].copy_from_slice(&self.bar.0);
        Bytes(bytes)
    }

    /// Any 160 bytes are a token; whether it holds is another question.
    #[must_use]
    pub fn from_bytes(bytes: &Bytes<TOKEN_LEN>) -> Self {
        Self {
            nonce: Bytes(std::array::from_fn(|i| bytes.0[i])),
            bench: Bytes(std::array::from_fn(|i| bytes.0[32 + i])),
            bar: Bytes(std::array::from_fn(|i| bytes.0[96 + i])),
        }
    }
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.to_bytes().fmt(f)
    }
}

impl fmt::Debug for Token {
    /// Says nothing: slips and nyms stay secret for ever.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token")
    }
}

impl FromStr for Token {
    type Err = MalformedText;

    fn from_str(text: &str) -> Result<Self, MalformedText> {
        text.parse().map(|bytes| Self::from_bytes(&bytes))
    }
}

impl Serialize for Token {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Token {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

/// The entry of a counted ballot in the published counted list, from the slip's nonce.
#[must_use]
pub fn counted_hash(slip: &Bytes32) -> Digest {
    Digest::of(&[b"counted", &slip.0])
}

/// The nameless rater in the analysis, from the nym's nonce; never published.
#[must_use]
pub fn nym_hash(nym: &Bytes32) -> Digest {
    Digest::of(&[b"hengping/v2/nym", &nym.0])
}

#[cfg(test)]
mod tests;
