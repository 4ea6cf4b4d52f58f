//! The agent's own store: one SQLite file, one writing connection, named transactions that happen whole or not at all.
//!
//! The only room here that knows SQL. Secrets come sealed; no row holds a person beside a stamp, and no time is finer than
//! the day. Deliberately absent: rules, keys, clocks.

pub(crate) mod asked;
pub(crate) mod boxes;
pub(crate) mod eligible;
pub(crate) mod extension;
pub(crate) mod log;
pub(crate) mod marks;
pub(crate) mod members;
pub(crate) mod packages;
pub(crate) mod said;
mod schema;
mod sqlite;

use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use diesel::result::{DatabaseErrorKind, Error};
use hengping_domain::digest::{Bytes, Digest};

pub(crate) use sqlite::Connection;

/// Why the store did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Another process holds the file.
    #[error("存储正忙，请稍后再试 / the store is busy, try again")]
    Busy,
    /// The disk is full.
    #[error("磁盘已满 / the disk is full")]
    Full,
    /// The file was written by a newer program.
    #[error("数据库来自更新版本的程序（{0}） / the store was written by a newer program ({0})")]
    Newer(String),
    /// Nothing the caller can act on.
    #[error("存储故障：{0} / the store is broken: {0}")]
    Broken(String),
}

impl StoreError {
    /// A failure in words.
    pub(crate) fn broken(what: impl std::fmt::Display) -> Self {
        Self::Broken(what.to_string())
    }

    /// Stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Busy => "store-busy",
            Self::Full => "store-full",
            Self::Newer(_) => "store-newer",
            Self::Broken(_) => "store-broken",
        }
    }
}

impl From<Error> for StoreError {
    fn from(error: Error) -> Self {
        let text = error.to_string();
        match error {
            Error::DatabaseError(DatabaseErrorKind::ClosedConnection, _) => Self::Busy,
            // diesel gives these no kind of their own; SQLite's words for them are fixed.
            _ if text.contains("database is locked") || text.contains("table is locked") => Self::Busy,
            _ if text.contains("disk is full") => Self::Full,
            _ => Self::Broken(text),
        }
    }
}

/// The open store.
pub(crate) struct Store(Mutex<Connection>);

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Store")
    }
}

/// A transaction's own end, or the store's.
enum Ended<E> {
    Own(E),
    Store(StoreError),
}

impl<E> From<Error> for Ended<E> {
    fn from(error: Error) -> Self {
        Self::Store(error.into())
    }
}

impl Store {
    /// Opens the file and brings its tables up to date.
    ///
    /// # Errors
    /// [`StoreError`].
    pub(crate) fn open(path: &Path) -> Result<Self, StoreError> {
        sqlite::open(path).map(|conn| Self(Mutex::new(conn)))
    }

    fn conn(&self) -> MutexGuard<'_, Connection> {
        // A holder that panicked has left its transaction, and SQLite has undone it.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs `work` in a transaction that no other runs beside; it is undone when `work` fails.
    ///
    /// # Errors
    /// What `work` returns.
    pub(crate) fn decide<T, E: From<StoreError>>(
        &self,
        work: impl FnOnce(&mut Connection) -> Result<T, E>,
    ) -> Result<T, E> {
        let outcome = self.conn().immediate_transaction(|conn| work(conn).map_err(Ended::Own));
        outcome.map_err(|ended| match ended {
            Ended::Own(error) => error,
            Ended::Store(error) => error.into(),
        })
    }

    /// Takes what was deleted off the disk: pages, free pages and the write-ahead log.
    ///
    /// # Errors
    /// [`StoreError`].
    pub(crate) fn vacuum(&self) -> Result<(), StoreError> {
        sqlite::vacuum(&mut self.conn())
    }
}

/// A digest out of a column.
pub(crate) fn digest(bytes: &[u8]) -> Result<Digest, StoreError> {
    bytes.try_into().map(Digest).map_err(|_| StoreError::broken("a digest of another length"))
}

/// Fixed bytes out of a column.
pub(crate) fn bytes<const N: usize>(bytes: &[u8]) -> Result<Bytes<N>, StoreError> {
    bytes.try_into().map(Bytes).map_err(|_| StoreError::broken("bytes of another length"))
}

/// A count out of a column.
pub(crate) fn count(number: i64) -> Result<u32, StoreError> {
    u32::try_from(number).map_err(|_| StoreError::broken("a count out of range"))
}

/// JSON out of a column.
pub(crate) fn json<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(StoreError::broken)
}

/// JSON into a column.
pub(crate) fn text<T: serde::Serialize>(value: &T) -> Result<String, StoreError> {
    hengping_domain::document::canonical(value).map_err(StoreError::broken)
}

/// Holds a change to the one row it names.
pub(crate) fn one_row(changed: usize) -> Result<(), StoreError> {
    if changed == 1 { Ok(()) } else { Err(StoreError::broken(format!("{changed} rows changed where one was meant"))) }
}
