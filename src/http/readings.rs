//! Reading a person's result as an officer: a purpose in, that person's cells out, a line in the log.
//!
//! Whoever was asked about stands in the body, never in an address that a log keeps. Deliberately absent: reading several
//! persons at once.

use actix_web::web;
use garde::Validate;
use hengping_domain::digest::Digest;
use hengping_domain::reply::{Purpose, Reading};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::cell::CellBody;
use super::documents::parse;
use super::guard::Caller;
use super::problem::{Problem, checked, run};
use super::text::{TextBody, field};
use crate::flow::{Site, read_person};

/// Whom an officer reads about, and what for.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReadBody {
    /// The ratee's name in results.
    #[garde(length(min = 1, max = 64))]
    subject: String,
    /// `improvement`, `training`, `joint-meeting` or, where the charter allows it, `appraisal`.
    #[garde(length(max = 32))]
    purpose: String,
}

/// One line of the purpose log.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReadingBody {
    day: String,
    /// `bench` or `bar`.
    side: &'static str,
    role: &'static str,
    /// `improvement`, `training`, `joint-meeting` or `appraisal`.
    purpose: &'static str,
}

impl From<&Reading> for ReadingBody {
    fn from(reading: &Reading) -> Self {
        Self {
            day: reading.day.to_string(),
            side: reading.side.as_str(),
            role: reading.role.as_str(),
            purpose: reading.purpose.as_str(),
        }
    }
}

/// A person's cells for the two sides, with what the person says beside them.
#[derive(Debug, Serialize, ToSchema)]
pub struct PersonBody {
    cells: Vec<CellBody>,
    statement: Option<String>,
    /// Who may see this, in the words both sides signed.
    audience_words: TextBody,
    /// What the log now holds, and the person sees.
    reading: ReadingBody,
}

/// Shows one person's cells for a purpose, and writes that down.
#[utoipa::path(post, path = "/api/releases/{hash}/readings", tag = "releases", params(("hash" = String, Path)), request_body = ReadBody, responses((status = 200, body = PersonBody), (status = 403, body = super::problem::ProblemBody), (status = 404, body = super::problem::ProblemBody)))]
pub async fn read(
    site: web::Data<Site>,
    caller: Caller,
    hash: web::Path<String>,
    body: web::Json<ReadBody>,
) -> Result<web::Json<PersonBody>, Problem> {
    checked(&*body)?;
    let hash: Digest = parse(&hash)?;
    let ReadBody { subject, purpose } = body.into_inner();
    let purpose: Purpose = field(&purpose, "purpose")?;
    let read = run(move || read_person::read(&site, hash, &subject, purpose, &caller)).await?;
    Ok(web::Json(PersonBody {
        statement: read.statement,
        audience_words: TextBody::from(&read.audience_words),
        reading: ReadingBody::from(&read.reading),
        cells: read.cells.into_iter().map(CellBody::from).collect(),
    }))
}
