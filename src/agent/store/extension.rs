//! Extensions that this agent adopted; with the last of them the box takes ballots until its day.

use diesel::prelude::*;
use hengping_domain::digest::Digest;
use hengping_domain::ids::BoxId;
use hengping_domain::manifest::Manifest;
use jiff::civil::Date;

use super::schema::extension as e;
use super::{Connection, StoreError};

/// The last day on which a box takes ballots: the manifest's, or that of the last extension.
pub(crate) fn last_day(conn: &mut Connection, manifest: &Manifest) -> Result<Date, StoreError> {
    let days: Vec<String> =
        e::table.filter(e::box_id.eq(manifest.id.to_string())).order(e::cast_until).select(e::cast_until).load(conn)?;
    days.last().map_or(Ok(manifest.cast_until), |day| day.parse().map_err(StoreError::broken))
}

/// Whether this one was adopted.
pub(crate) fn is_known(conn: &mut Connection, id: &BoxId, hash: Digest) -> Result<bool, StoreError> {
    let here = e::table.filter(e::box_id.eq(id.to_string()).and(e::hash.eq(hash.to_string())));
    Ok(diesel::select(diesel::dsl::exists(here)).get_result(conn)?)
}

/// Adopts one.
pub(crate) fn add(conn: &mut Connection, id: &BoxId, hash: Digest, until: Date) -> Result<(), StoreError> {
    let row = (e::box_id.eq(id.to_string()), e::cast_until.eq(until.to_string()), e::hash.eq(hash.to_string()));
    diesel::insert_into(e::table).values(row).execute(conn)?;
    Ok(())
}
