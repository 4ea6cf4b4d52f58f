//! Requests and statements that are carried: in order, once, and with the files they name.

use std::path::{Path, PathBuf};

use hengping_agent::AgentError;
use hengping_domain::digest::Digest;
use hengping_domain::exchange::{Item, Package, Party, Place, SignedPackage, Taken};
use hengping_domain::ids::Side;
use hengping_domain::mix;
use hengping_domain::request::Asked;
use hengping_domain::statement::Said;
use jiff::civil::{Date, date};

use crate::harness::{Closed, Trial, id, key};
use crate::traces::{dump, found};

const UNTIL: Date = date(2026, 6, 30);

/// The platform's end of the exchange with the bench.
struct Platform {
    dir: PathBuf,
    last: Place,
}

impl Platform {
    fn new(dir: &Path) -> Self {
        let dir = dir.join("carried");
        std::fs::create_dir(&dir).expect("a directory");
        Self { dir, last: Place::default() }
    }

    fn write(&self, package: Package, signer: u8) -> PathBuf {
        let path = self.dir.join(format!("to-{}.json", package.sequence));
        let signed = package.sign(&key(signer)).expect("signed");
        std::fs::write(&path, serde_json::to_vec(&signed).expect("json")).expect("written");
        path
    }

    fn package(&self, entries: Vec<Item>) -> Package {
        let (sequence, previous) = (self.last.sequence + 1, self.last.digest);
        Package { v: 1, from: Party::Platform, to: Party::Bench, sequence, previous, expires: UNTIL, entries }
    }

    /// The next package.
    fn send(&mut self, entries: Vec<Item>) -> PathBuf {
        let package = self.package(entries);
        self.last = Place { sequence: package.sequence, digest: Some(package.digest().expect("a digest")) };
        self.write(package, 1)
    }
}

fn request(trial: &Trial, asked: Asked) -> Item {
    Item::Request { request: trial.signed(id(), asked) }
}

fn code<T>(outcome: Result<T, AgentError>) -> &'static str {
    outcome.map(|_| "taken").unwrap_or_else(|error| error.code())
}

fn read(path: &Path) -> SignedPackage {
    serde_json::from_slice(&std::fs::read(path).expect("a package")).expect("json")
}

fn statements(package: &SignedPackage) -> Vec<&Said> {
    let said = |item: &Item| match item {
        Item::Statement { signed, .. } => Some(signed.statement.said.clone()),
        _ => None,
    };
    let all: Vec<_> = package.package.entries.iter().filter_map(said).collect();
    all.into_iter().map(|said| &*Box::leak(Box::new(said))).collect()
}

#[test]
fn a_package_is_taken_in_order_once_and_by_whom_it_is_for() {
    let trial = Trial::new();
    let agent = &trial.agents.bench;
    let mut platform = Platform::new(trial.dir.path());
    let ask = || vec![request(&trial, Asked::Keys)];

    let forged = platform.write(platform.package(ask()), 50);
    assert_eq!(code(agent.import_package(&forged)), "package-signature");
    let other = platform.write(Package { to: Party::Bar, ..platform.package(ask()) }, 1);
    assert_eq!(code(agent.import_package(&other)), "package-recipient");
    let late = platform.write(Package { expires: date(2026, 5, 31), ..platform.package(ask()) }, 1);
    assert_eq!(code(agent.import_package(&late)), "package-expired");
    let early = platform.write(Package { sequence: 2, ..platform.package(ask()) }, 1);
    assert_eq!(code(agent.import_package(&early)), "package-gap");
    let statement = Item::Statement { request: Digest([0; 32]), signed: trial.signed_by(Side::Bench, Asked::Keys) };
    let foreign = platform.write(platform.package(vec![statement]), 1);
    assert_eq!(code(agent.import_package(&foreign)), "package-entry");
    let file = Item::File { digest: Digest::of(&[b"not there"]), size: 9 };
    let incomplete = platform.write(platform.package(vec![file]), 1);
    assert_eq!(code(agent.import_package(&incomplete)), "file-failed");
    assert_eq!(code(agent.export_package(&platform.dir.join("out.json"), UNTIL)), "package-empty", "nothing was taken");

    let first = platform.send(ask());
    let taken = agent.import_package(&first).expect("taken");
    assert_eq!((taken.sequence, taken.requests, taken.again), (1, 1, false));
    let again = agent.import_package(&first).expect("again");
    assert!(again.again && again.requests == 0);
    let second = platform.send(vec![request(&trial, Asked::Ledger)]);
    agent.import_package(&second).expect("taken");
    assert_eq!(code(agent.import_package(&first)), "package-replayed");
    let history = platform.write(Package { previous: None, ..platform.package(ask()) }, 1);
    assert_eq!(code(agent.import_package(&history)), "package-history");
}

