//! Releases over HTTP: read by audience and signed by each side, with their figures.
//!
//! Hidden and absent look alike, and nothing can be ordered by score. Deliberately absent: private keys; a side signs where
//! its key is and sends the signature.

use actix_web::http::header;
use actix_web::{HttpResponse, web};
use garde::Validate;
use hengping_domain::digest::{Bytes, Bytes32, Digest};
use hengping_domain::document::Signature;
use hengping_domain::ids::{Role, Side};
use hengping_domain::manifest::PeriodKind;
use hengping_domain::release::ReleaseState;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::cell::CellBody;
use super::corrections::CorrectionBody;
use super::documents::parse;
use super::fairness::NotedBody;
use super::guard::Caller;
use super::problem::{Problem, Transport, checked, run};
use super::replies::HearingBody;
use super::text::SignatureBody;
use super::withdrawals::{WithdrawalBody, WithdrawnBody};
use crate::flow::read_release::{self, ListedRelease, ReadRelease, Reader, Release, Signed};
use crate::flow::withdraw::Withdrawn;
use crate::flow::{Refusal, Site, publish};

/// A release without its cells.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReleaseHead {
    hash: String,
    #[serde(rename = "box")]
    id: String,
    period: String,
    direction: &'static str,
    /// `pilot` or `regular`.
    kind: &'static str,
    /// `draft`, `released`, or `withdrawn` once both sides have taken it back.
    state: &'static str,
    /// The day of the second signature.
    released_on: Option<String>,
    signatures: Vec<SignatureBody>,
    /// Whether another release has taken its place after a correction.
    superseded: bool,
    /// Present when both sides have taken it back; the content stays readable.
    withdrawn: Option<WithdrawnBody>,
}

/// A release as the caller may see it.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReleaseBody {
    #[serde(flatten)]
    head: ReleaseHead,
    /// Hash of the rubric.
    rubric: String,
    /// Hash of the charter.
    charter: String,
    /// Counts of the opening.
    #[schema(value_type = Object)]
    counts: hengping_domain::opening::Counts,
    /// Names of the figures, without `.svg`.
    figures: Vec<String>,
    cells: Vec<CellBody>,
    /// Corrections of the box; only officers see those that lack a signature.
    corrections: Vec<CorrectionBody>,
    /// How it stands towards its ratees; for officers.
    hearing: Option<HearingBody>,
    /// Withdrawals of it that wait for signatures; only officers see them.
    withdrawals: Vec<WithdrawalBody>,
    /// What of the fairness audit goes with it; absent where the charter sets no limits.
    noted: Option<NotedBody>,
    /// Endings under which the cells can be downloaded: `json`, `csv`, `xlsx`, and `parquet` where the analysis left it.
    formats: Vec<&'static str>,
    /// Whether there are counts with noise for the caller, an officer; `GET /api/releases/{hash}/counts.csv`.
    noised: bool,
}

/// What the table of releases says, and what one of them begins with.
fn head(
    release: &Release,
    kind: PeriodKind,
    signatures: &[Signed],
    superseded: bool,
    withdrawn: Option<Withdrawn>,
) -> ReleaseHead {
    ReleaseHead {
        hash: release.hash.to_string(),
        id: release.ballot_box.to_string(),
        period: release.ballot_box.period.to_string(),
        direction: release.ballot_box.direction.as_str(),
        kind: kind.as_str(),
        state: if withdrawn.is_some() { "withdrawn" } else { release.state.as_str() },
        released_on: (release.state == ReleaseState::Released).then(|| release.day.to_string()),
        signatures: signatures.iter().map(SignatureBody::from).collect(),
        superseded,
        withdrawn: withdrawn.map(WithdrawnBody::from),
    }
}

pub(super) fn body(read: ReadRelease) -> ReleaseBody {
    let draft = &read.body.draft;
    ReleaseBody {
        rubric: draft.rubric.to_string(),
        charter: draft.charter.to_string(),
        counts: draft.counts,
        figures: read.body.files.keys().filter_map(|name| name.strip_suffix(".svg")).map(str::to_owned).collect(),
        head: head(&read.release, draft.kind, &read.signatures, read.superseded, read.withdrawn),
        corrections: read.corrections.iter().map(|(body, held)| CorrectionBody::of(body, held, draft)).collect(),
        hearing: read.hearing.map(HearingBody::from),
        withdrawals: read.withdrawals.iter().map(|(body, held)| WithdrawalBody::of(body, held)).collect(),
        noted: read.noted.map(NotedBody::from),
        formats: read.body.formats(),
        noised: read.noised,
        cells: read.body.draft.cells.into_iter().map(|cell| CellBody::beside(cell, &read.statements)).collect(),
    }
}

