//! Research over HTTP: the terms of data use, the catalogue of released tables, and notices before something is published.
//!
//! Deliberately absent: the tables themselves, which everybody downloads through the door of releases.

use actix_web::{HttpResponse, web};
use garde::Validate;
use hengping_domain::codebook::{COLUMNS, Column};
use hengping_domain::ids::Direction;
use hengping_domain::research::Notice;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::counts::NoisedBody;
use super::guard::Caller;
use super::problem::{Problem, checked, run};
use super::text::{TextBody, field};
use crate::flow::Site;
use crate::flow::research::{self, Entry, Lodged};

/// The terms of data use.
#[derive(Debug, Serialize, ToSchema)]
pub struct DataUseBody {
    hash: String,
    version: u32,
    title: TextBody,
    paragraphs: Vec<TextBody>,
    /// The day on which the caller agreed; null before.
    agreed_on: Option<String>,
}

/// The terms of data use, and whether the caller has agreed to them.
#[utoipa::path(get, path = "/api/research/data-use", tag = "research", responses((status = 200, body = DataUseBody)))]
pub async fn data_use(site: web::Data<Site>, caller: Caller) -> Result<web::Json<DataUseBody>, Problem> {
    let found = run(move || research::terms(&site, &caller.id)).await?;
    Ok(web::Json(DataUseBody {
        hash: found.hash.to_string(),
        version: found.terms.version,
        title: TextBody::from(&found.terms.title),
        paragraphs: found.terms.paragraphs.iter().map(TextBody::from).collect(),
        agreed_on: found.agreed_on.map(|day| day.to_string()),
    }))
}

/// Which terms are agreed to.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AgreeBody {
    /// Hash of the terms that were read.
    #[garde(length(max = 64))]
    hash: String,
}

/// Agrees to the terms of data use.
#[utoipa::path(post, path = "/api/research/data-use", tag = "research", request_body = AgreeBody, responses((status = 204), (status = 409, body = super::problem::ProblemBody)))]
pub async fn agree(site: web::Data<Site>, caller: Caller, body: web::Json<AgreeBody>) -> Result<HttpResponse, Problem> {
    checked(&*body)?;
    let read = field(&body.hash, "hash")?;
    run(move || research::agree(&site, &caller.id, read)).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// A column of a released table.
#[derive(Debug, Serialize, ToSchema)]
pub struct ColumnBody {
    name: &'static str,
    /// `number` or `text`.
    kind: &'static str,
    says: TextBody,
    /// Unit, or the words that it may hold.
    unit: TextBody,
    /// The rule of the charter behind it.
    rule: Option<&'static str>,
    /// What an empty field means.
    missing: TextBody,
}

impl From<&Column> for ColumnBody {
    fn from(column: &Column) -> Self {
        Self {
            name: column.name,
            kind: if column.number { "number" } else { "text" },
            says: TextBody::of(column.says),
            unit: TextBody::of(column.unit),
            rule: column.rule,
            missing: TextBody::of(column.missing),
        }
    }
}

/// What is said of a table once the terms are agreed to.
#[derive(Debug, Serialize, ToSchema)]
pub struct EntryDetail {
    /// Hash of the release: the version of the table.
    release: String,
    /// The day of the second signature.
    released_on: String,
    /// Endings under which it can be downloaded.
    formats: Vec<&'static str>,
    /// How it is cited.
    citation: TextBody,
    /// Hash of the rubric.
    rubric: String,
    /// Counts with noise; null where the box has none.
    counts: Option<NoisedBody>,
}

/// A released table.
#[derive(Debug, Serialize, ToSchema)]
pub struct EntryBody {
    title: TextBody,
    period: String,
    direction: &'static str,
    /// `pilot` or `regular`.
    kind: &'static str,
    /// Null before the terms of data use are agreed to.
    detail: Option<EntryDetail>,
}

/// The catalogue.
#[derive(Debug, Serialize, ToSchema)]
pub struct CatalogueBody {
    /// Whether the caller has agreed to the terms of data use.
    agreed: bool,
    /// By the day of the second signature.
    entries: Vec<EntryBody>,
    /// The columns of every table; empty before the terms are agreed to.
    codebook: Vec<ColumnBody>,
}

/// What a table is called, in both languages.
fn title(entry: &Entry) -> (String, String) {
    let (period, direction) = (&entry.setting.period.title, entry.release.ballot_box.direction);
    let (zh, en) = match direction {
        Direction::BarRatesBench => ("律师评法官公布统计单元", "Lawyers on judges, released cells"),
        Direction::BenchRatesBar => ("法官评律师公布统计单元", "Judges on lawyers, released cells"),
    };
    (format!("{zh} · {}", period.zh), format!("{en}, {}", period.en))
}

/// How a table is cited: who signed it, what it is, when, and which bytes.
fn citation(entry: &Entry) -> (String, String) {
    let ((zh, en), day, hash) = (title(entry), entry.release.day, entry.release.hash);
    let year = day.year();
    (
        format!("法院方、律协方：《{zh}》，衡评，{}年{}月{}日，SHA-256 {hash}。", year, day.month(), day.day()),
        format!("Bench and Bar ({year}). {en}. Hengping, {day}. SHA-256 {hash}."),
    )
}

fn entry(found: &Entry, agreed: bool) -> EntryBody {
    let detail = || EntryDetail {
        release: found.release.hash.to_string(),
        released_on: found.release.day.to_string(),
        formats: found.formats.clone(),
        citation: TextBody::from(citation(found)),
        rubric: found.setting.rubric.id.clone(),
        counts: found.noised.as_ref().map(|noised| NoisedBody::of(noised, &found.setting)),
    };
    EntryBody {
        title: TextBody::from(title(found)),
        period: found.release.ballot_box.period.to_string(),
        direction: found.release.ballot_box.direction.as_str(),
        kind: found.setting.period.kind.as_str(),
        detail: agreed.then(detail),
    }
}

/// The released tables that stand; before the terms of data use are agreed to, their titles only.
#[utoipa::path(get, path = "/api/research/catalogue", tag = "research", responses((status = 200, body = CatalogueBody)))]
pub async fn catalogue(site: web::Data<Site>, caller: Caller) -> Result<web::Json<CatalogueBody>, Problem> {
    let (found, agreed) = run(move || research::catalogue(&site, &caller.id)).await?;
    let codebook = if agreed { COLUMNS.iter().map(ColumnBody::from).collect() } else { Vec::new() };
    let entries = found.iter().map(|each| entry(each, agreed)).collect();
    Ok(web::Json(CatalogueBody { agreed, entries, codebook }))
}

/// A manuscript that is about to be published.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LodgeBody {
    #[garde(length(chars, min = 1, max = 300))]
    title: String,
    /// Hash of the release that it uses.
    #[garde(length(max = 64))]
    release: String,
    /// Where it can be read, `https://..`; this or `file`.
    #[garde(length(chars, max = 300))]
    #[serde(default)]
    link: Option<String>,
    /// SHA-256 of its file, hexadecimal.
    #[garde(length(max = 64))]
    #[serde(default)]
    file: Option<String>,
    /// The day from which both sides can read it, ISO 8601; today or later.
    #[garde(length(max = 16))]
    #[schema(example = "2026-12-01")]
    day: String,
}

