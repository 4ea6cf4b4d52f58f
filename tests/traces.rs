//! Where something of a ballot could stay behind: in a file, a column, a row that was deleted, or the order of a list.

use std::collections::{BTreeMap, HashSet};

use diesel::RunQueryDsl as _;
use hengping::flow::cast;
use hengping_domain::token;

use crate::anonymity::{FEW, city, noise, on, sealed, storm};
use crate::city::{self, Case, City, bar_box, lawyer};
use crate::dump::{columns, content, kendall, table, tables};
use crate::harness::{Backend, Trial};
use crate::on_both_backends;

#[test]
fn no_file_of_the_database_holds_a_token_or_an_answer() {
    on(Backend::Sqlite, |trial| {
        let city = city(trial, FEW);
        let story = storm(&city, FEW, sealed);
        let files = || {
            let names = std::fs::read_dir(trial.dir.path()).expect("a directory");
            let read = |entry: std::io::Result<std::fs::DirEntry>| std::fs::read(entry.expect("an entry").path());
            names.map(|entry| read(entry).expect("a file")).collect::<Vec<_>>()
        };
        // The first twelve bytes of everything that must not be there, and of a hash that must.
        let needles: HashSet<[u8; 12]> = story
            .ballots
            .iter()
            .flat_map(|b| {
                [b.slip.to_string().into_bytes(), b.slip.0.to_vec(), b.nym.0.to_vec(), b.nym.to_string().into()]
            })
            .chain([b"\"answers\":{\"c".to_vec(), b"\"not_observ\"".to_vec()])
            .map(|bytes| bytes[..12].try_into().expect("twelve"))
            .collect();
        let control: [u8; 12] =
            token::slip_hash(&story.ballots[0].slip).to_string().as_bytes()[..12].try_into().expect("twelve");
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
        check("while ballots wait");
        cast::batch(&trial.site, &bar_box(), 20).expect("a batch");
        check("after the batch");
    });
}

/// Bytes that PostgreSQL keeps for the spool and for the envelopes it stores beside it.
fn pages(trial: &Trial) -> u64 {
    #[derive(diesel::QueryableByName)]
    struct Size {
        #[diesel(sql_type = diesel::sql_types::BigInt)]
        size: i64,
    }
    let query = "SELECT pg_relation_size(oid) + pg_relation_size(reltoastrelid) AS size FROM pg_class \
         WHERE relname = 'spool' AND relkind = 'r'";
    let found = trial.site.store.read("test", |conn| Ok(diesel::sql_query(query).get_result::<Size>(conn)?.size));
    found.expect("a size").unsigned_abs()
}

