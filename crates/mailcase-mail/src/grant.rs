//! Access to a mailbox that a person grants in the browser, at the provider of the mailbox (OAuth 2.0, RFC 6749 §4.1).

use crate::error::SourceError;
use futures::future::BoxFuture;
use secrecy::SecretString;
use std::fmt::Debug;

/// Where a refresh token lives. It outlasts the process: losing it means that a person has to grant access again.
pub trait RefreshTokens: Debug + Send + Sync {
    /// The one stored last; nothing when access was never granted.
    ///
    /// # Errors
    /// When it cannot be read.
    fn current(&self) -> BoxFuture<'_, Result<Option<SecretString>, SourceError>>;

    /// Stores a new one in place of the current one, durably before it returns: the current one may be void already.
    ///
    /// # Errors
    /// When it is not stored.
    fn replace(&self, new: SecretString) -> BoxFuture<'_, Result<(), SourceError>>;
}

/// Stands in where there is nothing to keep a grant for: settings that are tried before they are saved.
#[derive(Debug, Clone, Copy)]
pub struct NothingGranted;

impl RefreshTokens for NothingGranted {
    fn current(&self) -> BoxFuture<'_, Result<Option<SecretString>, SourceError>> {
        Box::pin(std::future::ready(Ok(None)))
    }

    fn replace(&self, _: SecretString) -> BoxFuture<'_, Result<(), SourceError>> {
        let message = "there is no connector to keep a grant for".to_owned();
        Box::pin(std::future::ready(Err(SourceError::Settings { message })))
    }
}

/// A grant that is to begin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GrantRequest {
    /// Where the provider sends the browser back to, as registered there.
    pub redirect_url: String,
    /// The person is asked which account it is, also when the browser is signed in already.
    pub switch_account: bool,
}

/// A grant that was begun. `state` and `verifier` stay on this side, bound to the session of the person, until the
/// browser comes back.
#[derive(Debug)]
pub struct BegunGrant {
    /// Where the browser goes.
    pub url: String,
    /// What comes back with the browser; anything else is a forgery (RFC 6749 §10.12).
    pub state: SecretString,
    /// Proves with the code that it was asked for here (RFC 7636).
    pub verifier: SecretString,
}

/// What the browser brought back.
#[derive(Debug)]
pub enum GrantAnswer {
    Code {
        code: SecretString,
        verifier: SecretString,
        redirect_url: String,
    },
    /// `error` and `error_description` of the query (RFC 6749 §4.1.2.1).
    Denied {
        error: String,
        description: String,
    },
}

/// Access that was granted.
#[derive(Debug)]
pub struct Granted {
    pub refresh_token: SecretString,
    /// Whose mailbox it is, for people to see; not to decide by.
    pub account: Option<String>,
}
