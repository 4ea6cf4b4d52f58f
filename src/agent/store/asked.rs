//! Requests that wait for the officers, and which of them were approved.

use diesel::prelude::*;
use hengping_domain::digest::Digest;
use hengping_domain::request::SignedRequest;
use jiff::civil::Date;

use super::schema::{approved, asked};
use super::{Connection, StoreError, json, text};
use crate::seal::Sealed;

/// Remembers a request that waits.
pub(crate) fn ask(conn: &mut Connection, request: Digest, day: Date, body: &SignedRequest) -> Result<(), StoreError> {
    let row = (
        asked::request.eq(request.0.to_vec()),
        asked::box_id.eq(body.request.id.to_string()),
        asked::day.eq(day.to_string()),
        asked::body.eq(text(body)?),
    );
    diesel::insert_or_ignore_into(asked::table).values(row).execute(conn)?;
    Ok(())
}

/// Forgets it: it was answered.
pub(crate) fn settle(conn: &mut Connection, request: Digest) -> Result<(), StoreError> {
    diesel::delete(asked::table.find(request.0.to_vec())).execute(conn)?;
    Ok(())
}

/// Requests that wait, approved ones included, by day.
pub(crate) fn all(conn: &mut Connection) -> Result<Vec<(String, SignedRequest)>, StoreError> {
    let rows: Vec<(String, String)> =
        asked::table.order((asked::day, asked::request)).select((asked::day, asked::body)).load(conn)?;
    rows.into_iter().map(|(day, body)| Ok((day, json(&body)?))).collect()
}

/// Whether a request waits.
pub(crate) fn waits(conn: &mut Connection, request: Digest) -> Result<bool, StoreError> {
    Ok(diesel::select(diesel::dsl::exists(asked::table.find(request.0.to_vec()))).get_result(conn)?)
}

/// The sealed approval of a request.
pub(crate) fn approval(conn: &mut Connection, request: Digest) -> Result<Option<Sealed>, StoreError> {
    let found: Option<Vec<u8>> =
        approved::table.find(request.0.to_vec()).select(approved::seal).first(conn).optional()?;
    Ok(found.map(Sealed))
}

/// Remembers an approval; one is enough.
pub(crate) fn approve(conn: &mut Connection, request: Digest, seal: &Sealed) -> Result<(), StoreError> {
    let row = (approved::request.eq(request.0.to_vec()), approved::seal.eq(&seal.0));
    diesel::replace_into(approved::table).values(row).execute(conn)?;
    Ok(())
}
