//! The sections of a charter: every threshold with its meaning and unit, one struct a rule.
//!
//! Deliberately absent: sources, which stand beside the numbers in `config/charters`.

use serde::{Deserialize, Serialize};

use crate::rubric::Text;
use crate::words;

/// R2: least number of distinct raters by ratee and audience; an absent number means never.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Minimum {
    /// A judge's own result.
    pub judge_self: Option<u32>,
    /// A judge's result to named officers of both sides.
    pub judge_sides: Option<u32>,
    /// A judge's result to the public.
    pub judge_public: Option<u32>,
    /// A lawyer's own result.
    pub lawyer_self: Option<u32>,
    /// A lawyer's result to named officers of both sides.
    pub lawyer_sides: Option<u32>,
    /// A lawyer's result to the public.
    pub lawyer_public: Option<u32>,
    /// A court, an organisation, the whole system.
    pub group: u32,
}

/// R3: least size of a batch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Batch {
    /// Stamps below which a box is destroyed unopened.
    pub open: u32,
    /// Distinct raters below which nothing is published.
    pub publish: u32,
}

/// R4: those who did not answer, or were not asked, cover those who did.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cover {
    /// Invited raters of a person, as a multiple of R2's minimum.
    pub invited: f64,
    /// Share of them that answered, from which on nobody is covered.
    pub response: f64,
}

/// R5: no firm or chamber carries a person's result.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Coalition {
    /// Largest share of the invited that one of them may be.
    pub share: f64,
    /// What has to be left without it, as a share of R2's minimum.
    pub rest: f64,
}

/// R7: how finely a mean may be printed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Precision {
    /// Allowed steps, ascending.
    pub steps: Vec<f64>,
    /// The step is the smallest one that is at least this over n.
    pub numerator: f64,
    /// Values nearer to the ends than this over n are printed as bounds.
    pub bound: f64,
}

/// R9: what somebody who has everything released and one rater's answers may find out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Attack {
    /// Narrowest range, scale points, in which a hidden mean or an answer may be known to lie.
    pub width: f64,
}

/// R11: results by kind or outcome of cases.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Strata {
    /// Raters of the whole that an effect of strata needs; nothing smaller is told by stratum.
    pub system: u32,
}

/// R12: least number of ratees in a tier.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tier {
    /// Below it the tier reads 差异不显著.
    pub minimum: u32,
}

/// R17: how sure a person's result must be.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reliability {
    /// At least this to publish.
    pub publish: f64,
    /// Half of the interval at most this to publish.
    pub half_width: f64,
    /// At least this for the provisional band, to the ratee only.
    pub provisional: f64,
}

/// R18: what two courts need before anything is said of one against the other.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Comparability {
    /// Fewest raters who rated in both; of a home court's severity, who tie it to the others.
    pub bridges: u32,
    /// Below this share of the standard deviation of ratees the error of a difference has to be.
    pub error: f64,
}

/// R19: what the fairness audit of a release may show before both sides have to note it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fairness {
    /// Largest effect of the outcome on a rating, scale points.
    pub outcome: f64,
    /// Largest slope of published scores on the balance of outcomes, scale points from all lost to half and half.
    pub outcome_slope: f64,
    /// Largest difference of a kind of case or a role from the others, scale points.
    pub gap: f64,
    /// Largest severity of a court's raters, scale points either way.
    pub severity: f64,
    /// Largest difference of an item in a group from the rest of its ballots, scale points.
    pub item_bias: f64,
    /// Share of raters who mark down after losing, from which on both sides note it.
    pub retaliation: f64,
    /// Share of raters whose ballots do not follow the model, from which on both sides note it.
    pub misfit: f64,
    /// Share of ratees whose result a person should look at, from which on both sides note it.
    pub review: f64,
    /// Least share of ballots in the largest connected part.
    pub connected: f64,
    /// Largest change of the whole since the last release under the same form, scale points.
    pub drift: f64,
}

impl Fairness {
    pub(super) fn is_sound(&self) -> bool {
        let points = [self.outcome, self.outcome_slope, self.gap, self.severity, self.item_bias, self.drift];
        let shares = [self.retaliation, self.misfit, self.review, self.connected];
        points.iter().all(|limit| (0.0..=4.0).contains(limit)) && shares.iter().all(|share| (0.0..=1.0).contains(share))
    }
}

/// R23: least response.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Response {
    /// Share of the invited below which only response statistics leave.
    pub minimum: f64,
}

/// Most invitations a rater gets in a month.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Caps {
    /// A judge.
    pub bench: u32,
    /// A lawyer.
    pub bar: u32,
}

words! {
    /// The event that makes an invitation arise.
    TriggerEvent, "trigger" {
        /// 生效.
        Effective = "effective",
        /// 送达.
        Served = "served",
    }
}

/// When invitations arise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trigger {
    /// The event.
    pub event: TriggerEvent,
}

/// R20: the ratee's right of reply.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reply {
    /// Working days before a release.
    pub working_days: u32,
    /// Longest statement.
    pub characters: u32,
    /// Working days that a side has after that to decide an objection; absent, no last day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decision_days: Option<u32>,
}

/// R22: what officers may read a person's result for, beside improvement, training and joint meetings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PurposeRules {
    /// Whether it may be read for an appraisal, outside a pilot.
    pub appraisal: bool,
}

/// Who may see what, in words that are printed on every result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AudienceWords {
    /// On a person's own result.
    #[serde(rename = "self")]
    pub own: Text,
    /// On what officers of both sides see.
    pub sides: Text,
    /// On what everybody sees.
    pub public: Text,
}

/// R13: what a pilot period says of itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pilot {
    /// The band under the header.
    pub words: Text,
    /// What a pilot has to reach before a regular period opens; absent, nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exit: Option<Exit>,
}

/// R13: exit criteria of a pilot. One that fails is overruled by an exception that both sides sign, and by nothing else.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exit {
    /// Least response of each box.
    pub response: f64,
    /// Least response of every kind of case and outcome that is told.
    pub stratum: f64,
    /// Least mean reliability of judges' results; lawyers' results of one period never reach one.
    pub reliability: f64,
    /// Share of raters whose ballots do not follow the model, from which on it fails.
    pub misfit: f64,
    /// Largest share of ratees with a result who objected.
    pub objections: f64,
    /// Most lines of the fairness audit over their limit.
    pub fairness: u32,
}

impl Exit {
    pub(super) fn is_sound(&self) -> bool {
        let shares = [self.response, self.stratum, self.reliability, self.misfit, self.objections];
        shares.iter().all(|share| (0.0..=1.0).contains(share))
    }
}

/// One rule in words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleText {
    /// `R1` to `R23`.
    pub id: String,
    /// Short title.
    pub title: Text,
    /// What it does.
    pub text: Text,
    /// Where it comes from.
    pub source: String,
}
