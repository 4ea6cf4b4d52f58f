//! The pages: files built by `web/`, read from `web/dist` in a development build and carried in the program otherwise.
//!
//! Navigations find the page of their entry, files with a hash in their name are kept for a year, the rest is asked for
//! again each time. Deliberately absent: a listing of files, and pages made by the server, except the one that says that
//! no pages were built.

use actix_web::http::{Method, header};
use actix_web::{HttpRequest, HttpResponse};
use hengping_domain::digest::{Digest, encode_base64url};
use rust_embed::{EmbeddedFile, RustEmbed};

use super::problem::Problem;
use crate::flow::Refusal;

#[derive(RustEmbed)]
#[folder = "web/dist"]
#[allow_missing = true]
struct Dist;

const DESK: &str = "index.html";
const RATER: &str = "r/index.html";
const UNBUILT: &str = "<!doctype html><html lang=\"zh-CN\"><meta charset=\"utf-8\"><title>衡评 Hengping</title>\
    <p>页面尚未构建。请先运行 <code>npm --prefix web ci</code> 和 <code>npm --prefix web run build</code>，然后刷新。</p>\
    <p lang=\"en\">The pages have not been built. Run <code>npm --prefix web ci</code> and \
    <code>npm --prefix web run build</code>, then reload.</p></html>";

/// Digest over the names and digests of all pages: what a manifest says its ballots were sealed by.
#[must_use]
pub fn digest() -> Digest {
    let mut names: Vec<_> = Dist::iter().collect();
    names.sort_unstable();
    let file = |name: &str| Dist::get(name).map(|file| format!("{} {name}\n", Digest(file.metadata.sha256_hash())));
    let listed: String = names.iter().filter_map(|name| file(name)).collect();
    Digest::of(&[listed.as_bytes()])
}

/// Answers whatever has no line in the table: a file, a page, or not found.
pub(super) async fn pages(request: HttpRequest) -> Result<HttpResponse, Problem> {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return Err(Refusal::NotFound.into());
    }
    let path = request.path().trim_start_matches('/');
    let name = match path {
        "" => DESK,
        "r" | "r/" => RATER,
        path => path,
    };
    match Dist::get(name) {
        Some(file) => Ok(send(&request, name, file)),
        None if is_navigation(&request, path) => Ok(page(&request, if path.starts_with("r/") { RATER } else { DESK })),
        None => Err(Refusal::NotFound.into()),
    }
}

/// A browser going to an address, not a program or a page asking for a file.
fn is_navigation(request: &HttpRequest, path: &str) -> bool {
    let last = path.rsplit('/').next().unwrap_or_default();
    let html = request.headers().get(header::ACCEPT).and_then(|value| value.to_str().ok());
    let ours = !["api", "box", "assets"].iter().any(|first| path.split('/').next() == Some(first));
    ours && !last.contains('.') && html.is_some_and(|accepted| accepted.contains("text/html"))
}

fn page(request: &HttpRequest, name: &str) -> HttpResponse {
    match Dist::get(name) {
        Some(file) => send(request, name, file),
        None => HttpResponse::ServiceUnavailable().content_type("text/html; charset=utf-8").body(UNBUILT),
    }
}

fn send(request: &HttpRequest, name: &str, file: EmbeddedFile) -> HttpResponse {
    let tag = format!("\"{}\"", encode_base64url(&file.metadata.sha256_hash()));
    let kept = if is_hashed(name) { "public, max-age=31536000, immutable" } else { "no-cache" };
    let known = request.headers().get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    if known.is_some_and(|known| known.split(',').any(|one| one.trim().trim_start_matches("W/") == tag)) {
        // The type decides over the policy that goes along, and a browser lets a 304 replace the policy it has kept.
        return HttpResponse::NotModified()
            .content_type(kind(name))
            .insert_header((header::ETAG, tag))
            .insert_header((header::CACHE_CONTROL, kept))
            .finish();
    }
    HttpResponse::Ok()
        .content_type(kind(name))
        .insert_header((header::ETAG, tag))
        .insert_header((header::CACHE_CONTROL, kept))
        .insert_header((header::VARY, "accept-encoding"))
        .body(file.data.into_owned())
}

fn kind(name: &str) -> String {
    let kind = mime_guess::from_path(name).first_or_octet_stream();
    let text = kind.type_() == "text" || matches!(kind.subtype().as_str(), "javascript" | "json");
    if text { format!("{}; charset=utf-8", kind.essence_str()) } else { kind.essence_str().to_owned() }
}

/// Vite names what it builds `assets/NAME-HASH.EXT` with eight characters of hash.
fn is_hashed(name: &str) -> bool {
    let built = name.strip_prefix("assets/").and_then(|file| file.rsplit_once('.')).map(|(stem, _)| stem);
    let hash = built.and_then(|stem| stem.len().checked_sub(9).and_then(|at| stem.get(at..)));
    hash.and_then(|end| end.strip_prefix('-'))
        .is_some_and(|hash| hash.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_files_with_a_hash_are_kept() {
        for (name, kept) in [
            ("assets/index-B1x2Y_z-.js", true),
            ("assets/rater-DiwrgTda.css", true),
            ("assets/mark.svg", false),
            ("assets/-B1x2Y_z-.js", true),
            ("assets/short-B1.js", false),
            ("index.html", false),
            ("r/index-DiwrgTda.html", false),
            ("assets/汉字汉字汉.js", false),
        ] {
            assert_eq!(is_hashed(name), kept, "{name}");
        }
    }

    #[test]
    fn files_have_the_types_browsers_insist_on() {
        assert_eq!(kind("assets/a.js"), "text/javascript; charset=utf-8");
        assert_eq!(kind("a.css"), "text/css; charset=utf-8");
        assert_eq!(kind("index.html"), "text/html; charset=utf-8");
        assert_eq!(kind("a.svg"), "image/svg+xml");
        assert_eq!(kind("a.woff2"), "font/woff2");
    }
}
