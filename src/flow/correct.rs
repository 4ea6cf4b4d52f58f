//! Correcting a release: a document that voids whole blocks of a box after an upheld objection, signed by both sides.
//!
//! In force, it lets the opened box be computed again from the same list and shares; what comes out is another release, and
//! the corrected one is signed no more. Deliberately absent: the objection, and voiding single ballots.

use std::collections::{BTreeMap, BTreeSet};

use hengping_domain::correction::{Correction, CorrectionsFile, ObjectionReason, SignedCorrection, Voided};
use hengping_domain::digest::{Bytes, Digest};
use hengping_domain::document::{Document, DocumentKind};
use hengping_domain::ids::{AccountId, BoxId, RateeId};
use hengping_domain::release::ReleaseState;
use hengping_domain::request::AskedKind;

use super::documents::{AboutRelease, OnRecord};
use super::{Outcome, Refusal, Site, documents, periods, read_release, withdraw};
use crate::ports::random;
use crate::store::period::{self, BoxState};
use crate::store::release::{self, Release};
use crate::store::{Connection, StoreError, box_document, document, invitation, person, statement};

/// Puts a correction of a release on record, for both sides to sign; returns its hash. `void` are member numbers of ratees.
///
/// # Errors
/// [`Refusal::NotFound`], [`Refusal::BoxState`] unless the box is opened and its keys live, [`Refusal::CorrectionRefused`]
/// for another release than the last of its box, for one that is corrected already, and unless everybody named is a ratee
/// of the box whose block is not void yet; [`Refusal::ReleaseWithdrawn`].
pub fn propose(
    site: &Site,
    release: Digest,
    void: &[String],
    reason: ObjectionReason,
    by: Option<&AccountId>,
) -> Outcome<Digest> {
    let today = site.clock.today();
    let salt = Bytes(random(&*site.entropy)?);
    site.store.decide("propose correction", |conn| {
        let id = release::find(conn, release)?.ballot_box;
        let held = period::find_box(conn, &id)?;
        let manifest = held.manifest;
        let mut ratees = BTreeSet::new();
        for number in void {
            ratees.insert(match person::by_number(conn, number) {
                Err(StoreError::NotFound) => return Err(Refusal::CorrectionRefused.into()),
                other => other?.ratee,
            });
        }
        let blocks = u32::try_from(ratees.len()).map_err(|_| Refusal::CorrectionRefused)?;
        let voided = Voided { v: 1, salt, ratees };
        let body = Correction { v: 2, id: id.clone(), manifest, release, blocks, void: voided.hash()?, reason };
        fits(conn, &body, &voided)?;
        // The same again changes nothing, although it would have another salt.
        for (other, held) in all(conn, &id)? {
            let same = other.release == release && other.reason == reason;
            if same && of(conn, &other, held.document.hash())?.ratees == voided.ratees {
                return Ok(held.document.hash());
            }
        }
        let new = Document::new(DocumentKind::Correction, &body)?;
        let about = AboutRelease { id: &id, document: new.hash(), release };
        let hash = documents::propose(conn, &id, &new, ("correction-proposed", about), (by, today))?;
        box_document::put_voided(conn, hash, &voided)?;
        Ok(hash)
    })
}

/// Whether a correction can be followed: the box can be opened again, and what it corrects is the last release of it.
fn fits(conn: &mut Connection, body: &Correction, voided: &Voided) -> Outcome<()> {
    let held = period::find_box(conn, &body.id)?;
    let dead = !statement::of_kind(conn, &body.id, AskedKind::Death)?.is_empty();
    if held.state != BoxState::Opened || dead {
        return Err(Refusal::BoxState.into());
    }
    if withdraw::in_force(conn, &body.id)?.is_some() {
        return Err(Refusal::ReleaseWithdrawn.into());
    }
    let manifest = periods::manifest(conn, &held)?;
    let before = in_force(conn, &body.id)?;
    let last = of_box(conn, &body.id)?.pop().map(|release| release.hash);
    let free = before.iter().all(|signed| signed.correction.release != body.release);
    let ratees = ratees(conn, &body.id)?;
    let mut void = BTreeSet::new();
    for signed in &before {
        void.extend(of(conn, &signed.correction, signed.correction.hash()?)?.ratees);
    }
    let named = voided.ratees.iter().all(|ratee| ratees.contains(ratee) && !void.contains(ratee));
    if body.is_about(&manifest) && body.voids(voided) && last == Some(body.release) && free && named {
        Ok(())
    } else {
        Err(Refusal::CorrectionRefused.into())
    }
}

/// Whom somebody was asked about in a box.
fn ratees(conn: &mut Connection, id: &BoxId) -> Outcome<BTreeSet<RateeId>> {
    let rated: BTreeSet<_> = invitation::of_box(conn, id)?.into_iter().map(|i| i.ratee).collect();
    let people = person::all(conn)?;
    Ok(people.into_iter().filter(|p| rated.contains(&p.id)).map(|p| p.ratee).collect())
}

