//! 名册: who the judges and lawyers are, and who is meant by a name in a case.
//!
//! A number settles it if the name agrees; a name settles it only together with the court or firm on the day of the case and
//! only if nobody else fits. Everything else waits for a person to decide.
//! Deliberately absent: accounts, and any match by name alone.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::cell::{Heading, Places, RowReader};
use super::court::Court;
use super::people::{self, CounselRef, StaffRef};
use super::problem::{ProblemCode, RowProblem};
use super::table::Table;
use super::text::fold;
use crate::words;

words! {
    /// 类别 of a person in a roster.
    PersonKind, "kind of person" {
        /// A judge.
        Judge = "法官",
        /// A judge's assistant.
        Assistant = "法官助理",
        /// A clerk.
        Clerk = "书记员",
        /// A lawyer in practice.
        Lawyer = "律师",
        /// A government lawyer.
        Government = "公职律师",
        /// An in-house lawyer.
        InHouse = "公司律师",
        /// A trainee.
        Trainee = "实习律师",
    }
}

impl PersonKind {
    /// Whether the person belongs to a court.
    #[must_use]
    pub const fn is_staff(self) -> bool {
        matches!(self, Self::Judge | Self::Assistant | Self::Clerk)
    }
}

words! {
    /// A column of a roster, spelled as its Chinese header.
    RosterColumn, "roster column" {
        /// Kind.
        Kind = "类别",
        /// Name.
        Name = "姓名",
        /// Staff or licence number.
        Number = "编号",
        /// Court or firm.
        Organisation = "单位",
        /// Chamber.
        Chamber = "部门",
        /// First day there.
        From = "起始日期",
        /// Last day there.
        Until = "终止日期",
    }
}

impl Heading for RosterColumn {
    const ALL: &'static [Self] = Self::ALL;

    fn index(self) -> usize {
        self as usize
    }

    fn header(self) -> &'static str {
        self.as_str()
    }

    fn named(header: &str) -> Option<Self> {
        let header = fold(header).to_lowercase();
        header.parse().ok().or(match header.as_str() {
            "kind" | "人员类别" => Some(Self::Kind),
            "name" => Some(Self::Name),
            "number" | "工号" | "执业证号" | "工号/执业证号" => Some(Self::Number),
            "organisation" | "法院" | "律所" | "律师事务所" | "工作单位" => Some(Self::Organisation),
            "chamber" | "审判庭" => Some(Self::Chamber),
            "from" => Some(Self::From),
            "until" => Some(Self::Until),
            _ => None,
        })
    }

    fn required(self) -> bool {
        matches!(self, Self::Kind | Self::Name | Self::Number | Self::Organisation)
    }

    fn limit(self) -> usize {
        40
    }
}

/// One person at one organisation for one stretch of time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RosterEntry {
    /// Kind.
    pub kind: PersonKind,
    /// Name.
    pub name: String,
    /// 工号 or 执业证号; the person, through all their entries.
    pub number: String,
    /// Court code, or name of the firm.
    pub organisation: String,
    /// 部门.
    pub chamber: Option<String>,
    /// First day there, where known.
    pub from: Option<Date>,
    /// Last day there, where over.
    pub until: Option<Date>,
}

impl RosterEntry {
    fn held_on(&self, day: Date) -> bool {
        self.from.is_none_or(|from| from <= day) && self.until.is_none_or(|until| day <= until)
    }
}

/// Reads a roster as either side keeps it; as with cases, good rows are not lost.
#[must_use]
pub fn read(table: &Table) -> (Vec<RosterEntry>, Vec<RowProblem>) {
    let (places, mut problems) = Places::locate::<RosterColumn>(table);
    if problems.iter().any(RowProblem::is_error) {
        return (Vec::new(), problems);
    }
    let mut entries: Vec<RosterEntry> = Vec::with_capacity(table.rows.len());
    let mut names: BTreeMap<String, String> = BTreeMap::new();
    for row in &table.rows {
        let mut reader = RowReader::new(row, &places);
        if let Some(entry) = entry(&mut reader) {
            let name = names.entry(entry.number.clone()).or_insert_with(|| entry.name.clone());
            if *name == entry.name {
                entries.push(entry);
            } else {
                reader.report(RosterColumn::Number, ProblemCode::PersonRepeated, &entry.number);
            }
        }
        problems.append(&mut reader.into_problems());
    }
    (entries, problems)
}

