//! The codebook of a table of released cells: what each column says, in which unit, and what an empty field means.
//!
//! One list and one row for CSV, XLSX, Parquet and the catalogue, so that no two of them can differ. Deliberately absent: the
//! files themselves.

use crate::release::Cell;

/// A column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    /// The name in the header.
    pub name: &'static str,
    /// Whether it holds numbers; text otherwise.
    pub number: bool,
    /// What it says, in Chinese and English.
    pub says: (&'static str, &'static str),
    /// In which unit, or which words it may hold.
    pub unit: (&'static str, &'static str),
    /// The rule of the charter behind it, where there is one.
    pub rule: Option<&'static str>,
    /// What an empty field means.
    pub missing: (&'static str, &'static str),
}

const ALWAYS: (&str, &str) = ("不为空", "never empty");
const WITHHELD: (&str, &str) = ("本单元没有此数", "the cell has no such number");
const POINTS: (&str, &str) =
    ("量表分（1至5），影响量为分差", "scale points, 1 to 5; of an effect a difference in points");

const fn text(
    name: &'static str,
    says: (&'static str, &'static str),
    unit: (&'static str, &'static str),
    rule: Option<&'static str>,
    missing: (&'static str, &'static str),
) -> Column {
    Column { name, number: false, says, unit, rule, missing }
}

const fn number(name: &'static str, says: (&'static str, &'static str), rule: &'static str) -> Column {
    Column { name, number: true, says, unit: POINTS, rule: Some(rule), missing: WITHHELD }
}

/// Every column, in the order of the files.
pub const COLUMNS: [Column; 16] = [
    text(
        "id",
        ("统计单元的名称，在一份发布文件内唯一", "name of the cell, unique in a release"),
        ("文字", "text"),
        None,
        ALWAYS,
    ),
    text(
        "scope",
        ("统计范围", "what the cell is about"),
        ("system 全市，court 法院，home_court 评价人所属法院，person 个人", "system, court, home_court, person"),
        None,
        ALWAYS,
    ),
    text(
        "subject",
        ("统计对象", "which of them"),
        ("city、法院代字或者被评价人代码", "city, a court's code, or a ratee's code"),
        None,
        ALWAYS,
    ),
    text(
        "measure",
        ("统计量", "what was measured"),
        (
            "score 校正结果，item:{评价项} 单项，outcome_effect 案件结果的影响，severity 宽严倾向，response 回收率，response:{分类}:{类} 分类回收率，docket_unique 可对应到一人的比例，audit:… 公平性审查（仅双方）",
            "score, item:{id}, outcome_effect, severity, response, response:{division}:{level}, docket_unique, audit:.. (the fairness audit, for the two sides)",
        ),
        None,
        ALWAYS,
    ),
    text(
        "audience",
        ("可以看到的人", "who may read it"),
        ("self 本人，sides 双方，public 社会", "self, sides, public"),
        Some("R2"),
        ALWAYS,
    ),
    text(
        "verdict",
        ("公布审查意见", "the gate's decision"),
        ("publish 公布，publish_flagged 带标记公布，withhold 未达公布条件", "publish, publish_flagged, withhold"),
        None,
        ALWAYS,
    ),
    text(
        "flags",
        ("标记，以空格分隔", "flags, separated by blanks"),
        (
            "pilot 试运行，provisional 暂定，at_least 至少，at_most 至多，raw_at_least 原始均值至少，raw_at_most 原始均值至多，apart 不可比",
            "pilot, provisional, at_least, at_most, raw_at_least, raw_at_most, apart (not comparable with the rest)",
        ),
        Some("R13"),
        ("没有标记", "no flag"),
    ),
    text(
        "rules",
        ("作出决定的规则，以空格分隔", "rules that decided, separated by blanks"),
        ("R1至R23", "R1 to R23"),
        None,
        ("没有规则", "no rule"),
    ),
    text("raters", ("不同评价人人数所在的区间", "band of distinct raters"), ("人", "persons"), Some("R7"), WITHHELD),
    number("value", ("数值，已按步长取整", "the value, rounded to its step"), "R7"),
    number("low", ("95%误差区间下限", "lower end of the 95 % interval"), "R7"),
    number("high", ("95%误差区间上限", "upper end of the 95 % interval"), "R7"),
    number("raw", ("原始均值，已取整", "raw mean, rounded"), "R7"),
    number("step", ("取整步长", "step of rounding"), "R7"),
    text(
        "band",
        ("份额所在的区间，此时数值为空", "band of a share; the value is empty then"),
        ("份额，0至1", "share, 0 to 1"),
        Some("R7"),
        ("本单元不是份额", "the cell is no share"),
    ),
    text(
        "statement",
        ("本人说明，随个人校正结果一并提供", "what the ratee says beside the own result"),
        ("文字", "text"),
        Some("R20"),
        ("没有说明，或者不是个人校正结果", "nothing was said, or the cell is no person's result"),
    ),
];

