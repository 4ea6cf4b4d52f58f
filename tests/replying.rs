//! The ratee's window and the purpose log: who sees what of a draft and until when, what is answered and decided, and who read
//! a person's result for what.

use hengping::flow::{Refusal, decide, own_result, publish, reply, window};
use hengping::store::StoreError;
use hengping_domain::charter::{Charter, PurposeRules};
use hengping_domain::correction::ObjectionReason;
use hengping_domain::digest::Digest;
use hengping_domain::document::DocumentKind;
use hengping_domain::ids::{PersonId, Role, Side};
use hengping_domain::manifest::PeriodKind;
use hengping_domain::release::ReleaseState;
use hengping_domain::reply::Opinion;
use jiff::civil::{Date, date};
use serde_json::{Value, json};

use crate::city::{Case, City, bar_box, bench_box, judge, lawyer, lenient, person, refusal};
use crate::dump::table;
use crate::harness::{Client, Served, Trial};
use crate::on_both_backends;

/// Numbers that occur in one kind of cell only, so that they can be looked for in whole answers.
const OWN: f64 = 3.111_119;
const SIDES: f64 = 3.222_229;
pub const LAST_DAY: Date = date(2026, 12, 14);

pub fn fifteen_days(charter: &mut Charter) {
    lenient(charter);
    charter.reply.working_days = 15;
}

fn cell(subject: &str, audience: &str, value: Option<f64>) -> Value {
    let mut cell = json!({
        "id": format!("person/{subject}/score/{audience}"), "scope": "person", "subject": subject, "measure": "score",
        "audience": audience, "verdict": "withhold", "flags": [], "rules": ["R2"],
    });
    if let Some(value) = value {
        cell["verdict"] = json!("publish");
        cell["flags"] = json!(["at_least"]);
        cell["value"] = json!(value);
        cell["step"] = json!(0.1);
    }
    cell
}

pub fn me(trial: &Trial, number: &str) -> PersonId {
    person(&trial.site, number).id
}

pub fn ratee(trial: &Trial, n: usize) -> String {
    person(&trial.site, &judge(n)).ratee.to_string()
}

/// A city whose box of judges is opened: judge 0 has a result for judge and sides, judge 1 an own one, judge 2 a withheld one,
/// judge 3 none.
pub fn drafted<'t>(trial: &'t Trial, kind: PeriodKind, change: impl FnOnce(&mut Charter)) -> (City<'t>, Digest) {
    let cases: Vec<_> = (1..=6).map(|n| Case::new(n, n % 3, &[n % 3], &[(n + 1) % 3])).collect();
    let city = City::inviting_as(trial, (4, 4), &cases, kind, change);
    city.cast_and_close();
    for (login, role, side) in [
        ("bench", Role::Coordinator, Side::Bench),
        ("bar", Role::Coordinator, Side::Bar),
        ("bench-negotiator", Role::Negotiator, Side::Bench),
        ("bar-negotiator", Role::Negotiator, Side::Bar),
        ("bench-key-holder", Role::KeyHolder, Side::Bench),
    ] {
        trial.account(login, &[(role, Some(side))]);
    }
    trial.account("operator", &[(Role::Operator, None)]);
    for n in 0..4 {
        city.enrol(&judge(n));
        city.enrol(&lawyer(n));
    }
    let cells = json!([
        cell(&ratee(trial, 0), "self", Some(OWN)),
        cell(&ratee(trial, 0), "sides", Some(SIDES)),
        cell(&ratee(trial, 1), "self", Some(OWN)),
        cell(&ratee(trial, 1), "sides", None),
        cell(&ratee(trial, 2), "self", None),
    ]);
    let hash = city.take_draft(&bar_box(), &cells, &[]).expect("a draft");
    (city, hash)
}

pub fn sign(city: &City<'_>, hash: Digest, side: Side) -> Result<ReleaseState, Refusal> {
    let signature = city.signature(side, DocumentKind::Release, hash);
    match publish::sign(&city.trial.site, hash, &signature, None) {
        Ok(state) => Ok(state),
        other => Err(refusal(other)),
    }
}

