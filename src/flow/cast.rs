//! Casting: an envelope under a stamp goes into the spool, and nobody learns whose it is.
//!
//! The same bytes get the same receipt, a higher number replaces until close, and everything else is refused with one answer.
//! Deliberately absent: sessions, invitations, the audit log, and any look inside the envelope.

use hengping_domain::ballot::MAX_SEQ;
use hengping_domain::digest::{Bytes, Bytes32, Digest};
use hengping_domain::envelope::Envelope;
use hengping_domain::ids::BoxId;
use hengping_domain::log;
use hengping_domain::token;
use jiff::civil::Date;

use super::{Failure, Outcome, Refusal, Site, periods};
use crate::store::ballot_box::{self, Held, TokenKind};
use crate::store::period::{self, BoxState};
use crate::store::{Connection, StoreError};

/// What arrives at the box.
#[derive(Debug, Clone)]
pub struct Cast {
    /// The box.
    pub ballot_box: BoxId,
    /// One-time public key.
    pub stamp: Bytes32,
    /// 1 to 8.
    pub seq: u32,
    /// The sealed ballot.
    pub envelope: Envelope,
    /// By the stamp over box, number and envelope.
    pub signature: Bytes<64>,
}

/// Stores a cast and returns its leaf, the receipt.
///
/// # Errors
/// [`Refusal::CastRefused`].
pub fn cast(site: &Site, cast: &Cast) -> Outcome<Digest> {
    let envelope = cast.envelope.hash();
    let signed = token::verify_cast(&cast.stamp, &cast.ballot_box, cast.seq, envelope, &cast.signature);
    if signed.is_err() || !(1..=MAX_SEQ).contains(&cast.seq) {
        return Err(Refusal::CastRefused.into());
    }
    let new = Held { seq: cast.seq, leaf: log::leaf(&cast.stamp, envelope) };
    let today = site.clock.today();
    site.store.decide("cast", |conn| store(conn, cast, &new, today))?;
    Ok(new.leaf)
}

fn store(conn: &mut Connection, cast: &Cast, new: &Held, today: Date) -> Outcome<()> {
    let refused = || Failure::from(Refusal::CastRefused);
    let id = &cast.ballot_box;
    let stamp = token::stamp_hash(&cast.stamp);
    let held_box = match period::find_box(conn, id) {
        Err(StoreError::NotFound) => return Err(refused()),
        other => other?,
    };
    if !periods::takes_ballots(conn, &held_box, today)? || !ballot_box::is_listed(conn, id, TokenKind::Stamp, stamp)? {
        return Err(refused());
    }
    match ballot_box::held(conn, stamp)? {
        Some(held) if held == *new => return Ok(()),
        Some(held) if held.seq >= new.seq => return Err(refused()),
        _ => {}
    }
    match ballot_box::spool(conn, id, stamp, new, &cast.envelope) {
        // Somebody else's cast of this stamp came first; look again, it may be the same bytes.
        Err(StoreError::Duplicate) => Err(Failure::Busy),
        other => Ok(other?),
    }
}

/// What everybody may know of a box's list. How many casts wait is not in it: whoever watched that number would see
/// the moment of each cast.
#[derive(Debug, Clone)]
pub struct Published {
    /// RFC 6962 root over the sorted leaves.
    pub root: Digest,
    /// The leaves.
    pub leaves: Vec<Digest>,
    /// Sorted batches so far.
    pub batches: u32,
    /// Whether the box still takes ballots, so that a missing one may yet come with the next batch.
    pub open: bool,
}

/// The published list of a box.
///
/// # Errors
/// [`Refusal::NotFound`].
pub fn published(site: &Site, id: &BoxId) -> Outcome<Published> {
    Ok(site.store.read("box log", |conn| {
        let open = period::find_box(conn, id)?.state == BoxState::Open;
        let leaves = ballot_box::leaves(conn, id)?;
        Ok(Published { root: log::root(&leaves), leaves, batches: ballot_box::batches(conn, id)?, open })
    })?)
}

/// Moves what waits into the box as one sorted batch, if it is at least `least` casts; returns how many went.
///
/// # Errors
/// Busy or a fault.
pub fn batch(site: &Site, id: &BoxId, least: u32) -> Outcome<u32> {
    let today = site.clock.today();
    let moved = site.store.decide("append batch", |conn| {
        if ballot_box::waiting(conn, id)? < least {
            // Who listed tokens today must not show in their order even on a day with too few ballots.
            ballot_box::sort_tokens(conn, id)?;
            return Ok(0);
        }
        let held = period::find_box(conn, id)?;
        periods::manifest(conn, &held)?;
        Ok::<_, Failure>(ballot_box::append_batch(conn, id, today)?)
    })?;
    site.store.sweep();
    Ok(moved)
}
