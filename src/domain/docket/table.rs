//! A sheet of text cells, as it comes out of CSV or XLSX and before anybody has judged it.
//!
//! Lines are the ones a spreadsheet program shows, so that a clerk finds what a message names.
//! Deliberately absent: types; a cell is text until a reader of the docket says what it should be.

/// One row below the header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableRow {
    /// Line in the file, from 1.
    pub line: u32,
    /// Cells, possibly fewer or more than the header has.
    pub cells: Vec<String>,
}

/// A header and the rows below it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Table {
    /// Line of the header, from 1.
    pub header_line: u32,
    /// Header cells as written.
    pub header: Vec<String>,
    /// Rows in the order of the file; blank ones are left out.
    pub rows: Vec<TableRow>,
}

impl Table {
    /// Builds a table from lines of cells: the first line that is not blank is the header, other blank lines are dropped.
    #[must_use]
    pub fn from_lines(lines: impl IntoIterator<Item = (u32, Vec<String>)>) -> Self {
        let mut table = Self::default();
        for (line, cells) in lines {
            if cells.iter().all(|cell| super::text::fold(cell).is_empty()) {
                continue;
            }
            if table.header_line == 0 {
                table.header_line = line;
                table.header = cells;
            } else {
                table.rows.push(TableRow { line, cells });
            }
        }
        table
    }
}
