//! The last package sent to each side's agent, and the last one taken from it.
//!
//! Deliberately absent: the packages; a sequence number and a digest are all that the next one needs.

use diesel::prelude::*;
use hengping_domain::exchange::Place;
use hengping_domain::ids::Side;

use super::schema::package_place;
use super::{Connection, StoreError, number, stored};

/// The last package in one direction; the empty place before the first.
///
/// # Errors
/// [`StoreError`].
pub fn place(conn: &mut Connection, side: Side, sent: bool) -> Result<Place, StoreError> {
    let row: Option<(i64, String)> = package_place::table
        .find((side.as_str(), i64::from(sent)))
        .select((package_place::sequence, package_place::digest))
        .first(conn)
        .optional()?;
    let Some((sequence, digest)) = row else { return Ok(Place::default()) };
    Ok(Place { sequence: number(sequence)?, digest: Some(stored(&digest)?) })
}

/// Remembers the last package in one direction.
///
/// # Errors
/// [`StoreError`].
pub fn set_place(conn: &mut Connection, side: Side, sent: bool, place: Place) -> Result<(), StoreError> {
    let key = (side.as_str(), i64::from(sent));
    let digest = place.digest.map(|digest| digest.to_string()).unwrap_or_default();
    diesel::delete(package_place::table.find(key)).execute(conn)?;
    diesel::insert_into(package_place::table)
        .values((
            package_place::party.eq(side.as_str()),
            package_place::sent.eq(i64::from(sent)),
            package_place::sequence.eq(i64::from(place.sequence)),
            package_place::digest.eq(digest),
        ))
        .execute(conn)?;
    Ok(())
}
