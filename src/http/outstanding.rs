//! What waits for an officer's side over HTTP: windows, objections and drafts.
//!
//! Deliberately absent: whose objections they are.

use actix_web::web;
use hengping_domain::ids::Role;
use serde::Serialize;
use utoipa::ToSchema;

use super::guard::Caller;
use super::problem::{Problem, run};
use super::replies::{LeftBody, WindowBody};
use super::text::TextBody;
use crate::flow::outstanding::{self, Outstanding};
use crate::flow::{Refusal, Site};

/// A draft for which the caller's side has something to do, or soon will.
#[derive(Debug, Serialize, ToSchema)]
pub struct OutstandingBody {
    /// Hash of the draft.
    release: String,
    /// Title of its period.
    period: TextBody,
    direction: &'static str,
    /// The ratees' window, once it was opened.
    window: Option<WindowBody>,
    /// Working days that are left of it.
    left: Option<LeftBody>,
    /// Whether an answer is taken today.
    open: bool,
    /// Objections that the caller's side has not decided.
    undecided: usize,
    /// Whether the last day for them is over; they can be decided until somebody has signed.
    overdue: bool,
    /// Whether its window waits to be opened.
    unopened: bool,
    /// Whether the caller's side has yet to note what the fairness audit shows over a limit.
    unnoted: bool,
    /// Whether the caller's side can sign it now.
    signable: bool,
}

impl From<Outstanding> for OutstandingBody {
    fn from(found: Outstanding) -> Self {
        Self {
            release: found.release.to_string(),
            period: TextBody::from(&found.period),
            direction: found.ballot_box.direction.as_str(),
            window: found.window.as_ref().map(WindowBody::from),
            left: found.left.map(LeftBody::from),
            open: found.open,
            undecided: found.undecided,
            overdue: found.overdue,
            unopened: found.unopened,
            unnoted: found.unnoted,
            signable: found.signable,
        }
    }
}

/// What waits for the caller's side, by day of the draft.
#[utoipa::path(get, path = "/api/releases/outstanding", tag = "releases", responses((status = 200, body = [OutstandingBody])))]
pub async fn list(site: web::Data<Site>, caller: Caller) -> Result<web::Json<Vec<OutstandingBody>>, Problem> {
    let officer = |role: &Role| caller.grants.iter().find(|grant| grant.role == *role).and_then(|grant| grant.side);
    let side = [Role::Coordinator, Role::Negotiator].iter().find_map(officer).ok_or(Refusal::OtherSide)?;
    let found = run(move || outstanding::list(&site, side)).await?;
    Ok(web::Json(found.into_iter().map(OutstandingBody::from).collect()))
}