fn entry(reader: &mut RowReader<'_, RosterColumn>) -> Option<RosterEntry> {
    let kind = reader.value(RosterColumn::Kind, ProblemCode::KindUnknown, |t| fold(t).parse::<PersonKind>().ok());
    let name = reader.checked(RosterColumn::Name, people::name);
    let staff = kind.is_some_and(PersonKind::is_staff);
    let number =
        reader.checked(RosterColumn::Number, |t| if staff { people::staff_number(t) } else { people::licence(t) });
    let organisation = reader.checked(RosterColumn::Organisation, |t| {
        if staff {
            Court::named(t).map(|c| c.code.to_owned()).ok_or(ProblemCode::CourtUnknown)
        } else {
            people::firm(t)
        }
    });
    let chamber = reader.text(RosterColumn::Chamber);
    let from = reader.date(RosterColumn::From);
    let until = reader.date(RosterColumn::Until);
    if from.zip(until).is_some_and(|(from, until)| until < from) {
        reader.report(RosterColumn::Until, ProblemCode::DateOrder, "");
    }
    if reader.failed() {
        return None;
    }
    Some(RosterEntry { kind: kind?, name: name?, number: number?, organisation: organisation?, chamber, from, until })
}

/// Whether a table's header is a roster's rather than a list of cases.
#[must_use]
pub fn is_roster(table: &Table) -> bool {
    let has = |column| table.header.iter().any(|header| RosterColumn::named(header) == Some(column));
    has(RosterColumn::Kind) && has(RosterColumn::Number)
}

/// Who is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Match<'a> {
    /// One person, by number.
    One(&'a str),
    /// Nobody fits.
    Nobody,
    /// More than one fits, or the export says too little to tell.
    Unclear,
    /// The number is somebody else's.
    NameDiffers,
}

/// Both sides' rosters, ready to be asked.
#[derive(Debug, Default)]
pub struct Roster {
    entries: Vec<RosterEntry>,
    by_name: BTreeMap<String, Vec<usize>>,
    by_number: BTreeMap<String, Vec<usize>>,
}

impl Roster {
    /// Takes entries of either side.
    #[must_use]
    pub fn new(entries: Vec<RosterEntry>) -> Self {
        let mut roster = Self { entries, ..Self::default() };
        for (index, entry) in roster.entries.iter().enumerate() {
            roster.by_name.entry(entry.name.clone()).or_default().push(index);
            roster.by_number.entry(entry.number.clone()).or_default().push(index);
        }
        roster
    }

