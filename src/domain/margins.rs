//! What the cosigned lists say in sums: who was invited, never who answered.
//!
//! No rater's name is in here; the analysis uses it for cover, coalitions and the eligible-case mix.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::ids::{Direction, RateeId};
use crate::stratum::Stratum;

/// Margins of one ratee.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RateeMargin {
    /// Distinct invited raters.
    pub invited: u32,
    /// Raters of the largest firm or chamber among them.
    pub largest_group: u32,
}

/// Margins of one court, of ratees.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CourtMargin {
    /// Invitations to rate the court's ratees.
    pub invited: u32,
}

/// `margins.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Margins {
    /// Format version, 1.
    pub v: u32,
    /// Direction of the box.
    pub direction: Direction,
    /// By ratee.
    pub ratees: BTreeMap<RateeId, RateeMargin>,
    /// By court code.
    pub courts: BTreeMap<String, CourtMargin>,
    /// All invitations of the box.
    pub invited: u32,
    /// Eligible cases by stratum, before the cap.
    pub mix: BTreeMap<Stratum, u32>,
    /// Invitations by stratum; absent from older files.
    #[serde(default)]
    pub asked: BTreeMap<Stratum, u32>,
    /// Share of eligible (role, home, ratee, case type, outcome) rows that match exactly one rater of the docket.
    pub docket_unique_share: f64,
}
