//! From a sheet to cases: each row is judged by itself, every problem is named, good rows are never lost.
//!
//! The order of columns and rows does not matter to what a case becomes; a row that stands twice is taken once.
//! Deliberately absent: what the register already holds; comparing with it is the step that stores.

use std::collections::BTreeMap;

use super::case_number::CaseNumber;
use super::cell::{Places, RowReader};
use super::column::Column;
use super::court::Court;
use super::disposal::{self, Disposal, DisposalMisfit, Support};
use super::people::{self, CounselRef, StaffRef};
use super::problem::{ProblemCode, RowProblem};
use super::procedure::{Panel, Procedure};
use super::record::{CaseRecord, Dates};
use super::table::Table;
use crate::digest::Digest;

type Reader<'a> = RowReader<'a, Column>;

/// Reads a court's export. Problems come in the order of the file; rows with an error are left out, all others are in.
#[must_use]
pub fn read(table: &Table) -> (Vec<CaseRecord>, Vec<RowProblem>) {
    let (places, mut problems) = Places::locate::<Column>(table);
    if problems.iter().any(RowProblem::is_error) {
        return (Vec::new(), problems);
    }
    let mut records: Vec<CaseRecord> = Vec::with_capacity(table.rows.len());
    let mut seen: BTreeMap<CaseNumber, Digest> = BTreeMap::new();
    for row in &table.rows {
        let mut reader = Reader::new(row, &places);
        if let Some(record) = case(&mut reader) {
            let hash = record.content_hash();
            match seen.get(&record.number) {
                Some(earlier) if *earlier == hash => {
                    reader.report(Column::CaseNumber, ProblemCode::RowRepeated, &record.number.to_string());
                }
                Some(_) => {
                    reader.report(Column::CaseNumber, ProblemCode::CaseNumberRepeated, &record.number.to_string());
                }
                None => {
                    seen.insert(record.number.clone(), hash);
                    records.push(record);
                }
            }
        }
        problems.append(&mut reader.into_problems());
    }
    (records, problems)
}

/// Reads one row; `None` when anything in it is an error.
fn case(reader: &mut Reader<'_>) -> Option<CaseRecord> {
    let number = reader.value(Column::CaseNumber, ProblemCode::CaseNumberMalformed, |t| t.parse::<CaseNumber>().ok());
    let court = court(reader, number.as_ref());
    let cause = reader.text(Column::Cause);
    let procedure = procedure(reader, number.as_ref());
    let panel = reader.value(Column::Panel, ProblemCode::PanelUnknown, Panel::read);
    let handling = staff(reader, Column::Handling, Column::HandlingNumber);
    let presiding = staff(reader, Column::Presiding, Column::PresidingNumber);
    let presiding = presided(reader, panel, handling.as_ref(), presiding);
    let mut members = reader.list(Column::Members, people::names);
    members.retain(|name| [&handling, &presiding].iter().all(|one| one.as_ref().is_none_or(|s| s.name != *name)));
    let assistant = reader.checked(Column::Assistant, people::name);
    let clerk = reader.checked(Column::Clerk, people::name);
    let dates = dates(reader);
    let heard = reader.flag(Column::Heard);
    let appealed = reader.flag(Column::Appealed).unwrap_or(false);
    let (disposal, support) = ending(reader, number.as_ref());
    let origin = reader.value(Column::Origin, ProblemCode::CaseNumberMalformed, |t| t.parse().ok());
    let series = reader.text(Column::Series);
    let chamber = reader.text(Column::Chamber);
    let mut counsel = [Column::Moving, Column::Responding, Column::Third].map(|column| appeared(reader, column));
    apart(reader, &counsel);
    if reader.failed() {
        return None;
    }
    Some(CaseRecord {
        number: number?,
        court: court?.code.to_owned(),
        chamber,
        cause: cause?,
        procedure: procedure?,
        panel: panel?,
        handling: handling?,
        presiding: presiding?,
        members,
        assistant,
        clerk,
        dates: dates?,
        heard: heard?,
        appealed,
        disposal: disposal?,
        support,
        origin,
        series,
        moving: std::mem::take(&mut counsel[0]),
        responding: std::mem::take(&mut counsel[1]),
        third: std::mem::take(&mut counsel[2]),
    })
}

