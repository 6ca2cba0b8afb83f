//! What of a connector's settings ends by itself.

use crate::settings::{Auth, EwsSettings};
use mailcase_mail::Expiry;
use mailcase_transport::trust_expiries;
use secrecy::SecretString;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// What of these settings and secrets ends by itself, and when. What cannot be read is left out.
#[must_use]
pub fn expiries(connection: &Map<String, Value>, secrets: &BTreeMap<String, SecretString>) -> Vec<Expiry> {
    let Ok(settings) = EwsSettings::read(connection) else { return Vec::new() };
    let mut expiries =
        trust_expiries(&settings.trusted_certificates, &settings.pinned_certificates, &settings.proxy);
    if settings.auth == Auth::Oauth {
        expiries.extend(settings.oauth.expiry(secrets));
    }
    expiries
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_end_of_a_secret_matters_where_it_is_used() {
        for (auth, expected) in [("oauth", 1), ("ntlm", 0)] {
            let connection = json!({
                "mailbox": "soc@example.org", "server": "mail.example.org", "auth": auth,
                "oauth": {"tenant": "example.org", "client_id": "8a1c", "secret_ends": "2027-03-31"},
            });
            let found = expiries(connection.as_object().unwrap(), &BTreeMap::new());
            assert_eq!(found.len(), expected, "{auth}");
        }
        assert_eq!(expiries(&Map::new(), &BTreeMap::new()), []);
    }
}
