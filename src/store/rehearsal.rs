//! What was put into the box of a rehearsal, and what came out.
//!
//! Deliberately absent: the ballots; two counts and two digests tell whether they are the same.

use diesel::prelude::*;
use hengping_domain::ids::BoxId;
use hengping_domain::rehearsal::Tally;

use super::schema::rehearsal;
use super::{Connection, StoreError, number, one_row, put_once, stored};

/// A rehearsal from both ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rehearsed {
    /// What was put in.
    pub put_in: Tally,
    /// What came out; none before the opening.
    pub came_out: Option<Tally>,
}

impl Rehearsed {
    /// Whether the same came out; none before the opening.
    #[must_use]
    pub fn holds(&self) -> Option<bool> {
        self.came_out.map(|out| out == self.put_in)
    }
}

/// Notes what was put in; again changes nothing.
///
/// # Errors
/// [`StoreError`].
pub fn put_in(conn: &mut Connection, id: &BoxId, tally: Tally) -> Result<(), StoreError> {
    put_once(conn, |conn| {
        diesel::insert_into(rehearsal::table)
            .values((
                rehearsal::box_.eq(id.to_string()),
                rehearsal::ballots_in.eq(i64::from(tally.ballots)),
                rehearsal::answers_in.eq(tally.answers.to_string()),
                rehearsal::ballots_out.eq(None::<i64>),
                rehearsal::answers_out.eq(None::<String>),
            ))
            .execute(conn)?;
        Ok(())
    })
}

/// Notes what came out, once.
///
/// # Errors
/// [`StoreError::Stale`] when nothing was put in, or something came out already.
pub fn came_out(conn: &mut Connection, id: &BoxId, tally: Tally) -> Result<(), StoreError> {
    let row = rehearsal::table.filter(rehearsal::box_.eq(id.to_string()).and(rehearsal::ballots_out.is_null()));
    let values = (
        rehearsal::ballots_out.eq(Some(i64::from(tally.ballots))),
        rehearsal::answers_out.eq(Some(tally.answers.to_string())),
    );
    one_row(diesel::update(row).set(values).execute(conn)?)
}

type Row = (i64, String, Option<i64>, Option<String>);

/// How the rehearsal of a box stands; none before test ballots were put in.
///
/// # Errors
/// [`StoreError`].
pub fn find(conn: &mut Connection, id: &BoxId) -> Result<Option<Rehearsed>, StoreError> {
    let columns = (rehearsal::ballots_in, rehearsal::answers_in, rehearsal::ballots_out, rehearsal::answers_out);
    let row: Option<Row> = rehearsal::table.find(id.to_string()).select(columns).first(conn).optional()?;
    let tally = |ballots: i64, answers: &str| {
        Ok::<_, StoreError>(Tally { ballots: number(ballots)?, answers: stored(answers)? })
    };
    row.map(|(ballots, answers, out, said)| {
        let came_out = out.zip(said).map(|(ballots, answers)| tally(ballots, &answers)).transpose()?;
        Ok(Rehearsed { put_in: tally(ballots, &answers)?, came_out })
    })
    .transpose()
}
