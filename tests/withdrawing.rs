//! Withdrawing a release: signed by both sides, readable as before, and said on every door; and the log of what became of which.

use hengping::flow::{Outcome, Refusal, correct, documents, own_result, publish, record, withdraw};
use hengping_domain::correction::ObjectionReason;
use hengping_domain::digest::Digest;
use hengping_domain::document::DocumentKind;
use hengping_domain::ids::{Role, Side};
use hengping_domain::record::{CheckName, verify};
use hengping_domain::rubric::Text;
use hengping_domain::withdrawal::WithdrawalReason;
use serde_json::{Value, json};

use crate::agents::SIGNING;
use crate::city::{self, Case, City, bar_box, bench_box, judge, person, refusal};
use crate::harness::{Client, Trial};
use crate::on_both_backends;

const REASON: WithdrawalReason = WithdrawalReason::WrongData;

pub fn closed(trial: &Trial) -> City<'_> {
    let cases: Vec<_> = (1..=4).map(|n| Case::new(n, n % 2, &[n % 3], &[(n + 1) % 3])).collect();
    let city = City::inviting(trial, 3, 3, &cases);
    city.cast_and_close();
    city.gather(&bar_box(), tempfile::tempdir().expect("a directory").path());
    for (login, role, side) in [
        ("coordinator", Role::Coordinator, Side::Bar),
        ("bench", Role::Negotiator, Side::Bench),
        ("bar", Role::Negotiator, Side::Bar),
    ] {
        trial.account(login, &[(role, Some(side))]);
    }
    city
}

pub fn cells(trial: &Trial) -> Value {
    let cell = |scope: &str, subject: String, audience: &str| {
        json!({
            "id": format!("{scope} {audience}"), "scope": scope, "subject": subject, "measure": "score", "audience": audience,
            "verdict": "publish", "flags": [], "rules": [], "value": 4.0, "step": 0.1, "n_band": "20-24",
        })
    };
    let ratee = person(&trial.site, &judge(0)).ratee.to_string();
    json!([cell("system", "city".to_owned(), "public"), cell("person", ratee, "self")])
}

fn propose(trial: &Trial, release: Digest, words: Option<Text>) -> Outcome<Digest> {
    withdraw::propose(&trial.site, release, REASON, words, None)
}

fn correction(trial: &Trial, release: Digest) -> Outcome<Digest> {
    correct::propose(&trial.site, release, &[judge(0)], ObjectionReason::NotHandled, None)
}

fn words(zh: &str, en: &str) -> Option<Text> {
    Some(Text { zh: zh.to_owned(), en: en.to_owned() })
}

/// What the log of changes says, day by day, without hashes.
fn log(client: &Client) -> Vec<(String, Vec<String>)> {
    let days = client.get("/api/releases/changes").json();
    let kinds = |day: &Value| {
        let changes = day["changes"].as_array().expect("a list").iter();
        changes
            .map(|c| format!("{} {}", c["kind"].as_str().expect("a kind"), c["direction"].as_str().expect("one")))
            .collect()
    };
    days.as_array().expect("days").iter().map(|d| (d["day"].as_str().expect("a day").to_owned(), kinds(d))).collect()
}

