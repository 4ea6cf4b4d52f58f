//! What the store promises whatever is kept in it: whole transactions, both backends alike, safe starts.

use std::sync::Barrier;

use diesel::RunQueryDsl as _;
use hengping::ports::Second;
use hengping::store::account::{self, LockRule};
use hengping::store::{Store, StoreError, StoreSettings, savepoint};
use hengping_domain::digest::Digest;
use hengping_domain::ids::{AccountId, Role};

use crate::harness::{Backend, Trial};
use crate::on_both_backends;

const NEVER: LockRule = LockRule { attempts: 1_000_000, seconds: 1_000 };

fn settings(url: &str) -> StoreSettings {
    StoreSettings { url: url.to_owned(), connections: 4, busy_seconds: 10 }
}

fn failures(store: &Store, login: Digest) -> i64 {
    #[derive(diesel::QueryableByName)]
    struct Count {
        #[diesel(sql_type = diesel::sql_types::BigInt)]
        failed: i64,
    }
    let query = format!("SELECT failed FROM sign_in_failure WHERE login = '{login}'");
    store.read("test", |conn| Ok(diesel::sql_query(&query).get_result::<Count>(conn)?.failed)).expect("a count")
}

on_both_backends! {
    fn work_that_fails_leaves_nothing_behind(trial) {
        let key = Digest::of(&[b"undone"]);
        let undone: Result<(), _> = trial.site.store.write("test", |conn| {
            account::record_failure(conn, key, Second(0), NEVER)?;
            Err(StoreError::Stale)
        });
        assert!(matches!(undone, Err(StoreError::Stale)));
        trial.site.store.write("test", |conn| account::record_failure(conn, key, Second(0), NEVER)).expect("the first");
        assert_eq!(failures(&trial.site.store, key), 1);
    }

    fn a_panic_undoes_the_work_and_frees_the_connection(trial) {
        let store = trial.site.store.clone();
        let key = Digest::of(&[b"panicked"]);
        for _ in 0..6 {
            let store = store.clone();
            let panicked = std::thread::spawn(move || {
                store.write("test", |conn| -> Result<(), StoreError> {
                    account::record_failure(conn, key, Second(0), NEVER)?;
                    panic!("as asked");
                })
            });
            assert!(panicked.join().is_err());
        }
        store.write("test", |conn| account::record_failure(conn, key, Second(0), NEVER)).expect("the first");
        assert_eq!(failures(&store, key), 1);
    }

    fn reading_writes_nothing(trial) {
        let key = Digest::of(&[b"read"]);
        let refused = trial.site.store.read("test", |conn| account::record_failure(conn, key, Second(0), NEVER));
        assert!(matches!(refused, Err(StoreError::Broken(_))), "{refused:?}");
    }

    fn a_savepoint_lets_a_transaction_go_on_after_a_duplicate(trial) {
        let id = trial.account("once", &[(Role::Researcher, None)]);
        let statement = format!("INSERT INTO account_role (account, role) VALUES ('{id}', 'researcher')");
        let key = Digest::of(&[b"after"]);
        trial.site.store.write("test", |conn| {
            let twice = savepoint(conn, |conn| Ok(diesel::sql_query(&statement).execute(conn)?));
            assert!(matches!(twice, Err(StoreError::Duplicate)), "{twice:?}");
            account::record_failure(conn, key, Second(0), NEVER)
        }).expect("the transaction goes on");
        assert_eq!(failures(&trial.site.store, key), 1);
    }

    fn what_must_not_be_stored_is_refused(trial) {
        for statement in [
            "INSERT INTO account_role (account, role) VALUES ('nobody', 'rater')",
            "INSERT INTO account (id, login, name, password, disabled, demo) VALUES ('a', 'a', 'a', 'a', 2, 0)",
            "INSERT INTO audit (hash, prev, day, body) VALUES ('a', NULL, 'b', 'c')",
        ] {
            let refused = trial.site.store.write("test", |conn| Ok(diesel::sql_query(statement).execute(conn)?));
            assert!(matches!(refused, Err(StoreError::Broken(_))), "{statement}: {refused:?}");
        }
    }

    fn counting_at_once_loses_nothing(trial) {
        let (threads, each) = (8, 25);
        let key = Digest::of(&[b"race"]);
        let start = Barrier::new(threads);
        std::thread::scope(|scope| {
            for _ in 0..threads {
                scope.spawn(|| {
                    start.wait();
                    for _ in 0..each {
                        trial.site.store
                            .write("test", |conn| account::record_failure(conn, key, Second(0), NEVER))
                            .expect("retried until it fits");
                    }
                });
            }
        });
        assert_eq!(failures(&trial.site.store, key), i64::try_from(threads * each).expect("small"));
    }

    fn two_instances_see_the_same_data(trial) {
        let id = trial.account("both", &[(Role::Operator, None)]);
        let other = Store::open(&settings(&trial.url)).expect("a second instance");
        assert_eq!(other.read("test", |conn| account::find(conn, &id)).expect("found").login, "both");
        let key = Digest::of(&[b"two"]);
        std::thread::scope(|scope| {
            for store in [&trial.site.store, &other] {
                scope.spawn(move || {
                    for _ in 0..20 {
                        store.write("test", |conn| account::record_failure(conn, key, Second(0), NEVER)).expect("counted");
                    }
                });
            }
        });
        assert_eq!(failures(&other, key), 40);
    }

    fn a_database_from_the_future_is_refused(trial) {
        let newer = "INSERT INTO __diesel_schema_migrations (version) VALUES ('9999')";
        trial.site.store.write("test", |conn| Ok(diesel::sql_query(newer).execute(conn)?)).expect("a row");
        let refused = Store::open(&settings(&trial.url)).err().expect("refused").to_string();
        assert!(refused.contains("9999"), "{refused}");
    }

    fn each_backend_names_itself(trial) {
        let expected = if trial.url.starts_with("sqlite") { "sqlite" } else { "postgresql" };
        assert_eq!(trial.site.store.backend(), expected);
    }

    fn an_unknown_account_is_not_found(trial) {
        let missing = trial.site.store.read("test", |conn| account::find(conn, &AccountId("x".into())));
        assert!(matches!(missing, Err(StoreError::NotFound)));
        let stale = trial.site.store.write("test", |conn| account::set_disabled(conn, &AccountId("x".into()), true));
        assert!(matches!(stale, Err(StoreError::Stale)));
    }
}

