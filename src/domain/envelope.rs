//! The two-lock envelope: a ballot that opens only when both sides hand over their share.
//!
//! `HPB2 | H(sA) | H(sB) | HPKE[bench](sA) | HPKE[bar](sB) | AES-256-GCM[K](body)` with `K = sA xor sB`; always 4,468 bytes.
//! Deliberately absent: the two mix layers around it ([`crate::layer`]), and any key storage.

use aes_gcm::aead::{Aead as _, Payload};
use aes_gcm::{Aes256Gcm, KeyInit as _, Nonce};
use hpke::aead::AesGcm256;
use hpke::kdf::HkdfSha256;
use hpke::kem::XWing;
use hpke::rand_core::CryptoRng;
use hpke::{Deserializable as _, Kem, OpModeR, OpModeS, Serializable as _};

use crate::ballot::BODY_LEN;
use crate::digest::{Bytes, Bytes32, Digest};
use crate::ids::{BoxId, Side};

/// X-Wing public key, 1,216 bytes.
pub type LockPublic = Bytes<1216>;

/// Suite identifier at the head of every envelope; another suite gets another identifier.
pub const SUITE: &[u8; 4] = b"HPB2";
/// Bytes of an encapsulated X-Wing key.
pub(crate) const ENC_LEN: usize = 1120;
/// A sealed 32-byte share with its tag.
const SHARE_CT_LEN: usize = 48;
const LOCK_LEN: usize = ENC_LEN + SHARE_CT_LEN;
const LOCKS_AT: usize = 4 + 32 + 32;
const BODY_AT: usize = LOCKS_AT + 2 * LOCK_LEN;
/// Bytes of every envelope.
pub const ENVELOPE_LEN: usize = BODY_AT + BODY_LEN + 16;

/// Why an envelope cannot be made or opened. Says nothing about the content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EnvelopeError {
    /// Not 4,468 bytes, or another suite.
    #[error("not an envelope of this suite")]
    Malformed,
    /// A public key that is no X-Wing key.
    #[error("not an opening key")]
    BadKey,
    /// The lock does not open with this key.
    #[error("the lock does not open with this key")]
    Locked,
    /// A share whose hash is not the one in the envelope.
    #[error("the share does not belong to this envelope")]
    WrongShare,
    /// Both shares fit but the body does not decrypt.
    #[error("the body does not decrypt")]
    Undecryptable,
}

/// A well-formed envelope: right size, right suite; nothing else is known about it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Envelope(Vec<u8>);

impl std::fmt::Debug for Envelope {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Envelope({})", self.hash().short())
    }
}

/// The public key that belongs to the secret of a lock.
#[must_use]
pub fn lock_public(secret: &Bytes32) -> LockPublic {
    // X-Wing's private key is its seed: parse it and let the KEM expand it.
    let public = <XWing as Kem>::PrivateKey::from_bytes(&secret.0).map(|key| XWing::sk_to_pk(&key).to_bytes());
    let mut bytes = [0; 1216];
    if let Ok(public) = public {
        bytes.copy_from_slice(&public);
    }
    Bytes(bytes)
}

fn info(id: &BoxId, side: Side) -> String {
    format!("HPB2|{}|{}|opening-{side}", id.period, id.direction)
}

fn body_aad(id: &BoxId) -> String {
    format!("HPB2|{}|{}|body", id.period, id.direction)
}

fn share_hash(share: &Bytes32) -> Digest {
    Digest::of(&[b"hengping/v1/share", &share.0])
}

fn xor(a: &Bytes32, b: &Bytes32) -> Bytes32 {
    Bytes(std::array::from_fn(|i| a.0[i] ^ b.0[i]))
}

impl AsRef<[u8]> for Envelope {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl Envelope {
    /// Accepts bytes as an envelope by size and suite.
    ///
    /// # Errors
    /// [`EnvelopeError::Malformed`].
    pub fn from_bytes(bytes: Vec<u8>) -> Result<Self, EnvelopeError> {
        if bytes.len() == ENVELOPE_LEN && bytes.starts_with(SUITE) {
            Ok(Self(bytes))
        } else {
            Err(EnvelopeError::Malformed)
        }
    }

