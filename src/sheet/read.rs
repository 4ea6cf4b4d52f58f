//! Bytes to a table.
//!
//! Nothing is allocated for what a file claims, only for what it holds.
//! Deliberately absent: other sheets than the first, styles, comments, macros, formulas.

use std::io::{Cursor, Read as _};

use calamine::{Data, Reader as _, Xlsx};
use encoding_rs::{GB18030, UTF_16BE, UTF_16LE};
use hengping_domain::docket::Table;

use super::{MAX_BYTES, MAX_CELL, MAX_COLUMNS, MAX_ROWS, MAX_UNPACKED, SheetError};

/// Beyond this a spreadsheet program has already rounded a number, so its digits mean nothing (15 significant digits).
const EXACT: f64 = 1e15;
/// Parts of an XLSX file; real ones have about a dozen.
const MAX_PARTS: usize = 500;

/// Reads the first sheet of a CSV or XLSX file, whatever it is called.
///
/// CSV: UTF-8 with or without mark, UTF-16 with mark, or GB18030; commas, tabs or semicolons; any line end.
///
/// # Errors
/// [`SheetError`]; nothing of a refused file is used.
pub fn read(bytes: &[u8]) -> Result<Table, SheetError> {
    match bytes {
        [] => Err(SheetError::Empty),
        _ if bytes.len() > MAX_BYTES => Err(SheetError::TooLarge),
        [0xd0, 0xcf, 0x11, 0xe0, ..] => Err(SheetError::OldExcel),
        [b'P', b'K', 3, 4, ..] => xlsx(bytes),
        _ => csv(&decode(bytes)?),
    }
}

fn decode(bytes: &[u8]) -> Result<String, SheetError> {
    let with = |encoding: &'static encoding_rs::Encoding, bytes: &[u8]| {
        encoding.decode_without_bom_handling_and_without_replacement(bytes).map(|text| text.into_owned())
    };
    let text = match bytes {
        [0xff, 0xfe, rest @ ..] => with(UTF_16LE, rest),
        [0xfe, 0xff, rest @ ..] => with(UTF_16BE, rest),
        [0xef, 0xbb, 0xbf, rest @ ..] => String::from_utf8(rest.to_vec()).ok(),
        _ => String::from_utf8(bytes.to_vec()).ok().or_else(|| with(GB18030, bytes)),
    };
    let text = text.ok_or(SheetError::Encoding)?;
    // No text has NUL in it, and every picture and archive has.
    if text.contains('\0') { Err(SheetError::NotATable) } else { Ok(text) }
}

fn csv(text: &str) -> Result<Table, SheetError> {
    let text = &text.replace("\r\n", "\n").replace('\r', "\n");
    let first = text.lines().find(|line| !line.trim().is_empty()).ok_or(SheetError::Empty)?;
    let most = [b',', b'\t', b';'].into_iter().max_by_key(|d| (first.bytes().filter(|b| b == d).count(), *d == b','));
    let mut reader = ::csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(most.unwrap_or(b','))
        .from_reader(text.as_bytes());
    let mut lines = Vec::new();
    let (mut line, mut counted) = (1, 0);
    for record in reader.records() {
        let record = record.map_err(|_| SheetError::NotATable)?;
        // The reader's own count of lines forgets blank ones; the place in the text does not.
        let start = record.position().and_then(|p| usize::try_from(p.byte()).ok()).unwrap_or(counted);
        let skipped = text[start..].bytes().take_while(|b| *b == b'\n').count();
        line += text[counted..start + skipped].bytes().filter(|b| *b == b'\n').count();
        counted = start + skipped;
        if lines.len() >= MAX_ROWS as usize {
            return Err(SheetError::TooManyRows);
        }
        if record.len() > MAX_COLUMNS as usize {
            return Err(SheetError::TooManyColumns);
        }
        let cells: Vec<String> = record.iter().map(str::to_owned).collect();
        if cells.iter().any(|cell| cell.len() > MAX_CELL && cell.chars().count() > MAX_CELL) {
            return Err(SheetError::CellTooLong);
        }
        lines.push((u32::try_from(line).map_err(|_| SheetError::TooManyRows)?, cells));
    }
    Ok(Table::from_lines(lines))
}

fn xlsx(bytes: &[u8]) -> Result<Table, SheetError> {
    weigh(bytes)?;
    let broken = |_| SheetError::Broken;
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).map_err(broken)?;
    let name = book.sheet_names().first().cloned().ok_or(SheetError::Broken)?;
    let mut cells = book.worksheet_cells_reader(&name).map_err(broken)?;
    // Cells come one by one with their place: a single cell at the far corner must not make room for the whole sheet.
    let mut lines: std::collections::BTreeMap<u32, Vec<String>> = std::collections::BTreeMap::new();
    while let Some(cell) = cells.next_cell().map_err(broken)? {
        let (row, column) = cell.get_position();
        let text = text_of(&Data::from(cell.get_value().clone()));
        if text.is_empty() {
            continue;
        }
        if row >= MAX_ROWS {
            return Err(SheetError::TooManyRows);
        }
        if column >= MAX_COLUMNS {
            return Err(SheetError::TooManyColumns);
        }
        if text.chars().count() > MAX_CELL {
            return Err(SheetError::CellTooLong);
        }
        let line = lines.entry(row + 1).or_default();
        let place = column as usize;
        if line.len() <= place {
            line.resize(place + 1, String::new());
        }
        line[place] = text;
    }
    if lines.is_empty() {
        return Err(SheetError::Empty);
    }
    Ok(Table::from_lines(lines))
}

/// Unpacks every part into nothing and counts: what the directory of an archive says about sizes may be a lie.
fn weigh(bytes: &[u8]) -> Result<(), SheetError> {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).map_err(|_| SheetError::Broken)?;
    if archive.len() > MAX_PARTS {
        return Err(SheetError::Bomb);
    }
    if archive.index_for_name("xl/workbook.xml").is_none() {
        return Err(SheetError::NotATable);
    }
    let mut total = 0;
    for index in 0..archive.len() {
        let part = archive.by_index(index).map_err(|_| SheetError::Broken)?;
        let room = MAX_UNPACKED + 1 - total;
        total += std::io::copy(&mut part.take(room), &mut std::io::sink()).map_err(|_| SheetError::Broken)?;
        if total > MAX_UNPACKED {
            return Err(SheetError::Bomb);
        }
    }
    Ok(())
}

/// The text a clerk sees in a cell; a number too large to be exact is shown as such, so that a licence number that was
/// rounded is refused and not silently another one.
fn text_of(cell: &Data) -> String {
    match cell {
        Data::Empty => String::new(),
        Data::String(text) | Data::DateTimeIso(text) | Data::DurationIso(text) => text.clone(),
        Data::Bool(value) => value.to_string(),
        Data::Int(number) if number.unsigned_abs() < EXACT as u64 => number.to_string(),
        Data::Int(number) => format!("{:E}", *number as f64),
        Data::Float(number) if number.abs() < EXACT => number.to_string(),
        Data::Float(number) => format!("{number:E}"),
        Data::DateTime(date) if date.is_datetime() => {
            let (year, month, day, ..) = date.to_ymd_hms_milli();
            format!("{year:04}-{month:02}-{day:02}")
        }
        Data::DateTime(date) => date.as_f64().to_string(),
        Data::Error(error) => error.to_string(),
    }
}
