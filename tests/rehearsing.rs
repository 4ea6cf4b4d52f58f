//! A rehearsal: the whole way with invented raters, compared with what went in; and nothing of it that could be taken for real.

use std::cell::RefCell;
use std::collections::BTreeMap;

use hengping::client::ClientError;
use hengping::flow::periods::{self, BoxState};
use hengping::flow::{Outcome, Refusal, boxes, correct, death, draft, invite, opening_room, record, rehearse};
use hengping::rehearsal;
use hengping_domain::cast::Cast;
use hengping_domain::correction::ObjectionReason;
use hengping_domain::ids::Side;
use hengping_domain::ids::{BoxId, Role};
use hengping_domain::manifest::{ClosedManifest, PeriodKind};
use hengping_domain::margins::Margins;
use hengping_domain::opening::{self, IssuerKeysFile, Opened, read_list, read_shares};
use hengping_domain::record::verify;
use hengping_domain::rehearsal::{RATERS, ROUNDS, Tally};
use hengping_domain::{document, log};
use serde_json::{Value, json};

use crate::agents::SIGNING;
use crate::city::{self, Case, City, bar_box, deliver, hand_over, lawyer, person, refusal};
use crate::harness::Trial;
use crate::on_both_backends;

fn rehearsal_box() -> BoxId {
    "rehearsal-2026.bar_rates_bench".parse().expect("a box")
}

/// A city with a real period and a rehearsal, both open.
fn city(trial: &Trial) -> City<'_> {
    let city = City::inviting(trial, 1, 2, &[Case::new(1, 0, &[0], &[1])]);
    let plan = city.plan("rehearsal-2026", PeriodKind::Pilot);
    city.prepare(&plan.id);
    for (_, manifest) in periods::open(&trial.site, &plan).expect("a rehearsal needs no draw") {
        city.sign(document::DocumentKind::Manifest, manifest);
    }
    city
}

/// Puts the test ballots in; the casts as a relay would get them.
fn put_in(trial: &Trial) -> (Outcome<Tally>, Vec<Cast>) {
    let casts = RefCell::new(Vec::new());
    let done = rehearsal::put_in_by(&trial.site, &rehearsal_box(), &|_, cast| {
        casts.borrow_mut().push(cast);
        Ok(())
    });
    (done, casts.into_inner())
}

/// Opens the box as the analysis does.
fn opened(city: &City<'_>, dir: &std::path::Path) -> Opened {
    let id = rehearsal_box();
    city.gather(&id, dir);
    let read = |name: &str| std::fs::read(dir.join(name)).expect(name);
    let list = read_list(&read("list.bin")).expect("a list");
    let [bench, bar] = [Side::Bench, Side::Bar]
        .map(|side| read_shares(&read(&format!("shares-{side}.bin")), &list, side).expect("shares").shares);
    let ClosedManifest { manifest, .. } = serde_json::from_slice(&read("manifest.json")).expect("a manifest");
    assert!(manifest.rehearsal && manifest.is_sound());
    let issuers: IssuerKeysFile = serde_json::from_slice(&read("issuer-keys.json")).expect("keys");
    let issuers = issuers.keys(&manifest).expect("the manifest's");
    let form = serde_json::from_slice(&read(&format!("rubrics/{}.json", manifest.rubric))).expect("a rubric");
    let forms = BTreeMap::from([(manifest.rubric, form)]);
    let one = |at: usize| opening::check(&id, &list[at].open(&id, &bench[at], &bar[at]).ok()?, &issuers, &forms);
    opening::admit((0..list.len()).map(one).collect(), 0)
}

/// Writes what the analysis leaves of a rehearsal.
fn leave(trial: &Trial, dir: &std::path::Path, opened: &Opened, tally: Tally) {
    let held = boxes::find(&trial.site, &rehearsal_box()).expect("a box");
    let id = rehearsal_box();
    let draft = json!({
        "v": 1, "box": id, "period": id.period, "direction": id.direction, "kind": "pilot", "counts": opened.counts,
        "rubric": held.held.rubric, "charter": held.manifest.document.body()["charter"], "manifest": held.held.manifest,
        "cells": [], "counted_root": log::root(&opened.counted),
    });
    let write = |name: &str, value: &Value| std::fs::write(dir.join(name), value.to_string()).expect("written");
    write("draft.json", &draft);
    write("counted.json", &json!({"counts": opened.counts, "counted": opened.counted}));
    write("rehearsal.json", &json!(tally));
}

