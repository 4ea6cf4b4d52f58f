//! The opening: both agents shuffle, agree to the list and hand over shares, `hengping-analyse open` runs, the draft is taken.
//!
//! It goes as far as the agents let it and says what is missing from whom; the program that sees ballots is another process
//! without port or database. Deliberately absent: keys. Whoever runs this while both sides' shares are here could read the
//! ballots; both sides should stand beside it.

use std::fs::File;
use std::io::{self, BufRead as _, BufReader, BufWriter, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use hengping_domain::digest::{Bytes, Digest};
use hengping_domain::ids::{BoxId, Side};
use hengping_domain::layer::Posted;
use hengping_domain::manifest::PerSide;
use hengping_domain::opening::IssuerKeysFile;
use hengping_domain::request::AskedKind;
use serde::Deserialize;
use sha2::{Digest as _, Sha256};

use crate::flow::rehearse::Rehearsed;
pub use crate::flow::unseal::Missing;
use crate::flow::{Failure, Site, courier, draft, export, rehearse, unseal};
use crate::http::problem::sentence;
use crate::ports::Stopwatch;

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
    /// The analysis ended with an error, in its own words.
    #[error("hengping-analyse: {0}")]
    Analysis(String),
}

impl OpeningFailure {
    /// A stable code for pages; the analysis names its own in its words.
    #[must_use]
    pub fn code(&self) -> &str {
        match self {
            Self::Step(Failure::Refused(refusal)) => refusal.code(),
            Self::Step(Failure::Busy) => "busy",
            Self::Step(Failure::Fault(_)) | Self::File { .. } => "fault",
            Self::Malformed(..) => "document-malformed",
            Self::Analysis(words) => {
                words.split_once("\"code\":\"").and_then(|(_, rest)| rest.split('"').next()).unwrap_or("fault")
            }
        }
    }
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
        .args((locked == Locked::Accept).then_some("--audited"))
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

/// Where an opening stands when it cannot go on by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progressed {
    /// The draft release is taken.
    Draft(Digest),
    /// A rehearsal is opened; there is no release of it.
    Rehearsed(Rehearsed),
    /// Somebody has to do something first.
    Waits(Vec<Missing>),
}

/// Takes an opening as far as it goes: shuffles, the agreed list, shares, analysis, draft. What is done is not done again.
///
/// # Errors
/// [`OpeningFailure`]. An opening that failed can be run again: the box stays closed until a draft is taken.
pub fn go_on(
    site: &Site,
    id: &BoxId,
    dir: &Path,
    locked: Locked,
    progress: &mut dyn FnMut(&Step),
) -> Result<Progressed, OpeningFailure> {
    std::fs::create_dir_all(dir).map_err(file(dir))?;
    for stage in ["mix-bench", "mix-bar", "list", "shares"] {
        progress(&Step { stage: stage.to_owned(), done: 0, total: 1 });
        if let Some(missing) = stage_of(site, id, dir, stage, locked)? {
            return Ok(Progressed::Waits(missing));
        }
        progress(&Step { stage: stage.to_owned(), done: 1, total: 1 });
    }
    export::export(site, id, dir)?;
    analyse(dir, locked, &mut *progress)?;
    let done = match id.period.is_rehearsal() {
        true => Progressed::Rehearsed(rehearse::take(site, id, dir)?),
        false => Progressed::Draft(draft::take(site, id, dir)?),
    };
    forget_shares(dir)?;
    Ok(done)
}

fn stage_of(
    site: &Site,
    id: &BoxId,
    dir: &Path,
    stage: &str,
    locked: Locked,
) -> Result<Option<Vec<Missing>>, OpeningFailure> {
    match stage {
        "mix-bench" => {
            let list = dir.join("posted.bin");
            let digest = write_list(&list, &unseal::posted(site, id)?).map_err(file(&list))?;
            mixed(site, id, Side::Bench, &list, digest, &dir.join("halfway.bin"))
        }
        "mix-bar" => {
            let list = dir.join("halfway.bin");
            mixed(site, id, Side::Bar, &list, digest_of(&list)?, &dir.join("list.bin"))
        }
        "list" => {
            unseal::list(site, id, locked == Locked::Accept)?;
            settle(site, id, AskedKind::List)
        }
        _ => shares(site, id, dir),
    }
}

/// Writes items one behind the other and gives their digest: a list may have more than a gigabyte, and is held once at most.
fn write_list(path: &Path, items: &[Posted]) -> io::Result<Digest> {
    let (mut list, mut hash) = (BufWriter::new(File::create(path)?), Sha256::new());
    for item in items {
        hash.update(item.as_bytes());
        list.write_all(item.as_bytes())?;
    }
    list.into_inner()?.sync_all()?;
    Ok(Digest(hash.finalize().into()))
}

/// The digest of a file of any size.
fn digest_of(path: &Path) -> Result<Digest, OpeningFailure> {
    let read = || {
        let (mut list, mut hash) = (File::open(path)?, Sha256::new());
        let mut piece = vec![0; 1 << 20];
        loop {
            match list.read(&mut piece)? {
                0 => return Ok(Digest(hash.finalize().into())),
                n => hash.update(&piece[..n]),
            }
        }
    };
    read().map_err(file(path))
}

/// How long an agent may shuffle or make shares before the opening says that it waits.
const PATIENCE: Duration = Duration::from_secs(900);
/// The same where officers may have to approve first.
const GLANCE: Duration = Duration::from_secs(20);

/// How long to wait before an agent is asked again: it is at work, or its officers are.
fn pauses() -> impl Iterator<Item = Duration> {
    (0..6).map(|doubled| Duration::from_millis(100 << doubled)).chain(std::iter::repeat(Duration::from_secs(5)))
}

