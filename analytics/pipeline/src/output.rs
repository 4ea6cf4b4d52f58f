//! What a run leaves: draft, counted list, table of cells, figures, and a record of the run.
//! Invariant: all files are made in memory, written under temporary names and renamed at the end,
//! so a run that fails leaves nothing. Absent on purpose: any value that did not pass the gate.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use hengping_analytics::figure::{self, Effects, Figure, Frame, Language, Names, Ratees, Responses, Severities};
use hengping_analytics::gate::{
    Audience, Comparisons, ItemReport, Judged, Measure, Printed, Released, Row, Scope, band,
};
use hengping_analytics::mixed::Options;
use hengping_analytics::report::findings;
use hengping_domain::digest::Digest;
use hengping_domain::docket::court::COURTS;
use hengping_domain::docket::text::disarmed;
use hengping_domain::ids::Direction;
use hengping_domain::manifest::{ClosedManifest, PerSide};
use hengping_domain::opening::Counts;
use hengping_domain::release::{Cell, Draft};
use hengping_domain::rubric::{Rubric, Text};
use hengping_domain::stratum::CaseType;
use serde::Deserialize as _;
use serde_json::{Value, json};

use crate::analysis;
use crate::earlier::{Earlier, Form, Present, drift};
use crate::error::Stop;
use crate::parquet;

/// Files by name relative to the output directory.
pub type Files = BTreeMap<String, Vec<u8>>;

fn internal(error: impl std::fmt::Display) -> Stop {
    Stop::Internal(error.to_string())
}

/// A value as indented JSON.
///
/// # Errors
/// [`Stop::Internal`] never in practice.
pub fn pretty(value: &impl serde::Serialize) -> Result<Vec<u8>, Stop> {
    let mut bytes = serde_json::to_vec_pretty(value).map_err(internal)?;
    bytes.push(b'\n');
    Ok(bytes)
}

/// `draft.json`, checked against the shape the platform reads.
///
/// # Errors
/// [`Stop::Internal`] when the cells do not have that shape.
pub fn draft(
    manifest: &ClosedManifest,
    counts: Counts,
    cells: &[Judged],
    parameters: Option<&Released<Printed>>,
) -> Result<Vec<u8>, Stop> {
    let about = &manifest.manifest;
    let value = json!({
        "v": 1,
        "box": about.id,
        "period": about.period,
        "direction": about.direction,
        "kind": about.kind,
        "rubric": about.rubric,
        "charter": about.charter,
        "manifest": manifest.hash,
        "counts": counts,
        "cells": cells,
        "response": response(cells),
        "parameters": parameters,
        "analysis": env!("CARGO_PKG_VERSION"),
    });
    let draft: Draft = serde_json::from_value(value).map_err(internal)?;
    pretty(&draft)
}

/// Response of the box as a band, if its cell left.
fn response(cells: &[Judged]) -> Value {
    let system = cells.iter().find(|c| c.key.scope == Scope::System && c.key.measure == Measure::Response);
    match system.and_then(Judged::released) {
        Some(row) => {
            let values = &row.get().values;
            // The cell holds the lower edge of its band.
            json!({"rate_band": band(values.value, values.step, 2), "n_band": values.n_band})
        }
        None => Value::Null,
    }
}

/// `counted.json`.
///
/// # Errors
/// [`Stop::Internal`] never in practice.
pub fn counted(counts: Counts, counted: &[Digest]) -> Result<Vec<u8>, Stop> {
    pretty(&json!({"counts": counts, "counted": counted}))
}

/// `cells.csv`: one line per cell, withheld ones without a number; UTF-8 with a byte order mark for Excel.
///
/// # Errors
/// [`Stop::Internal`] when a record cannot be written.
pub fn cells(cells: &[Judged]) -> Result<Vec<u8>, Stop> {
    let mut writer = csv::Writer::from_writer("\u{feff}".as_bytes().to_vec());
    let heading = [
        "id",
        "scope",
        "subject",
        "measure",
        "audience",
        "verdict",
        "flags",
        "rules",
        "reason",
        "n_band",
        "value",
        "step",
        "low",
        "high",
        "raw",
        "reliability_band",
        "tier",
        "moved_severity",
        "moved_outcome",
        "band",
    ];
    writer.write_record(heading).map_err(internal)?;
    for cell in cells {
        let mut cell = serde_json::to_value(cell).map_err(internal)?;
        // A share is known as a band only, as the platform says it too.
        let band = Cell::deserialize(&cell).map_err(internal)?.band();
        if band.is_some() {
            cell["value"] = Value::Null;
        }
        let text = |value: &Value| match value {
            Value::String(text) => disarmed(text).into_owned(),
            Value::Number(number) => number.to_string(),
            Value::Array(words) => words.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" "),
            _ => String::new(),
        };
        let mut record: Vec<String> = heading[..8].iter().map(|name| text(&cell[*name])).collect();
        record.push(text(&cell["reason"]["code"]));
        record.extend(heading[9..12].iter().map(|name| text(&cell[*name])));
        record.extend([text(&cell["interval"][0]), text(&cell["interval"][1])]);
        record.extend(heading[14..17].iter().map(|name| text(&cell[*name])));
        record.extend([text(&cell["moved"]["severity"]), text(&cell["moved"]["outcome"]), band.unwrap_or_default()]);
        writer.write_record(record).map_err(internal)?;
    }
    writer.into_inner().map_err(internal)
}

