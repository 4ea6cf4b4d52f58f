//! How a cell looks in answers.
//!
//! A cell that reaches this place was cut for its reader already. Deliberately absent: any order by value.

use std::collections::BTreeMap;

use hengping_domain::release::{Cell, Moved};
use serde::Serialize;
use utoipa::ToSchema;

/// Why the gate decided so; for officers of the two sides.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ReasonBody {
    /// Stable code.
    code: String,
    /// The numbers the rule used.
    #[schema(value_type = Object)]
    numbers: BTreeMap<String, serde_json::Value>,
}

/// What moved a result away from the raw mean, in scale points.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct MovedBody {
    /// Severity of the raters.
    severity: f64,
    /// Outcomes of the cases.
    outcome: f64,
}

impl From<Moved> for MovedBody {
    fn from(moved: Moved) -> Self {
        Self { severity: moved.severity, outcome: moved.outcome }
    }
}

/// 统计单元.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct CellBody {
    id: String,
    /// `system`, `court`, `person` or `home_court`.
    scope: &'static str,
    /// `city`, a court code or a ratee.
    subject: String,
    /// `score`, `item:{id}`, ...
    measure: String,
    /// `self`, `sides` or `public`.
    audience: &'static str,
    /// `publish`, `publish_flagged` or `withhold`.
    verdict: &'static str,
    /// `pilot`, `provisional`, `at_least`, `at_most`, `raw_at_least`, `raw_at_most`, `apart`.
    flags: Vec<String>,
    /// The rules that decided.
    rules: Vec<String>,
    reason: Option<ReasonBody>,
    n_band: Option<String>,
    /// Rounded; null where there is a band instead.
    value: Option<f64>,
    /// A share of invitations, known as a band only: `0.40-0.45`.
    band: Option<String>,
    /// Rounding step of every number here.
    step: Option<f64>,
    interval: Option<[f64; 2]>,
    raw: Option<f64>,
    reliability_band: Option<String>,
    /// `above`, `similar`, `below` or `not_distinguishable`.
    tier: Option<String>,
    moved: Option<MovedBody>,
    /// What the person says beside the own result; on the score of a person whose value is shown.
    statement: Option<String>,
}

impl From<Cell> for CellBody {
    fn from(cell: Cell) -> Self {
        let band = cell.band();
        Self {
            id: cell.id,
            scope: cell.scope.as_str(),
            subject: cell.subject,
            measure: cell.measure,
            audience: cell.audience.as_str(),
            verdict: cell.verdict.as_str(),
            flags: cell.flags,
            rules: cell.rules,
            reason: cell.reason.map(|r| ReasonBody { code: r.code, numbers: r.numbers }),
            n_band: cell.n_band,
            value: cell.value.filter(|_| band.is_none()),
            band,
            step: cell.step,
            interval: cell.interval,
            raw: cell.raw,
            reliability_band: cell.reliability_band,
            tier: cell.tier,
            moved: cell.moved.map(MovedBody::from),
            statement: None,
        }
    }
}

impl CellBody {
    /// A cell with what the person whom it is about says beside it; such words go with the score alone.
    #[must_use]
    pub fn beside(cell: Cell, statements: &BTreeMap<String, String>) -> Self {
        let statement = if cell.takes_statement() { statements.get(&cell.subject).cloned() } else { None };
        Self { statement, ..Self::from(cell) }
    }
}
