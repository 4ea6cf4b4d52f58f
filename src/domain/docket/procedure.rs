//! 审理程序, 审判组织: how a case was tried and by how many.
//!
//! Each word is what a court's system prints; usual short forms are read as the same word.
//! Deliberately absent: time limits of trial, which no evaluation needs.

use super::text::fold;
use super::type_word::Stage;
use crate::stratum::CaseType;
use crate::words;

words! {
    /// 审理程序.
    Procedure, "procedure" {
        /// Small claims, inside the summary procedure.
        SmallClaims = "小额诉讼",
        /// Summary procedure.
        Summary = "简易程序",
        /// Ordinary procedure of first instance.
        Ordinary = "普通程序",
        /// Fast-track criminal procedure.
        FastTrack = "速裁程序",
        /// Special procedure.
        Special = "特别程序",
        /// Second instance.
        Second = "二审程序",
        /// Examination of an application for retrial.
        Review = "再审审查",
        /// Retrial.
        Retrial = "再审程序",
        /// Enforcement.
        Enforcement = "执行程序",
        /// Mediation before registration.
        PreAction = "诉前调解",
    }
}

words! {
    /// 审判组织.
    Panel, "panel" {
        /// One judge.
        Sole = "独任制",
        /// A panel with a presiding judge.
        Collegial = "合议制",
    }
}

impl Procedure {
    /// Reads a cell, short forms included.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let text = fold(text);
        text.parse().ok().or(match text.as_str() {
            "小额" | "小额诉讼程序" | "小额速裁" => Some(Self::SmallClaims),
            "简易" => Some(Self::Summary),
            "普通" | "一审普通程序" | "一审程序" | "一审" => Some(Self::Ordinary),
            "速裁" | "刑事速裁" => Some(Self::FastTrack),
            "特别" => Some(Self::Special),
            "二审" => Some(Self::Second),
            "申请再审" | "再审申请审查" | "申诉审查" => Some(Self::Review),
            "再审" | "审判监督程序" => Some(Self::Retrial),
            "执行" | "首次执行" | "恢复执行" | "执行审查" => Some(Self::Enforcement),
            "诉前" => Some(Self::PreAction),
            _ => None,
        })
    }

    /// Whether a case of this stage and type can be tried so.
    #[must_use]
    pub fn fits(self, stage: Stage, case_type: CaseType) -> bool {
        match self {
            Self::SmallClaims => stage == Stage::First && case_type == CaseType::Civil,
            Self::Special => stage == Stage::Special,
            Self::FastTrack => stage == Stage::First && case_type == CaseType::Criminal,
            Self::Summary | Self::Ordinary => stage == Stage::First,
            Self::Second => stage == Stage::Second,
            Self::Review => stage == Stage::Review,
            Self::Retrial => stage == Stage::Retrial,
            Self::Enforcement => stage == Stage::Enforcement,
            Self::PreAction => stage == Stage::PreAction,
        }
    }
}

impl Panel {
    /// Reads a cell, short forms included.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let text = fold(text);
        text.parse().ok().or(match text.as_str() {
            "独任" | "独任审判" | "独任庭" => Some(Self::Sole),
            "合议" | "合议庭" | "合议庭审理" => Some(Self::Collegial),
            _ => None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_forms_are_read_and_each_stage_has_a_procedure() {
        assert_eq!(Procedure::read(" 简易 "), Some(Procedure::Summary));
        assert_eq!(Procedure::read("陪审程序"), None);
        assert_eq!(Panel::read("独任"), Some(Panel::Sole));
        assert_eq!(Panel::read("双人"), None);
        for &stage in Stage::ALL {
            for &case_type in CaseType::ALL {
                assert!(Procedure::ALL.iter().any(|p| p.fits(stage, case_type)), "{stage} {case_type}");
            }
        }
        assert!(!Procedure::SmallClaims.fits(Stage::First, CaseType::Criminal));
        assert!(!Procedure::Second.fits(Stage::First, CaseType::Civil));
    }
}
