//! A table's columns in their roles: response, factors, fixed columns, weights.
//! Invariant: a row with a missing value in any of them is left out and counted.
//! Absent on purpose: the model.

use std::path::Path;
use std::sync::Arc;

use hengping_analytics::mixed::{Chunk, Columns, Levels, Memory, Range, Ranges, Refused, Rows};
use polars::prelude::*;

use super::levels::{Cells, Collector, Complete, Dictionary};
use super::table::Table;
use crate::error::Stop;

/// Largest number whose square can still be summed; infinity is beyond it.
const LARGEST: f64 = 1e100;

/// Which column plays which part.
#[derive(Debug, Clone)]
pub struct Roles {
    /// Response.
    pub response: String,
    /// Random factors; `a:b` is the factor of the pairs of levels of two columns, for nested ones.
    pub random: Vec<String>,
    /// Fixed columns: numbers as they are, anything else by level.
    pub fixed: Vec<String>,
    /// Fixed columns whose numbers are only names of levels.
    pub categorical: Vec<String>,
    /// Weights.
    pub weights: Option<String>,
}

impl Roles {
    /// Whether every column plays one part: the response no other, and none the same part twice.
    fn check(&self) -> Result<(), Stop> {
        let fixed: Vec<&String> = self.fixed.iter().chain(&self.categorical).collect();
        let parts = self.random.iter().flat_map(|name| name.split(':'));
        let others = parts.chain(fixed.iter().map(|name| name.as_str())).chain(self.weights.as_deref());
        let repeated = |names: &[&String]| {
            names.iter().enumerate().find(|(k, name)| names[..*k].contains(name)).map(|(_, name)| (*name).clone())
        };
        let response = others.into_iter().any(|name| name == self.response).then(|| self.response.clone());
        match response.or_else(|| repeated(&self.random.iter().collect::<Vec<_>>())).or_else(|| repeated(&fixed)) {
            Some(column) => Err(twice(&column)),
            None => Ok(()),
        }
    }

    fn columns(&self) -> Vec<String> {
        let mut columns = vec![self.response.clone()];
        let random = self.random.iter().flat_map(|name| name.split(':'));
        let all = self.fixed.iter().chain(&self.categorical).chain(&self.weights).map(String::as_str);
        for name in random.chain(all) {
            if !columns.iter().any(|column| column == name) {
                columns.push(name.to_owned());
            }
        }
        columns
    }

    /// Which fixed columns are read by level: those that are named so, and those that hold words.
    fn kinds(&self, frame: &DataFrame) -> Result<Vec<Kind>, Stop> {
        let mut kinds = Vec::new();
        for name in &self.fixed {
            let number = column(frame, name)?.dtype().is_primitive_numeric();
            kinds.push(Kind { name: name.clone(), by_level: !number });
        }
        kinds.extend(self.categorical.iter().map(|name| Kind { name: name.clone(), by_level: true }));
        Ok(kinds)
    }
}

fn twice(column: &str) -> Stop {
    Stop::ColumnUnfit { column: column.to_owned(), reason: "it is asked for twice".to_owned() }
}

/// A fixed column as the model sees it.
enum Fixed {
    Number,
    /// Treatment contrasts against the first level, as R codes them.
    Levels(Dictionary),
}

/// How a fixed column is read.
struct Kind {
    name: String,
    by_level: bool,
}

/// How cells become numbers.
struct Coding {
    roles: Roles,
    kinds: Vec<Kind>,
    factors: Vec<Dictionary>,
    fixed: Vec<Fixed>,
}

/// A table ready for the engine.
pub struct Source {
    /// The rows: in memory where the table was read whole, else in the file.
    pub rows: Arc<dyn Rows>,
    /// Labels of the levels, factor by factor.
    pub labels: Vec<Vec<String>>,
    /// Rows left out because a value is missing.
    pub dropped: usize,
}

/// A table that is read from its file for every pass.
struct Streamed {
    table: Table,
    coding: Coding,
    levels: Vec<Levels>,
    names: Vec<String>,
    ranges: Ranges,
}

