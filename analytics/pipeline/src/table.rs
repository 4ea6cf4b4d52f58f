//! The opened table: one row per ballot and item, from memory, CSV or Parquet, to the library's bundle.
//! Invariant: whatever the source, the same columns give the same bundle. polars does the work on
//! rows; errors name columns and lines, never values. Absent on purpose: writing such a table.

use std::fs::File;
use std::path::Path;

use hengping_analytics::bundle::{Answer, Ballot, Item};
use polars::prelude::*;

use crate::error::Stop;

/// The pinned columns; `ballot` may stand beside them and tells ballots of one pair apart.
pub const COLUMNS: [&str; 10] =
    ["nym", "home", "role", "ratee", "court", "case_type", "outcome", "rubric", "item", "level"];

fn malformed(reason: impl Into<String>) -> Stop {
    Stop::TableMalformed { reason: reason.into() }
}

fn internal(error: PolarsError) -> Stop {
    Stop::Internal(error.to_string())
}

/// Reads a table by its ending, `.csv` or `.parquet`.
///
/// # Errors
/// [`Stop::FileMissing`], [`Stop::TableMalformed`].
pub fn read(path: &Path) -> Result<DataFrame, Stop> {
    let file = File::open(path).map_err(|_| Stop::FileMissing(path.display().to_string()))?;
    match path.extension().and_then(|ending| ending.to_str()) {
        Some("csv") => CsvReadOptions::default()
            .with_has_header(true)
            // Everything is text first: court codes and ids must not become numbers.
            .with_infer_schema_length(Some(0))
            .into_reader_with_file_handle(file)
            .finish()
            .map_err(|_| malformed("not a CSV table with a heading")),
        Some("parquet") => crate::parquet::reader(path)?.finish().map_err(|_| malformed("not a Parquet file")),
        _ => Err(malformed("the name must end in .csv or .parquet")),
    }
}

/// Brings columns to their types: text, and `level` as 1 to 5 or missing.
///
/// # Errors
/// [`Stop::TableMalformed`] naming a missing column or the first line with a bad level.
pub fn typed(table: DataFrame) -> Result<DataFrame, Stop> {
    for name in COLUMNS {
        if table.column(name).is_err() {
            return Err(malformed(format!("no column {name}")));
        }
    }
    let numbered = table.column("ballot").is_ok();
    let mut wanted: Vec<Expr> = COLUMNS[..9].iter().map(|name| col(*name).cast(DataType::String)).collect();
    // An empty cell is 未观察到; anything else that is no whole number becomes a level nobody allows.
    let written = col("level").cast(DataType::String).str().strip_chars(lit(NULL));
    let level = written.clone().cast(DataType::Float64);
    wanted.push(
        when(written.clone().is_null().or(written.eq(lit(""))))
            .then(lit(NULL))
            .otherwise(level.fill_null(lit(-1.0)))
            .cast(DataType::Float64)
            .alias("level"),
    );
    if numbered {
        wanted.push(col("ballot").cast(DataType::String));
    }
    let typed = table.lazy().select(wanted).collect().map_err(internal)?;
    let missing = COLUMNS[..9].iter().find(|name| typed.column(name).is_ok_and(|c| c.null_count() > 0));
    if let Some(name) = missing {
        return Err(malformed(format!("column {name} has empty cells")));
    }
    let levels = typed.column("level").and_then(|c| c.f64().cloned()).map_err(internal)?;
    let bad = levels.iter().position(|x| x.is_some_and(|x| x.fract() != 0.0 || !(1.0..=5.0).contains(&x)));
    match bad {
        Some(row) => Err(malformed(format!("line {}: level is not 1 to 5 or empty", row + 2))),
        None => Ok(typed),
    }
}

/// Gathers rows into ballots: by `ballot` if it is there, else by everything but item and level,
/// where a repeated item starts another ballot of the same pair.
///
/// # Errors
/// [`Stop::TableMalformed`] when a row asks an item the rubric does not have.
pub fn ballots(table: DataFrame, items: &[Item]) -> Result<Vec<Ballot>, Stop> {
    let table = typed(table)?;
    let numbered = table.column("ballot").is_ok();
    let mut keys: Vec<&str> = COLUMNS[..8].to_vec();
    if numbered {
        keys.push("ballot");
    }
    let by: Vec<Expr> = keys.iter().map(|key| col(*key)).collect();
    let grouped = table
        .lazy()
        // The order inside a group must not depend on the order of rows.
        .sort(["item", "level"], SortMultipleOptions::default())
        .group_by_stable(by)
        .agg([col("item"), col("level")])
        .sort(keys, SortMultipleOptions::default())
        .collect()
        .map_err(internal)?;
    let text = |name: &str| grouped.column(name).and_then(|c| c.str().cloned()).map_err(internal);
    let columns = COLUMNS[..8].iter().map(|name| text(name)).collect::<Result<Vec<_>, _>>()?;
    let lists = |name: &str| grouped.column(name).and_then(|c| c.list().cloned()).map_err(internal);
    let (asked, levels) = (lists("item")?, lists("level")?);
    let mut ballots = Vec::new();
    for row in 0..grouped.height() {
        let cell = |k: usize| columns[k].get(row).unwrap_or_default().to_owned();
        let (Some(asked), Some(levels)) = (asked.get_as_series(row), levels.get_as_series(row)) else { continue };
        let asked = asked.str().map_err(internal)?.iter().map(Option::unwrap_or_default);
        let levels = levels.f64().map_err(internal)?.iter();
        for answers in sheets(asked.zip(levels), items)? {
            ballots.push(Ballot {
                nym: cell(0),
                home: cell(1),
                role: cell(2),
                ratee: cell(3),
                court: cell(4),
                case_type: cell(5),
                outcome: cell(6),
                rubric: cell(7),
                answers,
            });
        }
    }
    Ok(ballots)
}

type Sheet = Vec<Option<Answer>>;

/// Deals answers to one ballot, or to several where an item repeats.
fn sheets<'a>(answers: impl Iterator<Item = (&'a str, Option<f64>)>, items: &[Item]) -> Result<Vec<Sheet>, Stop> {
    let mut sheets: Vec<Sheet> = Vec::new();
    for (id, level) in answers {
        let Some(k) = items.iter().position(|item| item.id == id) else {
            return Err(malformed("a row asks an item the rubric does not have"));
        };
        // `typed` made sure that the level is a small whole number.
        let answer = level.map_or(Answer::NotObserved, |level| Answer::Level(level as u8));
        match sheets.iter_mut().find(|sheet| sheet[k].is_none()) {
            Some(sheet) => sheet[k] = Some(answer),
            None => {
                let mut sheet = vec![None; items.len()];
                sheet[k] = Some(answer);
                sheets.push(sheet);
            }
        }
    }
    Ok(sheets)
}
