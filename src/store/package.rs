//! The last package sent to each side's agent, and the last one taken from it.
//!
//! Deliberately absent: the packages. A sequence number and a digest are all that the next one needs; the digests of what was
//! in it, all that is needed to write it again, or to know it when it is.

use diesel::prelude::*;
use hengping_domain::digest::Digest;
use hengping_domain::exchange::Place;
use hengping_domain::ids::Side;
use jiff::civil::Date;

use super::schema::{package_content, package_place};
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

/// What a package held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content {
    /// The package before it.
    pub previous: Option<Digest>,
    /// Its last day.
    pub expires: Date,
    /// One digest for each entry, in order: of a request its name, of anything else its canonical JSON.
    pub entries: Vec<Digest>,
}

/// What the last package in one direction held; `None` before the first.
///
/// # Errors
/// [`StoreError`].
pub fn content(conn: &mut Connection, side: Side, sent: bool) -> Result<Option<Content>, StoreError> {
    let row: Option<(String, String, String)> = package_content::table
        .find((side.as_str(), i64::from(sent)))
        .select((package_content::previous, package_content::expires, package_content::entries))
        .first(conn)
        .optional()?;
    let Some((previous, expires, entries)) = row else { return Ok(None) };
    let previous = Some(previous).filter(|text| !text.is_empty()).map(|text| stored(&text)).transpose()?;
    let entries = entries.lines().map(stored).collect::<Result<_, _>>()?;
    Ok(Some(Content { previous, expires: stored(&expires)?, entries }))
}

/// Remembers it.
///
/// # Errors
/// [`StoreError`].
pub fn set_content(conn: &mut Connection, side: Side, sent: bool, content: &Content) -> Result<(), StoreError> {
    let key = (side.as_str(), i64::from(sent));
    let entries: Vec<String> = content.entries.iter().map(Digest::to_string).collect();
    diesel::delete(package_content::table.find(key)).execute(conn)?;
    diesel::insert_into(package_content::table)
        .values((
            package_content::party.eq(side.as_str()),
            package_content::sent.eq(i64::from(sent)),
            package_content::previous.eq(content.previous.map(|digest| digest.to_string()).unwrap_or_default()),
            package_content::expires.eq(content.expires.to_string()),
            package_content::entries.eq(entries.join("\n")),
        ))
        .execute(conn)?;
    Ok(())
}