on_both_backends! {
    fn tokens_listed_after_the_last_batch_are_sorted_at_close(trial) {
        let cases: Vec<_> = (1..=40).map(|n| Case::new(n, n % 3, &[n % 20], &[(n + 1) % 20])).collect();
        let city = City::inviting(trial, 3, 20, &cases);
        let first = city.device(&lawyer(0), 1);
        first.list().expect("listed");
        cast::cast(&trial.site, &first.seal(0, 1, 4, 1)).expect("taken");
        cast::batch(&trial.site, &bar_box(), 1).expect("a batch");
        let mut came = BTreeMap::new();
        for l in 1..20 {
            let device = city.device(&lawyer(l), 1);
            device.list().expect("listed");
            came.extend(device.hashes().iter().map(|h| (h.stamp.to_string(), l)));
        }
        let order = || {
            let listed = table(trial, "listed_token");
            let rows = listed.column("kind").into_iter().zip(listed.column("hash"));
            let ranks: Vec<usize> = rows.filter(|(kind, _)| *kind == "stamp").filter_map(|(_, hash)| came.get(hash).copied()).collect();
            assert_eq!(ranks.len(), came.len());
            kendall(&ranks)
        };
        assert!(order() > 0.9, "control: they lie as they came: {}", order());
        // A day on which too few ballots wait for a batch still hides who came for tokens. The ids are random here, and
        // 0.4 is five standard deviations of the rank correlation of 76 random numbers.
        assert_eq!(cast::batch(&trial.site, &bar_box(), 20).expect("too few"), 0);
        assert!(order().abs() < 0.4, "{}", order());
        city::close(&trial.site, &bar_box()).expect("closed");
        assert!(order().abs() < 0.4, "{}", order());
    }

    fn a_batch_leaves_nothing_of_the_spool_on_the_disk(trial) {
        let cases: Vec<_> = (1..=40).map(|n| Case::new(n, n % 3, &[n % 20], &[(n + 1) % 20])).collect();
        let city = City::inviting(trial, 3, 20, &cases);
        for l in 0..20 {
            let device = city.device(&lawyer(l), 1);
            device.list().expect("listed");
            for case in 0..device.cases.len() {
                let place = (l * 10 + case) as u64;
                let cast = device.stamped(case, 1, noise(&city, &device.ballot(case, 1, 3), place));
                cast::cast(&trial.site, &cast).expect("taken");
            }
        }
        // What the spool occupies: its journal on SQLite, its pages and those of its envelopes on PostgreSQL.
        let occupied = || match trial.url.starts_with("sqlite") {
            true => std::fs::metadata(trial.dir.path().join("hengping.db-wal")).map_or(0, |file| file.len()),
            false => pages(trial),
        };
        assert!(occupied() > 0, "control");
        assert_eq!(cast::batch(&trial.site, &bar_box(), 20).expect("a batch"), 80);
        assert_eq!(occupied(), 0);
    }

    fn no_table_holds_a_person_beside_a_token_or_an_envelope(trial) {
        let person = ["person", "rater", "ratee", "account", "login", "number", "name", "session", "invitation", "case_file", "home"];
        let ballot = ["stamp", "slip", "nym", "leaf", "envelope", "seq", "answers", "hash_of_stamp"];
        let all: BTreeMap<String, Vec<(String, String)>> =
            tables(trial).into_iter().map(|name| (name.clone(), columns(trial, &name))).collect();
        let has = |columns: &[(String, String)], set: &[&str]| columns.iter().any(|(name, _)| set.contains(&name.as_str()));
        let mixed = |all: &BTreeMap<String, Vec<(String, String)>>| {
            let both = all.iter().filter(|(_, columns)| has(columns, &person) && has(columns, &ballot));
            both.map(|(name, _)| name.clone()).collect::<Vec<_>>()
        };
        assert_eq!(mixed(&all), Vec::<String>::new());
        let mut naive = all.clone();
        naive.get_mut("invitation").expect("a table").push(("stamp".into(), "text".into()));
        assert_eq!(mixed(&naive), ["invitation"], "control");

        // The pinned columns of the box: no person, no time, no serial, no counter beyond the stamp's own number.
        let pinned: [(&str, &[&str]); 5] = [
            ("listed_token", &["hash", "box", "kind", "info"]),
            ("spool", &["stamp", "box", "seq", "leaf", "envelope"]),
            ("sealed", &["leaf", "box", "stamp", "seq", "envelope"]),
            ("counted", &["hash", "box"]),
            ("batch", &["box", "number", "size", "root", "day"]),
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

    fn a_cast_leaves_no_trace_but_the_spooled_envelope(trial) {
        let cases: Vec<_> = (1..=4).map(|n| Case::new(n, 0, &[0], &[1])).collect();
        let city = City::inviting(trial, 1, 2, &cases);
        let device = city.device(&lawyer(0), 1);
        device.list().expect("listed");
        let before = content(trial, &["spool"]);
        cast::cast(&trial.site, &device.seal(0, 1, 4, 1)).expect("taken");
        cast::cast(&trial.site, &device.seal(0, 2, 4, 1)).expect("replaced");
        assert!(content(trial, &["spool"]) == before, "no audit entry, no counter, no mark on the invitation");
        assert_eq!(table(trial, "spool").rows.len(), 1);
    }
}
