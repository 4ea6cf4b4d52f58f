//! The release attacker: somebody who has every release of many periods and one rater's answers, in random dockets.
//!
//! The attacker is written anew here, with unknowns and bounds of its own; it shares the solver's crate with the gate and
//! nothing else. Control: cumulative results of five raters or more at one decimal, which give the one new rater away.

use std::collections::BTreeMap;

use good_lp::{Expression, ProblemVariables, Solution, SolverModel, microlp, variable, variables};
use hengping_analytics::gate::{
    Audience, Candidate, Content, Flag, Judged, Key, Measure, Range, Scope, Structure, gate,
};
use hengping_attack::Proof;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha20Rng;

use crate::gate::context;

/// Nothing hidden and nobody's answer may be known closer.
const WIDTH: f64 = 2.0;

/// A judge of one period: whoever rated, and what each said.
struct Judge {
    name: String,
    court: String,
    /// Composites, 1 to 5 in steps of an eighth.
    answers: Vec<f64>,
    reliability: f64,
}

impl Judge {
    fn mean(&self) -> f64 {
        self.answers.iter().sum::<f64>() / self.answers.len() as f64
    }
}

/// One period: courts of two to nine judges, some generous, some unanimous, with few raters or many.
fn period(rng: &mut ChaCha20Rng) -> Vec<Judge> {
    let mut judges = Vec::new();
    for c in 0..rng.random_range(3..9) {
        let generous = rng.random_range(-0.5..1.4);
        for j in 0..rng.random_range(2..10) {
            let level = 3.4 + generous + rng.random_range(-0.6..0.6);
            let noise = if rng.random_bool(0.15) { 0.05 } else { 0.9 };
            let raters = if rng.random_bool(0.3) { rng.random_range(1..12) } else { rng.random_range(10..70) };
            let answer = |rng: &mut ChaCha20Rng| {
                let shift: f64 = (0..4).map(|_| rng.random_range(-1.0..1.0)).sum::<f64>() * noise;
                ((level + shift).clamp(1.0, 5.0) * 8.0).round() / 8.0
            };
            judges.push(Judge {
                name: format!("c{c}j{j}"),
                court: format!("c{c}"),
                answers: (0..raters).map(|_| answer(rng)).collect(),
                reliability: rng.random_range(0.4..0.95),
            });
        }
    }
    judges
}

fn cell(
    key: (Scope, &str, Audience),
    court: &str,
    (raters, ratees): (usize, usize),
    value: f64,
    reliability: f64,
) -> Candidate {
    let (scope, subject, audience) = key;
    Candidate {
        structure: Structure {
            key: Key { scope, subject: subject.into(), measure: Measure::Score, audience },
            raters,
            court: court.into(),
            ratees,
            invited: 0,
            apart: false,
            bridges: 60,
            cover: None,
            precision: Some((Some(reliability), 0.4)),
        },
        content: Some(Content {
            range: Range::Level,
            value,
            error: 0.2,
            raw: Some(value),
            reliability: Some(reliability),
            tier: None,
            moved: None,
        }),
    }
}

fn candidates(judges: &[Judge]) -> Vec<Candidate> {
    let mean = |of: &dyn Fn(&&Judge) -> bool| {
        let all: Vec<f64> = judges.iter().filter(of).flat_map(|j| j.answers.iter().copied()).collect();
        (all.iter().sum::<f64>() / all.len() as f64, all.len())
    };
    let (city, raters) = mean(&|_| true);
    let mut cells = vec![cell((Scope::System, "city", Audience::Public), "", (raters, judges.len()), city, 0.9)];
    let courts: std::collections::BTreeSet<&str> = judges.iter().map(|j| j.court.as_str()).collect();
    for court in courts {
        let (value, raters) = mean(&|j| j.court == court);
        let ratees = judges.iter().filter(|j| j.court == court).count();
        cells.push(cell((Scope::Court, court, Audience::Public), court, (raters, ratees), value, 0.9));
    }
    for judge in judges {
        for audience in [Audience::Own, Audience::Sides] {
            let raters = judge.answers.len();
            let key = (Scope::Person, judge.name.as_str(), audience);
            cells.push(cell(key, &judge.court, (raters, 1), judge.mean(), judge.reliability));
        }
    }
    cells
}

