//! The lists of who may rate whom, in their order.

use diesel::prelude::*;
use hengping_domain::eligible::Entry;
use hengping_domain::ids::BoxId;

use super::schema::eligible as e;
use super::{Connection, StoreError, json, text};

/// Entries of all lists, in list order.
pub(crate) fn all(conn: &mut Connection, id: &BoxId) -> Result<Vec<Entry>, StoreError> {
    let rows: Vec<String> =
        e::table.filter(e::box_id.eq(id.to_string())).order((e::list, e::invitation)).select(e::entry).load(conn)?;
    rows.iter().map(|row| json(row)).collect()
}

/// Entries of one rater.
pub(crate) fn of_rater(conn: &mut Connection, id: &BoxId, rater: &str) -> Result<Vec<Entry>, StoreError> {
    let rows: Vec<String> =
        e::table.filter(e::box_id.eq(id.to_string()).and(e::rater.eq(rater))).select(e::entry).load(conn)?;
    rows.iter().map(|row| json(row)).collect()
}

/// A new list.
pub(crate) fn add(conn: &mut Connection, id: &BoxId, list: u32, entries: &[Entry]) -> Result<(), StoreError> {
    for entry in entries {
        let row = (
            e::box_id.eq(id.to_string()),
            e::list.eq(i64::from(list)),
            e::invitation.eq(entry.invitation.as_str()),
            e::rater.eq(&entry.rater),
            e::entry.eq(text(entry)?),
        );
        diesel::insert_into(e::table).values(row).execute(conn)?;
    }
    Ok(())
}
