//! A rehearsal at the platform: the invented list both agents agree to, what was put in, and what came out.
//!
//! Nobody of the docket has a part in it and nothing of it becomes a release; a box is one of a rehearsal by its name, which
//! both sides signed. Deliberately absent: the test raters, whose devices `crate::rehearsal` plays.

use std::collections::BTreeMap;
use std::path::Path;

use hengping_domain::digest::Digest;
use hengping_domain::document::{Document, DocumentKind};
use hengping_domain::eligible;
use hengping_domain::ids::{BoxId, Direction, PeriodId, Side};
use hengping_domain::manifest::{Manifest, PeriodKind};
use hengping_domain::rehearsal::{self, Tally};
use hengping_domain::release::Draft;
use hengping_domain::request::{Asked, AskedKind};
use hengping_domain::rubric::{Rubric, Text};
use jiff::Span;
use serde::Serialize;

use super::courier::{self, ask_both};
use super::draft::{CountedFile, belong, opened, parse, read};
use super::periods::PeriodPlan;
use super::{Failure, Outcome, Refusal, Site, documents, eligibility as lists, periods};
use crate::store::audit::{self, Event};
use crate::store::eligibility::{self, List};
use crate::store::period::{self, BoxState};
pub use crate::store::rehearsal::Rehearsed;
use crate::store::{Connection, ballot_box, document, rehearsal as store, statement};

#[derive(Serialize)]
struct About<'a> {
    #[serde(rename = "box")]
    id: &'a BoxId,
    ballots: u32,
}

/// What test raters' devices seal under.
#[derive(Debug, Clone)]
pub struct Stage {
    /// The manifest in force.
    pub manifest: Manifest,
    /// The form in force.
    pub rubric: Rubric,
}

/// Days on which the boxes of a rehearsal take test ballots.
const DAYS: i64 = 30;

/// Opens a rehearsal of today under the charter and the forms that came into force last; returns its boxes with the hashes of
/// their manifests, to be signed by both sides.
///
/// # Errors
/// [`Refusal::NotInForce`] without charter or forms, [`Refusal::KeysNotReady`] before both agents have made keys (asking
/// again goes on), [`Refusal::PeriodRefused`] when there is one of today.
pub fn begin(site: &Site) -> Outcome<Vec<(BoxId, Digest)>> {
    let today = site.clock.today();
    let (charter, rubrics) = site.store.look("documents of a rehearsal", |conn| {
        let charter = newest(conn, DocumentKind::Charter)?.pop().ok_or(Refusal::NotInForce)?;
        let mut rubrics = BTreeMap::new();
        // Of each direction the last one stays.
        for rubric in newest(conn, DocumentKind::Rubric)? {
            rubrics.insert(rubric.read::<Rubric>()?.direction, rubric.hash());
        }
        Ok::<_, Failure>((charter.hash(), rubrics))
    })?;
    if rubrics.len() != Direction::ALL.len() {
        return Err(Refusal::NotInForce.into());
    }
    let id = PeriodId(format!("{}{today}", rehearsal::MARK));
    periods::prepare(site, &id)?;
    courier::deliver(site)?;
    periods::open(
        site,
        &PeriodPlan {
            id,
            title: Text { zh: format!("演练 {today}"), en: format!("Rehearsal {today}") },
            kind: PeriodKind::Pilot,
            rehearsal: true,
            starts_on: today,
            ends_on: today,
            cast_until: today.saturating_add(Span::new().days(DAYS)),
            charter,
            rubrics,
        },
    )
}

/// The documents of a kind in force, by the day on which they came into force.
pub(super) fn newest(conn: &mut Connection, kind: DocumentKind) -> Outcome<Vec<Document>> {
    let mut found = Vec::new();
    for (hash, _, _) in document::list(conn, &[kind])? {
        let held = documents::find(conn, hash)?;
        if let Some(day) = held.in_force_from() {
            found.push((day, held.document));
        }
    }
    found.sort_by_key(|(day, _)| *day);
    Ok(found.into_iter().map(|(_, document)| document).collect())
}

/// Refuses a box that is not one of a rehearsal.
fn only(id: &BoxId) -> Outcome<()> {
    if id.period.is_rehearsal() { Ok(()) } else { Err(Refusal::RehearsalOnly.into()) }
}

