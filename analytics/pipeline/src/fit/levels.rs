//! Levels of a factor: what its cells say, numbered in the order of numbers or of text.
//! Invariant: codes depend on the set of levels only, never on the order of rows.
//! Absent on purpose: levels without a row.

use std::collections::{BTreeSet, HashMap};

use polars::prelude::*;

use crate::error::Stop;

/// Widest range of whole numbers that is looked up in a table.
const WIDE: i64 = 1 << 28;

/// Which rows of a frame are complete.
pub struct Complete {
    rows: usize,
    /// One flag per row; none while every row is complete, which saves looking at each of them.
    flags: Option<Vec<bool>>,
}

impl Complete {
    /// All of `rows` rows.
    pub fn all(rows: usize) -> Self {
        Self { rows, flags: None }
    }

    /// Leaves out the rows that `missing` says, one entry per row.
    pub fn without(&mut self, missing: impl Iterator<Item = bool>) {
        let flags = self.flags.get_or_insert_with(|| vec![true; self.rows]);
        flags.iter_mut().zip(missing).for_each(|(complete, missing)| *complete &= !missing);
    }

    /// How many are complete.
    pub fn count(&self) -> usize {
        self.flags.as_ref().map_or(self.rows, |flags| flags.iter().filter(|complete| **complete).count())
    }

    /// Whether `row` is.
    pub fn holds(&self, row: usize) -> bool {
        self.flags.as_ref().is_none_or(|flags| flags[row])
    }

    /// The values of the complete rows.
    pub fn of(&self, values: Vec<f64>) -> Vec<f64> {
        match &self.flags {
            None => values,
            Some(flags) => values.into_iter().zip(flags).filter(|(_, complete)| **complete).map(|(x, _)| x).collect(),
        }
    }
}

/// Cells of a factor in one frame.
pub enum Cells {
    /// Whole numbers.
    Whole(Int64Chunked),
    /// Anything else as text.
    Text(StringChunked),
}

impl Cells {
    /// The cells of `column`.
    ///
    /// # Errors
    /// [`Stop::Internal`] when polars cannot cast, which is a defect.
    pub fn of(column: &Column) -> Result<Self, Stop> {
        let internal = |error: PolarsError| Stop::Internal(error.to_string());
        if column.dtype().is_integer() {
            let cast = column.cast(&DataType::Int64).map_err(internal)?;
            Ok(Self::Whole(cast.i64().map_err(internal)?.clone()))
        } else {
            let cast = column.cast(&DataType::String).map_err(internal)?;
            Ok(Self::Text(cast.str().map_err(internal)?.clone()))
        }
    }

    /// One factor of the combinations of several; a single one stays what it is.
    ///
    /// # Errors
    /// [`Stop::Internal`] when there is nothing to combine, which is a defect.
    pub fn together(parts: Vec<Self>) -> Result<Self, Stop> {
        let nothing = || Stop::Internal("a factor of no column".to_owned());
        let mut parts = parts.into_iter();
        let first = parts.next().ok_or_else(nothing)?;
        let mut rest = parts.peekable();
        if rest.peek().is_none() {
            return Ok(first);
        }
        // Labels that hold colons themselves must not make one pair of two.
        let plain = |word: Option<String>| word.map(|word| word.replace('\\', "\\\\").replace(':', "\\:"));
        let start: Vec<Option<String>> = first.words().into_iter().map(plain).collect();
        let joined = rest.fold(start, |left, right| {
            let pairs = left.into_iter().zip(right.words().into_iter().map(plain));
            pairs.map(|(a, b)| Some(format!("{}:{}", a?, b?))).collect()
        });
        Ok(Self::Text(StringChunked::from_iter_options("".into(), joined.into_iter())))
    }

    /// Every cell as text.
    fn words(&self) -> Vec<Option<String>> {
        match self {
            Self::Whole(cells) => cells.iter().map(|cell| cell.map(|value| value.to_string())).collect(),
            Self::Text(cells) => cells.iter().map(|cell| cell.map(str::to_owned)).collect(),
        }
    }

    /// Leaves out the rows where a cell is missing.
    pub fn complete(&self, complete: &mut Complete) {
        match self {
            Self::Whole(cells) if cells.null_count() > 0 => complete.without(cells.iter().map(|cell| cell.is_none())),
            Self::Text(cells) if cells.null_count() > 0 => complete.without(cells.iter().map(|cell| cell.is_none())),
            _ => {}
        }
    }
}

/// Hands the whole numbers of complete rows to `visit`; slices where nothing is missing.
fn whole(cells: &Int64Chunked, complete: &Complete, mut visit: impl FnMut(i64)) {
    if complete.flags.is_none()
        && let Ok(values) = cells.cont_slice()
    {
        values.iter().for_each(|&value| visit(value));
    } else {
        let cells = cells.iter().enumerate().filter(|(row, _)| complete.holds(*row));
        cells.filter_map(|(_, cell)| cell).for_each(visit);
    }
}

