//! The cells of one box, before the gate.
//! Invariant: which cells exist depends on the lists, the charter and counts, never on a value.
//! Absent on purpose: strata, organisations of lawyers and whole-side ratings, which later forms bring.

use std::collections::{BTreeMap, BTreeSet};

use super::fairness;
use super::ground::Ground;
use super::print::WIDTH;
use super::rules::raters;
use super::{Audience, Candidate, Content, Key, Measure, Range, Scope, Structure, Thresholds};
use crate::audit::Audits;
use crate::bundle::{Ballot, Bundle, Direction};
use crate::score::{Estimate, Person, Scores};

/// Lists every cell that might leave. Without `scores` (the model was refused) the cells exist but
/// carry nothing; so it is with lines of the fairness audit without `audits`. Items of a person become cells only where the score has enough raters: below, the
/// score's verdict speaks for them.
pub fn candidates(
    bundle: &Bundle,
    scores: Option<&Scores>,
    audits: Option<&Audits>,
    charter: &Thresholds,
) -> Vec<Candidate> {
    let counts = Counts::new(bundle);
    let mut cells = Vec::new();
    let system = counts.structure(Scope::System, "city");
    let group = |structure: &Structure, measure: Measure, range, estimate: Option<&Estimate>| {
        cell(structure, measure, Audience::Public, range, estimate)
    };
    cells.push(group(&system, Measure::Score, Range::Level, scores.map(|s| &s.system)));
    for item in &bundle.items {
        let estimate = scores.and_then(|s| s.system_items.get(&item.id));
        cells.push(group(&system, Measure::Item(item.id.clone()), Range::Level, estimate));
    }
    let outcome = scores.and_then(|s| s.outcome.as_ref()).map(|audit| &audit.effect);
    cells.push(group(&system, Measure::OutcomeEffect, Range::Difference, outcome));
    if let Some(invited) = bundle.margins.invited {
        cells.push(response(&system, bundle.ballots.len(), invited));
    }
    cells.extend(fairness::lists(&system, bundle));
    if charter.fairness {
        let rated = scores.map_or(0, |scores| scores.persons.len());
        cells.extend(fairness::lines(&system, rated, audits));
    }
    let homes: BTreeSet<&str> = bundle.ballots.iter().map(|b| b.home.as_str()).filter(|h| !h.is_empty()).collect();
    for home in homes {
        let structure = counts.structure(Scope::HomeCourt, home);
        let estimate = scores.and_then(|s| s.homes.get(home));
        cells.push(cell(&structure, Measure::Severity, Audience::Sides, Range::Difference, estimate));
    }
    if bundle.direction == Direction::BarRatesBench {
        // A court is an organisation that is rated; the court where a lawyer mostly appears is not.
        for court in counts.courts() {
            let structure = counts.structure(Scope::Court, court);
            cells.push(group(&structure, Measure::Score, Range::Level, scores.and_then(|s| s.courts.get(court))));
            if let Some(&invited) = bundle.margins.courts.get(court) {
                cells.push(response(&structure, counts.ballots(court), invited));
            }
        }
    }
    persons(bundle, scores, charter, &counts, &mut cells);
    cells
}

fn persons(
    bundle: &Bundle,
    scores: Option<&Scores>,
    charter: &Thresholds,
    counts: &Counts,
    cells: &mut Vec<Candidate>,
) {
    for ratee in counts.ratees() {
        let structure = counts.structure(Scope::Person, ratee);
        let person = scores.and_then(|s| s.persons.get(ratee));
        for audience in [Audience::Own, Audience::Sides, Audience::Public] {
            let Some(least) = charter.minimum(bundle.direction, Scope::Person, audience) else { continue };
            cells.push(own(&structure, audience, person));
            if structure.raters < least as usize {
                continue;
            }
            for item in &bundle.items {
                let estimate = person.and_then(|p| p.items.get(&item.id));
                cells.push(cell(&structure, Measure::Item(item.id.clone()), audience, Range::Level, estimate));
            }
        }
    }
}

fn own(structure: &Structure, audience: Audience, person: Option<&Person>) -> Candidate {
    let mut candidate = cell(structure, Measure::Score, audience, Range::Level, person.map(|p| &p.score));
    if let (Some(content), Some(person)) = (candidate.content.as_mut(), person) {
        content.tier = Some(person.tier);
        content.moved = Some(person.moved);
    }
    candidate
}

