//! Importing what the courts and the bar export: rosters of people and concluded cases.
//!
//! Good rows are taken and bad ones named; the same file again changes nothing; a dry run changes nothing at all.
//! Deliberately absent: reading files, which `sheet` does, and invitations, which arise afterwards.

use std::collections::BTreeMap;

use hengping_domain::digest::Digest;
use hengping_domain::docket::roster::{self, Match, Roster, RosterEntry};
use hengping_domain::docket::{self, CaseRecord, RowProblem, Table};
use hengping_domain::ids::{AccountId, CaseId, PersonId, RateeId, Side};
use hengping_domain::words;
use serde::{Deserialize, Serialize};

use super::{Failure, Outcome, Site};
use crate::ports::random;
use crate::store::audit::{self, Event};
use crate::store::docket::{Import, Put};
use crate::store::person::{self, Person};
use crate::store::{Connection, StoreError};

words! {
    /// What a file holds.
    ImportKind, "import" {
        /// 案件.
        Cases = "cases",
        /// 名册.
        Roster = "roster",
    }
}

/// What an import did, or in a dry run would do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// Name under which the problems can be fetched.
    pub id: String,
    /// What the file held.
    pub kind: ImportKind,
    /// Whether nothing was written.
    pub dry_run: bool,
    /// Rows below the header.
    pub rows: u32,
    /// Cases not known before.
    pub cases_new: u32,
    /// Cases known in exactly this form.
    pub cases_same: u32,
    /// Cases known in another form.
    pub cases_changed: u32,
    /// People not known before.
    pub people_new: u32,
    /// Judges and counsel of the file's cases that no roster settles; they get no invitation.
    pub unmatched: u32,
    /// Things wrong with single cells.
    pub problem_count: u32,
}

/// An import with its problems.
#[derive(Debug, Clone)]
pub struct Imported {
    /// The counts.
    pub summary: Summary,
    /// The problems, by line.
    pub problems: Vec<RowProblem>,
}

/// Imports a table of cases or people; which of the two is read off its header.
///
/// # Errors
/// Busy or a fault; what is wrong with rows is in the answer.
pub fn import(site: &Site, table: &Table, file: Digest, dry_run: bool, by: Option<&AccountId>) -> Outcome<Imported> {
    let today = site.clock.today();
    let id = CaseId::from_random(random(&*site.entropy)?).0;
    let kind = kind_of(table);
    let (cases, people, problems) = match kind {
        ImportKind::Cases => {
            let (cases, problems) = docket::read(table);
            (cases, Vec::new(), problems)
        }
        ImportKind::Roster => {
            let (people, problems) = roster::read(table);
            (Vec::new(), people, problems)
        }
    };
    // Drawn outside, because a transaction may be run again.
    let names = cases.iter().map(|_| Ok(CaseId::from_random(random(&*site.entropy)?)));
    let names = names.collect::<Outcome<Vec<_>>>()?;
    let people = people.into_iter().map(|entry| Ok((fresh(site, &entry)?, entry))).collect::<Outcome<Vec<_>>>()?;
    let mut summary = Summary {
        id: id.clone(),
        kind,
        dry_run,
        rows: count(table.rows.len()),
        cases_new: 0,
        cases_same: 0,
        cases_changed: 0,
        people_new: 0,
        unmatched: 0,
        problem_count: count(problems.len()),
    };
    let listed = serde_json::to_string(&problems).map_err(|error| super::Fault::new(&error))?;
    let listed = |summary: &Summary| -> Result<Import, StoreError> {
        let summary = serde_json::to_string(summary).map_err(|error| StoreError::broken(error.to_string()))?;
        Ok(Import { id: id.clone(), day: today, file, summary, problems: listed.clone() })
    };
    let work = |conn: &mut Connection| -> Result<Summary, Undone> {
        let mut summary = summary.clone();
        summary.people_new = take_people(conn, &people)?;
        for (name, record) in names.iter().zip(&cases) {
            match crate::store::docket::put(conn, name, record)? {
                Put::New => summary.cases_new += 1,
                Put::Same => summary.cases_same += 1,
                Put::Changed => summary.cases_changed += 1,
            }
        }
        summary.unmatched = count(unmatched_of(conn, &cases)?.len());
        if dry_run {
            return Err(Undone::DryRun(summary));
        }
        crate::store::docket::remember(conn, &listed(&summary)?)?;
        let event = if kind == ImportKind::Cases { "docket-imported" } else { "roster-imported" };
        let account = by.map(AccountId::as_str);
        audit::append(conn, today, &Event { event, account, about: &summary })?;
        Ok(summary)
    };
    summary = match site.store.decide("import", work) {
        Ok(summary) => summary,
        Err(Undone::Store(error)) => return Err(error.into()),
        Err(Undone::DryRun(summary)) => {
            site.store.write("remember dry run", |conn| crate::store::docket::remember(conn, &listed(&summary)?))?;
            summary
        }
    };
    Ok(Imported { summary, problems })
}

