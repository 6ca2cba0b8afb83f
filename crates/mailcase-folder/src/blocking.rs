//! File system calls off the asynchronous threads, each under a deadline.

use mailcase_mail::SourceError;
use std::time::Duration;

/// How long one step on the file system may take. A network mount that hangs is the only thing as slow as this;
/// listing a million files is not.
pub(crate) const STEP_DEADLINE: Duration = Duration::from_secs(120);

/// Runs `work` where it may block. When the deadline passes, the work is left behind and its result is lost, so
/// `work` must leave everything in order whenever it ends.
pub(crate) async fn blocking<T: Send + 'static>(
    what: &'static str,
    work: impl FnOnce() -> Result<T, SourceError> + Send + 'static,
) -> Result<T, SourceError> {
    match tokio::time::timeout(STEP_DEADLINE, tokio::task::spawn_blocking(work)).await {
        Ok(Ok(result)) => result,
        Ok(Err(_)) => Err(SourceError::Unreachable {
            message: format!("{what} was interrupted"),
            hint: Some("Try again; if it happens again, look into the log.".to_owned()),
        }),
        Err(_) => Err(SourceError::TimedOut { what: what.to_owned(), after: STEP_DEADLINE }),
    }
}
