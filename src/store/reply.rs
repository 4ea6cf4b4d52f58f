//! What ratees answer to a draft: the window, the statements, the objections and what both sides decided about them.
//!
//! A statement may be replaced or taken back; all else never changes. Deliberately absent: whether a window is over; the steps
//! of `flow` know the day.

use std::collections::BTreeMap;

use diesel::prelude::*;
use hengping_domain::calendar::Due;
use hengping_domain::digest::Digest;
use hengping_domain::ids::RateeId;
use hengping_domain::reply::{Decision, Objection, Window};

use super::schema::{objection, objection_decision, reply_statement, reply_window};
use super::{Connection, StoreError, stored};

/// The window of a release, if one was opened.
///
/// # Errors
/// [`StoreError`].
pub fn window(conn: &mut Connection, release: Digest) -> Result<Option<Window>, StoreError> {
    type Row = (String, String, String, i64, Option<String>, i64);
    let row: Option<Row> = reply_window::table.find(release.to_string()).first(conn).optional()?;
    let read = |(_, opened_on, last_day, provisional, decide_by, maybe): Row| {
        let due = |day: String| Ok::<_, StoreError>(Due { day: stored(&day)?, provisional: maybe == 1 });
        Ok(Window {
            opened_on: stored(&opened_on)?,
            last_day: stored(&last_day)?,
            provisional: provisional == 1,
            decide_by: decide_by.map(due).transpose()?,
        })
    };
    row.map(read).transpose()
}

/// Opens a window.
///
/// # Errors
/// [`StoreError::Duplicate`].
pub fn put_window(conn: &mut Connection, release: Digest, new: &Window) -> Result<(), StoreError> {
    diesel::insert_into(reply_window::table)
        .values((
            reply_window::release.eq(release.to_string()),
            reply_window::opened_on.eq(new.opened_on.to_string()),
            reply_window::last_day.eq(new.last_day.to_string()),
            reply_window::provisional.eq(i64::from(new.provisional)),
            reply_window::decide_by.eq(new.decide_by.map(|due| due.day.to_string())),
            reply_window::decide_provisional.eq(i64::from(new.decide_by.is_some_and(|due| due.provisional))),
        ))
        .execute(conn)?;
    Ok(())
}

/// The statements on a release, by ratee.
///
/// # Errors
/// [`StoreError`].
pub fn statements(conn: &mut Connection, release: Digest) -> Result<BTreeMap<String, String>, StoreError> {
    let rows: Vec<(String, String)> = reply_statement::table
        .filter(reply_statement::release.eq(release.to_string()))
        .select((reply_statement::subject, reply_statement::words))
        .load(conn)?;
    Ok(rows.into_iter().collect())
}

/// One ratee's statement.
///
/// # Errors
/// [`StoreError`].
pub fn statement(conn: &mut Connection, release: Digest, subject: &str) -> Result<Option<String>, StoreError> {
    let key = (release.to_string(), subject);
    Ok(reply_statement::table.find(key).select(reply_statement::words).first(conn).optional()?)
}

/// Puts a statement in the place of the one before, or takes it back.
///
/// # Errors
/// [`StoreError`].
pub fn set_statement(
    conn: &mut Connection,
    release: Digest,
    subject: &RateeId,
    words: Option<&str>,
) -> Result<(), StoreError> {
    diesel::delete(reply_statement::table.find((release.to_string(), subject.as_str()))).execute(conn)?;
    if let Some(words) = words {
        diesel::insert_into(reply_statement::table)
            .values((
                reply_statement::release.eq(release.to_string()),
                reply_statement::subject.eq(subject.as_str()),
                reply_statement::words.eq(words),
            ))
            .execute(conn)?;
    }
    Ok(())
}

/// An objection as it lies here, with what was decided so far.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filed {
    /// Whose.
    pub subject: RateeId,
    /// What.
    pub objection: Objection,
    /// Of both sides, the bar's first.
    pub decisions: Vec<Decision>,
}

/// The objections to a release, by ratee.
///
/// # Errors
/// [`StoreError`].
pub fn objections(conn: &mut Connection, release: Digest) -> Result<Vec<Filed>, StoreError> {
    type Row = (String, String, String, String);
    let rows: Vec<Row> = objection::table
        .filter(objection::release.eq(release.to_string()))
        .order(objection::subject)
        .select((objection::subject, objection::reason, objection::words, objection::day))
        .load(conn)?;
    let mut decided = decisions(conn, release)?;
    let read = |(subject, reason, text, day): Row| {
        let objection = Objection { reason: stored(&reason)?, text, filed_on: stored(&day)? };
        let decisions = decided.remove(&subject).unwrap_or_default();
        Ok(Filed { subject: RateeId(subject), objection, decisions })
    };
    rows.into_iter().map(read).collect()
}

fn decisions(conn: &mut Connection, release: Digest) -> Result<BTreeMap<String, Vec<Decision>>, StoreError> {
    let rows: Vec<(String, String, String, String, String)> = objection_decision::table
        .filter(objection_decision::release.eq(release.to_string()))
        .order((objection_decision::subject, objection_decision::side))
        .select((
            objection_decision::subject,
            objection_decision::side,
            objection_decision::opinion,
            objection_decision::words,
            objection_decision::day,
        ))
        .load(conn)?;
    let mut found: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for (subject, side, opinion, words, day) in rows {
        let decision = Decision { side: stored(&side)?, opinion: stored(&opinion)?, words, day: stored(&day)? };
        found.entry(subject).or_default().push(decision);
    }
    Ok(found)
}

/// Files an objection.
///
/// # Errors
/// [`StoreError::Duplicate`].
pub fn put_objection(
    conn: &mut Connection,
    release: Digest,
    subject: &RateeId,
    new: &Objection,
) -> Result<(), StoreError> {
    diesel::insert_into(objection::table)
        .values((
            objection::release.eq(release.to_string()),
            objection::subject.eq(subject.as_str()),
            objection::reason.eq(new.reason.as_str()),
            objection::words.eq(&new.text),
            objection::day.eq(new.filed_on.to_string()),
        ))
        .execute(conn)?;
    Ok(())
}

/// Records what a side decided.
///
/// # Errors
/// [`StoreError::Duplicate`].
pub fn put_decision(conn: &mut Connection, release: Digest, subject: &str, new: &Decision) -> Result<(), StoreError> {
    diesel::insert_into(objection_decision::table)
        .values((
            objection_decision::release.eq(release.to_string()),
            objection_decision::subject.eq(subject),
            objection_decision::side.eq(new.side.as_str()),
            objection_decision::opinion.eq(new.opinion.as_str()),
            objection_decision::words.eq(&new.words),
            objection_decision::day.eq(new.day.to_string()),
        ))
        .execute(conn)?;
    Ok(())
}
