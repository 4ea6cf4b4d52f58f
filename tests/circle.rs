//! The circle once around on a small city: from two files to a signed release and the end of the keys, through the steps,
//! the real client over HTTP, a relay that runs, both agents and the analysis program, under the charter as it is shipped.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex};

use hengping::client::{self, Client as Device, ClientError, Inbox, PinnedBox, Sealed, Tokens};
use hengping::demo::docket::{DocketPlan, make};
use hengping::demo::truth::{Ask, Truth, TruthPlan};
use hengping::flow::{Refusal, death, draft, export, publish};
use hengping::opening::{self, Locked, OpeningFailure, Progressed};
use hengping::ports::SystemEntropy;
use hengping_domain::cast::Cast;
use hengping_domain::digest::{Bytes, Digest};
use hengping_domain::document::DocumentKind;
use hengping_domain::ids::{BoxId, RateeId, Role, Side};
use hengping_domain::log;
use hengping_domain::manifest::PeriodKind;
use hengping_domain::opening::IssuerKeysFile;
use hengping_domain::release::{Audience, Cell, Draft, Scope};
use hengping_domain::rubric::Rubric;
use hengping_domain::token::{self, Seed};
use jiff::civil::date;
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use serde_json::{Value, json};

use crate::agents::relay_key;
use crate::city::{BOXES, City, bar_box, bench_box, deliver, reachable, refusal, upload};
use crate::dump::table;
use crate::harness::{Backend, Client, PASSWORD, Trial};

