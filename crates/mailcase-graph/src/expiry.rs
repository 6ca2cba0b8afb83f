//! What of a connector's settings ends by itself.

use crate::settings::GraphSettings;
use mailcase_mail::Expiry;
use mailcase_transport::trust_expiries;
use secrecy::SecretString;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// What of these settings and secrets ends by itself, and when. What cannot be read is left out.
#[must_use]
pub fn expiries(connection: &Map<String, Value>, secrets: &BTreeMap<String, SecretString>) -> Vec<Expiry> {
    let Ok(settings) = GraphSettings::read(connection) else { return Vec::new() };
    let mut expiries =
        trust_expiries(&settings.trusted_certificates, &settings.pinned_certificates, &settings.proxy);
    expiries.extend(settings.oauth.expiry(secrets));
    expiries
}
