//! The report of a run: JSON for programs, Markdown for people, a long table for statisticians.
//! Invariant: the same run gives the same bytes; nothing in it depends on clock or machine.
//! Absent on purpose: where it is written; see the program.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use serde::Serialize;

use crate::agreement::mean;
use crate::bars::Limit;
use crate::study::{Outcome, Plan, Verdict};

/// A measure over replicates.
#[derive(Debug, Serialize)]
struct Summary {
    mean: f64,
    sd: f64,
    least: f64,
    most: f64,
}

#[derive(Debug, Serialize)]
struct Line<'a> {
    scenario: &'a str,
    bar: &'a str,
    figure: Option<f64>,
    error: Option<f64>,
    limit: String,
    verdict: &'a str,
}

#[derive(Debug, Serialize)]
struct Report<'a> {
    version: &'a str,
    seed: u64,
    replicates: u64,
    failed: usize,
    bars: Vec<Line<'a>>,
    measures: BTreeMap<&'a str, BTreeMap<&'a str, Summary>>,
    refused: BTreeMap<&'a str, &'a [(u64, String)]>,
}

/// The scenarios that got more, in words.
fn more(plan: &Plan) -> String {
    let scenarios = plan.scenarios.iter().filter(|scenario| scenario.times() > 1);
    scenarios.map(|&scenario| format!(", {} of {}", plan.replicates_of(scenario), scenario.name())).collect()
}

/// Bars that were not kept.
pub fn failed(verdicts: &[Verdict]) -> usize {
    verdicts.iter().filter(|verdict| !verdict.kept).count()
}

fn words(limit: Limit) -> String {
    match limit {
        Limit::AtMost(most) => format!("<= {most}"),
        Limit::AtLeast(least) => format!(">= {least}"),
        Limit::Between(least, most) => format!("{least} to {most}"),
        Limit::Shown => String::new(),
    }
}

fn verdict(verdict: &Verdict) -> &'static str {
    match (verdict.bar.limit, verdict.figure, verdict.kept) {
        (Limit::Shown, ..) => "",
        (_, None, _) => "not measured",
        (.., true) => "pass",
        (.., false) => "FAIL",
    }
}

fn summary(values: &[f64]) -> Summary {
    let centre = mean(values);
    let squares: f64 = values.iter().map(|v| (v - centre).powi(2)).sum();
    Summary {
        mean: centre,
        sd: (squares / (values.len().max(2) - 1) as f64).sqrt(),
        least: values.iter().copied().fold(f64::INFINITY, f64::min),
        most: values.iter().copied().fold(f64::NEG_INFINITY, f64::max),
    }
}

fn summaries(outcome: &Outcome) -> BTreeMap<&str, Summary> {
    let names: BTreeSet<&str> = outcome.replicates.iter().flat_map(|m| m.keys().map(String::as_str)).collect();
    let of = |name: &str| outcome.replicates.iter().filter_map(|m| m.get(name).copied()).collect::<Vec<f64>>();
    names.into_iter().map(|name| (name, summary(&of(name)))).collect()
}

/// The run as JSON.
///
/// # Errors
/// None in practice: every value is a number, a text or a list of them.
pub fn json(plan: &Plan, outcomes: &[Outcome], verdicts: &[Verdict]) -> Result<String, serde_json::Error> {
    let lines = verdicts.iter().map(|v| Line {
        scenario: v.bar.scenario,
        bar: v.bar.name,
        figure: v.figure,
        error: v.error,
        limit: words(v.bar.limit),
        verdict: verdict(v),
    });
    let report = Report {
        version: env!("CARGO_PKG_VERSION"),
        seed: plan.seed,
        replicates: plan.replicates,
        failed: failed(verdicts),
        bars: lines.collect(),
        measures: outcomes.iter().map(|o| (o.scenario, summaries(o))).collect(),
        refused: outcomes
            .iter()
            .filter(|o| !o.refused.is_empty())
            .map(|o| (o.scenario, o.refused.as_slice()))
            .collect(),
    };
    serde_json::to_string_pretty(&report)
}

/// Every measure of every replicate as a long table: scenario, place, measure, value.
///
/// # Errors
/// None in practice: the table is built in memory.
pub fn long(outcomes: &[Outcome]) -> Result<Vec<u8>, csv::Error> {
    let mut table = csv::Writer::from_writer(Vec::new());
    table.write_record(["scenario", "replicate", "measure", "value"])?;
    for outcome in outcomes {
        for (place, measures) in outcome.replicates.iter().enumerate() {
            for (name, value) in measures {
                table.write_record([outcome.scenario, &place.to_string(), name, &value.to_string()])?;
            }
        }
    }
    table.into_inner().map_err(|error| error.into_error().into())
}

/// The bars as a Markdown table.
pub fn markdown(plan: &Plan, verdicts: &[Verdict]) -> String {
    let mut text = format!(
        "{} replicates of each scenario{}, seed {}; {} of {} bars failed.\n\n",
        plan.replicates,
        more(plan),
        plan.seed,
        failed(verdicts),
        verdicts.iter().filter(|v| v.bar.limit != Limit::Shown).count()
    );
    text.push_str("| scenario | figure | value | its error | bar | |\n|---|---|---|---|---|---|\n");
    for v in verdicts {
        let number = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), |value| format!("{value:.4}"));
        // Writing to a string cannot fail.
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} | {} | {} |",
            v.bar.scenario,
            v.bar.name,
            number(v.figure),
            number(v.error),
            words(v.bar.limit),
            verdict(v)
        );
    }
    text
}
