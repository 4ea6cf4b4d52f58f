//! A side's lock: HPKE to its X-Wing key, and what carries such locks: an item of one size that begins with the suite.
//!
//! Deliberately absent: what is locked; [`crate::envelope`] locks shares, [`crate::layer`] whole items.

use hpke::aead::AesGcm256;
use hpke::kdf::HkdfSha256;
use hpke::kem::XWing;
use hpke::rand_core::CryptoRng;
use hpke::{Deserializable as _, Kem, OpModeR, OpModeS, Serializable as _};

use crate::digest::{Bytes, Bytes32, Digest};

/// X-Wing public key, 1,216 bytes.
pub type LockPublic = Bytes<1216>;

/// Suite identifier at the head of every item; another suite gets another identifier.
pub const SUITE: &[u8; 4] = b"HPB2";
/// Bytes of an encapsulated X-Wing key.
const ENC_LEN: usize = 1120;
/// What a lock adds to what it holds: encapsulated key and tag.
pub(crate) const LOCK_LEN: usize = ENC_LEN + 16;

/// Why an item cannot be made or opened. Says nothing about the content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SealedError {
    /// Another size or suite.
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

/// HPKE, single shot (RFC 9180, section 6.1): encapsulated key, sealed text and tag.
///
/// # Errors
/// [`SealedError::BadKey`].
pub(crate) fn lock(
    public: &LockPublic,
    info: &str,
    text: &[u8],
    rng: &mut impl CryptoRng,
) -> Result<Vec<u8>, SealedError> {
    let public = <XWing as Kem>::PublicKey::from_bytes(&public.0).map_err(|_| SealedError::BadKey)?;
    let (enc, sealed) = hpke::single_shot_seal_with_rng::<AesGcm256, HkdfSha256, XWing>(
        &OpModeS::Base,
        &public,
        info.as_bytes(),
        text,
        b"",
        rng,
    )
    .map_err(|_| SealedError::BadKey)?;
    Ok([enc.to_bytes().as_slice(), &sealed].concat())
}

/// What [`lock`] locked, of at least [`LOCK_LEN`] bytes.
///
/// # Errors
/// [`SealedError::BadKey`] for a secret that is none, [`SealedError::Locked`] when it is not this lock's.
pub(crate) fn unlock(secret: &Bytes32, info: &str, locked: &[u8]) -> Result<Vec<u8>, SealedError> {
    let (enc, sealed) = locked.split_at(ENC_LEN);
    let key = <XWing as Kem>::PrivateKey::from_bytes(&secret.0).map_err(|_| SealedError::BadKey)?;
    let enc = <XWing as Kem>::EncappedKey::from_bytes(enc).map_err(|_| SealedError::Locked)?;
    hpke::single_shot_open::<AesGcm256, HkdfSha256, XWing>(&OpModeR::Base, &key, &enc, info.as_bytes(), sealed, b"")
        .map_err(|_| SealedError::Locked)
}

/// A sealed item: right size, right suite; nothing else is known about it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Sealed<const LEN: usize>(Vec<u8>);

impl<const LEN: usize> std::fmt::Debug for Sealed<LEN> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Sealed<{LEN}>({})", self.hash().short())
    }
}

impl<const LEN: usize> AsRef<[u8]> for Sealed<LEN> {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl<const LEN: usize> Sealed<LEN> {
    /// Accepts bytes by size and suite.
    ///
    /// # Errors
    /// [`SealedError::Malformed`].
    pub fn from_bytes(bytes: Vec<u8>) -> Result<Self, SealedError> {
        if bytes.len() == LEN && bytes.starts_with(SUITE) { Ok(Self(bytes)) } else { Err(SealedError::Malformed) }
    }

    /// SHA-256 of the whole item.
    #[must_use]
    pub fn hash(&self) -> Digest {
        Digest::of(&[&self.0])
    }

    /// The `LEN` bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}
