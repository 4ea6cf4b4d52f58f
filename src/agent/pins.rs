//! The keys that are fixed when an agent is set up, `pins.json`: whose requests it hears and whose statements it believes.
//!
//! A manifest with any other key is refused. Deliberately absent: a way to change them over the network.

use std::path::{Path, PathBuf};

use hengping_domain::digest::Bytes32;
use hengping_domain::ids::Side;
use hengping_domain::manifest::PerSide;
use serde::{Deserialize, Serialize};

use crate::error::AgentError;
use crate::private;

/// A side's two lasting keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SidePins {
    /// Ed25519, the officers'.
    pub signing: Bytes32,
    /// Ed25519, the agent's.
    pub agent: Bytes32,
}

/// `pins.json`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pins {
    /// Format version, 1.
    pub v: u32,
    /// Ed25519: signs requests.
    pub platform: Bytes32,
    /// Ed25519: signs receipts and batches.
    pub relay: Bytes32,
    /// Both sides, this one included.
    pub sides: PerSide<SidePins>,
}

impl Pins {
    /// Pins of both sides' lasting keys, the platform's and the relay's.
    #[must_use]
    pub const fn new(platform: Bytes32, relay: Bytes32, sides: PerSide<SidePins>) -> Self {
        Self { v: 1, platform, relay, sides }
    }

    fn path(dir: &Path) -> PathBuf {
        dir.join("pins.json")
    }

    /// Reads the pins of an agent's directory.
    ///
    /// # Errors
    /// [`AgentError::NotPinned`], [`AgentError::MalformedFile`].
    pub fn read(dir: &Path) -> Result<Self, AgentError> {
        let path = Self::path(dir);
        if !path.exists() {
            return Err(AgentError::NotPinned);
        }
        Self::from_file(&path)
    }

    /// Reads pins from a file of their form.
    ///
    /// # Errors
    /// [`AgentError::File`], [`AgentError::MalformedFile`].
    pub fn from_file(path: &Path) -> Result<Self, AgentError> {
        let pins: Self = private::read_json(path)?;
        match pins.v {
            1 => Ok(pins),
            v => Err(AgentError::MalformedFile { path: path.to_owned(), reason: format!("v {v}") }),
        }
    }

    /// Writes them; the same ones again change nothing.
    ///
    /// # Errors
    /// [`AgentError::PinnedOtherwise`], [`AgentError::ForeignPins`] when they name another key for this agent.
    pub fn create(&self, dir: &Path, side: Side, agent: &Bytes32) -> Result<(), AgentError> {
        self.check(side, agent)?;
        match Self::read(dir) {
            Ok(there) if there == *self => Ok(()),
            Ok(_) => Err(AgentError::PinnedOtherwise),
            Err(AgentError::NotPinned) => private::write_new(&Self::path(dir), &private::json(self)?),
            Err(error) => Err(error),
        }
    }

    /// Whether they name this agent's own key.
    ///
    /// # Errors
    /// [`AgentError::ForeignPins`].
    pub fn check(&self, side: Side, agent: &Bytes32) -> Result<(), AgentError> {
        if self.sides.get(side).agent == *agent { Ok(()) } else { Err(AgentError::ForeignPins) }
    }
}
