//! The ratees' window over HTTP: opening it, what ratees said and hold against a draft, and what each side decides.
//!
//! Whose objection is decided stands in the body, never in an address that a log keeps. Deliberately absent: raters.

use actix_web::{HttpResponse, web};
use garde::Validate;
use hengping_domain::calendar::Due;
use hengping_domain::digest::Digest;
use hengping_domain::ids::{Role, Side};
use hengping_domain::manifest::PerSide;
use hengping_domain::reply::{Decision, Opinion, Outcome, Standing, Window};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::documents::parse;
use super::guard::Caller;
use super::problem::{Problem, checked, run};
use super::text::field;
use crate::flow::Site;
use crate::flow::decide::{self, Filed, Objected};
use crate::flow::window::{self, Hearing, Left};

/// A last day.
#[derive(Debug, Serialize, ToSchema)]
pub struct DueBody {
    day: String,
    /// Whether holidays on the way were not published when it was counted.
    provisional: bool,
}

impl From<Due> for DueBody {
    fn from(due: Due) -> Self {
        Self { day: due.day.to_string(), provisional: due.provisional }
    }
}

/// Working days that are left.
#[derive(Debug, Serialize, ToSchema)]
pub struct LeftBody {
    /// To answer; 0 on the last day and after it.
    reply: u32,
    /// To decide; null where there is no last day for it.
    decide: Option<u32>,
}

impl From<Left> for LeftBody {
    fn from(Left { reply, decide }: Left) -> Self {
        Self { reply, decide }
    }
}

/// The days on which ratees can answer.
#[derive(Debug, Serialize, ToSchema)]
pub struct WindowBody {
    opened_on: String,
    /// The last day on which an answer is taken.
    last_day: String,
    /// Whether holidays on the way were not published when it was counted.
    provisional: bool,
    /// The last day on which a side decides an objection; null where the charter sets none.
    decide_by: Option<DueBody>,
}

impl From<&Window> for WindowBody {
    fn from(window: &Window) -> Self {
        Self {
            opened_on: window.opened_on.to_string(),
            last_day: window.last_day.to_string(),
            provisional: window.provisional,
            decide_by: window.decide_by.map(DueBody::from),
        }
    }
}

/// How a release stands towards its ratees.
#[derive(Debug, Serialize, ToSchema)]
pub struct HearingBody {
    /// Working days that the charter gives ratees; 0 where there is no window.
    working_days: u32,
    window: Option<WindowBody>,
    /// Whether an answer is taken today.
    open: bool,
    /// Of the window, today.
    left: Option<LeftBody>,
    /// Objections filed.
    objections: usize,
    /// Those of them that wait for one side or both.
    undecided: usize,
    /// Those of them over which each side let the last day for decisions pass.
    overdue: OverdueBody,
}

/// How many objections each side has not decided in time.
#[derive(Debug, Serialize, ToSchema)]
pub struct OverdueBody {
    bench: usize,
    bar: usize,
}

impl From<Hearing> for HearingBody {
    fn from(hearing: Hearing) -> Self {
        let Hearing { working_days, window, open, left, objections, undecided, overdue } = hearing;
        let PerSide { bench, bar } = overdue;
        let (window, left) = (window.as_ref().map(WindowBody::from), left.map(LeftBody::from));
        Self { working_days, window, open, left, objections, undecided, overdue: OverdueBody { bench, bar } }
    }
}

/// What a side decided about an objection.
#[derive(Debug, Serialize, ToSchema)]
pub struct DecisionBody {
    /// `bench` or `bar`.
    side: &'static str,
    /// `upheld` or `rejected`.
    opinion: &'static str,
    words: String,
    day: String,
}

impl From<&Decision> for DecisionBody {
    fn from(decision: &Decision) -> Self {
        Self {
            side: decision.side.as_str(),
            opinion: decision.opinion.as_str(),
            words: decision.words.clone(),
            day: decision.day.to_string(),
        }
    }
}