    /// The judge a case names, in a court on a day.
    #[must_use]
    pub fn judge(&self, named: &StaffRef, court: &str, day: Date) -> Match<'_> {
        self.find(&named.name, named.number.as_deref(), Some(court), day, |kind| kind == PersonKind::Judge)
    }

    /// The counsel a case names, on a day.
    #[must_use]
    pub fn counsel(&self, named: &CounselRef, day: Date) -> Match<'_> {
        self.find(&named.name, named.licence.as_deref(), named.firm.as_deref(), day, |kind| !kind.is_staff())
    }

    fn find(
        &self,
        name: &str,
        number: Option<&str>,
        organisation: Option<&str>,
        day: Date,
        fits: impl Fn(PersonKind) -> bool,
    ) -> Match<'_> {
        let entries = |index: &BTreeMap<String, Vec<usize>>, key: &str| {
            index.get(key).into_iter().flatten().map(|&i| &self.entries[i]).filter(|e| fits(e.kind)).collect::<Vec<_>>()
        };
        if let Some(number) = number {
            let found = entries(&self.by_number, number);
            return match found.first() {
                Some(entry) if entry.name == name => Match::One(&entry.number),
                Some(_) => Match::NameDiffers,
                None => Match::Nobody,
            };
        }
        let mut found = entries(&self.by_name, name);
        if found.is_empty() {
            return Match::Nobody;
        }
        let Some(organisation) = organisation else { return Match::Unclear };
        found.retain(|entry| entry.organisation == organisation && entry.held_on(day));
        let Some(first) = found.first() else { return Match::Nobody };
        if found.iter().all(|entry| entry.number == first.number) { Match::One(&first.number) } else { Match::Unclear }
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::docket::people::counsel_list;

    fn roster() -> Roster {
        let lines = [
            "类别,姓名,编号,单位,起始日期,终止日期",
            "法官,王明,0202-01,市南法院,,",
            "法官,王明,0202-02,鲁0202,,",
            "法官,赵平,0202-03,市南法院,,",
            "律师,张三,13702201510123456,甲律师事务所,2015-01-01,2026-03-31",
            "律师,张三,13702201510123456,乙律师事务所,2026-04-01,",
            "律师,张三,13702201510999999,丙律师事务所,,",
            "法官助理,赵平,0202-09,市南法院,,",
        ];
        let lines = lines.iter().zip(1..).map(|(l, n)| (n, l.split(',').map(str::to_owned).collect()));
        let (entries, problems) = read(&Table::from_lines(lines));
        assert_eq!(problems, Vec::new());
        Roster::new(entries)
    }

    #[test]
    fn a_number_settles_it_when_the_name_agrees() {
        let roster = roster();
        let day = date(2026, 3, 1);
        let ask = |text: &str| roster.counsel(&counsel_list(text).expect("a list").remove(0), day);
        assert_eq!(ask("张三/13702201510123456"), Match::One("13702201510123456"));
        assert_eq!(ask("李四/13702201510123456"), Match::NameDiffers);
        assert_eq!(ask("张三/13702201510000000"), Match::Nobody);
        assert_eq!(ask("张三"), Match::Unclear);
    }

    #[test]
    fn a_name_needs_the_firm_of_that_day() {
        let roster = roster();
        let ask = |text: &str, day| roster.counsel(&counsel_list(text).expect("a list").remove(0), day);
        assert_eq!(ask("张三//甲律师事务所", date(2026, 3, 31)), Match::One("13702201510123456"));
        assert_eq!(ask("张三//甲律师事务所", date(2026, 4, 1)), Match::Nobody);
        assert_eq!(ask("张三//乙律师事务所", date(2026, 4, 1)), Match::One("13702201510123456"));
    }

    #[test]
    fn same_names_wait_and_an_assistant_is_no_judge() {
        let roster = roster();
        let judge = |name: &str, number: Option<&str>| {
            roster.judge(
                &StaffRef { name: name.to_owned(), number: number.map(str::to_owned) },
                "鲁0202",
                date(2026, 3, 1),
            )
        };
        assert_eq!(judge("王明", None), Match::Unclear);
        assert_eq!(judge("王明", Some("0202-02")), Match::One("0202-02"));
        assert_eq!(judge("赵平", None), Match::One("0202-03"));
        assert_eq!(judge("孙立", None), Match::Nobody);
    }

    #[test]
    fn one_number_cannot_be_two_names() {
        let lines = [
            "kind,name,number,organisation",
            "律师,张三,13702201510123456,甲律师事务所",
            "律师,李四,13702201510123456,乙律师事务所",
            "律师,王五,137,乙律师事务所",
        ];
        let lines = lines.iter().zip(1..).map(|(l, n)| (n, l.split(',').map(str::to_owned).collect()));
        let (entries, problems) = read(&Table::from_lines(lines));
        assert_eq!(entries.len(), 1);
        let codes: Vec<_> = problems.iter().map(|p| (p.line, p.code)).collect();
        assert_eq!(codes, [(3, ProblemCode::PersonRepeated), (4, ProblemCode::LicenceInvalid)]);
    }
}
