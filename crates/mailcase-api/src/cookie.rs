//! The session cookie: one name, one set of attributes.

use crate::config::ApiConfig;
use axum_extra::extract::CookieJar;
use axum_extra::extract::cookie::{Cookie, SameSite};
use secrecy::{ExposeSecret, SecretString};

/// Name without TLS.
pub(crate) const NAME: &str = "mailcase_session";
/// Name behind https: `__Host-` makes browsers refuse it from sub-domains and without `Secure` (RFC 6265bis).
const NAME_HTTPS: &str = "__Host-mailcase_session";

fn name(config: &ApiConfig) -> &'static str {
    if config.https() { NAME_HTTPS } else { NAME }
}

/// The session secret of a request, if it has one.
pub(crate) fn read(config: &ApiConfig, jar: &CookieJar) -> Option<SecretString> {
    jar.get(name(config)).map(|cookie| SecretString::from(cookie.value().to_owned()))
}

/// The cookie that carries `secret`. It ends with the browser session at the latest; the server decides earlier.
pub(crate) fn issue(config: &ApiConfig, secret: &SecretString) -> Cookie<'static> {
    let mut cookie = bare(config);
    cookie.set_value(secret.expose_secret().to_owned());
    cookie
}

/// The cookie that takes the session away.
pub(crate) fn removal(config: &ApiConfig) -> Cookie<'static> {
    let mut cookie = bare(config);
    cookie.make_removal();
    cookie
}

fn bare(config: &ApiConfig) -> Cookie<'static> {
    // Lax, not Strict: a link to a case in a chat must open it without signing in again.
    Cookie::build((name(config), ""))
        .path("/")
        .http_only(true)
        .same_site(SameSite::Lax)
        .secure(config.https())
        .build()
}
