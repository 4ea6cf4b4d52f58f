//! `hengping docket make`: a docket that looks like the city's, from a seed.
//!
//! Eleven courts, their judges and teams, firms and lawyers, and every case they concluded in a span of time, in the import's format.
//! Deliberately absent: answers to any form; those come from the truth that is planted separately.

mod cases;
mod endings;
mod people;
mod rows;

use std::io;
use std::path::Path;

use hengping_domain::docket::CaseRecord;
use jiff::civil::Date;

pub use people::{Chamber, Judge, Lawyer, People};

use crate::sheet::SheetWriteError;

/// What to make.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocketPlan {
    /// Seed; everything follows from it.
    pub seed: u64,
    /// Judges in all courts together; at least 11, so that no court is empty.
    pub judges: u32,
    /// Lawyers on the roster; at least 60.
    pub lawyers: u32,
    /// First day of registration.
    pub from: Date,
    /// Day of the export: what was not closed by then is not in it, what had not taken effect has no such date.
    pub to: Date,
    /// Rows that are damaged on purpose, to try the import with.
    pub bad_rows: u32,
}

/// A plan that cannot be carried out, or files that cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum DocketError {
    /// Too few people.
    #[error("a docket needs 11 to 2,000 judges and 60 to 50,000 lawyers")]
    People,
    /// The span is empty or longer than five years.
    #[error("a docket covers one day to five years")]
    Span,
    /// A sheet could not be written.
    #[error(transparent)]
    Sheet(#[from] SheetWriteError),
    /// A file could not be written.
    #[error("cannot write to {path}: {source}")]
    File {
        /// Which file.
        path: String,
        /// Why.
        source: io::Error,
    },
}

/// A made-up city and its cases.
#[derive(Debug, Clone, PartialEq)]
pub struct Docket {
    /// Everybody.
    pub people: People,
    /// Concluded cases by date of registration.
    pub cases: Vec<CaseRecord>,
    bad_rows: u32,
    seed: u64,
}

/// The two files of a docket, as the courts and the bar association would hand them over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocketFiles {
    /// `docket.csv`: the cases.
    pub docket: Vec<u8>,
    /// `roster.csv`: judges and lawyers.
    pub roster: Vec<u8>,
}

/// Makes a docket.
///
/// # Errors
/// [`DocketError::People`] and [`DocketError::Span`] for a plan outside their bounds.
pub fn make(plan: &DocketPlan) -> Result<Docket, DocketError> {
    if !(11..=2_000).contains(&plan.judges) || !(60..=50_000).contains(&plan.lawyers) {
        return Err(DocketError::People);
    }
    let days = plan.from.duration_until(plan.to).as_hours() / 24;
    if !(1..=5 * 366).contains(&days) {
        return Err(DocketError::Span);
    }
    let people = People::make(plan);
    let cases = cases::make(plan, &people);
    Ok(Docket { people, cases, bad_rows: plan.bad_rows, seed: plan.seed })
}

impl Docket {
    /// The files.
    ///
    /// # Errors
    /// [`DocketError::Sheet`].
    pub fn files(&self) -> Result<DocketFiles, DocketError> {
        Ok(DocketFiles {
            docket: rows::docket(&self.cases, self.bad_rows, self.seed)?,
            roster: rows::roster(&self.people)?,
        })
    }

    /// Writes `docket.csv` and `roster.csv` into a directory that exists.
    ///
    /// # Errors
    /// [`DocketError::Sheet`] and [`DocketError::File`].
    pub fn write(&self, directory: &Path) -> Result<(), DocketError> {
        let files = self.files()?;
        for (name, bytes) in [("docket.csv", files.docket), ("roster.csv", files.roster)] {
            let path = directory.join(name);
            let at = |source| DocketError::File { path: path.display().to_string(), source };
            std::fs::write(&path, bytes).map_err(at)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;

#[cfg(test)]
mod volume_tests;
