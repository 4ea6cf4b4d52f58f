//! A side that never decides an objection: what its silence comes to, who is told, and until when it can still speak.

use hengping::flow::{Refusal, decide, reply, window};
use hengping_domain::calendar::Due;
use hengping_domain::charter::Charter;
use hengping_domain::correction::ObjectionReason;
use hengping_domain::digest::Digest;
use hengping_domain::ids::Side;
use hengping_domain::manifest::PeriodKind;
use hengping_domain::release::ReleaseState;
use hengping_domain::reply::Opinion;
use jiff::civil::{Date, date};
use serde_json::json;

use crate::city::{bar_box, judge, refusal};
use crate::harness::Trial;
use crate::on_both_backends;
use crate::replying::{LAST_DAY, drafted, fifteen_days, me, ratee, sign};

/// Ten working days after [`LAST_DAY`].
const DECIDE_BY: Date = date(2026, 12, 28);
const AFTER: Date = date(2026, 12, 29);

fn without_a_last_day(charter: &mut Charter) {
    fifteen_days(charter);
    charter.reply.decision_days = None;
}

/// Both judges who have a result object to it.
fn objected(trial: &Trial, hash: Digest) {
    window::open(&trial.site, hash, None).expect("opened");
    for n in [0, 1] {
        reply::object(&trial.site, &me(trial, &judge(n)), hash, ObjectionReason::NotHandled, "没有办理此案", None)
            .expect("filed");
    }
}

fn decided(trial: &Trial, hash: Digest, n: usize, side: Side, opinion: Opinion) -> Result<(), Refusal> {
    match decide::decide(&trial.site, hash, &ratee(trial, n), side, (opinion, "已核对"), None) {
        Ok(()) => Ok(()),
        other => Err(refusal(other)),
    }
}

