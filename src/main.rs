//! `hengping`: the platform and everything its operators do from a command line.
//!
//! Deliberately absent: opening ballots, which `hengping-analyse` does without a port and without a database.

use std::process::ExitCode;

fn main() -> ExitCode {
    match hengping::cli::run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::from(2)
        }
    }
}
