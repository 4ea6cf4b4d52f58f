//! Putting test ballots into the box of a rehearsal, along the whole way of a real one: enrolled, blinded, answered by both
//! agents, checked, sealed, posted to the relay.
//!
//! Everything follows from the platform's own key, so that a rehearsal that stopped goes on with the same bytes. Deliberately
//! absent: a box that is not one of a rehearsal; the first step refuses it, and so does each agent.

use std::collections::BTreeMap;

use ed25519_dalek::SigningKey;
use hengping_domain::cast::Cast;
use hengping_domain::digest::{Bytes, Digest};
use hengping_domain::document;
use hengping_domain::eligible::Entry;
use hengping_domain::ids::{BoxId, Side};
use hengping_domain::manifest::PerSide;
use hengping_domain::rehearsal::{self, Tally};
use hengping_domain::request::Asked;
use hengping_domain::statement::{Said, Signed};
use hengping_domain::token::Seed;
use rand::SeedableRng as _;
use rand::rngs::StdRng;

use crate::client::blinded::Blinded;
use crate::client::{self, Client, ClientError, CourtOf, PinnedBox, Sealed, Slip, Waiting};
use crate::flow::{Failure, Fault, Outcome, Refusal, Site, courier, rehearse};

/// Puts the test ballots of a box into it through its relay; returns what was put in. Again, it puts in the same.
///
/// # Errors
/// Those of [`rehearse::propose`]; [`Refusal::AgentsNotReady`] while an agent is away, refuses, or has to ask its officers;
/// [`Refusal::RelayAway`] when the relay does not take a ballot.
pub fn put_in(site: &Site, id: &BoxId) -> Outcome<Tally> {
    put_in_by(site, id, &|stage, cast| {
        let relay = Client::new(&stage.manifest.relay.origin);
        relay.cast(stage, &Sealed(cast)).map(drop)
    })
}

/// The same with another way to the box.
///
/// # Errors
/// As [`put_in`].
pub fn put_in_by(
    site: &Site,
    id: &BoxId,
    post: &dyn Fn(&PinnedBox, Cast) -> Result<(), ClientError>,
) -> Outcome<Tally> {
    let stage = rehearse::propose(site, id)?;
    courier::deliver(site)?;
    if !rehearse::is_agreed(site, id)? {
        return Err(Refusal::AgentsNotReady.into());
    }
    let stage = PinnedBox { manifest: stage.manifest, rubric: stage.rubric };
    let mut raters: BTreeMap<String, Vec<Entry>> = BTreeMap::new();
    for entry in rehearsal::entries(id) {
        raters.entry(entry.rater.clone()).or_default().push(entry);
    }
    for (rater, entries) in &raters {
        for cast in ballots_of(site, id, &stage, rater, entries)? {
            post(&stage, cast).map_err(|error| failed(&error))?;
        }
    }
    let tally = Tally::expected(id, &stage.rubric)?;
    rehearse::put_in(site, id, tally)?;
    Ok(tally)
}

fn failed(error: &ClientError) -> Failure {
    tracing::warn!(%error, "a rehearsal waits");
    match error {
        ClientError::Transport(_) | ClientError::Refused { .. } => Refusal::RelayAway.into(),
        ClientError::Untrusted(_) => Refusal::AgentsNotReady.into(),
        ClientError::Seal(_) => Fault::new(error).into(),
    }
}

/// 32 bytes that follow from the platform's key and some words.
fn drawn(key: &SigningKey, words: &str) -> [u8; 32] {
    Digest::of(&[&document::sign(key, format!("hengping/v1/rehearsal\n{words}").as_bytes()).0]).0
}

/// Asks an agent; what it says at once.
fn ask(site: &Site, id: &BoxId, side: Side, asked: Asked) -> Outcome<Signed> {
    let (_, request) = courier::signed(site, id, asked)?;
    match site.agents.carrier.ask(side, &request) {
        Ok(Some(signed)) => Ok(signed),
        Ok(None) | Err(_) => Err(Refusal::AgentsNotReady.into()),
    }
}

/// One test rater's visit: the device is recognised, both agents answer, every case is sealed.
fn ballots_of(site: &Site, id: &BoxId, stage: &PinnedBox, rater: &str, entries: &[Entry]) -> Outcome<Vec<Cast>> {
    let seed = Seed(Bytes(drawn(&site.agents.key, &format!("seed\n{id}\n{rater}"))));
    let (own, key) = (id.direction.rater_side(), seed.request_key(id));
    let request_key = Bytes(key.verifying_key().to_bytes());
    let mac = rehearsal::code_key(id, rater).vouch(id, rater, &request_key);
    let certificate = ask(site, id, own, Asked::Enrol { rater: rater.to_owned(), request_key, mac })?;
    if !matches!(certificate.statement.said, Said::Enrolled { .. }) {
        return Err(Refusal::AgentsNotReady.into());
    }
    let cases: Vec<_> = entries.iter().map(|entry| case_of(entry, stage)).collect();
    let blinded = Blinded::new(id, &seed, &cases).map_err(|error| failed(&error))?;
    let request = blinded.request(rater);
    let signature = request.sign(&key)?;
    let tokens = |side| {
        let certificate = Box::new(certificate.clone());
        ask(site, id, side, Asked::Tokens { request: request.clone(), signature, certificate })
    };
    let answers = PerSide { bench: tokens(Side::Bench)?, bar: tokens(Side::Bar)? };
    let home = entries.first().map_or("", |entry| entry.home.as_str());
    let tokens = match blinded.unblind(stage, home, &request, &answers) {
        Err(ClientError::Refused { .. }) => return Err(Refusal::AgentsNotReady.into()),
        other => other.map_err(|error| failed(&error))?,
    };
    let mut rng = StdRng::from_seed(drawn(&site.agents.key, &format!("seal\n{id}\n{rater}")));
    let sealed = cases.iter().map(|case| {
        let answers = rehearsal::answers(id, &case.id, &stage.rubric);
        client::seal(stage, (&seed, &tokens), case, 1, answers, &mut rng).map(|Sealed(cast)| cast)
    });
    sealed.collect::<Result<_, _>>().map_err(|error| failed(&error))
}

fn case_of(entry: &Entry, stage: &PinnedBox) -> Waiting {
    let Entry { invitation, case, ratee, court, stratum, .. } = entry.clone();
    Waiting {
        id: invitation,
        case_number: case,
        court: CourtOf { code: court.clone() },
        slip: Slip { ratee, court, stratum, rubric: stage.manifest.rubric },
        not_applicable: Vec::new(),
        listed: true,
    }
}
