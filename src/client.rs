//! A rater's device in Rust: signs in, enrols, fetches tags from both agents, seals, and casts at the relay, over the same
//! HTTP API as the browser.
//!
//! The post to the relay never carries the session. Deliberately absent: waiting for a network that is not there; a caller
//! that wants to retry calls again and gets the same answer.

pub mod blinded;

use std::collections::BTreeMap;

use hengping_domain::ballot::{Answers, Ballot};
use hengping_domain::cast::{Cast, Receipt};
use hengping_domain::digest::{Bytes, Digest};
use hengping_domain::document::{Document, Signature};
use hengping_domain::enrolment::CodeKey;
use hengping_domain::envelope::Envelope;
use hengping_domain::ids::{BoxId, InvitationId, RateeId};
use hengping_domain::layer::Posted;
use hengping_domain::manifest::{Manifest, PerSide};
use hengping_domain::rubric::Rubric;
use hengping_domain::statement::Signed;
use hengping_domain::stratum::Stratum;
use hengping_domain::token::{NymInfo, Seed, Token};
use rand::CryptoRng;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use ureq::Agent;
use ureq::http::Response;

use blinded::Blinded;

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
    /// Who is rated.
    pub ratee: RateeId,
    /// Court code of the ratee.
    pub court: String,
    /// Case type and outcome.
    pub stratum: Stratum,
    /// Hash of the rubric.
    pub rubric: Digest,
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
    /// Whether both sides have agreed to it.
    pub listed: bool,
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
    /// Code of the rater's home court.
    pub home: String,
    /// How the enrolment of the device stands.
    pub enrolment: Option<EnrolmentState>,
    /// The cases.
    pub items: Vec<Waiting>,
}

/// How an enrolment stands.
#[derive(Debug, Deserialize)]
pub struct EnrolmentState {
    /// `needed`, `waiting`, `enrolled` or `refused`.
    pub state: String,
}

