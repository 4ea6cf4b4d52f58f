//! Files by digest: lists of the mix and shares, streamed to the disk and kept under the name of their SHA-256.
//!
//! A file is complete or it is not there. Deliberately absent: which file belongs to which box, which the store knows.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use hengping_domain::digest::Digest;
use sha2::{Digest as _, Sha256};

use crate::error::AgentError;
use crate::private::{self, failed};

/// Bytes of a file: more than three hundred thousand posted items.
pub const MOST_BYTES: u64 = 2 << 30;

/// Items that are read at a time.
const ITEMS: usize = 2_000;

/// What an unfinished file's name has in it.
const PART: &str = ".part-";

/// The directory of files.
#[derive(Debug, Clone)]
pub struct Files(PathBuf);

/// A file on its way in.
#[derive(Debug)]
pub struct Incoming {
    file: File,
    at: PathBuf,
    name: Digest,
    files: Files,
    hash: Sha256,
    size: u64,
}

impl Files {
    /// Opens, and makes, the directory.
    ///
    /// # Errors
    /// [`AgentError::File`].
    pub fn open(dir: &Path) -> Result<Self, AgentError> {
        private::directory(dir)?;
        Ok(Self(dir.to_owned()))
    }

    /// Where a file lies.
    #[must_use]
    pub fn path(&self, name: Digest) -> PathBuf {
        self.0.join(name.to_string())
    }

    /// Whether it is there.
    #[must_use]
    pub fn has(&self, name: Digest) -> bool {
        self.path(name).exists()
    }

    /// The whole file, if it is there and still what its name says.
    ///
    /// # Errors
    /// [`AgentError::NoFile`], [`AgentError::FileDigest`], [`AgentError::File`].
    pub fn read(&self, name: Digest) -> Result<Vec<u8>, AgentError> {
        let path = self.path(name);
        let bytes = fs::read(&path).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => AgentError::NoFile,
            _ => failed(&path, &error),
        })?;
        if Digest::of(&[&bytes]) == name { Ok(bytes) } else { Err(AgentError::FileDigest) }
    }

    /// Reads a file of items of `len` bytes, some thousand at a time, and checks at the end that it has the digest of its name:
    /// until then nothing that came of it may leave.
    ///
    /// # Errors
    /// [`AgentError::NoFile`], [`AgentError::FileDigest`] also where the last item is cut off, [`AgentError::File`]; what
    /// `work` returns.
    pub fn in_parts<E: From<AgentError>>(
        &self,
        name: Digest,
        len: usize,
        mut work: impl FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        let path = self.path(name);
        let broken = |error: io::Error| match error.kind() {
            io::ErrorKind::NotFound => AgentError::NoFile,
            _ => failed(&path, &error),
        };
        let mut file = File::open(&path).map_err(broken)?;
        let (mut hash, mut part) = (Sha256::new(), Vec::new());
        loop {
            part.clear();
            (&mut file).take((len * ITEMS) as u64).read_to_end(&mut part).map_err(broken)?;
            if part.is_empty() {
                break;
            }
            if !part.len().is_multiple_of(len) {
                return Err(AgentError::FileDigest.into());
            }
            hash.update(&part);
            work(&part)?;
        }
        if Digest(hash.finalize().into()) == name { Ok(()) } else { Err(AgentError::FileDigest.into()) }
    }

    /// Keeps bytes under their digest.
    ///
    /// # Errors
    /// [`AgentError::File`].
    pub fn put(&self, bytes: &[u8]) -> Result<Digest, AgentError> {
        let (name, incoming) = self.write([bytes].into_iter())?;
        incoming.finish()?;
        Ok(name)
    }

    /// Writes pieces one after the other; the file is there once it is finished.
    ///
    /// # Errors
    /// [`AgentError::File`], [`AgentError::FileTooLarge`].
    pub fn write<'b>(&self, pieces: impl Iterator<Item = &'b [u8]> + Clone) -> Result<(Digest, Incoming), AgentError> {
        let mut hash = Sha256::new();
        pieces.clone().for_each(|piece| hash.update(piece));
        let name = Digest(hash.finalize().into());
        let mut incoming = self.receive(name)?;
        for piece in pieces {
            incoming.write(piece)?;
        }
        incoming.file.sync_all().map_err(|error| failed(&incoming.at, &error))?;
        Ok((name, incoming))
    }

    /// Begins a file that is to have this digest.
    ///
    /// # Errors
    /// [`AgentError::File`].
    pub fn receive(&self, name: Digest) -> Result<Incoming, AgentError> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let (process, number) = (std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let at = self.0.join(format!("{name}{PART}{process}-{number}"));
        let locked = || private::create(&at).and_then(|file| file.lock().map(|()| file));
        let file = locked().map_err(|error| failed(&at, &error))?;
        Ok(Incoming { file, at, name, files: self.clone(), hash: Sha256::new(), size: 0 })
    }

    /// Copies a file that lies elsewhere.
    ///
    /// # Errors
    /// [`AgentError::File`], [`AgentError::FileDigest`], [`AgentError::FileTooLarge`].
    pub fn take(&self, name: Digest, from: &Path) -> Result<(), AgentError> {
        if self.has(name) {
            return Ok(());
        }
        let mut source = File::open(from).map_err(|error| failed(from, &error))?;
        let mut incoming = self.receive(name)?;
        copy(&mut source, &mut incoming, from)?;
        incoming.finish()
    }

    /// Removes a file; one that is not there is no error.
    ///
    /// # Errors
    /// [`AgentError::File`].
    pub fn remove(&self, name: Digest) -> Result<(), AgentError> {
        remove(&self.path(name))
    }

    /// Removes what a process that was killed left unfinished, and every file that is not among the `needed`. Those are asked
    /// for after the directory was read: what comes meanwhile is not touched, and what was there is needed by then or never.
    ///
    /// # Errors
    /// [`AgentError::File`]; what `needed` returns.
    pub fn sweep(&self, needed: impl FnOnce() -> Result<BTreeSet<Digest>, AgentError>) -> Result<(), AgentError> {
        let entries = fs::read_dir(&self.0).map_err(|error| failed(&self.0, &error))?;
        let names: Vec<_> = entries.filter_map(Result::ok).map(|entry| entry.file_name()).collect();
        let needed = needed()?;
        for name in names.iter().map(|name| name.to_string_lossy()) {
            let path = self.0.join(&*name);
            let goes = match name.parse::<Digest>() {
                Ok(digest) => !needed.contains(&digest),
                Err(_) => name.contains(PART) && is_left(&path),
            };
            if goes {
                remove(&path)?;
            }
        }
        Ok(())
    }
}