/// Builds the analysis program where this test binary's build has not left it. The whole workspace is named, because with
/// fewer packages cargo would choose other features and compile polars a second time.
fn analysis_is_built() {
    let here = std::env::current_exe().expect("this test's own path");
    let profile: PathBuf = here.parent().and_then(Path::parent).expect("target/PROFILE/deps").to_owned();
    let program = profile.join("hengping-analyse");
    if program.exists() {
        return;
    }
    let target = profile.parent().expect("the target directory");
    let built = Command::new(env!("CARGO"))
        .args(["build", "--workspace", "--bins", "--locked", "--quiet"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .env("CARGO_TARGET_DIR", target)
        .status();
    let found = built.is_ok_and(|status| status.success()) && program.exists();
    assert!(found, "{} is missing; build it with `cargo build --workspace`", program.display());
}

/// What one rater's device did.
struct Visit {
    seed: Seed,
    tokens: Tokens,
    inbox: Inbox,
    /// Case of the inbox, number, receipt.
    receipts: Vec<(usize, u32, Digest)>,
}

struct Town<'t> {
    city: City<'t>,
    base: String,
    truth: Truth,
    /// Staff or licence number by the name in ballots.
    numbers: BTreeMap<String, String>,
}

impl Town<'_> {
    fn device(&self, number: &str) -> Device {
        let mut device = Device::new(&self.base);
        device.sign_in(number, PASSWORD).expect("signed in");
        device
    }

    /// Signs in, enrols, fetches tokens and casts what the truth makes this rater answer.
    fn visit(&self, pinned: &PinnedBox, number: &str) -> Visit {
        let id = &pinned.manifest.id;
        let device = self.device(number);
        let inbox = device.inbox().expect("waiting cases");
        assert_eq!(inbox.id, id.to_string());
        let seed = Seed(Bytes(Digest::of(&[b"seed of ", number.as_bytes()]).0));
        device.enrol(id, &seed, number, &self.city.code(number).key()).expect("enrolled");
        let tokens = device.fetch_tokens(pinned, &seed, number, &inbox.home, &inbox.items).expect("tokens");
        let mut visit = Visit { seed, tokens, inbox, receipts: Vec::new() };
        for case in 0..visit.inbox.items.len() {
            if let Some(receipt) = self.cast(pinned, &device, number, &visit, case, 1) {
                visit.receipts.push((case, 1, receipt));
            }
        }
        visit
    }

    /// Casts what this rater answers in a case, if anything.
    fn cast(
        &self,
        pinned: &PinnedBox,
        device: &Device,
        number: &str,
        visit: &Visit,
        case: usize,
        seq: u32,
    ) -> Option<Digest> {
        self.try_cast(pinned, device, number, visit, case, seq).map(|outcome| outcome.expect("taken"))
    }

    fn try_cast(
        &self,
        pinned: &PinnedBox,
        device: &Device,
        number: &str,
        visit: &Visit,
        case: usize,
        seq: u32,
    ) -> Option<Result<Digest, ClientError>> {
        let waiting = &visit.inbox.items[case];
        let ask = Ask {
            direction: pinned.manifest.direction,
            rater: number,
            ratee: &self.numbers[waiting.slip.ratee().as_str()],
            court: &waiting.court.code,
            stratum: waiting.slip.stratum(),
            case: &waiting.case_number,
        };
        if !self.truth.will_respond(&ask) {
            return None;
        }
        let applies = pinned.rubric.items.iter().map(|item| item.id.as_str());
        let applies = applies.filter(|item| !waiting.not_applicable.iter().any(|n| n == item));
        let mut rng = StdRng::from_seed(Digest::of(&[number.as_bytes(), &case.to_be_bytes(), &seq.to_be_bytes()]).0);
        let secrets = (&visit.seed, &visit.tokens);
        let sealed = client::seal(pinned, secrets, waiting, seq, self.truth.answers(&ask, applies), &mut rng);
        Some(device.cast(pinned, &sealed.expect("sealed")))
    }

    /// Every rater of a box visits, on two threads.
    fn everybody(&self, pinned: &PinnedBox) -> BTreeMap<String, Visit> {
        let held = table(self.city.trial, "invitation");
        let people = table(self.city.trial, "person");
        let number: BTreeMap<_, _> = people.column("id").into_iter().zip(people.column("number")).collect();
        let of_box = held.column("box").into_iter().zip(held.column("rater"));
        let id = pinned.manifest.id.to_string();
        let raters: BTreeSet<&str> = of_box.filter(|(held, _)| *held == id).map(|(_, rater)| number[rater]).collect();
        let raters: Vec<_> = raters.into_iter().collect();
        let done = Mutex::new(BTreeMap::new());
        std::thread::scope(|scope| {
            for part in raters.chunks(raters.len().div_ceil(2)) {
                let done = &done;
                scope.spawn(move || {
                    for number in part {
                        self.city.enrol(number);
                        let visit = self.visit(pinned, number);
                        done.lock().expect("no panic").insert((*number).to_owned(), visit);
                    }
                });
            }
        });
        done.into_inner().expect("no panic")
    }
}

/// A docket of the demonstration's own making, its roster and cases uploaded by the operator, its raters invited.
fn invited<'t>(trial: &'t Trial, base: String, operator: &Client) -> Town<'t> {
    let plan =
        DocketPlan { seed: 3, judges: 12, lawyers: 80, from: date(2025, 11, 1), to: date(2026, 11, 20), bad_rows: 4 };
    let docket = make(&plan).expect("a docket");
    let files = docket.files().expect("files");
    let people = upload(operator, false, &files.roster).json();
    assert_eq!((&people["people_new"], &people["problem_count"]), (&json!(92), &json!(0)));
    let cases = upload(operator, false, &files.docket).json();
    assert_eq!((&cases["cases_new"], &cases["problem_count"]), (&json!(docket.cases.len()), &json!(4)), "{cases}");

    let city = City::found(trial, |charter| charter.pilot.exit = None);
    city.open_period(&city.plan("2026", PeriodKind::Regular));
    for invited in city.invite() {
        assert!(invited.new > 100 && invited.capped < invited.new, "{invited:?}");
    }
    let forms = ["bar-rates-bench", "bench-rates-bar"].map(|name| {
        let path = format!("{}/config/rubrics/{name}-v1.toml", env!("CARGO_MANIFEST_DIR"));
        Rubric::from_toml(&std::fs::read_to_string(path).expect("a form")).expect("a form")
    });
    let truth = Truth::plant(plan.seed, TruthPlan::default(), &docket.people, [&forms[0], &forms[1]]);
    let held = table(trial, "person");
    let numbers = held.column("ratee").into_iter().zip(held.column("number"));
    let numbers = numbers.map(|(ratee, number)| (ratee.to_owned(), number.to_owned())).collect();
    Town { city, base, truth, numbers }
}

