//! The end of a box: both agents publish their issuer keys and delete everything else, and the envelopes go here too.
//!
//! Afterwards nobody can open an envelope that somebody kept, and anybody can recheck every stamp. Deliberately absent: a way
//! back; and proof of deletion, which is a promise.

use hengping_domain::ids::BoxId;
use hengping_domain::release::ReleaseState;
use hengping_domain::request::Asked;
use jiff::civil::Date;
use serde::Serialize;

use super::courier::{ask_both, both};
use super::{Failure, Outcome, Refusal, Site, correct};
use crate::store::audit::{self, Event};
use crate::store::period::{self, BoxState};
use crate::store::{Connection, ballot_box, release};

#[derive(Serialize)]
struct About<'a> {
    #[serde(rename = "box")]
    id: &'a BoxId,
}

/// Asks both agents to end a box whose release is out, or that was destroyed. Returns whether it has come to its end; asking
/// again changes nothing.
///
/// # Errors
/// [`Refusal::BoxState`] while the box is open, closed or opened without a release, or a correction waits for it.
pub fn bury(site: &Site, id: &BoxId) -> Outcome<bool> {
    site.store.decide("end box", |conn| {
        let held = period::find_box(conn, id)?;
        let over = match held.state {
            BoxState::Destroyed => true,
            // A rehearsal has no release to wait for.
            BoxState::Opened if id.period.is_rehearsal() => true,
            BoxState::Opened => release::of_box(conn, id)?.iter().any(|r| r.state == ReleaseState::Released),
            BoxState::Open | BoxState::Closed => false,
        };
        // Without the keys nobody could compute it again.
        if !over || correct::is_pending(conn, id)? {
            return Err(Refusal::BoxState.into());
        }
        let request = ask_both(conn, site, id, &Asked::Death)?;
        Ok::<_, Failure>(both(conn, request)?.is_some())
    })
}

/// Deletes the envelopes and publishes the stamps, once both agents have said that their keys are gone.
///
/// # Errors
/// Busy or a fault.
pub(super) fn end(conn: &mut Connection, id: &BoxId, today: Date) -> Outcome<()> {
    ballot_box::bury(conn, id)?;
    audit::append(conn, today, &Event { event: "box-dead", account: None, about: About { id } })?;
    Ok(())
}
