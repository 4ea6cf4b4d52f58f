//! Errors as RFC 9457 problem documents with stable codes, in the language the client asks for.
//!
//! The texts are the pages' own, read from `web/src/shared/codes`, so that page and server say the same words.
//! Deliberately absent: causes; a fault shows the id under which the log explains it and nothing else.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::LazyLock;

use actix_web::body::BoxBody;
use actix_web::dev::ServiceResponse;
use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, ResponseError};
use serde::{Deserialize, Serialize};

use crate::flow::{Failure, Fault, Refusal};
use crate::sheet::SheetError;

/// Declares what the HTTP layer itself refuses.
macro_rules! transport {
    ($($(#[$meta:meta])* $variant:ident = $code:literal $status:ident),+ $(,)?) => {
        /// What is refused before any step of `flow` is asked.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Transport { $($(#[$meta])* $variant),+ }

        impl Transport {
            /// Every one of them, in the order of declaration.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The stable code.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self { $(Self::$variant => $code),+ }
            }

            const fn status(self) -> StatusCode {
                match self { $(Self::$variant => StatusCode::$status),+ }
            }
        }
    };
}

transport! {
    /// The route needs a session or a machine token.
    SignInRequired = "sign-in-required" UNAUTHORIZED,
    /// A machine token that is not ours, expired, or of a disabled account.
    TokenRefused = "token-refused" UNAUTHORIZED,
    /// None of the account's roles may do this.
    Forbidden = "forbidden" FORBIDDEN,
    /// A change asked for by a page of another origin.
    ForeignOrigin = "foreign-origin" FORBIDDEN,
    /// A ballot that arrived with a cookie or a token; the box must not learn who casts.
    BoxWithSession = "box-with-session" BAD_REQUEST,
    /// The path has no such method.
    MethodNotAllowed = "method-not-allowed" METHOD_NOT_ALLOWED,
    /// A body, query or path that does not have the documented form.
    InvalidRequest = "invalid-request" BAD_REQUEST,
    /// An uploaded file above [`crate::sheet::MAX_BYTES`].
    TooLarge = "file-too-large" PAYLOAD_TOO_LARGE,
    /// Another body above the limit.
    BodyTooLarge = "body-too-large" PAYLOAD_TOO_LARGE,
    /// A body of another content type.
    UnsupportedMediaType = "unsupported-media-type" UNSUPPORTED_MEDIA_TYPE,
    /// Too many sign-ins from one address.
    TooManyRequests = "too-many-requests" TOO_MANY_REQUESTS,
    /// Other work is in the way.
    Busy = "busy" SERVICE_UNAVAILABLE,
    /// A failure of ours.
    Fault = "fault" INTERNAL_SERVER_ERROR,
}

/// The HTTP status of each refusal of `flow`.
const fn status_of(refusal: Refusal) -> StatusCode {
    match refusal {
        Refusal::SignInRefused => StatusCode::UNAUTHORIZED,
        Refusal::TooManyAttempts => StatusCode::TOO_MANY_REQUESTS,
        Refusal::OtherSide | Refusal::PurposeRefused => StatusCode::FORBIDDEN,
        Refusal::NotFound => StatusCode::NOT_FOUND,
        Refusal::LoginTaken
        | Refusal::Stale
        | Refusal::BatchWaiting
        | Refusal::NotEnrolled
        | Refusal::AgentsNotReady
        | Refusal::AlreadySigned
        | Refusal::NotInForce
        | Refusal::KeysNotReady
        | Refusal::KeysEnrolled
        | Refusal::TooFewBallots
        | Refusal::ExtensionRefused
        | Refusal::ExtensionLate
        | Refusal::CorrectionRefused
        | Refusal::ReleaseCorrected
        | Refusal::ReplyOpen
        | Refusal::FairnessOpen
        | Refusal::FairnessNoted
        | Refusal::NoWindow
        | Refusal::WindowClosed
        | Refusal::ObjectionFiled
        | Refusal::ObjectionDecided
        | Refusal::DecisionLate
        | Refusal::WithdrawalRefused
        | Refusal::DataUseFirst
        | Refusal::ReleaseWithdrawn
        | Refusal::RehearsalOnly
        | Refusal::RelayAway
        | Refusal::CounterpartOpen
        | Refusal::BudgetSpent
        | Refusal::PeriodRefused
        | Refusal::PilotFirst
        | Refusal::PilotFailed
        | Refusal::NoCriteria
        | Refusal::DrawCommitted
        | Refusal::DrawNotReady
        | Refusal::BoxState => StatusCode::CONFLICT,
        Refusal::PasswordLength
        | Refusal::RoleSide
        | Refusal::BatchMalformed
        | Refusal::DocumentMalformed
        | Refusal::SignatureRefused
        | Refusal::TextRefused
        | Refusal::NoticeRefused
        | Refusal::DrawRefused
        | Refusal::DraftForeign
        | Refusal::CountsRefused
        | Refusal::NothingValid => StatusCode::UNPROCESSABLE_ENTITY,
    }
}

/// An answer that is not the one hoped for.
#[derive(Debug, Clone)]
pub struct Problem {
    code: &'static str,
    status: StatusCode,
    /// Boxed, because every handler's result is as large as this and hardly any has details.
    details: Option<Box<Details>>,
}

#[derive(Debug, Clone, Default)]
struct Details {
    note: Option<String>,
    problems: Option<serde_json::Value>,
    header: Option<(header::HeaderName, String)>,
}

/// The body of every answer with a status of 400 or above (RFC 9457).
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ProblemBody {
    /// `/problems/{code}`.
    #[serde(rename = "type")]
    kind: String,
    /// What happened, in the client's language.
    title: &'static str,
    /// The HTTP status again.
    status: u16,
    /// Stable kebab-case code; programs decide by it.
    code: &'static str,
    /// What to do next, with the id of a fault or the place in the request where there is one.
    detail: String,
    /// What is wrong where, when several things are.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<Object>>)]
    problems: Option<serde_json::Value>,
}

impl Problem {
    const fn new(code: &'static str, status: StatusCode) -> Self {
        Self { code, status, details: None }
    }

    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        self.code
    }

    /// The same, with the place in the request or another technical remark.
    #[must_use]
    pub fn noting(mut self, note: impl Into<String>) -> Self {
        self.details.get_or_insert_default().note = Some(note.into());
        self
    }

    /// The same, with a JSON array of what is wrong where.
    #[must_use]
    pub fn listing(mut self, problems: serde_json::Value) -> Self {
        self.details.get_or_insert_default().problems = Some(problems);
        self
    }

    /// 405 with the methods the path has.
    #[must_use]
    pub fn method_not_allowed(allow: &str) -> Self {
        Self::from(Transport::MethodNotAllowed).with_header(header::ALLOW, allow)
    }

    fn with_header(mut self, name: header::HeaderName, value: &str) -> Self {
        self.details.get_or_insert_default().header = Some((name, value.to_owned()));
        self
    }

    /// The response in `language`.
    fn response(&self, language: Language) -> HttpResponse {
        let (title, next) = sentences(self.code, language);
        let details = self.details.as_deref().cloned().unwrap_or_default();
        let detail = details.note.map_or_else(|| next.to_owned(), |note| format!("{next} [{note}]"));
        let body = ProblemBody {
            kind: format!("/problems/{}", self.code),
            title,
            status: self.status.as_u16(),
            code: self.code,
            detail,
            problems: details.problems,
        };
        let mut response = HttpResponse::build(self.status);
        response.insert_header((header::CONTENT_LANGUAGE, language.tag()));
        if let Some((name, value)) = details.header {
            response.insert_header((name, value));
        }
        if self.status == StatusCode::UNAUTHORIZED {
            response.insert_header((header::WWW_AUTHENTICATE, "Bearer"));
        }
        response.insert_header((header::CONTENT_TYPE, "application/problem+json")).json(body)
    }
}

