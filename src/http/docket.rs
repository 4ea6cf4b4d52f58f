//! Importing rosters and cases over HTTP, with a dry run, a summary and a file of row problems.
//!
//! Deliberately absent: parties; what a column of parties holds is never stored and never echoed.

use actix_multipart::form::MultipartForm;
use actix_multipart::form::bytes::Bytes;
use actix_web::{HttpResponse, web};
use hengping_domain::digest::Digest;
use hengping_domain::docket::RowProblem;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::guard::Caller;
use super::problem::{Problem, run};
use super::releases::file;
use super::text::TextBody;
use crate::flow::import_docket::{self, Imported, Summary, Unmatched};
use crate::flow::{Fault, Site};
use crate::sheet::{self, SheetWriteError};

/// One thing wrong with one place of a file.
#[derive(Debug, Serialize, ToSchema)]
pub struct RowProblemBody {
    /// Line in the file, from 1.
    line: u32,
    /// Header of the column.
    column: String,
    /// Stable code.
    code: &'static str,
    /// `error`: the row is not taken; `notice`: it is.
    severity: &'static str,
    /// What stood there, shortened.
    value: String,
    message: TextBody,
}

impl From<&RowProblem> for RowProblemBody {
    fn from(problem: &RowProblem) -> Self {
        Self {
            line: problem.line,
            column: problem.column.clone(),
            code: problem.code.as_str(),
            severity: problem.severity.as_str(),
            value: problem.value.clone(),
            message: TextBody::from(&problem.message),
        }
    }
}

/// What an import did, or in a dry run would do.
#[derive(Debug, Serialize, ToSchema)]
pub struct ImportBody {
    id: String,
    /// `cases` or `roster`, read off the header.
    kind: &'static str,
    dry_run: bool,
    /// The day; null in the answer to an upload.
    imported_on: Option<String>,
    rows: u32,
    cases_new: u32,
    cases_same: u32,
    cases_changed: u32,
    people_new: u32,
    unmatched: u32,
    problem_count: u32,
    /// The first 200; the file has all.
    problems: Vec<RowProblemBody>,
}

fn body(summary: Summary, day: Option<String>, problems: &[RowProblem]) -> ImportBody {
    ImportBody {
        id: summary.id,
        kind: summary.kind.as_str(),
        dry_run: summary.dry_run,
        imported_on: day,
        rows: summary.rows,
        cases_new: summary.cases_new,
        cases_same: summary.cases_same,
        cases_changed: summary.cases_changed,
        people_new: summary.people_new,
        unmatched: summary.unmatched,
        problem_count: summary.problem_count,
        problems: problems.iter().take(200).map(RowProblemBody::from).collect(),
    }
}

/// How to import.
#[derive(Debug, Deserialize, IntoParams)]
pub struct ImportQuery {
    /// Count and check, but write nothing.
    #[serde(default)]
    dry_run: bool,
}

/// The file to import.
#[derive(Debug, MultipartForm)]
pub struct Upload {
    file: Bytes,
}

/// The upload as the document describes it.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only the OpenAPI document reads it")]
pub struct UploadSchema {
    /// CSV or XLSX, told apart by content.
    #[schema(value_type = String, format = Binary)]
    file: Vec<u8>,
}

/// Imports a roster or a list of cases.
#[utoipa::path(post, path = "/api/docket/imports", tag = "docket", params(ImportQuery),
    request_body(content = UploadSchema, content_type = "multipart/form-data"),
    responses((status = 200, body = ImportBody), (status = 422, body = super::problem::ProblemBody)))]
pub async fn import(
    site: web::Data<Site>,
    caller: Caller,
    query: web::Query<ImportQuery>,
    form: MultipartForm<Upload>,
) -> Result<web::Json<ImportBody>, Problem> {
    let bytes = form.into_inner().file.data;
    let (table, hash) = web::block(move || (sheet::read(&bytes), Digest::of(&[&bytes]))).await?;
    let (table, dry_run) = (table.map_err(Problem::from)?, query.dry_run);
    let Imported { summary, problems } =
        run(move || import_docket::import(&site, &table, hash, dry_run, Some(&caller.id))).await?;
    Ok(web::Json(body(summary, None, &problems)))
}

/// The last imports, newest day first.
#[utoipa::path(get, path = "/api/docket/imports", tag = "docket", responses((status = 200, body = [ImportBody])))]
pub async fn imports(site: web::Data<Site>) -> Result<web::Json<Vec<ImportBody>>, Problem> {
    let held = run(move || import_docket::imports(&site)).await?;
    Ok(web::Json(held.into_iter().map(|(day, summary)| body(summary, Some(day.to_string()), &[])).collect()))
}

/// All row problems of an import as a CSV file.
#[utoipa::path(get, path = "/api/docket/imports/{id}/problems.csv", tag = "docket", params(("id" = String, Path)), responses((status = 200, body = String, content_type = "text/csv")))]
pub async fn problems(site: web::Data<Site>, id: web::Path<String>) -> Result<HttpResponse, Problem> {
    let problems = run(move || import_docket::problems(&site, &id)).await?;
    download(sheet::problems_csv(&problems), CSV, "problems.csv")
}

/// A name that waits for a match.
#[derive(Debug, Serialize, ToSchema)]
pub struct UnmatchedBody {
    case_number: String,
    /// `judge` or `counsel`.
    function: &'static str,
    name: String,
    organisation: Option<String>,
    /// `nobody`, `unclear` or `name-differs`.
    why: &'static str,
}

/// Judges and counsel of imported cases that no roster settles; they get no invitation.
#[utoipa::path(get, path = "/api/docket/unmatched", tag = "docket", responses((status = 200, body = [UnmatchedBody])))]
pub async fn unmatched(site: web::Data<Site>) -> Result<web::Json<Vec<UnmatchedBody>>, Problem> {
    let names = run(move || import_docket::unmatched(&site)).await?;
    let body = |u: Unmatched| UnmatchedBody {
        case_number: u.case_number,
        function: u.function,
        name: u.name,
        organisation: u.organisation,
        why: u.why,
    };
    Ok(web::Json(names.into_iter().map(body).collect()))
}

const CSV: &str = "text/csv; charset=utf-8";
const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

fn download(bytes: Result<Vec<u8>, SheetWriteError>, mime: &'static str, name: &str) -> Result<HttpResponse, Problem> {
    let bytes = bytes.map_err(|error| Problem::from(Fault::new(&error)))?;
    Ok(file(bytes, mime, &format!("attachment; filename=\"{name}\"")))
}

/// An empty list of cases to fill in.
#[utoipa::path(get, path = "/api/docket/template.csv", tag = "docket", responses((status = 200, body = String, content_type = "text/csv")))]
pub async fn template_csv() -> Result<HttpResponse, Problem> {
    download(sheet::case_template_csv(), CSV, "docket-template.csv")
}

/// The same as a workbook, with the allowed words in its cells.
#[utoipa::path(get, path = "/api/docket/template.xlsx", tag = "docket", responses((status = 200, body = String, content_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")))]
pub async fn template_xlsx() -> Result<HttpResponse, Problem> {
    download(sheet::case_template_xlsx(), XLSX, "docket-template.xlsx")
}

/// An empty roster to fill in.
#[utoipa::path(get, path = "/api/docket/roster-template.csv", tag = "docket", responses((status = 200, body = String, content_type = "text/csv")))]
pub async fn roster_template() -> Result<HttpResponse, Problem> {
    download(sheet::roster_template_csv(), CSV, "roster-template.csv")
}
