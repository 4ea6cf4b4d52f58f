//! The manifest of a box: what both sides sign before the first ballot, and what a browser seals under.
//!
//! Keys, documents and dates of one box; pinned by hash wherever the box is used.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::digest::{Bytes32, Digest};
use crate::envelope::OpeningPublic;
use crate::ids::{BoxId, Direction, PeriodId, Side};
use crate::words;

words! {
    /// What a period's results may be used for.
    PeriodKind, "period kind" {
        /// 试运行: private, barred from appraisal.
        Pilot = "pilot",
        /// 正式.
        Regular = "regular",
    }
}

/// One value per side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PerSide<T> {
    /// 法院方.
    pub bench: T,
    /// 律协方.
    pub bar: T,
}

impl<T> PerSide<T> {
    /// The value of one side.
    #[must_use]
    pub const fn get(&self, side: Side) -> &T {
        match side {
            Side::Bench => &self.bench,
            Side::Bar => &self.bar,
        }
    }
}

/// Body of a manifest document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Format version, 1.
    pub v: u32,
    /// Envelope suite, `HPB1`.
    pub suite: String,
    /// The box.
    #[serde(rename = "box")]
    pub id: BoxId,
    /// Its period.
    pub period: PeriodId,
    /// Its direction.
    pub direction: Direction,
    /// Pilot or regular.
    pub kind: PeriodKind,
    /// Hash of the rubric in force.
    pub rubric: Digest,
    /// Hash of the charter in force.
    pub charter: Digest,
    /// Last day a ballot is taken.
    pub cast_until: Date,
    /// X-Wing public keys, one lock each.
    pub opening: PerSide<OpeningPublic>,
    /// Ed25519 public keys that sign documents and releases of this box.
    pub signing: PerSide<Bytes32>,
}

/// The manifest as it travels to the opening, with what the platform knows about the closing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClosedManifest {
    /// The signed body.
    #[serde(flatten)]
    pub manifest: Manifest,
    /// Its hash.
    pub hash: Digest,
    /// Every closed box of the period (rule R14).
    pub closed_boxes: Vec<BoxId>,
    /// Accepted stamps.
    pub stamps: u32,
    /// Envelopes refused before the list was made.
    pub refused: u32,
}

impl ClosedManifest {
    /// Whether the counterpart that holds the same cases is closed too.
    #[must_use]
    pub fn both_directions_closed(&self) -> bool {
        let closed = |id: &BoxId| self.closed_boxes.contains(id);
        closed(&self.manifest.id) && closed(&self.manifest.id.counterpart())
    }
}
