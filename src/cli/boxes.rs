//! `hengping box`: the steps of a box from invitations to the draft of a release.
//!
//! Deliberately absent: reading a ballot; the nearest this program comes is to start the one that does.

use std::path::PathBuf;

use clap::Subcommand;
use hengping_domain::ids::BoxId;
use hengping_domain::keys::OpeningKeyFile;

use super::{SiteArgs, demo, said};
use crate::flow::close::TooFew;
use crate::flow::{cast, close, draft, export, invite};
use crate::opening::{self, Locked, read_json};

#[derive(Debug, Subcommand)]
pub(super) enum BoxCommand {
    /// Invite for every case that has fallen due.
    Invite {
        #[command(flatten)]
        site: SiteArgs,
        /// `{period}.{direction}`.
        id: BoxId,
    },
    /// Move waiting casts into the box as one sorted batch; meant for once a day.
    Batch {
        #[command(flatten)]
        site: SiteArgs,
        /// `{period}.{direction}`.
        id: BoxId,
        /// Fewer waiting casts than this stay where they are.
        #[arg(long, default_value_t = 20)]
        least: u32,
    },
    /// Close a box for good.
    Close {
        #[command(flatten)]
        site: SiteArgs,
        /// `{period}.{direction}`.
        id: BoxId,
        /// Destroy the ballots unopened if there are too few to open; without it such a box stays open.
        #[arg(long)]
        destroy: bool,
    },
    /// Write the opening's input files.
    Export {
        #[command(flatten)]
        site: SiteArgs,
        /// `{period}.{direction}`.
        id: BoxId,
        /// Where to.
        #[arg(long)]
        dir: PathBuf,
    },
    /// Take the draft that `hengping-analyse open` left; prints the release's hash.
    Draft {
        #[command(flatten)]
        site: SiteArgs,
        /// `{period}.{direction}`.
        id: BoxId,
        /// Where it lies.
        #[arg(long)]
        dir: PathBuf,
    },
    /// The three steps above with both keys on one machine; prints the release's hash.
    Open {
        #[command(flatten)]
        site: SiteArgs,
        /// `{period}.{direction}`.
        id: BoxId,
        /// The bench's opening key file.
        #[arg(long)]
        bench_key: PathBuf,
        /// The bar's opening key file.
        #[arg(long)]
        bar_key: PathBuf,
        /// Where the files of the opening go.
        #[arg(long)]
        dir: PathBuf,
        /// Open although a side left many envelopes locked; only after an auditor has looked at that side's key.
        #[arg(long)]
        accept_locked: bool,
    },
}

pub(super) fn run(command: BoxCommand) -> anyhow::Result<()> {
    match command {
        BoxCommand::Invite { site, id } => {
            let done = invite::invite(&site.site()?, &id).map_err(said)?;
            say!("{} new, {} above the cap, {} unmatched", done.new, done.capped, done.unmatched);
        }
        BoxCommand::Batch { site, id, least } => {
            say!("{}", cast::batch(&site.site()?, &id, least).map_err(said)?);
        }
        BoxCommand::Close { site, id, destroy } => {
            let too_few = if destroy { TooFew::Destroy } else { TooFew::Refuse };
            say!("{}", close::close(&site.site()?, &id, too_few, None).map_err(said)?);
        }
        BoxCommand::Export { site, id, dir } => export::export(&site.site()?, &id, &dir).map_err(said)?,
        BoxCommand::Draft { site, id, dir } => {
            say!("{}", draft::take(&site.site()?, &id, &dir).map_err(said)?);
            opening::forget_shares(&dir)?;
        }
        BoxCommand::Open { site, id, bench_key, bar_key, dir, accept_locked } => {
            let keys: [OpeningKeyFile; 2] = [read_json(&bench_key)?, read_json(&bar_key)?];
            let bar = demo::bar("opening");
            let locked = if accept_locked { Locked::Accept } else { Locked::Refuse };
            let keys = [&keys[0], &keys[1]];
            let hash = opening::open(&site.site()?, &id, keys, &dir, locked, |step| demo::show(&bar, step))?;
            bar.finish_and_clear();
            say!("{hash}");
        }
    }
    Ok(())
}
