//! Tags for tokens: from both agents, once per invitation, for whoever is invited, to the enrolled device alone.

use std::sync::Barrier;

use hengping::flow::courier::{self, Carrier as _};
use hengping::flow::enrol::Standing;
use hengping::flow::issue::{self, Answers};
use hengping::flow::{Refusal, eligibility, invite};
use hengping_domain::digest::Bytes;
use hengping_domain::ids::{InvitationId, Side};
use hengping_domain::invitation::RecusalReason;
use hengping_domain::manifest::PeriodKind;
use hengping_domain::request::{Asked, MOST_TOKENS, TokenRequest};
use hengping_domain::statement::{AgentRefusal, Said, Signed, Statement};
use serde_json::json;

use crate::city::{self, Case, City, Device, bar_box, bench_box, deliver, hand_over, judge, lawyer, refusal};
use crate::dump::{content, table};
use crate::harness::Trial;
use crate::on_both_backends;

fn cases() -> Vec<Case> {
    (1..=4).map(|n| Case::new(n, n % 2, &[0], &[1])).collect()
}

fn enrolled<'c>(city: &'c City<'_>, number: &str) -> Device<'c> {
    let device = city.device(number, 1);
    assert!(matches!(device.enrol(), Ok(Standing::Enrolled(_))));
    device
}

/// Why both agents refused.
fn refused(answers: &Answers) -> [Option<AgentRefusal>; 2] {
    [&answers.bench, &answers.bar].map(|signed| match &signed.as_ref().expect("an answer").statement.said {
        Said::Refused { code, .. } => Some(*code),
        _ => None,
    })
}

/// The elements both agents answered with; their proofs are new each time.
fn elements(answers: &Answers) -> Vec<Bytes<32>> {
    let of = |signed: &Option<Signed>| match &signed.as_ref().expect("an answer").statement.said {
        Said::Evaluated { nym, tokens, .. } => {
            let pairs = tokens.iter().flat_map(|token| [token.stamp.element, token.slip.element]);
            [nym.element].into_iter().chain(pairs).collect::<Vec<_>>()
        }
        said => panic!("{said:?}"),
    };
    [of(&answers.bench), of(&answers.bar)].concat()
}

fn states(trial: &Trial) -> Vec<String> {
    table(trial, "invitation").column("state").into_iter().map(str::to_owned).collect()
}

