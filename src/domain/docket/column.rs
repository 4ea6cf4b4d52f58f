//! The columns of the import format: header, other headers they go by, whether a row needs them, and what may stand in them.
//!
//! Headers are found in any order and in either language; a party's name has no column and is dropped if it comes.
//! Deliberately absent: anything about the parties, the dispute's substance or money.

use super::cell::Heading;
use super::text::fold;
use crate::words;

words! {
    /// One column, spelled as its Chinese header.
    Column, "column" {
        /// Case number.
        CaseNumber = "案号",
        /// Court, by code, name or short name.
        Court = "法院",
        /// Chamber.
        Chamber = "审判庭",
        /// Cause of action, charge or matter.
        Cause = "案由",
        /// Procedure.
        Procedure = "审理程序",
        /// Sole judge or panel.
        Panel = "审判组织",
        /// Judge in charge.
        Handling = "承办法官",
        /// Staff number of the judge in charge.
        HandlingNumber = "承办法官工号",
        /// Presiding judge.
        Presiding = "审判长",
        /// Staff number of the presiding judge.
        PresidingNumber = "审判长工号",
        /// Other members of the panel.
        Members = "合议庭成员",
        /// Judge's assistant.
        Assistant = "法官助理",
        /// Clerk.
        Clerk = "书记员",
        /// Date of registration.
        Filed = "立案日期",
        /// Date of closing.
        Closed = "结案日期",
        /// Date of service on the last party.
        Served = "送达日期",
        /// Date of taking effect.
        Effective = "生效日期",
        /// Whether there was a hearing.
        Heard = "是否开庭",
        /// Whether an appeal was lodged.
        Appealed = "是否上诉",
        /// Way of ending.
        Disposal = "结案方式",
        /// How far the claim was granted.
        Support = "支持程度",
        /// Case number of the instance below.
        Origin = "原审案号",
        /// Label shared by the cases of a series.
        Series = "系列案标识",
        /// Counsel of whoever moved.
        Moving = "原告方代理律师",
        /// Counsel of whoever answered.
        Responding = "被告方代理律师",
        /// Counsel of third parties.
        Third = "第三人代理律师",
    }
}

/// Headers under which exports hold people who are parties; their cells are never read.
const PRIVATE: [&str; 24] = [
    "当事人",
    "当事人姓名",
    "当事人名称",
    "原告",
    "被告",
    "第三人",
    "上诉人",
    "被上诉人",
    "申请人",
    "被申请人",
    "申请执行人",
    "被执行人",
    "被告人",
    "被害人",
    "自诉人",
    "公诉机关",
    "身份证号",
    "公民身份号码",
    "联系电话",
    "电话",
    "住址",
    "地址",
    "parties",
    "party",
];