/// What a reader of the release learns of a subject from its own cells.
fn read(cells: &[Judged], scope: Scope, subject: &str) -> Option<[f64; 2]> {
    let own = cells.iter().filter(|c| c.key.scope == scope && c.key.subject == subject).filter_map(Judged::released);
    own.map(|row| {
        let (values, flags) = (&row.get().values, &row.get().flags);
        match (flags.contains(&Flag::AtLeast), flags.contains(&Flag::AtMost)) {
            (true, _) => [values.value, 5.0],
            (_, true) => [1.0, values.value],
            _ => [values.value - values.step / 2.0, values.value + values.step / 2.0],
        }
    })
    .reduce(|one, other| [one[0].max(other[0]), one[1].min(other[1])])
}

/// Range of one judge's mean, or of a court's, by a linear programme over everything printed.
fn range(judges: &[Judge], cells: &[Judged], target: (Scope, &str)) -> [f64; 2] {
    let solve = |greatest: bool| {
        let mut all: ProblemVariables = variables!();
        let own: Vec<_> = judges.iter().map(|_| all.add(variable().bounds(1.0..=5.0))).collect();
        let sum = |of: &dyn Fn(&Judge) -> bool| -> (Expression, f64) {
            let members = judges.iter().zip(&own).filter(|(judge, _)| of(judge));
            members.fold((Expression::from(0.0), 0.0), |(sum, weight), (judge, own)| {
                let n = judge.answers.len() as f64;
                (sum + n * *own, weight + n)
            })
        };
        let (goal, weight) = match target {
            (Scope::Person, name) => sum(&|j| j.name == name),
            (_, court) => sum(&|j| j.court == court),
        };
        let mut known: Vec<(Expression, f64, [f64; 2])> = Vec::new();
        let mut courts: BTreeMap<&str, ()> = BTreeMap::new();
        for judge in judges {
            courts.insert(&judge.court, ());
            // A hidden court is protected against the city's total, not against its judges' own results.
            if target.0 == Scope::Court && target.1 == judge.court {
                continue;
            }
            if let Some(bounds) = read(cells, Scope::Person, &judge.name) {
                let (sum, n) = sum(&|j| j.name == judge.name);
                known.push((sum, n, bounds));
            }
        }
        for court in courts.keys() {
            if let Some(bounds) = read(cells, Scope::Court, court) {
                let (sum, n) = sum(&|j| j.court == *court);
                known.push((sum, n, bounds));
            }
        }
        if let Some(bounds) = read(cells, Scope::System, "city") {
            let (sum, n) = sum(&|_| true);
            known.push((sum, n, bounds));
        }
        let problem = if greatest { all.maximise(goal.clone()) } else { all.minimise(goal.clone()) };
        let mut model = problem.using(microlp);
        for (sum, n, [low, high]) in known {
            model = model.with((sum.clone()).geq(n * low - 1e-7)).with(sum.leq(n * high + 1e-7));
        }
        let solution = model.solve().expect("the truth is a solution");
        solution.eval(goal) / weight
    };
    [solve(false), solve(true)]
}

/// Narrowest range of anybody's answer in a printed block, for each answer that the corrupted rater may have given.
fn answers(judge: &Judge, [low, high]: [f64; 2]) -> f64 {
    let n = judge.answers.len() as f64;
    let of = |corrupted: f64| {
        let least = (n * low - corrupted - 5.0 * (n - 2.0)).max(1.0);
        let most = (n * high - corrupted - (n - 2.0)).min(5.0);
        most - least
    };
    judge.answers.iter().map(|&one| of(one)).fold(f64::INFINITY, f64::min)
}

