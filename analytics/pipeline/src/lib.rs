//! The opening and the analysis of a box, or of several of one direction: files in, files out.
//! Invariant: this program has no port and no database, and holds ballots in memory only.
//! Absent on purpose: statistics (`hengping-analytics`), nouns and seals (`hengping-domain`).

mod analysis;
mod earlier;
mod error;
pub mod fit;
mod input;
mod noise;
mod open;
mod output;
mod parquet;
mod progress;
mod ratings;
mod synthetic;
mod table;
mod together;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use hengping_analytics::gate;
use hengping_domain::charter::Charter;
use hengping_domain::codebook::PARQUET;
use hengping_domain::digest::Digest;
use hengping_domain::manifest::PerSide;
use hengping_domain::margins::Margins;
use hengping_domain::rubric::Rubric;
use serde::de::DeserializeOwned;

pub use error::Stop;
pub use input::Audit;
pub use progress::Progress;
pub use ratings::{Ratings, ratings};
pub use synthetic::Synthetic;

/// Opens, scores and gates the boxes in `dirs`, one draft for all of them; writes to `out`.
///
/// # Errors
/// [`Stop`]; nothing is written then.
pub fn open(dirs: &[PathBuf], out: &Path, audit: Audit, progress: &Progress) -> Result<(), Stop> {
    progress.stage("read", dirs.len());
    let input = together::read(dirs, audit, progress)?;
    let opened = input.open(progress)?;
    let about = &input.manifest.manifest;
    let rubric = input.rubrics.get(&about.rubric).ok_or_else(|| Stop::Internal("no rubric".to_owned()))?;
    let ballots = table::ballots(open::rows(opened.scored())?, &analysis::items(rubric))?;
    let setting = analysis::Setting {
        direction: about.direction,
        rubric,
        charter: &input.charter,
        margins: Some(&input.margins),
        ratees: &input.ratees,
        pilot: about.kind == hengping_domain::manifest::PeriodKind::Pilot,
        both_closed: input.both_closed,
        void: opened.void(),
        // Whoever opens a box gets what passed the gate; audits name nyms.
        audits: false,
    };
    let result = analysis::analyse(ballots, &setting, progress);
    let mut files = output::Files::new();
    let draft = output::draft(&input.manifest, opened.counts(), &result.cells, result.parameters.as_ref())?;
    let counts = input.counts(&opened, rubric, out)?;
    files.insert("draft.json".to_owned(), opened.draft(&draft, counts.as_ref().map(|counts| &counts.noised))?);
    if let Some(kept) = counts.and_then(|counts| counts.kept) {
        files.insert(noise::KEPT.to_owned(), output::pretty(&kept)?);
    }
    let counted = output::counted(opened.counts(), &opened.counted())?;
    files.insert("counted.json".to_owned(), opened.counted_file(&counted)?);
    files.insert(PARQUET.to_owned(), output::public_cells(&result.cells)?);
    // Both sides signed that these ballots are invented and their answers known.
    if about.rehearsal {
        files.insert("rehearsal.json".to_owned(), output::pretty(&opened.tally()?)?);
    }
    let (charter, hash) = (&input.charter, input.manifest.hash.short());
    let figures = output::About {
        rubric,
        pilot: setting.pilot,
        foot: (
            format!("周期 {} · 清单摘要 {hash} · {}", about.period, charter.title.zh),
            format!("Period {} · manifest {hash} · {}", about.period, charter.title.en),
        ),
        period: about.period.to_string(),
        form: earlier::Form::of(rubric)?,
        // A release stands alone; what is published of a series is drawn from releases.
        past: Vec::new(),
    };
    files.extend(output::figures(&result, &figures)?);
    leave(files, &result, &figures.form, &input.hashes, Some(input.locked), out, progress)
}

/// What `score` reads.
#[derive(Debug, Clone)]
pub struct Table {
    /// Long table with the pinned columns, `.csv` or `.parquet`.
    pub ballots: PathBuf,
    /// Rubric, `.toml` or `.json`.
    pub rubric: PathBuf,
    /// Charter, `.toml` or `.json`; the shipped one if left out.
    pub charter: Option<PathBuf>,
    /// `margins.json`, if the lists are known.
    pub margins: Option<PathBuf>,
    /// What earlier runs left, oldest first, to be drawn beside.
    pub earlier: Vec<PathBuf>,
}

