//! What the agent knows about a box: its sealed secrets, its manifest, how far it is, and its files.

use std::collections::BTreeSet;

use diesel::prelude::*;
use hengping_domain::digest::Digest;
use hengping_domain::ids::BoxId;
use hengping_domain::manifest::Manifest;
use hengping_domain::request::SignedRequest;
use hengping_domain::statement::Signed;
use hengping_domain::words;

use super::schema::{asked, ballot_box, box_file, eligible, enrolment, inbox, mark};
use super::{Connection, StoreError, count, digest, json, one_row, packages, text};
use crate::seal::Sealed;

words! {
    /// How far a box is.
    BoxState, "state of a box" {
        /// Keys were made.
        Keyed = "keyed",
        /// The manifest is adopted.
        Adopted = "adopted",
        /// Nothing more is checked or cosigned.
        Closed = "closed",
        /// The secrets are gone; files and free pages are still to be cleared.
        Dying = "dying",
        /// Nothing is left but what is public.
        Dead = "dead",
    }
}

words! {
    /// What a file is for its box.
    Part, "part" {
        /// The list this agent shuffles.
        Input = "input",
        /// The list it made.
        Output = "output",
        /// Its shares.
        Shares = "shares",
    }
}

/// A box.
#[derive(Debug)]
pub(crate) struct BoxRow {
    pub(crate) state: BoxState,
    /// None once it is dead.
    pub(crate) secrets: Option<Sealed>,
    /// From adoption on.
    pub(crate) manifest: Option<(Digest, Manifest)>,
    /// Eligibility lists so far.
    pub(crate) lists: u32,
    /// Batches checked so far.
    pub(crate) batches: u32,
    /// What this agent said of its shuffle.
    pub(crate) mixed: Option<Signed>,
    /// What it said of the list to be opened.
    pub(crate) listed: Option<Signed>,
}

#[derive(Queryable)]
struct Raw {
    state: String,
    secrets: Option<Vec<u8>>,
    manifest_hash: Option<String>,
    manifest: Option<String>,
    lists: i64,
    batches: i64,
    mixed: Option<String>,
    listed: Option<String>,
}

/// The box, if keys were made for it.
pub(crate) fn find(conn: &mut Connection, id: &BoxId) -> Result<Option<BoxRow>, StoreError> {
    use ballot_box as b;
    let columns = (b::state, b::secrets, b::manifest_hash, b::manifest, b::lists, b::batches, b::mixed, b::listed);
    let raw: Option<Raw> = b::table.find(id.to_string()).select(columns).first(conn).optional()?;
    let Some(raw) = raw else { return Ok(None) };
    let manifest = match (raw.manifest_hash, raw.manifest) {
        (Some(hash), Some(body)) => Some((hash.parse().map_err(StoreError::broken)?, json(&body)?)),
        _ => None,
    };
    Ok(Some(BoxRow {
        state: raw.state.parse().map_err(StoreError::broken)?,
        secrets: raw.secrets.map(Sealed),
        manifest,
        lists: count(raw.lists)?,
        batches: count(raw.batches)?,
        mixed: raw.mixed.as_deref().map(json).transpose()?,
        listed: raw.listed.as_deref().map(json).transpose()?,
    }))
}

/// A box with fresh secrets.
pub(crate) fn add(conn: &mut Connection, id: &BoxId, secrets: &Sealed) -> Result<(), StoreError> {
    use ballot_box as b;
    diesel::insert_into(b::table)
        .values((
            b::id.eq(id.to_string()),
            b::state.eq(BoxState::Keyed.as_str()),
            b::secrets.eq(&secrets.0),
            b::lists.eq(0),
            b::batches.eq(0),
            b::handed.eq(0),
        ))
        .execute(conn)?;
    Ok(())
}

/// Adopts a manifest.
pub(crate) fn adopt(conn: &mut Connection, id: &BoxId, hash: Digest, manifest: &Manifest) -> Result<(), StoreError> {
    use ballot_box as b;
    let row = b::table.find(id.to_string()).filter(b::state.eq(BoxState::Keyed.as_str()));
    let set = (
        b::state.eq(BoxState::Adopted.as_str()),
        b::manifest_hash.eq(hash.to_string()),
        b::manifest.eq(text(manifest)?),
    );
    one_row(diesel::update(row).set(set).execute(conn)?)
}

/// Counts one more list.
pub(crate) fn count_list(conn: &mut Connection, id: &BoxId, number: u32) -> Result<(), StoreError> {
    use ballot_box as b;
    let row = b::table.find(id.to_string()).filter(b::lists.eq(i64::from(number) - 1));
    one_row(diesel::update(row).set(b::lists.eq(i64::from(number))).execute(conn)?)
}

/// Counts one more batch.
pub(crate) fn count_batch(conn: &mut Connection, id: &BoxId, number: u32) -> Result<(), StoreError> {
    use ballot_box as b;
    let row = b::table.find(id.to_string()).filter(b::batches.eq(i64::from(number) - 1));
    one_row(diesel::update(row).set(b::batches.eq(i64::from(number))).execute(conn)?)
}

/// Takes nothing more.
pub(crate) fn close(conn: &mut Connection, id: &BoxId) -> Result<(), StoreError> {
    use ballot_box as b;
    let row = b::table.find(id.to_string()).filter(b::state.eq(BoxState::Adopted.as_str()));
    one_row(diesel::update(row).set(b::state.eq(BoxState::Closed.as_str())).execute(conn)?)
}

