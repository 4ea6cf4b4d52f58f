//! 互评规则: the fairness rules both sides signed, with every threshold the gate uses.
//!
//! A charter is a document body; the sources of its numbers stand beside them in `config/charters`.
//! Deliberately absent: the rules themselves, which are functions of the gate.

mod sections;

use serde::{Deserialize, Serialize};

use crate::ids::{Direction, Side};
use crate::manifest::PeriodKind;
use crate::privacy::Privacy;
use crate::reply::Purpose;
use crate::rubric::Text;

pub use sections::{
    Attack, AudienceWords, Batch, Caps, Coalition, Comparability, Cover, Exit, Fairness, Minimum, Pilot, Precision,
    PurposeRules, Reliability, Reply, Response, RuleText, Strata, Tier, Trigger, TriggerEvent,
};

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
