//! The thresholds both sides signed, and what is known about the box besides its ballots.
//! Invariant: every number of a rule comes from here, none from code.
//! Absent on purpose: the charter's words and its signatures.

use std::collections::BTreeMap;

use super::{Audience, Scope};
use crate::bundle::{Comparability, Direction};

/// Least number of distinct raters (R2); `None` closes the audience.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Minimum {
    /// A judge's own view.
    pub judge_self: Option<u32>,
    /// Officers of both sides on a judge.
    pub judge_sides: Option<u32>,
    /// The public on a judge.
    pub judge_public: Option<u32>,
    /// A lawyer's own view.
    pub lawyer_self: Option<u32>,
    /// Officers of both sides on a lawyer.
    pub lawyer_sides: Option<u32>,
    /// The public on a lawyer.
    pub lawyer_public: Option<u32>,
    /// Organisation, group or system.
    pub group: u32,
}

/// R4: those who did not answer cover those who did.
#[derive(Debug, Clone, PartialEq)]
pub struct Cover {
    /// Invited raters, as a multiple of R2's minimum.
    pub invited: f64,
    /// Share that answered from which on nobody is covered.
    pub response: f64,
}

/// R5: no firm or chamber carries a person's result.
#[derive(Debug, Clone, PartialEq)]
pub struct Coalition {
    /// Largest share of the invited.
    pub share: f64,
    /// What has to be left without it, as a share of R2's minimum.
    pub rest: f64,
}

/// R7: how finely a number of few raters may be told.
#[derive(Debug, Clone, PartialEq)]
pub struct Precision {
    /// Allowed steps, ascending, scale points.
    pub steps: Vec<f64>,
    /// The step must be at least this over n.
    pub numerator: f64,
    /// Closer to an end than this over n only a bound is printed.
    pub bound: f64,
}

/// R17: how sure a person's number must be.
#[derive(Debug, Clone, PartialEq)]
pub struct Reliability {
    /// Publish from here.
    pub publish: f64,
    /// Provisional, to the ratee only, from here.
    pub provisional: f64,
    /// Largest half-width of the interval, scale points.
    pub half_width: f64,
}

/// All thresholds of the rules in this gate.
#[derive(Debug, Clone, PartialEq)]
pub struct Thresholds {
    /// R2.
    pub minimum: Minimum,
    /// R3: least distinct raters of a box.
    pub batch_publish: u32,
    /// R4; `None` is off.
    pub cover: Option<Cover>,
    /// R5; `None` is off.
    pub coalition: Option<Coalition>,
    /// R7.
    pub precision: Precision,
    /// R9: narrowest range, scale points, in which something hidden may be known to lie; `None` is off.
    pub attack: Option<f64>,
    /// R11: least raters of an effect of strata; `None` is off.
    pub strata: Option<u32>,
    /// R12: least ratees of a tier.
    pub tier: u32,
    /// R17.
    pub reliability: Reliability,
    /// R18.
    pub comparability: Comparability,
    /// R19: whether the lines of the fairness audit are cells.
    pub fairness: bool,
    /// R23: least response of a box or court.
    pub response: f64,
}

impl Thresholds {
    /// R2's threshold of a scope and audience; `None` when the charter closes it.
    pub fn minimum(&self, direction: Direction, scope: Scope, audience: Audience) -> Option<u32> {
        let minimum = &self.minimum;
        match (scope, direction, audience) {
            (Scope::System | Scope::Court | Scope::HomeCourt, _, _) => Some(minimum.group),
            (Scope::Person, Direction::BarRatesBench, Audience::Own) => minimum.judge_self,
            (Scope::Person, Direction::BarRatesBench, Audience::Sides) => minimum.judge_sides,
            (Scope::Person, Direction::BarRatesBench, Audience::Public) => minimum.judge_public,
            (Scope::Person, Direction::BenchRatesBar, Audience::Own) => minimum.lawyer_self,
            (Scope::Person, Direction::BenchRatesBar, Audience::Sides) => minimum.lawyer_sides,
            (Scope::Person, Direction::BenchRatesBar, Audience::Public) => minimum.lawyer_public,
        }
    }
}

/// R10: distinct raters of the blocks that a correction took out of a box that was told already.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Void {
    /// In the whole box.
    pub raters: usize,
    /// By court of the ratees.
    pub courts: BTreeMap<String, usize>,
    /// By home court of the raters.
    pub homes: BTreeMap<String, usize>,
}

/// What the rules know about the box.
#[derive(Debug, Clone, PartialEq)]
pub struct Context {
    /// The signed thresholds.
    pub charter: Thresholds,
    /// Direction of the box.
    pub direction: Direction,
    /// R13: whether the period is a pilot.
    pub pilot: bool,
    /// R14: whether the boxes of both directions that hold the same cases are closed.
    pub both_closed: bool,
    /// R3: distinct raters of the box.
    pub raters: usize,
    /// R23: response of the box; `None` when nobody knows how many were invited.
    pub response: Option<f64>,
    /// R23: response by court of the ratees.
    pub courts: BTreeMap<String, f64>,
    /// R10: what a correction took out.
    pub void: Void,
}
