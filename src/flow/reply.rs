//! Replying: what a ratee says beside the own result, or holds against it, while its window is open.
//!
//! A statement can be changed and taken back until the last day is over; an objection is filed once, because both sides begin
//! to look into it. Somebody who has no result in a draft hears what a stranger hears. Deliberately absent: raters.

use hengping_domain::correction::ObjectionReason;
use hengping_domain::digest::Digest;
use hengping_domain::ids::{AccountId, PersonId};
use hengping_domain::prose;
use hengping_domain::release::{Audience, ReleaseState};
use hengping_domain::reply::{LONGEST_OBJECTION, Objection};
use jiff::civil::Date;
use serde::Serialize;

use super::{Failure, Outcome, Refusal, Site, correct, read_release, read_setting, window};
use crate::store::audit::{self, Event};
use crate::store::person::{self, Person};
use crate::store::{Connection, StoreError, release, reply, savepoint};

#[derive(Serialize)]
struct About {
    release: Digest,
}

/// The ratee who may answer to a draft today, and the longest statement.
fn ratee(conn: &mut Connection, person: &PersonId, hash: Digest, today: Date) -> Outcome<(Person, usize)> {
    let me = person::find(conn, person)?;
    let held = release::find(conn, hash)?;
    let window = window::of(conn, hash)?;
    let draft = read_release::body(conn, hash)?.draft;
    let told = draft.about(me.ratee.as_str(), Audience::Own).next().is_some();
    let mine = held.ballot_box.direction.ratee_side() == me.side && told;
    if !mine || (held.state == ReleaseState::Draft && window.is_none()) {
        return Err(Refusal::NotFound.into());
    }
    if !window::is_open(&held, window, today) || correct::corrected_by(conn, &held)?.is_some() {
        return Err(Refusal::WindowClosed.into());
    }
    Ok((me, read_setting::charter(conn, &draft)?.reply.characters as usize))
}

/// Puts a ratee's statement beside the own result, in the place of the one before; without words it is taken back.
///
/// # Errors
/// [`Refusal::NotFound`] unless the person has a result in a draft that is shown, [`Refusal::WindowClosed`],
/// [`Refusal::TextRefused`].
pub fn state(site: &Site, person: &PersonId, hash: Digest, words: Option<&str>, by: Option<&AccountId>) -> Outcome<()> {
    let today = site.clock.today();
    site.store.decide("statement", |conn| {
        let (me, longest) = ratee(conn, person, hash, today)?;
        let kept = words.map(|words| prose::line(words, longest)).transpose()?;
        reply::set_statement(conn, hash, &me.ratee, kept.as_deref())?;
        let event = if kept.is_some() { "statement-made" } else { "statement-withdrawn" };
        let account = by.map(AccountId::as_str);
        audit::append(conn, today, &Event { event, account, about: About { release: hash } })?;
        Ok::<_, Failure>(())
    })
}

/// Files a ratee's objection, for both sides to decide.
///
/// # Errors
/// As [`state`]; [`Refusal::ObjectionFiled`] for a second one.
pub fn object(
    site: &Site,
    person: &PersonId,
    hash: Digest,
    reason: ObjectionReason,
    words: &str,
    by: Option<&AccountId>,
) -> Outcome<()> {
    let today = site.clock.today();
    site.store.decide("objection", |conn| {
        let (me, _) = ratee(conn, person, hash, today)?;
        let text = prose::line(words, LONGEST_OBJECTION)?;
        let new = Objection { reason, text, filed_on: today };
        match savepoint(conn, |conn| reply::put_objection(conn, hash, &me.ratee, &new)) {
            Err(StoreError::Duplicate) => return Err(Refusal::ObjectionFiled.into()),
            other => other?,
        }
        let account = by.map(AccountId::as_str);
        let event = Event { event: "objection-filed", account, about: About { release: hash } };
        audit::append(conn, today, &event)?;
        Ok::<_, Failure>(())
    })
}
