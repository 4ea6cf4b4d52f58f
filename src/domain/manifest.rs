//! The manifest of a box: what both sides sign before the first ballot, and what a browser seals under.
//!
//! Keys, documents, dates and the relay of one box; pinned by hash wherever the box is used. Deliberately absent: secrets.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::digest::{Bytes32, Digest};
use crate::document::{self, DocumentError, DocumentKind, Signature};
use crate::ids::{BoxId, Direction, PeriodId, Side};
use crate::lock::{LockPublic, SUITE};
use crate::statement::Signed;
use crate::token::poprf::IssuerPublic;
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
    /// The same made for each side, the bench first.
    pub fn of(mut make: impl FnMut(Side) -> T) -> Self {
        Self { bench: make(Side::Bench), bar: make(Side::Bar) }
    }

    /// The same where it may fail.
    ///
    /// # Errors
    /// The first one of `make`.
    pub fn try_of<E>(mut make: impl FnMut(Side) -> Result<T, E>) -> Result<Self, E> {
        Ok(Self { bench: make(Side::Bench)?, bar: make(Side::Bar)? })
    }

    /// The value of one side.
    #[must_use]
    pub const fn get(&self, side: Side) -> &T {
        match side {
            Side::Bench => &self.bench,
            Side::Bar => &self.bar,
        }
    }
}

/// Everything one side is known by in a box.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SideKeys {
    /// Ed25519: signs documents, manifests and releases.
    pub signing: Bytes32,
    /// Ed25519: signs the agent's statements and checkpoints.
    pub agent: Bytes32,
    /// POPRF: checks that a tag was made with the key everybody's is made with.
    pub issuer: IssuerPublic,
    /// X-Wing: this side's mix layer.
    pub mix: LockPublic,
    /// X-Wing: this side's lock.
    pub opening: LockPublic,
}

/// Where a sealed ballot is posted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RelayKeys {
    /// Scheme, host and port; the only foreign origin a page may reach.
    pub origin: String,
    /// Ed25519: signs receipts and batches.
    pub receipt: Bytes32,
}

/// Body of a manifest document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Format version, 2.
    pub v: u32,
    /// Suite, `HPB2`.
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
    /// 法院方.
    pub bench: SideKeys,
    /// 律协方.
    pub bar: SideKeys,
    /// Ed25519: signs the platform's requests to the agents.
    pub platform: Bytes32,
    /// The relay.
    pub relay: RelayKeys,
    /// Hash of the pages that seal under it.
    pub front_end: Digest,
    /// Everything in the box is invented; absent from a real one. The period's name says the same.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub rehearsal: bool,
}

impl Manifest {
    /// One side's keys.
    #[must_use]
    pub const fn keys(&self, side: Side) -> &SideKeys {
        match side {
            Side::Bench => &self.bench,
            Side::Bar => &self.bar,
        }
    }

    /// One value of each side's keys.
    pub fn each<T>(&self, of: impl Fn(&SideKeys) -> T) -> PerSide<T> {
        PerSide { bench: of(&self.bench), bar: of(&self.bar) }
    }

    /// Whether version, suite, box, period and direction agree with each other, and a rehearsal is called one.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        let named = self.id.period == self.period && self.id.direction == self.direction;
        self.v == 2 && self.suite.as_bytes() == SUITE && named && self.rehearsal == self.period.is_rehearsal()
    }

    /// The hash of the document that it is the body of.
    ///
    /// # Errors
    /// [`DocumentError::NotCanonical`].
    pub fn hash(&self) -> Result<Digest, DocumentError> {
        document::digest(self)
    }

    /// The hash of the document, if both sides' signing keys, as it names them, have signed it.
    ///
    /// # Errors
    /// [`DocumentError::BadSignature`] when a side's signature is missing or wrong.
    pub fn signed_by_both(&self, signatures: &[Signature]) -> Result<Digest, DocumentError> {
        self.both_signed(DocumentKind::Manifest, self.hash()?, signatures)
    }

    /// The hash of a document about this box, if both sides' signing keys, as named here, have signed it.
    ///
    /// # Errors
    /// [`DocumentError::BadSignature`] when a side's signature is missing or wrong.
    pub fn both_signed(
        &self,
        kind: DocumentKind,
        hash: Digest,
        signatures: &[Signature],
    ) -> Result<Digest, DocumentError> {
        let signed = |side| document::is_signed_by(signatures, side, &self.keys(side).signing, kind, hash);
        if signed(Side::Bench) && signed(Side::Bar) { Ok(hash) } else { Err(DocumentError::BadSignature) }
    }
}

/// The manifest as it travels to the opening, with what was said about the closing and the shuffles.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClosedManifest {
    /// Format version, 2.
    pub v: u32,
    /// The signed body.
    pub manifest: Manifest,
    /// Its hash.
    pub hash: Digest,
    /// Every closed box of the period (rule R14).
    pub closed_boxes: Vec<BoxId>,
    /// Accepted stamps.
    pub stamps: u32,
    /// Both sides' statements about their shuffles.
    pub mixed: PerSide<Signed>,
    /// Both sides' statements about the list that is opened.
    pub listed: PerSide<Signed>,
}

impl ClosedManifest {
    /// Whether the counterpart that holds the same cases is closed too.
    #[must_use]
    pub fn both_directions_closed(&self) -> bool {
        let closed = |id: &BoxId| self.closed_boxes.contains(id);
        closed(&self.manifest.id) && closed(&self.manifest.id.counterpart())
    }
}
