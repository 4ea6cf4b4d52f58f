//! `POST /box`: a sealed ballot in, a signed receipt out.
//!
//! Deliberately absent: a line in any log, a counter, and every other route.

use actix_governor::Governor;
use actix_web::error::JsonPayloadError;
use actix_web::middleware::from_fn;
use actix_web::web::{self, JsonConfig, ServiceConfig};
use hengping_domain::cast::{Cast, CastBody, Receipt};

use crate::clerk::Word;
use crate::door::{Counter, door};
use crate::problem::Problem;
use crate::serve::Relay;

/// Bytes of a posted body at most.
const BODY: usize = 16 * 1024;

async fn post(relay: web::Data<Relay>, body: web::Json<CastBody>) -> Result<web::Json<Receipt>, Problem> {
    let cast = Cast::read(&body)?;
    let takes = match relay.boxes.remembered(&cast.id) {
        Some(takes) => takes,
        None => {
            let (relay, id) = (relay.clone(), cast.id.clone());
            let asked = web::block(move || relay.boxes.takes(&id)).await;
            asked.map_err(|_| Problem::Busy)?.map_err(|_| Problem::Busy)?
        }
    };
    if !takes {
        return Err(Problem::CastRefused);
    }
    let (id, leaf, seq) = (cast.id.clone(), cast.leaf(), cast.seq);
    match relay.clerk.cast(cast).await {
        Word::Stored => Ok(web::Json(Receipt::sign(id, leaf, seq, &relay.receipt))),
        Word::Refused => Err(Problem::CastRefused),
        Word::Busy => Err(Problem::Busy),
    }
}

/// The whole table.
pub(crate) fn register(app: &mut ServiceConfig, counter: &Counter) {
    let json = JsonConfig::default().limit(BODY).error_handler(|error, _| {
        let problem = match error {
            JsonPayloadError::Overflow { .. } | JsonPayloadError::OverflowKnownLength { .. } => Problem::BodyTooLarge,
            JsonPayloadError::ContentType => Problem::UnsupportedMediaType,
            _ => Problem::InvalidRequest,
        };
        problem.into()
    });
    app.app_data(json).service(
        web::resource("/box")
            .wrap(Governor::new(counter))
            .wrap(from_fn(door))
            .route(web::post().to(post))
            .default_service(web::to(|| async { Err::<(), _>(Problem::MethodNotAllowed) })),
    );
}
