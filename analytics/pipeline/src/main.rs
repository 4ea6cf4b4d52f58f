//! `hengping-analyse`: opens, scores and gates. See the library for what it promises.

use std::io::IsTerminal;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand, ValueEnum};
use hengping_analyse::fit::{Request, Roles, fit};
use hengping_analyse::{Progress, Stop, Table, open, score};
use hengping_analytics::mixed;

/// Opens a closed box with both sides' shares, scores it and passes every number through the gate.
#[derive(Debug, Parser)]
#[command(version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Open a closed box: pinned files in, gated draft out.
    Open {
        /// Directory with the pinned files of the box.
        #[arg(long)]
        dir: PathBuf,
        /// Where the draft goes; the same directory if left out.
        #[arg(long)]
        out: Option<PathBuf>,
    },
    /// Score and gate a table of ratings that was never sealed.
    Score {
        /// Long table (.csv, .parquet): nym, home, role, ratee, court, case_type, outcome, rubric, item, level.
        #[arg(long)]
        ballots: PathBuf,
        /// Rubric (.toml, .json).
        #[arg(long)]
        rubric: PathBuf,
        /// Charter (.toml, .json); the shipped one if left out.
        #[arg(long)]
        charter: Option<PathBuf>,
        /// Margins of the invited (.json).
        #[arg(long)]
        margins: Option<PathBuf>,
        /// Where the results go.
        #[arg(long)]
        out: PathBuf,
    },
    /// Fit a linear mixed model with crossed or nested random intercepts to any table of ratings.
    Fit(Box<FitArguments>),
}

#[derive(Debug, Args)]
struct FitArguments {
    /// Table (.csv with a heading, .parquet); rows with a missing value are left out and counted.
    #[arg(long)]
    data: PathBuf,
    /// Column of the response.
    #[arg(long)]
    response: String,
    /// Column of a random factor; repeat it for crossed or nested factors.
    #[arg(long, required = true)]
    random: Vec<String>,
    /// Column of the fixed part; repeatable. Numbers enter as they are, words by level.
    #[arg(long)]
    fixed: Vec<String>,
    /// Column of the fixed part whose numbers are names of levels; repeatable.
    #[arg(long)]
    categorical: Vec<String>,
    /// Column of positive weights: Var(e) = sigma^2 / weight.
    #[arg(long)]
    weights: Option<String>,
    /// Full maximum likelihood instead of restricted.
    #[arg(long)]
    ml: bool,
    /// Solve at these ratios sd(effect)/sigma instead of fitting them, in the order of --random.
    #[arg(long, value_delimiter = ',')]
    at_theta: Option<Vec<f64>>,
    /// Seed of probes and draws.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Engine: exact, conjugate gradients, or chosen by size.
    #[arg(long, value_enum, default_value_t = Path::Auto)]
    path: Path,
    /// Where predictions and conditional variances of all levels go (.csv, .parquet).
    #[arg(long)]
    levels: Option<PathBuf>,
    /// JSON only: no summary on standard error.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Path {
    Auto,
    Exact,
    Cg,
}

impl FitArguments {
    fn request(self) -> Request {
        Request {
            data: self.data,
            roles: Roles {
                response: self.response,
                random: self.random,
                fixed: self.fixed,
                categorical: self.categorical,
                weights: self.weights,
            },
            criterion: if self.ml { mixed::Criterion::MaximumLikelihood } else { mixed::Criterion::Restricted },
            path: match self.path {
                Path::Auto => mixed::Path::Auto,
                Path::Exact => mixed::Path::Exact,
                Path::Cg => mixed::Path::ConjugateGradients,
            },
            at_theta: self.at_theta,
            seed: self.seed,
            levels: self.levels,
        }
    }
}

fn main() -> ExitCode {
    let command = Arguments::parse().command;
    let progress = if matches!(command, Command::Fit(_)) { Progress::bars() } else { Progress::new() };
    match run(command, &progress) {
        Ok(()) => ExitCode::SUCCESS,
        Err(stop) => {
            progress.finish();
            println!("{}", serde_json::json!({"error": {"code": stop.code(), "message": stop.to_string()}}));
            eprintln!("{}: {stop}", stop.code());
            ExitCode::from(2)
        }
    }
}

fn run(command: Command, progress: &Progress) -> Result<(), Stop> {
    match command {
        Command::Open { dir, out } => {
            let out = out.unwrap_or_else(|| dir.clone());
            open(&dir, &out, progress)
        }
        Command::Score { ballots, rubric, charter, margins, out } => {
            score(&Table { ballots, rubric, charter, margins }, &out, progress)
        }
        Command::Fit(arguments) => {
            let summary = !arguments.json && std::io::stderr().is_terminal();
            let result = fit(&arguments.request(), progress)?;
            if summary {
                eprint!("{}", hengping_analyse::fit::summary(&result));
            }
            println!("{result:#}");
            Ok(())
        }
    }
}