/// A relay in front of a platform, with the receipt key that every manifest of the tests names.
fn relay(trial: &Trial, base: &str) -> hengping_relay::Running {
    let dir = trial.agents.beside("relay");
    hengping_relay::keys::init(&dir, &SystemEntropy).expect("a relay's directory");
    let key = relay_key();
    let key = hengping_relay::keys::ReceiptKeyFile {
        v: 1,
        purpose: hengping_relay::keys::ReceiptPurpose::Receipt,
        public: Bytes(key.verifying_key().to_bytes()),
        secret: Bytes(key.to_bytes()),
    };
    std::fs::write(dir.join("receipt.key"), json!(key).to_string()).expect("the key in its place");
    let listen = trial.site.agents.relay.origin.trim_start_matches("http://").parse().expect("an address");
    let settings = hengping_relay::Settings::new(&dir, listen, base, vec![base.to_owned()]);
    hengping_relay::start(&settings, trial.clock.clone(), Arc::new(SystemEntropy)).expect("a relay")
}

/// The files that the analysis left, but for the record of the run, which holds seconds.
fn left(dir: &Path) -> BTreeMap<String, Vec<u8>> {
    let read = |name: &str| std::fs::read(dir.join(name)).expect(name);
    let mut files: BTreeMap<_, _> =
        ["draft.json", "counted.json", "cells.csv"].map(|name| (name.to_owned(), read(name))).into();
    for entry in std::fs::read_dir(dir.join("figures")).into_iter().flatten() {
        let name = format!("figures/{}", entry.expect("an entry").file_name().to_string_lossy());
        files.insert(name.clone(), read(&name));
    }
    files
}

fn officers(trial: &Trial) {
    for (login, role, side) in [
        ("operator", Role::Operator, None),
        ("researcher", Role::Researcher, None),
        ("bench-negotiator", Role::Negotiator, Some(Side::Bench)),
        ("bar-negotiator", Role::Negotiator, Some(Side::Bar)),
    ] {
        trial.account(login, &[(role, side)]);
    }
}