/// Hands the words of complete rows to `visit`.
fn words<'c>(cells: &'c StringChunked, complete: &Complete, visit: impl FnMut(&'c str)) {
    let cells = cells.iter().enumerate().filter(|(row, _)| complete.holds(*row));
    cells.filter_map(|(_, cell)| cell).for_each(visit);
}

/// Collects levels.
#[derive(Default)]
pub struct Collector {
    whole: BTreeSet<i64>,
    text: BTreeSet<String>,
    last: Option<i64>,
    /// Whole numbers seen, by offset, while their range is narrow.
    seen: Vec<bool>,
    low: i64,
    high: i64,
}

impl Collector {
    /// Adds the cells of complete rows.
    pub fn add(&mut self, cells: &Cells, complete: &Complete) {
        match cells {
            Cells::Text(cells) => words(cells, complete, |cell| {
                if !self.text.contains(cell) {
                    self.text.insert(cell.to_owned());
                }
            }),
            Cells::Whole(cells) if self.widen(cells) => {
                let (seen, low) = (self.seen.as_mut_slice(), self.low);
                whole(cells, complete, |cell| seen[(cell - low) as usize] = true);
            }
            Cells::Whole(cells) => whole(cells, complete, |cell| {
                if self.last != Some(cell) {
                    self.last = Some(cell);
                    self.whole.insert(cell);
                }
            }),
        }
    }

    /// Makes room for the range of `cells`; false when it is too wide for a table.
    fn widen(&mut self, cells: &Int64Chunked) -> bool {
        let (Some(low), Some(high)) = (cells.min(), cells.max()) else { return false };
        let (low, high) = if self.seen.is_empty() { (low, high) } else { (low.min(self.low), high.max(self.high)) };
        let wide = high.checked_sub(low).is_none_or(|span| span >= WIDE);
        if wide || !self.whole.is_empty() {
            self.whole.extend((self.low..).zip(&self.seen).filter(|(_, seen)| **seen).map(|(value, _)| value));
            self.seen.clear();
            return false;
        }
        if self.seen.is_empty() || low < self.low || high > self.high {
            let mut seen = vec![false; (high - low + 1) as usize];
            if !self.seen.is_empty() {
                let from = (self.low - low) as usize;
                seen[from..from + self.seen.len()].copy_from_slice(&self.seen);
            }
            (self.seen, self.low, self.high) = (seen, low, high);
        }
        true
    }

    /// The levels found.
    pub fn finish(mut self) -> Dictionary {
        self.whole.extend((self.low..).zip(&self.seen).filter(|(_, seen)| **seen).map(|(value, _)| value));
        if self.text.is_empty() {
            let values: Vec<i64> = self.whole.into_iter().collect();
            let (low, high) = (values.first().copied().unwrap_or(0), values.last().copied().unwrap_or(0));
            let narrow = high.checked_sub(low).is_some_and(|span| span < WIDE);
            let codes = if narrow {
                let mut table = vec![u32::MAX; (high - low + 1) as usize];
                values.iter().zip(0..).for_each(|(value, code)| table[(value - low) as usize] = code);
                Codes::Table { low, table }
            } else {
                Codes::Whole(values.iter().copied().zip(0..).collect())
            };
            Dictionary { labels: values.iter().map(ToString::to_string).collect(), codes }
        } else {
            // A Parquet file has one type per column, a CSV column one type per file.
            let labels: Vec<String> = self.text.into_iter().collect();
            let codes = Codes::Text(labels.iter().cloned().zip(0..).collect());
            Dictionary { labels, codes }
        }
    }
}

enum Codes {
    Table { low: i64, table: Vec<u32> },
    Whole(HashMap<i64, u32>),
    Text(HashMap<String, u32>),
}

/// Levels with their codes.
pub struct Dictionary {
    labels: Vec<String>,
    codes: Codes,
}

impl Dictionary {
    /// Levels in ascending order.
    pub fn labels(&self) -> &[String] {
        &self.labels
    }

    /// Hands the labels over; the codes stay.
    pub fn take_labels(&mut self) -> Vec<String> {
        std::mem::take(&mut self.labels)
    }

    /// Writes the codes of complete rows to `out`.
    pub fn encode(&self, cells: &Cells, complete: &Complete, out: &mut Vec<u32>) {
        out.clear();
        out.reserve(complete.count());
        match (cells, &self.codes) {
            (Cells::Whole(cells), Codes::Table { low, table }) => {
                whole(cells, complete, |cell| out.push(table[(cell - low) as usize]));
            }
            (Cells::Whole(cells), Codes::Whole(codes)) => whole(cells, complete, |cell| out.push(codes[&cell])),
            (Cells::Text(cells), Codes::Text(codes)) => words(cells, complete, |cell| out.push(codes[cell])),
            // The type of a column does not change between two passes over one file.
            _ => {}
        }
    }
}
