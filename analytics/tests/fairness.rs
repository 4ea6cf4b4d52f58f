//! R19 at the gate: what was planted shows in its line, a clean city shows nothing, and no line is about few.

use std::collections::BTreeMap;

use hengping_analytics::analysis::analyse;
use hengping_analytics::bundle::{Answer, Bundle};
use hengping_analytics::gate::{Audience, Audited, Context, Judged, Measure, Scope, Values, Verdict, candidates, gate};

use crate::audit::{shift, town};
use crate::gate::{charter, context};

/// The cells of a box with its fairness audit.
fn judged(bundle: &Bundle, context: &Context) -> Vec<Judged> {
    let analysis = analyse(bundle, true).unwrap();
    let audits = analysis.audits.unwrap().unwrap();
    gate(&candidates(bundle, Some(&analysis.scores), Some(&audits), &context.charter), context)
}

/// What leaves of the audit.
fn lines(cells: &[Judged]) -> BTreeMap<String, Values> {
    let of_the_audit = |cell: &&Judged| matches!(cell.key.measure, Measure::Audit(_));
    let left = cells.iter().filter(of_the_audit).filter_map(Judged::released);
    left.map(|row| (row.get().key.measure.word(), row.get().values.clone())).collect()
}

fn civil(bundle: &mut Bundle, change: impl Fn(&mut [Option<Answer>])) {
    bundle.ballots.iter_mut().filter(|b| b.case_type == "civil").for_each(|b| change(&mut b.answers));
}

fn lift(answer: &mut Option<Answer>) {
    if let Some(Answer::Level(level)) = answer {
        *level = (*level + 1).min(5);
    }
}

#[test]
fn every_line_is_of_the_whole_and_for_the_two_sides() {
    let cells = judged(&town(1).bundle, &context());
    let audit: Vec<&Judged> = cells.iter().filter(|c| matches!(c.key.measure, Measure::Audit(_))).collect();
    assert!(audit.len() > 10, "{} lines", audit.len());
    for cell in audit {
        assert_eq!((cell.key.scope, cell.key.audience), (Scope::System, Audience::Sides), "{}", cell.id);
        // Over forty ratees the slope is known to more than half a point either way, which is too little to tell.
        let told = cell.key.measure != Measure::Audit(Audited::OutcomeSlope);
        assert_eq!(cell.verdict != Verdict::Withhold, told, "{} {:?}", cell.id, cell.reason);
    }
}

#[test]
fn a_clean_city_stays_below_the_shipped_limits_and_a_planted_bias_does_not() {
    for seed in 1..=5 {
        let lines = lines(&judged(&town(seed).bundle, &context()));
        for (word, values) in &lines {
            let limit = match word.as_str() {
                "audit:connected" => {
                    assert_eq!(values.value, 0.95, "seed {seed}: all of it");
                    continue;
                }
                "audit:retaliation" | "audit:review" | "audit:misfit" => 0.05,
                _ if word.starts_with("audit:item_bias") => 0.25,
                _ => 0.3,
            };
            let [low, high] = values.interval.unwrap_or([values.value; 2]);
            let told = values.value.abs() > limit && (low > 0.0 || high < 0.0);
            assert!(!told, "seed {seed}: {word} {values:?}");
        }
    }
    let mut planted = town(1).bundle;
    civil(&mut planted, |answers| lift(&mut answers[0]));
    let found = lines(&judged(&planted, &context()));
    let bias = &found["audit:item_bias:i0:case_type:civil"];
    assert!(bias.value >= 0.5 && bias.interval.is_some_and(|ends| ends[0] > 0.25), "{bias:?}");
    assert!(found["audit:item_bias:i1:case_type:civil"].value < 0.0, "the others stand lower against it");
}

#[test]
fn a_kind_of_case_that_is_rated_higher_is_a_gap() {
    let mut planted = town(2).bundle;
    civil(&mut planted, |answers| answers.iter_mut().for_each(lift));
    let gap = &lines(&judged(&planted, &context()))["audit:gap:case_type:civil"];
    assert!(gap.value >= 0.7 && gap.value <= 1.1, "{gap:?}");
}

