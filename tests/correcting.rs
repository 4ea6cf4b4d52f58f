//! Correcting a release: signed by both sides, then computed again under exactly what they signed, and nothing else.

use hengping::flow::periods::BoxState;
use hengping::flow::{Outcome, Refusal, correct, death, documents, draft, export, own_result, publish, record, unseal};
use hengping_domain::correction::{self, Correction, CorrectionsFile, ObjectionReason};
use hengping_domain::digest::Digest;
use hengping_domain::document::DocumentKind;
use hengping_domain::ids::{Role, Side};
use hengping_domain::log;
use hengping_domain::record::{CheckName, verify};
use serde_json::{Value, json};

use crate::agents::SIGNING;
use crate::city::{self, Case, City, bar_box, bench_box, deliver, judge, lawyer, person, refusal};
use crate::harness::Trial;
use crate::on_both_backends;

const REASON: ObjectionReason = ObjectionReason::NotHandled;

fn closed(trial: &Trial) -> City<'_> {
    let cases: Vec<_> = (1..=4).map(|n| Case::new(n, n % 2, &[n % 3], &[(n + 1) % 3])).collect();
    let city = City::inviting(trial, 3, 3, &cases);
    let device = city.device(&lawyer(0), 1);
    device.fetch();
    city::hand_over(&trial.site, &bar_box(), &[device.seal(0, 1, 4, 1)]);
    for id in [bar_box(), bench_box()] {
        city::close(&trial.site, &id).expect("closed");
    }
    deliver(&trial.site);
    city
}

fn own_cell(trial: &Trial, n: usize) -> Value {
    json!({
        "id": format!("person {n}"), "scope": "person", "subject": person(&trial.site, &judge(n)).ratee, "measure": "score",
        "audience": "self", "verdict": "publish", "flags": [], "rules": [], "value": 4.0, "step": 0.1, "n_band": "20-24",
    })
}

/// Takes what the analysis would leave of the box: a draft that names corrections, and a counted list.
fn take(city: &City<'_>, counted: &[Digest], corrections: &[Digest], cells: &[Value]) -> Outcome<Digest> {
    let (site, id, dir) = (&city.trial.site, bar_box(), tempfile::tempdir().expect("a directory"));
    let held = hengping::flow::boxes::find(site, &id).expect("a box");
    let counts = json!({"in": held.sealed, "refused": 0, "invalid": 0, "duplicate": 0, "valid": counted.len()});
    let mut draft = json!({
        "v": 1, "box": id, "period": id.period, "direction": id.direction, "kind": "regular", "counts": counts,
        "rubric": held.held.rubric, "charter": city.charter, "manifest": held.held.manifest, "cells": cells,
        "counted_root": log::root(counted),
    });
    if !corrections.is_empty() {
        draft["corrections"] = json!(corrections);
        draft["voided"] = json!(1);
    }
    let write = |name: &str, value: Value| std::fs::write(dir.path().join(name), value.to_string()).expect("written");
    write("draft.json", draft);
    write("counted.json", json!({"counts": counts, "counted": counted}));
    draft::take(site, &id, dir.path())
}

fn propose(trial: &Trial, release: Digest, n: usize) -> Outcome<Digest> {
    correct::propose(&trial.site, release, &[judge(n)], REASON, None)
}

fn pending(trial: &Trial) -> bool {
    trial.site.store.look("test", |conn| correct::is_pending(conn, &bar_box())).expect("a look")
}

