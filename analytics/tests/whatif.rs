//! What-if: exact where it says so, an honest gap where not, and nothing but released numbers outside.

use hengping_analytics::bundle::Bundle;
use hengping_analytics::gate::{Audience, Flag, Judged, Released, Row, Scope, candidates, gate, item_report};
use hengping_analytics::mixed::Refused;
use hengping_analytics::report::report;
use hengping_analytics::score::score;
use hengping_analytics::whatif::{Solved, Unusable, WhatIf, own};

use crate::city::{City, plant};
use crate::gate::{charter, context};
use crate::report::complete;

fn city() -> Bundle {
    plant(&City { ballots: 3000, ..City::default() }).bundle
}

/// A tenth of the answers is missing, and some ballots answered only half of the form.
#[test]
fn at_the_rubrics_weights_the_dot_product_is_the_published_score() {
    let mut bundle = city();
    let weights = [1.0, 2.0, 1.5, 1.0];
    bundle.items.iter_mut().zip(weights).for_each(|(item, w)| item.weight = w);
    let solved = Solved::new(&bundle).unwrap();
    let scores = score(&bundle).unwrap();
    // Only ratios of weights matter.
    let values = solved.scores(&weights.map(|w| 7.0 * w)).unwrap();
    for (ratee, value) in solved.ratees().iter().zip(values) {
        let published = scores.persons[ratee].score.value;
        assert!((value - published).abs() < 1e-6, "{ratee}: {value} {published}");
    }
}

#[test]
fn with_complete_ballots_every_item_alone_is_exact() {
    let bundle = complete();
    let solved = Solved::new(&bundle).unwrap();
    let scores = score(&bundle).unwrap();
    for k in 0..4 {
        let mut weights = [0.0; 4];
        weights[k] = 1.0;
        for (ratee, value) in solved.ratees().iter().zip(solved.scores(&weights).unwrap()) {
            let direct = scores.persons[ratee].items[&format!("i{k}")].value;
            assert!((value - direct).abs() < 1e-8, "{ratee}: {value} {direct}");
        }
    }
}

#[test]
fn the_gap_to_a_refit_is_small_and_told() {
    let (whole, holes) = (complete(), city());
    for weights in [[3.0, 1.0, 1.0, 1.0], [1.0, 1.0, 1.0, 0.0]] {
        let gap = |bundle: &Bundle| Solved::new(bundle).unwrap().gap(bundle, &weights).unwrap();
        let (exact, rough) = (gap(&whole), gap(&holes));
        println!("{weights:?}: complete {exact:?}, with missing items {rough:?}");
        assert!(exact.typical < 0.01 && rough.typical < 0.03, "{exact:?} {rough:?}");
        assert!(rough.typical > 0.0 && rough.largest >= rough.typical);
    }
    // Control: not moving the weights at all is a worse answer than the linear one.
    let solved = Solved::new(&holes).unwrap();
    let stay = solved.scores(&[1.0; 4]).unwrap();
    let moved = solved.scores(&[0.0, 0.0, 0.0, 1.0]).unwrap();
    let still = stay.iter().zip(&moved).map(|(a, b)| (a - b).powi(2)).sum::<f64>() / stay.len() as f64;
    let gap = solved.gap(&holes, &[0.0, 0.0, 0.0, 1.0]).unwrap();
    println!("one item alone: {gap:?}, unmoved {:.3}", still.sqrt());
    assert!(gap.typical < 0.5 * still.sqrt());
}

/// One move of a slider for 2,000 ratees and eight items is 16,000 multiplications: far below the
/// hundred milliseconds a hand notices, on any machine.
#[test]
fn a_move_costs_ratees_times_items() {
    let bundle = city();
    let solved = Solved::new(&bundle).unwrap();
    assert_eq!(solved.cost(), 40 * 4);
    assert_eq!(solved.scores(&[1.0; 4]).unwrap().len(), 40);
}

#[test]
fn solved_items_do_not_depend_on_row_order() {
    let bundle = city();
    let mut turned = bundle.clone();
    turned.ballots.reverse();
    turned.ballots.rotate_left(77);
    assert_eq!(Solved::new(&bundle).unwrap(), Solved::new(&turned).unwrap());
}

#[test]
fn weights_that_are_none_are_refused() {
    let solved = Solved::new(&city()).unwrap();
    assert_eq!(solved.scores(&[1.0; 3]), Err(Unusable::Length));
    assert_eq!(solved.scores(&[1.0, -1.0, 1.0, 1.0]), Err(Unusable::Negative));
    assert_eq!(solved.scores(&[f64::NAN, 1.0, 1.0, 1.0]), Err(Unusable::Negative));
    assert_eq!(solved.scores(&[0.0; 4]), Err(Unusable::Nothing));
    let empty = Bundle { ballots: vec![], ..city() };
    assert_eq!(solved.gap(&empty, &[1.0; 4]), Err(Unusable::Refit(Refused::Empty)));
}

