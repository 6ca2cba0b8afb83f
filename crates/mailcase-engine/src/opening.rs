//! Opens sources away from the event loop: a file with a key may have been made to be opened very slowly.

use crate::remote::Secrets;
use mailcase_core::connector::ConnectorSettings;
use mailcase_mail::{RefreshTokens, SourceError, SourceFactory};
use std::sync::Arc;
use std::time::Duration;

/// Whoever made a key file chose how slowly it opens: a second is a lot.
const LONGEST: Duration = Duration::from_secs(30);

/// Builds the source of a connector; connects to nothing yet.
///
/// # Errors
/// [`SourceError::Settings`] when settings and secrets do not fit together, or take for ever to be read.
pub(crate) async fn open<F: SourceFactory>(
    factory: &Arc<F>,
    settings: &ConnectorSettings,
    secrets: Secrets,
    tokens: Arc<dyn RefreshTokens>,
) -> Result<F::Source, SourceError> {
    let factory = Arc::clone(factory);
    let (kind, connection) = (settings.kind.clone(), settings.connection.clone());
    let opening =
        tokio::task::spawn_blocking(move || factory.open_granted(&kind, &connection, &secrets, tokens));
    match tokio::time::timeout(LONGEST, opening).await {
        Ok(Ok(opened)) => opened,
        Ok(Err(_)) => Err(wrong("the settings or secrets broke the program that reads them")),
        Err(_) => Err(wrong(
            "the settings or secrets took too long to be read: a file with a key was made to be opened very slowly",
        )),
    }
}

fn wrong(message: &str) -> SourceError {
    SourceError::Settings { message: message.to_owned() }
}