/// Carries what waits, and says what of a kind is still missing when patience is over.
fn settle(site: &Site, id: &BoxId, kind: AskedKind) -> Result<Option<Vec<Missing>>, OpeningFailure> {
    let patience = if kind == AskedKind::Mix { PATIENCE } else { GLANCE };
    let (watch, mut pauses) = (Stopwatch::start(), pauses());
    loop {
        let done = courier::deliver(site)?;
        let missing = unseal::missing(site, id, kind)?;
        let hopeless = !done.unreachable.is_empty() || missing.iter().any(|missing| missing.code.is_some());
        if missing.is_empty() {
            return Ok(None);
        }
        if hopeless || watch.elapsed() > patience {
            return Ok(Some(missing));
        }
        std::thread::sleep(pauses.next().unwrap_or(GLANCE));
    }
}

/// One side's shuffle: hands over the list, asks, fetches what comes out.
fn mixed(
    site: &Site,
    id: &BoxId,
    side: Side,
    list: &Path,
    digest: Digest,
    to: &Path,
) -> Result<Option<Vec<Missing>>, OpeningFailure> {
    let request = unseal::mix(site, id, side, digest)?;
    let away = |_| Some(vec![Missing { side, kind: AskedKind::Mix.to_string(), request, code: None }]);
    if unseal::output(site, request, side)?.is_none() {
        // An agent that is away gets the list beside a package.
        let _ = site.agents.carrier.put_file(side, digest, list);
        if let Some(missing) = settle(site, id, AskedKind::Mix)? {
            return Ok(Some(missing));
        }
    }
    let Some(output) = unseal::output(site, request, side)? else { return settle(site, id, AskedKind::Mix) };
    if is(to, output)? || brought(output, to)? {
        return Ok(None);
    }
    Ok(site.agents.carrier.get_file(side, output, to).err().and_then(away))
}

/// Whether a file is there and has this digest.
fn is(path: &Path, digest: Digest) -> Result<bool, OpeningFailure> {
    Ok(path.exists() && digest_of(path)? == digest)
}

/// Puts in its place what came beside a package and lies next to it under its digest; whether there was something.
fn brought(digest: Digest, to: &Path) -> Result<bool, OpeningFailure> {
    let carried = to.with_file_name(digest.to_string());
    if !is(&carried, digest)? {
        return Ok(false);
    }
    std::fs::rename(&carried, to).map(|()| true).map_err(file(to))
}

/// Both sides' shares of the agreed list, and their issuer keys.
fn shares(site: &Site, id: &BoxId, dir: &Path) -> Result<Option<Vec<Missing>>, OpeningFailure> {
    let list = dir.join("list.bin");
    let digest = digest_of(&list)?;
    // The bar made this list; the bench has to see it too. One that is away gets it beside a package.
    let _ = site.agents.carrier.put_file(Side::Bench, digest, &list);
    let request = unseal::shares(site, id)?;
    if let Some(missing) = settle(site, id, AskedKind::Shares)? {
        return Ok(Some(missing));
    }
    let mut issuers = Vec::new();
    for &side in Side::ALL {
        let path = dir.join(format!("shares-{side}.bin"));
        let Some(shares) = unseal::handed_over(site, request, side)? else {
            return settle(site, id, AskedKind::Shares);
        };
        let carried = dir.join(format!("hand-over-{side}.bin"));
        let there = carried.exists() || brought(shares, &carried)?;
        if !there && site.agents.carrier.get_file(side, shares, &carried).is_err() {
            // The side's officers carry it: the file is expected under this name.
            let kind = "hand-over".to_owned();
            return Ok(Some(vec![Missing { side, kind, request: shares, code: None }]));
        }
        let bytes = std::fs::read(&carried).map_err(file(&carried))?;
        let Some((issuer, rest)) = bytes.split_first_chunk::<32>().filter(|_| Digest::of(&[&bytes]) == shares) else {
            return Err(OpeningFailure::Malformed(carried, "it is not what the agent said it handed over".to_owned()));
        };
        issuers.push(Bytes(*issuer));
        std::fs::write(&path, rest).map_err(file(&path))?;
    }
    let keys = IssuerKeysFile::new(&PerSide { bench: issuers[0], bar: issuers[1] });
    let path = dir.join("issuer-keys.json");
    let text = serde_json::to_vec_pretty(&keys).map_err(|e| OpeningFailure::Malformed(path.clone(), e.to_string()))?;
    std::fs::write(&path, text).map_err(file(&path))?;
    Ok(None)
}

/// Removes both sides' shares: beside the list they are as good as the opened ballots. A side can make its own again.
///
/// # Errors
/// [`OpeningFailure::File`].
fn forget_shares(dir: &Path) -> Result<(), OpeningFailure> {
    for side in [Side::Bench, Side::Bar] {
        for name in [format!("shares-{side}.bin"), format!("hand-over-{side}.bin")] {
            let path = dir.join(name);
            match std::fs::remove_file(&path) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(file(&path)(error)),
                _ => {}
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_agent_that_takes_long_is_asked_ever_more_seldom() {
        let asked = |patience: Duration| {
            let waited = pauses().scan(Duration::ZERO, |waited, pause| {
                *waited += pause;
                Some(*waited)
            });
            waited.take_while(|waited| *waited <= patience).count()
        };
        assert!(pauses().zip(pauses().skip(1)).take(20).all(|(one, next)| one <= next));
        assert_eq!(asked(Duration::from_secs(1)), 3, "whoever answers at once is not waited for");
        assert!(asked(GLANCE) < 10 && asked(PATIENCE) < 200, "{} {}", asked(GLANCE), asked(PATIENCE));
    }
}
