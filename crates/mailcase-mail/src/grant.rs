//! Access to a mailbox that a person grants in the browser, at the provider of the mailbox (OAuth 2.0, RFC 6749 §4.1).

use crate::error::SourceError;
use futures::future::BoxFuture;
use secrecy::SecretString;
use std::fmt::Debug;
use std::time::Duration;

/// How long one may use a refresh token alone: longer than any answer of a provider takes that is still worth waiting for.
pub const REFRESH_TURN_MAX: Duration = Duration::from_secs(2 * 60);

/// Where a refresh token lives. It outlasts the process: losing it means that a person has to grant access again.
pub trait RefreshTokens: Debug + Send + Sync {
    /// Waits until nobody else uses the token, in this process or another, and hands it out; nothing when access was never
    /// granted. A provider may take the second use of a token for theft, and revoke the grant (RFC 9700 §4.14.2).
    ///
    /// # Errors
    /// When it cannot be read, and when others keep it for too long.
    fn turn(&self) -> BoxFuture<'_, Result<Option<Box<dyn RefreshTurn>>, SourceError>>;
}

/// The right to use the refresh token alone, for [`REFRESH_TURN_MAX`]. Whoever drops it instead of ending it keeps the
/// others waiting for a while.
pub trait RefreshTurn: Debug + Send + Sync {
    fn token(&self) -> &SecretString;

    /// Lets the next one have its turn. The `new` token, where the provider gave one, is stored durably before this
    /// returns: the one before may be void already.
    ///
    /// # Errors
    /// When it is not stored: the grant was withdrawn or given anew meanwhile, or the storage fails.
    fn end(self: Box<Self>, new: Option<SecretString>) -> BoxFuture<'static, Result<(), SourceError>>;
}

/// Stands in where there is nothing to keep a grant for: settings that are tried before they are saved.
#[derive(Debug, Clone, Copy)]
pub struct NothingGranted;

impl RefreshTokens for NothingGranted {
    fn turn(&self) -> BoxFuture<'_, Result<Option<Box<dyn RefreshTurn>>, SourceError>> {
        Box::pin(std::future::ready(Ok(None)))
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
