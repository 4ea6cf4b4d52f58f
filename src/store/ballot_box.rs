//! The box: batches on their way to the agents, what both have cosigned, and the counted list.
//!
//! Every table here is only ever written in batches sorted by leaf, so that none tells who came first. Deliberately absent:
//! invitations, people, and times finer than the day.

use std::collections::{BTreeMap, BTreeSet};

use diesel::prelude::*;
use hengping_domain::cast::Cast;
use hengping_domain::digest::{Bytes, Digest};
use hengping_domain::ids::{BoxId, Side};
use hengping_domain::layer::Posted;
use hengping_domain::manifest::PerSide;
use hengping_domain::record::StampRow;
use hengping_domain::request::Presented;
use hengping_domain::words;
use jiff::civil::Date;

use super::schema::{batch, checkpoint, counted, pending, published_stamp, refused_leaf, sealed};
use super::{Connection, StoreError, number, one_row, stored};

words! {
    /// Where a batch stands.
    BatchState, "batch state" {
        /// Both agents are asked about its stamps.
        Checking = "checking",
        /// Both agents are asked to cosign the log with it.
        Cosigning = "cosigning",
        /// In the box.
        Appended = "appended",
    }
}

/// A batch as the relay handed it over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    /// 1, 2, ..
    pub number: u32,
    /// Digest of what came, so that the same hand-over again changes nothing.
    pub body: Digest,
    /// Casts that came.
    pub size: u32,
    /// Where it stands.
    pub state: BatchState,
    /// The day it came.
    pub day: Date,
}

/// The batches of a box, in order.
///
/// # Errors
/// [`StoreError`].
pub fn batches(conn: &mut Connection, id: &BoxId) -> Result<Vec<Batch>, StoreError> {
    let rows: Vec<(i64, String, i64, String, String)> = batch::table
        .filter(batch::box_.eq(id.to_string()))
        .order(batch::number)
        .select((batch::number, batch::body, batch::size, batch::state, batch::day))
        .load(conn)?;
    let read = |(n, body, size, state, day): (i64, String, i64, String, String)| {
        let (number, size) = (number(n)?, number(size)?);
        Ok(Batch { number, body: stored(&body)?, size, state: stored(&state)?, day: stored(&day)? })
    };
    rows.into_iter().map(read).collect()
}

/// Takes a batch that the relay handed over, whose casts are sorted by leaf.
///
/// # Errors
/// [`StoreError::Duplicate`] when one of them was handed over before.
pub fn take_batch(conn: &mut Connection, id: &BoxId, new: &Batch, casts: &[Cast]) -> Result<(), StoreError> {
    diesel::insert_into(batch::table)
        .values((
            batch::box_.eq(id.to_string()),
            batch::number.eq(i64::from(new.number)),
            batch::body.eq(new.body.to_string()),
            batch::size.eq(i64::from(new.size)),
            batch::state.eq(new.state.as_str()),
            batch::day.eq(new.day.to_string()),
        ))
        .execute(conn)?;
    for cast in casts {
        diesel::insert_into(pending::table)
            .values((
                pending::leaf.eq(cast.leaf().to_string()),
                pending::box_.eq(id.to_string()),
                pending::number.eq(i64::from(new.number)),
                pending::stamp.eq(cast.stamp.to_string()),
                pending::seq.eq(i64::from(cast.seq)),
                pending::signature.eq(cast.signature.to_string()),
                pending::envelope.eq(cast.envelope.as_bytes().to_vec()),
            ))
            .execute(conn)?;
    }
    Ok(())
}

/// Moves a batch on.
///
/// # Errors
/// [`StoreError::Stale`] when it is not in `from`.
pub fn move_batch(
    conn: &mut Connection,
    id: &BoxId,
    at: u32,
    from: BatchState,
    to: BatchState,
) -> Result<(), StoreError> {
    let held = batch::table.filter(
        batch::box_.eq(id.to_string()).and(batch::number.eq(i64::from(at))).and(batch::state.eq(from.as_str())),
    );
    one_row(diesel::update(held).set(batch::state.eq(to.as_str())).execute(conn)?)
}

