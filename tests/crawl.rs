//! The attacker at the door: asks every route as every role and tries to tell a hidden cell from an absent one.
//!
//! In one release a judge's cells are hidden and another judge has none; nothing that anybody is answered may differ by it,
//! nor the time that it takes. Officers see verdicts, which is the control.

use hengping::http::openapi;
use hengping::ports::Stopwatch;
use hengping_attack::Proof;
use hengping_domain::record;
use serde_json::{Value, json};

use crate::city::{self, Case, City, bar_box, bench_box, judge, lawyer, person};
use crate::harness::{Answer, Backend, Client, Trial};
use crate::story::backend;

/// The judge whose cells are all hidden, the one who has none, and the one whose result is told.
const HIDDEN: usize = 0;
const ABSENT: usize = 1;
const TOLD: usize = 2;
/// Requests about each person while the time is taken.
const TIMES: usize = 300;

fn cell(subject: &str, audience: &str, value: Option<f64>) -> Value {
    let reason = json!({"code": "too-few-raters", "numbers": {"minimum": 10}});
    let mut cell = json!({
        "id": format!("person/{subject}/score/{audience}"), "scope": "person", "subject": subject, "measure": "score",
        "audience": audience, "verdict": "withhold", "flags": [], "rules": ["R2"], "reason": reason,
    });
    if let Some(value) = value {
        let more = json!({"verdict": "publish", "value": value, "step": 0.1, "n_band": "20-24"});
        cell.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
    }
    cell
}

/// A city of which both directions are out; all judges had a case, so that they differ in nothing else.
fn released(trial: &Trial) -> (City<'_>, String) {
    let cases: Vec<_> = (1..=8).map(|n| Case::new(n, n % 4, &[n % 4], &[(n + 1) % 4])).collect();
    let city = City::inviting(trial, 4, 4, &cases);
    let device = city.device(&lawyer(0), 1);
    device.mint();
    city::hand_over(&trial.site, &bar_box(), &[device.seal(0, 1, 4, 1)]);
    for id in [bar_box(), bench_box()] {
        city::close(&trial.site, &id).expect("closed");
    }
    let ratee = |n| person(&trial.site, &judge(n)).ratee.to_string();
    let mut cells = Vec::new();
    for audience in ["self", "sides"] {
        cells.push(cell(&ratee(HIDDEN), audience, None));
        cells.push(cell(&ratee(TOLD), audience, Some(3.5)));
    }
    cells.sort_by_key(|cell| cell["id"].to_string());
    let hash = city.take_draft(&bar_box(), &json!(cells), &[]).expect("a draft");
    city.release(hash);
    trial.staff();
    for n in 0..4 {
        city.enrol(&judge(n));
        city.enrol(&lawyer(n));
    }
    (city, hash.to_string())
}

/// Every route that can be read, with what stands in the city in its places.
fn routes(hash: &str) -> Vec<String> {
    let document: Value = serde_json::from_str(&openapi::text().expect("the document")).expect("JSON");
    let paths = document["paths"].as_object().expect("paths");
    let readable = paths.iter().filter(|(_, methods)| methods.get("get").is_some()).map(|(path, _)| path);
    let of = |path: &String| {
        let path = path.replace("{hash}", hash).replace("{box}", &bar_box().to_string());
        let path = path.replace("{period}", bar_box().period.as_str()).replace("{id}", "none");
        // Whatever has a name here is a file of a box's record, or of a release.
        let names = if path.contains("/record/") { &record::FILES[..] } else { &["response-zh.svg"] };
        let names = if path.contains("{name}") { names } else { &[""] };
        names.iter().map(|name| path.replace("{name}", name)).collect::<Vec<_>>()
    };
    // Who one is, what waits for one, and counters of the machine say nothing of results.
    readable
        .filter(|path| !["/api/session", "/api/invitations", "/metrics", "/healthz"].contains(&path.as_str()))
        .flat_map(of)
        .collect()
}

/// What an answer says once it is forgotten who was asked about, and who asks.
fn forgetting(answer: &Answer, trial: &Trial, n: usize) -> (u16, String) {
    let who = person(&trial.site, &judge(n));
    let mut text = answer.text.clone();
    for own in [who.ratee.as_str(), who.number.as_str(), who.name.as_str(), who.id.0.as_str()] {
        text = text.replace(own, "WHO");
    }
    (answer.status, text)
}

fn reading(officer: &Client, hash: &str, subject: &str) -> Answer {
    let body = json!({"subject": subject, "purpose": "training"});
    officer.post(&format!("/api/releases/{hash}/readings"), &body)
}