/// The releases the caller may see.
#[utoipa::path(get, path = "/api/releases", tag = "releases", responses((status = 200, body = [ReleaseHead])))]
pub async fn list(site: web::Data<Site>, caller: Option<Caller>) -> Result<web::Json<Vec<ReleaseHead>>, Problem> {
    let reader = Reader::of(caller.as_deref());
    let all = run(move || read_release::list(&site, reader)).await?;
    let each = |ListedRelease { release, kind, signatures, superseded, withdrawn }| {
        head(&release, kind, &signatures, superseded, withdrawn)
    };
    Ok(web::Json(all.into_iter().map(each).collect()))
}

pub(super) async fn read(site: web::Data<Site>, caller: Option<Caller>, hash: &str) -> Result<ReadRelease, Problem> {
    let (hash, reader) = (parse(hash)?, Reader::of(caller.as_deref()));
    run(move || read_release::find(&site, hash, reader)).await
}

/// One release with its cells, in the order of scope, subject and measure.
#[utoipa::path(get, path = "/api/releases/{hash}", tag = "releases", params(("hash" = String, Path)), responses((status = 200, body = ReleaseBody)))]
pub async fn find(
    site: web::Data<Site>,
    caller: Option<Caller>,
    hash: web::Path<String>,
) -> Result<web::Json<ReleaseBody>, Problem> {
    Ok(web::Json(body(read(site, caller, &hash).await?)))
}

/// A figure.
#[utoipa::path(get, path = "/api/releases/{hash}/figures/{name}", tag = "releases", params(("hash" = String, Path), ("name" = String, Path)), responses((status = 200, body = String, content_type = "image/svg+xml")))]
pub async fn figure(
    site: web::Data<Site>,
    caller: Option<Caller>,
    path: web::Path<(String, String)>,
) -> Result<HttpResponse, Problem> {
    let (hash, name) = path.into_inner();
    let (hash, reader): (Digest, _) = (parse(&hash)?, Reader::of(caller.as_deref()));
    let mime = match name.rsplit_once('.') {
        Some((_, "svg")) => "image/svg+xml",
        Some((_, "csv")) => "text/csv; charset=utf-8",
        _ => return Err(Refusal::NotFound.into()),
    };
    let bytes = run(move || read_release::file(&site, hash, &name, reader)).await?;
    Ok(file(bytes, mime, "inline"))
}

pub(super) fn file(bytes: Vec<u8>, mime: &'static str, disposition: &str) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, mime))
        .insert_header((header::CONTENT_DISPOSITION, disposition))
        .body(bytes)
}

/// One side's signature over a release's hash.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SignBody {
    /// `bench` or `bar`.
    #[garde(skip)]
    #[schema(value_type = String)]
    side: Side,
    /// Ed25519 public key, base64url.
    #[garde(length(max = 64))]
    key: String,
    /// Ed25519 signature, base64url.
    #[garde(length(max = 128))]
    signature: String,
}

impl SignBody {
    /// The signature, once the caller stands for its side.
    ///
    /// # Errors
    /// `forbidden`, `other-side`, `invalid-request`.
    pub(super) fn of(&self, caller: &Caller) -> Result<Signature, Problem> {
        checked(self)?;
        caller.stand_for(Role::Negotiator, self.side)?;
        let malformed = || Problem::from(Transport::InvalidRequest).noting("key or signature");
        Ok(Signature {
            side: self.side,
            key: self.key.parse::<Bytes32>().map_err(|_| malformed())?,
            signature: self.signature.parse::<Bytes<64>>().map_err(|_| malformed())?,
        })
    }
}

/// Where a release stands.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReleaseStateBody {
    /// `draft` or `released`.
    state: &'static str,
}

/// Takes a side's signature; with the second one the release is out.
#[utoipa::path(post, path = "/api/releases/{hash}/signatures", tag = "releases", params(("hash" = String, Path)), request_body = SignBody, responses((status = 200, body = ReleaseStateBody), (status = 409, body = super::problem::ProblemBody), (status = 422, body = super::problem::ProblemBody)))]
pub async fn sign(
    site: web::Data<Site>,
    caller: Caller,
    hash: web::Path<String>,
    body: web::Json<SignBody>,
) -> Result<web::Json<ReleaseStateBody>, Problem> {
    let signature = body.of(&caller)?;
    let hash: Digest = parse(&hash)?;
    let state = run(move || publish::sign(&site, hash, &signature, Some(&caller.id))).await?;
    Ok(web::Json(ReleaseStateBody { state: state.as_str() }))
}
