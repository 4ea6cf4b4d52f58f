//! Blind tags: a side's agent evaluates a nonce that it never sees, bound to an info that it does (RFC 9497, mode POPRF,
//! ristretto255-SHA512).
//!
//! A tag proves that the side answered for exactly this info; the proof beside each answer shows that the side used the key
//! of the manifest and not one made to mark a rater. Deliberately absent: who may ask, which the agent decides.

use rand_core_06 as rand_core;
use serde::{Deserialize, Serialize};
use voprf::{BlindedElement, EvaluationElement, Group, PoprfClient, PoprfServer, Proof, Ristretto255};

use crate::digest::{Bytes, Bytes32};

/// Output of the POPRF, 64 bytes.
pub type Tag = Bytes<64>;
/// A blinded nonce, 32 bytes of a ristretto255 element.
pub type Blinded = Bytes32;
/// Public key of an issuer, 32 bytes of a ristretto255 element.
pub type IssuerPublic = Bytes32;

/// Why a tag cannot be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TagError {
    /// A key, an element or a proof that is none.
    #[error("not a key or element of ristretto255")]
    Malformed,
    /// The answer was not made with the issuer's key for this info.
    #[error("the proof does not show that the issuer's key was used")]
    BadProof,
}

/// What an agent answers for one blinded nonce.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Evaluation {
    /// The evaluated element, 32 bytes.
    pub element: Bytes32,
    /// DLEQ proof, 64 bytes.
    pub proof: Bytes<64>,
}

/// An issuer's key of one box.
#[derive(Clone)]
pub struct IssuerKey(PoprfServer<Ristretto255>);

impl std::fmt::Debug for IssuerKey {
    /// Says nothing: it is a secret until the box is dead.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("IssuerKey")
    }
}

impl IssuerKey {
    /// A key from 32 random bytes (RFC 9497, DeriveKeyPair with an empty info).
    ///
    /// # Errors
    /// [`TagError::Malformed`] with probability below 2^-250.
    pub fn derive(seed: &[u8; 32]) -> Result<Self, TagError> {
        PoprfServer::new_from_seed(seed, b"").map(Self).map_err(|_| TagError::Malformed)
    }

    /// The key of a scalar, 32 bytes little endian.
    ///
    /// # Errors
    /// [`TagError::Malformed`] for zero and for what is not below the group's order.
    pub fn from_secret(secret: &Bytes32) -> Result<Self, TagError> {
        PoprfServer::new_with_key(&secret.0).map(Self).map_err(|_| TagError::Malformed)
    }

    /// The scalar, 32 bytes little endian.
    #[must_use]
    pub fn secret(&self) -> Bytes32 {
        // Scalar, then public key.
        let bytes = self.0.serialize();
        Bytes(std::array::from_fn(|i| bytes[i]))
    }

    /// The public key that the manifest names.
    #[must_use]
    pub fn public(&self) -> IssuerPublic {
        Bytes(Ristretto255::serialize_elem(self.0.get_public_key()).into())
    }

    /// Answers for a blinded nonce; `randomness` is for the proof alone and must be fresh.
    ///
    /// # Errors
    /// [`TagError::Malformed`] when the element is none.
    pub fn evaluate(&self, blinded: &Blinded, info: &str, randomness: [u8; 64]) -> Result<Evaluation, TagError> {
        let blinded = BlindedElement::deserialize(&blinded.0).map_err(|_| TagError::Malformed)?;
        let answer = self
            .0
            .blind_evaluate(&mut Fixed(randomness), &blinded, Some(info.as_bytes()))
            .map_err(|_| TagError::Malformed)?;
        Ok(Evaluation {
            element: Bytes(answer.message.serialize().into()),
            proof: Bytes(std::array::from_fn(|i| answer.proof.serialize()[i])),
        })
    }

    /// The tag itself, for a nonce in the open: how a tag is checked by whoever has the key.
    ///
    /// # Errors
    /// [`TagError::Malformed`] for an info of more than 65,535 bytes.
    pub fn tag(&self, nonce: &Bytes32, info: &str) -> Result<Tag, TagError> {
        let tag = self.0.evaluate(&nonce.0, Some(info.as_bytes())).map_err(|_| TagError::Malformed)?;
        Ok(Bytes(std::array::from_fn(|i| tag[i])))
    }
}

/// A nonce on its way to one issuer, with what unblinds the answer.
#[derive(Clone)]
pub struct Blinding {
    client: PoprfClient<Ristretto255>,
    nonce: Bytes32,
    blinded: Blinded,
}

impl Blinding {
    /// Blinds `nonce` with the scalar that 64 bytes are modulo the group's order.
    ///
    /// # Errors
    /// [`TagError::Malformed`] for a nonce that hashes to the identity, which nobody can find.
    pub fn new(nonce: &Bytes32, blind: [u8; 64]) -> Result<Self, TagError> {
        let blinded = PoprfClient::blind(&nonce.0, &mut Fixed(blind)).map_err(|_| TagError::Malformed)?;
        let bytes = blinded.message.serialize();
        Ok(Self { client: blinded.state, nonce: *nonce, blinded: Bytes(bytes.into()) })
    }

    /// What the issuer sees.
    #[must_use]
    pub const fn blinded(&self) -> &Blinded {
        &self.blinded
    }

    /// Checks an answer against the issuer's public key and unblinds it.
    ///
    /// # Errors
    /// [`TagError`].
    pub fn finalize(&self, answer: &Evaluation, issuer: &IssuerPublic, info: &str) -> Result<Tag, TagError> {
        let element = EvaluationElement::deserialize(&answer.element.0).map_err(|_| TagError::Malformed)?;
        let proof = Proof::deserialize(&answer.proof.0).map_err(|_| TagError::Malformed)?;
        let issuer = Ristretto255::deserialize_elem(&issuer.0).map_err(|_| TagError::Malformed)?;
        let tag = self
            .client
            .finalize(&self.nonce.0, &element, &proof, issuer, Some(info.as_bytes()))
            .map_err(|_| TagError::BadProof)?;
        Ok(Bytes(std::array::from_fn(|i| tag[i])))
    }
}

/// Hands out the same 64 bytes once: the library draws a scalar as 64 bytes modulo the order, and a device has to draw the
/// same one again.
struct Fixed([u8; 64]);

impl rand_core::RngCore for Fixed {
    fn next_u32(&mut self) -> u32 {
        let mut bytes = [0; 4];
        self.fill_bytes(&mut bytes);
        u32::from_le_bytes(bytes)
    }

    fn next_u64(&mut self) -> u64 {
        let mut bytes = [0; 8];
        self.fill_bytes(&mut bytes);
        u64::from_le_bytes(bytes)
    }

    fn fill_bytes(&mut self, out: &mut [u8]) {
        for (place, byte) in out.iter_mut().zip(self.0.iter().cycle()) {
            *place = *byte;
        }
        // Asked again, only if the scalar was zero: go on to other bytes.
        self.0 = self.0.map(|byte| byte.wrapping_add(1));
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), rand_core::Error> {
        self.fill_bytes(out);
        Ok(())
    }
}

impl rand_core::CryptoRng for Fixed {}

#[cfg(test)]
#[path = "poprf_tests.rs"]
mod tests;
