//! Research: terms that are agreed to once, a catalogue of what stands, and fifteen days to read before something is published.

use hengping::flow::{documents, withdraw};
use hengping_domain::digest::Digest;
use hengping_domain::document::DocumentKind;
use hengping_domain::ids::{Role, Side};
use hengping_domain::withdrawal::WithdrawalReason;
use serde_json::{Value, json};

use crate::city::{Case, City, bar_box, bench_box};
use crate::dump::table;
use crate::harness::Trial;
use crate::on_both_backends;

fn closed(trial: &Trial) -> City<'_> {
    let cases: Vec<_> = (1..=4).map(|n| Case::new(n, n % 2, &[n % 3], &[(n + 1) % 3])).collect();
    let city = City::inviting(trial, 3, 3, &cases);
    city.cast_and_close();
    for (login, role, side) in [
        ("researcher", Role::Researcher, None),
        ("another", Role::Researcher, None),
        ("bench", Role::Coordinator, Some(Side::Bench)),
        ("bar", Role::Coordinator, Some(Side::Bar)),
    ] {
        trial.account(login, &[(role, side)]);
    }
    city
}

on_both_backends! {
    fn titles_only_until_the_terms_are_agreed_to(trial) {
        let city = closed(trial);
        let out = city.take_draft(&bar_box(), &json!([]), &[]).expect("a draft");
        city.take_draft(&bench_box(), &json!([]), &[]).expect("a draft that stays one");
        city.release(out);
        let served = trial.serve();
        let researcher = served.signed_in("researcher");
        let catalogue = || researcher.get("/api/research/catalogue");
        let terms = || researcher.get("/api/research/data-use").json();
        let shown = catalogue().json();
        let entries = shown["entries"].as_array().expect("a list");
        assert_eq!((entries.len(), &entries[0]["detail"], &shown["codebook"]), (1, &json!(null), &json!([])));
        assert!(!catalogue().text.contains(&out.to_string()) && entries[0]["title"]["zh"].as_str().is_some_and(|t| !t.is_empty()));

        assert_eq!(terms()["agreed_on"], json!(null));
        let agree = |hash: &Value| researcher.post("/api/research/data-use", &json!({"hash": hash}));
        assert_eq!(agree(&json!("x")).problem(), "invalid-request");
        assert_eq!(agree(&json!(Digest::of(&[b"other terms"]))).problem(), "stale", "other terms than the present ones");
        assert_eq!(table(trial, "data_use").rows.len(), 0);
        assert_eq!((agree(&terms()["hash"]).status, agree(&terms()["hash"]).status), (204, 204));
        assert_eq!((table(trial, "data_use").rows.len(), &terms()["agreed_on"]), (1, &json!("2026-11-23")));
        let known = catalogue().json();
        let detail = &known["entries"][0]["detail"];
        assert_eq!((&detail["release"], &detail["formats"]), (&json!(out), &json!(["json", "csv", "xlsx", "parquet"])));
        for language in ["zh", "en"] {
            assert!(detail["citation"][language].as_str().is_some_and(|text| text.contains(&out.to_string())), "{detail}");
        }
        let names: Vec<_> = known["codebook"].as_array().expect("a list").iter().map(|c| c["name"].clone()).collect();
        assert_eq!(json!(names), json!(hengping_domain::codebook::header()));
        let csv = served.client().get(&format!("/api/releases/{out}/cells.csv")).text;
        assert_eq!(csv.trim_start_matches('\u{feff}').lines().next(), Some(hengping_domain::codebook::header().join(",").as_str()));
        // Another account agrees for itself, and nobody who is no researcher has a catalogue.
        assert_eq!(served.signed_in("another").get("/api/research/catalogue").json()["agreed"], json!(false));
        assert_eq!(served.signed_in("bar").get("/api/research/catalogue").problem(), "forbidden");

        let withdrawal = withdraw::propose(&trial.site, out, WithdrawalReason::WrongData, None, None).expect("proposed");
        assert_eq!(catalogue().json()["entries"].as_array().expect("a list").len(), 1, "proposed is not withdrawn");
        for side in [Side::Bench, Side::Bar] {
            let signature = city.signature(side, DocumentKind::Withdrawal, withdrawal);
            documents::sign(&trial.site, withdrawal, &signature, None).expect("signed");
        }
        assert_eq!(catalogue().json()["entries"], json!([]), "what was withdrawn is in no catalogue");
    }

    fn a_notice_gives_both_sides_fifteen_days(trial) {
        let city = closed(trial);
        let out = city.take_draft(&bar_box(), &json!([]), &[]).expect("a draft");
        let draft = city.take_draft(&bench_box(), &json!([]), &[]).expect("a draft that stays one");
        city.release(out);
        let served = trial.serve();
        let researcher = served.signed_in("researcher");
        let lodge = |body: Value| researcher.post("/api/research/notices", &body);
        let body = |release: Digest, day: &str| {
            json!({"title": "宽严差异的年度变化", "release": release, "link": "https://example.org/a.pdf", "day": day})
        };
        assert_eq!(lodge(body(out, "2026-12-01")).problem(), "data-use-first");
        let hash = researcher.get("/api/research/data-use").json()["hash"].clone();
        assert_eq!(researcher.post("/api/research/data-use", &json!({"hash": hash})).status, 204);
        assert_eq!(lodge(body(out, "2026-11-22")).problem(), "notice-refused", "a day that is over");
        assert_eq!(lodge(json!({"title": "x", "release": out, "day": "2026-12-01"})).problem(), "notice-refused", "nothing to read");
        for title in ["两\n行", "a\u{202e}b", "a\u{feff}b", " "] {
            let refused = lodge(json!({"title": title, "release": out, "link": "https://example.org/a.pdf", "day": "2026-12-01"}));
            assert_eq!(refused.problem(), "text-refused", "{title:?}");
        }
        assert_eq!(lodge(body(out, "soon")).problem(), "invalid-request");
        let hidden = lodge(body(draft, "2026-12-01"));
        let unknown = lodge(body(Digest::of(&[b"none"]), "2026-12-01"));
        assert_eq!((hidden.problem(), &hidden.text), ("not-found".to_owned(), &unknown.text), "a draft looks like nothing");
        assert_eq!(table(trial, "research_notice").rows.len(), 0, "nothing is half stored");

        let answer = lodge(body(out, "2026-12-01"));
        assert_eq!((answer.status, &answer.json()["over_on"]), (200, &json!("2026-12-16")), "{}", answer.text);
        for login in ["bench", "bar", "researcher"] {
            let list = served.signed_in(login).get("/api/research/notices").json();
            assert_eq!((&list[0]["over_on"], &list[0]["release"]), (&json!("2026-12-16"), &json!(out)), "{login}");
        }
        assert_eq!(served.signed_in("another").get("/api/research/notices").json(), json!([]), "another's manuscript");
        assert_eq!(served.signed_in("bar").post("/api/research/notices", &body(out, "2026-12-01")).problem(), "forbidden");
    }
}