#[test]
fn negotiators_see_from_released_numbers_what_a_refit_would_find() {
    let bundle = complete();
    let printed = item_report(&report(&bundle).unwrap(), &context()).unwrap();
    let what = WhatIf::new(&printed).unwrap();
    assert_eq!(what.items().collect::<Vec<_>>(), ["i0", "i1", "i2", "i3"]);
    for weights in [[1.0; 4], [3.0, 1.0, 1.0, 1.0], [1.0, 1.0, 0.0, 0.0]] {
        let mut other = bundle.clone();
        let kept: Vec<usize> = (0..4).filter(|&k| weights[k] > 0.0).collect();
        other.items = kept.iter().map(|&k| bundle.items[k].clone()).collect();
        other.items.iter_mut().zip(&kept).for_each(|(item, &k)| item.weight = weights[k]);
        other.ballots.iter_mut().for_each(|b| b.answers = kept.iter().map(|&k| b.answers[k]).collect());
        let refit = score(&other).unwrap().parameters;
        let outcome = what.at(&weights).unwrap();
        let ratee = refit.variances["ratee"] + refit.variances["court"];
        println!("{weights:?}: {outcome:?}, refit {ratee:.4} {:.4} {:.4}", refit.variances["rater"], refit.residual);
        assert!((outcome.variances.ratee - ratee).abs() <= outcome.rounding + 0.1 * ratee);
        assert!((outcome.variances.rater - refit.variances["rater"]).abs() <= outcome.rounding + 0.01);
        assert!((outcome.variances.residual - refit.residual).abs() <= outcome.rounding + 0.02);
        assert!(outcome.ballots[0] < outcome.ballots[1]);
        assert!(outcome.agreement.unwrap() > 0.9);
        assert!(outcome.level.is_some());
    }
    // At the rubric's weights nothing changes.
    assert!((what.at(&[1.0; 4]).unwrap().agreement.unwrap() - 1.0).abs() < 1e-12);
    // Fewer questions are noisier.
    let noise = |w: [f64; 4]| what.at(&w).unwrap().variances.residual;
    assert!(noise([1.0, 0.0, 0.0, 0.0]) > noise([1.0; 4]) + 0.1);
    assert_eq!(what.at(&[1.0; 5]), Err(Unusable::Length));
}

fn rows(bundle: &Bundle) -> Vec<Released<Row>> {
    let scores = score(bundle).unwrap();
    gate(&candidates(bundle, Some(&scores), None, &charter()), &context()).iter().filter_map(Judged::released).collect()
}

#[test]
fn a_ratee_moves_weights_over_own_released_items_only() {
    let rows = rows(&city());
    let items = ["i0", "i1", "i2", "i3"];
    let item = |r: &Row, id: &str| r.key.measure.word() == format!("item:{id}") && r.key.audience == Audience::Own;
    let subject =
        rows.iter().map(Released::get).find(|r| item(r, "i0") && r.flags.is_empty()).unwrap().key.subject.clone();
    let one = own(&rows, &subject, Audience::Own, &items, &[1.0, 0.0, 0.0, 0.0]).unwrap().unwrap();
    let printed = rows.iter().map(Released::get).find(|r| r.key.subject == subject && item(r, "i0")).unwrap();
    assert_eq!((one.value, Some(one.interval)), (printed.values.value, printed.values.interval));
    let all = own(&rows, &subject, Audience::Own, &items, &[1.0; 4]).unwrap();
    assert!(all.is_some_and(|own| own.interval[0] <= own.value && own.value <= own.interval[1]));
    // Nothing of it is public, and no other name helps.
    assert_eq!(own(&rows, &subject, Audience::Public, &items, &[1.0; 4]), Ok(None));
    assert_eq!(own(&rows, "city", Audience::Own, &items, &[1.0; 4]), Ok(None));
    assert_eq!(own(&rows, &subject, Audience::Own, &["i0", "unknown"], &[1.0; 2]), Ok(None));
    assert_eq!(own(&rows, &subject, Audience::Own, &items, &[1.0; 2]), Err(Unusable::Length));
}

#[test]
fn a_bound_among_the_items_makes_a_bound() {
    let mut bundle = city();
    for ballot in &mut bundle.ballots {
        ballot.answers[0] = Some(hengping_analytics::bundle::Answer::Level(5 - u8::from(ballot.nym.ends_with("77"))));
    }
    let rows = rows(&bundle);
    let mut own_items = rows.iter().map(Released::get).filter(|r| {
        r.key.scope == Scope::Person && r.key.audience == Audience::Own && r.key.measure.word() == "item:i0"
    });
    let bound = own_items.find(|r| r.flags.contains(&Flag::AtLeast)).unwrap();
    let got = own(&rows, &bound.key.subject, Audience::Own, &["i0"], &[1.0]).unwrap().unwrap();
    assert_eq!(got.bound, Some(Flag::AtLeast));
}
