//! `fit`: a mixed model on any table of ratings, for people who have nothing but the table.
//! Invariant: standard output holds the result and nothing else; what is written is written whole.
//! Absent on purpose: the gate. These are the caller's own data, not a box.

mod arguments;
mod levels;
mod report;
mod source;
mod table;

use std::path::{Path, PathBuf};

use hengping_analytics::mixed::{self, Criterion, Options, Phase, Refused, Rows, Watch};
use serde_json::Value;

pub use arguments::Arguments;
pub use report::summary;
pub use source::Roles;

use crate::error::Stop;
use crate::progress::Progress;
use source::Source;

/// What to fit.
#[derive(Debug, Clone)]
pub struct Request {
    /// `.csv` or `.parquet`.
    pub data: PathBuf,
    /// Which column plays which part.
    pub roles: Roles,
    /// Maximum likelihood instead of restricted.
    pub criterion: Criterion,
    /// Engine.
    pub path: mixed::Path,
    /// Ratios at which to solve instead of fitting them, in the order of the random factors.
    pub at_theta: Option<Vec<f64>>,
    /// Seed of probes and draws.
    pub seed: u64,
    /// Where predictions of all levels go: `.csv` or `.parquet`.
    pub levels: Option<PathBuf>,
}

struct Phases<'p>(&'p Progress);

impl Watch for Phases<'_> {
    fn phase(&self, phase: Phase) {
        let name = match phase {
            Phase::Pairs => "pairs",
            Phase::Solve => "solve",
            Phase::Traces => "traces",
            Phase::Errors => "errors",
        };
        self.0.stage(name, 0);
    }
}

/// Fits and returns the JSON that goes to standard output.
///
/// # Errors
/// [`Stop`]; nothing is written then.
pub fn fit(request: &Request, progress: &Progress) -> Result<Value, Stop> {
    if let Some(out) = &request.levels {
        report::format(out)?;
    }
    progress.stage("ingest", 0);
    let source = Source::open(&request.data, request.roles.clone())?;
    check(source.rows.as_ref())?;
    let watch = Phases(progress);
    let options = Options {
        criterion: request.criterion,
        path: request.path,
        seed: request.seed,
        watch: &watch,
        ..Options::default()
    };
    let fit = match &request.at_theta {
        Some(theta) => mixed::fit_at(&source.rows, theta, &options),
        None => mixed::fit(&source.rows, &options),
    }?;
    progress.stage("errors", 0);
    let components = fit.connected();
    let written = request.levels.as_deref().map(|out| report::levels(&fit, &source, out)).transpose()?;
    progress.stage("output", 0);
    if let (Some(out), Some(bytes)) = (&request.levels, written) {
        let directory = out.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let name = out.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        crate::output::write(directory, &[(name, bytes)].into_iter().collect())?;
    }
    Ok(report::json(&fit, &source, request, components, &progress.finish()))
}

/// What a user should hear before the engine does.
fn check(rows: &dyn Rows) -> Result<(), Stop> {
    if rows.ranges().rows == 0 {
        return Err(Stop::Refused(Refused::Empty));
    }
    match rows.factors().iter().find(|factor| factor.count < 2) {
        Some(factor) => Err(Stop::ColumnUnfit {
            column: factor.name.clone(),
            reason: "a random factor needs at least two levels".to_owned(),
        }),
        None => Ok(()),
    }
}
