//! Scores that single far ballots move less: Huber and Student-t fits beside the headline.
//! Invariant: the variances of ratees, raters and courts are the headline's; only the weight of
//! ballots changes, and the headline itself never does. Method: `methods/robust.md`.
//! Absent on purpose: a robust headline; it would end linearity, and with it what-if and exact errors.

use std::collections::BTreeMap;

use serde::Serialize;

use super::chance::median;
use super::residuals::Residuals;
use crate::mixed::Refused;
use crate::score::frame::Frame;
use crate::score::{Headline, Scores, Workings, contrasts};

/// Residual standard deviations beyond which a ballot counts less (Huber 1964).
const HUBER: f64 = 2.0;
/// Expected square of a standard normal value cut at [`HUBER`]: makes the scale one without far ballots.
const HUBER_SQUARE: f64 = 0.920_537_4;
/// Steps of the scale before each refit; it comes to rest much sooner than the scores.
const SCALE_STEPS: usize = 20;
/// Degrees of freedom of the Student fit (Lange, Little and Taylor 1989).
const FREEDOM: f64 = 4.0;
/// Most refits of one kind.
const REFITS: usize = 6;
/// Fewest refits before rest is looked for.
const LEAST_REFITS: usize = 4;
/// Largest move of a score that still counts as rest, scale points; far below any printed step.
const REST: f64 = 1e-3;
/// Standard errors of the headline from which a move is looked at by a person.
const REVIEW: f64 = 1.0;

/// Robust scores of one ratee beside the headline.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Person {
    /// Ratee.
    pub ratee: String,
    /// The headline's score.
    pub score: f64,
    /// Its standard error.
    pub error: f64,
    /// Huber score, scale points.
    pub huber: f64,
    /// Student score, scale points.
    pub student: f64,
    /// Move of the Huber score from the headline beyond the middle ratee's, in standard errors.
    pub huber_move: f64,
    /// The same of the Student score.
    pub student_move: f64,
    /// Whether one of them moves by more than one standard error: look before release.
    pub moved: bool,
}

/// Robust audit of one box.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Robust {
    /// By ratee.
    pub persons: Vec<Person>,
    /// Move of the middle ratee, Huber, scale points: skewness of all ratings, not of one ratee's.
    pub huber_level: f64,
    /// The same, Student.
    pub student_level: f64,
    /// Share of ballots that the Huber fit weighs less than fully.
    pub downweighted: f64,
}

/// What a ballot weighs, given its residual in standard deviations.
#[derive(Clone, Copy, PartialEq)]
enum Rule {
    Huber,
    Student,
}

impl Rule {
    fn weight(self, z: f64) -> f64 {
        match self {
            Self::Huber => {
                if z.abs() > HUBER {
                    HUBER / z.abs()
                } else {
                    1.0
                }
            }
            Self::Student => (FREEDOM + 1.0) / (FREEDOM + z * z),
        }
    }

    /// Scale of the residuals under the rule, by fixed-point steps from `start`: Huber's Proposal 2,
    /// one for normal residuals, or the EM of the Student law.
    fn scale(self, residuals: &[f64], start: f64) -> f64 {
        let mut scale = start;
        for _ in 0..SCALE_STEPS {
            let share = |z: &f64| {
                let w = self.weight(z / scale);
                z * z * if self == Self::Huber { w * w / HUBER_SQUARE } else { w }
            };
            let next = (residuals.iter().map(share).sum::<f64>() / residuals.len() as f64).sqrt();
            if !(next > 0.0 && next.is_finite()) {
                break;
            }
            scale = next;
        }
        scale
    }
}

/// Robust scores, and the residuals of the Student fit in the headline's standard deviations of them.
pub(super) fn robust(
    workings: &Workings,
    scores: &Scores,
    residuals: &Residuals,
) -> Result<(Robust, Vec<f64>), Refused> {
    let huber = refit(workings, residuals, Rule::Huber)?;
    let student = refit(workings, residuals, Rule::Student)?;
    let headline: Vec<&crate::score::Estimate> = scores.persons.values().map(|p| &p.score).collect();
    let moves = |values: &[f64]| values.iter().zip(&headline).map(|(v, h)| v - h.value).collect::<Vec<f64>>();
    let (by_huber, by_student) = (moves(&huber.scores), moves(&student.scores));
    let (huber_level, student_level) = (median(&by_huber), median(&by_student));
    let relative = |value: f64, error: f64| if error > 0.0 { value / error } else { 0.0 };
    let persons = scores.persons.keys().enumerate().map(|(j, ratee)| {
        let (score, error) = (headline[j].value, headline[j].error);
        let huber_move = relative(by_huber[j] - huber_level, error);
        let student_move = relative(by_student[j] - student_level, error);
        Person {
            ratee: ratee.clone(),
            score,
            error,
            huber: huber.scores[j],
            student: student.scores[j],
            huber_move,
            student_move,
            moved: huber_move.abs() > REVIEW || student_move.abs() > REVIEW,
        }
    });
    let less = huber.residuals.iter().filter(|z| z.abs() > HUBER * huber.scale).count();
    let robust = Robust {
        persons: persons.collect(),
        huber_level,
        student_level,
        downweighted: less as f64 / huber.residuals.len() as f64,
    };
    Ok((robust, student.residuals))
}

