//! Which documents are about a box: extensions, corrections and withdrawals. The documents themselves lie where all do.
//!
//! Deliberately absent: whether one is in force; the steps decide.

use diesel::prelude::*;
use hengping_domain::digest::Digest;
use hengping_domain::document::DocumentKind;
use hengping_domain::ids::BoxId;

use super::schema::box_document;
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
