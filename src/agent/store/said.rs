//! What the agent said: by request, so that it says the same again, and as a journal in which each entry is bound to the one
//! before by its hash.

use diesel::prelude::*;
use hengping_domain::digest::Digest;
use hengping_domain::ids::BoxId;
use hengping_domain::statement::Signed;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::schema::{journal, said};
use super::{Connection, StoreError, count, json, text};
use crate::config::AskedKind;

/// What the first entry names as the one before.
const ORIGIN: Digest = Digest([0; 32]);

/// What was answered to a request.
pub(crate) fn find(conn: &mut Connection, request: Digest) -> Result<Option<Signed>, StoreError> {
    let found: Option<String> = said::table.find(request.0.to_vec()).select(said::signed).first(conn).optional()?;
    found.as_deref().map(json).transpose()
}

/// Remembers the answer to a request.
pub(crate) fn remember(
    conn: &mut Connection,
    request: Digest,
    id: &BoxId,
    kind: AskedKind,
    signed: &Signed,
) -> Result<(), StoreError> {
    let row = (
        said::request.eq(request.0.to_vec()),
        said::box_id.eq(id.to_string()),
        said::kind.eq(kind.as_str()),
        said::signed.eq(text(signed)?),
    );
    diesel::insert_into(said::table).values(row).execute(conn)?;
    Ok(())
}

fn link(previous: &str, day: &str, request: &str, signed: &str) -> Digest {
    Digest::of(&[format!("hengping/agent/v1/journal\n{previous}\n{day}\n{request}\n{signed}").as_bytes()])
}

/// Appends a statement to the journal.
pub(crate) fn enter(conn: &mut Connection, day: Date, request: Digest, signed: &Signed) -> Result<(), StoreError> {
    append(conn, day, request.to_string(), text(signed)?)
}

/// Appends what the officers did by themselves.
pub(crate) fn note(conn: &mut Connection, day: Date, deed: &Deed) -> Result<(), StoreError> {
    append(conn, day, String::new(), text(deed)?)
}

fn append(conn: &mut Connection, day: Date, request: String, signed: String) -> Result<(), StoreError> {
    use journal as j;
    let last: Option<(i64, String)> =
        j::table.order(j::number.desc()).select((j::number, j::hash)).first(conn).optional()?;
    let (number, previous) = last.map_or_else(|| (1, ORIGIN.to_string()), |(number, hash)| (number + 1, hash));
    let day = day.to_string();
    let hash = link(&previous, &day, &request, &signed).to_string();
    let row = (
        j::number.eq(number),
        j::day.eq(day),
        j::request.eq(request),
        j::signed.eq(signed),
        j::previous.eq(previous),
        j::hash.eq(hash),
    );
    diesel::insert_into(j::table).values(row).execute(conn)?;
    Ok(())
}

/// What officers do that lets a device in; no box is named, so nothing of one is left here when it is dead.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "deed", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Deed {
    /// A member got another code.
    Code {
        /// Member number.
        member: String,
    },
    /// A member's device was given up, so that another one can be enrolled.
    Reset {
        /// Member number.
        member: String,
    },
}

/// What an entry of the journal is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
#[expect(clippy::large_enum_variant, reason = "nearly every entry is a statement")]
pub enum What {
    /// An answer that commits the side.
    Said(Signed),
    /// Something its officers did.
    Done(Deed),
}

/// An entry of the journal.
#[derive(Debug, Clone)]
pub struct Entry {
    /// 1, 2, ..
    pub number: u32,
    /// The day of it.
    pub day: String,
    /// Digest of the request; empty for what nobody asked.
    pub request: String,
    /// The statement or deed.
    pub what: What,
}

#[derive(Queryable)]
struct Raw {
    number: i64,
    day: String,
    request: String,
    signed: String,
    previous: String,
    hash: String,
}

/// The whole journal, its chain followed.
///
/// # Errors
/// [`StoreError::Broken`] when an entry was changed, removed or put in.
pub(crate) fn journal(conn: &mut Connection) -> Result<Vec<Entry>, StoreError> {
    use journal as j;
    let columns = (j::number, j::day, j::request, j::signed, j::previous, j::hash);
    let rows: Vec<Raw> = j::table.order(j::number).select(columns).load(conn)?;
    let mut entries = Vec::with_capacity(rows.len());
    let mut last = ORIGIN.to_string();
    for (expected, row) in (1..).zip(rows) {
        let hash = link(&row.previous, &row.day, &row.request, &row.signed).to_string();
        if row.number != expected || row.previous != last || row.hash != hash {
            return Err(StoreError::broken(format!("journal entry {expected} was changed or is missing")));
        }
        last = hash;
        let what = json(&row.signed)?;
        entries.push(Entry { number: count(row.number)?, day: row.day, request: row.request, what });
    }
    Ok(entries)
}
