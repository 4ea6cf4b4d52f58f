//! Requests and statements that are carried: the agent of a network that nobody outside can reach.
//!
//! A package is taken once and in order; what it asks is answered when the next one is written, and what cannot be answered
//! yet waits for a later one. Files lie beside a package under their digests. Deliberately absent: how it is carried.

use std::fs;
use std::path::Path;

use hengping_domain::digest::Digest;
use hengping_domain::exchange::{Item, Package, PackageError, Party, Place, SignedPackage, Taken};
use hengping_domain::statement::{Said, Signed};
use jiff::civil::Date;

use crate::agent::{Agent, Answer};
use crate::config::HandOver;
use crate::error::AgentError;
use crate::private;
use crate::store::packages::{self, Way};
use crate::store::{Connection, StoreError};

/// What became of a package that came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Imported {
    /// Its number.
    pub sequence: u32,
    /// Requests in it; 0 when it is the last one again.
    pub requests: usize,
    /// Whether it is the last one again.
    pub again: bool,
}

/// What is in a package that goes out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exported {
    /// Its number.
    pub sequence: u32,
    /// Statements in it.
    pub statements: usize,
    /// Files beside it.
    pub files: usize,
    /// Requests that wait for a later one.
    pub waiting: usize,
}

fn place(conn: &mut Connection, way: Way) -> Result<Place, StoreError> {
    Ok(packages::last(conn, way)?.map(|(place, _)| place).unwrap_or_default())
}

/// Whether a package is another one again, written for a later day: nothing in it is new.
fn rewrites(package: &Package, before: &Package) -> bool {
    let named = |p: &Package| (p.v, p.from, p.to, p.sequence, p.previous);
    let known = |item: &Item| before.entries.contains(item);
    let later = package.expires > before.expires
        || package.expires == before.expires && package.entries.len() < before.entries.len();
    named(package) == named(before) && later && package.entries.iter().all(known)
}

/// Where a file lies beside a package.
fn beside(package: &Path, file: Digest) -> std::path::PathBuf {
    package.with_file_name(file.to_string())
}

impl Agent {
    /// Takes a package of the platform with the files beside it; the last one again changes nothing, also when it was written
    /// anew for a later day.
    ///
    /// # Errors
    /// [`AgentError::Package`], [`AgentError::ForeignEntry`], [`AgentError::File`], [`AgentError::FileDigest`]: then nothing
    /// of it is taken.
    pub fn import_package(&self, path: &Path) -> Result<Imported, AgentError> {
        let package: SignedPackage = private::read_json(path)?;
        let today = self.clock.today();
        let take = |last| package.take((Party::Platform, &self.pins.platform), Party::of(self.side()), last, today);
        let Package { sequence, previous, .. } = package.package;
        let again = Imported { sequence, requests: 0, again: true };
        let rewritten = self.store.decide(|conn| {
            let last = packages::last(conn, Way::In)?;
            let at = last.as_ref().map(|(place, _)| *place).unwrap_or_default();
            if !last.is_some_and(|(_, before)| rewrites(&package.package, &before.package)) {
                return Ok(take(at)? == Taken::Again);
            }
            // As if it were new; what comes next follows this one.
            if let Taken::New(at) = take(Place { sequence: sequence - 1, digest: previous })? {
                packages::put(conn, Way::In, at, &package)?;
            }
            Ok::<_, AgentError>(true)
        })?;
        if rewritten {
            return Ok(again);
        }
        let (mut requests, mut files) = (Vec::new(), Vec::new());
        for item in &package.package.entries {
            match item {
                Item::Request { request } => requests.push((request.request.digest()?, request)),
                // Complete before the package counts as taken; a file too many does no harm.
                Item::File { digest, .. } => {
                    self.files.take(*digest, &beside(path, *digest))?;
                    files.push(*digest);
                }
                Item::Statement { .. } => return Err(AgentError::ForeignEntry),
            }
        }
        let taken = self.store.decide(|conn| {
            // Again, in the transaction: another process may take the same package.
            let Taken::New(at) = take(place(conn, Way::In)?)? else {
                return Ok(again);
            };
            for (order, (digest, request)) in requests.iter().enumerate() {
                packages::receive(conn, *digest, (sequence, order), request)?;
            }
            packages::put(conn, Way::In, at, &package)?;
            Ok::<_, AgentError>(Imported { sequence, requests: requests.len(), again: false })
        })?;
        for digest in files {
            // Again: until their requests were known, a box that died meanwhile took them along.
            self.files.take(digest, &beside(path, digest))?;
        }
        Ok(taken)
    }