/// Scores and gates a table that was never sealed: simulations, and surveys from elsewhere.
///
/// # Errors
/// [`Stop`]; nothing is written then.
pub fn score(files: &Table, out: &Path, progress: &Progress) -> Result<(), Stop> {
    progress.stage("read", 1);
    let mut hashes = BTreeMap::new();
    let rubric: Rubric = document(&files.rubric, &mut hashes)?;
    let charter = match &files.charter {
        Some(path) => {
            let charter: Charter = document(path, &mut hashes)?;
            charter.check().map_err(|error| malformed(path, &error))?;
            charter
        }
        None => shipped(&mut hashes)?,
    };
    rubric.check().map_err(|error| malformed(&files.rubric, &error))?;
    let margins: Option<Margins> = files.margins.as_ref().map(|path| document(path, &mut hashes)).transpose()?;
    let mut past = Vec::new();
    for dir in &files.earlier {
        let earlier = earlier::Earlier::read(dir, &mut hashes)?;
        if earlier.direction() != rubric.direction {
            return Err(malformed(dir, &"it is about the other direction"));
        }
        past.push(earlier);
    }
    let rows = table::read(&files.ballots)?;
    let digest = Digest::of(&[&bytes(&files.ballots)?]);
    hashes.insert(files.ballots.display().to_string(), digest);
    let ballots = table::ballots(rows, &analysis::items(&rubric))?;
    progress.report(1);
    let setting = analysis::Setting {
        direction: rubric.direction,
        rubric: &rubric,
        charter: &charter,
        margins: margins.as_ref(),
        ratees: &BTreeMap::new(),
        pilot: false,
        // A table belongs to no period: there is no counterpart to wait for.
        both_closed: true,
        void: gate::Void::default(),
        audits: true,
    };
    let result = analysis::analyse(ballots, &setting, progress);
    // A box that was opened has to have a release, be it of empty cells; a table need not.
    if let Some(refused) = &result.refused {
        return Err(Stop::Refused(refused.clone()));
    }
    let hash = digest.short();
    let figures = output::About {
        rubric: &rubric,
        pilot: false,
        foot: (format!("数据摘要 {hash} · {}", charter.title.zh), format!("Data {hash} · {}", charter.title.en)),
        period: earlier::name_of(out),
        form: earlier::Form::of(&rubric)?,
        past,
    };
    let mut files = output::figures(&result, &figures)?;
    if let Some(audits) = &result.audits {
        files.insert("audits.json".to_owned(), output::pretty(audits)?);
    }
    leave(files, &result, &figures.form, &hashes, None, out, progress)
}

/// Writes made-up ballots on a rubric in the columns that [`score`] reads.
///
/// # Errors
/// [`Stop`]; nothing is written then.
pub fn synthetic(plan: &Synthetic) -> Result<(), Stop> {
    let rubric: Rubric = document(&plan.rubric, &mut BTreeMap::new())?;
    rubric.check().map_err(|error| malformed(&plan.rubric, &error))?;
    if plan.out.extension().is_none_or(|ending| ending != "csv") {
        return Err(Stop::TableMalformed { reason: "the name must end in .csv".to_owned() });
    }
    let bytes = synthetic::ballots(&rubric, plan)?;
    std::fs::write(&plan.out, bytes).map_err(|_| Stop::NotWritten(plan.out.display().to_string()))
}

/// The charter that ships with this version.
fn shipped(hashes: &mut BTreeMap<String, Digest>) -> Result<Charter, Stop> {
    let text = include_str!("../../../config/charters/qingdao-v1.toml");
    hashes.insert("shipped charter".to_owned(), Digest::of(&[text.as_bytes()]));
    Charter::from_toml(text).map_err(|error| Stop::Internal(error.to_string()))
}

/// Adds what both commands leave and writes everything.
fn leave(
    mut files: output::Files,
    result: &analysis::Result,
    form: &earlier::Form,
    hashes: &BTreeMap<String, Digest>,
    locked: Option<PerSide<usize>>,
    out: &Path,
    progress: &Progress,
) -> Result<(), Stop> {
    progress.stage("write", files.len());
    files.insert("cells.csv".to_owned(), output::cells(&result.cells)?);
    if let Some(report) = &result.report {
        files.insert("items.json".to_owned(), output::items(report, form)?);
    }
    if let Some(comparisons) = &result.comparisons {
        files.insert("comparisons.json".to_owned(), output::comparisons(comparisons)?);
    }
    let refused = result.refused.as_ref().map(ToString::to_string);
    let run = output::run(hashes, &files, &progress.finish(), refused, locked)?;
    files.insert("run.json".to_owned(), run);
    output::write(out, &files)
}

fn malformed(path: &Path, reason: &dyn std::fmt::Display) -> Stop {
    Stop::DocumentMalformed { file: path.display().to_string(), reason: reason.to_string() }
}

fn bytes(path: &Path) -> Result<Vec<u8>, Stop> {
    std::fs::read(path).map_err(|_| Stop::FileMissing(path.display().to_string()))
}

/// A document from TOML or JSON, by its ending.
fn document<T: DeserializeOwned>(path: &Path, hashes: &mut BTreeMap<String, Digest>) -> Result<T, Stop> {
    let bytes = bytes(path)?;
    hashes.insert(path.display().to_string(), Digest::of(&[&bytes]));
    let text = std::str::from_utf8(&bytes).map_err(|error| malformed(path, &error))?;
    if path.extension().is_some_and(|ending| ending == "toml") {
        toml::from_str(text).map_err(|error| malformed(path, &error.message()))
    } else {
        serde_json::from_str(text).map_err(|error| malformed(path, &format!("line {}", error.line())))
    }
}
