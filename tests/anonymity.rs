//! What a thief of the database and of everything one side has learns about who said what: nothing.
//!
//! Each test has a control that finds what the naive build would show. Ids come from a seed here, so that a rank
//! correlation, which is chance at heart, is the same number in every run.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

use diesel::RunQueryDsl as _;
use hengping::flow::enrol::Standing;
use hengping::flow::{courier, death, issue};
use hengping::ports::SeededEntropy;
use hengping_attack::Proof;
use hengping_domain::ballot::Ballot;
use hengping_domain::cast::Cast;
use hengping_domain::digest::{Bytes, Digest};
use hengping_domain::envelope::Envelope;
use hengping_domain::ids::Side;
use hengping_domain::keys::BoxSecrets;
use hengping_domain::layer::{self, POSTED_LEN, Posted};
use hengping_domain::lock::SUITE;
use hengping_domain::manifest::{PerSide, PeriodKind};
use hengping_domain::token::{Token, counted_hash, nym_hash};
use rand::rngs::StdRng;
use rand::seq::SliceRandom as _;
use rand::{Rng as _, SeedableRng as _};
use serde_json::{Value, json};

use crate::city::{self, Case, City, Device, bar_box, bench_box, deliver, hand_in, lawyer, reachable};
use crate::dump::{beside, dump, holding, kendall, table, transactions};
use crate::harness::{Backend, Trial};

/// Lawyers of the large city; each has about ten cases.
const LAWYERS: usize = 100;
/// Lawyers of a small one.
pub const FEW: usize = 20;
/// The backend's name in the table of attacks.
pub fn backend(trial: &Trial) -> &'static str {
    if trial.url.starts_with("sqlite") { "sqlite" } else { "postgres" }
}

/// Largest rank correlation of a thousand ballots that counts as none.
const NONE: f64 = 0.05;
/// The same of a hundred raters: three standard deviations.
const NONE_OF_RATERS: f64 = 0.2;

pub fn on(backend: Backend, check: impl FnOnce(&Trial)) {
    match reachable(backend, Arc::new(SeededEntropy::new(2026))) {
        Some((trial, _)) => check(&trial),
        None => eprintln!("skipped: HENGPING_TEST_POSTGRES names no server"),
    }
}

/// Ten invitations for each of so many lawyers.
pub fn city(trial: &Trial, lawyers: usize) -> City<'_> {
    let case = |n: usize| Case::new(n + 1, n % 10, &[n % lawyers], &[(n * 7 + 3 + n / lawyers) % lawyers]);
    let city = City::found(trial, city::lenient);
    city::import(&trial.site, &city::roster(10, lawyers), false);
    let cases: Vec<_> = (0..5 * lawyers).map(case).filter(|case| case.moving != case.responding).collect();
    let imported = city::import(&trial.site, &city::docket(&cases), false);
    assert_eq!((imported.summary.problem_count, imported.summary.unmatched), (0, 0));
    city.open_period(&city.plan("2026", PeriodKind::Regular));
    city.invite();
    city
}

/// What was cast, known to this test alone.
pub struct Story<'c> {
    pub devices: Vec<Device<'c>>,
    pub ballots: Vec<Ballot>,
    /// In the order in which they came to the relay.
    pub casts: Vec<Cast>,
}

/// What makes a posted item of a ballot and its place.
pub type Sealer = fn(&City<'_>, &Ballot, u64) -> Posted;

pub fn sealed(city: &City<'_>, ballot: &Ballot, place: u64) -> Posted {
    city.seal(&bar_box(), ballot, place)
}

/// Another item each time that nobody can open: the box cannot tell, and it costs nothing.
pub fn noise(_: &City<'_>, _: &Ballot, place: u64) -> Posted {
    let mut bytes = vec![0; POSTED_LEN];
    StdRng::seed_from_u64(place).fill_bytes(&mut bytes);
    bytes[..4].copy_from_slice(SUITE);
    Posted::from_bytes(bytes).expect("an item by its looks")
}

/// The first `lawyers`, with tokens, in an order of their own.
pub fn raters<'c>(city: &'c City<'c>, lawyers: usize, prepare: impl Fn(&Device<'_>)) -> Vec<Device<'c>> {
    let mut order: Vec<usize> = (0..lawyers).collect();
    order.shuffle(&mut StdRng::seed_from_u64(7));
    let devices: Vec<_> = order.iter().map(|&l| city.device(&lawyer(l), 1)).collect();
    devices.iter().for_each(prepare);
    devices
}

