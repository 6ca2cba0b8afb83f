//! Microsoft's cloud on this machine: the OpenID provider, and the simulators of Graph and of Exchange Web Services over the
//! same mailboxes, under the names of the real ones, behind a proxy that leads there. A program is tested as it ships: it
//! is told of the proxy and what to trust.

use crate::certificates::{Authority, Issued};
use crate::detour::Detour;
use crate::ews::{EwsOptions, EwsServer, Product, Scheme};
use crate::exchange::{Exchange, Tokens};
use crate::graph::{GraphOptions, GraphServer};
use crate::oidc::{MICROSOFT, Oidc, OidcClient, OidcOptions, TENANT};
use anyhow::Result;
use std::sync::Arc;

const GRAPH: &str = "graph.microsoft.com";
const EWS: &str = "outlook.office365.com";

/// Running servers. End when dropped.
#[derive(Debug)]
pub struct Microsoft {
    pub identity: Oidc,
    pub graph: GraphServer,
    pub ews: EwsServer,
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
        let (issuer, keys) = (format!("{}/{TENANT}/v2.0", identity.base()), identity.keys().await?);
        let tokens = |host: &str| Tokens::Signed {
            issuer: issuer.clone(),
            audience: format!("https://{host}"),
            keys: keys.clone(),
        };
        let exchange = Exchange::new();
        let graph = GraphOptions {
            tls: Some(authority.leaf_for(&[GRAPH])?),
            tokens: tokens(GRAPH),
            notices_trust: Some(authority.certificate_der().to_vec()),
            ..GraphOptions::default()
        };
        let graph = GraphServer::start_on(Arc::clone(&exchange), graph).await?;
        let ews = EwsOptions {
            tls: Some(authority.leaf_for(&[EWS])?),
            tokens: tokens(EWS),
            schemes: vec![Scheme::Bearer],
            product: Product::Online,
            ..EwsOptions::default()
        };
        let ews = EwsServer::start_on(exchange, ews).await?;
        let [login, by_graph, by_ews] = [MICROSOFT, GRAPH, EWS].map(|name| format!("{name}:443"));
        let ways = [(login.as_str(), identity.port()), (&by_graph, graph.port()), (&by_ews, ews.port())];
        let detour = Detour::start(&ways).await?;
        Ok(Self { identity, graph, ews, authority, detour })
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
