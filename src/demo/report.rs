//! What the demonstration leaves: the content of `hengping demo --json`.
//!
//! Deliberately absent: anything read from a ballot; counts and gated cells only.

use std::collections::BTreeMap;

use hengping_domain::digest::Digest;
use hengping_domain::ids::BoxId;
use hengping_domain::opening::Counts;
use hengping_domain::release::ReleaseState;
use serde::Serialize;

use super::compare::{CellCount, Comparison};

/// What came out of one box.
#[derive(Debug, Serialize)]
pub struct BoxOutcome {
    /// The box.
    #[serde(rename = "box")]
    pub id: BoxId,
    /// Invitations below the cap.
    pub invited: u32,
    /// Above the cap.
    pub capped: u32,
    /// Counts of the opening.
    pub counts: Counts,
    /// Hash of the release.
    pub release: Digest,
    /// Whether both sides have signed it.
    pub state: ReleaseState,
    /// Cells by verdict and rule.
    pub cells: CellCount,
}

/// What the whole run leaves: the content of `--json`.
#[derive(Debug, Serialize)]
pub struct Report {
    /// Everything follows from it, but for keys and random names.
    pub seed: u64,
    /// Seconds per stage, in order.
    pub seconds: Vec<(String, f64)>,
    /// Cases, people and what no roster settles.
    pub docket: BTreeMap<&'static str, u32>,
    /// Hash of each document in force.
    pub documents: BTreeMap<String, Digest>,
    /// The opened boxes.
    pub boxes: Vec<BoxOutcome>,
    /// Planted against recovered, by box.
    pub comparison: Vec<Comparison>,
}
