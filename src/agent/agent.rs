//! An unlocked agent: its keys in memory, its store, its files.
//!
//! Several processes may hold one agent's directory, such as a server and a command line beside it; what they know of each
//! other stands in the store. Deliberately absent: what may be answered ([`crate::rules`]).

use std::path::{Path, PathBuf};
use std::sync::Arc;

use hengping_domain::digest::{Bytes32, Digest};
use hengping_domain::ids::{BoxId, Side};
use hengping_domain::keys::BoxSecrets;
use hengping_domain::request::SignedRequest;
use hengping_domain::statement::{AgentRefusal, Said, Signed, Statement};
use hengping_ports::{Clock, Entropy};

use crate::answer::work::{Work, Working};
use crate::config::{HandOver, Settings};
use crate::error::AgentError;
use crate::files::Files;
use crate::keyfile::Unlocked;
use crate::pending::Pending;
use crate::pins::Pins;
use crate::private;
use crate::seal::Sealed;
use crate::store::boxes::Part;
use crate::store::said::Entry;
use crate::store::{Store, asked, boxes, said};

/// What an agent is made of.
pub struct Setup {
    /// Its directory.
    pub dir: PathBuf,
    /// Its keys.
    pub unlocked: Unlocked,
    /// Whom it believes.
    pub pins: Pins,
    /// What its officers want.
    pub settings: Settings,
    /// Days.
    pub clock: Arc<dyn Clock>,
    /// Random bytes.
    pub entropy: Arc<dyn Entropy>,
}

/// One side's agent, unlocked.
pub struct Agent {
    pub(crate) dir: PathBuf,
    pub(crate) unlocked: Unlocked,
    pub(crate) pins: Pins,
    pub(crate) settings: Settings,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) entropy: Arc<dyn Entropy>,
    pub(crate) store: Store,
    pub(crate) files: Files,
    pub(crate) working: Working,
}

impl std::fmt::Debug for Agent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Agent({})", self.unlocked.side)
    }
}

/// What an agent has to say to a request.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::large_enum_variant, reason = "an answer is made, sent and dropped")]
pub enum Answer {
    /// A statement, which may be a refusal.
    Now(Signed),
    /// Its officers have to see it first, or work is under way; ask again.
    Later,
}

impl Answer {
    /// Why it was refused, if it was.
    #[must_use]
    pub const fn refusal(&self) -> Option<AgentRefusal> {
        match self {
            Self::Now(Signed { statement: Statement { said: Said::Refused { code, .. }, .. }, .. }) => Some(*code),
            _ => None,
        }
    }
}

impl Agent {
    /// Opens an agent's directory, and finishes a death that was interrupted.
    ///
    /// # Errors
    /// [`AgentError::ForeignPins`], [`AgentError::Store`], [`AgentError::File`].
    pub fn open(setup: Setup) -> Result<Self, AgentError> {
        let Setup { dir, unlocked, pins, settings, clock, entropy } = setup;
        pins.check(unlocked.side, &unlocked.public())?;
        private::directory(&dir)?;
        let store = Store::open(&database(&dir))?;
        let files = Files::open(&dir.join("files"))?;
        let working = Working::default();
        let agent = Self { dir, unlocked, pins, settings, clock, entropy, store, files, working };
        agent.clear_the_dead()?;
        Ok(agent)
    }

    /// Whose agent it is.
    #[must_use]
    pub const fn side(&self) -> Side {
        self.unlocked.side
    }

    /// Its public key.
    #[must_use]
    pub fn public(&self) -> Bytes32 {
        self.unlocked.public()
    }

    /// The files by digest.
    #[must_use]
    pub const fn files(&self) -> &Files {
        &self.files
    }

    /// What it is busy with.
    #[must_use]
    pub fn work(&self) -> Vec<Work> {
        self.working.all()
    }

    /// Boxes with how far they are, in words.
    ///
    /// # Errors
    /// [`AgentError::Store`].
    pub fn boxes(&self) -> Result<Vec<(String, String)>, AgentError> {
        self.store.decide(|conn| boxes::all(conn).map_err(AgentError::from))
    }

    /// Everything that committed this side, its chain checked.
    ///
    /// # Errors
    /// [`AgentError::Store`] when the chain is broken.
    pub fn journal(&self) -> Result<Vec<Entry>, AgentError> {
        self.store.decide(|conn| said::journal(conn).map_err(AgentError::from))
    }

