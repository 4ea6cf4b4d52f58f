//! What can be wrong with a row, in words a clerk can act on.
//!
//! A problem names line, column, code and value; an error drops its row, a notice does not.
//! Deliberately absent: anything from a column of parties; such cells are never looked at, so they cannot be quoted.

use serde::{Deserialize, Serialize};

use super::text::quoted;
use crate::rubric::Text;
use crate::words;

/// Longest quotation of a cell in a problem, in characters.
const MAX_QUOTE: usize = 60;

words! {
    /// Stable code of a problem.
    ProblemCode, "problem code" {
        /// No header, or no row below it.
        TableEmpty = "table-empty",
        /// A required column is not there.
        ColumnMissing = "column-missing",
        /// Two headers name one column.
        ColumnRepeated = "column-repeated",
        /// A column of parties was skipped.
        ColumnPrivate = "column-private",
        /// A header that names no column was skipped.
        ColumnUnknown = "column-unknown",
        /// A row has cells beyond the last header.
        CellsBeyondHeader = "cells-beyond-header",
        /// A required cell is blank.
        CellMissing = "cell-missing",
        /// A cell is too long.
        CellTooLong = "cell-too-long",
        /// A cell begins like a formula.
        CellFormula = "cell-formula",
        /// A cell holds control characters.
        CellControl = "cell-control-character",
        /// Not a case number.
        CaseNumberMalformed = "case-number-malformed",
        /// The number stands twice with different content.
        CaseNumberRepeated = "case-number-repeated",
        /// The same row stands twice.
        RowRepeated = "row-repeated",
        /// Not a court of the city.
        CourtUnknown = "court-unknown",
        /// Court and case number disagree.
        CourtMismatch = "court-mismatch",
        /// Not a procedure.
        ProcedureUnknown = "procedure-unknown",
        /// Procedure and type word disagree.
        ProcedureUnfit = "procedure-unfit",
        /// Neither sole nor collegial.
        PanelUnknown = "panel-unknown",
        /// A panel without a presiding judge.
        PresidingMissing = "presiding-missing",
        /// A sole judge and another presiding.
        PresidingUnfit = "presiding-unfit",
        /// Not a date from 1950 to 2099.
        DateMalformed = "date-malformed",
        /// Dates in the wrong order.
        DateOrder = "date-order",
        /// Neither yes nor no.
        FlagUnknown = "flag-unknown",
        /// Not a way of ending.
        DisposalUnknown = "disposal-unknown",
        /// Such a case does not end so.
        DisposalUnfit = "disposal-unfit",
        /// Not a degree of support.
        SupportUnknown = "support-unknown",
        /// Support is needed and missing.
        SupportMissing = "support-missing",
        /// Changed on appeal, yet nothing of the appeal granted.
        SupportContradiction = "support-contradiction",
        /// Not a person's name.
        NameInvalid = "name-invalid",
        /// Not a staff number.
        NumberInvalid = "number-invalid",
        /// Not a licence number.
        LicenceInvalid = "licence-invalid",
        /// Not the name of a firm.
        FirmInvalid = "firm-invalid",
        /// Not 姓名/执业证号/律所/身份.
        CounselMalformed = "counsel-malformed",
        /// Not a capacity.
        CounselRoleUnknown = "counsel-role-unknown",
        /// More than twenty on one side.
        CounselTooMany = "counsel-too-many",
        /// One person twice on one side.
        CounselRepeated = "counsel-repeated",
        /// One person on both sides.
        CounselBothSides = "counsel-both-sides",
        /// Neither judge nor lawyer, in a roster.
        KindUnknown = "kind-unknown",
        /// One number twice, in a roster.
        PersonRepeated = "person-repeated",
    }
}

words! {
    /// Whether the row is lost.
    Severity, "severity" {
        /// The row is not taken over.
        Error = "error",
        /// The row is taken over.
        Notice = "notice",
    }
}

/// One thing wrong with one place of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowProblem {
    /// Line in the file, from 1.
    pub line: u32,
    /// Header of the column as the file writes it; empty where the whole row is meant.
    pub column: String,
    /// Stable code.
    pub code: ProblemCode,
    /// Whether the row is lost.
    pub severity: Severity,
    /// What stood there, at most 60 characters, disarmed for spreadsheets.
    pub value: String,
    /// What is wrong and what to do.
    pub message: Text,
}

impl RowProblem {
    /// A problem at a place.
    #[must_use]
    pub fn new(line: u32, column: &str, code: ProblemCode, value: &str) -> Self {
        let (zh, en) = code.words();
        let message = Text { zh: zh.to_owned(), en: en.to_owned() };
        let column = quoted(column, MAX_QUOTE);
        Self { line, column, code, severity: code.severity(), value: quoted(value, MAX_QUOTE), message }
    }

    /// Whether the row is lost.
    #[must_use]
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

impl ProblemCode {
    /// Whether a row with this problem is lost.
    #[must_use]
    pub const fn severity(self) -> Severity {
        match self {
            Self::ColumnPrivate | Self::ColumnUnknown | Self::RowRepeated | Self::CounselRepeated => Severity::Notice,
            _ => Severity::Error,
        }
    }

