//! The audit log: what was done, by whose account, on which day, each entry bound to the one before by its hash.
//!
//! Entries are canonical JSON and are never changed or removed; triggers refuse it and [`verify`] finds it.
//! Deliberately absent: times of day, addresses, and anything about a single ballot: casting writes no entry here.

use diesel::prelude::*;
use hengping_domain::digest::Digest;
use hengping_domain::document::canonical;
use jiff::civil::Date;
use serde::Serialize;

use super::schema::{audit, audit_head};
use super::{Connection, StoreError, one_row, stored};

const CHAIN: &str = "platform";
const TAG: &[u8] = b"hengping/v1/audit\n";

/// What the first entry names as its predecessor.
pub const ORIGIN: Digest = Digest([0; 32]);

/// One step to be remembered.
#[derive(Debug, Clone, Serialize)]
pub struct Event<'a, T: Serialize> {
    /// What was done, a kebab-case word such as `signed-in`.
    pub event: &'a str,
    /// The account that did it; none for the platform itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<&'a str>,
    /// What it was done to.
    pub about: T,
}

fn link(prev: Digest, day: Date, body: &str) -> Digest {
    let (prev, day) = (prev.to_string(), day.to_string());
    Digest::of(&[TAG, prev.as_bytes(), b"\n", day.as_bytes(), b"\n", body.as_bytes()])
}

/// Appends an entry. Call it last in a transaction: every append waits for the one before.
///
/// # Errors
/// [`StoreError::Busy`] when another entry came between, which the transaction's retry settles.
pub fn append<T: Serialize>(conn: &mut Connection, day: Date, event: &Event<'_, T>) -> Result<Digest, StoreError> {
    let body = canonical(event).map_err(|error| StoreError::broken(error.to_string()))?;
    let head: String = audit_head::table.find(CHAIN).select(audit_head::hash).first(conn)?;
    let hash = link(stored(&head)?, day, &body);
    let moved = diesel::update(audit_head::table.find(CHAIN).filter(audit_head::hash.eq(&head)))
        .set(audit_head::hash.eq(hash.to_string()))
        .execute(conn)?;
    one_row(moved)?;
    diesel::insert_into(audit::table)
        .values((
            audit::hash.eq(hash.to_string()),
            audit::prev.eq(head),
            audit::day.eq(day.to_string()),
            audit::body.eq(body),
        ))
        .execute(conn)?;
    Ok(hash)
}

/// The newest entry's hash, to be signed or printed elsewhere.
///
/// # Errors
/// [`StoreError`].
pub fn head(conn: &mut Connection) -> Result<Digest, StoreError> {
    let head: String = audit_head::table.find(CHAIN).select(audit_head::hash).first(conn)?;
    stored(&head)
}

/// Follows the chain from its head to its origin and counts the entries.
///
/// # Errors
/// [`StoreError::Broken`] when an entry was changed, removed or added beside the chain.
pub fn verify(conn: &mut Connection) -> Result<u64, StoreError> {
    let mut next = head(conn)?;
    let mut seen: u64 = 0;
    while next != ORIGIN {
        let entry: Option<(String, String, String)> = audit::table
            .find(next.to_string())
            .select((audit::prev, audit::day, audit::body))
            .first(conn)
            .optional()?;
        let Some((prev, day, body)) = entry else {
            return Err(StoreError::broken(format!("audit entry {} is missing", next.short())));
        };
        let prev: Digest = stored(&prev)?;
        if link(prev, stored(&day)?, &body) != next {
            return Err(StoreError::broken(format!("audit entry {} was changed", next.short())));
        }
        seen += 1;
        next = prev;
    }
    let rows: i64 = audit::table.count().get_result(conn)?;
    if u64::try_from(rows).ok() == Some(seen) {
        Ok(seen)
    } else {
        Err(StoreError::broken(format!("{rows} audit entries, but {seen} in the chain")))
    }
}
