//! Files for their owner alone: mode 600, written whole or not at all.
//!
//! Deliberately absent: what is in them.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;

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
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".new");
    let beside = path.with_file_name(name);
    let write = || {
        match fs::remove_file(&beside) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let mut file = create(&beside)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&beside, path)?;
        settle(path)
    };
    write().map_err(|error| failed(path, &error))
}

/// Writes a file that must not exist yet.
///
/// # Errors
/// [`AgentError::Exists`], [`AgentError::File`].
pub(crate) fn write_new(path: &Path, bytes: &[u8]) -> Result<(), AgentError> {
    let write = || {
        let mut file = create(path)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        settle(path)
    };
    write().map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => AgentError::Exists(path.to_owned()),
        _ => failed(path, &error),
    })
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
