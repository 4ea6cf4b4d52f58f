//! A batch from the relay on its way into the box: both agents check its stamps, then both cosign the log with it.
//!
//! Leaves that either agent refuses are published with the side and go no further. Whatever an agent's answer makes possible
//! happens at once, and happening twice changes nothing. Deliberately absent: who cast, and when within the day.

use hengping_domain::cast;
use hengping_domain::checkpoint::Checkpoint;
use hengping_domain::digest::{Bytes, Digest};
use hengping_domain::ids::{BoxId, Side};
use hengping_domain::log;
use hengping_domain::manifest::PerSide;
use hengping_domain::request::{Asked, Presented};
use hengping_domain::statement::Said;
use jiff::civil::Date;

use super::courier::{ask_both, both};
use super::{Failure, Outcome, Refusal, Site, periods};
use crate::store::ballot_box::{self, Batch, BatchState, Cosigned};
use crate::store::period::{self, BoxState};
use crate::store::{Connection, StoreError, enrolment};

/// A hand-over that was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TakenBatch {
    /// Its number.
    pub number: u32,
    /// Its casts, without those that were there already.
    pub size: u32,
}

/// Takes what the relay hands over; the same body again gets the same answer. The agents are asked at once. A cast whose leaf
/// waits, is in the box or was refused adds nothing and is left out.
///
/// # Errors
/// [`Refusal::NotFound`], [`Refusal::SignatureRefused`] unless the manifest's relay signed it, [`Refusal::BatchMalformed`]
/// for another form, a cast whose own signature does not hold or an empty batch, [`Refusal::BoxState`] once the box is closed.
pub fn take(site: &Site, id: &BoxId, body: &[u8], signature: &Bytes<64>) -> Outcome<TakenBatch> {
    let today = site.clock.today();
    let digest = Digest::of(&[body]);
    // Before anything else is looked at: thousands of signatures of casts are checked for the relay only.
    site.store.look("whose batch", |conn| {
        let held = period::find_box(conn, id)?;
        let manifest = periods::manifest(conn, &held)?;
        Ok::<_, Failure>(cast::verify_batch(id, body, &manifest.relay.receipt, signature)?)
    })?;
    let casts = cast::read_batch(id, body).map_err(|_| Refusal::BatchMalformed)?;
    if casts.is_empty() {
        return Err(Refusal::BatchMalformed.into());
    }
    site.store.decide("take batch", |conn| {
        let held = period::find_box(conn, id)?;
        let before = ballot_box::batches(conn, id)?;
        if let Some(known) = before.iter().find(|batch| batch.body == digest) {
            return Ok(TakenBatch { number: known.number, size: known.size });
        }
        if held.state != BoxState::Open {
            return Err(Refusal::BoxState.into());
        }
        let leaves: Vec<_> = casts.iter().map(cast::Cast::leaf).collect();
        let known = ballot_box::known(conn, &leaves)?;
        let fresh: Vec<_> = casts.iter().filter(|cast| !known.contains(&cast.leaf())).cloned().collect();
        let (number, size) = (before.len() as u32 + 1, fresh.len() as u32);
        let state = if fresh.is_empty() { BatchState::Appended } else { BatchState::Checking };
        let new = Batch { number, body: digest, size, state, day: today };
        match ballot_box::take_batch(conn, id, &new, &fresh) {
            Err(StoreError::Duplicate) => return Err(Refusal::BatchMalformed.into()),
            other => other?,
        }
        advance(conn, site, id)?;
        Ok::<_, Failure>(TakenBatch { number, size })
    })
}

/// Does whatever the agents' answers make possible: asks about the first batch that is not in the box, drops what they
/// refuse, asks them to cosign, and appends.
///
/// # Errors
/// Busy or a fault.
pub fn advance(conn: &mut Connection, site: &Site, id: &BoxId) -> Outcome<()> {
    while let Some(batch) = ballot_box::batches(conn, id)?.into_iter().find(|b| b.state != BatchState::Appended) {
        let moved = match batch.state {
            BatchState::Checking => checked(conn, site, id, batch.number)?,
            _ => cosigned(conn, site, id, batch.number)?,
        };
        if !moved {
            break;
        }
    }
    Ok(())
}

/// Asks both agents about a batch's stamps; with both answers, publishes what they refuse and moves on.
fn checked(conn: &mut Connection, site: &Site, id: &BoxId, number: u32) -> Outcome<bool> {
    let casts = ballot_box::waiting(conn, id, number)?;
    let request = ask_both(conn, site, id, &Asked::Check { number, casts })?;
    let Some(answers) = both(conn, request)? else { return Ok(false) };
    for &side in Side::ALL {
        if let Said::Checked { refused, .. } = &answers.get(side).statement.said {
            ballot_box::refuse(conn, id, number, side, refused)?;
        }
    }
    let left = !ballot_box::waiting(conn, id, number)?.is_empty();
    let to = if left { BatchState::Cosigning } else { BatchState::Appended };
    ballot_box::move_batch(conn, id, number, BatchState::Checking, to)?;
    Ok(true)
}

