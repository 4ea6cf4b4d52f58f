//! What the gate lets out of the item report, on each side of each threshold.

use hengping_analytics::bundle::Answer;
use hengping_analytics::gate::{Bin, Context, Flag, ItemLine, band, item_report};
use hengping_analytics::report::{findings, report};

use super::{city, complete, released};
use crate::city::{City, plant};
use crate::gate::context;

#[test]
fn shares_sum_to_one_in_steps_and_counts_to_five() {
    let printed = released(&city());
    let report = printed.get();
    assert_eq!(report.ballots % 5, 0);
    // 3,000 ballots on 40 ratees.
    assert_eq!(report.reliability, band(report.variances.reliability(75), 0.1, 1));
    for line in &report.items {
        let numbers = line.numbers.as_ref().unwrap();
        let bins = numbers.bins.as_ref().unwrap();
        assert!((bins.iter().map(|bin| bin.share).sum::<f64>() - 1.0).abs() < 1e-9);
        for bin in bins {
            let units = bin.share / report.share_step;
            assert!((units - units.round()).abs() < 1e-9, "{bin:?}");
        }
        assert_eq!(numbers.answered % 5, 0);
        assert!((numbers.mean * 10.0 - (numbers.mean * 10.0).round()).abs() < 1e-9);
    }
    let json = serde_json::to_value(&printed).unwrap();
    assert!(json["items"][0]["bins"].is_array() && json["alpha"].is_number());
}

/// R7's promise for the report.
#[test]
fn one_ballot_moves_the_share_below_a_level_by_at_most_one_step() {
    let mut bundle =
        plant(&City { ballots: 400, lawyers: 60, judges: 8, courts: 1, outside: 0.0, home: 0.0, ..City::default() })
            .bundle;
    let before = released(&bundle);
    let step = before.get().share_step;
    for (b, level) in [(3, 1), (40, 5), (77, 1), (120, 5)] {
        let kept = bundle.ballots[b].answers.clone();
        bundle.ballots[b].answers.iter_mut().for_each(|a| *a = Some(Answer::Level(level)));
        let after = released(&bundle);
        for (one, other) in before.get().items.iter().zip(&after.get().items) {
            let bins = |line: &ItemLine| line.numbers.as_ref().unwrap().bins.clone().unwrap();
            let (one, other) = (bins(one), bins(other));
            // A bin may join its neighbour; edges that both have are compared.
            for edge in 1..=5_u8 {
                let below = |bins: &[Bin]| bins.iter().filter(|bin| bin.to <= edge).map(|bin| bin.share).sum::<f64>();
                if one.iter().any(|bin| bin.to == edge) && other.iter().any(|bin| bin.to == edge) {
                    assert!((below(&one) - below(&other)).abs() <= step + 1e-9, "{one:?} {other:?}");
                }
            }
        }
        bundle.ballots[b].answers = kept;
    }
}

#[test]
fn a_level_that_nearly_all_chose_is_told_as_a_bound() {
    let mut bundle = complete();
    for (b, ballot) in bundle.ballots.iter_mut().enumerate() {
        ballot.answers[0] = Some(Answer::Level(if b % 25 == 0 { 4 } else { 5 }));
    }
    let printed = released(&bundle);
    let numbers = printed.get().items[0].numbers.as_ref().unwrap();
    assert_eq!(numbers.bins, None);
    assert_eq!(numbers.ceiling, Some([0.9, 1.0]));
    let facts = findings(&printed);
    assert!(facts.iter().any(|f| f.code == "ceiling" && f.items == ["i0"] && f.numbers["at-least"] == 0.9));

    // All but one rater say five: the mean is a bound and the sd says nothing finer than its step.
    bundle.ballots.iter_mut().for_each(|b| b.answers[0] = Some(Answer::Level(5)));
    let numbers = released(&bundle).get().items[0].numbers.clone().unwrap();
    assert_eq!((numbers.mean_bound, numbers.rest, numbers.bins), (Some(Flag::AtLeast), None, None));
}

#[test]
fn an_item_that_few_answered_carries_no_number_and_neither_does_the_whole() {
    let mut bundle = complete();
    let mut nyms: Vec<String> = bundle.ballots.iter().map(|b| b.nym.clone()).collect();
    nyms.sort();
    nyms.dedup();
    let few = &nyms[..29];
    for ballot in bundle.ballots.iter_mut().filter(|b| !few.contains(&b.nym)) {
        ballot.answers[2] = Some(Answer::NotObserved);
    }
    let printed = released(&bundle);
    let report = printed.get();
    assert_eq!(report.items[2].numbers, None);
    assert!(report.items.iter().enumerate().all(|(k, line)| k == 2 || line.numbers.is_some()));
    assert_eq!((report.alpha, report.omega, report.eigenvalues.clone()), (None, None, None));
    assert!(report.layers.is_none() && report.links.is_none());
    assert!(report.correlation[2].iter().all(Option::is_none) && report.correlation[0][1].is_some());
    assert!(report.items[0].numbers.as_ref().unwrap().alpha_without.is_none());
    assert!(findings(&printed).iter().any(|f| f.code == "too-few-answers" && f.items == ["i2"]));

    // One more rater, and everything may leave.
    let next = &nyms[29];
    let mut more = bundle.clone();
    for ballot in more.ballots.iter_mut().filter(|b| b.nym == *next) {
        ballot.answers[2] = Some(Answer::Level(4));
    }
    assert!(released(&more).get().alpha.is_some());
}

#[test]
fn the_report_leaves_only_where_the_systems_score_does() {
    let report = report(&city()).unwrap();
    let closed = |change: &dyn Fn(&mut Context)| {
        let mut context = context();
        change(&mut context);
        item_report(&report, &context)
    };
    assert!(closed(&|_| ()).is_some());
    assert!(closed(&|c| c.both_closed = false).is_none());
    assert!(closed(&|c| c.response = Some(0.19)).is_none());
    assert!(closed(&|c| c.raters = 19).is_none());
    assert!(closed(&|c| c.charter.minimum.group = 100_000).is_none());
    assert!(closed(&|c| c.charter.reliability.half_width = 0.0).is_none());
    assert!(closed(&|c| c.pilot = true).unwrap().get().pilot);

    // Twenty-nine raters are one too few.
    let small = |lawyers: usize| {
        plant(&City { ballots: 600, lawyers, judges: 6, courts: 1, outside: 0.0, home: 0.0, ..City::default() }).bundle
    };
    let reports = [29, 30].map(|n| crate::report::report(&small(n)).unwrap());
    assert_eq!(reports.each_ref().map(|r| r.raters), [29, 30]);
    assert_eq!(reports.map(|r| item_report(&r, &context()).is_some()), [false, true]);
}
