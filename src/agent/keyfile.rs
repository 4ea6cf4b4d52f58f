//! The agent's key file, `agent.json`: its Ed25519 key under a random master key, and the master key under a passphrase.
//!
//! ```json
//! {"v":1,"side":"bench","agent":"<Ed25519 public>","master":"<fingerprint>",
//!  "passphrase":{"kdf":"argon2id","memory_kib":65536,"passes":3,"lanes":4,"salt":"<16>","sealed":"<60>"},
//!  "secret":"<60>"}
//! ```
//!
//! `sealed` and `secret` are `nonce (12) | AES-256-GCM(32 bytes)`, bound to `hengping/agent/v1|passphrase|{side}` and
//! `hengping/agent/v1|agent|{side}`. A new passphrase wraps the same master key. Deliberately absent: a way in without
//! passphrase or shares.

use std::path::{Path, PathBuf};

use argon2::{Algorithm, Argon2, Params, Version};
use ed25519_dalek::SigningKey;
use hengping_domain::digest::{Bytes, Bytes32, Digest};
use hengping_domain::ids::Side;
use hengping_ports::{Entropy, random};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::error::AgentError;
use crate::officers::{self, ShareFile};
use crate::private;
use crate::seal::{MasterKey, Sealed};

/// Characters of a passphrase. It guards a file that may be copied and tried at leisure, so it is longer than a password.
pub const SHORTEST: usize = 12;

/// What trying a passphrase costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cost {
    /// Memory in KiB.
    pub memory_kib: u32,
    /// Passes over it.
    pub passes: u32,
    /// Lanes.
    pub lanes: u32,
}

impl Cost {
    /// The second recommended option of RFC 9106, section 4: 64 MiB, three passes, four lanes.
    pub const RFC_9106: Self = Self { memory_kib: 64 * 1024, passes: 3, lanes: 4 };
}

/// The master key under a passphrase.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wrapped {
    /// Always `argon2id` (RFC 9106).
    pub kdf: String,
    /// Memory in KiB.
    pub memory_kib: u32,
    /// Passes.
    pub passes: u32,
    /// Lanes.
    pub lanes: u32,
    /// Random.
    pub salt: Bytes<16>,
    /// The master key.
    pub sealed: Sealed,
}

/// `agent.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyFile {
    /// Format version, 1.
    pub v: u32,
    /// Whose agent.
    pub side: Side,
    /// Ed25519 public key: what the other side and the platform pin.
    pub agent: Bytes32,
    /// Fingerprint of the master key.
    pub master: Digest,
    /// The master key.
    pub passphrase: Wrapped,
    /// The agent's Ed25519 secret under the master key.
    pub secret: Sealed,
}

/// An unlocked agent's secrets, in memory only.
#[derive(Debug)]
pub struct Unlocked {
    /// Whose agent.
    pub side: Side,
    pub(crate) key: SigningKey,
    pub(crate) master: MasterKey,
}

impl Unlocked {
    /// The agent's public key.
    #[must_use]
    pub fn public(&self) -> Bytes32 {
        Bytes(self.key.verifying_key().to_bytes())
    }
}

/// KiB of memory that a key file may ask for; more is a damaged or a hostile file.
const MOST_MEMORY: u32 = 4 * 1024 * 1024;

impl Wrapped {
    fn wrap(
        side: Side,
        master: &MasterKey,
        passphrase: &str,
        cost: Cost,
        entropy: &dyn Entropy,
    ) -> Result<Self, AgentError> {
        if passphrase.chars().count() < SHORTEST {
            return Err(AgentError::ShortPassphrase(SHORTEST));
        }
        let Cost { memory_kib, passes, lanes } = cost;
        let salt = Bytes(random(entropy)?);
        let mut wrapped =
            Self { kdf: "argon2id".to_owned(), memory_kib, passes, lanes, salt, sealed: Sealed(Vec::new()) };
        let key = wrapped.stretch(passphrase).ok_or_else(|| AgentError::Internal("argon2 parameters".to_owned()))?;
        wrapped.sealed = key.seal(&about("passphrase", side), master.bytes(), entropy)?;
        Ok(wrapped)
    }

    /// The key that a passphrase stands for; none for parameters that are not ours.
    fn stretch(&self, passphrase: &str) -> Option<MasterKey> {
        if self.kdf != "argon2id" || self.memory_kib > MOST_MEMORY {
            return None;
        }
        let params = Params::new(self.memory_kib, self.passes, self.lanes, Some(32)).ok()?;
        let mut key = Zeroizing::new([0; 32]);
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
            .hash_password_into(passphrase.as_bytes(), &self.salt.0, key.as_mut_slice())
            .ok()?;
        Some(MasterKey::from_bytes(key))
    }
}

