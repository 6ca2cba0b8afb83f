//! Microsoft's cloud on this machine: the OpenID provider and the Graph simulator under the names of the real ones,
//! behind a proxy that leads there. A program is tested as it ships: it is told of the proxy and what to trust.

use crate::certificates::{Authority, Issued};
use crate::detour::Detour;
use crate::graph::{GraphOptions, GraphServer, Tokens};
use crate::oidc::{MICROSOFT, Oidc, OidcClient, OidcOptions, TENANT};
use anyhow::Result;

const GRAPH: &str = "graph.microsoft.com";

/// Running servers. End when dropped.
#[derive(Debug)]
pub struct Microsoft {
    pub identity: Oidc,
    pub graph: GraphServer,
    authority: Authority,
    detour: Detour,
}

impl Microsoft {
    /// Starts everything, without mailboxes; these applications are registered.
    ///
    /// # Errors
    /// When a server does not start.
    pub async fn start(clients: Vec<OidcClient>) -> Result<Self> {
        let identity = Oidc::start(OidcOptions { clients, ..OidcOptions::default() }).await?;
        let authority = Authority::new()?;
        let tokens = Tokens::Signed {
            issuer: format!("{}/{TENANT}/v2.0", identity.base()),
            audience: format!("https://{GRAPH}"),
            keys: identity.keys().await?,
        };
        let tls = Some(authority.leaf_for(&[GRAPH])?);
        let notices_trust = Some(authority.certificate_der().to_vec());
        let options = GraphOptions { tls, tokens, notices_trust, ..GraphOptions::default() };
        let graph = GraphServer::start(options).await?;
        let (login, mail) = (format!("{MICROSOFT}:443"), format!("{GRAPH}:443"));
        let detour = Detour::start(&[(&login, identity.port()), (&mail, graph.port())]).await?;
        Ok(Self { identity, graph, authority, detour })
    }

    /// The HTTP proxy on the loopback through which the names lead here.
    #[must_use]
    pub const fn proxy_port(&self) -> u16 {
        self.detour.port()
    }

    /// A certificate for a public name, which Microsoft trusts when it tells of changes there.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn certificate_for(&self, name: &str) -> Result<Issued> {
        self.authority.leaf_for(&[name])
    }

    /// Who signed what the servers show, as PEM.
    #[must_use]
    pub fn authorities(&self) -> [&str; 2] {
        [self.authority.certificate_pem(), self.identity.authority().certificate_pem()]
    }
}