/// The file of a draft that holds the public cells in these columns.
pub const PARQUET: &str = "cells.parquet";

/// The header of every table of cells.
#[must_use]
pub fn header() -> [&'static str; COLUMNS.len()] {
    COLUMNS.map(|column| column.name)
}

/// What a cell says in one column.
#[derive(Debug, Clone, PartialEq)]
pub enum Field {
    /// Words; a list without entries is empty words.
    Text(String),
    /// A number.
    Number(f64),
    /// The cell has nothing of the kind.
    Missing,
}

impl From<Option<f64>> for Field {
    fn from(number: Option<f64>) -> Self {
        number.map_or(Self::Missing, Self::Number)
    }
}

impl From<Option<String>> for Field {
    fn from(text: Option<String>) -> Self {
        text.map_or(Self::Missing, Self::Text)
    }
}

/// A cell as a row in the order of [`COLUMNS`], with what the person it is about says.
#[must_use]
pub fn row(cell: &Cell, statement: Option<&str>) -> [Field; COLUMNS.len()] {
    let text = |said: &str| Field::Text(said.to_owned());
    let band = cell.band();
    [
        text(&cell.id),
        text(cell.scope.as_str()),
        text(&cell.subject),
        text(&cell.measure),
        text(cell.audience.as_str()),
        text(cell.verdict.as_str()),
        Field::Text(cell.flags.join(" ")),
        Field::Text(cell.rules.join(" ")),
        cell.n_band.clone().into(),
        // A share is known as a band only.
        cell.value.filter(|_| band.is_none()).into(),
        cell.interval.map(|ends| ends[0]).into(),
        cell.interval.map(|ends| ends[1]).into(),
        cell.raw.into(),
        cell.step.into(),
        band.into(),
        statement.filter(|_| cell.takes_statement()).map(str::to_owned).into(),
    ]
}

/// What a result may not be used for, in Chinese, which binds, and English.
pub const NOT_FOR: (&str, &str) = (
    "本结果不评价裁判是否正确，不得作为回避、上诉、申诉、再审、信访或投诉的依据；不作为考核、奖惩的唯一依据。",
    "This result does not say whether a judgment is right. It is no ground for recusal, appeal, petition, retrial, letters and \
     visits or complaint, and never the only ground for appraisal, reward or sanction.",
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_column_is_explained_in_both_languages_and_stands_once() {
        let mut names = header().to_vec();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), COLUMNS.len());
        for column in COLUMNS {
            for (zh, en) in [column.says, column.unit, column.missing] {
                assert!(!zh.is_empty() && en.is_ascii() && !en.is_empty(), "{}", column.name);
            }
        }
    }

    #[test]
    fn a_row_holds_what_its_columns_promise() {
        let cell: Cell = serde_json::from_value(serde_json::json!({
            "id": "c", "scope": "person", "subject": "r", "measure": "score", "audience": "self", "verdict": "publish",
            "flags": ["pilot"], "rules": ["R2", "R7"], "value": 4.2, "step": 0.1, "interval": [3.9, 4.5], "raw": 4.0,
            "n_band": "30-39",
        }))
        .expect("a cell");
        let share = Cell { measure: "response".to_owned(), value: Some(0.4), step: Some(0.05), ..cell.clone() };
        for row in [row(&cell, Some("words")), row(&share, Some("words"))] {
            for (field, column) in row.iter().zip(COLUMNS) {
                let kept = match field {
                    Field::Text(_) => !column.number,
                    Field::Number(_) => column.number,
                    Field::Missing => column.missing != ALWAYS,
                };
                assert!(kept, "{} holds {field:?}", column.name);
            }
        }
        let field = |cell: &Cell, name: &str| {
            let place = header().iter().position(|column| *column == name).expect("a column");
            row(cell, Some("words"))[place].clone()
        };
        let text = |said: &str| Field::Text(said.to_owned());
        assert_eq!((field(&cell, "value"), field(&cell, "high")), (Field::Number(4.2), Field::Number(4.5)));
        assert_eq!((field(&cell, "rules"), field(&cell, "statement")), (text("R2 R7"), text("words")));
        assert_eq!((field(&share, "value"), field(&share, "band")), (Field::Missing, text("0.40-0.45")));
        assert_eq!(field(&share, "statement"), Field::Missing, "words go with the score alone");
    }
}
