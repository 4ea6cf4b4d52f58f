//! What proves the right to cast without naming the rater: stamp outside, slip and nym inside the envelope.
//!
//! All three are derived from one seed per period that never leaves the rater's device, so a second device with the same
//! seed makes the same tokens. Until both sides' agents issue blind tokens, the platform lists their hashes: a live
//! platform could note whom it listed them for, and the documentation says so. Deliberately absent: the blind issue.

use std::fmt;
use std::str::FromStr;

use ed25519_dalek::{Signer as _, SigningKey};
use hkdf::Hkdf;
use sha2::Sha256;

use crate::digest::{Bytes, Bytes32, Digest};
use crate::document::{self, DocumentError};
use crate::ids::{BoxId, InvitationId, PeriodId, RateeId, UnknownName};
use crate::stratum::Stratum;
use crate::words;

words! {
    /// 律师 or 法官 as the rater's role in the analysis.
    RaterRole, "rater role" {
        /// A judge rates.
        Judge = "judge",
        /// A lawyer rates.
        Lawyer = "lawyer",
    }
}

/// The rater's secret of one period; text form base64url.
#[derive(Debug, Clone)]
pub struct Seed(pub Bytes32);

impl Seed {
    /// `HKDF-SHA256(seed, info = "hengping/v1|{kind}|{id}")`, 32 bytes (RFC 5869).
    fn derive(&self, kind: &str, id: &str) -> Bytes32 {
        let mut out = [0; 32];
        let info = format!("hengping/v1|{kind}|{id}");
        // 32 bytes are far below HKDF's limit of 255 blocks, so expansion cannot fail.
        let expanded = Hkdf::<Sha256>::new(None, &self.0.0).expand(info.as_bytes(), &mut out);
        debug_assert!(expanded.is_ok());
        Bytes(out)
    }

    /// The one-time signing key of an invitation; its public key is the stamp.
    #[must_use]
    pub fn stamp_key(&self, invitation: &InvitationId) -> StampKey {
        StampKey(SigningKey::from_bytes(&self.derive("stamp", invitation.as_str()).0))
    }

    /// The slip of an invitation.
    #[must_use]
    pub fn slip(&self, invitation: &InvitationId) -> Bytes32 {
        self.derive("slip", invitation.as_str())
    }

    /// The rater's nameless name in a box.
    #[must_use]
    pub fn nym(&self, id: &BoxId) -> Bytes32 {
        self.derive("nym", &id.to_string())
    }
}

/// One-time Ed25519 key that signs every cast of one invitation.
#[derive(Debug)]
pub struct StampKey(SigningKey);

impl StampKey {
    /// The public key that travels outside the envelope.
    #[must_use]
    pub fn stamp(&self) -> Bytes32 {
        Bytes(self.0.verifying_key().to_bytes())
    }

    /// Signs an envelope's hash under a sequence number, so that nobody who sees the stamp can swap the envelope.
    #[must_use]
    pub fn sign_cast(&self, id: &BoxId, seq: u32, envelope: Digest) -> Bytes<64> {
        Bytes(self.0.sign(&cast_text(id, seq, envelope)).to_bytes())
    }
}

fn cast_text(id: &BoxId, seq: u32, envelope: Digest) -> Vec<u8> {
    let mut text = format!("hengping/v1/cast\n{id}\n{seq}\n").into_bytes();
    text.extend_from_slice(envelope.as_bytes());
    text
}

/// Checks the stamp's signature over a cast.
///
/// # Errors
/// [`DocumentError::BadSignature`].
pub fn verify_cast(
    stamp: &Bytes32,
    id: &BoxId,
    seq: u32,
    envelope: Digest,
    signature: &Bytes<64>,
) -> Result<(), DocumentError> {
    document::verify(stamp, signature, &cast_text(id, seq, envelope))
}

/// The hash under which a stamp is listed.
#[must_use]
pub fn stamp_hash(stamp: &Bytes32) -> Digest {
    Digest::of(&[b"hengping/v1/stamp", &stamp.0])
}

/// The hash under which a slip is listed.
#[must_use]
pub fn slip_hash(slip: &Bytes32) -> Digest {
    Digest::of(&[b"hengping/v1/slip", &slip.0])
}

/// The hash under which a nym is listed.
#[must_use]
pub fn nym_hash(nym: &Bytes32) -> Digest {
    Digest::of(&[b"hengping/v1/nym", &nym.0])
}

/// The entry of a counted ballot in the published counted list.
#[must_use]
pub fn counted_hash(slip: &Bytes32) -> Digest {
    Digest::of(&[b"counted", &slip.0])
}

