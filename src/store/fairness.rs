//! What both sides note about the fairness audit of a release.
//!
//! A note never changes. Deliberately absent: the audit, which is read off the release itself.

use diesel::prelude::*;
use hengping_domain::digest::Digest;
use hengping_domain::fairness::Note;

use super::schema::fairness_note;
use super::{Connection, StoreError, stored};

/// The notes on a release, the bar's first.
///
/// # Errors
/// [`StoreError`].
pub fn notes(conn: &mut Connection, release: Digest) -> Result<Vec<Note>, StoreError> {
    let rows: Vec<(String, String, String, String)> = fairness_note::table
        .filter(fairness_note::release.eq(release.to_string()))
        .order(fairness_note::side)
        .load(conn)?;
    let read = |(_, side, words, day): (String, String, String, String)| {
        Ok(Note { side: stored(&side)?, words, day: stored(&day)? })
    };
    rows.into_iter().map(read).collect()
}

/// Adds a side's note.
///
/// # Errors
/// [`StoreError::Duplicate`].
pub fn put_note(conn: &mut Connection, release: Digest, new: &Note) -> Result<(), StoreError> {
    diesel::insert_into(fairness_note::table)
        .values((
            fairness_note::release.eq(release.to_string()),
            fairness_note::side.eq(new.side.as_str()),
            fairness_note::words.eq(&new.words),
            fairness_note::day.eq(new.day.to_string()),
        ))
        .execute(conn)?;
    Ok(())
}
