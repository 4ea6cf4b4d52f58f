//! A ratee's own results: the released cells about one person, with what is needed to read them and to answer.
//!
//! A draft is there from the day its window was opened, for those whose own cells left the gate and for nobody else.
//! Deliberately absent: reasons, other people, and the names of officers.

use hengping_domain::digest::Digest;
use hengping_domain::ids::{Direction, PersonId};
use hengping_domain::release::{Audience, Cell, ReleaseState};
use hengping_domain::reply::{Reading, Standing, Window};
use hengping_domain::rubric::{Rubric, Text};
use jiff::civil::Date;

use super::decide::Filed;
use super::window::Left;
use super::withdraw::{self, Withdrawn};
use super::{Failure, Outcome, Site, correct, read_release, read_setting, window};
use crate::store::period::{self, Period};
use crate::store::person::{self, Person};
use crate::store::release::{self, Release};
use crate::store::{Connection, document, reading, reply};

/// A person's cells in one release.
#[derive(Debug, Clone)]
pub struct OwnResult {
    /// Hash of the release.
    pub release: Digest,
    /// Whether it is out.
    pub state: ReleaseState,
    /// The day it came out, or of the draft.
    pub day: Date,
    /// Its period.
    pub period: Period,
    /// Its direction.
    pub direction: Direction,
    /// Hash of the rubric.
    pub rubric_hash: Digest,
    /// The rubric.
    pub rubric: Rubric,
    /// The person's released cells; empty where nothing left the gate.
    pub cells: Vec<Cell>,
    /// Who may see this.
    pub audience_words: Text,
    /// What of it officers of both sides may see.
    pub sides_words: Text,
    /// The days to answer, where there are any.
    pub window: Option<Window>,
    /// Whether an answer is taken today.
    pub open: bool,
    /// Longest statement.
    pub characters: u32,
    /// What the person says beside it.
    pub statement: Option<String>,
    /// Working days that are left of them.
    pub left: Option<Left>,
    /// What the person holds against it, with what both sides decided and what came of it.
    pub objection: Option<(Filed, Standing)>,
    /// Which officers read it, and for what.
    pub readings: Vec<Reading>,
    /// What took the release back, if both sides have.
    pub withdrawn: Option<Withdrawn>,
}

/// What was released to a person about that person, by day, and what is about to be. A person nobody rated and one whose
/// result was withheld look alike.
///
/// # Errors
/// Busy or a fault.
pub fn own(site: &Site, person: &PersonId) -> Outcome<Vec<OwnResult>> {
    let today = site.clock.today();
    site.store.look("own results", |conn| {
        let me = person::find(conn, person)?;
        let mut results = Vec::new();
        for held in release::all(conn)? {
            // What a correction has put another release in the place of is read no more.
            if held.ballot_box.direction.ratee_side() != me.side || correct::is_superseded(conn, &held)? {
                continue;
            }
            let window = window::of(conn, held.hash)?;
            let draft = held.state == ReleaseState::Draft;
            if draft && (window.is_none() || correct::corrected_by(conn, &held)?.is_some()) {
                continue;
            }
            let result = of(conn, &me, held, window, today)?;
            if !draft || !result.cells.is_empty() {
                results.push(result);
            }
        }
        Ok::<_, Failure>(results)
    })
}

fn of(conn: &mut Connection, me: &Person, held: Release, window: Option<Window>, today: Date) -> Outcome<OwnResult> {
    let draft = read_release::body(conn, held.hash)?.draft;
    let charter = read_setting::charter(conn, &draft)?;
    let filed = reply::objections(conn, held.hash)?.into_iter().find(|each| each.subject == me.ratee);
    Ok(OwnResult {
        release: held.hash,
        state: held.state,
        day: held.day,
        period: period::find(conn, &held.ballot_box.period)?,
        direction: held.ballot_box.direction,
        rubric_hash: draft.rubric,
        rubric: document::find(conn, draft.rubric)?.read()?,
        cells: draft.about(me.ratee.as_str(), Audience::Own).map(Cell::for_reader).collect(),
        audience_words: charter.audience.own,
        sides_words: charter.audience.sides,
        window,
        open: window::is_open(&held, window, today),
        characters: charter.reply.characters,
        statement: reply::statement(conn, held.hash, me.ratee.as_str())?,
        left: window.map(|window| Left::of(&window, today)).transpose()?,
        objection: filed.map(|filed| {
            let standing = window::stands(&held, window, &filed, today);
            (filed, standing)
        }),
        readings: reading::of(conn, held.hash, me.ratee.as_str())?,
        withdrawn: withdraw::of(conn, &held)?,
    })
}