fn cell(
    structure: &Structure,
    measure: Measure,
    audience: Audience,
    range: Range,
    estimate: Option<&Estimate>,
) -> Candidate {
    let mut structure = structure.clone();
    structure.key.measure = measure;
    structure.key.audience = audience;
    // Raters behind this very number: of an item, those who answered it.
    structure.raters = estimate.map_or(structure.raters, |e| e.raters);
    structure.precision = estimate.map(|e| (e.reliability, WIDTH * e.error));
    let content = estimate.map(|e| Content {
        range,
        value: e.value,
        error: e.error,
        raw: e.raw,
        reliability: e.reliability.filter(|_| structure.key.scope == Scope::Person),
        tier: None,
        moved: None,
    });
    Candidate { structure, content }
}

fn response(structure: &Structure, answered: usize, invited: u32) -> Candidate {
    let mut structure = structure.clone();
    structure.key.measure = Measure::Response;
    structure.key.audience = Audience::Public;
    structure.invited = invited;
    let value = if invited == 0 { 0.0 } else { (answered as f64 / f64::from(invited)).min(1.0) };
    let content =
        Content { range: Range::Share, value, error: 0.0, raw: None, reliability: None, tier: None, moved: None };
    Candidate { structure, content: Some(content) }
}

/// Who was rated by how many, counted from valid ballots.
struct Counts<'a> {
    bundle: &'a Bundle,
    court_of: BTreeMap<String, String>,
    by_ratee: BTreeMap<&'a str, Vec<&'a Ballot>>,
    ground: Ground<'a>,
}

impl<'a> Counts<'a> {
    fn new(bundle: &'a Bundle) -> Self {
        let mut by_ratee: BTreeMap<&str, Vec<&Ballot>> = BTreeMap::new();
        for ratee in bundle.ratees.keys() {
            by_ratee.entry(ratee).or_default();
        }
        for ballot in &bundle.ballots {
            by_ratee.entry(&ballot.ratee).or_default().push(ballot);
        }
        Self { bundle, court_of: bundle.courts(), ground: Ground::new(bundle), by_ratee }
    }

    fn ratees(&self) -> impl Iterator<Item = &'a str> {
        self.by_ratee.keys().copied()
    }

    fn court(&self, ratee: &str) -> &str {
        self.court_of.get(ratee).map_or("", String::as_str)
    }

    fn courts(&self) -> BTreeSet<&str> {
        let named = self.court_of.values().map(String::as_str).filter(|code| !code.is_empty());
        named.chain(self.bundle.margins.courts.keys().map(String::as_str)).collect()
    }

    fn members<'s>(&'s self, court: &'s str) -> impl Iterator<Item = &'s Vec<&'a Ballot>> {
        self.by_ratee
            .iter()
            .filter(move |(ratee, ballots)| !ballots.is_empty() && self.court(ratee) == court)
            .map(|(_, b)| b)
    }

    fn ballots(&self, court: &str) -> usize {
        self.members(court).map(Vec::len).sum()
    }

    fn structure(&self, scope: Scope, subject: &str) -> Structure {
        let nyms = |ballots: &mut dyn Iterator<Item = &&'a Ballot>| raters(ballots.map(|b| b.nym.as_str()));
        let (count, court, ratees) = match scope {
            Scope::System => {
                let rated = self.by_ratee.values().filter(|b| !b.is_empty()).count();
                (self.bundle.raters(), "", rated)
            }
            Scope::HomeCourt => {
                let here = self.bundle.ballots.iter().filter(|b| b.home == subject);
                (raters(here.map(|b| b.nym.as_str())), "", 0)
            }
            Scope::Court => (nyms(&mut self.members(subject).flatten()), subject, self.members(subject).count()),
            Scope::Person => {
                let own = self.by_ratee.get(subject);
                (nyms(&mut own.into_iter().flatten()), self.court(subject), 1)
            }
        };
        Structure {
            key: Key { scope, subject: subject.to_owned(), measure: Measure::Score, audience: Audience::Public },
            raters: count,
            court: court.to_owned(),
            ratees,
            invited: 0,
            apart: match scope {
                Scope::System => false,
                Scope::HomeCourt => self.ground.is_home_apart(subject),
                Scope::Court => self.ground.is_apart(self.members(subject).flatten().copied()),
                Scope::Person => self.ground.is_apart(self.by_ratee.get(subject).into_iter().flatten().copied()),
            },
            bridges: if scope == Scope::HomeCourt { self.ground.bridges(subject) } else { 0 },
            cover: self.bundle.margins.ratees.get(subject).copied().filter(|_| scope == Scope::Person),
            precision: None,
        }
    }
}
