//! Concluding a pilot: the scorecard of its boxes, and a document both sides sign before a regular period opens (R13).
//!
//! The scorecard is read off the releases each time; a conclusion holds what it said when it was proposed, and is signed only
//! while that still holds. Deliberately absent: opening the regular period, and taking a conclusion back.

use std::collections::BTreeMap;

use hengping_domain::charter::{Charter, Exit};
use hengping_domain::conclusion::{Conclusion, LONGEST_EXCEPTION};
use hengping_domain::digest::Digest;
use hengping_domain::document::{Document, DocumentKind};
use hengping_domain::ids::{AccountId, Direction, PeriodId};
use hengping_domain::manifest::PeriodKind;
use hengping_domain::prose;
use hengping_domain::release::ReleaseState;
use hengping_domain::rubric::Text;
use hengping_domain::scorecard::{Finding, Line, PilotBox, needed, results, scorecard};
use serde::Serialize;

use super::documents::{self, OnRecord};
use super::draft::ReleaseBody;
use super::{Failure, Outcome, Refusal, Site, correct, fairness, read_release, rehearse, withdraw};
use crate::store::audit::{self, Event};
use crate::store::period::{self, BoxState, Period};
use crate::store::release::{self, Release};
use crate::store::{Connection, document, reply};

/// A pilot before its conclusion.
#[derive(Debug, Clone)]
pub struct Scorecard {
    /// The pilot.
    pub period: Period,
    /// What its charter asks for; `None` where it asks for nothing.
    pub exit: Option<Exit>,
    /// Every criterion of both boxes.
    pub lines: Vec<Line>,
    /// By direction: how many ballots a result would have needed for a reliability, and how many ratees had one.
    pub boxes: BTreeMap<Direction, Planned>,
    /// Conclusions on record, signed or not.
    pub conclusions: Vec<(Conclusion, OnRecord)>,
}

/// What a box of a pilot says for planning.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Planned {
    /// The release it is read off.
    pub release: Option<Digest>,
    /// By reliability, `0.70` and `0.80`.
    pub needed: Vec<(String, u32)>,
    /// Ratees whose own result left the gate.
    pub results: usize,
}

/// What is known of one box.
struct Found {
    held: Release,
    body: ReleaseBody,
    objections: usize,
    over: Option<usize>,
}

#[derive(Serialize)]
struct About<'a> {
    period: &'a PeriodId,
    document: Digest,
}

/// The scorecard of a pilot.
///
/// # Errors
/// [`Refusal::NotFound`], also for a period that is no pilot.
pub fn read(site: &Site, id: &PeriodId) -> Outcome<Scorecard> {
    site.store.look("scorecard", |conn| {
        let (period, charter) = pilot(conn, id)?;
        let found = boxes(conn, id)?;
        let conclusions = all(conn, id)?;
        let planned = |each: &Option<Found>| {
            each.as_ref().map_or_else(Planned::default, |found| Planned {
                release: Some(found.held.hash),
                needed: needed(&found.body.draft),
                results: results(&found.body.draft),
            })
        };
        let lines = charter.pilot.exit.as_ref().map_or_else(Vec::new, |exit| lines(&found, exit));
        let boxes = found.iter().map(|(direction, each)| (*direction, planned(each))).collect();
        Ok::<_, Failure>(Scorecard { period, exit: charter.pilot.exit, lines, boxes, conclusions })
    })
}

fn pilot(conn: &mut Connection, id: &PeriodId) -> Outcome<(Period, Charter)> {
    let found = period::find(conn, id)?;
    if found.kind != PeriodKind::Pilot || id.is_rehearsal() {
        return Err(Refusal::NotFound.into());
    }
    let charter = document::find(conn, found.charter)?.read()?;
    Ok((found, charter))
}

/// The last release or draft of each box that stands.
fn boxes(conn: &mut Connection, id: &PeriodId) -> Outcome<BTreeMap<Direction, Option<Found>>> {
    let mut found = BTreeMap::new();
    for held in period::boxes(conn, id)? {
        let mut last = None;
        for release in release::of_box(conn, &held.id)? {
            if correct::corrected_by(conn, &release)?.is_none() && withdraw::of(conn, &release)?.is_none() {
                last = Some(release);
            }
        }
        let each = match last {
            None => None,
            Some(release) => {
                let body = read_release::body(conn, release.hash)?;
                let audit = fairness::of(conn, &release, &body.draft)?;
                Some(Found {
                    objections: reply::objections(conn, release.hash)?.len(),
                    over: audit.map(|audit| audit.over().count()),
                    held: release,
                    body,
                })
            }
        };
        found.insert(held.id.direction, each);
    }
    Ok(found)
}