/// `cells.parquet`: the public cells that leave, in the columns of the codebook. A withheld cell, and one for other readers, is
/// not in it under any name, nor counted.
///
/// # Errors
/// [`Stop::Internal`] when it cannot be written.
pub fn public_cells(cells: &[Judged]) -> Result<Vec<u8>, Stop> {
    let open = cells.iter().filter(|cell| cell.key.audience == Audience::Public && cell.released().is_some());
    let read = |cell: &Judged| Cell::deserialize(serde_json::to_value(cell).map_err(internal)?).map_err(internal);
    parquet::cells(&open.map(read).collect::<Result<Vec<_>, _>>()?)
}

/// `items.json`: the released item report, what it says in codes, and the form it is about.
///
/// # Errors
/// [`Stop::Internal`] never in practice.
pub fn items(report: &Released<ItemReport>, form: &Form) -> Result<Vec<u8>, Stop> {
    pretty(&json!({"v": 1, "form": form, "report": report, "findings": findings(report)}))
}

/// `comparisons.json`: courts side by side under R18.
///
/// # Errors
/// [`Stop::Internal`] never in practice.
pub fn comparisons(comparisons: &Released<Comparisons>) -> Result<Vec<u8>, Stop> {
    pretty(&json!({"v": 1, "rule": "R18", "comparisons": comparisons}))
}

/// The public figures in both languages, each with its table.
///
/// # Errors
/// [`Stop::Internal`] when a table cannot be written.
pub fn figures(result: &analysis::Result, about: &About) -> Result<Files, Stop> {
    let rows: Vec<_> = result.cells.iter().filter_map(Judged::released).collect();
    let mut files = Files::new();
    for (language, ending) in [(Language::Chinese, "zh"), (Language::English, "en")] {
        let (frame, names) = (about.frame(language), about.names(language));
        for figure in drawn(result, &rows, about, &frame, &names) {
            sheet(&mut files, figure, ending)?;
        }
        if !about.past.is_empty() {
            let present = Present { name: about.period.clone(), form: &about.form, result };
            if let Some(figure) = drift(&about.past, &present, &names.courts, &frame)? {
                sheet(&mut files, figure, ending)?;
            }
        }
    }
    Ok(files)
}

/// A figure with its table.
fn sheet(files: &mut Files, figure: Figure, ending: &str) -> Result<(), Stop> {
    let mut table = csv::Writer::from_writer("\u{feff}".as_bytes().to_vec());
    for record in &figure.table {
        table.write_record(record.iter().map(|cell| disarmed(cell).into_owned())).map_err(internal)?;
    }
    files.insert(format!("figures/{}-{ending}.csv", figure.name), table.into_inner().map_err(internal)?);
    files.insert(format!("figures/{}-{ending}.svg", figure.name), figure.svg.into_bytes());
    Ok(())
}

/// Every figure that the released numbers allow.
fn drawn(
    result: &analysis::Result,
    rows: &[Released<Row>],
    about: &About,
    frame: &Frame,
    names: &Names,
) -> Vec<Figure> {
    let mut figures = figure::public(rows, result.comparisons.as_ref(), frame, names);
    let parameters = result.parameters.as_ref();
    let word = |kind: CaseType| match frame.language {
        Language::Chinese => kind.chinese().to_owned(),
        Language::English => kind.to_string(),
    };
    let types = CaseType::ALL.iter().map(|&kind| (kind.to_string(), word(kind))).collect();
    figures.extend(figure::outcome(&Effects { rows, parameters, types: &types }, frame));
    figures.extend(parameters.and_then(|parameters| {
        let severities = Severities { parameters, homes: rows, courts: &names.courts, audience: Audience::Public };
        figure::severity(&severities, frame)
    }));
    let responses = Responses { rows, names: &names.courts, least: result.least_response };
    figures.extend(figure::response(&responses, frame));
    let ratees = match about.rubric.direction {
        Direction::BarRatesBench => Ratees::Judges,
        Direction::BenchRatesBar => Ratees::Lawyers,
    };
    figures.extend(result.spread.as_ref().and_then(|spread| figure::spread(spread, ratees, rows, frame)));
    if let Some(report) = &result.report {
        figures.extend(figure::level_use(report, frame, names));
        figures.extend(figure::matrix(report, frame, names));
        figures.extend(figure::planner(report, frame));
    }
    figures
}

