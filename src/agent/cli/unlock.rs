//! Where a passphrase comes from: a file descriptor, a file, or the terminal without echo.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, anyhow};
use clap::Args;
use hengping_ports::{SystemClock, SystemEntropy};
use zeroize::Zeroizing;

use super::shown;
use crate::agent::{Agent, Setup};
use crate::config::Settings;
use crate::keyfile::{KeyFile, Unlocked};
use crate::pins::Pins;
use crate::private;

/// Bytes of a passphrase file.
const LONGEST: u64 = 4096;

/// Which agent, and how it is unlocked.
#[derive(Debug, Args)]
pub struct UnlockArgs {
    /// The agent's directory.
    #[arg(long)]
    dir: PathBuf,
    /// Read the passphrase from this open file descriptor.
    #[arg(long, value_name = "N", conflicts_with = "share")]
    passphrase_fd: Option<u32>,
    /// Read the passphrase from this file.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["share", "passphrase_fd"])]
    passphrase_file: Option<PathBuf>,
    /// An officer's share file; give as many as the split asks for.
    #[arg(long, value_name = "FILE")]
    share: Vec<PathBuf>,
}

/// A passphrase that is being set.
#[derive(Debug, Args)]
pub struct NewPassphrase {
    /// Read the new passphrase from this open file descriptor.
    #[arg(long, value_name = "N", conflicts_with = "new_passphrase_file")]
    new_passphrase_fd: Option<u32>,
    /// Read the new passphrase from this file.
    #[arg(long, value_name = "FILE")]
    new_passphrase_file: Option<PathBuf>,
}

pub(super) type Passphrase = Zeroizing<String>;

/// The first line of what can be read from `path`.
fn read(path: &Path) -> anyhow::Result<Passphrase> {
    let mut text = Zeroizing::new(String::new());
    let file = File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
    file.take(LONGEST).read_to_string(&mut text).with_context(|| format!("cannot read {}", path.display()))?;
    Ok(Zeroizing::new(text.lines().next().unwrap_or_default().to_owned()))
}

fn given(fd: Option<u32>, file: Option<&Path>) -> Option<anyhow::Result<Passphrase>> {
    match (fd, file) {
        (Some(fd), _) => Some(read(Path::new(&format!("/dev/fd/{fd}")))),
        (None, Some(file)) => Some(read(file)),
        (None, None) => None,
    }
}

fn prompt(words: &str) -> anyhow::Result<Passphrase> {
    rpassword::prompt_password(words).map(Zeroizing::new).context("cannot read a passphrase from the terminal")
}

impl NewPassphrase {
    pub(super) fn read(&self) -> anyhow::Result<Passphrase> {
        chosen(self.new_passphrase_fd, self.new_passphrase_file.as_deref())
    }
}

/// A passphrase that is being set; typed twice at the terminal.
pub(super) fn chosen(fd: Option<u32>, file: Option<&Path>) -> anyhow::Result<Passphrase> {
    if let Some(given) = given(fd, file) {
        return given;
    }
    let first = prompt("新口令 / new passphrase: ")?;
    if *prompt("再输入一次 / again: ")? == *first {
        Ok(first)
    } else {
        Err(anyhow!("[passphrase-differs] 两次输入不一致 / the two differ"))
    }
}

impl UnlockArgs {
    pub(super) fn dir(&self) -> &Path {
        &self.dir
    }

    /// The key file and what is in it.
    pub(super) fn keys(&self) -> anyhow::Result<(KeyFile, Unlocked)> {
        let file = KeyFile::read(&self.dir).map_err(shown)?;
        if !self.share.is_empty() {
            let shares = self.share.iter().map(|path| private::read_json(path)).collect::<Result<Vec<_>, _>>();
            let unlocked = file.unlock_with(&shares.map_err(shown)?).map_err(shown)?;
            return Ok((file, unlocked));
        }
        let passphrase = given(self.passphrase_fd, self.passphrase_file.as_deref())
            .unwrap_or_else(|| prompt("口令 / passphrase: "))?;
        let unlocked = file.unlock(&passphrase).map_err(shown)?;
        Ok((file, unlocked))
    }

    /// The agent, unlocked.
    pub(super) fn agent(&self) -> anyhow::Result<Agent> {
        let pins = Pins::read(&self.dir).map_err(shown)?;
        let settings = Settings::read(&self.dir).map_err(shown)?;
        let (_, unlocked) = self.keys()?;
        let dir = self.dir.clone();
        let setup =
            Setup { dir, unlocked, pins, settings, clock: Arc::new(SystemClock), entropy: Arc::new(SystemEntropy) };
        Agent::open(setup).map_err(shown)
    }
}
