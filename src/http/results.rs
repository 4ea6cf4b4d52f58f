//! A ratee's own results, and what the ratee answers to one that is not out yet.
//!
//! Only the person's own released cells are in the answer; what the gate withheld shows as one code for every reason.
//! Deliberately absent: other people, and anything that helps to guess a rater.

use actix_web::{HttpResponse, web};
use garde::Validate;
use hengping_domain::correction::ObjectionReason;
use hengping_domain::digest::Digest;
use hengping_domain::ids::PersonId;
use hengping_domain::release::{Cell, ReleaseState, Scope};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::cell::{CellBody, MovedBody};
use super::documents::parse;
use super::guard::Caller;
use super::problem::{Problem, Transport, checked, run};
use super::readings::ReadingBody;
use super::replies::{LeftBody, ObjectionBody, WindowBody};
use super::text::{TextBody, field};
use super::withdrawals::WithdrawnBody;
use crate::flow::own_result::{self, OwnResult};
use crate::flow::{Site, reply};

/// The one code for every reason why a result is not shown.
const WITHHELD: &str = "insufficient";

/// One item of a result.
#[derive(Debug, Serialize, ToSchema)]
pub struct ItemResultBody {
    /// The item's name in the rubric.
    item: String,
    title: TextBody,
    value: Option<f64>,
    interval: Option<[f64; 2]>,
    /// `insufficient` where no number is shown.
    withheld: Option<&'static str>,
}

/// The period of a result.
#[derive(Debug, Serialize, ToSchema)]
pub struct ResultPeriod {
    id: String,
    title: TextBody,
    /// `pilot` or `regular`.
    kind: &'static str,
}

/// A person's result in one release.
#[derive(Debug, Serialize, ToSchema)]
pub struct OwnResultBody {
    /// Hash of the release.
    release: String,
    period: ResultPeriod,
    direction: &'static str,
    /// Hash of the rubric.
    rubric: String,
    flags: Vec<String>,
    cell: Option<CellBody>,
    /// `insufficient` where no number is shown.
    withheld: Option<&'static str>,
    items: Vec<ItemResultBody>,
    moved: Option<MovedBody>,
    /// Who may see this, in the words both sides signed.
    audience_words: TextBody,
    /// What officers of both sides may see, in the same words.
    sides_words: TextBody,
    /// `draft` while only the caller sees it, then `released`.
    state: &'static str,
    /// The day of the second signature.
    released_on: Option<String>,
    /// The days to answer; null where the charter gives none.
    window: Option<WindowBody>,
    /// Working days that are left of them, today.
    left: Option<LeftBody>,
    /// Whether an answer is taken today.
    open: bool,
    /// Longest statement, in characters.
    characters: u32,
    /// What the caller says beside the result.
    statement: Option<String>,
    /// What the caller holds against it.
    objection: Option<ObjectionBody>,
    /// Which side's officers read it, and for what.
    readings: Vec<ReadingBody>,
    /// Present when both sides have taken the release back.
    withdrawn: Option<WithdrawnBody>,
}

/// All results of the caller, newest last.
#[derive(Debug, Serialize, ToSchema)]
pub struct MyResultBody {
    results: Vec<OwnResultBody>,
}

fn body(result: OwnResult) -> OwnResultBody {
    let score = |cell: &&Cell| cell.scope == Scope::Person && cell.measure == "score";
    let found = result.cells.iter().find(score).cloned();
    let items = result.rubric.items.iter().map(|item| {
        let measure = format!("item:{}", item.id);
        let cell = result.cells.iter().find(|cell| cell.measure == measure);
        ItemResultBody {
            item: item.id.clone(),
            title: TextBody::from(&item.title),
            value: cell.and_then(|c| c.value),
            interval: cell.and_then(|c| c.interval),
            withheld: cell.is_none().then_some(WITHHELD),
        }
    });
    OwnResultBody {
        items: items.collect(),
        release: result.release.to_string(),
        period: ResultPeriod {
            id: result.period.id.to_string(),
            title: TextBody::from(&result.period.title),
            kind: result.period.kind.as_str(),
        },
        direction: result.direction.as_str(),
        rubric: result.rubric_hash.to_string(),
        flags: found.as_ref().map(|c| c.flags.clone()).unwrap_or_default(),
        withheld: found.is_none().then_some(WITHHELD),
        moved: found.as_ref().and_then(|c| c.moved).map(MovedBody::from),
        cell: found.map(CellBody::from),
        audience_words: TextBody::from(&result.audience_words),
        sides_words: TextBody::from(&result.sides_words),
        state: result.state.as_str(),
        released_on: (result.state == ReleaseState::Released).then(|| result.day.to_string()),
        window: result.window.as_ref().map(WindowBody::from),
        left: result.left.map(LeftBody::from),
        open: result.open,
        characters: result.characters,
        statement: result.statement,
        objection: result.objection.as_ref().map(|(filed, standing)| ObjectionBody::of(filed, standing)),
        readings: result.readings.iter().map(ReadingBody::from).collect(),
        withdrawn: result.withdrawn.map(WithdrawnBody::from),
    }
}