/// Remembers what was said of the shuffle; there is one.
pub(crate) fn mixed(conn: &mut Connection, id: &BoxId, signed: &Signed) -> Result<(), StoreError> {
    use ballot_box as b;
    let row = b::table.find(id.to_string()).filter(b::mixed.is_null());
    one_row(diesel::update(row).set(b::mixed.eq(text(signed)?)).execute(conn)?)
}

/// Remembers what was said of the list to be opened; there is one.
pub(crate) fn listed(conn: &mut Connection, id: &BoxId, signed: &Signed) -> Result<(), StoreError> {
    use ballot_box as b;
    let row = b::table.find(id.to_string()).filter(b::listed.is_null());
    one_row(diesel::update(row).set(b::listed.eq(text(signed)?)).execute(conn)?)
}

/// Counts a handing over; returns how many there were, this one included.
pub(crate) fn handed(conn: &mut Connection, id: &BoxId) -> Result<u32, StoreError> {
    use ballot_box as b;
    let times: i64 = diesel::update(b::table.find(id.to_string()))
        .set(b::handed.eq(b::handed + 1))
        .returning(b::handed)
        .get_result(conn)?;
    count(times)
}

/// Forgets the secrets, the marks, the enrolments, the lists of who may rate whom and the requests and packages that held
/// them. The log,
/// the spent stamps and what was said stay: they are public by now.
pub(crate) fn bury(conn: &mut Connection, box_id: &BoxId) -> Result<(), StoreError> {
    use ballot_box as b;
    let id = box_id.to_string();
    diesel::delete(mark::table.filter(mark::box_id.eq(&id))).execute(conn)?;
    diesel::delete(enrolment::table.filter(enrolment::box_id.eq(&id))).execute(conn)?;
    diesel::delete(eligible::table.filter(eligible::box_id.eq(&id))).execute(conn)?;
    diesel::delete(asked::table.filter(asked::box_id.eq(&id))).execute(conn)?;
    diesel::delete(inbox::table.filter(inbox::box_id.eq(&id))).execute(conn)?;
    packages::forget(conn, box_id)?;
    let row = b::table.find(&id).filter(b::state.eq(BoxState::Closed.as_str()));
    let set = (b::state.eq(BoxState::Dying.as_str()), b::secrets.eq(None::<Vec<u8>>));
    one_row(diesel::update(row).set(set).execute(conn)?)
}

/// Boxes whose files and free pages are still to be cleared.
pub(crate) fn dying(conn: &mut Connection) -> Result<Vec<BoxId>, StoreError> {
    use ballot_box as b;
    let ids: Vec<String> = b::table.filter(b::state.eq(BoxState::Dying.as_str())).select(b::id).load(conn)?;
    ids.iter().map(|id| id.parse().map_err(StoreError::broken)).collect()
}

/// Files and free pages of a box are cleared.
pub(crate) fn cleared(conn: &mut Connection, id: &BoxId) -> Result<(), StoreError> {
    use ballot_box as b;
    let id = id.to_string();
    diesel::delete(box_file::table.filter(box_file::box_id.eq(&id))).execute(conn)?;
    diesel::update(b::table.find(&id)).set(b::state.eq(BoxState::Dead.as_str())).execute(conn)?;
    Ok(())
}

/// Remembers that a file belongs to a box.
pub(crate) fn own_file(conn: &mut Connection, id: &BoxId, file: Digest, part: Part) -> Result<(), StoreError> {
    use box_file as f;
    let row = (f::box_id.eq(id.to_string()), f::digest.eq(file.0.to_vec()), f::part.eq(part.as_str()));
    diesel::insert_or_ignore_into(f::table).values(row).execute(conn)?;
    Ok(())
}

/// Files of a box.
pub(crate) fn files(conn: &mut Connection, id: &BoxId) -> Result<Vec<Digest>, StoreError> {
    use box_file as f;
    let rows: Vec<Vec<u8>> = f::table.filter(f::box_id.eq(id.to_string())).select(f::digest).load(conn)?;
    rows.iter().map(|bytes| digest(bytes)).collect()
}

/// Every file that a box has or a request that waits names.
pub(crate) fn needed(conn: &mut Connection) -> Result<BTreeSet<Digest>, StoreError> {
    use box_file as f;
    let rows: Vec<Vec<u8>> = f::table.select(f::digest).load(conn)?;
    let mut needed: BTreeSet<_> = rows.iter().map(|bytes| digest(bytes)).collect::<Result<_, _>>()?;
    let waiting: Vec<String> = asked::table.select(asked::body).load(conn)?;
    let carried: Vec<String> = inbox::table.select(inbox::body).load(conn)?;
    for body in waiting.iter().chain(&carried) {
        needed.extend(json::<SignedRequest>(body)?.request.asked.file());
    }
    Ok(needed)
}

/// What a file is for the boxes that have it.
pub(crate) fn parts(conn: &mut Connection, file: Digest) -> Result<Vec<Part>, StoreError> {
    use box_file as f;
    let rows: Vec<String> = f::table.filter(f::digest.eq(file.0.to_vec())).select(f::part).load(conn)?;
    rows.iter().map(|part| part.parse().map_err(StoreError::broken)).collect()
}

/// Boxes with their states.
pub(crate) fn all(conn: &mut Connection) -> Result<Vec<(String, String)>, StoreError> {
    use ballot_box as b;
    Ok(b::table.select((b::id, b::state)).order(b::id).load(conn)?)
}
