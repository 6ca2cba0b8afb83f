//! Where access tokens come from.

use super::access_tokens::AccessTokens;
use crate::steps::Steps;
use futures::future::BoxFuture;
use mailcase_mail::SourceError;
use secrecy::SecretString;
use std::fmt;

/// Hands out access tokens for one mailbox. Shared by whatever asks it.
pub trait TokenSource: Send + Sync + fmt::Debug {
    /// A token that is worth trying. `refused` is the one the server did not take: another is wanted, even when that one
    /// seemed good for a while.
    fn token<'a>(
        &'a self,
        refused: Option<&'a SecretString>,
    ) -> BoxFuture<'a, Result<SecretString, SourceError>>;

    /// Gets a token as a step of a connection test; whether it worked.
    fn check<'a>(&'a self, steps: &'a mut Steps) -> BoxFuture<'a, bool>;
}

impl TokenSource for AccessTokens {
    fn token<'a>(
        &'a self,
        refused: Option<&'a SecretString>,
    ) -> BoxFuture<'a, Result<SecretString, SourceError>> {
        Box::pin(async move {
            let token = match refused {
                Some(refused) => self.other_than(refused).await?,
                None => self.get().await?,
            };
            Ok(token.secret().clone())
        })
    }

    fn check<'a>(&'a self, steps: &'a mut Steps) -> BoxFuture<'a, bool> {
        Box::pin(async move { AccessTokens::check(self, steps).await.is_some() })
    }
}
