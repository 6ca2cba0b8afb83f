//! Opening the store: connections, migrations, the proof of the master key and of the blob store.

use crate::blobs::Blobs;
use crate::clock::Clock;
use crate::config::{DatabaseConfig, StoreConfig};
use crate::error::{Result, StoreError};
use crate::events::Events;
use crate::indicators::locate_all;
use crate::secrets::Keys;
use crate::sql::{Pool, pause_before_retry};
use crate::{Inner, Store};
use secrecy::ExposeSecret;
use sqlx::migrate::Migrator;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePool, SqlitePoolOptions,
    SqliteSynchronous,
};
use sqlx::{ConnectOptions, Connection};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

static SQLITE_MIGRATIONS: Migrator = sqlx::migrate!("migrations/sqlite");
static POSTGRES_MIGRATIONS: Migrator = sqlx::migrate!("migrations/postgres");

/// SQLite connections that read beside the writer.
const SQLITE_READERS: u32 = 4;
/// How long a transaction waits for another process to finish writing.
const SQLITE_BUSY: Duration = Duration::from_secs(30);
/// PostgreSQL connections per process.
const POSTGRES_CONNECTIONS: u32 = 16;
/// How long to wait for a free connection before giving up.
const ACQUIRE: Duration = Duration::from_secs(60);
/// How often migrating is tried: once for each process that may be faster, within reason.
const MIGRATION_TRIES: u32 = 10;
/// Prepared statements kept per connection: all texts of this crate in all their sizes.
const STATEMENTS: usize = 512;

impl Store {
    /// Opens the store; brings the schema up to date, each migration in a transaction of its own.
    ///
    /// # Errors
    /// When the database or the blob store cannot be used, a migration fails, or the master key is not the one the
    /// database was made with.
    pub async fn open(config: StoreConfig) -> Result<Self> {
        Self::open_with_clock(config, Clock::system()).await
    }

    /// Like [`open`](Self::open), with a clock of the caller's choice.
    pub async fn open_with_clock(config: StoreConfig, clock: Clock) -> Result<Self> {
        let pool = match config.database {
            DatabaseConfig::Sqlite { path } => open_sqlite(&path).await?,
            DatabaseConfig::Postgres { url } => open_postgres(url.expose_secret()).await?,
        };
        let blobs = Blobs::open(config.blobs, &pool).await?;
        let keys = Keys::prove(&pool, &config.master_key).await?;
        let events = Events::start(&pool).await?;
        locate_all(&pool).await?;
        Ok(Self { inner: Arc::new(Inner { pool, blobs, keys, events, clock }) })
    }

    /// Whether the database answers: for readiness.
    pub async fn ready(&self) -> Result<()> {
        self.pool().fetch_one("SELECT CAST(1 AS BIGINT) AS one", vec![]).await?.int("one")?;
        Ok(())
    }

    /// Closes all connections; what is under way ends first. Further calls fail.
    pub async fn close(&self) {
        match self.pool() {
            Pool::Sqlite { writer, readers } => {
                readers.close().await;
                writer.close().await;
            }
            Pool::Postgres(pool) => pool.close().await,
        }
    }
}

async fn open_sqlite(path: &Path) -> Result<Pool> {
    let options = SqliteConnectOptions::new()
        .filename(path)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(SQLITE_BUSY)
        .statement_cache_capacity(STATEMENTS)
        .pragma("temp_store", "memory")
        .disable_statement_logging();
    // One connection that lives as long as the pool: its cache and statements stay warm. 32 MiB of cache; the log
    // is folded back into the database every 64 MiB: pages written again and again in a burst are copied once.
    let writing = options
        .clone()
        .create_if_missing(true)
        .pragma("cache_size", "-32768")
        .pragma("wal_autocheckpoint", "16384")
        .pragma("journal_size_limit", "67108864");
    let pool = || {
        let options = SqlitePoolOptions::new().acquire_timeout(ACQUIRE).idle_timeout(None).max_lifetime(None);
        options.after_release(|connection, _| Box::pin(has_ended_its_transaction(connection)))
    };
    let writer = connect_sqlite(&pool().max_connections(1), &writing).await?;
    migrate_sqlite(&writer).await?;
    // Not `read_only`: a reader of a log-structured database has to be able to recover it.
    let reading = options.pragma("query_only", "on");
    let readers = connect_sqlite(&pool().max_connections(SQLITE_READERS), &reading).await?;
    Ok(Pool::Sqlite { writer, readers })
}

/// SQLite ends a transaction by itself when the disk is full or fails. `sqlx` counts it as going on then, because there is
/// nothing left to roll back, and would never begin another one: such a connection is not used again.
async fn has_ended_its_transaction(connection: &mut SqliteConnection) -> sqlx::Result<bool> {
    if connection.is_in_transaction() {
        // A rollback may be on its way; the answer comes after it.
        connection.ping().await?;
    }
    Ok(!connection.is_in_transaction())
}

/// Connects. Of several processes that open a new database at once only one can switch its journal; SQLite tells the
/// others that it is locked without waiting (its busy time-out does not hold there), and then it is done.
async fn connect_sqlite(pool: &SqlitePoolOptions, options: &SqliteConnectOptions) -> Result<SqlitePool> {
    let mut tries = 1_u32;
    loop {
        match pool.clone().connect_with(options.clone()).await.map_err(StoreError::from) {
            Err(error) if error.is_transient() && tries < MIGRATION_TRIES => {
                tries = tries.saturating_add(1);
                tokio::time::sleep(pause_before_retry(tries)).await;
            }
            connected => return connected,
        }
    }
}

/// Brings the schema up to date. SQLite has no lock that spans several migrations: of two processes that open a new
/// database at once one may fail, because the other was faster, and then finds its work done.
async fn migrate_sqlite(writer: &SqlitePool) -> Result<()> {
    let mut tries = 1_u32;
    while let Err(error) = SQLITE_MIGRATIONS.run(writer).await {
        if tries == MIGRATION_TRIES {
            return Err(error.into());
        }
        tries = tries.saturating_add(1);
        tokio::time::sleep(pause_before_retry(tries)).await;
    }
    Ok(())
}

async fn open_postgres(url: &str) -> Result<Pool> {
    // The parser's error may repeat the URL, which holds a password.
    let options: PgConnectOptions =
        url.parse().map_err(|_| StoreError::Settings("the database URL cannot be understood".to_owned()))?;
    let options =
        options.application_name("mailcase").statement_cache_capacity(STATEMENTS).disable_statement_logging();
    let pool = PgPoolOptions::new()
        .max_connections(POSTGRES_CONNECTIONS)
        .acquire_timeout(ACQUIRE)
        .connect_with(options)
        .await?;
    POSTGRES_MIGRATIONS.run(&pool).await?;
    Ok(Pool::Postgres(pool))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_databases_have_the_same_migrations() {
        let names = |migrator: &Migrator| -> Vec<_> {
            migrator.iter().map(|migration| (migration.version, migration.description.clone())).collect()
        };
        assert_eq!(names(&SQLITE_MIGRATIONS), names(&POSTGRES_MIGRATIONS));
    }
}
