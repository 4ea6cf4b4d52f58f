//! The fairness audit (R19): both sides read it before anybody signs, and what is over a limit waits for both sides' notes.

use hengping::flow::{Refusal, fairness, publish};
use hengping_domain::charter::Charter;
use hengping_domain::digest::Digest;
use hengping_domain::document::DocumentKind;
use hengping_domain::fairness::{Standing, Subject};
use hengping_domain::ids::{Role, Side};
use hengping_domain::manifest::PeriodKind;
use hengping_domain::release::ReleaseState;
use serde_json::{Value, json};

use crate::city::{Case, City, bar_box, bench_box, lenient, refusal};
use crate::harness::{Client, Trial};
use crate::on_both_backends;

/// Numbers that occur in lines of the audit only.
const BIAS: f64 = 0.777_711;
const SEVERE: f64 = -0.888_811;
const WORDS: &str = "已查阅，超限项目由审判管理部门说明。";

fn line(scope: &str, subject: &str, measure: &str, value: f64) -> Value {
    json!({
        "id": format!("{scope}/{subject}/{measure}/sides"), "scope": scope, "subject": subject, "measure": measure,
        "audience": "sides", "verdict": "publish", "flags": [], "rules": ["R2"], "n_band": "100-149", "value": value,
        "step": 0.1, "interval": [value - 0.1, value + 0.1],
    })
}

fn score() -> Value {
    json!({
        "id": "system/city/score/public", "scope": "system", "subject": "city", "measure": "score", "audience": "public",
        "verdict": "publish", "flags": [], "rules": ["R2"], "n_band": "100-149", "value": 4.1, "step": 0.1,
        "interval": [4.0, 4.2],
    })
}

fn biased() -> Value {
    json!([
        score(),
        line("home_court", "0202", "severity", SEVERE),
        line("system", "city", "audit:item_bias:fair-hearing:outcome:against", BIAS),
        line("system", "city", "audit:gap:case_type:civil", 0.1),
    ])
}

fn drafted<'t>(trial: &'t Trial, cells: &Value, change: impl FnOnce(&mut Charter)) -> (City<'t>, Digest) {
    let cases: Vec<_> = (1..=4).map(|n| Case::new(n, n % 2, &[n % 3], &[(n + 1) % 3])).collect();
    let city = City::inviting_as(trial, (3, 3), &cases, PeriodKind::Regular, change);
    city.cast_and_close();
    for (login, role, side) in [
        ("bench", Role::Coordinator, Side::Bench),
        ("bar", Role::Coordinator, Side::Bar),
        ("bar-negotiator", Role::Negotiator, Side::Bar),
    ] {
        trial.account(login, &[(role, Some(side))]);
    }
    trial.account("researcher", &[(Role::Researcher, None)]);
    let hash = city.take_draft(&bar_box(), cells, &[]).expect("a draft");
    (city, hash)
}

fn sign(city: &City<'_>, hash: Digest, side: Side) -> Result<ReleaseState, Refusal> {
    let signature = city.signature(side, DocumentKind::Release, hash);
    match publish::sign(&city.trial.site, hash, &signature, None) {
        Ok(state) => Ok(state),
        other => Err(refusal(other)),
    }
}

fn note(trial: &Trial, hash: Digest, side: Side) -> Result<(), Refusal> {
    match fairness::note(&trial.site, hash, side, WORDS, None) {
        Ok(()) => Ok(()),
        other => Err(refusal(other)),
    }
}

fn path(hash: Digest) -> String {
    format!("/api/releases/{hash}/fairness")
}

fn found(client: &Client, path: &str) -> (u16, Value) {
    let answer = client.get(path);
    (answer.status, answer.json())
}

