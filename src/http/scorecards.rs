//! The scorecard of a pilot over HTTP, and proposing its conclusion for both sides to sign.
//!
//! Deliberately absent: signing, which documents of every kind share.

use std::collections::BTreeMap;

use actix_web::web;
use garde::Validate;
use hengping_domain::conclusion::Conclusion;
use hengping_domain::ids::PeriodId;
use hengping_domain::rubric::Text;
use hengping_domain::scorecard::Line;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::documents::parse;
use super::extensions::ProposedBody;
use super::guard::Caller;
use super::problem::{Problem, checked, run};
use super::text::{SignatureBody, TextBody};
use crate::flow::conclude::{self, Planned, Scorecard};
use crate::flow::documents::OnRecord;
use crate::flow::{Refusal, Site};

/// A criterion of one box.
#[derive(Debug, Serialize, ToSchema)]
pub struct CriterionBody {
    direction: &'static str,
    /// `released`, `response`, `stratum`, `reliability`, `misfit`, `objections` or `fairness`.
    criterion: &'static str,
    /// A reliability, a share or a count; absent where there is a band.
    value: Option<f64>,
    /// Band of a share.
    band: Option<String>,
    /// What the charter asks for.
    limit: f64,
    /// `met`, `failed` or `unknown`.
    reached: &'static str,
}

impl From<Line> for CriterionBody {
    fn from(line: Line) -> Self {
        Self {
            direction: line.direction.as_str(),
            criterion: line.criterion.as_str(),
            value: line.value.filter(|_| line.band.is_none()),
            band: line.band,
            limit: line.limit,
            reached: line.reached.as_str(),
        }
    }
}

/// What one box says for planning.
#[derive(Debug, Serialize, ToSchema)]
pub struct PlannedBody {
    /// The release or draft it is read off.
    release: Option<String>,
    /// By reliability, `0.70` and `0.80`: ballots that a ratee would have needed.
    needed: BTreeMap<String, u32>,
    /// Ratees whose own result left the gate.
    results: usize,
}

impl From<Planned> for PlannedBody {
    fn from(planned: Planned) -> Self {
        Self {
            release: planned.release.map(|hash| hash.to_string()),
            needed: planned.needed.into_iter().collect(),
            results: planned.results,
        }
    }
}

/// A conclusion on record.
#[derive(Debug, Serialize, ToSchema)]
pub struct ConclusionBody {
    hash: String,
    /// Whether a criterion is not met.
    falls_short: bool,
    /// Why a regular period may follow all the same.
    exception: Option<TextBody>,
    signatures: Vec<SignatureBody>,
    /// The day of the second signature.
    in_force_from: Option<String>,
}

impl ConclusionBody {
    fn of(body: &Conclusion, held: &OnRecord) -> Self {
        Self {
            hash: held.document.hash().to_string(),
            falls_short: body.falls_short(),
            exception: body.exception.as_ref().map(TextBody::from),
            signatures: held.signatures.iter().map(SignatureBody::from).collect(),
            in_force_from: held.in_force_from().map(|day| day.to_string()),
        }
    }
}

/// The scorecard of a pilot.
#[derive(Debug, Serialize, ToSchema)]
pub struct ScorecardBody {
    period: String,
    title: TextBody,
    /// Every criterion of both boxes; none where the charter sets no criteria.
    lines: Option<Vec<CriterionBody>>,
    /// By direction.
    boxes: BTreeMap<&'static str, PlannedBody>,
    conclusions: Vec<ConclusionBody>,
}

impl From<Scorecard> for ScorecardBody {
    fn from(found: Scorecard) -> Self {
        let Scorecard { period, exit, lines, boxes, conclusions } = found;
        Self {
            period: period.id.to_string(),
            title: TextBody::from(&period.title),
            lines: exit.map(|_| lines.into_iter().map(CriterionBody::from).collect()),
            boxes: boxes.into_iter().map(|(direction, each)| (direction.as_str(), each.into())).collect(),
            conclusions: conclusions.iter().map(|(body, held)| ConclusionBody::of(body, held)).collect(),
        }
    }
}

/// The scorecard of a pilot.
#[utoipa::path(get, path = "/api/periods/{period}/scorecard", tag = "periods", params(("period" = String, Path)), responses((status = 200, body = ScorecardBody)))]
pub async fn find(
    site: web::Data<Site>,
    _caller: Caller,
    period: web::Path<String>,
) -> Result<web::Json<ScorecardBody>, Problem> {
    let id: PeriodId = parse(&period)?;
    let found = run(move || conclude::read(&site, &id)).await?;
    Ok(web::Json(ScorecardBody::from(found)))
}

/// What both sides sign besides the criteria.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ConcludeBody {
    /// Why a regular period may follow although a criterion is not met, in Chinese; with English or not at all.
    #[garde(length(chars, max = 500))]
    #[serde(default)]
    exception_zh: String,
    /// The same in English.
    #[garde(length(chars, max = 500))]
    #[serde(default)]
    exception_en: String,
}

/// Puts the conclusion of a pilot on record, for both sides to sign.
#[utoipa::path(post, path = "/api/periods/{period}/conclusions", tag = "periods", params(("period" = String, Path)), request_body = ConcludeBody, responses((status = 200, body = ProposedBody), (status = 409, body = super::problem::ProblemBody), (status = 422, body = super::problem::ProblemBody)))]
pub async fn propose(
    site: web::Data<Site>,
    caller: Caller,
    period: web::Path<String>,
    body: web::Json<ConcludeBody>,
) -> Result<web::Json<ProposedBody>, Problem> {
    checked(&*body)?;
    let id: PeriodId = parse(&period)?;
    let ConcludeBody { exception_zh: zh, exception_en: en } = body.into_inner();
    let exception = match (zh.trim().is_empty(), en.trim().is_empty()) {
        (true, true) => None,
        (false, false) => Some(Text { zh, en }),
        _ => return Err(Problem::from(Refusal::DocumentMalformed).noting("exception_zh, exception_en")),
    };
    let hash = run(move || conclude::propose(&site, &id, exception, Some(&caller.id))).await?;
    Ok(web::Json(ProposedBody { hash: hash.to_string() }))
}
