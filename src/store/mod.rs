//! The store: named transactions over SQLite or PostgreSQL, chosen by the scheme of a URL.
//!
//! A transaction sees one state of the data and either happens whole or not at all; it is tried again when another one
//! was in its way, so a closure must do nothing outside the database. Deliberately absent: clocks, randomness, rules of
//! the evaluation, and any way to run a query outside a named transaction.

pub mod account;
pub mod agent_request;
pub mod audit;
pub mod ballot_box;
pub mod box_document;
mod dialect;
pub mod docket;
pub mod document;
pub mod draw;
pub mod eligibility;
pub mod enrolment;
pub mod fairness;
pub mod invitation;
pub mod package;
pub mod period;
pub mod person;
pub mod privacy;
pub mod reading;
pub mod rehearsal;
pub mod release;
pub mod reply;
pub mod research;
mod schema;
pub mod statement;

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use diesel::Connection as _;
use diesel::r2d2::Pool;
use diesel::result::{DatabaseErrorKind, Error};
use serde::Deserialize;

pub use dialect::{Either as Connection, Place};
use dialect::{Opener, begin_read, begin_write, commit, is_busy, migrate, rollback, sweep};

use crate::ports::Stopwatch;

/// How often a transaction that met another one is tried before the caller hears `Busy`.
const ATTEMPTS: u32 = 24;

/// Where the store is and how much it may open; the `[store]` table of the configuration.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StoreSettings {
    /// `sqlite://PATH` or `postgres://..`.
    pub url: String,
    /// Connections for reading (SQLite), or in all (PostgreSQL).
    pub connections: u32,
    /// How long to wait for a connection or a lock, in seconds.
    pub busy_seconds: u64,
}

/// Why the store did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// There is no such row.
    #[error("no such row")]
    NotFound,
    /// A row of that name exists already.
    #[error("such a row exists already")]
    Duplicate,
    /// The row is no longer in the state that was expected.
    #[error("the row is no longer as it was")]
    Stale,
    /// Other work is in the way; later it may succeed.
    #[error("the store is busy")]
    Busy,
    /// Nothing the caller can act on.
    #[error("the store is broken: {0}")]
    Broken(String),
}

impl StoreError {
    /// A failure in words, for the log.
    pub fn broken(what: impl Into<String>) -> Self {
        Self::Broken(what.into())
    }
}

impl From<Error> for StoreError {
    fn from(error: Error) -> Self {
        match &error {
            Error::NotFound => Self::NotFound,
            Error::DatabaseError(DatabaseErrorKind::UniqueViolation, _) => Self::Duplicate,
            _ if is_busy(&error) => Self::Busy,
            // A statement inside a transaction whose connection went away; the pool opens another one.
            Error::DatabaseError(DatabaseErrorKind::ClosedConnection, _) => Self::Busy,
            _ => Self::Broken(error.to_string()),
        }
    }
}

/// An error that a transaction may end with: it undoes the transaction, and tells whether trying again may help.
pub trait Undo: From<StoreError> {
    /// Whether another transaction was in the way.
    fn is_busy(&self) -> bool;
}

impl Undo for StoreError {
    fn is_busy(&self) -> bool {
        matches!(self, Self::Busy)
    }
}

/// The open store; cheap to clone.
#[derive(Clone)]
pub struct Store {
    place: Place,
    /// One connection on SQLite: with eight writers the slowest percentile waited nine times as long.
    writer: Pool<Opener>,
    readers: Pool<Opener>,
}

impl Store {
    /// Connects and brings the schema up to date.
    ///
    /// # Errors
    /// [`StoreError::Broken`] for an unknown scheme, no connection, a failed migration or a database newer than this program.
    pub fn open(settings: &StoreSettings) -> Result<Self, StoreError> {
        let place = Place::parse(&settings.url)?;
        place.prepare()?;
        let pool = |read_only, size| {
            Pool::builder()
                .max_size(size)
                .min_idle(Some(1))
                .connection_timeout(Duration::from_secs(settings.busy_seconds))
                .test_on_check_out(!place.single_writer())
                .build(Opener::new(&place, read_only, settings))
                .map_err(|error| StoreError::broken(format!("cannot open the store: {error}")))
        };
        let connections = settings.connections.max(1);
        let writer = pool(false, if place.single_writer() { 1 } else { connections })?;
        migrate(&mut *writer.get().map_err(|_| StoreError::Busy)?)?;
        let readers = if place.single_writer() { pool(true, connections)? } else { writer.clone() };
        Ok(Self { place, writer, readers })
    }

