//! Releases, the cells that not everybody may read, and the files they bind.
//!
//! A release is a document; here stands of which box, in which state, what the document binds by hash alone, and the bytes of
//! its figures and tables.
//! Deliberately absent: who may read what; `flow::read_release` decides.

use diesel::prelude::*;
use hengping_domain::digest::Digest;
use hengping_domain::document::canonical;
use hengping_domain::ids::BoxId;
use hengping_domain::release::{ReleaseState, Reserved};
use jiff::civil::Date;

use super::schema::{release, release_file, release_reserved};
use super::{Connection, StoreError, one_row, stored};

/// A release without its content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Release {
    /// Hash of the document.
    pub hash: Digest,
    /// The box it was opened from.
    pub ballot_box: BoxId,
    /// Draft or released.
    pub state: ReleaseState,
    /// The day of the draft, or of the second signature.
    pub day: Date,
}

type Row = (String, String, String, String);

fn read((hash, ballot_box, state, day): Row) -> Result<Release, StoreError> {
    Ok(Release { hash: stored(&hash)?, ballot_box: stored(&ballot_box)?, state: stored(&state)?, day: stored(&day)? })
}

/// Adds a draft.
///
/// # Errors
/// [`StoreError::Duplicate`].
pub fn insert(conn: &mut Connection, hash: Digest, id: &BoxId, day: Date) -> Result<(), StoreError> {
    diesel::insert_into(release::table)
        .values((
            release::hash.eq(hash.to_string()),
            release::box_.eq(id.to_string()),
            release::state.eq(ReleaseState::Draft.as_str()),
            release::day.eq(day.to_string()),
        ))
        .execute(conn)?;
    Ok(())
}

/// All releases by day, those of one day by box.
///
/// # Errors
/// [`StoreError`].
pub fn all(conn: &mut Connection) -> Result<Vec<Release>, StoreError> {
    let rows: Vec<Row> = release::table.order((release::day, release::box_, release::hash)).load(conn)?;
    rows.into_iter().map(read).collect()
}

/// The releases of a box, drafts among them, by day.
///
/// # Errors
/// [`StoreError`].
pub fn of_box(conn: &mut Connection, id: &BoxId) -> Result<Vec<Release>, StoreError> {
    let of_box = release::table.filter(release::box_.eq(id.to_string()));
    let rows: Vec<Row> = of_box.order((release::day, release::hash)).load(conn)?;
    rows.into_iter().map(read).collect()
}

/// One release.
///
/// # Errors
/// [`StoreError::NotFound`].
pub fn find(conn: &mut Connection, hash: Digest) -> Result<Release, StoreError> {
    read(release::table.find(hash.to_string()).first(conn)?)
}

/// Marks a draft as released.
///
/// # Errors
/// [`StoreError::Stale`] when it is released already.
pub fn set_released(conn: &mut Connection, hash: Digest, day: Date) -> Result<(), StoreError> {
    let draft =
        release::table.filter(release::hash.eq(hash.to_string()).and(release::state.eq(ReleaseState::Draft.as_str())));
    let values = (release::state.eq(ReleaseState::Released.as_str()), release::day.eq(day.to_string()));
    one_row(diesel::update(draft).set(values).execute(conn)?)
}

/// Adds a file.
///
/// # Errors
/// [`StoreError::Duplicate`].
pub fn put_file(conn: &mut Connection, hash: Digest, name: &str, content: &[u8]) -> Result<(), StoreError> {
    diesel::insert_into(release_file::table)
        .values((
            release_file::release.eq(hash.to_string()),
            release_file::name.eq(name),
            release_file::content.eq(content.to_vec()),
        ))
        .execute(conn)?;
    Ok(())
}

/// Adds the cells that not everybody may read, as canonical JSON.
///
/// # Errors
/// [`StoreError::Duplicate`].
pub fn put_reserved(conn: &mut Connection, hash: Digest, reserved: &Reserved) -> Result<(), StoreError> {
    let body = canonical(reserved).map_err(|error| StoreError::broken(error.to_string()))?;
    diesel::insert_into(release_reserved::table)
        .values((release_reserved::release.eq(hash.to_string()), release_reserved::body.eq(body)))
        .execute(conn)?;
    Ok(())
}

/// The cells that not everybody may read.
///
/// # Errors
/// [`StoreError::NotFound`]; [`StoreError::Broken`] when they are not what `bound` names.
pub fn reserved(conn: &mut Connection, hash: Digest, bound: Digest) -> Result<Reserved, StoreError> {
    let body: String = release_reserved::table.find(hash.to_string()).select(release_reserved::body).first(conn)?;
    let found: Option<Reserved> = serde_json::from_str(&body).ok();
    let broken = || StoreError::broken(format!("the reserved cells of {} were changed", hash.short()));
    found.filter(|reserved| reserved.hash() == Ok(bound)).ok_or_else(broken)
}

/// A file's bytes.
///
/// # Errors
/// [`StoreError::NotFound`].
pub fn file(conn: &mut Connection, hash: Digest, name: &str) -> Result<Vec<u8>, StoreError> {
    Ok(release_file::table.find((hash.to_string(), name)).select(release_file::content).first(conn)?)
}
