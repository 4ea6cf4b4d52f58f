//! What the server remembers of a request: method, route pattern, status and duration; counters for all, lines for most.
//!
//! No address, no query, no path with an identifier in it, and for the box no line at all: lines in the order of casting
//! beside lines of known callers would say who cast what. Deliberately absent: user agents, sizes, traces across systems.

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage as _};
use tracing::{Span, field};
use tracing_actix_web::{RequestId, RootSpanBuilder};

use crate::ports::Stopwatch;

/// The span around a request.
pub(super) struct Quiet;

impl RootSpanBuilder for Quiet {
    fn on_request_start(request: &ServiceRequest) -> Span {
        if is_box(request.path()) {
            return Span::none();
        }
        let id = request.extensions().get::<RequestId>().map(ToString::to_string);
        tracing::info_span!("request", id, method = method(request.method()), route = field::Empty)
    }

    fn on_request_end<B: MessageBody>(span: Span, outcome: &Result<ServiceResponse<B>, Error>) {
        if span.is_none() {
            return;
        }
        let status = outcome.as_ref().map_or(500, |response| response.status().as_u16());
        if let Ok(response) = outcome {
            span.record("route", route(response));
        }
        tracing::info!(parent: &span, status, "answered");
    }
}

/// Counts answers and their durations by route.
pub(super) async fn count<B: MessageBody>(request: ServiceRequest, next: Next<B>) -> Result<ServiceResponse<B>, Error> {
    let watch = Stopwatch::start();
    let method = method(request.method());
    let response = next.call(request).await?;
    let route = route(&response);
    let status = response.status().as_str().to_owned();
    let labels = [("method", method.to_owned()), ("route", route.clone()), ("status", status)];
    metrics::counter!("hengping_http_requests_total", &labels).increment(1);
    metrics::histogram!("hengping_http_seconds", "route" => route).record(watch.elapsed());
    Ok(response)
}

/// The pattern of the table; everything without a line is the pages.
fn route<B>(response: &ServiceResponse<B>) -> String {
    response.request().match_pattern().unwrap_or_else(|| "pages".to_owned())
}

fn is_box(path: &str) -> bool {
    path == "/box" || path.starts_with("/box/")
}

/// A label must not be the client's to invent.
const fn method(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}
