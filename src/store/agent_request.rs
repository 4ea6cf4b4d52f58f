//! What the agents were asked, and answers that wait for whoever asked; both go when they are no longer needed.
//!
//! A request is named by its digest, so that asking again changes nothing. Deliberately absent: when it was asked.

use diesel::prelude::*;
use hengping_domain::digest::Digest;
use hengping_domain::ids::{BoxId, Side};
use hengping_domain::request::{AskedKind, SignedRequest};
use hengping_domain::statement::Signed;

use super::schema::agent_request;
use super::{Connection, StoreError, from_json, json, one_row, put_once, stored};

/// A request on its way to one side's agent.
#[derive(Debug, Clone)]
pub struct Waiting {
    /// Its name.
    pub digest: Digest,
    /// Whose agent is asked.
    pub side: Side,
    /// What it is about.
    pub ballot_box: BoxId,
    /// The kind, as in the request.
    pub kind: AskedKind,
    /// The request.
    pub request: SignedRequest,
}

/// Puts a request on its way; the same again changes nothing.
///
/// # Errors
/// [`StoreError`].
pub fn put(conn: &mut Connection, new: &Waiting) -> Result<(), StoreError> {
    let text = json(&new.request)?;
    put_once(conn, |conn| {
        diesel::insert_into(agent_request::table)
            .values((
                agent_request::digest.eq(new.digest.to_string()),
                agent_request::side.eq(new.side.as_str()),
                agent_request::box_.eq(new.ballot_box.to_string()),
                agent_request::kind.eq(new.kind.as_str()),
                agent_request::request.eq(text),
                agent_request::answer.eq(None::<String>),
            ))
            .execute(conn)?;
        Ok(())
    })
}

type Row = (String, String, String, String, String, Option<String>);

fn read(row: Row) -> Result<Waiting, StoreError> {
    let (digest, side, ballot_box, kind, request, _) = row;
    let request = from_json(&request)?;
    let (digest, side, ballot_box) = (stored(&digest)?, stored(&side)?, stored(&ballot_box)?);
    Ok(Waiting { digest, side, ballot_box, kind: stored(&kind)?, request })
}

/// Kinds that raters ask.
fn of_raters() -> [&'static str; 2] {
    [AskedKind::Tokens, AskedKind::Enrol].map(AskedKind::as_str)
}

/// The requests that a side's agent has not answered, by digest.
///
/// # Errors
/// [`StoreError`].
pub fn unanswered(conn: &mut Connection, side: Side) -> Result<Vec<Waiting>, StoreError> {
    let rows: Vec<Row> = agent_request::table
        .filter(agent_request::side.eq(side.as_str()).and(agent_request::answer.is_null()))
        .order(agent_request::digest)
        .load(conn)?;
    rows.into_iter().map(read).collect()
}

/// The requests that a side's agent has refused, by digest; what raters asked for is theirs to ask again.
///
/// # Errors
/// [`StoreError`].
pub fn refused(conn: &mut Connection, side: Side) -> Result<Vec<Waiting>, StoreError> {
    let rows: Vec<Row> = agent_request::table
        .filter(agent_request::side.eq(side.as_str()).and(agent_request::answer.is_not_null()))
        .filter(agent_request::kind.ne_all(of_raters()))
        .order(agent_request::digest)
        .load(conn)?;
    rows.into_iter().map(read).collect()
}

/// The requests about a box that are unanswered or refused: side, kind, digest.
///
/// # Errors
/// [`StoreError`].
pub fn of_box(conn: &mut Connection, id: &BoxId) -> Result<Vec<(Side, AskedKind, Digest)>, StoreError> {
    let rows: Vec<(String, String, String)> = agent_request::table
        .filter(agent_request::box_.eq(id.to_string()))
        .order((agent_request::kind, agent_request::side, agent_request::digest))
        .select((agent_request::side, agent_request::kind, agent_request::digest))
        .load(conn)?;
    rows.into_iter().map(|(side, kind, digest)| Ok((stored(&side)?, stored(&kind)?, stored(&digest)?))).collect()
}

/// One request.
///
/// # Errors
/// [`StoreError::NotFound`].
pub fn find(conn: &mut Connection, digest: Digest, side: Side) -> Result<Waiting, StoreError> {
    read(agent_request::table.find((digest.to_string(), side.as_str())).first(conn)?)
}

/// Keeps an answer until it is fetched.
///
/// # Errors
/// [`StoreError::Stale`] when nobody asked.
pub fn answer(conn: &mut Connection, digest: Digest, side: Side, signed: &Signed) -> Result<(), StoreError> {
    let text = json(signed)?;
    let row = agent_request::table.find((digest.to_string(), side.as_str()));
    one_row(diesel::update(row).set(agent_request::answer.eq(Some(text))).execute(conn)?)
}

/// The answer to a request, if it has come.
///
/// # Errors
/// [`StoreError`].
pub fn answered(conn: &mut Connection, digest: Digest, side: Side) -> Result<Option<Signed>, StoreError> {
    let text: Option<Option<String>> = agent_request::table
        .find((digest.to_string(), side.as_str()))
        .select(agent_request::answer)
        .first(conn)
        .optional()?;
    text.flatten().as_deref().map(from_json).transpose()
}

/// Takes off what raters of a box still wait for: a closed box answers nobody, and the rows lie in the order of asking.
///
/// # Errors
/// [`StoreError`].
pub fn forget_raters(conn: &mut Connection, id: &BoxId) -> Result<(), StoreError> {
    let of_box = agent_request::table.filter(agent_request::box_.eq(id.to_string()));
    diesel::delete(of_box.filter(agent_request::kind.eq_any(of_raters()))).execute(conn)?;
    Ok(())
}

/// Takes off what was asked of one kind about a box.
///
/// # Errors
/// [`StoreError`].
pub fn forget_kind(conn: &mut Connection, id: &BoxId, kind: AskedKind) -> Result<(), StoreError> {
    let asked = agent_request::box_.eq(id.to_string()).and(agent_request::kind.eq(kind.as_str()));
    diesel::delete(agent_request::table.filter(asked)).execute(conn)?;
    Ok(())
}

/// Takes a request off, answered or not.
///
/// # Errors
/// [`StoreError`].
pub fn forget(conn: &mut Connection, digest: Digest, side: Side) -> Result<(), StoreError> {
    diesel::delete(agent_request::table.find((digest.to_string(), side.as_str()))).execute(conn)?;
    Ok(())
}