/// Before a side's signature is taken: the correction can be followed.
///
/// # Errors
/// As [`propose`].
pub(super) fn signable(conn: &mut Connection, hash: Digest) -> Outcome<()> {
    let body: Correction = document::find(conn, hash)?.read()?;
    let voided = of(conn, &body, hash)?;
    fits(conn, &body, &voided)
}

/// Whose blocks a correction voids; for the steps that have to know.
fn of(conn: &mut Connection, body: &Correction, hash: Digest) -> Outcome<Voided> {
    Ok(box_document::voided(conn, hash, body.void)?)
}

/// What the opening follows: the corrections in force with whose blocks they void.
///
/// # Errors
/// Busy or a fault.
pub(super) fn followed(conn: &mut Connection, id: &BoxId) -> Outcome<CorrectionsFile> {
    let corrections = in_force(conn, id)?;
    let mut voided = Vec::with_capacity(corrections.len());
    for signed in &corrections {
        voided.push(of(conn, &signed.correction, signed.correction.hash()?)?);
    }
    Ok(CorrectionsFile { v: 3, corrections, voided })
}

/// Every correction of a box on record, signed or not, in the order of what they correct.
///
/// # Errors
/// Busy or a fault.
pub fn all(conn: &mut Connection, id: &BoxId) -> Outcome<Vec<(Correction, OnRecord)>> {
    let hashes = box_document::of_box(conn, id, DocumentKind::Correction)?;
    if hashes.is_empty() {
        return Ok(Vec::new());
    }
    let order: Vec<_> = of_box(conn, id)?.into_iter().map(|release| release.hash).collect();
    let mut found = Vec::new();
    for hash in hashes {
        let held = documents::find(conn, hash)?;
        found.push((held.document.read::<Correction>()?, held));
    }
    found.sort_by_key(|(body, _)| order.iter().position(|hash| *hash == body.release));
    Ok(found)
}

/// The corrections of a box that both sides signed, the earliest first.
///
/// # Errors
/// Busy or a fault.
pub fn in_force(conn: &mut Connection, id: &BoxId) -> Outcome<Vec<SignedCorrection>> {
    let signed = all(conn, id)?.into_iter().filter(|(_, held)| held.in_force_from().is_some());
    Ok(signed.map(|(correction, held)| SignedCorrection { correction, signatures: held.by() }).collect())
}

/// Hashes of the corrections that a release was computed under.
///
/// # Errors
/// Busy or a fault; [`Refusal::DocumentMalformed`].
pub(super) fn computed_under(conn: &mut Connection, release: Digest) -> Outcome<Vec<Digest>> {
    named(&read_release::body(conn, release)?.draft.rest)
}

/// The corrections that a draft names.
///
/// # Errors
/// [`Refusal::DocumentMalformed`].
pub fn named(rest: &BTreeMap<String, serde_json::Value>) -> Outcome<Vec<Digest>> {
    let Some(named) = rest.get("corrections") else { return Ok(Vec::new()) };
    serde_json::from_value(named.clone()).map_err(|_| Refusal::DocumentMalformed.into())
}

/// The releases of a box, each under more corrections than the one before.
///
/// # Errors
/// Busy or a fault.
pub(super) fn of_box(conn: &mut Connection, id: &BoxId) -> Outcome<Vec<Release>> {
    let all = release::of_box(conn, id)?;
    if all.len() < 2 {
        return Ok(all);
    }
    let mut found = Vec::with_capacity(all.len());
    for release in all {
        found.push((computed_under(conn, release.hash)?.len(), release));
    }
    found.sort_by_key(|(corrections, _)| *corrections);
    Ok(found.into_iter().map(|(_, release)| release).collect())
}

/// Whether a correction in force waits for the box to be computed again.
///
/// # Errors
/// Busy or a fault.
pub fn is_pending(conn: &mut Connection, id: &BoxId) -> Outcome<bool> {
    let Some(newest) = in_force(conn, id)?.pop() else { return Ok(false) };
    Ok(of_box(conn, id)?.pop().is_some_and(|last| last.hash == newest.correction.release))
}

/// The correction in force that names a release, if one does.
///
/// # Errors
/// Busy or a fault.
pub fn corrected_by(conn: &mut Connection, release: &Release) -> Outcome<Option<Digest>> {
    let signed = in_force(conn, &release.ballot_box)?;
    let ours = signed.iter().find(|signed| signed.correction.release == release.hash);
    Ok(ours.map(|signed| signed.correction.hash()).transpose()?)
}

/// Whether a corrected release has another one in its place that is out.
///
/// # Errors
/// Busy or a fault.
pub fn is_superseded(conn: &mut Connection, release: &Release) -> Outcome<bool> {
    let after = of_box(conn, &release.ballot_box)?;
    let after = after.iter().skip_while(|each| each.hash != release.hash).skip(1);
    Ok(after.into_iter().any(|each| each.state == ReleaseState::Released))
}
