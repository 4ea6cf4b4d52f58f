//! The two layers around an envelope, one for each side's shuffle, so that neither side alone sees which posted item became
//! which envelope.
//!
//! `L1 = HPB2 | HPKE[bar mix](L2)`, `L0 = HPB2 | HPKE[bench mix](L1)`; every item of a layer has the same size. Deliberately
//! absent: lists, which [`crate::mix`] peels, and keys at rest.

use hpke::aead::AesGcm256;
use hpke::kdf::HkdfSha256;
use hpke::kem::XWing;
use hpke::rand_core::CryptoRng;
use hpke::{Deserializable as _, Kem, OpModeR, OpModeS, Serializable as _};

use crate::digest::{Bytes32, Digest};
use crate::envelope::{ENC_LEN, ENVELOPE_LEN, Envelope, EnvelopeError, LockPublic, SUITE};
use crate::ids::{BoxId, Side};
use crate::manifest::PerSide;

/// What a layer adds to what it holds: suite, encapsulated key, tag of the sealed text.
const LAYER_LEN: usize = 4 + ENC_LEN + 16;

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
/// [`EnvelopeError::Malformed`] when `inner` has another size, [`EnvelopeError::BadKey`].
pub fn wrap(
    id: &BoxId,
    side: Side,
    public: &LockPublic,
    inner: &[u8],
    rng: &mut impl CryptoRng,
) -> Result<Vec<u8>, EnvelopeError> {
    if inner.len() != inner_len(side) {
        return Err(EnvelopeError::Malformed);
    }
    let public = <XWing as Kem>::PublicKey::from_bytes(&public.0).map_err(|_| EnvelopeError::BadKey)?;
    let (enc, sealed) = hpke::single_shot_seal_with_rng::<AesGcm256, HkdfSha256, XWing>(
        &OpModeS::Base,
        &public,
        info(id, side).as_bytes(),
        inner,
        b"",
        rng,
    )
    .map_err(|_| EnvelopeError::BadKey)?;
    Ok([SUITE.as_slice(), &enc.to_bytes(), &sealed].concat())
}

/// Takes one side's layer off.
///
/// # Errors
/// [`EnvelopeError::Malformed`] for another size or suite, [`EnvelopeError::Locked`] when it does not open with this key.
pub fn peel(id: &BoxId, side: Side, secret: &Bytes32, item: &[u8]) -> Result<Vec<u8>, EnvelopeError> {
    if item.len() != len(side) || !item.starts_with(SUITE) {
        return Err(EnvelopeError::Malformed);
    }
    let (enc, sealed) = item[SUITE.len()..].split_at(ENC_LEN);
    let key = <XWing as Kem>::PrivateKey::from_bytes(&secret.0).map_err(|_| EnvelopeError::BadKey)?;
    let enc = <XWing as Kem>::EncappedKey::from_bytes(enc).map_err(|_| EnvelopeError::Locked)?;
    hpke::single_shot_open::<AesGcm256, HkdfSha256, XWing>(
        &OpModeR::Base,
        &key,
        &enc,
        info(id, side).as_bytes(),
        sealed,
        b"",
    )
    .map_err(|_| EnvelopeError::Locked)
}

/// A posted item, L0: right size, right suite; nothing else is known about it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Posted(Vec<u8>);

impl std::fmt::Debug for Posted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Posted({})", self.hash().short())
    }
}

impl AsRef<[u8]> for Posted {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl Posted {
    /// Accepts bytes by size and suite.
    ///
    /// # Errors
    /// [`EnvelopeError::Malformed`].
    pub fn from_bytes(bytes: Vec<u8>) -> Result<Self, EnvelopeError> {
        if bytes.len() == POSTED_LEN && bytes.starts_with(SUITE) {
            Ok(Self(bytes))
        } else {
            Err(EnvelopeError::Malformed)
        }
    }

    /// Wraps an envelope in both layers.
    ///
    /// # Errors
    /// [`EnvelopeError::BadKey`].
    pub fn wrap(
        id: &BoxId,
        envelope: &Envelope,
        mix: &PerSide<LockPublic>,
        rng: &mut impl CryptoRng,
    ) -> Result<Self, EnvelopeError> {
        let halfway = wrap(id, Side::Bar, &mix.bar, envelope.as_bytes(), rng)?;
        wrap(id, Side::Bench, &mix.bench, &halfway, rng).map(Self)
    }

    /// SHA-256 of the whole item.
    #[must_use]
    pub fn hash(&self) -> Digest {
        Digest::of(&[&self.0])
    }

    /// The 6,748 bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}
