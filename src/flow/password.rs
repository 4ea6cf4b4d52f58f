//! Passwords: argon2id (RFC 9106) with the parameters of the configuration, and a bound on how many are hashed at once.
//!
//! An unknown login costs the same work as a known one, so that the time of an answer does not tell them apart.
//! Deliberately absent: pepper, rotation by age and composition rules, which NIST SP 800-63B advises against.

use std::sync::{Condvar, Mutex, PoisonError};

use argon2::password_hash::Error;
use argon2::password_hash::phc::{Output, ParamsString, PasswordHash, Salt};
use argon2::{Algorithm, Argon2, Block, Params, Version};
use serde::Deserialize;

use super::{Failure, Fault, Outcome, Refusal};
use crate::config::Unready;
use crate::ports::{Entropy, random};

/// Characters a password must have at least; OWASP ASVS 5.0.0, 6.2.1.
pub const SHORTEST: usize = 8;
/// Characters a password may have at most, so that hashing stays bounded; above ASVS 5.0.0, 6.2.9.
pub const LONGEST: usize = 128;

/// The cost of one hash; the `[password]` table of the configuration.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PasswordSettings {
    /// Memory in KiB.
    pub memory_kib: u32,
    /// Passes over the memory.
    pub passes: u32,
    /// Lanes.
    pub lanes: u32,
    /// Hashes computed at the same time; each takes `memory_kib`.
    pub at_once: u32,
}

/// Hashes and checks passwords.
pub struct Passwords {
    params: Params,
    /// Stands in for the hash of a login that does not exist.
    dummy: String,
    places: Places,
}

impl Passwords {
    /// Checks the parameters and hashes the stand-in.
    ///
    /// # Errors
    /// [`Unready`] when argon2 refuses the parameters or there are no random bytes.
    pub fn new(settings: PasswordSettings, entropy: &dyn Entropy) -> Result<Self, Unready> {
        let unusable = |error: &dyn std::fmt::Display| Unready::settings(format!("[password]: {error}"));
        let params = Params::new(settings.memory_kib, settings.passes, settings.lanes, None)
            .map_err(|error| unusable(&error))?;
        let places = Places::new(settings.at_once.max(1));
        let mut passwords = Self { params, dummy: String::new(), places };
        let nobody = random::<32>(entropy)?;
        let salt = random::<16>(entropy)?;
        passwords.dummy = passwords.phc(&nobody, &salt).map_err(|error| unusable(&error))?;
        Ok(passwords)
    }

    /// The PHC string to store for `password`.
    ///
    /// # Errors
    /// [`Refusal::PasswordLength`]; a fault when there are no random bytes.
    pub fn hash(&self, password: &str, entropy: &dyn Entropy) -> Outcome<String> {
        if !(SHORTEST..=LONGEST).contains(&password.chars().count()) {
            return Err(Refusal::PasswordLength.into());
        }
        let salt = random::<16>(entropy)?;
        self.phc(password.as_bytes(), &salt).map_err(|error| Failure::Fault(Fault::new(&error)))
    }

    /// Whether `password` belongs to the stored PHC string; without one the same work is done and the answer is no.
    ///
    /// The stored string's own parameters count, so that a change of the configuration locks nobody out.
    #[must_use]
    pub fn check(&self, password: &str, stored: Option<&str>) -> bool {
        if password.chars().count() > LONGEST {
            return false;
        }
        match self.opens(password.as_bytes(), stored.unwrap_or(&self.dummy)) {
            Ok(opens) => opens && stored.is_some(),
            Err(error) => {
                tracing::error!(%error, "a stored password cannot be checked");
                false
            }
        }
    }

    fn phc(&self, password: &[u8], salt: &[u8]) -> Result<String, Error> {
        let salt = Salt::new(salt)?;
        let hash = self.work(password, &salt, &self.params)?;
        let phc = PasswordHash {
            algorithm: Algorithm::Argon2id.ident(),
            version: Some(Version::V0x13.into()),
            params: ParamsString::try_from(&self.params)?,
            salt: Some(salt),
            hash: Some(hash),
        };
        Ok(phc.to_string())
    }

    fn opens(&self, password: &[u8], stored: &str) -> Result<bool, Error> {
        let stored = PasswordHash::new(stored)?;
        let (Some(salt), Some(expected)) = (stored.salt, stored.hash) else { return Err(Error::PasswordInvalid) };
        if stored.algorithm != Algorithm::Argon2id.ident() || stored.version != Some(Version::V0x13.into()) {
            return Err(Error::Algorithm);
        }
        // Outputs compare in the same time wherever they differ.
        Ok(self.work(password, &salt, &Params::try_from(&stored)?)? == expected)
    }

