//! Plain findings about the questions, as codes with numbers.
//! Invariant: made from the released report alone, so a finding tells nothing that the report does
//! not; items stand in the order of the form. Absent on purpose: sentences, and advice.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::gate::{ItemNumbers, ItemReport, Released};

/// Correlation from which two questions hardly ask two things (Brown 2006: above .85 two factors
/// are poorly told apart).
const SAME: f64 = 0.85;
/// Mean correlation from which a form measures one general impression. Reference: the judges'
/// survey of Iowa 2018 averages .81.
const HALO: f64 = 0.7;
/// Least correlation with the other items (Nunnally and Bernstein 1994).
const WEAK: f64 = 0.3;
/// Share of level 5 from which a question tells good from very good no more.
const CEILING: f64 = 0.8;
/// Share of 未观察到 from which a question asks what raters do not see.
const UNSEEN: f64 = 0.3;
/// Eigenvalue from which a second dimension counts (Kaiser 1960).
const SECOND: f64 = 1.0;
/// Ballots for a reliability of .7 beyond which a question does not tell ratees apart.
const MANY: u32 = 50;

/// A finding.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Fact {
    /// Stable kebab-case code.
    pub code: &'static str,
    /// Items it is about; none for the form as a whole.
    pub items: Vec<String>,
    /// Printed numbers it rests on.
    pub numbers: BTreeMap<&'static str, f64>,
}

impl Fact {
    fn new(code: &'static str, items: &[&str], numbers: &[(&'static str, f64)]) -> Self {
        let items = items.iter().map(|&id| id.to_owned()).collect();
        Self { code, items, numbers: numbers.iter().copied().collect() }
    }
}

/// All findings, the form's first.
pub fn findings(report: &Released<ItemReport>) -> Vec<Fact> {
    let report = report.get();
    let mut facts = form(report);
    for (k, line) in report.items.iter().enumerate() {
        for (l, other) in report.items.iter().enumerate().skip(k + 1) {
            if let Some(r) = report.correlation[k][l].filter(|r| *r >= SAME) {
                facts.push(Fact::new("nearly-same-question", &[&line.id, &other.id], &[("correlation", r)]));
            }
        }
    }
    for line in &report.items {
        match &line.numbers {
            None => facts.push(Fact::new("too-few-answers", &[&line.id], &[])),
            Some(numbers) => item(&line.id, numbers, report, &mut facts),
        }
    }
    facts
}

fn form(report: &ItemReport) -> Vec<Fact> {
    let mut facts = Vec::new();
    let above: Vec<f64> =
        report.correlation.iter().enumerate().flat_map(|(k, row)| row[k + 1..].iter().flatten().copied()).collect();
    let mean = above.iter().sum::<f64>() / above.len() as f64;
    // One pair is a pair, not a general impression.
    if above.len() > 1 && mean >= HALO {
        let step = report.correlation_step;
        facts.push(Fact::new("general-impression", &[], &[("correlation", (mean / step).round() * step)]));
    }
    if let Some([_, second, ..]) =
        report.eigenvalues.as_deref().filter(|values| values.iter().skip(1).any(|v| *v > SECOND))
    {
        facts.push(Fact::new("more-than-one-dimension", &[], &[("eigenvalue", *second)]));
    }
    match report.ballots_needed {
        [Some(seven), Some(eight)] => facts.push(Fact::new(
            "ballots-needed",
            &[],
            &[("reliability-70", f64::from(seven)), ("reliability-80", f64::from(eight))],
        )),
        _ => facts.push(Fact::new("ratees-not-told-apart", &[], &[("ratee-variance", report.variances.ratee)])),
    }
    facts
}

fn item(id: &str, numbers: &ItemNumbers, report: &ItemReport, facts: &mut Vec<Fact>) {
    let mut add = |code, numbers: &[(&'static str, f64)]| facts.push(Fact::new(code, &[id], numbers));
    if let Some([low, _]) = numbers.ceiling.filter(|[low, _]| *low >= CEILING - 1e-9) {
        add("ceiling", &[("at-least", low)]);
    }
    if let Some([low, _]) = numbers.not_observed.filter(|[low, _]| *low >= UNSEEN - 1e-9) {
        add("rarely-observed", &[("at-least", low)]);
    }
    if let Some(bins) = numbers.bins.as_ref().filter(|bins| bins.len() < 3) {
        add("few-levels-used", &[("bins", bins.len() as f64)]);
    }
    if let Some(rest) = numbers.rest.filter(|rest| *rest < WEAK) {
        add("weak-item", &[("item-rest", rest)]);
    }
    if let (Some(without), Some(alpha)) = (numbers.alpha_without, report.alpha) {
        // One step is the least difference that can be told.
        if without >= alpha + report.correlation_step - 1e-9 {
            add("alpha-rises-without", &[("alpha", alpha), ("alpha-without", without)]);
        }
    }
    if let Some(variances) = &numbers.variances {
        match numbers.ballots[0] {
            None => add("item-tells-nobody-apart", &[("ratee-variance", variances.ratee)]),
            Some(ballots) if ballots > MANY => add("item-needs-many-ballots", &[("ballots", f64::from(ballots))]),
            Some(_) => {}
        }
    }
}