/// What a slip stands for: `v1|slip|period|direction|ratee|court|stratum|rubric`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SlipInfo {
    /// The box.
    pub id: BoxId,
    /// Who is rated.
    pub ratee: RateeId,
    /// Court code of the ratee.
    pub court: String,
    /// Case type and outcome for the rater's side of the case.
    pub stratum: Stratum,
    /// The rubric in force.
    pub rubric: Digest,
}

impl fmt::Display for SlipInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { id, ratee, court, stratum, rubric } = self;
        write!(f, "v1|slip|{}|{}|{ratee}|{court}|{stratum}|{rubric}", id.period, id.direction)
    }
}

impl FromStr for SlipInfo {
    type Err = UnknownName;

    fn from_str(text: &str) -> Result<Self, UnknownName> {
        let unknown = || UnknownName { kind: "slip info", text: text.to_owned() };
        let ["v1", "slip", period, direction, ratee, court, stratum, rubric] = text.split('|').collect::<Vec<_>>()[..]
        else {
            return Err(unknown());
        };
        Ok(Self {
            id: BoxId { period: PeriodId(period.to_owned()), direction: direction.parse().map_err(|_| unknown())? },
            ratee: RateeId(ratee.to_owned()),
            court: court.to_owned(),
            stratum: stratum.parse().map_err(|_| unknown())?,
            rubric: rubric.parse().map_err(|_| unknown())?,
        })
    }
}

/// What a nym stands for: `v1|nym|period|direction|home|role`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NymInfo {
    /// The box.
    pub id: BoxId,
    /// Code of the court with most of the rater's cases.
    pub home: String,
    /// Judge or lawyer.
    pub role: RaterRole,
}

impl fmt::Display for NymInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "v1|nym|{}|{}|{}|{}", self.id.period, self.id.direction, self.home, self.role)
    }
}

impl FromStr for NymInfo {
    type Err = UnknownName;

    fn from_str(text: &str) -> Result<Self, UnknownName> {
        let unknown = || UnknownName { kind: "nym info", text: text.to_owned() };
        let ["v1", "nym", period, direction, home, role] = text.split('|').collect::<Vec<_>>()[..] else {
            return Err(unknown());
        };
        Ok(Self {
            id: BoxId { period: PeriodId(period.to_owned()), direction: direction.parse().map_err(|_| unknown())? },
            home: home.to_owned(),
            role: role.parse().map_err(|_| unknown())?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seed(byte: u8) -> Seed {
        Seed(Bytes([byte; 32]))
    }

    #[test]
    fn the_same_seed_makes_the_same_tokens_and_another_makes_others() {
        let invitation = InvitationId("i".into());
        assert_eq!(seed(1).stamp_key(&invitation).stamp(), seed(1).stamp_key(&invitation).stamp());
        assert_ne!(seed(1).slip(&invitation), seed(2).slip(&invitation));
        assert_ne!(seed(1).slip(&invitation), seed(1).slip(&InvitationId("j".into())));
    }

    #[test]
    fn a_cast_signature_binds_box_sequence_and_envelope() {
        let id: BoxId = "2026.bar_rates_bench".parse().expect("a box");
        let key = seed(3).stamp_key(&InvitationId("i".into()));
        let (envelope, other) = (Digest::of(&[b"a"]), Digest::of(&[b"b"]));
        let signature = key.sign_cast(&id, 1, envelope);
        assert_eq!(verify_cast(&key.stamp(), &id, 1, envelope, &signature), Ok(()));
        assert!(verify_cast(&key.stamp(), &id, 2, envelope, &signature).is_err());
        assert!(verify_cast(&key.stamp(), &id, 1, other, &signature).is_err());
        assert!(verify_cast(&key.stamp(), &id.counterpart(), 1, envelope, &signature).is_err());
        let thief = seed(4).stamp_key(&InvitationId("i".into()));
        assert!(verify_cast(&thief.stamp(), &id, 1, envelope, &signature).is_err());
    }

    #[test]
    fn infos_round_trip() {
        let rubric = Digest::of(&[b"r"]);
        let text = format!("v1|slip|2026|bar_rates_bench|r-1|鲁0202|civil.for|{rubric}");
        assert_eq!(text.parse::<SlipInfo>().expect("slip info").to_string(), text);
        let text = "v1|nym|2026|bench_rates_bar|鲁0202|judge";
        assert_eq!(text.parse::<NymInfo>().expect("nym info").to_string(), text);
        assert!("v1|nym|2026|bench_rates_bar|鲁0202|clerk".parse::<NymInfo>().is_err());
    }
}