impl From<Transport> for Problem {
    fn from(transport: Transport) -> Self {
        Self::new(transport.code(), transport.status())
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        Self::new(refusal.code(), status_of(refusal))
    }
}

impl From<SheetError> for Problem {
    fn from(error: SheetError) -> Self {
        match error {
            SheetError::TooLarge => Transport::TooLarge.into(),
            other => Self::new(other.as_str(), StatusCode::UNPROCESSABLE_ENTITY),
        }
    }
}

impl From<Fault> for Problem {
    fn from(fault: Fault) -> Self {
        Self::from(Transport::Fault).noting(fault.id())
    }
}

impl From<Failure> for Problem {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Refused(refusal) => refusal.into(),
            Failure::Busy => Self::from(Transport::Busy).with_header(header::RETRY_AFTER, "2"),
            Failure::Fault(fault) => fault.into(),
        }
    }
}

impl From<actix_web::error::BlockingError> for Problem {
    fn from(error: actix_web::error::BlockingError) -> Self {
        Fault::new(&error).into()
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code)
    }
}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        self.status
    }

    /// In the default language; [`speak`] says it again in the client's.
    fn error_response(&self) -> HttpResponse {
        self.response(Language::Chinese)
    }
}

/// Runs a step of `flow` on a thread where it may wait for the database.
///
/// # Errors
/// The step's failure as a problem.
pub async fn run<T: Send + 'static>(step: impl FnOnce() -> Result<T, Failure> + Send + 'static) -> Result<T, Problem> {
    Ok(actix_web::web::block(step).await??)
}

