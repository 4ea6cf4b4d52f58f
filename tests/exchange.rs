//! An agent that no network reaches: a whole period in packages, and which packages are refused.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use hengping::flow::exchange::{self, Exported, Imported, NotCarried};
use hengping::flow::{batch, boxes, courier, death, draw, eligibility, invite, periods};
use hengping::opening::{self, Locked, Progressed};
use hengping::store::agent_request;
use hengping_agent::AgentError;
use hengping_domain::digest::{Bytes, Digest};
use hengping_domain::document::DocumentKind;
use hengping_domain::exchange::{Item, Package, Party, SignedPackage};
use hengping_domain::ids::{PeriodId, Side};
use hengping_domain::manifest::PeriodKind;
use hengping_domain::record;
use hengping_domain::statement::{AgentRefusal, Said, Statement};
use jiff::civil::{Date, date};
use tempfile::TempDir;

use crate::agents::agent_secret;
use crate::city::{self, Case, City, bar_box, bench_box, judge, lawyer};
use crate::dump::content;
use crate::harness::Trial;
use crate::on_both_backends;

const UNTIL: Date = date(2026, 12, 10);

/// Whoever carries the medium between the platform and one side's agent, which answers nobody else.
struct Post<'t> {
    trial: &'t Trial,
    side: Side,
    medium: TempDir,
    opening: TempDir,
}

/// The files of a directory by digest, with their bytes.
fn files(dir: &Path) -> BTreeMap<Digest, Vec<u8>> {
    let paths = dir.read_dir().expect("a directory").map(|entry| entry.expect("an entry").path());
    let read = paths.filter(|path| path.is_file()).map(|path| std::fs::read(path).expect("a file"));
    read.map(|bytes| (Digest::of(&[&bytes]), bytes)).collect()
}

fn lay(dir: &Path, wanted: &BTreeSet<Digest>, from: &BTreeMap<Digest, Vec<u8>>) {
    for digest in wanted {
        std::fs::write(dir.join(digest.to_string()), &from[digest]).expect("written");
    }
}

fn code<T: std::fmt::Debug>(outcome: Result<T, NotCarried>) -> &'static str {
    outcome.expect_err("refused").words().expect("the package's own reason").0
}

impl<'t> Post<'t> {
    fn new(trial: &'t Trial, side: Side) -> Self {
        trial.agents.send_away(side);
        let dir = || tempfile::tempdir().expect("a directory");
        Self { trial, side, medium: dir(), opening: dir() }
    }

    fn lists(&self) -> BTreeMap<Digest, u64> {
        files(self.opening.path()).into_iter().map(|(digest, bytes)| (digest, bytes.len() as u64)).collect()
    }

    fn export(&self) -> Exported {
        exchange::export(&self.trial.site, self.side, UNTIL, &self.lists()).expect("exported")
    }

    fn again(&self, expires: Option<Date>) -> Result<Exported, NotCarried> {
        exchange::export_again(&self.trial.site, self.side, expires, &self.lists())
    }

    /// Writes a package and its lists to the medium.
    fn write(&self, exported: &Exported) -> PathBuf {
        lay(self.medium.path(), &exported.files, &files(self.opening.path()));
        let path = self.medium.path().join(format!("to-{}.json", exported.package.package.sequence));
        std::fs::write(&path, serde_json::to_vec(&exported.package).expect("json")).expect("written");
        path
    }

    /// What the agent answers to what it has; nothing when it has nothing to say.
    fn answer(&self) -> Option<SignedPackage> {
        let path = self.medium.path().join("back.json");
        match self.trial.agents.agent(self.side).export_package(&path, UNTIL) {
            Ok(_) => Some(opening::read_json(&path).expect("a package")),
            Err(AgentError::NothingToSend) => None,
            Err(error) => panic!("{error}"),
        }
    }

    /// Takes the package at the platform, with what lies beside it.
    fn import(&self, package: &SignedPackage) -> Result<Imported, NotCarried> {
        let beside = files(self.medium.path());
        let done = exchange::import(&self.trial.site, self.side, package, &beside.keys().copied().collect())?;
        lay(self.opening.path(), &done.files, &beside);
        Ok(done)
    }

    /// There and back once.
    fn round(&self) {
        let path = self.write(&self.export());
        self.trial.agents.agent(self.side).import_package(&path).expect("taken");
        let back = self.answer().expect("an answer");
        assert!(self.import(&back).expect("taken").heard > 0);
    }

    /// Carries until nothing waits for this side any more.
    fn carry(&self) {
        let site = &self.trial.site;
        for _ in 0..9 {
            let done = courier::deliver(site).expect("delivered");
            assert!(done.unreachable.iter().all(|side| *side == self.side), "{done:?}");
            let waiting = site.store.read("test", |conn| agent_request::unanswered(conn, self.side)).expect("a look");
            if waiting.is_empty() {
                return;
            }
            self.round();
        }
        panic!("something waits for ever");
    }

