//! The two layers around an envelope, one for each side's shuffle, so that neither side alone sees which posted item became
//! which envelope.
//!
//! `L1 = HPB2 | HPKE[bar mix](L2)`, `L0 = HPB2 | HPKE[bench mix](L1)`; every item of a layer has the same size. Deliberately
//! absent: lists, which [`crate::mix`] peels, and keys at rest.

use hpke::rand_core::CryptoRng;

use crate::digest::Bytes32;
use crate::envelope::{ENVELOPE_LEN, Envelope};
use crate::ids::{BoxId, Side};
use crate::lock::{self, LOCK_LEN, LockPublic, SUITE, Sealed, SealedError};
use crate::manifest::PerSide;

/// What a layer adds to what it holds: the suite and a lock.
const LAYER_LEN: usize = 4 + LOCK_LEN;

/// Bytes of a side's layer: the bench's is the outer one.
#[must_use]
pub const fn len(side: Side) -> usize {
    match side {
        Side::Bar => ENVELOPE_LEN + LAYER_LEN,
        Side::Bench => ENVELOPE_LEN + 2 * LAYER_LEN,
    }
}

/// Bytes of a posted item, 6,748.
pub const POSTED_LEN: usize = len(Side::Bench);

/// Bytes of what is inside a side's layer.
#[must_use]
pub const fn inner_len(side: Side) -> usize {
    len(side) - LAYER_LEN
}

fn info(id: &BoxId, side: Side) -> String {
    format!("HPB2|{}|{}|mix-{side}", id.period, id.direction)
}

/// Puts one side's layer around `inner`.
///
/// # Errors
/// [`SealedError::Malformed`] when `inner` has another size, [`SealedError::BadKey`].
pub fn wrap(
    id: &BoxId,
    side: Side,
    public: &LockPublic,
    inner: &[u8],
    rng: &mut impl CryptoRng,
) -> Result<Vec<u8>, SealedError> {
    if inner.len() != inner_len(side) {
        return Err(SealedError::Malformed);
    }
    Ok([SUITE.as_slice(), &lock::lock(public, &info(id, side), inner, rng)?].concat())
}

/// Takes one side's layer off.
///
/// # Errors
/// [`SealedError::Malformed`] for another size or suite, [`SealedError::Locked`] when it does not open with this key.
pub fn peel(id: &BoxId, side: Side, secret: &Bytes32, item: &[u8]) -> Result<Vec<u8>, SealedError> {
    if item.len() != len(side) || !item.starts_with(SUITE) {
        return Err(SealedError::Malformed);
    }
    lock::unlock(secret, &info(id, side), &item[SUITE.len()..])
}

/// A posted item, L0.
pub type Posted = Sealed<POSTED_LEN>;

impl Posted {
    /// Wraps an envelope in both layers.
    ///
    /// # Errors
    /// [`SealedError::BadKey`].
    pub fn wrap(
        id: &BoxId,
        envelope: &Envelope,
        mix: &PerSide<LockPublic>,
        rng: &mut impl CryptoRng,
    ) -> Result<Self, SealedError> {
        let halfway = wrap(id, Side::Bar, &mix.bar, envelope.as_bytes(), rng)?;
        Self::from_bytes(wrap(id, Side::Bench, &mix.bench, &halfway, rng)?)
    }
}
