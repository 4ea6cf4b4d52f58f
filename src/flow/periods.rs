//! Opening a period: its documents, its dates, its two boxes and their manifests.
//!
//! Nothing is invited or cast before both sides have signed the manifest of the box.
//! Deliberately absent: when a period should open; both sides decide that.

use std::collections::BTreeMap;

use hengping_domain::charter::Charter;
use hengping_domain::digest::{Bytes, Digest};
use hengping_domain::document::{Document, DocumentKind};
use hengping_domain::ids::{BoxId, Direction, PeriodId, Side};
use hengping_domain::manifest::{Manifest, PerSide, PeriodKind, SideKeys};
use hengping_domain::prose;
use hengping_domain::request::{Asked, AskedKind};
use hengping_domain::rubric::{Rubric, Text};
use hengping_domain::statement::Said;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{Failure, Outcome, Refusal, Site, conclude, courier, documents, draw, extend};
use crate::store::audit::{self, Event};
pub use crate::store::draw::DrawShare;
use crate::store::period;
pub use crate::store::period::{BallotBox, BoxState, Period};
use crate::store::{Connection, StoreError, document, draw as store_draw, statement};

/// Characters of a period's title in one language.
const LONGEST_TITLE: usize = 100;

/// What both sides agreed on for a period.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PeriodPlan {
    /// Short name, for example `2026`.
    pub id: PeriodId,
    /// Title.
    pub title: Text,
    /// Pilot or regular.
    pub kind: PeriodKind,
    /// Whether everything in it is invented; the name begins with `rehearsal-` then, and only then.
    #[serde(default)]
    pub rehearsal: bool,
    /// First day on which a case may fall due.
    pub starts_on: Date,
    /// Last such day.
    pub ends_on: Date,
    /// Last day a ballot is taken.
    pub cast_until: Date,
    /// Hash of the charter.
    pub charter: Digest,
    /// Hash of the rubric of each direction.
    pub rubrics: BTreeMap<Direction, Digest>,
}

/// Asks both agents to make the keys of a period's boxes; without them the period cannot open. Asking again changes nothing.
///
/// # Errors
/// [`Refusal::PeriodRefused`] for a name that is none, [`Refusal::KeysNotReady`] before both sides are enrolled.
pub fn prepare(site: &Site, period: &PeriodId) -> Outcome<()> {
    if period.as_str().parse::<PeriodId>().is_err() {
        return Err(Refusal::PeriodRefused.into());
    }
    site.store.decide("prepare period", |conn| {
        for &side in Side::ALL {
            documents::keys(conn, side)?;
        }
        for &direction in Direction::ALL {
            courier::ask_both(conn, site, &BoxId { period: period.clone(), direction }, &Asked::Keys)?;
        }
        Ok::<_, Failure>(())
    })
}

/// Everything a side is known by in a box: what it enrolled, and what its agent made.
fn side_keys(conn: &mut Connection, id: &BoxId, side: Side) -> Outcome<SideKeys> {
    let enrolled = documents::keys(conn, side)?;
    match statement::said(conn, id, AskedKind::Keys, side)?.map(|signed| signed.statement.said) {
        Some(Said::Keys(keys)) => Ok(SideKeys {
            signing: enrolled.signing,
            agent: enrolled.agent,
            issuer: keys.issuer,
            mix: keys.mix,
            opening: keys.opening,
        }),
        _ => Err(Refusal::KeysNotReady.into()),
    }
}

/// Opens a period with a box for each direction; returns the hashes of the manifests, to be signed.
///
/// # Errors
/// [`Refusal::PeriodRefused`], [`Refusal::TextRefused`] for a title that does not fit, [`Refusal::NotInForce`],
/// [`Refusal::PilotFirst`] for a regular period whose charter asks for a
/// pilot before it, [`Refusal::KeysNotReady`] before both agents have made theirs
/// ([`prepare`]), [`Refusal::DrawNotReady`] before both
/// sides have committed to their part of the draw.
pub fn open(site: &Site, plan: &PeriodPlan) -> Outcome<Vec<(BoxId, Digest)>> {
    let ordered = plan.starts_on <= plan.ends_on && plan.ends_on <= plan.cast_until;
    let named = |direction| BoxId { period: plan.id.clone(), direction };
    let plain = plan.id.as_str().parse::<PeriodId>().is_ok() && plan.id.is_rehearsal() == plan.rehearsal;
    if !ordered || !plain || plan.rubrics.len() != Direction::ALL.len() {
        return Err(Refusal::PeriodRefused.into());
    }
    let today = site.clock.today();
    site.store.decide("open period", |conn| {
        let charter: Charter = documents::in_force(conn, DocumentKind::Charter, plan.charter)?.read()?;
        if plan.kind == PeriodKind::Regular && !plan.rehearsal {
            conclude::concluded(conn, &charter)?;
        }
        insert(conn, plan)?;
        // Nobody is drawn for a rehearsal.
        if !plan.rehearsal {
            draw::committed(conn, &plan.id)?;
        }
        let mut manifests = Vec::new();
        for (&direction, &rubric) in &plan.rubrics {
            let form: Rubric = documents::in_force(conn, DocumentKind::Rubric, rubric)?.read()?;
            if form.direction != direction {
                return Err(Refusal::PeriodRefused.into());
            }
            let id = named(direction);
            let manifest = Manifest {
                v: 2,
                suite: "HPB2".to_owned(),
                id: id.clone(),
                period: plan.id.clone(),
                direction,
                kind: plan.kind,
                rubric,
                charter: plan.charter,
                cast_until: plan.cast_until,
                bench: side_keys(conn, &id, Side::Bench)?,
                bar: side_keys(conn, &id, Side::Bar)?,
                platform: Bytes(site.agents.key.verifying_key().to_bytes()),
                relay: site.agents.relay.clone(),
                front_end: site.agents.front_end,
                rehearsal: plan.rehearsal,
            };
            let manifest = Document::new(DocumentKind::Manifest, &manifest)?;
            document::put(conn, &manifest, today)?;
            period::insert_box(conn, &id, rubric, manifest.hash())?;
            manifests.push((id, manifest.hash()));
        }
        audit::append(conn, today, &Event { event: "period-opened", account: None, about: &plan.id })?;
        Ok::<_, Failure>(manifests)
    })
}