on_both_backends! {
    fn a_withdrawn_release_stays_readable_and_says_so_everywhere(trial) {
        let city = closed(trial);
        let hash = city.take_draft(&bar_box(), &cells(trial), &[]).expect("a draft");
        let served = trial.serve();
        let (visitor, officer) = (served.client(), served.signed_in("coordinator"));
        assert_eq!(refusal(propose(trial, hash, None)), Refusal::WithdrawalRefused, "a draft");
        assert_eq!(refusal(propose(trial, Digest::of(&[b"none"]), None)), Refusal::NotFound);
        assert_eq!(visitor.get("/api/releases/changes").json(), json!([]), "a draft is in no log");
        city.release(hash);
        city::deliver(&trial.site);
        let path = format!("/api/releases/{hash}");
        let before = visitor.get(&path).json();
        assert_eq!((&before["state"], &before["withdrawn"]), (&json!("released"), &json!(null)));

        let ask = |client: &Client, body: Value| client.post(&format!("{path}/withdrawals"), &body);
        assert_eq!(ask(&visitor, json!({"reason": "wrong-data"})).problem(), "sign-in-required");
        assert_eq!(ask(&officer, json!({"reason": "because"})).problem(), "invalid-request");
        assert_eq!(ask(&officer, json!({"reason": "wrong-data", "words_zh": "案件表有误。"})).problem(), "document-malformed");
        let long = "误".repeat(201);
        assert_eq!(ask(&officer, json!({"reason": "wrong-data", "words_zh": long, "words_en": long})).problem(), "invalid-request");
        for bad in ["案件表\n有误", "案件表\u{202e}有误", "案件表\u{200b}有误", "案件表\u{7}有误"] {
            for (zh, en) in [(bad, "wrong"), ("有误", bad)] {
                assert_eq!(ask(&officer, json!({"reason": "wrong-data", "words_zh": zh, "words_en": en})).problem(), "text-refused", "{bad:?}");
            }
        }
        assert_eq!(officer.get(&path).json()["withdrawals"], json!([]), "nothing is half stored");
        let said = json!({"reason": "wrong-data", "words_zh": " 案件表有误。", "words_en": "The docket was wrong.\n"});
        let withdrawal = ask(&officer, said.clone()).json()["hash"].as_str().expect("a hash").to_owned();
        assert_eq!(ask(&officer, said).json()["hash"], json!(withdrawal), "the same again");
        let rival = propose(trial, hash, None).expect("another one");
        assert_eq!((visitor.get(&path).json(), visitor.get(&format!("/api/documents/{withdrawal}")).status), (before.clone(), 404));
        assert_eq!(officer.get(&path).json()["withdrawals"].as_array().expect("a list").len(), 2);
        assert_eq!(visitor.get("/api/documents").text.matches(&withdrawal).count(), 0);
        let late = correction(trial, hash).expect("a correction on its way");

        trial.clock.set(jiff::civil::date(2026, 12, 1));
        for (login, side) in [("bench", Side::Bench), ("bar", Side::Bar)] {
            assert_eq!(visitor.get(&path).json()["state"], json!("released"), "one signature takes nothing back");
            let signature = city.signature(side, DocumentKind::Withdrawal, withdrawal.parse().expect("a hash"));
            let body = json!({"side": side, "key": SIGNING.get(side).public, "signature": signature.signature});
            let answer = served.signed_in(login).post(&format!("/api/documents/{withdrawal}/signatures"), &body);
            assert_eq!(answer.status, 204, "{}", answer.text);
        }
        let after = visitor.get(&path).json();
        let taken = json!({
            "document": withdrawal, "day": "2026-12-01", "reason": "wrong-data",
            "words": {"zh": "案件表有误。", "en": "The docket was wrong."},
        });
        assert_eq!((&after["state"], &after["withdrawn"]), (&json!("withdrawn"), &taken));
        for same in ["hash", "cells", "signatures", "released_on", "figures", "counts"] {
            assert_eq!(after[same], before[same], "{same}");
        }
        assert_eq!(visitor.get("/api/releases").json()[0]["state"], json!("withdrawn"));
        assert_eq!(visitor.get(&format!("/api/documents/{withdrawal}")).json()["body"]["release"], json!(hash));
        let own = own_result::own(&trial.site, &person(&trial.site, &judge(0)).id).expect("a look");
        assert_eq!((own[0].cells.len(), own[0].withdrawn.as_ref().map(|w| w.reason)), (1, Some(REASON)));
        assert_eq!(visitor.get(&format!("{path}/cells.csv")).status, 200);

        // Nothing follows.
        assert_eq!(refusal(propose(trial, hash, None)), Refusal::ReleaseWithdrawn);
        assert_eq!(refusal(correction(trial, hash)), Refusal::ReleaseWithdrawn);
        for (kind, other) in [(DocumentKind::Withdrawal, rival), (DocumentKind::Correction, late)] {
            let signature = city.signature(Side::Bench, kind, other);
            assert_eq!(refusal(documents::sign(&trial.site, other, &signature, None)), Refusal::ReleaseWithdrawn, "{kind}");
        }
        let record = record::record(&trial.site, &bar_box()).expect("a record");
        let checks = verify(&record);
        assert!(checks.iter().any(|c| c.name == CheckName::Withdrawal) && checks.iter().all(|c| c.holds), "{checks:?}");
        assert!(visitor.get(&format!("/api/boxes/{}/record/withdrawal.json", bar_box())).text.contains(&hash.to_string()));
        assert_eq!(log(&visitor), [
            ("2026-12-01".to_owned(), vec!["withdrawn bar_rates_bench".to_owned()]),
            ("2026-11-23".to_owned(), vec!["released bar_rates_bench".to_owned()]),
        ]);
    }

    fn the_log_is_the_same_for_everybody_and_knows_no_draft(trial) {
        let city = closed(trial);
        let served = trial.serve();
        let (visitor, officer) = (served.client(), served.signed_in("coordinator"));
        let bar = city.take_draft(&bar_box(), &cells(trial), &[]).expect("a draft");
        let bench = city.take_draft(&bench_box(), &json!([]), &[]).expect("a draft");
        city.release(bar);
        assert_eq!(log(&visitor), [("2026-11-23".to_owned(), vec!["released bar_rates_bench".to_owned()])]);
        assert_eq!(officer.get("/api/releases/changes").text, visitor.get("/api/releases/changes").text);
        assert!(!officer.get("/api/releases/changes").text.contains(&bench.to_string()));
        // A correction on its way is the officers' to know; one in force is in the log, and what follows names what it replaces.
        let on_its_way = correction(trial, bar).expect("proposed");
        assert_eq!(log(&visitor)[0].1.len(), 1);
        city.sign(DocumentKind::Correction, on_its_way);
        let day = &visitor.get("/api/releases/changes").json()[0]["changes"];
        assert_eq!((&day[1]["kind"], &day[1]["document"]), (&json!("corrected"), &json!(on_its_way)));
        assert_eq!((&day[1]["reason"], &day[1]["other"]), (&json!("not-handled"), &json!(null)));
        assert_eq!(refusal(propose(trial, bar, words("有误", "wrong"))), Refusal::ReleaseCorrected);
        publish::sign(&trial.site, bench, &city.signature(Side::Bench, DocumentKind::Release, bench), None).expect("signed");
        assert_eq!(log(&visitor)[0].1.len(), 2, "one signature releases nothing");
    }
}
