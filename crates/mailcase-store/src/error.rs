//! What can go wrong in the store; one variant per decision a caller takes.

use crate::blobs::BlobHash;

/// An error of the store. Carries no secret, address or mail text.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("there is no such {what}")]
    NotFound { what: &'static str },
    /// The change contradicts what is kept; `what` says how, for people.
    #[error("{what}")]
    Conflict { what: String },
    /// The lease the write was made under has passed on; whoever holds it now does the work.
    #[error("the lease has passed on to another process")]
    Fenced,
    #[error("the database failed: {0}")]
    Database(#[source] sqlx::Error),
    #[error("the database schema could not be brought up to date: {0}")]
    Migration(#[from] sqlx::migrate::MigrateError),
    #[error("the blob store failed while {doing}: {source}")]
    Blob { doing: &'static str, source: std::io::Error },
    /// What is stored is not what was put: a broken disk, a missing object or a changed file.
    #[error("the stored bytes of {hash} are damaged or missing")]
    Corrupt { hash: BlobHash },
    #[error("{0}")]
    Secret(&'static str),
    #[error("{0}")]
    Settings(String),
}

impl StoreError {
    pub(crate) const fn missing(what: &'static str) -> Self {
        Self::NotFound { what }
    }

    pub(crate) fn conflict(what: impl Into<String>) -> Self {
        Self::Conflict { what: what.into() }
    }

    pub(crate) fn decode(what: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Database(sqlx::Error::Decode(what.into()))
    }

    pub(crate) fn io(doing: &'static str) -> impl FnOnce(std::io::Error) -> Self {
        move |source| Self::Blob { doing, source }
    }

    /// Whether the same transaction may succeed when it is run again: PostgreSQL chose it as the victim of a
    /// deadlock (40P01) or could not serialise it (40001), or another process held SQLite's write lock (5, 6).
    pub(crate) fn is_transient(&self) -> bool {
        let Self::Database(sqlx::Error::Database(error)) = self else { return false };
        matches!(error.code().as_deref(), Some("40P01" | "40001" | "5" | "6" | "517" | "261"))
    }

    pub(crate) fn is_unique_violation(&self) -> bool {
        matches!(self, Self::Database(sqlx::Error::Database(error)) if error.is_unique_violation())
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        match error {
            sqlx::Error::RowNotFound => Self::NotFound { what: "row" },
            other => Self::Database(other),
        }
    }
}

pub type Result<T> = std::result::Result<T, StoreError>;
