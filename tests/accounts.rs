//! Signing in and out, locks, machine tokens, and the audit log, through HTTP and the steps behind it.

use std::time::{Duration, Instant};

use hengping::config::Unready;
use hengping::flow::sign_in::{self, Grant};
use hengping::flow::{Failure, Refusal, Site, documents};
use hengping::ports::SystemEntropy;
use hengping::store::document::SideKeys;
use hengping::store::{account, audit};
use hengping_domain::digest::Bytes;
use hengping_domain::ids::{AccountId, PersonId, Role, Side};
use serde_json::json;

use crate::harness::{Backend, PASSWORD, Served, Trial};
use crate::on_both_backends;

/// Settings under which production starts.
const PRODUCTION: &str = "mode = \"production\"\nmachine.key_file = \"machine.pem\"\nagents.key_file = \"platform.key\"\n\
    relay.origin = \"https://relay.test\"";

fn try_in(served: &Served, login: &str, password: &str) -> crate::harness::Answer {
    served.client().post("/api/session", &json!({"login": login, "password": password}))
}

on_both_backends! {
    fn a_session_opens_shows_and_closes(trial) {
        let id = trial.account("wang", &[(Role::Negotiator, Some(Side::Bench)), (Role::Rater, Some(Side::Bench))]);
        let served = trial.serve();
        let opened = try_in(&served, "wang", PASSWORD);
        let account = json!({"id": id.as_str(), "login": "wang", "name": "wang", "side": "bench", "number": null, "roles": ["rater", "negotiator"]});
        assert_eq!(opened.json(), json!({"account": account}));
        let cookie = opened.header("set-cookie");
        for attribute in ["__Host-hengping=", "HttpOnly", "Secure", "SameSite=Strict", "Path=/", "Max-Age=28800"] {
            assert!(cookie.contains(attribute), "{attribute} in {cookie}");
        }
        assert!(!cookie.contains("Domain"), "{cookie}");

        let client = served.client().with("Cookie", &opened.cookie().expect("a cookie"));
        let shown = client.get("/api/session").json();
        assert_eq!(shown["account"], account);
        assert_eq!(shown["today"], "2026-11-23");
        assert_eq!(shown["demo"], true);
        let closed = client.delete("/api/session");
        assert_eq!(closed.status, 204);
        assert!(closed.header("set-cookie").contains("Max-Age=0"), "{}", closed.header("set-cookie"));
        assert_eq!(client.get("/api/session").json()["account"], json!(null), "the cookie opens nothing any more");
        assert_eq!(served.client().get("/api/session").json()["account"], json!(null));
    }

    fn unknown_wrong_and_disabled_get_the_same_answer(trial) {
        trial.account("li", &[(Role::Rater, Some(Side::Bar))]);
        let gone = trial.account("zhao", &[(Role::Rater, Some(Side::Bar))]);
        trial.site.store.write("test", |conn| account::set_disabled(conn, &gone, true)).expect("disabled");
        let served = trial.serve();
        let wrong = try_in(&served, "li", "not the password");
        assert_eq!((wrong.status, wrong.problem().as_str()), (401, "sign-in-refused"));
        for (login, password) in [("nobody", PASSWORD), ("zhao", PASSWORD), ("li", &"长".repeat(500))] {
            let other = try_in(&served, login, password);
            assert_eq!((other.status, &other.text), (wrong.status, &wrong.text), "{login}");
        }
    }

    fn a_login_locks_after_five_failures_whether_it_exists_or_not(trial) {
        trial.account("sun", &[(Role::Rater, Some(Side::Bar))]);
        let served = trial.serve();
        for login in ["sun", "no such login"] {
            for _ in 0..5 {
                assert_eq!(try_in(&served, login, "guess").problem(), "sign-in-refused");
            }
            let locked = try_in(&served, login, PASSWORD);
            assert_eq!((locked.status, locked.problem().as_str()), (429, "too-many-attempts"), "{login}");
        }
        trial.clock.advance(Duration::from_secs(15 * 60 - 1));
        assert_eq!(try_in(&served, "sun", PASSWORD).status, 429);
        trial.clock.advance(Duration::from_secs(1));
        assert_eq!(try_in(&served, "sun", PASSWORD).status, 200, "the lock ends by itself");
    }

    fn a_success_forgets_the_failures_before_it(trial) {
        trial.account("zhou", &[(Role::Rater, Some(Side::Bench))]);
        let served = trial.serve();
        for _ in 0..3 {
            for _ in 0..4 {
                assert_eq!(try_in(&served, "zhou", "guess").status, 401);
            }
            assert_eq!(try_in(&served, "zhou", PASSWORD).status, 200);
        }
    }

    fn a_session_ends_by_time_and_with_its_account(trial) {
        let id = trial.account("wu", &[(Role::Operator, None)]);
        let served = trial.serve();
        let client = served.signed_in("wu");
        let signed_in = |client: &crate::harness::Client| !client.get("/api/session").json()["account"].is_null();
        trial.clock.advance(Duration::from_secs(8 * 3600 - 1));
        assert!(signed_in(&client), "eight hours are promised");
        trial.clock.advance(Duration::from_secs(3600 + 1));
        assert!(!signed_in(&client), "and at most one more for rounding");
        let again = served.signed_in("wu");
        assert!(signed_in(&again));
        trial.site.store.write("test", |conn| account::set_disabled(conn, &id, true)).expect("disabled");
        assert!(!signed_in(&again));
    }

    fn a_forged_cookie_opens_nothing(trial) {
        let served = trial.serve();
        for value in ["", "x", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "' OR 1=1 --"] {
            let client = served.client().with("Cookie", &format!("__Host-hengping={value}"));
            assert_eq!(client.get("/api/session").json()["account"], json!(null), "{value}");
        }
    }

    fn a_machine_gets_a_token_and_a_person_does_not(trial) {
        let id = trial.account("importer", &[(Role::Operator, None), (Role::Machine, None)]);
        trial.account("person", &[(Role::Operator, None)]);
        let served = trial.serve();
        let ask = |login: &str| served.client().post("/api/machine-tokens", &json!({"login": login, "password": PASSWORD}));
        assert_eq!((ask("person").status, ask("person").problem().as_str()), (401, "sign-in-refused"));
        let answer = ask("importer").json();
        assert_eq!(answer["expires_in"], 600);
        let token = answer["token"].as_str().expect("a token");
        let machine = served.client().without("Origin").with("Authorization", &format!("Bearer {token}"));
        assert_eq!(machine.get("/api/session").json()["account"]["login"], "importer");
        let refused = served.client().with("Authorization", &format!("Bearer {token}x")).get("/api/session");
        assert_eq!((refused.status, refused.problem().as_str()), (401, "token-refused"));
        assert_eq!(served.client().with("Authorization", "Basic YTpi").get("/api/session").problem(), "token-refused");
        trial.site.store.write("test", |conn| account::set_disabled(conn, &id, true)).expect("disabled");
        assert_eq!(machine.get("/api/session").problem(), "token-refused", "a disabled account is out at once");
        trial.site.store.write("test", |conn| account::set_disabled(conn, &id, false)).expect("enabled");
        trial.clock.advance(Duration::from_secs(600));
        assert_eq!(machine.get("/api/session").problem(), "token-refused", "ten minutes later it is over");
    }

    fn a_login_and_a_person_have_one_account(trial) {
        let rater = [Grant { role: Role::Rater, side: Some(Side::Bar) }];
        let add = |login: &str, person: &str, password: &str| {
            let person = Some(PersonId(person.to_owned()));
            sign_in::add_account(&trial.site, login, "名", person, &rater, password)
        };
        let id = add("chen", "p1", PASSWORD).expect("the first");
        assert_eq!(add("chen", "p2", PASSWORD), Err(Failure::Refused(Refusal::LoginTaken)));
        assert_eq!(add("chen2", "p1", PASSWORD), Err(Failure::Refused(Refusal::LoginTaken)));
        assert_eq!(add("chen3", "p3", "short"), Err(Failure::Refused(Refusal::PasswordLength)));
        for name in ["", "陈\u{202e}某", "陈\n某"] {
            let refused = sign_in::add_account(&trial.site, "chen4", name, None, &[Grant { role: Role::Researcher, side: None }], PASSWORD);
            assert_eq!(refused, Err(Failure::Refused(Refusal::TextRefused)), "{name:?}");
        }
        let found = trial.site.store.read("test", |conn| account::find(conn, &id)).expect("found");
        assert_eq!((found.name.as_str(), found.person, found.grants), ("名", Some(PersonId("p1".into())), rater.to_vec()));
        let none = trial.site.store.read("test", |conn| account::find(conn, &AccountId("none".into())));
        assert!(matches!(none, Err(hengping::store::StoreError::NotFound)));
    }

    fn many_sign_ins_at_once_leave_one_chain(trial) {
        let count = 12;
        for n in 0..count {
            trial.account(&format!("rater{n}"), &[(Role::Rater, Some(Side::Bench))]);
        }
        let served = trial.serve();
        std::thread::scope(|scope| {
            for n in 0..count {
                let served = &served;
                scope.spawn(move || served.signed_in(&format!("rater{n}")));
            }
        });
        let entries = trial.site.store.read("test", audit::verify).expect("the chain holds");
        assert_eq!(entries, 2 * count, "one for each account and one for each sign-in");
    }

    fn the_audit_log_cannot_be_changed_unnoticed(trial) {
        use diesel::RunQueryDsl as _;
        trial.account("xu", &[(Role::Auditor, Some(Side::Bar))]);
        trial.account("he", &[(Role::Auditor, Some(Side::Bar))]);
        let run = |statement: &'static str| {
            trial.site.store.write("test", |conn| Ok(diesel::sql_query(statement).execute(conn)?))
        };
        for statement in ["UPDATE audit SET day = '2020-01-01'", "DELETE FROM audit"] {
            let refused = run(statement).expect_err("append-only").to_string();
            assert!(refused.contains("append-only"), "{refused}");
        }
        assert_eq!(trial.site.store.read("test", audit::verify).expect("unharmed"), 2);
        run("UPDATE audit_head SET hash = (SELECT prev FROM audit WHERE hash = audit_head.hash)").expect("the head moves");
        let found = trial.site.store.read("test", audit::verify).expect_err("an entry fell off").to_string();
        assert!(found.contains("2 audit entries, but 1 in the chain"), "{found}");
    }

    fn an_owner_of_the_database_who_changes_an_entry_is_found_out(trial) {
        use diesel::RunQueryDsl as _;
        trial.account("gao", &[(Role::Auditor, Some(Side::Bar))]);
        let guard = if trial.url.starts_with("sqlite") {
            "DROP TRIGGER audit_is_never_updated"
        } else {
            "DROP TRIGGER audit_is_never_changed ON audit"
        };
        for statement in [guard, "UPDATE audit SET body = replace(body, 'account-added', 'nothing')"] {
            let done = trial.site.store.write("test", |conn| Ok(diesel::sql_query(statement).execute(conn)?));
            assert!(done.is_ok(), "{statement}: {done:?}");
        }
        let found = trial.site.store.read("test", audit::verify).expect_err("an entry says something else").to_string();
        assert!(found.contains("was changed"), "{found}");
    }

    fn what_a_demo_made_keeps_production_from_starting(trial) {
        assert_eq!(trial.site.ready_to_serve(), Ok(()));
        let mut production = trial.site.clone();
        let mut config = Trial::config(&trial.url, PRODUCTION);
        config.site.origins = vec!["https://hengping.test".into()];
        production.config = std::sync::Arc::new(config);
        assert_eq!(production.ready_to_serve(), Ok(()));
        let demo = account::NewAccount {
            account: account::Account {
                id: AccountId("demo".into()),
                login: "demo".into(),
                name: "演示".into(),
                person: None,
                grants: Vec::new(),
            },
            password: String::new(),
            demo: true,
        };
        trial.site.store.write("test", |conn| account::insert(conn, &demo)).expect("inserted");
        assert_eq!(production.ready_to_serve(), Err(Unready::DemoAccounts(1)));
        let keys = SideKeys { signing: Bytes([1; 32]), agent: Bytes([2; 32]) };
        documents::enrol(&production, Side::Bench, &keys).expect("enrolled for real");
        assert_eq!(production.ready_to_serve(), Err(Unready::DemoAccounts(1)));
        documents::enrol(&trial.site, Side::Bar, &keys).expect("enrolled by a demo");
        assert_eq!(production.ready_to_serve(), Err(Unready::DemoKeys(Side::Bar)));
        assert_eq!(trial.site.ready_to_serve(), Ok(()), "in demo mode both are welcome");
    }
}

