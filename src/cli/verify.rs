//! `hengping verify`: rechecks the published record of a box, with nothing but its files.
//!
//! Deliberately absent: the platform, a configuration and the network.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;
use hengping_domain::record::{Check, FILES, Record, verify};

/// What is rechecked.
#[derive(Debug, Args)]
pub(super) struct VerifyArgs {
    /// Directory with the files of `hengping box record`.
    dir: PathBuf,
}

/// Reads the files of a record that are there.
fn read_dir(dir: &Path) -> anyhow::Result<Record> {
    let mut files = BTreeMap::new();
    for name in FILES {
        let path = dir.join(name);
        match std::fs::read_to_string(&path) {
            Ok(text) => drop(files.insert(name.to_owned(), text)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(error).context(path.display().to_string()),
        }
    }
    Ok(Record::read(&files)?)
}

/// Rechecks the record in a directory and prints a line for every check; ends with status 1 when one does not hold.
pub(super) fn run(args: &VerifyArgs) -> anyhow::Result<()> {
    let checks = verify(&read_dir(&args.dir)?);
    for Check { name, holds, found, expected } in &checks {
        let ((zh, en), mark) = (name.words(), if *holds { "ok  " } else { "FAIL" });
        say!("{mark}  {:<24}  {zh} / {en}", name.as_str());
        if !holds {
            say!("      found 实得: {found}; expected 应为: {expected}");
        }
    }
    let failed: Vec<_> = checks.iter().filter(|check| !check.holds).map(|check| check.name.as_str()).collect();
    if failed.is_empty() {
        say!("{} checks, all hold / {} 项核验全部通过", checks.len(), checks.len());
        return Ok(());
    }
    eprintln!("[record-refuted] {} / 未通过：{}", failed.join(", "), failed.join("、"));
    std::process::exit(1)
}
