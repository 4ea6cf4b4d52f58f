//! The stamps that were spent, the leaves that were refused, and the cosigned log.

use std::collections::{BTreeMap, BTreeSet};

use diesel::dsl::{count as rows, max};
use diesel::prelude::*;
use hengping_domain::digest::{Bytes32, Digest};
use hengping_domain::ids::BoxId;
use hengping_domain::request::Presented;

use super::schema::{leaf, refused, spent};
use super::{Connection, StoreError, bytes, count, digest};

/// The highest accepted number of each of these stamps.
pub(crate) fn highest(
    conn: &mut Connection,
    id: &BoxId,
    stamps: &BTreeSet<Bytes32>,
) -> Result<BTreeMap<Bytes32, u32>, StoreError> {
    let mut found = BTreeMap::new();
    for stamp in stamps {
        let seq: Option<i64> = spent::table
            .filter(spent::box_id.eq(id.to_string()).and(spent::stamp.eq(stamp.0.to_vec())))
            .select(max(spent::seq))
            .first(conn)?;
        if let Some(seq) = seq {
            found.insert(*stamp, count(seq)?);
        }
    }
    Ok(found)
}

/// Marks what a batch holds as spent.
pub(crate) fn spend(conn: &mut Connection, id: &BoxId, batch: u32, casts: &[&Presented]) -> Result<(), StoreError> {
    for cast in casts {
        let row = (
            spent::box_id.eq(id.to_string()),
            spent::leaf.eq(cast.leaf().0.to_vec()),
            spent::batch.eq(i64::from(batch)),
            spent::stamp.eq(cast.stamp.nonce.0.to_vec()),
            spent::seq.eq(i64::from(cast.seq)),
            spent::envelope.eq(cast.envelope.0.to_vec()),
        );
        diesel::insert_into(spent::table).values(row).execute(conn)?;
    }
    Ok(())
}

/// Remembers what was turned away.
pub(crate) fn refuse(conn: &mut Connection, id: &BoxId, leaves: &[Digest]) -> Result<(), StoreError> {
    for hash in leaves {
        let row = (refused::box_id.eq(id.to_string()), refused::leaf.eq(hash.0.to_vec()));
        diesel::insert_or_ignore_into(refused::table).values(row).execute(conn)?;
    }
    Ok(())
}

/// The batch in which each of these leaves was accepted.
pub(crate) fn batches(
    conn: &mut Connection,
    id: &BoxId,
    leaves: &[Digest],
) -> Result<BTreeMap<Digest, u32>, StoreError> {
    let mut found = BTreeMap::new();
    for hash in leaves {
        let batch: Option<i64> =
            spent::table.find((id.to_string(), hash.0.to_vec())).select(spent::batch).first(conn).optional()?;
        if let Some(batch) = batch {
            found.insert(*hash, count(batch)?);
        }
    }
    Ok(found)
}

/// The cosigned log.
pub(crate) fn leaves(conn: &mut Connection, id: &BoxId) -> Result<Vec<Digest>, StoreError> {
    let rows: Vec<Vec<u8>> =
        leaf::table.filter(leaf::box_id.eq(id.to_string())).order(leaf::place).select(leaf::hash).load(conn)?;
    rows.iter().map(|hash| digest(hash)).collect()
}

/// Appends to the log after `from` leaves.
pub(crate) fn append(conn: &mut Connection, id: &BoxId, from: usize, leaves: &[Digest]) -> Result<(), StoreError> {
    for (place, hash) in (from..).zip(leaves) {
        let place = i64::try_from(place).map_err(StoreError::broken)?;
        let row = (leaf::box_id.eq(id.to_string()), leaf::place.eq(place), leaf::hash.eq(hash.0.to_vec()));
        diesel::insert_into(leaf::table).values(row).execute(conn)?;
    }
    Ok(())
}

/// What goes on into the shuffle: of each stamp in the log the envelope of its highest number.
pub(crate) fn closed_list(conn: &mut Connection, id: &BoxId) -> Result<Vec<Digest>, StoreError> {
    let rows: Vec<(Vec<u8>, Vec<u8>)> = spent::table
        .inner_join(leaf::table.on(leaf::box_id.eq(spent::box_id).and(leaf::hash.eq(spent::leaf))))
        .filter(spent::box_id.eq(id.to_string()))
        .order((spent::stamp, spent::seq))
        .select((spent::stamp, spent::envelope))
        .load(conn)?;
    // Of one stamp the last row is the highest.
    let mut last: BTreeMap<Bytes32, Digest> = BTreeMap::new();
    for (stamp, envelope) in &rows {
        last.insert(bytes(stamp)?, digest(envelope)?);
    }
    let mut list: Vec<_> = last.into_values().collect();
    list.sort_unstable();
    Ok(list)
}

/// Distinct stamps accepted, and leaves refused.
pub(crate) fn totals(conn: &mut Connection, id: &BoxId) -> Result<(u32, u32), StoreError> {
    let id = id.to_string();
    let stamps: i64 =
        spent::table.filter(spent::box_id.eq(&id)).select(rows(spent::stamp).aggregate_distinct()).first(conn)?;
    let turned_away: i64 = refused::table.filter(refused::box_id.eq(&id)).count().get_result(conn)?;
    Ok((count(stamps)?, count(turned_away)?))
}