fn once_around(backend: Backend) {
    let Some((trial, base)) = reachable(backend, Arc::new(SystemEntropy)) else {
        return eprintln!("skipped: HENGPING_TEST_POSTGRES names no server");
    };
    analysis_is_built();
    officers(&trial);
    let served = trial.serve();
    let relay = relay(&trial, &base);
    let (visitor, operator) = (served.client(), served.signed_in("operator"));
    let town = invited(&trial, base, &operator);

    // Casting at the relay, a batch, replacements, close.
    let device = Device::new(&town.base);
    let pins = [bar_box(), bench_box()].map(|id| device.pin(&id).expect("a signed manifest"));
    let mut visits = pins.each_ref().map(|pin| town.everybody(pin));
    for id in [bar_box(), bench_box()] {
        let handed = relay.hand_over(&id, 20, false).expect("taken");
        assert!(handed.batches.len() == 1 && handed.batches[0].taken > 20, "{handed:?}");
        deliver(&trial.site);
    }
    replaced(&town, &pins[0], &mut visits[0]);
    crafted(&town, &pins[0], &visits[0]);
    for id in [bar_box(), bench_box()] {
        relay.hand_over(&id, 20, true).expect("what waits is brought before the close");
        deliver(&trial.site);
    }
    closed(&town, &operator, &visits, &pins);
    deliver(&trial.site);

    // Opening.
    let id = bar_box();
    let dirs = [0, 1].map(|_| tempfile::tempdir().expect("a directory"));
    one_side_is_not_enough(&town, &id);
    for dir in &dirs {
        town.city.gather(&id, dir.path());
        opening::analyse(dir.path(), Locked::Refuse, |_| ()).expect("a draft");
    }
    let drafts = dirs.each_ref().map(|dir| left(dir.path()));
    assert!(drafts[0] == drafts[1], "the same list gives the same draft to the byte");
    assert!(drafts[0].keys().any(|name| name.ends_with(".svg")), "{:?}", drafts[0].keys());
    let hash = draft::take(&trial.site, &id, dirs[0].path()).expect("taken");
    assert_eq!(refusal(draft::take(&trial.site, &id, dirs[1].path())), Refusal::BoxState);
    let draft: Draft = serde_json::from_slice(&drafts[0]["draft.json"]).expect("a draft");
    counted(&visitor, &draft, &visits[0]);

    // Release, once the ratees have been heard.
    let early = town.city.signature(Side::Bench, DocumentKind::Release, hash);
    assert_eq!(refusal(publish::sign(&trial.site, hash, &early, None)), Refusal::ReplyOpen);
    town.city.hear(hash);
    let bench = served.signed_in("bench-negotiator");
    let bar = served.signed_in("bar-negotiator");
    let url = format!("/api/releases/{hash}");
    let sign = |client: &Client, side| {
        let s = town.city.signature(side, DocumentKind::Release, hash);
        client.post(&format!("{url}/signatures"), &json!({"side": side, "key": s.key, "signature": s.signature})).json()
    };
    assert_eq!(visitor.get(&url).status, 404);
    assert_eq!(sign(&bench, Side::Bench), json!({"state": "draft"}));
    assert_eq!(visitor.get(&url).status, 404, "one signature alone lets nothing out");
    assert_eq!(sign(&bar, Side::Bar), json!({"state": "released"}));
    let shown = visitor.get(&url);
    assert_eq!(shown.status, 200);
    read_by_all(&town, &draft, &shown.json(), &[&bench, &bar], &served.signed_in("researcher"));

    // The other direction goes the same way in one step; with so few judges who rate, the gate lets no number out.
    let dir = tempfile::tempdir().expect("a directory");
    let mut stages = Vec::new();
    let done = opening::go_on(&trial.site, &bench_box(), dir.path(), Locked::Refuse, &mut |step| {
        stages.push(step.stage.clone())
    });
    let Ok(Progressed::Draft(other)) = done else { panic!("{done:?}") };
    stages.dedup();
    assert!(stages.starts_with(&["mix-bench", "mix-bar", "list", "shares"].map(str::to_owned)), "{stages:?}");
    for side in [Side::Bench, Side::Bar] {
        for name in [format!("shares-{side}.bin"), format!("hand-over-{side}.bin")] {
            assert!(!dir.path().join(&name).exists(), "{name} is as good as the opened ballots");
        }
    }
    let held = bench.get(&format!("/api/releases/{other}")).json();
    assert_eq!(held["state"], "draft");
    assert!(held["cells"].as_array().expect("a list").iter().all(|cell| cell["value"].is_null()), "{held}");
    assert_eq!(visitor.get("/api/releases").json().as_array().map(Vec::len), Some(1));

    // The end of the box that was released; the other one lives until its release is out.
    death::bury(&trial.site, &id).expect("asked");
    deliver(&trial.site);
    assert_eq!(death::bury(&trial.site, &id), Ok(true));
    assert_eq!(refusal(death::bury(&trial.site, &bench_box())), Refusal::BoxState);
    assert_eq!(visitor.get(&format!("/api/boxes/{id}")).json()["dead"], true);
    assert_eq!(visitor.get(&url).json(), shown.json(), "what was released stays");
    let record = hengping::flow::record::record(&trial.site, &id).expect("a record");
    let broken: Vec<_> = hengping_domain::record::verify(&record).into_iter().filter(|check| !check.holds).collect();
    assert!(broken.is_empty(), "whoever has the published record alone finds: {broken:#?}");
}

