//! Listing tokens: once per invitation, for whoever is invited, from one device's secret.

use std::collections::BTreeSet;
use std::sync::{Arc, Barrier};

use hengping::flow::{Failure, Refusal, Site, cast, issue};
use hengping::ports::SystemEntropy;
use hengping_domain::ids::InvitationId;
use hengping_domain::invitation::RecusalReason;
use hengping_domain::token;
use serde_json::json;

use crate::city::{self, Case, City, bar_box, bench_box, judge, lawyer, refusal};
use crate::dump::{content, table};
use crate::harness::Trial;
use crate::on_both_backends;

fn cases() -> Vec<Case> {
    (1..=4).map(|n| Case::new(n, n % 2, &[0], &[1])).collect()
}

/// The listed hashes of a kind.
fn listed(trial: &Trial, kind: &str) -> BTreeSet<String> {
    let table = table(trial, "listed_token");
    let rows = table.column("kind").into_iter().zip(table.column("hash"));
    rows.filter(|(held, _)| *held == kind).map(|(_, hash)| hash.to_owned()).collect()
}

on_both_backends! {
    fn the_same_hashes_again_are_fine_and_others_are_refused(trial) {
        let city = City::inviting(trial, 2, 2, &cases());
        city.enrol(&lawyer(0));
        let device = city.device(&lawyer(0), 1);
        let served = trial.serve();
        let client = served.signed_in(&lawyer(0));
        let first = client.post("/api/tokens", &device.tokens());
        assert_eq!((first.status, first.json()), (200, json!({"issued": 4})));
        let before = content(trial, &[]);
        let again = client.post("/api/tokens", &device.tokens());
        assert_eq!((again.status, again.json()), (200, json!({"issued": 0})));
        let other = client.post("/api/tokens", &city.device(&lawyer(0), 2).tokens());
        assert_eq!((other.status, other.problem().as_str()), (409, "issued-elsewhere"));
        let mut mixed = device.tokens();
        mixed["tokens"][3]["slip_hash"] = json!("0".repeat(64));
        assert_eq!(client.post("/api/tokens", &mixed).problem(), "issued-elsewhere");
        assert_eq!(content(trial, &[]), before, "none of it changed anything");
        let inbox = client.get("/api/invitations").json();
        assert!(inbox["items"].as_array().expect("a list").iter().all(|item| item["state"] == "issued"));
    }

    fn a_rater_has_one_nym_however_the_tokens_are_asked_for(trial) {
        let city = City::inviting(trial, 2, 2, &cases());
        let device = city.device(&lawyer(0), 1);
        let person = &device.person.id;
        let hashes = device.hashes();
        let second = city.device(&lawyer(0), 2);
        issue::issue(&trial.site, person, &bar_box(), device.nym(), &hashes[..2]).expect("listed");
        for (what, tokens) in [
            ("the rest of the cases", &second.hashes()[2..]),
            ("the same cases", &hashes[..2]),
            ("no case at all", &[]),
        ] {
            let outcome = issue::issue(&trial.site, person, &bar_box(), second.nym(), tokens);
            assert_eq!(refusal(outcome), Refusal::IssuedElsewhere, "{what}");
        }
        assert_eq!(listed(trial, "nym"), BTreeSet::from([device.nym().to_string()]));
        assert_eq!(issue::issue(&trial.site, person, &bar_box(), device.nym(), &hashes).expect("the rest"), 2);
    }

    fn asking_for_nothing_lists_nothing(trial) {
        let city = City::inviting(trial, 2, 2, &cases());
        let device = city.device(&lawyer(0), 1);
        assert_eq!(issue::issue(&trial.site, &device.person.id, &bar_box(), device.nym(), &[]).expect("nothing"), 0);
        assert_eq!(table(trial, "listed_token").rows.len(), 0);
        assert_eq!(city.device(&lawyer(0), 2).list().expect("the first that asks for a case"), 4);
    }

    fn one_hash_cannot_stand_for_two_invitations(trial) {
        let city = City::inviting(trial, 2, 2, &cases());
        let device = city.device(&lawyer(0), 1);
        let before = content(trial, &[]);
        for field in ["stamp", "slip"] {
            let mut hashes = device.hashes();
            match field {
                "stamp" => hashes[1].stamp = hashes[0].stamp,
                _ => hashes[1].slip = hashes[0].slip,
            }
            let outcome = issue::issue(&trial.site, &device.person.id, &bar_box(), device.nym(), &hashes);
            assert_eq!(refusal(outcome), Refusal::IssuedElsewhere, "{field}");
        }
        assert_eq!(content(trial, &[]), before);
    }

    fn other_raters_invitations_are_not_found(trial) {
        let city = City::inviting(trial, 2, 3, &cases());
        for number in [lawyer(0), lawyer(1), lawyer(2), judge(0)] {
            city.enrol(&number);
        }
        let theirs = city.device(&lawyer(1), 1).tokens();
        let mut unknown = theirs.clone();
        unknown["tokens"][0]["invitation"] = json!("00000000-0000-4000-8000-000000000000");
        let served = trial.serve();
        let client = served.signed_in(&lawyer(0));
        let expected = client.post("/api/tokens", &unknown);
        assert_eq!((expected.status, expected.problem().as_str()), (404, "not-found"));
        for (what, asker) in [("of the same side", lawyer(0)), ("nobody asked", lawyer(2)), ("of the other side", judge(0))] {
            let answer = served.signed_in(&asker).post("/api/tokens", &theirs);
            assert_eq!((answer.status, &answer.text), (404, &expected.text), "{what}");
        }
        let mut elsewhere = city.device(&lawyer(0), 1).tokens();
        elsewhere["box"] = json!(bench_box());
        assert_eq!(client.post("/api/tokens", &elsewhere).text, expected.text, "in the other box");
        let recusal = format!("/api/invitations/{}/recusal", theirs["tokens"][0]["invitation"].as_str().expect("an id"));
        assert_eq!(client.post(&recusal, &json!({"reason": "relative"})).text, expected.text, "nor declined");
        assert_eq!(table(trial, "listed_token").rows.len(), 0);
    }

    fn declined_and_capped_invitations_get_no_tokens(trial) {
        let city = City::found(trial, |charter| {
            city::lenient(charter);
            charter.caps.bar = 2;
        });
        city::import(&trial.site, &city::roster(2, 2), false);
        city::import(&trial.site, &city::docket(&cases()), false);
        city.open_period(&city.plan("2026", hengping_domain::manifest::PeriodKind::Regular));
        let invited = hengping::flow::invite::invite(&trial.site, &bar_box()).expect("invited");
        assert_eq!((invited.new, invited.capped), (8, 4));
        let device = city.device(&lawyer(0), 1);
        assert_eq!(device.cases.len(), 2, "the capped ones are not even shown");

        let declined = &device.cases[0].invitation.id;
        issue::recuse(&trial.site, &device.person.id, declined, RecusalReason::Relative).expect("declined");
        let again = issue::recuse(&trial.site, &device.person.id, declined, RecusalReason::Other);
        assert_eq!(refusal(again), Refusal::Stale);
        assert_eq!(refusal(device.list()), Refusal::NotFound, "with a declined one in the list nothing is listed");
        assert_eq!(table(trial, "listed_token").rows.len(), 0);

        let invitations = table(trial, "invitation");
        let of = |wanted: &str| {
            let rows = invitations.rows.iter().zip(invitations.column("state")).zip(invitations.column("rater"));
            let row = rows.filter(|((_, state), rater)| *state == wanted && *rater == device.person.id.as_str());
            row.map(|((row, _), _)| row[0].clone()).next().expect(wanted)
        };
        let capped = InvitationId(of("capped"));
        let mut hashes = device.hashes()[1..].to_vec();
        hashes[0].invitation = capped;
        let outcome = issue::issue(&trial.site, &device.person.id, &bar_box(), device.nym(), &hashes);
        assert_eq!(refusal(outcome), Refusal::NotFound);
        assert_eq!(issue::issue(&trial.site, &device.person.id, &bar_box(), device.nym(), &device.hashes()[1..]).expect("the one left"), 1);
        let issued = &device.cases[1].invitation.id;
        let late = issue::recuse(&trial.site, &device.person.id, issued, RecusalReason::Other);
        assert_eq!(refusal(late), Refusal::Stale, "nothing is declined after its tokens are out");
    }

    fn of_fifty_requests_from_two_devices_one_device_wins(trial) {
        let city = City::inviting(trial, 2, 2, &cases());
        let devices = [city.device(&lawyer(0), 1), city.device(&lawyer(0), 2)];
        let other = Site::open((*trial.site.config).clone(), trial.clock.clone(), Arc::new(SystemEntropy)).expect("opens");
        let start = Barrier::new(50);
        let outcomes: Vec<(usize, Result<u32, Failure>)> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..50)
                .map(|n| {
                    let (device, site) = (&devices[n % 2], if n % 4 < 2 { &trial.site } else { &other });
                    let start = &start;
                    scope.spawn(move || {
                        start.wait();
                        (n % 2, device.list_at(site))
                    })
                })
                .collect();
            threads.into_iter().map(|thread| thread.join().expect("no panic")).collect()
        });
        let winner = outcomes.iter().find(|(_, outcome)| *outcome == Ok(4)).expect("somebody was first").0;
        let mut new = 0;
        for (device, outcome) in outcomes {
            if device == winner {
                new += outcome.expect("the winner's requests are all fine");
            } else {
                assert_eq!(refusal(outcome), Refusal::IssuedElsewhere);
            }
        }
        assert_eq!(new, 4, "each invitation was issued once");
        let stamp = |h: &issue::TokenHashes| h.stamp.to_string();
        assert_eq!(listed(trial, "stamp"), devices[winner].hashes().iter().map(stamp).collect());
        assert_eq!(listed(trial, "slip"), devices[winner].hashes().iter().map(|h| h.slip.to_string()).collect());
        assert_eq!(listed(trial, "nym"), BTreeSet::from([devices[winner].nym().to_string()]));
    }

    fn nothing_is_listed_before_a_period_or_after_its_box(trial) {
        let city = City::inviting(trial, 2, 2, &cases());
        let (first, second) = (city.device(&lawyer(0), 1), city.device(&lawyer(1), 1));
        first.list().expect("listed");
        trial.clock.set(jiff::civil::date(2026, 12, 1));
        assert_eq!(refusal(second.list()), Refusal::BoxState, "the last day has passed");
        trial.clock.set(jiff::civil::date(2026, 11, 23));
        cast::cast(&trial.site, &first.seal(0, 1, 4, 1)).expect("taken");
        city::close(&trial.site, &bar_box()).expect("closed");
        assert_eq!(refusal(second.list()), Refusal::BoxState);
        assert!(issue::desk(&trial.site, &second.person.id).expect("a desk").is_none());
    }

    fn a_stamp_listed_for_one_box_opens_no_other(trial) {
        let city = City::inviting(trial, 2, 2, &cases());
        let (lawyer, judge) = (city.device(&lawyer(0), 1), city.device(&judge(0), 1));
        lawyer.list().expect("listed");
        let mut hashes = judge.hashes();
        hashes[0].stamp = token::stamp_hash(&lawyer.seed.stamp_key(&lawyer.cases[0].invitation.id).stamp());
        let outcome = issue::issue(&trial.site, &judge.person.id, &bench_box(), judge.nym(), &hashes);
        assert_eq!(refusal(outcome), Refusal::IssuedElsewhere);
    }
}
