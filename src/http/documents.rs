//! Documents in force and their signatures, for everybody.
//!
//! Deliberately absent: releases, which are read and signed through their own door, and keys; a signature is made where they are.

use actix_web::{HttpResponse, web};
use hengping_domain::digest::Digest;
use hengping_domain::document::DocumentKind;
use serde::Serialize;
use utoipa::ToSchema;

use super::guard::Caller;
use super::problem::{Problem, run};
use super::releases::SignBody;
use super::text::SignatureBody;
use crate::flow::documents::{self, OnRecord};
use crate::flow::{Refusal, Site};

/// A document without its body.
#[derive(Debug, Serialize, ToSchema)]
pub struct DocumentHead {
    /// SHA-256 of the canonical JSON.
    hash: String,
    /// `rubric`, `charter` or `manifest`.
    kind: &'static str,
    /// Title in both languages, where it has one.
    #[schema(value_type = Option<super::text::TextBody>)]
    title: Option<serde_json::Value>,
    /// The day of the second signature; null while one is missing.
    in_force_from: Option<String>,
    /// Who signed.
    signatures: Vec<SignatureBody>,
}

impl From<&OnRecord> for DocumentHead {
    fn from(held: &OnRecord) -> Self {
        Self {
            hash: held.document.hash().to_string(),
            kind: held.document.kind().as_str(),
            title: held.document.body().get("title").cloned(),
            in_force_from: held.in_force_from().map(|day| day.to_string()),
            signatures: held.signatures.iter().map(SignatureBody::from).collect(),
        }
    }
}

/// A document.
#[derive(Debug, Serialize, ToSchema)]
pub struct DocumentBody {
    #[serde(flatten)]
    head: DocumentHead,
    /// The content that was signed.
    #[schema(value_type = Object)]
    body: serde_json::Value,
}

/// Rubrics, charters and manifests on record.
#[utoipa::path(get, path = "/api/documents", tag = "documents", responses((status = 200, body = [DocumentHead])))]
pub async fn list(site: web::Data<Site>) -> Result<web::Json<Vec<DocumentHead>>, Problem> {
    let held = run(move || documents::list(&site)).await?;
    Ok(web::Json(held.iter().map(DocumentHead::from).collect()))
}

/// One document with its body.
#[utoipa::path(get, path = "/api/documents/{hash}", tag = "documents", params(("hash" = String, Path)), responses((status = 200, body = DocumentBody)))]
pub async fn find(site: web::Data<Site>, hash: web::Path<String>) -> Result<web::Json<DocumentBody>, Problem> {
    let held = by_hash(site, &hash).await?;
    Ok(web::Json(DocumentBody { head: DocumentHead::from(&held), body: held.document.body().clone() }))
}

/// A rubric's body alone.
#[utoipa::path(get, path = "/api/rubrics/{hash}", tag = "documents", params(("hash" = String, Path)), responses((status = 200, body = Object)))]
pub async fn rubric(site: web::Data<Site>, hash: web::Path<String>) -> Result<web::Json<serde_json::Value>, Problem> {
    let held = by_hash(site, &hash).await?;
    if held.document.kind() != DocumentKind::Rubric {
        return Err(Refusal::NotFound.into());
    }
    Ok(web::Json(held.document.body().clone()))
}

/// Takes a side's signature over a document that is not a release.
#[utoipa::path(post, path = "/api/documents/{hash}/signatures", tag = "documents", params(("hash" = String, Path)), request_body = SignBody, responses((status = 204), (status = 409, body = super::problem::ProblemBody), (status = 422, body = super::problem::ProblemBody)))]
pub async fn sign(
    site: web::Data<Site>,
    caller: Caller,
    hash: web::Path<String>,
    body: web::Json<SignBody>,
) -> Result<HttpResponse, Problem> {
    let signature = body.of(&caller)?;
    let hash: Digest = parse(&hash)?;
    run(move || documents::sign(&site, hash, &signature, Some(caller.id.as_str()))).await?;
    Ok(HttpResponse::NoContent().finish())
}

async fn by_hash(site: web::Data<Site>, hash: &str) -> Result<OnRecord, Problem> {
    let hash: Digest = parse(hash)?;
    run(move || documents::read(&site, hash)).await
}

/// Reads a path segment; one that names nothing is not found, like any other unknown name.
///
/// # Errors
/// `not-found`.
pub(super) fn parse<T: std::str::FromStr>(segment: &str) -> Result<T, Problem> {
    segment.parse().map_err(|_| Refusal::NotFound.into())
}
