//! `hengping exchange`: packages to and from an agent that no network reaches.
//!
//! A package is a JSON file; large lists lie beside it under their digests. Deliberately absent: how the medium travels.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow};
use clap::Subcommand;
use hengping_domain::digest::Digest;
use hengping_domain::exchange::SignedPackage;
use hengping_domain::ids::Side;
use jiff::civil::Date;

use super::{SiteArgs, said};
use crate::flow::exchange::{self, NotTaken};
use crate::opening::read_json;

#[derive(Debug, Subcommand)]
pub(super) enum ExchangeCommand {
    /// Write what waits for one side's agent as the next package.
    Export {
        #[command(flatten)]
        site: SiteArgs,
        /// bench or bar.
        #[arg(long)]
        to: Side,
        /// The last day on which the agent may take it.
        #[arg(long)]
        expires: Date,
        /// Directory for the package and its files.
        #[arg(long)]
        dir: PathBuf,
        /// Where the lists of an opening lie, to be put beside the package.
        #[arg(long)]
        opening: Option<PathBuf>,
    },
    /// Take the next package from an agent; the last one again changes nothing.
    Import {
        #[command(flatten)]
        site: SiteArgs,
        /// The package.
        package: PathBuf,
        /// Where the lists of an opening lie; files beside the package are put there.
        #[arg(long)]
        opening: Option<PathBuf>,
    },
}

pub(super) fn run(command: ExchangeCommand) -> anyhow::Result<()> {
    match command {
        ExchangeCommand::Export { site, to, expires, dir, opening } => {
            let (package, files) = exchange::export(&site.site()?, to, expires).map_err(said)?;
            std::fs::create_dir_all(&dir)?;
            if let Some(opening) = opening {
                copy(&opening, &dir, &files)?;
            }
            let path = dir.join(format!("platform-to-{to}-{:04}.json", package.package.sequence));
            std::fs::write(&path, serde_json::to_vec_pretty(&package)?)?;
            say!("{} ({} requests)", path.display(), package.package.entries.len());
        }
        ExchangeCommand::Import { site, package, opening } => {
            let signed: SignedPackage = read_json(&package)?;
            let from = signed.package.from.side();
            let side = from
                .ok_or_else(|| anyhow!("[package-signature] this package is not from an agent / 不是节点的数据包"))?;
            let done = exchange::import(&site.site()?, side, &signed).map_err(|not| match not {
                NotTaken::Package(error) => anyhow!("[{}] {error}", error.code()),
                NotTaken::Step(failure) => said(failure),
            })?;
            if let (Some(opening), Some(beside)) = (opening, package.parent()) {
                copy(beside, &opening, &done.files)?;
            }
            say!("{} heard, {} known", done.heard, done.known);
        }
    }
    Ok(())
}

/// Copies the files of a directory that have one of these digests, under their digests.
fn copy(from: &Path, to: &Path, wanted: &BTreeSet<Digest>) -> anyhow::Result<()> {
    if wanted.is_empty() {
        return Ok(());
    }
    std::fs::create_dir_all(to)?;
    for entry in from.read_dir().with_context(|| format!("cannot read {}", from.display()))? {
        let path = entry?.path();
        if !path.is_file() {
            continue;
        }
        let bytes = std::fs::read(&path)?;
        let digest = Digest::of(&[&bytes]);
        if wanted.contains(&digest) {
            std::fs::write(to.join(digest.to_string()), bytes)?;
        }
    }
    Ok(())
}
