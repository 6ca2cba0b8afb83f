//! Where a server is, and how people write that.

use mailcase_mail::SourceError;
use std::fmt;

/// Where a server is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Endpoint {
    /// A DNS name or an IP address (IPv6 without brackets).
    pub host: String,
    pub port: u16,
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

impl Endpoint {
    /// Understands `host`, `host:port`, `[v6]`, `[v6]:port` and a bare IPv6 address, with the port beside it or in it
    /// or left out: then it is `usual`. `what` is whose address this is: "the server".
    ///
    /// # Errors
    /// [`SourceError::Settings`] when it is none of these, or both ports are given and differ.
    pub fn parse(what: &str, host: &str, port: Option<u16>, usual: u16) -> Result<Self, SourceError> {
        let (host, port_in_host) = split_host(what, host.trim())?;
        if host.is_empty() || host.chars().any(|c| c.is_whitespace() || c.is_control() || "/@[]".contains(c))
        {
            return Err(wrong(format!("{what} must be a host name or an address, with or without a port")));
        }
        if let (Some(a), Some(b)) = (port_in_host, port)
            && a != b
        {
            return Err(wrong(format!("{what} says port {a}, the port field says {b}")));
        }
        let port = port_in_host.or(port).unwrap_or(usual);
        if port == 0 {
            return Err(wrong("port 0 cannot be connected to"));
        }
        Ok(Self { host: host.to_owned(), port })
    }
}

fn split_host<'a>(what: &str, text: &'a str) -> Result<(&'a str, Option<u16>), SourceError> {
    let port = |text: &str| {
        text.parse()
            .map(Some)
            .map_err(|_| wrong(format!("the port after {what} must be a number from 1 to 65535")))
    };
    if let Some(rest) = text.strip_prefix('[') {
        let (host, after) = rest.split_once(']').ok_or_else(|| wrong(format!("{what} lacks a closing ]")))?;
        return match after.strip_prefix(':') {
            Some(digits) => Ok((host, port(digits)?)),
            None if after.is_empty() => Ok((host, None)),
            None => Err(wrong("only a port may follow the ] of an address")),
        };
    }
    match text.split_once(':') {
        Some((host, digits)) if !digits.contains(':') => Ok((host, port(digits)?)),
        _ => Ok((text, None)),
    }
}

fn wrong(message: impl Into<String>) -> SourceError {
    SourceError::Settings { message: message.into() }
}