on_both_backends! {
    fn the_same_request_again_gets_the_same_tags(trial) {
        let city = City::inviting(trial, 2, 2, &cases());
        city.enrol(&lawyer(0));
        let device = enrolled(&city, &lawyer(0));
        let served = trial.serve();
        let client = served.signed_in(&lawyer(0));
        let ask = || -> Answers {
            let answer = client.post("/api/token-requests", &device.asking());
            assert_eq!(answer.status, 200, "{}", answer.text);
            serde_json::from_str(&answer.text).expect("both sides' answers")
        };
        let first = ask();
        let tokens = device.unblind(&first);
        assert_eq!(tokens.of.len(), 4);
        let before = content(trial, &[]);
        let again = ask();
        assert_eq!(elements(&again), elements(&first));
        assert_eq!(device.unblind(&again).of, tokens.of, "and so the same tokens");
        assert!(content(trial, &[]) == before, "nothing of it changed anything");
        let inbox = client.get("/api/invitations").json();
        assert!(inbox["items"].as_array().expect("a list").iter().all(|item| item["state"] == "issued" && item["listed"] == true));
        // They are the tokens that both issuer keys stand for, and no others.
        let minted = city.device(&lawyer(0), 1);
        minted.mint();
        assert_eq!((minted.tokens().nym, &minted.tokens().of), (tokens.nym, &tokens.of));
    }

    fn tokens_may_be_asked_for_in_parts_and_by_a_second_device_with_the_seed(trial) {
        let city = City::inviting(trial, 2, 2, &cases());
        let device = enrolled(&city, &lawyer(0));
        let whole = device.request();
        let part = |n: std::ops::Range<usize>| TokenRequest { tokens: whole.tokens[n].to_vec(), ..whole.clone() };
        let ask = |request: &TokenRequest| issue::tokens(&trial.site, &device.person.id, request, &device.sign(request));
        for (request, issued) in [(part(0..0), 0), (part(0..2), 2), (part(2..4), 4)] {
            assert_eq!(refused(&ask(&request).expect("asked")), [None, None]);
            assert_eq!(states(trial).iter().filter(|state| *state == "issued").count(), issued);
        }
        let second = city.device(&lawyer(0), 1);
        assert!(matches!(second.enrol(), Ok(Standing::Enrolled(_))), "the same seed is the same device");
        second.unblind(&second.ask().expect("asked"));
    }

    fn a_rater_has_one_nym_and_an_invitation_one_stamp_however_they_are_asked_for(trial) {
        let city = City::inviting(trial, 2, 2, &cases());
        let first = enrolled(&city, &lawyer(0));
        let whole = first.request();
        let half = TokenRequest { tokens: whole.tokens[..2].to_vec(), ..whole.clone() };
        assert_eq!(refused(&issue::tokens(&trial.site, &first.person.id, &half, &first.sign(&half)).expect("asked")), [None, None]);
        // The association lets another device in, with another seed; what was issued stays marked.
        trial.agents.agent(Side::Bar).reset_member(&lawyer(0), &bar_box()).expect("reset");
        let second = city.device(&lawyer(0), 2);
        assert!(matches!(second.enrol(), Ok(Standing::Enrolled(_))));
        let own = second.request();
        let before = content(trial, &[]);
        let elsewhere = [Some(AgentRefusal::IssuedElsewhere); 2];
        for (what, request) in [
            ("everything anew", own.clone()),
            ("the rest of the cases", TokenRequest { tokens: own.tokens[2..].to_vec(), ..own.clone() }),
            ("no case at all", TokenRequest { tokens: vec![], ..own.clone() }),
            ("other stamps under the nym", TokenRequest { nym: whole.nym, ..own.clone() }),
            ("one slip changed", {
                let mut changed = half.clone();
                changed.tokens[1].slip.bench = own.tokens[1].slip.bench;
                changed.tokens[1].slip.bar = own.tokens[1].slip.bar;
                changed
            }),
        ] {
            let answers = issue::tokens(&trial.site, &second.person.id, &request, &second.sign(&request)).expect("asked");
            assert_eq!(refused(&answers), elsewhere, "{what}");
        }
        assert!(content(trial, &[]) == before, "no request of it stays behind");
        let twice = TokenRequest { tokens: vec![whole.tokens[0].clone(); 2], ..whole };
        let answers = issue::tokens(&trial.site, &second.person.id, &twice, &second.sign(&twice)).expect("asked");
        assert_eq!(refused(&answers), [Some(AgentRefusal::RequestRefused); 2], "one invitation twice");
    }

    fn only_the_enrolled_device_of_the_rater_is_heard(trial) {
        let city = City::inviting(trial, 2, 2, &cases());
        city.enrol(&lawyer(0));
        let served = trial.serve();
        let client = served.signed_in(&lawyer(0));
        let (device, other) = (city.device(&lawyer(0), 1), city.device(&lawyer(0), 2));
        let ask = |body: &serde_json::Value| client.post("/api/token-requests", body);
        let answer = ask(&device.asking());
        assert_eq!((answer.status, answer.problem().as_str()), (409, "not-enrolled"), "before it is enrolled");
        assert!(matches!(device.enrol(), Ok(Standing::Enrolled(_))));
        let before = content(trial, &["session"]);
        let asked = [Side::Bench, Side::Bar].map(|side| trial.agents.asked(side));
        let mut unsigned = device.asking();
        unsigned["signature"] = json!(Bytes([0; 64]));
        let mut changed = device.asking();
        changed["request"]["nym"] = other.asking()["request"]["nym"].clone();
        let mut foreign = other.asking();
        foreign["request"]["tokens"] = device.asking()["request"]["tokens"].clone();
        for (what, body) in [("another device", other.asking()), ("no signature", unsigned), ("a changed request", changed), ("another's signature", foreign)] {
            let answer = ask(&body);
            assert_eq!((answer.status, answer.problem().as_str()), (409, "not-enrolled"), "{what}");
        }
        assert_eq!(asked, [Side::Bench, Side::Bar].map(|side| trial.agents.asked(side)), "no agent was bothered");
        assert!(content(trial, &["session"]) == before);
        assert_eq!(ask(&device.asking()).status, 200, "control");
    }

    fn other_raters_invitations_are_not_found(trial) {
        let city = City::inviting(trial, 2, 3, &cases());
        for number in [lawyer(0), lawyer(1), lawyer(2), judge(0)] {
            city.enrol(&number);
        }
        let mine = enrolled(&city, &lawyer(0));
        let theirs = enrolled(&city, &lawyer(1));
        let (nobody, judges) = (city.device(&lawyer(2), 1), enrolled(&city, &judge(0)));
        assert!(matches!(nobody.enrol(), Ok(Standing::Enrolled(_))));
        let served = trial.serve();
        // Their invitations under the asker's own name, nym and signature.
        let posing = |asker: &Device<'_>, tokens: &TokenRequest| {
            let request = TokenRequest { tokens: tokens.tokens.clone(), rater: asker.person.number.clone(), ..tokens.clone() };
            json!({"request": request, "signature": asker.sign(&request)})
        };
        let mut unknown = theirs.request();
        unknown.tokens[0].invitation = InvitationId("00000000-0000-4000-8000-000000000000".into());
        let client = served.signed_in(&lawyer(0));
        let expected = client.post("/api/token-requests", &posing(&mine, &unknown));
        assert_eq!((expected.status, expected.problem().as_str()), (404, "not-found"));
        for (what, asker) in [("of the same side", &mine), ("nobody asked", &nobody), ("of the other side", &judges)] {
            let answer = served.signed_in(&asker.person.number).post("/api/token-requests", &posing(asker, &theirs.request()));
            assert_eq!((answer.status, &answer.text), (404, &expected.text), "{what}");
        }
        assert_eq!(client.post("/api/token-requests", &theirs.asking()).text, expected.text, "under the other's name");
        let mut elsewhere = mine.request();
        elsewhere.id = bench_box();
        assert_eq!(client.post("/api/token-requests", &posing(&mine, &elsewhere)).text, expected.text, "in the other box");
        let recusal = format!("/api/invitations/{}/recusal", theirs.invitation(0));
        assert_eq!(client.post(&recusal, &json!({"reason": "relative"})).text, expected.text, "nor declined");
        assert!(states(trial).iter().all(|state| state == "waiting"));
        assert!(table(trial, "agent_request").rows.is_empty());
    }

    fn declined_and_capped_invitations_and_those_nobody_agreed_to_get_no_tokens(trial) {
        let city = City::found(trial, |charter| {
            city::lenient(charter);
            charter.caps.bar = 2;
        });
        city::import(&trial.site, &city::roster(2, 2), false);
        city::import(&trial.site, &city::docket(&cases()), false);
        city.open_period(&city.plan("2026", PeriodKind::Regular));
        let invited = invite::invite(&trial.site, &bar_box()).expect("invited");
        assert_eq!((invited.new, invited.capped), (8, 4));
        city.register();
        let ask = |device: &Device<'_>, request: &TokenRequest| {
            issue::tokens(&trial.site, &device.person.id, request, &device.sign(request))
        };
        // One side has agreed and the other not yet.
        trial.agents.send_away(Side::Bench);
        eligibility::propose(&trial.site, &bar_box()).expect("proposed");
        courier::deliver(&trial.site).expect("as far as it goes");
        let device = enrolled(&city, &lawyer(0));
        assert_eq!(device.cases.len(), 2, "the capped ones are not even shown");
        assert!(device.cases.iter().all(|case| !case.listed));
        let whole = device.request();
        assert_eq!(refusal(ask(&device, &whole)), Refusal::NotFound, "not agreed to by both");
        trial.agents.bring_back(Side::Bench);
        deliver(&trial.site);
        assert!(city.device(&lawyer(0), 1).cases.iter().all(|case| case.listed));

        let declined = device.invitation(0);
        issue::recuse(&trial.site, &device.person.id, declined, RecusalReason::Relative).expect("declined");
        let again = issue::recuse(&trial.site, &device.person.id, declined, RecusalReason::Other);
        assert_eq!(refusal(again), Refusal::Stale);
        assert_eq!(refusal(ask(&device, &whole)), Refusal::NotFound, "with a declined one in the list nothing is answered");

        let invitations = table(trial, "invitation");
        let rows = invitations.rows.iter().zip(invitations.column("state")).zip(invitations.column("rater"));
        let mut capped = rows.filter(|((_, state), rater)| *state == "capped" && *rater == device.person.id.as_str());
        let capped = InvitationId(capped.next().expect("a capped one").0.0[0].clone());
        let mut beyond = TokenRequest { tokens: whole.tokens[1..].to_vec(), ..whole.clone() };
        beyond.tokens[0].invitation = capped;
        assert_eq!(refusal(ask(&device, &beyond)), Refusal::NotFound);
        let left = TokenRequest { tokens: whole.tokens[1..].to_vec(), ..whole };
        assert_eq!(refused(&ask(&device, &left).expect("the one left")), [None, None]);
        let late = issue::recuse(&trial.site, &device.person.id, device.invitation(1), RecusalReason::Other);
        assert_eq!(refusal(late), Refusal::Stale, "nothing is declined after its tokens are out");
    }

    fn of_fifty_requests_from_two_devices_one_device_wins(trial) {
        let city = City::inviting(trial, 2, 2, &cases());
        let devices = [city.device(&lawyer(0), 1), city.device(&lawyer(0), 2)];
        let other = trial.second_instance();
        let start = Barrier::new(50);
        let outcomes: Vec<(usize, Option<Answers>)> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..50)
                .map(|n| {
                    let (device, site) = (&devices[n % 2], if n % 4 < 2 { &trial.site } else { &other });
                    let start = &start;
                    scope.spawn(move || {
                        start.wait();
                        let _ = device.enrol();
                        (n % 2, device.ask_at(site).ok())
                    })
                })
                .collect();
            threads.into_iter().map(|thread| thread.join().expect("no panic")).collect()
        });
        let standing = devices.each_ref().map(|device| device.enrol().expect("an answer"));
        let winner = standing.iter().position(|one| matches!(one, Standing::Enrolled(_))).expect("one is enrolled");
        assert_eq!(standing[1 - winner], Standing::Refused("enrolled-elsewhere".to_owned()));
        let first = devices[winner].ask().expect("answered");
        for (device, answers) in outcomes {
            match answers {
                Some(answers) if device == winner => assert_eq!(elements(&answers), elements(&first)),
                Some(answers) => assert_eq!(refused(&answers).map(|code| code.is_some()), [true, true], "{answers:?}"),
                None => (),
            }
        }
        devices[winner].unblind(&first);
        assert_eq!(refusal(devices[1 - winner].ask()), Refusal::NotEnrolled);
    }

    fn of_two_sets_of_tokens_under_one_request_key_at_most_one_is_answered_by_both(trial) {
        let city = City::inviting(trial, 2, 2, &cases());
        let (honest, other) = (enrolled(&city, &lawyer(0)), city.device(&lawyer(0), 2));
        // A rater who wants two votes has the device sign for a second seed too.
        let requests = [honest.request(), other.request()];
        let start = Barrier::new(20);
        let outcomes: Vec<(usize, Answers)> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..20)
                .map(|n| {
                    let (start, request, honest) = (&start, &requests[n % 2], &honest);
                    scope.spawn(move || {
                        start.wait();
                        let signature = honest.sign(request);
                        (n % 2, issue::tokens(&trial.site, &honest.person.id, request, &signature).expect("asked"))
                    })
                })
                .collect();
            threads.into_iter().map(|thread| thread.join().expect("no panic")).collect()
        });
        let whole = |set: usize| outcomes.iter().any(|(n, answers)| *n == set && refused(answers) == [None, None]);
        assert!(!(whole(0) && whole(1)), "two votes for one rater");
        for side in [0, 1] {
            let won = |set: usize| outcomes.iter().any(|(n, answers)| *n == set && refused(answers)[side].is_none());
            assert!(won(0) != won(1), "an agent answers one set and no other");
        }
    }

    fn nothing_is_answered_after_the_last_day_or_after_the_box(trial) {
        let city = City::inviting(trial, 2, 2, &cases());
        let (first, second) = (city.device(&lawyer(0), 1), enrolled(&city, &lawyer(1)));
        first.fetch();
        trial.clock.set(jiff::civil::date(2026, 12, 1));
        assert_eq!(refusal(second.ask()), Refusal::BoxState, "the last day has passed");
        trial.clock.set(jiff::civil::date(2026, 11, 30));
        second.ask().expect("the last day");
        hand_over(&trial.site, &bar_box(), &[first.seal(0, 1, 4, 1)]);
        city::close(&trial.site, &bar_box()).expect("closed");
        assert_eq!(refusal(second.ask()), Refusal::BoxState);
        assert!(issue::desk(&trial.site, &second.person.id).expect("a desk").is_none());
        // An agent that has heard of the close answers nobody, whatever the platform says.
        deliver(&trial.site);
        let asked = asked(&second.request(), &second, &second);
        for side in [Side::Bench, Side::Bar] {
            assert_eq!(direct(trial, side, &bar_box(), asked.clone()), Some(AgentRefusal::BoxClosed));
        }
    }

    fn a_tag_for_one_box_is_none_for_the_other(trial) {
        let city = City::inviting(trial, 2, 2, &cases());
        let (lawyer, judge) = (city.device(&lawyer(0), 1), city.device(&judge(0), 1));
        lawyer.mint();
        judge.mint();
        // The lawyer's stamp in the box of the judges: the signature holds, the tags do not.
        let cast = hengping_domain::cast::Cast::sign(
            bench_box(), &lawyer.seed.stamp_key(lawyer.invitation(0)), lawyer.pair(0).0, 1, judge.seal(0, 1, 4, 1).envelope,
        );
        hand_over(&trial.site, &bench_box(), std::slice::from_ref(&cast));
        let published = hengping::flow::batch::published(&trial.site, &bench_box()).expect("a log");
        assert_eq!((published.leaves.len(), published.refused.len()), (0, 2), "refused by both");
    }

    fn an_agent_that_is_away_answers_later_and_nothing_of_the_request_stays(trial) {
        let city = City::inviting(trial, 2, 2, &cases());
        city.enrol(&lawyer(0));
        let device = enrolled(&city, &lawyer(0));
        let served = trial.serve();
        let client = served.signed_in(&lawyer(0));
        let ask = || client.post("/api/token-requests", &device.asking());
        let before = content(trial, &["session", "invitation"]);
        trial.agents.send_away(Side::Bar);
        for _ in 0..2 {
            let shown = ask().json();
            assert!(shown["bench"].is_object() && shown["bar"].is_null(), "{shown}");
        }
        assert_eq!(table(trial, "agent_request").column("side"), ["bar"], "only what was not answered is kept, once");
        assert!(states(trial).iter().all(|state| state == "waiting"), "half the tags are no token");
        trial.agents.bring_back(Side::Bar);
        deliver(&trial.site);
        let asked = trial.agents.asked(Side::Bar);
        let answer = ask();
        let answers: Answers = serde_json::from_str(&answer.text).expect("both sides' answers");
        device.unblind(&answers);
        assert_eq!(trial.agents.asked(Side::Bar), asked, "the answer lay here");
        assert!(content(trial, &["session", "invitation"]) == before, "and is gone with the rater who fetched it");
        assert_eq!(states(trial).iter().filter(|state| *state == "issued").count(), 4);
    }

    fn a_request_that_is_refused_later_does_not_stay_either(trial) {
        let city = City::inviting(trial, 2, 2, &cases());
        let device = enrolled(&city, &lawyer(0));
        let mut crafted = device.request();
        device.unblind(&device.ask().expect("asked"));
        crafted.nym = city.device(&lawyer(0), 2).request().nym;
        let ask = || issue::tokens(&trial.site, &device.person.id, &crafted, &device.sign(&crafted)).expect("asked");
        let before = content(trial, &[]);
        trial.agents.send_away(Side::Bench);
        let half = ask();
        assert!(half.bench.is_none() && half.bar.is_some());
        trial.agents.bring_back(Side::Bench);
        deliver(&trial.site);
        assert_eq!(refused(&ask()), [Some(AgentRefusal::IssuedElsewhere); 2]);
        assert!(content(trial, &[]) == before);
    }

    fn the_platform_alone_gets_no_tag(trial) {
        let city = City::inviting(trial, 2, 2, &cases());
        // It knows the list and may ask what it likes; it has its own key, and every certificate that was ever given.
        let (victim, other) = (city.device(&lawyer(0), 1), enrolled(&city, &lawyer(1)));
        let own = ed25519_dalek::SigningKey::from_bytes(&[9; 32]);
        let forged = Said::Enrolled { rater: lawyer(0), request_key: Bytes(own.verifying_key().to_bytes()) };
        let forged = Statement { v: 1, id: bar_box(), side: Side::Bar, said: forged };
        let request = victim.request();
        let by_itself = request.sign(&own).expect("signed");
        let refusals = |asked: Asked| [Side::Bench, Side::Bar].map(|side| direct(trial, side, &bar_box(), asked.clone()));
        let never = [Some(AgentRefusal::NotEnrolled); 2];
        for (what, key) in [("its own word", crate::agents::platform_key()), ("a key it made", own)] {
            let certificate = Box::new(forged.clone().sign(&key).expect("signed"));
            let asked = Asked::Tokens { request: request.clone(), signature: by_itself, certificate };
            assert_eq!(refusals(asked), never, "{what}");
        }
        // Another's certificate and signature, for whom a list grants other invitations.
        let mut posing = TokenRequest { rater: lawyer(1), ..victim.request() };
        assert_eq!(refusals(asked(&posing, &other, &other)), [Some(AgentRefusal::NotEligible); 2]);
        posing.rater = lawyer(0);
        assert_eq!(refusals(asked(&posing, &other, &other)), never);
        assert!(matches!(victim.enrol(), Ok(Standing::Enrolled(_))));
        let swapped = TokenRequest { nym: other.request().nym, ..victim.request() };
        assert_eq!(refusals(asked(&swapped, &victim, &other)), never, "a certificate that was seen, and a changed request");
        assert_eq!(refusals(asked(&victim.request(), &victim, &victim)), [None, None], "control");
    }

    fn a_request_of_the_most_tokens_fits(trial) {
        let city = City::inviting(trial, 2, 2, &cases());
        city.enrol(&lawyer(0));
        let device = enrolled(&city, &lawyer(0));
        let mut request = device.request();
        let more = request.tokens[0].clone();
        for n in request.tokens.len()..MOST_TOKENS {
            let invitation = InvitationId(format!("00000000-0000-4000-8000-{n:012}"));
            request.tokens.push(hengping_domain::request::BlindedToken { invitation, ..more.clone() });
        }
        let body = json!({"request": request, "signature": device.sign(&request)});
        let answer = trial.serve().signed_in(&lawyer(0)).post("/api/token-requests", &body);
        // Nobody has so many here, so they are not found; what matters is that they are looked for.
        assert_eq!((answer.status, answer.problem().as_str()), (404, "not-found"));
    }
}

/// A token request signed by one device under the certificate of another's enrolment.
fn asked(request: &TokenRequest, certified: &Device<'_>, signing: &Device<'_>) -> Asked {
    let site = &certified.city.trial.site;
    let standing = site
        .store
        .read("test", |conn| hengping::flow::enrol::standing(conn, &certified.id, &certified.person.id))
        .expect("a look");
    let Standing::Enrolled(certificate) = standing else { panic!("{standing:?}") };
    Asked::Tokens { request: request.clone(), signature: signing.sign(request), certificate }
}

/// What an agent refuses when it is asked past every rule of the platform.
fn direct(trial: &Trial, side: Side, id: &hengping_domain::ids::BoxId, asked: Asked) -> Option<AgentRefusal> {
    let (_, request) = courier::signed(&trial.site, id, asked).expect("signed");
    match trial.agents.ask(side, &request).expect("reached").expect("answered").statement.said {
        Said::Refused { code, .. } => Some(code),
        _ => None,
    }
}
