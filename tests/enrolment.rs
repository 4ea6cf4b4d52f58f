//! Enrolling a device with the rater's own association: through the platform, which can neither do it itself nor hinder it
//! unnoticed.

use hengping::flow::courier::{self, Carrier as _};
use hengping::flow::enrol::Standing;
use hengping::flow::{Refusal, enrol};
use hengping_domain::digest::Bytes;
use hengping_domain::enrolment::Code;
use hengping_domain::ids::Side;
use hengping_domain::request::Asked;
use hengping_domain::statement::{AgentRefusal, Said};
use jiff::civil::date;
use serde_json::json;

use crate::agents::agent_key;
use crate::city::{self, Case, City, bar_box, bench_box, deliver, judge, lawyer, refusal};
use crate::dump::{content, dump, holding, table};
use crate::on_both_backends;

fn cases() -> Vec<Case> {
    (1..=4).map(|n| Case::new(n, n % 2, &[0], &[1])).collect()
}

fn wrong() -> Code {
    Code::from_random([5; 20])
}

on_both_backends! {
    fn the_members_own_code_enrols_a_device_with_its_own_side(trial) {
        let city = City::inviting(trial, 2, 2, &cases());
        city.enrol(&lawyer(0));
        city.enrol(&judge(0));
        let served = trial.serve();
        for (number, side) in [(lawyer(0), Side::Bar), (judge(0), Side::Bench)] {
            let device = city.device(&number, 1);
            let client = served.signed_in(&number);
            let inbox = || client.get("/api/invitations").json()["enrolment"].clone();
            assert_eq!(inbox(), json!({"state": "needed", "code": null, "certificate": null}));
            let asked = [trial.agents.asked(side), trial.agents.asked(side.other())];
            // As it is typed: in small letters and groups.
            let typed = city.code(&number).to_string().to_lowercase();
            let body = device.enrolment(&typed.parse::<Code>().expect("a code").key());
            let answer = client.post("/api/enrolments", &body);
            assert_eq!((answer.status, &answer.json()["state"]), (200, &json!("enrolled")), "{}", answer.text);
            let certificate: hengping_domain::statement::Signed =
                serde_json::from_value(answer.json()["certificate"].clone()).expect("a certificate");
            let said = certificate.said(&device.id, side, &agent_key(side)).expect("the own side's");
            assert_eq!(*said, Said::Enrolled { rater: number.clone(), request_key: device.request_key() });
            assert_eq!(inbox(), answer.json());
            let before = content(trial, &[]);
            assert_eq!(client.post("/api/enrolments", &body).text, answer.text, "again it says the same");
            assert!(content(trial, &[]) == before && table(trial, "agent_request").rows.is_empty());
            let now = [trial.agents.asked(side), trial.agents.asked(side.other())];
            assert_eq!(now, [asked[0] + 1, asked[1]], "the other side is not asked, and the own one once");
        }
        // The code itself is nowhere.
        let codes = [lawyer(0), judge(0)].map(|number| city.code(&number));
        let secret = codes.iter().flat_map(|code| [code.to_string(), code.to_string().replace('-', ""), code.key().0.to_string()]);
        assert_eq!(holding(&dump(trial), &secret.collect()), Vec::<String>::new());
    }

    fn a_wrong_code_and_an_unknown_member_get_the_same_answer(trial) {
        let city = City::inviting(trial, 2, 2, &cases());
        // Known to the platform, but not to the association.
        city::import(&trial.site, &city::roster(2, 3), false);
        for number in [lawyer(0), lawyer(2)] {
            city.enrol(&number);
        }
        let served = trial.serve();
        let ask = |number: &str| {
            let body = city.device(number, 1).enrolment(&wrong().key());
            served.signed_in(number).post("/api/enrolments", &body)
        };
        let (member, stranger) = (ask(&lawyer(0)), ask(&lawyer(2)));
        assert_eq!(member.json(), json!({"state": "refused", "code": "enrolment-refused", "certificate": null}));
        assert_eq!((member.status, &member.text), (stranger.status, &stranger.text));
        assert_eq!(member.header("content-length"), stranger.header("content-length"));
        assert!(table(trial, "agent_request").rows.is_empty());
        // A right code after a wrong one is fine.
        let device = city.device(&lawyer(0), 1);
        assert!(matches!(device.enrol(), Ok(Standing::Enrolled(_))));
        assert_eq!(refusal(city.device(&lawyer(2), 1).ask()), Refusal::NotEnrolled);
    }

    fn another_key_is_refused_and_the_first_ones_certificate_survives(trial) {
        let city = City::inviting(trial, 2, 2, &cases());
        city.enrol(&lawyer(0));
        let (first, second) = (city.device(&lawyer(0), 1), city.device(&lawyer(0), 2));
        let Ok(Standing::Enrolled(certificate)) = first.enrol() else { panic!("not enrolled") };
        let elsewhere = Standing::Refused("enrolled-elsewhere".to_owned());
        let served = trial.serve();
        let client = served.signed_in(&lawyer(0));
        let held = || client.get("/api/invitations").json()["enrolment"].clone();
        let before = held();
        assert_eq!(second.enrol().expect("an answer"), elsewhere);
        assert_eq!(held(), before, "what the rater's devices see is the certificate that holds");
        assert_eq!(first.enrol().expect("an answer"), Standing::Enrolled(certificate.clone()));
        let refused = Standing::Refused("enrolment-refused".to_owned());
        assert_eq!(second.enrol_with(&wrong().key()).expect("an answer"), refused);
        assert_eq!(first.enrol_with(&wrong().key()).expect("known already"), Standing::Enrolled(certificate.clone()));
        assert_eq!(held(), before);
        assert_eq!(refusal(second.ask()), Refusal::NotEnrolled);
        first.unblind(&first.ask().expect("the first device still gets its tags"));

        // The association itself can let another device in, and then the first one is out.
        trial.agents.agent(Side::Bar).reset_member(&lawyer(0), &bar_box()).expect("reset");
        let Ok(Standing::Enrolled(new)) = second.enrol() else { panic!("not enrolled after the reset") };
        assert_ne!(new, certificate);
        assert_eq!(refusal(first.ask()), Refusal::NotEnrolled);
        assert_eq!(first.enrol().expect("an answer"), elsewhere, "a key that was given up does not come back");
    }

    fn a_lost_code_is_replaced_by_the_association_and_only_the_new_one_enrols(trial) {
        let city = City::inviting(trial, 2, 2, &cases());
        city.enrol(&lawyer(0));
        let (device, old) = (city.device(&lawyer(0), 1), city.code(&lawyer(0)));
        let codes = trial.agents.beside("another.csv");
        // Sent while the agent is away, with the code that dies meanwhile.
        trial.agents.send_away(Side::Bar);
        assert_eq!(device.enrol_with(&old.key()).expect("passed on"), Standing::Waiting);
        trial.agents.agent(Side::Bar).renew_code(&lawyer(0), &codes).expect("another code");
        trial.agents.bring_back(Side::Bar);
        deliver(&trial.site);
        let refused = Standing::Refused("enrolment-refused".to_owned());
        assert_eq!(device.enrol_with(&old.key()).expect("an answer"), refused, "the old one, as a wrong one");
        let text = std::fs::read_to_string(&codes).expect("a code");
        let new: Code = text.trim_end().rsplit(',').next().expect("a code").parse().expect("a code");
        let standing = device.enrol_with(&new.key()).expect("an answer");
        assert!(matches!(standing, Standing::Enrolled(_)), "{standing:?}");
        device.unblind(&device.ask().expect("asked"));
        assert_eq!(city.device(&lawyer(0), 2).enrol_with(&new.key()).expect("an answer"), Standing::Refused("enrolled-elsewhere".to_owned()));
    }

    fn an_enrolment_waits_for_an_agent_that_is_away(trial) {
        let city = City::inviting(trial, 2, 2, &cases());
        let device = city.device(&lawyer(0), 1);
        trial.agents.send_away(Side::Bar);
        for _ in 0..2 {
            assert_eq!(device.enrol().expect("passed on"), Standing::Waiting);
        }
        assert_eq!(refusal(device.ask()), Refusal::NotEnrolled);
        assert_eq!(table(trial, "agent_request").column("kind"), ["enrol"]);
        // A wrong code before the right one has been answered changes nothing for the right one.
        let crafty = city.device(&lawyer(1), 1);
        assert_eq!(crafty.enrol_with(&wrong().key()).expect("passed on"), Standing::Waiting);
        assert_eq!(crafty.enrol().expect("passed on"), Standing::Waiting);
        trial.agents.bring_back(Side::Bar);
        deliver(&trial.site);
        assert!(table(trial, "agent_request").rows.is_empty());
        for device in [&device, &crafty] {
            let standing = trial.site.store.read("test", |conn| enrol::standing(conn, &bar_box(), &device.person.id));
            assert!(matches!(standing, Ok(Standing::Enrolled(_))), "{standing:?}");
        }
        device.unblind(&device.ask().expect("asked"));
    }

    fn only_the_own_box_enrols_and_only_while_it_takes_ballots(trial) {
        let city = City::inviting(trial, 2, 2, &cases());
        city.enrol(&lawyer(0));
        let device = city.device(&lawyer(0), 1);
        let body = device.enrolment(&city.code(&lawyer(0)).key());
        let served = trial.serve();
        let client = served.signed_in(&lawyer(0));
        let with = |field: &str, value: serde_json::Value| {
            let mut body = body.clone();
            body[field] = value;
            client.post("/api/enrolments", &body)
        };
        for id in [json!(bench_box()), json!("1999.bar_rates_bench"), json!("no box at all")] {
            let answer = with("box", id);
            assert_eq!((answer.status, answer.problem().as_str()), (404, "not-found"));
        }
        for field in ["request_key", "mac"] {
            for value in [json!(""), json!("AAAA"), json!(7), json!("=".repeat(43))] {
                let answer = with(field, value);
                assert_eq!((answer.status, answer.problem().as_str()), (400, "invalid-request"), "{field}");
            }
        }
        assert_eq!(with("code", json!("HHHHH")).problem(), "invalid-request", "there is no place for a code");
        assert!(table(trial, "enrolment").rows.is_empty());
        trial.clock.set(date(2026, 12, 1));
        let late = served.signed_in(&lawyer(0)).post("/api/enrolments", &body);
        assert_eq!((late.status, late.problem().as_str()), (409, "box-state"));
        trial.clock.set(date(2026, 11, 23));
        city::close(&trial.site, &bar_box()).expect("closed");
        assert_eq!(served.signed_in(&lawyer(0)).post("/api/enrolments", &body).problem(), "box-state");
    }

    fn the_platform_can_put_no_key_in_the_place_of_a_members(trial) {
        let city = City::inviting(trial, 2, 2, &cases());
        let (device, other) = (city.device(&lawyer(0), 1), city.device(&lawyer(1), 1));
        let code = city.code(&lawyer(0)).key();
        let mac = code.vouch(&bar_box(), &lawyer(0), &device.request_key());
        let ask = |side, id: &_, rater: &str, request_key, mac| {
            let asked = Asked::Enrol { rater: rater.to_owned(), request_key, mac };
            let (_, request) = courier::signed(&trial.site, id, asked).expect("signed");
            let signed = trial.agents.ask(side, &request).expect("reached").expect("answered");
            match signed.statement.said {
                Said::Refused { code, .. } => Some(code),
                Said::Enrolled { .. } => None,
                said => panic!("{said:?}"),
            }
        };
        // Everything it sees is the key and the MAC, and it may put anything in their place.
        let (own, key) = (other.request_key(), device.request_key());
        let refused = Some(AgentRefusal::EnrolmentRefused);
        assert_eq!(ask(Side::Bar, &bar_box(), &lawyer(0), own, mac), refused, "its own key under a member's MAC");
        assert_eq!(ask(Side::Bar, &bar_box(), &lawyer(0), key, Bytes([0; 32])), refused, "no MAC");
        assert_eq!(ask(Side::Bar, &bar_box(), &lawyer(1), key, mac), refused, "for another member");
        assert_eq!(ask(Side::Bar, &bench_box(), &lawyer(0), key, mac), refused, "in the other box");
        assert_eq!(ask(Side::Bench, &bar_box(), &lawyer(0), key, mac), refused, "at the other side");
        assert_eq!(ask(Side::Bar, &bar_box(), &lawyer(0), key, mac), None, "control");
    }
}
