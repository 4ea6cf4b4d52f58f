//! A rater's waiting cases, the listing of tokens, and declining.
//!
//! The answer is the same before and after a ballot was cast: only the rater's device knows. Deliberately absent: ballots.

use actix_web::{HttpResponse, web};
use garde::Validate;
use hengping_domain::digest::Digest;
use hengping_domain::docket::CounselRole;
use hengping_domain::ids::{BoxId, InvitationId, PersonId};
use hengping_domain::invitation::RecusalReason;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::documents::parse;
use super::guard::Caller;
use super::problem::{Problem, Transport, checked, run};
use super::text::{CourtBody, TextBody};
use crate::flow::issue::{self, Desk, TokenHashes, WaitingCase};
use crate::flow::{Refusal, Site};

/// The running period.
#[derive(Debug, Serialize, ToSchema)]
pub struct RunningPeriod {
    id: String,
    title: TextBody,
    /// `pilot` or `regular`.
    kind: &'static str,
    cast_until: String,
}

/// Who is rated.
#[derive(Debug, Serialize, ToSchema)]
pub struct RateeBody {
    name: String,
    /// `handling` (the judge in charge) or `counsel`.
    function: &'static str,
}

/// What the slip of an invitation stands for; the ballot repeats it.
#[derive(Debug, Serialize, ToSchema)]
pub struct SlipBody {
    /// The whole info string.
    info: String,
    ratee: String,
    court: String,
    stratum: String,
    rubric: String,
}

/// 待评案件.
#[derive(Debug, Serialize, ToSchema)]
pub struct InvitationBody {
    id: String,
    /// `waiting`, `issued` or `recused`.
    state: &'static str,
    case_number: String,
    court: CourtBody,
    cause: String,
    case_type: &'static str,
    /// The day the case fell due.
    effective_on: String,
    days_left: i32,
    cast_until: String,
    ratee: RateeBody,
    /// The ratee's firm, for lawyers.
    organisation: Option<String>,
    slip: SlipBody,
    /// Items that are left out.
    not_applicable: Vec<String>,
}

/// Everything a rater's device needs.
#[derive(Debug, Default, Serialize, ToSchema)]
pub struct InvitationsBody {
    /// Null between periods.
    period: Option<RunningPeriod>,
    #[serde(rename = "box")]
    id: String,
    direction: String,
    home: String,
    role: String,
    nym_info: String,
    items: Vec<InvitationBody>,
}

fn item(case: WaitingCase, cast_until: Date, today: Date) -> InvitationBody {
    let WaitingCase { invitation, case, ratee, slip } = case;
    let counsel = case.counsel().find(|(_, c)| c.role == CounselRole::Lawyer && c.name == ratee.name).map(|(_, c)| c);
    let judge = ratee.kind.is_staff();
    InvitationBody {
        id: invitation.id.to_string(),
        state: invitation.state.as_str(),
        case_number: case.number.to_string(),
        court: CourtBody::of(&case.court),
        cause: case.cause.clone(),
        case_type: case.case_type().as_str(),
        effective_on: invitation.due_on.to_string(),
        days_left: (cast_until - today).get_days(),
        cast_until: cast_until.to_string(),
        organisation: if judge { None } else { counsel.and_then(|c| c.firm.clone()) },
        ratee: RateeBody { name: ratee.name, function: if judge { "handling" } else { "counsel" } },
        slip: SlipBody {
            info: slip.to_string(),
            ratee: slip.ratee.to_string(),
            court: slip.court,
            stratum: slip.stratum.to_string(),
            rubric: slip.rubric.to_string(),
        },
        not_applicable: invitation.not_applicable,
    }
}

fn rater(caller: &Caller) -> Result<PersonId, Problem> {
    caller.person.clone().ok_or_else(|| Transport::Forbidden.into())
}

