//! What can go wrong in the store; one variant per decision a caller takes.

use crate::blobs::BlobHash;
use std::io::ErrorKind;

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

    /// Whether the database or the blob store is away, full or being switched over. What was to be written is not to
    /// blame, and trying again later helps.
    #[must_use]
    pub fn is_outage(&self) -> bool {
        match self {
            Self::Blob { .. } => true,
            Self::Database(
                sqlx::Error::Io(_)
                | sqlx::Error::Tls(_)
                | sqlx::Error::Protocol(_)
                | sqlx::Error::PoolTimedOut
                | sqlx::Error::PoolClosed
                | sqlx::Error::WorkerCrashed
                | sqlx::Error::InvalidSavePointStatement
                | sqlx::Error::BeginFailed,
            ) => true,
            Self::Database(sqlx::Error::Database(error)) => {
                error.code().is_some_and(|code| is_outage_code(&code))
            }
            _ => false,
        }
    }

    /// Whether a disk is full, ours or the database's.
    #[must_use]
    pub fn is_full(&self) -> bool {
        match self {
            Self::Blob { source, .. } => {
                matches!(source.kind(), ErrorKind::StorageFull | ErrorKind::QuotaExceeded)
            }
            Self::Database(sqlx::Error::Database(error)) => {
                error.code().is_some_and(|code| is_full_code(&code))
            }
            _ => false,
        }
    }

    pub(crate) fn is_unique_violation(&self) -> bool {
        matches!(self, Self::Database(sqlx::Error::Database(error)) if error.is_unique_violation())
    }
}

/// PostgreSQL's classes of errors are the first two of five characters: connection (08), read-only after a switch-over
/// (25), rolled back (40), resources (53), locks and states (55), the operator (57, but not a cancelled statement, which
/// may be slow for what it was given), system (58). SQLite's are the low byte of a number: busy, locked, out of memory,
/// read-only, input/output, full, cannot open, locking protocol.
fn is_outage_code(code: &str) -> bool {
    match (code.len(), code.get(..2), code.parse::<u32>()) {
        (5, Some("08" | "25" | "40" | "53" | "55" | "57" | "58"), _) => code != "57014",
        (1..=4, _, Ok(number)) => matches!(number & 0xff, 5 | 6 | 7 | 8 | 10 | 13 | 14 | 15),
        _ => false,
    }
}

/// PostgreSQL's `disk_full`, SQLite's `SQLITE_FULL`.
fn is_full_code(code: &str) -> bool {
    code == "53100" || code == "13"
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outage_is_told_from_data_the_database_refuses() {
        for (code, outage) in [
            ("57P01", true),
            ("53100", true),
            ("08006", true),
            ("25006", true),
            ("57014", false),
            ("22021", false),
            ("23505", false),
            ("54000", false),
            ("10", true),
            ("13", true),
            ("261", true),
            ("3850", true),
            ("18", false),
            ("2067", false),
            ("", false),
        ] {
            assert_eq!(is_outage_code(code), outage, "{code}");
        }
        assert!(StoreError::from(sqlx::Error::PoolTimedOut).is_outage());
        assert!(is_full_code("13") && is_full_code("53100") && !is_full_code("10") && !is_full_code("53200"));
        let full = StoreError::io("writing")(std::io::Error::from(ErrorKind::StorageFull));
        assert!(full.is_full() && full.is_outage());
        assert!(!StoreError::io("writing")(std::io::Error::other("disk")).is_full());
        assert!(StoreError::io("writing")(std::io::Error::other("disk")).is_outage());
        assert!(!StoreError::decode("not JSON").is_outage());
        assert!(!StoreError::Fenced.is_outage());
    }
}
