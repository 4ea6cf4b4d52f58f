//! The relay's directory at its beginning: a receipt key and an empty spool with its key.
//!
//! Both lie in files of mode 600, in the clear: whoever may read them as the relay's user is the relay. Deliberately absent:
//! a passphrase; a relay has to come back by itself after a power cut.

use std::path::{Path, PathBuf};

use ed25519_dalek::SigningKey;
use hengping_domain::digest::{Bytes, Bytes32};
use hengping_domain::words;
use hengping_ports::{Entropy, random};
use serde::{Deserialize, Serialize};

use crate::error::RelayError;
use crate::private;
use crate::spool::Spool;

words! {
    /// Marks a receipt key file.
    ReceiptPurpose, "receipt key" {
        /// The only word.
        Receipt = "receipt",
    }
}

/// `receipt.key`: Ed25519 (RFC 8032), signs receipts and batches; its public half stands in the manifest.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReceiptKeyFile {
    /// Format version, 1.
    pub v: u32,
    /// Always `receipt`.
    pub purpose: ReceiptPurpose,
    /// Public key.
    pub public: Bytes32,
    /// Secret seed.
    pub secret: Bytes32,
}

fn path(dir: &Path) -> PathBuf {
    dir.join("receipt.key")
}

/// Makes the directory of a relay; returns the public receipt key.
///
/// # Errors
/// [`RelayError::Exists`], or that something could not be written.
pub fn init(dir: &Path, entropy: &dyn Entropy) -> Result<Bytes32, RelayError> {
    private::directory(dir)?;
    if path(dir).exists() {
        return Err(RelayError::Exists(dir.to_owned()));
    }
    Spool::create(dir, entropy)?;
    let secret = random::<32>(entropy)?;
    let public = Bytes(SigningKey::from_bytes(&secret).verifying_key().to_bytes());
    let key = ReceiptKeyFile { v: 1, purpose: ReceiptPurpose::Receipt, public, secret: Bytes(secret) };
    let text = serde_json::to_vec_pretty(&key).map_err(|_| RelayError::Malformed(path(dir)))?;
    private::replace(&path(dir), &text)?;
    Ok(public)
}

/// The receipt key of a directory.
///
/// # Errors
/// [`RelayError::NotInitialised`], [`RelayError::Exposed`], [`RelayError::Malformed`].
pub fn receipt_key(dir: &Path) -> Result<SigningKey, RelayError> {
    let path = path(dir);
    let bytes = private::read_key(&path)?.ok_or_else(|| RelayError::NotInitialised(dir.to_owned()))?;
    let read: ReceiptKeyFile = serde_json::from_slice(&bytes).map_err(|_| RelayError::Malformed(path.clone()))?;
    let key = SigningKey::from_bytes(&read.secret.0);
    if read.v == 1 && read.public.0 == key.verifying_key().to_bytes() {
        Ok(key)
    } else {
        Err(RelayError::Malformed(path))
    }
}
