//! Items that mean something else for one group of ballots than for the others.
//! Invariant: an item is compared with the rest of the same ballot, so that whatever moves whole
//! ballots (severity, quality, outcome) is no bias of an item. Method: `methods/item-bias.md`.
//! Absent on purpose: changes to items and scores.

use serde::Serialize;

use super::chance::{flagged, student};
use crate::bundle::Bundle;
use crate::design::Factor;
use crate::items::level;
use crate::score::Workings;

/// Size from which a difference counts as moderate, scale points.
const MODERATE: f64 = 0.10;
/// Size from which it counts as large, scale points.
const LARGE: f64 = 0.25;
/// Fewest ratees on either side; errors are clustered by ratee and need some.
const LEAST_RATEES: usize = 5;
/// Fewest ballots on either side.
const LEAST_BALLOTS: usize = 30;

/// By what ballots are grouped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Grouping {
    /// Outcome for the lawyer's side.
    Outcome,
    /// Kind of case.
    CaseType,
    /// Role of the rater.
    Role,
    /// Home court of the rater.
    Home,
    /// Court of the ratee.
    Court,
}

/// Size of a difference, whatever its error (after the classes of Zieky 1993).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum Class {
    /// Below 0.10 scale points.
    A,
    /// From 0.10 to 0.25.
    B,
    /// 0.25 or more.
    C,
}

/// One item in one group against all other ballots.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Bias {
    /// Item id.
    pub item: String,
    /// By what ballots are grouped.
    pub grouping: Grouping,
    /// The group.
    pub level: String,
    /// Ballots of the group that answered the item and another one.
    pub ballots: usize,
    /// How much higher the item stands against the rest of the ballot than elsewhere, scale points.
    pub difference: f64,
    /// Standard error, clustered by ratee.
    pub error: f64,
    /// Two-sided p-value.
    pub p: f64,
    /// Size of the difference.
    pub class: Class,
    /// Whether it stands out among all differences at 5 % false discoveries.
    pub flagged: bool,
    /// Difference of the item's slopes on the rest of the ballot: bias that grows with the level.
    pub slope: f64,
    /// Its standard error, clustered by ratee.
    pub slope_error: f64,
    /// Its two-sided p-value.
    pub slope_p: f64,
    /// Whether it stands out among all slopes at 5 % false discoveries.
    pub slope_flagged: bool,
}

/// An answer against the rest of its ballot.
struct Answer {
    /// Level minus difficulty minus rest.
    gap: f64,
    /// Mean of the other answered items minus their difficulties.
    rest: f64,
    weight: f64,
    ballot: usize,
    ratee: usize,
}

/// Every item in every group that has enough ratees and ballots on both sides.
pub(super) fn biases(bundle: &Bundle, workings: &Workings) -> Vec<Bias> {
    let ballots = &workings.ballots;
    let frame = &workings.frame;
    let factor = |value: fn(&crate::bundle::Ballot) -> &str| {
        Factor::new("group", &ballots.iter().map(|b| value(b)).collect::<Vec<&str>>())
    };
    let groupings: [(Grouping, Factor); 5] = [
        (Grouping::Outcome, factor(|b| &b.outcome)),
        (Grouping::CaseType, factor(|b| &b.case_type)),
        (Grouping::Role, factor(|b| &b.role)),
        (Grouping::Home, factor(|b| &b.home)),
        (Grouping::Court, frame.court.clone()),
    ];
    let ratees = frame.ratee.levels().len();
    let mut found = Vec::new();
    for (k, item) in bundle.items.iter().enumerate() {
        let answers = answers(bundle, workings, k);
        for (grouping, factor) in &groupings {
            let levels: Vec<(u32, &String)> =
                (0_u32..).zip(factor.levels()).filter(|(_, level)| !level.is_empty()).collect();
            // With two groups the second is the mirror image of the first.
            let tested = if levels.len() == 2 { 1 } else { levels.len() };
            for &(code, level) in levels.iter().take(tested).filter(|_| levels.len() > 1) {
                let member = |ballot: usize| factor.codes()[ballot] == code;
                let Some(test) = compare(&answers, ratees, member) else { continue };
                found.push(Bias {
                    item: item.id.clone(),
                    grouping: *grouping,
                    level: level.clone(),
                    ballots: test.ballots,
                    difference: test.difference,
                    error: test.error,
                    p: student(test.difference / test.error, test.freedom),
                    class: class(test.difference),
                    flagged: false,
                    slope: test.slope,
                    slope_error: test.slope_error,
                    slope_p: student(test.slope / test.slope_error, test.freedom),
                    slope_flagged: false,
                });
            }
        }
    }
    let uniform = flagged(&found.iter().map(|b| Some(b.p)).collect::<Vec<_>>());
    let slopes = flagged(&found.iter().map(|b| Some(b.slope_p)).collect::<Vec<_>>());
    for ((bias, uniform), slope) in found.iter_mut().zip(uniform).zip(slopes) {
        (bias.flagged, bias.slope_flagged) = (uniform, slope);
    }
    found
}

fn class(difference: f64) -> Class {
    match difference.abs() {
        size if size < MODERATE => Class::A,
        size if size < LARGE => Class::B,
        _ => Class::C,
    }
}

