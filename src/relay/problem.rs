//! What a device hears when its ballot is not stored: RFC 9457 with a stable code and the pages' own words.
//!
//! At the box there is one answer for everything that does not fit. Deliberately absent: details.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::LazyLock;

use actix_web::http::{StatusCode, header};
use actix_web::{HttpResponse, ResponseError};
use hengping_domain::cast::CastError;
use serde::Deserialize;
use serde_json::json;

/// An answer that is not the one hoped for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Problem {
    /// Unknown or closed box, last day over, a number that is used, a signature that does not hold.
    CastRefused,
    /// Another size or suite.
    EnvelopeMalformed,
    /// A cookie or a token came along.
    BoxWithSession,
    /// A page of an origin that is not ours.
    ForeignOrigin,
    /// No JSON of the documented form.
    InvalidRequest,
    /// Above 16 KiB.
    BodyTooLarge,
    /// Not `application/json`.
    UnsupportedMediaType,
    /// `POST` and `OPTIONS` only.
    MethodNotAllowed,
    /// There is nothing but the box.
    NotFound,
    /// Too many from one address.
    TooManyRequests,
    /// Full, or the platform has not said yet whether the box is open.
    Busy,
}

impl Problem {
    const fn code(self) -> &'static str {
        match self {
            Self::CastRefused => "cast-refused",
            Self::EnvelopeMalformed => "envelope-malformed",
            Self::BoxWithSession => "box-with-session",
            Self::ForeignOrigin => "foreign-origin",
            Self::InvalidRequest => "invalid-request",
            Self::BodyTooLarge => "body-too-large",
            Self::UnsupportedMediaType => "unsupported-media-type",
            Self::MethodNotAllowed => "method-not-allowed",
            Self::NotFound => "not-found",
            Self::TooManyRequests => "too-many-requests",
            Self::Busy => "busy",
        }
    }

    const fn status(self) -> StatusCode {
        match self {
            Self::CastRefused => StatusCode::CONFLICT,
            Self::EnvelopeMalformed => StatusCode::UNPROCESSABLE_ENTITY,
            Self::BoxWithSession | Self::InvalidRequest => StatusCode::BAD_REQUEST,
            Self::ForeignOrigin => StatusCode::FORBIDDEN,
            Self::BodyTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::TooManyRequests => StatusCode::TOO_MANY_REQUESTS,
            Self::Busy => StatusCode::SERVICE_UNAVAILABLE,
        }
    }
}

impl From<CastError> for Problem {
    fn from(error: CastError) -> Self {
        match error {
            CastError::Malformed => Self::EnvelopeMalformed,
            CastError::Refused => Self::CastRefused,
        }
    }
}

#[derive(Debug, Deserialize)]
struct Words {
    what: String,
    next: String,
}

/// Both languages at once: the relay asks nothing about its reader.
static WORDS: LazyLock<BTreeMap<String, (String, String)>> = LazyLock::new(|| {
    let read = |text| serde_json::from_str::<BTreeMap<String, Words>>(text).unwrap_or_default();
    let mut english = read(include_str!("../../web/src/shared/codes/en.json"));
    let both = |(code, zh): (String, Words)| {
        let en = english.remove(&code)?;
        Some((code, (format!("{} / {}", zh.what, en.what), format!("{} / {}", zh.next, en.next))))
    };
    read(include_str!("../../web/src/shared/codes/zh-CN.json")).into_iter().filter_map(both).collect()
});

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        self.status()
    }

    fn error_response(&self) -> HttpResponse {
        let (code, status) = (self.code(), self.status());
        let (title, detail) = WORDS.get(code).map_or((code, ""), |(what, next)| (what, next));
        let mut response = HttpResponse::build(status);
        match self {
            Self::Busy => drop(response.insert_header((header::RETRY_AFTER, "2"))),
            Self::MethodNotAllowed => drop(response.insert_header((header::ALLOW, "POST, OPTIONS"))),
            _ => {}
        }
        response.insert_header((header::CONTENT_TYPE, "application/problem+json")).json(json!({
            "type": format!("/problems/{code}"), "title": title, "status": status.as_u16(), "code": code, "detail": detail,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_words_in_both_languages() {
        use Problem as P;
        let all = [
            P::CastRefused,
            P::EnvelopeMalformed,
            P::BoxWithSession,
            P::ForeignOrigin,
            P::InvalidRequest,
            P::BodyTooLarge,
            P::UnsupportedMediaType,
            P::MethodNotAllowed,
            P::NotFound,
            P::TooManyRequests,
            P::Busy,
        ];
        for problem in all {
            assert!(WORDS.contains_key(problem.code()), "{problem}");
        }
    }
}
