//! Which casts count: of each stamp the highest number, whatever came between, and none is lost without a word.
//!
//! What a device may post at all is the relay's to say and tested there.

use hengping::flow::close::{self, TooFew};
use hengping::flow::{Refusal, batch, export, unseal};
use hengping_domain::envelope::{ENVELOPE_LEN, Envelope};
use hengping_domain::ids::Side;
use hengping_domain::layer::{POSTED_LEN, Posted};
use hengping_domain::lock::SUITE;
use hengping_domain::log;
use hengping_domain::manifest::PeriodKind;
use hengping_domain::mix::write_list;
use hengping_domain::token::counted_hash;
use rand::SeedableRng as _;
use rand::rngs::StdRng;

use crate::city::{self, Case, City, Device, bar_box, bench_box, deliver, hand_in, hand_over, lawyer, refusal};
use crate::dump::{content, dump, holds_items, table};
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

on_both_backends! {
    fn whatever_order_numbers_arrive_in_the_highest_stays(trial) {
        let city = City::inviting(trial, 2, 2, &cases());
        let device = device(&city, &lawyer(0));
        let casts: Vec<_> = (1..=8).map(|seq| device.seal(0, seq, 4, u64::from(seq))).collect();
        let other = device.seal(1, 1, 2, 99);
        hand_over(&trial.site, &bar_box(), std::slice::from_ref(&other));
        for seq in [3, 1, 5, 4, 5, 8, 2, 7] {
            hand_over(&trial.site, &bar_box(), &[casts[seq - 1].clone()]);
        }
        let published = batch::published(&trial.site, &bar_box()).expect("a log");
        let upwards = [&other, &casts[2], &casts[4], &casts[7]].map(|cast| cast.leaf());
        assert_eq!(published.leaves, upwards, "a number that is used, or lower, never comes in");
        let mut refused: Vec<_> = [1, 4, 2, 7].iter().map(|seq| casts[seq - 1].leaf()).collect();
        refused.sort();
        for side in [Side::Bench, Side::Bar] {
            let of_side = published.refused.iter().filter(|(_, by)| *by == side).map(|(leaf, _)| *leaf);
            assert_eq!(of_side.collect::<Vec<_>>(), refused, "both agents say so");
        }
        city::close(&trial.site, &bar_box()).expect("closed");
        city::close(&trial.site, &bench_box()).expect("closed");
        let list = write_list(&unseal::posted(&trial.site, &bar_box()).expect("a list"));
        let mut expected = [&casts[7].envelope, &other.envelope].map(|item| (item.hash(), item.as_bytes().to_vec()));
        expected.sort();
        assert_eq!(list, [expected[0].1.clone(), expected[1].1.clone()].concat(), "of each stamp the last goes on");
    }

    fn a_replacement_after_a_batch_counts_at_the_opening(trial) {
        let city = City::inviting(trial, 2, 2, &cases());
        let (first, second) = (city.device(&lawyer(0), 1), city.device(&lawyer(1), 1));
        let mut casts = Vec::new();
        for device in [&first, &second] {
            device.fetch();
            casts.extend((0..2).map(|case| device.seal(case, 1, 1, case as u64)));
        }
        assert_eq!(hand_over(&trial.site, &bar_box(), &casts).size, 4);
        // The number 1 of this stamp is in the box, so other bytes under it come to nothing.
        hand_over(&trial.site, &bar_box(), &[first.seal(0, 1, 5, 8)]);
        hand_over(&trial.site, &bar_box(), &[first.seal(0, 2, 5, 9)]);
        hand_over(&trial.site, &bar_box(), &[second.seal(1, 4, 3, 9)]);
        city::close(&trial.site, &bar_box()).expect("closed");

        let opened = city.open(&bar_box());
        assert_eq!((opened.counts.taken, opened.counts.valid, opened.counts.duplicate), (4, 4, 0));
        let level_of = |device: &Device<'_>, case: usize| {
            let slip = device.pair(case).1;
            let held = opened.ballots.iter().find(|counted| counted.ballot.slip == slip).expect("counted");
            let levels: Vec<_> = held.ballot.answers.values().copied().collect();
            assert!(levels.windows(2).all(|two| two[0] == two[1]));
            assert!(opened.counted.contains(&counted_hash(&slip.nonce)), "its rater finds it in the counted list");
            (held.ballot.seq, levels[0].expect("a level"))
        };
        assert_eq!(level_of(&first, 0), (2, 5));
        assert_eq!(level_of(&first, 1), (1, 1));
        assert_eq!(level_of(&second, 0), (1, 1));
        assert_eq!(level_of(&second, 1), (4, 3));
        let published = batch::published(&trial.site, &bar_box()).expect("a log");
        assert_eq!((published.leaves.len(), published.batches.len(), published.pending), (6, 4, false));
        assert_eq!(published.root, log::root(&published.leaves));
        assert!(table(trial, "pending").rows.is_empty());
    }

    fn what_opens_to_nonsense_is_invalid_and_never_lost(trial) {
        let city = City::inviting(trial, 2, 2, &[cases(), vec![Case::new(3, 0, &[0], &[1])]].concat());
        let (honest, crafty) = (device(&city, &lawyer(0)), device(&city, &lawyer(1)));
        let id = bar_box();
        // Right size and suite, but nobody's keys made it: the bench's shuffle turns it away.
        let posted = Posted::from_bytes([SUITE.as_slice(), &[7; POSTED_LEN - 4]].concat()).expect("by its looks");
        // The same one layer further in: both shuffles pass it on, and neither lock opens.
        let inner = Envelope::from_bytes([SUITE.as_slice(), &[7; ENVELOPE_LEN - 4]].concat()).expect("by its looks");
        let inner = city.wrap(&id, &inner, &mut StdRng::seed_from_u64(5));
        // Both stamps of one device over ballots with one slip: it counts once. And a ballot about somebody else.
        let again = city.seal(&id, &crafty.ballot(0, 2, 5), 3);
        let mut about = crafty.ballot(2, 1, 5);
        about.ratee = honest.person.ratee.clone();
        let casts = [
            honest.seal(0, 1, 4, 1),
            honest.stamped(1, 1, posted),
            honest.stamped(2, 1, inner),
            crafty.seal(0, 1, 2, 2),
            crafty.stamped(1, 1, again),
            crafty.stamped(2, 1, city.seal(&id, &about, 4)),
        ];
        hand_over(&trial.site, &id, &casts);
        city::close(&trial.site, &id).expect("closed");
        let opened = city.open(&id);
        let counts = opened.counts;
        assert_eq!((counts.taken, counts.refused, counts.invalid, counts.duplicate, counts.valid), (6, 1, 2, 1, 2));
        assert_eq!(counts.taken, counts.refused + counts.invalid + counts.duplicate + counts.valid);
        let mut counted = [honest.pair(0).1, crafty.pair(0).1].map(|slip| counted_hash(&slip.nonce));
        counted.sort();
        assert_eq!(opened.counted, counted);
        let of_crafty = opened.ballots.iter().find(|one| one.ballot.slip == crafty.pair(0).1).expect("counted");
        assert_eq!(of_crafty.ballot.seq, 2, "the one cast last");
    }

    fn too_few_ballots_are_destroyed_unopened(trial) {
        let city = City::found(trial, |charter| {
            city::lenient(charter);
            charter.batch.open = 3;
        });
        city::import(&trial.site, &city::roster(2, 2), false);
        city::import(&trial.site, &city::docket(&cases()), false);
        city.open_period(&city.plan("2026", PeriodKind::Regular));
        city.invite();
        let device = device(&city, &lawyer(0));
        let casts: Vec<_> = (0..2).map(|case| device.seal(case, 1, 4, 1)).collect();
        hand_over(&trial.site, &bar_box(), &casts);
        assert!(holds_items(trial, &casts), "control");
        let before = content(trial, &[]);
        let asked = close::close(&trial.site, &bar_box(), TooFew::Refuse, None);
        assert_eq!(refusal(asked), Refusal::TooFewBallots, "nothing is destroyed that nobody asked to destroy");
        assert!(content(trial, &[]) == before);
        let state = city::close(&trial.site, &bar_box()).expect("closed");
        assert_eq!(state.as_str(), "destroyed");
        deliver(&trial.site);
        let held = dump(trial);
        assert!(held["sealed"].rows.is_empty() && held["pending"].rows.is_empty());
        assert!(!holds_items(trial, &casts), "no item is left anywhere");
        let log = batch::published(&trial.site, &bar_box()).expect("a log");
        assert_eq!(log.leaves.len(), 2, "what was cast is still published, by its hash");
        assert_eq!(log.state.as_str(), "destroyed", "and a rater who looks for it is told");
        let dir = tempfile::tempdir().expect("a directory");
        assert_eq!(refusal(export::export(&trial.site, &bar_box(), dir.path())), Refusal::BoxState);
        assert_eq!(refusal(unseal::posted(&trial.site, &bar_box())), Refusal::BoxState);
        assert_eq!(refusal(city::close(&trial.site, &bar_box())), Refusal::BoxState);
        assert_eq!(refusal(hand_in(&trial.site, &bar_box(), &[device.seal(0, 2, 4, 1)])), Refusal::BoxState);
    }

    fn a_box_is_told_of_its_close_on_both_sides_and_counted(trial) {
        let city = City::inviting(trial, 2, 2, &cases());
        let (one, other) = (city.device(&lawyer(0), 1), city.device(&lawyer(1), 1));
        one.fetch();
        other.fetch();
        hand_over(&trial.site, &bar_box(), &[one.seal(0, 1, 4, 1), other.seal(0, 1, 4, 2)]);
        let view = || hengping::flow::boxes::find(&trial.site, &bar_box()).expect("a box");
        assert_eq!((view().eligible, view().issued, view().sealed), ((4, 1), None, 2), "counts of tokens wait for the close");
        city::close(&trial.site, &bar_box()).expect("closed");
        assert_eq!(view().issued, None, "and for both agents");
        deliver(&trial.site);
        let issued = view().issued.expect("both say the same");
        assert_eq!((issued.stamps, issued.slips, issued.nyms), (4, 4, 2));
        assert!(view().invited >= issued.stamps && issued.stamps >= view().sealed);
    }
}
