//! A proxy and the tunnel through it. The name of the server is looked up by the proxy, never here: names of a split
//! DNS work, and nobody on this side learns them.

mod connect;
mod socks;

use crate::carrier::{Carrier, ProxyStream, Tunnel};
use crate::dial::{connect, resolve};
use crate::endpoint::Endpoint;
use crate::steps::Steps;
use crate::tls::{Peer, handshake};
use crate::trust::Trust;
use bytes::Bytes;
use http::HeaderValue;
use mailcase_mail::{SourceError, TlsPeer};
use secrecy::SecretString;
use std::time::Duration;
use tokio::time::timeout;

/// How a proxy is spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Protocol {
    Http,
    /// HTTP within TLS.
    Https,
    Socks5,
}

/// Who we are to a proxy.
#[derive(Debug, Clone)]
pub(crate) enum Identity {
    Nobody,
    /// The value of `Proxy-Authorization`; marked as sensitive.
    Basic(HeaderValue),
    /// RFC 1929.
    UserPassword(String, SecretString),
}

/// A proxy as it is used.
#[derive(Debug, Clone)]
pub(crate) struct Proxy {
    pub(crate) protocol: Protocol,
    pub(crate) endpoint: Endpoint,
    pub(crate) identity: Identity,
    pub(crate) trust: Trust,
}

impl Proxy {
    /// From nothing to a byte stream to `target`.
    pub(crate) async fn reach(
        &self,
        target: &Endpoint,
        deadline: Duration,
        steps: &mut Steps,
    ) -> Result<Carrier, SourceError> {
        let endpoint = &self.endpoint;
        steps.plan(&[("proxy_dns", "Look up the proxy"), ("proxy_tcp", "Connect to the proxy")]);
        if self.protocol == Protocol::Https {
            steps.plan(&[("proxy_tls", "Encrypt the connection to the proxy")]);
        }
        steps.plan(&[("proxy", "Reach the server through the proxy")]);
        steps.begin("proxy_dns", format!("Look up the proxy {}", endpoint.host));
        let addresses = resolve(endpoint, deadline).await.map_err(of_proxy)?;
        steps.passed_with_addresses(&addresses);
        steps.begin("proxy_tcp", format!("Connect to the proxy {endpoint}"));
        let tcp = connect(endpoint, &addresses, deadline).await.map_err(of_proxy)?;
        steps.passed(tcp.peer_addr().map(|peer| peer.to_string()).unwrap_or_default());
        let stream = if self.protocol == Protocol::Https {
            steps.begin("proxy_tls", "Encrypt the connection to the proxy");
            let peer = Peer { endpoint, is: TlsPeer::Proxy };
            let (stream, encryption) = handshake(tcp, peer, &self.trust, deadline, &[]).await?;
            steps.encrypted(TlsPeer::Proxy, encryption);
            ProxyStream::Tls(Box::new(stream))
        } else {
            ProxyStream::Tcp(tcp)
        };
        steps.begin("proxy", format!("Reach {target} through the proxy"));
        let (stream, ahead) =
            timeout(deadline, self.tunnel(stream, target)).await.map_err(|_| SourceError::TimedOut {
                what: format!("the way through the proxy {endpoint} to {target}"),
                after: deadline,
            })??;
        steps.passed(match self.identity {
            Identity::Nobody => "open, without signing in",
            Identity::Basic(_) | Identity::UserPassword(..) => "open",
        });
        Ok(Carrier::Tunnel(Box::new(Tunnel::new(stream, ahead))))
    }

    async fn tunnel(
        &self,
        stream: ProxyStream,
        target: &Endpoint,
    ) -> Result<(ProxyStream, Bytes), SourceError> {
        match (self.protocol, &self.identity) {
            (Protocol::Http | Protocol::Https, identity) => {
                let authorization = match identity {
                    Identity::Basic(header) => Some(header),
                    Identity::Nobody | Identity::UserPassword(..) => None,
                };
                connect::open(stream, &self.endpoint, target, authorization).await
            }
            (Protocol::Socks5, identity) => {
                let user = match identity {
                    Identity::UserPassword(user, password) => Some((user.as_str(), password)),
                    Identity::Nobody | Identity::Basic(_) => None,
                };
                socks::open(stream, &self.endpoint, target, user).await.map(|stream| (stream, Bytes::new()))
            }
        }
    }
}

/// The errors of the way to a server, said of the proxy.
fn of_proxy(error: SourceError) -> SourceError {
    match error {
        SourceError::Unreachable { message, .. } => SourceError::Unreachable {
            message: format!("the proxy cannot be reached: {message}"),
            hint: Some(
                "Check host and port of the proxy, and the firewalls between it and this machine.".to_owned(),
            ),
        },
        SourceError::TimedOut { what, after } => {
            SourceError::TimedOut { what: format!("reaching the proxy ({what})"), after }
        }
        other => other,
    }
}

/// What to do when a proxy says that the server cannot be reached.
fn beyond(target: &Endpoint) -> Option<String> {
    Some(format!(
        "The proxy works, but does not get to {target}: check host and port of the server, and whether the proxy may go \
         there. The proxy looks up the name, not this machine."
    ))
}

fn not_permitted(endpoint: &Endpoint, target: &Endpoint) -> SourceError {
    SourceError::Unsupported {
        message: format!("the proxy {endpoint} does not permit connections to {target}"),
        hint: Some(format!(
            "Ask the administrator of the proxy to permit {target} for this machine or user."
        )),
    }
}

/// The proxy wants to know who connects, or does not like the answer.
fn not_signed_in(endpoint: &Endpoint, told: bool) -> SourceError {
    let (message, hint) = if told {
        (
            format!("the proxy {endpoint} refused the user name or password for the proxy"),
            "Check user name and password of the proxy; they are not those of the mailbox.",
        )
    } else {
        (
            format!("the proxy {endpoint} asks for a user name and password"),
            "Set user name and password of the proxy.",
        )
    };
    SourceError::SignIn { message, hint: Some(hint.to_owned()) }
}

fn hung_up(endpoint: &Endpoint) -> SourceError {
    SourceError::Unreachable {
        message: format!("the proxy {endpoint} hung up before the way to the server was open"),
        hint: Some(
            "Check whether the port and the kind of the proxy (HTTP, HTTPS, SOCKS5) fit together.".to_owned(),
        ),
    }
}

fn no_proxy(endpoint: &Endpoint, protocol: &str) -> SourceError {
    SourceError::Unsupported {
        message: format!("{endpoint} does not answer as {protocol} proxy"),
        hint: Some("Check the port and the kind of the proxy (HTTP, HTTPS, SOCKS5).".to_owned()),
    }
}
