//! Closing a box: the final root, and whether there is enough to open at all; both agents are told to take nothing more.
//!
//! Nothing that came is left behind: while a batch waits for an agent the box stays open. Fewer stamps than the charter's
//! batch and the box is destroyed unopened (R3), its keys with it. Deliberately absent: keys and ballots.

use hengping_domain::charter::Charter;
use hengping_domain::document::DocumentKind;
use hengping_domain::ids::{AccountId, BoxId};
use hengping_domain::log;
use serde::Serialize;

use hengping_domain::request::{Asked, AskedKind};

use super::courier::ask_both;
use super::{Failure, Outcome, Refusal, Site, batch, documents, periods};
use crate::store::audit::{self, Event};
use crate::store::period::{self, BoxState};
use crate::store::{StoreError, agent_request, ballot_box, enrolment};

#[derive(Serialize)]
struct About<'a> {
    #[serde(rename = "box")]
    id: &'a BoxId,
    state: BoxState,
    stamps: u32,
    root: hengping_domain::digest::Digest,
}

/// What to do with a box that holds too few ballots to be opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TooFew {
    /// Refuse to close, so that the period can be extended.
    Refuse,
    /// Destroy the ballots unopened.
    Destroy,
}

/// Closes a box and says where it stands then: closed, or destroyed.
///
/// # Errors
/// [`Refusal::NotFound`], [`Refusal::BoxState`], [`Refusal::TooFewBallots`]; [`Refusal::BatchWaiting`] while a batch is not in
/// the box yet.
pub fn close(site: &Site, id: &BoxId, too_few: TooFew, by: Option<&AccountId>) -> Outcome<BoxState> {
    let today = site.clock.today();
    let state = site.store.decide("close box", |conn| {
        let held = period::find_box(conn, id)?;
        let manifest = periods::manifest(conn, &held)?;
        let charter: Charter = documents::in_force(conn, DocumentKind::Charter, manifest.charter)?.read()?;
        if !batch::settled(conn, id)? {
            return Err(Refusal::BatchWaiting.into());
        }
        let stamps = ballot_box::stamps(conn, id)?;
        let to = if stamps >= charter.batch.open { BoxState::Closed } else { BoxState::Destroyed };
        if held.state == BoxState::Open && to == BoxState::Destroyed && too_few == TooFew::Refuse {
            return Err(Refusal::TooFewBallots.into());
        }
        match period::move_box(conn, id, BoxState::Open, to) {
            Err(StoreError::Stale) => return Err(Refusal::BoxState.into()),
            other => other?,
        }
        agent_request::forget_raters(conn, id)?;
        // An extension that an agent has not adopted by now never will be.
        agent_request::forget_kind(conn, id, AskedKind::Extend)?;
        enrolment::shuffle(conn, id)?;
        let leaves = ballot_box::leaves(conn, id)?;
        let (size, root) = (u32::try_from(leaves.len()).unwrap_or(u32::MAX), log::root(&leaves));
        ask_both(conn, site, id, &Asked::Close { size, root, stamps })?;
        if to == BoxState::Destroyed {
            ballot_box::bury(conn, id)?;
        }
        let about = About { id, state: to, stamps, root };
        let account = by.map(AccountId::as_str);
        audit::append(conn, today, &Event { event: "box-closed", account, about })?;
        Ok::<_, Failure>(to)
    })?;
    site.store.sweep();
    Ok(state)
}
