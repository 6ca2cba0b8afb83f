//! Where tokens come from.

use super::cloud::Cloud;
use crate::http::keeps_secrets;
use ::http::Uri;
use mailcase_mail::SourceError;

/// Any organization may sign in: for a blank tenant.
const ANY_ORGANIZATION: &str = "organizations";
/// The longest domain name (RFC 1035 §2.3.4).
const TENANT_MAX_BYTES: usize = 253;

/// How a provider differs from the standard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flavour {
    Microsoft,
    Google,
    Standard,
}

/// An authorization server.
#[derive(Debug, Clone)]
pub struct Provider {
    pub(crate) flavour: Flavour,
    pub(crate) authorize: Uri,
    pub(crate) token: Uri,
    /// For Microsoft: whether one tenant is named, which signing in as an application needs.
    pub(crate) one_tenant: bool,
}

impl Provider {
    /// Microsoft Entra. The tenant is its id or one of its domains; blank: people of any organization, for an application
    /// registered as multi-tenant.
    ///
    /// # Errors
    /// [`SourceError::Settings`] when it is neither.
    pub fn microsoft(cloud: Cloud, tenant: &str) -> Result<Self, SourceError> {
        Self::microsoft_at(&format!("https://{}", cloud.login_host()), tenant)
    }

    /// As [`microsoft`](Self::microsoft), at another address than those of Microsoft's clouds.
    ///
    /// # Errors
    /// As [`microsoft`](Self::microsoft), and when `base` is no `https://` URL.
    pub fn microsoft_at(base: &str, tenant: &str) -> Result<Self, SourceError> {
        let tenant = tenant.trim();
        let harmless = |c: char| c.is_ascii_alphanumeric() || "-._".contains(c);
        if tenant.len() > TENANT_MAX_BYTES || !tenant.chars().all(harmless) {
            return Err(wrong(
                "the tenant must be its id or one of its domains, such as example.onmicrosoft.com",
            ));
        }
        let path = if tenant.is_empty() { ANY_ORGANIZATION } else { tenant };
        let base = base.trim_end_matches('/');
        Ok(Self {
            flavour: Flavour::Microsoft,
            authorize: url(&format!("{base}/{path}/oauth2/v2.0/authorize"))?,
            token: url(&format!("{base}/{path}/oauth2/v2.0/token"))?,
            one_tenant: !tenant.is_empty(),
        })
    }

    /// Google Workspace and Gmail (<https://developers.google.com/identity/protocols/oauth2/web-server>).
    ///
    /// # Errors
    /// Never in practice.
    pub fn google() -> Result<Self, SourceError> {
        Ok(Self {
            flavour: Flavour::Google,
            authorize: url("https://accounts.google.com/o/oauth2/v2/auth")?,
            token: url("https://oauth2.googleapis.com/token")?,
            one_tenant: false,
        })
    }

    /// Any other, by the URLs its documentation calls authorization and token endpoint.
    ///
    /// # Errors
    /// [`SourceError::Settings`] when one is no `https://` URL.
    pub fn standard(authorize: &str, token: &str) -> Result<Self, SourceError> {
        Ok(Self {
            flavour: Flavour::Standard,
            authorize: url(authorize)?,
            token: url(token)?,
            one_tenant: false,
        })
    }

    /// What is asked for besides the wanted scopes, so that there is a refresh token and a name to show.
    pub(crate) const fn further_scopes(&self) -> &'static [&'static str] {
        match self.flavour {
            Flavour::Microsoft => &["openid", "profile", "offline_access"],
            Flavour::Google => &["openid", "email"],
            // Not all know OpenID's scopes: whoever set this up names what it takes.
            Flavour::Standard => &[],
        }
    }

    /// The name of the host, for messages.
    pub(crate) fn host(&self) -> &str {
        self.token.host().unwrap_or("the provider")
    }
}

fn url(text: &str) -> Result<Uri, SourceError> {
    let no_url = || wrong("the URLs for authorization and token must begin with https://");
    let url: Uri = text.trim().parse().map_err(|_| no_url())?;
    if url.authority().is_none() || !keeps_secrets(&url) {
        return Err(no_url());
    }
    Ok(url)
}

fn wrong(message: &str) -> SourceError {
    SourceError::Settings { message: message.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tenant_cannot_lead_elsewhere() {
        let at = |tenant| Provider::microsoft(Cloud::UsGccHigh, tenant);
        assert_eq!(
            at("example.onmicrosoft.com").unwrap().token,
            "https://login.microsoftonline.us/example.onmicrosoft.com/oauth2/v2.0/token"
        );
        assert!(at(" ").unwrap().authorize.path().starts_with("/organizations/"));
        for tenant in ["a/b", "a?b", "a@b", "a b", "../x", "a#", "ü.example", &"a".repeat(300)] {
            assert!(matches!(at(tenant), Err(SourceError::Settings { .. })), "{tenant}");
        }
    }

    #[test]
    fn secrets_are_sent_to_no_address_in_the_clear() {
        for token in ["http://login.example.org/token", "login.example.org", "/token", "ftp://a/", ""] {
            assert!(Provider::standard("https://login.example.org/authorize", token).is_err(), "{token}");
        }
        Provider::standard("https://a.example/", "http://127.0.0.1:1/token").unwrap();
    }
}
