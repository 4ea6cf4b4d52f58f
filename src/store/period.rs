//! Periods and their boxes.
//!
//! A box moves open, closed, opened, or open, destroyed; each move names the state it leaves.
//! Deliberately absent: what lies in a box.

use diesel::prelude::*;
use hengping_domain::digest::Digest;
use hengping_domain::ids::{BoxId, PeriodId};
use hengping_domain::manifest::PeriodKind;
use hengping_domain::opening::Counts;
use hengping_domain::rubric::Text;
use hengping_domain::words;
use jiff::civil::Date;

use super::schema::{ballot_box, period};
use super::{Connection, StoreError, from_json, json, one_row, stored};

words! {
    /// Where a box stands.
    BoxState, "box state" {
        /// Takes ballots.
        Open = "open",
        /// Takes no more; waits for both keys.
        Closed = "closed",
        /// Opened, its counted list is published.
        Opened = "opened",
        /// Too few ballots: never opened.
        Destroyed = "destroyed",
    }
}

/// 评价周期.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Period {
    /// Its name.
    pub id: PeriodId,
    /// Title.
    pub title: Text,
    /// Pilot or regular.
    pub kind: PeriodKind,
    /// First day on which a case may fall due.
    pub starts_on: Date,
    /// Last such day.
    pub ends_on: Date,
    /// Last day a ballot is taken.
    pub cast_until: Date,
    /// Hash of the charter.
    pub charter: Digest,
}

/// 封存库 as the platform knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BallotBox {
    /// Its name.
    pub id: BoxId,
    /// Hash of the rubric.
    pub rubric: Digest,
    /// Hash of the manifest.
    pub manifest: Digest,
    /// Where it stands.
    pub state: BoxState,
    /// Counts of the opening.
    pub counts: Option<Counts>,
}

type PeriodRow = (String, String, String, String, String, String, String, String);

fn read_period((id, zh, en, kind, starts, ends, cast, charter): PeriodRow) -> Result<Period, StoreError> {
    Ok(Period {
        id: PeriodId(id),
        title: Text { zh, en },
        kind: stored(&kind)?,
        starts_on: stored(&starts)?,
        ends_on: stored(&ends)?,
        cast_until: stored(&cast)?,
        charter: stored(&charter)?,
    })
}

/// Adds a period.
///
/// # Errors
/// [`StoreError::Duplicate`].
pub fn insert(conn: &mut Connection, new: &Period) -> Result<(), StoreError> {
    diesel::insert_into(period::table)
        .values((
            period::id.eq(new.id.as_str()),
            period::title_zh.eq(&new.title.zh),
            period::title_en.eq(&new.title.en),
            period::kind.eq(new.kind.as_str()),
            period::starts_on.eq(new.starts_on.to_string()),
            period::ends_on.eq(new.ends_on.to_string()),
            period::cast_until.eq(new.cast_until.to_string()),
            period::charter.eq(new.charter.to_string()),
        ))
        .execute(conn)?;
    Ok(())
}

/// All periods by first day.
///
/// # Errors
/// [`StoreError`].
pub fn all(conn: &mut Connection) -> Result<Vec<Period>, StoreError> {
    let rows: Vec<PeriodRow> = period::table.order((period::starts_on, period::id)).load(conn)?;
    rows.into_iter().map(read_period).collect()
}

/// One period.
///
/// # Errors
/// [`StoreError::NotFound`].
pub fn find(conn: &mut Connection, id: &PeriodId) -> Result<Period, StoreError> {
    read_period(period::table.find(id.as_str()).first(conn)?)
}

type BoxRow = (String, String, String, String, String, Option<String>);

fn read_box((id, _, rubric, manifest, state, counts): BoxRow) -> Result<BallotBox, StoreError> {
    let counts = counts.as_deref().map(from_json).transpose()?;
    Ok(BallotBox {
        id: stored(&id)?,
        rubric: stored(&rubric)?,
        manifest: stored(&manifest)?,
        state: stored(&state)?,
        counts,
    })
}

/// Adds an open box.
///
/// # Errors
/// [`StoreError::Duplicate`].
pub fn insert_box(conn: &mut Connection, id: &BoxId, rubric: Digest, manifest: Digest) -> Result<(), StoreError> {
    diesel::insert_into(ballot_box::table)
        .values((
            ballot_box::id.eq(id.to_string()),
            ballot_box::period.eq(id.period.as_str()),
            ballot_box::rubric.eq(rubric.to_string()),
            ballot_box::manifest.eq(manifest.to_string()),
            ballot_box::state.eq(BoxState::Open.as_str()),
            ballot_box::counts.eq(None::<String>),
        ))
        .execute(conn)?;
    Ok(())
}

/// One box.
///
/// # Errors
/// [`StoreError::NotFound`].
pub fn find_box(conn: &mut Connection, id: &BoxId) -> Result<BallotBox, StoreError> {
    read_box(ballot_box::table.find(id.to_string()).first(conn)?)
}

/// The boxes of a period.
///
/// # Errors
/// [`StoreError`].
pub fn boxes(conn: &mut Connection, id: &PeriodId) -> Result<Vec<BallotBox>, StoreError> {
    let rows: Vec<BoxRow> =
        ballot_box::table.filter(ballot_box::period.eq(id.as_str())).order(ballot_box::id).load(conn)?;
    rows.into_iter().map(read_box).collect()
}

/// Moves a box from one state to the next.
///
/// # Errors
/// [`StoreError::Stale`] when it is not in `from`.
pub fn move_box(conn: &mut Connection, id: &BoxId, from: BoxState, to: BoxState) -> Result<(), StoreError> {
    let held = ballot_box::table.filter(ballot_box::id.eq(id.to_string()).and(ballot_box::state.eq(from.as_str())));
    one_row(diesel::update(held).set(ballot_box::state.eq(to.as_str())).execute(conn)?)
}

/// Writes the counts of an opening.
///
/// # Errors
/// [`StoreError`].
pub fn set_counts(conn: &mut Connection, id: &BoxId, counts: Counts) -> Result<(), StoreError> {
    let text = json(&counts)?;
    one_row(
        diesel::update(ballot_box::table.find(id.to_string())).set(ballot_box::counts.eq(Some(text))).execute(conn)?,
    )
}
