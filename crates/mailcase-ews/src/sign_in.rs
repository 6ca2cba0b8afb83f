//! How an account proves who it is, and what to tell its owner when that is not believed.

use crate::connections::NtlmConnections;
use crate::ntlm::Identity;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::WWW_AUTHENTICATE;
use http::{HeaderMap, HeaderValue};
use mailcase_mail::SourceError;
use mailcase_transport::Endpoint;
use mailcase_transport::oauth::TokenSource;
use secrecy::{ExposeSecret as _, SecretString};
use std::fmt;
use std::sync::Arc;
use zeroize::Zeroizing;

/// How an account signs in.
#[derive(Clone)]
pub(crate) enum SignIn {
    /// RFC 7617, as a header.
    Basic(HeaderValue),
    Ntlm(NtlmConnections),
    /// RFC 6750.
    Tokens(Arc<dyn TokenSource>),
}

impl fmt::Debug for SignIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.scheme())
    }
}

/// What proves who somebody is.
#[derive(Debug, Clone)]
pub enum Credential {
    /// A password, sent as it is: over an encrypted connection only.
    Basic { user: String, password: SecretString },
    /// A password that is not sent. The user may be `DOMAIN\user`, `user@example.org` or `user`.
    Ntlm { user: String, password: SecretString },
    /// Access tokens.
    Tokens(Arc<dyn TokenSource>),
}

impl SignIn {
    pub(crate) fn new(credential: Credential) -> Result<Self, SourceError> {
        match credential {
            Credential::Basic { user, password } => {
                // RFC 7617 §2: the colon ends the name.
                if user.contains(':') {
                    return Err(wrong("a user name with a colon cannot sign in with Basic"));
                }
                let pair = Zeroizing::new(format!("{user}:{}", password.expose_secret()));
                let text = Zeroizing::new(format!("Basic {}", STANDARD.encode(pair.as_bytes())));
                let mut header = HeaderValue::from_str(&text)
                    .map_err(|_| wrong("user name and password cannot be sent"))?;
                header.set_sensitive(true);
                Ok(Self::Basic(header))
            }
            Credential::Ntlm { user, password } => {
                Ok(Self::Ntlm(NtlmConnections::new(Identity::new(&user, password))))
            }
            Credential::Tokens(tokens) => Ok(Self::Tokens(tokens)),
        }
    }

    /// The token to try, where there are tokens; another than the one refused.
    pub(crate) async fn bearer(
        &self,
        refused: Option<&SecretString>,
    ) -> Result<Option<SecretString>, SourceError> {
        match self {
            Self::Tokens(tokens) => tokens.token(refused).await.map(Some),
            Self::Basic(_) | Self::Ntlm(_) => Ok(None),
        }
    }

    /// What each request says of who asks.
    pub(crate) fn header(&self, bearer: Option<&SecretString>) -> Result<Option<HeaderValue>, SourceError> {
        match (self, bearer) {
            (Self::Basic(header), _) => Ok(Some(header.clone())),
            (Self::Tokens(_), Some(token)) => {
                let text = Zeroizing::new(format!("Bearer {}", token.expose_secret()));
                let mut header = HeaderValue::from_str(&text).map_err(|_| SourceError::Protocol {
                    message: "an access token cannot be sent".to_owned(),
                })?;
                header.set_sensitive(true);
                Ok(Some(header))
            }
            _ => Ok(None),
        }
    }

    const fn scheme(&self) -> &'static str {
        match self {
            Self::Basic(_) => "Basic",
            Self::Ntlm(_) => "NTLM",
            Self::Tokens(_) => "Bearer",
        }
    }
}