/// The caller's waiting cases.
#[utoipa::path(get, path = "/api/invitations", tag = "invitations", responses((status = 200, body = InvitationsBody)))]
pub async fn list(site: web::Data<Site>, caller: Caller) -> Result<web::Json<InvitationsBody>, Problem> {
    let (rater, today) = (rater(&caller)?, site.clock.today());
    let Some(desk) = run(move || issue::desk(&site, &rater)).await? else {
        return Ok(web::Json(InvitationsBody::default()));
    };
    let Desk { period, ballot_box, nym, cases } = desk;
    Ok(web::Json(InvitationsBody {
        period: Some(RunningPeriod {
            id: period.id.to_string(),
            title: TextBody::from(&period.title),
            kind: period.kind.as_str(),
            cast_until: period.cast_until.to_string(),
        }),
        id: ballot_box.id.to_string(),
        direction: ballot_box.id.direction.to_string(),
        home: nym.as_ref().map(|nym| nym.home.clone()).unwrap_or_default(),
        role: nym.as_ref().map(|nym| nym.role.to_string()).unwrap_or_default(),
        nym_info: nym.map(|nym| nym.to_string()).unwrap_or_default(),
        items: cases.into_iter().map(|case| item(case, period.cast_until, today)).collect(),
    }))
}

/// Hashes for one invitation.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TokenBody {
    #[garde(length(max = 64))]
    invitation: String,
    /// SHA-256, hexadecimal.
    #[garde(length(equal = 64))]
    stamp_hash: String,
    /// SHA-256, hexadecimal.
    #[garde(length(equal = 64))]
    slip_hash: String,
}

/// Hashes of a device's tokens; the tokens stay on the device.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TokensBody {
    #[serde(rename = "box")]
    #[garde(length(max = 64))]
    id: String,
    /// SHA-256, hexadecimal.
    #[garde(length(equal = 64))]
    nym_hash: String,
    /// At most 500 at a time.
    #[garde(length(max = 500), dive)]
    tokens: Vec<TokenBody>,
}

/// How many were new.
#[derive(Debug, Serialize, ToSchema)]
pub struct IssuedBody {
    issued: u32,
}

/// Lists the hashes of the caller's tokens.
#[utoipa::path(post, path = "/api/tokens", tag = "invitations", request_body = TokensBody, responses((status = 200, body = IssuedBody), (status = 409, body = super::problem::ProblemBody)))]
pub async fn tokens(
    site: web::Data<Site>,
    caller: Caller,
    body: web::Json<TokensBody>,
) -> Result<web::Json<IssuedBody>, Problem> {
    checked(&*body)?;
    let rater = rater(&caller)?;
    let digest =
        |text: &str| text.parse::<Digest>().map_err(|e| Problem::from(Transport::InvalidRequest).noting(e.to_string()));
    let id: BoxId = parse(&body.id)?;
    let nym = digest(&body.nym_hash)?;
    let hashes = body.tokens.iter().map(|t| {
        let (stamp, slip) = (digest(&t.stamp_hash)?, digest(&t.slip_hash)?);
        Ok(TokenHashes { invitation: InvitationId(t.invitation.clone()), stamp, slip })
    });
    let hashes = hashes.collect::<Result<Vec<_>, Problem>>()?;
    let issued = run(move || issue::issue(&site, &rater, &id, nym, &hashes)).await?;
    Ok(web::Json(IssuedBody { issued }))
}

/// Why a rater does not take part.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RecusalBody {
    /// `not-present`, `relative` or `other`.
    #[schema(value_type = String)]
    reason: RecusalReason,
}

/// Declines one waiting case.
#[utoipa::path(post, path = "/api/invitations/{id}/recusal", tag = "invitations", params(("id" = String, Path)), request_body = RecusalBody, responses((status = 204), (status = 409, body = super::problem::ProblemBody)))]
pub async fn recuse(
    site: web::Data<Site>,
    caller: Caller,
    id: web::Path<String>,
    body: web::Json<RecusalBody>,
) -> Result<HttpResponse, Problem> {
    let rater = rater(&caller)?;
    if id.len() > 64 {
        return Err(Refusal::NotFound.into());
    }
    let id = InvitationId(id.into_inner());
    run(move || issue::recuse(&site, &rater, &id, body.reason)).await?;
    Ok(HttpResponse::NoContent().finish())
}
