//! The whole URL table, each line with its method, its path and who may come; what has no line has no route.
//!
//! A line without the right caller never reaches its handler, and a test walks the table as every role. Deliberately
//! absent: SQL and decisions; a handler extracts, calls one step of `flow`, and answers.

pub mod assets;
pub mod boxes;
pub mod cell;
pub mod changes;
pub mod corrections;
pub mod counts;
pub mod docket;
pub mod documents;
pub mod downloads;
pub mod extensions;
pub mod fairness;
pub mod guard;
pub mod health;
pub mod invitations;
mod observe;
pub mod openapi;
pub mod opening;
pub mod outstanding;
pub mod periods;
pub mod problem;
mod protect;
pub mod readings;
pub mod releases;
pub mod replies;
pub mod research;
pub mod results;
pub mod scorecards;
mod server;
pub mod session;
pub mod text;
pub mod withdrawals;

use actix_web::http::Method;
use actix_web::web::{self, PayloadConfig, ServiceConfig};
use actix_web::{Resource, Route};

pub use guard::{Access, Caller};
pub use problem::Problem;
pub use server::{Running, serve, start};

use crate::flow::read_person::READERS;
use hengping_domain::request::MOST_TOKENS;

use Access::{Collector, Everyone, Roles, Seldom};
use hengping_domain::ids::Role::{self, Coordinator, KeyHolder, Negotiator, Operator, Rater, Researcher};

/// Whoever has a part in an opening.
const OFFICERS: &[Role] = &[KeyHolder, Coordinator, Negotiator, Operator];

/// Who reads counts with noise: officers of both sides, and researchers.
const COUNTED: &[Role] = &[Coordinator, KeyHolder, Negotiator, Researcher];

/// One line of the table.
#[derive(Debug, Clone, Copy)]
pub struct Line {
    /// The HTTP method, in capitals.
    pub method: &'static str,
    /// The path with its parameters in braces.
    pub path: &'static str,
    /// Who may come.
    pub access: Access,
    /// Room and name of the handler; the operation's name in the API document.
    pub handler: &'static str,
}

/// Largest hand-over of the relay: about ten thousand casts.
const BATCH_BYTES: usize = 72 << 20;

/// Largest request for tokens: [`MOST_TOKENS`] of them take about 150 KB.
const TOKEN_BYTES: usize = MOST_TOKENS * 512;

/// Writes the table once for routing, once for the tests, and once for the OpenAPI document.
macro_rules! routes {
    ($($method:ident $path:literal $access:expr => $($handler:ident)::+;)+) => {
        /// Every line of the table, in the order in which paths are tried.
        pub const TABLE: &[Line] = &[$(Line { method: stringify!($method), path: $path, access: $access, handler: stringify!($($handler)::+) }),+];

        fn handlers() -> Vec<Route> {
            vec![$(web::method(Method::$method).to($($handler)::+)),+]
        }

        #[derive(utoipa::OpenApi)]
        #[openapi(paths($($($handler)::+),+), components(schemas(problem::ProblemBody)))]
        struct Handlers;
    };
}

