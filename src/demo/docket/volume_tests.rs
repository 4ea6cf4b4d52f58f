//! Does the docket give a judge as many raters as a demonstration needs? Counted through the real rules and the real draw.

use std::collections::BTreeMap;

use hengping_domain::charter::TriggerEvent;
use hengping_domain::docket::draw::{DrawSeed, Month};
use hengping_domain::docket::eligibility::{candidates, due_on, second_instances};
use hengping_domain::docket::roster::{self, Match, Roster};
use hengping_domain::rubric::Rubric;
use jiff::civil::{Date, date};

use super::*;
use crate::sheet;

/// Share of invitations that are answered in the demonstration.
const RESPONSE: f64 = 0.45;

/// Different lawyers expected to rate each judge in a span, under a cap of four a month, ascending; judges without any count as 0.
fn raters(docket: &Docket, from: Date, to: Date) -> Vec<f64> {
    let form = Rubric::from_toml(include_str!("../../../config/rubrics/bar-rates-bench-v1.toml")).expect("a rubric");
    let table = sheet::read(&docket.files().expect("files").roster).expect("a table");
    let roster = Roster::new(roster::read(&table).0);
    let above = second_instances(&docket.cases);
    let mut months: BTreeMap<(String, Month), BTreeMap<String, String>> = BTreeMap::new();
    for case in &docket.cases {
        let due = due_on(case, TriggerEvent::Effective, above.get(&case.number).copied());
        let Some(day) = due.ok().filter(|day| (from..=to).contains(day)) else { continue };
        for pair in candidates(case, &form) {
            if let Match::One(lawyer) = roster.counsel(&pair.counsel, case.dates.closed) {
                let judge = pair.judge.number.expect("a number");
                months.entry((lawyer.to_owned(), day.into())).or_default().insert(case.number.to_string(), judge);
            }
        }
    }
    let seed = DrawSeed::join(&[1; 32], &[2; 32]);
    let mut asked: BTreeMap<(&str, &str), i32> = BTreeMap::new();
    for ((lawyer, month), cases) in &months {
        for case in seed.keep(lawyer, *month, 4, &[], cases.keys().map(String::as_str)) {
            *asked.entry((&cases[case], lawyer)).or_default() += 1;
        }
    }
    let of = |judge: &str| {
        let times = asked.iter().filter(|((rated, _), _)| *rated == judge).map(|(_, times)| *times);
        times.map(|times| 1.0 - (1.0 - RESPONSE).powi(times)).sum::<f64>()
    };
    let mut counts: Vec<f64> = docket.people.judges.iter().map(|judge| of(&judge.number)).collect();
    counts.sort_by(f64::total_cmp);
    counts
}

#[test]
fn a_period_gives_an_ordinary_judge_thirty_to_forty_five_raters() {
    let plan =
        DocketPlan { seed: 1, judges: 80, lawyers: 900, from: date(2025, 7, 1), to: date(2026, 11, 20), bad_rows: 0 };
    let docket = make(&plan).expect("a docket");
    let at = |counts: &[f64], percent: usize| counts[percent * (counts.len() - 1) / 100];
    let regular = raters(&docket, date(2026, 1, 1), date(2026, 10, 31));
    assert!((35.0..43.0).contains(&at(&regular, 50)), "{regular:?}");
    assert!(at(&regular, 25) > 28.0 && at(&regular, 75) < 50.0, "{regular:?}");
    // Some have too few for the sides (20) or for anybody (10), so that withholding is seen.
    assert!(at(&regular, 5) < 20.0 && at(&regular, 1) < 10.0, "{regular:?}");
    let pilot = raters(&docket, date(2025, 7, 1), date(2025, 12, 31));
    let ratio = at(&pilot, 50) / at(&regular, 50);
    assert!((0.25..0.42).contains(&ratio), "{ratio}");
}
