//! A ratee's own results: the released cells about one person, with what is needed to read them.
//!
//! Deliberately absent: reasons, other people, and drafts.

use hengping_domain::charter::Charter;
use hengping_domain::digest::Digest;
use hengping_domain::ids::{Direction, PersonId};
use hengping_domain::release::{Audience, Cell, ReleaseState, Scope};
use hengping_domain::rubric::{Rubric, Text};

use super::withdraw::{self, Withdrawn};
use super::{Failure, Outcome, Site, correct, read_release};
use crate::store::period::{self, Period};
use crate::store::{document, person, release};

/// A person's cells in one release.
#[derive(Debug, Clone)]
pub struct OwnResult {
    /// Hash of the release.
    pub release: Digest,
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
    /// What took the release back, if both sides have.
    pub withdrawn: Option<Withdrawn>,
}

/// What was released to a person about that person, by day. A person nobody rated and one whose result was withheld look
/// alike.
///
/// # Errors
/// Busy or a fault.
pub fn own(site: &Site, person: &PersonId) -> Outcome<Vec<OwnResult>> {
    site.store.look("own results", |conn| {
        let me = person::find(conn, person)?;
        let mut results = Vec::new();
        for held in release::all(conn)?.into_iter().filter(|r| r.state == ReleaseState::Released) {
            // What a correction has put another release in the place of is read no more.
            if held.ballot_box.direction.ratee_side() != me.side || correct::is_superseded(conn, &held)? {
                continue;
            }
            let draft = read_release::body(conn, held.hash)?.draft;
            let mine = |cell: &&Cell| {
                cell.scope == Scope::Person
                    && cell.subject == me.ratee.as_str()
                    && cell.audience == Audience::Own
                    && cell.is_released()
            };
            let charter: Charter = document::find(conn, draft.charter)?.read()?;
            results.push(OwnResult {
                release: held.hash,
                period: period::find(conn, &held.ballot_box.period)?,
                direction: held.ballot_box.direction,
                rubric_hash: draft.rubric,
                rubric: document::find(conn, draft.rubric)?.read()?,
                cells: draft.cells.iter().filter(mine).map(Cell::for_reader).collect(),
                audience_words: charter.audience.own,
                withdrawn: withdraw::of(conn, &held)?,
            });
        }
        Ok::<_, Failure>(results)
    })
}