fn posted(envelope: Vec<u8>) -> Result<Posted, StoreError> {
    Posted::from_bytes(envelope).map_err(|error| StoreError::broken(error.to_string()))
}

/// The leaves among these that wait already, are in a box, were refused, or were published at a box's end. A leaf names no box,
/// so what a device repeats in another one is known too.
///
/// # Errors
/// [`StoreError`].
pub fn known(conn: &mut Connection, leaves: &[Digest]) -> Result<BTreeSet<Digest>, StoreError> {
    let mut known = BTreeSet::new();
    for leaf in leaves {
        let name = leaf.to_string();
        let refused = refused_leaf::table.filter(refused_leaf::leaf.eq(&name));
        if diesel::select(diesel::dsl::exists(pending::table.find(&name))).get_result(conn)?
            || diesel::select(diesel::dsl::exists(sealed::table.find(&name))).get_result(conn)?
            || diesel::select(diesel::dsl::exists(refused)).get_result(conn)?
            || diesel::select(diesel::dsl::exists(published_stamp::table.find(&name))).get_result(conn)?
        {
            known.insert(*leaf);
        }
    }
    Ok(known)
}

/// Takes leaves that an agent refused out of a waiting batch, and publishes them with the side; one that this side has
/// refused before is published already.
///
/// # Errors
/// [`StoreError`].
pub fn refuse(conn: &mut Connection, id: &BoxId, at: u32, side: Side, leaves: &[Digest]) -> Result<(), StoreError> {
    for leaf in leaves {
        let published = refused_leaf::table.find((leaf.to_string(), side.as_str()));
        if !diesel::select(diesel::dsl::exists(published)).get_result(conn)? {
            diesel::insert_into(refused_leaf::table)
                .values((
                    refused_leaf::leaf.eq(leaf.to_string()),
                    refused_leaf::side.eq(side.as_str()),
                    refused_leaf::box_.eq(id.to_string()),
                    refused_leaf::number.eq(i64::from(at)),
                ))
                .execute(conn)?;
        }
        diesel::delete(pending::table.find(leaf.to_string())).execute(conn)?;
    }
    Ok(())
}

/// The leaves that were refused, sorted, each with a side that did.
///
/// # Errors
/// [`StoreError`].
pub fn refused(conn: &mut Connection, id: &BoxId) -> Result<Vec<(Digest, Side)>, StoreError> {
    let rows: Vec<(String, String)> = refused_leaf::table
        .filter(refused_leaf::box_.eq(id.to_string()))
        .order((refused_leaf::leaf, refused_leaf::side))
        .select((refused_leaf::leaf, refused_leaf::side))
        .load(conn)?;
    rows.iter().map(|(leaf, side)| Ok((stored(leaf)?, stored(side)?))).collect()
}

/// A state of the log that both agents signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cosigned {
    /// Leaves.
    pub size: u32,
    /// Root.
    pub root: Digest,
    /// Both sides' signatures under the checkpoint.
    pub notes: PerSide<Bytes<64>>,
}