fn about(what: &str, side: Side) -> String {
    format!("hengping/agent/v1|{what}|{side}")
}

/// 32 bytes of a secret.
pub(crate) fn thirty_two(secret: &[u8]) -> Result<Zeroizing<[u8; 32]>, AgentError> {
    secret.try_into().map(Zeroizing::new).map_err(|_| AgentError::Sealed)
}

impl KeyFile {
    /// Where it lies in an agent's directory.
    #[must_use]
    pub fn path(dir: &Path) -> PathBuf {
        dir.join("agent.json")
    }

    /// Makes a side's agent and master key.
    ///
    /// # Errors
    /// [`AgentError::ShortPassphrase`], [`AgentError::Entropy`].
    pub fn generate(
        side: Side,
        passphrase: &str,
        cost: Cost,
        entropy: &dyn Entropy,
    ) -> Result<(Self, Unlocked), AgentError> {
        let master = MasterKey::generate(entropy)?;
        let secret = Zeroizing::new(random::<32>(entropy)?);
        let unlocked = Unlocked { side, key: SigningKey::from_bytes(&secret), master };
        let file = Self {
            v: 1,
            side,
            agent: unlocked.public(),
            master: unlocked.master.fingerprint(),
            passphrase: Wrapped::wrap(side, &unlocked.master, passphrase, cost, entropy)?,
            secret: unlocked.master.seal(&about("agent", side), secret.as_slice(), entropy)?,
        };
        Ok((file, unlocked))
    }

    /// Reads an agent's key file.
    ///
    /// # Errors
    /// [`AgentError::File`], [`AgentError::MalformedFile`].
    pub fn read(dir: &Path) -> Result<Self, AgentError> {
        let path = Self::path(dir);
        let file: Self = private::read_json(&path)?;
        if file.v == 1 { Ok(file) } else { Err(AgentError::MalformedFile { path, reason: format!("v {}", file.v) }) }
    }

    /// Writes it for the first time.
    ///
    /// # Errors
    /// [`AgentError::Exists`]: an agent's keys are never replaced.
    pub fn create(&self, dir: &Path) -> Result<(), AgentError> {
        private::directory(dir)?;
        private::write_new(&Self::path(dir), &private::json(self)?)
    }

    /// Writes it under another passphrase.
    ///
    /// # Errors
    /// [`AgentError::File`].
    pub fn replace(&self, dir: &Path) -> Result<(), AgentError> {
        private::replace(&Self::path(dir), &private::json(self)?)
    }

    /// Unlocks with the passphrase.
    ///
    /// # Errors
    /// [`AgentError::WrongPassphrase`].
    pub fn unlock(&self, passphrase: &str) -> Result<Unlocked, AgentError> {
        let key = self.passphrase.stretch(passphrase).ok_or_else(|| AgentError::MalformedFile {
            path: PathBuf::from("agent.json"),
            reason: "parameters of the passphrase".to_owned(),
        })?;
        let master = key.open(&about("passphrase", self.side), &self.passphrase.sealed);
        self.unlock_master(thirty_two(&master.map_err(|_| AgentError::WrongPassphrase)?)?)
    }

    /// Unlocks with officers' shares.
    ///
    /// # Errors
    /// Those of [`officers::combine`].
    pub fn unlock_with(&self, shares: &[ShareFile]) -> Result<Unlocked, AgentError> {
        self.unlock_master(officers::combine(self, shares)?)
    }

    fn unlock_master(&self, master: Zeroizing<[u8; 32]>) -> Result<Unlocked, AgentError> {
        let master = MasterKey::from_bytes(master);
        if master.fingerprint() != self.master {
            return Err(AgentError::OtherKey);
        }
        let secret = thirty_two(&master.open(&about("agent", self.side), &self.secret)?)?;
        let unlocked = Unlocked { side: self.side, key: SigningKey::from_bytes(&secret), master };
        if unlocked.public() == self.agent { Ok(unlocked) } else { Err(AgentError::Sealed) }
    }

    /// The same keys under another passphrase.
    ///
    /// # Errors
    /// [`AgentError::ShortPassphrase`], [`AgentError::Entropy`].
    pub fn rewrap(
        &self,
        unlocked: &Unlocked,
        passphrase: &str,
        cost: Cost,
        entropy: &dyn Entropy,
    ) -> Result<Self, AgentError> {
        let wrapped = Wrapped::wrap(self.side, &unlocked.master, passphrase, cost, entropy)?;
        Ok(Self { passphrase: wrapped, ..self.clone() })
    }
}
