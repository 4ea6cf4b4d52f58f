//! The log of changes over HTTP: what was released, corrected and withdrawn, by day.
//!
//! Deliberately absent: drafts, and any difference between readers.

use actix_web::web;
use serde::Serialize;
use utoipa::ToSchema;

use super::problem::{Problem, run};
use super::text::TextBody;
use crate::flow::Site;
use crate::flow::changes::{self, Change, What};

/// One change of one release.
#[derive(Debug, Serialize, ToSchema)]
pub struct ChangeBody {
    /// `released`, `corrected` or `withdrawn`.
    kind: &'static str,
    /// Hash of the release.
    release: String,
    #[serde(rename = "box")]
    id: String,
    period: String,
    direction: &'static str,
    /// Hash of the correction or withdrawal that both sides signed.
    document: Option<String>,
    /// Code of the reason of a correction or withdrawal.
    reason: Option<&'static str>,
    /// What both sides say about a withdrawal.
    words: Option<TextBody>,
    /// Of one that followed a correction: the release whose place it took. Of a corrected one: the release in its place.
    other: Option<String>,
}

/// What happened on one day.
#[derive(Debug, Serialize, ToSchema)]
pub struct ChangeDay {
    /// ISO 8601.
    day: String,
    changes: Vec<ChangeBody>,
}

impl From<Change> for ChangeBody {
    fn from(change: Change) -> Self {
        let Change { ballot_box: id, release, what, .. } = change;
        let (period, direction) = (id.period.to_string(), id.direction.as_str());
        let (id, release) = (id.to_string(), release.to_string());
        let none = Self {
            kind: "released",
            release,
            id,
            period,
            direction,
            document: None,
            reason: None,
            words: None,
            other: None,
        };
        match what {
            What::Released { replaces } => Self { other: replaces.map(|hash| hash.to_string()), ..none },
            What::Corrected { document, reason, by } => Self {
                kind: "corrected",
                document: Some(document.to_string()),
                reason: Some(reason.as_str()),
                other: by.map(|hash| hash.to_string()),
                ..none
            },
            What::Withdrawn { document, reason, words } => Self {
                kind: "withdrawn",
                document: Some(document.to_string()),
                reason: Some(reason.as_str()),
                words: words.as_ref().map(TextBody::from),
                ..none
            },
        }
    }
}

/// What became of every release that is out, the latest day first.
#[utoipa::path(get, path = "/api/releases/changes", tag = "releases", responses((status = 200, body = [ChangeDay])))]
pub async fn list(site: web::Data<Site>) -> Result<web::Json<Vec<ChangeDay>>, Problem> {
    let mut days: Vec<ChangeDay> = Vec::new();
    for change in run(move || changes::list(&site)).await? {
        let day = change.day.to_string();
        if days.last().is_none_or(|last| last.day != day) {
            days.push(ChangeDay { day, changes: Vec::new() });
        }
        if let Some(last) = days.last_mut() {
            last.changes.push(ChangeBody::from(change));
        }
    }
    Ok(web::Json(days))
}