#[test]
fn a_package_that_was_written_again_for_a_later_day_is_known_and_the_next_follows_it() {
    let trial = Trial::new();
    let agent = &trial.agents.bench;
    let mut platform = Platform::new(trial.dir.path());
    let entries = vec![request(&trial, Asked::Keys), request(&trial, Asked::Ledger)];
    let (first, package) = (platform.package(entries.clone()), platform.package(entries.clone()));
    agent.import_package(&platform.send(entries.clone())).expect("taken");
    let out = platform.dir.join("from-1.json");
    agent.export_package(&out, UNTIL).expect("answered");

    // Something else in its place, or the same for an earlier day, is no writing again.
    let july = date(2026, 7, 31);
    for other in [
        Package { expires: july, entries: vec![request(&trial, Asked::Death)], ..package.clone() },
        Package { expires: date(2026, 6, 20), ..package.clone() },
        Package { expires: july, previous: Some(Digest([1; 32])), ..package.clone() },
    ] {
        assert_eq!(code(agent.import_package(&platform.write(other, 1))), "package-replayed");
    }
    assert_eq!(
        code(agent.import_package(&platform.write(Package { expires: july, ..package.clone() }, 50))),
        "package-signature"
    );
    // One of the two was answered meanwhile.
    let again = Package { expires: july, entries: entries[..1].to_vec(), ..package };
    let place = Place { sequence: 1, digest: Some(again.digest().expect("a digest")) };
    let taken = agent.import_package(&platform.write(again, 1)).expect("known");
    assert!(taken.again && taken.requests == 0);
    assert_eq!(code(agent.export_package(&out, UNTIL)), "package-empty", "nothing of it is asked a second time");
    assert_eq!(code(agent.import_package(&platform.write(first, 1))), "package-replayed", "the older writing is over");
    platform.last = place;
    agent.import_package(&platform.send(vec![request(&trial, Asked::Keys)])).expect("follows what was written again");
}

#[test]
fn what_cannot_be_answered_yet_waits_for_a_later_package() {
    let trial = Trial::with(hengping_agent::config::Settings::default());
    let agent = &trial.agents.bench;
    let mut platform = Platform::new(trial.dir.path());
    let manifest = trial.manifest();
    let asked =
        vec![request(&trial, Asked::Keys), request(&trial, trial.adopt(&manifest)), request(&trial, Asked::Ledger)];
    agent.import_package(&platform.send(asked)).expect("taken");
    let out = platform.dir.join("from-1.json");
    assert_eq!(code(agent.export_package(&out, date(2026, 5, 31))), "package-expired");
    let written = agent.export_package(&out, UNTIL).expect("written");
    assert_eq!((written.sequence, written.statements, written.waiting), (1, 2, 1));
    let package = read(&out);
    let bench = &trial.pins.sides.bench.agent;
    let take =
        |package: &SignedPackage, last| package.take((Party::Bench, bench), Party::Platform, last, date(2026, 6, 2));
    let Ok(Taken::New(place)) = take(&package, Place::default()) else { panic!("taken") };
    assert!(matches!(statements(&package)[..], [Said::Keys(_), Said::Refused { .. }]));

    let next = platform.dir.join("from-2.json");
    assert_eq!(code(agent.export_package(&next, UNTIL)), "package-empty", "its officers have not said yes");
    agent.approve(agent.pending().expect("pending")[0].digest).expect("approved");
    // Another process, after a kill.
    let agent = trial.again(Side::Bench);
    let written = agent.export_package(&next, UNTIL).expect("written");
    assert_eq!((written.sequence, written.statements, written.waiting), (2, 1, 0));
    let package = read(&next);
    assert!(matches!(take(&package, place), Ok(Taken::New(_))));
    assert!(matches!(statements(&package)[..], [Said::Adopted { .. }]));
    std::fs::remove_file(&next).expect("lost");
    agent.export_again(&next, None).expect("written");
    assert_eq!(read(&next), package);
    // Its last day is over before anybody took it.
    trial.clock.set(date(2026, 7, 1));
    assert_eq!(code(agent.export_again(&next, None)), "package-expired");
    agent.export_again(&next, Some(date(2026, 7, 31))).expect("written");
    let later = read(&next);
    let july = |package: &SignedPackage| package.take((Party::Bench, bench), Party::Platform, place, date(2026, 7, 1));
    assert!(july(&package).is_err() && matches!(july(&later), Ok(Taken::New(_))));
    assert_eq!((later.package.sequence, &later.package.entries), (2, &package.package.entries));
}