impl Column {
    /// The English header.
    #[must_use]
    pub const fn english(self) -> &'static str {
        match self {
            Self::CaseNumber => "case_number",
            Self::Court => "court",
            Self::Chamber => "chamber",
            Self::Cause => "cause",
            Self::Procedure => "procedure",
            Self::Panel => "panel",
            Self::Handling => "judge",
            Self::HandlingNumber => "judge_number",
            Self::Presiding => "presiding_judge",
            Self::PresidingNumber => "presiding_judge_number",
            Self::Members => "panel_members",
            Self::Assistant => "assistant",
            Self::Clerk => "clerk",
            Self::Filed => "filed_on",
            Self::Closed => "closed_on",
            Self::Served => "served_on",
            Self::Effective => "effective_on",
            Self::Heard => "heard",
            Self::Appealed => "appealed",
            Self::Disposal => "disposal",
            Self::Support => "support",
            Self::Origin => "origin_case_number",
            Self::Series => "series",
            Self::Moving => "moving_counsel",
            Self::Responding => "responding_counsel",
            Self::Third => "third_party_counsel",
        }
    }

    /// Other headers that courts' systems print for it.
    #[must_use]
    pub const fn aliases(self) -> &'static [&'static str] {
        match self {
            Self::CaseNumber => &["案件编号", "案件号"],
            Self::Court => &["审理法院", "法院名称", "法院代码", "经办法院"],
            Self::Chamber => &["承办部门", "业务庭", "部门"],
            Self::Cause => &["立案案由", "结案案由", "罪名"],
            Self::Procedure => &["适用程序", "程序"],
            Self::Panel => &["独任/合议", "审判组织形式", "独任或合议"],
            Self::Handling => &["承办人", "主审法官"],
            Self::HandlingNumber => &["承办人工号"],
            Self::Presiding => &["审判长姓名"],
            Self::PresidingNumber => &[],
            Self::Members => &["合议庭", "审判组织成员"],
            Self::Assistant => &["助理"],
            Self::Clerk => &[],
            Self::Filed => &["立案时间", "收案日期"],
            Self::Closed => &["结案时间", "报结日期"],
            Self::Served => &["送达时间", "最后送达日期"],
            Self::Effective => &["生效时间"],
            Self::Heard => &["开庭"],
            Self::Appealed => &["上诉", "是否提起上诉"],
            Self::Disposal => &["结案类型"],
            Self::Support => &["诉请支持程度", "诉讼请求支持程度"],
            Self::Origin => &["一审案号", "原审案件案号"],
            Self::Series => &["系列案", "系列案件标识"],
            Self::Moving => &["原告代理律师", "上诉人代理律师", "申请人代理律师", "申请执行人代理律师", "原告方代理人"],
            Self::Responding => &[
                "被告代理律师",
                "被上诉人代理律师",
                "被申请人代理律师",
                "被执行人代理律师",
                "被告方代理人",
                "辩护律师",
                "辩护人",
            ],
            Self::Third => &["第三人代理人"],
        }
    }

    /// Whether the file must have the column and every row a value in it.
    #[must_use]
    pub const fn required(self) -> bool {
        matches!(
            self,
            Self::CaseNumber
                | Self::Court
                | Self::Cause
                | Self::Procedure
                | Self::Panel
                | Self::Handling
                | Self::Filed
                | Self::Closed
                | Self::Heard
                | Self::Disposal
        )
    }

    /// Longest cell, in characters.
    #[must_use]
    pub const fn limit(self) -> usize {
        match self {
            Self::Moving | Self::Responding | Self::Third => 2_000,
            Self::Members => 200,
            Self::CaseNumber | Self::Origin | Self::Series | Self::Cause => 64,
            _ => 40,
        }
    }

    /// The column a header names, in either language, whatever the spaces and widths.
    #[must_use]
    pub fn named(header: &str) -> Option<Self> {
        let header = fold(header).to_lowercase();
        let same = |name: &str| fold(name).to_lowercase() == header;
        Self::ALL
            .iter()
            .copied()
            .find(|column| same(column.as_str()) || same(column.english()) || column.aliases().iter().any(|a| same(a)))
    }
}

impl Heading for Column {
    const ALL: &'static [Self] = Self::ALL;

    fn index(self) -> usize {
        self as usize
    }

    fn header(self) -> &'static str {
        self.as_str()
    }

    fn named(header: &str) -> Option<Self> {
        Self::named(header)
    }

    fn required(self) -> bool {
        self.required()
    }

    fn limit(self) -> usize {
        self.limit()
    }
}

/// Whether a header names parties or what identifies them.
#[must_use]
pub fn is_private(header: &str) -> bool {
    let header = fold(header).to_lowercase();
    PRIVATE.contains(&header.as_str())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_name_of_a_column_finds_it_and_none_is_shared() {
        let mut seen = BTreeSet::new();
        for &column in Column::ALL {
            for name in [column.as_str(), column.english()].iter().chain(column.aliases()) {
                assert_eq!(Column::named(name), Some(column), "{name}");
                assert!(seen.insert(*name), "{name}");
                assert!(!is_private(name), "{name}");
            }
        }
        assert_eq!(Column::named(" Case_Number "), Some(Column::CaseNumber));
        assert_eq!(Column::named("独任／合议"), Some(Column::Panel));
        assert!(is_private(" 当事人 ") && Column::named("当事人").is_none());
    }
}
