//! From a pilot to a regular period (R13): a scorecard, a conclusion both sides sign, and no regular period without it.

use std::collections::BTreeMap;

use hengping::flow::{Refusal, conclude, documents, draft, draw, periods, publish};
use hengping_domain::charter::Charter;
use hengping_domain::digest::Digest;
use hengping_domain::document::DocumentKind;
use hengping_domain::ids::{BoxId, Direction, PeriodId, Role, Side};
use hengping_domain::manifest::PeriodKind;
use hengping_domain::rubric::Text;
use hengping_domain::scorecard::{Criterion, Reached};
use serde_json::{Value, json};

use crate::city::{Case, City, bar_box, bench_box, lenient, refusal};
use crate::harness::{Client, Trial};
use crate::on_both_backends;

fn asking(charter: &mut Charter) {
    lenient(charter);
    let shipped = Charter::from_toml(include_str!("../config/charters/qingdao-v1.toml")).expect("the shipped charter");
    assert!(shipped.pilot.exit.is_some());
    charter.pilot.exit = shipped.pilot.exit;
}

fn pilot() -> PeriodId {
    PeriodId("2026".to_owned())
}

fn share(measure: &str, low: f64) -> Value {
    json!({
        "id": format!("system/city/{measure}/public"), "scope": "system", "subject": "city", "measure": measure,
        "audience": "public", "verdict": "publish_flagged", "flags": ["pilot"], "rules": ["R13"], "n_band": "100-149",
        "value": low, "step": 0.05,
    })
}

/// Cells with a response of the box that is as low as said, and all else well.
fn cells(response: f64) -> Value {
    json!([share("response", response), share("response:outcome:for", 0.35), share("audit:misfit", 0.0),])
}

/// A pilot whose two boxes are opened and released.
fn released<'t>(trial: &'t Trial, response: f64) -> City<'t> {
    let cases: Vec<_> = (1..=4).map(|n| Case::new(n, n % 2, &[n % 3], &[(n + 1) % 3])).collect();
    let city = City::inviting_as(trial, (3, 3), &cases, PeriodKind::Pilot, asking);
    city.cast_and_close();
    for (login, role, side) in [("bench", Role::Coordinator, Side::Bench), ("bar", Role::Negotiator, Side::Bar)] {
        trial.account(login, &[(role, Some(side))]);
    }
    trial.account("researcher", &[(Role::Researcher, None)]);
    for id in [bar_box(), bench_box()] {
        let hash = draft_of(&city, &id, response);
        for side in [Side::Bench, Side::Bar] {
            let signature = city.signature(side, DocumentKind::Release, hash);
            publish::sign(&trial.site, hash, &signature, None).expect("signed");
        }
    }
    city
}

/// A draft that says how reliable results are, and how many ballots they would have needed.
fn draft_of(city: &City<'_>, id: &BoxId, response: f64) -> Digest {
    let counted = vec![Digest::of(&[id.to_string().as_bytes()])];
    let dir = city.draft(id, 0, counted, &cells(response), &[]);
    let path = dir.path().join("draft.json");
    let mut draft: Value = serde_json::from_slice(&std::fs::read(&path).expect("a draft")).expect("JSON");
    draft["parameters"] = json!({"reliability": 0.7, "needed": {"0.70": 12, "0.80": 21}});
    std::fs::write(&path, draft.to_string()).expect("written");
    draft::take(&city.trial.site, id, dir.path()).expect("taken")
}

fn exception() -> Option<Text> {
    Some(Text {
        zh: "回收率将由双方协会动员改善。".to_owned(),
        en: "Both associations will call on members.".to_owned(),
    })
}

fn propose(trial: &Trial, exception: Option<Text>) -> Result<Digest, Refusal> {
    match conclude::propose(&trial.site, &pilot(), exception, None) {
        Ok(hash) => Ok(hash),
        other => Err(refusal(other)),
    }
}

fn sign(city: &City<'_>, hash: Digest, side: Side) {
    let signature = city.signature(side, DocumentKind::Conclusion, hash);
    documents::sign(&city.trial.site, hash, &signature, None).expect("signed");
}

/// What opening a regular period after the pilot says.
fn regular(city: &City<'_>) -> Result<(), Refusal> {
    let plan = city.plan("2027", PeriodKind::Regular);
    match periods::open(&city.trial.site, &plan) {
        Ok(_) => Ok(()),
        other => Err(refusal(other)),
    }
}

fn ready(city: &City<'_>) {
    let next = PeriodId("2027".to_owned());
    for file in City::draws(&next) {
        draw::commit(&city.trial.site, &next, file.side, file.commitment()).expect("lodged");
    }
    city.prepare(&next);
}

