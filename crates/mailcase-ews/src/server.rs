//! Where EWS is: as somebody wrote it, or as Autodiscover says.

use crate::autodiscover::find;
use crate::sign_in::SignIn;
use http::Uri;
use mailcase_mail::SourceError;
use mailcase_transport::Endpoint;
use mailcase_transport::http::HttpClient;
use std::net::IpAddr;
use std::sync::Arc;
use tokio::sync::Mutex;

/// Where Exchange has EWS unless an administrator moved it.
const USUAL_PATH: &str = "/EWS/Exchange.asmx";
/// Hosts of Exchange Online in all of Microsoft's clouds, and what their names end in.
const ONLINE: [&str; 6] = [
    "outlook.office365.com",
    "outlook.office.com",
    "outlook.office365.us",
    "outlook-dod.office365.us",
    "partner.outlook.cn",
    "outlook.cn",
];

/// Where EWS is.
#[derive(Debug, Clone)]
pub(crate) enum Server {
    At(Uri),
    Somewhere(Arc<Autodiscovered>),
}

/// What Autodiscover is asked, and what it said.
pub(crate) struct Autodiscovered {
    address: String,
    /// Scheme and host of those asked, in this order.
    bases: Vec<String>,
    found: Mutex<Option<Uri>>,
}

impl std::fmt::Debug for Autodiscovered {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // An address is nobody's business in a log.
        f.write_str("Autodiscovered")
    }
}

impl Server {
    pub(crate) fn discovered(address: &str, bases: Vec<String>) -> Self {
        let found = Mutex::new(None);
        Self::Somewhere(Arc::new(Autodiscovered { address: address.to_owned(), bases, found }))
    }

    pub(crate) const fn is_discovered(&self) -> bool {
        matches!(self, Self::Somewhere(_))
    }

    pub(crate) async fn url(&self, http: &HttpClient, sign_in: &SignIn) -> Result<Uri, SourceError> {
        let asked = match self {
            Self::At(url) => return Ok(url.clone()),
            Self::Somewhere(asked) => asked,
        };
        let mut found = asked.found.lock().await;
        if let Some(url) = found.as_ref() {
            return Ok(url.clone());
        }
        let url = find(http, sign_in, &asked.address, &asked.bases).await?;
        Ok(found.insert(url).clone())
    }

    /// What was found may have moved when it cannot be reached.
    pub(crate) fn forget_after(&self, error: &SourceError) {
        if let (Self::Somewhere(asked), SourceError::Unreachable { .. }) = (self, error)
            && let Ok(mut found) = asked.found.try_lock()
        {
            *found = None;
        }
    }
}

/// Whom Autodiscover asks for a domain (MS-OXDISCO 3.1.5.2).
pub(crate) fn autodiscover_bases(domain: &str) -> Vec<String> {
    vec![format!("https://autodiscover.{domain}"), format!("https://{domain}")]
}

/// The URL of EWS, from a whole URL or a host with or without a port.
pub(crate) fn url(server: &str, port: Option<u16>, tls: bool) -> Result<Uri, SourceError> {
    let server = server.trim();
    let scheme = if tls { "https" } else { "http" };
    let (rest, written) = match server.split_once("://") {
        Some((written, rest)) => (rest, Some(written.to_ascii_lowercase())),
        None => (server, None),
    };
    if written.as_deref().is_some_and(|written| written != scheme) {
        return Err(wrong(format!(
            "the URL must begin with {scheme}:// while encryption is switched {}",
            if tls { "on" } else { "off" }
        )));
    }
    let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let endpoint = Endpoint::parse("the server", host, port, if tls { 443 } else { 80 })?;
    let path = if path.is_empty() || path == "/" { USUAL_PATH } else { path };
    let uri: Uri = format!("{scheme}://{endpoint}{path}")
        .parse()
        .map_err(|_| wrong("the server is neither a host name nor a URL".to_owned()))?;
    if uri.query().is_some() || uri.host().is_none() {
        return Err(wrong("the URL of EWS has no question mark".to_owned()));
    }
    Ok(uri)
}

/// Whether this URL may be asked with what is secret: it is encrypted, or does not leave this machine.
pub(crate) fn keeps_secrets(url: &Uri) -> bool {
    let host = url.host().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
    let local = host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
    url.scheme_str() == Some("https") || (url.scheme_str() == Some("http") && local)
}

/// Whether a host belongs to Exchange Online, where EWS ends.
pub(crate) fn is_online(host: &str) -> bool {
    let host = host.to_ascii_lowercase();
    ONLINE.iter().any(|online| host == *online || host.strip_suffix(online).is_some_and(|h| h.ends_with('.')))
}

fn wrong(message: String) -> SourceError {
    SourceError::Settings { message }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_may_be_written_in_every_usual_way() {
        for (server, port, tls, expected) in [
            ("mail.example.org", None, true, "https://mail.example.org:443/EWS/Exchange.asmx"),
            ("mail.example.org:444", None, true, "https://mail.example.org:444/EWS/Exchange.asmx"),
            ("mail.example.org", Some(81), false, "http://mail.example.org:81/EWS/Exchange.asmx"),
            ("https://mail.example.org/", None, true, "https://mail.example.org:443/EWS/Exchange.asmx"),
            (" HTTPS://mail.example.org/x/y.asmx", None, true, "https://mail.example.org:443/x/y.asmx"),
            ("http://[::1]:8080", None, false, "http://[::1]:8080/EWS/Exchange.asmx"),
        ] {
            assert_eq!(url(server, port, tls).unwrap().to_string(), expected, "{server}");
        }
        for (server, port, tls) in [
            ("http://mail.example.org", None, true),
            ("https://mail.example.org", None, false),
            ("ftp://mail.example.org", None, true),
            ("https://user@mail.example.org", None, true),
            ("mail.example.org:1", Some(2), true),
            ("https:///EWS", None, true),
            ("https://h/EWS?x", None, true),
            ("h/a b", None, true),
        ] {
            let error = url(server, port, tls).unwrap_err();
            assert!(matches!(error, SourceError::Settings { .. }), "{server}: {error:?}");
        }
    }

    #[test]
    fn exchange_online_is_known_by_its_hosts() {
        for host in ["outlook.office365.com", "Outlook.Office365.us", "eur.outlook.office.com"] {
            assert!(is_online(host), "{host}");
        }
        for host in ["mail.example.org", "outlook.office365.com.evil.example", "evil-outlook.office.com"] {
            assert!(!is_online(host), "{host}");
        }
    }
}
