//! Reading of one row: each cell is asked for by its column, and whatever is wrong with it is written down.
//!
//! A reader goes on after a problem, so that a clerk sees everything that is wrong with a row at once.
//! Deliberately absent: rules between columns, which are the import's.

use std::marker::PhantomData;

use jiff::civil::Date;

use super::column::is_private;
use super::problem::{ProblemCode, RowProblem};
use super::table::{Table, TableRow};
use super::text::{fold, looks_like_formula, tidy};
use crate::prose;

/// The columns of one kind of file.
pub(super) trait Heading: Copy + 'static {
    /// All columns, in the order of their index.
    const ALL: &'static [Self];
    /// Place in `ALL`.
    fn index(self) -> usize;
    /// The Chinese header.
    fn header(self) -> &'static str;
    /// The column a header names.
    fn named(header: &str) -> Option<Self>;
    /// Whether every row needs it.
    fn required(self) -> bool;
    /// Longest cell, in characters.
    fn limit(self) -> usize;
}

/// Where each column stands in the rows, with its header as written.
pub(super) struct Places {
    found: Vec<Option<(usize, String)>>,
    width: usize,
}

impl Places {
    /// Finds the columns; names what is missing, twice there, private or unknown.
    pub(super) fn locate<C: Heading>(table: &Table) -> (Self, Vec<RowProblem>) {
        let mut places = Self { found: vec![None; C::ALL.len()], width: table.header.len() };
        let mut problems = Vec::new();
        let line = table.header_line.max(1);
        let mut report = |header: &str, code| problems.push(RowProblem::new(line, header, code, ""));
        if table.header.is_empty() || table.rows.is_empty() {
            report("", ProblemCode::TableEmpty);
            return (places, problems);
        }
        for (index, header) in table.header.iter().enumerate() {
            match C::named(header).map(C::index) {
                Some(column) if places.found[column].is_some() => report(header, ProblemCode::ColumnRepeated),
                Some(column) => places.found[column] = Some((index, header.trim().to_owned())),
                None if is_private(header) => report(header, ProblemCode::ColumnPrivate),
                None if fold(header).is_empty() => {}
                None => report(header, ProblemCode::ColumnUnknown),
            }
        }
        for column in C::ALL.iter().filter(|c| c.required() && places.found[c.index()].is_none()) {
            report(column.header(), ProblemCode::ColumnMissing);
        }
        (places, problems)
    }
}

/// One row, its header, and the problems found so far.
pub(super) struct RowReader<'a, C> {
    row: &'a TableRow,
    places: &'a Places,
    problems: Vec<RowProblem>,
    columns: PhantomData<C>,
}

impl<'a, C: Heading> RowReader<'a, C> {
    pub(super) fn new(row: &'a TableRow, places: &'a Places) -> Self {
        let mut reader = Self { row, places, problems: Vec::new(), columns: PhantomData };
        if let Some(cell) = row.cells.iter().skip(places.width).find(|cell| !fold(cell).is_empty()) {
            reader.problems.push(RowProblem::new(row.line, "", ProblemCode::CellsBeyondHeader, cell));
        }
        reader
    }

    /// Writes down a problem of a column.
    pub(super) fn report(&mut self, column: C, code: ProblemCode, value: &str) {
        let header = self.places.found[column.index()].as_ref().map_or(column.header(), |(_, header)| header);
        self.problems.push(RowProblem::new(self.row.line, header, code, value));
    }

    /// Everything found.
    pub(super) fn into_problems(self) -> Vec<RowProblem> {
        self.problems
    }

    /// Whether the row is lost.
    pub(super) fn failed(&self) -> bool {
        self.problems.iter().any(RowProblem::is_error)
    }

