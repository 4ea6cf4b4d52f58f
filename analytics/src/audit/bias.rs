//! Items that mean something else for one group of ballots than for the others.
//! Invariant: an item is compared with the rest of the same ballot, so that whatever moves whole
//! ballots (severity, quality, outcome) is no bias of an item. Method: `methods/item-bias.md`.
//! Absent on purpose: changes to items and scores.

use std::collections::BTreeMap;

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

impl Grouping {
    /// The word in names of cells: `outcome`, `case_type`, `role`, `home`, `court`.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Outcome => "outcome",
            Self::CaseType => "case_type",
            Self::Role => "role",
            Self::Home => "home",
            Self::Court => "court",
        }
    }
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
    /// Distinct raters of the group or of all others, whichever are fewer.
    pub raters: usize,
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
        let whole = Whole::new(&answers, ratees);
        for (grouping, factor) in &groupings {
            let mut groups: Vec<Vec<&Answer>> = vec![Vec::new(); factor.levels().len()];
            answers.iter().for_each(|answer| groups[factor.codes()[answer.ballot] as usize].push(answer));
            let levels: Vec<(usize, &String)> =
                factor.levels().iter().enumerate().filter(|(_, level)| !level.is_empty()).collect();
            // With two groups the second is the mirror image of the first.
            let tested = if levels.len() == 2 { 1 } else { levels.len() };
            for &(code, level) in levels.iter().take(tested).filter(|_| levels.len() > 1) {
                let Some(test) = whole.against(&groups[code]) else { continue };
                let inside = |row: usize| factor.codes()[row] as usize == code;
                found.push(Bias {
                    item: item.id.clone(),
                    grouping: *grouping,
                    level: level.clone(),
                    ballots: test.ballots,
                    raters: frame.fewer_raters(answers.iter().map(|answer| answer.ballot), inside),
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

/// Weighted sums of some answers: `w`, `w gap`, `w rest`, `w rest^2`, `w rest gap`.
type Sums = [f64; 5];

/// One side of a comparison, group or all others.
struct Side {
    ballots: usize,
    ratees: usize,
    sums: Sums,
}

impl Side {
    fn weight(&self) -> f64 {
        self.sums[0]
    }

    fn gap(&self) -> f64 {
        self.sums[1] / self.sums[0]
    }

    fn rest(&self) -> f64 {
        self.sums[2] / self.sums[0]
    }

    /// Squares and products around the means.
    fn spread(&self) -> (f64, f64) {
        let [weight, gap, rest, squares, products] = self.sums;
        (squares - rest * rest / weight, products - rest * gap / weight)
    }

    fn slope(&self) -> f64 {
        let (squares, products) = self.spread();
        if self.varies() { products / squares } else { 0.0 }
    }

    /// Whether the rest of the ballot varies by more than rounding.
    fn varies(&self) -> bool {
        self.spread().0 > 1e-12 * self.sums[3].max(self.weight())
    }

    /// What a ratee's sums on this side do to the mean and to the slope, as coefficients on them.
    fn moves(&self) -> [Sums; 2] {
        let (gap, rest, slope) = (self.gap(), self.rest(), self.slope());
        let mean = [-gap, 1.0, 0.0, 0.0, 0.0].map(|c| c / self.weight());
        let steep = [rest * (gap - slope * rest), -rest, 2.0 * slope * rest - gap, -slope, 1.0];
        [mean, if self.varies() { steep.map(|c| c / self.spread().0) } else { [0.0; 5] }]
    }
}

/// All answers to one item, by ratee.
struct Whole {
    /// Middle of the rest of all ballots, from where it is measured.
    middle: f64,
    ratees: Vec<(usize, Sums)>,
    side: Side,
    /// Sums of products of ratees' sums.
    products: [Sums; 5],
}

impl Whole {
    fn new(answers: &[Answer], ratees: usize) -> Self {
        let weight: f64 = answers.iter().map(|answer| answer.weight).sum();
        let middle = answers.iter().map(|answer| answer.weight * answer.rest).sum::<f64>() / weight;
        let mut by_ratee = vec![(0, [0.0; 5]); ratees];
        answers.iter().for_each(|answer| take(&mut by_ratee[answer.ratee], answer, middle));
        let mut whole = Self {
            middle,
            side: Side { ballots: answers.len(), ratees: 0, sums: [0.0; 5] },
            products: [[0.0; 5]; 5],
            ratees: by_ratee,
        };
        for (ballots, sums) in &whole.ratees {
            whole.side.ratees += usize::from(*ballots > 0);
            for (k, value) in sums.iter().enumerate() {
                whole.side.sums[k] += value;
                (0..5).for_each(|l| whole.products[k][l] += value * sums[l]);
            }
        }
        whole
    }

    /// Group against others: difference of means and of slopes, with errors from sums by ratee (Liang
    /// and Zeger 1986). Costs what the group costs: ratees outside it enter by their products.
    fn against(&self, group: &[&Answer]) -> Option<Test> {
        let mut own: BTreeMap<usize, (usize, Sums)> = BTreeMap::new();
        group.iter().for_each(|answer| take(own.entry(answer.ratee).or_default(), answer, self.middle));
        let mut sums = [0.0; 5];
        own.values().for_each(|(_, own)| (0..5).for_each(|k| sums[k] += own[k]));
        let inside = Side { ballots: group.len(), ratees: own.len(), sums };
        let gone = own.iter().filter(|(ratee, (ballots, _))| self.ratees[**ratee].0 == *ballots).count();
        let outside = Side {
            ballots: self.side.ballots - group.len(),
            ratees: self.side.ratees - gone,
            sums: std::array::from_fn(|k| self.side.sums[k] - sums[k]),
        };
        if [&inside, &outside].iter().any(|side| side.ballots < LEAST_BALLOTS || side.ratees < LEAST_RATEES) {
            return None;
        }
        let dot = |coefficients: &Sums, sums: &Sums| coefficients.iter().zip(sums).map(|(c, s)| c * s).sum::<f64>();
        let (within, without) = (inside.moves(), outside.moves());
        // The usual correction for few clusters, G / (G - 1).
        let all = self.side.ratees as f64;
        let error = |which: usize| {
            let (a, b) = (&within[which], &without[which]);
            // A group that meets few ratees: all the others together, and these apart. The difference of
            // large sums would lose digits where a group meets most.
            let few = 4 * own.len() < self.ratees.len();
            let row = |(k, row): (usize, &Sums)| b[k] * dot(b, row);
            let mut squares: f64 = if few { self.products.iter().enumerate().map(row).sum() } else { 0.0 };
            if !few {
                let others = self.ratees.iter().enumerate().filter(|(ratee, _)| !own.contains_key(ratee));
                squares += others.map(|(_, (_, sums))| dot(b, sums).powi(2)).sum::<f64>();
            }
            for (ratee, (_, sums)) in &own {
                let whole = dot(b, &self.ratees[*ratee].1);
                let left = dot(a, sums) - (whole - dot(b, sums));
                squares += left * left - if few { whole * whole } else { 0.0 };
            }
            (all / (all - 1.0) * squares.max(0.0)).sqrt()
        };
        Some(Test {
            ballots: group.len(),
            difference: inside.gap() - outside.gap(),
            error: error(0),
            slope: inside.slope() - outside.slope(),
            slope_error: error(1),
            freedom: inside.ratees.min(outside.ratees) as f64 - 1.0,
        })
    }
}

/// Adds an answer to a ratee's ballots and sums.
fn take(to: &mut (usize, Sums), answer: &Answer, middle: f64) {
    let rest = answer.rest - middle;
    let terms = [1.0, answer.gap, rest, rest * rest, rest * answer.gap];
    to.0 += 1;
    (0..5).for_each(|k| to.1[k] += answer.weight * terms[k]);
}

#[cfg(test)]
mod tests {
    use super::{Answer, Class, Whole, class};

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
        let whole = Whole::new(&answers, 6);
        let group = |member: &dyn Fn(usize) -> bool| {
            whole.against(&answers.iter().filter(|answer| member(answer.ballot)).collect::<Vec<_>>())
        };
        let test = group(&|ballot| ballot % 2 == 1).expect("enough on both sides");
        assert!((test.difference - 0.3).abs() < 1e-12 && (test.slope - 0.5).abs() < 1e-12);
        assert!(test.slope_error < 1e-12);
        assert!((test.freedom - 5.0).abs() < 1e-12 && test.ballots == 60);
        assert!(group(&|ballot| ballot < 20).is_none());
    }
}
