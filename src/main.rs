//! `hengping`: the platform and everything its operators do from a command line.
//!
//! Deliberately absent: opening ballots, which `hengping-analyse` does without a port and without a database.

use std::process::ExitCode;

fn main() -> ExitCode {
    match hengping::cli::run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if reader_left(&error) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::from(2)
        }
    }
}

/// Whether whoever read our output has closed it, which is no failure of the command.
fn reader_left(error: &anyhow::Error) -> bool {
    error.downcast_ref::<std::io::Error>().is_some_and(|error| error.kind() == std::io::ErrorKind::BrokenPipe)
}
