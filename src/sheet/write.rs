//! Templates and error files.
//!
//! Every cell that could be taken for a formula is disarmed, numbers stay numbers, and CSV begins with a byte order mark so that Excel reads Chinese.
//! Deliberately absent: anything that was not asked for, such as the time of writing; the same content gives the same bytes.

use hengping_domain::docket::help;
use hengping_domain::docket::roster::RosterColumn;
use hengping_domain::docket::text::disarmed;
use hengping_domain::docket::{Column, RowProblem};
use rust_xlsxwriter::{
    Color, DataValidation, DocProperties, ExcelDateTime, Format, FormatBorder, Workbook, Worksheet, XlsxError,
};

/// Rows for which the template offers lists of allowed values.
const LISTED_ROWS: u32 = 5_000;

/// A sheet could not be written; memory or a broken invariant, never the caller's data.
#[derive(Debug, thiserror::Error)]
#[error("the sheet could not be written: {0}")]
pub struct SheetWriteError(String);

impl From<XlsxError> for SheetWriteError {
    fn from(error: XlsxError) -> Self {
        Self(error.to_string())
    }
}

/// A CSV file with byte order mark and CRLF (RFC 4180), formulas disarmed with a leading apostrophe and numbers bare.
///
/// # Errors
/// [`SheetWriteError`].
pub fn csv<R, C>(header: &[&str], rows: impl IntoIterator<Item = R>) -> Result<Vec<u8>, SheetWriteError>
where
    R: IntoIterator<Item = C>,
    C: AsRef<str>,
{
    let broken = |error: ::csv::Error| SheetWriteError(error.to_string());
    let mut writer =
        ::csv::WriterBuilder::new().terminator(::csv::Terminator::CRLF).from_writer(vec![0xef, 0xbb, 0xbf]);
    writer.write_record(header).map_err(broken)?;
    for row in rows {
        let cells = row.into_iter().map(|cell| disarmed(cell.as_ref()).into_owned());
        writer.write_record(cells).map_err(broken)?;
    }
    writer.into_inner().map_err(|error| SheetWriteError(error.to_string()))
}

/// The problems of an import, one per line, for a clerk to work through.
///
/// # Errors
/// [`SheetWriteError`].
pub fn problems_csv(problems: &[RowProblem]) -> Result<Vec<u8>, SheetWriteError> {
    let header = ["行号", "列", "代码", "级别", "原值", "说明", "explanation"];
    csv(
        &header,
        problems.iter().map(|p| {
            let line = p.line.to_string();
            [
                line,
                p.column.clone(),
                p.code.to_string(),
                p.severity.to_string(),
                p.value.clone(),
                p.message.zh.clone(),
                p.message.en.clone(),
            ]
        }),
    )
}

/// The header of the case import, without rows: an example row would sooner or later be imported.
///
/// # Errors
/// [`SheetWriteError`].
pub fn case_template_csv() -> Result<Vec<u8>, SheetWriteError> {
    let header: Vec<&str> = Column::ALL.iter().map(|c| c.as_str()).collect();
    csv(&header, std::iter::empty::<[&str; 0]>())
}

/// The header of the roster import.
///
/// # Errors
/// [`SheetWriteError`].
pub fn roster_template_csv() -> Result<Vec<u8>, SheetWriteError> {
    let header: Vec<&str> = RosterColumn::ALL.iter().map(|c| c.as_str()).collect();
    csv(&header, std::iter::empty::<[&str; 0]>())
}

/// A workbook to fill in: the sheet 案件 with text columns and lists of allowed values, and the sheet 填写说明 with every column's
/// meaning, allowed values and an example.
///
/// # Errors
/// [`SheetWriteError`].
pub fn case_template_xlsx() -> Result<Vec<u8>, SheetWriteError> {
    let mut book = Workbook::new();
    // The program's own time would make every download another file.
    book.set_properties(&DocProperties::new().set_creation_datetime(&ExcelDateTime::from_ymd(2026, 1, 1)?));
    cases(book.add_worksheet())?;
    explanations(book.add_worksheet())?;
    Ok(book.save_to_buffer()?)
}

fn cases(sheet: &mut Worksheet) -> Result<(), SheetWriteError> {
    sheet.set_name("案件")?.set_freeze_panes(1, 1)?;
    let text = Format::new().set_num_format("@");
    for (place, column) in (0..).zip(Column::ALL) {
        let shade = if column.required() { Color::RGB(0x00F3_E3DC) } else { Color::RGB(0x00EE_F0F2) };
        let head = Format::new().set_bold().set_background_color(shade).set_border_bottom(FormatBorder::Thin);
        // Text columns keep a 17-digit licence number whole.
        sheet.set_column_format(place, &text)?;
        sheet.set_column_width(place, width(*column))?;
        sheet.write_string_with_format(0, place, column.as_str(), &head)?;
        let allowed = help::allowed(*column);
        if !allowed.is_empty() {
            let list = DataValidation::new().allow_list_strings(&allowed)?;
            sheet.add_data_validation(1, place, LISTED_ROWS, place, &list)?;
        }
    }
    Ok(())
}

fn explanations(sheet: &mut Worksheet) -> Result<(), SheetWriteError> {
    sheet.set_name("填写说明")?.set_freeze_panes(1, 1)?;
    let head = Format::new().set_bold().set_border_bottom(FormatBorder::Thin);
    let wrap = Format::new().set_text_wrap();
    let header = ["列", "必填", "含义", "可填的值", "示例", "header", "meaning"];
    for ((place, title), width) in (0..).zip(header).zip([18.0, 6.0, 48.0, 40.0, 44.0, 24.0, 60.0]) {
        sheet.set_column_width(place, width)?.write_string_with_format(0, place, title, &head)?;
    }
    for (line, column) in (1..).zip(Column::ALL) {
        let (zh, en) = help::meaning(*column);
        let allowed = help::allowed(*column).join("、");
        let required = if column.required() { "是" } else { "" };
        let cells = [column.as_str(), required, zh, &allowed, help::example(*column), column.english(), en];
        for (place, cell) in (0..).zip(cells) {
            sheet.write_string_with_format(line, place, cell, &wrap)?;
        }
    }
    Ok(())
}

/// Width of a column, in characters of the default font.
fn width(column: Column) -> f64 {
    match column {
        Column::Moving | Column::Responding | Column::Third => 48.0,
        Column::CaseNumber | Column::Origin => 28.0,
        Column::Cause | Column::Members => 22.0,
        _ => 14.0,
    }
}
