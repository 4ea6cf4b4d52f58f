//! Files that only their owner reads, written whole or not at all.
//!
//! A name shows either what was there before or all of what is new, after a crash too. Deliberately absent: encryption; the
//! key files here are protected by their permissions alone.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;

use crate::error::{RelayError, file};

/// A new file, mode 600.
pub(crate) fn create(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)
}

/// A directory, mode 700, if it is not there.
pub(crate) fn directory(path: &Path) -> Result<(), RelayError> {
    DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(file(path))
}

/// Makes the names in a directory last.
pub(crate) fn sync(dir: &Path) -> Result<(), RelayError> {
    File::open(dir).and_then(|dir| dir.sync_all()).map_err(file(dir))
}

/// Writes a file that is not there yet, and makes its content last; one that did not get whole is removed again.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<(), RelayError> {
    let mut new = create(path).map_err(file(path))?;
    new.write_all(bytes).and_then(|()| new.sync_all()).map_err(|error| {
        // What stays all the same is in the way of nothing: whoever writes here again removes it first.
        let _ = std::fs::remove_file(path);
        file(path)(error)
    })
}

/// Puts `bytes` in place of what is at `path`, then overwrites the bytes that were there, as far as the disk lets us: a file
/// system that copies on write, or a disk that moves its blocks, may keep them.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> Result<(), RelayError> {
    let next = path.with_extension("next");
    let _ = std::fs::remove_file(&next);
    write(&next, bytes)?;
    let before = OpenOptions::new().write(true).open(path).ok();
    std::fs::rename(&next, path).map_err(file(path))?;
    if let Some(dir) = path.parent() {
        sync(dir)?;
    }
    if let Some(mut before) = before {
        let zeros = before.metadata().map(|held| vec![0; usize::try_from(held.len()).unwrap_or(0)]);
        // The new file is in place; the old bytes are gone from sight whether or not this succeeds.
        let _ = zeros.and_then(|zeros| before.write_all(&zeros)).and_then(|()| before.sync_all());
    }
    Ok(())
}

/// Reads a key file that nobody else may read; `None` if it is not there.
pub(crate) fn read_key(path: &Path) -> Result<Option<Vec<u8>>, RelayError> {
    let mode = match std::fs::metadata(path) {
        Ok(held) => held.permissions().mode(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(file(path)(error)),
    };
    if mode & 0o077 != 0 {
        return Err(RelayError::Exposed(path.to_owned()));
    }
    std::fs::read(path).map(Some).map_err(file(path))
}