/// Three raters change their minds after the batch.
fn replaced(town: &Town<'_>, pinned: &PinnedBox, visits: &mut BTreeMap<String, Visit>) {
    let active: Vec<_> =
        visits.iter().filter(|(_, v)| !v.receipts.is_empty()).map(|(n, _)| n.clone()).take(3).collect();
    assert_eq!(active.len(), 3);
    for number in active {
        let visit = visits.get_mut(&number).expect("a visit");
        let case = visit.receipts[0].0;
        let receipt = town.cast(pinned, &town.device(&number), &number, visit, case, 2).expect("answered before");
        assert_ne!(receipt, visit.receipts[0].2);
        visit.receipts[0] = (case, 2, receipt);
    }
}

/// A device that cheats: under two of its stamps it casts ballots that cannot count.
fn crafted(town: &Town<'_>, pinned: &PinnedBox, visits: &BTreeMap<String, Visit>) {
    let id = &pinned.manifest.id;
    let idle =
        |v: &Visit| (0..v.inbox.items.len()).filter(|case| v.receipts.iter().all(|r| r.0 != *case)).collect::<Vec<_>>();
    let (number, visit) =
        visits.iter().find(|(_, v)| idle(v).len() >= 2 && !v.receipts.is_empty()).expect("a rater with stamps left");
    let unused = idle(visit);
    let device = town.city.device(number, 0);
    device.mint();
    let pair = |case: usize| visit.tokens.of[&visit.inbox.items[case].id];
    let ballot_of = |case: usize, level: u8| {
        let wanted = &visit.inbox.items[case].id;
        let place = device.cases.iter().position(|held| held.invitation.id == *wanted).expect("the same case");
        let mut ballot = device.ballot(place, 8, level);
        (ballot.nym, ballot.slip) = (visit.tokens.nym, pair(case).1);
        ballot
    };
    // The slip of a ballot that is in the box already, with a lower number: counted apart, and the honest one stays.
    let mut twice = ballot_of(visit.receipts[0].0, 1);
    twice.seq = 1;
    let mut invalid = ballot_of(unused[1], 5);
    invalid.ratee = RateeId("somebody else".to_owned());
    for (case, ballot) in [(unused[0], twice), (unused[1], invalid)] {
        let item = town.city.seal(id, &ballot, case as u64);
        let key = visit.seed.stamp_key(&visit.inbox.items[case].id);
        let cast = Cast::sign(id.clone(), &key, pair(case).0, 1, item);
        town.device(number).cast(pinned, &Sealed(cast)).expect("neither relay nor agents can know");
    }
}

/// Closes both boxes; every receipt is in the published list.
fn closed(town: &Town<'_>, operator: &Client, visits: &[BTreeMap<String, Visit>; 2], pins: &[PinnedBox; 2]) {
    let site = &town.city.trial.site;
    let dir = tempfile::tempdir().expect("a directory");
    assert_eq!(
        refusal(export::export(site, &bar_box(), dir.path())),
        Refusal::BoxState,
        "an open box is not handed out"
    );
    for ((id, visits), pinned) in BOXES.iter().zip(visits).zip(pins) {
        if *id == BOXES[1] {
            let early = export::export(site, &bar_box(), dir.path());
            assert_eq!(refusal(early), Refusal::CounterpartOpen, "nothing leaves before both directions are closed");
        }
        let answer = operator.post(&format!("/api/boxes/{id}/close"), &json!({}));
        assert_eq!((answer.status, answer.json()), (200, json!({"state": "closed"})), "{}", answer.text);
        let again = operator.post(&format!("/api/boxes/{id}/close"), &json!({}));
        assert_eq!((again.status, again.problem().as_str()), (409, "box-state"));
        let log = operator.get(&format!("/api/boxes/{id}/log")).json();
        let leaves: Vec<Digest> = serde_json::from_value(log["leaves"].clone()).expect("leaves");
        assert_eq!(
            (log["root"].as_str(), log["size"].as_u64()),
            (Some(&*log::root(&leaves).to_string()), Some(leaves.len() as u64))
        );
        for (number, visit) in visits {
            for (case, seq, receipt) in &visit.receipts {
                assert!(leaves.contains(receipt), "{number} {case} {seq}");
            }
        }
        let (number, visit) = visits.iter().find(|(_, v)| !v.receipts.is_empty()).expect("a ballot");
        let device = town.device(number);
        let late = device.inbox().expect("an answer");
        assert!(late.items.is_empty() && late.id.is_empty(), "nothing waits in a closed box");
        let Inbox { home, items, .. } = &visit.inbox;
        let refused = device.fetch_tokens(pinned, &visit.seed, number, home, items);
        assert!(
            matches!(&refused, Err(ClientError::Refused { status: 409, code }) if code == "box-state"),
            "{refused:?}"
        );
        // The relay remembers for a minute what the platform says of a box.
        town.city.trial.clock.advance(std::time::Duration::from_secs(61));
        let late = town.try_cast(pinned, &device, number, visit, visit.receipts[0].0, 8).expect("answered before");
        assert!(matches!(&late, Err(ClientError::Refused { status: 409, code }) if code == "cast-refused"), "{late:?}");
    }
}

