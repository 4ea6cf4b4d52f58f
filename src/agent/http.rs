//! The agent over HTTP: requests, files, health. Everything but health carries the platform's signature.
//!
//! `POST /requests` takes a signed request and answers 200 with a signed statement, or 202 when the answer comes later.
//! `PUT` and `GET /files/{digest}` carry the header `hengping-signature`. Failures are `{"code": ..}`. What takes long works on
//! threads of its own and holds up nobody. Deliberately absent: TLS, which ends at a proxy in front; sessions; a log of who
//! asked.

mod files;

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::thread::JoinHandle;

use actix_web::dev::ServerHandle;
use actix_web::http::StatusCode;
use actix_web::{App, HttpResponse, HttpServer, web};
use hengping_domain::request::SignedRequest;
use hengping_domain::statement::AgentRefusal;

use crate::agent::{Agent, Answer};
use crate::error::AgentError;
use crate::store::StoreError;

/// Bytes of a request. The longest are a list of who may rate whom, of 20,000 entries, and a batch of the relay, of 10,000
/// casts: 6 MB each. What grows with the box beyond that comes as a file.
const MOST_REQUEST: usize = 32 << 20;

/// A server that answers, until it is stopped.
pub struct Running {
    /// The address it listens on; the port is a free one where 0 was asked for.
    pub address: SocketAddr,
    handle: ServerHandle,
    thread: Option<JoinHandle<()>>,
}

impl Running {
    /// Stops it: what is being answered is answered first.
    pub fn stop(mut self) {
        self.end();
    }

    /// Waits until somebody stops the process.
    pub fn wait(mut self) {
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }

    fn end(&mut self) {
        if let Some(thread) = self.thread.take() {
            // The future only completes once the server has stopped; the thread that drives it tells that too.
            drop(self.handle.stop(true));
            let _ = thread.join();
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.end();
    }
}

/// Starts answering on a thread of its own.
///
/// # Errors
/// [`AgentError::Listen`] when the address is taken.
pub fn start(agent: Arc<Agent>, listen: SocketAddr) -> Result<Running, AgentError> {
    let failed = |error: std::io::Error| AgentError::Listen(listen.to_string(), error.to_string());
    agent.sweep()?;
    let listener = TcpListener::bind(listen).map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    let (tell, told) = std::sync::mpsc::channel();
    let thread = std::thread::spawn(move || {
        let outcome = actix_web::rt::System::new().block_on(async {
            let agent = web::Data::from(agent);
            let server = HttpServer::new(move || App::new().app_data(agent.clone()).configure(routes));
            let server = server.workers(2).shutdown_timeout(60).listen(listener)?.run();
            let _ = tell.send(server.handle());
            server.await
        });
        if let Err(error) = outcome {
            tracing::error!(%error, "the server ended");
        }
    });
    let handle =
        told.recv().map_err(|_| AgentError::Listen(listen.to_string(), "the server did not start".to_owned()))?;
    Ok(Running { address, handle, thread: Some(thread) })
}

fn routes(app: &mut web::ServiceConfig) {
    app.app_data(web::PayloadConfig::new(MOST_REQUEST))
        .route("/requests", web::post().to(requests))
        .route("/files/{digest}", web::put().to(files::put))
        .route("/files/{digest}", web::get().to(files::get))
        .route("/healthz", web::get().to(health))
        .default_service(web::to(|| async { problem(StatusCode::NOT_FOUND, "not-found") }));
}

fn problem(status: StatusCode, code: &str) -> HttpResponse {
    HttpResponse::build(status).json(serde_json::json!({ "code": code }))
}

/// A failure for the caller: a code, and words only in our own log.
fn failure(error: &AgentError) -> HttpResponse {
    let status = match error {
        AgentError::FileDigest => StatusCode::UNPROCESSABLE_ENTITY,
        AgentError::FileTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        AgentError::NoFile => StatusCode::NOT_FOUND,
        AgentError::Store(StoreError::Busy | StoreError::Full) => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    };
    if status.is_server_error() {
        tracing::error!(%error, code = error.code(), "a request failed");
    }
    problem(status, error.code())
}

/// Runs what waits for disk and processor on a thread of its own.
async fn run<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, AgentError> + Send + 'static,
) -> Result<T, AgentError> {
    let lost = |_| AgentError::Internal("a worker panicked".to_owned());
    web::block(work).await.map_err(lost).and_then(|outcome| outcome)
}

async fn requests(agent: web::Data<Agent>, body: Result<web::Bytes, actix_web::Error>) -> HttpResponse {
    let Ok(body) = body else {
        // Too large, or it broke off: then nobody reads this.
        return problem(StatusCode::PAYLOAD_TOO_LARGE, "body-too-large");
    };
    let agent = agent.into_inner();
    let answer = run(move || match serde_json::from_slice::<SignedRequest>(&body) {
        Ok(request) => agent.answer(&request).map(Some),
        Err(_) => Ok(None),
    });
    match answer.await {
        Ok(Some(Answer::Now(signed))) => HttpResponse::Ok().json(signed),
        Ok(Some(Answer::Later)) => HttpResponse::Accepted().json(serde_json::json!({ "status": "later" })),
        // It has no digest that a statement could name.
        Ok(None) => problem(StatusCode::BAD_REQUEST, AgentRefusal::RequestRefused.as_str()),
        Err(error) => failure(&error),
    }
}

async fn health(agent: web::Data<Agent>) -> HttpResponse {
    let agent = agent.into_inner();
    let boxes = {
        let agent = agent.clone();
        run(move || agent.boxes()).await
    };
    match boxes {
        Ok(_) => HttpResponse::Ok().json(serde_json::json!({
            "status": "ok", "side": agent.side(), "agent": agent.public(), "work": agent.work(),
        })),
        Err(error) => failure(&error),
    }
}