impl Source {
    /// Reads the table once: levels, ranges and missing values.
    ///
    /// # Errors
    /// [`Stop`] when a column is missing, not numeric where it must be, or a weight not positive.
    pub fn open(path: &Path, roles: Roles) -> Result<Self, Stop> {
        roles.check()?;
        let table = Table::open(path, &roles.columns())?;
        let mut collectors: Vec<Collector> = roles.random.iter().map(|_| Collector::default()).collect();
        let mut kinds: Vec<Kind> = Vec::new();
        let mut by_level: Vec<Collector> = Vec::new();
        let mut ranges = Ranges {
            rows: 0,
            y: Range::NOTHING,
            weights: if roles.weights.is_some() { Range::NOTHING } else { Range { low: 1.0, high: 1.0 } },
            fixed: Vec::new(),
        };
        let (mut dropped, mut numbers) = (0, Vec::new());
        table.each(&mut |frame| {
            if kinds.is_empty() {
                kinds = roles.kinds(frame)?;
                // Levels that are fixed leave their own random effect nothing to tell.
                if let Some(kind) = kinds.iter().find(|kind| kind.by_level && roles.random.contains(&kind.name)) {
                    return Err(twice(&kind.name));
                }
                numbers = vec![Range::NOTHING; kinds.len()];
                by_level.resize_with(kinds.len(), Collector::default);
            }
            let part = Part::read(frame, &roles, &kinds, dropped + ranges.rows)?;
            let (rows, complete) = (part.complete.count(), &part.complete);
            dropped += frame.height() - rows;
            ranges.rows += rows;
            ranges.y.hold_all(&complete.of(part.y));
            if let Some(weights) = part.weights {
                ranges.weights.hold_all(&complete.of(weights));
            }
            for (collector, cells) in collectors.iter_mut().zip(&part.factors) {
                collector.add(cells, complete);
            }
            for ((collector, range), cells) in by_level.iter_mut().zip(&mut numbers).zip(part.fixed) {
                match cells {
                    FixedCells::Levels(cells) => collector.add(&cells, complete),
                    FixedCells::Numbers(values) => range.hold_all(&complete.of(values)),
                }
            }
            Ok(())
        })?;
        if ranges.rows > 0 && ranges.weights.low <= 0.0 {
            let column = roles.weights.clone().unwrap_or_default();
            return Err(Stop::ColumnUnfit { column, reason: "a weight is not positive".to_owned() });
        }
        let mut factors: Vec<Dictionary> = collectors.into_iter().map(Collector::finish).collect();
        let (mut fixed, mut names) = (Vec::new(), Vec::new());
        for ((kind, collector), range) in kinds.iter().zip(by_level).zip(numbers) {
            let name = kind.name.clone();
            if !kind.by_level {
                names.push(name);
                ranges.fixed.push(range);
                fixed.push(Fixed::Number);
                continue;
            }
            let dictionary = collector.finish();
            names.extend(dictionary.labels().iter().skip(1).map(|label| format!("{name}{label}")));
            let columns = dictionary.labels().len().saturating_sub(1);
            ranges.fixed.extend(vec![Range { low: 0.0, high: 1.0 }; columns]);
            fixed.push(Fixed::Levels(dictionary));
        }
        let levels = roles.random.iter().zip(&factors);
        let levels = levels.map(|(name, d)| Levels { name: name.clone(), count: d.labels().len() }).collect();
        let labels = factors.iter_mut().map(Dictionary::take_labels).collect();
        let coding = Coding { roles, kinds, factors, fixed };
        let rows: Arc<dyn Rows> = match table {
            // The table goes, and the dictionaries with it.
            Table::Memory(frame) => Arc::new(Memory::new(coding.columns(&frame)?, levels, names, ranges)),
            table => Arc::new(Streamed { table, coding, levels, names, ranges }),
        };
        Ok(Self { rows, labels, dropped })
    }
}

impl Coding {
    /// The complete rows of `frame`.
    fn columns(&self, frame: &DataFrame) -> Result<Columns, Stop> {
        let Part { y, weights, factors, fixed, complete } = Part::read(frame, &self.roles, &self.kinds, 0)?;
        let mut columns =
            Columns { y: complete.of(y), weights: weights.map(|weights| complete.of(weights)), ..Columns::default() };
        for (dictionary, cells) in self.factors.iter().zip(&factors) {
            let mut codes = Vec::new();
            dictionary.encode(cells, &complete, &mut codes);
            columns.codes.push(codes);
        }
        let mut codes = Vec::new();
        for (column, cells) in self.fixed.iter().zip(fixed) {
            match (column, cells) {
                (Fixed::Number, FixedCells::Numbers(values)) => columns.fixed.push(complete.of(values)),
                (Fixed::Levels(dictionary), FixedCells::Levels(cells)) => {
                    dictionary.encode(&cells, &complete, &mut codes);
                    for level in 1..dictionary.labels().len() as u32 {
                        let is = |&code: &u32| if code == level { 1.0 } else { 0.0 };
                        columns.fixed.push(codes.iter().map(is).collect());
                    }
                }
                // The kind of a column does not change between two passes over one file.
                _ => {}
            }
        }
        Ok(columns)
    }
}