fn start_together(url: &str) {
    let start = Barrier::new(6);
    std::thread::scope(|scope| {
        for _ in 0..6 {
            scope.spawn(|| {
                start.wait();
                let store = Store::open(&settings(url)).expect("each opens");
                assert_eq!(store.read("test", account::count_demo).expect("a table"), 0);
            });
        }
    });
}

#[test]
fn six_instances_may_start_together_on_an_empty_file() {
    for round in 0..5 {
        let dir = tempfile::tempdir().expect("a directory");
        start_together(&format!("sqlite://{}/new/{round}.db", dir.path().display()));
    }
}

#[test]
fn six_instances_may_start_together_on_an_empty_server() {
    match crate::harness::fresh_database() {
        Some(url) => start_together(&url),
        None => eprintln!("skipped: HENGPING_TEST_POSTGRES names no server"),
    }
}

#[test]
fn a_file_is_private_and_survives_its_process() {
    use std::os::unix::fs::PermissionsExt as _;
    let trial = Trial::new(Backend::Sqlite).expect("a trial");
    let id = trial.account("kept", &[(Role::Operator, None)]);
    let path = trial.dir.path().join("hengping.db");
    let mode = std::fs::metadata(&path).expect("the file").permissions().mode();
    assert_eq!(mode & 0o077, 0, "others cannot read it");
    let Trial { site, url, dir, .. } = trial;
    drop(site);
    let again = Store::open(&settings(&url)).expect("opens again");
    assert_eq!(again.read("test", |conn| account::find(conn, &id)).expect("still there").login, "kept");
    drop(dir);
}

#[test]
fn a_place_that_cannot_be_is_refused_in_words() {
    let code = |url: &str| Store::open(&settings(url)).err().expect(url).to_string();
    assert!(code("mysql://x").contains("sqlite://"));
    assert!(code("sqlite:///proc/none/x.db").contains("/proc/none/x.db"));
}
