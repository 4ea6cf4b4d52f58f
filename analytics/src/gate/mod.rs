//! The gate: decides for every cell whether it may leave, and is the only maker of [`Released`].
//! Invariant: a pure function of cells and context with no switch to skip it; a withheld cell
//! carries no value; suppression depends on structure, never on values, but for what the attack audit (R9) takes away.
//! Absent on purpose: the privacy budget (R15), which comes with its own inputs.

mod attack;
mod cell;
mod charter;
mod comparison;
mod earlier;
mod fairness;
mod ground;
mod parameters;
mod print;
mod produce;
mod released;
mod report;
pub mod rules;
mod spread;
mod suppression;

pub use cell::{Audience, Audited, Candidate, Content, Key, Measure, Range, Scope, Structure};
pub use charter::{Coalition, Context, Cover, Minimum, Precision, Reliability, Thresholds, Void};
pub use comparison::{Comparisons, Gap, Pair, Standing, Why, comparisons};
pub use earlier::{Told, earlier};
pub use parameters::{Printed, parameters};
pub use print::{Values, band, n_band};
pub use produce::candidates;
pub use released::{Released, Row};
pub use report::{Bin, ItemLine, ItemNumbers, ItemReport, PrintedLayers, PrintedLinks, item_report};
pub use rules::{Finding, Flag, Reason, Rule};
pub use spread::{Group, Spread, spread};
pub use suppression::{Margin, margins, suppress};

use std::collections::BTreeMap;

use serde::Serialize;

use crate::score::Tier;

/// 公布审查意见 on one cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Leaves as it is.
    Publish,
    /// Leaves with its flags.
    PublishFlagged,
    /// 未达公布条件: stays, without a value.
    Withhold,
}

/// A cell with its verdict.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Judged {
    /// Unique id, see [`Key::id`].
    pub id: String,
    /// What the cell is about.
    #[serde(flatten)]
    pub key: Key,
    /// The decision.
    pub verdict: Verdict,
    /// Words that go with a published value.
    pub flags: Vec<Flag>,
    /// Withheld: the rules that hid it. Flagged: the rules that flagged it. Published: the rules it passed.
    pub rules: Vec<Rule>,
    /// For the two sides only.
    pub reason: Reason,
    /// What leaves; absent from a withheld cell.
    #[serde(flatten)]
    pub values: Option<Released<Values>>,
}

impl Judged {
    /// The cell as figures and tables take it; `None` when withheld.
    pub fn released(&self) -> Option<Released<Row>> {
        self.values.as_ref().map(|values| {
            Released::seal(Row { key: self.key.clone(), flags: self.flags.clone(), values: values.get().clone() })
        })
    }
}

/// Judges all candidates of one box; the result is in the order of [`Key`].
pub fn gate(candidates: &[Candidate], context: &Context) -> Vec<Judged> {
    let mut cells: Vec<&Candidate> = candidates.iter().collect();
    cells.sort_by(|one, other| one.structure.key.cmp(&other.structure.key));
    let structures: Vec<&Structure> = cells.iter().map(|c| &c.structure).collect();
    let findings: Vec<Vec<(Rule, Finding)>> = cells.iter().map(|cell| rules::all(cell, context)).collect();
    let primary: Vec<bool> =
        findings.iter().map(|list| list.iter().any(|(_, f)| matches!(f, Finding::Hide(_)))).collect();
    let margins = margins(&structures);
    let again = |hidden: &[bool]| suppress(&structures, &margins, hidden);
    let (audit, hidden) = attack::audit(&cells, again(&primary), context, again);
    let tiers = rules::tiers(&cells, &hidden, context);
    cells
        .iter()
        .zip(findings)
        .enumerate()
        .map(|(index, (cell, mut list))| {
            if audit.hidden[index] {
                list.push((Rule::R9, Finding::Hide(Reason::new("tells-a-hidden-part"))));
            } else if hidden[index] && !primary[index] {
                list.push((Rule::R8, Finding::Hide(Reason::new("complement"))));
            }
            judge(cell, list, audit.steps[index], &tiers, context)
        })
        .collect()
}

fn judge(
    cell: &Candidate,
    findings: Vec<(Rule, Finding)>,
    least: f64,
    tiers: &BTreeMap<Tier, bool>,
    context: &Context,
) -> Judged {
    let key = cell.structure.key.clone();
    let judged = |verdict, flags: Vec<Flag>, rules: Vec<Rule>, reason, values: Option<Values>| Judged {
        id: key.id(),
        key: key.clone(),
        verdict,
        flags,
        rules,
        reason,
        values: values.map(Released::seal),
    };
    let mut hides: Vec<(Rule, Reason)> = Vec::new();
    let (mut flags, mut flagged, mut passed) = (Vec::new(), Vec::new(), Vec::new());
    for (rule, finding) in findings {
        match finding {
            Finding::Hide(reason) => hides.push((rule, reason)),
            Finding::Flag(flag) => {
                flags.push(flag);
                flagged.push(rule);
            }
            Finding::Pass => passed.push(rule),
            Finding::Silent => {}
        }
    }
    let content = cell.content.as_ref();
    let printed = content.and_then(|content| print::print(&cell.structure, content, tiers, context, least));
    let (Some((values, bounds)), None) = (printed, hides.first()) else {
        let reason = hides.first().map_or_else(|| Reason::new("no-estimate"), |(_, reason)| reason.clone());
        let mut rules: Vec<Rule> = hides.into_iter().map(|(rule, _)| rule).collect();
        if rules.is_empty() {
            rules.push(Rule::R17);
        }
        return judged(Verdict::Withhold, Vec::new(), rules, reason, None);
    };
    if least > 0.0 {
        passed.push(Rule::R9);
    }
    if !bounds.is_empty() {
        flags.extend(bounds);
        flagged.push(Rule::R7);
        passed.retain(|rule| *rule != Rule::R7);
    }
    flags.sort();
    if flags.is_empty() {
        judged(Verdict::Publish, flags, passed, Reason::new("met"), Some(values))
    } else {
        flagged.sort();
        judged(Verdict::PublishFlagged, flags, flagged, Reason::new("flagged"), Some(values))
    }
}
