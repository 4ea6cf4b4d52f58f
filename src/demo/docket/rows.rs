//! The made-up docket as the files a court and a bar association would hand over.
//!
//! Rows are in the import's own columns; damaged rows are added, never made out of good ones.
//! Deliberately absent: any column the import does not read.

use hengping_domain::docket::court::COURTS;
use hengping_domain::docket::roster::{PersonKind, RosterColumn};
use hengping_domain::docket::{CaseRecord, Column, CounselRef, CounselRole, Panel};
use jiff::civil::Date;

use super::people::People;
use crate::demo::dice::Dice;
use crate::sheet::{self, SheetWriteError};

/// Damage that the import must name: a column and what a clerk put there.
const DAMAGE: [(Column, &str); 8] = [
    (Column::CaseNumber, "2026民初第12号"),
    (Column::Filed, "2026-02-30"),
    (Column::Court, "青岛市某区人民法院"),
    (Column::Cause, "买卖\u{7}合同纠纷"),
    (Column::Disposal, "不了了之"),
    (Column::Moving, "张三/1.37022E+16/山东示例律师事务所"),
    (Column::Heard, "大概"),
    (Column::Handling, ""),
];

/// `docket.csv`, with `bad` damaged rows scattered in it.
pub(super) fn docket(cases: &[CaseRecord], bad: u32, seed: u64) -> Result<Vec<u8>, SheetWriteError> {
    let header: Vec<&str> = Column::ALL.iter().map(|c| c.as_str()).collect();
    let mut rows: Vec<Vec<String>> = cases.iter().map(cells).collect();
    let mut dice = Dice::new(seed, "bad rows");
    for index in 0..bad as usize {
        let Some(case) = cases.get(dice.below(cases.len())) else { break };
        let mut row = cells(case);
        // Another serial, so that the damage is the only thing wrong with it.
        row[Column::CaseNumber as usize] = row[Column::CaseNumber as usize].replace('号', "999号");
        let (column, damage) = DAMAGE[index % DAMAGE.len()];
        row[column as usize] = damage.to_owned();
        rows.insert(dice.below(rows.len() + 1), row);
    }
    sheet::csv(&header, rows)
}

/// `roster.csv`.
pub(super) fn roster(people: &People) -> Result<Vec<u8>, SheetWriteError> {
    let header: Vec<&str> = RosterColumn::ALL.iter().map(|c| c.as_str()).collect();
    let judges = people.judges.iter().map(|judge| {
        let kind = PersonKind::Judge.as_str();
        [kind, &judge.name, &judge.number, COURTS[judge.court].name, judge.chamber.as_str(), "", ""].map(str::to_owned)
    });
    let lawyers = people.lawyers.iter().map(|lawyer| {
        let since = lawyer.since.to_string();
        let kind = PersonKind::Lawyer.as_str();
        [kind, &lawyer.name, &lawyer.licence, &people.firms[lawyer.firm], "", &since, ""].map(str::to_owned)
    });
    sheet::csv(&header, judges.chain(lawyers))
}

/// One case in the order of the columns, as a court's system would print it.
pub(super) fn cells(case: &CaseRecord) -> Vec<String> {
    Column::ALL.iter().map(|column| cell(case, *column)).collect()
}

fn cell(case: &CaseRecord, column: Column) -> String {
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    let day = |value: Option<Date>| value.map_or_else(String::new, |date| date.to_string());
    let yes = |value: bool| if value { "是" } else { "否" }.to_owned();
    let collegial = case.panel == Panel::Collegial;
    match column {
        Column::CaseNumber => case.number.to_string(),
        Column::Court => case.court().map_or_else(String::new, |court| court.name.to_owned()),
        Column::Chamber => text(&case.chamber),
        Column::Cause => case.cause.clone(),
        Column::Procedure => case.procedure.to_string(),
        Column::Panel => case.panel.to_string(),
        Column::Handling => case.handling.name.clone(),
        Column::HandlingNumber => text(&case.handling.number),
        Column::Presiding if collegial => case.presiding.name.clone(),
        Column::PresidingNumber if collegial => text(&case.presiding.number),
        Column::Presiding | Column::PresidingNumber => String::new(),
        Column::Members => case.members.join("；"),
        Column::Assistant => text(&case.assistant),
        Column::Clerk => text(&case.clerk),
        Column::Filed => case.dates.filed.to_string(),
        Column::Closed => case.dates.closed.to_string(),
        Column::Served => day(case.dates.served),
        Column::Effective => day(case.dates.effective),
        Column::Heard => yes(case.heard),
        Column::Appealed => yes(case.appealed),
        Column::Disposal => case.disposal.to_string(),
        Column::Support => case.support.map_or_else(String::new, |support| support.to_string()),
        Column::Origin => case.origin.as_ref().map_or_else(String::new, ToString::to_string),
        Column::Series => text(&case.series),
        Column::Moving => counsel(&case.moving),
        Column::Responding => counsel(&case.responding),
        Column::Third => counsel(&case.third),
    }
}

fn counsel(list: &[CounselRef]) -> String {
    let entry = |one: &CounselRef| {
        let licence = one.licence.as_deref().unwrap_or_default();
        let firm = one.firm.as_deref().unwrap_or_default();
        let text = format!("{}/{licence}/{firm}", one.name);
        if one.role == CounselRole::Lawyer { text } else { format!("{text}/{}", one.role) }
    };
    list.iter().map(entry).collect::<Vec<_>>().join("；")
}