impl Rows for Streamed {
    fn factors(&self) -> &[Levels] {
        &self.levels
    }

    fn columns(&self) -> &[String] {
        &self.names
    }

    fn ranges(&self) -> &Ranges {
        &self.ranges
    }

    fn weighted(&self) -> bool {
        self.coding.roles.weights.is_some()
    }

    fn each(&self, visit: &mut dyn FnMut(Chunk<'_>)) -> Result<(), Refused> {
        let show = &mut |frame: &DataFrame| {
            self.coding.columns(frame)?.show(visit);
            Ok(())
        };
        self.table.each(show).map_err(|stop| Refused::Unreadable(stop.to_string()))
    }
}

/// A fixed column of one frame.
enum FixedCells {
    Numbers(Vec<f64>),
    Levels(Cells),
}

/// One frame's columns and which of its rows are complete in all of them.
struct Part {
    y: Vec<f64>,
    weights: Option<Vec<f64>>,
    factors: Vec<Cells>,
    fixed: Vec<FixedCells>,
    complete: Complete,
}

impl Part {
    /// The columns of `frame`, before which `from` rows were read.
    fn read(frame: &DataFrame, roles: &Roles, kinds: &[Kind], from: usize) -> Result<Self, Stop> {
        let mut complete = Complete::all(frame.height());
        let mut known = |name: &str| {
            let values = numbers(frame, name, from)?;
            if values.iter().any(|value| value.is_nan()) {
                complete.without(values.iter().map(|value| value.is_nan()));
            }
            Ok::<_, Stop>(values)
        };
        let y = known(&roles.response)?;
        let weights = roles.weights.as_ref().map(|name| known(name)).transpose()?;
        let mut fixed = Vec::new();
        for kind in kinds {
            fixed.push(if kind.by_level {
                FixedCells::Levels(Cells::of(column(frame, &kind.name)?)?)
            } else {
                FixedCells::Numbers(known(&kind.name)?)
            });
        }
        let mut factors = Vec::new();
        for name in &roles.random {
            let parts = name.split(':').map(|part| Cells::of(column(frame, part)?)).collect::<Result<Vec<_>, _>>()?;
            factors.push(Cells::together(parts)?);
        }
        let by_level = fixed.iter().filter_map(|cells| match cells {
            FixedCells::Levels(cells) => Some(cells),
            FixedCells::Numbers(_) => None,
        });
        factors.iter().chain(by_level).for_each(|cells| cells.complete(&mut complete));
        Ok(Self { y, weights, factors, fixed, complete })
    }
}

fn column<'f>(frame: &'f DataFrame, name: &str) -> Result<&'f Column, Stop> {
    frame.column(name).map_err(|_| Stop::ColumnMissing { column: name.to_owned(), known: String::new() })
}

/// A numeric column of a frame before which `from` rows were read; missing cells are not a number.
fn numbers(frame: &DataFrame, name: &str, from: usize) -> Result<Vec<f64>, Stop> {
    let unfit = |row: Option<usize>, what: &str| {
        let reason = row.map_or_else(|| what.to_owned(), |row| format!("{what}, first in row {}", from + row + 1));
        Stop::ColumnUnfit { column: name.to_owned(), reason }
    };
    let plain = column(frame, name)?;
    let Ok(cast) = plain.strict_cast(&DataType::Float64) else {
        let lost = plain.cast(&DataType::Float64).ok().map(|cast| cast.is_null() & plain.is_not_null());
        let row = lost.and_then(|lost| lost.iter().position(|lost| lost == Some(true)));
        return Err(unfit(row, "a cell is not a number"));
    };
    let cells = cast.f64().map_err(|_| unfit(None, "a cell is not a number"))?;
    let values = match cells.cont_slice() {
        Ok(values) => values.to_vec(),
        Err(_) => cells.iter().map(|cell| cell.unwrap_or(f64::NAN)).collect(),
    };
    match values.iter().position(|value| value.abs() > LARGEST) {
        Some(row) => Err(unfit(Some(row), "a number is too large")),
        None => Ok(values),
    }
}