    /// What is wrong and what to do, in Chinese and English.
    #[must_use]
    pub const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::TableEmpty => ("文件中没有表头或者没有数据行。", "The file has no header or no row below it."),
            Self::ColumnMissing => {
                ("缺少必填列，请按模板补上该列。", "A required column is missing; add it as in the template.")
            }
            Self::ColumnRepeated => ("同一列出现两次，请只保留一列。", "A column stands twice; keep one of them."),
            Self::ColumnPrivate => (
                "该列含当事人信息，系统不读取、不保存。",
                "This column concerns the parties: it is neither read nor stored.",
            ),
            Self::ColumnUnknown => ("无法识别的列，已忽略。", "The header names no known column; it was ignored."),
            Self::CellsBeyondHeader => (
                "该行单元格多于表头，可能有多余的分隔符。",
                "The row has more cells than the header; perhaps a stray separator.",
            ),
            Self::CellMissing => ("必填项为空。", "A required cell is blank."),
            Self::CellTooLong => ("内容过长。", "The cell is too long."),
            Self::CellFormula => (
                "内容以 = + - @ 开头，疑似公式，不予导入。",
                "The cell begins with = + - or @ like a formula and is refused.",
            ),
            Self::CellControl => ("内容含有控制字符。", "The cell holds control characters."),
            Self::CaseNumberMalformed => (
                "案号格式有误，应如（2026）鲁0202民初1234号。",
                "Not a case number; write it like （2026）鲁0202民初1234号.",
            ),
            Self::CaseNumberRepeated => (
                "同一案号在文件中出现两次且内容不同，已保留首行。",
                "The case number stands twice with different content; the first row was kept.",
            ),
            Self::RowRepeated => ("与前面某行完全相同，已忽略。", "The same as an earlier row; ignored."),
            Self::CourtUnknown => (
                "不是本市法院，请填写法院代码、全称或者简称。",
                "Not a court of this city; write its code, name or short name.",
            ),
            Self::CourtMismatch => ("法院与案号中的法院代码不一致。", "The court is not the one in the case number."),
            Self::ProcedureUnknown => {
                ("审理程序无法识别，允许的值见模板说明。", "Unknown procedure; see the template for the allowed ones.")
            }
            Self::ProcedureUnfit => {
                ("审理程序与案号的类型代字不符。", "The procedure does not fit the type word of the case number.")
            }
            Self::PanelUnknown => ("审判组织应为独任制或者合议制。", "The panel is either 独任制 or 合议制."),
            Self::PresidingMissing => {
                ("合议制案件应填写审判长。", "A case heard by a panel needs its presiding judge.")
            }
            Self::PresidingUnfit => {
                ("独任制案件的审判长应为空或者与承办法官一致。", "With a sole judge nobody else can have presided.")
            }
            Self::DateMalformed => ("日期格式有误，应如2026-03-05。", "Not a date; write it like 2026-03-05."),
            Self::DateOrder => (
                "日期先后有误：立案、结案、送达、生效应依次不早于前者。",
                "Dates out of order: registered, closed, served, effective.",
            ),
            Self::FlagUnknown => ("应填写“是”或者“否”。", "Write 是 (yes) or 否 (no)."),
            Self::DisposalUnknown => (
                "结案方式无法识别，允许的值见模板说明。",
                "Unknown way of ending; see the template for the allowed ones.",
            ),
            Self::DisposalUnfit => {
                ("该类案件在该审级没有此种结案方式。", "A case of this type and instance does not end so.")
            }
            Self::SupportUnknown => (
                "支持程度应为全部支持、部分支持、不予支持或者百分比。",
                "Write 全部支持, 部分支持, 不予支持 or a percentage.",
            ),
            Self::SupportMissing => (
                "以判决或者改判结案的，应填写支持程度。",
                "A judgment, or a change on appeal, needs how far the claim was granted.",
            ),
            Self::SupportContradiction => {
                ("改判与“不予支持”相矛盾。", "A decision changed on appeal cannot have granted nothing.")
            }
            Self::NameInvalid => ("姓名格式有误，不得含数字或者符号。", "Not a name: no digits or symbols."),
            Self::NumberInvalid => {
                ("工号应为不超过20位的字母、数字或者短横。", "A staff number has at most 20 letters, digits or dashes.")
            }
            Self::LicenceInvalid => (
                "执业证号应为17位数字，请将该列设为文本格式。",
                "A licence number has 17 digits; set the column's format to text.",
            ),
            Self::FirmInvalid => ("律师事务所名称有误。", "Not the name of a firm."),
            Self::CounselMalformed => (
                "代理律师应写作：姓名/执业证号/律所，多人以分号隔开。",
                "Write counsel as name/licence/firm, several separated by semicolons.",
            ),
            Self::CounselRoleUnknown => (
                "身份应为律师、公职律师、公司律师、实习律师或者其他代理人。",
                "Unknown capacity; see the template for the allowed ones.",
            ),
            Self::CounselTooMany => ("一方代理律师超过20名。", "More than twenty counsel on one side."),
            Self::CounselRepeated => ("同一代理律师重复，已合并。", "The same counsel stands twice; merged."),
            Self::CounselBothSides => ("同一律师出现在对立双方。", "One lawyer stands on both sides."),
            Self::KindUnknown => (
                "类别应为法官或者律师等已列明的类别。",
                "Unknown kind of person; see the template for the allowed ones.",
            ),
            Self::PersonRepeated => ("同一工号或者执业证号出现两次。", "A staff or licence number stands twice."),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_words_in_both_languages() {
        for &code in ProblemCode::ALL {
            let (zh, en) = code.words();
            assert!(zh.ends_with('。') && en.ends_with('.'), "{code}");
            assert!(code.as_str().bytes().all(|b| b.is_ascii_lowercase() || b == b'-'), "{code}");
        }
    }

    #[test]
    fn a_quotation_is_short_and_harmless() {
        let problem = RowProblem::new(3, "案由", ProblemCode::CellFormula, &format!("=HYPERLINK({})", "x".repeat(500)));
        assert!(problem.value.starts_with("'=HYPERLINK(") && problem.value.chars().count() <= 62);
        assert!(problem.is_error());
    }
}
