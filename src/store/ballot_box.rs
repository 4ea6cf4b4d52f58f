//! The box: listed tokens, the spool, sorted batches and the counted list.
//!
//! The sealed table is only ever written in batches sorted by leaf, and at each batch the token lists are written anew in
//! sorted order, so that neither tells who came first. Deliberately absent: invitations, people, and times finer than the day.

use diesel::prelude::*;
use hengping_domain::digest::Digest;
use hengping_domain::envelope::Envelope;
use hengping_domain::ids::BoxId;
use hengping_domain::log;
use hengping_domain::opening::Listed;
use hengping_domain::words;
use jiff::civil::Date;

use super::schema::{batch, counted, listed_token, sealed, spool};
use super::{Connection, StoreError, one_row, stored};

words! {
    /// What a listed hash stands for.
    TokenKind, "token kind" {
        /// The right to post, outside the envelope.
        Stamp = "stamp",
        /// The invitation, inside.
        Slip = "slip",
        /// The nameless rater, inside.
        Nym = "nym",
    }
}

/// Lists a token's hash; returns whether it was new.
///
/// # Errors
/// [`StoreError::Stale`] when the hash is listed for something else.
pub fn list_token(
    conn: &mut Connection,
    id: &BoxId,
    kind: TokenKind,
    hash: Digest,
    info: Option<&str>,
) -> Result<bool, StoreError> {
    let held: Option<(String, String, Option<String>)> = listed_token::table
        .find(hash.to_string())
        .select((listed_token::box_, listed_token::kind, listed_token::info))
        .first(conn)
        .optional()?;
    if let Some((box_, held_kind, held_info)) = held {
        let same = box_ == id.to_string() && held_kind == kind.as_str() && held_info.as_deref() == info;
        return if same { Ok(false) } else { Err(StoreError::Stale) };
    }
    insert_token(conn, &id.to_string(), kind.as_str(), &hash.to_string(), info)?;
    Ok(true)
}

fn insert_token(conn: &mut Connection, id: &str, kind: &str, hash: &str, info: Option<&str>) -> Result<(), StoreError> {
    diesel::insert_into(listed_token::table)
        .values((
            listed_token::hash.eq(hash),
            listed_token::box_.eq(id),
            listed_token::kind.eq(kind),
            listed_token::info.eq(info),
        ))
        .execute(conn)?;
    Ok(())
}

/// Whether a hash is listed as a token of this kind in this box.
///
/// # Errors
/// [`StoreError`].
pub fn is_listed(conn: &mut Connection, id: &BoxId, kind: TokenKind, hash: Digest) -> Result<bool, StoreError> {
    let found: i64 = listed_token::table
        .filter(
            listed_token::hash
                .eq(hash.to_string())
                .and(listed_token::box_.eq(id.to_string()))
                .and(listed_token::kind.eq(kind.as_str())),
        )
        .count()
        .get_result(conn)?;
    Ok(found == 1)
}

/// The listed tokens of a kind, sorted by hash.
///
/// # Errors
/// [`StoreError`].
pub fn listed(conn: &mut Connection, id: &BoxId, kind: TokenKind) -> Result<Vec<Listed>, StoreError> {
    let rows: Vec<(String, Option<String>)> = listed_token::table
        .filter(listed_token::box_.eq(id.to_string()).and(listed_token::kind.eq(kind.as_str())))
        .order(listed_token::hash)
        .select((listed_token::hash, listed_token::info))
        .load(conn)?;
    rows.into_iter().map(|(hash, info)| Ok(Listed { hash: stored(&hash)?, info: info.unwrap_or_default() })).collect()
}

/// A cast that waits, or lies in the box.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// Sequence number.
    pub seq: u32,
    /// Leaf.
    pub leaf: Digest,
}

