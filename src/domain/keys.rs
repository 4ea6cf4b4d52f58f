//! Key files of one side: an Ed25519 signing key and an X-Wing opening key, each in a file of its own.
//!
//! Whoever signs for a side need not be whoever keeps its opening key, so the two never share a file.
//! Deliberately absent here: encryption at rest and splitting among officers; today the file's permissions protect it.

use ed25519_dalek::SigningKey;
use hpke::rand_core::CryptoRng;
use serde::{Deserialize, Serialize};

use crate::digest::{Bytes, Bytes32};
use crate::envelope::{self, OpeningPublic};
use crate::ids::Side;

/// Ed25519 signing key of a side (RFC 8032).
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

/// Opening key of a side: X-Wing (ML-KEM-768 and X25519).
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OpeningKeyFile {
    /// Format version, 1.
    pub v: u32,
    /// Whose key it is.
    pub side: Side,
    /// Always `opening`.
    pub purpose: OpeningPurpose,
    /// Public key, 1,216 bytes.
    pub public: OpeningPublic,
    /// Secret seed.
    pub secret: Bytes32,
}

/// What a side tells the platform: the public halves of both keys, and nothing secret.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PublicKeysFile {
    /// Format version, 1.
    pub v: u32,
    /// Whose keys they are.
    pub side: Side,
    /// Ed25519.
    pub signing: Bytes32,
    /// X-Wing, 1,216 bytes.
    pub opening: OpeningPublic,
}

crate::words! {
    /// Marks a signing key file.
    SigningPurpose, "signing key" {
        /// The only word.
        Signing = "signing",
    }
}

crate::words! {
    /// Marks an opening key file.
    OpeningPurpose, "opening key" {
        /// The only word.
        Opening = "opening",
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

impl OpeningKeyFile {
    /// A fresh key from `rng`.
    #[must_use]
    pub fn generate(side: Side, rng: &mut impl CryptoRng) -> Self {
        let mut seed = [0; 32];
        rng.fill_bytes(&mut seed);
        let public = envelope::opening_public(&Bytes(seed));
        Self { v: 1, side, purpose: OpeningPurpose::Opening, public, secret: Bytes(seed) }
    }
}
