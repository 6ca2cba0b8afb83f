//! What an access token says of the permissions behind it.
//!
//! Microsoft promises nothing of the form of its tokens, so this is for a connection test to tell a person, where it can
//! be read, and not to decide by.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;

/// Tokens of people in many groups have some twenty kilobytes.
const TOKEN_MAX_BYTES: usize = 256 << 10;
/// More permissions are not shown.
const SHOWN_MAX: usize = 20;

#[derive(Deserialize)]
struct Claims {
    /// Of an application.
    #[serde(default)]
    roles: Vec<String>,
    /// Of a person's grant, separated by spaces.
    #[serde(default)]
    scp: String,
}

/// The permissions on mail that a token speaks of; nothing when it cannot be read or speaks of none, as where an
/// administrator grants access in Exchange itself (RBAC for applications).
pub(crate) fn on_mail(token: &SecretString) -> Vec<String> {
    let token = token.expose_secret();
    let claims = token.split('.').nth(1).filter(|_| token.len() <= TOKEN_MAX_BYTES);
    let claims = claims.and_then(|claims| URL_SAFE_NO_PAD.decode(claims).ok());
    let claims = claims.and_then(|claims| serde_json::from_slice::<Claims>(&claims).ok());
    let Some(Claims { roles, scp }) = claims else { return Vec::new() };
    let scopes = scp.split_whitespace().map(|scope| scope.rsplit('/').next().unwrap_or(scope).to_owned());
    let mut found: Vec<String> = roles.into_iter().chain(scopes).filter(|name| is_on_mail(name)).collect();
    found.sort();
    found.dedup();
    found.truncate(SHOWN_MAX);
    found
}

/// `Mail.` and a name of letters: nothing else is shown to anybody.
fn is_on_mail(name: &str) -> bool {
    name.strip_prefix("Mail.")
        .is_some_and(|rest| rest.len() < 40 && rest.chars().all(|c| c.is_ascii_alphabetic() || c == '.'))
}

/// Whether these let mail be read and not changed.
pub(crate) fn read_only(permissions: &[String]) -> bool {
    let has = |stem: &str| permissions.iter().any(|name| name.starts_with(stem));
    has("Mail.Read") && !has("Mail.ReadWrite")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn token(claims: &Value) -> SecretString {
        SecretString::from(format!("e30.{}.c2ln", URL_SAFE_NO_PAD.encode(claims.to_string())))
    }

    #[test]
    fn permissions_are_read_where_they_are_written() {
        for (claims, expected, only) in [
            (
                json!({"roles": ["Mail.Send", "User.Read.All", "Mail.ReadWrite"]}),
                vec!["Mail.ReadWrite", "Mail.Send"],
                false,
            ),
            (json!({"roles": ["Mail.Read"]}), vec!["Mail.Read"], true),
            (json!({"roles": ["Mail.ReadBasic.All"]}), vec!["Mail.ReadBasic.All"], true),
            (
                json!({"scp": "openid Mail.Read Mail.ReadWrite.Shared"}),
                vec!["Mail.Read", "Mail.ReadWrite.Shared"],
                false,
            ),
            (json!({"roles": ["Mail.<script>", "Mail.soc@example.org"]}), vec![], false),
            (json!({"aud": "x"}), vec![], false),
            (json!({"roles": 7}), vec![], false),
        ] {
            let found = on_mail(&token(&claims));
            assert_eq!(found, expected, "{claims}");
            assert_eq!(read_only(&found), only, "{claims}");
        }
        for text in ["", "opaque", "a.b.c", "..", "a.!!!.c"] {
            assert_eq!(on_mail(&SecretString::from(text)), Vec::<String>::new(), "{text}");
        }
    }
}
