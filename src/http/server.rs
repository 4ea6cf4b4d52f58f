//! Puts the server together: the table, the pages, limits on bodies, and the layers around every answer.
//!
//! The order of layers is the order in which an answer passes them: guard, problem and headers, compression, counters,
//! log. Deliberately absent: TLS, which ends at a proxy in front.

use std::io;
use std::net::{SocketAddr, TcpListener};

use actix_multipart::MultipartError;
use actix_multipart::form::MultipartFormConfig;
use actix_multipart::form::tempfile::TempFileConfig;
use actix_web::dev::{Server, ServerHandle};
use actix_web::error::PayloadError;
use actix_web::http::StatusCode;
use actix_web::middleware::{Compress, from_fn};
use actix_web::web::{self, JsonConfig, PathConfig, PayloadConfig, QueryConfig, ServiceConfig};
use actix_web::{App, HttpServer};
use tracing_actix_web::TracingLogger;

use super::guard::Limit;
use super::observe::{Quiet, count};
use super::problem::{Problem, Transport};
use super::protect::protect;
use super::{assets, health, register};
use crate::config::{Config, Unready};
use crate::flow::Site;
use crate::sheet;

/// A server that answers, until its handle stops it.
pub struct Running {
    /// The address it listens on; the port is a free one where the configuration says 0.
    pub address: SocketAddr,
    /// Stops it.
    pub handle: ServerHandle,
    /// Ends when the server has stopped.
    pub server: Server,
}

/// Starts answering; call it inside an actix runtime and await [`Running::server`].
///
/// # Errors
/// [`Unready::Settings`] when the address is taken or a limit is zero.
pub fn start(site: Site) -> Result<Running, Unready> {
    let failed = |error: io::Error| Unready::settings(format!("[http] listen: {error}"));
    let config = site.config.clone();
    let limit = Limit::new(&config.limits, &config.http)
        .ok_or_else(|| Unready::settings("[limits]: burst and seconds must be above zero"))?;
    health::recorder().map_err(|error| Unready::settings(format!("metrics: {error}")))?;
    let listener = TcpListener::bind(config.http.listen).map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    let workers = match config.http.workers {
        0 => std::thread::available_parallelism().map_or(2, usize::from),
        workers => workers,
    };
    let site = web::Data::new(site);
    let server = HttpServer::new(move || {
        App::new()
            .app_data(site.clone())
            .configure(|app| limits(app, &site.config))
            .configure(|app| register(app, &limit))
            .default_service(web::to(assets::pages))
            .wrap(from_fn(protect))
            .wrap(Compress::default())
            .wrap(from_fn(count))
            .wrap(TracingLogger::<Quiet>::new())
    });
    let server = server.workers(workers).shutdown_timeout(10).listen(listener).map_err(failed)?.run();
    Ok(Running { address, handle: server.handle(), server })
}

/// Answers until the process is told to stop; calls `ready` with the address once it listens.
///
/// # Errors
/// [`Unready`] when it cannot start.
pub fn serve(site: Site, ready: impl FnOnce(SocketAddr)) -> Result<(), Unready> {
    actix_web::rt::System::new().block_on(async {
        let running = start(site)?;
        ready(running.address);
        running.server.await.map_err(|error| Unready::settings(format!("[http]: {error}")))
    })
}

/// Bytes of boundary and headers around an uploaded file, generously.
const FRAMING: usize = 16 * 1024;

/// Bodies are bounded, and what cannot be read is a problem with a code.
fn limits(app: &mut ServiceConfig, config: &Config) {
    let body = config.http.body_kib * 1024;
    // The file itself is measured where it is read; this is its size and what a form puts around it.
    let upload = sheet::MAX_BYTES + FRAMING;
    let malformed = |error: &dyn std::fmt::Display| Problem::from(Transport::InvalidRequest).noting(error.to_string());
    app.app_data(PayloadConfig::new(body))
        .app_data(json(body))
        .app_data(PathConfig::default().error_handler(move |error, _| malformed(&error).into()))
        .app_data(QueryConfig::default().error_handler(move |error, _| malformed(&error).into()))
        .app_data(TempFileConfig::default())
        .app_data(MultipartFormConfig::default().total_limit(upload).memory_limit(upload).error_handler(
            move |error, _| {
                let too_large = overflows(&error);
                if too_large { Problem::from(Transport::TooLarge).into() } else { malformed(&error).into() }
            },
        ));
}

/// JSON bodies of so many bytes, and what cannot be read is a problem with a code.
pub(super) fn json(limit: usize) -> JsonConfig {
    JsonConfig::default().limit(limit).error_handler(|error, _| {
        use actix_web::error::JsonPayloadError as E;
        match &error {
            E::Overflow { .. } | E::OverflowKnownLength { .. } => Problem::from(Transport::BodyTooLarge).into(),
            E::ContentType => Problem::from(Transport::UnsupportedMediaType).into(),
            other => Problem::from(Transport::InvalidRequest).noting(other.to_string()).into(),
        }
    })
}

/// Whether an upload was cut off for its size; actix calls that a bad request.
fn overflows(error: &MultipartError) -> bool {
    match error {
        MultipartError::Payload(PayloadError::Overflow) => true,
        MultipartError::Field { source, .. } => {
            source.as_error::<MultipartError>().is_some_and(overflows)
                || source.as_response_error().status_code() == StatusCode::PAYLOAD_TOO_LARGE
        }
        _ => false,
    }
}
