//! The access token of one connector: kept while it is good, renewed in time, by one task at a time.

use super::client::{AccessToken, OauthClient, Tokens};
use crate::steps::Steps;
use mailcase_mail::{REFRESH_TURN_MAX, RefreshTokens, SourceError};
use secrecy::SecretString;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::{Instant, timeout};

/// Assumed where the provider does not say.
const LIFETIME_UNTOLD: Duration = Duration::from_secs(5 * 60);
/// A token is renewed this long before it ends, so that what was begun with it can be ended.
const RENEW_BEFORE: Duration = Duration::from_secs(5 * 60);
/// Of a short life at most this part is given away.
const RENEW_PART: u32 = 5;

/// By which right tokens are given.
#[derive(Debug, Clone)]
pub enum Grant {
    /// The application's own.
    Application,
    /// A person granted it.
    Delegated(Arc<dyn RefreshTokens>),
}

/// The access tokens of one connector; cheap to clone, clones share them.
#[derive(Debug, Clone)]
pub struct AccessTokens(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    client: OauthClient,
    grant: Grant,
    scope: String,
    held: Mutex<Option<Held>>,
    /// Whoever has it renews; the others wait for what comes of it.
    renewing: tokio::sync::Mutex<()>,
}

#[derive(Debug, Clone)]
struct Held {
    token: AccessToken,
    renew_at: Instant,
    ends_at: Instant,
}

impl AccessTokens {
    /// Asks for nothing yet.
    #[must_use]
    pub fn new(client: OauthClient, grant: Grant, scope: impl Into<String>) -> Self {
        Self(Arc::new(Inner {
            client,
            grant,
            scope: scope.into(),
            held: Mutex::default(),
            renewing: tokio::sync::Mutex::default(),
        }))
    }

    /// Asks for a token as a step of a connection test; nothing when it failed. Warns of a certificate that ends soon.
    pub async fn check(&self, steps: &mut Steps) -> Option<AccessToken> {
        let client = &self.0.client;
        steps.begin("token", format!("Get an access token from {}", client.provider.host()));
        let token = self.get().await;
        let token = steps.take(token)?;
        match client.certificate_end() {
            Some(end) => {
                let detail = format!(
                    "given; the certificate that signs in is valid until {}",
                    end.strftime("%Y-%m-%d")
                );
                let remedy =
                    "Make a new certificate and register it at the provider, before sign-in stops working.";
                steps.passed_until(detail, end, remedy);
            }
            None => steps.passed("given"),
        }
        Some(token)
    }

    /// A token that is good for some minutes at least, from memory where possible. May be dropped at any time: a renewal
    /// that was begun ends all the same, so that no refresh token is lost between provider and store.
    ///
    /// # Errors
    /// [`SourceError::SignIn`] with the remedy when the provider refuses or nobody granted access; those of the way there;
    /// those of the store when a new refresh token could not be stored: then the access token is not used either.
    pub async fn get(&self) -> Result<AccessToken, SourceError> {
        match self.0.fresh() {
            Some(token) => Ok(token),
            None => self.renew(None).await,
        }
    }

    /// A token other than `refused`, which a server did not accept although its time was not over.
    ///
    /// # Errors
    /// As [`get`](Self::get).
    pub async fn other_than(&self, refused: &SecretString) -> Result<AccessToken, SourceError> {
        self.renew(Some(refused.clone())).await
    }

    async fn renew(&self, refused: Option<SecretString>) -> Result<AccessToken, SourceError> {
        let inner = Arc::clone(&self.0);
        let renewal = tokio::spawn(async move { inner.renewed(refused).await });
        match renewal.await {
            Ok(result) => result,
            Err(error) => match error.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                // The program ends.
                Err(_) => Err(SourceError::Abandoned),
            },
        }
    }
}

impl Inner {
    fn held(&self) -> Option<Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn fresh(&self) -> Option<AccessToken> {
        self.held().filter(|held| Instant::now() < held.renew_at).map(|held| held.token)
    }

    async fn renewed(&self, refused: Option<SecretString>) -> Result<AccessToken, SourceError> {
        let _turn = self.renewing.lock().await;
        let is_refused = |token: &AccessToken| refused.as_ref().is_some_and(|refused| token.is(refused));
        // Somebody else may have renewed it meanwhile.
        if let Some(token) = self.fresh().filter(|token| !is_refused(token)) {
            return Ok(token);
        }
        let result = match &self.grant {
            Grant::Application => self.client.sign_in_as_application(&self.scope).await,
            Grant::Delegated(store) => self.refreshed(store.as_ref()).await,
        };
        let still_good = self.held().filter(|held| Instant::now() < held.ends_at && !is_refused(&held.token));
        match (result, still_good) {
            (Ok(tokens), _) => Ok(self.keep(tokens)),
            // An outage of the provider does not end what was granted before it.
            (
                Err(
                    SourceError::Unreachable { .. }
                    | SourceError::TimedOut { .. }
                    | SourceError::Throttled { .. },
                ),
                Some(held),
            ) => Ok(held.token),
            (Err(error), _) => Err(error),
        }
    }

    /// The new refresh token is stored before anybody sees the access token.
    async fn refreshed(&self, store: &dyn RefreshTokens) -> Result<Tokens, SourceError> {
        let turn = store.turn().await?.ok_or_else(|| SourceError::SignIn {
            message: "nobody granted access to the mailbox yet".to_owned(),
            hint: Some("Open the connector and choose Grant access.".to_owned()),
        })?;
        let asked = timeout(REFRESH_TURN_MAX, self.client.refresh(turn.token(), &self.scope)).await;
        let mut result = asked.unwrap_or_else(|_| {
            let what = format!("a token of {}", self.client.provider.host());
            Err(SourceError::TimedOut { what, after: REFRESH_TURN_MAX })
        });
        let new = result.as_mut().ok().and_then(|tokens| tokens.refresh.take());
        let ended = turn.end(new).await;
        let tokens = result?;
        ended.map(|()| tokens)
    }

    fn keep(&self, tokens: Tokens) -> AccessToken {
        let lifetime = tokens.lifetime.unwrap_or(LIFETIME_UNTOLD);
        let margin = RENEW_BEFORE.min(lifetime / RENEW_PART);
        let now = Instant::now();
        // A life beyond what the clock can count does not end in this process.
        let after = |time: Duration| now.checked_add(time).unwrap_or(now + LIFETIME_UNTOLD);
        let held = Held {
            token: tokens.access.clone(),
            renew_at: after(lifetime.saturating_sub(margin)),
            ends_at: after(lifetime),
        };
        *self.held.lock().unwrap_or_else(PoisonError::into_inner) = Some(held);
        tokens.access
    }
}
