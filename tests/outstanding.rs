//! What waits for whom before a release: the ratee's open window, and what each side's officers have to do; nobody else learns
//! of either.

use hengping::flow::{correct, decide, reply, window};
use hengping_domain::correction::ObjectionReason;
use hengping_domain::document::DocumentKind;
use hengping_domain::ids::Side;
use hengping_domain::manifest::PeriodKind;
use hengping_domain::reply::Opinion;
use jiff::civil::date;
use serde_json::{Value, json};

use crate::city::{judge, lawyer};
use crate::harness::Client;
use crate::on_both_backends;
use crate::replying::{LAST_DAY, drafted, fifteen_days, me, ratee, sign};

const AFTER: jiff::civil::Date = date(2026, 12, 29);

fn waits(client: &Client) -> Value {
    client.get("/api/releases/outstanding").json()
}

/// Of the only draft that waits: objections to decide, and whether they are late, the window is open or to be opened, and the
/// draft can be signed.
fn first(client: &Client) -> Value {
    let all = waits(client);
    let [one] = all.as_array().expect("a list").as_slice() else { panic!("{all}") };
    json!([one["undecided"], one["overdue"], one["open"], one["unopened"], one["signable"]])
}

on_both_backends! {
    fn a_ratee_hears_of_an_open_window_and_nobody_else_does(trial) {
        let (city, hash) = drafted(trial, PeriodKind::Regular, fifteen_days);
        let served = trial.serve();
        let told = |login: &str| served.signed_in(login).get("/api/my-result/windows");
        let nothing = json!({"windows": []});
        assert_eq!(told(&judge(0)).json(), nothing, "before the window");
        window::open(&trial.site, hash, None).expect("opened");
        let open = told(&judge(0)).json()["windows"][0].clone();
        assert_eq!((&open["release"], &open["window"]["last_day"]), (&json!(hash), &json!(LAST_DAY)));
        assert_eq!(open["left"], json!({"reply": 15, "decide": 25}));
        // Withheld, absent, and of the other side: the same bytes.
        let absent = told(&judge(3));
        for login in [judge(2), lawyer(0), lawyer(1)] {
            let answer = told(&login);
            assert_eq!((answer.status, &answer.text), (200, &absent.text), "{login}");
        }
        assert_eq!(absent.json(), nothing);
        trial.clock.set(LAST_DAY);
        assert_eq!(told(&judge(0)).json()["windows"][0]["left"]["reply"], json!(0), "the last day");
        trial.clock.set(LAST_DAY.tomorrow().expect("a day"));
        assert_eq!(told(&judge(0)).json(), nothing, "over");
        city.release(hash);
        assert_eq!(told(&judge(0)).json(), nothing, "out");
    }

    fn officers_of_both_sides_see_what_waits_for_their_own(trial) {
        let (city, hash) = drafted(trial, PeriodKind::Regular, fifteen_days);
        let served = trial.serve();
        let site = &trial.site;
        let [bench, bar, negotiator] = ["bench", "bar", "bar-negotiator"].map(|login| served.signed_in(login));
        for client in [&bench, &bar, &negotiator] {
            assert_eq!(first(client), json!([0, false, false, true, false]), "a window to open");
        }
        assert_eq!(served.signed_in("bench-key-holder").get("/api/releases/outstanding").problem(), "forbidden");
        window::open(site, hash, None).expect("opened");
        for n in [0, 1] {
            reply::object(site, &me(trial, &judge(n)), hash, ObjectionReason::NotHandled, "没有办理此案", None).expect("filed");
        }
        let decide = |n, side| decide::decide(site, hash, &ratee(trial, n), side, (Opinion::Rejected, "已核对"), None).expect("decided");
        decide(0, Side::Bench);
        let shown = waits(&bench)[0].clone();
        assert_eq!((&shown["window"]["decide_by"]["day"], &shown["left"]["decide"]), (&json!("2026-12-28"), &json!(25)));
        assert_eq!(shown["period"]["zh"].as_str().map(str::is_empty), Some(false));
        assert!(!shown.to_string().contains(&ratee(trial, 0)) && !shown.to_string().contains("没有办理此案"));
        assert_eq!((first(&bench), first(&bar)), (json!([1, false, true, false, false]), json!([2, false, true, false, false])));
        trial.clock.set(AFTER);
        let [bench, bar] = ["bench", "bar"].map(|login| served.signed_in(login));
        assert_eq!((first(&bench), first(&bar)), (json!([1, true, false, false, true]), json!([2, true, false, false, true])));
        // With the first signature what became of the objections is fixed, and the other side's signature is all that waits.
        sign(&city, hash, Side::Bench).expect("signed");
        assert_eq!((waits(&bench), first(&bar)), (json!([]), json!([0, true, false, false, true])));
        sign(&city, hash, Side::Bar).expect("signed");
        assert_eq!(waits(&bar), json!([]));
    }

    fn a_draft_that_is_being_corrected_waits_for_nobody(trial) {
        let (city, hash) = drafted(trial, PeriodKind::Regular, fifteen_days);
        window::open(&trial.site, hash, None).expect("opened");
        let served = trial.serve();
        assert_eq!(first(&served.signed_in("bar"))[2], json!(true));
        let correction = correct::propose(&trial.site, hash, &[judge(1)], ObjectionReason::WrongPerson, None).expect("proposed");
        city.sign(DocumentKind::Correction, correction);
        assert_eq!(waits(&served.signed_in("bar")), json!([]));
        assert_eq!(served.signed_in(&judge(0)).get("/api/my-result/windows").json(), json!({"windows": []}));
    }
}
