//! Hand-overs of the relay: taken once, whole or not at all, in no order but that of the leaves, and never lost on the way.

use std::sync::Barrier;

use hengping::flow::{Refusal, batch, courier};
use hengping_domain::cast::{Cast, sign_batch, write_batch};
use hengping_domain::digest::{Bytes, Digest};
use hengping_domain::ids::{BoxId, Role, Side};
use hengping_domain::log;
use jiff::civil::date;
use serde_json::json;

use crate::agents::relay_key;
use crate::city::{self, Case, City, Device, bar_box, bench_box, deliver, hand_in, hand_over, judge, lawyer, refusal};
use crate::dump::{content, table};
use crate::harness::{Answer, Client, Trial};
use crate::on_both_backends;

/// Two lawyers with two cases each before two judges.
fn cases() -> Vec<Case> {
    vec![Case::new(1, 0, &[0], &[1]), Case::new(2, 1, &[1], &[0])]
}

fn device<'c>(city: &'c City<'_>, number: &str) -> Device<'c> {
    let device = city.device(number, 1);
    device.mint();
    device
}

/// Four casts of two lawyers.
fn four(city: &City<'_>) -> Vec<Cast> {
    let devices = [device(city, &lawyer(0)), device(city, &lawyer(1))];
    let seal = |(n, one): (usize, &Device<'_>)| [0, 1].map(|case| one.seal(case, 1, 4, (2 * n + case) as u64));
    devices.iter().enumerate().flat_map(seal).collect()
}

/// Posts bytes as the relay does, signed for a box with any key.
fn post(client: &Client, id: &BoxId, body: &[u8], signature: &str) -> Answer {
    let client = client.with("Content-Type", "application/octet-stream").with("hengping-signature", signature);
    client.send_bytes("POST", &format!("/api/boxes/{id}/batches"), body.to_vec())
}

fn posted(client: &Client, id: &BoxId, body: &[u8]) -> Answer {
    post(client, id, body, &sign_batch(id, body, &relay_key()).to_string())
}

fn leaves(trial: &Trial) -> Vec<Digest> {
    batch::published(&trial.site, &bar_box()).expect("a log").leaves
}

fn sorted(casts: &[Cast]) -> Vec<Digest> {
    let mut leaves: Vec<_> = casts.iter().map(Cast::leaf).collect();
    leaves.sort();
    leaves
}

on_both_backends! {
    fn the_same_hand_over_again_gets_the_same_answer_and_changes_nothing(trial) {
        let city = City::inviting(trial, 2, 2, &cases());
        let casts = four(&city);
        let body = write_batch(&casts);
        let served = trial.serve();
        let client = served.client();
        let first = posted(&client, &bar_box(), &body);
        assert_eq!((first.status, first.json()), (200, json!({"batch": 1, "taken": 4})), "{}", first.text);
        let again = |when: &str| {
            let before = content(trial, &[]);
            assert_eq!(posted(&client, &bar_box(), &body).text, first.text, "{when}");
            assert!(content(trial, &[]) == before, "{when}");
        };
        again("before the agents were asked");
        deliver(&trial.site);
        again("in the box");
        let published = batch::published(&trial.site, &bar_box()).expect("a log");
        assert_eq!((published.leaves.as_slice(), published.pending), (sorted(&casts).as_slice(), false));
        assert_eq!(published.root, log::root(&published.leaves));
        assert!(published.checkpoint.is_some() && published.refused.is_empty());
        let more = device(&city, &lawyer(0)).seal(0, 2, 3, 9);
        assert_eq!(hand_over(&trial.site, &bar_box(), &[more]).number, 2);
        again("after another one");
        city::close(&trial.site, &bar_box()).expect("closed");
        deliver(&trial.site);
        again("after the box has closed: an answer that was lost is still given");
    }

    fn of_sixteen_at_once_each_body_is_taken_once(trial) {
        let city = City::inviting(trial, 2, 2, &cases());
        let device = device(&city, &lawyer(0));
        // Two bodies under one stamp and number: the platform takes both, and the agents will accept one.
        let bodies = [device.seal(0, 1, 4, 1), device.seal(0, 1, 2, 2)];
        let other = trial.second_instance();
        let start = Barrier::new(16);
        let mut taken: Vec<_> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..16)
                .map(|n| {
                    let (site, cast, start) = (if n % 4 < 2 { &trial.site } else { &other }, &bodies[n % 2], &start);
                    scope.spawn(move || {
                        start.wait();
                        (n % 2, hand_in(site, &bar_box(), std::slice::from_ref(cast)).expect("taken"))
                    })
                })
                .collect();
            threads.into_iter().map(|thread| thread.join().expect("no panic")).collect()
        });
        taken.sort_by_key(|(body, taken)| (*body, taken.number));
        taken.dedup();
        assert_eq!(taken.len(), 2, "every hand-over of a body got the same answer: {taken:?}");
        let mut numbers: Vec<_> = taken.iter().map(|(_, taken)| taken.number).collect();
        numbers.sort_unstable();
        assert_eq!(numbers, [1, 2]);
        deliver(&trial.site);
        let published = batch::published(&trial.site, &bar_box()).expect("a log");
        assert_eq!((published.leaves.len(), published.pending), (1, false), "one stamp, one number, one cast");
        let mut both: Vec<_> = published.leaves.iter().chain(published.refused.iter().map(|(leaf, _)| leaf)).collect();
        both.sort();
        both.dedup();
        assert_eq!(both, sorted(&bodies).iter().collect::<Vec<_>>(), "and the other one is published as refused");
    }

    fn what_is_no_batch_is_refused_whole_and_nothing_is_stored(trial) {
        let city = City::inviting(trial, 2, 2, &cases());
        let casts = four(&city);
        let good = write_batch(&casts);
        let device = device(&city, &lawyer(0));
        let item = || device.city.seal(&bar_box(), &device.ballot(0, 1, 4), 77);
        let count = |n: u32, casts: &[&Cast]| {
            let bodies = casts.iter().flat_map(|cast| cast.to_bytes());
            n.to_be_bytes().into_iter().chain(bodies).collect::<Vec<u8>>()
        };
        let mut order: Vec<&Cast> = casts.iter().collect();
        order.sort_by_key(|cast| cast.leaf());
        let backwards: Vec<&Cast> = order.iter().rev().copied().collect();
        let with = |extra: Cast| write_batch(casts[2..].iter().chain([&extra]).collect::<Vec<_>>());
        let at = |place: usize, byte: u8| {
            let mut bytes = good.clone();
            bytes[place] ^= byte;
            bytes
        };
        let mut elsewhere = device.seal(0, 1, 4, 5);
        elsewhere = Cast::sign(bench_box(), &device.seed.stamp_key(device.invitation(0)), elsewhere.stamp, 1, elsewhere.envelope);
        let mut swapped = device.seal(0, 1, 4, 6);
        swapped.envelope = item();
        let mut renumbered = device.seal(0, 1, 4, 7);
        renumbered.seq = 2;
        let served = trial.serve();
        let client = served.client();
        let before = content(trial, &[]);
        for (what, body) in [
            ("nothing", Vec::new()),
            ("no casts", count(0, &[])),
            ("a count too high", count(5, &order)),
            ("a count too low", count(3, &order)),
            ("a byte short", good[..good.len() - 1].to_vec()),
            ("a byte long", [good.as_slice(), &[0]].concat()),
            ("in the order in which they came, not sorted", count(4, &backwards)),
            ("a cast twice", count(2, &[order[0], order[0]])),
            ("a stamp twice", write_batch(&[device.seal(0, 1, 4, 1), device.seal(0, 2, 4, 2)])),
            ("another suite", at(4 + 160 + 4 + 64 + 3, 1)),
            ("a bit of an item", at(good.len() - 1, 1)),
            ("a bit of a stamp's own key", at(5, 1)),
            ("a bit of a signature", at(4 + 160 + 4 + 5, 1)),
            ("a swapped item", with(swapped)),
            ("a number that was not signed", with(renumbered)),
            ("number 0", with(device.seal(0, 0, 4, 8))),
            ("number 9", with(device.seal(0, 9, 4, 9))),
            ("the highest number there is", with(device.seal(0, u32::MAX, 4, 10))),
            ("a cast of the other box", with(elsewhere)),
        ] {
            let answer = posted(&client, &bar_box(), &body);
            assert_eq!((answer.status, answer.problem().as_str()), (422, "batch-malformed"), "{what}");
        }
        assert!(content(trial, &[]) == before, "nothing of it was stored");
        assert_eq!(posted(&client, &bar_box(), &good).status, 200, "control");
    }

    fn only_the_relay_of_the_manifest_hands_over(trial) {
        let city = City::inviting(trial, 2, 2, &cases());
        city.enrol(&lawyer(0));
        let body = write_batch(&four(&city));
        let served = trial.serve();
        let client = served.client();
        let good = sign_batch(&bar_box(), &body, &relay_key()).to_string();
        let stranger = ed25519_dalek::SigningKey::from_bytes(&[9; 32]);
        let signed_in = served.signed_in(&lawyer(0));
        let before = content(trial, &[]);
        for (what, signature) in [
            ("another's key", sign_batch(&bar_box(), &body, &stranger).to_string()),
            ("the platform's own key", sign_batch(&bar_box(), &body, &crate::agents::platform_key()).to_string()),
            ("for the other box", sign_batch(&bench_box(), &body, &relay_key()).to_string()),
            ("over other bytes", sign_batch(&bar_box(), &body[1..], &relay_key()).to_string()),
            ("no signature", String::new()),
            ("a short one", good[1..].to_owned()),
        ] {
            let answer = post(&client, &bar_box(), &body, &signature);
            assert_eq!((answer.status, answer.problem().as_str()), (422, "signature-refused"), "{what}");
            // Nor is anything of a stranger's read: checking what casts hold costs more than sending them.
            let junk = post(&client, &bar_box(), &body[..body.len() - 1], &signature);
            assert_eq!((junk.status, junk.problem().as_str()), (422, "signature-refused"), "{what}");
        }
        for (what, client) in [
            ("a session", signed_in),
            ("any cookie", client.with("Cookie", "theme=dark")),
            ("a token", client.with("Authorization", "Bearer x.y.z")),
        ] {
            let answer = post(&client, &bar_box(), &body, &good);
            assert_eq!((answer.status, answer.problem().as_str()), (400, "box-with-session"), "{what}");
            assert_eq!(answer.cookie(), None, "{what}");
        }
        let unknown: BoxId = "1999.bar_rates_bench".parse().expect("a box");
        assert_eq!(posted(&client, &unknown, &body).problem(), "not-found");
        assert!(content(trial, &[]) == before, "nothing was stored");
        let answer = post(&client, &bar_box(), &body, &good);
        assert_eq!((answer.status, answer.cookie()), (200, None), "control");
    }

    fn a_closed_box_takes_no_new_batch(trial) {
        let city = City::inviting(trial, 2, 2, &cases());
        let (one, other) = (device(&city, &lawyer(0)), device(&city, &judge(0)));
        // The relay may still bring on the day after what was cast on the last one.
        trial.clock.set(date(2026, 12, 1));
        hand_over(&trial.site, &bar_box(), &[one.seal(0, 1, 4, 1)]);
        assert_eq!(city::close(&trial.site, &bench_box()).expect("closed").as_str(), "destroyed");
        assert_eq!(refusal(hand_in(&trial.site, &bench_box(), &[other.seal(0, 1, 4, 1)])), Refusal::BoxState);
        assert_eq!(city::close(&trial.site, &bar_box()).expect("closed").as_str(), "closed");
        let before = content(trial, &[]);
        let late = hand_in(&trial.site, &bar_box(), &[one.seal(1, 1, 4, 2)]);
        assert_eq!(refusal(late), Refusal::BoxState);
        assert!(content(trial, &[]) == before);
    }

    fn batches_wait_while_an_agent_is_away_and_go_in_when_it_is_back(trial) {
        let city = City::inviting(trial, 2, 2, &cases());
        trial.account("operator", &[(Role::Operator, None)]);
        let device = device(&city, &lawyer(0));
        let (first, second) = (device.seal(0, 1, 4, 1), device.seal(0, 2, 2, 2));
        let served = trial.serve();
        let log = || served.client().get(&format!("/api/boxes/{}/log", bar_box())).json();
        trial.agents.send_away(Side::Bar);
        hand_in(&trial.site, &bar_box(), std::slice::from_ref(&first)).expect("taken");
        let done = courier::deliver(&trial.site).expect("as far as it goes");
        assert_eq!((done.unreachable.as_slice(), done.answered), (&[Side::Bar][..], 1), "the bench has checked");
        hand_in(&trial.site, &bar_box(), std::slice::from_ref(&second)).expect("taken");
        courier::deliver(&trial.site).expect("as far as it goes");
        let shown = log();
        assert_eq!((&shown["pending"], &shown["state"], &shown["size"]), (&json!(true), &json!("open"), &json!(0)));
        assert_eq!((&shown["checkpoint"], &shown["batches"]), (&json!(null), &json!([])), "not how many wait");
        assert!(table(trial, "sealed").rows.is_empty(), "one side alone puts nothing into the box");
        let operator = served.signed_in("operator");
        let close = || operator.post(&format!("/api/boxes/{}/close", bar_box()), &json!({}));
        let refused = close();
        assert_eq!((refused.status, refused.problem().as_str()), (409, "batch-waiting"));

        trial.agents.bring_back(Side::Bar);
        deliver(&trial.site);
        let shown = log();
        assert_eq!((&shown["pending"], &shown["size"]), (&json!(false), &json!(2)));
        assert_eq!(leaves(trial), [first.leaf(), second.leaf()], "batch after batch");
        let sizes: Vec<_> = batch::published(&trial.site, &bar_box()).expect("a log").batches;
        assert_eq!(sizes.iter().map(|batch| (batch.number, batch.size)).collect::<Vec<_>>(), [(1, 1), (2, 1)]);
        assert_eq!(close().json(), json!({"state": "closed"}));
        deliver(&trial.site);
        assert_eq!(city.open(&bar_box()).counts.valid, 1);
    }

    fn the_log_holds_what_both_agents_cosigned_and_only_grows(trial) {
        let city = City::inviting(trial, 2, 2, &cases());
        let casts = four(&city);
        let keys = city.pinned(&bar_box()).manifest.each(|keys| keys.agent);
        let mut before = Vec::new();
        for part in casts.chunks(2) {
            hand_over(&trial.site, &bar_box(), part);
            let published = batch::published(&trial.site, &bar_box()).expect("a log");
            assert!(published.leaves.starts_with(&before), "an older log is the beginning of every later one");
            assert_eq!(published.leaves[before.len()..], sorted(part));
            let note = published.checkpoint.expect("a signed note");
            let state = hengping_domain::checkpoint::Checkpoint::read(&bar_box(), &keys, &note).expect("both signed");
            assert_eq!((state.size as usize, state.root), (published.leaves.len(), log::root(&published.leaves)));
            before = published.leaves;
        }
        let state: Vec<_> = table(trial, "checkpoint").column("size").into_iter().map(str::to_owned).collect();
        assert_eq!(state, ["2", "4"]);
    }

    fn a_batch_of_which_nothing_is_good_holds_nothing_up(trial) {
        let city = City::inviting(trial, 2, 2, &cases());
        let device = device(&city, &lawyer(0));
        let mut forged = device.pair(0).0;
        forged.bench = Bytes([7; 64]);
        let bad = device.stamped_with(forged, 0, 1, city.seal(&bar_box(), &device.ballot(0, 1, 1), 1));
        hand_over(&trial.site, &bar_box(), std::slice::from_ref(&bad));
        let published = batch::published(&trial.site, &bar_box()).expect("a log");
        assert_eq!((published.leaves.len(), published.pending, published.checkpoint), (0, false, None));
        assert_eq!(published.refused, [(bad.leaf(), Side::Bench)], "with the side that refused it, and only that one");
        let good = device.seal(1, 1, 4, 2);
        hand_over(&trial.site, &bar_box(), std::slice::from_ref(&good));
        assert_eq!(leaves(trial), [good.leaf()]);
        city::close(&trial.site, &bar_box()).expect("closed");
    }

    fn the_published_batches_add_up_to_the_log(trial) {
        let city = City::inviting(trial, 2, 2, &cases());
        let device = device(&city, &lawyer(0));
        let mut forged = device.pair(0).0;
        forged.bench = Bytes([7; 64]);
        let bad = device.stamped_with(forged, 0, 1, city.seal(&bar_box(), &device.ballot(0, 1, 1), 1));
        hand_over(&trial.site, &bar_box(), &[bad.clone(), device.seal(1, 1, 4, 2)]);
        hand_over(&trial.site, &bar_box(), &[device.seal(0, 2, 4, 3), device.seal(1, 2, 4, 4)]);
        let served = trial.serve();
        // What the page asks before it believes anything (`wellFormed` in web/src/shared/crypto/log.ts).
        let add_up = |when: &str| {
            let shown = served.client().get(&format!("/api/boxes/{}/log", bar_box())).json();
            let sizes: Vec<_> = shown["batches"].as_array().expect("batches").iter().map(|b| b["size"].clone()).collect();
            assert_eq!((sizes.as_slice(), &shown["size"]), (&[json!(1), json!(2)][..], &json!(3)), "{when}");
            assert_eq!(shown["refused"], json!([{"leaf": bad.leaf(), "side": "bench"}]), "{when}");
        };
        add_up("open");
        city::close(&trial.site, &bar_box()).expect("closed");
        trial.site.store.write("test", |conn| hengping::store::ballot_box::bury(conn, &bar_box())).expect("buried");
        add_up("without its envelopes");
    }

    fn a_leaf_that_was_refused_before_holds_nothing_up_when_it_comes_again(trial) {
        let city = City::inviting(trial, 2, 2, &cases());
        let device = device(&city, &lawyer(0));
        let mut forged = device.pair(0).0;
        (forged.bench, forged.bar) = (Bytes([7; 64]), Bytes([8; 64]));
        let bad = device.stamped_with(forged, 0, 1, city.seal(&bar_box(), &device.ballot(0, 1, 1), 1));
        for (n, good) in [device.seal(1, 1, 4, 2), device.seal(1, 2, 4, 3)].into_iter().enumerate() {
            hand_over(&trial.site, &bar_box(), &[bad.clone(), good.clone()]);
            assert_eq!(leaves(trial).len(), n + 1);
            assert!(leaves(trial).contains(&good.leaf()));
        }
        let published = batch::published(&trial.site, &bar_box()).expect("a log");
        assert_eq!(published.refused, [(bad.leaf(), Side::Bar), (bad.leaf(), Side::Bench)]);
        assert_eq!(city::close(&trial.site, &bar_box()).expect("closed").as_str(), "closed");
    }

    fn what_one_side_refused_holds_nothing_up_when_it_comes_under_a_higher_number(trial) {
        let city = City::inviting(trial, 2, 2, &cases());
        let device = device(&city, &lawyer(0));
        let item = city.seal(&bar_box(), &device.ballot(0, 1, 4), 1);
        // The bench marks it as spent, the bar refuses it.
        let mut half = device.pair(0).0;
        half.bar = Bytes([8; 64]);
        let first = device.stamped_with(half, 0, 1, item.clone());
        hand_over(&trial.site, &bar_box(), std::slice::from_ref(&first));
        let (second, other) = (device.stamped(0, 2, item), device.seal(1, 1, 4, 2));
        assert_eq!(first.leaf(), second.leaf());
        let taken = hand_over(&trial.site, &bar_box(), &[second, other.clone()]);
        assert_eq!((taken.number, taken.size), (2, 1), "what was refused is not asked about again");
        assert_eq!(leaves(trial), [other.leaf()]);
        let published = batch::published(&trial.site, &bar_box()).expect("a log");
        assert_eq!((published.refused, published.pending), (vec![(first.leaf(), Side::Bar)], false));
        assert_eq!(city::close(&trial.site, &bar_box()).expect("closed").as_str(), "closed");
    }

    fn the_same_item_under_a_higher_number_holds_nothing_up(trial) {
        let city = City::inviting(trial, 2, 2, &cases());
        let device = device(&city, &lawyer(0));
        // A number is no part of a leaf, so this is one leaf cast twice; any rater's device can do it.
        let item = city.seal(&bar_box(), &device.ballot(0, 1, 4), 1);
        let (first, second) = (device.stamped(0, 1, item.clone()), device.stamped(0, 2, item));
        assert_eq!(first.leaf(), second.leaf());
        hand_over(&trial.site, &bar_box(), std::slice::from_ref(&first));
        let other = device.seal(1, 1, 4, 2);
        hand_over(&trial.site, &bar_box(), &[second, other.clone()]);
        assert_eq!(leaves(trial), [first.leaf(), other.leaf()]);
        assert_eq!(city::close(&trial.site, &bar_box()).expect("closed").as_str(), "closed");
        assert_eq!(city.open(&bar_box()).counts.valid, 2);
    }

    fn what_a_device_repeats_in_another_box_is_in_nobodys_way(trial) {
        let city = City::inviting(trial, 2, 2, &cases());
        let device = device(&city, &lawyer(0));
        let first = device.seal(0, 1, 4, 1);
        hand_over(&trial.site, &bar_box(), std::slice::from_ref(&first));
        let repeat = || {
            let key = device.seed.stamp_key(device.invitation(0));
            Cast::sign(bench_box(), &key, first.stamp, 1, first.envelope.clone())
        };
        assert_eq!(repeat().leaf(), first.leaf());
        city::close(&trial.site, &bar_box()).expect("closed");
        trial.site.store.write("test", |conn| hengping::store::ballot_box::bury(conn, &bar_box())).expect("buried");
        assert_eq!(hand_over(&trial.site, &bench_box(), &[repeat()]).size, 0);
        let published = batch::published(&trial.site, &bench_box()).expect("a log");
        assert_eq!((published.leaves, published.refused, published.pending), (vec![], vec![], false));
    }

    fn a_cast_that_waits_already_holds_nothing_up_when_it_comes_again(trial) {
        let city = City::inviting(trial, 2, 2, &cases());
        let device = device(&city, &lawyer(0));
        let (first, other) = (device.seal(0, 1, 4, 1), device.seal(1, 1, 4, 2));
        trial.agents.send_away(Side::Bench);
        hand_in(&trial.site, &bar_box(), std::slice::from_ref(&first)).expect("taken");
        // A relay that lost its book brings it once more, with a new one beside it.
        hand_in(&trial.site, &bar_box(), &[first.clone(), other.clone()]).expect("what is new in it is taken");
        trial.agents.bring_back(Side::Bench);
        deliver(&trial.site);
        assert_eq!(leaves(trial), [first.leaf(), other.leaf()]);
    }
}
