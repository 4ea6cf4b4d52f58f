//! Extending a box: in force with both signatures and both agents' word, each before the last day is over, and not otherwise.

use hengping::flow::periods::{self, BoxState};
use hengping::flow::{Refusal, boxes, courier, documents, extend, issue, record};
use hengping_domain::digest::Digest;
use hengping_domain::document::DocumentKind;
use hengping_domain::ids::{Role, Side};
use hengping_domain::record::{CheckName, verify};
use hengping_domain::rubric::Text;
use jiff::civil::{Date, date};
use serde_json::json;

use crate::agents::SIGNING;
use crate::city::{self, Case, City, bar_box, deliver, hand_over, lawyer, person, refusal};
use crate::harness::Trial;
use crate::on_both_backends;

const LAST: Date = date(2026, 11, 30);
const NEXT: Date = date(2026, 12, 31);

fn city(trial: &Trial) -> City<'_> {
    City::inviting(trial, 1, 2, &[Case::new(1, 0, &[0], &[1])])
}

fn reason() -> Text {
    Text { zh: "封存件未满五十份".into(), en: "Fewer than fifty sealed ballots".into() }
}

fn propose(trial: &Trial, until: Date) -> hengping::flow::Outcome<Digest> {
    extend::propose(&trial.site, &bar_box(), until, reason(), None)
}

fn until(trial: &Trial) -> Date {
    boxes::find(&trial.site, &bar_box()).expect("a box").cast_until
}

fn sign(city: &City<'_>, side: Side, hash: Digest) -> hengping::flow::Outcome<()> {
    documents::sign(&city.trial.site, hash, &city.signature(side, DocumentKind::Extension, hash), None)
}

