//! The steps of an opening at the platform: which list each side shuffles, what both agree to, whose shares are here.
//!
//! Each step asks the agents once and is read from what they said, so that an opening can stop and go on. Deliberately
//! absent: files and the analysis, which `crate::opening` handles; and any choice of the platform's own.

use hengping_domain::digest::Digest;
use hengping_domain::ids::{BoxId, Side};
use hengping_domain::layer::Posted;
use hengping_domain::manifest::PerSide;
use hengping_domain::request::{Asked, AskedKind};
use hengping_domain::statement::{Said, Signed};

use super::courier::{ask, ask_both, refusal_of};
use super::{Failure, Outcome, Refusal, Site, correct};
use crate::store::period::{self, BallotBox, BoxState};
use crate::store::{Connection, agent_request, ballot_box, statement};

/// What is missing, and from whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing {
    /// Whose agent.
    pub side: Side,
    /// The kind of request it has not answered, or the file it did not give.
    pub kind: String,
    /// The request.
    pub request: Digest,
    /// Why it refused, if it did.
    pub code: Option<&'static str>,
}

/// The items of the list that the bench shuffles: of each stamp the last posted one, sorted by their hashes.
///
/// # Errors
/// [`Refusal::BoxState`] unless the box is closed, [`Refusal::CounterpartOpen`] before the other direction is.
pub fn posted(site: &Site, id: &BoxId) -> Outcome<Vec<Posted>> {
    let mut items = site.store.look("posted list", |conn| {
        may_open(conn, id)?;
        Ok::<_, Failure>(ballot_box::closed_list(conn, id)?)
    })?;
    items.sort_by_cached_key(Posted::hash);
    Ok(items)
}

/// The box and all of its period, if it is closed, or opened and corrected since, and nothing is open that it could be opened
/// before: nothing leaves before both directions are closed (R14), so opening now could only withhold everything.
///
/// # Errors
/// [`Refusal::BoxState`], [`Refusal::CounterpartOpen`].
pub(super) fn may_open(conn: &mut Connection, id: &BoxId) -> Outcome<(BallotBox, Vec<BallotBox>)> {
    let held = period::find_box(conn, id)?;
    if held.state != BoxState::Closed && !correct::is_pending(conn, id)? {
        return Err(Refusal::BoxState.into());
    }
    let boxes = period::boxes(conn, &id.period)?;
    if boxes.iter().any(|b| b.id == id.counterpart() && b.state == BoxState::Open) {
        return Err(Refusal::CounterpartOpen.into());
    }
    Ok((held, boxes))
}

/// Asks one side to shuffle a list; returns the request's name.
///
/// # Errors
/// [`Refusal::AgentsNotReady`] when the bar is asked before the bench has answered.
pub fn mix(site: &Site, id: &BoxId, side: Side, input: Digest) -> Outcome<Digest> {
    site.store.decide("ask to mix", |conn| {
        let after = match side {
            Side::Bench => None,
            Side::Bar => {
                let bench = statement::said(conn, id, AskedKind::Mix, Side::Bench)?;
                Some(Box::new(bench.ok_or(Refusal::AgentsNotReady)?))
            }
        };
        ask(conn, site, id, side, Asked::Mix { input, after })
    })
}

/// Digest of what a side's shuffle left, once it has said so.
///
/// # Errors
/// Busy or a fault.
pub fn output(site: &Site, request: Digest, side: Side) -> Outcome<Option<Digest>> {
    let said = site.store.read("mixed", |conn| statement::find(conn, request, side))?;
    Ok(said.and_then(|signed| match signed.statement.said {
        Said::Mixed { output, .. } => Some(output),
        _ => None,
    }))
}

/// What both sides said of a kind that is said once.
///
/// # Errors
/// [`Refusal::AgentsNotReady`] unless both have.
pub(super) fn pair(conn: &mut Connection, id: &BoxId, kind: AskedKind) -> Outcome<PerSide<Signed>> {
    PerSide::try_of(|side| statement::said(conn, id, kind, side)?.ok_or_else(|| Refusal::AgentsNotReady.into()))
}

/// Asks both sides to agree to the list that is opened; `audited` after an auditor has looked at a side's key.
///
/// # Errors
/// [`Refusal::AgentsNotReady`] before both have shuffled.
pub fn list(site: &Site, id: &BoxId, audited: bool) -> Outcome<Digest> {
    site.store.decide("ask to agree to the list", |conn| {
        let mixed = Box::new(pair(conn, id, AskedKind::Mix)?);
        ask_both(conn, site, id, &Asked::List { mixed, audited })
    })
}

/// Asks both sides for shares of the agreed list.
///
/// # Errors
/// [`Refusal::AgentsNotReady`] before both have agreed.
pub fn shares(site: &Site, id: &BoxId) -> Outcome<Digest> {
    site.store.decide("ask for shares", |conn| {
        let listed = Box::new(pair(conn, id, AskedKind::List)?);
        ask_both(conn, site, id, &Asked::Shares { listed })
    })
}

/// Digest of the shares file that a side has made, once it has said so.
///
/// # Errors
/// Busy or a fault.
pub fn handed_over(site: &Site, request: Digest, side: Side) -> Outcome<Option<Digest>> {
    let said = site.store.read("handed over", |conn| statement::find(conn, request, side))?;
    Ok(said.and_then(|signed| match signed.statement.said {
        Said::HandedOver { shares, .. } => Some(shares),
        _ => None,
    }))
}

/// What of a kind the agents have not answered, or have refused, for a box.
///
/// # Errors
/// Busy or a fault.
pub fn missing(site: &Site, id: &BoxId, kind: AskedKind) -> Outcome<Vec<Missing>> {
    let all = site.store.look("missing", |conn| all_missing(conn, id))?;
    Ok(all.into_iter().filter(|one| one.kind == kind.as_str()).collect())
}

/// The same of every kind. Of a step of the opening, which is done once, nothing counts any longer once the agent has answered
/// another request of the kind, such as for the same list after an auditor has looked. What raters asked for is not in it.
///
/// # Errors
/// Busy or a fault.
pub(super) fn all_missing(conn: &mut Connection, id: &BoxId) -> Outcome<Vec<Missing>> {
    let mut missing = Vec::new();
    for (side, kind, request) in agent_request::of_box(conn, id)? {
        let of_raters = matches!(kind, AskedKind::Tokens | AskedKind::Enrol);
        let once = matches!(kind, AskedKind::Mix | AskedKind::List | AskedKind::Shares);
        if of_raters || once && statement::said(conn, id, kind, side)?.is_some() {
            continue;
        }
        let code = refusal_of(conn, request, side)?.map(|code| code.as_str());
        missing.push(Missing { side, kind: kind.to_string(), request, code });
    }
    Ok(missing)
}
