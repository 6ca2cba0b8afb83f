//! What the rooms below report, in words for whoever asked. Decides on types, never on text.

use crate::password::PasswordError;
use crate::problem::{Kind, Problem};
use mailcase_engine::EngineError;
use mailcase_mail::SourceError;
use mailcase_store::StoreError;
use std::time::Duration;

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::NotFound { what } => Self::not_found(what),
            StoreError::Conflict { what } => Self::new(Kind::Conflict, what),
            StoreError::Settings(what) => Self::new(Kind::Invalid, what),
            StoreError::Corrupt { hash } => Self::new(
                Kind::Corrupt,
                format!("the stored bytes of {hash} are damaged or missing; run `mailcase doctor`"),
            )
            .caused_by(StoreError::Corrupt { hash }),
            StoreError::Fenced => {
                Self::new(Kind::Conflict, "another process took this over meanwhile; try again")
            }
            other => Self::internal(other),
        }
    }
}

impl From<SourceError> for Problem {
    fn from(error: SourceError) -> Self {
        let mut detail = error.to_string();
        if let Some(hint) = error.hint() {
            detail = format!("{detail}. {hint}");
        }
        match error {
            SourceError::Settings { .. } => Self::new(Kind::Invalid, detail),
            SourceError::Throttled { retry_after, .. } => Self::new(Kind::MailboxFailed, detail)
                .retry_after(retry_after.unwrap_or(Duration::from_secs(60))),
            _ => Self::new(Kind::MailboxFailed, detail),
        }
    }
}

impl From<EngineError> for Problem {
    fn from(error: EngineError) -> Self {
        match error {
            EngineError::Source(error) => error.into(),
            EngineError::Store(error) => error.into(),
            EngineError::Stopping => {
                Self::new(Kind::Unavailable, "the server is stopping; try again in a moment")
                    .retry_after(Duration::from_secs(5))
            }
            other => Self::internal(other),
        }
    }
}

impl From<PasswordError> for Problem {
    fn from(error: PasswordError) -> Self {
        Self::internal(error)
    }
}
