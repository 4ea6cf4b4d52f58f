//! A table of any columns as frames that can be read again: CSV once into memory, Parquet by row groups.
//! Invariant: only the columns asked for are read. Absent on purpose: what the columns mean.

use std::fs::File;
use std::path::{Path, PathBuf};

use polars::prelude::*;

use crate::error::Stop;

/// Rows of a Parquet file that are read together, if its row groups are smaller.
const ROWS: usize = 1 << 20;

/// Words that stand for a missing value in a CSV file, besides the empty cell.
const MISSING: [&str; 4] = ["", "NA", "NaN", "null"];

/// A readable table.
pub enum Table {
    /// Read once.
    Memory(Box<DataFrame>),
    /// Read again for every pass.
    Parquet {
        /// The file.
        path: PathBuf,
        /// Columns to read.
        columns: Vec<String>,
        /// Offset and number of rows of each piece.
        pieces: Vec<(usize, usize)>,
    },
}

fn malformed(reason: impl Into<String>) -> Stop {
    Stop::TableMalformed { reason: reason.into() }
}

fn file(path: &Path) -> Result<File, Stop> {
    File::open(path).map_err(|_| Stop::FileMissing(path.display().to_string()))
}

impl Table {
    /// Opens `path` for `columns`.
    ///
    /// # Errors
    /// [`Stop::FileMissing`], [`Stop::TableMalformed`], [`Stop::ColumnMissing`].
    pub fn open(path: &Path, columns: &[String]) -> Result<Self, Stop> {
        match path.extension().and_then(|ending| ending.to_str()) {
            Some("csv") => read_csv(path, columns).map(|frame| Self::Memory(Box::new(frame))),
            Some("parquet") => parquet(path, columns),
            _ => Err(malformed("the name must end in .csv or .parquet")),
        }
    }

    /// Hands every piece to `visit`.
    ///
    /// # Errors
    /// Whatever `visit` returns, or [`Stop::TableMalformed`].
    pub fn each(&self, visit: &mut dyn FnMut(&DataFrame) -> Result<(), Stop>) -> Result<(), Stop> {
        match self {
            Self::Memory(frame) => visit(frame),
            Self::Parquet { path, columns, pieces } => {
                for &piece in pieces {
                    let frame = crate::parquet::reader(path)?
                        .with_columns(Some(columns.clone()))
                        .with_slice(Some(piece))
                        .set_rechunk(true)
                        .finish()
                        .map_err(|error| malformed(format!("not a readable Parquet file: {error}")))?;
                    visit(&frame)?;
                }
                Ok(())
            }
        }
    }
}

fn read_csv(path: &Path, columns: &[String]) -> Result<DataFrame, Stop> {
    let options = |infer: Option<usize>| {
        CsvReadOptions::default()
            .with_has_header(true)
            .with_infer_schema_length(infer)
            .with_rechunk(true)
            .map_parse_options(|parse| {
                let missing = MISSING.iter().map(|&word| word.into()).collect();
                parse.with_null_values(Some(NullValues::AllColumns(missing)))
            })
    };
    // The heading first: a wrong name should be named, whatever else the file holds.
    // By a reader that stops there: polars would go through the whole file for it.
    let mut reader = csv::Reader::from_reader(file(path)?);
    let heading = reader.headers().map_err(|_| malformed("not a CSV table with a heading"))?;
    if heading.is_empty() {
        return Err(malformed("not a CSV table with a heading"));
    }
    present(&heading.iter().collect::<Vec<&str>>(), columns)?;
    let wanted: Arc<[PlSmallStr]> = columns.iter().map(|name| name.as_str().into()).collect();
    let read = |infer| {
        options(infer)
            .with_columns(Some(Arc::clone(&wanted)))
            .into_reader_with_file_handle(file(path)?)
            .finish()
            .map_err(|error| {
                let first = error.to_string().lines().next().unwrap_or_default().to_owned();
                malformed(format!("not a readable CSV table: {first}"))
            })
    };
    // A column that turns from numbers to words late needs a look at all of its cells.
    read(Some(1000)).or_else(|_| read(None))
}

fn parquet(path: &Path, columns: &[String]) -> Result<Table, Stop> {
    let broken = |_| malformed("not a Parquet file");
    let mut reader = crate::parquet::reader(path)?;
    let schema = reader.schema().map_err(broken)?;
    let known: Vec<&str> = schema.iter_names().map(|name| name.as_str()).collect();
    present(&known, columns)?;
    let groups: Vec<usize> =
        reader.get_metadata().map_err(broken)?.row_groups.iter().map(|group| group.num_rows()).collect();
    let (mut pieces, mut from, mut rows) = (Vec::new(), 0, 0);
    for group in groups {
        if rows > 0 && rows + group > ROWS {
            pieces.push((from, rows));
            (from, rows) = (from + rows, 0);
        }
        rows += group;
    }
    if rows > 0 {
        pieces.push((from, rows));
    }
    Ok(Table::Parquet { path: path.to_owned(), columns: columns.to_vec(), pieces })
}

fn present(known: &[&str], wanted: &[String]) -> Result<(), Stop> {
    let twice = wanted.iter().find(|name| known.iter().filter(|known| **known == name.as_str()).count() > 1);
    if let Some(name) = twice {
        return Err(malformed(format!("the heading names {name} twice")));
    }
    match wanted.iter().find(|name| !known.contains(&name.as_str())) {
        Some(name) => Err(Stop::ColumnMissing { column: name.clone(), known: known.join(", ") }),
        None => Ok(()),
    }
}