    /// The cell as written, or `None` where it is blank, absent or not fit to be read.
    pub(super) fn raw(&mut self, column: C) -> Option<&'a str> {
        let place = self.places.found[column.index()].as_ref();
        let cell = place.and_then(|(index, _)| self.row.cells.get(*index));
        let cell = cell.map_or("", String::as_str);
        if fold(cell).is_empty() {
            if column.required() {
                self.report(column, ProblemCode::CellMissing, "");
            }
            return None;
        }
        let code = if looks_like_formula(cell) {
            ProblemCode::CellFormula
        } else if cell.chars().nth(column.limit()).is_some() {
            ProblemCode::CellTooLong
        } else if cell.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t') || prose::turns_around(c)) {
            ProblemCode::CellControl
        } else {
            return Some(cell);
        };
        self.report(column, code, cell);
        None
    }

    /// Reads a cell with `read`; what it refuses becomes a problem with `code`.
    pub(super) fn value<T>(&mut self, column: C, code: ProblemCode, read: impl FnOnce(&str) -> Option<T>) -> Option<T> {
        self.checked(column, |cell| read(cell).ok_or(code))
    }

    /// Reads a cell with `read`, which names its own code.
    pub(super) fn checked<T>(&mut self, column: C, read: impl FnOnce(&str) -> Result<T, ProblemCode>) -> Option<T> {
        let cell = self.raw(column)?;
        read(cell).map_err(|code| self.report(column, code, cell)).ok()
    }

    /// Reads a list, whose problem is about one entry.
    pub(super) fn list<T>(
        &mut self,
        column: C,
        read: impl FnOnce(&str) -> Result<Vec<T>, (ProblemCode, String)>,
    ) -> Vec<T> {
        let Some(cell) = self.raw(column) else { return Vec::new() };
        read(cell).map_err(|(code, entry)| self.report(column, code, &entry)).unwrap_or_default()
    }

    /// Trimmed text.
    pub(super) fn text(&mut self, column: C) -> Option<String> {
        self.raw(column).map(tidy)
    }

    /// A date.
    pub(super) fn date(&mut self, column: C) -> Option<Date> {
        self.value(column, ProblemCode::DateMalformed, date)
    }

    /// 是 or 否.
    pub(super) fn flag(&mut self, column: C) -> Option<bool> {
        self.value(column, ProblemCode::FlagUnknown, flag)
    }
}

/// `2026-03-05`, `2026/3/5`, `2026.3.5`, `2026年3月5日` or `20260305`, with or without a time of day behind it.
pub(super) fn date(text: &str) -> Option<Date> {
    let text = tidy(text);
    let day = text.split([' ', 'T']).next().map(fold)?;
    let parts: Vec<&str> = if day.len() == 8 && day.bytes().all(|b| b.is_ascii_digit()) {
        vec![&day[..4], &day[4..6], &day[6..]]
    } else {
        day.trim_end_matches('日').split(['-', '/', '.', '年', '月']).collect()
    };
    let [year, month, day] = parts.as_slice() else { return None };
    let plain = |part: &str, digits: usize| {
        !part.is_empty() && part.len() <= digits && part.bytes().all(|b| b.is_ascii_digit())
    };
    if year.len() != 4 || !plain(year, 4) || !plain(month, 2) || !plain(day, 2) {
        return None;
    }
    let date = Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?).ok()?;
    (1950..=2099).contains(&date.year()).then_some(date)
}

fn flag(text: &str) -> Option<bool> {
    match fold(text).to_lowercase().as_str() {
        "是" | "有" | "已开庭" | "已上诉" | "yes" | "true" | "y" | "1" => Some(true),
        "否" | "无" | "未开庭" | "未上诉" | "no" | "false" | "n" | "0" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn dates_are_read_as_clerks_write_them() {
        for text in [
            "2026-03-05",
            "2026/3/5",
            "2026.3.5",
            "2026年3月5日",
            "20260305",
            " ２０２６-０３-０５ ",
            "2026-03-05 00:00:00",
            "2026-03-05T09:30",
        ] {
            assert_eq!(date(text).map(|d| d.to_string()).as_deref(), Some("2026-03-05"), "{text}");
        }
        for text in
            ["", "2026-02-30", "2026-13-01", "05/03/2026", "26-3-5", "1949-01-01", "2026-3", "2026--5", "46086", "明天"]
        {
            assert_eq!(date(text), None, "{text}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(10_000))]

        #[test]
        fn any_text_is_a_date_or_not(text in prop_oneof![any::<String>(), "[0-9年月日/.T \\-]{0,14}".prop_map(String::from)]) {
            if let Some(found) = date(&text) {
                prop_assert_eq!(date(&found.to_string()), Some(found));
            }
        }
    }
}