struct Refit {
    /// By ratee, in the frame's order.
    scores: Vec<f64>,
    /// Over the headline's standard deviation of a residual.
    residuals: Vec<f64>,
    /// Scale of the last refit.
    scale: f64,
}

/// What one rater says about one ratee, over all ballots of the pair: an opinion is far or near as a
/// whole (R1), and several ballots that agree say it louder than one.
struct Opinions {
    /// Ballots of each pair.
    members: Vec<Vec<usize>>,
    /// Correlation of residuals inside a pair.
    repeat: f64,
}

impl Opinions {
    fn new(workings: &Workings) -> Self {
        let frame = &workings.frame;
        let mut pairs: BTreeMap<(u32, u32), Vec<usize>> = BTreeMap::new();
        for (row, (&j, &i)) in frame.ratee.codes().iter().zip(frame.rater.codes()).enumerate() {
            pairs.entry((j, i)).or_default().push(row);
        }
        Self { members: pairs.into_values().collect(), repeat: workings.repeat }
    }

    /// Mean residual of each pair over the standard deviation of such a mean.
    fn of(&self, standard: &[f64]) -> Vec<f64> {
        let mean = |rows: &Vec<usize>| {
            let count = rows.len() as f64;
            let sum: f64 = rows.iter().map(|&row| standard[row]).sum();
            sum / (count * (1.0 + (count - 1.0) * self.repeat)).sqrt()
        };
        self.members.iter().map(mean).collect()
    }
}

/// Iteratively reweighted refits at the headline's variances (Holland and Welsch 1977).
fn refit(workings: &Workings, residuals: &Residuals, rule: Rule) -> Result<Refit, Refused> {
    let (frame, theta) = (&workings.frame, workings.headline.fit.theta());
    let values: Vec<f64> = workings.composites.iter().map(|c| c.value).collect();
    let mut standard = residuals.standard.clone();
    let mut scores = scores_of(&workings.headline, frame);
    let mut scale = 1.0;
    let opinions = Opinions::new(workings);
    for round in 0..REFITS {
        let together = opinions.of(&standard);
        scale = rule.scale(&together, scale);
        let mut weights = workings.weights.clone();
        for (rows, z) in opinions.members.iter().zip(&together) {
            // Dividing by the scale keeps the prior variances of the effects where the headline has them.
            rows.iter().for_each(|&row| weights[row] *= rule.weight(z / scale) / (scale * scale));
        }
        let headline = Headline::fit(frame, &values, &weights, Some(&theta))?;
        standard = headline.fit.residuals.iter().zip(&residuals.deviation).map(|(e, sd)| e / sd).collect();
        let next = scores_of(&headline, frame);
        let most = next.iter().zip(&scores).fold(0.0, |most: f64, (a, b)| most.max((a - b).abs()));
        scores = next;
        if round + 1 >= LEAST_REFITS && most < REST {
            break;
        }
    }
    Ok(Refit { scores, residuals: standard, scale })
}

/// Score of every ratee at the standard mix.
fn scores_of(headline: &Headline, frame: &Frame) -> Vec<f64> {
    let single: Vec<Vec<(usize, f64)>> = (0..frame.ratee.levels().len()).map(|j| vec![(j, 1.0)]).collect();
    // Without a within estimate the outcome is part of the fitted contrast already.
    let added = if headline.within.is_some() { headline.standard_outcome() } else { 0.0 };
    let whole = contrasts(frame, &single, &headline.standard(frame));
    whole.iter().map(|contrast| headline.fit.value(contrast) + added).collect()
}

#[cfg(test)]
mod tests {
    use statrs::distribution::ContinuousCDF;

    use super::Rule;

    #[test]
    fn near_ballots_keep_their_weight_and_far_ones_lose_it() {
        assert_eq!(Rule::Huber.weight(-1.9), 1.0);
        assert_eq!(Rule::Huber.weight(-4.0), 0.5);
        assert_eq!(Rule::Student.weight(1.0), 1.0);
        assert!((Rule::Student.weight(4.0) - 0.25).abs() < 1e-15);
    }

    #[test]
    fn scales_are_free_of_a_few_far_residuals() {
        // Normal scores: Proposal 2 is one on them.
        let normal = statrs::distribution::Normal::new(0.0, 1.0).expect("standard");
        let clean: Vec<f64> = (0..4000).map(|k| normal.inverse_cdf((f64::from(k) + 0.5) / 4000.0)).collect();
        let spoilt: Vec<f64> = clean.iter().copied().chain([30.0; 40]).collect();
        assert!((Rule::Huber.scale(&clean, 1.0) - 1.0).abs() < 0.002, "{}", Rule::Huber.scale(&clean, 1.0));
        for rule in [Rule::Huber, Rule::Student] {
            assert!((rule.scale(&spoilt, 1.0) / rule.scale(&clean, 1.0) - 1.0).abs() < 0.06);
        }
    }
}
