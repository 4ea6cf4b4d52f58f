//! The two-lock envelope: a ballot that opens only when both sides hand over their share.
//!
//! `HPB2 | H(sA) | H(sB) | HPKE[bench](sA) | HPKE[bar](sB) | AES-256-GCM[K](body)` with `K = sA xor sB`; always 4,468 bytes.
//! Deliberately absent: the two mix layers around it ([`crate::layer`]), and any key storage.

use aes_gcm::aead::{Aead as _, Payload};
use aes_gcm::{Aes256Gcm, KeyInit as _, Nonce};
use hpke::rand_core::CryptoRng;

use crate::ballot::BODY_LEN;
use crate::digest::{Bytes, Bytes32, Digest};
use crate::ids::{BoxId, Side};

use crate::lock::{self, LOCK_LEN, LockPublic, SUITE, Sealed, SealedError};

/// A sealed 32-byte share.
const SHARE_LEN: usize = LOCK_LEN + 32;
const LOCKS_AT: usize = 4 + 32 + 32;
const BODY_AT: usize = LOCKS_AT + 2 * SHARE_LEN;
/// Bytes of every envelope.
pub const ENVELOPE_LEN: usize = BODY_AT + BODY_LEN + 16;

/// An envelope.
pub type Envelope = Sealed<ENVELOPE_LEN>;

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

impl Envelope {
    /// Seals a padded body under both sides' opening keys.
    ///
    /// # Errors
    /// [`SealedError::BadKey`] when a public key is not one.
    pub fn seal(
        id: &BoxId,
        body: &[u8; BODY_LEN],
        bench: &LockPublic,
        bar: &LockPublic,
        rng: &mut impl CryptoRng,
    ) -> Result<Self, SealedError> {
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
            bytes.extend_from_slice(&lock::lock(public, &info(id, side), &share.0, rng)?);
        }
        let aad = body_aad(id);
        let payload = Payload { msg: body, aad: aad.as_bytes() };
        // A fixed nonce is safe because the key is drawn for this one body.
        let sealed =
            Aes256Gcm::new(&key.0.into()).encrypt(&Nonce::default(), payload).map_err(|_| SealedError::Malformed)?;
        bytes.extend_from_slice(&sealed);
        Self::from_bytes(bytes)
    }

    /// One side's share: what that side hands over for this envelope, and no more.
    ///
    /// # Errors
    /// [`SealedError::Locked`] when the lock was not made for this key, [`SealedError::WrongShare`] when the share inside
    /// is not the one the envelope promised.
    pub fn share(&self, id: &BoxId, side: Side, secret: &Bytes32) -> Result<Bytes32, SealedError> {
        let at = LOCKS_AT + if side == Side::Bench { 0 } else { SHARE_LEN };
        let share = lock::unlock(secret, &info(id, side), &self.as_bytes()[at..at + SHARE_LEN])?;
        let share = Bytes(share.try_into().map_err(|_| SealedError::WrongShare)?);
        self.check_share(side, &share)?;
        Ok(share)
    }

    /// Whether this is the share whose hash the envelope carries for a side; nobody can find another one.
    #[must_use]
    pub fn promises(&self, side: Side, share: &Bytes32) -> bool {
        let at = 4 + if side == Side::Bench { 0 } else { 32 };
        self.as_bytes()[at..at + 32] == *share_hash(share).as_bytes()
    }

    fn check_share(&self, side: Side, share: &Bytes32) -> Result<(), SealedError> {
        if self.promises(side, share) { Ok(()) } else { Err(SealedError::WrongShare) }
    }

    /// Opens the body with both shares.
    ///
    /// # Errors
    /// [`SealedError::WrongShare`] or [`SealedError::Undecryptable`].
    pub fn open(&self, id: &BoxId, bench: &Bytes32, bar: &Bytes32) -> Result<[u8; BODY_LEN], SealedError> {
        self.check_share(Side::Bench, bench)?;
        self.check_share(Side::Bar, bar)?;
        let key = xor(bench, bar);
        let aad = body_aad(id);
        let payload = Payload { msg: &self.as_bytes()[BODY_AT..], aad: aad.as_bytes() };
        let body = Aes256Gcm::new(&key.0.into())
            .decrypt(&Nonce::default(), payload)
            .map_err(|_| SealedError::Undecryptable)?;
        body.try_into().map_err(|_| SealedError::Undecryptable)
    }
}

#[cfg(test)]
mod tests;
