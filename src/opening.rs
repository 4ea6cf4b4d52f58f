//! The opening on one machine: export the box, make both sides' shares, run `hengping-analyse open`, take the draft back.
//!
//! Each key is read only to make that side's shares; the program that sees ballots is another process without port or
//! database. Deliberately absent: the ceremony between two machines, whose files are the same and travel by hand.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use hengping_domain::digest::Digest;
use hengping_domain::ids::{BoxId, Side};
use hengping_domain::keys::OpeningKeyFile;
use hengping_domain::manifest::ClosedManifest;
use hengping_domain::opening::{OpeningError, read_list, write_shares};
use serde::Deserialize;

use crate::flow::{Failure, Site, draft, export};
use crate::http::problem::sentence;

/// Why an opening did not come to its end.
#[derive(Debug, thiserror::Error)]
pub enum OpeningFailure {
    /// A step of the platform was refused.
    #[error("{}", sentence(.0))]
    Step(Failure),
    /// A file cannot be read or written.
    #[error("{path}: {source}")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A file of the opening does not have its form.
    #[error("{0}: not a file of an opening: {1}")]
    Malformed(PathBuf, String),
    /// A key of the other side, or for another box.
    #[error("[wrong-opening-key] this key is not the one the manifest names for {0}")]
    WrongKey(Side),
    /// The list or the shares do not fit.
    #[error("[{code}] {0}", code = .0.code())]
    Opening(#[from] OpeningError),
    /// The analysis ended with an error, in its own words.
    #[error("hengping-analyse: {0}")]
    Analysis(String),
}

impl From<Failure> for OpeningFailure {
    fn from(failure: Failure) -> Self {
        Self::Step(failure)
    }
}

fn file(path: &Path) -> impl FnOnce(std::io::Error) -> OpeningFailure {
    let path = path.to_owned();
    move |source| OpeningFailure::File { path, source }
}

/// Reads a key file.
///
/// # Errors
/// [`OpeningFailure::File`], [`OpeningFailure::Malformed`].
pub fn read_json<T: serde::de::DeserializeOwned>(path: &Path) -> Result<T, OpeningFailure> {
    let bytes = std::fs::read(path).map_err(file(path))?;
    serde_json::from_slice(&bytes).map_err(|error| OpeningFailure::Malformed(path.to_owned(), error.to_string()))
}

/// Makes one side's shares for the list in `dir`; `progress` hears done and total.
///
/// # Errors
/// [`OpeningFailure`]; nothing is written then.
pub fn share(dir: &Path, key: &OpeningKeyFile, progress: &mut dyn FnMut(usize, usize)) -> Result<(), OpeningFailure> {
    let manifest: ClosedManifest = read_json(&dir.join("manifest.json"))?;
    if *manifest.manifest.opening.get(key.side) != key.public {
        return Err(OpeningFailure::WrongKey(key.side));
    }
    let path = dir.join("list.bin");
    let list = read_list(&std::fs::read(&path).map_err(file(&path))?)?;
    let total = list.len();
    let shares = write_shares(&list, &manifest.manifest.id, key.side, &key.secret, |done| progress(done, total));
    let path = dir.join(format!("shares-{}.bin", key.side));
    std::fs::write(&path, shares).map_err(file(&path))
}

/// One line of the analysis's progress.
#[derive(Debug, Clone, Deserialize)]
pub struct Step {
    /// Name of the stage.
    pub stage: String,
    /// How much of it is done.
    pub done: u64,
    /// Of how much.
    pub total: u64,
}

/// What to do when a side leaves more envelopes locked than single raters can have spoilt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Locked {
    /// Open nothing.
    Refuse,
    /// Open the rest: an auditor has looked at that side's key, and both sides agree.
    Accept,
}

/// Runs the analysis on a directory of the opening; `progress` hears its stages.
///
/// # Errors
/// [`OpeningFailure::Analysis`] with what it printed.
pub fn analyse(dir: &Path, locked: Locked, mut progress: impl FnMut(&Step)) -> Result<(), OpeningFailure> {
    let program = beside_us("hengping-analyse");
    let mut child = Command::new(&program)
        .args(["open", "--dir"])
        .arg(dir)
        .args((locked == Locked::Accept).then_some("--accept-locked"))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .env_clear()
        .spawn()
        .map_err(file(&program))?;
    let errors = child.stderr.take();
    // Read beside standard output, so that neither pipe fills up.
    let errors = std::thread::spawn(move || errors.map(|e| std::io::read_to_string(e).unwrap_or_default()));
    if let Some(output) = child.stdout.take() {
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            if let Ok(step) = serde_json::from_str::<Step>(&line) {
                progress(&step);
            }
        }
    }
    let status = child.wait().map_err(file(&program))?;
    let words = errors.join().ok().flatten().unwrap_or_default();
    if status.success() { Ok(()) } else { Err(OpeningFailure::Analysis(words.trim().to_owned())) }
}

/// The program of that name in the directory of this one.
fn beside_us(name: &str) -> PathBuf {
    let here = std::env::current_exe().ok().and_then(|path| path.parent().map(Path::to_owned)).unwrap_or_default();
    // A test binary lives one directory below the programs.
    let here = if here.ends_with("deps") { here.parent().map(Path::to_owned).unwrap_or_default() } else { here };
    here.join(name)
}

/// The whole opening on one machine; returns the hash of the draft release.
///
/// # Errors
/// [`OpeningFailure`]. An opening that failed can be run again: the box stays closed until a draft is taken.
pub fn open(
    site: &Site,
    id: &BoxId,
    keys: [&OpeningKeyFile; 2],
    dir: &Path,
    locked: Locked,
    mut progress: impl FnMut(&Step),
) -> Result<Digest, OpeningFailure> {
    export::export(site, id, dir)?;
    for key in keys {
        let stage = format!("shares-{}", key.side);
        share(dir, key, &mut |done, total| {
            progress(&Step { stage: stage.clone(), done: done as u64, total: total as u64 });
        })?;
    }
    analyse(dir, locked, &mut progress)?;
    let release = draft::take(site, id, dir)?;
    forget_shares(dir)?;
    Ok(release)
}

/// Removes both sides' shares: beside the list they are as good as the opened ballots. A side can make its own again.
///
/// # Errors
/// [`OpeningFailure::File`].
pub fn forget_shares(dir: &Path) -> Result<(), OpeningFailure> {
    for side in [Side::Bench, Side::Bar] {
        let path = dir.join(format!("shares-{side}.bin"));
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(file(&path)(error)),
            _ => {}
        }
    }
    Ok(())
}