/// Item `k` on every ballot that answered it and at least one other item.
fn answers(bundle: &Bundle, workings: &Workings, k: usize) -> Vec<Answer> {
    let difficulty = &workings.items.difficulty;
    let answer = |ballot: usize| {
        let own = level(workings.ballots[ballot], k)? - difficulty[k];
        let others = (0..bundle.items.len()).filter(|&l| l != k);
        let (sum, weight) = others.fold((0.0, 0.0), |(sum, weight), l| {
            let w = bundle.items[l].weight;
            level(workings.ballots[ballot], l).map_or((sum, weight), |x| (sum + w * (x - difficulty[l]), weight + w))
        });
        let rest = sum / weight;
        (weight > 0.0).then(|| Answer {
            gap: own - rest,
            rest,
            weight: workings.shares[ballot],
            ballot,
            ratee: workings.frame.ratee.codes()[ballot] as usize,
        })
    };
    (0..workings.ballots.len()).filter_map(answer).collect()
}

struct Test {
    ballots: usize,
    difference: f64,
    error: f64,
    slope: f64,
    slope_error: f64,
    /// Ratees of the smaller side minus one.
    freedom: f64,
}

/// Weighted moments of one side.
#[derive(Default)]
struct Side {
    ballots: usize,
    weight: f64,
    gap: f64,
    rest: f64,
    squares: f64,
    products: f64,
    ratees: Vec<bool>,
}

impl Side {
    fn slope(&self) -> f64 {
        if self.squares > 0.0 { self.products / self.squares } else { 0.0 }
    }
}

/// Group against others: difference of means and of slopes, with errors from sums by ratee
/// (Liang and Zeger 1986).
fn compare(answers: &[Answer], ratees: usize, member: impl Fn(usize) -> bool) -> Option<Test> {
    let mut sides = [(), ()].map(|()| Side { ratees: vec![false; ratees], ..Side::default() });
    for answer in answers {
        let side = &mut sides[usize::from(member(answer.ballot))];
        side.ballots += 1;
        side.weight += answer.weight;
        side.gap += answer.weight * answer.gap;
        side.rest += answer.weight * answer.rest;
        side.ratees[answer.ratee] = true;
    }
    let rated = [0, 1].map(|k: usize| sides[k].ratees.iter().filter(|rated| **rated).count());
    if sides.iter().zip(rated).any(|(s, rated)| s.ballots < LEAST_BALLOTS || rated < LEAST_RATEES) {
        return None;
    }
    for side in &mut sides {
        side.gap /= side.weight;
        side.rest /= side.weight;
    }
    for answer in answers {
        let side = &mut sides[usize::from(member(answer.ballot))];
        let x = answer.rest - side.rest;
        side.squares += answer.weight * x * x;
        side.products += answer.weight * x * (answer.gap - side.gap);
    }
    let (mut uniform, mut slopes) = (vec![0.0; ratees], vec![0.0; ratees]);
    for answer in answers {
        let inside = member(answer.ballot);
        let side = &sides[usize::from(inside)];
        let sign = if inside { answer.weight } else { -answer.weight };
        let (x, left) = (answer.rest - side.rest, answer.gap - side.gap);
        uniform[answer.ratee] += sign * left / side.weight;
        if side.squares > 0.0 {
            slopes[answer.ratee] += sign * x * (left - side.slope() * x) / side.squares;
        }
    }
    let all = sides[0].ratees.iter().zip(&sides[1].ratees).filter(|(one, other)| **one || **other).count() as f64;
    // The usual correction for few clusters, G / (G - 1).
    let small = all / (all - 1.0);
    let error = |sums: &[f64]| (small * sums.iter().map(|s| s * s).sum::<f64>()).sqrt();
    Some(Test {
        ballots: sides[1].ballots,
        difference: sides[1].gap - sides[0].gap,
        error: error(&uniform),
        slope: sides[1].slope() - sides[0].slope(),
        slope_error: error(&slopes),
        freedom: rated[0].min(rated[1]) as f64 - 1.0,
    })
}

#[cfg(test)]
mod tests {
    use super::{Answer, Class, class, compare};

    #[test]
    fn classes_begin_at_their_limits() {
        assert_eq!([0.099, -0.10, 0.249, -0.25].map(class), [Class::A, Class::B, Class::B, Class::C]);
    }

    #[test]
    fn a_planted_shift_and_slope_come_back_exactly() {
        // Without noise: the group stands 0.3 higher and climbs 0.5 steeper.
        let answers: Vec<Answer> = (0..120)
            .map(|ballot| {
                let (inside, rest) = (ballot % 2 == 1, f64::from(ballot as u8 / 2 % 5) - 2.0);
                let gap = if inside { 0.3 + 0.2 * rest } else { -0.3 * rest };
                Answer { gap, rest, weight: 1.0, ballot, ratee: ballot / 2 % 6 }
            })
            .collect();
        let test = compare(&answers, 6, |ballot| ballot % 2 == 1).expect("enough on both sides");
        assert!((test.difference - 0.3).abs() < 1e-12 && (test.slope - 0.5).abs() < 1e-12);
        assert!(test.slope_error < 1e-12);
        assert!((test.freedom - 5.0).abs() < 1e-12 && test.ballots == 60);
        assert!(compare(&answers, 6, |ballot| ballot < 20).is_none());
    }
}
