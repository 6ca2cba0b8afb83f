//! One server per SQLite database: whoever holds the lock file may break the leases a dead server left behind.

use crate::config::{Config, Database};
use anyhow::{Context as _, bail};
use std::fs::{File, OpenOptions, TryLockError};

/// The lock; held until the process ends, of whatever cause.
#[derive(Debug)]
pub(crate) struct SoleServer {
    _locked: File,
}

impl SoleServer {
    /// Takes the lock beside a SQLite database; nothing with PostgreSQL, where there may be many servers.
    pub(crate) fn claim(config: &Config) -> anyhow::Result<Option<Self>> {
        let Database::Sqlite(path) = &config.database else { return Ok(None) };
        let path = path.with_extension("lock");
        let context = || format!("the lock file {} could not be opened", path.display());
        let file =
            OpenOptions::new().create(true).truncate(false).write(true).open(&path).with_context(context)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Self { _locked: file })),
            Err(TryLockError::WouldBlock) => bail!(
                "another `mailcase serve` works with this database (it holds {}): end it first, or give this one \
                 its own data folder",
                path.display()
            ),
            Err(TryLockError::Error(error)) => Err(error).with_context(context),
        }
    }
}