on_both_backends! {
    fn nobody_signs_what_is_over_a_limit_before_both_sides_have_noted_it(trial) {
        let (city, hash) = drafted(trial, &biased(), lenient);
        let page = fairness::read(&trial.site, hash).expect("the audit");
        let over: Vec<Subject> = page.audit.expect("limits").over().map(|line| line.subject).collect();
        assert_eq!(over, [Subject::Severity, Subject::ItemBias]);
        assert_eq!(sign(&city, hash, Side::Bar), Err(Refusal::FairnessOpen));
        assert_eq!(note(trial, hash, Side::Bar), Ok(()));
        assert_eq!(note(trial, hash, Side::Bar), Err(Refusal::FairnessNoted), "once");
        assert_eq!(sign(&city, hash, Side::Bar), Err(Refusal::FairnessOpen), "one side's note is not enough");
        assert_eq!(refusal(fairness::note(&trial.site, hash, Side::Bench, " \n", None)), Refusal::TextRefused);
        assert_eq!(note(trial, hash, Side::Bench), Ok(()));
        assert_eq!(sign(&city, hash, Side::Bar), Ok(ReleaseState::Draft));
        assert_eq!(sign(&city, hash, Side::Bench), Ok(ReleaseState::Released));
        assert_eq!(note(trial, hash, Side::Bench), Err(Refusal::Stale), "what is out is noted no more");
    }

    fn what_stays_within_the_limits_waits_for_nobody(trial) {
        let cells = json!([score(), line("system", "city", "audit:gap:case_type:civil", 0.1)]);
        let (city, hash) = drafted(trial, &cells, lenient);
        assert_eq!(sign(&city, hash, Side::Bench), Ok(ReleaseState::Draft));
        assert_eq!(sign(&city, hash, Side::Bar), Ok(ReleaseState::Released));
    }

    fn a_charter_without_limits_has_no_audit(trial) {
        let (city, hash) = drafted(trial, &biased(), |charter| {
            lenient(charter);
            charter.fairness = None;
        });
        assert!(fairness::read(&trial.site, hash).expect("a page").audit.is_none());
        assert_eq!(sign(&city, hash, Side::Bench), Ok(ReleaseState::Draft));
    }

    fn the_sides_read_the_lines_and_nobody_else_does(trial) {
        let (city, hash) = drafted(trial, &biased(), lenient);
        let served = trial.serve();
        let officers = ["bench", "bar", "bar-negotiator"].map(|login| served.signed_in(login));
        for officer in &officers {
            let (status, body) = found(officer, &path(hash));
            assert_eq!(status, 200);
            let lines: Vec<(&str, &str)> = body["lines"].as_array().expect("lines").iter()
                .map(|line| (line["subject"].as_str().expect("a word"), line["standing"].as_str().expect("a word")))
                .collect();
            assert_eq!(lines, [("gap", "within"), ("severity", "over"), ("item_bias", "over"), ("drift", "no-earlier")]);
        }
        let others = [served.signed_in("researcher"), served.client()];
        for other in &others {
            let (status, _) = found(other, &path(hash));
            assert!(status == 401 || status == 403, "{status}");
        }
        let post = |client: &Client, side: &str| {
            client.post(&format!("{}/notes", path(hash)), &json!({"side": side, "words": WORDS})).status
        };
        assert_eq!(post(&officers[0], "bar"), 403, "a side notes for itself");
        assert_eq!(post(&officers[2], "bar"), 403, "negotiators sign, coordinators note");
        assert_eq!(post(&officers[0], "bench"), 204);
        assert_eq!(post(&officers[1], "bar"), 204);
        for side in [Side::Bar, Side::Bench] {
            sign(&city, hash, side).expect("signed");
        }
        // What is out says what was over and what both sides noted, and neither value nor court.
        for client in &others {
            let (status, body) = found(client, &format!("/api/releases/{hash}"));
            let text = body.to_string();
            assert_eq!(status, 200);
            assert_eq!(body["noted"]["over"], json!(["severity", "item_bias"]));
            assert_eq!(body["noted"]["notes"].as_array().map(Vec::len), Some(2));
            assert!(text.contains(WORDS));
            for hidden in [BIAS.to_string(), SEVERE.to_string(), "fair-hearing".into(), "0202".into()] {
                assert!(!text.contains(&hidden), "{hidden}");
            }
        }
    }

    fn drift_is_measured_from_the_release_before_under_the_same_form(trial) {
        let (city, hash) = drafted(trial, &json!([score()]), lenient);
        let drift = |hash| {
            let page = fairness::read(&trial.site, hash).expect("a page");
            (page.audit.expect("limits").lines.last().map(|line| line.standing), page.earlier)
        };
        assert_eq!(drift(hash), (Some(Standing::NoEarlier), None));
        for side in [Side::Bar, Side::Bench] {
            sign(&city, hash, side).expect("signed");
        }
        assert_eq!(drift(hash).1, None, "a release is not its own predecessor");
        let other = city.take_draft(&bench_box(), &json!([score()]), &[]).expect("a draft");
        assert_eq!(drift(other), (Some(Standing::NoEarlier), None), "the other direction is another standard");
    }
}
