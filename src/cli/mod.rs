//! The command line: one file per noun, each command one step of `flow` with words around it.
//!
//! Every command that touches a site reads the same configuration as `serve`. Deliberately absent: decisions.

/// Prints a line to standard output. A reader that went away, such as `head`, ends the command without a word: what the
/// command did is done by then.
macro_rules! say {
    ($($part:tt)*) => {{
        use std::io::Write as _;
        writeln!(std::io::stdout(), $($part)*)?
    }};
}

mod account;
mod boxes;
mod demo;
mod docket;
mod documents;
mod exchange;
pub mod keys;
mod releases;
mod verify;

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context as _;
use clap::{Args, Parser, Subcommand};

use crate::config::Config;
use crate::flow::courier::Carrying;
use crate::flow::{Failure, Site};
use crate::http;
use crate::http::problem::sentence;
use crate::logging;
use crate::ports::{SystemClock, SystemEntropy};

/// 衡评: two-way, sealed and bias-adjusted evaluation for the bench and the bar of one city.
#[derive(Debug, Parser)]
#[command(name = "hengping", version, about)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the whole circle on a made-up city, then serve it.
    Demo(demo::DemoArgs),
    /// Serve a real site.
    Serve(SiteArgs),
    /// Make or import a docket.
    #[command(subcommand)]
    Docket(docket::DocketCommand),
    /// Make a side's keys, enrol them, or make shares for an opening.
    #[command(subcommand)]
    Keys(keys::KeysCommand),
    /// Add an account.
    #[command(subcommand)]
    Account(account::AccountCommand),
    /// Put documents on record and sign them.
    #[command(subcommand)]
    Document(documents::DocumentCommand),
    /// Commit to a period's draw, open the period, reveal.
    #[command(subcommand)]
    Period(documents::PeriodCommand),
    /// Invite, batch, close, export and open boxes.
    #[command(subcommand)]
    Box(boxes::BoxCommand),
    /// Where a release stands, and the days on which ratees can answer to it.
    #[command(subcommand)]
    Release(releases::ReleaseCommand),
    /// Packages to and from an agent that no network reaches.
    #[command(subcommand)]
    Exchange(exchange::ExchangeCommand),
    /// One side's agent: its keys, its members, its answers.
    #[command(subcommand)]
    Agent(hengping_agent::cli::AgentCommand),
    /// The relay that takes sealed ballots.
    #[command(subcommand)]
    Relay(hengping_relay::cli::RelayCommand),
    /// Recheck the published record of a box.
    Verify(verify::VerifyArgs),
    /// Print the OpenAPI document.
    Openapi,
}

/// Which site.
#[derive(Debug, Clone, Args)]
pub struct SiteArgs {
    /// Configuration file over the defaults; see config/default.toml.
    #[arg(long)]
    config: Option<PathBuf>,
}

impl SiteArgs {
    /// Opens the site that the configuration names.
    fn site(&self) -> anyhow::Result<Site> {
        let config = Config::load(self.config.as_deref())?;
        Ok(Site::open(config, Arc::new(SystemClock), Arc::new(SystemEntropy))?)
    }
}

/// A failure in both languages, with its code.
fn said(failure: Failure) -> anyhow::Error {
    anyhow::anyhow!(sentence(&failure))
}

/// Runs the command that the arguments name.
///
/// # Errors
/// What went wrong, in words with a code.
pub fn run() -> anyhow::Result<()> {
    match Cli::parse().command {
        Command::Demo(args) => demo::run(&args),
        Command::Serve(args) => {
            let config = Config::load(args.config.as_deref())?;
            config.check()?;
            logging::start(&config.log)?;
            let site = Site::open(config, Arc::new(SystemClock), Arc::new(SystemEntropy))?;
            site.ready_to_serve()?;
            let _carrying = Carrying::start(&site);
            http::serve(site, |address| tracing::info!(%address, "listening"))?;
            Ok(())
        }
        Command::Docket(command) => docket::run(command),
        Command::Keys(command) => keys::run(command),
        Command::Account(command) => account::run(command),
        Command::Document(command) => documents::run(command),
        Command::Period(command) => documents::run_period(command),
        Command::Box(command) => boxes::run(command),
        Command::Release(command) => releases::run(command),
        Command::Exchange(command) => exchange::run(command),
        Command::Agent(command) => Ok(hengping_agent::cli::run(command)?),
        Command::Relay(command) => {
            hengping_relay::cli::run(command).map_err(|error| anyhow::anyhow!("[{}] {error}", error.code()))
        }
        Command::Verify(args) => verify::run(&args),
        Command::Openapi => {
            say!("{}", http::openapi::text().context("the OpenAPI document")?.trim_end());
            Ok(())
        }
    }
}
