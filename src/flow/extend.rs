//! Extending a box: a document that moves its last day, signed by both sides and adopted by both agents before that day is over.
//!
//! Until both agents have said so nothing changes, so one that is away on the last day lets the extension die with it.
//! Deliberately absent: extending a box that is closed, and shortening one.

use hengping_domain::digest::Digest;
use hengping_domain::document::{Document, DocumentKind};
use hengping_domain::extension::{self, Extension, LONGEST_REASON, SignedExtension};
use hengping_domain::ids::{AccountId, BoxId};
use hengping_domain::prose::{self, TextError};
use hengping_domain::request::{Asked, AskedKind};
use hengping_domain::rubric::Text;
use jiff::civil::Date;
use serde::Serialize;

use super::courier::ask_both;
use super::documents::OnRecord;
use super::{Outcome, Refusal, Site, documents, periods};
use crate::store::period::{self, BallotBox, BoxState};
use crate::store::{Connection, box_document, document, statement};

#[derive(Serialize)]
struct About<'a> {
    #[serde(rename = "box")]
    id: &'a BoxId,
    document: Digest,
    cast_until: Date,
}

/// Puts an extension on record, for both sides to sign; returns its hash. The same again changes nothing.
///
/// # Errors
/// [`Refusal::NotFound`], [`Refusal::NotInForce`] before the manifest is, [`Refusal::BoxState`] unless the box is open,
/// [`Refusal::ExtensionLate`] once its last day is over, [`Refusal::ExtensionRefused`] unless the new one is later and the
/// reason is there in both languages, [`Refusal::TextRefused`] for one that does not fit.
pub fn propose(site: &Site, id: &BoxId, cast_until: Date, reason: Text, by: Option<&AccountId>) -> Outcome<Digest> {
    let today = site.clock.today();
    let reason = match prose::both(&reason, LONGEST_REASON) {
        Err(TextError::Empty) => return Err(Refusal::ExtensionRefused.into()),
        other => other?,
    };
    site.store.decide("propose extension", |conn| {
        let held = period::find_box(conn, id)?;
        periods::manifest(conn, &held)?;
        let was_until = last_day(conn, &held)?;
        let (id, reason) = (id.clone(), reason.clone());
        let body = Extension { v: 1, id, manifest: held.manifest, was_until, cast_until, reason };
        timely(conn, &body, today)?;
        let new = Document::new(DocumentKind::Extension, &body)?;
        let about = About { id: &body.id, document: new.hash(), cast_until };
        documents::propose(conn, &body.id, &new, ("extension-proposed", about), (by, today))
    })
}

/// Whether an extension can still take effect: its box is open, it begins at the present last day, and that day is not over.
fn timely(conn: &mut Connection, body: &Extension, today: Date) -> Outcome<()> {
    let held = period::find_box(conn, &body.id)?;
    if held.state != BoxState::Open {
        return Err(Refusal::BoxState.into());
    }
    let last_day = last_day(conn, &held)?;
    if !body.continues(&periods::manifest(conn, &held)?, last_day) {
        return Err(Refusal::ExtensionRefused.into());
    }
    if today > last_day { Err(Refusal::ExtensionLate.into()) } else { Ok(()) }
}

/// Before a side's signature is taken: the extension can still take effect, and no other one from the same day is on its way
/// to the agents.
///
/// # Errors
/// As [`propose`].
pub(super) fn signable(conn: &mut Connection, hash: Digest, today: Date) -> Outcome<()> {
    let body: Extension = document::find(conn, hash)?.read()?;
    timely(conn, &body, today)?;
    let rivals = all(conn, &body.id)?.into_iter().filter(|other| other.document.hash() != hash);
    for rival in rivals.filter(|other| other.in_force_from().is_some()) {
        if rival.document.read::<Extension>()?.was_until == body.was_until {
            return Err(Refusal::ExtensionRefused.into());
        }
    }
    Ok(())
}

/// After a side's signature was taken: with the second one both agents are asked to adopt the extension.
///
/// # Errors
/// Busy or a fault.
pub(super) fn signed(conn: &mut Connection, site: &Site, hash: Digest) -> Outcome<()> {
    let held = documents::find(conn, hash)?;
    if held.in_force_from().is_some() {
        let SignedExtension { extension, signatures } = read(&held)?;
        let id = extension.id.clone();
        ask_both(conn, site, &id, &Asked::Extend { extension: Box::new(extension), signatures })?;
    }
    Ok(())
}

fn read(held: &OnRecord) -> Outcome<SignedExtension> {
    Ok(SignedExtension { extension: held.document.read()?, signatures: held.by() })
}

/// Every extension of a box on record, signed or not, by the day that it sets.
///
/// # Errors
/// Busy or a fault.
pub fn all(conn: &mut Connection, id: &BoxId) -> Outcome<Vec<OnRecord>> {
    let hashes = box_document::of_box(conn, id, DocumentKind::Extension)?;
    let mut found = Vec::with_capacity(hashes.len());
    for hash in hashes {
        let held = documents::find(conn, hash)?;
        found.push((held.document.read::<Extension>()?.cast_until, held));
    }
    found.sort_by_key(|(until, _)| *until);
    Ok(found.into_iter().map(|(_, held)| held).collect())
}

/// The extensions of a box that are in force, each beginning where the one before ends.
///
/// # Errors
/// Busy or a fault.
pub fn in_force(conn: &mut Connection, held: &BallotBox) -> Outcome<Vec<SignedExtension>> {
    let on_record = all(conn, &held.id)?;
    among(conn, held, &on_record)
}

/// The same of those on record, for whoever has read them.
pub(super) fn among(conn: &mut Connection, held: &BallotBox, on_record: &[OnRecord]) -> Outcome<Vec<SignedExtension>> {
    if on_record.is_empty() {
        return Ok(Vec::new());
    }
    let signed = on_record.iter().map(read).collect::<Outcome<Vec<_>>>()?;
    let said: Vec<_> =
        statement::of_kind(conn, &held.id, AskedKind::Extend)?.into_iter().map(|(_, signed)| signed).collect();
    let manifest = periods::manifest(conn, held)?;
    Ok(extension::in_force(&manifest, &signed, &said).into_iter().cloned().collect())
}

/// The last day on which a box takes ballots.
///
/// # Errors
/// Busy or a fault.
pub fn last_day(conn: &mut Connection, held: &BallotBox) -> Outcome<Date> {
    let chain = in_force(conn, held)?;
    until(conn, held, &chain)
}

/// The same with the extensions in force.
pub(super) fn until(conn: &mut Connection, held: &BallotBox, chain: &[SignedExtension]) -> Outcome<Date> {
    match chain.last() {
        Some(last) => Ok(last.extension.cast_until),
        None => Ok(period::find(conn, &held.id.period)?.cast_until),
    }
}
