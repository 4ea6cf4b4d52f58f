//! The fairness audit of a release: its lines against the charter's limits, and what both sides note before anybody signs (R19).
//!
//! The lines are read off the draft and the last release before it, so that whoever has both finds the same. A note is given
//! once, while the release is a draft, and goes with the result. Deliberately absent: anything that is not in a release.

use hengping_domain::charter::Fairness;
use hengping_domain::digest::Digest;
use hengping_domain::fairness::{self as domain, Audit, Earlier, LONGEST_NOTE, Note, Subject};
use hengping_domain::ids::{AccountId, Side};
use hengping_domain::prose;
use hengping_domain::release::{Draft, ReleaseState};
use serde::Serialize;

use super::{Failure, Outcome, Refusal, Site, read_release, read_setting, research};
use crate::store::audit::{self, Event};
use crate::store::release::{self, Release};
use crate::store::{Connection, StoreError, fairness, period, savepoint};

/// The audit as officers of both sides read it.
#[derive(Debug, Clone)]
pub struct Page {
    /// Box, state and day.
    pub release: Release,
    /// The lines; `None` where the charter sets no limits.
    pub audit: Option<Audit>,
    /// What both sides have noted.
    pub notes: Vec<Note>,
    /// The release that the drift is measured from.
    pub earlier: Option<Digest>,
}

/// What of the audit goes with a release that is out: which subjects were over, and what both sides say about it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Noted {
    /// In the order of the audit, each once; which court or item it was stays with the sides.
    pub over: Vec<Subject>,
    /// The notes.
    pub notes: Vec<Note>,
}

#[derive(Serialize)]
struct About {
    release: Digest,
    side: Side,
}

/// The audit of a release, drafts included.
///
/// # Errors
/// [`Refusal::NotFound`].
pub fn read(site: &Site, hash: Digest) -> Outcome<Page> {
    site.store.look("fairness audit", |conn| {
        let held = release::find(conn, hash)?;
        let draft = read_release::body(conn, hash)?.draft;
        let before = before(conn, &held)?;
        let limits = read_setting::charter(conn, &draft)?.fairness;
        let audit = limits.map(|limits| against(&limits, &draft, before.as_ref()));
        let notes = fairness::notes(conn, hash)?;
        Ok::<_, Failure>(Page { release: held, audit, notes, earlier: before.map(|(release, _)| release.hash) })
    })
}

/// The audit of a draft or release; `None` where the charter sets no limits.
pub(super) fn of(conn: &mut Connection, held: &Release, draft: &Draft) -> Outcome<Option<Audit>> {
    let Some(limits) = read_setting::charter(conn, draft)?.fairness else { return Ok(None) };
    Ok(Some(against(&limits, draft, before(conn, held)?.as_ref())))
}

/// The audit of a draft, `before` being what the drift is measured from.
fn against(limits: &Fairness, draft: &Draft, before: Option<&(Release, Draft)>) -> Audit {
    let earlier = match before {
        None => Earlier::None,
        Some((_, before)) if before.rubric != draft.rubric => Earlier::OtherForm,
        Some((_, before)) => Earlier::SameForm(before),
    };
    domain::audit(draft, limits, earlier)
}

/// The release of the same direction and kind that stands and whose period ended last before this one's.
fn before(conn: &mut Connection, held: &Release) -> Outcome<Option<(Release, Draft)>> {
    let own = period::find(conn, &held.ballot_box.period)?;
    let mut last = None;
    for other in release::all(conn)? {
        if other.ballot_box.direction != held.ballot_box.direction || other.ballot_box == held.ballot_box {
            continue;
        }
        let of = period::find(conn, &other.ballot_box.period)?;
        let earlier = of.kind == own.kind && of.ends_on < own.ends_on;
        let latest = last.as_ref().is_none_or(|(day, _)| *day < of.ends_on);
        if earlier && latest && research::stands(conn, &other)? {
            last = Some((of.ends_on, other));
        }
    }
    let Some((_, release)) = last else { return Ok(None) };
    let draft = read_release::body(conn, release.hash)?.draft;
    Ok(Some((release, draft)))
}

/// Takes a side's note on a draft.
///
/// # Errors
/// [`Refusal::NotFound`], [`Refusal::Stale`] once the release is out, [`Refusal::TextRefused`], [`Refusal::FairnessNoted`].
pub fn note(site: &Site, hash: Digest, side: Side, words: &str, by: Option<&AccountId>) -> Outcome<()> {
    let today = site.clock.today();
    site.store.decide("fairness note", |conn| {
        if release::find(conn, hash)?.state == ReleaseState::Released {
            return Err(Refusal::Stale.into());
        }
        let words = prose::line(words, LONGEST_NOTE)?;
        let new = Note { side, words, day: today };
        match savepoint(conn, |conn| fairness::put_note(conn, hash, &new)) {
            Err(StoreError::Duplicate) => return Err(Refusal::FairnessNoted.into()),
            other => other?,
        }
        let account = by.map(AccountId::as_str);
        audit::append(conn, today, &Event { event: "fairness-noted", account, about: About { release: hash, side } })?;
        Ok::<_, Failure>(())
    })
}

/// Before a side's signature is taken: whatever is over a limit has been noted by both sides.
///
/// # Errors
/// [`Refusal::FairnessOpen`].
pub(super) fn noted(conn: &mut Connection, held: &Release) -> Outcome<()> {
    if missing(conn, held)?.is_empty() { Ok(()) } else { Err(Refusal::FairnessOpen.into()) }
}

/// The sides whose note a draft waits for.
pub(super) fn missing(conn: &mut Connection, held: &Release) -> Outcome<Vec<Side>> {
    if held.state == ReleaseState::Released {
        return Ok(Vec::new());
    }
    let draft = read_release::body(conn, held.hash)?.draft;
    let Some(audit) = of(conn, held, &draft)? else { return Ok(Vec::new()) };
    let notes = fairness::notes(conn, held.hash)?;
    Ok(domain::unnoted(&audit, &notes))
}

/// What goes with a release, `draft` being what it was made of.
///
/// # Errors
/// Busy or a fault.
pub(super) fn beside(conn: &mut Connection, held: &Release, draft: &Draft) -> Outcome<Option<Noted>> {
    let Some(audit) = of(conn, held, draft)? else { return Ok(None) };
    let mut over: Vec<Subject> = audit.over().map(|line| line.subject).collect();
    over.dedup();
    Ok(Some(Noted { over, notes: fairness::notes(conn, held.hash)? }))
}
