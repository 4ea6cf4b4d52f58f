//! Putting documents on record, signing them, and knowing which are in force.
//!
//! A signature counts only with the key its side enrolled; a document is in force when both sides have signed it.
//! Deliberately absent: drafting and negotiation, and private keys, which never reach the platform.

use hengping_domain::charter::Charter;
use hengping_domain::digest::Digest;
use hengping_domain::document::{Document, DocumentError, DocumentKind, Signature};
use hengping_domain::ids::{AccountId, BoxId, Side};
use hengping_domain::manifest::Manifest;
use hengping_domain::rubric::Rubric;
use jiff::civil::Date;
use serde::Serialize;

use super::{Failure, Outcome, Refusal, Site, conclude, correct, extend, withdraw};
use crate::config::Mode;
use crate::store::audit::{self, Event};
pub use crate::store::document::{SideKeys, Signed};
use crate::store::{Connection, StoreError};
use crate::store::{box_document, document};

#[derive(Serialize)]
struct About {
    document: Digest,
    #[serde(skip_serializing_if = "Option::is_none")]
    side: Option<Side>,
}

/// Enrols the public keys of a side, once.
///
/// # Errors
/// [`Refusal::KeysEnrolled`] when the side has keys already.
pub fn enrol(site: &Site, side: Side, keys: &SideKeys) -> Outcome<()> {
    let today = site.clock.today();
    let demo = site.config.mode == Mode::Demo;
    site.store.decide("enrol keys", |conn| {
        match document::enrol(conn, side, keys, demo) {
            Err(StoreError::Duplicate) => return Err(Refusal::KeysEnrolled.into()),
            other => other?,
        }
        audit::append(conn, today, &Event { event: "keys-enrolled", account: None, about: side })?;
        Ok::<_, Failure>(())
    })
}

/// The enrolled keys of a side.
///
/// # Errors
/// [`Refusal::KeysNotReady`].
pub fn keys(conn: &mut Connection, side: Side) -> Outcome<SideKeys> {
    match document::keys(conn, side) {
        Err(StoreError::NotFound) => Err(Refusal::KeysNotReady.into()),
        other => Ok(other?),
    }
}

/// What the audit log says of a paper about a release.
#[derive(Serialize)]
pub(super) struct AboutRelease<'a> {
    #[serde(rename = "box")]
    pub id: &'a BoxId,
    pub document: Digest,
    pub release: Digest,
}

