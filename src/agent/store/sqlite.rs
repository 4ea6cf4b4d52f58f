//! SQLite: opening, settings, migrations, and what is left of deleted rows.
//!
//! The only file here that names the backend. Deliberately absent: queries.

use std::path::Path;

use diesel::Connection as _;
use diesel::connection::SimpleConnection as _;
use diesel::sqlite::{Sqlite, SqliteConnection};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness as _, embed_migrations};

use super::StoreError;
use crate::private;

/// The store's connection.
pub(crate) type Connection = SqliteConnection;

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("../../migrations/agent");

/// busy_timeout stands first: switching to WAL already needs a lock when two processes start together.
const PRAGMAS: &str = "PRAGMA busy_timeout = 10000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; \
    PRAGMA foreign_keys = ON; PRAGMA secure_delete = ON; PRAGMA trusted_schema = OFF;";

/// Opens the file, which its owner alone may read, and brings its tables up to date.
pub(super) fn open(path: &Path) -> Result<Connection, StoreError> {
    match private::create(path) {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => return Err(StoreError::broken(error)),
        _ => {}
    }
    let mut conn = Connection::establish(&path.to_string_lossy()).map_err(StoreError::broken)?;
    conn.batch_execute(PRAGMAS)?;
    conn.exclusive_transaction(migrate)?;
    Ok(conn)
}

fn migrate(conn: &mut Connection) -> Result<(), StoreError> {
    let failed = |error: Box<dyn std::error::Error + Send + Sync>| StoreError::broken(error);
    let known = diesel::migration::MigrationSource::<Sqlite>::migrations(&MIGRATIONS).map_err(failed)?;
    let known: Vec<String> = known.iter().map(|migration| migration.name().version().to_string()).collect();
    let applied = conn.applied_migrations().map_err(failed)?;
    if let Some(newer) = applied.iter().map(ToString::to_string).find(|version| !known.contains(version)) {
        return Err(StoreError::Newer(newer));
    }
    conn.run_pending_migrations(MIGRATIONS).map_err(failed)?;
    Ok(())
}

/// Takes what was deleted off the disk.
pub(super) fn vacuum(conn: &mut Connection) -> Result<(), StoreError> {
    conn.batch_execute("VACUUM; PRAGMA wal_checkpoint(TRUNCATE)")?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_store_of_a_newer_program_is_left_alone() {
        let dir = tempfile::TempDir::new().expect("a directory");
        let path = dir.path().join("agent.db");
        let mut conn = open(&path).expect("a store");
        drop(open(&path).expect("again"));
        conn.batch_execute("INSERT INTO __diesel_schema_migrations (version) VALUES ('9999')").expect("written");
        assert!(matches!(open(&path), Err(StoreError::Newer(version)) if version == "9999"));
    }
}