/// Refuses a body whose fields break their rules, naming each.
///
/// # Errors
/// `invalid-request` with one entry `{path, message}` per field.
pub fn checked<T: garde::Validate<Context = ()>>(body: &T) -> Result<(), Problem> {
    body.validate().map_err(|report| {
        let entries: Vec<_> = report
            .iter()
            .map(|(path, error)| serde_json::json!({"path": path.to_string(), "message": error.to_string()}))
            .collect();
        Problem::from(Transport::InvalidRequest).listing(entries.into())
    })
}

/// The languages of the codes' texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// zh-CN, the default.
    Chinese,
    /// en.
    English,
}

impl Language {
    /// The first of the two that Accept-Language names with the greater weight (RFC 9110, 12.5.4).
    #[must_use]
    pub fn of(request: &HttpRequest) -> Self {
        let accepted = request.headers().get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
        Self::best(accepted.unwrap_or_default())
    }

    fn best(accepted: &str) -> Self {
        let weight = |language: &str| {
            accepted
                .split(',')
                .filter_map(|range| {
                    let (tag, parameters) = range.trim().split_once(';').unwrap_or((range.trim(), ""));
                    let weight = parameters.trim().strip_prefix("q=").map_or(Some(1.0), |q| q.parse::<f32>().ok())?;
                    let primary = tag.split('-').next().unwrap_or_default();
                    primary.eq_ignore_ascii_case(language).then_some(weight)
                })
                .fold(0.0_f32, f32::max)
        };
        if weight("en") > weight("zh") { Self::English } else { Self::Chinese }
    }

    const fn tag(self) -> &'static str {
        match self {
            Self::Chinese => "zh-CN",
            Self::English => "en",
        }
    }
}

/// The words for a code: what happened, and what the reader can do next.
#[derive(Debug, Clone, Deserialize)]
pub struct Words {
    /// What happened, one sentence.
    pub what: String,
    /// What to do next, one sentence.
    pub next: String,
}

/// What happened and what to do next. Why a file is refused is said in one sentence, the one of `docs/docket-format.md`.
fn sentences(code: &'static str, language: Language) -> (&'static str, &'static str) {
    match (words_of(code, language), code.parse::<SheetError>()) {
        (Some(words), _) => (&words.what, &words.next),
        (None, Ok(error)) => match (language, error.words()) {
            (Language::Chinese, (sentence, _)) | (Language::English, (_, sentence)) => (sentence, sentence),
        },
        (None, Err(_)) => (code, ""),
    }
}

/// A failure as the command line says it: code, then what happened in English and in Chinese.
#[must_use]
pub fn sentence(failure: &Failure) -> String {
    let (code, note) = match failure {
        Failure::Refused(refusal) => (refusal.code(), String::new()),
        Failure::Busy => (Transport::Busy.code(), String::new()),
        Failure::Fault(fault) => (Transport::Fault.code(), format!(" [{}]", fault.id())),
    };
    let of = |language| sentences(code, language).0;
    format!("[{code}] {} / {}{note}", of(Language::English), of(Language::Chinese))
}

