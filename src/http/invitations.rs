//! A rater's waiting cases, enrolling a device, asking both agents for tags, and declining.
//!
//! The answer is the same before and after a ballot was cast: only the rater's device knows. Deliberately absent: ballots.

use actix_web::{HttpResponse, web};
use garde::Validate;
use hengping_domain::digest::Bytes;
use hengping_domain::docket::CounselRole;
use hengping_domain::ids::{BoxId, InvitationId, PersonId};
use hengping_domain::invitation::RecusalReason;
use hengping_domain::manifest::PerSide;
use hengping_domain::request::TokenRequest;
use hengping_domain::statement::Signed;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::documents::parse;
use super::guard::Caller;
use super::problem::{Problem, Transport, checked, run};
use super::text::{CourtBody, SignedBody, TextBody};
use crate::flow::enrol::{self, Standing};
use crate::flow::issue::{self, Desk, WaitingCase};
use crate::flow::{Refusal, Site};

/// The running period.
#[derive(Debug, Serialize, ToSchema)]
pub struct RunningPeriod {
    id: String,
    title: TextBody,
    /// `pilot` or `regular`.
    kind: &'static str,
    /// Last day the caller's box takes ballots, extensions included.
    cast_until: String,
    /// Whether that day is later than the manifest says.
    extended: bool,
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
    /// Whether both sides have agreed to it, so that tokens can be had.
    listed: bool,
}

/// How the enrolment of the caller's device stands.
#[derive(Debug, Serialize, ToSchema)]
pub struct EnrolmentBody {
    /// `needed`, `waiting`, `enrolled` or `refused`.
    state: &'static str,
    /// Why it was refused.
    code: Option<String>,
    /// What the own side's agent said.
    #[schema(value_type = Option<SignedBody>)]
    certificate: Option<Signed>,
}

impl Default for EnrolmentBody {
    fn default() -> Self {
        Standing::Needed.into()
    }
}

impl From<Standing> for EnrolmentBody {
    fn from(standing: Standing) -> Self {
        match standing {
            Standing::Needed => Self { state: "needed", code: None, certificate: None },
            Standing::Waiting => Self { state: "waiting", code: None, certificate: None },
            Standing::Enrolled(signed) => Self { state: "enrolled", code: None, certificate: Some(*signed) },
            Standing::Refused(code) => Self { state: "refused", code: Some(code), certificate: None },
        }
    }
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
    enrolment: EnrolmentBody,
    items: Vec<InvitationBody>,
}

fn item(case: WaitingCase, cast_until: Date, today: Date) -> InvitationBody {
    let WaitingCase { invitation, case, ratee, slip, listed } = case;
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
        listed,
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
    let Desk { period, ballot_box, cast_until, nym, enrolment, cases } = desk;
    Ok(web::Json(InvitationsBody {
        period: Some(RunningPeriod {
            id: period.id.to_string(),
            title: TextBody::from(&period.title),
            kind: period.kind.as_str(),
            cast_until: cast_until.to_string(),
            extended: cast_until > period.cast_until,
        }),
        id: ballot_box.id.to_string(),
        direction: ballot_box.id.direction.to_string(),
        home: nym.as_ref().map(|nym| nym.home.clone()).unwrap_or_default(),
        role: nym.as_ref().map(|nym| nym.role.to_string()).unwrap_or_default(),
        nym_info: nym.map(|nym| nym.to_string()).unwrap_or_default(),
        enrolment: enrolment.into(),
        items: cases.into_iter().map(|case| item(case, cast_until, today)).collect(),
    }))
}

/// A device that asks to be recognised.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EnrolmentRequest {
    #[serde(rename = "box")]
    #[garde(length(max = 64))]
    id: String,
    /// Ed25519 public key of the device's requests, base64url.
    #[garde(length(max = 64))]
    request_key: String,
    /// HMAC-SHA256 with the code's key, base64url; the code itself is never sent.
    #[garde(length(max = 64))]
    mac: String,
}

/// Passes a device's request key on to the rater's own side.
#[utoipa::path(post, path = "/api/enrolments", tag = "invitations", request_body = EnrolmentRequest, responses((status = 200, body = EnrolmentBody), (status = 409, body = super::problem::ProblemBody)))]
pub async fn enrol(
    site: web::Data<Site>,
    caller: Caller,
    body: web::Json<EnrolmentRequest>,
) -> Result<web::Json<EnrolmentBody>, Problem> {
    checked(&*body)?;
    let (rater, id) = (rater(&caller)?, parse::<BoxId>(&body.id)?);
    let bytes = |text: &str| {
        text.parse().map_err(|_| Problem::from(Transport::InvalidRequest).noting("not 32 bytes in base64url"))
    };
    let (key, mac) = (bytes(&body.request_key)?, bytes(&body.mac)?);
    let standing = run(move || enrol::enrol(&site, &rater, &id, key, mac)).await?;
    Ok(web::Json(EnrolmentBody::from(standing)))
}

/// Blinded nonces for both agents, signed by the device's request key.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TokenRequestBody {
    /// `{v, box, rater, nym, tokens}`, at most 500 tokens.
    #[schema(value_type = Object)]
    request: TokenRequest,
    /// Ed25519 signature, base64url.
    #[schema(value_type = String)]
    signature: Bytes<64>,
}

/// Both agents' answers; null where one has not answered yet.
#[derive(Debug, Serialize, ToSchema)]
pub struct TokenAnswers {
    #[schema(value_type = Option<SignedBody>)]
    bench: Option<Signed>,
    #[schema(value_type = Option<SignedBody>)]
    bar: Option<Signed>,
}

/// Passes a token request on to both agents; posting the same again asks how it stands.
#[utoipa::path(post, path = "/api/token-requests", tag = "invitations", request_body = TokenRequestBody, responses((status = 200, body = TokenAnswers), (status = 409, body = super::problem::ProblemBody)))]
pub async fn tokens(
    site: web::Data<Site>,
    caller: Caller,
    body: web::Json<TokenRequestBody>,
) -> Result<web::Json<TokenAnswers>, Problem> {
    let rater = rater(&caller)?;
    let TokenRequestBody { request, signature } = body.into_inner();
    let PerSide { bench, bar } = run(move || issue::tokens(&site, &rater, &request, &signature)).await?;
    Ok(web::Json(TokenAnswers { bench, bar }))
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