    /// The backend's name, for logs and health.
    #[must_use]
    pub const fn backend(&self) -> &'static str {
        self.place.backend()
    }

    /// Runs `work` in a transaction that sees one state of the data and writes nothing.
    ///
    /// # Errors
    /// What `work` returns; [`StoreError::Busy`] when no connection came free.
    pub fn read<T>(
        &self,
        name: &'static str,
        work: impl FnMut(&mut Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        run(&self.readers, name, begin_read, work)
    }

    /// Runs `work` in a transaction as if no other ran at the same time; it is undone when `work` fails.
    ///
    /// # Errors
    /// What `work` returns; [`StoreError::Busy`] when others were in the way to the last attempt.
    pub fn write<T>(
        &self,
        name: &'static str,
        work: impl FnMut(&mut Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        run(&self.writer, name, begin_write, work)
    }

    /// As [`Store::write`], for work that may also refuse for a reason of its own; a refusal undoes the transaction.
    ///
    /// # Errors
    /// What `work` returns.
    pub fn decide<T, E: Undo>(
        &self,
        name: &'static str,
        work: impl FnMut(&mut Connection) -> Result<T, E>,
    ) -> Result<T, E> {
        run(&self.writer, name, begin_write, work)
    }

    /// Takes off the disk what was removed from waiting batches and requests: until then the order in which they came could
    /// still be read there. What stands in the way now is gone after the next time, so it is only logged.
    pub fn sweep(&self) {
        let swept = match self.writer.get() {
            Ok(mut conn) => sweep(&mut conn).map_err(StoreError::from),
            Err(_) => Err(StoreError::Busy),
        };
        if let Err(error) = swept {
            tracing::warn!(%error, "what was removed is still on the disk");
        }
    }

    /// As [`Store::read`], for work that may also refuse for a reason of its own.
    ///
    /// # Errors
    /// What `work` returns.
    pub fn look<T, E: Undo>(
        &self,
        name: &'static str,
        work: impl FnMut(&mut Connection) -> Result<T, E>,
    ) -> Result<T, E> {
        run(&self.readers, name, begin_read, work)
    }
}

fn run<T, E: Undo>(
    pool: &Pool<Opener>,
    name: &'static str,
    begin: fn(&mut Connection) -> Result<(), Error>,
    mut work: impl FnMut(&mut Connection) -> Result<T, E>,
) -> Result<T, E> {
    let watch = Stopwatch::start();
    let mut attempt = 1;
    let outcome = loop {
        let outcome = match pool.get() {
            Ok(mut conn) => once(&mut conn, begin, &mut work),
            Err(error) => {
                tracing::warn!(transaction = name, %error, "no connection");
                break Err(StoreError::Busy.into());
            }
        };
        match outcome {
            Err(error) if error.is_busy() && attempt < ATTEMPTS => {
                metrics::counter!("hengping_store_retries_total", "transaction" => name).increment(1);
                std::thread::sleep(pause(attempt));
                attempt += 1;
            }
            outcome => break outcome,
        }
    };
    let took = watch.elapsed();
    let result = if outcome.is_ok() { "done" } else { "undone" };
    metrics::histogram!("hengping_store_seconds", "transaction" => name, "result" => result).record(took);
    tracing::debug!(transaction = name, result, attempt, micros = took.as_micros(), "transaction");
    outcome
}

fn once<T, E: Undo>(
    conn: &mut Connection,
    begin: fn(&mut Connection) -> Result<(), Error>,
    work: &mut impl FnMut(&mut Connection) -> Result<T, E>,
) -> Result<T, E> {
    begin(conn).map_err(StoreError::from)?;
    match work(conn) {
        Ok(value) => commit(conn).map(|()| value).map_err(|error| StoreError::from(error).into()),
        Err(error) => {
            // A connection that cannot roll back is broken; the pool sees that and closes it, which undoes the work.
            if let Err(failed) = rollback(conn) {
                tracing::warn!(error = %failed, "could not roll back; the connection is given up");
            }
            Err(error)
        }
    }
}

/// Doubles from 1 ms to 64 ms; two that met take different places in the queue, so that they do not meet again.
fn pause(attempt: u32) -> Duration {
    static QUEUE: AtomicU64 = AtomicU64::new(0);
    let place = QUEUE.fetch_add(1, Ordering::Relaxed) % 8;
    Duration::from_micros((1000 << attempt.min(6)) * (4 + place) / 8)
}

/// Runs `work` so that its failure leaves the transaction usable: PostgreSQL gives up a transaction at its first error.
///
/// # Errors
/// What `work` returns.
pub fn savepoint<T>(
    conn: &mut Connection,
    work: impl FnOnce(&mut Connection) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    conn.transaction(work)
}

/// Inserts what is named by its content, so that the same again changes nothing.
///
/// # Errors
/// What `insert` returns, but for [`StoreError::Duplicate`].
fn put_once(
    conn: &mut Connection,
    insert: impl FnOnce(&mut Connection) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    match savepoint(conn, insert) {
        Err(StoreError::Duplicate) => Ok(()),
        other => other,
    }
}

/// A value as JSON for a column.
///
/// # Errors
/// [`StoreError::Broken`] for a value without a form in JSON.
fn json<T: serde::Serialize>(value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| StoreError::broken(error.to_string()))
}

/// Reads JSON out of a column.
///
/// # Errors
/// [`StoreError::Broken`] when it holds something else; what it holds is not told.
fn from_json<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, StoreError> {
    serde_json::from_str(text)
        .map_err(|_| StoreError::broken(format!("cannot read {} from a column", std::any::type_name::<T>())))
}

/// A count or number out of a column.
///
/// # Errors
/// [`StoreError::Broken`] when it is none.
fn number(value: i64) -> Result<u32, StoreError> {
    u32::try_from(value).map_err(|_| StoreError::broken("a stored number is out of range"))
}

/// Holds a compare-and-set update to the one row it names.
///
/// # Errors
/// [`StoreError::Stale`] when no row was in the expected state.
pub fn one_row(changed: usize) -> Result<(), StoreError> {
    match changed {
        1 => Ok(()),
        0 => Err(StoreError::Stale),
        many => Err(StoreError::broken(format!("{many} rows changed where one was meant"))),
    }
}

/// Reads a stored word or day back into its type.
///
/// # Errors
/// [`StoreError::Broken`] when the column holds something else.
pub fn stored<T: std::str::FromStr>(text: &str) -> Result<T, StoreError> {
    text.parse().map_err(|_| StoreError::broken(format!("cannot read {} from a column", std::any::type_name::<T>())))
}
