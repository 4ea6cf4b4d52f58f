//! Casting: the same bytes get the same receipt, a higher number replaces, and everything else gets one answer.

use std::sync::Barrier;

use hengping::flow::close::{self, TooFew};
use hengping::flow::{Outcome, Refusal, Site, cast};
use hengping::ports::SystemEntropy;
use hengping::store::ballot_box;
use hengping_domain::digest::{Digest, encode_base64url};
use hengping_domain::envelope::Envelope;
use hengping_domain::token;
use jiff::civil::date;
use serde_json::{Value, json};
use std::sync::Arc;

use crate::city::{self, Case, City, bar_box, bench_box, lawyer, posted, refusal, stamped};
use crate::harness::{Answer, Client, Trial};
use crate::on_both_backends;

/// Two lawyers with two cases each before two judges.
fn cases() -> Vec<Case> {
    vec![Case::new(1, 0, &[0], &[1]), Case::new(2, 1, &[1], &[0])]
}

fn post(client: &Client, cast: &cast::Cast) -> Answer {
    client.post("/box", &posted(cast))
}

fn waiting(trial: &Trial) -> u32 {
    let count = |conn: &mut hengping::store::Connection| {
        Ok(ballot_box::waiting(conn, &bar_box())? + ballot_box::waiting(conn, &bench_box())?)
    };
    trial.site.store.read("test", count).expect("a count")
}

fn second_instance(trial: &Trial) -> Site {
    Site::open((*trial.site.config).clone(), trial.clock.clone(), Arc::new(SystemEntropy)).expect("a second instance")
}

