//! Access that people grant: the refresh tokens of a connector, from the store to its source and back.

use futures::future::BoxFuture;
use mailcase_core::ConnectorId;
use mailcase_mail::{RefreshTokens, SourceError};
use mailcase_store::{Store, StoreError};
use secrecy::SecretString;
use std::sync::Arc;

/// The refresh token of one connector, in the store.
#[derive(Debug)]
struct Kept {
    store: Store,
    connector: ConnectorId,
}

/// Where the source of a connector keeps the access it was granted.
pub(crate) fn kept(store: &Store, connector: ConnectorId) -> Arc<dyn RefreshTokens> {
    Arc::new(Kept { store: store.clone(), connector })
}

impl RefreshTokens for Kept {
    fn current(&self) -> BoxFuture<'_, Result<Option<SecretString>, SourceError>> {
        Box::pin(async move { self.store.refresh_token(self.connector).await.map_err(told) })
    }

    fn replace(&self, new: SecretString) -> BoxFuture<'_, Result<(), SourceError>> {
        Box::pin(async move {
            self.store.replace_refresh_token(self.connector, &new).await.map_err(|error| match error {
                StoreError::NotFound { .. } => SourceError::SignIn {
                    message: "the granted access was withdrawn".to_owned(),
                    hint: Some("Open the connector and choose Grant access.".to_owned()),
                },
                error => told(error),
            })
        })
    }
}

/// Our own storage failed: trying again may help, whoever signs in.
fn told(error: StoreError) -> SourceError {
    SourceError::Unreachable {
        message: format!("the granted access could not be read or kept: {error}"),
        hint: Some("Look at the server's log.".to_owned()),
    }
}
