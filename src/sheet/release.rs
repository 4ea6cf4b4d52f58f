//! A release as CSV, and as a workbook: one sheet of cells, one that says what they are.
//!
//! The cells come in cut for their reader; nothing is added here. Deliberately absent: formulas, and the time of writing.

use hengping_domain::codebook::{COLUMNS, Field, header};
use rust_xlsxwriter::{Color, DocProperties, ExcelDateTime, Format, FormatBorder, Workbook, Worksheet};

use super::SheetWriteError;
use super::write::csv;

/// A line of the second sheet: what it is about in Chinese and English, and what is said.
pub type About = [String; 3];

/// The cells, and beside them who made them, under what, and what each column says.
///
/// # Errors
/// [`SheetWriteError`].
pub fn release_xlsx(
    cells: impl IntoIterator<Item = [Field; COLUMNS.len()]>,
    about: &[About],
) -> Result<Vec<u8>, SheetWriteError> {
    let mut book = Workbook::new();
    // The program's own time would make every download another file.
    book.set_properties(&DocProperties::new().set_creation_datetime(&ExcelDateTime::from_ymd(2026, 1, 1)?));
    write_cells(book.add_worksheet(), cells)?;
    explain(book.add_worksheet(), about)?;
    Ok(book.save_to_buffer()?)
}

/// The cells as CSV.
///
/// # Errors
/// [`SheetWriteError`].
pub fn release_csv(cells: impl IntoIterator<Item = [Field; COLUMNS.len()]>) -> Result<Vec<u8>, SheetWriteError> {
    let line = |row: [Field; COLUMNS.len()]| {
        row.map(|field| match field {
            Field::Text(text) => text,
            Field::Number(number) => number.to_string(),
            Field::Missing => String::new(),
        })
    };
    csv(&header(), cells.into_iter().map(line))
}

fn head() -> Format {
    Format::new().set_bold().set_background_color(Color::RGB(0x00E6_EEF6)).set_border_bottom(FormatBorder::Thin)
}

fn write_cells(
    sheet: &mut Worksheet,
    cells: impl IntoIterator<Item = [Field; COLUMNS.len()]>,
) -> Result<(), SheetWriteError> {
    sheet.set_name("统计单元 Cells")?.set_freeze_panes(1, 0)?;
    let head = head();
    for (place, column) in (0..).zip(COLUMNS) {
        sheet.set_column_width(place, if column.number { 10.0 } else { 16.0 })?;
        sheet.write_string_with_format(0, place, column.name, &head)?;
    }
    for (line, row) in (1..).zip(cells) {
        for (place, field) in (0..).zip(&row) {
            match field {
                Field::Number(number) => sheet.write_number(line, place, *number)?,
                // What is not there stays an empty cell and not an empty text.
                Field::Text(text) if !text.is_empty() => sheet.write_string(line, place, text)?,
                Field::Text(_) | Field::Missing => sheet,
            };
        }
    }
    Ok(())
}

fn explain(sheet: &mut Worksheet, about: &[About]) -> Result<(), SheetWriteError> {
    sheet.set_name("说明 About")?;
    let (head, wrap) = (head(), Format::new().set_text_wrap());
    for (place, width) in (0..).zip([18.0, 22.0, 44.0, 44.0, 40.0, 40.0, 10.0, 24.0, 28.0]) {
        sheet.set_column_width(place, width)?;
    }
    let mut line = 0;
    for row in about {
        for (place, text) in (0..).zip(row) {
            sheet.write_string_with_format(line, place, text, &wrap)?;
        }
        line += 1;
    }
    line += 1;
    let titles = ["column", "type", "含义", "meaning", "单位或者取值", "unit or words", "rule", "空值", "empty means"];
    for (place, title) in (0..).zip(titles) {
        sheet.write_string_with_format(line, place, title, &head)?;
    }
    for column in COLUMNS {
        line += 1;
        let kind = if column.number { "数值 number" } else { "文字 text" };
        let (says, unit, missing) = (column.says, column.unit, column.missing);
        let rule = column.rule.unwrap_or_default();
        let row = [column.name, kind, says.0, says.1, unit.0, unit.1, rule, missing.0, missing.1];
        for (place, text) in (0..).zip(row) {
            sheet.write_string_with_format(line, place, text, &wrap)?;
        }
    }
    Ok(())
}
