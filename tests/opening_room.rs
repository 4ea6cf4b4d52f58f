//! The opening room as the officers watch it: both locks, every stage, and what is missing from whom, from the first ballot to
//! the end of the keys.

use std::time::Duration;

use hengping::flow::courier;
use hengping::flow::opening_room::{self, Room, StageState};
use hengping::flow::{death, unseal};
use hengping::ports::Stopwatch;
use hengping::store::{agent_request, release};
use hengping_agent::config::AskedKind;
use hengping_domain::ids::{BoxId, Role, Side};
use hengping_domain::layer::{POSTED_LEN, Posted};
use hengping_domain::lock::SUITE;
use hengping_domain::statement::{AgentRefusal, Said, Statement};
use serde_json::{Value, json};

use crate::agents::agent_secret;
use crate::city::{self, Case, City, bar_box, bench_box, lawyer};
use crate::harness::{Backend, Client, Trial};
use crate::on_both_backends;

fn cases() -> Vec<Case> {
    (1..=4).map(|n| Case::new(n, n % 2, &[0], &[1])).collect()
}

/// The room of the lawyers' box as an officer sees it.
struct Seen(Value);

impl Seen {
    fn of(client: &Client) -> Self {
        let answer = client.get(&format!("/api/boxes/{}/opening", bar_box()));
        assert_eq!(answer.status, 200, "{}", answer.text);
        Self(answer.json())
    }

    /// Each stage with its state, how much is done, and why it failed.
    fn stage(&self, name: &str) -> (&str, u64, u64, Option<&str>) {
        let stages = self.0["stages"].as_array().expect("stages");
        let stage = stages.iter().find(|stage| stage["stage"] == name).expect(name);
        let count = |name: &str| stage[name].as_u64().expect(name);
        (stage["state"].as_str().expect("a state"), count("done"), count("total"), stage["code"].as_str())
    }

    fn states(&self) -> Vec<&str> {
        let stages = self.0["stages"].as_array().expect("stages").iter();
        stages.map(|stage| stage["state"].as_str().expect("a state")).collect()
    }

    fn locks(&self) -> [&str; 2] {
        ["bench", "bar"].map(|side| self.0["locks"][side].as_str().expect("a lock"))
    }

    fn state(&self) -> &str {
        self.0["state"].as_str().expect("a state")
    }

    /// Who is waited for, for what, and why it was refused.
    fn waiting(&self) -> Vec<(&str, &str, Option<&str>)> {
        let all = self.0["waiting"].as_array().expect("a list").iter();
        assert!(all.clone().all(|one| one["request"].as_str().is_some_and(|request| request.len() == 64)));
        all.map(|one| {
            (one["side"].as_str().expect("a side"), one["kind"].as_str().expect("a kind"), one["code"].as_str())
        })
        .collect()
    }
}

