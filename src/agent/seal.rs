//! Secrets at rest: AES-256-GCM under the agent's master key, each bound to what it is.
//!
//! A sealed secret opens under its own name only, so that two rows of the store cannot be exchanged. Deliberately absent:
//! where the master key itself lies, which is the key file's business.

use std::fmt;
use std::str::FromStr;

use aes_gcm::aead::{Aead as _, Payload};
use aes_gcm::{Aes256Gcm, KeyInit as _, Nonce};
use hengping_domain::digest::{Digest, MalformedText, decode_base64url, encode_base64url};
use hengping_ports::{Entropy, random};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use zeroize::Zeroizing;

use crate::error::AgentError;

/// Bytes of the nonce in front of a sealed secret.
const NONCE_LEN: usize = 12;

/// 32 random bytes under which everything else lies.
pub struct MasterKey(Zeroizing<[u8; 32]>);

impl fmt::Debug for MasterKey {
    /// Says nothing.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MasterKey")
    }
}

/// A sealed secret: `nonce (12) | ciphertext | tag (16)`, text form base64url.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed(pub Vec<u8>);

impl MasterKey {
    /// A fresh key.
    ///
    /// # Errors
    /// [`AgentError::Entropy`].
    pub fn generate(entropy: &dyn Entropy) -> Result<Self, AgentError> {
        Ok(Self(Zeroizing::new(random(entropy)?)))
    }

    /// A key from its bytes.
    #[must_use]
    pub fn from_bytes(bytes: Zeroizing<[u8; 32]>) -> Self {
        Self(bytes)
    }

    /// The bytes, for the passphrase and for the officers' shares.
    pub(crate) fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// What a combination of shares must give; says nothing about a key of 256 random bits.
    #[must_use]
    pub fn fingerprint(&self) -> Digest {
        Digest::of(&[b"hengping/agent/v1/master\n", self.0.as_slice()])
    }

    /// Seals `secret` under the name `about`.
    ///
    /// # Errors
    /// [`AgentError::Entropy`].
    pub fn seal(&self, about: &str, secret: &[u8], entropy: &dyn Entropy) -> Result<Sealed, AgentError> {
        let nonce = random::<NONCE_LEN>(entropy)?;
        let payload = Payload { msg: secret, aad: about.as_bytes() };
        let sealed = Aes256Gcm::new(&(*self.0).into()).encrypt(&Nonce::from(nonce), payload);
        // Only a secret of more than 64 GB cannot be sealed.
        let sealed = sealed.map_err(|_| AgentError::Sealed)?;
        Ok(Sealed([nonce.as_slice(), &sealed].concat()))
    }

    /// Opens what was sealed under `about`.
    ///
    /// # Errors
    /// [`AgentError::Sealed`] for another key, another name or changed bytes.
    pub fn open(&self, about: &str, sealed: &Sealed) -> Result<Zeroizing<Vec<u8>>, AgentError> {
        let (nonce, sealed) = sealed.0.split_first_chunk::<NONCE_LEN>().ok_or(AgentError::Sealed)?;
        let payload = Payload { msg: sealed, aad: about.as_bytes() };
        let secret = Aes256Gcm::new(&(*self.0).into()).decrypt(&Nonce::from(*nonce), payload);
        secret.map(Zeroizing::new).map_err(|_| AgentError::Sealed)
    }
}

impl fmt::Display for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&encode_base64url(&self.0))
    }
}

impl FromStr for Sealed {
    type Err = MalformedText;

    fn from_str(text: &str) -> Result<Self, MalformedText> {
        decode_base64url(text).map(Self)
    }
}

impl Serialize for Sealed {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Sealed {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hengping_ports::SeededEntropy;

    #[test]
    fn a_secret_opens_under_its_own_key_and_name_and_unchanged_only() {
        let entropy = SeededEntropy::new(1);
        let key = MasterKey::generate(&entropy).expect("a key");
        let other = MasterKey::generate(&entropy).expect("a key");
        let sealed = key.seal("box|a", b"secret", &entropy).expect("sealed");
        assert_ne!(key.seal("box|a", b"secret", &entropy).expect("sealed"), sealed, "a fresh nonce each time");
        assert_eq!(key.open("box|a", &sealed).expect("opened").as_slice(), b"secret");
        assert!(key.open("box|b", &sealed).is_err());
        assert!(other.open("box|a", &sealed).is_err());
        for at in 0..sealed.0.len() {
            let mut changed = sealed.clone();
            changed.0[at] ^= 1;
            assert!(key.open("box|a", &changed).is_err(), "byte {at}");
        }
        assert!(key.open("box|a", &Sealed(vec![0; 5])).is_err());
        assert_eq!(sealed.to_string().parse(), Ok(sealed));
    }
}