fn lines(found: &BTreeMap<Direction, Option<Found>>, exit: &Exit) -> Vec<Line> {
    let mut boxes = Vec::new();
    for (&direction, found) in found {
        let found = found.as_ref();
        boxes.push(PilotBox {
            direction,
            draft: found.map(|found| &found.body.draft),
            released: found.is_some_and(|found| found.held.state == ReleaseState::Released),
            objections: found.map_or(0, |found| found.objections),
            over: found.and_then(|found| found.over),
        });
    }
    scorecard(&boxes, exit)
}

/// Every conclusion about a pilot on record, signed or not, by day.
fn all(conn: &mut Connection, id: &PeriodId) -> Outcome<Vec<(Conclusion, OnRecord)>> {
    let mut found = Vec::new();
    for (hash, _, _) in document::list(conn, &[DocumentKind::Conclusion])? {
        let held = documents::find(conn, hash)?;
        let body: Conclusion = held.document.read()?;
        if body.period == *id {
            found.push((body, held));
        }
    }
    Ok(found)
}

/// What a conclusion of today would hold.
fn findings(conn: &mut Connection, id: &PeriodId) -> Outcome<(BTreeMap<Direction, Digest>, Vec<Finding>)> {
    let (_, charter) = pilot(conn, id)?;
    let Some(exit) = charter.pilot.exit else { return Err(Refusal::NoCriteria.into()) };
    let open =
        period::boxes(conn, id)?.iter().any(|held| held.state == BoxState::Open || held.state == BoxState::Closed);
    if open {
        return Err(Refusal::BoxState.into());
    }
    let found = boxes(conn, id)?;
    let releases = found.iter().filter_map(|(direction, each)| Some((*direction, each.as_ref()?.held.hash)));
    Ok((releases.collect(), lines(&found, &exit).iter().map(Finding::from).collect()))
}

/// Puts a pilot's conclusion on record, for both sides to sign; returns its hash. The same again changes nothing.
///
/// # Errors
/// [`Refusal::NotFound`], [`Refusal::NoCriteria`], [`Refusal::BoxState`] while a box of it is not opened,
/// [`Refusal::PilotFailed`] where a criterion is not met and no exception is given, [`Refusal::DocumentMalformed`] for an
/// exception that is not needed, [`Refusal::TextRefused`].
pub fn propose(site: &Site, id: &PeriodId, exception: Option<Text>, by: Option<&AccountId>) -> Outcome<Digest> {
    let today = site.clock.today();
    site.store.decide("propose conclusion", |conn| {
        let (period, _) = pilot(conn, id)?;
        let (releases, findings) = findings(conn, id)?;
        let exception = exception.as_ref().map(|words| prose::both(words, LONGEST_EXCEPTION)).transpose();
        let body =
            Conclusion { v: 1, period: id.clone(), charter: period.charter, releases, findings, exception: exception? };
        if body.falls_short() && body.exception.is_none() {
            return Err(Refusal::PilotFailed.into());
        }
        if !body.is_sound() {
            return Err(Refusal::DocumentMalformed.into());
        }
        let new = Document::new(DocumentKind::Conclusion, &body)?;
        document::put(conn, &new, today)?;
        let about = About { period: id, document: new.hash() };
        let account = by.map(AccountId::as_str);
        audit::append(conn, today, &Event { event: "conclusion-proposed", account, about })?;
        Ok::<_, Failure>(new.hash())
    })
}

/// Before a side's signature is taken: the scorecard still says what the conclusion holds.
///
/// # Errors
/// [`Refusal::Stale`], and as [`propose`].
pub(super) fn signable(conn: &mut Connection, hash: Digest) -> Outcome<()> {
    let body: Conclusion = document::find(conn, hash)?.read()?;
    let (releases, findings) = findings(conn, &body.period)?;
    if body.releases != releases || body.findings != findings {
        return Err(Refusal::Stale.into());
    }
    Ok(())
}

/// Before a regular period opens: where its charter asks for a pilot, both sides have concluded one under a charter of the
/// same name, whatever its version.
///
/// # Errors
/// [`Refusal::PilotFirst`].
pub(super) fn concluded(conn: &mut Connection, charter: &Charter) -> Outcome<()> {
    if charter.pilot.exit.is_none() {
        return Ok(());
    }
    for document in rehearse::newest(conn, DocumentKind::Conclusion)? {
        let of: Charter = document::find(conn, document.read::<Conclusion>()?.charter)?.read()?;
        if of.id == charter.id {
            return Ok(());
        }
    }
    Err(Refusal::PilotFirst.into())
}