/// Moves a batch that both agents have cosigned into the box, in the order of its leaves, under its checkpoint.
///
/// # Errors
/// [`StoreError`].
pub fn append_batch(conn: &mut Connection, id: &BoxId, at: u32, log: &Cosigned, day: Date) -> Result<u32, StoreError> {
    let name = id.to_string();
    let waiting = pending::table.filter(pending::box_.eq(&name).and(pending::number.eq(i64::from(at))));
    let rows: Vec<(String, String, i64, Vec<u8>)> = waiting
        .order(pending::leaf)
        .select((pending::leaf, pending::stamp, pending::seq, pending::envelope))
        .load(conn)?;
    for (leaf, stamp, seq, envelope) in &rows {
        diesel::insert_into(sealed::table)
            .values((
                sealed::leaf.eq(leaf),
                sealed::box_.eq(&name),
                sealed::number.eq(i64::from(at)),
                sealed::stamp.eq(stamp),
                sealed::seq.eq(seq),
                sealed::envelope.eq(envelope),
            ))
            .execute(conn)?;
    }
    diesel::delete(pending::table.filter(pending::box_.eq(&name).and(pending::number.eq(i64::from(at)))))
        .execute(conn)?;
    diesel::insert_into(checkpoint::table)
        .values((
            checkpoint::box_.eq(&name),
            checkpoint::size.eq(i64::from(log.size)),
            checkpoint::root.eq(log.root.to_string()),
            checkpoint::bench.eq(log.notes.bench.to_string()),
            checkpoint::bar.eq(log.notes.bar.to_string()),
            checkpoint::day.eq(day.to_string()),
        ))
        .execute(conn)?;
    Ok(u32::try_from(rows.len()).unwrap_or(u32::MAX))
}

/// The newest state of the log; none before the first batch.
///
/// # Errors
/// [`StoreError`].
pub fn cosigned(conn: &mut Connection, id: &BoxId) -> Result<Option<Cosigned>, StoreError> {
    let row: Option<(i64, String, String, String)> = checkpoint::table
        .filter(checkpoint::box_.eq(id.to_string()))
        .order(checkpoint::size.desc())
        .select((checkpoint::size, checkpoint::root, checkpoint::bench, checkpoint::bar))
        .first(conn)
        .optional()?;
    row.map(|(size, root, bench, bar)| {
        let notes = PerSide { bench: stored(&bench)?, bar: stored(&bar)? };
        Ok(Cosigned { size: number(size)?, root: stored(&root)?, notes })
    })
    .transpose()
}

/// The leaves of a box in log order: by batch, and sorted inside each. They stay when the envelopes are gone.
///
/// # Errors
/// [`StoreError`].
pub fn leaves(conn: &mut Connection, id: &BoxId) -> Result<Vec<Digest>, StoreError> {
    let mut rows: Vec<String> = sealed::table
        .filter(sealed::box_.eq(id.to_string()))
        .order((sealed::number, sealed::leaf))
        .select(sealed::leaf)
        .load(conn)?;
    if rows.is_empty() {
        rows = published_stamp::table
            .filter(published_stamp::box_.eq(id.to_string()))
            .order((published_stamp::number, published_stamp::leaf))
            .select(published_stamp::leaf)
            .load(conn)?;
    }
    rows.iter().map(|leaf| stored(leaf)).collect()
}

/// How many leaves of the log each batch brought, by its number; none of it for a batch of which nothing was good.
///
/// # Errors
/// [`StoreError`].
pub fn leaves_by_batch(conn: &mut Connection, id: &BoxId) -> Result<BTreeMap<u32, u32>, StoreError> {
    let mut rows: Vec<(i64, i64)> = sealed::table
        .filter(sealed::box_.eq(id.to_string()))
        .group_by(sealed::number)
        .select((sealed::number, diesel::dsl::count_star()))
        .load(conn)?;
    if rows.is_empty() {
        rows = published_stamp::table
            .filter(published_stamp::box_.eq(id.to_string()))
            .group_by(published_stamp::number)
            .select((published_stamp::number, diesel::dsl::count_star()))
            .load(conn)?;
    }
    rows.into_iter().map(|(at, leaves)| Ok((number(at)?, number(leaves)?))).collect()
}

/// What was cast under every leaf of a dead box, in log order; empty before.
///
/// # Errors
/// [`StoreError`].
pub fn published_stamps(conn: &mut Connection, id: &BoxId) -> Result<Vec<StampRow>, StoreError> {
    let rows: Vec<(String, String, i64, String)> = published_stamp::table
        .filter(published_stamp::box_.eq(id.to_string()))
        .order((published_stamp::number, published_stamp::leaf))
        .select((published_stamp::leaf, published_stamp::stamp, published_stamp::seq, published_stamp::envelope))
        .load(conn)?;
    let read = |(leaf, stamp, seq, envelope): (String, String, i64, String)| {
        Ok(StampRow { leaf: stored(&leaf)?, stamp: stored(&stamp)?, seq: number(seq)?, envelope: stored(&envelope)? })
    };
    rows.into_iter().map(read).collect()
}

