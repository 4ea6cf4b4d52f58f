//! The box over HTTP: its manifest, its published lists, the post that nobody signs in for, and closing.
//!
//! The post never sees a session and answers every refusal alike. Deliberately absent: who casts.

use actix_web::web;
use garde::Validate;
use hengping_domain::digest::{Bytes, Bytes32, decode_base64url};
use hengping_domain::envelope::{ENVELOPE_LEN, Envelope};
use hengping_domain::ids::BoxId;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::documents::parse;
use super::guard::Caller;
use super::problem::{Problem, checked, run};
use super::text::SignatureBody;
use crate::flow::cast::{self, Cast};
use crate::flow::close::TooFew;
use crate::flow::periods::BoxState;
use crate::flow::{Refusal, Site, boxes, close};

/// What happened to the ballots of a box.
#[derive(Debug, Serialize, ToSchema)]
pub struct CountsBody {
    /// Invitations below the cap.
    invited: u32,
    /// Invitations whose tokens are listed; null while the box is open, or it would tell when somebody signed in.
    issued: Option<u32>,
    /// Distinct stamps in the box; casts that wait for a batch are not in it.
    sealed: u32,
    /// The rest is null before the opening.
    refused: Option<u32>,
    /// Did not open, or did not fit.
    invalid: Option<u32>,
    /// Replaced by a later cast inside the list.
    duplicate: Option<u32>,
    /// Counted.
    valid: Option<u32>,
}

/// A signed manifest.
#[derive(Debug, Serialize, ToSchema)]
pub struct ManifestBody {
    hash: String,
    /// Keys, documents and dates of the box.
    #[schema(value_type = Object)]
    body: serde_json::Value,
    signatures: Vec<SignatureBody>,
}

/// A box.
#[derive(Debug, Serialize, ToSchema)]
pub struct BoxBody {
    id: String,
    period: String,
    direction: &'static str,
    /// `open`, `closed`, `opened` or `destroyed`.
    state: &'static str,
    manifest: ManifestBody,
    counts: CountsBody,
}

/// One box with its manifest and counts.
#[utoipa::path(get, path = "/api/boxes/{box}", tag = "boxes", params(("box" = String, Path)), responses((status = 200, body = BoxBody)))]
pub async fn find(site: web::Data<Site>, id: web::Path<String>) -> Result<web::Json<BoxBody>, Problem> {
    let id: BoxId = parse(&id)?;
    let view = run(move || boxes::find(&site, &id)).await?;
    let opened = view.held.counts;
    Ok(web::Json(BoxBody {
        id: view.held.id.to_string(),
        period: view.held.id.period.to_string(),
        direction: view.held.id.direction.as_str(),
        state: view.held.state.as_str(),
        manifest: ManifestBody {
            hash: view.held.manifest.to_string(),
            body: view.manifest.document.body().clone(),
            signatures: view.manifest.signatures.iter().map(SignatureBody::from).collect(),
        },
        counts: CountsBody {
            invited: view.invited,
            issued: (view.held.state != BoxState::Open).then_some(view.issued),
            sealed: view.sealed,
            refused: opened.map(|c| c.refused),
            invalid: opened.map(|c| c.invalid),
            duplicate: opened.map(|c| c.duplicate),
            valid: opened.map(|c| c.valid),
        },
    }))
}

/// The published list of a box.
#[derive(Debug, Serialize, ToSchema)]
pub struct LogBody {
    size: usize,
    /// RFC 6962 root over the sorted leaves.
    root: String,
    /// Sorted; look for your own here, nobody learns which one you looked for.
    leaves: Vec<String>,
    /// Sorted batches so far.
    batches: u32,
    /// Whether the box still takes ballots: a receipt that is not listed yet may come with the next batch.
    open: bool,
}

/// The whole list of a box.
#[utoipa::path(get, path = "/api/boxes/{box}/log", tag = "boxes", params(("box" = String, Path)), responses((status = 200, body = LogBody)))]
pub async fn log(site: web::Data<Site>, id: web::Path<String>) -> Result<web::Json<LogBody>, Problem> {
    let id: BoxId = parse(&id)?;
    let list = run(move || cast::published(&site, &id)).await?;
    Ok(web::Json(LogBody {
        size: list.leaves.len(),
        root: list.root.to_string(),
        leaves: list.leaves.iter().map(ToString::to_string).collect(),
        batches: list.batches,
        open: list.open,
    }))
}

