//! Lists of who may rate whom: their numbers, sizes and roots. The entries are the invitations that name the list.
//!
//! Deliberately absent: whether both sides have agreed to a list; their statements say so.

use diesel::prelude::*;
use hengping_domain::digest::Digest;
use hengping_domain::ids::BoxId;
use hengping_domain::invitation::InvitationState;
use jiff::civil::Date;

use super::schema::{eligibility, invitation};
use super::{Connection, StoreError, number, one_row, stored};

/// A list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct List {
    /// 1, 2, ..
    pub number: u32,
    /// The request to both agents.
    pub request: Digest,
    /// Entries of this list.
    pub size: u32,
    /// Entries of all lists so far.
    pub total: u32,
    /// Root over the entries of all lists so far.
    pub root: Digest,
    /// The day it was proposed.
    pub day: Date,
}

/// Keeps a list.
///
/// # Errors
/// [`StoreError::Duplicate`] when the number is taken.
pub fn insert(conn: &mut Connection, id: &BoxId, new: &List) -> Result<(), StoreError> {
    diesel::insert_into(eligibility::table)
        .values((
            eligibility::box_.eq(id.to_string()),
            eligibility::number.eq(i64::from(new.number)),
            eligibility::request.eq(new.request.to_string()),
            eligibility::size.eq(i64::from(new.size)),
            eligibility::total.eq(i64::from(new.total)),
            eligibility::root.eq(new.root.to_string()),
            eligibility::day.eq(new.day.to_string()),
        ))
        .execute(conn)?;
    Ok(())
}

/// The lists of a box, in order.
///
/// # Errors
/// [`StoreError`].
pub fn of_box(conn: &mut Connection, id: &BoxId) -> Result<Vec<List>, StoreError> {
    let rows: Vec<(i64, String, i64, i64, String, String)> = eligibility::table
        .filter(eligibility::box_.eq(id.to_string()))
        .order(eligibility::number)
        .select((
            eligibility::number,
            eligibility::request,
            eligibility::size,
            eligibility::total,
            eligibility::root,
            eligibility::day,
        ))
        .load(conn)?;
    let read = |(n, request, size, total, root, day): (i64, String, i64, i64, String, String)| {
        Ok(List {
            number: number(n)?,
            request: stored(&request)?,
            size: number(size)?,
            total: number(total)?,
            root: stored(&root)?,
            day: stored(&day)?,
        })
    };
    rows.into_iter().map(read).collect()
}

/// Puts an invitation on a list.
///
/// # Errors
/// [`StoreError::Stale`] when it is on one already.
pub fn enter(conn: &mut Connection, invitation_id: &str, number: u32) -> Result<(), StoreError> {
    let free = invitation::table.filter(invitation::id.eq(invitation_id).and(invitation::list.is_null()));
    one_row(diesel::update(free).set(invitation::list.eq(Some(i64::from(number)))).execute(conn)?)
}

/// The invitations below the cap that are on no list yet, by id.
///
/// # Errors
/// [`StoreError`].
pub fn unlisted(conn: &mut Connection, id: &BoxId) -> Result<Vec<String>, StoreError> {
    let of_box = invitation::box_.eq(id.to_string()).and(invitation::list.is_null());
    Ok(invitation::table
        .filter(of_box.and(invitation::state.eq(InvitationState::Waiting.as_str())))
        .order(invitation::id)
        .select(invitation::id)
        .load(conn)?)
}
