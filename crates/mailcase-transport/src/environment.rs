//! The proxies the environment of this process names: `HTTPS_PROXY`, `ALL_PROXY`, `NO_PROXY`, in either case of letters.
//! Used only by connectors that ask for it.

use crate::endpoint::Endpoint;
use crate::proxy::{Identity, Protocol, Proxy};
use crate::trust::Trust;
use http::Uri;
use hyper_util::client::proxy::matcher::{Intercept, Matcher};
use mailcase_mail::SourceError;
use secrecy::SecretString;
use std::fmt;

/// The variables that name a proxy for encrypted connections; the first that is set wins.
const PROXY_VARIABLES: [&str; 4] = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];
const EXCEPTION_VARIABLES: [&str; 2] = ["NO_PROXY", "no_proxy"];

/// What the environment says.
pub(crate) struct Environment {
    variable: &'static str,
    matcher: Matcher,
}

impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The value may hold a password.
        f.debug_struct("Environment").field("variable", &self.variable).finish_non_exhaustive()
    }
}

impl Environment {
    pub(crate) fn read() -> Result<Self, SourceError> {
        Self::from_variables(|name| std::env::var(name).ok())
    }

    fn from_variables(value: impl Fn(&str) -> Option<String>) -> Result<Self, SourceError> {
        let set = |name: &&'static str| {
            value(name).filter(|value| !value.trim().is_empty()).map(|value| (*name, value))
        };
        let Some((variable, proxy)) = PROXY_VARIABLES.iter().find_map(set) else {
            return Err(SourceError::Settings {
                message: "the proxy shall come from the environment, but neither HTTPS_PROXY nor ALL_PROXY is set for \
                          the server process"
                    .to_owned(),
            });
        };
        let exceptions = EXCEPTION_VARIABLES.iter().find_map(set).map(|(_, value)| value).unwrap_or_default();
        let proxy = proxy.trim().to_owned();
        // What the library cannot read it leaves out, and would then connect directly.
        let usable = Matcher::builder().all(proxy.clone()).build();
        let probe = Endpoint { host: "mail.example.org".to_owned(), port: 443 };
        let environment = Self { variable, matcher: usable };
        if environment.proxy_for(&probe)?.is_none() {
            return Err(environment.unusable());
        }
        let matcher = Matcher::builder().all(proxy).no(exceptions).build();
        Ok(Self { variable, matcher })
    }

    /// The proxy for a server, if it is to have one.
    pub(crate) fn proxy_for(&self, server: &Endpoint) -> Result<Option<Proxy>, SourceError> {
        let uri: Uri = format!("https://{server}/").parse().map_err(|_| SourceError::Settings {
            message: format!("{server} is neither a host name nor an address"),
        })?;
        self.matcher.intercept(&uri).map(|intercept| self.proxy(&intercept)).transpose()
    }

    /// What it says, without what is secret.
    pub(crate) fn describe(&self, proxy: Option<&Proxy>) -> String {
        match proxy {
            Some(proxy) => format!("{} names {}", self.variable, proxy.endpoint),
            None => "NO_PROXY lets the server be reached directly".to_owned(),
        }
    }

    fn proxy(&self, intercept: &Intercept) -> Result<Proxy, SourceError> {
        let uri = intercept.uri();
        let (protocol, usual) = match uri.scheme_str() {
            Some("http") => (Protocol::Http, 80),
            Some("https") => (Protocol::Https, 443),
            Some("socks5" | "socks5h") => (Protocol::Socks5, 1080),
            _ => return Err(self.unusable()),
        };
        let host = uri.host().ok_or_else(|| self.unusable())?;
        let endpoint = Endpoint::parse("the proxy", host, uri.port_u16(), usual)?;
        let identity = match (intercept.basic_auth(), intercept.raw_auth()) {
            (Some(header), _) => {
                let mut header = header.clone();
                header.set_sensitive(true);
                Identity::Basic(header)
            }
            (None, Some((user, password))) if !user.is_empty() => {
                Identity::UserPassword(user.to_owned(), SecretString::from(password))
            }
            (None, _) => Identity::Nobody,
        };
        Ok(Proxy { protocol, endpoint, identity, trust: Trust::default() })
    }

    fn unusable(&self) -> SourceError {
        SourceError::Settings {
            message: format!(
                "{} does not name a proxy that can be used: http://, https:// and socks5:// can",
                self.variable
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(variables: &[(&str, &str)]) -> Result<Environment, SourceError> {
        Environment::from_variables(|name| {
            variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        })
    }

    fn way(variables: &[(&str, &str)], host: &str) -> Option<(Protocol, String)> {
        let server = Endpoint { host: host.to_owned(), port: 993 };
        let proxy = environment(variables).unwrap().proxy_for(&server).unwrap()?;
        Some((proxy.protocol, proxy.endpoint.to_string()))
    }

    #[test]
    fn the_usual_variables_are_obeyed() {
        let all = ("ALL_PROXY", "socks5://p:1081");
        assert_eq!(way(&[all], "mail.example.org"), Some((Protocol::Socks5, "p:1081".to_owned())));
        assert_eq!(
            way(&[all, ("HTTPS_PROXY", "http://q:8080")], "mail.example.org"),
            Some((Protocol::Http, "q:8080".to_owned()))
        );
        assert_eq!(
            way(&[("https_proxy", "https://[::1]")], "192.0.2.1"),
            Some((Protocol::Https, "[::1]:443".to_owned()))
        );
        assert_eq!(way(&[("https_proxy", "q:8080")], "::1"), Some((Protocol::Http, "q:8080".to_owned())));
        let exceptions = ("NO_PROXY", "example.org, 192.0.2.0/24");
        assert_eq!(way(&[all, exceptions], "mail.example.org"), None);
        assert_eq!(way(&[all, exceptions], "192.0.2.7"), None);
        assert!(way(&[all, exceptions], "mail.example.com").is_some());
        assert_eq!(way(&[all, ("no_proxy", "*")], "mail.example.com"), None);
    }

    #[test]
    fn no_proxy_and_a_broken_one_are_mistakes_and_not_a_direct_connection() {
        for variables in [
            &[][..],
            &[("HTTP_PROXY", "http://only-for-http:1")],
            &[("HTTPS_PROXY", " ")],
            &[("HTTPS_PROXY", "ftp://u:hunter2@p:1")],
            &[("HTTPS_PROXY", "socks4://u:hunter2@p:1")],
            &[("HTTPS_PROXY", "http://")],
            &[("HTTPS_PROXY", "u:hunter2@p:1:2:3")],
        ] {
            let error = environment(variables).unwrap_err();
            assert!(matches!(error, SourceError::Settings { .. }), "{error:?}");
            assert!(!error.to_string().contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn the_password_of_a_url_is_used_and_not_shown() {
        for variable in ["http://u:hunter2@p:1", "socks5://u:hunter2@p:1"] {
            let environment = environment(&[("HTTPS_PROXY", variable)]).unwrap();
            let proxy = environment.proxy_for(&Endpoint { host: "a".to_owned(), port: 1 }).unwrap().unwrap();
            assert!(!matches!(proxy.identity, Identity::Nobody));
            let shown = format!("{environment:?} {proxy:?}");
            assert!(!shown.contains("hunter2") && !shown.contains("dTpodW50ZXIy"), "{shown}");
        }
    }
}