on_both_backends! {
    fn an_extension_is_in_force_with_both_signatures_and_both_agents_word(trial) {
        let city = city(trial);
        let hash = propose(trial, NEXT).expect("proposed");
        assert_eq!(propose(trial, NEXT), Ok(hash), "the same again");
        sign(&city, Side::Bench, hash).expect("signed");
        deliver(&trial.site);
        assert_eq!(until(trial), LAST, "one signature");
        sign(&city, Side::Bar, hash).expect("signed");
        assert_eq!(until(trial), LAST, "the agents have not heard of it");
        trial.agents.send_away(Side::Bar);
        courier::deliver(&trial.site).expect("delivered");
        assert_eq!(until(trial), LAST, "one agent has not");
        trial.agents.bring_back(Side::Bar);
        deliver(&trial.site);
        assert_eq!(until(trial), NEXT);

        trial.clock.set(date(2026, 12, 15));
        let rater = person(&trial.site, &lawyer(0)).id;
        let desk = issue::desk(&trial.site, &rater).expect("a look").expect("the period runs on");
        assert_eq!((desk.cast_until, desk.period.cast_until), (NEXT, LAST));
        let other = boxes::find(&trial.site, &bar_box().counterpart()).expect("a box");
        assert_eq!(other.cast_until, LAST, "the other direction was not extended");
        let device = city.device(&lawyer(0), 1);
        device.fetch();
        hand_over(&trial.site, &bar_box(), &[device.seal(0, 1, 4, 1)]);

        let second = propose(trial, date(2027, 1, 15)).expect("proposed");
        city.sign(DocumentKind::Extension, second);
        deliver(&trial.site);
        assert_eq!(until(trial), date(2027, 1, 15));
        let found = record::record(&trial.site, &bar_box()).expect("a record");
        let checks = verify(&found);
        assert!(checks.iter().all(|check| check.holds), "{checks:?}");
        assert!(checks.iter().any(|check| check.name == CheckName::Extensions && found.extensions.len() == 2));

        trial.clock.set(date(2027, 1, 16));
        assert_eq!(issue::desk(&trial.site, &rater).expect("a look").map(|desk| desk.cast_until), None, "over");
        assert_eq!(city::close(&trial.site, &bar_box()), Ok(BoxState::Closed));
    }

    fn what_cannot_take_effect_is_not_signed(trial) {
        let city = city(trial);
        assert_eq!(refusal(propose(trial, LAST)), Refusal::ExtensionRefused, "no later");
        assert_eq!(refusal(propose(trial, date(2026, 11, 29))), Refusal::ExtensionRefused, "earlier");
        let silent = extend::propose(&trial.site, &bar_box(), NEXT, Text { zh: "有".into(), en: " ".into() }, None);
        assert_eq!(refusal(silent), Refusal::ExtensionRefused, "no reason in English");
        for bad in ["收件\n不足", "收件\u{202e}不足", "收件\u{0}不足"] {
            let text = Text { zh: bad.into(), en: "too few".into() };
            assert_eq!(refusal(extend::propose(&trial.site, &bar_box(), NEXT, text, None)), Refusal::TextRefused, "{bad:?}");
        }
        let nowhere = extend::propose(&trial.site, &"2031.bar_rates_bench".parse().expect("a name"), NEXT, reason(), None);
        assert_eq!(refusal(nowhere), Refusal::NotFound);
        let (hash, rival) = (propose(trial, NEXT).expect("proposed"), propose(trial, date(2027, 3, 1)).expect("proposed"));
        let forged = city.signature(Side::Bench, DocumentKind::Manifest, hash);
        assert_eq!(refusal(documents::sign(&trial.site, hash, &forged, None)), Refusal::SignatureRefused);
        city.sign(DocumentKind::Extension, hash);
        assert_eq!(refusal(sign(&city, Side::Bench, rival)), Refusal::ExtensionRefused, "another one is on its way");
        deliver(&trial.site);
        assert_eq!(refusal(sign(&city, Side::Bench, rival)), Refusal::ExtensionRefused, "from a day that was moved");
        let late = propose(trial, date(2027, 1, 31)).expect("proposed");
        sign(&city, Side::Bench, late).expect("in time");
        trial.clock.set(date(2027, 1, 1));
        assert_eq!(refusal(sign(&city, Side::Bar, late)), Refusal::ExtensionLate);
        assert_eq!(refusal(propose(trial, date(2027, 2, 1))), Refusal::ExtensionLate);
        assert_eq!(until(trial), NEXT);
        trial.clock.set(date(2026, 12, 1));
        city::close(&trial.site, &bar_box()).expect("closed");
        assert_eq!(refusal(propose(trial, date(2027, 2, 1))), Refusal::BoxState);
        assert_eq!(refusal(sign(&city, Side::Bar, late)), Refusal::BoxState);
    }

    fn an_agent_that_hears_of_it_too_late_lets_it_die(trial) {
        let city = city(trial);
        trial.agents.send_away(Side::Bench);
        let hash = propose(trial, NEXT).expect("proposed");
        city.sign(DocumentKind::Extension, hash);
        courier::deliver(&trial.site).expect("delivered");
        trial.clock.set(LAST.tomorrow().expect("a day"));
        trial.agents.bring_back(Side::Bench);
        courier::deliver(&trial.site).expect("delivered");
        assert_eq!(until(trial), LAST);
        let room = hengping::flow::opening_room::look(&trial.site, &bar_box()).expect("a room");
        assert!(room.waiting.iter().any(|one| (one.side, one.kind.as_str(), one.code) == (Side::Bench, "extend", Some("extension-late"))), "{room:?}");
        city::close(&trial.site, &bar_box()).expect("closed");
        deliver(&trial.site);
        let room = hengping::flow::opening_room::look(&trial.site, &bar_box()).expect("a room");
        assert!(room.waiting.is_empty(), "{room:?}");
        let checks = verify(&record::record(&trial.site, &bar_box()).expect("a record"));
        assert!(checks.iter().all(|check| check.holds), "{checks:?}");
    }

    fn coordinators_propose_and_negotiators_sign_over_http(trial) {
        let city = city(trial);
        trial.account("coordinator", &[(Role::Coordinator, Some(Side::Bench))]);
        trial.account("bench", &[(Role::Negotiator, Some(Side::Bench))]);
        trial.account("bar", &[(Role::Negotiator, Some(Side::Bar))]);
        let served = trial.serve();
        let path = format!("/api/boxes/{}", bar_box());
        let asked = json!({"cast_until": NEXT, "reason_zh": reason().zh, "reason_en": reason().en});
        let coordinator = served.signed_in("coordinator");
        let malformed = coordinator.post(&format!("{path}/extensions"), &json!({"cast_until": "soon", "reason_zh": "x", "reason_en": "x"}));
        assert_eq!(malformed.problem(), "invalid-request");
        let earlier = json!({"cast_until": "2026-11-01", "reason_zh": "x", "reason_en": "x"});
        assert_eq!(coordinator.post(&format!("{path}/extensions"), &earlier).problem(), "extension-refused");
        let hash = coordinator.post(&format!("{path}/extensions"), &asked).json()["hash"].as_str().expect("a hash").to_owned();
        let sign = |login: &str, side: Side| {
            let signature = city.signature(side, DocumentKind::Extension, hash.parse().expect("a hash"));
            let body = json!({"side": side, "key": SIGNING.get(side).public, "signature": signature.signature});
            served.signed_in(login).post(&format!("/api/documents/{hash}/signatures"), &body)
        };
        assert_eq!(sign("bench", Side::Bar).problem(), "other-side");
        assert_eq!(sign("bench", Side::Bench).status, 204);
        assert_eq!(sign("bench", Side::Bench).problem(), "already-signed");
        let seen = served.client().get(&path).json();
        assert_eq!((&seen["extensions"][0]["in_force"], &seen["cast_until"]), (&json!(false), &json!("2026-11-30")));
        assert_eq!(sign("bar", Side::Bar).status, 204);
        deliver(&trial.site);
        let seen = served.client().get(&path).json();
        assert_eq!((&seen["extensions"][0]["in_force"], &seen["cast_until"]), (&json!(true), &json!("2026-12-31")));
        let periods = served.client().get("/api/periods").json();
        assert_eq!((&periods[0]["cast_until"], &periods[0]["boxes"][0]["cast_until"]), (&json!("2026-11-30"), &json!("2026-12-31")));
        trial.clock.set(date(2026, 12, 20));
        assert_eq!(served.client().get("/api/periods").json()[0]["state"], "running");
        assert!(periods::list(&trial.site).is_ok());
    }
}
