//! Counts with noise (R15) over HTTP: how they look in the catalogue, a release's as a file, and the year's privacy.
//!
//! Everybody who may come gets the same counts. Deliberately absent: why a box has none; it looks like one that declares none.

use actix_web::{HttpResponse, web};
use hengping_domain::digest::Digest;
use hengping_domain::docket::court::Court;
use hengping_domain::noised::{Noised, NoisedTable, within};
use hengping_domain::privacy::{By, NOT_OBSERVED};
use hengping_domain::rubric::{Rubric, Text};
use hengping_domain::stratum::{CaseType, Outcome};
use serde::Serialize;
use utoipa::ToSchema;

use super::documents::parse;
use super::downloads::attachment;
use super::guard::Caller;
use super::problem::{Problem, run};
use super::releases::file;
use super::text::TextBody;
use crate::flow::privacy::{self, Budget, Spending};
use crate::flow::read_setting::Setting;
use crate::flow::{Fault, Site};
use crate::sheet;

/// A count with its noise.
#[derive(Debug, Serialize, ToSchema)]
pub struct NoisedRowBody {
    level: String,
    label: TextBody,
    count: u64,
}

/// A declared table.
#[derive(Debug, Serialize, ToSchema)]
pub struct NoisedTableBody {
    id: String,
    title: TextBody,
    /// In the order of the attribute, never by count.
    rows: Vec<NoisedRowBody>,
    /// How many rows are not told, because with their noise they stay below the minimum.
    below: usize,
}

/// Counts with noise of one box.
#[derive(Debug, Serialize, ToSchema)]
pub struct NoisedBody {
    /// Privacy that all tables of the box spent together.
    epsilon: f64,
    /// Scale of the discrete Laplace noise in every count.
    scale: f64,
    /// By how much a count is off at most, in 95 of 100 draws.
    within: u32,
    /// Most ballots of one rater in a table.
    ballots: u32,
    /// A count below it is not told.
    minimum: u32,
    tables: Vec<NoisedTableBody>,
}

impl NoisedBody {
    /// With the words of the form and the charter that the box came about under.
    pub(super) fn of(noised: &Noised, setting: &Setting) -> Self {
        let table = |table: &NoisedTable| {
            let declared =
                setting.charter.privacy.iter().flat_map(|rules| &rules.counts).find(|one| one.id == table.id);
            NoisedTableBody {
                id: table.id.clone(),
                title: declared.map_or_else(|| TextBody::of((&table.id, &table.id)), |one| TextBody::from(&one.title)),
                below: table.by.levels().len().saturating_sub(table.rows.len()),
                rows: table
                    .rows
                    .iter()
                    .map(|row| NoisedRowBody {
                        level: row.level.clone(),
                        label: label(&table.by, &row.level, &setting.rubric),
                        count: row.count,
                    })
                    .collect(),
            }
        };
        Self {
            epsilon: noised.epsilon,
            scale: noised.scale,
            within: within(noised.scale),
            ballots: noised.ballots,
            minimum: noised.minimum,
            tables: noised.tables.iter().map(table).collect(),
        }
    }
}

/// What a row is called.
fn label(by: &By, level: &str, rubric: &Rubric) -> TextBody {
    let plain = || TextBody::of((level, level));
    match by {
        By::Outcome => level.parse().map_or_else(|_| plain(), |outcome: Outcome| TextBody::of(outcome_words(outcome))),
        By::CaseType => level.parse().map_or_else(|_| plain(), |kind: CaseType| TextBody::of((kind.chinese(), level))),
        By::Court => Court::by_code(level).map_or_else(plain, |court| TextBody::of((court.short, court.english))),
        By::Item(_) if level == NOT_OBSERVED => TextBody::from(&rubric.not_observed),
        By::Item(_) => {
            let held = rubric.scale.iter().find(|each| each.level.to_string() == level);
            let words = held.map(|each| (format!("{level} {}", each.label.zh), format!("{level} {}", each.label.en)));
            words.map_or_else(plain, TextBody::from)
        }
    }
}

