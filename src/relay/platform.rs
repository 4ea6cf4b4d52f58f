//! What the relay asks of the platform: how a box stands, and to take a batch.
//!
//! An answer is a word or none; whoever has none asks again. Deliberately absent: anything that says when a ballot came.

use std::time::Duration;

use hengping_domain::digest::{Bytes, Bytes32};
use hengping_domain::document::{SIGNATURE_HEADER, Signature};
use hengping_domain::extension::{self, Extension, SignedExtension};
use hengping_domain::ids::BoxId;
use hengping_domain::manifest::Manifest;
use hengping_domain::statement::Signed;
use jiff::civil::Date;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use ureq::Agent;
use ureq::http::Response;

use crate::error::RelayError;

/// How long the platform may think about a box.
const LOOK: Duration = Duration::from_secs(10);
/// How long it may take to store a batch.
const TAKE: Duration = Duration::from_secs(300);
/// Bytes of an answer.
const ANSWER: u64 = 1 << 20;

/// The platform behind its address.
#[derive(Debug)]
pub(crate) struct Platform {
    base: String,
    agent: Agent,
}

/// `GET /api/boxes/{box}`: what the relay reads of it.
#[derive(Debug, Deserialize)]
struct BoxAnswer {
    state: String,
    manifest: ManifestAnswer,
    /// Read where there is one only, and what has another form is passed over: the rest of the answer stands without.
    #[serde(default)]
    extensions: Vec<Value>,
    #[serde(default)]
    statements: Vec<Value>,
}

#[derive(Debug, Deserialize)]
struct ManifestAnswer {
    body: Value,
    #[serde(default)]
    signatures: Vec<Signature>,
}

#[derive(Debug, Deserialize)]
struct ExtensionAnswer {
    body: Extension,
    signatures: Vec<Signature>,
}

#[derive(Debug, Deserialize)]
struct ManifestPart {
    cast_until: Date,
    relay: RelayPart,
}

#[derive(Debug, Deserialize)]
struct RelayPart {
    receipt: Bytes32,
}

/// What the platform answers to a batch; the same to the same bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub(crate) struct Taken {
    /// Number of the batch in the log.
    pub(crate) batch: u32,
    /// Casts taken.
    pub(crate) taken: u32,
}

/// How a box stands at the platform, for the relay with one receipt key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    /// It takes ballots until this day.
    Open(Date),
    /// It takes nothing more, for ever.
    Closed,
    /// The platform does not know it, or it is another relay's: that may be a mistake and says nothing about what waits.
    NotOurs,
}

impl Standing {
    /// The last day on which it takes ballots.
    pub(crate) const fn until(self) -> Option<Date> {
        match self {
            Self::Open(until) => Some(until),
            Self::Closed | Self::NotOurs => None,
        }
    }
}

#[derive(Debug, Deserialize)]
struct ProblemAnswer {
    code: String,
}

impl Platform {
    pub(crate) fn new(base: &str) -> Result<Self, RelayError> {
        let base = base.trim_end_matches('/').to_owned();
        if !base.starts_with("http://") && !base.starts_with("https://") {
            return Err(RelayError::Settings(format!("platform: {base}: not an http or https address")));
        }
        let config = Agent::config_builder().http_status_as_error(false).user_agent("").build();
        Ok(Self { base, agent: Agent::new_with_config(config) })
    }

    /// How a box stands.
    pub(crate) fn standing(&self, id: &BoxId, receipt: &Bytes32) -> Result<Standing, RelayError> {
        let request = self.agent.get(format!("{}/api/boxes/{id}", self.base));
        let mut response = request.config().timeout_global(Some(LOOK)).build().call().map_err(unreachable)?;
        match response.status().as_u16() {
            200 => {}
            404 => return Ok(Standing::NotOurs),
            status => return Err(RelayError::Unreachable(status.to_string())),
        }
        let answer: BoxAnswer = read(&mut response)?;
        let unreadable = |error: serde_json::Error| RelayError::Unreachable(error.to_string());
        let part: ManifestPart = serde_json::from_value(answer.manifest.body.clone()).map_err(unreadable)?;
        Ok(match answer.state.as_str() {
            _ if part.relay.receipt != *receipt => Standing::NotOurs,
            "open" => Standing::Open(extended(id, answer).unwrap_or(part.cast_until)),
            _ => Standing::Closed,
        })
    }

    /// Hands a batch over.
    pub(crate) fn take(&self, id: &BoxId, body: &[u8], signature: &Bytes<64>) -> Result<Taken, RelayError> {
        let request = self.agent.post(format!("{}/api/boxes/{id}/batches", self.base));
        let request = request.header(SIGNATURE_HEADER, signature.to_string());
        let request = request.content_type("application/octet-stream");
        let mut response = request.config().timeout_global(Some(TAKE)).build().send(body).map_err(unreachable)?;
        match response.status().as_u16() {
            200 => read(&mut response),
            // Come again later; everything else in this hundred will be the same next time.
            status @ (408 | 425 | 429) => Err(RelayError::Unreachable(status.to_string())),
            status @ 400..500 => {
                let code = read::<ProblemAnswer>(&mut response).map(|problem| problem.code);
                Err(RelayError::NotTaken(code.unwrap_or_else(|_| status.to_string())))
            }
            status => Err(RelayError::Unreachable(status.to_string())),
        }
    }
}

/// The last day by extensions that both sides signed and both agents adopted, as the manifest that both sides signed names
/// their keys; what the platform says of it by itself moves nothing.
fn extended(id: &BoxId, answer: BoxAnswer) -> Option<Date> {
    if answer.extensions.is_empty() {
        return None;
    }
    let manifest: Manifest = serde_json::from_value(answer.manifest.body).ok()?;
    manifest.signed_by_both(&answer.manifest.signatures).ok().filter(|_| manifest.is_sound() && manifest.id == *id)?;
    let read = |one: Value| serde_json::from_value::<ExtensionAnswer>(one).ok();
    let signed = |one: ExtensionAnswer| SignedExtension { extension: one.body, signatures: one.signatures };
    let extensions: Vec<_> = answer.extensions.into_iter().filter_map(read).map(signed).collect();
    let said = |one: Value| serde_json::from_value::<Signed>(one).ok();
    let statements: Vec<_> = answer.statements.into_iter().filter_map(said).collect();
    Some(extension::last_day(&manifest, &extensions, &statements))
}

#[expect(clippy::needless_pass_by_value, reason = "made for map_err")]
fn unreachable(error: ureq::Error) -> RelayError {
    RelayError::Unreachable(error.to_string())
}

fn read<T: DeserializeOwned>(response: &mut Response<ureq::Body>) -> Result<T, RelayError> {
    response.body_mut().with_config().limit(ANSWER).read_json().map_err(unreachable)
}