fn closed(trial: &Trial) -> (City<'_>, Vec<Cast>) {
    let city = city(trial);
    let (done, casts) = put_in(trial);
    assert_eq!(done.expect("put in").ballots, RATERS * ROUNDS);
    for part in casts.chunks(40) {
        let mut part = part.to_vec();
        part.sort_by_key(Cast::leaf);
        hand_over(&trial.site, &rehearsal_box(), &part);
    }
    for id in [rehearsal_box(), rehearsal_box().counterpart()] {
        city::close(&trial.site, &id).expect("closed");
    }
    deliver(&trial.site);
    (city, casts)
}

on_both_backends! {
    fn what_goes_into_a_rehearsal_comes_out_and_is_no_release(trial) {
        let (city, casts) = closed(trial);
        let (site, id, dir) = (&trial.site, rehearsal_box(), tempfile::tempdir().expect("a directory"));
        assert_eq!(casts.len() as u32, RATERS * ROUNDS);
        let opened = opened(&city, dir.path());
        assert_eq!((opened.counts.taken, opened.counts.valid), (RATERS * ROUNDS, RATERS * ROUNDS));
        let margins: Margins = serde_json::from_slice(&std::fs::read(dir.path().join("margins.json")).expect("a file")).expect("margins");
        assert_eq!(margins.invited, RATERS * ROUNDS);
        let tally = Tally::opened(opened.ballots.iter().map(|counted| &counted.ballot)).expect("a tally");
        leave(trial, dir.path(), &opened, tally);
        assert_eq!(refusal(draft::take(site, &id, dir.path())), Refusal::RehearsalOnly, "never a draft");
        let rehearsed = rehearse::take(site, &id, dir.path()).expect("taken");
        assert_eq!((rehearsed.holds(), rehearsed.put_in), (Some(true), tally));
        assert_eq!(refusal(rehearse::take(site, &id, dir.path())), Refusal::BoxState, "once");
        let releases = site.store.read("test", hengping::store::release::all).expect("a look");
        assert_eq!(releases, []);
        let nothing = correct::propose(site, log::root(&opened.counted), &[lawyer(0)], ObjectionReason::NotHandled, None);
        assert_eq!(refusal(nothing), Refusal::NotFound);
        let room = opening_room::look(site, &id).expect("a room");
        assert!(room.state == BoxState::Opened && room.stages.iter().all(|stage| stage.stage != "draft"), "{room:?}");
        death::bury(site, &id).expect("asked");
        deliver(site);
        assert!(boxes::find(site, &id).expect("a box").dead);
        let checks = verify(&record::record(site, &id).expect("a record"));
        assert!(checks.iter().all(|check| check.holds), "{checks:#?}");
    }

    fn another_answer_shows_as_another_answer(trial) {
        let (city, _) = closed(trial);
        let dir = tempfile::tempdir().expect("a directory");
        let mut opened = opened(&city, dir.path());
        let ballot = &mut opened.ballots[7].ballot;
        let level = ballot.answers.values_mut().find(|level| level.is_some()).expect("an answer");
        *level = level.map(|level| level % 5 + 1);
        let tally = Tally::opened(opened.ballots.iter().map(|counted| &counted.ballot)).expect("a tally");
        leave(trial, dir.path(), &opened, Tally { ballots: tally.ballots - 1, ..tally });
        assert_eq!(refusal(rehearse::take(&trial.site, &rehearsal_box(), dir.path())), Refusal::DraftForeign, "another number than was counted");
        leave(trial, dir.path(), &opened, tally);
        let rehearsed = rehearse::take(&trial.site, &rehearsal_box(), dir.path()).expect("taken");
        assert_eq!(rehearsed.holds(), Some(false));
    }

    fn a_rehearsal_and_a_real_period_do_not_touch(trial) {
        let city = city(trial);
        let site = &trial.site;
        assert_eq!(refusal(invite::invite(site, &rehearsal_box())), Refusal::RehearsalOnly);
        assert_eq!(refusal(rehearsal::put_in(site, &bar_box())), Refusal::RehearsalOnly);
        for (name, rehearsal) in [("2027", true), ("rehearsal-2027", false)] {
            let plan = periods::PeriodPlan { rehearsal, ..city.plan(name, PeriodKind::Pilot) };
            assert_eq!(refusal(periods::open(site, &plan)), Refusal::PeriodRefused, "{name}");
        }
        let hidden = hengping_domain::rubric::Text { zh: "二〇\u{202e}二七".to_owned(), en: "2027".to_owned() };
        let plan = periods::PeriodPlan { title: hidden, ..city.plan("2027", PeriodKind::Pilot) };
        assert_eq!(refusal(periods::open(site, &plan)), Refusal::TextRefused);
        let rater = person(site, &lawyer(0)).id;
        let desk = hengping::flow::issue::desk(site, &rater).expect("a look").expect("the real period");
        assert_eq!(desk.period.id.as_str(), "2026", "a rehearsal is nobody's current period");
        assert!(!periods::is_pilot(site).expect("a look"));
        let (done, first) = put_in(trial);
        let (again, second) = put_in(trial);
        assert_eq!((done, first), (again, second), "again, it puts in the same bytes");
        let away = rehearsal::put_in_by(site, &rehearsal_box(), &|_, _| Err(ClientError::Transport("no route".to_owned())));
        assert_eq!(refusal(away), Refusal::RelayAway);
        trial.agents.send_away(Side::Bar);
        assert_eq!(refusal(put_in(trial).0), Refusal::AgentsNotReady);
        trial.agents.bring_back(Side::Bar);
        city::close(site, &rehearsal_box()).expect("closed");
        assert_eq!(refusal(put_in(trial).0), Refusal::BoxState);
    }

    fn a_coordinator_begins_a_rehearsal_of_today_and_negotiators_sign_it(trial) {
        let city = City::inviting(trial, 1, 2, &[Case::new(1, 0, &[0], &[1])]);
        for (login, role, side) in [
            ("coordinator", Role::Coordinator, Side::Bench), ("bench", Role::Negotiator, Side::Bench), ("bar", Role::Negotiator, Side::Bar),
        ] {
            trial.account(login, &[(role, Some(side))]);
        }
        let served = trial.serve();
        let begin = || served.signed_in("coordinator").post("/api/rehearsals", &json!({}));
        trial.agents.send_away(Side::Bar);
        assert_eq!(begin().problem(), "keys-not-ready");
        trial.agents.bring_back(Side::Bar);
        let begun = begin().json();
        assert_eq!(begin().problem(), "period-refused", "one a day");
        let id: BoxId = begun["boxes"][0]["id"].as_str().expect("a name").parse().expect("a box");
        assert_eq!(id.period.as_str(), "rehearsal-2026-11-23");
        assert_eq!(refusal(rehearsal::put_in(&trial.site, &id)), Refusal::NotInForce, "nobody has signed");
        for one in begun["boxes"].as_array().expect("two") {
            let hash = one["manifest"].as_str().expect("a hash");
            for (login, side) in [("bench", Side::Bench), ("bar", Side::Bar)] {
                let signature = city.signature(side, document::DocumentKind::Manifest, hash.parse().expect("a hash"));
                let body = json!({"side": side, "key": SIGNING.get(side).public, "signature": signature.signature});
                assert_eq!(served.signed_in(login).post(&format!("/api/documents/{hash}/signatures"), &body).status, 204);
            }
        }
        let casts = RefCell::new(0);
        let put = rehearsal::put_in_by(&trial.site, &id, &|_, _| { *casts.borrow_mut() += 1; Ok(()) }).expect("put in");
        assert_eq!(put.ballots, casts.into_inner());
    }

    fn every_answer_about_a_rehearsal_says_that_it_is_one(trial) {
        let _city = city(trial);
        trial.account("coordinator", &[(Role::Coordinator, Some(Side::Bench))]);
        let served = trial.serve();
        let coordinator = served.signed_in("coordinator");
        let path = format!("/api/boxes/{}", rehearsal_box());
        assert_eq!(coordinator.post(&format!("/api/boxes/{}/rehearsal", bar_box()), &json!({})).problem(), "rehearsal-only");
        assert_eq!(coordinator.post(&format!("{path}/rehearsal"), &json!({})).problem(), "relay-away", "no relay listens here");
        let (done, casts) = put_in(trial);
        assert_eq!(done.expect("put in").ballots as usize, casts.len());
        let seen = served.client().get(&path).json();
        assert_eq!(seen["manifest"]["body"]["rehearsal"], json!(true));
        assert_eq!(seen["rehearsal"], json!({"ballots_in": RATERS * ROUNDS, "ballots_out": null, "holds": null}));
        let real = served.client().get(&format!("/api/boxes/{}", bar_box())).json();
        assert_eq!((&real["rehearsal"], real["manifest"]["body"].get("rehearsal")), (&json!(null), None));
        let periods = served.client().get("/api/periods").json();
        let marks: Vec<_> = periods.as_array().expect("a list").iter().map(|p| (p["id"].clone(), p["rehearsal"].clone())).collect();
        assert!(marks.contains(&(json!("rehearsal-2026"), json!(true))) && marks.contains(&(json!("2026"), json!(false))), "{marks:?}");
    }
}