#[test]
fn an_unknown_login_takes_as_long_as_a_wrong_password() {
    let dir = tempfile::tempdir().expect("a directory");
    let url = format!("sqlite://{}/h.db", dir.path().display());
    let mut config = Trial::config(&url, "lockout.attempts = 1000");
    config.password.memory_kib = 19456;
    config.password.passes = 2;
    let clock = std::sync::Arc::new(hengping::ports::SettableClock::on(jiff::civil::date(2026, 1, 5)));
    let site = Site::open(config, clock, std::sync::Arc::new(SystemEntropy)).expect("opens");
    let grants = [Grant { role: Role::Rater, side: Some(Side::Bar) }];
    sign_in::add_account(&site, "ma", "ma", None, &grants, PASSWORD).expect("an account");
    let refused_after = |login: &str| {
        #[expect(clippy::disallowed_methods, reason = "the test measures what an outsider would")]
        let start = Instant::now();
        let refused = sign_in::sign_in(&site, login, "not the password");
        assert_eq!(refused.err(), Some(Refusal::SignInRefused.into()));
        start.elapsed()
    };
    // The fastest of many tries by turns says what the work costs, whatever else the machine does meanwhile. An answer
    // without the work would be twenty times as fast, and stay so.
    let (mut wrong, mut unknown) = (Duration::MAX, Duration::MAX);
    for _ in 0..40 {
        wrong = wrong.min(refused_after("ma"));
        unknown = unknown.min(refused_after("nobody"));
        if (0.8..1.25).contains(&(unknown.as_secs_f64() / wrong.as_secs_f64())) {
            return;
        }
    }
    panic!("unknown {unknown:?}, wrong {wrong:?}");
}

#[test]
fn a_key_file_must_be_private_and_a_key() {
    use std::os::unix::fs::PermissionsExt as _;
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().join("machine.pem");
    let open = || {
        let url = format!("sqlite://{}/h.db", dir.path().display());
        let config = Trial::config(&url, &format!("machine.key_file = \"{}\"", path.display()));
        let clock = std::sync::Arc::new(hengping::ports::SystemClock);
        Site::open(config, clock, std::sync::Arc::new(SystemEntropy)).err().map(|reason| reason.code())
    };
    let mode = |mode| std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).expect("a mode");
    assert_eq!(open(), Some("secret-missing"));
    let pem = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n-----END PRIVATE KEY-----\n";
    std::fs::write(&path, pem).expect("written");
    mode(0o644);
    assert_eq!(open(), Some("secret-open"));
    mode(0o600);
    assert_eq!(open(), None);
    std::fs::write(&path, pem.replace("MC4C", "MC5C")).expect("written");
    assert_eq!(open(), Some("secret-missing"));
}

#[test]
fn a_trial_says_where_its_data_is() {
    let trial = Trial::new(Backend::Sqlite).expect("a trial");
    assert_eq!(trial.site.alive(), Ok("sqlite"));
}
