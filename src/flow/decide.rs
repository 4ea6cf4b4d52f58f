//! Deciding an objection: each side's coordinator upholds or rejects it, in words that the ratee reads.
//!
//! Upheld it gives both sides the right to propose a correction, which they sign as any other. A decision after the last day is
//! taken until somebody has signed the draft: whoever signs knows what became of every objection. Deliberately absent: changing a
//! decision, and correcting by itself.

use hengping_domain::digest::Digest;
use hengping_domain::ids::{AccountId, Side};
use hengping_domain::prose;
use hengping_domain::reply::{Decision, LONGEST_OBJECTION, Opinion, Standing};
use serde::Serialize;

use super::{Failure, Outcome, Refusal, Site, window};
use crate::store::audit::{self, Event};
use crate::store::person::{self, Person};
pub use crate::store::reply::Filed;
use crate::store::{StoreError, document, release, reply, savepoint};

#[derive(Serialize)]
struct About<'a> {
    release: Digest,
    subject: &'a str,
    opinion: Opinion,
}

/// An objection, whose it is, and how it stands.
#[derive(Debug, Clone)]
pub struct Objected {
    /// Whose.
    pub person: Person,
    /// What, and what was decided so far.
    pub filed: Filed,
    /// What it came to, and who let the last day pass.
    pub standing: Standing,
}

/// The objections to a release, by ratee; for both sides' coordinators and negotiators.
///
/// # Errors
/// [`Refusal::NotFound`].
pub fn objections(site: &Site, hash: Digest) -> Outcome<Vec<Objected>> {
    let today = site.clock.today();
    site.store.look("objections", |conn| {
        let held = release::find(conn, hash)?;
        let window = window::of(conn, hash)?;
        let filed = reply::objections(conn, hash)?;
        let read = |filed: Filed| {
            let standing = window::stands(&held, window, &filed, today);
            Ok::<_, Failure>(Objected { person: person::by_ratee(conn, &filed.subject)?, filed, standing })
        };
        filed.into_iter().map(read).collect()
    })
}

/// Records what a side decided about the objection of a ratee.
///
/// # Errors
/// [`Refusal::NotFound`] where nobody of that name has objected, [`Refusal::TextRefused`], [`Refusal::ObjectionDecided`],
/// [`Refusal::DecisionLate`] once a side has signed the release.
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
        let words = prose::line(words, LONGEST_OBJECTION)?;
        let first =
            filed.iter().all(|each| each.subject.as_str() != subject || each.decisions.iter().all(|d| d.side != side));
        if first && !document::signatures(conn, hash)?.is_empty() {
            return Err(Refusal::DecisionLate.into());
        }
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
