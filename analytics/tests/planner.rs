//! The planner: known answers, and expectations against simulated periods.

use hengping_analytics::planner::{Target, Variances, invitations};
use rand::RngExt;

use crate::support::generator;

/// lme4 on InstEval, `y ~ 1 + (1|s) + (1|d)` REML: theta and sigma.
fn inst_eval() -> Variances {
    let sigma = 1.177_785_911_7_f64;
    let of = |theta: f64| (theta * sigma).powi(2);
    Variances { ratee: of(0.444_220_428), rater: of(0.276_710_717), residual: sigma * sigma }
}

fn r17() -> Target {
    Target { reliability: 0.7, half_width: 0.6, raters: 1 }
}

#[test]
fn inst_eval_needs_thirteen_and_twenty_two_ballots() {
    let variances = inst_eval();
    assert!((variances.noise() / variances.ratee - 5.45).abs() < 0.01);
    assert_eq!(variances.ballots(0.7), Some(13));
    assert_eq!(variances.ballots(0.8), Some(22));
    // The number is the smallest: one fewer misses the target.
    for target in [0.5, 0.7, 0.8, 0.9] {
        let needed = variances.ballots(target).unwrap();
        assert!(variances.reliability(needed) >= target && variances.reliability(needed - 1) < target);
    }
}

#[test]
fn a_target_that_is_met_exactly_asks_for_no_more() {
    let even = Variances { ratee: 0.1, rater: 0.1, residual: 0.2 };
    // noise / s = 3, r / (1 - r) = 1.
    assert_eq!(even.ballots(0.5), Some(3));
    let table = even.table(&[0, 3, 12]);
    assert_eq!(table.iter().map(|row| row.reliability).collect::<Vec<_>>(), [0.0, 0.5, 0.8]);
    assert!((table[0].half_width - 1.959_963_984_540_054 * 0.1_f64.sqrt()).abs() < 1e-12);
    assert!(table[2].half_width < table[1].half_width);
}

#[test]
fn width_and_minimum_can_ask_for_more_than_reliability() {
    let variances = inst_eval();
    let narrow = Target { half_width: 0.3, ..r17() };
    let needed = variances.ballots_for(&narrow).unwrap();
    assert!(needed > 13);
    assert!(variances.half_width(needed) <= 0.3 && variances.half_width(needed - 1) > 0.3);
    assert_eq!(variances.ballots_for(&Target { raters: 40, ..r17() }), Some(40));
    assert_eq!(variances.ballots_for(&r17()), Some(13));
}

#[test]
fn ratees_that_do_not_differ_need_a_number_nobody_has() {
    let same = Variances { ratee: 0.0, rater: 0.1, residual: 0.5 };
    assert_eq!(same.ballots(0.7), None);
    assert_eq!(same.reliability(1000), 0.0);
    assert_eq!(same.reach(&r17(), &[100; 10], 0.5), None);
    for wrong in [0.0, 1.0, -0.5, f64::NAN] {
        assert_eq!(inst_eval().ballots(wrong), None);
    }
    assert_eq!(inst_eval().ballots_for(&Target { half_width: 0.0, ..r17() }), None);
}

#[test]
fn reach_is_what_simulated_periods_bring() {
    let variances = inst_eval();
    let invited: Vec<u32> = (0..60).map(|j| 10 + j).collect();
    let reach = variances.reach(&r17(), &invited, 0.45).unwrap();
    assert_eq!(reach.ballots, 13);
    let mut rng = generator(3);
    let (mut reached, periods) = (0_u32, 400);
    for _ in 0..periods {
        for &size in &invited {
            let answers = (0..size).filter(|_| rng.random_bool(0.45)).count();
            reached += u32::from(variances.reliability(answers as u32) >= 0.7);
        }
    }
    let share = f64::from(reached) / f64::from(periods * 60);
    assert!((reach.share - share).abs() < 0.01, "{} expected, {share} seen", reach.share);

    // The order of the ratees changes no bit; the ends of the response are exact.
    let mut turned = invited.clone();
    turned.reverse();
    assert_eq!(variances.reach(&r17(), &turned, 0.45), Some(reach));
    assert_eq!(variances.reach(&r17(), &invited, 0.0).map(|r| r.share), Some(0.0));
    assert_eq!(variances.reach(&r17(), &invited, 1.0).map(|r| r.share), Some(57.0 / 60.0));
    assert_eq!(variances.reach(&r17(), &invited, 1.2), None);
    assert_eq!(variances.reach(&r17(), &[], 0.45), None);
}

#[test]
fn invitations_are_the_fewest_that_suffice() {
    let needed = invitations(13, 0.45, 0.8).unwrap();
    let variances = inst_eval();
    let share = |size| variances.reach(&r17(), &[size], 0.45).unwrap().share;
    assert!(share(needed) >= 0.8 && share(needed - 1) < 0.8, "{needed}");
    assert!(needed > 13 * 2, "{needed}: less than the mean would bring half of them");
    assert_eq!(invitations(13, 1.0, 0.99), Some(13));
    assert_eq!(invitations(13, 0.0, 0.8), None);
}