/// All their cases, cast in another order.
pub fn storm<'c>(city: &City<'_>, devices: Vec<Device<'c>>, seal: Sealer) -> Story<'c> {
    let mut arrivals: Vec<(usize, usize)> =
        devices.iter().enumerate().flat_map(|(d, device)| (0..device.cases.len()).map(move |case| (d, case))).collect();
    arrivals.shuffle(&mut StdRng::seed_from_u64(8));
    let level = |place: usize| 1 + (place % 5) as u8;
    let ballots: Vec<_> =
        arrivals.iter().enumerate().map(|(place, &(d, case))| devices[d].ballot(case, 1, level(place))).collect();
    let mut items: Vec<Option<Posted>> = vec![None; ballots.len()];
    let half = ballots.len().div_ceil(2);
    std::thread::scope(|scope| {
        for (part, (items, ballots)) in items.chunks_mut(half).zip(ballots.chunks(half)).enumerate() {
            scope.spawn(move || {
                for (n, (item, ballot)) in items.iter_mut().zip(ballots).enumerate() {
                    *item = Some(seal(city, ballot, (part * half + n) as u64));
                }
            });
        }
    });
    let stamped =
        |(&(d, case), item): (&(usize, usize), Option<Posted>)| devices[d].stamped(case, 1, item.expect("sealed"));
    let casts = arrivals.iter().zip(items).map(stamped).collect();
    Story { devices, ballots, casts }
}

/// The rank of each row's name in the order in which it came.
fn ranks(rows: &[&str], came: &[String]) -> Vec<usize> {
    let rank: BTreeMap<&str, usize> = came.iter().enumerate().map(|(n, name)| (name.as_str(), n)).collect();
    assert_eq!(rank.len(), came.len());
    rows.iter().map(|name| rank[name]).collect()
}

/// Everything that names a rater, or leads to one without a guess.
fn personal(trial: &Trial) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for (name, keys) in [
        ("person", &["id", "number"][..]),
        ("account", &["id", "login"]),
        ("invitation", &["id"]),
        ("case_file", &["id"]),
    ] {
        let table = table(trial, name);
        names.extend(keys.iter().flat_map(|key| table.column(key)).map(str::to_owned));
    }
    names
}

/// Where each name is first found in a file, as ranks in the order in which the names came.
fn places(file: &[u8], came: &[String]) -> Vec<usize> {
    let names: BTreeMap<&[u8], usize> = came.iter().enumerate().map(|(n, name)| (name.as_bytes(), n)).collect();
    let mut begins = vec![false; 1 << 16];
    let pair = |w: &[u8]| usize::from(w[0]) << 8 | usize::from(w[1]);
    names.keys().for_each(|name| begins[pair(name)] = true);
    let mut seen = BTreeSet::new();
    let found = file.windows(64).filter(|w| begins[pair(w)]).filter_map(|w| names.get(w).copied());
    found.filter(|n| seen.insert(*n)).collect()
}

/// The files of the database that hold any of these names, with the order in which they lie there.
fn files(trial: &Trial, came: &[String]) -> Vec<(PathBuf, Vec<usize>)> {
    let names = std::fs::read_dir(trial.dir.path()).expect("a directory").map(|entry| entry.expect("an entry").path());
    let order = |path: PathBuf| (path.clone(), places(&std::fs::read(path).expect("a file"), came));
    names.map(order).filter(|(_, ranks)| !ranks.is_empty()).collect()
}

/// The raters of the requests that wait, as they lie.
fn waiting_raters(trial: &Trial, kind: &str) -> Vec<String> {
    let held = table(trial, "agent_request");
    let rows = held.column("kind").into_iter().zip(held.column("request"));
    let rater = |text: &str| {
        let request: Value = serde_json::from_str(text).expect("JSON");
        let asked = &request["request"];
        let rater = asked["rater"].as_str().or_else(|| asked["request"]["rater"].as_str());
        rater.expect("a rater").to_owned()
    };
    rows.filter(|(held, _)| *held == kind).map(|(_, request)| rater(request)).collect()
}

fn strings(names: &[String]) -> Vec<&str> {
    names.iter().map(String::as_str).collect()
}

