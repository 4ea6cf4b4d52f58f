//! The rules, one small pure function each, and the order in which they are asked.
//! Invariant: a rule sees structure, thresholds and context; none sees a value.
//! Absent on purpose: R8's fixpoint (`suppression`) and the printing of R7 (`print`).

mod batch;
mod coalition;
mod comparability;
mod cover;
mod differencing;
mod minimum;
mod parts;
mod pilot;
mod precision;
mod reliability;
mod response;
mod strata;
mod tier;
mod two_way;
mod unit;

pub use batch::batch;
pub use coalition::coalition;
pub use comparability::comparability;
pub use cover::cover;
pub use differencing::{differencing, lost_few};
pub use minimum::minimum;
pub use parts::parts;
pub use pilot::pilot;
pub use precision::{coarser, precision, step};
pub use reliability::reliability;
pub use response::response;
pub use strata::strata;
pub use tier::tiers;
pub use two_way::two_way;
pub use unit::raters;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Candidate, Context};

/// Number of a rule in the charter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum Rule {
    /// A rater counts once.
    R1,
    /// Minimum number of raters.
    R2,
    /// Minimum batch.
    R3,
    /// Cover.
    R4,
    /// Coalition.
    R5,
    /// Precision.
    R7,
    /// Complement.
    R8,
    /// Attack audit.
    R9,
    /// Differencing.
    R10,
    /// Strata.
    R11,
    /// No extremes.
    R12,
    /// Pilot.
    R13,
    /// Both directions closed.
    R14,
    /// Reliability.
    R17,
    /// Comparability.
    R18,
    /// Response.
    R23,
}

/// A word that goes with a published value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Flag {
    /// 试运行.
    Pilot,
    /// 初步结果: reliability between the two thresholds.
    Provisional,
    /// 不低于: the value is a lower bound.
    AtLeast,
    /// 不高于: the value is an upper bound.
    AtMost,
    /// The raw mean is a lower bound.
    RawAtLeast,
    /// The raw mean is an upper bound.
    RawAtMost,
    /// 不可比: outside the largest part that raters tie together.
    Apart,
}

/// A number that explains a verdict to the two sides; counts and shares only as bands.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Number {
    /// A threshold that is a count.
    Count(u32),
    /// A threshold that is a share or a number of scale points.
    Share(f64),
    /// Where the cell stands, as a band.
    Band(String),
}

/// Why a verdict came about, for the two sides.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Reason {
    /// Stable kebab-case code.
    pub code: &'static str,
    /// Thresholds and bands.
    pub numbers: BTreeMap<&'static str, Number>,
}

impl Reason {
    /// A reason without numbers.
    pub fn new(code: &'static str) -> Self {
        Self { code, numbers: BTreeMap::new() }
    }

    /// Adds a number.
    #[must_use]
    pub fn with(mut self, name: &'static str, number: Number) -> Self {
        self.numbers.insert(name, number);
        self
    }
}

/// What a rule says about a cell.
#[derive(Debug, Clone, PartialEq)]
pub enum Finding {
    /// The rule does not concern the cell.
    Silent,
    /// The cell satisfies the rule.
    Pass,
    /// It may leave, with a word.
    Flag(Flag),
    /// It stays.
    Hide(Reason),
}

/// Every rule's finding on one cell. The order decides which reason is named first: what concerns
/// the whole box before what concerns the cell.
pub fn all(cell: &Candidate, context: &Context) -> Vec<(Rule, Finding)> {
    let structure = &cell.structure;
    vec![
        (Rule::R14, two_way(context)),
        (Rule::R3, batch(context)),
        (Rule::R23, response(structure, context)),
        (Rule::R10, differencing(structure, context)),
        (Rule::R13, pilot(structure, context)),
        (Rule::R2, minimum(structure, context)),
        (Rule::R4, cover(structure, context)),
        (Rule::R5, coalition(structure, context)),
        (Rule::R11, strata(structure, context)),
        (Rule::R7, precision(structure, context)),
        (Rule::R17, reliability(structure, context)),
        (Rule::R18, comparability(structure, context)),
        (Rule::R8, parts(structure)),
    ]
}
