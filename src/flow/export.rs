//! Handing a closed box to the opening: the documents, what the agents said of the shuffles, and the margins, as files.
//!
//! The files hold no rater's name, and nothing in them opens an envelope. Deliberately absent: the list and the shares, which
//! come from the agents, and the opening itself, which another program does.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use hengping_domain::charter::Charter;
use hengping_domain::correction::CorrectionsFile;
use hengping_domain::digest::Digest;
use hengping_domain::docket::roster::RosterEntry;
use hengping_domain::document::DocumentKind;
use hengping_domain::ids::{BoxId, PersonId, RateeId};
use hengping_domain::invitation::InvitationState;
use hengping_domain::manifest::ClosedManifest;
use hengping_domain::margins::{CourtMargin, Margins, RateeMargin};
use hengping_domain::noised::PrivacyFile;
use hengping_domain::rehearsal;
use hengping_domain::request::AskedKind;
use hengping_domain::rubric::Rubric;
use hengping_domain::stratum::Stratum;
use jiff::civil::Date;
use serde::Serialize;

use super::{Failure, Fault, Outcome, Site, correct, documents, periods, privacy, unseal};
use crate::store::ballot_box;
use crate::store::invitation::{self, Invitation};
use crate::store::period::BoxState;
use crate::store::person::{self, Person};
use crate::store::{Connection, StoreError, release};

