//! The purpose log: which side's officer, in which role, read a person's result on which day and for what.
//!
//! A row never changes. Deliberately absent: the account, and any time finer than the day.

use diesel::prelude::*;
use hengping_domain::digest::Digest;
use hengping_domain::reply::Reading;

use super::schema::reading;
use super::{Connection, StoreError, stored};

/// Notes a reading under a random name.
///
/// # Errors
/// [`StoreError::Duplicate`] when the name is taken.
pub fn put(conn: &mut Connection, id: &str, release: Digest, subject: &str, new: &Reading) -> Result<(), StoreError> {
    diesel::insert_into(reading::table)
        .values((
            reading::id.eq(id),
            reading::release.eq(release.to_string()),
            reading::subject.eq(subject),
            reading::side.eq(new.side.as_str()),
            reading::role.eq(new.role.as_str()),
            reading::purpose.eq(new.purpose.as_str()),
            reading::day.eq(new.day.to_string()),
        ))
        .execute(conn)?;
    Ok(())
}

/// Who read a person's result in a release, by day.
///
/// # Errors
/// [`StoreError`].
pub fn of(conn: &mut Connection, release: Digest, subject: &str) -> Result<Vec<Reading>, StoreError> {
    let rows: Vec<(String, String, String, String)> = reading::table
        .filter(reading::release.eq(release.to_string()).and(reading::subject.eq(subject)))
        .order((reading::day, reading::side, reading::role, reading::purpose))
        .select((reading::day, reading::side, reading::role, reading::purpose))
        .load(conn)?;
    let read = |(day, side, role, purpose): (String, String, String, String)| {
        Ok(Reading { day: stored(&day)?, side: stored(&side)?, role: stored(&role)?, purpose: stored(&purpose)? })
    };
    rows.into_iter().map(read).collect()
}
