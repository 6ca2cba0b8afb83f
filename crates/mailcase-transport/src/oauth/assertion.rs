//! The signed statement of who an application is (RFC 7523 §2.2), in the form Microsoft asks for
//! (<https://learn.microsoft.com/entra/identity-platform/certificate-credentials>).
//!
//! A JWS of two fixed JSON objects: a JWT library would add no more than the joining of three base64url texts.

use super::certificate::{Padding, SigningCertificate};
use data_encoding::BASE64URL_NOPAD;
use jiff::{SignedDuration, Timestamp};
use mailcase_mail::SourceError;
use secrecy::SecretString;
use serde_json::json;

/// How long a statement is valid: Microsoft recommends five to ten minutes.
const VALID_FOR: SignedDuration = SignedDuration::from_mins(10);
/// The provider's clock may be behind.
const CLOCK_TOLERANCE: SignedDuration = SignedDuration::from_mins(5);

/// How statements are signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SigningAlgorithm {
    /// What Microsoft recommends.
    #[default]
    Ps256,
    /// For providers that know nothing newer, such as AD FS.
    Rs256,
}

/// A statement for the token endpoint `audience`.
pub(crate) fn assertion(
    certificate: &SigningCertificate,
    algorithm: SigningAlgorithm,
    client_id: &str,
    audience: &str,
    now: Timestamp,
) -> Result<SecretString, SourceError> {
    let (name, padding) = match algorithm {
        SigningAlgorithm::Ps256 => ("PS256", Padding::Pss),
        SigningAlgorithm::Rs256 => ("RS256", Padding::Pkcs1),
    };
    let thumbprint = BASE64URL_NOPAD.encode(&certificate.sha256());
    let header = json!({"alg": name, "typ": "JWT", "x5t#S256": thumbprint});
    let seconds = |offset: SignedDuration| now.as_second().saturating_add(offset.as_secs());
    let claims = json!({
        "aud": audience,
        "iss": client_id,
        "sub": client_id,
        "jti": uuid::Uuid::now_v7().to_string(),
        "nbf": seconds(-CLOCK_TOLERANCE),
        "iat": seconds(SignedDuration::ZERO),
        "exp": seconds(VALID_FOR),
    });
    let encode = |part: &serde_json::Value| BASE64URL_NOPAD.encode(part.to_string().as_bytes());
    let statement = format!("{}.{}", encode(&header), encode(&claims));
    let signature = certificate.sign(padding, statement.as_bytes()).ok_or_else(|| SourceError::Settings {
        message: "nothing can be signed with the private key of the certificate".to_owned(),
    })?;
    Ok(SecretString::from(format!("{statement}.{}", BASE64URL_NOPAD.encode(&signature))))
}
