//! Which documents are about a box: extensions, corrections and withdrawals, and whose blocks a correction voids. The documents
//! themselves lie where all do.
//!
//! Deliberately absent: whether one is in force; the steps decide.

use diesel::prelude::*;
use hengping_domain::correction::Voided;
use hengping_domain::digest::Digest;
use hengping_domain::document::{DocumentKind, canonical};
use hengping_domain::ids::BoxId;

use super::schema::{box_document, correction_voided};
use super::{Connection, StoreError, put_once, stored};

/// Notes that a document is about a box; the same again changes nothing.
///
/// # Errors
/// [`StoreError`].
pub fn put(conn: &mut Connection, document: Digest, id: &BoxId, kind: DocumentKind) -> Result<(), StoreError> {
    put_once(conn, |conn| {
        diesel::insert_into(box_document::table)
            .values((
                box_document::document.eq(document.to_string()),
                box_document::box_.eq(id.to_string()),
                box_document::kind.eq(kind.as_str()),
            ))
            .execute(conn)?;
        Ok(())
    })
}

/// The documents of a kind about a box, by hash.
///
/// # Errors
/// [`StoreError`].
pub fn of_box(conn: &mut Connection, id: &BoxId, kind: DocumentKind) -> Result<Vec<Digest>, StoreError> {
    let rows: Vec<String> = box_document::table
        .filter(box_document::box_.eq(id.to_string()).and(box_document::kind.eq(kind.as_str())))
        .order(box_document::document)
        .select(box_document::document)
        .load(conn)?;
    rows.iter().map(|hash| stored(hash)).collect()
}

/// Notes whose blocks a correction voids, as canonical JSON.
///
/// # Errors
/// [`StoreError::Duplicate`].
pub fn put_voided(conn: &mut Connection, correction: Digest, voided: &Voided) -> Result<(), StoreError> {
    let body = canonical(voided).map_err(|error| StoreError::broken(error.to_string()))?;
    diesel::insert_into(correction_voided::table)
        .values((correction_voided::correction.eq(correction.to_string()), correction_voided::body.eq(body)))
        .execute(conn)?;
    Ok(())
}

/// Whose blocks a correction voids.
///
/// # Errors
/// [`StoreError::NotFound`]; [`StoreError::Broken`] when they are not what `bound` names.
pub fn voided(conn: &mut Connection, correction: Digest, bound: Digest) -> Result<Voided, StoreError> {
    let found = correction_voided::table.find(correction.to_string()).select(correction_voided::body);
    let body: String = found.first(conn)?;
    let read: Option<Voided> = serde_json::from_str(&body).ok();
    let broken = || StoreError::broken(format!("what {} voids was changed", correction.short()));
    read.filter(|voided| voided.hash() == Ok(bound)).ok_or_else(broken)
}
