//! The agent's configuration, `agent.toml`: what its officers want to see first, and how shares leave.
//!
//! Deliberately absent: keys, which are pinned, and addresses of anybody.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

pub use hengping_domain::request::AskedKind;
use hengping_domain::words;
use serde::Deserialize;

use crate::error::AgentError;
use crate::private;

words! {
    /// How a file of shares leaves.
    HandOver, "way of handing over" {
        /// It lies in `hand-over/` for the officers to carry.
        Directory = "directory",
        /// The platform may fetch it.
        Network = "network",
    }
}

/// `agent.toml`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Settings {
    /// Kinds of requests that wait until the officers have approved them. As long as one stands here, a list of which too
    /// much was turned away (`audited`) waits too.
    pub approve: BTreeSet<AskedKind>,
    /// How a file of shares leaves.
    pub hand_over: HandOver,
}

impl Default for Settings {
    /// What commits the side for good waits; shares are carried.
    fn default() -> Self {
        use AskedKind::{Death, Eligibility, Manifest, Shares};
        Self { approve: BTreeSet::from([Manifest, Eligibility, Shares, Death]), hand_over: HandOver::Directory }
    }
}

impl Settings {
    /// Nothing waits and shares go over the network: for the demonstration, where both sides are one process.
    #[must_use]
    pub const fn unattended() -> Self {
        Self { approve: BTreeSet::new(), hand_over: HandOver::Network }
    }

    /// Where it lies in an agent's directory.
    #[must_use]
    pub fn path(dir: &Path) -> PathBuf {
        dir.join("agent.toml")
    }

    /// Reads the configuration; without a file it is the default one.
    ///
    /// # Errors
    /// [`AgentError::MalformedFile`].
    pub fn read(dir: &Path) -> Result<Self, AgentError> {
        let path = Self::path(dir);
        if !path.exists() {
            return Ok(Self::default());
        }
        let text = fs::read_to_string(&path).map_err(|error| private::failed(&path, &error))?;
        toml::from_str(&text).map_err(|error| AgentError::MalformedFile { path, reason: error.message().to_owned() })
    }
}

/// What `agent init` writes: every key with its meaning.
pub const TEMPLATE: &str = "\
# Requests that wait until an officer has run `hengping agent approve DIGEST`: keys, manifest, extend, eligibility, enrol,
# tokens, check, cosign, close, mix, list, shares, release, ledger, death. While this is not empty, a list of which one side turned
# away more than 0.5 % waits too.
approve = [\"manifest\", \"eligibility\", \"shares\", \"death\"]

# \"directory\": shares and the issuer's secret are written below hand-over/ and officers carry them.
# \"network\": the platform may fetch them.
hand-over = \"directory\"
";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_template_is_the_default() {
        assert_eq!(toml::from_str::<Settings>(TEMPLATE).expect("read"), Settings::default());
        assert!(toml::from_str::<Settings>("approve = [\"everything\"]").is_err());
    }
}
