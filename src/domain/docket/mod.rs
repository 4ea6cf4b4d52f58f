//! The docket: what a court exports about concluded cases, and who may be asked about whom because of it.
//!
//! Reading never loses a good row, importing the same file twice changes nothing, and every bad cell is named.
//! Deliberately absent: parties' names, which are dropped at the door, and files, clocks and databases.

pub mod stratum;

pub use stratum::{CaseType, Outcome, Stratum};
