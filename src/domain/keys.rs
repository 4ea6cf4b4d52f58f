//! A side's keys: one that its officers sign with, one that its agent speaks with, and three of the agent's for every box.
//!
//! Officers need not be able to open anything, and the agent cannot sign a document. Deliberately absent: how a secret lies on
//! a disk, which is the agent's business.

use ed25519_dalek::SigningKey;
use hpke::rand_core::CryptoRng;
use serde::{Deserialize, Serialize};

use crate::digest::{Bytes, Bytes32};
use crate::ids::Side;
use crate::lock::{self, LockPublic};
use crate::token::poprf::{IssuerKey, IssuerPublic, TagError};

/// Ed25519 signing key of a side's officers (RFC 8032).
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SigningKeyFile {
    /// Format version, 1.
    pub v: u32,
    /// Whose key it is.
    pub side: Side,
    /// Always `signing`.
    pub purpose: SigningPurpose,
    /// Public key.
    pub public: Bytes32,
    /// Secret seed.
    pub secret: Bytes32,
}

/// What a side tells the other side and the platform once: the public halves of its two lasting keys.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PublicKeysFile {
    /// Format version, 2.
    pub v: u32,
    /// Whose keys they are.
    pub side: Side,
    /// Ed25519, the officers'.
    pub signing: Bytes32,
    /// Ed25519, the agent's.
    pub agent: Bytes32,
}

crate::words! {
    /// Marks a signing key file.
    SigningPurpose, "signing key" {
        /// The only word.
        Signing = "signing",
    }
}

impl SigningKeyFile {
    /// A fresh key from `rng`.
    #[must_use]
    pub fn generate(side: Side, rng: &mut impl CryptoRng) -> Self {
        let mut seed = [0; 32];
        rng.fill_bytes(&mut seed);
        let public = Bytes(SigningKey::from_bytes(&seed).verifying_key().to_bytes());
        Self { v: 1, side, purpose: SigningPurpose::Signing, public, secret: Bytes(seed) }
    }

    /// The key to sign with.
    #[must_use]
    pub fn key(&self) -> SigningKey {
        SigningKey::from_bytes(&self.secret.0)
    }
}

/// An agent's secrets of one box.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BoxSecrets {
    /// POPRF key, a ristretto255 scalar; public once the box is dead.
    pub issuer: Bytes32,
    /// X-Wing secret of this side's mix layer.
    pub mix: Bytes32,
    /// X-Wing secret of this side's lock.
    pub opening: Bytes32,
}

/// The public halves of [`BoxSecrets`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BoxPublics {
    /// POPRF, a ristretto255 element.
    pub issuer: IssuerPublic,
    /// X-Wing, 1,216 bytes.
    pub mix: LockPublic,
    /// X-Wing, 1,216 bytes.
    pub opening: LockPublic,
}

impl BoxSecrets {
    /// Fresh secrets from `rng`.
    ///
    /// # Errors
    /// [`TagError`] with probability below 2^-250.
    pub fn generate(rng: &mut impl CryptoRng) -> Result<Self, TagError> {
        let mut draw = || {
            let mut bytes = [0; 32];
            rng.fill_bytes(&mut bytes);
            bytes
        };
        let issuer = IssuerKey::derive(&draw())?.secret();
        Ok(Self { issuer, mix: Bytes(draw()), opening: Bytes(draw()) })
    }

    /// The key that makes tags.
    ///
    /// # Errors
    /// [`TagError::Malformed`] when the secret is no scalar.
    pub fn issuer_key(&self) -> Result<IssuerKey, TagError> {
        IssuerKey::from_secret(&self.issuer)
    }

    /// What the manifest names.
    ///
    /// # Errors
    /// As [`BoxSecrets::issuer_key`].
    pub fn publics(&self) -> Result<BoxPublics, TagError> {
        Ok(BoxPublics {
            issuer: self.issuer_key()?.public(),
            mix: lock::lock_public(&self.mix),
            opening: lock::lock_public(&self.opening),
        })
    }
}