/// Asks both agents to adopt the manifest and to agree to the invented list; asking again changes nothing.
///
/// # Errors
/// [`Refusal::RehearsalOnly`], [`Refusal::NotFound`], [`Refusal::NotInForce`], [`Refusal::BoxState`] unless the box is open.
pub fn propose(site: &Site, id: &BoxId) -> Outcome<Stage> {
    only(id)?;
    let today = site.clock.today();
    site.store.decide("propose rehearsal", |conn| {
        let held = period::find_box(conn, id)?;
        let manifest = periods::manifest(conn, &held)?;
        if held.state != BoxState::Open {
            return Err(Refusal::BoxState.into());
        }
        lists::adopted(conn, site, &held, manifest.clone())?;
        let entries = rehearsal::entries(id);
        let (root, size) = (eligible::root(&entries)?, u32::try_from(entries.len()).unwrap_or(u32::MAX));
        let request = ask_both(conn, site, id, &Asked::Eligibility { number: 1, entries })?;
        if eligibility::of_box(conn, id)?.is_empty() {
            eligibility::insert(conn, id, &List { number: 1, request, size, total: size, root, day: today })?;
        }
        let rubric = documents::in_force(conn, DocumentKind::Rubric, manifest.rubric)?.read()?;
        Ok::<_, Failure>(Stage { manifest, rubric })
    })
}

/// Whether both agents have agreed to the invented list.
///
/// # Errors
/// Busy or a fault.
pub fn is_agreed(site: &Site, id: &BoxId) -> Outcome<bool> {
    Ok(site.store.read("rehearsal", |conn| {
        let bench = statement::said(conn, id, AskedKind::Eligibility, Side::Bench)?;
        Ok(bench.is_some() && statement::said(conn, id, AskedKind::Eligibility, Side::Bar)?.is_some())
    })?)
}

/// Notes what was put in.
///
/// # Errors
/// [`Refusal::RehearsalOnly`], [`Refusal::BoxState`] unless the box is open.
pub fn put_in(site: &Site, id: &BoxId, tally: Tally) -> Outcome<()> {
    only(id)?;
    let today = site.clock.today();
    site.store.decide("test ballots", |conn| {
        if period::find_box(conn, id)?.state != BoxState::Open {
            return Err(Refusal::BoxState.into());
        }
        if store::find(conn, id)?.is_none() {
            store::put_in(conn, id, tally)?;
            let about = About { id, ballots: tally.ballots };
            audit::append(conn, today, &Event { event: "rehearsal-cast", account: None, about })?;
        }
        Ok::<_, Failure>(())
    })
}

/// How the rehearsal of a box stands; none for a real one, and before test ballots were put in.
///
/// # Errors
/// Busy or a fault.
pub fn find(conn: &mut Connection, id: &BoxId) -> Outcome<Option<Rehearsed>> {
    Ok(store::find(conn, id)?)
}

/// Takes what the analysis left of a rehearsal: the counts, the counted list, and what the ballots said. There is no release.
///
/// # Errors
/// As [`super::draft::take`]; [`Refusal::RehearsalOnly`].
pub fn take(site: &Site, id: &BoxId, dir: &Path) -> Outcome<Rehearsed> {
    only(id)?;
    let draft: Draft = parse(&read(&dir.join("draft.json"))?)?;
    let counted: CountedFile = parse(&read(&dir.join("counted.json"))?)?;
    let out: Tally = parse(&read(&dir.join("rehearsal.json"))?)?;
    if !belong(id, &draft, &counted) || out.ballots != draft.counts.valid {
        return Err(Refusal::DraftForeign.into());
    }
    let today = site.clock.today();
    site.store.decide("take rehearsal", |conn| {
        let held = period::find_box(conn, id)?;
        if held.manifest != draft.manifest || draft.counts.taken != ballot_box::stamps(conn, id)? {
            return Err(Refusal::DraftForeign.into());
        }
        opened(conn, id, &counted)?;
        store::came_out(conn, id, out)?;
        let about = About { id, ballots: out.ballots };
        audit::append(conn, today, &Event { event: "rehearsal-opened", account: None, about })?;
        store::find(conn, id)?.ok_or_else(|| Refusal::BoxState.into())
    })
}
