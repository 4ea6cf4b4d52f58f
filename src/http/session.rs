//! Signing in and out over HTTP: the session cookie for browsers, the short token for machines.
//!
//! Deliberately absent: who may sign in, which `flow::sign_in` decides, and any echo of what was typed.

use actix_web::cookie::time::Duration;
use actix_web::cookie::{Cookie, SameSite};
use actix_web::{HttpRequest, HttpResponse, web};
use garde::Validate;
use hengping_domain::ids::Side;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::guard::{COOKIE, Caller};
use super::problem::{Problem, checked, run};
use crate::config::Mode;
use crate::flow::sign_in::Account;
use crate::flow::{Failure, Site, periods, sign_in};

/// A login and its password.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Credentials {
    /// The name of the account.
    #[garde(length(chars, min = 1, max = 64))]
    login: String,
    /// Its password.
    #[garde(length(chars, min = 1, max = 1024))]
    password: String,
}

/// The account that is signed in.
#[derive(Debug, Serialize, ToSchema)]
pub struct AccountBody {
    id: String,
    login: String,
    /// The name shown.
    name: String,
    /// `bench` or `bar`; left out for an account of neither side.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "bench")]
    side: Option<Side>,
    /// The person's member number; null for officers.
    number: Option<String>,
    /// What it may do.
    #[schema(example = json!(["rater"]))]
    roles: Vec<&'static str>,
}

impl AccountBody {
    fn new(account: &Account, number: Option<String>) -> Self {
        Self {
            number,
            id: account.id.to_string(),
            login: account.login.clone(),
            name: account.name.clone(),
            side: account.side(),
            roles: account.grants.iter().map(|grant| grant.role.as_str()).collect(),
        }
    }
}

/// The answer to a sign-in.
#[derive(Debug, Serialize, ToSchema)]
pub struct SignedInBody {
    account: AccountBody,
}

/// What every page asks first.
#[derive(Debug, Serialize, ToSchema)]
pub struct SessionBody {
    /// Null for a visitor.
    account: Option<AccountBody>,
    /// Whether this is a demo site.
    demo: bool,
    /// The site's day, ISO 8601.
    #[schema(example = "2026-11-23")]
    today: String,
    /// Whether the current period is a pilot.
    pilot: bool,
}

/// Who is signed in, and what day it is here.
#[utoipa::path(get, path = "/api/session", tag = "session", responses((status = 200, body = SessionBody)))]
pub async fn show(site: web::Data<Site>, caller: Option<Caller>) -> Result<web::Json<SessionBody>, Problem> {
    let (demo, today) = (site.config.mode == Mode::Demo, site.clock.today().to_string());
    let (account, pilot) = run(move || {
        let account = caller.as_deref().map(|account| {
            let number = sign_in::number_of(&site, account)?;
            Ok::<_, Failure>(AccountBody::new(account, number))
        });
        Ok((account.transpose()?, periods::is_pilot(&site)?))
    })
    .await?;
    Ok(web::Json(SessionBody { account, demo, today, pilot }))
}

/// Opens a session; its cookie is sent back.
#[utoipa::path(post, path = "/api/session", tag = "session", request_body = Credentials,
    responses((status = 200, body = SignedInBody), (status = 401, body = super::problem::ProblemBody), (status = 429, body = super::problem::ProblemBody)))]
pub async fn sign_in(site: web::Data<Site>, body: web::Json<Credentials>) -> Result<HttpResponse, Problem> {
    checked(&*body)?;
    let hours = i64::from(site.config.session.hours);
    let (signed_in, number) = run(move || {
        let signed_in = sign_in::sign_in(&site, &body.login, &body.password)?;
        let number = sign_in::number_of(&site, &signed_in.account)?;
        Ok((signed_in, number))
    })
    .await?;
    let cookie = cookie(signed_in.token.to_string(), Duration::hours(hours));
    let body = SignedInBody { account: AccountBody::new(&signed_in.account, number) };
    Ok(HttpResponse::Ok().cookie(cookie).json(body))
}

/// Ends the session, if there is one, and takes the cookie back.
#[utoipa::path(delete, path = "/api/session", tag = "session", responses((status = 204)))]
pub async fn sign_out(site: web::Data<Site>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    if let Some(cookie) = request.cookie(COOKIE) {
        run(move || sign_in::sign_out(&site, cookie.value())).await?;
    }
    Ok(HttpResponse::NoContent().cookie(cookie(String::new(), Duration::ZERO)).finish())
}

/// A machine token.
#[derive(Debug, Serialize, ToSchema)]
pub struct MachineTokenBody {
    /// An EdDSA JWT, to be sent as `Authorization: Bearer`.
    token: String,
    /// Seconds it lives.
    expires_in: i64,
}

/// Gives a machine account a short token.
#[utoipa::path(post, path = "/api/machine-tokens", tag = "session", request_body = Credentials,
    responses((status = 200, body = MachineTokenBody), (status = 401, body = super::problem::ProblemBody), (status = 429, body = super::problem::ProblemBody)))]
pub async fn machine_token(
    site: web::Data<Site>,
    body: web::Json<Credentials>,
) -> Result<web::Json<MachineTokenBody>, Problem> {
    checked(&*body)?;
    let (token, expires_in) = run(move || sign_in::machine_token(&site, &body.login, &body.password)).await?;
    Ok(web::Json(MachineTokenBody { token, expires_in }))
}

fn cookie(value: String, life: Duration) -> Cookie<'static> {
    Cookie::build(COOKIE, value)
        .path("/")
        .secure(true)
        .http_only(true)
        .same_site(SameSite::Strict)
        .max_age(life)
        .finish()
}