fn person(caller: &Caller) -> Result<PersonId, Problem> {
    Ok(caller.person.clone().ok_or(Transport::Forbidden)?)
}

/// What was released to the caller about the caller.
#[utoipa::path(get, path = "/api/my-result", tag = "results", responses((status = 200, body = MyResultBody)))]
pub async fn mine(site: web::Data<Site>, caller: Caller) -> Result<web::Json<MyResultBody>, Problem> {
    let person = person(&caller)?;
    let results = run(move || own_result::own(&site, &person)).await?;
    Ok(web::Json(MyResultBody { results: results.into_iter().map(body).collect() }))
}

/// A window in which the caller can answer.
#[derive(Debug, Serialize, ToSchema)]
pub struct OpenWindowBody {
    /// Hash of the draft.
    release: String,
    window: WindowBody,
    /// Working days that are left, today.
    left: LeftBody,
}

/// The windows in which the caller can answer today.
#[derive(Debug, Serialize, ToSchema)]
pub struct OpenWindowsBody {
    windows: Vec<OpenWindowBody>,
}

/// In which windows the caller can answer today; none for somebody without a visible result, after the same work.
#[utoipa::path(get, path = "/api/my-result/windows", tag = "results", responses((status = 200, body = OpenWindowsBody)))]
pub async fn windows(site: web::Data<Site>, caller: Caller) -> Result<web::Json<OpenWindowsBody>, Problem> {
    let person = person(&caller)?;
    let results = run(move || own_result::own(&site, &person)).await?;
    let open = results.iter().filter(|result| result.open).filter_map(|result| {
        let (window, left) = (result.window.as_ref()?, result.left?);
        Some(OpenWindowBody { release: result.release.to_string(), window: window.into(), left: left.into() })
    });
    Ok(web::Json(OpenWindowsBody { windows: open.collect() }))
}

/// What a ratee says beside the own result.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StatementBody {
    /// As many characters as the charter lets it have, on one line.
    #[garde(length(max = 8000))]
    text: String,
}

/// Puts the caller's statement beside the own result, in the place of the one before.
#[utoipa::path(post, path = "/api/my-result/{hash}/statement", tag = "results", params(("hash" = String, Path)), request_body = StatementBody, responses((status = 204), (status = 409, body = super::problem::ProblemBody), (status = 422, body = super::problem::ProblemBody)))]
pub async fn state(
    site: web::Data<Site>,
    caller: Caller,
    hash: web::Path<String>,
    body: web::Json<StatementBody>,
) -> Result<HttpResponse, Problem> {
    checked(&*body)?;
    let (hash, person): (Digest, _) = (parse(&hash)?, person(&caller)?);
    run(move || reply::state(&site, &person, hash, Some(&body.text), Some(&caller.id))).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Takes the caller's statement back.
#[utoipa::path(delete, path = "/api/my-result/{hash}/statement", tag = "results", params(("hash" = String, Path)), responses((status = 204), (status = 409, body = super::problem::ProblemBody)))]
pub async fn withdraw(site: web::Data<Site>, caller: Caller, hash: web::Path<String>) -> Result<HttpResponse, Problem> {
    let (hash, person): (Digest, _) = (parse(&hash)?, person(&caller)?);
    run(move || reply::state(&site, &person, hash, None, Some(&caller.id))).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// What a ratee holds against the own result.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ObjectBody {
    /// `not-handled`, `wrong-person`, `conflict-of-interest`, `arranged-ratings` or `undue-influence`.
    #[garde(length(max = 32))]
    reason: String,
    /// At most 500 characters, on one line.
    #[garde(length(max = 8000))]
    text: String,
}

/// Files the caller's objection, for both sides to decide.
#[utoipa::path(post, path = "/api/my-result/{hash}/objection", tag = "results", params(("hash" = String, Path)), request_body = ObjectBody, responses((status = 204), (status = 409, body = super::problem::ProblemBody), (status = 422, body = super::problem::ProblemBody)))]
pub async fn object(
    site: web::Data<Site>,
    caller: Caller,
    hash: web::Path<String>,
    body: web::Json<ObjectBody>,
) -> Result<HttpResponse, Problem> {
    checked(&*body)?;
    let (hash, person): (Digest, _) = (parse(&hash)?, person(&caller)?);
    let reason: ObjectionReason = field(&body.reason, "reason")?;
    run(move || reply::object(&site, &person, hash, reason, &body.text, Some(&caller.id))).await?;
    Ok(HttpResponse::NoContent().finish())
}