/// What is held for a stamp: the highest sequence number, waiting or sealed.
///
/// # Errors
/// [`StoreError`].
pub fn held(conn: &mut Connection, stamp: Digest) -> Result<Option<Held>, StoreError> {
    let waiting: Option<(i64, String)> =
        spool::table.find(stamp.to_string()).select((spool::seq, spool::leaf)).first(conn).optional()?;
    let row = match waiting {
        Some(row) => Some(row),
        None => sealed::table
            .filter(sealed::stamp.eq(stamp.to_string()))
            .order(sealed::seq.desc())
            .select((sealed::seq, sealed::leaf))
            .first(conn)
            .optional()?,
    };
    row.map(|(seq, leaf)| Ok(Held { seq: number(seq)?, leaf: stored(&leaf)? })).transpose()
}

fn number(value: i64) -> Result<u32, StoreError> {
    u32::try_from(value).map_err(|_| StoreError::broken("a stored number is out of range"))
}

/// Puts a cast into the spool, in place of what waits there for the same stamp.
///
/// # Errors
/// [`StoreError::Duplicate`] when another cast of the stamp came first in this instant.
pub fn spool(
    conn: &mut Connection,
    id: &BoxId,
    stamp: Digest,
    cast: &Held,
    envelope: &Envelope,
) -> Result<(), StoreError> {
    let values = (
        spool::seq.eq(i64::from(cast.seq)),
        spool::leaf.eq(cast.leaf.to_string()),
        spool::envelope.eq(envelope.as_bytes().to_vec()),
    );
    let waiting = spool::table.filter(spool::stamp.eq(stamp.to_string()).and(spool::seq.lt(i64::from(cast.seq))));
    if diesel::update(waiting).set(values.clone()).execute(conn)? == 1 {
        return Ok(());
    }
    diesel::insert_into(spool::table)
        .values((spool::stamp.eq(stamp.to_string()), spool::box_.eq(id.to_string()), values))
        .execute(conn)?;
    Ok(())
}

/// How many casts wait for a batch.
///
/// # Errors
/// [`StoreError`].
pub fn waiting(conn: &mut Connection, id: &BoxId) -> Result<u32, StoreError> {
    let count: i64 = spool::table.filter(spool::box_.eq(id.to_string())).count().get_result(conn)?;
    number(count)
}

/// Sorts the token lists anew and moves everything that waits into the box as one sorted batch. Nothing waiting: no batch.
///
/// # Errors
/// [`StoreError`].
pub fn append_batch(conn: &mut Connection, id: &BoxId, day: Date) -> Result<u32, StoreError> {
    let name = id.to_string();
    sort_tokens(conn, id)?;
    let rows: Vec<(String, String, i64, Vec<u8>)> = spool::table
        .filter(spool::box_.eq(&name))
        .order(spool::leaf)
        .select((spool::leaf, spool::stamp, spool::seq, spool::envelope))
        .load(conn)?;
    if rows.is_empty() {
        return Ok(0);
    }
    for (leaf, stamp, seq, envelope) in &rows {
        diesel::insert_into(sealed::table)
            .values((
                sealed::leaf.eq(leaf),
                sealed::box_.eq(&name),
                sealed::stamp.eq(stamp),
                sealed::seq.eq(seq),
                sealed::envelope.eq(envelope),
            ))
            .execute(conn)?;
    }
    diesel::delete(spool::table.filter(spool::box_.eq(&name))).execute(conn)?;
    let (leaves, number) = (leaves(conn, id)?, batches(conn, id)?);
    diesel::insert_into(batch::table)
        .values((
            batch::box_.eq(&name),
            batch::number.eq(i64::from(number) + 1),
            batch::size.eq(i64::try_from(leaves.len()).unwrap_or(i64::MAX)),
            batch::root.eq(log::root(&leaves).to_string()),
            batch::day.eq(day.to_string()),
        ))
        .execute(conn)?;
    Ok(u32::try_from(rows.len()).unwrap_or(u32::MAX))
}

