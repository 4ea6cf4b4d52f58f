//! What a thief of the database learns about who said what: nothing leads from a person to a ballot.
//!
//! The control finds what the naive build would show.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};

use diesel::RunQueryDsl as _;
use hengping::flow::{courier, death, issue};
use hengping_attack::Proof;
use hengping_domain::ids::Side;
use hengping_domain::token::{Token, counted_hash, nym_hash};
use serde_json::json;

use crate::city::{self, bar_box, bench_box, deliver, hand_in, lawyer};
use crate::dump::{beside, dump, holding, table};
use crate::harness::{Backend, Trial};
use crate::story::{FEW, backend, city, on, raters, sealed, storm};

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
