//! Where access tokens come from.

use mailcase_mail::SourceError;
use mailcase_transport::oauth::AccessTokens;
use secrecy::SecretString;
use std::fmt;
use std::future::Future;
use std::pin::Pin;

/// Hands out access tokens for Graph. Shared by whatever asks the same mailbox.
pub trait TokenSource: Send + Sync + fmt::Debug {
    /// A token that is worth trying. `refused` is the one the server did not take: another is wanted, even when that one
    /// seemed good for a while.
    fn token<'a>(
        &'a self,
        refused: Option<&'a SecretString>,
    ) -> Pin<Box<dyn Future<Output = Result<SecretString, SourceError>> + Send + 'a>>;
}

impl TokenSource for AccessTokens {
    fn token<'a>(
        &'a self,
        refused: Option<&'a SecretString>,
    ) -> Pin<Box<dyn Future<Output = Result<SecretString, SourceError>> + Send + 'a>> {
        Box::pin(async move {
            let token = match refused {
                Some(refused) => self.other_than(refused).await?,
                None => self.get().await?,
            };
            Ok(token.secret().clone())
        })
    }
}
