//! OAuth 2.0 (RFC 6749) for sources: from what a person set up to an access token that is fresh.
//!
//! [`OauthClient`] speaks to the provider: Microsoft Entra of any cloud, Google, or any other by its two URLs. It signs in
//! as an application, with a secret or a certificate, or for a person who granted access in the browser. [`AccessTokens`]
//! keeps the token of one connector and renews it in time; a rotated refresh token is stored before it is used. Nothing
//! secret is in `Debug`, errors or logs, and no text of the provider either: it names people and applications.

mod aadsts;
mod access_tokens;
mod assertion;
mod authorization;
mod certificate;
mod client;
mod cloud;
mod provider;
mod refusal;
mod registration;
mod settings;
mod token_source;

pub use access_tokens::{AccessTokens, Grant};
pub use assertion::SigningAlgorithm;
pub use authorization::Prompt;
pub use certificate::{SigningCertificate, SigningCertificateError};
pub use client::{AccessToken, ClientCredential, OauthClient, Tokens};
pub use cloud::Cloud;
pub use provider::Provider;
pub use registration::Registration;
pub use settings::{
    CLIENT_CERTIFICATE, CLIENT_CERTIFICATE_PASSWORD, CLIENT_SECRET, ClientProof, EntraSettings,
    OauthSettings, Scopes, SignInAs, TokenFrom, signing_certificate,
};
pub use token_source::TokenSource;
