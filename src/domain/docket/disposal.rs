//! 结案方式: how a case ended, and what that means for each party's side.
//!
//! The table is per case type and stage; where winning has no meaning the outcome is `none`, and it is never guessed.
//! Deliberately absent: whether the decision was right.

use super::text::fold;
use super::type_word::Stage;
use crate::stratum::{CaseType, Outcome};
use crate::words;

words! {
    /// 结案方式.
    Disposal, "disposal" {
        /// Judgment.
        Judgment = "判决",
        /// Settled in mediation.
        Mediated = "调解",
        /// Withdrawn with leave.
        Withdrawn = "撤诉",
        /// Treated as withdrawn, the claimant having stayed away or not paid.
        DeemedWithdrawn = "按撤诉处理",
        /// The action was inadmissible.
        ActionDismissed = "驳回起诉",
        /// Not taken up.
        NotAccepted = "不予受理",
        /// Sent to another court.
        Transferred = "移送管辖",
        /// Ended because going on has no object.
        Abated = "终结诉讼",
        /// Criminal: the prosecution was withdrawn.
        ProsecutionWithdrawn = "撤回起诉",
        /// Criminal: ended without a finding.
        TrialEnded = "终止审理",
        /// The decision below stands.
        Affirmed = "维持原判",
        /// The decision below was changed.
        Changed = "改判",
        /// Sent back.
        Remanded = "发回重审",
        /// Appeal withdrawn.
        AppealWithdrawn = "撤回上诉",
        /// Application for retrial dismissed.
        ReviewDismissed = "驳回再审申请",
        /// Retrial ordered.
        ReviewGranted = "裁定再审",
        /// Performed in full.
        Performed = "执行完毕",
        /// 终本: nothing more to find for now; not performance.
        EnforcementSuspended = "终结本次执行程序",
        /// Enforcement ended for good.
        EnforcementEnded = "终结执行",
        /// Settled in enforcement.
        EnforcementSettled = "执行和解",
        /// Enforcement refused.
        EnforcementRefused = "不予执行",
        /// Objection dismissed.
        ObjectionDismissed = "驳回异议",
        /// Objection upheld.
        ObjectionUpheld = "异议成立",
    }
}

words! {
    /// 支持程度: how far the claim, or the appeal, was granted.
    Support, "support" {
        /// In full.
        Full = "全部支持",
        /// In part.
        Part = "部分支持",
        /// Not at all.
        Nothing = "不予支持",
    }
}

/// How the case ended for each side of the dispute; a third party's side is always `none`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outcomes {
    /// For whoever moved: 原告, 上诉人, 申请人, 申请执行人.
    pub moving: Outcome,
    /// For whoever answered: 被告, 被上诉人, 被申请人, 被执行人.
    pub responding: Outcome,
}

/// Why a way of ending does not give an outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DisposalMisfit {
    /// A case of this type and stage does not end so.
    #[error("a case of this type and stage does not end so")]
    Unfit,
    /// 支持程度 is needed and missing.
    #[error("how far the claim was granted is missing")]
    SupportMissing,
    /// A changed decision that grants nothing of the appeal.
    #[error("the disposal and how far the claim was granted contradict each other")]
    Contradiction,
}