/// Both sides' tags for everything a rater may cast in a box.
#[derive(Debug, Clone)]
pub struct Tokens {
    /// The rater's nameless name.
    pub nym: Token,
    /// What the nym stands for.
    pub nym_info: NymInfo,
    /// Stamp and slip of each invitation.
    pub of: BTreeMap<InvitationId, (Token, Token)>,
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
pub struct Sealed(pub Cast);

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
            signatures: Vec<Signature>,
        }
        #[derive(Deserialize)]
        struct Answer {
            manifest: Signed,
        }
        use hengping_domain::document::DocumentKind::{Manifest as ManifestKind, Rubric as RubricKind};
        let Answer { manifest } = self.get(&format!("/api/boxes/{id}"))?;
        let document = Document::new(ManifestKind, &manifest.body).map_err(|_| ClientError::Untrusted("manifest"))?;
        let body: Manifest = document.read().map_err(|_| ClientError::Untrusted("manifest"))?;
        let signed = body.signed_by_both(&manifest.signatures);
        if !body.is_sound() || body.id != *id || signed != Ok(manifest.hash) {
            return Err(ClientError::Untrusted("manifest"));
        }
        let rubric: Value = self.get(&format!("/api/rubrics/{}", body.rubric))?;
        let rubric = Document::new(RubricKind, &rubric).map_err(|_| ClientError::Untrusted("rubric"))?;
        if rubric.hash() != body.rubric {
            return Err(ClientError::Untrusted("rubric"));
        }
        let rubric = rubric.read().map_err(|_| ClientError::Untrusted("rubric"))?;
        Ok(PinnedBox { manifest: body, rubric })
    }

    fn change<T: DeserializeOwned>(&self, path: &str, body: &Value) -> Result<T, ClientError> {
        let cookie = self.cookie.as_deref().unwrap_or_default();
        let request = self.agent.post(self.url(path)).header("origin", &self.base).header("cookie", cookie);
        read(&mut request.send_json(body)?)
    }

    /// Has this device recognised by the rater's own association, with the code that it handed out.
    ///
    /// # Errors
    /// [`ClientError::Refused`] with the agent's code unless it is recognised at once.
    pub fn enrol(&self, id: &BoxId, seed: &Seed, rater: &str, code: &CodeKey) -> Result<(), ClientError> {
        let request_key = Bytes(seed.request_key(id).verifying_key().to_bytes());
        let mac = code.vouch(id, rater, &request_key);
        let body = json!({"box": id, "request_key": request_key, "mac": mac});
        let answer: Value = self.change("/api/enrolments", &body)?;
        match answer.get("state").and_then(Value::as_str) {
            Some("enrolled") => Ok(()),
            state => {
                let code = answer.get("code").and_then(Value::as_str).or(state).unwrap_or("unknown").to_owned();
                Err(ClientError::Refused { status: 200, code })
            }
        }
    }

    /// Fetches both sides' tags for some waiting cases and checks each against the issuer keys of the manifest.
    ///
    /// # Errors
    /// [`ClientError`]; [`ClientError::Untrusted`] when a side answered with another key, [`ClientError::Refused`] with
    /// `waiting` when one has not answered yet.
    pub fn fetch_tokens(
        &self,
        pinned: &PinnedBox,
        seed: &Seed,
        rater: &str,
        home: &str,
        cases: &[Waiting],
    ) -> Result<Tokens, ClientError> {
        #[derive(Deserialize)]
        struct Answers {
            bench: Option<Signed>,
            bar: Option<Signed>,
        }
        let blinded = Blinded::new(&pinned.manifest.id, seed, cases)?;
        let request = blinded.request(rater);
        let untrusted = |_| ClientError::Untrusted("token request");
        let signature = request.sign(&seed.request_key(&request.id)).map_err(untrusted)?;
        let answers: Answers =
            self.change("/api/token-requests", &json!({"request": request, "signature": signature}))?;
        let waiting = || ClientError::Refused { status: 200, code: "waiting".to_owned() };
        let answers = PerSide { bench: answers.bench.ok_or_else(waiting)?, bar: answers.bar.ok_or_else(waiting)? };
        blinded.unblind(pinned, home, &request, &answers)
    }

    /// Posts a sealed ballot to the relay without saying who asks, and checks the receipt.
    ///
    /// # Errors
    /// [`ClientError`]; [`ClientError::Untrusted`] for a receipt of something else, or of another relay.
    pub fn cast(&self, pinned: &PinnedBox, sealed: &Sealed) -> Result<Digest, ClientError> {
        let relay = &pinned.manifest.relay;
        let mut response = self.agent.post(format!("{}/box", relay.origin)).send_json(sealed.0.body())?;
        let receipt: Receipt = read(&mut response)?;
        receipt.verify(&sealed.0, &relay.receipt).map_err(|_| ClientError::Untrusted("receipt"))?;
        Ok(receipt.leaf)
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
    (seed, tokens): (&Seed, &Tokens),
    case: &Waiting,
    seq: u32,
    answers: Answers,
    rng: &mut impl CryptoRng,
) -> Result<Sealed, ClientError> {
    let failed = |error: &dyn std::fmt::Display| ClientError::Seal(error.to_string());
    let manifest = &pinned.manifest;
    let id = &manifest.id;
    let (stamp, slip) = tokens.of.get(&case.id).ok_or_else(|| failed(&"no tokens for this case"))?;
    let ballot = Ballot {
        v: 2,
        ratee: case.slip.ratee.clone(),
        court: case.slip.court.clone(),
        stratum: case.slip.stratum,
        rubric: case.slip.rubric,
        home: tokens.nym_info.home.clone(),
        role: tokens.nym_info.role,
        answers,
        slip: *slip,
        nym: tokens.nym,
        seq,
    };
    ballot.check(&pinned.rubric).map_err(|error| failed(&error))?;
    let body = ballot.to_body().map_err(|error| failed(&error))?;
    let envelope = Envelope::seal(id, &body, &manifest.bench.opening, &manifest.bar.opening, rng);
    let envelope = envelope.map_err(|error| failed(&error))?;
    let posted = Posted::wrap(id, &envelope, &manifest.each(|keys| keys.mix), rng).map_err(|error| failed(&error))?;
    Ok(Sealed(Cast::sign(id.clone(), &seed.stamp_key(&case.id), *stamp, seq, posted)))
}