fn insert(conn: &mut Connection, plan: &PeriodPlan) -> Outcome<()> {
    let new = Period {
        id: plan.id.clone(),
        title: prose::both(&plan.title, LONGEST_TITLE)?,
        kind: plan.kind,
        starts_on: plan.starts_on,
        ends_on: plan.ends_on,
        cast_until: plan.cast_until,
        charter: plan.charter,
    };
    match period::insert(conn, &new) {
        Err(StoreError::Duplicate) => return Err(Refusal::PeriodRefused.into()),
        other => other?,
    }
    Ok(())
}

/// A period with its boxes.
#[derive(Debug, Clone)]
pub struct PeriodView {
    /// The period.
    pub period: Period,
    /// Its boxes.
    pub boxes: Vec<BallotBox>,
    /// What each side has lodged for the draw.
    pub draw: PerSide<Option<DrawShare>>,
    /// The last day on which each box takes ballots, extensions included.
    pub last_days: BTreeMap<BoxId, Date>,
}

/// All periods by first day.
///
/// # Errors
/// Busy or a fault.
pub fn list(site: &Site) -> Outcome<Vec<PeriodView>> {
    site.store.look("list periods", |conn| {
        let periods = period::all(conn)?;
        let view = |p: Period| {
            let (boxes, draw) = (period::boxes(conn, &p.id)?, store_draw::of_period(conn, &p.id)?);
            let mut last_days = BTreeMap::new();
            for held in &boxes {
                last_days.insert(held.id.clone(), extend::last_day(conn, held)?);
            }
            Ok::<_, Failure>(PeriodView { boxes, draw, last_days, period: p })
        };
        periods.into_iter().map(view).collect()
    })
}

/// The last day on which any box of a period takes ballots.
///
/// # Errors
/// Busy or a fault.
pub fn last_day(conn: &mut Connection, period: &Period) -> Outcome<Date> {
    let mut last = period.cast_until;
    for held in period::boxes(conn, &period.id)? {
        last = last.max(extend::last_day(conn, &held)?);
    }
    Ok(last)
}

/// The real period that takes ballots on a day: the last begun one of which a box does.
///
/// # Errors
/// Busy or a fault; no such period is `None`.
pub fn current(conn: &mut Connection, today: Date) -> Outcome<Option<Period>> {
    let begun = |period: &Period| period.starts_on <= today && !period.id.is_rehearsal();
    for period in period::all(conn)?.into_iter().rev().filter(begun) {
        if today <= last_day(conn, &period)? {
            return Ok(Some(period));
        }
    }
    Ok(None)
}

/// Whether a box takes ballots of real raters and lists tokens on a day.
///
/// # Errors
/// Busy or a fault.
pub fn takes_ballots(conn: &mut Connection, held: &BallotBox, today: Date) -> Outcome<bool> {
    let real = !held.id.period.is_rehearsal();
    Ok(real && held.state == BoxState::Open && today <= extend::last_day(conn, held)?)
}

/// The manifest of a box, if both sides have signed it.
///
/// # Errors
/// [`Refusal::NotInForce`].
pub fn manifest(conn: &mut Connection, held: &BallotBox) -> Outcome<Manifest> {
    Ok(documents::in_force(conn, DocumentKind::Manifest, held.manifest)?.read()?)
}

/// Whether the current period, or without one the last, is a pilot.
///
/// # Errors
/// Busy or a fault.
pub fn is_pilot(site: &Site) -> Outcome<bool> {
    let today = site.clock.today();
    site.store.look("pilot", |conn| {
        let period = match current(conn, today)? {
            Some(period) => Some(period),
            None => period::all(conn)?.into_iter().rfind(|period| !period.id.is_rehearsal()),
        };
        Ok::<_, Failure>(period.is_some_and(|p| p.kind == PeriodKind::Pilot))
    })
}