/// What is found in `dockets` of `periods` each: attacked, found; and the same without the audit (R9).
fn attacked(dockets: u64, periods: usize) -> [u64; 3] {
    let [mut tries, mut found, mut without] = [0; 3];
    for docket in 0..dockets {
        let mut rng = ChaCha20Rng::seed_from_u64(900_000 + docket);
        for _ in 0..periods {
            let judges = period(&mut rng);
            let all = candidates(&judges);
            let mut unaudited = context();
            unaudited.charter.attack = None;
            for (audited, context) in [(true, context()), (false, unaudited)] {
                let cells = gate(&all, &context);
                let mut narrow = 0;
                for judge in &judges {
                    let width = match read(&cells, Scope::Person, &judge.name) {
                        Some(bounds) => answers(judge, bounds),
                        None => {
                            let [low, high] = range(&judges, &cells, (Scope::Person, &judge.name));
                            assert!(low - 1e-6 <= judge.mean() && judge.mean() <= high + 1e-6, "the truth is inside");
                            high - low
                        }
                    };
                    narrow += u64::from(width < WIDTH - 1e-5);
                }
                let courts: BTreeMap<&str, ()> = judges.iter().map(|j| (j.court.as_str(), ())).collect();
                for court in courts.keys().filter(|court| read(&cells, Scope::Court, court).is_none()) {
                    let [low, high] = range(&judges, &cells, (Scope::Court, court));
                    narrow += u64::from(high - low < WIDTH - 1e-5);
                }
                if audited {
                    tries += (judges.len() + courts.len()) as u64;
                    found += narrow;
                } else {
                    without += narrow;
                }
            }
        }
    }
    [tries, found, without]
}

/// Of the raters who were the only new ones of their judge in a period, the share that cumulative results of at least five
/// raters, told at one decimal, give away to within two points.
fn naive(dockets: u64, periods: usize) -> f64 {
    let (mut alone, mut known) = (0, 0);
    for docket in 0..dockets {
        let mut rng = ChaCha20Rng::seed_from_u64(700_000 + docket);
        for _ in 0..20 {
            let mut answers: Vec<f64> = Vec::new();
            for _ in 0..periods {
                let new = rng.random_range(0..4);
                let before = answers.len();
                answers.extend((0..new).map(|_| f64::from(rng.random_range(1..=5_u8))));
                if new != 1 || before < 5 {
                    continue;
                }
                let told = |of: &[f64]| (of.iter().sum::<f64>() / of.len() as f64 * 10.0).round() / 10.0;
                let (one, other) = (told(&answers[..before]), told(&answers));
                let (n, m) = (before as f64, answers.len() as f64);
                let low = (m * (other - 0.05) - n * (one + 0.05)).max(1.0);
                let high = (m * (other + 0.05) - n * (one - 0.05)).min(5.0);
                alone += 1;
                known += u64::from(high - low < WIDTH);
            }
        }
    }
    known as f64 / alone as f64
}

fn hold(dockets: u64, periods: usize) {
    let [tries, found, without] = attacked(dockets, periods);
    println!("{tries} attacked, {found} found, {without} without the audit");
    assert!(without > 0, "the audit has nothing to do");
    Proof {
        name: "releases: hidden means and answers known to within 2 points".into(),
        tries,
        found: found as f64,
        limit: 0.0,
        control: naive(dockets, periods),
        control_at_least: 0.5,
    }
    .hold();
}

/// Many hidden, so that complements and the audit have most to do.
#[test]
#[expect(clippy::disallowed_methods, reason = "this package has no clock of its own, and a test may look at one")]
fn a_city_of_ten_thousand_cells_is_judged_within_a_minute() {
    let mut rng = ChaCha20Rng::seed_from_u64(31);
    let judges: Vec<Judge> = (0..5_000)
        .map(|j| Judge {
            name: format!("j{j:04}"),
            court: format!("c{:02}", j % 60),
            answers: (0..rng.random_range(1..30)).map(|_| f64::from(rng.random_range(1..=5_u8))).collect(),
            reliability: rng.random_range(0.4..0.95),
        })
        .collect();
    let all = candidates(&judges);
    assert!(all.len() > 10_000);
    let begun = std::time::Instant::now();
    let cells = gate(&all, &context());
    let seconds = begun.elapsed().as_secs_f64();
    let hidden = cells.iter().filter(|cell| cell.released().is_none()).count();
    println!("{} cells, {hidden} hidden, {seconds:.1} s", cells.len());
    assert!(seconds < 60.0 && hidden > 1_000, "{seconds} s, {hidden} hidden");
}

#[test]
fn nobody_is_found_in_many_releases() {
    hold(20, 4);
}

#[test]
#[ignore = "minutes; `make attack` runs it"]
fn nobody_is_found_in_a_thousand_dockets() {
    hold(1_000, 8);
}