fn court(reader: &mut Reader<'_>, number: Option<&CaseNumber>) -> Option<&'static Court> {
    let court = reader.value(Column::Court, ProblemCode::CourtUnknown, Court::named)?;
    let number = number?;
    match number.court() {
        Some(named) if named == court => Some(court),
        Some(_) => {
            reader.report(Column::Court, ProblemCode::CourtMismatch, court.short);
            None
        }
        None => {
            reader.report(Column::CaseNumber, ProblemCode::CourtUnknown, number.court_code());
            None
        }
    }
}

fn procedure(reader: &mut Reader<'_>, number: Option<&CaseNumber>) -> Option<Procedure> {
    let procedure = reader.value(Column::Procedure, ProblemCode::ProcedureUnknown, Procedure::read)?;
    if number.is_some_and(|n| !procedure.fits(n.stage(), n.case_type())) {
        reader.report(Column::Procedure, ProblemCode::ProcedureUnfit, procedure.as_str());
    }
    Some(procedure)
}

fn staff(reader: &mut Reader<'_>, name: Column, number: Column) -> Option<StaffRef> {
    let number = reader.checked(number, people::staff_number);
    reader.checked(name, people::name).map(|name| StaffRef { name, number })
}

/// Who presided: nobody but the judge in charge in a sole panel, and somebody in a collegial one.
fn presided(
    reader: &mut Reader<'_>,
    panel: Option<Panel>,
    handling: Option<&StaffRef>,
    presiding: Option<StaffRef>,
) -> Option<StaffRef> {
    let handling = handling?;
    match (panel?, presiding) {
        (Panel::Sole, Some(other)) if other.name != handling.name => {
            reader.report(Column::Presiding, ProblemCode::PresidingUnfit, &other.name);
            None
        }
        (Panel::Sole, _) => Some(handling.clone()),
        // A blank number of the same name is the same judge, not another.
        (Panel::Collegial, Some(same)) if same.name == handling.name && same.number.is_none() => Some(handling.clone()),
        (Panel::Collegial, Some(presiding)) => Some(presiding),
        (Panel::Collegial, None) => {
            reader.report(Column::Presiding, ProblemCode::PresidingMissing, "");
            None
        }
    }
}

/// The four dates, each not before the one ahead of it.
fn dates(reader: &mut Reader<'_>) -> Option<Dates> {
    let columns = [Column::Filed, Column::Closed, Column::Served, Column::Effective];
    let found = columns.map(|column| reader.date(column).map(|date| (column, date)));
    let mut latest = None;
    for (column, date) in found.into_iter().flatten() {
        if latest.is_some_and(|earlier| date < earlier) {
            reader.report(column, ProblemCode::DateOrder, &date.to_string());
            return None;
        }
        latest = Some(date);
    }
    let [filed, closed, served, effective] = found.map(|place| place.map(|(_, date)| date));
    Some(Dates { filed: filed?, closed: closed?, served, effective })
}

/// How it ended; support is kept only where it decides the outcome, so that a filled cell without meaning changes nothing.
fn ending(reader: &mut Reader<'_>, number: Option<&CaseNumber>) -> (Option<Disposal>, Option<Support>) {
    let disposal = reader.value(Column::Disposal, ProblemCode::DisposalUnknown, Disposal::read);
    let support = reader.value(Column::Support, ProblemCode::SupportUnknown, Support::read);
    let (Some(disposal), Some(number)) = (disposal, number) else { return (disposal, support) };
    let (case_type, stage) = (number.case_type(), number.stage());
    match disposal::outcomes(case_type, stage, disposal, support) {
        Ok(_) => {
            let decides = disposal::outcomes(case_type, stage, disposal, None).is_err();
            (Some(disposal), support.filter(|_| decides))
        }
        Err(misfit) => {
            let (column, code) = match misfit {
                DisposalMisfit::Unfit => (Column::Disposal, ProblemCode::DisposalUnfit),
                DisposalMisfit::SupportMissing => (Column::Support, ProblemCode::SupportMissing),
                DisposalMisfit::Contradiction => (Column::Support, ProblemCode::SupportContradiction),
            };
            reader.report(column, code, disposal.as_str());
            (None, None)
        }
    }
}

/// Counsel of one side, each once.
fn appeared(reader: &mut Reader<'_>, column: Column) -> Vec<CounselRef> {
    let mut kept: Vec<CounselRef> = Vec::new();
    for counsel in reader.list(column, people::counsel_list) {
        if kept.iter().any(|one| one.same_as(&counsel)) {
            reader.report(column, ProblemCode::CounselRepeated, &counsel.name);
        } else {
            kept.push(counsel);
        }
    }
    kept
}

/// Nobody represents both sides of a dispute.
fn apart(reader: &mut Reader<'_>, [moving, responding, _]: &[Vec<CounselRef>; 3]) {
    for counsel in responding.iter().filter(|r| moving.iter().any(|m| m.same_as(r))) {
        reader.report(Column::Responding, ProblemCode::CounselBothSides, &counsel.name);
    }
}

#[cfg(test)]
#[path = "import_tests.rs"]
mod tests;
