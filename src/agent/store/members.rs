//! This side's members with the sealed keys of their codes, and the devices that were recognised.

use diesel::prelude::*;
use hengping_domain::digest::Bytes32;
use hengping_domain::ids::BoxId;
use std::collections::BTreeSet;

use super::schema::{enrolment, member};
use super::{Connection, StoreError, bytes, one_row};
use crate::seal::Sealed;

const LIVE: &str = "live";
const RESET: &str = "reset";

/// The sealed key of a member's code.
pub(crate) fn code_key(conn: &mut Connection, number: &str) -> Result<Option<Sealed>, StoreError> {
    let found: Option<Vec<u8>> = member::table.find(number).select(member::code_key).first(conn).optional()?;
    Ok(found.map(Sealed))
}

/// Which of these are members.
pub(crate) fn known(conn: &mut Connection, numbers: &BTreeSet<&str>) -> Result<BTreeSet<String>, StoreError> {
    let mut found = BTreeSet::new();
    for number in numbers {
        let row: Option<String> = member::table.find(number).select(member::number).first(conn).optional()?;
        found.extend(row);
    }
    Ok(found)
}

/// A new member; false when the number is taken.
pub(crate) fn add(conn: &mut Connection, number: &str, name: &str, code_key: &Sealed) -> Result<bool, StoreError> {
    let row = (member::number.eq(number), member::name.eq(name), member::code_key.eq(&code_key.0));
    Ok(diesel::insert_or_ignore_into(member::table).values(row).execute(conn)? == 1)
}

/// The name of a member.
pub(crate) fn name(conn: &mut Connection, number: &str) -> Result<Option<String>, StoreError> {
    Ok(member::table.find(number).select(member::name).first(conn).optional()?)
}

/// Puts another code's key in the place of a member's.
pub(crate) fn set_code_key(conn: &mut Connection, number: &str, code_key: &Sealed) -> Result<(), StoreError> {
    one_row(diesel::update(member::table.find(number)).set(member::code_key.eq(&code_key.0)).execute(conn)?)
}

/// What is known of a key for a rater.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Enrolled {
    /// No key of this rater is in force, and this one never was.
    Free,
    /// This key is.
    Same,
    /// Another one is, or this one was given up.
    Elsewhere,
}

/// Whether a rater may enrol this key.
pub(crate) fn enrolled(conn: &mut Connection, id: &BoxId, rater: &str, key: &Bytes32) -> Result<Enrolled, StoreError> {
    use enrolment as e;
    let this: Option<String> =
        e::table.find((id.to_string(), rater, key.0.to_vec())).select(e::state).first(conn).optional()?;
    Ok(match (this.as_deref(), live(conn, id, rater)?) {
        (Some(LIVE), _) => Enrolled::Same,
        (None, None) => Enrolled::Free,
        _ => Enrolled::Elsewhere,
    })
}

/// The key of a rater that is in force.
pub(crate) fn live(conn: &mut Connection, id: &BoxId, rater: &str) -> Result<Option<Bytes32>, StoreError> {
    use enrolment as e;
    let found: Option<Vec<u8>> = e::table
        .filter(e::box_id.eq(id.to_string()).and(e::rater.eq(rater)).and(e::state.eq(LIVE)))
        .select(e::request_key)
        .first(conn)
        .optional()?;
    found.map(|key| bytes(&key)).transpose()
}

/// Remembers a device.
pub(crate) fn enrol(conn: &mut Connection, id: &BoxId, rater: &str, key: &Bytes32) -> Result<(), StoreError> {
    use enrolment as e;
    let row = (e::box_id.eq(id.to_string()), e::rater.eq(rater), e::request_key.eq(key.0.to_vec()), e::state.eq(LIVE));
    diesel::insert_into(e::table).values(row).execute(conn)?;
    Ok(())
}

/// Gives up the key in force; false when there is none.
pub(crate) fn reset(conn: &mut Connection, id: &BoxId, rater: &str) -> Result<bool, StoreError> {
    use enrolment as e;
    let row = e::table.filter(e::box_id.eq(id.to_string()).and(e::rater.eq(rater)).and(e::state.eq(LIVE)));
    Ok(diesel::update(row).set(e::state.eq(RESET)).execute(conn)? == 1)
}
