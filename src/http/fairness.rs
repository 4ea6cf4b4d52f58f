//! The fairness audit of a release over HTTP: the lines for officers of both sides, and each side's note.
//!
//! Deliberately absent: the lines for everybody else; what goes with a release that is out stands in the release.

use actix_web::{HttpResponse, web};
use garde::Validate;
use hengping_domain::digest::Digest;
use hengping_domain::fairness::{Line, Note};
use hengping_domain::ids::{Role, Side};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::cell::CellBody;
use super::documents::parse;
use super::guard::Caller;
use super::problem::{Problem, checked, run};
use crate::flow::Site;
use crate::flow::fairness::{self, Noted, Page};

/// A line of the audit.
#[derive(Debug, Serialize, ToSchema)]
pub struct LineBody {
    /// `outcome`, `outcome_slope`, `gap`, `severity`, `item_bias`, `retaliation`, `misfit`, `review`, `connected` or `drift`.
    subject: &'static str,
    /// A court code for a severity, `{division}:{level}` for a gap, `{item}:{division}:{level}` for an item; else empty.
    part: String,
    /// Printed value, scale points; absent from a share.
    value: Option<f64>,
    /// Band of a share, such as `0.05-0.10`.
    band: Option<String>,
    /// Step of a value.
    step: Option<f64>,
    /// 95 % interval of a value.
    interval: Option<[f64; 2]>,
    /// What the charter allows: at most, of `connected` at least.
    limit: f64,
    /// `within`, `over`, `withheld`, `no-earlier` or `other-form`.
    standing: &'static str,
    /// The cell behind it, with the reason if it was withheld.
    cell: Option<CellBody>,
}

impl From<Line> for LineBody {
    fn from(line: Line) -> Self {
        let band = line.cell.as_ref().and_then(|cell| cell.band());
        Self {
            subject: line.subject.as_str(),
            part: line.part,
            value: line.value.filter(|_| band.is_none()),
            step: line.step.filter(|_| band.is_none()),
            band,
            interval: line.interval,
            limit: line.limit,
            standing: line.standing.as_str(),
            cell: line.cell.map(CellBody::from),
        }
    }
}

/// What a side notes.
#[derive(Debug, Serialize, ToSchema)]
pub struct NoteBody {
    /// `bench` or `bar`.
    side: &'static str,
    words: String,
    day: String,
}

impl From<Note> for NoteBody {
    fn from(note: Note) -> Self {
        Self { side: note.side.as_str(), words: note.words, day: note.day.to_string() }
    }
}

/// The audit of a release.
#[derive(Debug, Serialize, ToSchema)]
pub struct FairnessBody {
    /// `draft` or `released`.
    state: &'static str,
    /// By subject; none where the charter sets no limits.
    lines: Option<Vec<LineBody>>,
    notes: Vec<NoteBody>,
    /// The release that the drift is measured from.
    earlier: Option<String>,
}

impl From<Page> for FairnessBody {
    fn from(page: Page) -> Self {
        Self {
            state: page.release.state.as_str(),
            lines: page.audit.map(|audit| audit.lines.into_iter().map(LineBody::from).collect()),
            notes: page.notes.into_iter().map(NoteBody::from).collect(),
            earlier: page.earlier.map(|hash| hash.to_string()),
        }
    }
}

/// What of the audit goes with a release: which subjects were over a limit, and what both sides say about it.
#[derive(Debug, Serialize, ToSchema)]
pub struct NotedBody {
    /// Subjects over a limit of the charter.
    over: Vec<&'static str>,
    notes: Vec<NoteBody>,
}

impl From<Noted> for NotedBody {
    fn from(noted: Noted) -> Self {
        Self {
            over: noted.over.into_iter().map(|subject| subject.as_str()).collect(),
            notes: noted.notes.into_iter().map(NoteBody::from).collect(),
        }
    }
}

/// The audit of a release, drafts included.
#[utoipa::path(get, path = "/api/releases/{hash}/fairness", tag = "releases", params(("hash" = String, Path)), responses((status = 200, body = FairnessBody)))]
pub async fn find(
    site: web::Data<Site>,
    _caller: Caller,
    hash: web::Path<String>,
) -> Result<web::Json<FairnessBody>, Problem> {
    let hash: Digest = parse(&hash)?;
    let page = run(move || fairness::read(&site, hash)).await?;
    Ok(web::Json(FairnessBody::from(page)))
}

/// A side's note on the audit of a draft.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewNoteBody {
    /// `bench` or `bar`.
    #[garde(skip)]
    #[schema(value_type = String)]
    side: Side,
    /// At most 500 characters; printed with the release.
    #[garde(length(max = 8000))]
    words: String,
}

/// Takes the note of the caller's side.
#[utoipa::path(post, path = "/api/releases/{hash}/fairness/notes", tag = "releases", params(("hash" = String, Path)), request_body = NewNoteBody, responses((status = 204), (status = 409, body = super::problem::ProblemBody), (status = 422, body = super::problem::ProblemBody)))]
pub async fn note(
    site: web::Data<Site>,
    caller: Caller,
    hash: web::Path<String>,
    body: web::Json<NewNoteBody>,
) -> Result<HttpResponse, Problem> {
    checked(&*body)?;
    let hash: Digest = parse(&hash)?;
    let NewNoteBody { side, words } = body.into_inner();
    caller.stand_for(Role::Coordinator, side)?;
    run(move || fairness::note(&site, hash, side, &words, Some(&caller.id))).await?;
    Ok(HttpResponse::NoContent().finish())
}