    /// Goes on with an opening as often as it takes.
    fn open(&self) -> Digest {
        for _ in 0..9 {
            match opening::go_on(&self.trial.site, &bar_box(), self.opening.path(), Locked::Refuse, &mut |_| ()) {
                Ok(Progressed::Draft(draft)) => return draft,
                Ok(Progressed::Waits(missing)) => {
                    assert!(missing.iter().all(|one| one.side == self.side && one.code.is_none()), "{missing:?}");
                    self.round();
                }
                other => panic!("{other:?}"),
            }
        }
        panic!("the opening waits for ever");
    }
}

/// Both boxes of a period are open, and nobody has spoken to the agent of one side but in packages.
fn opened<'t>(trial: &'t Trial, post: &Post<'t>) -> City<'t> {
    let city = City::found(trial, city::lenient);
    let cases: Vec<_> = (1..=4).map(|n| Case::new(n, n % 2, &[0], &[1])).collect();
    city::import(&trial.site, &city::roster(2, 2), false);
    city::import(&trial.site, &city::docket(&cases), false);
    let (plan, site) = (city.plan("2026", PeriodKind::Regular), &trial.site);
    let draws = City::draws(&plan.id);
    for file in &draws {
        draw::commit(site, &plan.id, file.side, file.commitment()).expect("lodged");
    }
    periods::prepare(site, &plan.id).expect("asked");
    post.carry();
    for (_, manifest) in periods::open(site, &plan).expect("a period") {
        city.sign(DocumentKind::Manifest, manifest);
    }
    for file in &draws {
        draw::reveal(site, file).expect("revealed");
    }
    city.register();
    for id in [bar_box(), bench_box()] {
        invite::invite(site, &id).expect("invited");
        eligibility::propose(site, &id).expect("proposed");
    }
    post.carry();
    city
}

fn a_whole_period(trial: &Trial, side: Side) {
    let post = Post::new(trial, side);
    let city = opened(trial, &post);
    let (site, id) = (&trial.site, bar_box());
    let (lawyer, judge) = (city.device(&lawyer(0), 1), city.device(&judge(0), 1));
    for device in [&lawyer, &judge] {
        device.fetch_through(|| post.carry());
    }
    let casts: Vec<_> = (0..3).map(|case| lawyer.seal(case, 1, 4, case as u64)).collect();
    city::hand_in(site, &id, &casts).expect("taken");
    city::hand_in(site, &bench_box(), &[judge.seal(0, 1, 4, 9)]).expect("taken");
    post.carry();
    assert_eq!(batch::published(site, &id).expect("a log").leaves.len(), 3);
    for id in [&id, &bench_box()] {
        assert_eq!(city::close(site, id).expect("closed").as_str(), "closed");
    }
    post.carry();

    let draft = post.open();
    assert_eq!(boxes::find(site, &id).expect("a box").held.counts.map(|counts| counts.valid), Some(3));
    let left: Vec<_> = files(post.opening.path()).into_values().filter(|bytes| bytes.len() == 32 + 3 * 64).collect();
    assert!(left.is_empty(), "no shares are left beside the list");
    city.release(draft);
    post.carry();
    assert_eq!(death::bury(site, &id), Ok(false));
    post.carry();
    assert_eq!(death::bury(site, &id), Ok(true));
    let record = hengping::flow::record::record(site, &id).expect("a record");
    let broken: Vec<_> = record::verify(&record).into_iter().filter(|check| !check.holds).collect();
    assert!(broken.is_empty(), "{broken:#?}");
    assert_eq!(trial.agents.asked(side), 0, "it was never reached but by packages");
    assert!(trial.agents.asked(side.other()) > 0, "the control");
}

/// A city with requests for keys on their way to the bench, and its post.
fn asked(trial: &Trial) -> Post<'_> {
    City::found(trial, city::lenient);
    let post = Post::new(trial, Side::Bench);
    periods::prepare(&trial.site, &PeriodId("2026".to_owned())).expect("asked");
    post
}

/// A package that the bench's agent signs, whatever is in it.
fn from_bench(change: impl FnOnce(&mut Package)) -> SignedPackage {
    let (from, to) = (Party::Bench, Party::Platform);
    let mut package = Package { v: 1, from, to, sequence: 1, previous: None, expires: UNTIL, entries: Vec::new() };
    change(&mut package);
    package.sign(&agent_secret(Side::Bench)).expect("signed")
}

