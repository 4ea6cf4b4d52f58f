//! What waits for the officers of a side before the next releases: windows to be opened or about to end, objections to decide,
//! fairness audits to note, drafts that can be signed.
//!
//! It is computed from what is on record whenever somebody looks, and holds nobody's name or value. Deliberately absent:
//! messages, which would leave the platform.

use hengping_domain::digest::Digest;
use hengping_domain::ids::{BoxId, Side};
use hengping_domain::release::ReleaseState;
use hengping_domain::reply::Window;
use hengping_domain::rubric::Text;
use jiff::civil::Date;

use super::window::{self, Left};
use super::{Failure, Outcome, Site, correct, fairness};
use crate::store::release::{self, Release};
use crate::store::{Connection, document, period, reply};

/// A draft for which somebody of a side has something to do, or soon will.
#[derive(Debug, Clone)]
pub struct Outstanding {
    /// Hash of the draft.
    pub release: Digest,
    /// Its box.
    pub ballot_box: BoxId,
    /// Title of its period.
    pub period: Text,
    /// The ratees' window, once it was opened.
    pub window: Option<Window>,
    /// Working days that are left of it.
    pub left: Option<Left>,
    /// Whether an answer is taken today.
    pub open: bool,
    /// Objections that the side has not decided.
    pub undecided: usize,
    /// Whether the last day for them is over; they can be decided until somebody has signed.
    pub overdue: bool,
    /// Whether its window waits to be opened.
    pub unopened: bool,
    /// Whether the side has yet to note what the fairness audit shows over a limit.
    pub unnoted: bool,
    /// Whether the side can sign it now.
    pub signable: bool,
}

/// What waits for a side, by day of the draft. A draft that is being corrected waits for nobody.
///
/// # Errors
/// Busy or a fault.
pub fn list(site: &Site, side: Side) -> Outcome<Vec<Outstanding>> {
    let today = site.clock.today();
    site.store.look("outstanding", |conn| {
        let mut found = Vec::new();
        for held in release::all(conn)? {
            if held.state == ReleaseState::Draft && correct::corrected_by(conn, &held)?.is_none() {
                found.extend(of(conn, held, side, today)?);
            }
        }
        Ok::<_, Failure>(found)
    })
}

fn of(conn: &mut Connection, held: Release, side: Side, today: Date) -> Outcome<Option<Outstanding>> {
    let signed: Vec<_> = document::signatures(conn, held.hash)?.iter().map(|each| each.signature.side).collect();
    let window = window::of(conn, held.hash)?;
    let silent = reply::objections(conn, held.hash)?;
    let silent = silent.iter().filter(|each| each.decisions.iter().all(|decision| decision.side != side)).count();
    let heard = window::is_heard(conn, &held, today)?;
    let unnoted = fairness::missing(conn, &held)?;
    let found = Outstanding {
        release: held.hash,
        period: period::find(conn, &held.ballot_box.period)?.title,
        left: window.map(|window| Left::of(&window, today)).transpose()?,
        open: window::is_open(&held, window, today),
        // What became of an objection is fixed with the first signature.
        undecided: if signed.is_empty() { silent } else { 0 },
        overdue: window.is_some_and(|window| window.is_overdue(today)),
        unopened: window.is_none() && !heard,
        unnoted: unnoted.contains(&side),
        signable: heard && unnoted.is_empty() && !signed.contains(&side),
        ballot_box: held.ballot_box,
        window,
    };
    let waits = found.open || found.undecided > 0 || found.unopened || found.unnoted || found.signable;
    Ok(waits.then_some(found))
}