    /// Answers what came in packages, as far as it can be answered now, and writes the answers as the next package, to be
    /// taken until `expires`.
    ///
    /// # Errors
    /// [`AgentError::NothingToSend`] when nothing can be answered; [`AgentError::Package`] for a day that has passed.
    pub fn export_package(&self, path: &Path, expires: Date) -> Result<Exported, AgentError> {
        if expires < self.clock.today() {
            return Err(PackageError::Expired(expires).into());
        }
        let asked = self.store.decide(|conn| packages::waiting(conn).map_err(AgentError::from))?;
        let (mut entries, mut answered, mut files) = (Vec::new(), Vec::new(), Vec::new());
        for (digest, request) in &asked {
            if let Answer::Now(signed) = self.answer(request)? {
                files.extend(self.file_of(&signed));
                entries.push(Item::Statement { request: *digest, signed });
                answered.push(*digest);
            }
        }
        if entries.is_empty() {
            return Err(AgentError::NothingToSend);
        }
        files.sort_unstable();
        files.dedup();
        for file in &files {
            let size = self.lay_beside(path, *file)?;
            entries.push(Item::File { digest: *file, size });
        }
        let waiting = asked.len() - answered.len();
        let (sequence, package) = self.store.decide(|conn| {
            let last = place(conn, Way::Out)?;
            let sequence = last.sequence + 1;
            let (from, to) = (Party::of(self.side()), Party::Platform);
            let package = Package { v: 1, from, to, sequence, previous: last.digest, expires, entries };
            let at = Place { sequence, digest: Some(package.digest()?) };
            let package = package.sign(&self.unlocked.key)?;
            packages::put(conn, Way::Out, at, &package)?;
            for digest in &answered {
                packages::answered(conn, *digest)?;
            }
            Ok::<_, AgentError>((sequence, package))
        })?;
        private::replace(path, &private::json(&package)?)?;
        Ok(Exported { sequence, statements: answered.len(), files: files.len(), waiting })
    }

    /// Writes the last package once more: it was lost, the disk was full, or its last day is over and a later one is named.
    ///
    /// # Errors
    /// [`AgentError::NothingToSend`] when there was none; [`AgentError::Package`] for a day that has passed.
    pub fn export_again(&self, path: &Path, expires: Option<Date>) -> Result<Exported, AgentError> {
        let (at, package) = self.store.decide(|conn| {
            let (at, mut package) = packages::last(conn, Way::Out)?.ok_or(AgentError::NothingToSend)?;
            // A box that it was about is dead.
            if at.digest != Some(package.package.digest()?) {
                return Err(AgentError::NothingToSend);
            }
            let until = package.package.expires;
            let expires = expires.map_or(until, |day| day.max(until));
            if expires < self.clock.today() {
                return Err(AgentError::Package(PackageError::Expired(expires)));
            }
            if expires == until {
                return Ok((at, package));
            }
            package.package.expires = expires;
            let at = Place { digest: Some(package.package.digest()?), ..at };
            let package = package.package.sign(&self.unlocked.key)?;
            packages::put(conn, Way::Out, at, &package)?;
            Ok((at, package))
        })?;
        let (mut statements, mut files) = (0, 0);
        for item in &package.package.entries {
            match item {
                Item::Statement { .. } => statements += 1,
                Item::File { digest, .. } => {
                    self.lay_beside(path, *digest)?;
                    files += 1;
                }
                Item::Request { .. } => {}
            }
        }
        private::replace(path, &private::json(&package)?)?;
        let waiting = self.store.decide(|conn| packages::waiting(conn).map_err(AgentError::from))?.len();
        Ok(Exported { sequence: at.sequence, statements, files, waiting })
    }

    /// The file that goes with a statement: the list that was made, or shares if they leave with everything else.
    fn file_of(&self, signed: &Signed) -> Option<Digest> {
        match &signed.statement.said {
            Said::Mixed { output, .. } => Some(*output),
            Said::HandedOver { shares, .. } if self.settings.hand_over == HandOver::Network => Some(*shares),
            _ => None,
        }
    }

    fn lay_beside(&self, path: &Path, file: Digest) -> Result<u64, AgentError> {
        let bytes = self.files.read(file)?;
        let to = beside(path, file);
        if fs::read(&to).is_ok_and(|there| there == bytes) {
            return Ok(bytes.len() as u64);
        }
        private::replace(&to, &bytes)?;
        Ok(bytes.len() as u64)
    }
}
