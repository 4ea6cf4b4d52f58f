//! Deciding an objection: each side's coordinator upholds or rejects it, in words that the ratee reads.
//!
//! Upheld by both sides it gives them the right to propose a correction, which they sign as any other; else it is rejected.
//! Deliberately absent: changing a decision, and correcting by itself.

use hengping_domain::digest::Digest;
use hengping_domain::ids::{AccountId, Side};
use hengping_domain::prose;
use hengping_domain::reply::{Decision, LONGEST_OBJECTION, Opinion};
use serde::Serialize;

use super::{Failure, Outcome, Refusal, Site};
use crate::store::audit::{self, Event};
use crate::store::person::{self, Person};
pub use crate::store::reply::Filed;
use crate::store::{StoreError, release, reply, savepoint};

#[derive(Serialize)]
struct About<'a> {
    release: Digest,
    subject: &'a str,
    opinion: Opinion,
}

/// The objections to a release with whose they are, by ratee; for both sides' coordinators and negotiators.
///
/// # Errors
/// [`Refusal::NotFound`].
pub fn objections(site: &Site, hash: Digest) -> Outcome<Vec<(Person, Filed)>> {
    site.store.look("objections", |conn| {
        release::find(conn, hash)?;
        let filed = reply::objections(conn, hash)?.into_iter();
        filed.map(|each| Ok::<_, Failure>((person::by_ratee(conn, &each.subject)?, each))).collect()
    })
}

/// Records what a side decided about the objection of a ratee.
///
/// # Errors
/// [`Refusal::NotFound`] where nobody of that name has objected, [`Refusal::TextRefused`], [`Refusal::ObjectionDecided`].
pub fn decide(
    site: &Site,
    hash: Digest,
    subject: &str,
    side: Side,
    (opinion, words): (Opinion, &str),
    by: Option<&AccountId>,
) -> Outcome<()> {
    let today = site.clock.today();
    site.store.decide("decide objection", |conn| {
        release::find(conn, hash)?;
        let filed = reply::objections(conn, hash)?;
        if !filed.iter().any(|each| each.subject.as_str() == subject) {
            return Err(Refusal::NotFound.into());
        }
        let words = prose::line(words, LONGEST_OBJECTION).map_err(|_| Refusal::TextRefused)?;
        let new = Decision { side, opinion, words, day: today };
        match savepoint(conn, |conn| reply::put_decision(conn, hash, subject, &new)) {
            Err(StoreError::Duplicate) => return Err(Refusal::ObjectionDecided.into()),
            other => other?,
        }
        let about = About { release: hash, subject, opinion };
        let account = by.map(AccountId::as_str);
        audit::append(conn, today, &Event { event: "objection-decided", account, about })?;
        Ok::<_, Failure>(())
    })
}
