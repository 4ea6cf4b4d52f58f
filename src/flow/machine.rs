//! Machine tokens: short EdDSA JWTs (RFC 7519, RFC 8037) for programs, signed with the key of the configuration.
//!
//! Algorithm, type, issuer and audience are fixed and checked; the token names an account and nothing that account may
//! do, so a disabled account is out at once. Deliberately absent: refresh tokens, key sets, and tokens for people.

use std::fs;
use std::path::PathBuf;

use ed25519_dalek::SigningKey;
use hengping_domain::digest::encode_base64url;
use hengping_domain::ids::AccountId;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};

use super::{Failure, Fault, Outcome};
use crate::config::Unready;
use crate::ports::{Entropy, Second, random};

const ISSUER: &str = "hengping";
const AUDIENCE: &str = "hengping-api";
const TYPE: &str = "hengping-machine+jwt";
/// PKCS #8 (RFC 8410) of an Ed25519 private key: this prefix, then the 32 bytes of the seed.
const PKCS8_PREFIX: [u8; 16] =
    [0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20];

/// Where the signing key is and how long tokens live; the `[machine]` table of the configuration.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MachineSettings {
    /// A PEM file (`openssl genpkey -algorithm ed25519`); empty: a fresh key at every start, demo only.
    pub key_file: PathBuf,
    /// Life of a token in minutes.
    pub minutes: u32,
}

/// What a token says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    sub: AccountId,
    jti: String,
    iat: i64,
    exp: i64,
}

/// Signs and checks machine tokens.
pub struct MachineKeys {
    signing: EncodingKey,
    checking: DecodingKey,
    seconds: i64,
}

impl MachineKeys {
    /// Reads the key, or makes one for this run, and signs and checks once to see that it works.
    ///
    /// # Errors
    /// [`Unready`] when the file is missing, open to others, or not an Ed25519 key.
    pub fn open(settings: &MachineSettings, entropy: &dyn Entropy) -> Result<Self, Unready> {
        let seed = if settings.key_file.as_os_str().is_empty() {
            random::<32>(entropy)?
        } else {
            let unreadable = |error: String| Unready::SecretMissing { path: settings.key_file.clone(), reason: error };
            crate::config::only_owner(&settings.key_file)?;
            let text = fs::read_to_string(&settings.key_file).map_err(|error| unreadable(error.to_string()))?;
            seed_of_pem(&text).ok_or_else(|| unreadable("not a PEM file of an Ed25519 key".to_owned()))?
        };
        let keys = Self::from_seed(&seed, i64::from(settings.minutes) * 60);
        // jsonwebtoken picks its cryptography at first use; better now than at the first request.
        let probe = AccountId("start".to_owned());
        let (token, _) = keys
            .sign(&probe, Second(1_000_000_000), entropy)
            .map_err(|_| Unready::settings("[machine]: cannot sign"))?;
        if keys.check(&token, Second(1_000_000_001)) == Some(probe) {
            Ok(keys)
        } else {
            Err(Unready::settings("[machine]: cannot check its own signature"))
        }
    }

    fn from_seed(seed: &[u8; 32], seconds: i64) -> Self {
        let private = [&PKCS8_PREFIX[..], &seed[..]].concat();
        let public = SigningKey::from_bytes(seed).verifying_key();
        Self {
            signing: EncodingKey::from_ed_der(&private),
            checking: DecodingKey::from_ed_der(public.as_bytes()),
            seconds,
        }
    }

    /// A token for `account` and the seconds it lives.
    ///
    /// # Errors
    /// A fault when there are no random bytes or the library cannot sign.
    pub fn sign(&self, account: &AccountId, now: Second, entropy: &dyn Entropy) -> Outcome<(String, i64)> {
        let mut header = Header::new(Algorithm::EdDSA);
        header.typ = Some(TYPE.to_owned());
        let claims = Claims {
            iss: ISSUER.to_owned(),
            aud: AUDIENCE.to_owned(),
            sub: account.clone(),
            jti: encode_base64url(&random::<16>(entropy)?),
            iat: now.0,
            exp: now.plus(self.seconds).0,
        };
        let token = jsonwebtoken::encode(&header, &claims, &self.signing)
            .map_err(|error| Failure::Fault(Fault::new(&error)))?;
        Ok((token, self.seconds))
    }