    /// Seals a padded body under both sides' opening keys.
    ///
    /// # Errors
    /// [`EnvelopeError::BadKey`] when a public key is not one.
    pub fn seal(
        id: &BoxId,
        body: &[u8; BODY_LEN],
        bench: &LockPublic,
        bar: &LockPublic,
        rng: &mut impl CryptoRng,
    ) -> Result<Self, EnvelopeError> {
        let (mut key, mut share) = ([0; 32], [0; 32]);
        rng.fill_bytes(&mut key);
        rng.fill_bytes(&mut share);
        let (key, share_bench) = (Bytes(key), Bytes(share));
        let share_bar = xor(&key, &share_bench);
        let mut bytes = Vec::with_capacity(ENVELOPE_LEN);
        bytes.extend_from_slice(SUITE);
        bytes.extend_from_slice(share_hash(&share_bench).as_bytes());
        bytes.extend_from_slice(share_hash(&share_bar).as_bytes());
        for (side, public, share) in [(Side::Bench, bench, &share_bench), (Side::Bar, bar, &share_bar)] {
            let public = <XWing as Kem>::PublicKey::from_bytes(&public.0).map_err(|_| EnvelopeError::BadKey)?;
            let (enc, sealed) = hpke::single_shot_seal_with_rng::<AesGcm256, HkdfSha256, XWing>(
                &OpModeS::Base,
                &public,
                info(id, side).as_bytes(),
                &share.0,
                b"",
                rng,
            )
            .map_err(|_| EnvelopeError::BadKey)?;
            bytes.extend_from_slice(&enc.to_bytes());
            bytes.extend_from_slice(&sealed);
        }
        let aad = body_aad(id);
        let payload = Payload { msg: body, aad: aad.as_bytes() };
        // A fixed nonce is safe because the key is drawn for this one body.
        let sealed =
            Aes256Gcm::new(&key.0.into()).encrypt(&Nonce::default(), payload).map_err(|_| EnvelopeError::Malformed)?;
        bytes.extend_from_slice(&sealed);
        Self::from_bytes(bytes)
    }

    /// SHA-256 of the whole envelope.
    #[must_use]
    pub fn hash(&self) -> Digest {
        Digest::of(&[&self.0])
    }

    /// The 4,468 bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// One side's share: what that side hands over for this envelope, and no more.
    ///
    /// # Errors
    /// [`EnvelopeError::Locked`] when the lock was not made for this key, [`EnvelopeError::WrongShare`] when the share inside
    /// is not the one the envelope promised.
    pub fn share(&self, id: &BoxId, side: Side, secret: &Bytes32) -> Result<Bytes32, EnvelopeError> {
        let at = LOCKS_AT + if side == Side::Bench { 0 } else { LOCK_LEN };
        let (enc, sealed) = self.0[at..at + LOCK_LEN].split_at(ENC_LEN);
        let key = <XWing as Kem>::PrivateKey::from_bytes(&secret.0).map_err(|_| EnvelopeError::BadKey)?;
        let enc = <XWing as Kem>::EncappedKey::from_bytes(enc).map_err(|_| EnvelopeError::Locked)?;
        let share = hpke::single_shot_open::<AesGcm256, HkdfSha256, XWing>(
            &OpModeR::Base,
            &key,
            &enc,
            info(id, side).as_bytes(),
            sealed,
            b"",
        )
        .map_err(|_| EnvelopeError::Locked)?;
        let share = Bytes(share.try_into().map_err(|_| EnvelopeError::WrongShare)?);
        self.check_share(side, &share)?;
        Ok(share)
    }

    /// Whether this is the share whose hash the envelope carries for a side; nobody can find another one.
    #[must_use]
    pub fn promises(&self, side: Side, share: &Bytes32) -> bool {
        let at = 4 + if side == Side::Bench { 0 } else { 32 };
        self.0[at..at + 32] == *share_hash(share).as_bytes()
    }

    fn check_share(&self, side: Side, share: &Bytes32) -> Result<(), EnvelopeError> {
        if self.promises(side, share) { Ok(()) } else { Err(EnvelopeError::WrongShare) }
    }

    /// Opens the body with both shares.
    ///
    /// # Errors
    /// [`EnvelopeError::WrongShare`] or [`EnvelopeError::Undecryptable`].
    pub fn open(&self, id: &BoxId, bench: &Bytes32, bar: &Bytes32) -> Result<[u8; BODY_LEN], EnvelopeError> {
        self.check_share(Side::Bench, bench)?;
        self.check_share(Side::Bar, bar)?;
        let key = xor(bench, bar);
        let aad = body_aad(id);
        let payload = Payload { msg: &self.0[BODY_AT..], aad: aad.as_bytes() };
        let body = Aes256Gcm::new(&key.0.into())
            .decrypt(&Nonce::default(), payload)
            .map_err(|_| EnvelopeError::Undecryptable)?;
        body.try_into().map_err(|_| EnvelopeError::Undecryptable)
    }
}

#[cfg(test)]
mod tests;
