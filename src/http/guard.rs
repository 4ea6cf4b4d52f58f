//! Who may come: the access beside each line of the table, and the caller found by session cookie or machine token.
//!
//! Every route stands behind [`behind`], so a handler that asks for a [`Caller`] has one with the right role. Deliberately absent: decisions about a particular thing, which steps of `flow` take.

use std::future::{Ready, ready};
use std::net::IpAddr;
use std::ops::Deref;
use std::time::Duration;

use actix_governor::governor::middleware::NoOpMiddleware;
use actix_governor::governor::{NotUntil, clock::QuantaInstant};
use actix_governor::{Governor, GovernorConfig, GovernorConfigBuilder, KeyExtractor};
use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::http::{Method, header};
use actix_web::middleware::{Next, from_fn};
use actix_web::{
    Error, FromRequest, HttpMessage as _, HttpRequest, HttpResponse, HttpResponseBuilder, ResponseError as _, Route,
    web,
};
use hengping_domain::ids::{Role, Side};

use super::problem::{Problem, Transport, run};
use crate::config::{HttpSettings, LimitSettings};
use crate::flow::sign_in::Account;
use crate::flow::{Outcome, Refusal, Site, sign_in};
use crate::ports;

/// The session cookie; the prefix makes browsers refuse it without Secure, with a Domain or another Path (RFC 6265bis).
pub const COOKIE: &str = "__Host-hengping";

/// Who may use a line of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Anyone, signed in or not.
    Everyone,
    /// Anyone, but one address only so often: the sign-ins.
    Seldom,
    /// The relay, which signs what it hands over; it shows neither cookie nor token.
    Relay,
    /// This machine, or a collector of counters with a token of its own; the handler knows it, nobody is signed in here.
    Collector,
    /// Whoever is signed in.
    Account,
    /// Whoever holds one of these roles.
    Roles(&'static [Role]),
}

/// The account on whose behalf a request comes.
#[derive(Debug, Clone)]
pub struct Caller(Account);

impl Caller {
    /// Refuses an account that does not hold `role` for `side`.
    ///
    /// # Errors
    /// [`Refusal::OtherSide`].
    pub fn stand_for(&self, role: Role, side: Side) -> Outcome<()> {
        if self.0.has_for(role, side) { Ok(()) } else { Err(Refusal::OtherSide.into()) }
    }
}

impl Deref for Caller {
    type Target = Account;

    fn deref(&self) -> &Account {
        &self.0
    }
}

impl FromRequest for Caller {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(request.extensions().get::<Self>().cloned().ok_or_else(|| Transport::SignInRequired.into()))
    }
}

/// Puts a route behind its access.
pub(super) fn behind(access: Access, limit: &Limit, route: Route) -> Route {
    let route = route.wrap(from_fn(move |request, next| admit(access, request, next)));
    match access {
        Access::Seldom => route.wrap(Governor::new(&limit.0)),
        _ => route,
    }
}

async fn admit(
    access: Access,
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    match caller(access, request.request()).await {
        Ok(caller) => {
            if let Some(caller) = caller {
                request.extensions_mut().insert(caller);
            }
            Ok(next.call(request).await?.map_into_boxed_body())
        }
        Err(problem) => Ok(request.error_response(problem)),
    }
}

async fn caller(access: Access, request: &HttpRequest) -> Result<Option<Caller>, Problem> {
    if access == Access::Relay {
        let shown = [header::COOKIE, header::AUTHORIZATION].iter().any(|name| request.headers().contains_key(name));
        return if shown { Err(Transport::BoxWithSession.into()) } else { Ok(None) };
    }
    if access == Access::Collector {
        return Ok(None);
    }
    let found = authenticate(request).await?;
    match access {
        Access::Everyone | Access::Seldom | Access::Relay | Access::Collector => Ok(found),
        Access::Account => found.map(Some).ok_or_else(|| Transport::SignInRequired.into()),
        Access::Roles(roles) => {
            let caller = found.ok_or(Transport::SignInRequired)?;
            if roles.iter().any(|role| caller.has(*role)) { Ok(Some(caller)) } else { Err(Transport::Forbidden.into()) }
        }
    }
}

async fn authenticate(request: &HttpRequest) -> Result<Option<Caller>, Problem> {
    let Some(site) = request.app_data::<web::Data<Site>>().cloned() else {
        return Err(crate::flow::Fault::new(&"the application has no site").into());
    };
    if let Some(value) = request.headers().get(header::AUTHORIZATION) {
        let token = value.to_str().ok().and_then(|value| value.strip_prefix("Bearer "));
        let token = token.ok_or(Transport::TokenRefused)?.to_owned();
        let account = run(move || sign_in::by_machine_token(&site, &token)).await?;
        return account.map(|account| Some(Caller(account))).ok_or_else(|| Transport::TokenRefused.into());
    }
    let cookie = request.cookie(COOKIE);
    same_origin(request, &site.config.site.origins, cookie.is_some())?;
    let Some(cookie) = cookie else { return Ok(None) };
    let account = run(move || sign_in::by_session(&site, cookie.value())).await?;
    Ok(account.map(Caller))
}

/// Refuses a change that a page of another origin asks for; with a cookie the origin must be named.
fn same_origin(request: &HttpRequest, ours: &[String], cookie: bool) -> Result<(), Problem> {
    if matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS) {
        return Ok(());
    }
    match request.headers().get(header::ORIGIN) {
        Some(origin) if ours.iter().any(|our| our.as_bytes() == origin.as_bytes()) => Ok(()),
        None if !cookie => Ok(()),
        _ => Err(Transport::ForeignOrigin.into()),
    }
}

/// How often one address may ask to sign in; shared by all threads of a server.
#[derive(Clone)]
pub(super) struct Limit(GovernorConfig<Address, NoOpMiddleware<QuantaInstant>>);

impl Limit {
    pub(super) fn new(limits: &LimitSettings, http: &HttpSettings) -> Option<Self> {
        GovernorConfigBuilder::default()
            .period(Duration::from_secs(limits.sign_in_seconds))
            .burst_size(limits.sign_in_burst)
            .key_extractor(Address { proxies: http.trusted_proxies.clone() })
            .finish()
            .map(Self)
    }
}

/// Finds the address a request comes from, past the proxies we trust.
#[derive(Clone)]
struct Address {
    proxies: Vec<IpAddr>,
}

impl KeyExtractor for Address {
    /// `None`: this machine itself, which is not limited.
    type Key = Option<IpAddr>;
    type KeyExtractionError = Problem;

    fn extract(&self, request: &ServiceRequest) -> Result<Self::Key, Problem> {
        let Some(peer) = request.peer_addr().map(|address| address.ip()) else { return Ok(None) };
        let named = request.headers().get_all("x-forwarded-for").filter_map(|value| value.to_str().ok());
        let address = ports::client(peer, named, &self.proxies);
        Ok((!address.is_loopback()).then_some(address))
    }

    fn exceed_rate_limit_response(&self, _: &NotUntil<QuantaInstant>, _: HttpResponseBuilder) -> HttpResponse {
        Problem::from(Transport::TooManyRequests).error_response()
    }

    fn whitelisted_keys(&self) -> Vec<Self::Key> {
        vec![None]
    }
}
