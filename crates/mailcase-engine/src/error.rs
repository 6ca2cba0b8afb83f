//! What can go wrong in the engine, by what the caller does about it.

use mailcase_mail::SourceError;
use mailcase_store::StoreError;

#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EngineError {
    /// The mailbox.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// Our own database or blob store.
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("reading the stored message failed")]
    Read(#[from] std::io::Error),
    /// The engine is shutting down.
    #[error("the engine is stopping")]
    Stopping,
    /// A bug of ours: a task panicked. The work it had is taken up again from the database.
    #[error("an internal task failed")]
    Task,
}

impl EngineError {
    /// Whether our own storage is away or we are stopping: no fault of what was being worked on.
    #[must_use]
    pub(crate) fn is_outage(&self) -> bool {
        match self {
            Self::Store(error) => error.is_outage(),
            Self::Read(_) | Self::Stopping => true,
            Self::Source(_) | Self::Task => false,
        }
    }

    /// Whether somebody else holds the connector now, so that there is nothing left to do here.
    #[must_use]
    pub(crate) fn is_fenced(&self) -> bool {
        matches!(self, Self::Store(StoreError::Fenced))
    }
}