on_both_backends! {
    fn a_whole_period_goes_through_packages_to_the_bench(trial) {
        a_whole_period(trial, Side::Bench);
    }

    fn a_whole_period_goes_through_packages_to_the_bar(trial) {
        a_whole_period(trial, Side::Bar);
    }

    fn a_package_is_taken_once_in_order_from_its_sender_in_time_and_unchanged(trial) {
        let post = asked(trial);
        let path = post.write(&post.export());
        trial.agents.agent(Side::Bench).import_package(&path).expect("taken");
        let first = post.answer().expect("an answer");
        let before = content(trial, &[]);
        let refused = |what: &str, package: &SignedPackage, expected: &str| {
            assert_eq!(code(post.import(package)), expected, "{what}");
            assert!(content(trial, &[]) == before, "{what}: nothing is stored");
        };
        let entries = || first.package.entries.clone();
        refused("for somebody else", &from_bench(|p| (p.to, p.entries) = (Party::Bar, entries())), "package-recipient");
        refused("too late", &from_bench(|p| (p.expires, p.entries) = (date(2026, 11, 22), entries())), "package-expired");
        refused("with one missing before", &from_bench(|p| (p.sequence, p.entries) = (2, entries())), "package-gap");
        refused("after another", &from_bench(|p| (p.previous, p.entries) = (Some(Digest([1; 32])), entries())), "package-history");
        let absent = Item::File { digest: Digest::of(&[b"not there"]), size: 9 };
        refused("without its file", &from_bench(|p| p.entries = [entries(), vec![absent]].concat()), "package-file");
        let mut other = first.clone();
        other.signature = Bytes([7; 64]);
        refused("of nobody", &other, "package-signature");
        assert!(matches!(
            exchange::import(&trial.site, Side::Bar, &first, &BTreeSet::new()),
            Err(NotCarried::Package(hengping_domain::exchange::PackageError::BadSignature))
        ), "from the other side");
        // One byte changed anywhere: it is no package any more, or not the one that was signed.
        let text = serde_json::to_vec(&first).expect("json");
        let mut readable = 0;
        for at in (0..text.len()).step_by(7) {
            let mut changed = text.clone();
            changed[at] ^= 1;
            let Ok(package) = serde_json::from_slice::<SignedPackage>(&changed) else { continue };
            readable += 1;
            assert_eq!(code(post.import(&package)), "package-signature", "byte {at}");
        }
        assert!(readable > 50 && content(trial, &[]) == before, "{readable}");
        // An agent that signs what it never said: the statements before it are not taken either.
        let said = Said::Refused { request: Digest([0; 32]), code: AgentRefusal::UnknownBox };
        let id = bar_box();
        let posing = Statement { v: 1, id, side: Side::Bar, said }.sign(&agent_secret(Side::Bench)).expect("signed");
        let mut last = entries();
        if let Some(Item::Statement { signed, .. }) = last.last_mut() {
            *signed = posing;
        }
        let outcome = post.import(&from_bench(|p| p.entries = last));
        assert!(matches!(outcome, Err(NotCarried::Step(_))) && content(trial, &[]) == before, "{outcome:?}");

        assert_eq!(post.import(&first).expect("taken").heard, 2);
        let before = content(trial, &[]);
        for _ in 0..2 {
            assert_eq!(post.import(&first).expect("known"), Imported::default());
        }
        let place = Some(first.package.digest().expect("a digest"));
        let second = from_bench(|p| (p.sequence, p.previous) = (2, place));
        let refused = |what: &str, package: &SignedPackage, expected: &str| {
            assert_eq!(code(post.import(package)), expected, "{what}");
            assert!(content(trial, &[]) == before, "{what}: nothing is stored");
        };
        refused("another in its place", &from_bench(|p| p.expires = date(2026, 12, 1)), "package-replayed");
        post.import(&second).expect("taken");
        let before = content(trial, &[]);
        assert_eq!(code(post.import(&first)), "package-replayed");
        assert!(content(trial, &[]) == before, "an older one changes nothing");
    }

    fn a_package_that_was_lost_is_written_again_as_it_was(trial) {
        let post = asked(trial);
        assert_eq!(code(post.again(None)), "package-empty", "none was written yet");
        let first = post.export();
        assert_eq!(first.package.package.entries.len(), 2);
        let again = post.again(None).expect("written");
        assert_eq!(again.package, first.package, "the same to the byte");
        let agent = trial.agents.agent(Side::Bench);
        let path = post.write(&again);
        for taken in [false, true] {
            assert_eq!(agent.import_package(&path).expect("taken").again, taken);
        }
        post.import(&post.answer().expect("an answer")).expect("taken");
        // The next follows it, and what was answered is not in the one that is written again.
        let second = post.export();
        assert_eq!((second.package.package.sequence, second.package.package.entries.len()), (2, 0));
        agent.import_package(&post.write(&second)).expect("follows");
    }

    fn a_package_that_nobody_took_in_time_is_written_again_for_a_later_day(trial) {
        let post = asked(trial);
        let agent = trial.agents.agent(Side::Bench);
        // One that was lost, and one that was taken though nobody at the platform knows.
        for (round, taken) in [(1, false), (2, true)] {
            let lost = post.export();
            if taken {
                agent.import_package(&post.write(&lost)).expect("taken");
            }
            trial.clock.set(UNTIL.tomorrow().expect("a day"));
            assert_eq!(code(post.again(None)), "package-expired");
            let later = post.again(Some(date(2026, 12, 31))).expect("written");
            let Package { sequence, entries, .. } = &later.package.package;
            assert_eq!((*sequence, entries), (round, &lost.package.package.entries));
            assert_eq!(agent.import_package(&post.write(&later)).expect("taken or known").again, taken);
            trial.clock.set(date(2026, 11, 23));
        }
        let back = post.answer().expect("answers");
        // And the same on the way back: it was taken, and comes again for a later day.
        post.import(&back).expect("taken");
        let path = post.medium.path().join("again.json");
        agent.export_again(&path, Some(date(2026, 12, 31))).expect("written");
        let again: SignedPackage = opening::read_json(&path).expect("a package");
        assert_ne!(again.package.digest(), back.package.digest());
        assert_eq!(post.import(&again).expect("known").heard, 0);
        assert_eq!(code(post.import(&back)), "package-replayed", "the older writing is over");
        post.round_of_ledgers();
    }

    fn a_request_waits_for_the_list_that_it_is_about(trial) {
        let post = Post::new(trial, Side::Bench);
        let city = opened(trial, &post);
        let device = city.device(&lawyer(0), 1);
        device.mint();
        city::hand_in(&trial.site, &bar_box(), &[device.seal(0, 1, 4, 1)]).expect("taken");
        post.carry();
        for id in [bar_box(), bench_box()] {
            city::close(&trial.site, &id).expect("closed");
        }
        post.carry();
        let waits = opening::go_on(&trial.site, &bar_box(), post.opening.path(), Locked::Refuse, &mut |_| ());
        assert!(matches!(waits, Ok(Progressed::Waits(_))), "{waits:?}");
        let without = exchange::export(&trial.site, Side::Bench, UNTIL, &BTreeMap::new()).expect("exported");
        assert_eq!((without.held, without.package.package.entries.len()), (1, 0));
        trial.agents.agent(Side::Bench).import_package(&post.write(&without)).expect("taken");
        let with = post.export();
        let named = with.package.package.entries.iter().filter(|item| matches!(item, Item::File { .. })).count();
        assert_eq!((with.held, with.files.len(), named), (0, 1, 1));
    }

    fn what_was_refused_is_asked_again_in_the_next_package(trial) {
        trial.agents.attend(Side::Bench, [hengping_agent::config::AskedKind::Manifest]);
        let post = Post::new(trial, Side::Bench);
        let city = City::found(trial, city::lenient);
        city::import(&trial.site, &city::roster(2, 2), false);
        city::import(&trial.site, &city::docket(&[Case::new(1, 0, &[0], &[1])]), false);
        let plan = city.plan("2026", PeriodKind::Regular);
        for file in City::draws(&plan.id) {
            draw::commit(&trial.site, &plan.id, file.side, file.commitment()).expect("lodged");
        }
        periods::prepare(&trial.site, &plan.id).expect("asked");
        post.carry();
        for (_, manifest) in periods::open(&trial.site, &plan).expect("a period") {
            city.sign(DocumentKind::Manifest, manifest);
        }
        for file in City::draws(&plan.id) {
            draw::reveal(&trial.site, &file).expect("revealed");
        }
        city.register();
        invite::invite(&trial.site, &bar_box()).expect("invited");
        eligibility::propose(&trial.site, &bar_box()).expect("proposed");
        post.round();
        // The officers had not seen the manifest yet, so the list was about a box that their agent did not know.
        let agent = trial.agents.agent(Side::Bench);
        for pending in agent.pending().expect("pending") {
            agent.approve(pending.digest).expect("approved");
        }
        post.round();
        post.carry();
        let agreed = trial.site.store.look("test", |conn| eligibility::agreed(conn, &bar_box())).expect("a look");
        assert_eq!(agreed.len(), 1, "both sides agreed to the list");
    }
}

impl Post<'_> {
    /// Something new goes there and back: neither end has lost the other's place.
    fn round_of_ledgers(&self) {
        periods::prepare(&self.trial.site, &PeriodId("2027".to_owned())).expect("asked");
        self.round();
    }
}