/// Puts a paper about a box on record, for both sides to sign; `event` and `about` go into the audit log. The same again
/// changes nothing.
///
/// # Errors
/// A fault of the store.
pub(super) fn propose(
    conn: &mut Connection,
    id: &BoxId,
    new: &Document,
    (event, about): (&'static str, impl Serialize),
    (by, today): (Option<&AccountId>, Date),
) -> Outcome<Digest> {
    document::put(conn, new, today)?;
    box_document::put(conn, new.hash(), id, new.kind())?;
    audit::append(conn, today, &Event { event, account: by.map(AccountId::as_str), about })?;
    Ok(new.hash())
}

/// Puts a document on record after checking its shape; the same document again changes nothing.
///
/// # Errors
/// [`Refusal::DocumentMalformed`].
pub fn add(site: &Site, kind: DocumentKind, body: &impl Serialize) -> Outcome<Digest> {
    let new = Document::new(kind, body)?;
    let sound = match kind {
        DocumentKind::Rubric => new.read::<Rubric>()?.check().is_ok(),
        DocumentKind::Charter => new.read::<Charter>()?.check().is_ok(),
        DocumentKind::Manifest => new.read::<Manifest>().map(|_| true)?,
        // Made and put on record by a step of its own.
        DocumentKind::Extension | DocumentKind::Correction | DocumentKind::Withdrawal | DocumentKind::Conclusion => {
            false
        }
        DocumentKind::Release => true,
    };
    if !sound {
        return Err(Refusal::DocumentMalformed.into());
    }
    let today = site.clock.today();
    site.store
        .write("add document", |conn| {
            document::put(conn, &new, today)?;
            let about = About { document: new.hash(), side: None };
            audit::append(conn, today, &Event { event: "document-added", account: None, about })?;
            Ok(new.hash())
        })
        .map_err(Failure::from)
}

/// Takes one side's signature over a document; `account` is whoever brought it, if a person did. A release is signed
/// through its own door, which also lets it out with the second signature.
///
/// # Errors
/// [`Refusal::NotFound`], also for a release; [`Refusal::SignatureRefused`], [`Refusal::AlreadySigned`], [`Refusal::KeysNotReady`];
/// of an extension those of [`extend::propose`], of a correction those of [`correct::propose`], of a withdrawal those of
/// [`withdraw::propose`], of a conclusion those of [`conclude::propose`] and [`Refusal::Stale`].
pub fn sign(site: &Site, hash: Digest, signature: &Signature, account: Option<&str>) -> Outcome<()> {
    let today = site.clock.today();
    site.store.decide("sign document", |conn| {
        let kind = document::find(conn, hash)?.kind();
        match kind {
            DocumentKind::Release => return Err(Refusal::NotFound.into()),
            DocumentKind::Correction => correct::signable(conn, hash)?,
            DocumentKind::Withdrawal => withdraw::signable(conn, hash)?,
            DocumentKind::Conclusion => conclude::signable(conn, hash)?,
            DocumentKind::Extension => extend::signable(conn, hash, today)?,
            DocumentKind::Rubric | DocumentKind::Charter | DocumentKind::Manifest => {}
        }
        take_signature(conn, hash, signature, today, account)?;
        if kind == DocumentKind::Extension { extend::signed(conn, site, hash) } else { Ok(()) }
    })
}

/// The part of [`sign`] inside a transaction.
///
/// # Errors
/// As [`sign`].
pub fn take_signature(
    conn: &mut Connection,
    hash: Digest,
    signature: &Signature,
    today: Date,
    account: Option<&str>,
) -> Outcome<()> {
    let held = document::find(conn, hash)?;
    if keys(conn, signature.side)?.signing != signature.key {
        return Err(DocumentError::BadSignature.into());
    }
    signature.verify(held.kind(), hash)?;
    match document::sign(conn, hash, signature, today) {
        Err(StoreError::Duplicate) => return Err(Refusal::AlreadySigned.into()),
        other => other?,
    }
    let about = About { document: hash, side: Some(signature.side) };
    audit::append(conn, today, &Event { event: "document-signed", account, about })?;
    Ok(())
}

/// A document with its signatures.
#[derive(Debug, Clone)]
pub struct OnRecord {
    /// The document.
    pub document: Document,
    /// Who signed it, and when.
    pub signatures: Vec<Signed>,
}

impl OnRecord {
    /// The day of the second side's signature.
    #[must_use]
    pub fn in_force_from(&self) -> Option<Date> {
        in_force_from(&self.signatures)
    }

    /// The signatures without their days, as others are shown them.
    #[must_use]
    pub fn by(&self) -> Vec<Signature> {
        self.signatures.iter().map(|signed| signed.signature.clone()).collect()
    }
}

fn in_force_from(signatures: &[Signed]) -> Option<Date> {
    let day_of = |side| signatures.iter().find(|s| s.signature.side == side).map(|s| s.day);
    Some(day_of(Side::Bench)?.max(day_of(Side::Bar)?))
}

/// One document.
///
/// # Errors
/// [`Refusal::NotFound`].
pub fn find(conn: &mut Connection, hash: Digest) -> Result<OnRecord, StoreError> {
    Ok(OnRecord { document: document::find(conn, hash)?, signatures: document::signatures(conn, hash)? })
}

/// The document of `kind` with this hash, if both sides have signed it.
///
/// # Errors
/// [`Refusal::NotInForce`] also for an unknown hash or another kind.
pub fn in_force(conn: &mut Connection, kind: DocumentKind, hash: Digest) -> Outcome<Document> {
    match find(conn, hash) {
        Err(StoreError::NotFound) => Err(Refusal::NotInForce.into()),
        Err(other) => Err(other.into()),
        Ok(held) if held.document.kind() == kind && held.in_force_from().is_some() => Ok(held.document),
        Ok(_) => Err(Refusal::NotInForce.into()),
    }
}

/// Rubrics, charters and manifests on record, and conclusions of pilots in force, by day.
///
/// # Errors
/// Busy or a fault.
pub fn list(site: &Site) -> Outcome<Vec<OnRecord>> {
    let kinds = [DocumentKind::Rubric, DocumentKind::Charter, DocumentKind::Manifest, DocumentKind::Conclusion];
    Ok(site.store.read("list documents", |conn| {
        let listed = document::list(conn, &kinds)?;
        let found = listed.into_iter().map(|(hash, _, _)| find(conn, hash));
        let shown =
            |held: &OnRecord| held.document.kind() != DocumentKind::Conclusion || held.in_force_from().is_some();
        found.filter(|held| held.as_ref().map_or(true, shown)).collect()
    })?)
}

/// One document that is not a release; a release is read through its own door, and so is a correction, a withdrawal or a
/// conclusion that both sides have not signed: what may become of it is the officers' to know until it does.
///
/// # Errors
/// [`Refusal::NotFound`].
pub fn read(site: &Site, hash: Digest) -> Outcome<OnRecord> {
    let held = site.store.read("read document", |conn| find(conn, hash))?;
    match held.document.kind() {
        DocumentKind::Release => Err(Refusal::NotFound.into()),
        DocumentKind::Correction | DocumentKind::Withdrawal | DocumentKind::Conclusion
            if held.in_force_from().is_none() =>
        {
            Err(Refusal::NotFound.into())
        }
        _ => Ok(held),
    }
}
