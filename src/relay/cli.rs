//! `hengping relay`: make, serve, hand over.
//!
//! Deliberately absent: a command that shows what waits.

use std::io::Write as _;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;

use clap::Subcommand;
use hengping_domain::ids::BoxId;
use hengping_ports::{SystemClock, SystemEntropy};
use jiff::civil::Time;

use crate::control::Asked;
use crate::error::RelayError;
use crate::hand_over::{HandOver, too_late};
use crate::serve::{Limit, Relay, Settings, start};
use crate::{MOST_WAITING, keys};

/// What the relay is told to do.
#[derive(Debug, Subcommand)]
pub enum RelayCommand {
    /// Make a receipt key and an empty spool; prints the public receipt key for the manifest.
    Init {
        /// A directory of the relay's own.
        #[arg(long)]
        dir: PathBuf,
    },
    /// Take sealed ballots until stopped. TLS ends at a proxy in front.
    Serve {
        /// Where `init` put the keys.
        #[arg(long)]
        dir: PathBuf,
        /// Address to listen on.
        #[arg(long, default_value = "127.0.0.1:8081")]
        listen: SocketAddr,
        /// Address of the platform, `https://..`.
        #[arg(long)]
        platform: String,
        /// Origin of the pages that may post, again for each.
        #[arg(long)]
        origin: Vec<String>,
        /// Address of a proxy in front whose X-Forwarded-For is believed, again for each.
        #[arg(long)]
        trusted_proxy: Vec<IpAddr>,
        /// Casts that may wait.
        #[arg(long, default_value_t = MOST_WAITING)]
        most_waiting: usize,
        /// Posts that one address may make at once.
        #[arg(long, default_value_t = 60)]
        burst: u32,
        /// Milliseconds until it may make one more.
        #[arg(long, default_value_t = 1_000)]
        refill_ms: u64,
        /// Hand over every day at this hour, courts' time (UTC+8), HH:MM.
        #[arg(long, value_parser = hour)]
        daily: Option<Time>,
    },
    /// Hand over what waits: through the relay that runs, or from the spool when none does.
    HandOver {
        /// The relay's directory.
        #[arg(long)]
        dir: PathBuf,
        /// `{period}.{direction}`; every box if left out.
        #[arg(long = "box")]
        id: Option<BoxId>,
        /// Fewer stamps than this wait on; below what a batch of the box has to hold anyway, it changes nothing.
        #[arg(long)]
        least: Option<u32>,
        /// The box is closing: hand over everything, however few.
        #[arg(long)]
        closing: bool,
        /// Address of the platform, when no relay is running.
        #[arg(long)]
        platform: Option<String>,
    },
}

fn hour(text: &str) -> Result<Time, String> {
    Time::strptime("%H:%M", text).map_err(|_| "not an hour like 03:30".to_owned())
}

/// Runs a command.
///
/// # Errors
/// [`RelayError`] with a code, in words of both languages.
pub fn run(command: RelayCommand) -> Result<(), RelayError> {
    match command {
        RelayCommand::Init { dir } => {
            let public = keys::init(&dir, &SystemEntropy)?;
            say(&public);
            Ok(())
        }
        RelayCommand::Serve { dir, listen, platform, origin, trusted_proxy, most_waiting, burst, refill_ms, daily } => {
            let settings = Settings {
                proxies: trusted_proxy,
                most_waiting,
                limit: Limit { burst, refill_ms },
                daily,
                signals: true,
                ..Settings::new(&dir, listen, &platform, origin)
            };
            let running = start(&settings, Arc::new(SystemClock), Arc::new(SystemEntropy))?;
            say(&format_args!("listening {} receipt {}", running.address, running.receipt_key));
            running.wait()
        }
        RelayCommand::HandOver { dir, id, least, closing, platform } => {
            let asked = Asked { id, least, closing };
            let done = match asked.send(&dir)? {
                Some(done) => done,
                None => {
                    let platform = platform.ok_or(RelayError::PlatformUnnamed)?;
                    let settings = Settings::new(&dir, ([127, 0, 0, 1], 0).into(), &platform, Vec::new());
                    asked.answer(&Relay::open(&settings, Arc::new(SystemClock), Arc::new(SystemEntropy))?)?
                }
            };
            for HandOver { id, batches, discarded } in done {
                if discarded > 0 {
                    say(&too_late(&id, discarded));
                } else if batches.is_empty() {
                    say(&format_args!("{id}: too few, they wait / 数量不足，继续等待"));
                }
                for batch in batches {
                    say(&format_args!("{id}: batch {} casts {} taken {}", batch.batch, batch.casts, batch.taken));
                }
            }
            Ok(())
        }
    }
}

/// Prints a line; a reader that went away changes nothing about what was done.
fn say(line: &dyn std::fmt::Display) {
    let mut out = std::io::stdout();
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}
