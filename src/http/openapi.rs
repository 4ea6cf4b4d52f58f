//! The OpenAPI document, made from the handlers and the table: who may come stands in it as in the table.
//!
//! The client's types are generated from it, and a test compares it with `web/openapi.json` and with the table.
//! Deliberately absent: a page that shows it; the known ones need inline styles or another origin, which our pages refuse.

use actix_web::web;
use hengping_domain::ids::Role;
use utoipa::OpenApi as _;
use utoipa::openapi::extensions::ExtensionsBuilder;
use utoipa::openapi::path::{HttpMethod, Operation, PathItem};
use utoipa::openapi::response::Response;
use utoipa::openapi::security::{
    ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme,
};
use utoipa::openapi::{Content, InfoBuilder, LicenseBuilder, OpenApi, Ref, RefOr};

use super::guard::{Access, COOKIE};
use super::{Handlers, TABLE};

/// The document as text, indented, as `web/openapi.json` holds it.
///
/// # Errors
/// Never with the handlers of this program; a test would find it.
pub fn text() -> Result<String, serde_json::Error> {
    let value = serde_json::to_value(build())?;
    Ok(serde_json::to_string_pretty(&value)? + "\n")
}

/// This document.
#[utoipa::path(get, path = "/api/openapi.json", tag = "operation", responses((status = 200, body = Object)))]
pub async fn document() -> web::Json<OpenApi> {
    web::Json(build())
}

/// The document; each operation says who may come and how errors look.
#[must_use]
pub fn build() -> OpenApi {
    let mut document = Handlers::openapi();
    document.info = InfoBuilder::new()
        .title("衡评 Hengping")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some("Two-way, sealed and bias-adjusted evaluation for the bench and the bar of one city."))
        .license(Some(LicenseBuilder::new().name("Apache-2.0").identifier(Some("Apache-2.0")).build()))
        .build();
    let components = document.components.get_or_insert_default();
    components.add_security_scheme("session", SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::new(COOKIE))));
    let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT").build();
    components.add_security_scheme("machine", SecurityScheme::Http(bearer));
    for line in TABLE {
        if let Some(operation) =
            document.paths.paths.get_mut(line.path).and_then(|item| operation_mut(item, line.method))
        {
            describe(operation, line.access);
            // The handlers' names alone repeat: three of them are `find`.
            operation.operation_id = Some(line.handler.replace(' ', "").replace("::", "_"));
        }
    }
    document
}

/// The operation of `item` for a method of the table.
#[must_use]
pub fn operation_mut<'a>(item: &'a mut PathItem, method: &str) -> Option<&'a mut Operation> {
    match method {
        "GET" => item.get.as_mut(),
        "POST" => item.post.as_mut(),
        "PUT" => item.put.as_mut(),
        "PATCH" => item.patch.as_mut(),
        "DELETE" => item.delete.as_mut(),
        _ => None,
    }
}

/// The methods and paths of the document, in the table's spelling.
#[must_use]
pub fn operations(document: &OpenApi) -> Vec<(String, String)> {
    let methods = [
        (HttpMethod::Get, "GET"),
        (HttpMethod::Post, "POST"),
        (HttpMethod::Put, "PUT"),
        (HttpMethod::Patch, "PATCH"),
        (HttpMethod::Delete, "DELETE"),
    ];
    let paths = document.paths.paths.keys();
    paths
        .flat_map(|path| {
            methods.iter().filter_map(move |(method, name)| {
                let operation = document.paths.get_path_operation(path, method.clone());
                operation.map(|_| ((*name).to_owned(), path.clone()))
            })
        })
        .collect()
}

fn describe(operation: &mut Operation, access: Access) {
    let either = || vec![scheme("session"), scheme("machine")];
    let (who, security): (Vec<&str>, _) = match access {
        Access::Everyone | Access::Seldom => (vec!["everyone"], None),
        Access::Relay => (vec!["relay"], None),
        Access::Collector => (vec!["collector"], None),
        Access::Account => (vec!["account"], Some(either())),
        Access::Roles(roles) => (roles.iter().map(|role: &Role| role.as_str()).collect(), Some(either())),
    };
    operation.security = security;
    operation.extensions = Some(ExtensionsBuilder::new().add("x-hengping-access", who).build());
    let body = Content::new(Some(RefOr::<utoipa::openapi::Schema>::Ref(Ref::from_schema_name("ProblemBody"))));
    let mut problem = Response::new("A problem document (RFC 9457)");
    problem.content.insert("application/problem+json".to_owned(), RefOr::T(body));
    operation.responses.responses.insert("default".to_owned(), RefOr::T(problem));
}

fn scheme(name: &str) -> SecurityRequirement {
    SecurityRequirement::new::<_, [&str; 0], &str>(name, [])
}