#[test]
fn lists_travel_beside_the_packages() {
    let closed = Closed::new(2);
    let (trial, agent) = (&closed.trial, &closed.trial.agents.bench);
    let mut platform = Platform::new(trial.dir.path());
    let list = mix::write_list(&closed.posted());
    let input = Digest::of(&[&list]);
    let item = Item::File { digest: input, size: list.len() as u64 };
    std::fs::write(platform.dir.join(input.to_string()), b"another list").expect("written");
    let asked = || vec![request(trial, Asked::Mix { input, after: None }), item.clone()];
    let wrong = platform.write(platform.package(asked()), 1);
    assert_eq!(code(agent.import_package(&wrong)), "file-digest");
    std::fs::write(platform.dir.join(input.to_string()), &list).expect("written");
    agent.import_package(&platform.send(asked())).expect("taken");
    let out = platform.dir.join("from-1.json");
    let written = agent.export_package(&out, UNTIL).expect("written");
    assert_eq!((written.statements, written.files, written.waiting), (1, 1, 0));
    let package = read(&out);
    let [Said::Mixed { output, passed: 4, .. }] = statements(&package)[..] else { panic!() };
    let beside = std::fs::read(platform.dir.join(output.to_string())).expect("the list");
    assert_eq!(Digest::of(&[&beside]), *output);
    assert!(package.package.entries.contains(&Item::File { digest: *output, size: beside.len() as u64 }));
}

#[test]
fn packages_keep_nothing_of_a_rater_after_death() {
    let mut trial = Trial::new();
    let raters = trial.begin(1, 1);
    let certificate = trial.enrol(&raters[0]);
    let agent = trial.agents.bench.clone();
    let mut platform = Platform::new(trial.dir.path());
    let asked = request(&trial, trial.tokens_request(&raters[0], &certificate));
    agent.import_package(&platform.send(vec![asked])).expect("taken");
    let out = platform.dir.join("from-1.json");
    assert_eq!(agent.export_package(&out, UNTIL).expect("written").statements, 1);
    trial.close(&[], 0);
    let held = || {
        let store = dump(&trial.agent_dir(Side::Bench));
        [raters[0].number.as_str(), raters[0].entries[0].invitation.as_str()].map(|word| found(&store, word.as_bytes()))
    };
    assert_eq!(held(), [true, true], "they were there");
    assert!(matches!(trial.said(Side::Bench, Asked::Death), Said::Dead { .. }));
    assert_eq!(held(), [false, false]);
    assert_eq!(code(agent.export_again(&out, None)), "package-empty");
    agent.import_package(&platform.send(vec![request(&trial, Asked::Keys)])).expect("the next one in order");
    assert_eq!(agent.export_package(&out, UNTIL).expect("written").sequence, 2);
}
