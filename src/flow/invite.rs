//! Inviting: concluded cases that have fallen due become invitations in one direction, under the charter's cap.
//!
//! Who is asked about whom follows from the case and the rosters, and what exceeds the cap is drawn by the seed of both
//! sides; running it again changes nothing. Deliberately absent: any choice of the platform's own.

use std::collections::{BTreeMap, BTreeSet};

use hengping_domain::charter::Charter;
use hengping_domain::docket::draw::Month;
use hengping_domain::docket::eligibility::{candidates, due_on, once_per_series, second_instances};
use hengping_domain::docket::roster::{Match, Roster};
use hengping_domain::docket::{CaseNumber, CaseRecord};
use hengping_domain::document::DocumentKind;
use hengping_domain::ids::{BoxId, CaseId, Direction, InvitationId, PersonId};
use hengping_domain::invitation::InvitationState;
use hengping_domain::rubric::Rubric;
use hengping_domain::stratum::Stratum;
use jiff::civil::Date;
use serde::Serialize;

use super::{Failure, Outcome, Refusal, Site, documents, draw, periods};
use crate::ports::random;
use crate::store::audit::{self, Event};
use crate::store::invitation::{self, Invitation};
use crate::store::person::{self, Person};
use crate::store::{Connection, docket, period};

/// What inviting did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Invited {
    /// New invitations.
    pub new: u32,
    /// Of which above the month's cap.
    pub capped: u32,
    /// Pairs of due cases without a match in the rosters.
    pub unmatched: u32,
}

#[derive(Serialize)]
struct About<'a> {
    #[serde(rename = "box")]
    id: &'a BoxId,
    invited: Invited,
}

/// A pair of matched people of a due case.
struct Pair<'a> {
    case: &'a CaseId,
    number: &'a CaseNumber,
    series: Option<&'a str>,
    rater: &'a Person,
    ratee: &'a Person,
    stratum: Stratum,
    not_applicable: Vec<String>,
    due_on: Date,
}

/// Invites everybody whose cases have fallen due by today in the period of `id`.
///
/// # Errors
/// [`super::Refusal::NotFound`], [`super::Refusal::NotInForce`] while a document or the manifest lacks a signature,
/// [`super::Refusal::DrawNotReady`] and [`super::Refusal::DrawRefused`] without a seed for the draw.
pub fn invite(site: &Site, id: &BoxId) -> Outcome<Invited> {
    // Everybody in a rehearsal is invented.
    if id.period.is_rehearsal() {
        return Err(Refusal::RehearsalOnly.into());
    }
    let today = site.clock.today();
    let records = site.store.read("cases to invite for", docket::all)?;
    site.store.decide("invite", |conn| {
        let held = period::find_box(conn, id)?;
        let manifest = periods::manifest(conn, &held)?;
        let charter: Charter = documents::in_force(conn, DocumentKind::Charter, manifest.charter)?.read()?;
        let rubric: Rubric = documents::in_force(conn, DocumentKind::Rubric, held.rubric)?.read()?;
        let span = period::find(conn, &id.period)?;
        let people = person::all(conn)?;
        let roster = Roster::new(person::roster(conn)?);
        let by_number: BTreeMap<&str, &Person> = people.iter().map(|p| (p.number.as_str(), p)).collect();
        let above = second_instances(records.iter().map(|(_, record)| record));

        let mut invited = Invited::default();
        let mut pairs = Vec::new();
        for (case, record) in &records {
            let Ok(due) = due_on(record, charter.trigger.event, above.get(&record.number).copied()) else { continue };
            if due < span.starts_on || due > span.ends_on.min(today) {
                continue;
            }
            for candidate in candidates(record, &rubric) {
                let day = record.dates.closed;
                let judge = roster.judge(&candidate.judge, &record.court, day);
                let (Match::One(judge), Match::One(counsel)) = (judge, roster.counsel(&candidate.counsel, day)) else {
                    invited.unmatched += 1;
                    continue;
                };
                let (Some(&judge), Some(&counsel)) = (by_number.get(judge), by_number.get(counsel)) else { continue };
                let (rater, ratee) = match id.direction {
                    Direction::BarRatesBench => (counsel, judge),
                    Direction::BenchRatesBar => (judge, counsel),
                };
                pairs.push(Pair {
                    case,
                    number: &record.number,
                    series: record.series.as_deref(),
                    rater,
                    ratee,
                    stratum: candidate.stratum,
                    not_applicable: candidate.not_applicable,
                    due_on: due,
                });
            }
        }
        let keys: Vec<_> = pairs.iter().map(|p| (p.number, p.series, (&p.rater.id, &p.ratee.id))).collect();
        let kept: BTreeSet<_> = once_per_series(&keys).into_iter().collect();
        let pairs: Vec<_> = pairs.into_iter().enumerate().filter(|(i, _)| kept.contains(i)).map(|(_, p)| p).collect();
        write(conn, site, id, &charter, &records, &pairs, &mut invited)?;
        audit::append(conn, today, &Event { event: "invited", account: None, about: About { id, invited } })?;
        Ok::<_, Failure>(invited)
    })
}

