//! The way to both agents over HTTP, and the platform's own key.
//!
//! An agent without an address is reached by packages only and looks unreachable here. Deliberately absent: trust in the
//! connection; requests and statements are signed, and files are named by their digest.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use ed25519_dalek::SigningKey;
use hengping_domain::digest::{Bytes, Bytes32, Digest};
use hengping_domain::document::{self, SIGNATURE_HEADER};
use hengping_domain::ids::Side;
use hengping_domain::manifest::{PerSide, RelayKeys};
use hengping_domain::request::{SignedRequest, file_text};
use hengping_domain::statement::Signed;
use sha2::Digest as _;
use ureq::Agent;

use crate::config::{AgentSettings, Config, Unready, only_owner};
use crate::flow::courier::{Agents, Carrier, Unreachable};
use crate::http::assets;
use crate::ports::{Entropy, random};

/// How long an agent may think about one request; a shuffle of a large box takes minutes.
const PATIENCE: Duration = Duration::from_secs(900);
/// How long until an agent that does not answer the door counts as away.
const KNOCK: Duration = Duration::from_secs(3);

/// What the configuration says about agents and relay.
///
/// # Errors
/// [`Unready`] when the key file or the relay's key cannot be read.
pub fn open(config: &Config, entropy: &dyn Entropy) -> Result<Agents, Unready> {
    let AgentSettings { key_file, bench, bar, .. } = &config.agents;
    let key = if key_file.as_os_str().is_empty() { SigningKey::from_bytes(&random(entropy)?) } else { read(key_file)? };
    let receipt = match config.relay.receipt.as_str() {
        "" => Bytes([0; 32]),
        text => text.parse().map_err(|_| Unready::settings("[relay] receipt is no key in base64url"))?,
    };
    let carrier = Http::new(PerSide { bench: bench.clone(), bar: bar.clone() }, key.clone());
    let away = Arc::new(PerSide { bench: AtomicBool::new(false), bar: AtomicBool::new(false) });
    let relay = RelayKeys { origin: config.relay.origin.clone(), receipt };
    Ok(Agents { key, relay, front_end: assets::digest(), carrier: Arc::new(carrier), away })
}

fn read(path: &Path) -> Result<SigningKey, Unready> {
    only_owner(path)?;
    let unreadable = |reason: String| Unready::SecretMissing { path: path.into(), reason };
    let text = std::fs::read_to_string(path).map_err(|error| unreadable(error.to_string()))?;
    let secret: Bytes32 = text.trim().parse().map_err(|_| unreadable("not 32 bytes in base64url".to_owned()))?;
    Ok(SigningKey::from_bytes(&secret.0))
}

/// Requests over HTTP.
pub struct Http {
    agent: Agent,
    addresses: PerSide<String>,
    key: SigningKey,
}

impl Http {
    /// A way to the agents at these addresses, such as `http://127.0.0.1:8101`; empty for one that is not reachable.
    #[must_use]
    pub fn new(addresses: PerSide<String>, key: SigningKey) -> Self {
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .timeout_connect(Some(KNOCK))
            .timeout_recv_response(Some(PATIENCE))
            .build();
        Self { agent: config.into(), addresses, key }
    }

    fn url(&self, side: Side, path: &str) -> Result<String, Unreachable> {
        let address = self.addresses.get(side).trim_end_matches('/');
        if address.is_empty() {
            return Err(Unreachable(side, "it has no address in [agents]".to_owned()));
        }
        Ok(format!("{address}{path}"))
    }

    /// Signs for a file: method and digest.
    fn sign(&self, method: &str, digest: Digest) -> String {
        document::sign(&self.key, file_text(method, digest).as_bytes()).to_string()
    }
}

impl Carrier for Http {
    fn ask(&self, side: Side, request: &SignedRequest) -> Result<Option<Signed>, Unreachable> {
        let failed = |error: &dyn std::fmt::Display| Unreachable(side, error.to_string());
        let mut response =
            self.agent.post(self.url(side, "/requests")?).send_json(request).map_err(|error| failed(&error))?;
        match response.status().as_u16() {
            202 => Ok(None),
            200 => {
                let signed = response.body_mut().with_config().limit(64 << 20).read_json();
                signed.map(Some).map_err(|error| failed(&error))
            }
            status => Err(failed(&format!("it answered {status}"))),
        }
    }

    fn put_file(&self, side: Side, digest: Digest, from: &Path) -> Result<(), Unreachable> {
        let failed = |error: &dyn std::fmt::Display| Unreachable(side, error.to_string());
        let file = File::open(from).map_err(|error| failed(&error))?;
        let response = self
            .agent
            .put(self.url(side, &format!("/files/{digest}"))?)
            .header(SIGNATURE_HEADER, self.sign("PUT", digest))
            .header("content-type", "application/octet-stream")
            .send(&file)
            .map_err(|error| failed(&error))?;
        if response.status().is_success() { Ok(()) } else { Err(failed(&format!("it answered {}", response.status()))) }
    }

    fn get_file(&self, side: Side, digest: Digest, to: &Path) -> Result<(), Unreachable> {
        let failed = |error: &dyn std::fmt::Display| Unreachable(side, error.to_string());
        let response = self
            .agent
            .get(self.url(side, &format!("/files/{digest}"))?)
            .header(SIGNATURE_HEADER, self.sign("GET", digest))
            .call()
            .map_err(|error| failed(&error))?;
        if !response.status().is_success() {
            return Err(failed(&format!("it answered {}", response.status())));
        }
        fetch(response.into_body().into_reader(), digest, to).map_err(|error| failed(&error))
    }
}

/// Writes what comes to a file, under its name only if it has its digest.
fn fetch(mut from: impl io::Read, digest: Digest, to: &Path) -> io::Result<()> {
    let mut name = to.as_os_str().to_owned();
    name.push(".part");
    let part = PathBuf::from(name);
    let mut file = File::create(&part)?;
    let mut hasher = Hashing { inner: &mut file, hasher: sha2::Sha256::new() };
    io::copy(&mut from, &mut hasher)?;
    if Digest(hasher.hasher.finalize().into()) != digest {
        std::fs::remove_file(&part)?;
        return Err(io::Error::other("what came has another digest"));
    }
    std::fs::rename(part, to)
}

struct Hashing<'a> {
    inner: &'a mut File,
    hasher: sha2::Sha256,
}

impl io::Write for Hashing<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(bytes)?;
        self.hasher.update(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}