/// How many results a person is shown, and whether an answer is taken to the first.
fn mine(trial: &Trial, number: &str) -> (usize, bool) {
    let own = own_result::own(&trial.site, &me(trial, number)).expect("a look");
    (own.len(), own.first().is_some_and(|result| result.open))
}

fn holds(text: &str, number: f64) -> bool {
    text.contains(&number.to_string()[..6])
}

/// Everybody but the ratee whose result it is.
fn others(served: &Served) -> Vec<(String, Client)> {
    let logins = [judge(1), judge(2), judge(3), lawyer(0)].into_iter().chain(
        ["bench", "bar", "bench-negotiator", "bar-negotiator", "bench-key-holder", "operator"].map(str::to_owned),
    );
    let mut all: Vec<_> = logins.map(|login| (login.clone(), served.signed_in(&login))).collect();
    all.push(("a visitor".to_owned(), served.client()));
    all
}

on_both_backends! {
    fn nobody_signs_before_the_ratees_have_been_heard(trial) {
        let (city, hash) = drafted(trial, PeriodKind::Regular, fifteen_days);
        let site = &trial.site;
        for side in [Side::Bench, Side::Bar] {
            assert_eq!(sign(&city, hash, side), Err(Refusal::ReplyOpen), "no window yet");
        }
        assert_eq!(refusal(window::open(site, Digest::of(&[b"none"]), None)), Refusal::NotFound);
        let opened = window::open(site, hash, None).expect("opened");
        // Fifteen working days after Monday, 23 November.
        assert_eq!((opened.opened_on, opened.last_day, opened.provisional), (date(2026, 11, 23), LAST_DAY, false));
        trial.clock.set(date(2026, 12, 1));
        assert_eq!(window::open(site, hash, None), Ok(opened), "the same again changes nothing");
        for day in [date(2026, 12, 1), LAST_DAY] {
            trial.clock.set(day);
            assert_eq!(sign(&city, hash, Side::Bench), Err(Refusal::ReplyOpen), "{day}");
        }
        let object = |n| reply::object(site, &me(trial, &judge(n)), hash, ObjectionReason::NotHandled, "没有办理此案", None);
        object(0).expect("filed");
        trial.clock.set(LAST_DAY.tomorrow().expect("a day"));
        assert_eq!(refusal(object(1)), Refusal::WindowClosed);
        let decide = |side, opinion| decide::decide(site, hash, &ratee(trial, 0), side, (opinion, "已核对"), None);
        assert_eq!(sign(&city, hash, Side::Bench), Err(Refusal::ReplyOpen), "nobody has decided");
        decide(Side::Bench, Opinion::Rejected).expect("decided");
        assert_eq!(sign(&city, hash, Side::Bench), Err(Refusal::ReplyOpen), "one side has decided");
        assert_eq!(refusal(decide(Side::Bench, Opinion::Upheld)), Refusal::ObjectionDecided);
        decide(Side::Bar, Opinion::Rejected).expect("decided");
        assert_eq!(sign(&city, hash, Side::Bench), Ok(ReleaseState::Draft));
        assert_eq!(sign(&city, hash, Side::Bar), Ok(ReleaseState::Released));
        assert_eq!(sign(&city, hash, Side::Bar), Err(Refusal::AlreadySigned));
        for table in ["reply_window", "objection", "objection_decision"] {
            for statement in [format!("UPDATE {table} SET release = release"), format!("DELETE FROM {table}")] {
                let refused = site.store.write("test", |conn| Ok(diesel::RunQueryDsl::execute(diesel::sql_query(&statement), conn)?));
                assert!(matches!(&refused, Err(StoreError::Broken(why)) if why.contains("never")), "{statement}: {refused:?}");
            }
        }
    }

    fn a_charter_without_days_has_no_window(trial) {
        let (city, hash) = drafted(trial, PeriodKind::Regular, lenient);
        assert_eq!(refusal(window::open(&trial.site, hash, None)), Refusal::NoWindow);
        assert_eq!(mine(trial, &judge(0)), (0, false));
        assert_eq!(sign(&city, hash, Side::Bench), Ok(ReleaseState::Draft));
        assert_eq!(sign(&city, hash, Side::Bar), Ok(ReleaseState::Released));
        assert_eq!(mine(trial, &judge(0)), (1, false));
        let late = reply::state(&trial.site, &me(trial, &judge(0)), hash, Some("说明"), None);
        assert_eq!(refusal(late), Refusal::WindowClosed);
    }

    fn a_draft_is_seen_in_its_window_by_the_ratee_alone(trial) {
        let (city, hash) = drafted(trial, PeriodKind::Pilot, fifteen_days);
        let served = trial.serve();
        for n in 0..4 {
            assert_eq!(mine(trial, &judge(n)).0, 0, "before the window");
        }
        let coordinator = served.signed_in("bar");
        let opened = coordinator.post(&format!("/api/releases/{hash}/window"), &json!({}));
        assert_eq!((opened.status, &opened.json()["last_day"]), (200, &json!(LAST_DAY)), "a pilot has the window too");
        let first = served.signed_in(&judge(0)).get("/api/my-result");
        let shown = first.json()["results"][0].clone();
        assert_eq!((&shown["state"], &shown["open"], &shown["released_on"]), (&json!("draft"), &json!(true), &json!(null)));
        assert_eq!((&shown["window"]["last_day"], &shown["characters"]), (&json!(LAST_DAY), &json!(200)));
        assert!(holds(&first.text, OWN) && !holds(&first.text, SIDES));
        let unknown = Digest::of(&[b"no such release"]);
        for (who, client) in others(&served) {
            let own = who == judge(1);
            for path in ["/api/my-result".to_owned(), format!("/api/releases/{hash}"), format!("/api/releases/{hash}/cells.csv"), format!("/api/releases/{hash}/cells.json")] {
                let answer = client.get(&path);
                assert!((own && path == "/api/my-result") || !holds(&answer.text, OWN), "{who} at {path}");
                assert!(!holds(&answer.text, SIDES), "{who} at {path}");
            }
            // Whoever has no result in it hears what is heard about a release that does not exist.
            if [judge(2), judge(3), lawyer(0)].contains(&who) {
                assert_eq!(client.get("/api/my-result").json(), json!({"results": []}), "{who}");
                for (door, body) in [("statement", json!({"text": "说明"})), ("objection", json!({"reason": "not-handled", "text": "说明"}))] {
                    let here = client.post(&format!("/api/my-result/{hash}/{door}"), &body);
                    let nowhere = client.post(&format!("/api/my-result/{unknown}/{door}"), &body);
                    assert_eq!((here.status, &here.text), (404, &nowhere.text), "{who} {door}");
                }
            }
        }
        trial.clock.set(LAST_DAY.tomorrow().expect("a day"));
        assert_eq!(mine(trial, &judge(0)), (1, false), "what was decided is read after the last day too");
        city.release(hash);
        assert_eq!((mine(trial, &judge(0)), mine(trial, &judge(2))), ((1, false), (1, false)));
    }

    fn a_statement_goes_with_the_result_and_is_fixed_after_the_last_day(trial) {
        let (city, hash) = drafted(trial, PeriodKind::Regular, fifteen_days);
        let site = &trial.site;
        let state = |n, words| reply::state(site, &me(trial, &judge(n)), hash, words, None);
        assert_eq!(refusal(state(0, Some("说明"))), Refusal::NotFound, "before the window the draft is nowhere");
        window::open(site, hash, None).expect("opened");
        let served = trial.serve();
        let judge0 = served.signed_in(&judge(0));
        let door = format!("/api/my-result/{hash}/statement");
        let put = |text: &str| judge0.post(&door, &json!({"text": text}));
        let said = || judge0.get("/api/my-result").json()["results"][0]["statement"].clone();
        for bad in ["", " \u{3000}\n", "两\n行", "a\u{202e}b", &"字".repeat(201)] {
            assert_eq!((put(bad).status, put(bad).problem().as_str()), (422, "text-refused"), "{bad:?}");
        }
        assert_eq!((said(), table(trial, "reply_statement").rows.len()), (json!(null), 0), "nothing is half stored");
        assert_eq!(put(&format!(" {} ", "字".repeat(200))).status, 204, "counted after trimming");
        assert_eq!(put("=部分案件由合议庭办理").status, 204);
        assert_eq!((said(), table(trial, "reply_statement").rows.len()), (json!("=部分案件由合议庭办理"), 1));
        assert_eq!((judge0.delete(&door).status, said()), (204, json!(null)));
        assert_eq!(put("部分案件由合议庭办理").status, 204);
        state(1, Some("另一人的说明")).expect("stated");
        assert!(!judge0.get("/api/my-result").text.contains("另一人的说明"));
        trial.clock.set(LAST_DAY.tomorrow().expect("a day"));
        let judge0 = served.signed_in(&judge(0));
        for late in [judge0.post(&door, &json!({"text": "改"})), judge0.delete(&door)] {
            assert_eq!((late.status, late.problem().as_str()), (409, "window-closed"));
        }
        city.release(hash);
        assert_eq!(refusal(state(0, Some("改"))), Refusal::WindowClosed);
        assert_eq!(judge0.get("/api/my-result").json()["results"][0]["statement"], "部分案件由合议庭办理");
        let read = served.signed_in("bench").post(&format!("/api/releases/{hash}/readings"), &json!({"subject": ratee(trial, 0), "purpose": "training"}));
        assert_eq!((read.status, &read.json()["statement"]), (200, &json!("部分案件由合议庭办理")), "{}", read.text);
        // The value is the ratee's and the officers' alone, and so are the words beside it.
        assert!(!served.client().get(&format!("/api/releases/{hash}")).text.contains("合议庭"));
    }

    fn words_stand_beside_every_public_result_of_a_person(trial) {
        let (city, _) = drafted(trial, PeriodKind::Regular, fifteen_days);
        let subject = person(&trial.site, &lawyer(0)).ratee.to_string();
        let cells = json!([cell(&subject, "self", Some(OWN)), cell(&subject, "public", Some(SIDES))]);
        let hash = city.take_draft(&bench_box(), &cells, &[]).expect("a draft");
        window::open(&trial.site, hash, None).expect("opened");
        reply::state(&trial.site, &me(trial, &lawyer(0)), hash, Some("=本人说明"), None).expect("stated");
        city.release(hash);
        let served = trial.serve();
        for client in [served.client(), served.signed_in("bench")] {
            let shown = client.get(&format!("/api/releases/{hash}")).json();
            let public = shown["cells"].as_array().expect("a list").iter().find(|c| c["audience"] == "public").expect("a cell").clone();
            assert_eq!((&public["value"], &public["statement"]), (&json!(SIDES), &json!("=本人说明")));
            let csv = client.get(&format!("/api/releases/{hash}/cells.csv")).text;
            assert!(csv.contains(",'=本人说明"), "as text and not as a formula: {csv}");
        }
    }

    fn an_objection_goes_to_both_sides_and_each_decides(trial) {
        let (city, hash) = drafted(trial, PeriodKind::Regular, fifteen_days);
        window::open(&trial.site, hash, None).expect("opened");
        let served = trial.serve();
        let judge0 = served.signed_in(&judge(0));
        let file = |reason: &str, text: &str| judge0.post(&format!("/api/my-result/{hash}/objection"), &json!({"reason": reason, "text": text}));
        assert_eq!(file("because", "理由").problem(), "invalid-request");
        for bad in ["", "一\n二", &"字".repeat(501)] {
            assert_eq!(file("not-handled", bad).problem(), "text-refused");
        }
        assert_eq!(table(trial, "objection").rows.len(), 0);
        assert_eq!(file("not-handled", &"字".repeat(500)).status, 204);
        assert_eq!((file("wrong-person", "再次").status, file("wrong-person", "再次").problem().as_str()), (409, "objection-filed"));

        let list = format!("/api/releases/{hash}/objections");
        for login in ["bench", "bar", "bench-negotiator", "bar-negotiator"] {
            let seen = served.signed_in(login).get(&list).json();
            assert_eq!((&seen[0]["number"], &seen[0]["objection"]["reason"]), (&json!(judge(0)), &json!("not-handled")), "{login}");
        }
        for (who, client) in [("key holder", served.signed_in("bench-key-holder")), ("operator", served.signed_in("operator")), ("judge", served.signed_in(&judge(1)))] {
            assert_eq!(client.get(&list).problem(), "forbidden", "{who}");
        }
        let hearing = |login: &str| served.signed_in(login).get(&format!("/api/releases/{hash}")).json()["hearing"].clone();
        assert_eq!((&hearing("bench")["objections"], &hearing("bench")["undecided"]), (&json!(1), &json!(1)));
        assert_eq!(served.client().get(&format!("/api/releases/{hash}")).status, 404);

        let subject = ratee(trial, 0);
        let decide = |login: &str, side: &str, subject: &str, opinion: &str, words: &str| {
            let body = json!({"subject": subject, "side": side, "opinion": opinion, "words": words});
            served.signed_in(login).post(&format!("/api/releases/{hash}/decisions"), &body)
        };
        assert_eq!(decide("bench", "bar", &subject, "upheld", "属实").problem(), "other-side");
        assert_eq!(decide("bench-negotiator", "bench", &subject, "upheld", "属实").problem(), "forbidden");
        assert_eq!(decide("bench", "bench", &subject, "perhaps", "属实").problem(), "invalid-request");
        assert_eq!(decide("bench", "bench", &subject, "upheld", "").problem(), "text-refused");
        let (other, nobody) = (decide("bench", "bench", &ratee(trial, 1), "upheld", "属实"), decide("bench", "bench", "nobody", "upheld", "属实"));
        assert_eq!((other.status, other.text), (404, nobody.text));
        assert_eq!(decide("bench", "bench", &subject, "upheld", "属实").status, 204);
        assert_eq!(decide("bench", "bench", &subject, "rejected", "改主意").problem(), "objection-decided");
        let state = || judge0.get("/api/my-result").json()["results"][0]["objection"].clone();
        assert_eq!(state()["outcome"], json!(null));
        assert_eq!(decide("bar", "bar", &subject, "rejected", "经查，本案由您承办").status, 204);
        let decided = state();
        assert_eq!((&decided["outcome"], decided["decisions"].as_array().map(Vec::len)), (&json!("rejected"), Some(2)));
        assert!(decided.to_string().contains("经查，本案由您承办") && !decided.to_string().contains("\"bench\":\"bench\""));
        assert_eq!(hearing("bar")["undecided"], 0);
        // What both sides uphold can be corrected, by the way that exists for it.
        let both = reply::object(&trial.site, &me(trial, &judge(1)), hash, ObjectionReason::WrongPerson, "同名", None);
        both.expect("filed");
        for (login, side) in [("bench", "bench"), ("bar", "bar")] {
            assert_eq!(decide(login, side, &ratee(trial, 1), "upheld", "同名误配").status, 204);
        }
        let seen = served.signed_in("bar").get(&list).json();
        let upheld = seen.as_array().expect("a list").iter().find(|each| each["objection"]["outcome"] == "upheld").expect("one").clone();
        let body = json!({"void": [upheld["number"]], "reason": upheld["objection"]["reason"]});
        let proposed = served.signed_in("bar").post(&format!("/api/releases/{hash}/corrections"), &body);
        assert_eq!(proposed.status, 200, "{}", proposed.text);
        let correction = proposed.json()["hash"].as_str().expect("a hash").parse().expect("a hash");
        city.sign(DocumentKind::Correction, correction);
        // A draft that is being corrected is shown to nobody and waits for no answer.
        assert_eq!(mine(trial, &judge(0)), (0, false));
        assert_eq!(refusal(reply::state(&trial.site, &me(trial, &judge(0)), hash, Some("晚"), None)), Refusal::WindowClosed);
        assert_eq!(sign(&city, hash, Side::Bench), Err(Refusal::ReleaseCorrected));
    }

    fn a_reading_names_its_purpose_and_the_person_sees_it(trial) {
        let (city, hash) = drafted(trial, PeriodKind::Regular, lenient);
        let served = trial.serve();
        let door = format!("/api/releases/{hash}/readings");
        let ask = |login: &str, subject: &str, purpose: &str| {
            served.signed_in(login).post(&door, &json!({"subject": subject, "purpose": purpose}))
        };
        let subject = ratee(trial, 0);
        assert_eq!(ask("bench", &subject, "training").problem(), "not-found", "a draft is nobody's to use");
        city.release(hash);
        let read = ask("bar", &subject, "joint-meeting");
        assert_eq!((read.status, &read.json()["cells"][0]["value"]), (200, &json!(SIDES)), "{}", read.text);
        assert!(!holds(&read.text, OWN), "what is the person's alone stays so");
        assert_eq!(read.json()["cells"].as_array().map(Vec::len), Some(1));
        // A key holder reads under the same rule; nobody else reads at all.
        assert_eq!(ask("bench-key-holder", &subject, "improvement").status, 200);
        assert_eq!(ask("operator", &subject, "training").problem(), "forbidden");
        assert_eq!(ask(&judge(0), &subject, "training").problem(), "forbidden");
        assert_eq!(served.client().post(&door, &json!({"subject": subject, "purpose": "training"})).problem(), "sign-in-required");
        assert_eq!(ask("bench", &subject, "curiosity").problem(), "invalid-request");
        assert_eq!((ask("bench", &subject, "appraisal").status, ask("bench", &subject, "appraisal").problem().as_str()), (403, "purpose-refused"));
        // Withheld, meant for the person alone, no cell at all, nobody: one answer, and nothing written down.
        let before = (table(trial, "reading").rows.len(), table(trial, "audit").rows.len());
        let bench = served.signed_in("bench");
        let before = (before.0, before.1 + 1);
        let answers: Vec<_> = [ratee(trial, 1), ratee(trial, 2), ratee(trial, 3), "nobody".to_owned()]
            .iter()
            .map(|subject| bench.post(&door, &json!({"subject": subject, "purpose": "training"})))
            .map(|answer| (answer.status, answer.text))
            .collect();
        assert!(answers.iter().all(|answer| *answer == answers[0] && answer.0 == 404), "{answers:?}");
        assert_eq!((table(trial, "reading").rows.len(), table(trial, "audit").rows.len()), before);
        assert_eq!(before.0, 2);

        let seen = served.signed_in(&judge(0)).get("/api/my-result");
        assert_eq!(
            seen.json()["results"][0]["readings"],
            json!([
                {"day": "2026-11-23", "side": "bar", "role": "coordinator", "purpose": "joint-meeting"},
                {"day": "2026-11-23", "side": "bench", "role": "key_holder", "purpose": "improvement"},
            ])
        );
        assert_eq!(served.signed_in(&judge(1)).get("/api/my-result").json()["results"][0]["readings"], json!([]));
        let log = table(trial, "reading");
        let held = trial.site.store.read("test", hengping::store::audit::verify).expect("whole");
        assert!(held > 0 && !format!("{:?}", log.rows).contains("bench-key-holder"), "a side and a role, no name");
        let refused = trial.site.store.write("test", |conn| Ok(diesel::RunQueryDsl::execute(diesel::sql_query("DELETE FROM reading"), conn)?));
        assert!(matches!(&refused, Err(StoreError::Broken(why)) if why.contains("never")), "{refused:?}");
    }

    fn appraisal_asks_for_a_charter_that_allows_it(trial) {
        let allowing = |charter: &mut Charter| {
            lenient(charter);
            charter.purpose = Some(PurposeRules { appraisal: true });
        };
        let (city, hash) = drafted(trial, PeriodKind::Regular, allowing);
        city.release(hash);
        let served = trial.serve();
        let read = served.signed_in("bench").post(&format!("/api/releases/{hash}/readings"), &json!({"subject": ratee(trial, 0), "purpose": "appraisal"}));
        assert_eq!((read.status, &read.json()["reading"]["purpose"]), (200, &json!("appraisal")), "{}", read.text);
    }

    fn a_pilot_is_never_read_for_an_appraisal(trial) {
        let allowing = |charter: &mut Charter| {
            lenient(charter);
            charter.purpose = Some(PurposeRules { appraisal: true });
        };
        let (city, hash) = drafted(trial, PeriodKind::Pilot, allowing);
        city.release(hash);
        let served = trial.serve();
        let ask = |purpose: &str| served.signed_in("bench").post(&format!("/api/releases/{hash}/readings"), &json!({"subject": ratee(trial, 0), "purpose": purpose}));
        assert_eq!(ask("appraisal").problem(), "purpose-refused");
        assert_eq!(ask("improvement").status, 200);
    }
}