/// An objection with what was decided so far.
#[derive(Debug, Serialize, ToSchema)]
pub struct ObjectionBody {
    /// `not-handled`, `wrong-person`, `conflict-of-interest`, `arranged-ratings` or `undue-influence`.
    reason: &'static str,
    text: String,
    filed_on: String,
    decisions: Vec<DecisionBody>,
    /// `upheld`, `rejected`, or `lapsed` where neither side decided in time; null while one can be waited for.
    outcome: Option<&'static str>,
    /// `bench` and `bar`: the sides that let the last day for decisions pass.
    overdue: Vec<&'static str>,
}

impl ObjectionBody {
    /// One as it stands.
    #[must_use]
    pub fn of(filed: &Filed, standing: &Standing) -> Self {
        let late = Side::ALL.iter().filter(|&&side| *standing.overdue.get(side));
        Self {
            reason: filed.objection.reason.as_str(),
            text: filed.objection.text.clone(),
            filed_on: filed.objection.filed_on.to_string(),
            decisions: filed.decisions.iter().map(DecisionBody::from).collect(),
            outcome: standing.outcome.map(Outcome::as_str),
            overdue: late.map(|side| side.as_str()).collect(),
        }
    }
}

/// An objection with whose it is; for both sides' coordinators and negotiators.
#[derive(Debug, Serialize, ToSchema)]
pub struct FiledBody {
    /// The ratee's name in results.
    subject: String,
    /// Staff or licence number.
    number: String,
    name: String,
    objection: ObjectionBody,
}

/// Opens the window of a draft; the same again changes nothing.
#[utoipa::path(post, path = "/api/releases/{hash}/window", tag = "releases", params(("hash" = String, Path)), responses((status = 200, body = WindowBody), (status = 409, body = super::problem::ProblemBody)))]
pub async fn open(
    site: web::Data<Site>,
    caller: Caller,
    hash: web::Path<String>,
) -> Result<web::Json<WindowBody>, Problem> {
    let hash: Digest = parse(&hash)?;
    let window = run(move || window::open(&site, hash, Some(&caller.id))).await?;
    Ok(web::Json(WindowBody::from(&window)))
}

/// The objections to a release, by ratee.
#[utoipa::path(get, path = "/api/releases/{hash}/objections", tag = "releases", params(("hash" = String, Path)), responses((status = 200, body = [FiledBody])))]
pub async fn objections(
    site: web::Data<Site>,
    _caller: Caller,
    hash: web::Path<String>,
) -> Result<web::Json<Vec<FiledBody>>, Problem> {
    let hash: Digest = parse(&hash)?;
    let filed = run(move || decide::objections(&site, hash)).await?;
    let body = filed.into_iter().map(|Objected { person, filed, standing }| FiledBody {
        subject: filed.subject.to_string(),
        objection: ObjectionBody::of(&filed, &standing),
        number: person.number,
        name: person.name,
    });
    Ok(web::Json(body.collect()))
}

/// A side's decision about the objection of one ratee.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DecideBody {
    /// The ratee's name in results.
    #[garde(length(min = 1, max = 64))]
    subject: String,
    /// `bench` or `bar`.
    #[garde(skip)]
    #[schema(value_type = String)]
    side: Side,
    /// `upheld` or `rejected`.
    #[garde(length(max = 16))]
    opinion: String,
    /// Why, at most 500 characters; the ratee reads it.
    #[garde(length(max = 8000))]
    words: String,
}

/// Records what the caller's side decided.
#[utoipa::path(post, path = "/api/releases/{hash}/decisions", tag = "releases", params(("hash" = String, Path)), request_body = DecideBody, responses((status = 204), (status = 409, body = super::problem::ProblemBody), (status = 422, body = super::problem::ProblemBody)))]
pub async fn decide(
    site: web::Data<Site>,
    caller: Caller,
    hash: web::Path<String>,
    body: web::Json<DecideBody>,
) -> Result<HttpResponse, Problem> {
    checked(&*body)?;
    let release: Digest = parse(&hash)?;
    let DecideBody { subject, side, opinion, words } = body.into_inner();
    caller.stand_for(Role::Coordinator, side)?;
    let opinion: Opinion = field(&opinion, "opinion")?;
    run(move || decide::decide(&site, release, &subject, side, (opinion, &words), Some(&caller.id))).await?;
    Ok(HttpResponse::NoContent().finish())
}