on_both_backends! {
    fn the_same_bytes_get_the_same_receipt_and_a_higher_number_replaces(trial) {
        let city = City::inviting(trial, 2, 2, &cases());
        let device = city.device(&lawyer(0), 1);
        device.list().expect("listed");
        let served = trial.serve();
        let client = served.client();

        let first = device.seal(0, 1, 4, 1);
        let receipt = post(&client, &first);
        assert_eq!(receipt.status, 200, "{}", receipt.text);
        let leaf = hengping_domain::log::leaf(&first.stamp, first.envelope.hash());
        assert_eq!(receipt.json(), json!({"leaf": leaf, "box": bar_box(), "status": "stored"}));
        assert_eq!(post(&client, &first).text, receipt.text, "a retry changes nothing");

        let second = device.seal(0, 3, 2, 2);
        assert_eq!(post(&client, &second).status, 200, "a number may be left out");
        assert_eq!(waiting(trial), 1, "it took the first one's place");
        for (what, stale) in [
            ("the first again", &first),
            ("the number between", &device.seal(0, 2, 5, 3)),
            ("the same number over other bytes", &device.seal(0, 3, 5, 4)),
        ] {
            let answer = post(&client, stale);
            assert_eq!((answer.status, answer.problem().as_str()), (409, "cast-refused"), "{what}");
        }
        assert_eq!(post(&client, &second).status, 200, "what stands is still acknowledged");
        let log = client.get(&format!("/api/boxes/{}/log", bar_box())).json();
        assert_eq!((&log["size"], &log["batches"]), (&json!(0), &json!(0)), "what waits is not listed, nor counted");
        assert!(log.get("waiting").is_none());
    }

    fn whatever_does_not_fit_gets_the_same_answer(trial) {
        let city = City::inviting(trial, 2, 2, &cases());
        let device = city.device(&lawyer(0), 1);
        device.list().expect("listed");
        let other = city.device(&city::judge(0), 1);
        other.list().expect("listed");
        let served = trial.serve();
        let client = served.client();
        let sealed = device.seal(0, 1, 4, 1);
        assert_eq!(post(&client, &sealed).status, 200);

        // A box that takes nothing any more, for comparison.
        city::close(&trial.site, &bench_box()).expect("closed");
        let unknown = city.device(&lawyer(0), 9);
        let foreign = stamped(&device.seed, &device.cases[1], &bench_box(), 1, sealed.envelope.clone());
        let elsewhere = "1999.bar_rates_bench".parse().expect("a box");
        let mut nameless = posted(&device.seal(1, 1, 4, 2));
        nameless["box"] = json!("no box at all");
        let mut unsigned = posted(&device.seal(1, 1, 4, 3));
        unsigned["seq"] = json!(2);
        let swapped = json!({"envelope": encode_base64url(device.seal(1, 1, 1, 5).envelope.as_bytes())});
        let mut thief = posted(&device.seal(1, 1, 4, 4));
        thief["envelope"] = swapped["envelope"].clone();
        let refused: Vec<(&str, Value)> = vec![
            ("an unknown stamp", posted(&unknown.seal(0, 1, 4, 6))),
            ("a closed box", posted(&other.seal(0, 1, 4, 7))),
            ("a stamp of the other box", posted(&foreign)),
            ("a box that does not exist", posted(&stamped(&device.seed, &device.cases[1], &elsewhere, 1, sealed.envelope.clone()))),
            ("a name of no box", nameless),
            ("a signature over another number", unsigned),
            ("a swapped envelope", thief),
            ("number 0", posted(&device.seal(1, 0, 4, 8))),
            ("number 9", posted(&device.seal(1, 9, 4, 9))),
            ("the highest number there is", posted(&device.seal(1, u32::MAX, 4, 9))),
            ("other bytes under a used number", posted(&device.seal(0, 1, 5, 10))),
        ];
        let expected = client.post("/box", &refused[0].1);
        assert_eq!((expected.status, expected.problem().as_str()), (409, "cast-refused"));
        for (what, body) in &refused {
            let answer = client.post("/box", body);
            assert_eq!((answer.status, &answer.text), (409, &expected.text), "{what}");
            assert_eq!(answer.header("content-length"), expected.header("content-length"), "{what}");
        }
        assert_eq!(waiting(trial), 1, "nothing of it was stored");

        trial.clock.set(date(2026, 11, 30));
        assert_eq!(post(&client, &device.seal(1, 1, 4, 11)).status, 200, "the last day");
        trial.clock.set(date(2026, 12, 1));
        for late in [device.seal(1, 2, 4, 12), device.seal(1, 1, 4, 11)] {
            assert_eq!(post(&client, &late).text, expected.text, "a day late");
        }
    }

    fn eight_casts_are_taken_and_the_ninth_is_not(trial) {
        let city = City::inviting(trial, 2, 2, &cases());
        let device = city.device(&lawyer(0), 1);
        device.list().expect("listed");
        for seq in 1..=8 {
            cast::cast(&trial.site, &device.seal(0, seq, 4, u64::from(seq))).expect("taken");
        }
        for seq in [9, 10, 1 << 16] {
            assert_eq!(refusal(cast::cast(&trial.site, &device.seal(0, seq, 4, 20))), Refusal::CastRefused, "{seq}");
        }
        assert_eq!(cast::cast(&trial.site, &device.seal(0, 8, 4, 8)).expect("the same receipt"), {
            let last = device.seal(0, 8, 4, 8);
            hengping_domain::log::leaf(&last.stamp, last.envelope.hash())
        });
        assert_eq!(waiting(trial), 1);
    }

    fn of_64_at_once_under_one_stamp_exactly_one_is_taken(trial) {
        let city = City::inviting(trial, 2, 2, &cases());
        let device = city.device(&lawyer(0), 1);
        device.list().expect("listed");
        let other = second_instance(trial);
        let casts: Vec<_> = (0..64).map(|n| device.seal(0, 1, 1 + (n % 5) as u8, n)).collect();
        let start = Barrier::new(casts.len());
        let outcomes: Vec<Outcome<Digest>> = std::thread::scope(|scope| {
            let threads: Vec<_> = casts
                .iter()
                .enumerate()
                .map(|(n, one)| {
                    let (site, start) = (if n % 2 == 0 { &trial.site } else { &other }, &start);
                    scope.spawn(move || {
                        start.wait();
                        cast::cast(site, one)
                    })
                })
                .collect();
            threads.into_iter().map(|thread| thread.join().expect("no panic")).collect()
        });
        let taken: Vec<usize> = (0..casts.len()).filter(|&n| outcomes[n].is_ok()).collect();
        assert_eq!(taken.len(), 1, "{outcomes:?}");
        for (n, outcome) in outcomes.into_iter().enumerate().filter(|(n, _)| *n != taken[0]) {
            assert_eq!(refusal(outcome), Refusal::CastRefused, "{n}");
        }
        assert_eq!(waiting(trial), 1);
        cast::cast(&other, &casts[taken[0]]).expect("its retry gets the receipt, at the other instance too");
        assert_eq!(cast::batch(&trial.site, &bar_box(), 1).expect("a batch"), 1);
        let published = cast::published(&trial.site, &bar_box()).expect("a list");
        assert_eq!(published.leaves, [hengping_domain::log::leaf(&casts[taken[0]].stamp, casts[taken[0]].envelope.hash())]);
    }

    fn whatever_order_numbers_arrive_in_the_highest_stays(trial) {
        let city = City::inviting(trial, 2, 2, &cases());
        let device = city.device(&lawyer(0), 1);
        device.list().expect("listed");
        let casts: Vec<_> = (1..=8).map(|seq| device.seal(0, seq, 4, u64::from(seq))).collect();
        let start = Barrier::new(casts.len());
        std::thread::scope(|scope| {
            for one in &casts {
                let start = &start;
                scope.spawn(move || {
                    start.wait();
                    match cast::cast(&trial.site, one) {
                        Ok(_) => (),
                        Err(failure) => assert_eq!(refusal::<()>(Err(failure)), Refusal::CastRefused),
                    }
                });
            }
        });
        let stamp = token::stamp_hash(&casts[0].stamp);
        let held = trial.site.store.read("test", |conn| ballot_box::held(conn, stamp)).expect("held").expect("one");
        assert_eq!(held.seq, 8);
    }

    fn whoever_shows_who_they_are_is_refused(trial) {
        let city = City::inviting(trial, 2, 2, &cases());
        let device = city.device(&lawyer(0), 1);
        device.list().expect("listed");
        city.enrol(&lawyer(0));
        let served = trial.serve();
        let sealed = device.seal(0, 1, 4, 1);
        for (what, client) in [
            ("a session", served.signed_in(&lawyer(0))),
            ("any cookie", served.client().with("Cookie", "theme=dark")),
            ("an empty cookie", served.client().with("Cookie", "")),
            ("a token", served.client().with("Authorization", "Bearer x.y.z")),
            ("a password", served.client().with("Authorization", "Basic eDp5")),
        ] {
            let answer = post(&client, &sealed);
            assert_eq!((answer.status, answer.problem().as_str()), (400, "box-with-session"), "{what}");
            assert_eq!(answer.cookie(), None, "{what}");
        }
        assert_eq!(waiting(trial), 0);
        let answer = post(&served.client(), &sealed);
        assert_eq!((answer.status, answer.cookie()), (200, None));
    }

    fn what_is_no_envelope_is_422_and_nothing_is_stored(trial) {
        let city = City::inviting(trial, 2, 2, &cases());
        let device = city.device(&lawyer(0), 1);
        device.list().expect("listed");
        let served = trial.serve();
        let client = served.client();
        let good = posted(&device.seal(0, 1, 4, 1));
        let bytes = device.seal(0, 1, 4, 1).envelope.as_bytes().to_vec();
        let other_suite = [b"HPB2".as_slice(), &bytes[4..]].concat();
        let with = |field: &str, value: Value| {
            let mut body = good.clone();
            body[field] = value;
            body
        };
        for (what, body) in [
            ("a byte short", with("envelope", json!(encode_base64url(&bytes[1..])))),
            ("a byte long", with("envelope", json!(encode_base64url(&[bytes.clone(), vec![0]].concat())))),
            ("another suite", with("envelope", json!(encode_base64url(&other_suite)))),
            ("empty", with("envelope", json!(""))),
            ("not base64url", with("envelope", json!("=".repeat(5_958)))),
            ("a stamp that is short", with("stamp", json!("AAAA"))),
            ("a signature that is short", with("signature", json!("AAAA"))),
        ] {
            let answer = client.post("/box", &body);
            assert_eq!((answer.status, answer.problem().as_str()), (422, "envelope-malformed"), "{what}");
        }
        for (what, body) in [
            ("no envelope", json!({"box": bar_box()})),
            ("a negative number", with("seq", json!(-1))),
            ("a number beyond 32 bits", with("seq", json!(1_u64 << 40))),
            ("a field more", with("rater", json!("me"))),
            ("a long envelope", with("envelope", json!("A".repeat(9_000)))),
            ("a long name", with("box", json!("b".repeat(65)))),
        ] {
            let answer = client.post("/box", &body);
            assert_eq!((answer.status, answer.problem().as_str()), (400, "invalid-request"), "{what}");
        }
        assert_eq!(waiting(trial), 0);
        assert_eq!(client.post("/box", &good).status, 200);
    }

    fn a_replacement_after_a_batch_counts_at_the_opening(trial) {
        let city = City::inviting(trial, 2, 2, &cases());
        let (first, second) = (city.device(&lawyer(0), 1), city.device(&lawyer(1), 1));
        for device in [&first, &second] {
            device.list().expect("listed");
            for case in 0..2 {
                cast::cast(&trial.site, &device.seal(case, 1, 1, case as u64)).expect("taken");
            }
        }
        assert_eq!(cast::batch(&trial.site, &bar_box(), 5).expect("too few"), 0);
        assert_eq!(cast::batch(&trial.site, &bar_box(), 4).expect("a batch"), 4);
        assert_eq!(cast::batch(&trial.site, &bar_box(), 0).expect("nothing waits"), 0);

        // Before the batch the stamp's number was 1; afterwards the box still knows it.
        assert_eq!(refusal(cast::cast(&trial.site, &first.seal(0, 1, 5, 9))), Refusal::CastRefused);
        cast::cast(&trial.site, &first.seal(0, 1, 1, 0)).expect("the same bytes, in the box already");
        cast::cast(&trial.site, &first.seal(0, 2, 5, 9)).expect("replaced");
        cast::batch(&trial.site, &bar_box(), 1).expect("a batch");
        cast::cast(&trial.site, &second.seal(1, 4, 3, 9)).expect("replaced, and waits until close");
        city::close(&trial.site, &bar_box()).expect("closed");

        let opened = city.open(&bar_box());
        assert_eq!((opened.counts.taken, opened.counts.valid, opened.counts.duplicate), (4, 4, 0));
        let level_of = |device: &city::Device<'_>, case: usize| {
            let slip = device.ballot(case, 1, 1).slip;
            let held = opened.ballots.iter().find(|counted| counted.ballot.slip == slip).expect("counted");
            let levels: Vec<_> = held.ballot.answers.values().copied().collect();
            assert!(levels.windows(2).all(|two| two[0] == two[1]));
            (held.ballot.seq, levels[0].expect("a level"))
        };
        assert_eq!(level_of(&first, 0), (2, 5));
        assert_eq!(level_of(&first, 1), (1, 1));
        assert_eq!(level_of(&second, 0), (1, 1));
        assert_eq!(level_of(&second, 1), (4, 3));
        let published = cast::published(&trial.site, &bar_box()).expect("a list");
        assert_eq!((published.leaves.len(), published.batches, waiting(trial)), (6, 3, 0));
        assert_eq!(published.root, hengping_domain::log::root(&published.leaves));
    }

    fn what_opens_to_nonsense_is_invalid_and_never_lost(trial) {
        let city = City::inviting(trial, 2, 2, &cases());
        let (honest, crafty) = (city.device(&lawyer(0), 1), city.device(&lawyer(1), 1));
        for device in [&honest, &crafty] {
            device.list().expect("listed");
        }
        cast::cast(&trial.site, &honest.seal(0, 1, 4, 1)).expect("taken");
        // Right size and suite, but nobody's keys made it.
        let noise = [b"HPB1".as_slice(), &[7; hengping_domain::envelope::ENVELOPE_LEN - 4]].concat();
        let noise = Envelope::from_bytes(noise).expect("an envelope by its looks");
        cast::cast(&trial.site, &honest.stamped(1, 1, noise)).expect("the box cannot know");
        // Both stamps of one device over ballots with one slip: it counts once.
        cast::cast(&trial.site, &crafty.seal(0, 1, 2, 2)).expect("taken");
        let again = city.seal(&bar_box(), &crafty.ballot(0, 2, 5), 3);
        cast::cast(&trial.site, &crafty.stamped(1, 1, again)).expect("taken");
        city::close(&trial.site, &bar_box()).expect("closed");
        let opened = city.open(&bar_box());
        let counts = opened.counts;
        assert_eq!((counts.taken, counts.refused, counts.invalid, counts.duplicate, counts.valid), (4, 0, 1, 1, 2));
        assert_eq!(opened.counted.len(), 2);
    }

    fn too_few_ballots_are_destroyed_unopened(trial) {
        let city = City::found(trial, |charter| {
            city::lenient(charter);
            charter.batch.open = 3;
        });
        city::import(&trial.site, &city::roster(2, 2), false);
        city::import(&trial.site, &city::docket(&cases()), false);
        city.open_period(&city.plan("2026", hengping_domain::manifest::PeriodKind::Regular));
        hengping::flow::invite::invite(&trial.site, &bar_box()).expect("invited");
        let device = city.device(&lawyer(0), 1);
        device.list().expect("listed");
        for case in 0..2 {
            cast::cast(&trial.site, &device.seal(case, 1, 4, 1)).expect("taken");
        }
        let before = crate::dump::content(trial, &[]);
        let asked = close::close(&trial.site, &bar_box(), TooFew::Refuse, None);
        assert_eq!(refusal(asked), Refusal::TooFewBallots, "nothing is destroyed that nobody asked to destroy");
        assert!(crate::dump::content(trial, &[]) == before);
        let state = city::close(&trial.site, &bar_box()).expect("closed");
        assert_eq!(state.as_str(), "destroyed");
        let dump = crate::dump::dump(trial);
        assert!(dump["sealed"].rows.is_empty() && dump["spool"].rows.is_empty());
        let dir = tempfile::tempdir().expect("a directory");
        let exported = hengping::flow::export::export(&trial.site, &bar_box(), dir.path());
        assert_eq!(refusal(exported), Refusal::BoxState);
        assert_eq!(refusal(city::close(&trial.site, &bar_box())), Refusal::BoxState);
        assert_eq!(refusal(cast::cast(&trial.site, &device.seal(0, 2, 4, 1))), Refusal::CastRefused);
    }
}
