//! What each column of the import means and may hold, in words for the template and the manual.
//!
//! Closed sets are listed from their own words, so that the template never falls behind the reader.
//! Deliberately absent: examples with real people.

use super::column::Column;
use super::disposal::{Disposal, Support};
use super::procedure::{Panel, Procedure};

/// A row that is read without a problem, one cell per column.
#[must_use]
pub const fn example(column: Column) -> &'static str {
    match column {
        Column::CaseNumber => "（2026）鲁0202民初1234号",
        Column::Court => "市南法院",
        Column::Chamber => "民一庭",
        Column::Cause => "买卖合同纠纷",
        Column::Procedure => "普通程序",
        Column::Panel => "合议制",
        Column::Handling => "示例甲",
        Column::HandlingNumber => "0202-012",
        Column::Presiding => "示例乙",
        Column::PresidingNumber => "0202-003",
        Column::Members => "示例甲；示例丙",
        Column::Assistant => "示例丁",
        Column::Clerk => "示例戊",
        Column::Filed => "2026-01-05",
        Column::Closed => "2026-03-01",
        Column::Served => "2026-03-05",
        Column::Effective => "2026-03-21",
        Column::Heard => "是",
        Column::Appealed => "否",
        Column::Disposal => "判决",
        Column::Support => "部分支持",
        Column::Origin | Column::Series | Column::Third => "",
        Column::Moving => "示例己/13702201510123456/山东示例律师事务所",
        Column::Responding => "示例庚//山东另例律师事务所；示例辛///实习律师",
    }
}

/// The values a cell may hold, where the set is closed.
#[must_use]
pub fn allowed(column: Column) -> Vec<&'static str> {
    match column {
        Column::Procedure => Procedure::ALL.iter().map(|p| p.as_str()).collect(),
        Column::Panel => Panel::ALL.iter().map(|p| p.as_str()).collect(),
        Column::Disposal => Disposal::ALL.iter().map(|d| d.as_str()).collect(),
        Column::Support => Support::ALL.iter().map(|s| s.as_str()).collect(),
        Column::Heard | Column::Appealed => vec!["是", "否"],
        _ => Vec::new(),
    }
}

/// What a column holds, in Chinese and English.
#[must_use]
pub const fn meaning(column: Column) -> (&'static str, &'static str) {
    match column {
        Column::CaseNumber => (
            "案号；括号、空格、全角数字均可，可带“之一”",
            "Case number; any brackets, spaces and widths, with or without a suffix",
        ),
        Column::Court => (
            "法院代码、全称或者简称，应与案号一致",
            "Court by code, name or short name; must agree with the case number",
        ),
        Column::Chamber => ("承办部门", "Chamber"),
        Column::Cause => {
            ("案由、罪名或者行政管理事项，不超过64字", "Cause of action, charge or matter, at most 64 characters")
        }
        Column::Procedure => {
            ("审理程序，应与案号的类型代字相符", "Procedure; must fit the type word of the case number")
        }
        Column::Panel => ("独任制或者合议制", "Sole judge or panel"),
        Column::Handling => ("承办法官姓名", "Name of the judge in charge"),
        Column::HandlingNumber => {
            ("承办法官工号；同名时据此识别", "Staff number of the judge in charge; tells same names apart")
        }
        Column::Presiding => {
            ("审判长姓名；合议制必填，独任制留空", "Presiding judge; required for a panel, blank for a sole judge")
        }
        Column::PresidingNumber => ("审判长工号", "Staff number of the presiding judge"),
        Column::Members => ("合议庭成员，以分号隔开", "Members of the panel, separated by semicolons"),
        Column::Assistant => ("法官助理姓名", "Judge's assistant"),
        Column::Clerk => ("书记员姓名", "Clerk"),
        Column::Filed => ("立案日期", "Date of registration"),
        Column::Closed => ("结案日期，不早于立案", "Date of closing, not before registration"),
        Column::Served => ("最后一次送达日期，不早于结案", "Date of service on the last party, not before closing"),
        Column::Effective => (
            "生效日期，不早于送达；未生效留空，补填后再次导入即可",
            "Date of effect, not before service; blank until known, then import again",
        ),
        Column::Heard => ("是否开庭审理", "Whether there was a hearing"),
        Column::Appealed => (
            "是否上诉；上诉案件待二审生效后方产生待评案件",
            "Whether an appeal was lodged; such a case waits for the second instance",
        ),
        Column::Disposal => ("结案方式，应与案件类型和审级相符", "Way of ending; must fit case type and instance"),
        Column::Support => (
            "对诉讼请求（上诉请求）的支持程度；民事、行政案件判决、改判必填，可写百分比",
            "How far the claim or appeal was granted; required for a civil or administrative judgment or a change on appeal; a percentage will do",
        ),
        Column::Origin => ("二审、再审案件的原审案号", "Case number below, of an appeal or a retrial"),
        Column::Series => (
            "系列案的共同标识；同一系列对同一人只评一次",
            "Label shared by a series, which counts once for each pair of people",
        ),
        Column::Moving => (
            "原告、上诉人、申请人一方的代理律师：姓名/执业证号/律所/身份，以分号隔开",
            "Counsel of whoever moved: name/licence/firm/capacity, separated by semicolons",
        ),
        Column::Responding => (
            "被告、被上诉人、被申请人一方的代理律师和辩护人，写法同上",
            "Counsel of whoever answered, and the defence, in the same form",
        ),
        Column::Third => ("第三人的代理律师，写法同上", "Counsel of third parties, in the same form"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::docket::{Table, read};

    #[test]
    fn the_example_is_read_without_a_problem() {
        let header = Column::ALL.iter().map(|c| c.as_str().to_owned()).collect();
        let row = Column::ALL.iter().map(|c| example(*c).to_owned()).collect();
        let (records, problems) = read(&Table::from_lines([(1, header), (2, row)]));
        assert_eq!((records.len(), problems), (1, Vec::new()));
        for &column in Column::ALL {
            let (set, shown) = (allowed(column), example(column));
            assert!(set.is_empty() || set.contains(&shown), "{column}");
        }
    }
}
