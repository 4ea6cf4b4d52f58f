//! A document that two sides sign: canonical JSON, its hash, and Ed25519 signatures over that hash.
//!
//! A signed document never changes; a correction is another document with another hash.
//! Deliberately absent: negotiation states, which belong to whoever runs the negotiation.

use ed25519_dalek::{Signer as _, SigningKey, VerifyingKey};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;

use crate::digest::{Bytes, Bytes32, Digest};
use crate::ids::Side;
use crate::words;

words! {
    /// What a document is about.
    DocumentKind, "document kind" {
        /// 互评标准.
        Rubric = "rubric",
        /// 互评规则.
        Charter = "charter",
        /// Keys, dates and documents of one box.
        Manifest = "manifest",
        /// A later last day of one box.
        Extension = "extension",
        /// Blocks of one box that are void.
        Correction = "correction",
        /// A release that no longer stands.
        Withdrawal = "withdrawal",
        /// What a pilot reached, and that a regular period may follow.
        Conclusion = "conclusion",
        /// A set of gated cells that leaves.
        Release = "release",
    }
}

/// The header in which a signature over a body or a file travels.
pub const SIGNATURE_HEADER: &str = "hengping-signature";

/// Why a document or signature is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DocumentError {
    /// Not representable as canonical JSON (RFC 8785), for example a NaN.
    #[error("not representable as canonical JSON: {0}")]
    NotCanonical(String),
    /// The body does not have the shape its kind asks for.
    #[error("not a valid {kind}: {reason}")]
    Malformed {
        /// The kind that was expected.
        kind: DocumentKind,
        /// What is wrong, in words.
        reason: String,
    },
    /// The signature does not match key and hash.
    #[error("the signature does not match")]
    BadSignature,
}

/// An immutable body with its kind and hash. `hash = SHA-256(RFC 8785 JSON)`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Document {
    kind: DocumentKind,
    hash: Digest,
    body: Value,
}

impl Document {
    /// Freezes `body`.
    ///
    /// # Errors
    /// [`DocumentError::NotCanonical`] when the value has no canonical JSON form.
    pub fn new<T: Serialize>(kind: DocumentKind, body: &T) -> Result<Self, DocumentError> {
        let canonical = canonical(body)?;
        let hash = Digest::of(&[canonical.as_bytes()]);
        let body = serde_json::from_str(&canonical).map_err(|e| DocumentError::NotCanonical(e.to_string()))?;
        Ok(Self { kind, hash, body })
    }

    /// What it is about.
    #[must_use]
    pub const fn kind(&self) -> DocumentKind {
        self.kind
    }

    /// Its name for ever.
    #[must_use]
    pub const fn hash(&self) -> Digest {
        self.hash
    }

    /// The content as JSON.
    #[must_use]
    pub const fn body(&self) -> &Value {
        &self.body
    }

    /// The content as the type its kind stands for.
    ///
    /// # Errors
    /// [`DocumentError::Malformed`] with the reason when the shape is another.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, DocumentError> {
        serde_json::from_value(self.body.clone())
            .map_err(|e| DocumentError::Malformed { kind: self.kind, reason: e.to_string() })
    }
}

/// RFC 8785 canonical JSON of `value`.
///
/// # Errors
/// [`DocumentError::NotCanonical`] when there is none.
pub fn canonical<T: Serialize>(value: &T) -> Result<String, DocumentError> {
    serde_json_canonicalizer::to_string(value).map_err(|e| DocumentError::NotCanonical(e.to_string()))
}

/// SHA-256 of the canonical JSON of `value`: what it is named and signed by.
///
/// # Errors
/// [`DocumentError::NotCanonical`].
pub fn digest<T: Serialize>(value: &T) -> Result<Digest, DocumentError> {
    Ok(Digest::of(&[canonical(value)?.as_bytes()]))
}

/// One side's signature over a document's hash.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signature {
    /// Who signed.
    pub side: Side,
    /// Ed25519 public key.
    pub key: Bytes32,
    /// Ed25519 signature (RFC 8032), 64 bytes.
    pub signature: Bytes<64>,
}

fn signed_text(kind: DocumentKind, hash: Digest) -> String {
    format!("hengping/v1/document\n{kind}\n{hash}")
}

impl Signature {
    /// Signs kind and hash with a side's key.
    #[must_use]
    pub fn sign(side: Side, kind: DocumentKind, hash: Digest, key: &SigningKey) -> Self {
        let signature = sign(key, signed_text(kind, hash).as_bytes());
        Self { side, key: Bytes(key.verifying_key().to_bytes()), signature }
    }

    /// Checks the signature over kind and hash; whether the key belongs to the side is the caller's to know.
    ///
    /// # Errors
    /// [`DocumentError::BadSignature`].
    pub fn verify(&self, kind: DocumentKind, hash: Digest) -> Result<(), DocumentError> {
        verify(&self.key, &self.signature, signed_text(kind, hash).as_bytes())
    }
}

/// Whether `key` signed kind and hash for `side` in one of these signatures.
#[must_use]
pub fn is_signed_by(signatures: &[Signature], side: Side, key: &Bytes32, kind: DocumentKind, hash: Digest) -> bool {
    let mut theirs = signatures.iter().filter(|s| s.side == side && s.key == *key);
    theirs.any(|s| s.verify(kind, hash).is_ok())
}

/// Ed25519 signature (RFC 8032) over a message that begins with a label of its own.
#[must_use]
pub fn sign(key: &SigningKey, message: &[u8]) -> Bytes<64> {
    Bytes(key.sign(message).to_bytes())
}

/// Strict Ed25519 verification: small-order keys and malleable signatures are refused.
///
/// # Errors
/// [`DocumentError::BadSignature`].
pub fn verify(key: &Bytes32, signature: &Bytes<64>, message: &[u8]) -> Result<(), DocumentError> {
    let signature = ed25519_dalek::Signature::from_bytes(&signature.0);
    VerifyingKey::from_bytes(&key.0)
        .and_then(|key| key.verify_strict(message, &signature))
        .map_err(|_| DocumentError::BadSignature)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn key_order_and_spelling_of_numbers_do_not_change_the_hash() {
        let a = Document::new(DocumentKind::Charter, &json!({"b": 1.0, "a": [1e2, "é"]})).expect("canonical");
        let text: Value = serde_json::from_str(r#"{ "a":[100,"\u00e9"], "b":1 }"#).expect("json");
        let b = Document::new(DocumentKind::Charter, &text).expect("canonical");
        assert_eq!(a.hash(), b.hash());
    }

    #[test]
    fn a_signature_holds_for_its_kind_hash_and_key_only() {
        let key = SigningKey::from_bytes(&[7; 32]);
        let hash = Digest::of(&[b"x"]);
        let signature = Signature::sign(Side::Bar, DocumentKind::Charter, hash, &key);
        assert_eq!(signature.verify(DocumentKind::Charter, hash), Ok(()));
        assert!(signature.verify(DocumentKind::Rubric, hash).is_err());
        assert!(signature.verify(DocumentKind::Charter, Digest::of(&[b"y"])).is_err());
        let other = Signature { key: Bytes(SigningKey::from_bytes(&[8; 32]).verifying_key().to_bytes()), ..signature };
        assert!(other.verify(DocumentKind::Charter, hash).is_err());
    }
}