/// What the figures say around the numbers.
pub struct About<'a> {
    /// Form whose results are drawn.
    pub rubric: &'a Rubric,
    /// R13.
    pub pilot: bool,
    /// Foot in Chinese and English.
    pub foot: (String, String),
    /// What this period is called beside earlier ones.
    pub period: String,
    /// Hashes of the form.
    pub form: Form,
    /// Earlier results to be drawn beside these, oldest first.
    pub past: Vec<Earlier>,
}

impl About<'_> {
    fn frame(&self, language: Language) -> Frame {
        let zh = language == Language::Chinese;
        Frame {
            language,
            rubric: if zh { self.rubric.title.zh.clone() } else { self.rubric.title.en.clone() },
            pilot: self.pilot,
            foot: if zh { self.foot.0.clone() } else { self.foot.1.clone() },
        }
    }

    fn names(&self, language: Language) -> Names {
        let zh = language == Language::Chinese;
        let court = |code: &'static str, short: &str, english: &str| {
            (code.to_owned(), if zh { short.to_owned() } else { english.to_owned() })
        };
        let title = |title: &Text| if zh { title.zh.clone() } else { title.en.clone() };
        Names {
            courts: COURTS.iter().map(|c| court(c.code, c.short, c.english)).collect(),
            items: self.rubric.items.iter().map(|item| (item.id.clone(), title(&item.title))).collect(),
        }
    }
}

/// `run.json`: hashes of all inputs and outputs, versions, envelopes each side left locked, seconds per stage.
///
/// # Errors
/// [`Stop::Internal`] never in practice.
pub fn run(
    inputs: &BTreeMap<String, Digest>,
    files: &Files,
    seconds: &BTreeMap<&'static str, f64>,
    refused: Option<String>,
    locked: Option<PerSide<usize>>,
) -> Result<Vec<u8>, Stop> {
    let outputs: BTreeMap<&String, Digest> = files.iter().map(|(name, bytes)| (name, Digest::of(&[bytes]))).collect();
    pretty(&json!({
        "v": 1,
        "program": env!("CARGO_PKG_NAME"),
        "version": env!("CARGO_PKG_VERSION"),
        // Probes that find a start for the variances; everything else is exact or has fixed signs.
        "seeds": {"engine": Options::default().seed},
        "inputs": inputs,
        "outputs": outputs,
        "no_estimate": refused,
        "locked": locked,
        "seconds": seconds,
    }))
}

/// Writes all files or none.
///
/// # Errors
/// [`Stop::NotWritten`] naming the file; temporary files are removed.
pub fn write(dir: &Path, files: &Files) -> Result<(), Stop> {
    let mut staged: Vec<(PathBuf, PathBuf)> = Vec::new();
    let result = stage(dir, files, &mut staged)
        .and_then(|()| staged.iter().try_for_each(|(from, to)| std::fs::rename(from, to).map_err(|_| not_written(to))));
    if result.is_err() {
        for (temporary, _) in &staged {
            // Already renamed or never made: nothing to remove, and the first error is the one to report.
            let _ = std::fs::remove_file(temporary);
        }
    }
    result
}

fn stage(dir: &Path, files: &Files, staged: &mut Vec<(PathBuf, PathBuf)>) -> Result<(), Stop> {
    for (name, bytes) in files {
        let path = dir.join(name);
        let parent = path.parent().unwrap_or(dir);
        std::fs::create_dir_all(parent).map_err(|_| not_written(parent))?;
        let file = path.file_name().map(|f| f.to_string_lossy().into_owned()).unwrap_or_default();
        let temporary = parent.join(format!(".{file}.part"));
        staged.push((temporary.clone(), path.clone()));
        std::fs::write(&temporary, bytes).map_err(|_| not_written(&path))?;
    }
    Ok(())
}

fn not_written(path: &Path) -> Stop {
    Stop::NotWritten(path.display().to_string())
}