fn one_side_is_not_enough(town: &Town<'_>, id: &BoxId) {
    for side in [Side::Bench, Side::Bar] {
        let dir = tempfile::tempdir().expect("a directory");
        town.city.gather(id, dir.path());
        let name = |side: Side| dir.path().join(format!("shares-{side}.bin"));
        std::fs::remove_file(name(side.other())).expect("removed");
        let alone = opening::analyse(dir.path(), Locked::Refuse, |_| ());
        assert!(
            matches!(&alone, Err(OpeningFailure::Analysis(words)) if words.contains("share-missing")),
            "{side} alone: {alone:?}"
        );
        // The same shares under the other side's name open nothing either, and burn nothing: the box can be opened after.
        std::fs::copy(name(side), name(side.other())).expect("copied");
        let forged = opening::analyse(dir.path(), Locked::Refuse, |_| ());
        assert!(
            matches!(&forged, Err(OpeningFailure::Analysis(words)) if words.contains("share-wrong")),
            "{side} twice: {forged:?}"
        );
        // With right shares, but one side's issuer key in the place of the other's.
        town.city.gather(id, dir.path());
        let path = dir.path().join("issuer-keys.json");
        let mut keys: IssuerKeysFile = opening::read_json(&path).expect("keys");
        match side {
            Side::Bench => keys.bar = keys.bench,
            Side::Bar => keys.bench = keys.bar,
        }
        std::fs::write(&path, json!(keys).to_string()).expect("written");
        let foreign = opening::analyse(dir.path(), Locked::Refuse, |_| ());
        assert!(
            matches!(&foreign, Err(OpeningFailure::Analysis(words)) if words.contains("foreign-issuer")),
            "{side}'s issuer key twice: {foreign:?}"
        );
        assert!(!dir.path().join("draft.json").exists() && !dir.path().join("figures").exists());
    }
}