    /// Whether a file may be fetched over the network: a list this agent made, or shares if they leave this way.
    ///
    /// # Errors
    /// [`AgentError::NoFile`] when it may not, or is not there.
    pub fn offered(&self, file: Digest) -> Result<PathBuf, AgentError> {
        let parts = self.store.decide(|conn| boxes::parts(conn, file).map_err(AgentError::from))?;
        let leaves = |part: &Part| match part {
            Part::Input => false,
            Part::Output => true,
            // What was made before the officers changed their mind stays with them too.
            Part::Shares => self.settings.hand_over == HandOver::Network,
        };
        let offered = parts.iter().any(leaves) && self.files.has(file);
        if offered { Ok(self.files.path(file)) } else { Err(AgentError::NoFile) }
    }

    /// Removes files that no box has and no request that waits names, and what a process that was killed left unfinished.
    ///
    /// # Errors
    /// [`AgentError::File`], [`AgentError::Store`].
    pub fn sweep(&self) -> Result<(), AgentError> {
        self.files.sweep(|| self.store.decide(|conn| boxes::needed(conn).map_err(AgentError::from)))
    }

    /// Requests that wait for the officers.
    ///
    /// # Errors
    /// [`AgentError::Store`].
    pub fn pending(&self) -> Result<Vec<Pending>, AgentError> {
        self.store.decide(|conn| {
            let mut pending = Vec::new();
            for (day, request) in asked::all(conn)? {
                let digest = request.request.digest()?;
                if !self.is_approved(conn, digest)? {
                    pending.push(Pending::new(digest, day, &request));
                }
            }
            Ok(pending)
        })
    }

    /// Lets a request that waits be answered.
    ///
    /// # Errors
    /// [`AgentError::NotPending`].
    pub fn approve(&self, request: Digest) -> Result<(), AgentError> {
        let day = self.clock.today().to_string();
        let seal = self.unlocked.master.seal(&approval(request), day.as_bytes(), &*self.entropy)?;
        self.store.decide(|conn| {
            if !asked::waits(conn, request)? {
                return Err(AgentError::NotPending);
            }
            Ok(asked::approve(conn, request, &seal)?)
        })
    }

    /// Whether somebody who could unlock this agent approved the request.
    pub(crate) fn is_approved(&self, conn: &mut crate::store::Connection, request: Digest) -> Result<bool, AgentError> {
        match asked::approval(conn, request)? {
            Some(seal) => Ok(self.unlocked.master.open(&approval(request), &seal).map(drop).is_ok()),
            None => Ok(false),
        }
    }

    /// Signs a statement about a box.
    pub(crate) fn sign(&self, id: &BoxId, said: Said) -> Result<Signed, AgentError> {
        Ok(Statement { v: 1, id: id.clone(), side: self.side(), said }.sign(&self.unlocked.key)?)
    }

    /// Seals the secrets of a box.
    pub(crate) fn seal_secrets(&self, id: &BoxId, secrets: &BoxSecrets) -> Result<Sealed, AgentError> {
        let json = zeroize::Zeroizing::new(
            serde_json::to_vec(secrets).map_err(|error| AgentError::Internal(error.to_string()))?,
        );
        self.unlocked.master.seal(&secrets_of(id), &json, &*self.entropy)
    }

    /// Opens them.
    pub(crate) fn open_secrets(&self, id: &BoxId, sealed: &Sealed) -> Result<BoxSecrets, AgentError> {
        let json = self.unlocked.master.open(&secrets_of(id), sealed)?;
        serde_json::from_slice(&json).map_err(|_| AgentError::Sealed)
    }

    /// Answers a request; asked again, it says the same.
    ///
    /// # Errors
    /// [`AgentError`] when store, disk or random bytes fail: then nothing was decided, and asking again may help.
    pub fn answer(&self, request: &SignedRequest) -> Result<Answer, AgentError> {
        crate::answer::answer(self, request)
    }

    /// Where a box's shares lie for the officers.
    pub(crate) fn hand_over_dir(&self, id: &BoxId) -> PathBuf {
        self.dir.join("hand-over").join(id.to_string())
    }
}

fn approval(request: Digest) -> String {
    format!("hengping/agent/v1|approved|{request}")
}

fn secrets_of(id: &BoxId) -> String {
    format!("hengping/agent/v1|box|{id}")
}

/// The store's file in an agent's directory.
#[must_use]
pub(crate) fn database(dir: &Path) -> PathBuf {
    dir.join("agent.db")
}