fn crawl(trial: &Trial) {
    let (_city, hash) = released(trial);
    let served = trial.serve();
    let ratee = |n| person(&trial.site, &judge(n)).ratee.to_string();
    let (mut tries, mut found, mut control) = (0, 0, 0);
    let strangers = ["researcher", "operator", "auditor", "machine"].map(str::to_owned);
    let raters = (0..4).map(lawyer).chain([judge(3)]);
    let mut clients: Vec<Client> = strangers.into_iter().chain(raters).map(|login| served.signed_in(&login)).collect();
    clients.push(served.client());
    for path in routes(&hash) {
        // Whoever is no officer finds no trace of the hidden person, as of the absent one, nor of one whose result is told to others.
        for client in &clients {
            let answer = client.get(&path);
            tries += 1;
            let named = [HIDDEN, TOLD].iter().any(|&n| answer.text.contains(&ratee(n)));
            let told = named || answer.text.contains("\"withhold\"");
            if told {
                println!("told at {path}: {}", answer.text);
            }
            found += u64::from(told);
        }
        let officer = served.signed_in("bar-coordinator").get(&path);
        control += u64::from(officer.text.contains(&ratee(HIDDEN)));
        // The hidden person learns no more than the absent one.
        let [one, other] = [HIDDEN, ABSENT].map(|n| forgetting(&served.signed_in(&judge(n)).get(&path), trial, n));
        tries += 1;
        if one != other {
            println!("differs at {path}: {one:?} {other:?}");
        }
        found += u64::from(one != other);
    }
    // Nor does an officer who asks for a person's cells.
    let officer = served.signed_in("bar-coordinator");
    let [one, other] = [HIDDEN, ABSENT].map(|n| forgetting(&reading(&officer, &hash, &ratee(n)), trial, n));
    let unknown = reading(&officer, &hash, "nobody");
    tries += 2;
    found += u64::from(one != other) + u64::from((unknown.status, unknown.text) != other);
    assert_eq!(other.0, 404);
    assert_eq!(reading(&officer, &hash, &ratee(TOLD)).status, 200);
    Proof {
        name: format!("releases {}: answers that tell a hidden result from an absent one", backend(trial)),
        tries,
        found: found as f64,
        limit: 0.0,
        control: control as f64,
        control_at_least: 1.0,
    }
    .hold();
}

/// By how many of its standard errors the share of pairs of which the first took longer is off one half (Mann and Whitney).
fn off(one: &[f64], other: &[f64]) -> f64 {
    let later = |a: &f64| {
        other
            .iter()
            .map(|b| {
                if a > b {
                    1.0
                } else if a < b {
                    0.0
                } else {
                    0.5
                }
            })
            .sum::<f64>()
    };
    let (n, m) = (one.len() as f64, other.len() as f64);
    let share = one.iter().map(later).sum::<f64>() / (n * m);
    (share - 0.5).abs() / ((n + m + 1.0) / (12.0 * n * m)).sqrt()
}

/// Milliseconds of a reading of each of two persons, in turn.
fn times(officer: &Client, hash: &str, subjects: [&str; 2]) -> [Vec<f64>; 2] {
    let mut taken = [Vec::new(), Vec::new()];
    for turn in 0..TIMES {
        // Which of them is asked first changes, so that neither always follows the other.
        for at in if turn % 2 == 0 { [0, 1] } else { [1, 0] } {
            let watch = Stopwatch::start();
            reading(officer, hash, subjects[at]);
            taken[at].push(watch.elapsed().as_secs_f64());
        }
    }
    taken
}

fn clock(trial: &Trial) {
    let (_city, hash) = released(trial);
    let served = trial.serve();
    let officer = served.signed_in("bar-coordinator");
    let ratee = |n| person(&trial.site, &judge(n)).ratee.to_string();
    let of = |one: usize| {
        let [taken, absent] = times(&officer, &hash, [&ratee(one), &ratee(ABSENT)]);
        off(&taken, &absent)
    };
    Proof {
        name: format!(
            "releases {}: time about a hidden result against an absent one, in standard errors",
            backend(trial)
        ),
        tries: 2 * TIMES as u64,
        found: of(HIDDEN),
        limit: 3.0,
        // A result that is there is read and noted, which takes longer: the clock is good enough to see that.
        control: of(TOLD),
        control_at_least: 3.0,
    }
    .hold();
}

#[test]
fn every_route_as_every_role_sqlite() {
    crawl(&Trial::new(Backend::Sqlite).expect("SQLite is always there"));
}

#[test]
fn every_route_as_every_role_postgres() {
    if let Some(trial) = Trial::new(Backend::Postgres) {
        crawl(&trial);
    }
}

#[test]
#[ignore = "takes times, which other tests disturb; `make attack` runs it"]
fn the_clock_tells_nothing_sqlite() {
    clock(&Trial::new(Backend::Sqlite).expect("SQLite is always there"));
}

#[test]
#[ignore = "takes times, which other tests disturb; `make attack` runs it"]
fn the_clock_tells_nothing_postgres() {
    if let Some(trial) = Trial::new(Backend::Postgres) {
        clock(&trial);
    }
}
