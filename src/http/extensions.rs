//! Extensions of a box over HTTP: what is on record, and proposing one for both sides to sign.
//!
//! Deliberately absent: signing, which documents of every kind share.

use actix_web::web;
use garde::Validate;
use hengping_domain::digest::Digest;
use hengping_domain::ids::BoxId;
use hengping_domain::rubric::Text;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::documents::parse;
use super::guard::Caller;
use super::problem::{Problem, checked, run};
use super::text::{SignatureBody, field};
use crate::flow::documents::OnRecord;
use crate::flow::{Site, extend};

/// An extension on record.
#[derive(Debug, Serialize, ToSchema)]
pub struct ExtensionBody {
    hash: String,
    /// `{v, box, manifest, was_until, cast_until, reason}`, see docs/protocol.md.
    #[schema(value_type = Object)]
    body: serde_json::Value,
    signatures: Vec<SignatureBody>,
    /// Whether both sides signed it and both agents adopted it in time.
    in_force: bool,
}

impl ExtensionBody {
    /// One on record; `in_force` names those that are.
    #[must_use]
    pub fn of(held: &OnRecord, in_force: &[Digest]) -> Self {
        Self {
            hash: held.document.hash().to_string(),
            body: held.document.body().clone(),
            signatures: held.signatures.iter().map(SignatureBody::from).collect(),
            in_force: in_force.contains(&held.document.hash()),
        }
    }
}

/// A later last day, and why.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ExtendBody {
    /// ISO 8601.
    #[garde(length(max = 16))]
    #[schema(example = "2027-01-31")]
    cast_until: String,
    /// Chinese, binding.
    #[garde(length(chars, min = 1, max = 500))]
    reason_zh: String,
    /// English.
    #[garde(length(chars, min = 1, max = 500))]
    reason_en: String,
}

/// The name of a document that waits for signatures.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProposedBody {
    /// SHA-256 of the canonical JSON.
    pub(super) hash: String,
}

/// Puts an extension of an open box on record, for both sides to sign.
#[utoipa::path(post, path = "/api/boxes/{box}/extensions", tag = "boxes", params(("box" = String, Path)), request_body = ExtendBody, responses((status = 200, body = ProposedBody), (status = 409, body = super::problem::ProblemBody)))]
pub async fn propose(
    site: web::Data<Site>,
    caller: Caller,
    id: web::Path<String>,
    body: web::Json<ExtendBody>,
) -> Result<web::Json<ProposedBody>, Problem> {
    checked(&*body)?;
    let id: BoxId = parse(&id)?;
    let ExtendBody { cast_until, reason_zh: zh, reason_en: en } = body.into_inner();
    let until: Date = field(&cast_until, "cast_until")?;
    let hash = run(move || extend::propose(&site, &id, until, Text { zh, en }, Some(&caller.id))).await?;
    Ok(web::Json(ProposedBody { hash: hash.to_string() }))
}