impl Disposal {
    /// Reads a cell, usual other wordings included.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let text = fold(text);
        text.parse().ok().or(match text.as_str() {
            "准予撤诉" | "准许撤诉" | "裁定准予撤诉" => Some(Self::Withdrawn),
            "按撤诉" | "裁定按撤诉处理" => Some(Self::DeemedWithdrawn),
            "裁定驳回起诉" => Some(Self::ActionDismissed),
            "裁定不予受理" => Some(Self::NotAccepted),
            "移送" | "移送其他法院" => Some(Self::Transferred),
            "终结" => Some(Self::Abated),
            "准许撤回起诉" => Some(Self::ProsecutionWithdrawn),
            "维持" | "驳回上诉" | "驳回上诉，维持原判" | "驳回上诉,维持原判" => {
                Some(Self::Affirmed)
            }
            "部分改判" | "依法改判" => Some(Self::Changed),
            "发回" => Some(Self::Remanded),
            "准许撤回上诉" | "准予撤回上诉" => Some(Self::AppealWithdrawn),
            "提审" | "指令再审" => Some(Self::ReviewGranted),
            "终本" | "终结本次执行" => Some(Self::EnforcementSuspended),
            "和解" | "执行和解长期履行" => Some(Self::EnforcementSettled),
            "调解结案" => Some(Self::Mediated),
            "判决结案" => Some(Self::Judgment),
            _ => None,
        })
    }

    /// Whether a case of this type and stage can end so.
    #[must_use]
    pub fn fits(self, case_type: CaseType, stage: Stage) -> bool {
        use Disposal as D;
        match stage {
            Stage::Enforcement => matches!(
                self,
                D::Performed
                    | D::EnforcementSuspended
                    | D::EnforcementEnded
                    | D::EnforcementSettled
                    | D::EnforcementRefused
                    | D::ObjectionDismissed
                    | D::ObjectionUpheld
            ),
            Stage::PreAction => matches!(self, D::Mediated | D::Withdrawn | D::Abated),
            Stage::Review => matches!(self, D::ReviewDismissed | D::ReviewGranted | D::Withdrawn | D::Abated),
            Stage::Second => match self {
                D::Affirmed | D::Changed | D::Remanded | D::AppealWithdrawn => true,
                D::Mediated | D::Withdrawn | D::ActionDismissed | D::Abated | D::DeemedWithdrawn => {
                    case_type != CaseType::Criminal
                }
                D::TrialEnded => case_type == CaseType::Criminal,
                _ => false,
            },
            Stage::Retrial => match self {
                D::Judgment | D::Affirmed | D::Changed | D::Remanded => true,
                D::Mediated | D::Withdrawn | D::ActionDismissed | D::Abated => case_type != CaseType::Criminal,
                D::TrialEnded => case_type == CaseType::Criminal,
                _ => false,
            },
            Stage::First | Stage::Special => match self {
                D::Judgment | D::Mediated | D::Withdrawn | D::ActionDismissed | D::NotAccepted | D::Transferred => true,
                D::DeemedWithdrawn | D::Abated => case_type != CaseType::Criminal,
                D::ProsecutionWithdrawn | D::TrialEnded => case_type == CaseType::Criminal,
                _ => false,
            },
        }
    }
}

impl Support {
    /// Reads a cell: a word, or a share such as `60%`, where at least 90 counts as full and at most 10 as nothing.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let text = fold(text);
        if let Some(number) = text.strip_suffix('%') {
            return match number.parse::<f64>().ok().filter(|n| (0.0..=100.0).contains(n))? {
                n if n >= 90.0 => Some(Self::Full),
                n if n <= 10.0 => Some(Self::Nothing),
                _ => Some(Self::Part),
            };
        }
        text.parse().ok().or(match text.as_str() {
            "全部" | "支持" | "全支持" => Some(Self::Full),
            "部分" | "大部分支持" | "小部分支持" => Some(Self::Part),
            "不支持" | "全部驳回" | "驳回" | "驳回诉讼请求" | "未支持" => Some(Self::Nothing),
            _ => None,
        })
    }
}