    /// The account a token names, when it is ours and not expired.
    #[must_use]
    pub fn check(&self, token: &str, now: Second) -> Option<AccountId> {
        let mut rules = Validation::new(Algorithm::EdDSA);
        rules.set_issuer(&[ISSUER]);
        rules.set_audience(&[AUDIENCE]);
        rules.set_required_spec_claims(&["exp", "aud", "iss", "sub"]);
        // The library reads the system clock; ours is checked below instead.
        rules.validate_exp = false;
        let token = jsonwebtoken::decode::<Claims>(token, &self.checking, &rules).ok()?;
        let ours = token.header.typ.as_deref() == Some(TYPE);
        let alive = token.claims.iat <= now.0 && now.0 < token.claims.exp;
        (ours && alive).then_some(token.claims.sub)
    }
}

fn seed_of_pem(text: &str) -> Option<[u8; 32]> {
    use base64::Engine as _;
    let body = text.trim().strip_prefix("-----BEGIN PRIVATE KEY-----")?.strip_suffix("-----END PRIVATE KEY-----")?;
    let body: String = body.split_whitespace().collect();
    let der = base64::engine::general_purpose::STANDARD.decode(body).ok()?;
    der.strip_prefix(&PKCS8_PREFIX[..])?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports::SeededEntropy;

    const NOW: Second = Second(1_700_000_000);

    fn keys(seed: u8) -> MachineKeys {
        MachineKeys::from_seed(&[seed; 32], 600)
    }

    fn account() -> AccountId {
        AccountId("a".to_owned())
    }

    #[test]
    fn a_token_opens_for_ten_minutes_with_its_own_key() {
        let (token, seconds) = keys(1).sign(&account(), NOW, &SeededEntropy::new(1)).expect("token");
        assert_eq!(seconds, 600);
        assert_eq!(keys(1).check(&token, NOW), Some(account()));
        assert_eq!(keys(1).check(&token, NOW.plus(599)), Some(account()));
        assert_eq!(keys(1).check(&token, NOW.plus(600)), None, "expired");
        assert_eq!(keys(1).check(&token, NOW.plus(-1)), None, "from the future");
        assert_eq!(keys(2).check(&token, NOW), None, "another key");
    }

    #[test]
    fn other_types_audiences_and_algorithms_are_refused() {
        let claims = |aud: &str| Claims {
            iss: ISSUER.to_owned(),
            aud: aud.to_owned(),
            sub: account(),
            jti: String::new(),
            iat: NOW.0,
            exp: NOW.plus(600).0,
        };
        let sign = |typ: &str, aud: &str| {
            let mut header = Header::new(Algorithm::EdDSA);
            header.typ = Some(typ.to_owned());
            jsonwebtoken::encode(&header, &claims(aud), &keys(1).signing).expect("token")
        };
        assert_eq!(keys(1).check(&sign(TYPE, AUDIENCE), NOW), Some(account()), "the probe itself is sound");
        assert_eq!(keys(1).check(&sign("JWT", AUDIENCE), NOW), None);
        assert_eq!(keys(1).check(&sign(TYPE, "someone-else"), NOW), None);
        let mut header = Header::new(Algorithm::HS256);
        header.typ = Some(TYPE.to_owned());
        let public = SigningKey::from_bytes(&[1; 32]).verifying_key();
        let confused = EncodingKey::from_secret(public.as_bytes());
        let token = jsonwebtoken::encode(&header, &claims(AUDIENCE), &confused).expect("token");
        assert_eq!(keys(1).check(&token, NOW), None, "the public key is not a shared secret");
        for text in ["", "a.b.c", "eyJhbGciOiJub25lIn0.e30."] {
            assert_eq!(keys(1).check(text, NOW), None);
        }
    }

    #[test]
    fn a_pem_file_of_openssl_is_read() {
        // The example of RFC 8410, sections 10.1 and 10.3, in the form openssl genpkey writes.
        let pem = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n-----END PRIVATE KEY-----\n";
        let seed = seed_of_pem(pem).expect("a key");
        let public = SigningKey::from_bytes(&seed).verifying_key();
        let expected = "19bf44096984cdfe8541bac167dc3b96c85086aa30b6b6cb0c5c38ad703166e1";
        assert_eq!(hengping_domain::digest::Digest(public.to_bytes()).to_string(), expected);
        assert!(seed_of_pem("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----").is_none());
        assert!(seed_of_pem("").is_none());
    }
}
