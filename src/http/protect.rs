//! The headers every answer carries: what a browser may load, keep, embed and tell others.
//!
//! Pages may run our own scripts and nothing else, with Trusted Types for Vue's policy; answers of the API are never kept.
//! Deliberately absent: CORS; no other origin has any business here.

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{Error, web};

use super::problem::{Language, speak};
use crate::config::Mode;
use crate::flow::Site;

/// For pages: our own origin and the relay's for ballots, no inline script or style, no eval, no frame around us.
fn page(relay: &str) -> String {
    format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; \
         connect-src 'self' {relay}; manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; \
         require-trusted-types-for 'script'; trusted-types vue"
    )
}

/// For everything else: nothing may be loaded from it or put around it.
const DATA: &str = "default-src 'none'; frame-ancestors 'none'";
const PERMISSIONS: &str = "camera=(), geolocation=(), microphone=(), payment=(), usb=(), browsing-topics=()";

/// Says errors in the client's language and adds the headers, to handlers' answers and to guards' alike.
pub(super) async fn protect(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let language = Language::of(request.request());
    let site = request.app_data::<web::Data<Site>>().cloned();
    let secure = site.as_ref().is_some_and(|site| site.config.mode == Mode::Production);
    let mut response = speak(next.call(request).await?.map_into_boxed_body(), language);
    add(response.headers_mut(), secure, site.as_ref().map_or("", |site| &site.agents.relay.origin));
    Ok(response)
}

fn add(headers: &mut HeaderMap, secure: bool, relay: &str) {
    let html = headers.get(header::CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
    if html
        && !headers.contains_key(header::CONTENT_SECURITY_POLICY)
        && let Ok(policy) = HeaderValue::from_str(&page(relay))
    {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    let mut set = |name: HeaderName, value: &'static str| {
        if !headers.contains_key(&name) {
            headers.insert(name, HeaderValue::from_static(value));
        }
    };
    set(header::CONTENT_SECURITY_POLICY, DATA);
    set(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(header::REFERRER_POLICY, "no-referrer");
    set(header::CROSS_ORIGIN_OPENER_POLICY, "same-origin");
    set(header::CROSS_ORIGIN_RESOURCE_POLICY, "same-origin");
    set(header::PERMISSIONS_POLICY, PERMISSIONS);
    set(header::CACHE_CONTROL, "no-store");
    if secure {
        set(header::STRICT_TRANSPORT_SECURITY, "max-age=31536000");
    }
}
