//! The order in which requests and ballots came: gone once they are settled, from tables, log and files.
//!
//! Each test has a control that finds what the naive build would show.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use diesel::RunQueryDsl as _;
use hengping::flow::courier;
use hengping::flow::enrol::Standing;
use hengping_attack::Proof;
use hengping_domain::digest::Digest;
use hengping_domain::ids::Side;
use hengping_domain::layer::POSTED_LEN;
use serde_json::Value;

use crate::city::{self, Device, bar_box, deliver, hand_in};
use crate::dump::{is_sqlite, kendall, table, transactions};
use crate::harness::{Backend, Trial};
use crate::story::{LAWYERS, backend, city, noise, on, raters, storm};

/// Largest rank correlation of a thousand ballots that counts as none.
const NONE: f64 = 0.05;
/// The same of a hundred raters: three standard deviations.
const NONE_OF_RATERS: f64 = 0.2;

/// The rank of each row's name in the order in which it came.
fn ranks(rows: &[&str], came: &[String]) -> Vec<usize> {
    let rank: BTreeMap<&str, usize> = came.iter().enumerate().map(|(n, name)| (name.as_str(), n)).collect();
    assert_eq!(rank.len(), came.len());
    rows.iter().map(|name| rank[name]).collect()
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
    let sqlite = is_sqlite(trial);
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
    let sqlite = is_sqlite(trial);
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
