//! What differs between SQLite and PostgreSQL: connecting, beginning a transaction, migrating, and reading their errors.
//!
//! The only file that names a backend; everything above speaks to one [`Either`] in portable diesel.
//! Deliberately absent: queries of any noun, and a fallback: a URL of an unknown scheme refuses to start.

use std::fs::{self, OpenOptions};
use std::path::{Path, PathBuf};
use std::time::Duration;

use diesel::connection::{AnsiTransactionManager, SimpleConnection, TransactionManager};
use diesel::pg::PgConnection;
use diesel::r2d2::{ManageConnection, R2D2Connection};
use diesel::result::{ConnectionError, DatabaseErrorKind, Error};
use diesel::sqlite::SqliteConnection;
use diesel::{Connection as _, MultiConnection};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::{StoreError, StoreSettings};

/// A connection to either backend; queries are written once against it. The store calls it `Connection`, a name that
/// the derive needs for the trait.
#[derive(MultiConnection)]
pub enum Either {
    /// A single file on this machine.
    Sqlite(SqliteConnection),
    /// A PostgreSQL server.
    Postgres(PgConnection),
}

const SQLITE_MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations/sqlite");
const POSTGRES_MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations/postgres");

/// Any constant both instances know; it only has to differ from other programs' locks on the same server.
const MIGRATION_LOCK: i64 = 0x4865_6e67_7069_6e67;

/// Where the data lives, from the URL in the configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// `sqlite://PATH`: relative to the working directory, or absolute as `sqlite:///var/lib/..`.
    Sqlite(PathBuf),
    /// `postgres://..` or `postgresql://..`, given to libpq as it is.
    Postgres(String),
}

impl Place {
    /// Reads a URL.
    ///
    /// # Errors
    /// [`StoreError::Broken`] for any other scheme: a silent fallback would lose data.
    pub fn parse(url: &str) -> Result<Self, StoreError> {
        match url.split_once("://") {
            Some(("sqlite", path)) if !path.is_empty() && path != ":memory:" => Ok(Self::Sqlite(PathBuf::from(path))),
            Some(("postgres" | "postgresql", _)) => Ok(Self::Postgres(url.to_owned())),
            _ => Err(StoreError::broken("the store URL must begin with sqlite:// (and a file) or postgres://")),
        }
    }

    /// Whether all writes go through one connection; readers then have their own.
    #[must_use]
    pub const fn single_writer(&self) -> bool {
        matches!(self, Self::Sqlite(_))
    }

    /// The backend's name for logs and `/healthz`.
    #[must_use]
    pub const fn backend(&self) -> &'static str {
        match self {
            Self::Sqlite(_) => "sqlite",
            Self::Postgres(_) => "postgresql",
        }
    }

    /// Makes the file readable to its owner alone before the backend opens it.
    pub(super) fn prepare(&self) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(path) => create_private(path)
                .map_err(|error| StoreError::broken(format!("cannot create {}: {error}", path.display()))),
            Self::Postgres(_) => Ok(()),
        }
    }
}

fn create_private(path: &Path) -> std::io::Result<()> {
    if let Some(parent) = path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        fs::create_dir_all(parent)?;
    }
    let mut options = OpenOptions::new();
    options.create(true).truncate(false).write(true);
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop)
}

/// Opens connections for one pool.
pub(super) struct Opener {
    pub(super) place: Place,
    pub(super) read_only: bool,
    pub(super) busy: Duration,
}

impl Opener {
    pub(super) fn new(place: &Place, read_only: bool, settings: &StoreSettings) -> Self {
        Self { place: place.clone(), read_only, busy: Duration::from_secs(settings.busy_seconds) }
    }

    fn open(&self) -> Result<Either, diesel::r2d2::Error> {
        let refused = |error: ConnectionError| diesel::r2d2::Error::ConnectionError(error);
        match &self.place {
            Place::Sqlite(path) => {
                let mut inner = SqliteConnection::establish(&path.to_string_lossy()).map_err(refused)?;
                inner.batch_execute(&self.pragmas()).map_err(diesel::r2d2::Error::QueryError)?;
                Ok(Either::Sqlite(inner))
            }
            Place::Postgres(url) => {
                let mut inner = PgConnection::establish(url).map_err(refused)?;
                let settings = format!(
                    "SET TIME ZONE 'UTC'; SET lock_timeout = '{0}ms'; SET idle_in_transaction_session_timeout = '60s'; \
                     SET client_min_messages = warning;",
                    self.busy.as_millis()
                );
                inner.batch_execute(&settings).map_err(diesel::r2d2::Error::QueryError)?;
                Ok(Either::Postgres(inner))
            }
        }
    }

    /// busy_timeout stands first: switching to WAL already needs a lock when two instances start together.
    fn pragmas(&self) -> String {
        format!(
            "PRAGMA busy_timeout = {}; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; \
             PRAGMA secure_delete = ON; PRAGMA trusted_schema = OFF; PRAGMA query_only = {};",
            self.busy.as_millis(),
            if self.read_only { "ON" } else { "OFF" }
        )
    }
}

impl ManageConnection for Opener {
    type Connection = Either;
    type Error = diesel::r2d2::Error;

    fn connect(&self) -> Result<Either, Self::Error> {
        self.open()
    }

    fn is_valid(&self, conn: &mut Either) -> Result<(), Self::Error> {
        conn.ping().map_err(diesel::r2d2::Error::QueryError)
    }

    fn has_broken(&self, conn: &mut Either) -> bool {
        conn.is_broken()
    }
}

