//! What was answered: for each invitation and each rater's nym, which blinded element.

use std::collections::BTreeMap;

use diesel::prelude::*;
use hengping_domain::digest::Digest;
use hengping_domain::ids::BoxId;
use hengping_domain::token::TokenKind;

use super::schema::mark as m;
use super::{Connection, StoreError, count, digest};

/// The SHA-256 of the element that was answered, if one was.
pub(crate) fn find(
    conn: &mut Connection,
    id: &BoxId,
    kind: TokenKind,
    subject: &str,
) -> Result<Option<Digest>, StoreError> {
    let found: Option<Vec<u8>> =
        m::table.find((id.to_string(), kind.as_str(), subject)).select(m::element).first(conn).optional()?;
    found.map(|bytes| digest(&bytes)).transpose()
}

/// Remembers an element for ever.
pub(crate) fn add(
    conn: &mut Connection,
    id: &BoxId,
    kind: TokenKind,
    subject: &str,
    element: Digest,
) -> Result<(), StoreError> {
    let row = (
        m::box_id.eq(id.to_string()),
        m::kind.eq(kind.as_str()),
        m::subject.eq(subject),
        m::element.eq(element.0.to_vec()),
    );
    diesel::insert_into(m::table).values(row).execute(conn)?;
    Ok(())
}

/// How many of each kind were answered.
pub(crate) fn counts(conn: &mut Connection, id: &BoxId) -> Result<BTreeMap<TokenKind, u32>, StoreError> {
    let mut counts = BTreeMap::new();
    for &kind in TokenKind::ALL {
        let rows: i64 =
            m::table.filter(m::box_id.eq(id.to_string()).and(m::kind.eq(kind.as_str()))).count().get_result(conn)?;
        counts.insert(kind, count(rows)?);
    }
    Ok(counts)
}