/// The counts add up, and every rater finds the own ballots in the counted list.
fn counted(visitor: &Client, draft: &Draft, visits: &BTreeMap<String, Visit>) {
    let id = bar_box();
    let shown = visitor.get(&format!("/api/boxes/{id}")).json();
    let count = |name: &str| shown["counts"][name].as_u64().expect(name);
    assert_eq!(shown["state"], "opened");
    let cast: u64 = visits.values().map(|v| v.receipts.len() as u64).sum();
    assert_eq!(count("sealed"), cast + 2, "two stamps were used by the device that cheats");
    let fetched = |name: &str| shown["counts"]["tokens"][name].as_u64().expect(name);
    assert!(count("invited") >= fetched("stamps") && fetched("stamps") >= count("sealed"), "{shown}");
    assert_eq!((count("eligible"), count("lists"), count("log_refused")), (count("invited"), 1, 0), "{shown}");
    assert_eq!((count("refused"), count("invalid"), count("duplicate"), count("valid")), (0, 1, 1, cast));
    let parts = count("refused") + count("invalid") + count("duplicate") + count("valid");
    assert_eq!((parts, u64::from(draft.counts.taken)), (count("sealed"), count("sealed")));
    let items: u64 = visits.values().map(|v| v.inbox.items.len() as u64).sum();
    assert_eq!((fetched("stamps"), fetched("slips"), fetched("nyms")), (items, items, visits.len() as u64));

    let list = visitor.get(&format!("/api/boxes/{id}/counted")).json();
    let counted: Vec<Digest> = serde_json::from_value(list["counted"].clone()).expect("hashes");
    assert_eq!((counted.len() as u64, &list["counts"]["valid"]), (cast, &json!(cast)));
    assert!(counted.windows(2).all(|two| two[0] < two[1]));
    for visit in visits.values() {
        for (case, ..) in &visit.receipts {
            let (_, slip) = visit.tokens.of[&visit.inbox.items[*case].id];
            assert!(counted.contains(&token::counted_hash(&slip.nonce)));
        }
    }
}

fn read_by_all(town: &Town<'_>, draft: &Draft, public: &Value, officers: &[&Client; 2], researcher: &Client) {
    let url = format!("/api/releases/{}", public["hash"].as_str().expect("a hash"));
    let released = |audience: Audience| draft.cells.iter().filter(move |c| c.audience == audience && c.is_released());
    let ids = |cells: &Value| {
        let list = cells["cells"].as_array().expect("a list").iter();
        list.map(|cell| cell["id"].as_str().expect("an id").to_owned()).collect::<Vec<_>>()
    };
    let expected: Vec<_> = released(Audience::Public).map(|c| c.id.clone()).collect();
    assert!(!expected.is_empty(), "a city of this size has public numbers");
    assert_eq!(ids(public), expected);
    assert_eq!(researcher.get(&url).json(), *public);

    for officer in officers {
        let all = officer.get(&url).json();
        assert_eq!(ids(&all), draft.cells.iter().map(|c| c.id.clone()).collect::<Vec<_>>());
        for (shown, cell) in all["cells"].as_array().expect("a list").iter().zip(&draft.cells) {
            let person = cell.scope == Scope::Person && cell.audience != Audience::Public;
            let value = cell.value.filter(|_| !person && !cell.is_share());
            assert_eq!(shown["value"].as_f64(), value, "{shown}");
            assert!(!shown["rules"].is_null() && !shown["verdict"].is_null());
        }
    }

    let own: Vec<&Cell> =
        released(Audience::Own).filter(|c| c.scope == Scope::Person && c.measure == "score").collect();
    assert!(!own.is_empty(), "somebody has a result");
    assert!(own.len() < 12, "and somebody has none");
    for (ratee, number) in town.numbers.iter().filter(|(_, number)| number.contains('-')) {
        let trial = town.city.trial;
        let known = table(trial, "account").column("login").contains(&number.as_str());
        if !known {
            town.city.enrol(number);
        }
        let account = hengping::flow::sign_in::sign_in(&trial.site, number, PASSWORD).expect("signed in");
        let person = account.account.person.expect("a person");
        let mine = hengping::flow::own_result::own(&trial.site, &person).expect("a result");
        assert_eq!(mine.len(), 1, "{number}");
        assert!(mine[0].cells.iter().all(|cell| cell.subject == *ratee && cell.audience == Audience::Own));
        let score = mine[0].cells.iter().find(|cell| cell.measure == "score").and_then(|cell| cell.value);
        assert_eq!(score, own.iter().find(|cell| cell.subject == *ratee).and_then(|cell| cell.value), "{number}");
    }
}

#[test]
fn once_around_sqlite() {
    once_around(Backend::Sqlite);
}

#[test]
fn once_around_postgres() {
    once_around(Backend::Postgres);
}
