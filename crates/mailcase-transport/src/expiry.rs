//! When what a connection depends on ends: certificates that were uploaded, and how an application proves who it is.

use crate::facts::certificate_facts;
use crate::oauth::{CLIENT_CERTIFICATE, CLIENT_CERTIFICATE_PASSWORD, ClientProof, signing_certificate};
use crate::{ProxySettings, Trust};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use mailcase_mail::Expiry;
use secrecy::SecretString;
use std::collections::BTreeMap;

/// Certificates trusted and pinned for a server, and for the proxy on the way there.
#[must_use]
pub fn trust_expiries(trusted: &[String], pinned: &[String], proxy: &ProxySettings) -> Vec<Expiry> {
    let mut expiries = of(trusted, pinned, "trusted certificate");
    let for_proxy = "certificate trusted for the proxy";
    expiries.extend(of(&proxy.trusted_certificates, &proxy.pinned_certificates, for_proxy));
    expiries
}

fn of(uploaded: &[String], pinned: &[String], what: &str) -> Vec<Expiry> {
    let trust = Trust::new(uploaded, false).and_then(|trust| trust.pinning(pinned));
    let Ok(trust) = trust else { return Vec::new() };
    let certificates = trust.accepted().map(|certificate| certificate_facts(certificate));
    certificates
        .filter_map(|facts| {
            Some(Expiry { what: format!("{what} ({})", facts.subject), at: facts.not_after? })
        })
        .collect()
}

/// What an application proves itself with. `secret_ends` is the day a person wrote down: a secret does not tell.
pub(crate) fn client_expiry(
    proof: ClientProof,
    secret_ends: &str,
    secrets: &BTreeMap<String, SecretString>,
) -> Option<Expiry> {
    match proof {
        ClientProof::Secret => {
            let day: Date = secret_ends.trim().parse().ok()?;
            let at: Timestamp = day.to_zoned(TimeZone::UTC).ok()?.timestamp();
            Some(Expiry { what: "client secret".to_owned(), at })
        }
        ClientProof::Certificate => {
            let password = secrets.get(CLIENT_CERTIFICATE_PASSWORD.name).cloned().unwrap_or_default();
            let file = secrets.get(CLIENT_CERTIFICATE.name)?;
            let facts = signing_certificate(file, &password).ok()?.facts();
            Some(Expiry { what: "certificate of the application".to_owned(), at: facts.not_after? })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secrets(pairs: &[(&str, &str)]) -> BTreeMap<String, SecretString> {
        pairs.iter().map(|(name, secret)| ((*name).to_owned(), SecretString::from(*secret))).collect()
    }

    #[test]
    fn the_day_somebody_wrote_down_is_believed_and_nonsense_is_not() {
        let ends = |day: &str| client_expiry(ClientProof::Secret, day, &secrets(&[]));
        assert_eq!(ends(" 2027-03-31 ").unwrap().at, "2027-03-31T00:00:00Z".parse().unwrap());
        for nonsense in ["", "soon", "2027-02-30"] {
            assert_eq!(ends(nonsense), None, "{nonsense}");
        }
    }

    #[test]
    fn certificates_tell_themselves() {
        let mut params = rcgen::CertificateParams::new(vec!["mail.example.org".to_owned()]).unwrap();
        params.not_after = rcgen::date_time_ymd(2027, 1, 31);
        let key = rcgen::KeyPair::generate_for(&rcgen::PKCS_RSA_SHA256).unwrap();
        let pem = params.self_signed(&key).unwrap().pem();
        let expiries = trust_expiries(std::slice::from_ref(&pem), &[], &ProxySettings::default());
        assert_eq!(expiries.len(), 1);
        assert_eq!(trust_expiries(&[], std::slice::from_ref(&pem), &ProxySettings::default()), expiries);
        assert!(expiries[0].what.starts_with("trusted certificate ("), "{}", expiries[0].what);
        assert_eq!(expiries[0].at, "2027-01-31T00:00:00Z".parse().unwrap());
        let whole = format!("{pem}{}", key.serialize_pem());
        let secrets = secrets(&[(CLIENT_CERTIFICATE.name, &whole)]);
        let own = client_expiry(ClientProof::Certificate, "2030-01-01", &secrets).unwrap();
        assert_eq!((own.what.as_str(), own.at), ("certificate of the application", expiries[0].at));
        assert_eq!(trust_expiries(&["no certificate".to_owned()], &[], &ProxySettings::default()), []);
    }
}
