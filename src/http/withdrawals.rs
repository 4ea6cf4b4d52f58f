//! Withdrawals of a release over HTTP: what took it back, and proposing one for both sides to sign.
//!
//! Deliberately absent: signing, which documents of every kind share.

use actix_web::web;
use garde::Validate;
use hengping_domain::digest::Digest;
use hengping_domain::rubric::Text;
use hengping_domain::withdrawal::{Withdrawal, WithdrawalReason};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::documents::parse;
use super::extensions::ProposedBody;
use super::guard::Caller;
use super::problem::{Problem, checked, run};
use super::text::{SignatureBody, TextBody, field};
use crate::flow::documents::OnRecord;
use crate::flow::withdraw::{self, Withdrawn};
use crate::flow::{Refusal, Site};

/// What took a release back.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct WithdrawnBody {
    /// Hash of the withdrawal that both sides signed.
    document: String,
    /// The day of the second signature.
    day: String,
    /// `wrong-data`, `wrong-analysis`, `wrong-procedure` or `both-decided`.
    reason: &'static str,
    /// What both sides say about it.
    words: Option<TextBody>,
}

impl From<Withdrawn> for WithdrawnBody {
    fn from(taken: Withdrawn) -> Self {
        Self {
            document: taken.document.to_string(),
            day: taken.day.to_string(),
            reason: taken.reason.as_str(),
            words: taken.words.as_ref().map(TextBody::from),
        }
    }
}

/// A withdrawal that waits for a signature.
#[derive(Debug, Serialize, ToSchema)]
pub struct WithdrawalBody {
    hash: String,
    /// `wrong-data`, `wrong-analysis`, `wrong-procedure` or `both-decided`.
    reason: &'static str,
    /// What both sides say about it.
    words: Option<TextBody>,
    signatures: Vec<SignatureBody>,
}

impl WithdrawalBody {
    /// One on record.
    #[must_use]
    pub fn of(body: &Withdrawal, held: &OnRecord) -> Self {
        Self {
            hash: held.document.hash().to_string(),
            reason: body.reason.as_str(),
            words: body.words.as_ref().map(TextBody::from),
            signatures: held.signatures.iter().map(SignatureBody::from).collect(),
        }
    }
}

/// Why a release no longer stands.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WithdrawBody {
    /// `wrong-data`, `wrong-analysis`, `wrong-procedure` or `both-decided`.
    #[garde(length(max = 32))]
    reason: String,
    /// What both sides say about it, in Chinese; with English or not at all.
    #[garde(length(chars, max = 200))]
    #[serde(default)]
    words_zh: String,
    /// The same in English.
    #[garde(length(chars, max = 200))]
    #[serde(default)]
    words_en: String,
}

/// Puts a withdrawal of a release on record, for both sides to sign.
#[utoipa::path(post, path = "/api/releases/{hash}/withdrawals", tag = "releases", params(("hash" = String, Path)), request_body = WithdrawBody, responses((status = 200, body = ProposedBody), (status = 409, body = super::problem::ProblemBody), (status = 422, body = super::problem::ProblemBody)))]
pub async fn propose(
    site: web::Data<Site>,
    caller: Caller,
    hash: web::Path<String>,
    body: web::Json<WithdrawBody>,
) -> Result<web::Json<ProposedBody>, Problem> {
    checked(&*body)?;
    let release: Digest = parse(&hash)?;
    let WithdrawBody { reason, words_zh: zh, words_en: en } = body.into_inner();
    let reason: WithdrawalReason = field(&reason, "reason")?;
    let words = match (zh.trim().is_empty(), en.trim().is_empty()) {
        (true, true) => None,
        (false, false) => Some(Text { zh, en }),
        _ => return Err(Problem::from(Refusal::DocumentMalformed).noting("words_zh, words_en")),
    };
    let hash = run(move || withdraw::propose(&site, release, reason, words, Some(&caller.id))).await?;
    Ok(web::Json(ProposedBody { hash: hash.to_string() }))
}