/// Looks until the opening that runs in the background has come so far.
fn until(client: &Client, what: &str, come: impl Fn(&Seen) -> bool) -> Seen {
    let watch = Stopwatch::start();
    loop {
        let seen = Seen::of(client);
        if come(&seen) {
            return seen;
        }
        assert!(watch.elapsed() < Duration::from_secs(90), "{what}: {:#}", seen.0);
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn go_on(client: &Client) -> (u16, Value) {
    let answer = client.post(&format!("/api/boxes/{}/opening", bar_box()), &json!({}));
    (answer.status, answer.json())
}

/// From an open box to dead keys, with one agent away and the other one's officers asked.
fn a_whole_opening(backend: Backend) {
    let rooms = tempfile::tempdir().expect("a directory");
    let settings = format!("opening.dir = \"{}\"\n", rooms.path().display());
    let Some(trial) = Trial::with(backend, &settings) else { return eprintln!("skipped: no PostgreSQL") };
    trial.agents.attend(Side::Bench, [AskedKind::Shares]);
    let city = City::inviting(&trial, 2, 2, &cases());
    let device = city.device(&lawyer(0), 1);
    device.mint();
    trial.account("operator", &[(Role::Operator, None)]);
    let served = trial.serve();
    let operator = served.signed_in("operator");

    let seen = Seen::of(&operator);
    assert_eq!((seen.state(), seen.locks(), seen.waiting()), ("open", ["shut", "shut"], vec![]));
    assert_eq!(seen.states(), ["not-yet"; 8]);
    let (status, problem) = go_on(&operator);
    assert_eq!((status, problem["code"].as_str()), (409, Some("box-state")), "an open box");
    assert_eq!(Seen::of(&operator).states(), ["not-yet"; 8], "and nothing runs");

    let casts: Vec<_> = (0..3).map(|case| device.seal(case, 1, 4, case as u64)).collect();
    city::hand_over(&trial.site, &bar_box(), &casts);
    trial.agents.send_away(Side::Bar);
    city::close(&trial.site, &bar_box()).expect("closed");
    assert_eq!(go_on(&operator).1["code"], "counterpart-open");
    city::close(&trial.site, &bench_box()).expect("closed");
    courier::deliver(&trial.site).expect("half");
    let seen = Seen::of(&operator);
    assert_eq!((seen.state(), seen.locks()), ("closed", ["shut", "unreachable"]));
    assert_eq!(seen.stage("close"), ("waiting", 1, 2, None));
    assert!(seen.waiting().contains(&("bar", "close", None)), "{:#}", seen.0);

    // The bench shuffles; the bar is not there.
    let (status, _) = go_on(&operator);
    assert_eq!(status, 202);
    let stopped = |seen: &Seen| !seen.states().contains(&"running");
    let seen = until(&operator, "the bar is missed", |seen| seen.stage("mix-bar").0 == "waiting" && stopped(seen));
    assert_eq!(seen.stage("mix-bench"), ("done", 1, 1, None));
    assert!(seen.waiting().contains(&("bar", "mix", None)));
    for later in ["list", "shares", "analysis", "draft", "death"] {
        assert_eq!(seen.stage(later).0, "not-yet", "{later}");
    }

    // The bar comes back; the bench's officers have to agree to hand over.
    trial.agents.bring_back(Side::Bar);
    assert_eq!(go_on(&operator).0, 202);
    let seen = until(&operator, "the bench's officers are missed", |seen| seen.stage("shares").1 == 1);
    assert_eq!((seen.state(), seen.locks()), ("mixed", ["shut", "handed-over"]));
    assert_eq!((seen.stage("close").0, seen.stage("mix-bar").0, seen.stage("list").0), ("done", "done", "done"));
    assert_eq!(seen.stage("shares").0, "running", "this machine asks");
    assert_eq!(seen.stage("analysis").0, "not-yet", "which has not begun");
    assert_eq!(seen.waiting(), [("bench", "shares", None)]);
    let (status, again) = go_on(&operator);
    assert_eq!((status, &again["state"]), (202, &json!("mixed")), "one opening at a time");
    let bench = trial.agents.agent(Side::Bench);
    for pending in bench.pending().expect("a look") {
        bench.approve(pending.digest).expect("approved");
    }
    let seen = until(&operator, "a draft", |seen| seen.state() == "opened" && stopped(seen));
    assert_eq!((seen.locks(), seen.waiting()), (["handed-over"; 2], vec![]));
    assert_eq!((seen.stage("shares"), seen.stage("analysis").0), (("done", 2, 2, None), "done"));
    assert_eq!((seen.stage("draft"), seen.stage("death")), (("waiting", 0, 1, None), ("not-yet", 0, 2, None)));
    assert_eq!(go_on(&operator).1["code"], "box-state", "it was opened already");

    let drafts = trial.site.store.read("test", release::all).expect("a look");
    city.release(drafts.iter().find(|draft| draft.ballot_box == bar_box()).expect("a draft").hash);
    let seen = until(&operator, "the release", |seen| seen.stage("draft").0 == "done");
    assert_eq!(seen.stage("draft"), ("done", 1, 1, None));
    trial.agents.send_away(Side::Bar);
    death::bury(&trial.site, &bar_box()).expect("asked");
    courier::deliver(&trial.site).expect("half");
    let seen = Seen::of(&operator);
    assert_eq!((seen.state(), seen.stage("death")), ("opened", ("waiting", 1, 2, None)));
    assert!(seen.waiting().contains(&("bar", "death", None)));
    trial.agents.bring_back(Side::Bar);
    courier::deliver(&trial.site).expect("delivered");
    let seen = Seen::of(&operator);
    assert_eq!((seen.state(), seen.stage("death"), seen.waiting()), ("dead", ("done", 2, 2, None), vec![]));
    assert_eq!(seen.states(), ["done"; 8]);
}

#[test]
fn a_whole_opening_is_watched_on_sqlite() {
    a_whole_opening(Backend::Sqlite);
}

#[test]
fn a_whole_opening_is_watched_on_postgres() {
    a_whole_opening(Backend::Postgres);
}

fn look(trial: &Trial) -> Room {
    opening_room::look(&trial.site, &bar_box()).expect("a room")
}

fn stage(room: &Room, name: &str) -> (StageState, u64, Option<String>) {
    let stage = room.stages.iter().find(|stage| stage.stage == name).expect(name);
    (stage.state, stage.done, stage.code.clone())
}

/// Has a side's agent refuse what it was asked about the lawyers' box.
fn refuse(trial: &Trial, side: Side, kind: &str, code: AgentRefusal) {
    let site = &trial.site;
    let waiting = site.store.read("test", |conn| agent_request::unanswered(conn, side)).expect("a look");
    let waiting = waiting.into_iter().find(|one| one.kind.as_str() == kind && one.ballot_box == bar_box()).expect(kind);
    let said = Said::Refused { request: waiting.digest, code };
    let signed = Statement { v: 1, id: bar_box(), side, said }.sign(&agent_secret(side)).expect("signed");
    courier::hear(site, &waiting, &signed).expect("heard");
}

on_both_backends! {
    fn a_refused_death_has_failed_and_says_why(trial) {
        let city = City::inviting(trial, 2, 2, &cases());
        let device = city.device(&lawyer(0), 1);
        device.mint();
        city::hand_over(&trial.site, &bar_box(), &[device.seal(0, 1, 4, 1)]);
        for id in [bar_box(), bench_box()] {
            city::close(&trial.site, &id).expect("closed");
        }
        let dir = tempfile::tempdir().expect("a directory");
        city.gather(&bar_box(), dir.path());
        city.release(city.take_draft(&bar_box(), &json!([]), &[]).expect("a draft"));
        city::deliver(&trial.site);
        death::bury(&trial.site, &bar_box()).expect("asked");
        assert_eq!(stage(&look(trial), "death"), (StageState::Waiting, 0, None), "control");
        refuse(trial, Side::Bench, "death", AgentRefusal::BoxOpen);
        let room = look(trial);
        assert_eq!(stage(&room, "death"), (StageState::Failed, 0, Some("box-open".to_owned())));
        let refused: Vec<_> = room.waiting.iter().map(|one| (one.side, one.kind.as_str(), one.code)).collect();
        assert_eq!(refused, [(Side::Bar, "death", None), (Side::Bench, "death", Some("box-open"))]);
        // Asked again it may say yes: then nothing of the refusal is left.
        city::deliver(&trial.site);
        assert_eq!(stage(&look(trial), "death"), (StageState::Done, 2, None));
        assert!(look(trial).waiting.is_empty() && look(trial).dead());
    }

    fn a_refused_list_has_failed_until_an_auditor_has_looked(trial) {
        let city = City::inviting(trial, 2, 2, &cases());
        let devices = [city.device(&lawyer(0), 1), city.device(&lawyer(1), 1)];
        devices.iter().for_each(|device| device.mint());
        let noise = |byte: u8| Posted::from_bytes([SUITE.as_slice(), &[byte; POSTED_LEN - 4]].concat()).expect("by its looks");
        let mut casts: Vec<_> = (0..4).map(|case| devices[0].stamped(case, 1, noise(case as u8))).collect();
        casts.push(devices[1].seal(0, 1, 4, 1));
        city::hand_over(&trial.site, &bar_box(), &casts);
        for id in [bar_box(), bench_box()] {
            city::close(&trial.site, &id).expect("closed");
        }
        let (site, id): (_, BoxId) = (&trial.site, bar_box());
        let dir = tempfile::tempdir().expect("a directory");
        city.shuffle(&id, dir.path());
        unseal::list(site, &id, false).expect("asked");
        assert_eq!(stage(&look(trial), "list"), (StageState::Waiting, 0, None));
        courier::deliver(site).expect("delivered");
        let room = look(trial);
        assert_eq!(stage(&room, "list"), (StageState::Failed, 0, Some("too-many-refused".to_owned())));
        assert_eq!(stage(&room, "mix-bench").0, StageState::Done);
        assert_eq!(room.waiting.len(), 2);
        assert_eq!(room.handed_over, [false, false]);
        unseal::list(site, &id, true).expect("asked");
        courier::deliver(site).expect("delivered");
        let room = look(trial);
        assert_eq!(stage(&room, "list"), (StageState::Done, 2, None));
        assert!(room.waiting.is_empty(), "what was refused before is nobody's to do: {:?}", room.waiting);
        assert_eq!(stage(&room, "shares").0, StageState::NotYet);
    }

    fn a_stage_that_ends_with_an_error_is_the_one_that_shows_it(trial) {
        let id = bar_box();
        let _city = City::inviting(trial, 2, 2, &cases());
        let openings = &trial.site.openings;
        assert!(openings.begin(&id) && !openings.begin(&id), "one at a time");
        assert!(openings.begin(&bench_box()), "of each box");
        let running = |name: &str| {
            let room = look(trial);
            let all = room.stages.iter().filter(|stage| stage.state == StageState::Running);
            assert_eq!(all.map(|stage| stage.stage).collect::<Vec<_>>(), [name]);
            let stage = room.stages.into_iter().find(|stage| stage.stage == name).expect(name);
            (stage.done, stage.total)
        };
        openings.note(&id, ("mix-bench".to_owned(), 0, 1));
        assert_eq!(running("mix-bench"), (0, 1));
        openings.note(&id, ("fit".to_owned(), 40, 90));
        assert_eq!(running("analysis"), (40, 90), "whatever the analysis calls its own stages");
        openings.end(&id, Some("share-wrong".to_owned()));
        assert_eq!(stage(&look(trial), "analysis"), (StageState::Failed, 0, Some("share-wrong".to_owned())));
        assert!(openings.begin(&id), "it can be tried again");
        openings.note(&id, ("mix-bar".to_owned(), 0, 1));
        openings.end(&id, Some("fault".to_owned()));
        let room = look(trial);
        assert_eq!(stage(&room, "mix-bar"), (StageState::Failed, 0, Some("fault".to_owned())));
        assert_eq!(stage(&room, "analysis").0, StageState::NotYet);
        assert!(openings.begin(&id));
        openings.note(&id, ("list".to_owned(), 0, 1));
        openings.end(&id, None);
        assert_eq!(stage(&look(trial), "list").0, StageState::NotYet, "it only waits for somebody");
    }
}
