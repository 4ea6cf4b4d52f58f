//! What `fit` says: a JSON object, and a table of all levels.
//! Invariant: numbers are written so that reading them back gives the same bits.
//! Absent on purpose: rounding.

use std::collections::BTreeMap;
use std::path::Path;

use hengping_analytics::mixed::{self, Criterion, Fit};
use polars::prelude::*;
use serde_json::{Value, json};

use super::Request;
use super::source::Source;
use crate::error::Stop;

/// A file of levels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Comma separated.
    Csv,
    /// Apache Parquet.
    Parquet,
}

/// The format that the name of `out` asks for.
///
/// # Errors
/// [`Stop::NotWritten`] for another ending.
pub fn format(out: &Path) -> Result<Format, Stop> {
    match out.extension().and_then(|ending| ending.to_str()) {
        Some("csv") => Ok(Format::Csv),
        Some("parquet") => Ok(Format::Parquet),
        _ => Err(Stop::NotWritten(format!("{} (the name must end in .csv or .parquet)", out.display()))),
    }
}

/// `group,level,blup,condvar` of every level, factors in the order asked for.
///
/// # Errors
/// [`Stop::Refused`] when variances cannot be computed, [`Stop::Internal`] for a defect.
pub fn levels(fit: &Fit, source: &Source, out: &Path) -> Result<Vec<u8>, Stop> {
    let internal = |error: &dyn std::fmt::Display| Stop::Internal(error.to_string());
    let mut variances = Vec::new();
    for factor in 0..fit.effects.len() {
        variances.push(fit.variances_given_fixed(factor)?);
    }
    let mut bytes = Vec::new();
    match format(out)? {
        Format::Csv => {
            let mut writer = csv::Writer::from_writer(&mut bytes);
            writer.write_record(["group", "level", "blup", "condvar"]).map_err(|e| internal(&e))?;
            for (factor, (effects, variances)) in fit.effects.iter().zip(&variances).enumerate() {
                let name = &source.rows.factors()[factor].name;
                for ((label, blup), variance) in source.labels[factor].iter().zip(effects).zip(variances) {
                    writer
                        .write_record([name, label, &blup.to_string(), &variance.to_string()])
                        .map_err(|e| internal(&e))?;
                }
            }
            writer.flush().map_err(|e| internal(&e))?;
            drop(writer);
        }
        Format::Parquet => {
            let groups = (0..fit.effects.len())
                .flat_map(|k| std::iter::repeat_n(source.rows.factors()[k].name.as_str(), fit.effects[k].len()));
            let labels = (0..fit.effects.len()).flat_map(|k| source.labels[k].iter().map(String::as_str));
            let groups: Vec<&str> = groups.collect();
            let labels: Vec<&str> = labels.collect();
            let mut frame = DataFrame::new_infer_height(vec![
                Column::new("group".into(), groups),
                Column::new("level".into(), labels),
                Column::new("blup".into(), fit.effects.concat()),
                Column::new("condvar".into(), variances.concat()),
            ])
            .map_err(|e| internal(&e))?;
            ParquetWriter::new(&mut bytes).finish(&mut frame).map_err(|e| internal(&e))?;
        }
    }
    Ok(bytes)
}

/// The result as JSON.
pub fn json(
    fit: &Fit,
    source: &Source,
    request: &Request,
    components: usize,
    seconds: &BTreeMap<&'static str, f64>,
) -> Value {
    let names: Vec<&str> = source.rows.factors().iter().map(|factor| factor.name.as_str()).collect();
    let by_name =
        |values: Vec<Value>| names.iter().map(|name| (*name).to_owned()).zip(values).collect::<serde_json::Map<_, _>>();
    let fixed: Vec<Value> = fit
        .coefficients
        .iter()
        .enumerate()
        .map(|(k, c)| json!({"name": if k == 0 { "(Intercept)" } else { &c.name }, "estimate": c.estimate, "se": c.error}))
        .collect();
    let singular: Vec<&str> = fit.components.iter().filter(|c| c.dropped).map(|c| c.name.as_str()).collect();
    json!({
        "criterion": fit.criterion,
        // Not zero only where the determinant was estimated.
        "criterion_se": fit.criterion_error,
        "method": match request.criterion { Criterion::Restricted => "REML", Criterion::MaximumLikelihood => "ML" },
        "theta": by_name(fit.theta().into_iter().map(Value::from).collect()),
        "sigma": fit.residual.sqrt(),
        "sd": by_name(fit.components.iter().map(|c| Value::from(c.variance.sqrt())).collect()),
        "fixed": fixed,
        "n": source.rows.ranges().rows,
        "dropped_rows": source.dropped,
        "levels": by_name(source.rows.factors().iter().map(|factor| Value::from(factor.count)).collect()),
        "components": components,
        "singular": singular,
        "collinear": fit.collinear,
        "path": match fit.path { mixed::Path::ConjugateGradients => "cg", _ => "exact" },
        "iterations": fit.steps,
        "seed": request.seed,
        "seconds": seconds,
        "peak_rss_bytes": peak_memory(),
        "version": env!("CARGO_PKG_VERSION"),
    })
}

/// The result in a few lines for people.
pub fn summary(result: &Value) -> String {
    let number = |value: &Value| value.as_f64().map_or_else(|| "-".to_owned(), |v| format!("{v:.6}"));
    let mut text = format!(
        "{} criterion {} · {} rows ({} left out) · {} · {} iterations\n",
        result["method"].as_str().unwrap_or_default(),
        number(&result["criterion"]),
        result["n"],
        result["dropped_rows"],
        result["path"].as_str().unwrap_or_default(),
        result["iterations"],
    );
    if let Some(sds) = result["sd"].as_object() {
        for (name, sd) in sds {
            text.push_str(&format!("  {name}: sd {} over {} levels\n", number(sd), result["levels"][name]));
        }
    }
    text.push_str(&format!("  residual: sd {}\n", number(&result["sigma"])));
    for row in result["fixed"].as_array().into_iter().flatten() {
        let name = row["name"].as_str().unwrap_or_default();
        text.push_str(&format!("  {name}: {} (standard error {})\n", number(&row["estimate"]), number(&row["se"])));
    }
    for name in result["singular"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        text.push_str(&format!("  {name} has no variance of its own and was left out\n"));
    }
    text
}

/// Most memory this process has held, where the system tells (Linux).
fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse::<u64>().ok().map(|kibibytes| kibibytes * 1024)
}
