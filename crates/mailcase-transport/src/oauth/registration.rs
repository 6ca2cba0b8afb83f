//! An application as it was registered and set up: what it takes to get tokens, by itself or for a person.

use super::access_tokens::{AccessTokens, Grant};
use super::authorization::Prompt;
use super::client::OauthClient;
use mailcase_mail::{
    BegunGrant, GrantAnswer, GrantRequest, Granted, NothingGranted, RefreshTokens, SourceError,
};
use std::sync::Arc;

/// An application that can ask for tokens.
#[derive(Debug, Clone)]
pub struct Registration {
    pub(crate) client: OauthClient,
    pub(crate) scope: String,
    /// Signs in for a person who grants access, and not as itself.
    pub(crate) for_person: bool,
}

impl Registration {
    /// The access tokens; `granted` keeps what a person granted, where a person has to. Asks for nothing yet.
    #[must_use]
    pub fn access_tokens(self, granted: Option<Arc<dyn RefreshTokens>>) -> AccessTokens {
        let grant = if self.for_person {
            Grant::Delegated(granted.unwrap_or_else(|| Arc::new(NothingGranted)))
        } else {
            Grant::Application
        };
        AccessTokens::new(self.client, grant, self.scope)
    }

    /// Begins a grant; `account` is suggested to the person.
    ///
    /// # Errors
    /// [`SourceError::Unsupported`] when the application signs in as itself.
    pub fn begin_grant(
        &self,
        request: &GrantRequest,
        account: Option<&str>,
    ) -> Result<BegunGrant, SourceError> {
        if !self.for_person {
            return Err(SourceError::Unsupported {
                message: "the application signs in as itself: nobody needs to grant access".to_owned(),
                hint: None,
            });
        }
        let (prompt, account) =
            if request.switch_account { (Prompt::SelectAccount, None) } else { (Prompt::Usual, account) };
        Ok(self.client.begin(&request.redirect_url, &self.scope, account, prompt))
    }

    /// Turns what the browser brought back into access.
    ///
    /// # Errors
    /// [`SourceError::SignIn`] with the remedy when access was denied or the provider refuses; those of the way there.
    pub async fn complete_grant(&self, answer: GrantAnswer) -> Result<Granted, SourceError> {
        let (code, verifier, redirect_url) = match answer {
            GrantAnswer::Denied { error, description } => {
                return Err(self.client.denied(&error, &description));
            }
            GrantAnswer::Code { code, verifier, redirect_url } => (code, verifier, redirect_url),
        };
        let tokens = self.client.redeem(&redirect_url, &code, &verifier).await?;
        let refresh_token = tokens.refresh.ok_or_else(|| self.client.no_refresh_token())?;
        Ok(Granted { refresh_token, account: tokens.account })
    }
}
