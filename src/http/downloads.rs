//! A release as files: JSON, CSV and XLSX of what the reader may see, and Parquet of what everybody may.
//!
//! The first three are written from the cells that were cut for the reader, so that a file never says more than the page; the
//! fourth is one of the files that both sides signed. Deliberately absent: a cell that the reader may not see, under any name.

use std::fmt::Display;

use actix_web::http::header;
use actix_web::{HttpResponse, web};
use hengping_domain::codebook::{COLUMNS, Field, NOT_FOR, PARQUET, row};
use hengping_domain::digest::Digest;
use hengping_domain::release::ReleaseState;
use hengping_domain::rubric::Text;

use super::documents::parse;
use super::guard::Caller;
use super::problem::{Problem, run};
use super::releases::{ReleaseBody, body, file, read};
use crate::flow::read_release::{self, ReadRelease, Reader};
use crate::flow::read_setting::{self, Setting};
use crate::flow::{Fault, Site};
use crate::sheet;

pub(super) fn attachment(id: impl Display, ending: &str) -> String {
    format!("attachment; filename=\"hengping-{id}.{ending}\"")
}

/// What was cut for the reader, in the columns of the codebook.
fn rows(held: &ReadRelease) -> impl Iterator<Item = [Field; COLUMNS.len()]> {
    held.body.draft.cells.iter().map(|cell| row(cell, held.statements.get(&cell.subject).map(String::as_str)))
}

/// The cells as a JSON file.
#[utoipa::path(get, path = "/api/releases/{hash}/cells.json", tag = "releases", params(("hash" = String, Path)), responses((status = 200, body = ReleaseBody)))]
pub async fn json(
    site: web::Data<Site>,
    caller: Option<Caller>,
    hash: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let held = read(site, caller, &hash).await?;
    let name = attachment(&held.release.ballot_box, "json");
    Ok(HttpResponse::Ok().insert_header((header::CONTENT_DISPOSITION, name)).json(body(held)))
}

/// The cells as a CSV file that spreadsheet programs open.
#[utoipa::path(get, path = "/api/releases/{hash}/cells.csv", tag = "releases", params(("hash" = String, Path)), responses((status = 200, body = String, content_type = "text/csv")))]
pub async fn csv(
    site: web::Data<Site>,
    caller: Option<Caller>,
    hash: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let held = read(site, caller, &hash).await?;
    let bytes = sheet::release_csv(rows(&held)).map_err(|error| Problem::from(Fault::new(&error)))?;
    Ok(file(bytes, "text/csv; charset=utf-8", &attachment(&held.release.ballot_box, "csv")))
}

/// The cells as a workbook, with a second sheet that says what they are.
#[utoipa::path(get, path = "/api/releases/{hash}/cells.xlsx", tag = "releases", params(("hash" = String, Path)), responses((status = 200, body = Vec<u8>, content_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")))]
pub async fn xlsx(
    site: web::Data<Site>,
    caller: Option<Caller>,
    hash: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let reader = Reader::of(caller.as_deref());
    let held = read(site.clone(), caller, &hash).await?;
    let draft = held.body.draft.clone();
    let setting = run(move || read_setting::of(&site, &draft)).await?;
    let about = about(&held, &setting, reader);
    let bytes = sheet::release_xlsx(rows(&held), &about).map_err(|error| Problem::from(Fault::new(&error)))?;
    let mime = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
    Ok(file(bytes, mime, &attachment(&held.release.ballot_box, "xlsx")))
}

/// The public cells as Parquet, as both sides signed the file.
#[utoipa::path(get, path = "/api/releases/{hash}/cells.parquet", tag = "releases", params(("hash" = String, Path)), responses((status = 200, body = Vec<u8>, content_type = "application/vnd.apache.parquet"), (status = 404, body = super::problem::ProblemBody)))]
pub async fn parquet(
    site: web::Data<Site>,
    caller: Option<Caller>,
    hash: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let (hash, reader): (Digest, _) = (parse(&hash)?, Reader::of(caller.as_deref()));
    let name = attachment(hash.short(), "parquet");
    let bytes = run(move || read_release::file(&site, hash, PARQUET, reader)).await?;
    Ok(file(bytes, "application/vnd.apache.parquet", &name))
}

/// What the second sheet says before the codebook.
fn about(held: &ReadRelease, setting: &Setting, reader: Reader) -> Vec<sheet::About> {
    let (draft, release) = (&held.body.draft, &held.release);
    let both = |text: &Text| format!("{} / {}", text.zh, text.en);
    let line = |zh: &str, en: &str, said: String| [zh.to_owned(), en.to_owned(), said];
    let state = match (&held.withdrawn, release.state) {
        (Some(taken), _) => format!("已撤回 withdrawn {} {}", taken.day, taken.reason),
        (None, ReleaseState::Released) if held.superseded => format!("已更正 superseded {}", release.day),
        (None, ReleaseState::Released) => format!("已公布 released {}", release.day),
        (None, ReleaseState::Draft) => "待双方签名 draft".to_owned(),
    };
    let audience = match reader {
        Reader::Officer => &setting.charter.audience.sides,
        Reader::Public => &setting.charter.audience.public,
    };
    vec![
        line("发布文件摘要", "hash of the release", release.hash.to_string()),
        line("状态", "state", state),
        line("评价周期", "period", format!("{} ({})", both(&setting.period.title), draft.period)),
        line("评价方向", "direction", draft.direction.to_string()),
        line("周期类型", "kind of period", draft.kind.to_string()),
        line("互评标准", "rubric", format!("{} {}", both(&setting.rubric.title), draft.rubric)),
        line("互评规则", "charter", format!("{} {}", both(&setting.charter.title), draft.charter)),
        line("谁可以看", "who may see this", both(audience)),
        line("不得用于", "not to be used for", format!("{} / {}", NOT_FOR.0, NOT_FOR.1)),
    ]
}
