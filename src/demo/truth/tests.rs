//! Tests of the planted truth: it repeats, it has the sizes it says, and its expectations are what answers average to.

use hengping_domain::docket::court::COURTS;
use jiff::civil::date;
use proptest::prelude::*;

use super::*;
use crate::demo::docket::DocketPlan;

fn form(text: &str) -> Rubric {
    Rubric::from_toml(text).expect("a shipped rubric")
}

fn forms() -> [Rubric; 2] {
    [
        form(include_str!("../../../config/rubrics/bar-rates-bench-v1.toml")),
        form(include_str!("../../../config/rubrics/bench-rates-bar-v1.toml")),
    ]
}

fn people(judges: u32, lawyers: u32) -> People {
    People::make(&DocketPlan { seed: 9, judges, lawyers, from: date(2026, 1, 1), to: date(2026, 10, 31), bad_rows: 0 })
}

fn planted(judges: u32, lawyers: u32) -> Truth {
    let [bench, bar] = forms();
    Truth::plant(9, TruthPlan::default(), &people(judges, lawyers), [&bench, &bar])
}

fn ask<'a>(truth: &'a Truth, direction: Direction, rater: usize, case: &'a str) -> Ask<'a> {
    let rater = truth.raters(direction).keys().nth(rater).expect("a rater");
    let ratee = truth.ratees(direction).keys().next().expect("a ratee");
    let stratum = Stratum { case_type: CaseType::Civil, outcome: Outcome::For };
    Ask { direction, rater, ratee, court: "鲁0202", stratum, case }
}

#[test]
fn the_normal_distribution_is_the_tabulated_one() {
    // R: pnorm(c(0, 1, -1.96, 3, -6), digits 15).
    for (x, p) in [
        (0.0, 0.5),
        (1.0, 0.841_344_746_068_543),
        (-1.96, 0.024_997_895_148_220_4),
        (3.0, 0.998_650_101_968_370),
        (-6.0, 9.865_876_450_377e-10),
    ] {
        assert!((normal_cdf(x) - p).abs() < 1e-14, "{x}: {}", normal_cdf(x));
    }
    assert_eq!((normal_cdf(9.0), normal_cdf(-9.0)), (1.0, 0.0));
    assert!(normal_cdf(f64::NAN).is_nan());
}

#[test]
fn the_sizes_are_those_of_the_plan() {
    let truth = planted(1_500, 3_000);
    let sd = |values: Vec<f64>| {
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        (values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / values.len() as f64).sqrt()
    };
    let of = |people: &BTreeMap<String, PersonTruth>, value: fn(&PersonTruth) -> f64| {
        sd(people.values().map(value).collect())
    };
    // Standard error of a deviation: sd / sqrt(2 n), here at most 0.0064; four of them.
    for found in
        [of(&truth.judges, |p| p.quality), of(&truth.lawyers, |p| p.quality), of(&truth.lawyers, |p| p.severity)]
    {
        assert!((found - 0.35).abs() < 0.026, "{found}");
    }
    for items in truth.items.values() {
        assert_eq!(items.len(), 8);
        assert!(items.values().sum::<f64>().abs() < 1e-12);
    }
    for severity in [|c: &CourtTruth| c.bar_severity, |c: &CourtTruth| c.bench_severity] {
        assert!(truth.courts.values().map(severity).sum::<f64>().abs() < 1e-12);
    }
}

#[test]
fn the_same_question_has_the_same_answer() {
    let truth = planted(20, 100);
    let direction = Direction::BarRatesBench;
    let (one, other) = (ask(&truth, direction, 3, "a"), ask(&truth, direction, 3, "b"));
    assert_eq!(truth.answers(&one, ["notice", "issues"]), truth.answers(&one, ["notice", "issues"]));
    let all = |ask| truth.answers(ask, forms()[0].items.iter().map(|i| i.id.as_str()));
    assert_ne!(all(&one), all(&other));
    let json = serde_json::to_string(&truth).expect("json");
    assert_eq!(serde_json::from_str::<Truth>(&json).expect("truth"), truth);
}