/// Everything the opening reads, still in memory.
struct Exported {
    manifest: ClosedManifest,
    rubric: Rubric,
    charter: Charter,
    ratees: Vec<(RateeId, String, &'static str)>,
    margins: Margins,
    ledger: Vec<LedgerLine>,
    corrections: CorrectionsFile,
    privacy: Option<PrivacyFile>,
}

/// One earlier release, as the gate's ledger knows it.
#[derive(Debug, Serialize)]
struct LedgerLine {
    release: Digest,
    #[serde(rename = "box")]
    id: BoxId,
    day: String,
}

/// Writes the opening's input files into an empty or new directory.
///
/// # Errors
/// [`super::Refusal::BoxState`] unless the box is closed, or opened and corrected since,
/// [`super::Refusal::CounterpartOpen`] before the other direction is, [`super::Refusal::AgentsNotReady`] before both sides
/// have agreed to the list; a fault when a file cannot be written.
pub fn export(site: &Site, id: &BoxId, dir: &Path) -> Outcome<()> {
    let exported = site.store.look("export box", |conn| collect(conn, id, site.clock.today()))?;
    write(&exported, dir).map_err(|error| Failure::Fault(Fault::new(&error)))
}

fn collect(conn: &mut Connection, id: &BoxId, today: Date) -> Outcome<Exported> {
    let (held, boxes) = unseal::may_open(conn, id)?;
    let manifest = periods::manifest(conn, &held)?;
    let stamps = ballot_box::stamps(conn, id)?;
    let (mixed, listed) = (unseal::pair(conn, id, AskedKind::Mix)?, unseal::pair(conn, id, AskedKind::List)?);
    let charter = documents::in_force(conn, DocumentKind::Charter, manifest.charter)?.read()?;
    let rubric = documents::in_force(conn, DocumentKind::Rubric, manifest.rubric)?.read()?;
    let invitations = invitation::of_box(conn, id)?;
    let people: BTreeMap<PersonId, Person> = person::all(conn)?.into_iter().map(|p| (p.id.clone(), p)).collect();
    let homes: BTreeMap<PersonId, String> = invitation::homes(conn, id)?.into_iter().collect();
    let groups = groups(&people, person::roster(conn)?);
    let rated: BTreeMap<&PersonId, &str> = invitations.iter().map(|i| (&i.ratee, i.court.as_str())).collect();
    let ratees = rated.iter().filter_map(|(id, court)| {
        let role = if people.get(id)?.kind.is_staff() { "judge" } else { "lawyer" };
        Some((people.get(id)?.ratee.clone(), (*court).to_owned(), role))
    });
    let (margins, ratees) = if id.period.is_rehearsal() {
        let (margins, courts) = rehearsal::margins(id);
        let role = rehearsal::ratee_role(id.direction);
        (margins, courts.into_iter().map(|(ratee, court)| (ratee, court, role)).collect())
    } else {
        (margins(id, &invitations, &people, &homes, &groups), ratees.collect())
    };
    Ok(Exported {
        margins,
        ratees,
        ledger: ledger(conn)?,
        corrections: correct::followed(conn, id)?,
        privacy: privacy::package(conn, id, &charter, today)?,
        rubric,
        charter,
        manifest: ClosedManifest {
            v: 2,
            closed_boxes: boxes.into_iter().filter(|b| b.state != BoxState::Open).map(|b| b.id).collect(),
            hash: held.manifest,
            manifest,
            stamps,
            mixed,
            listed,
        },
    })
}

fn ledger(conn: &mut Connection) -> Result<Vec<LedgerLine>, StoreError> {
    let released = release::all(conn)?;
    Ok(released.into_iter().map(|r| LedgerLine { release: r.hash, id: r.ballot_box, day: r.day.to_string() }).collect())
}

/// The firm, or the court and chamber, of each person: whoever shares it might agree on a rating.
fn groups(people: &BTreeMap<PersonId, Person>, roster: Vec<RosterEntry>) -> BTreeMap<PersonId, String> {
    let last: BTreeMap<String, String> = roster
        .into_iter()
        .map(|entry| (entry.number, format!("{}|{}", entry.organisation, entry.chamber.unwrap_or_default())))
        .collect();
    people.values().filter_map(|p| Some((p.id.clone(), last.get(&p.number)?.clone()))).collect()
}

fn margins(
    id: &BoxId,
    invitations: &[Invitation],
    people: &BTreeMap<PersonId, Person>,
    homes: &BTreeMap<PersonId, String>,
    groups: &BTreeMap<PersonId, String>,
) -> Margins {
    let mut mix: BTreeMap<Stratum, u32> = BTreeMap::new();
    for i in invitations {
        *mix.entry(i.stratum).or_default() += 1;
    }
    let asked = || invitations.iter().filter(|i| i.state != InvitationState::Capped);
    let mut strata: BTreeMap<Stratum, u32> = BTreeMap::new();
    let mut raters: BTreeMap<&PersonId, BTreeSet<&PersonId>> = BTreeMap::new();
    let mut courts: BTreeMap<String, CourtMargin> = BTreeMap::new();
    // Who, in the opened table, could be told apart by home, ratee and stratum alone.
    let mut rows: BTreeMap<(&str, &PersonId, Stratum), BTreeSet<&PersonId>> = BTreeMap::new();
    for i in asked() {
        *strata.entry(i.stratum).or_default() += 1;
        raters.entry(&i.ratee).or_default().insert(&i.rater);
        courts.entry(i.court.clone()).or_insert(CourtMargin { invited: 0 }).invited += 1;
        let home = homes.get(&i.rater).map_or("", String::as_str);
        rows.entry((home, &i.ratee, i.stratum)).or_default().insert(&i.rater);
    }
    let ratees = raters.iter().filter_map(|(ratee, raters)| {
        let mut sizes: BTreeMap<&str, u32> = BTreeMap::new();
        for rater in raters {
            *sizes.entry(groups.get(*rater).map_or("", String::as_str)).or_default() += 1;
        }
        let largest_group = sizes.into_values().max().unwrap_or(0);
        Some((people.get(*ratee)?.ratee.clone(), RateeMargin { invited: length(raters.len()), largest_group }))
    });
    let unique = rows.values().filter(|raters| raters.len() == 1).count();
    Margins {
        v: 1,
        direction: id.direction,
        ratees: ratees.collect(),
        invited: length(asked().count()),
        courts,
        mix,
        asked: strata,
        docket_unique_share: if rows.is_empty() {
            0.0
        } else {
            f64::from(length(unique)) / f64::from(length(rows.len()))
        },
    }
}

fn length(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

fn write(exported: &Exported, dir: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(dir.join("rubrics"))?;
    std::fs::write(dir.join("manifest.json"), json(&exported.manifest)?)?;
    let rubric = dir.join("rubrics").join(format!("{}.json", exported.manifest.manifest.rubric));
    std::fs::write(rubric, json(&exported.rubric)?)?;
    std::fs::write(dir.join("charter.json"), json(&exported.charter)?)?;
    std::fs::write(dir.join("margins.json"), json(&exported.margins)?)?;
    let mut ratees = csv::Writer::from_path(dir.join("ratees.csv"))?;
    ratees.write_record(["ratee", "court", "role"])?;
    for (ratee, court, role) in &exported.ratees {
        ratees.write_record([ratee.as_str(), court, role])?;
    }
    ratees.flush()?;
    if !exported.corrections.corrections.is_empty() {
        std::fs::write(dir.join("corrections.json"), json(&exported.corrections)?)?;
    }
    if let Some(privacy) = &exported.privacy {
        std::fs::write(dir.join("privacy.json"), json(privacy)?)?;
    }
    let mut ledger = Vec::new();
    for line in &exported.ledger {
        ledger.extend(serde_json::to_vec(line)?);
        ledger.push(b'\n');
    }
    std::fs::write(dir.join("ledger.jsonl"), ledger)
}

fn json(value: &impl Serialize) -> std::io::Result<Vec<u8>> {
    Ok(serde_json::to_vec_pretty(value)?)
}
