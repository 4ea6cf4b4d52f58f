//! The box over HTTP: its manifest, what both agents said, its published log and lists, the relay's batches, and closing.
//!
//! Deliberately absent: who casts; a ballot is posted to the relay.

use actix_web::{HttpRequest, HttpResponse, web};
use hengping_domain::document::SIGNATURE_HEADER;
use hengping_domain::ids::BoxId;
use hengping_domain::statement::Signed;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::documents::parse;
use super::extensions::ExtensionBody;
use super::guard::Caller;
use super::problem::{Problem, run};
use super::text::{SignatureBody, SignedBody};
use crate::flow::close::TooFew;
use crate::flow::rehearse::Rehearsed;
use crate::flow::{Fault, Refusal, Site, batch, boxes, close, record};
use crate::rehearsal;

/// Tags that both agents answered for.
#[derive(Debug, Serialize, ToSchema)]
pub struct TokensBody {
    stamps: u32,
    slips: u32,
    nyms: u32,
}

/// What happened to the ballots of a box.
#[derive(Debug, Serialize, ToSchema)]
pub struct CountsBody {
    /// Invitations below the cap.
    invited: u32,
    /// Entries of all eligibility lists.
    eligible: u32,
    /// Eligibility lists.
    lists: u32,
    /// Null before both agents have said the same.
    tokens: Option<TokensBody>,
    /// Distinct stamps in the box.
    sealed: u32,
    /// Leaves that an agent refused before the log.
    log_refused: u32,
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
    /// Whether the keys are deleted on both sides and the issuers' are public.
    dead: bool,
    manifest: ManifestBody,
    /// Last day a ballot is taken, extensions included.
    cast_until: String,
    /// Extensions on record by their day; check signatures and statements rather than believing `in_force`.
    extensions: Vec<ExtensionBody>,
    /// Test ballots, for the box of a rehearsal; null for a real one.
    rehearsal: Option<RehearsedBody>,
    /// Everything both agents said about the box.
    #[schema(value_type = Vec<SignedBody>)]
    statements: Vec<Signed>,
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
        dead: view.dead,
        manifest: ManifestBody {
            hash: view.held.manifest.to_string(),
            body: view.manifest.document.body().clone(),
            signatures: view.manifest.signatures.iter().map(SignatureBody::from).collect(),
        },
        cast_until: view.cast_until.to_string(),
        rehearsal: view.rehearsed.map(RehearsedBody::from),
        extensions: view.extensions.iter().map(|held| ExtensionBody::of(held, &view.extended_by)).collect(),
        statements: view.statements,
        counts: CountsBody {
            invited: view.invited,
            eligible: view.eligible.0,
            lists: view.eligible.1,
            tokens: view.issued.map(|i| TokensBody { stamps: i.stamps, slips: i.slips, nyms: i.nyms }),
            sealed: view.sealed,
            log_refused: view.refused,
            refused: opened.map(|c| c.refused),
            invalid: opened.map(|c| c.invalid),
            duplicate: opened.map(|c| c.duplicate),
            valid: opened.map(|c| c.valid),
        },
    }))
}

/// Test ballots of a rehearsal, from both ends.
#[derive(Debug, Serialize, ToSchema)]
pub struct RehearsedBody {
    ballots_in: u32,
    /// Null before the opening.
    ballots_out: Option<u32>,
    /// Whether what came out equals what went in, answer by answer; null before the opening.
    holds: Option<bool>,
}

impl From<Rehearsed> for RehearsedBody {
    fn from(rehearsed: Rehearsed) -> Self {
        Self {
            ballots_in: rehearsed.put_in.ballots,
            ballots_out: rehearsed.came_out.map(|out| out.ballots),
            holds: rehearsed.holds(),
        }
    }
}

/// Puts the test ballots of a rehearsal into its box, through both agents and the relay; again, it puts in the same.
#[utoipa::path(post, path = "/api/boxes/{box}/rehearsal", tag = "boxes", params(("box" = String, Path)), responses((status = 200, body = RehearsedBody), (status = 409, body = super::problem::ProblemBody)))]
pub async fn rehearse(site: web::Data<Site>, id: web::Path<String>) -> Result<web::Json<RehearsedBody>, Problem> {
    let id: BoxId = parse(&id)?;
    let put_in = run(move || rehearsal::put_in(&site, &id)).await?;
    Ok(web::Json(Rehearsed { put_in, came_out: None }.into()))
}

/// A batch in the box.
#[derive(Debug, Serialize, ToSchema)]
pub struct BatchBody {
    number: u32,
    /// Its leaves in the log; those of all batches add up to the log.
    size: u32,
    day: String,
}

