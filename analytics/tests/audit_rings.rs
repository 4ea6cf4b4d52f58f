//! A planted ring: who is in it, whom it moves, and how much less it moves robust scores.

use std::collections::BTreeSet;

use hengping_analytics::audit::{Audits, audits_with_pairs};
use hengping_analytics::bundle::Bundle;
use hengping_analytics::score::Scores;
use rand::RngExt;

use crate::audit::{auc, both, shift};
use crate::city::{City, plant};
use crate::support::generator;

/// A quarter of one court's lawyers drag its best judge down and push its worst up.
struct Ring {
    /// The city before.
    clean: Bundle,
    bundle: Bundle,
    members: BTreeSet<String>,
    down: String,
    up: String,
}

fn ring(seed: u64) -> Ring {
    let mut planted = plant(&City { seed, judges: 60, lawyers: 1200, ballots: 6600, ..City::default() });
    let mut rng = generator(seed + 900);
    let nyms: BTreeSet<String> =
        planted.bundle.ballots.iter().filter(|b| b.home == "c00").map(|b| b.nym.clone()).collect();
    let members: BTreeSet<String> = nyms.into_iter().filter(|_| rng.random_bool(0.25)).collect();
    let mut judges: Vec<&String> =
        planted.bundle.ratees.iter().filter(|(_, facts)| facts.court == "c00").map(|(judge, _)| judge).collect();
    judges.sort_by(|a, b| planted.quality[*a].total_cmp(&planted.quality[*b]));
    let (up, down) = (judges[0].clone(), judges[judges.len() - 1].clone());
    let clean = planted.bundle.clone();
    for ballot in planted.bundle.ballots.iter_mut().filter(|b| members.contains(&b.nym)) {
        if ballot.ratee == down {
            shift(ballot, -4);
        } else if ballot.ratee == up {
            shift(ballot, 4);
        }
    }
    Ring { clean, bundle: planted.bundle, members, down, up }
}

impl Ring {
    fn targets(&self, ratee: &str) -> bool {
        ratee == self.down || ratee == self.up
    }
}

/// How far the one target stands above the other: plain, headline, Huber, Student.
fn gaps(ring: &Ring, scores: &Scores, audits: &Audits) -> [f64; 4] {
    let gap = |value: &dyn Fn(&str) -> f64| value(&ring.up) - value(&ring.down);
    let robust = |ratee: &str| audits.robust.persons.iter().find(|p| p.ratee == ratee).unwrap();
    [
        gap(&|r| scores.persons[r].score.raw.unwrap()),
        gap(&|r| scores.persons[r].score.value),
        gap(&|r| robust(r).huber),
        gap(&|r| robust(r).student),
    ]
}

#[test]
fn a_ring_moves_robust_scores_less_and_sends_its_targets_to_review() {
    let mut made = [0.0; 4];
    let (mut targets, mut sent, mut clean, mut others) = (0, 0, 0, 0);
    for seed in 0..6 {
        let ring = ring(seed);
        let (before, quiet) = both(&ring.clean);
        let (after, loud) = both(&ring.bundle);
        let pairs = gaps(&ring, &before, &quiet).into_iter().zip(gaps(&ring, &after, &loud));
        made.iter_mut().zip(pairs).for_each(|(sum, (before, after))| *sum += after - before);
        for person in &loud.robust.persons {
            let review = usize::from(loud.review.contains(&person.ratee));
            let (seen, count) =
                if ring.targets(&person.ratee) { (&mut sent, &mut targets) } else { (&mut clean, &mut others) };
            *seen += review;
            *count += 1;
        }
    }
    let [headline, huber, student] = [1, 2, 3].map(|k| 1.0 - made[k] / made[0]);
    println!(
        "targeted gap: plain {:.3}; less by headline {headline:.3}, Huber {huber:.3}, t {student:.3}",
        made[0] / 6.0
    );
    println!("review: {sent} of {targets} targets, {clean} of {others} others");
    assert!(huber >= 0.3 && student >= 0.5);
    assert!(headline < 0.15, "the control resists a ring by itself: {headline}");
    assert!(sent * 10 >= targets * 9 && clean * 50 <= others, "{sent} of {targets}, {clean} of {others}");
}

#[test]
fn a_ring_is_found_among_pairs_where_outfit_is_not_enough() {
    let (mut by_pair, mut by_far, mut by_rater) = (Vec::new(), Vec::new(), Vec::new());
    let (mut flagged, mut wrongly) = (0, 0);
    for seed in 0..4 {
        let ring = ring(seed);
        let (outcome, pairs) = audits_with_pairs(&ring.bundle).unwrap();
        for rater in &outcome.raters {
            by_rater.push((rater.outfit, ring.members.contains(&rater.nym)));
        }
        for pair in pairs {
            let is = ring.members.contains(&pair.rater) && ring.targets(&pair.ratee);
            by_pair.push((pair.odds, is));
            by_far.push((pair.mean.abs(), is));
        }
        for concert in outcome.concerts.iter().filter(|c| c.flagged) {
            let is = ring.targets(&concert.ratee);
            flagged += usize::from(is);
            wrongly += usize::from(!is);
        }
        assert!(outcome.pairs.iter().all(|p| p.odds > 0.0));
    }
    let (pair, far, rater) = (auc(&by_pair), auc(&by_far), auc(&by_rater));
    println!(
        "ring: AUC pairs {pair:.4}, size of the residual {far:.4}, outfit of raters {rater:.4}; {flagged} of 8 targets flagged, {wrongly} others"
    );
    assert!(pair >= 0.95, "{pair}");
    assert!(rater < pair - 0.03, "outfit is enough: {rater}");
    assert!(flagged == 8 && wrongly <= 2, "{flagged} {wrongly}");
}