fn who_came_first_is_gone(trial: &Trial) {
    let city = city(trial, LAWYERS);
    let sqlite = trial.url.starts_with("sqlite");
    for side in [Side::Bench, Side::Bar] {
        trial.agents.send_away(side);
    }
    let devices = raters(&city, LAWYERS, |device| assert_eq!(device.enrol(), Ok(Standing::Waiting)));
    let numbers: Vec<_> = devices.iter().map(|device| device.person.number.clone()).collect();
    let people: Vec<_> = devices.iter().map(|device| device.person.id.0.clone()).collect();
    let enrolled = || kendall(&ranks(&table(trial, "enrolment").column("person"), &people));
    // A key of 43 letters is found by its hash, which stands nowhere else, so look for the key itself padded to a name.
    let keys: Vec<_> = devices.iter().map(|device| key_row(device)).collect();

    // Control: while they wait, the requests and what is kept of them lie in the order of arrival.
    assert_eq!(kendall(&ranks(&strings(&waiting_raters(trial, "enrol")), &numbers)), 1.0);
    assert_eq!(enrolled(), 1.0);
    let on_disk = |keys: &[Vec<u8>]| order_on_disk(trial, keys);
    assert!(!sqlite || on_disk(&keys).iter().any(|ranks| kendall(ranks) > 0.9), "and in the files of the database");
    for side in [Side::Bench, Side::Bar] {
        trial.agents.bring_back(side);
    }
    deliver(&trial.site);
    assert_eq!(waiting_raters(trial, "enrol"), Vec::<String>::new());

    // The same with requests for tokens, of which one half lies here while an agent is away.
    let some = &devices[..30];
    trial.agents.send_away(Side::Bench);
    let elements: Vec<Vec<u8>> =
        some.iter().map(|device| device.request().nym.bench.to_string().into_bytes()).collect();
    for device in some {
        assert!(device.ask().expect("asked").bench.is_none());
    }
    assert_eq!(kendall(&ranks(&strings(&waiting_raters(trial, "tokens")), &numbers[..30])), 1.0, "control");
    assert!(!sqlite || on_disk(&elements).iter().any(|ranks| kendall(ranks) > 0.9), "control");
    trial.agents.bring_back(Side::Bench);
    deliver(&trial.site);
    for device in some {
        assert!(device.ask().expect("asked").bench.is_some());
    }
    assert_eq!(table(trial, "agent_request").rows.len(), 0);

    // A batch, as on every day.
    let device = &devices[0];
    device.mint();
    city::hand_over(&trial.site, &bar_box(), &[device.stamped(0, 1, noise(&city, &device.ballot(0, 1, 1), 1))]);
    assert!(enrolled().abs() <= NONE_OF_RATERS, "enrolments: {}", enrolled());
    assert_eq!(transactions(trial, "enrolment"), 1, "nor do their transactions tell");
    for ranks in on_disk(&keys) {
        assert!(kendall(&ranks).abs() <= NONE_OF_RATERS, "on the disk: {}", kendall(&ranks));
    }
    assert_eq!(on_disk(&elements), Vec::<Vec<usize>>::new(), "nothing of a request for tokens is left on the disk");
    // Whose tokens are out is known; who fetched them first is not.
    let held = table(trial, "invitation");
    let rows = held.column("state").into_iter().zip(held.column("rater"));
    let issued: Vec<_> = rows.filter(|(state, _)| *state == "issued").map(|(_, rater)| rater).collect();
    let tau = kendall(&ranks(&issued, &people));
    assert!(issued.len() > 250 && tau.abs() <= NONE_OF_RATERS, "{} invitations: {tau}", issued.len());
}

/// What stands for a device in the table of enrolments and nowhere else.
fn key_row(device: &Device<'_>) -> Vec<u8> {
    device.request_key().to_string().into_bytes()
}

/// Of every file of the database that holds any of the needles, all of one length, the order in which they first occur.
fn order_on_disk(trial: &Trial, needles: &[Vec<u8>]) -> Vec<Vec<usize>> {
    let rank: BTreeMap<&[u8], usize> = needles.iter().enumerate().map(|(n, needle)| (needle.as_slice(), n)).collect();
    let length = needles[0].len();
    let order = |file: Vec<u8>| {
        let mut seen = BTreeSet::new();
        let found = file.windows(length).filter_map(|window| rank.get(window).copied());
        found.filter(|n| seen.insert(*n)).collect::<Vec<_>>()
    };
    let paths = std::fs::read_dir(trial.dir.path()).expect("a directory").map(|entry| entry.expect("an entry").path());
    paths.map(|path| order(std::fs::read(path).expect("a file"))).filter(|ranks| !ranks.is_empty()).collect()
}

