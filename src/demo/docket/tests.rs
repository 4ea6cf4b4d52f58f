//! Tests of the made-up docket: the import takes it whole, and it has the shape it promises.

use std::collections::{BTreeMap, BTreeSet};

use hengping_domain::docket::court::COURTS;
use hengping_domain::docket::roster::{self, Match, Roster};
use hengping_domain::docket::{self as domain, CounselRole, Stage};
use hengping_domain::stratum::{CaseType, Outcome};
use jiff::civil::date;

use super::*;
use crate::sheet;

fn plan(seed: u64) -> DocketPlan {
    DocketPlan { seed, judges: 24, lawyers: 300, from: date(2025, 7, 1), to: date(2026, 3, 31), bad_rows: 0 }
}

#[test]
fn the_import_takes_the_docket_whole() {
    let docket = make(&plan(1)).expect("a docket");
    let files = docket.files().expect("files");
    let table = sheet::read(&files.docket).expect("a table");
    let (records, problems) = domain::read(&table);
    assert_eq!(problems, Vec::new());
    assert_eq!(records, docket.cases);
    let (entries, problems) = roster::read(&sheet::read(&files.roster).expect("a table"));
    assert_eq!((entries.len(), problems), (324, Vec::new()));
}

#[test]
fn the_same_seed_gives_the_same_files() {
    let files = |seed| make(&plan(seed)).expect("a docket").files().expect("files");
    assert_eq!(files(5), files(5));
    assert_ne!(files(5), files(6));
}

#[test]
fn damage_is_added_and_costs_no_good_row() {
    let docket = make(&DocketPlan { bad_rows: 16, ..plan(2) }).expect("a docket");
    let (records, problems) = domain::read(&sheet::read(&docket.files().expect("files").docket).expect("a table"));
    assert_eq!(records.len(), docket.cases.len());
    let lines: BTreeSet<u32> = problems.iter().filter(|p| p.is_error()).map(|p| p.line).collect();
    assert_eq!(lines.len(), 16);
}

#[test]
fn the_city_looks_like_a_city() {
    let docket = make(&DocketPlan { judges: 60, ..plan(3) }).expect("a docket");
    let courts: BTreeSet<&str> = docket.cases.iter().map(|c| c.court.as_str()).collect();
    assert_eq!(courts.len(), COURTS.len());
    let share = |test: &dyn Fn(&CaseRecord) -> bool| {
        docket.cases.iter().filter(|c| test(c)).count() as f64 / docket.cases.len() as f64
    };
    assert!(share(&|c| c.case_type() == CaseType::Civil) > 0.6);
    for &case_type in CaseType::ALL {
        assert!(share(&|c| c.case_type() == case_type) > 0.01, "{case_type}");
    }
    assert!((0.01..0.2).contains(&share(&|c| c.appealed)));
    assert!(share(&|c| c.number.stage() == Stage::Second) > 0.03);
    assert!(share(&|c| c.series.is_some()) > 0.005);
    assert!(share(&|c| c.counsel().any(|(_, l)| l.role == CounselRole::Trainee)) > 0.02);
    assert!(share(&|c| !c.handling_presided()) > 0.05);
    let known: BTreeSet<_> = docket.cases.iter().map(|c| &c.number).collect();
    assert_eq!(known.len(), docket.cases.len());
    let tied = docket.cases.iter().filter(|c| c.origin.as_ref().is_some_and(|o| known.contains(o))).count();
    assert!(tied > 10, "{tied} appeals whose case below is here");
}

#[test]
fn lawyers_have_a_home_and_the_courts_hang_together() {
    let docket = make(&plan(4)).expect("a docket");
    let home: BTreeMap<&str, usize> = docket.people.lawyers.iter().map(|l| (l.licence.as_str(), l.home)).collect();
    let mut counts = [0_u32; 2];
    for case in docket.cases.iter().filter(|c| c.number.stage() == Stage::First) {
        for licence in case.counsel().filter_map(|(_, c)| c.licence.as_deref()) {
            if let Some(home) = home.get(licence) {
                counts[usize::from(COURTS[*home].code == case.court)] += 1;
            }
        }
    }
    let share = f64::from(counts[1]) / f64::from(counts[0] + counts[1]);
    assert!((0.82..0.95).contains(&share), "{share}");
}

#[test]
fn better_lawyers_win_more_often_but_not_always() {
    let docket = make(&DocketPlan { judges: 60, ..plan(5) }).expect("a docket");
    let skill: BTreeMap<&str, f64> = docket.people.lawyers.iter().map(|l| (l.licence.as_str(), l.skill)).collect();
    let mut by_outcome: BTreeMap<Outcome, Vec<f64>> = BTreeMap::new();
    for case in &docket.cases {
        for (party, counsel) in case.counsel() {
            if let Some(skill) = counsel.licence.as_deref().and_then(|l| skill.get(l)) {
                by_outcome.entry(case.outcome(party)).or_default().push(*skill);
            }
        }
    }
    let mean = |outcome| by_outcome[&outcome].iter().sum::<f64>() / by_outcome[&outcome].len() as f64;
    let lead = mean(Outcome::For) - mean(Outcome::Against);
    assert!((0.05..1.0).contains(&lead), "{lead}");
}

#[test]
fn nearly_everybody_is_found_on_the_roster() {
    let docket = make(&plan(6)).expect("a docket");
    let table = sheet::read(&docket.files().expect("files").roster).expect("a table");
    let roster = Roster::new(roster::read(&table).0);
    let (mut found, mut all) = (0_u32, 0_u32);
    for case in &docket.cases {
        assert!(matches!(roster.judge(&case.handling, &case.court, case.dates.closed), Match::One(_)));
        for (_, counsel) in case.counsel().filter(|(_, c)| c.role == CounselRole::Lawyer) {
            all += 1;
            found += u32::from(matches!(roster.counsel(counsel, case.dates.closed), Match::One(_)));
        }
    }
    let share = f64::from(found) / f64::from(all);
    assert!((0.97..1.0).contains(&share), "{share}");
}

#[test]
fn a_plan_outside_its_bounds_is_refused() {
    assert!(matches!(make(&DocketPlan { judges: 10, ..plan(1) }), Err(DocketError::People)));
    assert!(matches!(make(&DocketPlan { to: date(2025, 6, 30), ..plan(1) }), Err(DocketError::Span)));
}
