//! Withdrawing a release: a document that takes it back without another one in its place, signed by both sides.
//!
//! The release stays what it is and its readers keep it; they are told that it no longer stands. Deliberately absent: deleting,
//! and the state of the release's row, which what both sides signed decides.

use hengping_domain::digest::Digest;
use hengping_domain::document::{Document, DocumentKind};
use hengping_domain::ids::{AccountId, BoxId};
use hengping_domain::prose;
use hengping_domain::release::ReleaseState;
use hengping_domain::rubric::Text;
use hengping_domain::withdrawal::{LONGEST_WORDS, SignedWithdrawal, Withdrawal, WithdrawalReason};
use jiff::civil::Date;

use super::documents::{AboutRelease, OnRecord};
use super::{Failure, Outcome, Refusal, Site, correct, documents, periods};
use crate::store::release::{self, Release};
use crate::store::{Connection, box_document, document, period};

/// Puts a withdrawal of a release on record, for both sides to sign; returns its hash.
///
/// # Errors
/// [`Refusal::NotFound`], [`Refusal::WithdrawalRefused`] for a draft, [`Refusal::ReleaseCorrected`] for one that a correction
/// names, [`Refusal::ReleaseWithdrawn`], [`Refusal::TextRefused`] for words that lack a language or do not fit.
pub fn propose(
    site: &Site,
    release: Digest,
    reason: WithdrawalReason,
    words: Option<Text>,
    by: Option<&AccountId>,
) -> Outcome<Digest> {
    let today = site.clock.today();
    let words = words.map(|words| prose::both(&words, LONGEST_WORDS)).transpose()?;
    site.store.decide("propose withdrawal", |conn| {
        let id = release::find(conn, release)?.ballot_box;
        let manifest = period::find_box(conn, &id)?.manifest;
        let body = Withdrawal { v: 1, id: id.clone(), manifest, release, reason, words: words.clone() };
        fits(conn, &body)?;
        let new = Document::new(DocumentKind::Withdrawal, &body)?;
        let about = AboutRelease { id: &id, document: new.hash(), release };
        documents::propose(conn, &id, &new, ("withdrawal-proposed", about), (by, today))
    })
}

/// Whether the release stands, so that it can be taken back.
fn fits(conn: &mut Connection, body: &Withdrawal) -> Outcome<()> {
    let held = period::find_box(conn, &body.id)?;
    let manifest = periods::manifest(conn, &held)?;
    if !body.is_about(&manifest) {
        return Err(Refusal::DocumentMalformed.into());
    }
    let release = release::find(conn, body.release)?;
    if release.state != ReleaseState::Released {
        return Err(Refusal::WithdrawalRefused.into());
    }
    if correct::corrected_by(conn, &release)?.is_some() {
        return Err(Refusal::ReleaseCorrected.into());
    }
    if of(conn, &release)?.is_some() {
        return Err(Refusal::ReleaseWithdrawn.into());
    }
    Ok(())
}

/// Before a side's signature is taken: the release still stands.
///
/// # Errors
/// As [`propose`].
pub(super) fn signable(conn: &mut Connection, hash: Digest) -> Outcome<()> {
    let body: Withdrawal = document::find(conn, hash)?.read()?;
    fits(conn, &body)
}

/// Every withdrawal of a box on record, signed or not, by hash.
///
/// # Errors
/// Busy or a fault.
pub fn all(conn: &mut Connection, id: &BoxId) -> Outcome<Vec<(Withdrawal, OnRecord)>> {
    let hashes = box_document::of_box(conn, id, DocumentKind::Withdrawal)?;
    let read = |hash| {
        let held = documents::find(conn, hash)?;
        Ok::<_, Failure>((held.document.read::<Withdrawal>()?, held))
    };
    hashes.into_iter().map(read).collect()
}

/// The withdrawal of a box that both sides signed; there is one at most, because nothing follows it.
///
/// # Errors
/// Busy or a fault.
pub fn in_force(conn: &mut Connection, id: &BoxId) -> Outcome<Option<SignedWithdrawal>> {
    let signed = all(conn, id)?.into_iter().find(|(_, held)| held.in_force_from().is_some());
    Ok(signed.map(|(withdrawal, held)| SignedWithdrawal { withdrawal, signatures: held.by() }))
}

/// Of a release that no longer stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Withdrawn {
    /// Hash of the withdrawal.
    pub document: Digest,
    /// The day of the second signature.
    pub day: Date,
    /// Why.
    pub reason: WithdrawalReason,
    /// What both sides say about it.
    pub words: Option<Text>,
}

/// Every withdrawal of a release on record, signed or not, by hash.
///
/// # Errors
/// Busy or a fault.
pub(super) fn about(conn: &mut Connection, release: &Release) -> Outcome<Vec<(Withdrawal, OnRecord)>> {
    let mut ours = all(conn, &release.ballot_box)?;
    ours.retain(|(body, _)| body.release == release.hash);
    Ok(ours)
}

/// The one of a release's withdrawals that both sides signed.
pub(super) fn taken(ours: &[(Withdrawal, OnRecord)]) -> Option<Withdrawn> {
    ours.iter().find_map(|(body, held)| {
        let day = held.in_force_from()?;
        Some(Withdrawn { document: held.document.hash(), day, reason: body.reason, words: body.words.clone() })
    })
}

/// What took a release back, if both sides have.
///
/// # Errors
/// Busy or a fault.
pub fn of(conn: &mut Connection, release: &Release) -> Outcome<Option<Withdrawn>> {
    Ok(taken(&about(conn, release)?))
}
