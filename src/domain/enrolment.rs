//! How an association recognises a member's device although everything goes through the platform: a code that was handed out
//! elsewhere, and a MAC with its key over the device's public key.
//!
//! The platform sees neither the code nor anything from which it could be guessed. Deliberately absent: how a code reaches
//! its member.

use std::fmt;
use std::str::FromStr;

use hkdf::Hkdf;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use crate::digest::{Bytes, Bytes32};
use crate::ids::{BoxId, UnknownName};

/// Crockford's base32: no I, L, O, U.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// Characters of a code: 100 bits, too many to try.
const LENGTH: usize = 20;

/// A member's code in its normal spelling.
#[derive(Clone, PartialEq, Eq)]
pub struct Code(String);

impl fmt::Debug for Code {
    /// Says nothing: whoever has the code is the member.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Code")
    }
}

impl fmt::Display for Code {
    /// In groups of five, as it is printed and typed.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, letter) in self.0.chars().enumerate() {
            if at > 0 && at % 5 == 0 {
                f.write_str("-")?;
            }
            write!(f, "{letter}")?;
        }
        Ok(())
    }
}

impl FromStr for Code {
    type Err = UnknownName;

    /// Reads what people type: either case, spaces and hyphens anywhere, O for 0, I and L for 1.
    fn from_str(text: &str) -> Result<Self, UnknownName> {
        let plain = text.chars().filter(|c| !c.is_whitespace() && *c != '-').map(|c| match c.to_ascii_uppercase() {
            'O' => '0',
            'I' | 'L' => '1',
            other => other,
        });
        let plain: String = plain.collect();
        let known = plain.bytes().all(|byte| ALPHABET.contains(&byte));
        if known && plain.len() == LENGTH {
            Ok(Self(plain))
        } else {
            Err(UnknownName { kind: "code", text: String::new() })
        }
    }
}

impl Code {
    /// A code of random bytes; each gives one character.
    #[must_use]
    pub fn from_random(bytes: [u8; LENGTH]) -> Self {
        Self(bytes.iter().map(|byte| char::from(ALPHABET[usize::from(byte % 32)])).collect())
    }

    /// What an association keeps of the code: `HKDF-SHA256(code, "hengping/v2|code")`.
    #[must_use]
    pub fn key(&self) -> CodeKey {
        let mut key = [0; 32];
        let expanded = Hkdf::<Sha256>::new(None, self.0.as_bytes()).expand(b"hengping/v2|code", &mut key);
        debug_assert!(expanded.is_ok());
        CodeKey(Bytes(key))
    }
}

/// The key that a code stands for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CodeKey(pub Bytes32);

impl CodeKey {
    fn mac(&self, id: &BoxId, rater: &str, request_key: &Bytes32) -> Hmac<Sha256> {
        // A key shorter than a block is followed by zeros (RFC 2104, section 2).
        let mut block = [0; 64];
        block[..32].copy_from_slice(&self.0.0);
        let mut mac = <Hmac<Sha256>>::new(&block.into());
        mac.update(format!("hengping/v2/enrol\n{id}\n{rater}\n{request_key}").as_bytes());
        mac
    }

    /// What a device sends beside its request key (RFC 2104).
    #[must_use]
    pub fn vouch(&self, id: &BoxId, rater: &str, request_key: &Bytes32) -> Bytes32 {
        Bytes(self.mac(id, rater, request_key).finalize().into_bytes().into())
    }

    /// Whether the device that sent it knew the code; in constant time.
    #[must_use]
    pub fn accepts(&self, id: &BoxId, rater: &str, request_key: &Bytes32, mac: &Bytes32) -> bool {
        self.mac(id, rater, request_key).verify_slice(&mac.0).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_read_as_people_type_it() {
        let code = Code::from_random([17; 20]);
        let shown = code.to_string();
        assert_eq!(shown, "HHHHH-HHHHH-HHHHH-HHHHH");
        assert_eq!(shown.to_lowercase().replace('-', " ").parse(), Ok(code));
        let zero: Code = "ooooo-OOOOO-iiiii-LlLlL".parse().expect("a code");
        assert_eq!(zero.to_string(), "00000-00000-11111-11111");
        for bad in ["", "HHHHH", "HHHHH-HHHHH-HHHHH-HHHHU", "HHHHH-HHHHH-HHHHH-HHHHHH"] {
            assert!(bad.parse::<Code>().is_err(), "{bad}");
        }
    }

    #[test]
    fn only_the_code_vouches_for_a_key() {
        let (key, id) = (Code::from_random([1; 20]).key(), "2026.bar_rates_bench".parse::<BoxId>().expect("a box"));
        let (mine, other) = (Bytes([5; 32]), Bytes([6; 32]));
        let mac = key.vouch(&id, "1", &mine);
        assert!(key.accepts(&id, "1", &mine, &mac));
        assert!(!key.accepts(&id, "1", &other, &mac), "another key put in its place");
        assert!(!key.accepts(&id, "2", &mine, &mac), "another member");
        assert!(!key.accepts(&id.counterpart(), "1", &mine, &mac), "another box");
        assert!(!Code::from_random([2; 20]).key().accepts(&id, "1", &mine, &mac), "another code");
    }
}