#[test]
fn people_answer_about_as_often_as_planned() {
    let truth = planted(20, 100);
    let share = |court: &str| {
        let cases: Vec<String> = (0..400).map(|n| n.to_string()).collect();
        let asks = cases.iter().flat_map(|case| (0..25).map(move |r| (case, r)));
        let yes = asks
            .filter(|(case, r)| truth.will_respond(&Ask { court, ..ask(&truth, Direction::BarRatesBench, *r, case) }));
        yes.count() as f64 / 10_000.0
    };
    // Standard error 0.005.
    assert!((share("鲁0202") - 0.441).abs() < 0.02, "{}", share("鲁0202"));
    assert!((share("鲁0283") - 0.15).abs() < 0.015, "{}", share("鲁0283"));
}

#[test]
fn answers_average_to_the_expectation() {
    // Many lawyers from all courts rate one judge: the mean over raters and items is what the analysis should report.
    let truth = planted(20, 4_000);
    let rubric = &forms()[0];
    let items: Vec<&str> = rubric.items.iter().map(|i| i.id.as_str()).collect();
    let stratum = Stratum { case_type: CaseType::Civil, outcome: Outcome::For };
    let raters = truth.raters(Direction::BarRatesBench);
    // The eleven courts' severities are given numbers, not a distribution: take each home with the weight of one.
    for ratee in truth.judges.keys().take(4) {
        let mut by_home: BTreeMap<&str, (f64, f64)> = BTreeMap::new();
        for rater in 0..raters.len() {
            let ask = Ask { ratee, ..ask(&truth, Direction::BarRatesBench, rater, "x") };
            for level in truth.answers(&ask, items.iter().copied()).values().flatten() {
                let sums = by_home.entry(&raters[ask.rater].home).or_default();
                *sums = (sums.0 + f64::from(*level), sums.1 + 1.0);
            }
        }
        for (home, (sum, n)) in by_home {
            let expected = truth.expected_from(Direction::BarRatesBench, ratee, &[(stratum, 1.0)], Some(home));
            // One rater's mean has a deviation of about 0.55, and n / 7.5 raters answered: four standard errors.
            let bound = 4.0 * 0.58 / (n / 7.5).sqrt();
            assert!((sum / n - expected).abs() < bound, "{home}: {} expected {expected}, bound {bound}", sum / n);
        }
    }
}

#[test]
fn expectations_keep_order_and_effects() {
    let truth = planted(80, 200);
    let mix: Vec<(Stratum, f64)> = [(Outcome::For, 0.3), (Outcome::Against, 0.3), (Outcome::Mixed, 0.4)]
        .map(|(outcome, weight)| (Stratum { case_type: CaseType::Civil, outcome }, weight))
        .to_vec();
    let found = truth.expected(Direction::BarRatesBench, &mix);
    let total = |number: &str| truth.judges[number].quality + truth.courts[&truth.judges[number].home].quality;
    let mut order: Vec<&String> = found.scores.keys().collect();
    order.sort_by(|a, b| total(a).total_cmp(&total(b)));
    assert!(order.windows(2).all(|pair| found.scores[pair[0]] <= found.scores[pair[1]]));
    assert!((0.2..0.31).contains(&found.outcome_effect), "{}", found.outcome_effect);
    assert_eq!(found.home_severity.len(), COURTS.len());
    assert!(found.home_severity.values().sum::<f64>().abs() < 1e-12);
    assert!((3.0..4.5).contains(&found.level));
}

proptest! {
    #[test]
    fn levels_are_levels_and_somebody_always_says_something(case in "[a-z]{1,6}", rater in 0_usize..100, n in 1_usize..=8) {
        static TRUTH: std::sync::OnceLock<Truth> = std::sync::OnceLock::new();
        let truth = TRUTH.get_or_init(|| {
            let [bench, bar] = forms();
            let plan = TruthPlan { not_observed: 0.9, level: 6.5, ..TruthPlan::default() };
            Truth::plant(9, plan, &people(20, 100), [&bench, &bar])
        });
        let rubric = &forms()[0];
        let answers = truth.answers(&ask(truth, Direction::BarRatesBench, rater, &case), rubric.items.iter().take(n).map(|i| i.id.as_str()));
        prop_assert_eq!(answers.len(), n);
        prop_assert!(answers.values().flatten().count() > 0);
        prop_assert!(answers.values().flatten().all(|level| (1..=5).contains(level)));
    }
}