/// The words for a code; `None` where nobody wrote any, which a test finds.
#[must_use]
pub fn words_of(code: &str, language: Language) -> Option<&'static Words> {
    static CHINESE: LazyLock<BTreeMap<String, Words>> =
        LazyLock::new(|| words(include_str!("../../web/src/shared/codes/zh-CN.json")));
    static ENGLISH: LazyLock<BTreeMap<String, Words>> =
        LazyLock::new(|| words(include_str!("../../web/src/shared/codes/en.json")));
    match language {
        Language::Chinese => CHINESE.get(code),
        Language::English => ENGLISH.get(code),
    }
}

fn words(json: &str) -> BTreeMap<String, Words> {
    serde_json::from_str(json).unwrap_or_default()
}

/// Turns whatever error a response carries into a problem in the client's language.
pub(super) fn speak(response: ServiceResponse<BoxBody>, language: Language) -> ServiceResponse<BoxBody> {
    let Some(error) = response.response().error() else { return response };
    let problem = error.as_error::<Problem>().cloned().unwrap_or_else(|| foreign(response.status(), error));
    let (request, _) = response.into_parts();
    ServiceResponse::new(request, problem.response(language))
}

/// An error made by actix or one of its extractors.
fn foreign(status: StatusCode, error: &actix_web::Error) -> Problem {
    match status {
        StatusCode::NOT_FOUND => Refusal::NotFound.into(),
        StatusCode::PAYLOAD_TOO_LARGE => Transport::BodyTooLarge.into(),
        StatusCode::UNSUPPORTED_MEDIA_TYPE => Transport::UnsupportedMediaType.into(),
        StatusCode::METHOD_NOT_ALLOWED => Transport::MethodNotAllowed.into(),
        status if status.is_client_error() => Problem::from(Transport::InvalidRequest).noting(error.to_string()),
        _ => Fault::new(error).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_language_follows_the_weights_and_is_chinese_otherwise() {
        for (accepted, expected) in [
            ("", Language::Chinese),
            ("en", Language::English),
            ("en-GB,en;q=0.9", Language::English),
            ("zh-CN,zh;q=0.9,en;q=0.8", Language::Chinese),
            ("en;q=0.3, zh;q=0.7", Language::Chinese),
            ("EN;q=0.7, zh-Hans;q=0.3", Language::English),
            ("de, fr;q=0.5", Language::Chinese),
            ("en;q=x", Language::Chinese),
            ("english", Language::Chinese),
        ] {
            assert_eq!(Language::best(accepted), expected, "{accepted}");
        }
    }

    #[test]
    fn a_file_that_is_too_large_has_one_limit_and_one_message() {
        let (zh, en) = SheetError::TooLarge.words();
        let said = |language, space: &str| {
            let words = words_of(Transport::TooLarge.code(), language).expect("words");
            format!("{}{space}{}", words.what, words.next)
        };
        assert_eq!((zh, en), (&*said(Language::Chinese, ""), &*said(Language::English, " ")));
        let limit = format!("{} MB", crate::sheet::MAX_BYTES >> 20);
        assert!(zh.contains(&limit) && en.contains(&limit));
    }

    #[test]
    fn a_failed_step_is_a_sentence_and_not_a_code_alone() {
        let said = crate::opening::OpeningFailure::from(Failure::Refused(Refusal::CounterpartOpen)).to_string();
        assert!(
            said.starts_with("[counterpart-open] The box of the other direction is still open. / 同一周期"),
            "{said}"
        );
        assert!(sentence(&Failure::Busy).starts_with("[busy] The platform is busy."));
    }

    #[test]
    fn codes_are_kebab_case_and_each_has_one_meaning() {
        let mut codes: Vec<_> = Refusal::ALL.iter().map(|refusal| refusal.code()).collect();
        codes.extend(Transport::ALL.iter().map(|transport| transport.code()));
        let kebab =
            |code: &&str| code.split('-').all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase()));
        assert!(codes.iter().all(kebab), "{codes:?}");
        let count = codes.len();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), count);
    }
}