/// A notice on record.
#[derive(Debug, Serialize, ToSchema)]
pub struct NoticeBody {
    id: String,
    title: String,
    /// Hash of the release.
    release: String,
    link: Option<String>,
    file: Option<String>,
    /// Name of whoever lodged it.
    by: String,
    /// The day from which both sides can read it.
    day: String,
    /// The first day on which it may be published: the fifteen days are over.
    over_on: String,
}

impl From<Lodged> for NoticeBody {
    fn from(Lodged { id, by, notice }: Lodged) -> Self {
        Self {
            id,
            over_on: notice.over_on().to_string(),
            title: notice.title,
            release: notice.release.to_string(),
            link: notice.link,
            file: notice.file.map(|digest| digest.to_string()),
            by,
            day: notice.day.to_string(),
        }
    }
}

/// Puts a notice on record, so that both sides can read before something is published; neither has a veto.
#[utoipa::path(post, path = "/api/research/notices", tag = "research", request_body = LodgeBody, responses((status = 200, body = NoticeBody), (status = 404, body = super::problem::ProblemBody), (status = 409, body = super::problem::ProblemBody), (status = 422, body = super::problem::ProblemBody)))]
pub async fn lodge(
    site: web::Data<Site>,
    caller: Caller,
    body: web::Json<LodgeBody>,
) -> Result<web::Json<NoticeBody>, Problem> {
    checked(&*body)?;
    let LodgeBody { title, release, link, file, day } = body.into_inner();
    let given = |text: Option<String>| text.filter(|text| !text.trim().is_empty());
    let notice = Notice {
        title,
        release: field(&release, "release")?,
        link: given(link),
        file: given(file).map(|text| field(&text, "file")).transpose()?,
        day: field(&day, "day")?,
    };
    Ok(web::Json(NoticeBody::from(run(move || research::lodge(&site, &caller, notice)).await?)))
}

/// Notices: both sides' coordinators read all, a researcher the own.
#[utoipa::path(get, path = "/api/research/notices", tag = "research", responses((status = 200, body = [NoticeBody])))]
pub async fn notices(site: web::Data<Site>, caller: Caller) -> Result<web::Json<Vec<NoticeBody>>, Problem> {
    let found = run(move || research::notices(&site, &caller)).await?;
    Ok(web::Json(found.into_iter().map(NoticeBody::from).collect()))
}
