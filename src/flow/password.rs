//! Passwords: argon2id (RFC 9106) with the parameters of the configuration, and a bound on how many are hashed at once.
//!
//! An unknown login costs the same work as a known one, so that the time of an answer does not tell them apart.
//! Deliberately absent: pepper, rotation by age and composition rules, which NIST SP 800-63B advises against.

use std::sync::{Condvar, Mutex, PoisonError};

use argon2::password_hash::PasswordVerifier;
use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Params, PasswordHasher as _, Version};
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
        let params = Params::new(settings.memory_kib, settings.passes, settings.lanes, None)
            .map_err(|error| Unready::settings(format!("[password]: {error}")))?;
        let places = Places::new(settings.at_once.max(1));
        let mut passwords = Self { params, dummy: String::new(), places };
        let nobody = random::<32>(entropy)?;
        let salt = random::<16>(entropy)?;
        passwords.dummy =
            passwords.phc(&nobody, &salt).map_err(|error| Unready::settings(format!("[password]: {error}")))?;
        Ok(passwords)
    }

    fn phc(&self, password: &[u8], salt: &[u8]) -> Result<String, argon2::password_hash::Error> {
        let _place = self.places.take();
        let hasher = Argon2::new(Algorithm::Argon2id, Version::V0x13, self.params.clone());
        Ok(hasher.hash_password_with_salt(password, salt)?.to_string())
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
        let known = stored.is_some();
        let Ok(hash) = PasswordHash::new(stored.unwrap_or(&self.dummy)) else {
            tracing::error!("a stored password is not a PHC string");
            return false;
        };
        let _place = self.places.take();
        Argon2::default().verify_password(password.as_bytes(), &hash).is_ok() && known
    }
}

/// A fixed number of places; whoever finds none waits.
struct Places {
    free: Mutex<u32>,
    freed: Condvar,
}

impl Places {
    const fn new(free: u32) -> Self {
        Self { free: Mutex::new(free), freed: Condvar::new() }
    }

    fn take(&self) -> Place<'_> {
        let mut free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        while *free == 0 {
            free = self.freed.wait(free).unwrap_or_else(PoisonError::into_inner);
        }
        *free -= 1;
        Place(self)
    }
}

struct Place<'a>(&'a Places);

impl Drop for Place<'_> {
    fn drop(&mut self) {
        *self.0.free.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        self.0.freed.notify_one();
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
