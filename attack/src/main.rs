//! Reads what the tests wrote, prints one table and writes it as JSON; ends with 1 unless every line is there and holds.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use hengping_attack::table::Table;

/// The attacks and what they found.
#[derive(Debug, Parser)]
struct Arguments {
    /// Where the tests wrote their lines.
    directory: PathBuf,
    /// Where the lines go, as a JSON list; the costs go beside it.
    #[arg(long)]
    out: PathBuf,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let table = Table::read(&arguments.directory);
    print!("{}", table.text());
    match write(&arguments, &table) {
        Ok(()) if table.holds() => ExitCode::SUCCESS,
        Ok(()) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("{}: {error}", arguments.out.display());
            ExitCode::FAILURE
        }
    }
}

fn write(arguments: &Arguments, table: &Table) -> std::io::Result<()> {
    std::fs::write(&arguments.out, table.json()? + "\n")?;
    let name = arguments.out.file_stem().unwrap_or_default().to_string_lossy();
    std::fs::write(arguments.out.with_file_name(format!("{name}-costs.json")), table.costs_json()? + "\n")
}
