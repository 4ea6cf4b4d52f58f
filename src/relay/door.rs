//! Who may come to the box: anybody who does not say who they are, from the pages' own origins, so often at most.
//!
//! An address is counted in memory and nowhere else; one of this machine is not counted. Deliberately absent: credentials in
//! cross-origin requests, and every other origin.

use std::net::IpAddr;
use std::time::Duration;

use actix_governor::governor::middleware::NoOpMiddleware;
use actix_governor::governor::{NotUntil, clock::QuantaInstant};
use actix_governor::{GovernorConfig, GovernorConfigBuilder, KeyExtractor};
use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{Error, HttpResponse, HttpResponseBuilder, ResponseError as _, web};

use crate::problem::Problem;
use crate::serve::{Limit, Relay};

/// Answers preflights, refuses who shows who they are, and lets the pages' origins read the answer.
pub(crate) async fn door(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let relay = request.app_data::<web::Data<Relay>>().cloned();
    let origin = request.headers().get(header::ORIGIN).cloned();
    let ours = origin.as_ref().filter(|origin| {
        relay.as_ref().is_some_and(|relay| relay.origins.iter().any(|our| our.as_bytes() == origin.as_bytes()))
    });
    let shown = [header::COOKIE, header::AUTHORIZATION].iter().any(|name| request.headers().contains_key(name));
    let mut response = if request.method() == Method::OPTIONS {
        let answer = if ours.is_some() { preflight() } else { Problem::ForeignOrigin.error_response() };
        request.into_response(answer)
    } else if shown {
        request.error_response(Problem::BoxWithSession)
    } else if origin.is_some() && ours.is_none() {
        request.error_response(Problem::ForeignOrigin)
    } else {
        next.call(request).await?.map_into_boxed_body()
    };
    head(response.headers_mut(), ours);
    Ok(response)
}

fn preflight() -> HttpResponse {
    HttpResponse::NoContent()
        .insert_header((header::ACCESS_CONTROL_ALLOW_METHODS, "POST"))
        .insert_header((header::ACCESS_CONTROL_ALLOW_HEADERS, "content-type"))
        .insert_header((header::ACCESS_CONTROL_MAX_AGE, "600"))
        .finish()
}

fn head(headers: &mut HeaderMap, origin: Option<&HeaderValue>) {
    if let Some(origin) = origin {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
    }
    let mut set = |name: HeaderName, value| headers.insert(name, HeaderValue::from_static(value));
    set(header::VARY, "Origin");
    set(header::CACHE_CONTROL, "no-store");
    set(header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'");
    set(header::REFERRER_POLICY, "no-referrer");
    set(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
}

/// How often one address may post; shared by all threads.
pub(crate) type Counter = GovernorConfig<Address, NoOpMiddleware<QuantaInstant>>;

/// `None` when a limit is zero.
pub(crate) fn counter(limit: &Limit, proxies: &[IpAddr]) -> Option<Counter> {
    GovernorConfigBuilder::default()
        .period(Duration::from_millis(limit.refill_ms))
        .burst_size(limit.burst)
        .key_extractor(Address { proxies: proxies.to_vec() })
        .finish()
}

/// Finds the address a request comes from, past the proxies we trust.
#[derive(Debug, Clone)]
pub(crate) struct Address {
    proxies: Vec<IpAddr>,
}

impl KeyExtractor for Address {
    /// `None`: this machine itself, which is not limited.
    type Key = Option<IpAddr>;
    type KeyExtractionError = Problem;

    fn extract(&self, request: &ServiceRequest) -> Result<Self::Key, Problem> {
        let Some(peer) = request.peer_addr().map(|address| address.ip()) else { return Ok(None) };
        let named = request.headers().get_all("x-forwarded-for").filter_map(|value| value.to_str().ok());
        let address = hengping_ports::client(peer, named, &self.proxies);
        Ok((!address.is_loopback()).then_some(address))
    }

    fn exceed_rate_limit_response(&self, _: &NotUntil<QuantaInstant>, _: HttpResponseBuilder) -> HttpResponse {
        Problem::TooManyRequests.error_response()
    }

    fn whitelisted_keys(&self) -> Vec<Self::Key> {
        vec![None]
    }
}
