//! 类型代字: the word in a case number that says what kind of proceeding it is.
//!
//! The words are those of 《关于人民法院案件案号的若干规定》 that a city's courts use; an unknown word is an error, never a guess.
//! Deliberately absent: words of maritime, military and state-compensation proceedings, in which this evaluation has no part.

use crate::stratum::CaseType;
use crate::words;

words! {
    /// The word between court code and serial number.
    TypeWord, "type word" {
        /// First instance, civil.
        CivilFirst = "民初",
        /// Second instance, civil.
        CivilSecond = "民终",
        /// Application for retrial, civil.
        CivilReview = "民申",
        /// Retrial, civil.
        CivilRetrial = "民再",
        /// Special procedure, civil.
        CivilSpecial = "民特",
        /// Appeal on jurisdiction, civil.
        CivilJurisdiction = "民辖终",
        /// First instance, intellectual property, civil.
        PatentCivilFirst = "知民初",
        /// Second instance, intellectual property, civil.
        PatentCivilSecond = "知民终",
        /// Mediation before a civil action is registered.
        CivilPreAction = "民诉前调",
        /// First instance, criminal.
        CriminalFirst = "刑初",
        /// Second instance, criminal.
        CriminalSecond = "刑终",
        /// Petition for retrial, criminal.
        CriminalReview = "刑申",
        /// Retrial, criminal.
        CriminalRetrial = "刑再",
        /// First instance, intellectual property, criminal.
        PatentCriminalFirst = "知刑初",
        /// First instance, administrative.
        AdministrativeFirst = "行初",
        /// Second instance, administrative.
        AdministrativeSecond = "行终",
        /// Application for retrial, administrative.
        AdministrativeReview = "行申",
        /// Retrial, administrative.
        AdministrativeRetrial = "行再",
        /// First enforcement.
        Enforcement = "执",
        /// Enforcement resumed.
        EnforcementResumed = "执恢",
        /// Objection in enforcement.
        EnforcementObjection = "执异",
        /// Review of an objection in enforcement.
        EnforcementReview = "执复",
        /// Enforcement of a preservation order.
        EnforcementPreservation = "执保",
    }
}

words! {
    /// 审级: where in its life a case stands.
    Stage, "stage" {
        /// 一审.
        First = "first",
        /// 特别程序: an application without an opponent, decided once.
        Special = "special",
        /// 二审.
        Second = "second",
        /// 再审审查.
        Review = "review",
        /// 再审.
        Retrial = "retrial",
        /// 执行.
        Enforcement = "enforcement",
        /// 诉前调解: no judge has taken the case yet.
        PreAction = "pre-action",
    }
}

impl TypeWord {
    /// 案件类型.
    #[must_use]
    pub const fn case_type(self) -> CaseType {
        match self {
            Self::CivilFirst
            | Self::CivilSecond
            | Self::CivilReview
            | Self::CivilRetrial
            | Self::CivilSpecial
            | Self::CivilJurisdiction
            | Self::PatentCivilFirst
            | Self::PatentCivilSecond
            | Self::CivilPreAction => CaseType::Civil,
            Self::CriminalFirst
            | Self::CriminalSecond
            | Self::CriminalReview
            | Self::CriminalRetrial
            | Self::PatentCriminalFirst => CaseType::Criminal,
            Self::AdministrativeFirst
            | Self::AdministrativeSecond
            | Self::AdministrativeReview
            | Self::AdministrativeRetrial => CaseType::Administrative,
            Self::Enforcement
            | Self::EnforcementResumed
            | Self::EnforcementObjection
            | Self::EnforcementReview
            | Self::EnforcementPreservation => CaseType::Enforcement,
        }
    }

    /// 审级.
    #[must_use]
    pub const fn stage(self) -> Stage {
        match self {
            Self::CivilSpecial => Stage::Special,
            Self::CivilFirst
            | Self::PatentCivilFirst
            | Self::CriminalFirst
            | Self::PatentCriminalFirst
            | Self::AdministrativeFirst => Stage::First,
            Self::CivilSecond
            | Self::CivilJurisdiction
            | Self::PatentCivilSecond
            | Self::CriminalSecond
            | Self::AdministrativeSecond => Stage::Second,
            Self::CivilReview | Self::CriminalReview | Self::AdministrativeReview => Stage::Review,
            Self::CivilRetrial | Self::CriminalRetrial | Self::AdministrativeRetrial => Stage::Retrial,
            Self::Enforcement
            | Self::EnforcementResumed
            | Self::EnforcementObjection
            | Self::EnforcementReview
            | Self::EnforcementPreservation => Stage::Enforcement,
            Self::CivilPreAction => Stage::PreAction,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_begins_with_the_character_of_its_case_type() {
        for &word in TypeWord::ALL {
            let text = word.as_str().trim_start_matches('知');
            let expected = match word.case_type() {
                CaseType::Civil => '民',
                CaseType::Criminal => '刑',
                CaseType::Administrative => '行',
                CaseType::Enforcement => '执',
            };
            assert!(text.starts_with(expected), "{word}");
            let last = text.chars().last();
            let stage = match last {
                Some('终') => Some(Stage::Second),
                Some('申') => Some(Stage::Review),
                Some('再') => Some(Stage::Retrial),
                Some('初') => Some(Stage::First),
                _ => None,
            };
            assert!(stage.is_none_or(|s| s == word.stage()), "{word}");
        }
    }
}