routes! {
    GET    "/api/session"              Everyone => session::show;
    POST   "/api/session"              Seldom   => session::sign_in;
    DELETE "/api/session"              Everyone => session::sign_out;
    POST   "/api/machine-tokens"       Seldom   => session::machine_token;
    GET    "/api/periods"              Everyone => periods::list;
    GET    "/api/periods/{period}/scorecard"        Roles(&READERS)      => scorecards::find;
    POST   "/api/periods/{period}/conclusions"      Roles(&[Coordinator, Negotiator]) => scorecards::propose;
    POST   "/api/rehearsals"           Roles(&[Coordinator, Operator]) => periods::rehearse;
    GET    "/api/documents"            Everyone => documents::list;
    GET    "/api/documents/{hash}"     Everyone => documents::find;
    POST   "/api/documents/{hash}/signatures"       Roles(&[Negotiator]) => documents::sign;
    GET    "/api/rubrics/{hash}"       Everyone => documents::rubric;
    GET    "/api/docket/template.csv"  Everyone => docket::template_csv;
    GET    "/api/docket/template.xlsx" Everyone => docket::template_xlsx;
    GET    "/api/docket/roster-template.csv"        Everyone => docket::roster_template;
    GET    "/api/docket/unmatched"                  Roles(&[Operator])   => docket::unmatched;
    GET    "/api/docket/imports"                    Roles(&[Operator])   => docket::imports;
    POST   "/api/docket/imports"                    Roles(&[Operator])   => docket::import;
    GET    "/api/docket/imports/{id}/problems.csv"  Roles(&[Operator])   => docket::problems;
    GET    "/api/invitations"                       Roles(&[Rater])      => invitations::list;
    POST   "/api/invitations/{id}/recusal"          Roles(&[Rater])      => invitations::recuse;
    POST   "/api/enrolments"                        Roles(&[Rater])      => invitations::enrol;
    POST   "/api/token-requests"                    Roles(&[Rater])      => invitations::tokens;
    GET    "/api/my-result"                         Roles(&[Rater])      => results::mine;
    GET    "/api/my-result/windows"                 Roles(&[Rater])      => results::windows;
    POST   "/api/my-result/{hash}/statement"        Roles(&[Rater])      => results::state;
    DELETE "/api/my-result/{hash}/statement"        Roles(&[Rater])      => results::withdraw;
    POST   "/api/my-result/{hash}/objection"        Roles(&[Rater])      => results::object;
    GET    "/api/boxes/{box}"                       Everyone             => boxes::find;
    GET    "/api/boxes/{box}/log"                   Everyone             => boxes::log;
    GET    "/api/boxes/{box}/counted"               Everyone             => boxes::counted;
    GET    "/api/boxes/{box}/record/{name}"         Everyone             => boxes::record;
    POST   "/api/boxes/{box}/batches"               Access::Relay        => boxes::batch;
    POST   "/api/boxes/{box}/close"                 Roles(&[Operator])   => boxes::close_box;
    POST   "/api/boxes/{box}/extensions"            Roles(&[Coordinator, Negotiator]) => extensions::propose;
    POST   "/api/boxes/{box}/rehearsal"             Roles(&[Coordinator, Operator]) => boxes::rehearse;
    GET    "/api/boxes/{box}/opening"               Roles(OFFICERS)      => opening::show;
    POST   "/api/boxes/{box}/opening"               Roles(&[Operator])   => opening::go_on;
    GET    "/api/releases"                          Everyone             => releases::list;
    GET    "/api/releases/changes"                  Everyone             => changes::list;
    GET    "/api/releases/outstanding"              Roles(&[Coordinator, Negotiator]) => outstanding::list;
    GET    "/api/releases/{hash}"                   Everyone             => releases::find;
    GET    "/api/releases/{hash}/cells.csv"         Everyone             => downloads::csv;
    GET    "/api/releases/{hash}/cells.json"        Everyone             => downloads::json;
    GET    "/api/releases/{hash}/cells.xlsx"        Everyone             => downloads::xlsx;
    GET    "/api/releases/{hash}/cells.parquet"     Everyone             => downloads::parquet;
    GET    "/api/releases/{hash}/counts.csv"        Roles(COUNTED)       => counts::csv;
    GET    "/api/releases/{hash}/figures/{name}"    Everyone             => releases::figure;
    POST   "/api/releases/{hash}/signatures"        Roles(&[Negotiator]) => releases::sign;
    POST   "/api/releases/{hash}/corrections"       Roles(&[Coordinator, Negotiator]) => corrections::propose;
    POST   "/api/releases/{hash}/window"            Roles(&[Coordinator]) => replies::open;
    GET    "/api/releases/{hash}/objections"        Roles(&[Coordinator, Negotiator]) => replies::objections;
    POST   "/api/releases/{hash}/decisions"         Roles(&[Coordinator]) => replies::decide;
    GET    "/api/releases/{hash}/fairness"          Roles(&READERS)      => fairness::find;
    POST   "/api/releases/{hash}/fairness/notes"    Roles(&[Coordinator]) => fairness::note;
    POST   "/api/releases/{hash}/readings"          Roles(&READERS)      => readings::read;
    POST   "/api/releases/{hash}/withdrawals"       Roles(&[Coordinator, Negotiator]) => withdrawals::propose;
    GET    "/api/research/data-use"                 Roles(&[Researcher]) => research::data_use;
    POST   "/api/research/data-use"                 Roles(&[Researcher]) => research::agree;
    GET    "/api/research/catalogue"                Roles(&[Researcher]) => research::catalogue;
    GET    "/api/research/budget"                   Roles(COUNTED)       => counts::budget;
    GET    "/api/research/notices"                  Roles(&[Coordinator, Researcher]) => research::notices;
    POST   "/api/research/notices"                  Roles(&[Researcher]) => research::lodge;
    GET    "/api/openapi.json"         Everyone => openapi::document;
    GET    "/healthz"                  Everyone => health::healthz;
    GET    "/metrics"                  Collector => health::metrics;
}

/// Puts every line behind its guard; a path with another method answers 405 and names the methods it has.
fn register(app: &mut ServiceConfig, limit: &guard::Limit) {
    let mut lines: Vec<(&Line, Route)> = TABLE.iter().zip(handlers()).collect();
    while !lines.is_empty() {
        let path = lines[0].0.path;
        let (here, rest): (Vec<_>, Vec<_>) = lines.into_iter().partition(|(line, _)| line.path == path);
        let allow = here.iter().map(|(line, _)| line.method).collect::<Vec<_>>().join(", ");
        let mut resource: Resource = web::resource(path);
        if here.iter().any(|(line, _)| line.access == Access::Relay) {
            resource = resource.app_data(PayloadConfig::new(BATCH_BYTES));
        }
        if path == "/api/token-requests" {
            resource = resource.app_data(server::json(TOKEN_BYTES));
        }
        for (line, route) in here {
            resource = resource.route(guard::behind(line.access, limit, route));
        }
        app.service(resource.default_service(web::to(move || {
            let problem = Problem::method_not_allowed(&allow);
            async move { Err::<&str, _>(problem) }
        })));
        lines = rest;
    }
}
