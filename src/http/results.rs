//! A ratee's own results.
//!
//! Only the person's own released cells are in the answer; what the gate withheld shows as one code for every reason.
//! Deliberately absent: other people, and anything that helps to guess a rater.

use actix_web::web;
use hengping_domain::release::{Cell, Scope};
use serde::Serialize;
use utoipa::ToSchema;

use super::cell::{CellBody, MovedBody};
use super::guard::Caller;
use super::problem::{Problem, Transport, run};
use super::text::TextBody;
use super::withdrawals::WithdrawnBody;
use crate::flow::Site;
use crate::flow::own_result::{self, OwnResult};

/// The one code for every reason why a result is not shown.
const WITHHELD: &str = "insufficient";

/// One item of a result.
#[derive(Debug, Serialize, ToSchema)]
pub struct ItemResultBody {
    /// The item's name in the rubric.
    item: String,
    title: TextBody,
    value: Option<f64>,
    interval: Option<[f64; 2]>,
    /// `insufficient` where no number is shown.
    withheld: Option<&'static str>,
}

/// The period of a result.
#[derive(Debug, Serialize, ToSchema)]
pub struct ResultPeriod {
    id: String,
    title: TextBody,
    /// `pilot` or `regular`.
    kind: &'static str,
}

/// A person's result in one release.
#[derive(Debug, Serialize, ToSchema)]
pub struct OwnResultBody {
    /// Hash of the release.
    release: String,
    period: ResultPeriod,
    direction: &'static str,
    /// Hash of the rubric.
    rubric: String,
    flags: Vec<String>,
    cell: Option<CellBody>,
    /// `insufficient` where no number is shown.
    withheld: Option<&'static str>,
    items: Vec<ItemResultBody>,
    moved: Option<MovedBody>,
    /// Who may see this, in the words both sides signed.
    audience_words: TextBody,
    /// Present when both sides have taken the release back.
    withdrawn: Option<WithdrawnBody>,
}

/// All results of the caller, newest last.
#[derive(Debug, Serialize, ToSchema)]
pub struct MyResultBody {
    results: Vec<OwnResultBody>,
}

fn body(result: OwnResult) -> OwnResultBody {
    let score = |cell: &&Cell| cell.scope == Scope::Person && cell.measure == "score";
    let found = result.cells.iter().find(score).cloned();
    let items = result.rubric.items.iter().map(|item| {
        let measure = format!("item:{}", item.id);
        let cell = result.cells.iter().find(|cell| cell.measure == measure);
        ItemResultBody {
            item: item.id.clone(),
            title: TextBody::from(&item.title),
            value: cell.and_then(|c| c.value),
            interval: cell.and_then(|c| c.interval),
            withheld: cell.is_none().then_some(WITHHELD),
        }
    });
    OwnResultBody {
        items: items.collect(),
        release: result.release.to_string(),
        period: ResultPeriod {
            id: result.period.id.to_string(),
            title: TextBody::from(&result.period.title),
            kind: result.period.kind.as_str(),
        },
        direction: result.direction.as_str(),
        rubric: result.rubric_hash.to_string(),
        flags: found.as_ref().map(|c| c.flags.clone()).unwrap_or_default(),
        withheld: found.is_none().then_some(WITHHELD),
        moved: found.as_ref().and_then(|c| c.moved).map(MovedBody::from),
        cell: found.map(CellBody::from),
        audience_words: TextBody::from(&result.audience_words),
        withdrawn: result.withdrawn.map(WithdrawnBody::from),
    }
}

/// What was released to the caller about the caller.
#[utoipa::path(get, path = "/api/my-result", tag = "results", responses((status = 200, body = MyResultBody)))]
pub async fn mine(site: web::Data<Site>, caller: Caller) -> Result<web::Json<MyResultBody>, Problem> {
    let person = caller.person.clone().ok_or(Transport::Forbidden)?;
    let results = run(move || own_result::own(&site, &person)).await?;
    Ok(web::Json(MyResultBody { results: results.into_iter().map(body).collect() }))
}
