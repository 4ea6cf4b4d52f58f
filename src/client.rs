//! A rater's device in Rust: signs in, lists its tokens, seals and casts, over the same HTTP API as the browser.
//!
//! The post to the box goes out on a connection of its own that never carries the session. Deliberately absent: waiting for
//! a network that is not there; a caller that wants to retry calls again and gets the same receipt.

use std::collections::BTreeSet;

use hengping_domain::ballot::{Answers, Ballot};
use hengping_domain::digest::{Digest, encode_base64url};
use hengping_domain::document::Document;
use hengping_domain::envelope::Envelope;
use hengping_domain::ids::{BoxId, InvitationId, RateeId};
use hengping_domain::log;
use hengping_domain::manifest::Manifest;
use hengping_domain::rubric::Rubric;
use hengping_domain::stratum::Stratum;
use hengping_domain::token::{self, Seed};
use rand::CryptoRng;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use ureq::Agent;
use ureq::http::Response;

/// Why a device did not get what it asked for.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The server answered with a problem document.
    #[error("{status} {code}")]
    Refused {
        /// HTTP status.
        status: u16,
        /// Stable code.
        code: String,
    },
    /// No answer, or one that cannot be read.
    #[error("no usable answer: {0}")]
    Transport(String),
    /// The server's documents do not fit together: wrong hash, missing signature, foreign receipt.
    #[error("the server's answer does not fit: {0}")]
    Untrusted(&'static str),
    /// The answers cannot be sealed.
    #[error("cannot seal: {0}")]
    Seal(String),
}

impl From<ureq::Error> for ClientError {
    fn from(error: ureq::Error) -> Self {
        Self::Transport(error.to_string())
    }
}

/// What the slip of a waiting case stands for.
#[derive(Debug, Clone, Deserialize)]
pub struct Slip {
    ratee: RateeId,
    court: String,
    stratum: Stratum,
    rubric: Digest,
}

impl Slip {
    /// The ratee's name in ballots.
    #[must_use]
    pub const fn ratee(&self) -> &RateeId {
        &self.ratee
    }

    /// Case type and outcome.
    #[must_use]
    pub const fn stratum(&self) -> Stratum {
        self.stratum
    }
}

/// A waiting case.
#[derive(Debug, Clone, Deserialize)]
pub struct Waiting {
    /// The invitation.
    pub id: InvitationId,
    /// 案号.
    pub case_number: String,
    /// The court of the case.
    pub court: CourtOf,
    /// What the slip stands for.
    pub slip: Slip,
    /// Items that are left out.
    pub not_applicable: Vec<String>,
}

/// A court by code.
#[derive(Debug, Clone, Deserialize)]
pub struct CourtOf {
    /// Its code.
    pub code: String,
}

/// The answer to a look at one's waiting cases.
#[derive(Debug, Deserialize)]
pub struct Inbox {
    /// The box, empty between periods.
    #[serde(rename = "box")]
    pub id: String,
    /// The cases.
    pub items: Vec<Waiting>,
}

/// A box whose manifest was checked: what one seals under.
#[derive(Debug, Clone)]
pub struct PinnedBox {
    /// The manifest.
    pub manifest: Manifest,
    /// The rubric in force.
    pub rubric: Rubric,
}

/// A cast ready to be posted; posting it twice is harmless.
#[derive(Debug, Clone)]
pub struct Sealed {
    body: Value,
    leaf: Digest,
}

/// A connection to one server.
pub struct Client {
    agent: Agent,
    base: String,
    cookie: Option<String>,
}

impl Client {
    /// A visitor of the server at `base`, for example `http://127.0.0.1:8080`.
    #[must_use]
    pub fn new(base: &str) -> Self {
        let agent = Agent::config_builder().http_status_as_error(false).build().into();
        Self { agent, base: base.to_owned(), cookie: None }
    }

