//! How made-up cases end: shares per type and stage, moved by who is better represented.
//!
//! What ends a case and what it means are the docket's own words, so a made-up case is one the import accepts.
//! Deliberately absent: any dependence on the judge; whoever rates a judge well does not win more often for it.

use hengping_domain::docket::{Disposal, Stage, Support, TypeWord};
use hengping_domain::stratum::CaseType;

use crate::demo::dice::Dice;

/// When an ending takes effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Effect {
    /// On the day of closing: mediation, enforcement.
    AtOnce,
    /// When served: second instance, rulings against which nothing lies.
    OnService,
    /// When so many days after service have passed without an appeal.
    AfterDays(i64),
}

/// A way of ending, with how far the claim was granted where that matters. `skill` is the moving side's lead in skill.
pub(super) fn draw(dice: &mut Dice, case_type: CaseType, word: TypeWord, skill: f64) -> (Disposal, Option<Support>) {
    use Disposal as D;
    let shares: &[(Disposal, f64)] = match (word.stage(), case_type) {
        (Stage::Enforcement, _) if matches!(word, TypeWord::EnforcementObjection | TypeWord::EnforcementReview) => {
            &[(D::ObjectionDismissed, 0.74), (D::ObjectionUpheld, 0.26)]
        }
        (Stage::Enforcement, _) => &[
            (D::Performed, 0.33),
            (D::EnforcementSuspended, 0.4),
            (D::EnforcementEnded, 0.12),
            (D::EnforcementSettled, 0.13),
            (D::EnforcementRefused, 0.02),
        ],
        (Stage::Second, CaseType::Criminal) => {
            &[(D::Affirmed, 0.72), (D::Changed, 0.16), (D::Remanded, 0.04), (D::AppealWithdrawn, 0.08)]
        }
        (Stage::Second, _) => &[
            (D::Affirmed, 0.61),
            (D::Changed, 0.16),
            (D::Remanded, 0.05),
            (D::AppealWithdrawn, 0.09),
            (D::Mediated, 0.09),
        ],
        (Stage::Review, _) => &[(D::ReviewDismissed, 0.9), (D::ReviewGranted, 0.1)],
        (Stage::Retrial, _) => &[(D::Affirmed, 0.5), (D::Changed, 0.5)],
        (Stage::PreAction, _) => &[(D::Mediated, 1.0)],
        (Stage::Special, _) => &[(D::Judgment, 0.9), (D::Withdrawn, 0.1)],
        (Stage::First, CaseType::Criminal) => {
            &[(D::Judgment, 0.96), (D::ProsecutionWithdrawn, 0.02), (D::TrialEnded, 0.02)]
        }
        (Stage::First, CaseType::Administrative) => {
            &[(D::Judgment, 0.55), (D::ActionDismissed, 0.2), (D::Withdrawn, 0.2), (D::Mediated, 0.05)]
        }
        (Stage::First, _) => &[
            (D::Judgment, 0.54),
            (D::Mediated, 0.2),
            (D::Withdrawn, 0.18),
            (D::DeemedWithdrawn, 0.03),
            (D::ActionDismissed, 0.03),
            (D::Transferred, 0.02),
        ],
    };
    let disposal = shares[dice.weighted(shares.iter().map(|(_, share)| *share))].0;
    let fought = case_type != CaseType::Criminal && word.stage() != Stage::Special;
    let decided = fought && matches!(disposal, D::Judgment | D::Changed);
    (disposal, decided.then(|| support(dice, disposal, case_type, skill)))
}

/// Claims differ in strength, skill moves the result in part; administrative claims seldom succeed.
fn support(dice: &mut Dice, disposal: Disposal, case_type: CaseType, skill: f64) -> Support {
    let start = if case_type == CaseType::Administrative { -0.7 } else { 0.3 };
    let strength = start + 0.45 * skill + dice.normal();
    match strength {
        s if s > 0.45 => Support::Full,
        s if s > -0.45 || disposal == Disposal::Changed => Support::Part,
        _ => Support::Nothing,
    }
}

/// Probability that there was a hearing.
pub(super) const fn heard(disposal: Disposal, stage: Stage) -> f64 {
    match (stage, disposal) {
        (Stage::First | Stage::Retrial, Disposal::Judgment | Disposal::Changed | Disposal::Affirmed) => 0.98,
        (Stage::First, Disposal::Mediated) => 0.6,
        (Stage::First, _) => 0.25,
        (Stage::Second, Disposal::AppealWithdrawn) => 0.15,
        (Stage::Second, _) => 0.62,
        _ => 0.2,
    }
}

/// Whether there is something to appeal against.
pub(super) const fn contested(disposal: Disposal) -> bool {
    matches!(disposal, Disposal::Judgment | Disposal::ActionDismissed)
}

/// When it takes effect: 15 days after service of a civil or administrative judgment, 10 of a criminal one or a ruling.
pub(super) fn effect(disposal: Disposal, stage: Stage, case_type: CaseType) -> Effect {
    match (stage, disposal) {
        (Stage::Enforcement, _) | (_, Disposal::Mediated) => Effect::AtOnce,
        (Stage::First, Disposal::Judgment) if case_type != CaseType::Criminal => Effect::AfterDays(15),
        (Stage::First, Disposal::Judgment | Disposal::ActionDismissed) => Effect::AfterDays(10),
        _ => Effect::OnService,
    }
}
