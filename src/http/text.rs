//! Small shapes that several answers and requests share: text in two languages, signatures, courts, fields of one word.
//!
//! Deliberately absent: anything that belongs to one noun only.

use hengping_domain::docket::Court;
use hengping_domain::rubric::Text;
use serde::Serialize;
use utoipa::ToSchema;

use super::problem::{Problem, Transport};
use crate::flow::documents::Signed;

/// A field of a request's body that has a form of its own, such as a day, a hash or one of several words.
///
/// # Errors
/// [`Transport::InvalidRequest`] with the name of the field.
pub(super) fn field<T: std::str::FromStr>(text: &str, name: &str) -> Result<T, Problem> {
    text.parse().map_err(|_| Problem::from(Transport::InvalidRequest).noting(name))
}

/// Text in both languages.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct TextBody {
    /// Chinese, binding.
    zh: String,
    /// English.
    en: String,
}

impl TextBody {
    /// Words that the program itself says.
    #[must_use]
    pub fn of((zh, en): (&str, &str)) -> Self {
        Self { zh: zh.to_owned(), en: en.to_owned() }
    }
}

impl From<(String, String)> for TextBody {
    fn from((zh, en): (String, String)) -> Self {
        Self { zh, en }
    }
}

impl From<&Text> for TextBody {
    fn from(text: &Text) -> Self {
        Self { zh: text.zh.clone(), en: text.en.clone() }
    }
}

/// One side's signature.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SignatureBody {
    /// `bench` or `bar`.
    #[schema(example = "bar")]
    side: &'static str,
    /// Ed25519 public key, base64url.
    key: String,
    /// Ed25519 signature, base64url.
    signature: String,
    /// The day, ISO 8601.
    signed_on: String,
}

impl From<&Signed> for SignatureBody {
    fn from(signed: &Signed) -> Self {
        let s = &signed.signature;
        Self {
            side: s.side.as_str(),
            key: s.key.to_string(),
            signature: s.signature.to_string(),
            signed_on: signed.day.to_string(),
        }
    }
}

/// What a side's agent said, with its signature; only for the API document, answers carry the statement itself.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SignedBody {
    /// `{v, kind, box, side, ..}`, see docs/protocol.md.
    #[schema(value_type = Object)]
    statement: serde_json::Value,
    /// Ed25519 by the agent's key over the digest of the statement, base64url.
    signature: String,
}

/// A court.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct CourtBody {
    /// The code used in case numbers.
    #[schema(example = "鲁0202")]
    code: String,
    /// Full name.
    name: String,
    /// Short name.
    short: String,
}

impl CourtBody {
    /// The court of a code; a code that is no longer known stands for itself.
    #[must_use]
    pub fn of(code: &str) -> Self {
        let court = Court::by_code(code);
        Self {
            code: code.to_owned(),
            name: court.map_or(code, |c| c.name).to_owned(),
            short: court.map_or(code, |c| c.short).to_owned(),
        }
    }
}