/// Writes the token lists of a box anew in sorted order, so that they no longer tell who came first.
///
/// # Errors
/// [`StoreError`].
pub fn sort_tokens(conn: &mut Connection, id: &BoxId) -> Result<(), StoreError> {
    let name = id.to_string();
    let rows: Vec<(String, String, String, Option<String>)> =
        listed_token::table.filter(listed_token::box_.eq(&name)).order(listed_token::hash).load(conn)?;
    diesel::delete(listed_token::table.filter(listed_token::box_.eq(&name))).execute(conn)?;
    for (hash, _, kind, info) in rows {
        insert_token(conn, &name, &kind, &hash, info.as_deref())?;
    }
    Ok(())
}

/// The leaves of a box, sorted.
///
/// # Errors
/// [`StoreError`].
pub fn leaves(conn: &mut Connection, id: &BoxId) -> Result<Vec<Digest>, StoreError> {
    let rows: Vec<String> =
        sealed::table.filter(sealed::box_.eq(id.to_string())).order(sealed::leaf).select(sealed::leaf).load(conn)?;
    rows.iter().map(|leaf| stored(leaf)).collect()
}

/// Batches so far.
///
/// # Errors
/// [`StoreError`].
pub fn batches(conn: &mut Connection, id: &BoxId) -> Result<u32, StoreError> {
    let count: i64 = batch::table.filter(batch::box_.eq(id.to_string())).count().get_result(conn)?;
    number(count)
}

/// The envelopes that go on to the opening: of each stamp the one with the highest sequence number.
///
/// # Errors
/// [`StoreError`].
pub fn closed_list(conn: &mut Connection, id: &BoxId) -> Result<Vec<Envelope>, StoreError> {
    let rows: Vec<(String, i64, Vec<u8>)> = sealed::table
        .filter(sealed::box_.eq(id.to_string()))
        .order((sealed::stamp, sealed::seq.desc()))
        .select((sealed::stamp, sealed::seq, sealed::envelope))
        .load(conn)?;
    let mut last = String::new();
    let mut list = Vec::new();
    for (stamp, _, envelope) in rows {
        if stamp != last {
            list.push(Envelope::from_bytes(envelope).map_err(|error| StoreError::broken(error.to_string()))?);
            last = stamp;
        }
    }
    Ok(list)
}

/// Distinct stamps in the box, and how many are listed.
///
/// # Errors
/// [`StoreError`].
pub fn stamps(conn: &mut Connection, id: &BoxId) -> Result<(u32, u32), StoreError> {
    let name = id.to_string();
    let used: i64 = sealed::table
        .filter(sealed::box_.eq(&name))
        .select(diesel::dsl::count(sealed::stamp).aggregate_distinct())
        .get_result(conn)?;
    let listed: i64 = listed_token::table
        .filter(listed_token::box_.eq(&name).and(listed_token::kind.eq(TokenKind::Stamp.as_str())))
        .count()
        .get_result(conn)?;
    Ok((number(used)?, number(listed)?))
}

/// Publishes the counted list.
///
/// # Errors
/// [`StoreError::Duplicate`] when it is published already.
pub fn put_counted(conn: &mut Connection, id: &BoxId, hashes: &[Digest]) -> Result<(), StoreError> {
    for hash in hashes {
        let row = (counted::hash.eq(hash.to_string()), counted::box_.eq(id.to_string()));
        one_row(diesel::insert_into(counted::table).values(row).execute(conn)?)?;
    }
    Ok(())
}

/// The counted list, sorted.
///
/// # Errors
/// [`StoreError`].
pub fn counted_list(conn: &mut Connection, id: &BoxId) -> Result<Vec<Digest>, StoreError> {
    let rows: Vec<String> = counted::table
        .filter(counted::box_.eq(id.to_string()))
        .order(counted::hash)
        .select(counted::hash)
        .load(conn)?;
    rows.iter().map(|hash| stored(hash)).collect()
}

/// Removes every envelope of a box that will never be opened.
///
/// # Errors
/// [`StoreError`].
pub fn destroy(conn: &mut Connection, id: &BoxId) -> Result<(), StoreError> {
    diesel::delete(spool::table.filter(spool::box_.eq(id.to_string()))).execute(conn)?;
    diesel::delete(sealed::table.filter(sealed::box_.eq(id.to_string()))).execute(conn)?;
    Ok(())
}