/// A leaf that was turned away.
#[derive(Debug, Serialize, ToSchema)]
pub struct RefusedLeaf {
    leaf: String,
    /// By whom.
    side: &'static str,
}

/// The published log of a box.
#[derive(Debug, Serialize, ToSchema)]
pub struct LogBody {
    size: usize,
    /// RFC 6962 root over the leaves in this order.
    root: String,
    /// In log order: batch after batch, sorted in each; look for your own here, nobody learns which one you looked for.
    leaves: Vec<String>,
    batches: Vec<BatchBody>,
    refused: Vec<RefusedLeaf>,
    /// C2SP signed note of both agents; null before the first batch.
    checkpoint: Option<String>,
    /// Whether a batch waits for an agent.
    pending: bool,
    /// `open`: a receipt that is not listed yet may come with the next batch. `closed`, `opened`, or `destroyed`: never opened.
    state: &'static str,
}

/// The whole log of a box.
#[utoipa::path(get, path = "/api/boxes/{box}/log", tag = "boxes", params(("box" = String, Path)), responses((status = 200, body = LogBody)))]
pub async fn log(site: web::Data<Site>, id: web::Path<String>) -> Result<web::Json<LogBody>, Problem> {
    let id: BoxId = parse(&id)?;
    let log = run(move || batch::published(&site, &id)).await?;
    let batch = |b: batch::AppendedBatch| BatchBody { number: b.number, size: b.size, day: b.day.to_string() };
    Ok(web::Json(LogBody {
        size: log.leaves.len(),
        root: log.root.to_string(),
        leaves: log.leaves.iter().map(ToString::to_string).collect(),
        batches: log.batches.into_iter().map(batch).collect(),
        refused: log.refused.iter().map(|(l, side)| RefusedLeaf { leaf: l.to_string(), side: side.as_str() }).collect(),
        checkpoint: log.checkpoint,
        pending: log.pending,
        state: log.state.as_str(),
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

/// One file of the published record of a box: `manifest.json`, `extensions.jsonl`, `statements.jsonl`, `checkpoint.txt`,
/// `log.txt`, `refused.txt`, `counted.txt`, `release.json`, `corrections.jsonl`, `withdrawal.json` or `stamps.csv`, as far as the box has come.
#[utoipa::path(get, path = "/api/boxes/{box}/record/{name}", tag = "boxes", params(("box" = String, Path), ("name" = String, Path)), responses((status = 200, content_type = "text/plain", body = String), (status = 404, body = super::problem::ProblemBody)))]
pub async fn record(site: web::Data<Site>, path: web::Path<(String, String)>) -> Result<HttpResponse, Problem> {
    let (id, name) = path.into_inner();
    let id: BoxId = parse(&id)?;
    let record = run(move || record::record(&site, &id)).await?;
    let mut files = record.write().map_err(|error| Problem::from(Fault::new(&error)))?;
    let text = files.remove(name.as_str()).ok_or(Refusal::NotFound)?;
    Ok(HttpResponse::Ok().content_type("text/plain; charset=utf-8").body(text))
}

/// What became of a hand-over.
#[derive(Debug, Serialize, ToSchema)]
pub struct TakenBody {
    /// Number of the batch.
    batch: u32,
    /// Casts in it.
    taken: u32,
}

/// Takes a batch from the relay: `count (u32) | count x (stamp 160 | seq u32 | signature 64 | item 6,748)`, signed in the
/// header `hengping-signature`; the same body again gets the same answer.
#[utoipa::path(post, path = "/api/boxes/{box}/batches", tag = "boxes", params(("box" = String, Path)), request_body(content = Vec<u8>, content_type = "application/octet-stream"), responses((status = 200, body = TakenBody), (status = 409, body = super::problem::ProblemBody), (status = 422, body = super::problem::ProblemBody)))]
pub async fn batch(
    site: web::Data<Site>,
    request: HttpRequest,
    id: web::Path<String>,
    body: web::Bytes,
) -> Result<web::Json<TakenBody>, Problem> {
    let id: BoxId = parse(&id)?;
    let signature = request.headers().get(SIGNATURE_HEADER).and_then(|value| value.to_str().ok());
    let signature = signature.and_then(|text| text.parse().ok()).ok_or(Refusal::SignatureRefused)?;
    let taken = run(move || batch::take(&site, &id, &body, &signature)).await?;
    Ok(web::Json(TakenBody { batch: taken.number, taken: taken.size }))
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
