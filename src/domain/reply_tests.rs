//! The window, and what an objection comes to: by table, and by property over everything two sides can do.

use jiff::civil::date;
use proptest::option;
use proptest::prelude::*;

use super::*;

fn by(side: Side, opinion: Opinion) -> Decision {
    Decision { side, opinion, words: "因为".to_owned(), day: date(2026, 11, 23) }
}

fn decided(bench: Option<Opinion>, bar: Option<Opinion>) -> Vec<Decision> {
    let one = |(side, opinion): (_, Option<_>)| opinion.map(|opinion| by(side, opinion));
    [(Side::Bench, bench), (Side::Bar, bar)].into_iter().filter_map(one).collect()
}

#[test]
fn an_objection_is_upheld_by_both_sides_or_not_at_all() {
    let both = |one, other| standing(&[by(Side::Bar, one), by(Side::Bench, other)], false).outcome;
    assert_eq!(standing(&[], false).outcome, None);
    assert_eq!(standing(&[by(Side::Bench, Opinion::Rejected)], false).outcome, None);
    assert_eq!(both(Opinion::Upheld, Opinion::Upheld), Some(Outcome::Upheld));
    assert_eq!(both(Opinion::Upheld, Opinion::Rejected), Some(Outcome::Rejected));
    assert_eq!(both(Opinion::Rejected, Opinion::Upheld), Some(Outcome::Rejected));
}

#[test]
fn after_the_last_day_the_side_that_decided_stands_alone() {
    for opinion in [Opinion::Upheld, Opinion::Rejected] {
        for side in [Side::Bench, Side::Bar] {
            let one = [by(side, opinion)];
            let waits = Standing { outcome: None, overdue: PerSide { bench: false, bar: false } };
            assert_eq!(standing(&one, false), waits, "{side} {opinion}");
            let overdue = PerSide { bench: side == Side::Bar, bar: side == Side::Bench };
            assert_eq!(standing(&one, true), Standing { outcome: Some(opinion.into()), overdue }, "{side} {opinion}");
        }
    }
    let neither = Standing { outcome: Some(Outcome::Lapsed), overdue: PerSide { bench: true, bar: true } };
    assert_eq!(standing(&[], true), neither);
}

#[test]
fn the_last_day_is_a_day_of_the_window() {
    let day = date(2026, 12, 28);
    let decide_by = Some(Due { day, provisional: false });
    let window = Window { opened_on: date(2026, 11, 23), last_day: date(2026, 12, 14), provisional: false, decide_by };
    assert!(window.is_open(date(2026, 12, 14)) && !window.is_open(date(2026, 12, 15)));
    assert!(!window.is_overdue(day) && window.is_overdue(date(2026, 12, 29)));
    assert!(!Window { decide_by: None, ..window }.is_overdue(Date::MAX), "without a last day nobody is late");
}

fn opinions() -> impl Strategy<Value = Option<Opinion>> {
    option::of(prop_oneof![Just(Opinion::Upheld), Just(Opinion::Rejected)])
}

proptest! {
    #[test]
    fn nothing_waits_after_the_last_day_and_before_it_only_for_a_side(bench in opinions(), bar in opinions()) {
        let decisions = decided(bench, bar);
        let (early, late) = (standing(&decisions, false), standing(&decisions, true));
        prop_assert!(late.outcome.is_some());
        prop_assert_eq!(early.outcome.is_some(), bench.is_some() && bar.is_some());
        prop_assert_eq!(early.overdue, PerSide { bench: false, bar: false });
        prop_assert_eq!(late.overdue, PerSide { bench: bench.is_none(), bar: bar.is_none() });
        // A day that passes changes nothing about what both have decided.
        prop_assert!(early.outcome.is_none() || early == late);
    }

    #[test]
    fn sides_are_treated_alike_and_in_any_order(bench in opinions(), bar in opinions(), late in any::<bool>()) {
        let mut decisions = decided(bench, bar);
        let here = standing(&decisions, late);
        decisions.reverse();
        prop_assert_eq!(standing(&decisions, late), here);
        let there = standing(&decided(bar, bench), late);
        prop_assert_eq!((there.outcome, there.overdue.bench, there.overdue.bar), (here.outcome, here.overdue.bar, here.overdue.bench));
    }

    #[test]
    fn nothing_is_upheld_against_a_side_that_spoke_and_nothing_lapses_that_one_decided(
        bench in opinions(), bar in opinions(), late in any::<bool>(),
    ) {
        let outcome = standing(&decided(bench, bar), late).outcome;
        let against = [bench, bar].contains(&Some(Opinion::Rejected));
        prop_assert!(!(against && outcome == Some(Outcome::Upheld)));
        prop_assert_eq!(outcome == Some(Outcome::Lapsed), late && bench.is_none() && bar.is_none());
    }
}
