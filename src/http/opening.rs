//! The opening room over HTTP: watching both locks and the stages, and going on.
//!
//! Deliberately absent: keys and shares; an agent's officers approve where their agent is.

use std::sync::Arc;

use actix_web::{HttpResponse, web};
use hengping_domain::ids::{BoxId, Side};
use serde::Serialize;
use utoipa::ToSchema;

use super::documents::parse;
use super::problem::{Problem, run};
use crate::flow::Site;
use crate::flow::opening_room::{self, Room};
use crate::opening::{self, Locked, Progressed};

/// One stage of an opening.
#[derive(Debug, Serialize, ToSchema)]
pub struct StageBody {
    /// `close`, `mix-bench`, `mix-bar`, `list`, `shares`, `analysis`, `draft` or `death`.
    stage: &'static str,
    /// `bench` or `bar`, where it is one side's.
    side: Option<&'static str>,
    /// `done`, `running`, `waiting`, `not-yet` or `failed`.
    state: &'static str,
    done: u64,
    total: u64,
    /// Why it failed.
    code: Option<String>,
}

/// What an agent has not answered, or has refused.
#[derive(Debug, Serialize, ToSchema)]
pub struct MissingBody {
    side: &'static str,
    kind: String,
    /// The request, as `hengping agent approve` names it.
    request: String,
    /// Why it refused.
    code: Option<&'static str>,
}

/// Both locks.
#[derive(Debug, Serialize, ToSchema)]
pub struct LocksBody {
    /// `shut`, `handed-over` or `unreachable`.
    bench: &'static str,
    bar: &'static str,
}

/// The opening room of a box.
#[derive(Debug, Serialize, ToSchema)]
pub struct OpeningBody {
    #[serde(rename = "box")]
    id: String,
    /// `open`, `closed`, `mixed`, `opened`, `dead` or `destroyed`.
    state: &'static str,
    stages: Vec<StageBody>,
    locks: LocksBody,
    waiting: Vec<MissingBody>,
    /// Whether a correction that both sides signed waits for the box to be computed again.
    correcting: bool,
}

fn body(id: &BoxId, room: Room) -> OpeningBody {
    let lock = |at: usize| match (room.handed_over[at], room.away[at]) {
        (true, _) => "handed-over",
        (false, true) => "unreachable",
        (false, false) => "shut",
    };
    let locks = LocksBody { bench: lock(0), bar: lock(1) };
    let state = match room.state.as_str() {
        _ if room.dead() => "dead",
        "closed" if room.listed() => "mixed",
        other => other,
    };
    OpeningBody {
        id: id.to_string(),
        state,
        correcting: room.correcting,
        stages: room
            .stages
            .into_iter()
            .map(|s| StageBody {
                stage: s.stage,
                side: s.side.map(Side::as_str),
                state: s.state.as_str(),
                done: s.done,
                total: s.total,
                code: s.code,
            })
            .collect(),
        locks,
        waiting: room
            .waiting
            .into_iter()
            .map(|one| MissingBody {
                side: one.side.as_str(),
                kind: one.kind,
                request: one.request.to_string(),
                code: one.code,
            })
            .collect(),
    }
}

fn look(site: &Site, id: &BoxId) -> crate::flow::Outcome<OpeningBody> {
    Ok(body(id, opening_room::look(site, id)?))
}

/// How the opening of a box stands.
#[utoipa::path(get, path = "/api/boxes/{box}/opening", tag = "boxes", params(("box" = String, Path)), responses((status = 200, body = OpeningBody)))]
pub async fn show(site: web::Data<Site>, id: web::Path<String>) -> Result<web::Json<OpeningBody>, Problem> {
    let id: BoxId = parse(&id)?;
    Ok(web::Json(run(move || look(&site, &id)).await?))
}

/// Goes on with the opening of a closed box as far as both agents let it.
#[utoipa::path(post, path = "/api/boxes/{box}/opening", tag = "boxes", params(("box" = String, Path)), responses((status = 202, body = OpeningBody), (status = 409, body = super::problem::ProblemBody)))]
pub async fn go_on(site: web::Data<Site>, id: web::Path<String>) -> Result<HttpResponse, Problem> {
    let id: BoxId = parse(&id)?;
    let shown = run(move || {
        // What would be refused is refused now, not in the background.
        crate::flow::unseal::posted(&site, &id)?;
        if site.openings.begin(&id) {
            let (site, id) = (Arc::clone(&site), id.clone());
            std::thread::spawn(move || open(&site, &id));
        }
        look(&site, &id)
    })
    .await?;
    Ok(HttpResponse::Accepted().json(shown))
}

fn open(site: &Site, id: &BoxId) {
    let dir = site.config.opening.dir.join(id.to_string());
    let mut note = |step: &opening::Step| {
        site.openings.note(id, (step.stage.clone(), step.done, step.total));
    };
    let ended = match opening::go_on(site, id, &dir, Locked::Refuse, &mut note) {
        Ok(Progressed::Draft(_) | Progressed::Rehearsed(_) | Progressed::Waits(_)) => None,
        Err(error) => {
            tracing::error!(box_ = %id, %error, "an opening stopped");
            Some(error.code().to_owned())
        }
    };
    site.openings.end(id, ended);
}