/// A waiting batch as agents see it, sorted by leaf.
///
/// # Errors
/// [`StoreError`].
pub fn waiting(conn: &mut Connection, id: &BoxId, at: u32) -> Result<Vec<Presented>, StoreError> {
    let rows: Vec<(String, i64, String, Vec<u8>)> = pending::table
        .filter(pending::box_.eq(id.to_string()).and(pending::number.eq(i64::from(at))))
        .order(pending::leaf)
        .select((pending::stamp, pending::seq, pending::signature, pending::envelope))
        .load(conn)?;
    let read = |(stamp, seq, signature, envelope): (String, i64, String, Vec<u8>)| {
        let envelope = Digest::of(&[&envelope]);
        Ok(Presented { stamp: stored(&stamp)?, seq: number(seq)?, envelope, signature: stored(&signature)? })
    };
    rows.into_iter().map(read).collect()
}

/// The posted items that go on to the shuffles: of each stamp the one with the highest sequence number.
///
/// # Errors
/// [`StoreError`].
pub fn closed_list(conn: &mut Connection, id: &BoxId) -> Result<Vec<Posted>, StoreError> {
    let rows: Vec<(String, Vec<u8>)> = sealed::table
        .filter(sealed::box_.eq(id.to_string()))
        .order((sealed::stamp, sealed::seq.desc()))
        .select((sealed::stamp, sealed::envelope))
        .load(conn)?;
    let mut last = String::new();
    let mut list = Vec::new();
    for (stamp, envelope) in rows {
        if last != stamp {
            last = stamp;
            list.push(posted(envelope)?);
        }
    }
    Ok(list)
}

/// Distinct stamps that were accepted; the number stays when the envelopes are gone.
///
/// # Errors
/// [`StoreError`].
pub fn stamps(conn: &mut Connection, id: &BoxId) -> Result<u32, StoreError> {
    let held: i64 = sealed::table
        .filter(sealed::box_.eq(id.to_string()))
        .select(diesel::dsl::count(sealed::stamp).aggregate_distinct())
        .get_result(conn)?;
    let published: i64 = published_stamp::table
        .filter(published_stamp::box_.eq(id.to_string()))
        .select(diesel::dsl::count(published_stamp::stamp).aggregate_distinct())
        .get_result(conn)?;
    number(held + published)
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

/// Removes every envelope of a box and publishes what was cast under each leaf by its digest.
///
/// # Errors
/// [`StoreError`].
pub fn bury(conn: &mut Connection, id: &BoxId) -> Result<(), StoreError> {
    let name = id.to_string();
    let rows: Vec<(String, i64, String, i64, Vec<u8>)> = sealed::table
        .filter(sealed::box_.eq(&name))
        .order((sealed::number, sealed::leaf))
        .select((sealed::leaf, sealed::number, sealed::stamp, sealed::seq, sealed::envelope))
        .load(conn)?;
    for (leaf, at, stamp, seq, envelope) in rows {
        diesel::insert_into(published_stamp::table)
            .values((
                published_stamp::leaf.eq(leaf),
                published_stamp::box_.eq(&name),
                published_stamp::number.eq(at),
                published_stamp::stamp.eq(stamp),
                published_stamp::seq.eq(seq),
                published_stamp::envelope.eq(Digest::of(&[&envelope]).to_string()),
            ))
            .execute(conn)?;
    }
    diesel::delete(pending::table.filter(pending::box_.eq(&name))).execute(conn)?;
    diesel::delete(sealed::table.filter(sealed::box_.eq(&name))).execute(conn)?;
    Ok(())
}