on_both_backends! {
    fn a_regular_period_waits_for_the_conclusion_of_a_pilot(trial) {
        let city = released(trial, 0.4);
        ready(&city);
        assert_eq!(regular(&city), Err(Refusal::PilotFirst));
        let card = conclude::read(&trial.site, &pilot()).expect("a scorecard");
        assert!(card.lines.iter().all(|line| line.reached == Reached::Met), "{:?}", card.lines);
        assert_eq!(card.boxes[&Direction::BarRatesBench].needed[0], ("0.70".to_owned(), 12));
        assert_eq!(propose(trial, exception()), Err(Refusal::DocumentMalformed), "nothing to make an exception of");
        let hash = propose(trial, None).expect("proposed");
        assert_eq!(propose(trial, None), Ok(hash), "the same again");
        sign(&city, hash, Side::Bench);
        assert_eq!(regular(&city), Err(Refusal::PilotFirst), "one side alone concludes nothing");
        assert!(documents::read(&trial.site, hash).is_err(), "and nobody else reads it before");
        sign(&city, hash, Side::Bar);
        assert!(documents::read(&trial.site, hash).is_ok());
        assert!(documents::list(&trial.site).expect("a list").iter().any(|held| held.document.hash() == hash));
        assert_eq!(regular(&city), Ok(()));
    }

    fn a_pilot_that_falls_short_needs_an_exception_that_both_sides_sign(trial) {
        let city = released(trial, 0.25);
        ready(&city);
        let card = conclude::read(&trial.site, &pilot()).expect("a scorecard");
        let failed: Vec<_> = card.lines.iter().filter(|line| line.reached == Reached::Failed).collect();
        assert_eq!(failed.iter().map(|line| line.criterion).collect::<Vec<_>>(), [Criterion::Response; 2]);
        assert_eq!(propose(trial, None), Err(Refusal::PilotFailed));
        let blank = Text { zh: " ".to_owned(), en: "x".to_owned() };
        assert_eq!(propose(trial, Some(blank)), Err(Refusal::TextRefused));
        let hash = propose(trial, exception()).expect("proposed");
        for side in [Side::Bar, Side::Bench] {
            sign(&city, hash, side);
        }
        assert_eq!(regular(&city), Ok(()));
        let card = conclude::read(&trial.site, &pilot()).expect("a scorecard");
        assert_eq!(card.conclusions.len(), 1);
        assert!(card.conclusions[0].0.falls_short() && card.conclusions[0].1.in_force_from().is_some());
    }

    fn a_conclusion_is_signed_only_while_the_scorecard_says_what_it_holds(trial) {
        let cases: Vec<_> = (1..=4).map(|n| Case::new(n, n % 2, &[n % 3], &[(n + 1) % 3])).collect();
        let city = City::inviting_as(trial, (3, 3), &cases, PeriodKind::Pilot, asking);
        assert_eq!(propose(trial, exception()), Err(Refusal::BoxState), "its boxes are still open");
        city.cast_and_close();
        let drafts = [bar_box(), bench_box()].map(|id| city.take_draft(&id, &cells(0.4), &[]).expect("a draft"));
        let hash = propose(trial, exception()).expect("proposed while both wait for signatures");
        for side in [Side::Bench, Side::Bar] {
            let signature = city.signature(side, DocumentKind::Release, drafts[0]);
            publish::sign(&trial.site, drafts[0], &signature, None).expect("signed");
        }
        let signature = city.signature(Side::Bench, DocumentKind::Conclusion, hash);
        assert_eq!(refusal(documents::sign(&trial.site, hash, &signature, None)), Refusal::Stale);
        assert_ne!(propose(trial, exception()), Ok(hash), "what holds now is another document");
    }

    fn only_pilots_have_a_scorecard_and_only_officers_read_it(trial) {
        let city = released(trial, 0.4);
        let path = format!("/api/periods/{}/scorecard", pilot());
        let served = trial.serve();
        let status = |client: &Client| client.get(&path).status;
        let [bench, bar] = ["bench", "bar"].map(|login| served.signed_in(login));
        assert_eq!((status(&bench), status(&bar)), (200, 200));
        assert_eq!(status(&served.signed_in("researcher")), 403);
        assert_eq!(status(&served.client()), 401);
        for unknown in ["2031", "rehearsal-1"] {
            assert_eq!(bench.get(&format!("/api/periods/{unknown}/scorecard")).status, 404, "{unknown}");
        }
        let body = bench.get(&path).json();
        let reached: BTreeMap<&str, &str> = body["lines"].as_array().expect("lines").iter()
            .filter(|line| line["direction"] == "bench_rates_bar")
            .map(|line| (line["criterion"].as_str().expect("a word"), line["reached"].as_str().expect("a word")))
            .collect();
        let met = ["released", "response", "stratum", "misfit", "fairness"].map(|criterion| (criterion, "met"));
        assert_eq!(reached, BTreeMap::from(met), "no reliability is asked of lawyers, and nobody had a result to object to");
        let post = |body: Value| bar.post(&format!("/api/periods/{}/conclusions", pilot()), &body).status;
        assert_eq!(post(json!({"exception_zh": "只有中文"})), 422);
        assert_eq!(post(json!({})), 200);
        drop(city);
    }
}