/// Begins a transaction that sees one state of the data and may not write.
pub(super) fn begin_read(conn: &mut Either) -> Result<(), Error> {
    match conn {
        Either::Sqlite(inner) => AnsiTransactionManager::begin_transaction_sql(inner, "BEGIN DEFERRED"),
        Either::Postgres(inner) => {
            AnsiTransactionManager::begin_transaction_sql(inner, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        }
    }
}

/// Begins a transaction as if it ran alone: the write lock at once on SQLite, SERIALIZABLE on PostgreSQL.
pub(super) fn begin_write(conn: &mut Either) -> Result<(), Error> {
    match conn {
        Either::Sqlite(inner) => AnsiTransactionManager::begin_transaction_sql(inner, "BEGIN IMMEDIATE"),
        Either::Postgres(inner) => {
            AnsiTransactionManager::begin_transaction_sql(inner, "BEGIN ISOLATION LEVEL SERIALIZABLE")
        }
    }
}

/// Ends the transaction that `begin_read` or `begin_write` began.
pub(super) fn commit(conn: &mut Either) -> Result<(), Error> {
    <Either as diesel::Connection>::TransactionManager::commit_transaction(conn)
}

/// Undoes it.
pub(super) fn rollback(conn: &mut Either) -> Result<(), Error> {
    <Either as diesel::Connection>::TransactionManager::rollback_transaction(conn)
}

/// Takes what deleted rows of the box have left off the disk: the journal of SQLite, whose frames lie in the order in which
/// they were written, and the dead rows of PostgreSQL. Outside any transaction.
pub(super) fn sweep(conn: &mut Either) -> Result<(), Error> {
    match conn {
        Either::Sqlite(inner) => inner.batch_execute("PRAGMA wal_checkpoint(TRUNCATE)"),
        Either::Postgres(inner) => inner.batch_execute("VACUUM pending, agent_request, enrolment"),
    }
}

/// Whether trying the whole transaction again may succeed.
///
/// diesel names only SQLSTATE 40001; the others are known by their text, which both backends give in English by default.
pub(super) fn is_busy(error: &Error) -> bool {
    let Error::DatabaseError(kind, information) = error else { return false };
    let message = information.message();
    matches!(kind, DatabaseErrorKind::SerializationFailure)
        || message == "database is locked"
        || message == "database table is locked"
        || message == "deadlock detected"
        || message.contains("due to lock timeout")
}

/// Brings the schema up to date under a lock, so that two instances may start together.
///
/// # Errors
/// [`StoreError::Broken`] when a migration fails, or when the database is newer than this program.
pub(super) fn migrate(conn: &mut Either) -> Result<(), StoreError> {
    match conn {
        Either::Sqlite(inner) => {
            AnsiTransactionManager::begin_transaction_sql(inner, "BEGIN EXCLUSIVE")?;
            finish(inner, SQLITE_MIGRATIONS)
        }
        Either::Postgres(inner) => {
            AnsiTransactionManager::begin_transaction_sql(inner, "BEGIN")?;
            // The lock ends with the transaction, also when this process dies; no lock_timeout while another migrates.
            inner.batch_execute(&format!(
                "SET LOCAL lock_timeout = 0; SELECT pg_advisory_xact_lock({MIGRATION_LOCK})"
            ))?;
            finish(inner, POSTGRES_MIGRATIONS)
        }
    }
}

fn finish<C>(conn: &mut C, migrations: EmbeddedMigrations) -> Result<(), StoreError>
where
    C: diesel::Connection<TransactionManager = AnsiTransactionManager>
        + MigrationHarness<<C as diesel::Connection>::Backend>,
    EmbeddedMigrations: diesel::migration::MigrationSource<C::Backend>,
{
    let outcome = pending(conn, migrations);
    match &outcome {
        Ok(()) => AnsiTransactionManager::commit_transaction(conn)?,
        Err(_) => AnsiTransactionManager::rollback_transaction(conn)?,
    }
    outcome
}

fn pending<C>(conn: &mut C, migrations: EmbeddedMigrations) -> Result<(), StoreError>
where
    C: MigrationHarness<<C as diesel::Connection>::Backend> + diesel::Connection,
    EmbeddedMigrations: diesel::migration::MigrationSource<C::Backend>,
{
    use diesel::migration::MigrationSource;
    let failed = |error: Box<dyn std::error::Error + Send + Sync>| StoreError::broken(format!("migration: {error}"));
    let known = MigrationSource::<C::Backend>::migrations(&migrations).map_err(failed)?;
    let known: Vec<String> = known.iter().map(|migration| migration.name().version().to_string()).collect();
    let applied = conn.applied_migrations().map_err(failed)?;
    if let Some(newer) = applied.iter().map(ToString::to_string).find(|version| !known.contains(version)) {
        let message = format!("the database has migration {newer}, which this program does not know; use a newer one");
        return Err(StoreError::broken(message));
    }
    conn.run_pending_migrations(migrations).map_err(failed)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_named_by_its_scheme_and_nothing_falls_back() {
        assert_eq!(Place::parse("sqlite://a/b.db").expect("a file"), Place::Sqlite("a/b.db".into()));
        assert_eq!(Place::parse("sqlite:///var/b.db").expect("a file"), Place::Sqlite("/var/b.db".into()));
        assert!(matches!(Place::parse("postgresql:///x?host=/run"), Ok(Place::Postgres(_))));
        for bad in ["", "a.db", "sqlite://", "sqlite://:memory:", "mysql://x", "POSTGRES", "http://x"] {
            assert!(Place::parse(bad).is_err(), "{bad}");
        }
    }
}