#[test]
fn who_came_first_is_gone_when_requests_are_settled_sqlite() {
    on(Backend::Sqlite, who_came_first_is_gone);
}

#[test]
fn who_came_first_is_gone_when_requests_are_settled_postgres() {
    on(Backend::Postgres, who_came_first_is_gone);
}

fn the_order_of_arrival_is_gone(trial: &Trial) {
    let city = city(trial, LAWYERS);
    let story = storm(&city, raters(&city, LAWYERS, |device| device.mint()), noise);
    let came: Vec<_> = story.casts.iter().map(|cast| cast.leaf().to_string()).collect();
    assert!(came.len() >= 950, "{}", came.len());
    let sqlite = trial.url.starts_with("sqlite");
    let lies = |name: &str, column: &str| kendall(&ranks(&table(trial, name).column(column), &came));

    // The relay hands over in the order of the leaves; while an agent is away the batch lies here like that.
    trial.agents.send_away(Side::Bar);
    hand_in(&trial.site, &bar_box(), &story.casts).expect("taken");
    let pending = table(trial, "pending");
    assert!(pending.column("leaf").is_sorted() && pending.rows.len() == came.len());
    let mut found = vec![("pending", lies("pending", "leaf"))];
    courier::deliver(&trial.site).expect("half");
    let mut asked: Vec<String> = Vec::new();
    for text in table(trial, "agent_request").column("request") {
        let request: Value = serde_json::from_str(text).expect("JSON");
        let casts: Vec<hengping_domain::request::Presented> =
            serde_json::from_value(request["request"]["casts"].clone()).expect("a check");
        asked.extend(casts.iter().map(|cast| cast.leaf().to_string()));
    }
    found.push(("what the agents are asked", kendall(&ranks(&strings(&asked), &came))));
    trial.agents.bring_back(Side::Bar);
    deliver(&trial.site);

    assert!(table(trial, "pending").rows.is_empty() && table(trial, "agent_request").rows.is_empty());
    found.push(("sealed", lies("sealed", "leaf")));
    let log: Vec<String> = hengping::flow::batch::published(&trial.site, &bar_box())
        .expect("a log")
        .leaves
        .iter()
        .map(Digest::to_string)
        .collect();
    found.push(("the log", kendall(&ranks(&strings(&log), &came))));
    for (path, ranks) in files(trial, &came) {
        assert_eq!(ranks.len(), came.len(), "{}", path.display());
        found.push(("a file of the database", kendall(&ranks)));
    }
    for (what, tau) in &found {
        assert!(tau.abs() <= NONE, "{what}: {tau}");
    }
    assert_eq!(files(trial, &came).len(), usize::from(sqlite), "the list itself lies in one file");
    let written = transactions(trial, "sealed");
    let day = table(trial, "batch");
    assert_eq!(day.rows.len(), 1);
    assert_eq!(day.column("day"), ["2026-11-23"]);

    // Control: a naive build keeps each cast when it comes, item and all.
    let sql = |text: String| {
        trial.site.store.write("test", |conn| Ok(diesel::sql_query(&text).execute(conn)?)).expect("naive");
    };
    sql("CREATE TABLE naive (cast_hash TEXT NOT NULL, item TEXT NOT NULL)".to_owned());
    let item = "x".repeat(POSTED_LEN);
    let hashes: Vec<_> = came.iter().map(|leaf| Digest::of(&[leaf.as_bytes()]).to_string()).collect();
    for hash in &hashes {
        sql(format!("INSERT INTO naive (cast_hash, item) VALUES ('{hash}', '{item}')"));
    }
    let here = files(trial, &hashes);
    let taus: Vec<_> = here.iter().map(|(_, ranks)| kendall(ranks)).collect();
    assert!(!sqlite || taus.iter().any(|tau| tau.abs() > 0.9), "and in the files of the database: {taus:?}");
    Proof {
        name: format!("2 {}: order of arrival in tables, log and files, |tau|", backend(trial)),
        tries: came.len() as u64,
        found: found.iter().map(|(_, tau)| tau.abs()).fold(0.0, f64::max),
        limit: NONE,
        control: kendall(&ranks(&table(trial, "naive").column("cast_hash"), &hashes)),
        control_at_least: 1.0,
    }
    .hold();
    // SQLite remembers no transactions.
    if !sqlite {
        Proof {
            name: "2 postgres: transactions beyond the one of a batch".into(),
            tries: came.len() as u64,
            found: written as f64 - 1.0,
            limit: 0.0,
            control: transactions(trial, "naive") as f64 - 1.0,
            control_at_least: came.len() as f64 - 1.0,
        }
        .hold();
    }
}

