//! Rosters and cases written by hand, in the form in which the courts and the bar hand them over.

use hengping::sheet;
use hengping_domain::docket::Column;
use hengping_domain::docket::court::COURTS;
use hengping_domain::docket::roster::RosterColumn;
use jiff::ToSpan as _;
use jiff::civil::{Date, date};

const SURNAMES: [&str; 10] = ["王", "李", "张", "刘", "陈", "孙", "于", "迟", "逄", "矫"];
const GIVEN: [&str; 10] = ["文", "子行", "轩怡", "琳波", "晓", "然", "浩一", "桐", "建国", "梅"];

fn full_name(index: usize) -> String {
    format!("{}{}", SURNAMES[index % 10], GIVEN[index / 10 % 10])
}

/// Staff number of a judge; ten basic courts take turns.
pub fn judge(index: usize) -> String {
    format!("{}-{index:03}", COURTS[1 + index % 10].code.trim_start_matches('鲁'))
}

/// Licence number of a lawyer.
pub fn lawyer(index: usize) -> String {
    format!("137022016101{index:05}")
}

fn firm(index: usize) -> String {
    format!("山东{}律师事务所", GIVEN[index % 7])
}

/// A roster as both sides hand it over.
pub fn roster(judges: usize, lawyers: usize) -> Vec<u8> {
    let header: Vec<&str> = RosterColumn::ALL.iter().map(|c| c.as_str()).collect();
    let blank = String::new;
    let court = |index: usize| COURTS[1 + index % 10].name.to_owned();
    let judges =
        (0..judges).map(|j| ["法官".into(), full_name(j), judge(j), court(j), "民一庭".into(), blank(), blank()]);
    let lawyers = (0..lawyers).map(|l| ["律师".into(), full_name(l), lawyer(l), firm(l), blank(), blank(), blank()]);
    sheet::csv(&header, judges.chain(lawyers)).expect("a roster")
}

/// A civil case of the first instance, decided by a sole judge after a hearing.
#[derive(Debug, Clone)]
pub struct Case {
    pub serial: usize,
    pub judge: usize,
    pub moving: Vec<usize>,
    pub responding: Vec<usize>,
    pub effective: Date,
    pub series: &'static str,
}

impl Case {
    pub fn new(serial: usize, judge: usize, moving: &[usize], responding: &[usize]) -> Self {
        let (moving, responding) = (moving.to_vec(), responding.to_vec());
        Self { serial, judge, moving, responding, effective: date(2026, 6, 15), series: "" }
    }

    pub fn effective(self, effective: Date) -> Self {
        Self { effective, ..self }
    }

    pub fn series(self, series: &'static str) -> Self {
        Self { series, ..self }
    }

    pub fn number(&self) -> String {
        format!("（2026）{}民初{}号", COURTS[1 + self.judge % 10].code, self.serial)
    }

    /// The row, in the order of the columns.
    pub fn row(&self) -> Vec<String> {
        let day = |before: i64| self.effective.saturating_sub(before.days()).to_string();
        let counsel = |list: &[usize]| {
            let entry = |&l: &usize| format!("{}/{}/{}", full_name(l), lawyer(l), firm(l));
            list.iter().map(entry).collect::<Vec<_>>().join("；")
        };
        let support = ["全部支持", "部分支持", "不予支持"][self.serial % 3];
        let cell = |column: &Column| match column {
            Column::CaseNumber => self.number(),
            Column::Court => COURTS[1 + self.judge % 10].name.to_owned(),
            Column::Chamber => "民一庭".to_owned(),
            Column::Cause => "民间借贷纠纷".to_owned(),
            Column::Procedure => "普通程序".to_owned(),
            Column::Panel => "独任制".to_owned(),
            Column::Handling => full_name(self.judge),
            Column::HandlingNumber => judge(self.judge),
            Column::Filed => day(60),
            Column::Closed => day(30),
            Column::Served => day(20),
            Column::Effective => day(0),
            Column::Heard => "是".to_owned(),
            Column::Appealed => "否".to_owned(),
            Column::Disposal => "判决".to_owned(),
            Column::Support => support.to_owned(),
            Column::Series => self.series.to_owned(),
            Column::Moving => counsel(&self.moving),
            Column::Responding => counsel(&self.responding),
            _ => String::new(),
        };
        Column::ALL.iter().map(cell).collect()
    }
}

pub fn header() -> Vec<&'static str> {
    Column::ALL.iter().map(|c| c.as_str()).collect()
}

/// The cases as a court hands them over.
pub fn docket(cases: &[Case]) -> Vec<u8> {
    sheet::csv(&header(), cases.iter().map(Case::row)).expect("a docket")
}
