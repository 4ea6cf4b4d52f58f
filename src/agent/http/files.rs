//! Files over HTTP, streamed both ways.

use std::fs::File;
use std::io::Read as _;

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use futures_util::StreamExt as _;
use futures_util::stream;
use hengping_domain::digest::{Bytes, Digest};
use hengping_domain::document::{self, SIGNATURE_HEADER};
use hengping_domain::request::file_text;
use hengping_domain::statement::AgentRefusal;

use super::{failure, problem, run};
use crate::agent::Agent;
use crate::error::AgentError;
use crate::files::{Incoming, MOST_BYTES};
use crate::private::failed;

/// Bytes that are gathered before they are written, and read at a time.
const PIECE: usize = 1 << 20;

/// The file's name, if the platform's key signed this method for it.
fn named(agent: &Agent, request: &HttpRequest) -> Option<Digest> {
    let name: Digest = request.match_info().query("digest").parse().ok()?;
    let header = request.headers().get(SIGNATURE_HEADER).and_then(|value| value.to_str().ok());
    let signature: Bytes<64> = header?.parse().ok()?;
    let text = file_text(request.method().as_str(), name);
    document::verify(&agent.pins.platform, &signature, text.as_bytes()).ok()?;
    Some(name)
}

/// The answer to whoever is not the platform.
fn refused() -> HttpResponse {
    problem(StatusCode::FORBIDDEN, AgentRefusal::RequestRefused.as_str())
}

/// Takes a file; one that is there already is left as it is.
pub(super) async fn put(agent: web::Data<Agent>, request: HttpRequest, body: web::Payload) -> HttpResponse {
    let agent = agent.into_inner();
    let Some(name) = named(&agent, &request) else { return refused() };
    if agent.files().has(name) {
        return HttpResponse::NoContent().finish();
    }
    let files = agent.files().clone();
    let incoming = match run(move || files.receive(name)).await {
        Ok(incoming) => incoming,
        Err(error) => return failure(&error),
    };
    match receive(incoming, body).await {
        Ok(Some(())) => HttpResponse::Created().finish(),
        Ok(None) => problem(StatusCode::BAD_REQUEST, "body-broken"),
        Err(error) => failure(&error),
    }
}

/// Writes a body to the disk; none when it broke off.
async fn receive(mut incoming: Incoming, mut body: web::Payload) -> Result<Option<()>, AgentError> {
    let mut piece = Vec::with_capacity(PIECE);
    let mut size = 0;
    while let Some(bytes) = body.next().await {
        let Ok(bytes) = bytes else { return Ok(None) };
        size += bytes.len() as u64;
        if size > MOST_BYTES {
            return Err(AgentError::FileTooLarge);
        }
        piece.extend_from_slice(&bytes);
        if piece.len() >= PIECE {
            let full = std::mem::replace(&mut piece, Vec::with_capacity(PIECE));
            incoming = run(move || incoming.write(&full).map(|()| incoming)).await?;
        }
    }
    run(move || {
        incoming.write(&piece)?;
        incoming.finish()
    })
    .await
    .map(Some)
}

/// Gives a file that leaves over the network.
pub(super) async fn get(agent: web::Data<Agent>, request: HttpRequest) -> HttpResponse {
    let agent = agent.into_inner();
    let Some(name) = named(&agent, &request) else { return refused() };
    let opened = run(move || {
        let path = agent.offered(name)?;
        let open = || {
            let file = File::open(&path)?;
            let size = file.metadata()?.len();
            Ok((file, size))
        };
        open().map_err(|error| failed(&path, &error))
    });
    let (file, size) = match opened.await {
        Ok(opened) => opened,
        Err(error) => return failure(&error),
    };
    let pieces = stream::unfold(file, |mut file| async {
        let read = run(move || {
            let mut piece = Vec::with_capacity(PIECE);
            let read = (&mut file).take(PIECE as u64).read_to_end(&mut piece);
            read.map_err(|error| AgentError::Internal(error.to_string())).map(|_| (piece, file))
        });
        match read.await {
            Ok((piece, _)) if piece.is_empty() => None,
            Ok((piece, file)) => Some((Ok(web::Bytes::from(piece)), file)),
            Err(error) => {
                tracing::error!(%error, "a file broke off");
                None
            }
        }
    });
    let pieces = pieces.map(|piece: Result<_, std::convert::Infallible>| piece);
    HttpResponse::Ok().content_type("application/octet-stream").no_chunking(size).streaming(pieces)
}