/// How a case ended for the lawyer's party, in words.
const fn outcome_words(outcome: Outcome) -> (&'static str, &'static str) {
    match outcome {
        Outcome::For => ("对律师一方有利", "for the lawyer's party"),
        Outcome::Against => ("对律师一方不利", "against the lawyer's party"),
        Outcome::Mixed => ("部分有利或者调解", "in part, or settled"),
        Outcome::None => ("无胜负", "no winner"),
    }
}

/// The counts with noise of a release: columns table, level, count, scale, epsilon.
#[utoipa::path(get, path = "/api/releases/{hash}/counts.csv", tag = "research", params(("hash" = String, Path)), responses((status = 200, body = String, content_type = "text/csv"), (status = 404, body = super::problem::ProblemBody), (status = 409, body = super::problem::ProblemBody)))]
pub async fn csv(site: web::Data<Site>, caller: Caller, hash: web::Path<String>) -> Result<HttpResponse, Problem> {
    let hash: Digest = parse(&hash)?;
    let (release, noised) = run(move || privacy::counts(&site, &caller, hash)).await?;
    let Noised { scale, epsilon, ref tables, .. } = noised;
    let row = |table: &NoisedTable, level: &str, count: u64| {
        [table.id.clone(), level.to_owned(), count.to_string(), scale.to_string(), epsilon.to_string()]
    };
    let rows = tables.iter().flat_map(|table| table.rows.iter().map(move |each| row(table, &each.level, each.count)));
    let bytes = sheet::csv(&["table", "level", "count", "scale", "epsilon"], rows);
    let bytes = bytes.map_err(|error| Problem::from(Fault::new(&error)))?;
    let name = attachment(format_args!("{}-counts", release.ballot_box), "csv");
    Ok(file(bytes, "text/csv; charset=utf-8", &name))
}

/// What one box spent.
#[derive(Debug, Serialize, ToSchema)]
pub struct SpendingBody {
    #[serde(rename = "box")]
    id: String,
    period: String,
    /// Of the period.
    title: TextBody,
    epsilon: f64,
}

/// The privacy of one direction in one calendar year.
#[derive(Debug, Serialize, ToSchema)]
pub struct BudgetBody {
    year: i16,
    direction: &'static str,
    limit: f64,
    spent: f64,
    left: f64,
    /// By box; a researcher does not see, nor have counted here, boxes whose release is not out.
    boxes: Vec<SpendingBody>,
}

/// Thousandths as the number that is meant.
fn whole(thousandths: u32) -> f64 {
    f64::from(thousandths) / 1000.0
}

impl From<Budget> for BudgetBody {
    fn from(Budget { year, direction, limit, lines }: Budget) -> Self {
        let spent = lines.iter().map(|(line, _)| line.epsilon).sum::<u32>();
        let line = |(Spending { ballot_box, epsilon, .. }, title): &(Spending, Text)| SpendingBody {
            id: ballot_box.to_string(),
            period: ballot_box.period.to_string(),
            title: TextBody::from(title),
            epsilon: whole(*epsilon),
        };
        Self {
            year,
            direction: direction.as_str(),
            limit: whole(limit),
            spent: whole(spent),
            left: whole(limit.saturating_sub(spent)),
            boxes: lines.iter().map(line).collect(),
        }
    }
}

/// The ledger of privacy, the latest year first; empty where no charter declares counts.
#[utoipa::path(get, path = "/api/research/budget", tag = "research", responses((status = 200, body = [BudgetBody]), (status = 409, body = super::problem::ProblemBody)))]
pub async fn budget(site: web::Data<Site>, caller: Caller) -> Result<web::Json<Vec<BudgetBody>>, Problem> {
    let found = run(move || privacy::budget(&site, &caller)).await?;
    Ok(web::Json(found.into_iter().map(BudgetBody::from).collect()))
}
