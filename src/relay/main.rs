//! `hengping-relay`: the relay alone, for a machine that has nothing else. The same as `hengping relay`.

use std::process::ExitCode;

use clap::Parser;
use hengping_relay::cli::{RelayCommand, run};

/// Takes sealed ballots, strips addresses, hands over sorted batches.
#[derive(Debug, Parser)]
#[command(name = "hengping-relay", version, about)]
struct Program {
    #[command(subcommand)]
    command: RelayCommand,
}

fn main() -> ExitCode {
    match run(Program::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("[{}] {error}", error.code());
            ExitCode::from(2)
        }
    }
}
