//! The log of changes: what became of every release that is out, by day.
//!
//! It is the same for every reader and is made of signed documents alone: a draft, and what nobody but officers may know yet, is
//! never in it. Deliberately absent: a table of its own, which could say something else than the documents.

use hengping_domain::correction::ObjectionReason;
use hengping_domain::digest::Digest;
use hengping_domain::ids::BoxId;
use hengping_domain::release::ReleaseState;
use hengping_domain::rubric::Text;
use hengping_domain::withdrawal::WithdrawalReason;
use jiff::civil::Date;

use super::{Failure, Outcome, Site, correct, withdraw};
use crate::store::release;

/// What happened to a release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// Both sides let it out; of one that followed a correction, whose place it took.
    Released {
        /// The release that it stands for now.
        replaces: Option<Digest>,
    },
    /// Both sides signed that blocks of it are void.
    Corrected {
        /// Hash of the correction.
        document: Digest,
        /// Why.
        reason: ObjectionReason,
        /// The release that took its place, once that is out.
        by: Option<Digest>,
    },
    /// Both sides took it back.
    Withdrawn {
        /// Hash of the withdrawal.
        document: Digest,
        /// Why.
        reason: WithdrawalReason,
        /// What both sides say about it.
        words: Option<Text>,
    },
}

/// One line of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// When.
    pub day: Date,
    /// Of which box.
    pub ballot_box: BoxId,
    /// To which release.
    pub release: Digest,
    /// What.
    pub what: What,
}

/// Every change of every release that is out, the latest day first; within a day by box, and in the order in which things
/// happen to a release.
///
/// # Errors
/// Busy or a fault.
pub fn list(site: &Site) -> Outcome<Vec<Change>> {
    site.store.look("log of changes", |conn| {
        let mut found = Vec::new();
        let out = release::all(conn)?.into_iter().filter(|each| each.state == ReleaseState::Released);
        for held in out {
            let mut add = |day, what| {
                found.push(Change { day, ballot_box: held.ballot_box.clone(), release: held.hash, what });
            };
            let (before, after) = neighbours(&correct::of_box(conn, &held.ballot_box)?, held.hash);
            add(held.day, What::Released { replaces: before });
            for (body, document) in correct::all(conn, &held.ballot_box)? {
                let Some(day) = document.in_force_from().filter(|_| body.release == held.hash) else { continue };
                let (document, reason) = (document.document.hash(), body.reason);
                add(day, What::Corrected { document, reason, by: after });
            }
            if let Some(taken) = withdraw::of(conn, &held)? {
                let withdraw::Withdrawn { document, day, reason, words } = taken;
                add(day, What::Withdrawn { document, reason, words });
            }
        }
        let step = |what: &What| match what {
            What::Released { .. } => 0,
            What::Corrected { .. } => 1,
            What::Withdrawn { .. } => 2,
        };
        found.sort_by(|a, b| {
            let key = |each: &Change| (each.ballot_box.to_string(), step(&each.what), each.release);
            b.day.cmp(&a.day).then_with(|| key(a).cmp(&key(b)))
        });
        Ok::<_, Failure>(found)
    })
}

/// The releases of a box that are out on either side of one; a draft between them stands for nothing.
fn neighbours(all: &[release::Release], hash: Digest) -> (Option<Digest>, Option<Digest>) {
    let out: Vec<_> = all.iter().filter(|each| each.state == ReleaseState::Released).map(|each| each.hash).collect();
    let Some(at) = out.iter().position(|each| *each == hash) else { return (None, None) };
    (at.checked_sub(1).and_then(|at| out.get(at)).copied(), out.get(at + 1).copied())
}
