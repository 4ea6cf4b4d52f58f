//! `hengping-analyse`: opens, scores and gates. See the library for what it promises.

use std::io::IsTerminal;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use hengping_analyse::fit::{Arguments, fit, summary};
use hengping_analyse::{Audit, Progress, Ratings, Stop, Synthetic, Table, open, ratings, score, synthetic};

/// Opens a closed box with both sides' shares, scores it and passes every number through the gate.
#[derive(Debug, Parser)]
#[command(version)]
struct Program {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Open a closed box: pinned files in, gated draft out.
    Open {
        /// Directory with the pinned files of the box. Given again, boxes of other periods are opened together with it:
        /// same direction, form, charter and kind.
        #[arg(long, required = true)]
        dir: Vec<PathBuf>,
        /// Where the draft goes; the first directory if left out.
        #[arg(long)]
        out: Option<PathBuf>,
        /// Open although a side turned away many items or left many envelopes locked: an auditor has looked at that side's
        /// keys.
        #[arg(long)]
        audited: bool,
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
        /// What an earlier `score` left, to be drawn beside as drift; oldest first, may be given several
        /// times. A period is called as its directory is.
        #[arg(long)]
        earlier: Vec<PathBuf>,
        /// Where the results go.
        #[arg(long)]
        out: PathBuf,
    },
    /// Make a table of crossed ratings with known variances, for benchmarks and trials.
    Ratings(Ratings),
    /// Make up ballots on a rubric, in the columns that `score` reads: something to develop against.
    Synthetic(Synthetic),
    /// Fit a linear mixed model with crossed or nested random intercepts to any table of ratings.
    Fit(Box<Arguments>),
}

fn main() -> ExitCode {
    let command = Program::parse().command;
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
        Command::Open { dir, out, audited } => {
            let out = out.or_else(|| dir.first().cloned()).unwrap_or_default();
            open(&dir, &out, if audited { Audit::Done } else { Audit::Pending }, progress)
        }
        Command::Score { ballots, rubric, charter, margins, earlier, out } => {
            score(&Table { ballots, rubric, charter, margins, earlier }, &out, progress)
        }
        Command::Fit(arguments) => {
            let people = !arguments.json && std::io::stderr().is_terminal();
            let result = fit(&arguments.request(), progress)?;
            if people {
                eprint!("{}", summary(&result));
            }
            println!("{result:#}");
            Ok(())
        }
        Command::Ratings(plan) => ratings(&plan, progress),
        Command::Synthetic(plan) => synthetic(&plan),
    }
}
