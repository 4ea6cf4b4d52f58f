//! Where something of a ballot could stay behind: in a file, a column, a row that was deleted, or the order of a list.

use std::collections::{BTreeMap, HashSet};

use diesel::RunQueryDsl as _;
use hengping_domain::ids::Side;

use crate::city::{self, Case, City, bar_box, deliver, hand_in, hand_over, lawyer};
use crate::dump::{columns, content, kendall, table, tables};
use crate::harness::{Backend, Trial};
use crate::on_both_backends;
use crate::story::{FEW, city, noise, on, raters, sealed, storm};

#[test]
fn no_file_of_the_database_holds_a_token_or_an_answer() {
    on(Backend::Sqlite, |trial| {
        let city = city(trial, FEW);
        let story = storm(&city, raters(&city, FEW, |device| device.fetch()), sealed);
        let files = || {
            let names = std::fs::read_dir(trial.dir.path()).expect("a directory");
            let read = |entry: std::io::Result<std::fs::DirEntry>| std::fs::read(entry.expect("an entry").path());
            names.map(|entry| read(entry).expect("a file")).collect::<Vec<_>>()
        };
        // The first twelve bytes of everything that must not be there, and of a leaf that must. A token begins with its
        // nonce; a tag may be written down without it.
        let first = |bytes: Vec<u8>| <[u8; 12]>::try_from(&bytes[..12]).expect("twelve");
        let needles: HashSet<[u8; 12]> = story
            .ballots
            .iter()
            .flat_map(|ballot| [ballot.slip, ballot.nym])
            .flat_map(|t| {
                let text = [t.nonce.to_string(), t.bench.to_string(), t.bar.to_string()].map(String::into_bytes);
                text.into_iter().chain([t.nonce.0.to_vec(), t.bench.0.to_vec(), t.bar.0.to_vec()])
            })
            .chain([b"\"answers\":{\"c".to_vec(), b"\"not_observ\"".to_vec()])
            .map(first)
            .collect();
        let control = first(story.casts[0].leaf().to_string().into_bytes());
        let found = |needles: &HashSet<[u8; 12]>| {
            // Most places are passed over by their first two bytes.
            let mut begins = vec![false; 1 << 16];
            let pair = |w: &[u8]| usize::from(w[0]) << 8 | usize::from(w[1]);
            needles.iter().for_each(|needle| begins[pair(needle)] = true);
            let here = |file: &Vec<u8>| file.windows(12).filter(|w| begins[pair(w)] && needles.contains(*w)).count();
            files().iter().map(here).sum::<usize>()
        };
        let check = |when: &str| {
            assert_eq!(found(&needles), 0, "{when}");
            assert!(found(&HashSet::from([control])) > 0, "what is stored is found, {when}");
        };
        trial.agents.send_away(Side::Bar);
        assert!(story.devices[0].ask().expect("asked").bar.is_none());
        hand_in(&trial.site, &bar_box(), &story.casts).expect("taken");
        check("while a request and ballots wait");
        trial.agents.bring_back(Side::Bar);
        deliver(&trial.site);
        check("after the batch");
        city::close(&trial.site, &bar_box()).expect("closed");
        assert_eq!(city.open(&bar_box()).counts.valid as usize, story.casts.len());
        check("after the opening");
    });
}

/// Bytes that PostgreSQL keeps for batches that wait and for the envelopes it stores beside them.
fn pages(trial: &Trial) -> u64 {
    #[derive(diesel::QueryableByName)]
    struct Size {
        #[diesel(sql_type = diesel::sql_types::BigInt)]
        size: i64,
    }
    let query = "SELECT CAST(sum(pg_relation_size(oid) + coalesce(pg_relation_size(nullif(reltoastrelid, 0)), 0)) AS BIGINT) AS size \
         FROM pg_class WHERE relname IN ('pending', 'agent_request') AND relkind = 'r'";
    let found = trial.site.store.read("test", |conn| Ok(diesel::sql_query(query).get_result::<Size>(conn)?.size));
    found.expect("a size").unsigned_abs()
}

