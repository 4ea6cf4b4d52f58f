//! `hengping exchange`: packages to and from an agent that no network reaches.
//!
//! A package is a JSON file; large lists lie beside it under their digests. Deliberately absent: how the medium travels.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow};
use clap::Subcommand;
use hengping_domain::digest::Digest;
use hengping_domain::exchange::{Item, SignedPackage};
use hengping_domain::ids::Side;
use jiff::civil::Date;

use super::{SiteArgs, said};
use crate::flow::exchange::{self, NotCarried};
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
        #[arg(long, required_unless_present = "again")]
        expires: Option<Date>,
        /// Write the last package once more, until a later day with --expires.
        #[arg(long)]
        again: bool,
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
        ExchangeCommand::Export { site, to, expires, again, dir, opening } => {
            let site = site.site()?;
            let found = opening.map_or(Ok(Found::new()), |opening| files(&opening))?;
            let lists = found.iter().map(|(digest, (_, size))| (*digest, *size)).collect();
            let exported = match expires {
                Some(expires) if !again => exchange::export(&site, to, expires, &lists),
                _ => exchange::export_again(&site, to, expires, &lists),
            };
            let exported = exported.map_err(refused)?;
            std::fs::create_dir_all(&dir)?;
            copy(&found, &exported.files, &dir)?;
            let package = exported.package;
            let path = dir.join(format!("platform-to-{to}-{:04}.json", package.package.sequence));
            std::fs::write(&path, serde_json::to_vec_pretty(&package)?)?;
            let requests = package.package.entries.iter().filter(|item| matches!(item, Item::Request { .. })).count();
            say!("{} ({requests} requests, {} files)", path.display(), exported.files.len());
            if exported.held > 0 {
                eprintln!(
                    "{} requests wait for a list: name the directory of the opening with --opening / {} 项请求等待列表：请用 --opening 指明启封目录",
                    exported.held, exported.held
                );
            }
        }
        ExchangeCommand::Import { site, package, opening } => {
            let signed: SignedPackage = read_json(&package)?;
            let from = signed.package.from.side();
            let side = from
                .ok_or_else(|| anyhow!("[package-signature] this package is not from an agent / 不是节点的数据包"))?;
            let names_files = signed.package.entries.iter().any(|item| matches!(item, Item::File { .. }));
            let found = package.parent().filter(|_| names_files).map_or(Ok(Found::new()), files)?;
            let beside = found.keys().copied().collect();
            let done = exchange::import(&site.site()?, side, &signed, &beside).map_err(refused)?;
            match opening {
                Some(opening) => copy(&found, &done.files, &opening)?,
                None if done.files.is_empty() => {}
                None => eprintln!(
                    "lists lie beside this package: take it again with --opening / 数据包附有列表：请加 --opening 再导入一次"
                ),
            }
            say!("{} heard, {} known", done.heard, done.known);
        }
    }
    Ok(())
}

fn refused(not: NotCarried) -> anyhow::Error {
    match not.words() {
        Ok((code, words)) => anyhow!("[{code}] {words}"),
        Err(failure) => said(failure),
    }
}

/// Files by digest, with where they lie and how long they are.
type Found = BTreeMap<Digest, (PathBuf, u64)>;

fn files(dir: &Path) -> anyhow::Result<Found> {
    // A package that is named without a directory lies in this one.
    let dir = if dir.as_os_str().is_empty() { Path::new(".") } else { dir };
    let mut found = Found::new();
    for entry in dir.read_dir().with_context(|| format!("cannot read {}", dir.display()))? {
        let path = entry?.path();
        if path.is_file() {
            let bytes = std::fs::read(&path)?;
            found.insert(Digest::of(&[&bytes]), (path, bytes.len() as u64));
        }
    }
    Ok(found)
}

/// Copies files of these digests, under their digests.
fn copy(found: &Found, wanted: &BTreeSet<Digest>, to: &Path) -> anyhow::Result<()> {
    if !wanted.is_empty() {
        std::fs::create_dir_all(to)?;
    }
    for (digest, (path, _)) in found.iter().filter(|(digest, _)| wanted.contains(digest)) {
        let name = to.join(digest.to_string());
        if name != *path {
            std::fs::copy(path, &name)?;
        }
    }
    Ok(())
}
