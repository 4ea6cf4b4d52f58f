//! Imported cases and the record of their imports.
//!
//! A case is kept as its canonical record and found by number; the same record again changes nothing.
//! Deliberately absent: parties; they are dropped before anything reaches the store.

use diesel::prelude::*;
use hengping_domain::digest::Digest;
use hengping_domain::docket::CaseRecord;
use hengping_domain::document::canonical;
use hengping_domain::ids::CaseId;
use jiff::civil::Date;

use super::schema::{case_file, docket_import};
use super::{Connection, StoreError, from_json, stored};

/// What putting a case did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Put {
    /// A new case.
    New,
    /// The same record again.
    Same,
    /// Another record of a known case.
    Changed,
}

/// Takes over one record; `id` names the case if it is new.
///
/// # Errors
/// [`StoreError`].
pub fn put(conn: &mut Connection, id: &CaseId, record: &CaseRecord) -> Result<Put, StoreError> {
    let number = record.number.to_string();
    let content = record.content_hash().to_string();
    let body = canonical(record).map_err(|error| StoreError::broken(error.to_string()))?;
    let held: Option<String> =
        case_file::table.filter(case_file::number.eq(&number)).select(case_file::content).first(conn).optional()?;
    let values = (case_file::court.eq(&record.court), case_file::content.eq(&content), case_file::record.eq(&body));
    match held {
        Some(held) if held == content => Ok(Put::Same),
        Some(_) => {
            diesel::update(case_file::table.filter(case_file::number.eq(&number))).set(values).execute(conn)?;
            Ok(Put::Changed)
        }
        None => {
            diesel::insert_into(case_file::table)
                .values((case_file::id.eq(id.as_str()), case_file::number.eq(&number), values))
                .execute(conn)?;
            Ok(Put::New)
        }
    }
}

/// Every case, by number.
///
/// # Errors
/// [`StoreError`].
pub fn all(conn: &mut Connection) -> Result<Vec<(CaseId, CaseRecord)>, StoreError> {
    let rows: Vec<(String, String)> =
        case_file::table.order(case_file::number).select((case_file::id, case_file::record)).load(conn)?;
    rows.into_iter().map(|(id, record)| Ok((CaseId(id), from_json(&record)?))).collect()
}

/// One case.
///
/// # Errors
/// [`StoreError::NotFound`].
pub fn find(conn: &mut Connection, id: &CaseId) -> Result<CaseRecord, StoreError> {
    let record: String = case_file::table.find(id.as_str()).select(case_file::record).first(conn)?;
    from_json(&record)
}

/// An import as it is remembered: JSON texts, written and read by the step that made them.
#[derive(Debug, Clone)]
pub struct Import {
    /// Random name.
    pub id: String,
    /// The day.
    pub day: Date,
    /// SHA-256 of the file.
    pub file: Digest,
    /// Summary.
    pub summary: String,
    /// Row problems.
    pub problems: String,
}

/// Remembers an import.
///
/// # Errors
/// [`StoreError`].
pub fn remember(conn: &mut Connection, import: &Import) -> Result<(), StoreError> {
    diesel::insert_into(docket_import::table)
        .values((
            docket_import::id.eq(&import.id),
            docket_import::day.eq(import.day.to_string()),
            docket_import::file.eq(import.file.to_string()),
            docket_import::summary.eq(&import.summary),
            docket_import::problems.eq(&import.problems),
        ))
        .execute(conn)?;
    Ok(())
}

type Row = (String, String, String, String, String);

fn read((id, day, file, summary, problems): Row) -> Result<Import, StoreError> {
    Ok(Import { id, day: stored(&day)?, file: stored(&file)?, summary, problems })
}

/// The imports, newest day first, at most `limit`.
///
/// # Errors
/// [`StoreError`].
pub fn imports(conn: &mut Connection, limit: i64) -> Result<Vec<Import>, StoreError> {
    let rows: Vec<Row> =
        docket_import::table.order((docket_import::day.desc(), docket_import::id)).limit(limit).load(conn)?;
    rows.into_iter().map(read).collect()
}

/// One import.
///
/// # Errors
/// [`StoreError::NotFound`].
pub fn import(conn: &mut Connection, id: &str) -> Result<Import, StoreError> {
    read(docket_import::table.find(id).first(conn)?)
}