/// Why the server answered 401, by what it offers instead.
pub(crate) fn refused(sign_in: &SignIn, headers: &HeaderMap) -> SourceError {
    let offered: Vec<&'static str> = ["Basic", "NTLM", "Negotiate", "Bearer"]
        .into_iter()
        .filter(|scheme| {
            headers
                .get_all(WWW_AUTHENTICATE)
                .iter()
                .filter_map(|value| value.to_str().ok())
                .any(|value| value.split([' ', ',']).any(|word| word.eq_ignore_ascii_case(scheme)))
        })
        .collect();
    let ours = sign_in.scheme();
    let hint = |text: &str| Some(text.to_owned());
    if !offered.is_empty() && !offered.contains(&ours) {
        let message =
            format!("the server does not offer to sign in with {ours}, but with {}", offered.join(", "));
        let text = match sign_in {
            SignIn::Basic(_) if offered.contains(&"NTLM") => {
                "Choose NTLM; or switch on Basic for the virtual directory EWS (Set-WebServicesVirtualDirectory)."
            }
            SignIn::Basic(_) | SignIn::Ntlm(_) if offered == ["Bearer"] => {
                "Choose OAuth: Exchange Online, and servers with modern authentication, take no passwords."
            }
            SignIn::Ntlm(_) => {
                "Choose Basic, or switch on Windows authentication for the virtual directory EWS \
                 (Set-WebServicesVirtualDirectory -WindowsAuthentication)."
            }
            SignIn::Basic(_) | SignIn::Tokens(_) => "Choose one of these ways of signing in.",
        };
        return SourceError::SignIn { message, hint: hint(text) };
    }
    match sign_in {
        SignIn::Basic(_) => SourceError::SignIn {
            message: "the server refused user name or password".to_owned(),
            hint: hint(
                "Check both; try the user name as DOMAIN\\user or as user@example.org. In Exchange Online, passwords are \
                 not accepted: choose OAuth.",
            ),
        },
        SignIn::Ntlm(_) => SourceError::SignIn {
            message: "the server refused to sign in with NTLM".to_owned(),
            hint: hint(
                "Check user name (DOMAIN\\user or user@example.org) and password, and that the account is neither locked \
                 nor denied NTLM. With Extended Protection, something on the way that opens TLS breaks the sign-in.",
            ),
        },
        SignIn::Tokens(_) => SourceError::SignIn {
            message: "Exchange does not accept the access token".to_owned(),
            hint: hint(
                "Check cloud and tenant, and that the application has full_access_as_app (as itself) or \
                 EWS.AccessAsUser.All (for a person), with admin consent; sign in again if the grant was revoked.",
            ),
        },
    }
}

/// Something answers that is not EWS.
pub(crate) fn unwanted(endpoint: &Endpoint) -> SourceError {
    SourceError::Unsupported {
        message: format!("{endpoint} answers with a web page instead of EWS"),
        hint: Some(
            "The URL must be that of EWS, usually https://mail.example.org/EWS/Exchange.asmx. A sign-in page in front of \
             it (Outlook on the web, ADFS, a reverse proxy) must let EWS through."
                .to_owned(),
        ),
    }
}

fn wrong(message: &str) -> SourceError {
    SourceError::Settings { message: message.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn basic() -> SignIn {
        let (user, password) = ("soc".to_owned(), SecretString::from("hunter2"));
        SignIn::new(Credential::Basic { user, password }).unwrap()
    }

    fn ntlm() -> SignIn {
        let (user, password) = ("soc".to_owned(), SecretString::from("hunter2"));
        SignIn::new(Credential::Ntlm { user, password }).unwrap()
    }

    #[test]
    fn secrets_stay_out_of_debug_output() {
        for sign_in in [basic(), ntlm()] {
            let header = sign_in.header(None).unwrap();
            let debug = format!("{sign_in:?} {header:?}");
            assert!(
                !debug.contains("hunter2") && !debug.contains(&STANDARD.encode("soc:hunter2")),
                "{debug}"
            );
        }
    }

    #[test]
    fn a_refusal_names_the_way_that_works() {
        for (sign_in, offered, word) in [
            (basic(), vec!["Negotiate", "NTLM"], "NTLM"),
            (basic(), vec!["Bearer client_id=\"x\""], "OAuth"),
            (basic(), vec!["Basic realm=\"x\""], "DOMAIN"),
            (basic(), vec![], "DOMAIN"),
            (ntlm(), vec!["Basic realm=\"x\""], "Windows authentication"),
            (ntlm(), vec!["Negotiate", "NTLM"], "Extended Protection"),
            (ntlm(), vec!["Bearer"], "OAuth"),
        ] {
            let mut headers = HeaderMap::new();
            for value in offered {
                headers.append(WWW_AUTHENTICATE, HeaderValue::from_static(value));
            }
            let error = refused(&sign_in, &headers);
            assert_eq!(error.code(), "sign_in");
            assert!(error.hint().unwrap().contains(word), "{word}: {error:?}");
        }
    }
}
