//! Corrections of a release over HTTP: what is on record, and proposing one for both sides to sign.
//!
//! Deliberately absent: signing, which documents of every kind share, and who was named; the signed document says it.

use actix_web::web;
use garde::Validate;
use hengping_domain::correction::{Correction, ObjectionReason};
use hengping_domain::digest::Digest;
use hengping_domain::release::Draft;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::documents::parse;
use super::extensions::ProposedBody;
use super::guard::Caller;
use super::problem::{Problem, checked, run};
use super::text::{SignatureBody, field};
use crate::flow::documents::OnRecord;
use crate::flow::{Site, correct};

/// A correction on record.
#[derive(Debug, Serialize, ToSchema)]
pub struct CorrectionBody {
    hash: String,
    /// Hash of the release that it corrects.
    release: String,
    /// `not-handled`, `wrong-person`, `conflict-of-interest`, `arranged-ratings` or `undue-influence`.
    reason: &'static str,
    /// How many ratees' blocks are void.
    blocks: usize,
    /// The day of the second signature; null while one is missing.
    in_force_from: Option<String>,
    /// Whether the release that is shown was computed under it.
    followed: bool,
    signatures: Vec<SignatureBody>,
}

impl CorrectionBody {
    /// One on record, beside a draft of its box.
    #[must_use]
    pub fn of(body: &Correction, held: &OnRecord, draft: &Draft) -> Self {
        let hash = held.document.hash();
        Self {
            hash: hash.to_string(),
            release: body.release.to_string(),
            reason: body.reason.as_str(),
            blocks: body.blocks as usize,
            in_force_from: held.in_force_from().map(|day| day.to_string()),
            followed: correct::named(&draft.rest).is_ok_and(|named| named.contains(&hash)),
            signatures: held.signatures.iter().map(SignatureBody::from).collect(),
        }
    }
}

/// Whose blocks are void, and why.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CorrectBody {
    /// Member numbers of ratees.
    #[garde(length(min = 1, max = 100), inner(length(chars, min = 1, max = 64)))]
    void: Vec<String>,
    /// `not-handled`, `wrong-person`, `conflict-of-interest`, `arranged-ratings` or `undue-influence`.
    #[garde(length(max = 32))]
    reason: String,
}

/// Puts a correction of a release on record, for both sides to sign.
#[utoipa::path(post, path = "/api/releases/{hash}/corrections", tag = "releases", params(("hash" = String, Path)), request_body = CorrectBody, responses((status = 200, body = ProposedBody), (status = 409, body = super::problem::ProblemBody)))]
pub async fn propose(
    site: web::Data<Site>,
    caller: Caller,
    hash: web::Path<String>,
    body: web::Json<CorrectBody>,
) -> Result<web::Json<ProposedBody>, Problem> {
    checked(&*body)?;
    let release: Digest = parse(&hash)?;
    let CorrectBody { void, reason } = body.into_inner();
    let reason: ObjectionReason = field(&reason, "reason")?;
    let hash = run(move || correct::propose(&site, release, &void, reason, Some(&caller.id))).await?;
    Ok(web::Json(ProposedBody { hash: hash.to_string() }))
}
