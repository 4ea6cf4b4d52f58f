//! Whether the server can do its work, and its counters in Prometheus' text format.
//!
//! Deliberately absent: anything about people or ballots; counters are by route and by transaction.

use std::fs;
use std::sync::OnceLock;

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};
use hengping_domain::digest::Digest;
use metrics_exporter_prometheus::{BuildError, PrometheusBuilder, PrometheusHandle};
use serde::Serialize;
use utoipa::ToSchema;

use super::problem::{Problem, run};
use crate::flow::{Fault, Refusal, Site};

/// Upper bounds of the duration histograms in seconds; 0.25 is the bar for a cast.
const BUCKETS: [f64; 11] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0];

/// The state of the server.
#[derive(Debug, Serialize, ToSchema)]
pub struct Health {
    /// Always `ok`; anything else is an error answer.
    status: &'static str,
    /// `sqlite` or `postgresql`.
    store: &'static str,
    /// The version of the program.
    version: &'static str,
}

/// Reads from the database; 503 while it is busy.
#[utoipa::path(get, path = "/healthz", tag = "operation", responses((status = 200, body = Health)))]
pub async fn healthz(site: web::Data<Site>) -> Result<web::Json<Health>, Problem> {
    let store = run(move || site.alive()).await?;
    Ok(web::Json(Health { status: "ok", store, version: env!("CARGO_PKG_VERSION") }))
}

/// The counters; from this machine, or with the token of the configuration. Anyone else finds nothing here.
#[utoipa::path(get, path = "/metrics", tag = "operation", responses((status = 200, body = String, content_type = "text/plain")))]
pub async fn metrics(site: web::Data<Site>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    if !is_local(&request) && !has_token(&site, &request) {
        return Err(Refusal::NotFound.into());
    }
    let recorder = recorder().map_err(|error| Fault::new(&error))?;
    recorder.run_upkeep();
    Ok(HttpResponse::Ok().content_type("text/plain; version=0.0.4; charset=utf-8").body(recorder.render()))
}

/// Installs the recorder of this process at the first call; later calls find the same one.
///
/// # Errors
/// When a bucket list is empty or another recorder is already installed.
pub(super) fn recorder() -> Result<&'static PrometheusHandle, BuildError> {
    static RECORDER: OnceLock<PrometheusHandle> = OnceLock::new();
    if let Some(recorder) = RECORDER.get() {
        return Ok(recorder);
    }
    let installed = PrometheusBuilder::new().set_buckets(&BUCKETS)?.install_recorder();
    match installed {
        Ok(handle) => Ok(RECORDER.get_or_init(|| handle)),
        // Two servers of one process may start together, as tests do; the other one's is as good.
        Err(error) => RECORDER.get().ok_or(error),
    }
}

/// A request from this machine that no proxy has passed on.
fn is_local(request: &HttpRequest) -> bool {
    let proxied = ["forwarded", "x-forwarded-for"].iter().any(|name| request.headers().contains_key(*name));
    !proxied && request.peer_addr().is_some_and(|peer| peer.ip().is_loopback())
}

fn has_token(site: &Site, request: &HttpRequest) -> bool {
    let path = &site.config.metrics.token_file;
    let shown = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let Some(shown) = shown.and_then(|value| value.strip_prefix("Bearer ")) else { return false };
    let Ok(expected) = fs::read_to_string(path) else { return false };
    // Comparing digests takes the same time wherever the first difference is.
    let digest = |text: &str| Digest::of(&[b"hengping/v1/metrics\n", text.trim().as_bytes()]);
    !expected.trim().is_empty() && digest(&expected) == digest(shown)
}
