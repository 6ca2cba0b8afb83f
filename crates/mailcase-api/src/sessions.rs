//! Sessions and tokens: from what a request shows to who the caller is, and when that ends.

use crate::access::{Caller, Credential};
use crate::client::Client;
use crate::live::{LiveStreams, Revocation};
use crate::problem::{Kind, Problem};
use mailcase_core::{SessionId, TokenId, UserId};
use mailcase_store::{
    NewAudit, NewSession, OpenedSession, Session, SessionLimits, SignedIn, Store, StoreError, TokenHolder,
};
use secrecy::SecretString;
use std::time::Duration;

/// How long a session lasts at most: a working day with its evening.
pub(crate) const SESSION_LASTS: Duration = Duration::from_secs(12 * 60 * 60);
/// How long a session lasts unused. An open event stream is no use.
pub(crate) const SESSION_IDLES: Duration = Duration::from_secs(2 * 60 * 60);

const LIMITS: SessionLimits = SessionLimits { idle: SESSION_IDLES };

/// Opens, recognises and ends sessions.
#[derive(Debug, Clone)]
pub(crate) struct Sessions {
    store: Store,
    streams: LiveStreams,
}

impl Sessions {
    pub(crate) const fn new(store: Store, streams: LiveStreams) -> Self {
        Self { store, streams }
    }

    /// Opens a session for somebody whose password was right.
    pub(crate) async fn open(
        &self,
        user: UserId,
        client: &Client,
        entry: NewAudit,
    ) -> Result<OpenedSession, StoreError> {
        let new = NewSession {
            user,
            lasts: SESSION_LASTS,
            ip: client.address.to_string(),
            user_agent: client.user_agent.clone().unwrap_or_default(),
        };
        self.store.recorded(entry).create_session(&new).await
    }

    pub(crate) async fn by_cookie(&self, secret: &SecretString) -> Result<Caller, Problem> {
        match self.store.session_by_secret(secret, LIMITS).await? {
            Some(signed_in) => Ok(signed_in.into()),
            None => Err(Problem::new(Kind::SignInNeeded, "the session is over; sign in again")),
        }
    }

    pub(crate) async fn by_token(&self, token: &SecretString) -> Result<Caller, Problem> {
        match self.store.token_by_secret(token).await? {
            Some(holder) => Ok(holder.into()),
            None => Err(Problem::new(Kind::SignInNeeded, "the API token is unknown, expired or revoked")),
        }
    }

    /// Whether the caller would still be let in, without counting as use.
    pub(crate) async fn still_valid(&self, caller: &Caller) -> Result<bool, StoreError> {
        let user = self.store.user(caller.organization, caller.user).await?;
        if user.disabled || user.role != caller.role {
            return Ok(false);
        }
        match caller.credential {
            Credential::Session { id, .. } => Ok(self
                .store
                .list_sessions(caller.user, LIMITS)
                .await?
                .iter()
                .any(|session| session.id == id)),
            Credential::Token { id } => {
                let tokens = self.store.list_tokens(caller.organization, caller.user).await?;
                let now = jiff::Timestamp::now();
                Ok(tokens.iter().any(|token| {
                    token.id == id
                        && token.revoked_at.is_none()
                        && token.expires_at.is_none_or(|end| end > now)
                }))
            }
        }
    }

    pub(crate) async fn list(&self, user: UserId) -> Result<Vec<Session>, StoreError> {
        self.store.list_sessions(user, LIMITS).await
    }

    pub(crate) async fn end(
        &self,
        user: UserId,
        session: SessionId,
        entry: NewAudit,
    ) -> Result<(), StoreError> {
        self.store.recorded(entry).revoke_session(user, session).await?;
        self.streams.revoke(Revocation::Session(session));
        Ok(())
    }

    pub(crate) async fn end_token(
        &self,
        caller: &Caller,
        token: TokenId,
        entry: NewAudit,
    ) -> Result<(), StoreError> {
        self.store.recorded(entry).revoke_token(caller.organization, caller.user, token).await?;
        self.streams.revoke(Revocation::Token(token));
        Ok(())
    }

    /// Ends the event streams of a user whose sessions the store has ended.
    pub(crate) fn hang_up(&self, user: UserId) {
        self.streams.revoke(Revocation::User(user));
    }
}

impl From<SignedIn> for Caller {
    fn from(signed_in: SignedIn) -> Self {
        let SignedIn { session, csrf_token, user, username, display_name, role, .. } = signed_in;
        Self {
            user,
            username,
            display_name,
            organization: signed_in.organization,
            organization_name: signed_in.organization_name,
            role,
            permissions: role.permissions().to_vec(),
            credential: Credential::Session { id: session, csrf_token },
        }
    }
}

impl From<TokenHolder> for Caller {
    fn from(holder: TokenHolder) -> Self {
        let TokenHolder { token, permissions, user, username, display_name, role, .. } = holder;
        Self {
            user,
            username,
            display_name,
            organization: holder.organization,
            organization_name: holder.organization_name,
            role,
            permissions,
            credential: Credential::Token { id: token },
        }
    }
}