/// What waiting requests and ballots occupy: the journal on SQLite, pages on PostgreSQL.
fn occupied(trial: &Trial) -> u64 {
    match trial.url.starts_with("sqlite") {
        true => std::fs::metadata(trial.dir.path().join("hengping.db-wal")).map_or(0, |file| file.len()),
        false => pages(trial),
    }
}

on_both_backends! {
    fn who_came_after_the_last_batch_is_hidden_at_close(trial) {
        let cases: Vec<_> = (1..=40).map(|n| Case::new(n, n % 3, &[n % 20], &[(n + 1) % 20])).collect();
        let city = City::inviting(trial, 3, 20, &cases);
        let first = city.device(&lawyer(0), 1);
        first.fetch();
        hand_over(&trial.site, &bar_box(), &[first.seal(0, 1, 4, 1)]);
        // Numbers do not follow each other in time, so come by the name in the database, the last one first.
        let mut devices: Vec<_> = (1..20).map(|l| city.device(&lawyer(l), 1)).collect();
        devices.sort_by(|a, b| b.person.id.cmp(&a.person.id));
        let rank: BTreeMap<String, usize> = devices.iter().enumerate().map(|(n, d)| (d.person.id.0.clone(), n)).collect();
        let order = || {
            let held = table(trial, "enrolment");
            kendall(&held.column("person").into_iter().filter_map(|person| rank.get(person).copied()).collect::<Vec<_>>())
        };
        for device in &devices[..10] {
            device.enrol().expect("an answer");
        }
        trial.agents.send_away(Side::Bar);
        for device in &devices[10..] {
            device.enrol().expect("passed on");
        }
        for device in &devices[..3] {
            assert!(device.ask().expect("asked").bar.is_none());
        }
        assert!(order() > 0.9, "control: they lie as they came: {}", order());
        assert_eq!(table(trial, "agent_request").rows.len(), 12, "control");
        city::close(&trial.site, &bar_box()).expect("closed");
        assert!(order() < -0.9, "sorted by name, which here is backwards: {}", order());
        let kinds: Vec<_> = table(trial, "agent_request").column("kind").into_iter().map(str::to_owned).collect();
        assert_eq!(kinds, ["close", "close"], "whoever still waits is told by the closed box, and forgotten");
    }

    fn a_batch_leaves_nothing_on_the_disk_of_what_waited(trial) {
        let cases: Vec<_> = (1..=40).map(|n| Case::new(n, n % 3, &[n % 20], &[(n + 1) % 20])).collect();
        let city = City::inviting(trial, 3, 20, &cases);
        let mut casts = Vec::new();
        for l in 0..20 {
            let device = city.device(&lawyer(l), 1);
            device.mint();
            for case in 0..device.cases.len() {
                casts.push(device.stamped(case, 1, noise(&city, &device.ballot(case, 1, 3), (l * 10 + case) as u64)));
            }
        }
        assert_eq!(hand_in(&trial.site, &bar_box(), &casts).expect("taken").size, 80);
        assert!(occupied(trial) > 0, "control");
        deliver(&trial.site);
        assert_eq!(occupied(trial), 0);
    }

    fn a_token_request_leaves_nothing_on_the_disk_once_it_is_settled(trial) {
        let city = City::inviting(trial, 1, 2, &[Case::new(1, 0, &[0], &[1])]);
        let device = city.device(&lawyer(0), 1);
        device.enrol().expect("enrolled");
        deliver(&trial.site);
        trial.agents.send_away(Side::Bench);
        device.ask().expect("asked");
        assert!(occupied(trial) > 0, "control");
        trial.agents.bring_back(Side::Bench);
        deliver(&trial.site);
        device.ask().expect("asked");
        assert_eq!(occupied(trial), 0);
    }

    fn no_table_holds_a_person_beside_a_token_or_an_envelope(trial) {
        let person = ["person", "rater", "ratee", "account", "login", "number", "name", "session", "subject", "invitation", "case_file", "home", "request_key", "certificate"];
        let ballot = ["stamp", "slip", "nym", "leaf", "envelope", "seq", "answers", "hash_of_stamp", "element"];
        let all: BTreeMap<String, Vec<(String, String)>> =
            tables(trial).into_iter().map(|name| (name.clone(), columns(trial, &name))).collect();
        // A number that is text is somebody's; batches are counted.
        let counts = |(name, kind): &(String, String)| name == "number" && kind == "bigint";
        let has = |columns: &[(String, String)], set: &[&str]| {
            columns.iter().any(|column| set.contains(&column.0.as_str()) && !counts(column))
        };
        let mixed = |all: &BTreeMap<String, Vec<(String, String)>>| {
            let both = all.iter().filter(|(_, columns)| has(columns, &person) && has(columns, &ballot));
            both.map(|(name, _)| name.clone()).collect::<Vec<_>>()
        };
        assert_eq!(mixed(&all), Vec::<String>::new());
        let mut naive = all.clone();
        naive.get_mut("invitation").expect("a table").push(("stamp".into(), "text".into()));
        assert_eq!(mixed(&naive), ["invitation"], "control");

        // The pinned columns of the box: no person, no time, no serial, no counter beyond the stamp's own number.
        let pinned: [(&str, &[&str]); 18] = [
            ("agent_request", &["digest", "side", "box", "kind", "request", "answer"]),
            ("statement", &["request", "side", "box", "kind", "statement", "day"]),
            ("enrolment", &["box", "person", "request_key", "mac", "certificate", "refused"]),
            ("batch", &["box", "number", "body", "size", "state", "day"]),
            ("pending", &["leaf", "box", "number", "stamp", "seq", "signature", "envelope"]),
            ("sealed", &["leaf", "box", "number", "stamp", "seq", "envelope"]),
            ("refused_leaf", &["leaf", "side", "box", "number"]),
            ("checkpoint", &["box", "size", "root", "bench", "bar", "day"]),
            ("published_stamp", &["leaf", "box", "number", "stamp", "seq", "envelope"]),
            ("counted", &["hash", "box"]),
            // What ratees say: about a release, under the ratee's name, and nothing of a rater.
            ("correction_voided", &["correction", "body"]),
            ("release_reserved", &["release", "body"]),
            ("fairness_note", &["release", "side", "words", "day"]),
            ("reply_window", &["release", "opened_on", "last_day", "provisional", "decide_by", "decide_provisional"]),
            ("reply_statement", &["release", "subject", "words"]),
            ("objection", &["release", "subject", "reason", "words", "day"]),
            ("objection_decision", &["release", "subject", "side", "opinion", "words", "day"]),
            ("reading", &["id", "release", "subject", "side", "role", "purpose", "day"]),
        ];
        for (name, expected) in pinned {
            let found: Vec<_> = all[name].iter().map(|(name, _)| name.as_str()).collect();
            assert_eq!(found, expected, "{name}");
        }
        for (name, columns) in &all {
            for (column, kind) in columns {
                let known = ["text", "bigint", "blob", "bytea"].contains(&kind.as_str());
                assert!(known, "{name}.{column} is {kind}: times and serials have no place here");
            }
        }
    }

    fn a_hand_over_leaves_no_trace_but_its_batch(trial) {
        let cases: Vec<_> = (1..=4).map(|n| Case::new(n, 0, &[0], &[1])).collect();
        let city = City::inviting(trial, 1, 2, &cases);
        let device = city.device(&lawyer(0), 1);
        device.fetch();
        let box_itself = ["batch", "pending", "sealed", "agent_request", "statement", "checkpoint"];
        let before = content(trial, &box_itself);
        let check = |when: &str| {
            assert!(content(trial, &box_itself) == before, "{when}: no audit entry, no counter, no mark on the invitation");
        };
        hand_in(&trial.site, &bar_box(), &[device.seal(0, 1, 4, 1)]).expect("taken");
        check("handed in");
        let said = table(trial, "statement").rows.len();
        deliver(&trial.site);
        check("in the box");
        hand_over(&trial.site, &bar_box(), &[device.seal(0, 2, 4, 1)]);
        check("replaced");
        assert_eq!(table(trial, "sealed").rows.len(), 2);
        assert_eq!(table(trial, "statement").rows.len(), said + 8, "two agents checked and cosigned two batches");
    }
}
