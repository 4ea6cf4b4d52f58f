//! Files for their owner alone: mode 600, written whole or not at all.
//!
//! Deliberately absent: what is in them.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::AgentError;

/// The system's words about a path.
pub(crate) fn failed(path: &Path, error: &io::Error) -> AgentError {
    AgentError::File { path: path.to_owned(), reason: error.to_string() }
}

/// Makes a directory that only its owner enters.
///
/// # Errors
/// [`AgentError::File`].
pub(crate) fn directory(path: &Path) -> Result<(), AgentError> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path).map_err(|error| failed(path, &error))
}

/// Opens a new file for its owner alone.
///
/// # Errors
/// As the system says.
pub(crate) fn create(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Writes a file beside its place and moves it there; what was there before is replaced.
///
/// # Errors
/// [`AgentError::File`].
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> Result<(), AgentError> {
    let place = || {
        let beside = write_beside(path, bytes)?;
        fs::rename(&beside, path)?;
        settle(path)
    };
    place().map_err(|error| failed(path, &error))
}

/// Writes a file that must not exist yet, whole or not at all.
///
/// # Errors
/// [`AgentError::Exists`], [`AgentError::File`].
pub(crate) fn write_new(path: &Path, bytes: &[u8]) -> Result<(), AgentError> {
    let place = || {
        let beside = write_beside(path, bytes)?;
        // A link, unlike a move, never takes the place of what is there.
        let linked = match fs::hard_link(&beside, path) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => plain(path, bytes),
            linked => linked,
        };
        fs::remove_file(&beside)?;
        linked?;
        settle(path)
    };
    place().map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => AgentError::Exists(path.to_owned()),
        _ => failed(path, &error),
    })
}

/// For a medium that knows no links, such as a stick: a file that breaks off is taken away again.
fn plain(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = create(path)?;
    let written = file.write_all(bytes).and_then(|()| file.sync_all());
    if written.is_err() {
        let _ = fs::remove_file(path);
    }
    written
}

/// Writes bytes to a new file in the same directory and tells where.
fn write_beside(path: &Path, bytes: &[u8]) -> io::Result<PathBuf> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".new-{}", std::process::id()));
    let beside = path.with_file_name(name);
    match fs::remove_file(&beside) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = create(&beside)?;
    let written = file.write_all(bytes).and_then(|()| file.sync_all());
    if written.is_err() {
        let _ = fs::remove_file(&beside);
    }
    written.map(|()| beside)
}

/// Makes a file's place in its directory last.
pub(crate) fn settle(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => File::open(parent)?.sync_all(),
        _ => File::open(".")?.sync_all(),
    }
}

/// A value as indented JSON with a line end.
///
/// # Errors
/// [`AgentError::Internal`].
pub(crate) fn json(value: &impl Serialize) -> Result<Vec<u8>, AgentError> {
    let mut bytes = serde_json::to_vec_pretty(value).map_err(|error| AgentError::Internal(error.to_string()))?;
    bytes.push(b'\n');
    Ok(bytes)
}

/// Reads a JSON file.
///
/// # Errors
/// [`AgentError::File`], [`AgentError::MalformedFile`].
pub(crate) fn read_json<T: DeserializeOwned>(path: &Path) -> Result<T, AgentError> {
    let bytes = fs::read(path).map_err(|error| failed(path, &error))?;
    serde_json::from_slice(&bytes)
        .map_err(|error| AgentError::MalformedFile { path: path.to_owned(), reason: error.to_string() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_file_is_whole_and_never_replaces_another() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("codes.csv");
        write_new(&path, b"first").expect("written");
        assert!(matches!(write_new(&path, b"second"), Err(AgentError::Exists(_))));
        assert_eq!(fs::read(&path).expect("bytes"), b"first");
        replace(&path, b"third").expect("replaced");
        assert_eq!(fs::read(&path).expect("bytes"), b"third");
        assert_eq!(fs::read_dir(dir.path()).expect("a directory").count(), 1, "nothing is left beside it");
    }

    #[test]
    fn nobody_sees_half_a_new_file() {
        let dir = tempfile::tempdir().expect("a directory");
        let (path, bytes) = (dir.path().join("list"), vec![7; 32 << 20]);
        std::thread::scope(|scope| {
            let writing = scope.spawn(|| write_new(&path, &bytes));
            while !writing.is_finished() {
                let seen = fs::metadata(&path).map_or(bytes.len() as u64, |file| file.len());
                assert_eq!(seen, bytes.len() as u64);
            }
            writing.join().expect("no panic").expect("written");
        });
        assert!(path.exists());
    }
}