#[test]
fn the_order_of_arrival_is_gone_after_a_batch_sqlite() {
    on(Backend::Sqlite, the_order_of_arrival_is_gone);
}

#[test]
fn the_order_of_arrival_is_gone_after_a_batch_postgres() {
    on(Backend::Postgres, the_order_of_arrival_is_gone);
}

/// Every way in which a token could be written down: as text and as hexadecimal, whole and by its parts.
fn spellings(token: &Token) -> Vec<String> {
    let parts = [token.nonce.0.to_vec(), token.bench.0.to_vec(), token.bar.0.to_vec()];
    let text = [token.to_string(), token.nonce.to_string(), token.bench.to_string(), token.bar.to_string()];
    text.into_iter().chain(parts.iter().map(|part| hex(part))).chain([hex(&token.to_bytes().0)]).collect()
}

fn nothing_leads_from_a_person_to_a_ballot(trial: &Trial) {
    let city = city(trial, FEW);
    for number in 0..5 {
        city.enrol(&lawyer(number));
    }
    let id = bar_box();
    let story = storm(&city, raters(&city, FEW, |device| device.fetch()), sealed);
    let secret: BTreeSet<String> =
        story.ballots.iter().flat_map(|b| [spellings(&b.slip), spellings(&b.nym)].concat()).collect();
    let mut ballots: BTreeSet<String> = BTreeSet::new();
    for (ballot, cast) in story.ballots.iter().zip(&story.casts) {
        ballots.extend(spellings(&cast.stamp));
        ballots.extend([
            counted_hash(&ballot.slip.nonce).to_string(),
            nym_hash(&ballot.nym.nonce).to_string(),
            cast.envelope.hash().to_string(),
            cast.leaf().to_string(),
        ]);
    }
    let mut people = personal(trial);
    for device in &story.devices {
        let request = device.request();
        people.insert(device.request_key().to_string());
        for element in [request.nym].into_iter().chain(request.tokens.iter().flat_map(|t| [t.stamp, t.slip])) {
            people.extend([element.bench.to_string(), element.bar.to_string()]);
        }
    }
    let (looked, betrayed) = (Cell::new(0), Cell::new(0));
    let check = |when: &str| {
        let dump = dump(trial);
        let found = beside(&dump, &people, &ballots);
        looked.set(looked.get() + dump.values().map(|table| table.rows.len()).sum::<usize>());
        betrayed.set(betrayed.get() + found.len());
        assert_eq!(found, Vec::<String>::new(), "{when}");
        assert_eq!(holding(&dump, &secret), Vec::<String>::new(), "a token itself is stored, {when}");
        for name in
            ["pending", "sealed", "statement", "counted", "batch", "refused_leaf", "checkpoint", "published_stamp"]
        {
            let one = BTreeMap::from([(name.to_owned(), dump[name].clone())]);
            assert_eq!(holding(&one, &people), Vec::<String>::new(), "{name}, {when}");
        }
        let known = BTreeMap::from([("enrolment".to_owned(), dump["enrolment"].clone())]);
        assert_eq!(holding(&known, &people).len(), FEW, "control: the names are found where they are");
    };
    // Everything at once: a request for tokens and a batch that wait for the same agent.
    trial.agents.send_away(Side::Bar);
    for device in &story.devices[..5] {
        assert!(device.ask().expect("asked").bar.is_none());
    }
    hand_in(&trial.site, &id, &story.casts).expect("taken");
    courier::deliver(&trial.site).expect("half");
    check("while requests and ballots wait");
    let held = BTreeMap::from([("agent_request".to_owned(), table(trial, "agent_request"))]);
    assert!(!holding(&held, &people).is_empty() && !holding(&held, &ballots).is_empty(), "control: both lie there");
    trial.agents.bring_back(Side::Bar);
    deliver(&trial.site);
    check("while answers wait to be fetched");
    for device in &story.devices[..5] {
        issue::tokens(&trial.site, &device.person.id, &device.request(), &device.sign(&device.request()))
            .expect("fetched");
    }
    check("after the batch");
    city::close(&trial.site, &id).expect("closed");
    city::close(&trial.site, &bench_box()).expect("closed");
    deliver(&trial.site);
    let opened = city.open(&id);
    assert_eq!(opened.counts.valid as usize, story.ballots.len());
    let draft = city.take_draft_of(&id, &opened.counted).expect("a draft");
    check("after the opening");
    city.release(draft);
    death::bury(&trial.site, &id).expect("asked");
    deliver(&trial.site);
    assert_eq!(death::bury(&trial.site, &id), Ok(true));
    check("after the end");
    let stamps = BTreeMap::from([("published_stamp".to_owned(), table(trial, "published_stamp"))]);
    assert_eq!(holding(&stamps, &ballots).len(), story.casts.len(), "control: the stamps are there");

    // Control: the naive build keeps the stamp beside the rater, and is found out.
    let (rater, stamp) = (&story.devices[0].person.id, story.casts[0].stamp.nonce);
    let naive = [
        "CREATE TABLE naive (rater TEXT, about TEXT)".to_owned(),
        format!("INSERT INTO naive (rater, about) VALUES ('{rater}', '{}')", json!({"stamp": stamp})),
    ];
    for statement in naive {
        trial.site.store.write("test", |conn| Ok(diesel::sql_query(&statement).execute(conn)?)).expect("naive");
    }
    let found = beside(&dump(trial), &people, &ballots);
    assert_eq!(found, [format!("naive: {rater}, {stamp}")]);
    Proof {
        name: format!("1 {}: rows in which a person stands beside a ballot", backend(trial)),
        tries: looked.get() as u64,
        found: betrayed.get() as f64,
        limit: 0.0,
        control: found.len() as f64,
        control_at_least: 1.0,
    }
    .hold();
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn nothing_leads_from_a_person_to_a_ballot_sqlite() {
    on(Backend::Sqlite, nothing_leads_from_a_person_to_a_ballot);
}

#[test]
fn nothing_leads_from_a_person_to_a_ballot_postgres() {
    on(Backend::Postgres, nothing_leads_from_a_person_to_a_ballot);
}

/// What somebody with some sides' secrets makes of a posted item: the bodies that come out, by everything they can try.
fn tried(item: &Posted, secrets: &[(Side, &BoxSecrets)]) -> Vec<[u8; hengping_domain::ballot::BODY_LEN]> {
    let id = bar_box();
    let keys: Vec<_> = secrets.iter().flat_map(|(_, s)| [s.mix, s.opening, s.issuer]).collect();
    // Each layer with every key there is.
    let mut reached = vec![item.as_bytes().to_vec()];
    for side in [Side::Bench, Side::Bar] {
        let peel =
            |inner: &Vec<u8>| keys.iter().filter_map(|key| layer::peel(&id, side, key, inner).ok()).collect::<Vec<_>>();
        let further: Vec<_> = reached.iter().flat_map(peel).collect();
        reached.extend(further);
    }
    let envelopes = reached.into_iter().filter_map(|bytes| Envelope::from_bytes(bytes).ok());
    envelopes.flat_map(|envelope| opened(&envelope, secrets)).collect()
}

/// The bodies of an envelope that has no layer left: each lock with every key, and guesses in the other's place.
fn opened(envelope: &Envelope, secrets: &[(Side, &BoxSecrets)]) -> Vec<[u8; hengping_domain::ballot::BODY_LEN]> {
    let id = bar_box();
    let keys: Vec<_> = secrets.iter().flat_map(|(_, s)| [s.mix, s.opening, s.issuer]).collect();
    let shares = |side| keys.iter().filter_map(|key| envelope.share(&id, side, key).ok()).collect::<Vec<_>>();
    let known = PerSide { bench: shares(Side::Bench), bar: shares(Side::Bar) };
    let guesses = |side: Side| {
        let other = known.get(side.other()).iter().copied();
        known.get(side).iter().copied().chain(other).chain([Bytes([0; 32])]).chain(keys.clone()).collect::<Vec<_>>()
    };
    let (bench, bar) = (guesses(Side::Bench), guesses(Side::Bar));
    let pairs = bench.iter().flat_map(|a| bar.iter().map(move |b| (a, b)));
    pairs.filter_map(|(a, b)| envelope.open(&id, a, b).ok()).collect()
}

/// How many right bodies come out of the item at a place with some sides' secrets.
type Look<'l> = dyn Fn(usize, &[(Side, &BoxSecrets)]) -> usize + Sync + 'l;

fn one_sides_key_opens_nothing(trial: &Trial, lawyers: usize) {
    let city = city(trial, lawyers);
    let story = storm(&city, raters(&city, lawyers, |device| device.mint()), sealed);
    let id = bar_box();
    city::hand_over(&trial.site, &id, &story.casts);
    // The thief reads the items out of the dump.
    let stolen = table(trial, "sealed");
    let bytes = |hex: &&str| {
        let digit = |at: usize| u8::from_str_radix(&hex[at..at + 2], 16).expect("hexadecimal");
        (0..hex.len()).step_by(2).map(digit).collect::<Vec<u8>>()
    };
    let stolen: Vec<Posted> =
        stolen.column("envelope").iter().map(|cell| Posted::from_bytes(bytes(cell)).expect("one of ours")).collect();
    assert!(stolen.len() == story.ballots.len() && stolen.len() >= 19 * lawyers / 2, "{}", stolen.len());
    let bodies: BTreeSet<Vec<u8>> = story.ballots.iter().map(|b| b.to_body().expect("fits").to_vec()).collect();
    assert_eq!(bodies.len(), story.ballots.len());

    let manifest = &city.pinned(&id).manifest;
    let (bench, bar) =
        (trial.agents.secrets(Side::Bench, &manifest.bench), trial.agents.secrets(Side::Bar, &manifest.bar));
    let (of_bench, of_bar) = ((Side::Bench, &bench), (Side::Bar, &bar));
    let sets = [vec![], vec![of_bench], vec![of_bar], vec![of_bench, of_bar]];
    let found = |items: usize, look: &Look<'_>| {
        let count = |set: &Vec<(Side, &BoxSecrets)>| (0..items).map(|n| look(n, set)).sum::<usize>();
        std::thread::scope(|scope| {
            let count = &count;
            sets.each_ref().map(|set| scope.spawn(move || count(set))).map(|thread| thread.join().expect("no panic"))
        })
    };
    let right = |bodies_found: Vec<[u8; hengping_domain::ballot::BODY_LEN]>| {
        bodies_found.iter().filter(|body| bodies.contains(body.as_slice())).count()
    };
    let of_dump = found(stolen.len(), &|n, set| right(tried(&stolen[n], set)));
    // With no key, the bench's, the bar's; the control has both.
    let proof = |what: &str, found: [usize; 4]| {
        let proof = Proof {
            name: format!("1 {}: {what} with all keys of one side", backend(trial)),
            tries: 3 * stolen.len() as u64,
            found: (found[0] + found[1] + found[2]) as f64,
            limit: 0.0,
            control: found[3] as f64,
            control_at_least: stolen.len() as f64,
        };
        // The table has the line of the thousand.
        if lawyers == LAWYERS { proof.hold() } else { assert!(proof.holds(), "{proof:?}") }
    };
    proof("ballots opened from the dump", of_dump);

    // With the shuffles behind them the envelopes themselves lie there, and still each side opens its own lock alone.
    for id in [bar_box(), bench_box()] {
        city::close(&trial.site, &id).expect("closed");
    }
    let dir = tempfile::tempdir().expect("a directory");
    city.gather(&id, dir.path());
    let list = std::fs::read(dir.path().join("list.bin")).expect("a list");
    let list = hengping_domain::opening::read_list(&list).expect("a list");
    let of_list = found(list.len(), &|n, set| right(opened(&list[n], set)));
    proof("envelopes of the shuffled list opened", of_list);
}

#[test]
fn one_sides_key_opens_nothing_sqlite() {
    on(Backend::Sqlite, |trial| one_sides_key_opens_nothing(trial, FEW));
}

#[test]
fn one_sides_key_opens_nothing_postgres() {
    on(Backend::Postgres, |trial| one_sides_key_opens_nothing(trial, FEW));
}

#[test]
#[ignore = "a minute of CPU, which `make attack` spends"]
fn one_sides_key_opens_none_of_a_thousand_sqlite() {
    on(Backend::Sqlite, |trial| one_sides_key_opens_nothing(trial, LAWYERS));
}

#[test]
#[ignore = "a minute of CPU, which `make attack` spends"]
fn one_sides_key_opens_none_of_a_thousand_postgres() {
    on(Backend::Postgres, |trial| one_sides_key_opens_nothing(trial, LAWYERS));
}