/// A transaction that is undone on purpose carries out what it counted.
enum Undone {
    Store(StoreError),
    DryRun(Summary),
}

impl From<StoreError> for Undone {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl crate::store::Undo for Undone {
    fn is_busy(&self) -> bool {
        matches!(self, Self::Store(StoreError::Busy))
    }
}

fn kind_of(table: &Table) -> ImportKind {
    if roster::is_roster(table) { ImportKind::Roster } else { ImportKind::Cases }
}

fn count(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

fn fresh(site: &Site, entry: &RosterEntry) -> Outcome<Person> {
    Ok(Person {
        id: PersonId::from_random(random(&*site.entropy)?),
        ratee: RateeId::from_random(random(&*site.entropy)?),
        side: if entry.kind.is_staff() { Side::Bench } else { Side::Bar },
        kind: entry.kind,
        number: entry.number.clone(),
        name: entry.name.clone(),
    })
}

fn take_people(conn: &mut Connection, people: &[(Person, RosterEntry)]) -> Result<u32, StoreError> {
    let known = person::all(conn)?;
    let mut known: BTreeMap<String, ()> = known.into_iter().map(|person| (person.number, ())).collect();
    let mut new = 0;
    for (person, entry) in people {
        if known.insert(entry.number.clone(), ()).is_none() {
            person::insert(conn, person)?;
            new += 1;
        }
        person::put_entry(conn, entry)?;
    }
    Ok(new)
}

/// A name in a case that no roster settles.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Unmatched {
    /// The case.
    pub case_number: String,
    /// `judge` or `counsel`.
    pub function: &'static str,
    /// The name as exported.
    pub name: String,
    /// Court or firm as exported.
    pub organisation: Option<String>,
    /// `nobody`, `unclear` or `name-differs`.
    pub why: &'static str,
}

fn unmatched_of(conn: &mut Connection, cases: &[CaseRecord]) -> Result<Vec<Unmatched>, StoreError> {
    let roster = Roster::new(person::roster(conn)?);
    let mut found = Vec::new();
    for case in cases {
        let why = |matched: Match<'_>| match matched {
            Match::One(_) => None,
            Match::Nobody => Some("nobody"),
            Match::Unclear => Some("unclear"),
            Match::NameDiffers => Some("name-differs"),
        };
        let case_number = case.number.to_string();
        if let Some(why) = why(roster.judge(&case.handling, &case.court, case.dates.closed)) {
            let (name, organisation) = (case.handling.name.clone(), Some(case.court.clone()));
            found.push(Unmatched { case_number: case_number.clone(), function: "judge", name, organisation, why });
        }
        for (_, counsel) in case.counsel() {
            if let Some(why) = why(roster.counsel(counsel, case.dates.closed)) {
                let (name, organisation) = (counsel.name.clone(), counsel.firm.clone());
                found.push(Unmatched {
                    case_number: case_number.clone(),
                    function: "counsel",
                    name,
                    organisation,
                    why,
                });
            }
        }
    }
    found.sort();
    Ok(found)
}

/// Names of all imported cases that wait for a match.
///
/// # Errors
/// Busy or a fault.
pub fn unmatched(site: &Site) -> Outcome<Vec<Unmatched>> {
    Ok(site.store.read("unmatched names", |conn| {
        let cases: Vec<_> = crate::store::docket::all(conn)?.into_iter().map(|(_, case)| case).collect();
        unmatched_of(conn, &cases)
    })?)
}

/// Summaries of the last imports, newest day first.
///
/// # Errors
/// Busy or a fault.
pub fn imports(site: &Site) -> Outcome<Vec<(jiff::civil::Date, Summary)>> {
    let held = site.store.read("imports", |conn| crate::store::docket::imports(conn, 50))?;
    held.iter().map(|import| Ok((import.day, parse(&import.summary)?))).collect()
}

/// The problems of one import.
///
/// # Errors
/// [`super::Refusal::NotFound`].
pub fn problems(site: &Site, id: &str) -> Outcome<Vec<RowProblem>> {
    let held = site.store.read("import problems", |conn| crate::store::docket::import(conn, id))?;
    parse(&held.problems)
}

fn parse<T: serde::de::DeserializeOwned>(text: &str) -> Outcome<T> {
    serde_json::from_str(text).map_err(|error| Failure::Fault(super::Fault::new(&error)))
}