#[test]
fn raters_who_mark_down_after_losing_show_as_a_share() {
    let mut bundle = town(3).bundle;
    let few = |nym: &str| nym.as_bytes().last().is_some_and(|last| *last < b'2');
    for ballot in bundle.ballots.iter_mut().filter(|b| b.outcome == "against" && few(&b.nym)) {
        shift(ballot, -2);
    }
    let found = lines(&judged(&bundle, &context()));
    let share = &found["audit:retaliation"];
    assert!((0.1..=0.25).contains(&share.value), "a fifth of them: {share:?}");
    assert!(share.interval.is_none(), "a share is a band");
}

#[test]
fn a_group_of_few_raters_stays_and_takes_another_with_it() {
    let mut bundle = town(4).bundle;
    for ballot in &mut bundle.ballots {
        // Three kinds, one of them with some twenty raters.
        let rare = ballot.nym.as_str() < "n020" && ballot.case_type == "criminal";
        if rare {
            ballot.case_type = "administrative".into();
        }
    }
    let cells = judged(&bundle, &context());
    let gaps: Vec<(&Judged, bool)> = cells
        .iter()
        .filter(|cell| matches!(cell.key.measure, Measure::Audit(Audited::Gap("case_type", _))))
        .map(|cell| (cell, cell.verdict == Verdict::Withhold))
        .collect();
    assert_eq!(gaps.len(), 3);
    let hidden: Vec<&str> = gaps.iter().filter(|(_, hidden)| *hidden).map(|(cell, _)| cell.reason.code).collect();
    assert_eq!(hidden, ["too-few-raters", "complement"], "three gaps sum to zero");
}

#[test]
fn small_boxes_tell_no_strata() {
    let small = Context { raters: 99, ..context() };
    let cells = judged(&town(5).bundle, &small);
    let told = lines(&cells);
    assert!(told.keys().all(|word| !word.contains("gap") && !word.contains("bias") && !word.contains("slope")));
    assert!(told.contains_key("audit:connected"));
}

#[test]
fn without_limits_in_the_charter_there_are_no_lines() {
    let mut off = charter();
    off.fairness = false;
    let cells = judged(&town(1).bundle, &Context { charter: off, ..context() });
    assert!(lines(&cells).is_empty());
}

#[test]
fn replacing_one_ballot_moves_no_line_by_more_than_a_step() {
    let bundle = town(6).bundle;
    let before = lines(&judged(&bundle, &context()));
    for row in [7, 1000, 2500] {
        let mut other = bundle.clone();
        other.ballots[row].answers.iter_mut().for_each(|answer| *answer = Some(Answer::Level(1)));
        for (word, values) in lines(&judged(&other, &context())) {
            let moved = (values.value - before[&word].value).abs();
            assert!(moved <= values.step * (1.0 + 1e-9), "{word}: {moved}, step {}", values.step);
        }
    }
}

#[test]
fn response_is_told_by_kind_and_outcome_where_many_were_asked() {
    let mut bundle = town(1).bundle;
    let margins = &mut bundle.margins;
    margins.invited = Some(9000);
    margins.docket_unique = Some(0.78);
    for (kind, outcome, asked) in
        [("civil", "for", 4000), ("civil", "against", 4000), ("criminal", "none", 980), ("administrative", "none", 20)]
    {
        margins.asked.insert((kind.into(), outcome.into()), asked);
    }
    let cells = judged(&bundle, &context());
    let find = |word: &str| cells.iter().find(|cell| cell.key.measure.word() == word).unwrap();
    let band = |word: &str| find(word).released().map(|row| row.get().values.value);
    assert_eq!(band("docket_unique"), Some(0.75));
    assert!(band("response:outcome:for").is_some());
    assert_eq!(band("response:case_type:administrative"), None, "twenty are too few");
    let hidden = ["civil", "criminal"].iter().filter(|kind| band(&format!("response:case_type:{kind}")).is_none());
    assert_eq!(hidden.count(), 1, "the total would give the hidden one away");
}