/// Whether nobody writes an unfinished file any more: who does holds its lock.
fn is_left(path: &Path) -> bool {
    File::open(path).is_ok_and(|file| file.try_lock().is_ok())
}

fn remove(path: &Path) -> Result<(), AgentError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(failed(path, &error)),
        _ => Ok(()),
    }
}

fn copy(source: &mut File, incoming: &mut Incoming, from: &Path) -> Result<(), AgentError> {
    // An error of our own comes through `io::copy` as one of the system.
    let own = |error: io::Error| error.downcast::<AgentError>().unwrap_or_else(|error| failed(from, &error));
    io::copy(source, incoming).map(drop).map_err(own)
}

impl Incoming {
    /// Appends bytes.
    ///
    /// # Errors
    /// [`AgentError::FileTooLarge`], [`AgentError::File`].
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), AgentError> {
        self.size += bytes.len() as u64;
        if self.size > MOST_BYTES {
            return Err(AgentError::FileTooLarge);
        }
        self.hash.update(bytes);
        self.file.write_all(bytes).map_err(|error| failed(&self.at, &error))
    }

    /// Puts the file in its place if it has the digest of its name.
    ///
    /// # Errors
    /// [`AgentError::FileDigest`], [`AgentError::File`].
    pub fn finish(mut self) -> Result<(), AgentError> {
        if Digest(std::mem::take(&mut self.hash).finalize().into()) != self.name {
            return Err(AgentError::FileDigest);
        }
        let path = self.files.path(self.name);
        let place = || {
            self.file.sync_all()?;
            fs::rename(&self.at, &path)?;
            private::settle(&path)
        };
        place().map_err(|error| failed(&path, &error))
    }
}

impl io::Write for Incoming {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Incoming::write(self, bytes).map_err(io::Error::other)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Drop for Incoming {
    /// What was not finished is not kept; after `finish` there is nothing under this name any more.
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.at);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sweep_leaves_what_is_needed_or_still_comes_in() {
        let dir = tempfile::tempdir().expect("a directory");
        let files = Files::open(&dir.path().join("files")).expect("a directory");
        let [kept, forgotten] = [b"kept", b"gone"].map(|bytes| files.put(bytes).expect("put"));
        let coming = Digest::of(&[b"coming"]);
        let mut incoming = files.receive(coming).expect("begun");
        incoming.write(b"com").expect("written");
        let left = dir.path().join("files").join(format!("{coming}{PART}1-0"));
        fs::write(&left, b"com").expect("of a process that was killed");
        files.sweep(|| Ok([kept].into())).expect("swept");
        assert!(files.has(kept) && !files.has(forgotten) && !left.exists());
        incoming.write(b"ing").expect("written");
        incoming.finish().expect("finished");
        assert!(files.has(coming));
    }

    #[test]
    fn a_file_that_is_too_large_is_refused_as_that() {
        let dir = tempfile::tempdir().expect("a directory");
        let files = Files::open(&dir.path().join("files")).expect("a directory");
        let large = dir.path().join("large");
        // A hole: it takes no room.
        File::create(&large).and_then(|file| file.set_len(MOST_BYTES + 1)).expect("made");
        let mut incoming = files.receive(Digest([0; 32])).expect("begun");
        incoming.size = MOST_BYTES;
        let refused = copy(&mut File::open(&large).expect("opened"), &mut incoming, &large);
        assert_eq!(refused.expect_err("too large").code(), "file-too-large");
        let missing = dir.path().join("missing");
        assert_eq!(files.take(Digest([0; 32]), &missing).expect_err("not there").code(), "file-failed");
    }
}
