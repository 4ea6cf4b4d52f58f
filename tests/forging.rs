//! Stamps that nobody was given: the platform alone, either side alone, and whoever saw one mint nothing that gets in.
//!
//! Every batch here is signed by the relay, every cast by the key of its own stamp; only the tags are made up. In each lies
//! one honest cast as a control.

use hengping::flow::batch;
use hengping::flow::courier::{self, Carrier as _};
use hengping_attack::Proof;
use hengping_domain::cast::Cast;
use hengping_domain::digest::{Bytes, Digest};
use hengping_domain::ids::{BoxId, InvitationId, Side};
use hengping_domain::request::{Asked, Presented};
use hengping_domain::statement::Said;
use hengping_domain::token::{Seed, StampInfo, Token};
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};

use crate::city::{Case, City, bar_box, bench_box, hand_over, lawyer};
use crate::on_both_backends;
use crate::story::{backend, junk};

/// Forged stamps of each kind; 1,000 in all.
const EACH: usize = 125;

on_both_backends! {
    fn nobody_alone_mints_a_stamp_that_gets_in(trial) {
        let city = City::inviting(trial, 2, 2, &[Case::new(1, 0, &[0], &[1])]);
        let honest = city.device(&lawyer(0), 1);
        honest.fetch();
        let (id, info) = (bar_box(), StampInfo(&bar_box()).to_string());
        let issuers = city.issuers(&id);
        let seen = honest.pair(0).0;
        let mut rng = StdRng::seed_from_u64(11);
        let random = |rng: &mut StdRng| {
            let mut tag = [0; 64];
            rng.fill_bytes(&mut tag);
            Bytes(tag)
        };
        let other_info = StampInfo(&bench_box()).to_string();
        let old: BoxId = "2025.bar_rates_bench".parse().expect("a box");
        let old_info = StampInfo(&old).to_string();
        let both = [Side::Bar, Side::Bench].as_slice();
        // What each could put beside a nonce of its own, and which agents must find it out.
        type Forge<'f> = Box<dyn Fn(&Bytes<32>, &mut StdRng) -> Token + 'f>;
        let bench = |nonce: &Bytes<32>, info: &str| issuers.bench.tag(nonce, info).expect("a tag");
        let bar = |nonce: &Bytes<32>, info: &str| issuers.bar.tag(nonce, info).expect("a tag");
        let kinds: [(&str, &[Side], Forge<'_>); 8] = [
            ("the platform, by chance", both, Box::new(|n, rng| Token { nonce: *n, bench: random(rng), bar: random(rng) })),
            ("the platform, with tags it saw", both, Box::new(|n, _| Token { nonce: *n, ..seen })),
            ("the bench, by chance", &[Side::Bar], Box::new(|n, rng| Token { nonce: *n, bench: bench(n, &info), bar: random(rng) })),
            ("the bench, with its own tag twice", &[Side::Bar], Box::new(|n, _| Token { nonce: *n, bench: bench(n, &info), bar: bench(n, &info) })),
            ("the bench, with a tag it saw", &[Side::Bar], Box::new(|n, _| Token { nonce: *n, bench: bench(n, &info), bar: seen.bar })),
            ("the bar, with its own tag twice", &[Side::Bench], Box::new(|n, _| Token { nonce: *n, bench: bar(n, &info), bar: bar(n, &info) })),
            ("both, for the other box", both, Box::new(|n, _| Token { nonce: *n, bench: bench(n, &other_info), bar: bar(n, &other_info) })),
            ("both, for another period", both, Box::new(|n, _| Token { nonce: *n, bench: bench(n, &old_info), bar: bar(n, &old_info) })),
        ];
        let mut refused = Vec::new();
        for (n, (what, by, forge)) in kinds.iter().enumerate() {
            let seed = Seed(Bytes(Digest::of(&[what.as_bytes()]).0));
            let mut casts: Vec<_> = (0..EACH)
                .map(|n| {
                    let key = seed.stamp_key(&InvitationId(n.to_string()));
                    let stamp = forge(&key.nonce(), &mut rng);
                    Cast::sign(id.clone(), &key, stamp, 1, junk(&mut rng))
                })
                .collect();
            refused.extend(casts.iter().flat_map(|cast| by.iter().map(|side| (cast.leaf(), *side))));
            let good = honest.stamped(0, u32::try_from(n).expect("few") + 1, junk(&mut rng));
            casts.push(good.clone());
            assert_eq!(hand_over(&trial.site, &id, &casts).size as usize, EACH + 1, "{what}");
            let published = batch::published(&trial.site, &id).expect("a log");
            assert_eq!(published.leaves.len(), n + 1, "{what}: none of {EACH}");
            assert_eq!(published.leaves[n], good.leaf(), "{what}: control");
        }
        refused.sort_by_key(|(leaf, side)| (*leaf, side.as_str()));
        let published = batch::published(&trial.site, &id).expect("a log");
        Proof {
            name: format!("4 {}: stamps made by the platform or one side that got in", backend(trial)),
            tries: (EACH * kinds.len()) as u64,
            found: published.leaves.len() as f64 - kinds.len() as f64,
            limit: 0.0,
            control: published.leaves.len() as f64,
            control_at_least: kinds.len() as f64,
        }
        .hold();
        assert!(published.refused == refused, "each is published with the side that found it out, and no other");
    }

    fn a_stamp_that_was_seen_carries_nothing_but_its_own_cast(trial) {
        let city = City::inviting(trial, 2, 2, &[Case::new(1, 0, &[0], &[1])]);
        let honest = city.device(&lawyer(0), 1);
        honest.fetch();
        let mine = honest.seal(0, 1, 4, 1);
        hand_over(&trial.site, &bar_box(), std::slice::from_ref(&mine));
        // The relay sees stamp, number, item and signature, and has no key of the stamp.
        let thief = Seed(Bytes([9; 32])).stamp_key(honest.invitation(0));
        let item = city.seal(&bar_box(), &honest.ballot(0, 2, 1), 2);
        let forged = Cast::sign(bar_box(), &thief, mine.stamp, 2, item.clone());
        let moved = Cast { seq: 2, ..mine.clone() };
        let swapped = Cast { envelope: item, ..mine.clone() };
        for (what, cast) in [("another key", forged), ("another number", moved), ("another item", swapped)] {
            let taken = crate::city::hand_in(&trial.site, &bar_box(), &[cast]);
            assert_eq!(crate::city::refusal(taken), hengping::flow::Refusal::BatchMalformed, "{what}");
        }
        // With the same nonce and signature but other tags it is the same leaf, which is in the box already.
        let retagged = Cast { stamp: Token { bar: Bytes([1; 64]), ..mine.stamp }, ..mine.clone() };
        hand_over(&trial.site, &bar_box(), &[retagged]);
        let published = batch::published(&trial.site, &bar_box()).expect("a log");
        assert_eq!((published.leaves, published.pending), (vec![mine.leaf()], false));

        // The platform itself shows agents what it likes; over another item or number the holder's signature does not hold.
        let shown = |seq, envelope| Presented { seq, envelope, ..mine.presented() };
        let mut casts = vec![shown(2, Digest::of(&[b"junk"])), shown(8, mine.envelope.hash())];
        casts.sort_by_key(Presented::leaf);
        let leaves: Vec<_> = casts.iter().map(Presented::leaf).collect();
        let (_, request) = courier::signed(&trial.site, &bar_box(), Asked::Check { number: 2, casts }).expect("signed");
        for side in [Side::Bench, Side::Bar] {
            let said = trial.agents.ask(side, &request).expect("reached").expect("answered").statement.said;
            let Said::Checked { accepted, refused, .. } = said else { panic!("{side}: {said:?}") };
            assert_eq!((accepted, &refused), (0, &leaves), "{side}");
        }
    }
}