/// Asks both agents to cosign the log with a batch; with both signatures, appends it.
fn cosigned(conn: &mut Connection, site: &Site, id: &BoxId, number: u32) -> Outcome<bool> {
    let today = site.clock.today();
    let new: Vec<_> = ballot_box::waiting(conn, id, number)?.iter().map(Presented::leaf).collect();
    let mut all = ballot_box::leaves(conn, id)?;
    all.extend(&new);
    let (size, root) = (u32::try_from(all.len()).unwrap_or(u32::MAX), log::root(&all));
    let request = ask_both(conn, site, id, &Asked::Cosign { size, root, leaves: new })?;
    let Some(answers) = both(conn, request)? else { return Ok(false) };
    let held = period::find_box(conn, id)?;
    let manifest = periods::manifest(conn, &held)?;
    let state = Checkpoint { id: id.clone(), size, root };
    let notes = PerSide::try_of(|side| match &answers.get(side).statement.said {
        Said::Cosigned { note, .. } if state.verify(&manifest.keys(side).agent, note).is_ok() => Ok(*note),
        _ => Err(Failure::from(Refusal::SignatureRefused)),
    })?;
    ballot_box::append_batch(conn, id, number, &Cosigned { size, root, notes }, today)?;
    enrolment::shuffle(conn, id)?;
    ballot_box::move_batch(conn, id, number, BatchState::Cosigning, BatchState::Appended)?;
    Ok(true)
}

/// A batch that is in the box.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppendedBatch {
    /// 1, 2, ..
    pub number: u32,
    /// Its leaves in the log: what came, less what was refused.
    pub size: u32,
    /// The day it came.
    pub day: Date,
}

/// The log of a box as anybody may have it. How many casts wait is not in it: whoever watched that number would see when
/// the relay handed over.
#[derive(Debug, Clone)]
pub struct Published {
    /// The leaves in log order.
    pub leaves: Vec<Digest>,
    /// RFC 6962 root over them.
    pub root: Digest,
    /// The signed note under which they stand; none before the first batch.
    pub checkpoint: Option<String>,
    /// Leaves that an agent refused, with the side.
    pub refused: Vec<(Digest, Side)>,
    /// The batches that are in the box; their sizes add up to the leaves.
    pub batches: Vec<AppendedBatch>,
    /// Whether a batch waits for an agent.
    pub pending: bool,
    /// How the box stands: an open one may yet take what is missing, a destroyed one is never opened.
    pub state: BoxState,
}

/// The published log of a box.
///
/// # Errors
/// [`Refusal::NotFound`].
pub fn published(site: &Site, id: &BoxId) -> Outcome<Published> {
    site.store.look("box log", |conn| {
        let held = period::find_box(conn, id)?;
        let leaves = ballot_box::leaves(conn, id)?;
        let checkpoint = note(conn, id)?;
        let (batches, waiting): (Vec<_>, Vec<_>) =
            ballot_box::batches(conn, id)?.into_iter().partition(|batch| batch.state == BatchState::Appended);
        let sizes = ballot_box::leaves_by_batch(conn, id)?;
        let appended =
            |Batch { number, day, .. }| AppendedBatch { number, size: sizes.get(&number).copied().unwrap_or(0), day };
        Ok::<_, Failure>(Published {
            root: log::root(&leaves),
            leaves,
            checkpoint,
            refused: ballot_box::refused(conn, id)?,
            batches: batches.into_iter().map(appended).collect(),
            pending: !waiting.is_empty(),
            state: held.state,
        })
    })
}

/// The newest signed note of a box.
///
/// # Errors
/// Busy or a fault.
pub fn note(conn: &mut Connection, id: &BoxId) -> Outcome<Option<String>> {
    let Some(log) = ballot_box::cosigned(conn, id)? else { return Ok(None) };
    let held = period::find_box(conn, id)?;
    let keys = periods::manifest(conn, &held)?.each(|keys| keys.agent);
    let state = Checkpoint { id: id.clone(), size: log.size, root: log.root };
    Ok(Some(state.note(&keys, &log.notes)))
}

/// Whether every batch that came is in the box.
///
/// # Errors
/// [`StoreError`].
pub fn settled(conn: &mut Connection, id: &BoxId) -> Result<bool, StoreError> {
    Ok(ballot_box::batches(conn, id)?.iter().all(|batch| batch.state == BatchState::Appended))
}