/// The counted list of an opened box.
#[derive(Debug, Serialize, ToSchema)]
pub struct CountedBody {
    /// `in = refused + invalid + duplicate + valid`; null before the opening.
    #[schema(value_type = Option<Object>)]
    counts: Option<hengping_domain::opening::Counts>,
    /// Sorted; empty before the opening.
    counted: Vec<String>,
}

/// Which ballots were counted.
#[utoipa::path(get, path = "/api/boxes/{box}/counted", tag = "boxes", params(("box" = String, Path)), responses((status = 200, body = CountedBody)))]
pub async fn counted(site: web::Data<Site>, id: web::Path<String>) -> Result<web::Json<CountedBody>, Problem> {
    let id: BoxId = parse(&id)?;
    let (counts, counted) = run(move || boxes::counted(&site, &id)).await?;
    Ok(web::Json(CountedBody { counts, counted: counted.iter().map(ToString::to_string).collect() }))
}

/// A sealed ballot under its stamp.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CastBody {
    /// `{period}.{direction}`.
    #[serde(rename = "box")]
    #[garde(length(max = 64))]
    id: String,
    /// One-time Ed25519 public key, base64url.
    #[garde(length(max = 64))]
    stamp: String,
    /// 1 to 8; a higher one replaces.
    #[garde(skip)]
    seq: u32,
    /// 4,468 bytes, base64url.
    #[garde(length(max = ENVELOPE_LEN * 2))]
    envelope: String,
    /// Ed25519 signature by the stamp, base64url.
    #[garde(length(max = 128))]
    signature: String,
}

/// What was stored.
#[derive(Debug, Serialize, ToSchema)]
pub struct StoredBody {
    /// The receipt: look for it in the box's list.
    leaf: String,
    #[serde(rename = "box")]
    id: String,
    /// `stored`.
    status: &'static str,
}

/// Takes a sealed ballot; send neither cookie nor authorization.
#[utoipa::path(post, path = "/box", tag = "boxes", request_body = CastBody, responses((status = 200, body = StoredBody), (status = 409, body = super::problem::ProblemBody), (status = 422, body = super::problem::ProblemBody)))]
pub async fn post(site: web::Data<Site>, body: web::Json<CastBody>) -> Result<web::Json<StoredBody>, Problem> {
    checked(&*body)?;
    let malformed = || Problem::from(Refusal::EnvelopeMalformed);
    let bytes = decode_base64url(&body.envelope).map_err(|_| malformed())?;
    let cast = Cast {
        ballot_box: body.id.parse().map_err(|_| Problem::from(Refusal::CastRefused))?,
        stamp: body.stamp.parse::<Bytes32>().map_err(|_| malformed())?,
        seq: body.seq,
        envelope: Envelope::from_bytes(bytes).map_err(|_| malformed())?,
        signature: body.signature.parse::<Bytes<64>>().map_err(|_| malformed())?,
    };
    let leaf = run(move || cast::cast(&site, &cast)).await?;
    Ok(web::Json(StoredBody { leaf: leaf.to_string(), id: body.into_inner().id, status: "stored" }))
}

/// Where a box stands.
#[derive(Debug, Serialize, ToSchema)]
pub struct BoxStateBody {
    /// `closed`, or `destroyed` where there were too few ballots.
    state: &'static str,
}

/// How to close.
#[derive(Debug, Deserialize, IntoParams)]
pub struct CloseQuery {
    /// Destroy the ballots unopened if there are too few to open; without it such a box stays open.
    #[serde(default)]
    destroy: bool,
}

/// Closes a box for good.
#[utoipa::path(post, path = "/api/boxes/{box}/close", tag = "boxes", params(("box" = String, Path), CloseQuery), responses((status = 200, body = BoxStateBody), (status = 409, body = super::problem::ProblemBody)))]
pub async fn close_box(
    site: web::Data<Site>,
    caller: Caller,
    id: web::Path<String>,
    query: web::Query<CloseQuery>,
) -> Result<web::Json<BoxStateBody>, Problem> {
    let too_few = if query.destroy { TooFew::Destroy } else { TooFew::Refuse };
    let id: BoxId = parse(&id)?;
    let state = run(move || close::close(&site, &id, too_few, Some(&caller.id))).await?;
    Ok(web::Json(BoxStateBody { state: state.as_str() }))
}