on_both_backends! {
    fn a_signed_correction_puts_another_release_in_the_place_of_the_first(trial) {
        let city = closed(trial);
        let dir = tempfile::tempdir().expect("a directory");
        city.gather(&bar_box(), dir.path());
        assert!(!dir.path().join("corrections.json").exists());
        let counted = [Digest::of(&[b"one slip"])];
        let first = take(&city, &counted, &[], &[own_cell(trial, 0), own_cell(trial, 1)]).expect("a draft");
        city.release(first);
        deliver(&trial.site);
        let mine = |n: usize| own_result::own(&trial.site, &person(&trial.site, &judge(n)).id).expect("a look");
        assert_eq!((mine(0).len(), mine(0)[0].cells.len()), (1, 1));

        let correction = propose(trial, first, 0).expect("proposed");
        assert_eq!(propose(trial, first, 0), Ok(correction), "the same again");
        let signature = |side| city.signature(side, DocumentKind::Correction, correction);
        documents::sign(&trial.site, correction, &signature(Side::Bench), None).expect("signed");
        assert!(!pending(trial), "one signature");
        assert_eq!(refusal(documents::read(&trial.site, correction)), Refusal::NotFound, "whose block it is nobody may read yet");
        assert_eq!(refusal(unseal::posted(&trial.site, &bar_box())), Refusal::BoxState);
        documents::sign(&trial.site, correction, &signature(Side::Bar), None).expect("signed");
        assert!(pending(trial) && documents::read(&trial.site, correction).is_ok());
        assert_eq!(refusal(death::bury(&trial.site, &bar_box())), Refusal::BoxState, "it is to be computed again first");
        let checks = verify(&record::record(&trial.site, &bar_box()).expect("a record"));
        assert!(checks.iter().any(|c| c.name == CheckName::Corrections) && checks.iter().all(|c| c.holds), "{checks:?}");

        // The same list and shares again, and what both sides signed beside them.
        city.gather(&bar_box(), dir.path());
        let file: CorrectionsFile = serde_json::from_slice(&std::fs::read(dir.path().join("corrections.json")).expect("a file")).expect("a file");
        assert_eq!(correction::check(&city.pinned(&bar_box()).manifest, &file.corrections), Ok(vec![correction]));
        let void = person(&trial.site, &judge(0)).ratee;
        assert_eq!(file.voided[0].ratees, [void.clone()].into());
        assert!(file.corrections[0].correction.voids(&file.voided[0]));
        // Whose block it is stays with the sides, in the document and in the record of the box.
        let document = documents::read(&trial.site, correction).expect("in force").document;
        let files = record::record(&trial.site, &bar_box()).expect("a record").write().expect("files");
        assert!(files.contains_key("corrections.jsonl"));
        assert!(!document.body().to_string().contains(void.as_str()));
        assert!(files.values().all(|text| !text.contains(void.as_str())));
        let again = |counted: &[Digest], under: &[Digest]| take(&city, counted, under, &[own_cell(trial, 1)]);
        assert_eq!(refusal(again(&counted, &[])), Refusal::DraftForeign, "computed without it");
        assert_eq!(refusal(again(&counted, &[Digest::of(&[b"another"])])), Refusal::DraftForeign);
        assert_eq!(refusal(again(&[Digest::of(&[b"another slip"])], &[correction])), Refusal::DraftForeign, "another counted list");
        let second = again(&counted, &[correction]).expect("a draft");
        assert!(!pending(trial) && second != first);
        assert_eq!(refusal(again(&counted, &[correction])), Refusal::BoxState, "once");
        assert_eq!(mine(0).len(), 1, "the first stands until the second is out");
        city.release(second);
        deliver(&trial.site);
        assert_eq!((mine(0).len(), mine(0)[0].cells.len(), mine(1)[0].cells.len()), (1, 0, 1));
        let record = record::record(&trial.site, &bar_box()).expect("a record");
        let checks = verify(&record);
        assert!(checks.iter().all(|check| check.holds), "{checks:?}");
        assert_eq!((record.corrections.len(), record.release.is_some()), (1, true));
    }

    fn what_cannot_be_followed_is_not_signed(trial) {
        let city = closed(trial);
        city.gather(&bar_box(), tempfile::tempdir().expect("a directory").path());
        let counted = [Digest::of(&[b"one slip"])];
        let first = take(&city, &counted, &[], &[]).expect("a draft");
        assert_eq!(refusal(propose(trial, Digest::of(&[b"none"]), 0)), Refusal::NotFound);
        let names = |names: &[String]| refusal(correct::propose(&trial.site, first, names, REASON, None));
        assert_eq!(names(&[lawyer(0)]), Refusal::CorrectionRefused, "a rater of the box");
        assert_eq!(names(&["nobody".to_owned()]), Refusal::CorrectionRefused);
        assert_eq!(names(&[]), Refusal::CorrectionRefused);
        let rival = propose(trial, first, 1).expect("proposed");
        let correction = propose(trial, first, 0).expect("proposed");
        city.sign(DocumentKind::Correction, correction);
        let sign = |hash| documents::sign(&trial.site, hash, &city.signature(Side::Bench, DocumentKind::Correction, hash), None);
        assert_eq!(refusal(sign(rival)), Refusal::CorrectionRefused, "another one is in force");
        let release = publish::sign(&trial.site, first, &city.signature(Side::Bench, DocumentKind::Release, first), None);
        assert_eq!(refusal(release), Refusal::ReleaseCorrected);
        let second = take(&city, &counted, &[correction], &[]).expect("a draft");
        assert_eq!(refusal(propose(trial, second, 0)), Refusal::CorrectionRefused, "void already");
        assert_eq!(refusal(propose(trial, first, 1)), Refusal::CorrectionRefused, "not the last one");
        city.release(second);
        let late = propose(trial, second, 1).expect("proposed");
        deliver(&trial.site);
        death::bury(&trial.site, &bar_box()).expect("asked");
        deliver(&trial.site);
        assert_eq!(refusal(sign(late)), Refusal::BoxState, "the keys are gone");
        assert_eq!(refusal(propose(trial, second, 1)), Refusal::BoxState);
        assert_eq!(refusal(export::export(&trial.site, &bar_box(), tempfile::tempdir().expect("a directory").path())), Refusal::BoxState);
        let held = hengping::flow::boxes::find(&trial.site, &bar_box()).expect("a box");
        assert_eq!(held.held.state, BoxState::Opened);
    }

    fn officers_propose_and_sign_over_http_and_others_see_what_was_signed(trial) {
        let city = closed(trial);
        for (login, role, side) in [
            ("coordinator", Role::Coordinator, Side::Bar), ("bench", Role::Negotiator, Side::Bench), ("bar", Role::Negotiator, Side::Bar),
        ] {
            trial.account(login, &[(role, Some(side))]);
        }
        city.gather(&bar_box(), tempfile::tempdir().expect("a directory").path());
        let first = take(&city, &[Digest::of(&[b"one slip"])], &[], &[]).expect("a draft");
        city.release(first);
        let served = trial.serve();
        let path = format!("/api/releases/{first}");
        let coordinator = served.signed_in("coordinator");
        let ask = |body: Value| coordinator.post(&format!("{path}/corrections"), &body);
        assert_eq!(ask(json!({"void": [judge(0)], "reason": "because"})).problem(), "invalid-request");
        assert_eq!(ask(json!({"void": [], "reason": "not-handled"})).problem(), "invalid-request");
        assert_eq!(ask(json!({"void": ["nobody"], "reason": "not-handled"})).problem(), "correction-refused");
        let hash = ask(json!({"void": [judge(0)], "reason": "not-handled"})).json()["hash"].as_str().expect("a hash").to_owned();
        let seen = |client: &crate::harness::Client| client.get(&path).json()["corrections"].as_array().expect("a list").clone();
        assert_eq!((seen(&coordinator).len(), seen(&served.client()).len()), (1, 0));
        assert_eq!(served.client().get(&format!("/api/documents/{hash}")).problem(), "not-found");
        for (login, side) in [("bench", Side::Bench), ("bar", Side::Bar)] {
            let signature = city.signature(side, DocumentKind::Correction, hash.parse().expect("a hash"));
            let body = json!({"side": side, "key": SIGNING.get(side).public, "signature": signature.signature});
            assert_eq!(served.signed_in(login).post(&format!("/api/documents/{hash}/signatures"), &body).status, 204);
        }
        let public = seen(&served.client());
        assert_eq!((&public[0]["blocks"], &public[0]["reason"], &public[0]["followed"]), (&json!(1), &json!("not-handled"), &json!(false)));
        let body: Correction = serde_json::from_value(served.client().get(&format!("/api/documents/{hash}")).json()["body"].clone()).expect("a correction");
        assert_eq!(body.release, first);
        trial.account("operator", &[(Role::Operator, None)]);
        let room = served.signed_in("operator").get(&format!("/api/boxes/{}/opening", bar_box())).json();
        assert_eq!(room["correcting"], json!(true));
        let analysis = room["stages"].as_array().expect("stages").iter().find(|s| s["stage"] == "analysis").expect("a stage").clone();
        assert_eq!(analysis["state"], json!("not-yet"));
    }
}
