//! What agents said and everybody may read: adopted, cosigned, closed, mixed, listed, and so on to the death of the keys.
//!
//! A row never changes. Deliberately absent: answers to raters, which are theirs alone, and whether a statement is right;
//! the step that hears it decides.

use diesel::prelude::*;
use hengping_domain::digest::Digest;
use hengping_domain::ids::{BoxId, Side};
use hengping_domain::request::AskedKind;
use hengping_domain::statement::Signed;
use jiff::civil::Date;

use super::schema::statement;
use super::{Connection, StoreError, from_json, json, put_once, stored};

/// Keeps a statement; the same again changes nothing.
///
/// # Errors
/// [`StoreError`].
pub fn put(
    conn: &mut Connection,
    id: &BoxId,
    kind: AskedKind,
    request: Digest,
    signed: &Signed,
    day: Date,
) -> Result<(), StoreError> {
    let text = json(signed)?;
    put_once(conn, |conn| {
        diesel::insert_into(statement::table)
            .values((
                statement::request.eq(request.to_string()),
                statement::side.eq(signed.statement.side.as_str()),
                statement::box_.eq(id.to_string()),
                statement::kind.eq(kind.as_str()),
                statement::text.eq(text),
                statement::day.eq(day.to_string()),
            ))
            .execute(conn)?;
        Ok(())
    })
}

/// What a side said to a request.
///
/// # Errors
/// [`StoreError`].
pub fn find(conn: &mut Connection, request: Digest, side: Side) -> Result<Option<Signed>, StoreError> {
    let text: Option<String> =
        statement::table.find((request.to_string(), side.as_str())).select(statement::text).first(conn).optional()?;
    text.as_deref().map(from_json).transpose()
}

/// The statements of a kind about a box, by request.
///
/// # Errors
/// [`StoreError`].
pub fn of_kind(conn: &mut Connection, id: &BoxId, kind: AskedKind) -> Result<Vec<(Digest, Signed)>, StoreError> {
    let rows: Vec<(String, String)> = statement::table
        .filter(statement::box_.eq(id.to_string()).and(statement::kind.eq(kind.as_str())))
        .order((statement::request, statement::side))
        .select((statement::request, statement::text))
        .load(conn)?;
    rows.iter().map(|(request, text)| Ok((stored(request)?, from_json(text)?))).collect()
}

/// What one side said last of a kind that is said once, such as `closed`.
///
/// # Errors
/// [`StoreError`].
pub fn said(conn: &mut Connection, id: &BoxId, kind: AskedKind, side: Side) -> Result<Option<Signed>, StoreError> {
    let found = of_kind(conn, id, kind)?;
    Ok(found.into_iter().map(|(_, signed)| signed).find(|signed| signed.statement.side == side))
}

/// Every statement about a box, in an order that says nothing.
///
/// # Errors
/// [`StoreError`].
pub fn of_box(conn: &mut Connection, id: &BoxId) -> Result<Vec<Signed>, StoreError> {
    let rows: Vec<String> = statement::table
        .filter(statement::box_.eq(id.to_string()))
        .order((statement::kind, statement::request, statement::side))
        .select(statement::text)
        .load(conn)?;
    rows.iter().map(|text| from_json(text)).collect()
}