/// The outcome of each side. A criminal case and one without an opponent have no "won"; a withdrawn, transferred or abated one has no meaning either.
///
/// # Errors
/// [`DisposalMisfit`] where the ending does not belong to such a case or what it needs is missing.
pub fn outcomes(
    case_type: CaseType,
    stage: Stage,
    disposal: Disposal,
    support: Option<Support>,
) -> Result<Outcomes, DisposalMisfit> {
    use Disposal as D;
    if !disposal.fits(case_type, stage) {
        return Err(DisposalMisfit::Unfit);
    }
    let both = |outcome: Outcome| Outcomes { moving: outcome, responding: outcome.mirrored() };
    if case_type == CaseType::Criminal || stage == Stage::Special {
        return Ok(both(Outcome::None));
    }
    Ok(match disposal {
        D::Judgment | D::Changed => match support.ok_or(DisposalMisfit::SupportMissing)? {
            Support::Full => both(Outcome::For),
            Support::Part => both(Outcome::Mixed),
            Support::Nothing if disposal == D::Changed => return Err(DisposalMisfit::Contradiction),
            Support::Nothing => both(Outcome::Against),
        },
        D::Mediated | D::EnforcementSettled => both(Outcome::Mixed),
        D::Affirmed | D::ActionDismissed | D::ReviewDismissed | D::EnforcementRefused | D::ObjectionDismissed => {
            both(Outcome::Against)
        }
        D::ReviewGranted | D::Performed | D::ObjectionUpheld => both(Outcome::For),
        // 终本: the creditor has nothing, and the debt still stands, so nobody has won.
        D::EnforcementSuspended | D::NotAccepted => Outcomes { moving: Outcome::Against, responding: Outcome::None },
        D::Withdrawn
        | D::DeemedWithdrawn
        | D::Transferred
        | D::Abated
        | D::ProsecutionWithdrawn
        | D::TrialEnded
        | D::Remanded
        | D::AppealWithdrawn
        | D::EnforcementEnded => both(Outcome::None),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn civil(disposal: Disposal, support: Option<Support>) -> Result<(Outcome, Outcome), DisposalMisfit> {
        outcomes(CaseType::Civil, Stage::First, disposal, support).map(|o| (o.moving, o.responding))
    }

    #[test]
    fn a_judgment_is_read_with_how_far_the_claim_was_granted() {
        use Outcome::{Against, For, Mixed, None as Nobody};
        assert_eq!(civil(Disposal::Judgment, Some(Support::Full)), Ok((For, Against)));
        assert_eq!(civil(Disposal::Judgment, Some(Support::Part)), Ok((Mixed, Mixed)));
        assert_eq!(civil(Disposal::Judgment, Some(Support::Nothing)), Ok((Against, For)));
        assert_eq!(civil(Disposal::Judgment, None), Err(DisposalMisfit::SupportMissing));
        assert_eq!(civil(Disposal::Mediated, None), Ok((Mixed, Mixed)));
        assert_eq!(civil(Disposal::Withdrawn, None), Ok((Nobody, Nobody)));
        assert_eq!(civil(Disposal::Performed, None), Err(DisposalMisfit::Unfit));
    }

    #[test]
    fn nobody_wins_a_criminal_case() {
        for &stage in Stage::ALL {
            for &disposal in Disposal::ALL {
                for support in [None, Some(Support::Full), Some(Support::Nothing)] {
                    if let Ok(found) = outcomes(CaseType::Criminal, stage, disposal, support) {
                        assert_eq!((found.moving, found.responding), (Outcome::None, Outcome::None));
                    }
                }
            }
        }
    }

    #[test]
    fn an_application_without_an_opponent_is_not_won() {
        let special = outcomes(CaseType::Civil, Stage::Special, Disposal::Judgment, None);
        assert_eq!(special, Ok(Outcomes { moving: Outcome::None, responding: Outcome::None }));
    }

    #[test]
    fn suspended_enforcement_is_not_performance() {
        let ending = |d| outcomes(CaseType::Enforcement, Stage::Enforcement, d, None).map(|o| o.moving);
        assert_eq!(ending(Disposal::Performed), Ok(Outcome::For));
        assert_eq!(ending(Disposal::EnforcementSuspended), Ok(Outcome::Against));
        assert_eq!(Disposal::read("终本"), Some(Disposal::EnforcementSuspended));
    }

    #[test]
    fn an_appeal_is_read_from_the_appellants_side() {
        let second = |d, s| outcomes(CaseType::Civil, Stage::Second, d, s).map(|o| (o.moving, o.responding));
        assert_eq!(second(Disposal::Affirmed, None), Ok((Outcome::Against, Outcome::For)));
        assert_eq!(second(Disposal::Changed, Some(Support::Full)), Ok((Outcome::For, Outcome::Against)));
        assert_eq!(second(Disposal::Changed, None), Err(DisposalMisfit::SupportMissing));
        assert_eq!(second(Disposal::Changed, Some(Support::Nothing)), Err(DisposalMisfit::Contradiction));
        assert_eq!(second(Disposal::Remanded, None), Ok((Outcome::None, Outcome::None)));
    }

    #[test]
    fn every_case_can_end_and_every_ending_belongs_somewhere() {
        for &disposal in Disposal::ALL {
            assert!(Stage::ALL.iter().any(|&s| CaseType::ALL.iter().any(|&c| disposal.fits(c, s))), "{disposal}");
        }
        assert_eq!(Support::read("95%"), Some(Support::Full));
        assert_eq!(Support::read("60 ％"), Some(Support::Part));
        assert_eq!(Support::read("101%"), None);
        assert_eq!(Support::read("NaN%"), None);
    }
}
