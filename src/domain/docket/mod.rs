//! The docket: what a court exports about concluded cases, and who may be asked about whom because of it.
//!
//! Reading never loses a good row, importing the same file twice changes nothing, and every bad cell is named.
//! Deliberately absent: parties' names, which are dropped at the door, and files, clocks and databases.

pub mod case_number;
pub mod cause;
mod cell;
pub mod column;
pub mod court;
pub mod disposal;
pub mod draw;
pub mod eligibility;
pub mod help;
pub mod import;
pub mod people;
pub mod problem;
pub mod procedure;
pub mod record;
pub mod roster;
pub mod table;
pub mod text;
pub mod type_word;

pub use case_number::CaseNumber;
pub use column::Column;
pub use court::Court;
pub use disposal::{Disposal, Support};
pub use import::read;
pub use people::{CounselRef, CounselRole, StaffRef};
pub use problem::{ProblemCode, RowProblem, Severity};
pub use procedure::{Panel, Procedure};
pub use record::{CaseRecord, Dates, Party};
pub use table::{Table, TableRow};
pub use type_word::{Stage, TypeWord};
