//! 互评规则: the fairness rules both sides signed, with every threshold the gate uses.
//!
//! A charter is a document body; the sources of its numbers stand beside them in `config/charters`.
//! Deliberately absent: the rules themselves, which are functions of the gate.

use serde::{Deserialize, Serialize};

use crate::ids::{Direction, Side};
use crate::manifest::PeriodKind;
use crate::privacy::Privacy;
use crate::reply::Purpose;
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
    fn is_sound(&self) -> bool {
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
    fn is_sound(&self) -> bool {
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

/// 互评规则.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Charter {
    /// Format version, 1.
    pub v: u32,
    /// Kebab-case name.
    pub id: String,
    /// 1, 2, …
    pub version: u32,
    /// Title.
    pub title: Text,
    /// What is said first.
    pub preamble: Text,
    /// R2.
    pub minimum: Minimum,
    /// R3.
    pub batch: Batch,
    /// R4; absent is off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cover: Option<Cover>,
    /// R5; absent is off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub coalition: Option<Coalition>,
    /// R7.
    pub precision: Precision,
    /// R9; absent is off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attack: Option<Attack>,
    /// R11; absent is off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub strata: Option<Strata>,
    /// R12.
    pub tier: Tier,
    /// R15; absent is off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub privacy: Option<Privacy>,
    /// R17.
    pub reliability: Reliability,
    /// R18; absent is 20 and 0.5, as its words had it before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comparability: Option<Comparability>,
    /// R19; absent is off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fairness: Option<Fairness>,
    /// R23.
    pub response: Response,
    /// Burden.
    pub caps: Caps,
    /// When invitations arise.
    pub trigger: Trigger,
    /// R20.
    pub reply: Reply,
    /// R22; absent, no appraisal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub purpose: Option<PurposeRules>,
    /// Who sees what.
    pub audience: AudienceWords,
    /// R13.
    pub pilot: Pilot,
    /// Every rule in words.
    pub rules: Vec<RuleText>,
}

/// Why a charter cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CharterError {
    /// Not TOML of this shape.
    #[error("not a charter: {0}")]
    Malformed(String),
    /// A threshold that makes no sense.
    #[error("{0} is out of range")]
    OutOfRange(&'static str),
}

impl Charter {
    /// Reads and checks a charter from TOML.
    ///
    /// # Errors
    /// [`CharterError`].
    pub fn from_toml(text: &str) -> Result<Self, CharterError> {
        let charter: Self = toml::from_str(text).map_err(|e| CharterError::Malformed(e.to_string()))?;
        charter.check()?;
        Ok(charter)
    }

    /// Checks that every share is a share and every step a step.
    ///
    /// # Errors
    /// [`CharterError::OutOfRange`] names the section.
    pub fn check(&self) -> Result<(), CharterError> {
        let share = |x: f64| (0.0..=1.0).contains(&x);
        let Reliability { publish, half_width, provisional } = self.reliability;
        let steps = &self.precision.steps;
        let ascending = steps.windows(2).all(|w| w[0] < w[1]) && steps.first().is_some_and(|s| *s > 0.0);
        let sound = [
            (share(publish) && share(provisional) && provisional <= publish && half_width > 0.0, "reliability"),
            (share(self.response.minimum), "response"),
            (ascending && self.precision.numerator > 0.0 && self.precision.bound >= 0.0, "precision"),
            (self.cover.as_ref().is_none_or(|c| c.invited >= 1.0 && share(c.response)), "cover"),
            (self.coalition.as_ref().is_none_or(|c| share(c.share) && share(c.rest)), "coalition"),
            (self.attack.as_ref().is_none_or(|a| (0.0..4.0).contains(&a.width)), "attack"),
            (self.comparability.as_ref().is_none_or(|c| c.bridges > 0 && c.error > 0.0), "comparability"),
            (self.fairness.as_ref().is_none_or(Fairness::is_sound), "fairness"),
            (self.pilot.exit.as_ref().is_none_or(Exit::is_sound), "pilot.exit"),
            (self.privacy.as_ref().is_none_or(Privacy::is_sound), "privacy"),
            (self.caps.bench > 0 && self.caps.bar > 0, "caps"),
            (self.reply.decision_days != Some(0), "reply"),
            (self.minimum.group > 1 && self.batch.open >= self.batch.publish, "minimum"),
        ];
        sound.iter().find(|(ok, _)| !ok).map_or(Ok(()), |(_, name)| Err(CharterError::OutOfRange(name)))
    }

    /// Whether an officer may read a person's result for this purpose in a period of this kind (R13, R22).
    #[must_use]
    pub fn allows(&self, purpose: Purpose, kind: PeriodKind) -> bool {
        let appraisal = kind == PeriodKind::Regular && self.purpose.is_some_and(|rules| rules.appraisal);
        purpose != Purpose::Appraisal || appraisal
    }

    /// Most invitations a month for a rater of `direction`.
    #[must_use]
    pub const fn cap(&self, direction: Direction) -> u32 {
        match direction.rater_side() {
            Side::Bench => self.caps.bench,
            Side::Bar => self.caps.bar,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_appraisal_asks_for_a_charter_that_allows_it_and_never_for_a_pilot() {
        let mut charter =
            Charter::from_toml(include_str!("../../config/charters/qingdao-v1.toml")).expect("the shipped charter");
        let appraisal = |charter: &Charter, kind| charter.allows(Purpose::Appraisal, kind);
        for (rules, regular) in [
            (None, false),
            (Some(PurposeRules { appraisal: false }), false),
            (Some(PurposeRules { appraisal: true }), true),
        ] {
            charter.purpose = rules;
            assert_eq!(appraisal(&charter, PeriodKind::Regular), regular, "{rules:?}");
            assert!(!appraisal(&charter, PeriodKind::Pilot), "{rules:?}");
            assert!(charter.allows(Purpose::Training, PeriodKind::Pilot));
        }
    }

    #[test]
    fn a_charter_from_before_purposes_is_the_same_document() {
        let text = include_str!("../../config/charters/qingdao-v1.toml").replace("[purpose]\nappraisal = false\n", "");
        let charter = Charter::from_toml(&text).expect("a charter");
        assert_eq!(charter.purpose, None);
        assert!(!serde_json::to_string(&charter).expect("JSON").contains("purpose\":"));
    }

    #[test]
    fn a_charter_from_before_counts_is_the_same_document() {
        let text = include_str!("../../config/charters/qingdao-v1.toml");
        let (before, after) = text.split_once("[privacy]").expect("the section");
        let (_, after) = after.split_once("# R17.").expect("the next section");
        let charter = Charter::from_toml(&format!("{before}# R17.{after}")).expect("a charter");
        assert_eq!(charter.privacy, None);
        assert!(!serde_json::to_string(&charter).expect("JSON").contains("privacy\":"));
        let broken = text.replace("epsilon = 1.0", "epsilon = 9.0");
        assert_eq!(Charter::from_toml(&broken), Err(CharterError::OutOfRange("privacy")));
    }

    #[test]
    fn a_charter_without_a_last_day_for_decisions_is_the_same_document() {
        let text = include_str!("../../config/charters/qingdao-v1.toml");
        assert_eq!(Charter::from_toml(text).expect("a charter").reply.decision_days, Some(10));
        let without = Charter::from_toml(&text.replace("decision_days = 10\n", "")).expect("a charter");
        assert_eq!(without.reply.decision_days, None);
        assert!(!serde_json::to_string(&without).expect("JSON").contains("decision_days\":"));
        let none = Charter::from_toml(&text.replace("decision_days = 10", "decision_days = 0"));
        assert_eq!(none, Err(CharterError::OutOfRange("reply")), "no day at all is nobody's to decide on");
    }
}
