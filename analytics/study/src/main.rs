//! `hengping-study`: the simulation study as a program. See the library for what it promises.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use hengping_study::scenario::Scenario;
use hengping_study::{insteval, report, study};
use indicatif::{ProgressBar, ProgressStyle};

/// Simulates cities with a planted truth and holds the scores against bars set beforehand.
#[derive(Debug, Parser)]
#[command(version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the study. Exit code 1 when a bar fails, 2 when something else went wrong.
    Validate {
        /// Replicates of each scenario; of `courts-scarce` six times as many.
        #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u64).range(1..))]
        replicates: u64,
        /// Run this scenario only; may be given several times.
        #[arg(long, value_parser = scenario)]
        scenario: Vec<Scenario>,
        /// Seed of everything.
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// InstEval as a table (.csv with s, d, service, dept, y), to be tried as well.
        #[arg(long)]
        insteval: Option<PathBuf>,
        /// Where the results go: figures (.json), the table of bars (.md) and all measures of all replicates (.csv).
        #[arg(long, default_value = "target/validation.json")]
        out: PathBuf,
    },
}

fn scenario(name: &str) -> Result<Scenario, String> {
    let known = || Scenario::ALL.map(Scenario::name).join(", ");
    Scenario::named(name).ok_or_else(|| format!("the scenarios are {}", known()))
}

fn main() -> ExitCode {
    let Command::Validate { replicates, scenario, seed, insteval, out } = Arguments::parse().command;
    let scenarios = if scenario.is_empty() { Scenario::ALL.to_vec() } else { scenario };
    match validate(&study::Plan { scenarios, replicates, seed }, insteval.as_deref(), &out) {
        Ok(0) => ExitCode::SUCCESS,
        Ok(_) => ExitCode::from(1),
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(2)
        }
    }
}

/// Runs, writes and prints; returns how many bars failed.
fn validate(plan: &study::Plan, table: Option<&Path>, out: &Path) -> Result<usize, Box<dyn std::error::Error>> {
    let at = |path: &Path, error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
    let table = match table {
        Some(path) => {
            let bytes = std::fs::read(path).map_err(|error| at(path, &error))?;
            Some(insteval::read(&bytes).map_err(|error| at(path, &error))?)
        }
        None => None,
    };
    if let Some(folder) = out.parent() {
        std::fs::create_dir_all(folder).map_err(|error| at(folder, &error))?;
    }
    let bar = ProgressBar::new(plan.total());
    bar.set_style(ProgressStyle::with_template("{msg:22} {bar:32} {human_pos}/{human_len} {eta}")?);
    let mut outcomes = study::run(plan, &|scenario| {
        bar.set_message(scenario.name());
        bar.inc(1);
    });
    if let Some(table) = &table {
        bar.set_message(insteval::NAME);
        outcomes.push(insteval::run(table, plan.seed));
    }
    bar.finish_and_clear();
    let verdicts = study::judge(&outcomes);
    let markdown = report::markdown(plan, &verdicts);
    let json = report::json(plan, &outcomes, &verdicts)? + "\n";
    for (ending, bytes) in
        [("json", json.as_bytes()), ("md", markdown.as_bytes()), ("csv", report::long(&outcomes)?.as_slice())]
    {
        let path = out.with_extension(ending);
        std::fs::write(&path, bytes).map_err(|error| at(&path, &error))?;
    }
    print!("{markdown}");
    if table.is_none() {
        eprintln!("{}: not tried, its table was not given", insteval::NAME);
    }
    for (outcome, (index, reason)) in outcomes.iter().flat_map(|o| o.refused.iter().map(move |r| (o, r))) {
        eprintln!("{} {index}: {reason}", outcome.scenario);
    }
    Ok(report::failed(&verdicts))
}