fn write(
    conn: &mut Connection,
    site: &Site,
    id: &BoxId,
    charter: &Charter,
    records: &[(CaseId, CaseRecord)],
    pairs: &[Pair<'_>],
    invited: &mut Invited,
) -> Outcome<()> {
    let seed = draw::seed(conn, &id.period)?;
    let homes = homes(records, pairs);
    let fixed: BTreeMap<PersonId, String> = invitation::homes(conn, id)?.into_iter().collect();
    let held = invitation::of_box(conn, id)?;
    let known: BTreeSet<_> = held.iter().map(|i| (i.case.clone(), i.rater.clone(), i.ratee.clone())).collect();
    // A pair that was asked about one case of a series is not asked about another that is imported later.
    let series: BTreeMap<&CaseId, _> =
        records.iter().filter_map(|(case, r)| Some((case, (r.number.court_code(), r.series.as_deref()?)))).collect();
    let in_series: BTreeSet<_> =
        held.iter().filter_map(|i| Some((*series.get(&i.case)?, &i.rater, &i.ratee))).collect();
    let is_new = |p: &&Pair<'_>| {
        let of_series = series.get(p.case).is_some_and(|s| in_series.contains(&(*s, &p.rater.id, &p.ratee.id)));
        !of_series && !known.contains(&(p.case.clone(), p.rater.id.clone(), p.ratee.id.clone()))
    };
    // The draw names a case by its number, so that anybody with the list can repeat it.
    let number: BTreeMap<&CaseId, String> = records.iter().map(|(case, r)| (case, r.number.to_string())).collect();
    let name =
        |case: &CaseId, ratee: &PersonId| format!("{}|{ratee}", number.get(case).map_or(case.as_str(), String::as_str));

    // Of each rater and month: what was asked already, and what waits for the draw.
    let mut asked: BTreeMap<(&PersonId, Month), Vec<String>> = BTreeMap::new();
    let mut waiting: BTreeMap<(&PersonId, Month), Vec<String>> = BTreeMap::new();
    for i in &held {
        let list = if i.state == InvitationState::Capped { &mut waiting } else { &mut asked };
        list.entry((&i.rater, Month::from(i.due_on))).or_default().push(name(&i.case, &i.ratee));
    }
    let new: Vec<_> = pairs.iter().filter(is_new).collect();
    for p in &new {
        let key = (&p.rater.id, Month::from(p.due_on));
        waiting.entry(key).or_default().push(name(p.case, &p.ratee.id));
    }
    let mut drawn = BTreeSet::new();
    for ((rater, month), names) in &waiting {
        let already = asked.get(&(*rater, *month)).map_or(&[][..], Vec::as_slice);
        let already: Vec<_> = already.iter().map(String::as_str).collect();
        let cap = charter.cap(id.direction);
        let kept = seed.keep(rater.as_str(), *month, cap, &already, names.iter().map(String::as_str));
        drawn.extend(kept.into_iter().map(|name| ((*rater).clone(), name.to_owned())));
    }
    for i in held.iter().filter(|i| i.state == InvitationState::Capped) {
        if drawn.contains(&(i.rater.clone(), name(&i.case, &i.ratee))) {
            invitation::set_state(conn, &i.id, InvitationState::Capped, InvitationState::Waiting, None)?;
        }
    }
    let home_of = |person: &PersonId| homes.get(person).copied().unwrap_or_default();
    let mut fixed: BTreeSet<PersonId> = fixed.into_keys().collect();
    for p in new {
        if fixed.insert(p.rater.id.clone()) {
            invitation::fix_home(conn, id, &p.rater.id, home_of(&p.rater.id))?;
        }
        let kept = drawn.contains(&(p.rater.id.clone(), name(p.case, &p.ratee.id)));
        let state = if kept { InvitationState::Waiting } else { InvitationState::Capped };
        invited.new += 1;
        invited.capped += u32::from(!kept);
        let row = Invitation {
            id: InvitationId::from_random(random(&*site.entropy)?),
            ballot_box: id.clone(),
            case: p.case.clone(),
            rater: p.rater.id.clone(),
            ratee: p.ratee.id.clone(),
            court: home_of(&p.ratee.id).to_owned(),
            stratum: p.stratum,
            not_applicable: p.not_applicable.clone(),
            due_on: p.due_on,
            state,
            list: None,
        };
        invitation::insert(conn, &row)?;
    }
    Ok(())
}

/// The court with most of a person's cases of the period; the smaller code where two have as many. A judge sits in one.
fn homes<'a>(records: &'a [(CaseId, CaseRecord)], pairs: &[Pair<'a>]) -> BTreeMap<&'a PersonId, &'a str> {
    let court: BTreeMap<&CaseId, &str> = records.iter().map(|(id, record)| (id, record.court.as_str())).collect();
    let mut cases: BTreeMap<&PersonId, BTreeSet<(&str, &CaseId)>> = BTreeMap::new();
    for p in pairs {
        let at = court.get(p.case).copied().unwrap_or_default();
        for person in [p.rater, p.ratee] {
            cases.entry(&person.id).or_default().insert((at, p.case));
        }
    }
    let most = |cases: BTreeSet<(&'a str, &'a CaseId)>| {
        let mut count: BTreeMap<&str, u32> = BTreeMap::new();
        for (court, _) in cases {
            *count.entry(court).or_default() += 1;
        }
        count.into_iter().rev().max_by_key(|(_, n)| *n).map(|(court, _)| court).unwrap_or_default()
    };
    cases.into_iter().map(|(person, cases)| (person, most(cases))).collect()
}