    /// Signs in; later requests carry the session, except the post to the box.
    ///
    /// # Errors
    /// [`ClientError`].
    pub fn sign_in(&mut self, login: &str, password: &str) -> Result<(), ClientError> {
        let body = json!({"login": login, "password": password});
        let mut response = self.agent.post(self.url("/api/session")).header("origin", &self.base).send_json(&body)?;
        let cookie = response.headers().get("set-cookie").and_then(|value| value.to_str().ok());
        self.cookie = cookie.and_then(|cookie| cookie.split(';').next()).map(str::to_owned);
        read::<Value>(&mut response).map(|_| ())
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, ClientError> {
        let request = self.agent.get(self.url(path));
        let request = match &self.cookie {
            Some(cookie) => request.header("cookie", cookie),
            None => request,
        };
        read(&mut request.call()?)
    }

    /// The waiting cases of whoever is signed in.
    ///
    /// # Errors
    /// [`ClientError`].
    pub fn inbox(&self) -> Result<Inbox, ClientError> {
        self.get("/api/invitations")
    }

    /// The box with its rubric, after checking hashes and both sides' signatures.
    ///
    /// # Errors
    /// [`ClientError::Untrusted`].
    pub fn pin(&self, id: &BoxId) -> Result<PinnedBox, ClientError> {
        #[derive(Deserialize)]
        struct Signed {
            hash: Digest,
            body: Value,
            signatures: Vec<hengping_domain::document::Signature>,
        }
        #[derive(Deserialize)]
        struct Answer {
            manifest: Signed,
        }
        use hengping_domain::document::DocumentKind::{Manifest as ManifestKind, Rubric as RubricKind};
        let Answer { manifest } = self.get(&format!("/api/boxes/{id}"))?;
        let document = Document::new(ManifestKind, &manifest.body).map_err(|_| ClientError::Untrusted("manifest"))?;
        let body: Manifest = document.read().map_err(|_| ClientError::Untrusted("manifest"))?;
        if document.hash() != manifest.hash || body.id != *id {
            return Err(ClientError::Untrusted("manifest"));
        }
        let signed: BTreeSet<_> = manifest
            .signatures
            .iter()
            .filter(|s| *body.signing.get(s.side) == s.key && s.verify(ManifestKind, manifest.hash).is_ok())
            .map(|s| s.side)
            .collect();
        if signed.len() != 2 {
            return Err(ClientError::Untrusted("signatures of the manifest"));
        }
        let rubric: Value = self.get(&format!("/api/rubrics/{}", body.rubric))?;
        let rubric = Document::new(RubricKind, &rubric).map_err(|_| ClientError::Untrusted("rubric"))?;
        if rubric.hash() != body.rubric {
            return Err(ClientError::Untrusted("rubric"));
        }
        let rubric = rubric.read().map_err(|_| ClientError::Untrusted("rubric"))?;
        Ok(PinnedBox { manifest: body, rubric })
    }

    /// Lists the hashes of this device's tokens for some waiting cases.
    ///
    /// # Errors
    /// [`ClientError`].
    pub fn list_tokens(&self, id: &BoxId, seed: &Seed, cases: &[Waiting]) -> Result<(), ClientError> {
        let tokens: Vec<_> = cases
            .iter()
            .map(|case| {
                let stamp = token::stamp_hash(&seed.stamp_key(&case.id).stamp());
                let slip = token::slip_hash(&seed.slip(&case.id));
                json!({"invitation": case.id, "stamp_hash": stamp, "slip_hash": slip})
            })
            .collect();
        let body = json!({"box": id, "nym_hash": token::nym_hash(&seed.nym(id)), "tokens": tokens});
        let cookie = self.cookie.as_deref().unwrap_or_default();
        let request = self.agent.post(self.url("/api/tokens")).header("origin", &self.base).header("cookie", cookie);
        read::<Value>(&mut request.send_json(&body)?).map(|_| ())
    }

    /// Posts a sealed ballot without saying who asks, and checks the receipt.
    ///
    /// # Errors
    /// [`ClientError`]; [`ClientError::Untrusted`] for a receipt of something else.
    pub fn cast(&self, sealed: &Sealed) -> Result<Digest, ClientError> {
        #[derive(Deserialize)]
        struct Stored {
            leaf: Digest,
        }
        let mut response = self.agent.post(self.url("/box")).send_json(&sealed.body)?;
        let Stored { leaf } = read(&mut response)?;
        if leaf == sealed.leaf { Ok(leaf) } else { Err(ClientError::Untrusted("receipt")) }
    }
}

fn read<T: DeserializeOwned>(response: &mut Response<ureq::Body>) -> Result<T, ClientError> {
    let status = response.status().as_u16();
    let value: Value = response.body_mut().with_config().limit(64 << 20).read_json()?;
    if status >= 400 {
        let code = value.get("code").and_then(Value::as_str).unwrap_or("unknown").to_owned();
        return Err(ClientError::Refused { status, code });
    }
    serde_json::from_value(value).map_err(|error| ClientError::Transport(error.to_string()))
}

/// Seals answers to a waiting case under a pinned box.
///
/// # Errors
/// [`ClientError::Seal`].
pub fn seal(
    pinned: &PinnedBox,
    seed: &Seed,
    case: &Waiting,
    seq: u32,
    answers: Answers,
    rng: &mut impl CryptoRng,
) -> Result<Sealed, ClientError> {
    let failed = |error: &dyn std::fmt::Display| ClientError::Seal(error.to_string());
    let id = &pinned.manifest.id;
    let slip = &case.slip;
    let ballot = Ballot {
        v: 1,
        ratee: slip.ratee.clone(),
        court: slip.court.clone(),
        stratum: slip.stratum,
        rubric: slip.rubric,
        answers,
        slip: seed.slip(&case.id),
        nym: seed.nym(id),
        seq,
    };
    ballot.check(&pinned.rubric).map_err(|error| failed(&error))?;
    let body = ballot.to_body().map_err(|error| failed(&error))?;
    let opening = &pinned.manifest.opening;
    let envelope = Envelope::seal(id, &body, &opening.bench, &opening.bar, rng).map_err(|error| failed(&error))?;
    let key = seed.stamp_key(&case.id);
    let body = json!({
        "box": id,
        "stamp": key.stamp(),
        "seq": seq,
        "envelope": encode_base64url(envelope.as_bytes()),
        "signature": key.sign_cast(id, seq, envelope.hash()),
    });
    Ok(Sealed { body, leaf: log::leaf(&key.stamp(), envelope.hash()) })
}
