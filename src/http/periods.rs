//! Periods and their boxes, for everybody.
//!
//! Deliberately absent: opening a real period, which both sides do by signed documents and on the command line.

use actix_web::web;
use hengping_domain::digest::Digest;
use hengping_domain::ids::BoxId;
use jiff::civil::Date;
use serde::Serialize;
use utoipa::ToSchema;

use super::problem::{Problem, run};
use super::text::TextBody;
use crate::flow::periods::{self, BallotBox, DrawShare, Period, PeriodView};
use crate::flow::{Site, rehearse};

/// A box in a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct PeriodBoxBody {
    /// `{period}.{direction}`.
    id: String,
    /// `bar_rates_bench` or `bench_rates_bar`.
    direction: &'static str,
    /// Hash of the rubric.
    rubric: String,
    /// `open`, `closed`, `opened` or `destroyed`.
    state: &'static str,
    /// Hash of the manifest.
    manifest: String,
    /// Last day the box takes ballots, extensions included.
    cast_until: String,
}

impl PeriodBoxBody {
    fn of(held: &BallotBox, cast_until: Date) -> Self {
        Self {
            id: held.id.to_string(),
            direction: held.id.direction.as_str(),
            rubric: held.rubric.to_string(),
            state: held.state.as_str(),
            manifest: held.manifest.to_string(),
            cast_until: cast_until.to_string(),
        }
    }
}

/// One side's part of the seed that draws what exceeds the monthly cap.
#[derive(Debug, Serialize, ToSchema)]
pub struct DrawShareBody {
    /// SHA-256 of period, side and contribution.
    commitment: String,
    /// 32 bytes, base64url; null until both sides have committed and this one has revealed.
    contribution: Option<String>,
}

impl From<&DrawShare> for DrawShareBody {
    fn from(share: &DrawShare) -> Self {
        Self { commitment: share.commitment.to_string(), contribution: share.contribution.map(|c| c.to_string()) }
    }
}

/// Both sides' parts.
#[derive(Debug, Serialize, ToSchema)]
pub struct DrawBody {
    bench: Option<DrawShareBody>,
    bar: Option<DrawShareBody>,
}

/// A period.
#[derive(Debug, Serialize, ToSchema)]
pub struct PeriodBody {
    id: String,
    title: TextBody,
    /// `pilot` or `regular`.
    kind: &'static str,
    /// Whether everything in it is invented.
    rehearsal: bool,
    /// First day on which a case may fall due.
    starts_on: String,
    /// Last such day.
    ends_on: String,
    /// Last day a ballot is taken, as the manifests say; a box may have been extended.
    cast_until: String,
    /// `planned`, `running` or `over`, by the site's day.
    state: &'static str,
    /// Hash of the charter.
    charter: String,
    draw: DrawBody,
    boxes: Vec<PeriodBoxBody>,
}

fn state(period: &Period, last_day: Date, today: Date) -> &'static str {
    if today < period.starts_on {
        "planned"
    } else if today <= last_day {
        "running"
    } else {
        "over"
    }
}

impl PeriodBody {
    fn of(view: &PeriodView, today: Date) -> Self {
        let PeriodView { period, boxes, draw, last_days } = view;
        let last_day = |held: &BallotBox| last_days.get(&held.id).copied().unwrap_or(period.cast_until);
        let last = boxes.iter().map(last_day).max().unwrap_or(period.cast_until);
        Self {
            id: period.id.to_string(),
            title: TextBody::from(&period.title),
            kind: period.kind.as_str(),
            rehearsal: period.id.is_rehearsal(),
            starts_on: period.starts_on.to_string(),
            ends_on: period.ends_on.to_string(),
            cast_until: period.cast_until.to_string(),
            state: state(period, last, today),
            charter: period.charter.to_string(),
            draw: DrawBody {
                bench: draw.bench.as_ref().map(DrawShareBody::from),
                bar: draw.bar.as_ref().map(DrawShareBody::from),
            },
            boxes: boxes.iter().map(|held| PeriodBoxBody::of(held, last_day(held))).collect(),
        }
    }
}

/// All periods with their boxes, by first day.
#[utoipa::path(get, path = "/api/periods", tag = "periods", responses((status = 200, body = [PeriodBody])))]
pub async fn list(site: web::Data<Site>) -> Result<web::Json<Vec<PeriodBody>>, Problem> {
    let today = site.clock.today();
    let periods = run(move || periods::list(&site)).await?;
    Ok(web::Json(periods.iter().map(|view| PeriodBody::of(view, today)).collect()))
}

/// The boxes of a rehearsal.
#[derive(Debug, Serialize, ToSchema)]
pub struct RehearsalBody {
    /// `{period}.{direction}` with the hash of the manifest, for both sides to sign.
    boxes: Vec<NewBoxBody>,
}

/// A new box.
#[derive(Debug, Serialize, ToSchema)]
pub struct NewBoxBody {
    id: String,
    manifest: String,
}

/// Opens a rehearsal of today under the charter and the forms in force; both sides then sign the manifests of its boxes.
#[utoipa::path(post, path = "/api/rehearsals", tag = "periods", responses((status = 200, body = RehearsalBody), (status = 409, body = super::problem::ProblemBody)))]
pub async fn rehearse(site: web::Data<Site>) -> Result<web::Json<RehearsalBody>, Problem> {
    let boxes = run(move || rehearse::begin(&site)).await?;
    let new = |(id, manifest): (BoxId, Digest)| NewBoxBody { id: id.to_string(), manifest: manifest.to_string() };
    Ok(web::Json(RehearsalBody { boxes: boxes.into_iter().map(new).collect() }))
}