on_both_backends! {
    fn a_side_that_says_nothing_holds_no_release_up(trial) {
        let (city, hash) = drafted(trial, PeriodKind::Regular, fifteen_days);
        objected(trial, hash);
        let served = trial.serve();
        let mine = |n| served.signed_in(&judge(n)).get("/api/my-result").json()["results"][0].clone();
        let hearing = |login: &str| served.signed_in(login).get(&format!("/api/releases/{hash}")).json()["hearing"].clone();
        decided(trial, hash, 0, Side::Bench, Opinion::Rejected).expect("decided");
        let shown = mine(0);
        assert_eq!(shown["window"]["decide_by"], json!({"day": DECIDE_BY, "provisional": false}));
        assert_eq!((&shown["left"], &shown["objection"]["overdue"]), (&json!({"reply": 15, "decide": 25}), &json!([])));
        for day in [LAST_DAY.tomorrow().expect("a day"), DECIDE_BY] {
            trial.clock.set(day);
            assert_eq!(sign(&city, hash, Side::Bench), Err(Refusal::ReplyOpen), "{day}: the bar can still decide");
            assert_eq!((&mine(0)["objection"]["outcome"], &mine(1)["objection"]["outcome"]), (&json!(null), &json!(null)));
        }
        assert_eq!((&hearing("bar")["left"]["decide"], &hearing("bar")["undecided"]), (&json!(0), &json!(2)));

        trial.clock.set(AFTER);
        assert_eq!((&mine(0)["objection"]["outcome"], &mine(0)["objection"]["overdue"]), (&json!("rejected"), &json!(["bar"])));
        assert_eq!((&mine(1)["objection"]["outcome"], &mine(1)["objection"]["overdue"]), (&json!("lapsed"), &json!(["bench", "bar"])));
        for login in ["bench", "bar", "bench-key-holder"] {
            let seen = hearing(login);
            assert_eq!((&seen["undecided"], &seen["overdue"]), (&json!(0), &json!({"bench": 1, "bar": 2})), "{login}");
        }
        let list = served.signed_in("bar-negotiator").get(&format!("/api/releases/{hash}/objections")).json();
        let outcomes: std::collections::BTreeSet<_> = list.as_array().expect("a list").iter().map(|each| each["objection"]["outcome"].to_string()).collect();
        assert_eq!(outcomes, ["\"lapsed\"".to_owned(), "\"rejected\"".to_owned()].into());

        // A late word is taken until somebody has signed, and then no more.
        assert_eq!(decided(trial, hash, 1, Side::Bar, Opinion::Upheld), Ok(()));
        assert_eq!((&mine(1)["objection"]["outcome"], &mine(1)["objection"]["overdue"]), (&json!("upheld"), &json!(["bench"])));
        assert_eq!(sign(&city, hash, Side::Bar), Ok(ReleaseState::Draft));
        for state in ["draft", "released"] {
            assert_eq!(decided(trial, hash, 0, Side::Bar, Opinion::Upheld), Err(Refusal::DecisionLate), "{state}");
            assert_eq!(decided(trial, hash, 0, Side::Bench, Opinion::Upheld), Err(Refusal::ObjectionDecided), "{state}");
            if state == "draft" {
                assert_eq!(sign(&city, hash, Side::Bench), Ok(ReleaseState::Released));
            }
        }
        assert_eq!(&mine(0)["objection"]["overdue"], &json!(["bar"]), "what became of it stays to be read");

        // Nobody else learns that there was an objection.
        let visitor = served.client();
        for path in ["/api/releases".to_owned(), format!("/api/releases/{hash}"), "/api/releases/changes".to_owned()] {
            let text = visitor.get(&path).text;
            for word in ["overdue", "lapsed", "not-handled", "没有办理此案", &ratee(trial, 0), &judge(0)] {
                assert!(!text.contains(word), "{path} says {word}");
            }
        }
        let record = visitor.get(&format!("/api/boxes/{}/record/release.json", bar_box()));
        assert!(record.status == 200 && !["overdue", "objection", "lapsed", "not-handled"].iter().any(|word| record.text.contains(word)));
        assert!(hearing("bar")["objections"] == json!(2) && visitor.get(&format!("/api/releases/{hash}")).json()["hearing"] == json!(null));
    }

    fn without_a_last_day_a_release_waits_as_long_as_a_side_does(trial) {
        let (city, hash) = drafted(trial, PeriodKind::Regular, without_a_last_day);
        objected(trial, hash);
        let served = trial.serve();
        trial.clock.set(date(2028, 1, 1));
        assert_eq!(sign(&city, hash, Side::Bench), Err(Refusal::ReplyOpen));
        let shown = served.signed_in(&judge(0)).get("/api/my-result").json()["results"][0].clone();
        assert_eq!((&shown["window"]["decide_by"], &shown["left"]["decide"], &shown["objection"]["overdue"]), (&json!(null), &json!(null), &json!([])));
        for n in [0, 1] {
            decided(trial, hash, n, Side::Bench, Opinion::Rejected).expect("decided");
            assert_eq!(sign(&city, hash, Side::Bench), Err(Refusal::ReplyOpen));
            decided(trial, hash, n, Side::Bar, Opinion::Rejected).expect("decided");
        }
        assert_eq!(sign(&city, hash, Side::Bench), Ok(ReleaseState::Draft));
    }

    fn a_last_day_in_a_year_without_published_holidays_says_that_it_is_provisional(trial) {
        let (_, hash) = drafted(trial, PeriodKind::Regular, fifteen_days);
        trial.clock.set(date(2026, 12, 1));
        let opened = window::open(&trial.site, hash, None).expect("opened");
        assert_eq!((opened.last_day, opened.provisional), (date(2026, 12, 22), false));
        assert_eq!(opened.decide_by, Some(Due { day: date(2027, 1, 5), provisional: true }));
        let served = trial.serve();
        let shown = served.signed_in(&judge(0)).get("/api/my-result").json()["results"][0]["window"].clone();
        assert_eq!(shown["decide_by"], json!({"day": "2027-01-05", "provisional": true}));
        assert_eq!(window::open(&trial.site, hash, None), Ok(opened), "the same again, as it was kept");
    }
}