    /// Works in memory that is kept: asking the system for it anew costs as much as the hash, now more and now less, and
    /// what a known and an unknown login allocate on the way would show in the time of the answer.
    fn work(&self, password: &[u8], salt: &Salt, params: &Params) -> Result<Output, Error> {
        let mut place = self.places.take();
        let count = params.block_count();
        if place.blocks.len() < count {
            place.blocks.resize(count, Block::default());
        }
        let mut out = [0_u8; Output::MAX_LENGTH];
        let out = out.get_mut(..params.output_len().unwrap_or(Params::DEFAULT_OUTPUT_LEN)).ok_or(Error::OutputSize)?;
        let hasher = Argon2::new(Algorithm::Argon2id, Version::V0x13, params.clone());
        hasher.hash_password_into_with_memory(password, salt, out, &mut place.blocks[..count])?;
        Ok(Output::new(out)?)
    }
}

/// A fixed number of working memories; whoever finds none waits.
struct Places {
    free: Mutex<Vec<Vec<Block>>>,
    freed: Condvar,
}

impl Places {
    fn new(count: u32) -> Self {
        Self { free: Mutex::new((0..count).map(|_| Vec::new()).collect()), freed: Condvar::new() }
    }

    fn take(&self) -> Place<'_> {
        let mut free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            match free.pop() {
                Some(blocks) => return Place { blocks, places: self },
                None => free = self.freed.wait(free).unwrap_or_else(PoisonError::into_inner),
            }
        }
    }
}

struct Place<'a> {
    blocks: Vec<Block>,
    places: &'a Places,
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let blocks = std::mem::take(&mut self.blocks);
        self.places.free.lock().unwrap_or_else(PoisonError::into_inner).push(blocks);
        self.places.freed.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports::SeededEntropy;

    fn cheap() -> Passwords {
        let settings = PasswordSettings { memory_kib: 64, passes: 1, lanes: 1, at_once: 2 };
        Passwords::new(settings, &SeededEntropy::new(1)).expect("parameters")
    }

    #[test]
    fn a_password_opens_its_own_hash_and_no_other() {
        let (passwords, entropy) = (cheap(), SeededEntropy::new(2));
        let stored = passwords.hash("长长的一句话密码", &entropy).expect("hash");
        assert!(stored.starts_with("$argon2id$v=19$m=64,t=1,p=1$"), "{stored}");
        assert!(passwords.check("长长的一句话密码", Some(&stored)));
        assert!(!passwords.check("长长的一句话密码 ", Some(&stored)));
        assert!(!passwords.check("长长的一句话密码", None));
        assert_ne!(stored, passwords.hash("长长的一句话密码", &entropy).expect("hash"), "each has its own salt");
    }

    #[test]
    fn our_own_memory_changes_nothing_in_the_hash() {
        use argon2::password_hash::PasswordVerifier as _;
        let (passwords, entropy) = (cheap(), SeededEntropy::new(5));
        for password in ["battery staple", "另一句更长的话，第二次用同一块内存"] {
            let stored = passwords.hash(password, &entropy).expect("hash");
            let theirs = Argon2::default().verify_password(password.as_bytes(), stored.as_str());
            assert!(theirs.is_ok(), "{stored}");
        }
    }

    #[test]
    fn other_algorithms_are_not_taken_for_ours() {
        let entropy = SeededEntropy::new(6);
        let stored = cheap().hash("battery staple", &entropy).expect("hash");
        for other in [stored.replace("argon2id", "argon2i"), stored.replace("v=19", "v=16"), String::new()] {
            assert!(!cheap().check("battery staple", Some(&other)), "{other}");
        }
    }

    #[test]
    fn length_is_counted_in_characters() {
        let (passwords, entropy) = (cheap(), SeededEntropy::new(3));
        let hash = |text: &str| passwords.hash(text, &entropy);
        assert_eq!(hash("七个字不够长呀").err(), Some(Refusal::PasswordLength.into()));
        assert!(hash("八个字就刚好够了").is_ok());
        assert!(hash(&"字".repeat(LONGEST)).is_ok());
        assert_eq!(hash(&"字".repeat(LONGEST + 1)).err(), Some(Refusal::PasswordLength.into()));
    }

    #[test]
    fn a_stored_string_of_other_parameters_still_opens() {
        let entropy = SeededEntropy::new(4);
        let before = cheap().hash("battery staple", &entropy).expect("hash");
        let settings = PasswordSettings { memory_kib: 128, passes: 2, lanes: 1, at_once: 1 };
        let after = Passwords::new(settings, &entropy).expect("parameters");
        assert!(after.check("battery staple", Some(&before)));
    }
}
