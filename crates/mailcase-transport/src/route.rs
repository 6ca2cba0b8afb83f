//! The way to servers: directly, through a proxy, or as the environment says.

use crate::carrier::Carrier;
use crate::dial::{connect, resolve};
use crate::endpoint::Endpoint;
use crate::environment::Environment;
use crate::proxy::Proxy;
use crate::steps::Steps;
use mailcase_mail::SourceError;
use std::sync::Arc;
use std::time::Duration;

/// The way to servers; cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Route(Way);

#[derive(Debug, Clone, Default)]
enum Way {
    #[default]
    Direct,
    Proxy(Arc<Proxy>),
    Environment(Arc<Environment>),
}

impl Route {
    /// No proxy, whatever the environment says.
    #[must_use]
    pub fn direct() -> Self {
        Self::default()
    }

    pub(crate) fn through(proxy: Proxy) -> Self {
        Self(Way::Proxy(Arc::new(proxy)))
    }

    pub(crate) fn as_environment_says(environment: Environment) -> Self {
        Self(Way::Environment(Arc::new(environment)))
    }

    /// From nothing to a byte stream to the server. The deadline is for each step: name, connection, TLS with the
    /// proxy, tunnel.
    ///
    /// # Errors
    /// Name what failed, the proxy or the server, and what to do.
    pub async fn dial(&self, server: &Endpoint, deadline: Duration) -> Result<Carrier, SourceError> {
        self.dial_in_steps(server, deadline, &mut Steps::default()).await
    }

    /// As [`dial`](Self::dial), each step noted. The one that fails is left begun: the error belongs to it.
    ///
    /// # Errors
    /// As [`dial`](Self::dial).
    pub async fn dial_in_steps(
        &self,
        server: &Endpoint,
        deadline: Duration,
        steps: &mut Steps,
    ) -> Result<Carrier, SourceError> {
        match &self.0 {
            Way::Direct => reach(server, deadline, steps).await,
            Way::Proxy(proxy) => proxy.reach(server, deadline, steps).await,
            Way::Environment(environment) => {
                steps.begin("environment", "Ask the environment for a proxy");
                let proxy = environment.proxy_for(server)?;
                steps.passed(environment.describe(proxy.as_ref()));
                match proxy {
                    Some(proxy) => proxy.reach(server, deadline, steps).await,
                    None => reach(server, deadline, steps).await,
                }
            }
        }
    }
}

async fn reach(server: &Endpoint, deadline: Duration, steps: &mut Steps) -> Result<Carrier, SourceError> {
    steps.plan(&[("dns", "Look up the server's name"), ("tcp", "Connect")]);
    steps.begin("dns", format!("Look up {}", server.host));
    let addresses = resolve(server, deadline).await?;
    steps.passed_with_addresses(&addresses);
    steps.begin("tcp", format!("Connect to {server}"));
    let stream = connect(server, &addresses, deadline).await?;
    steps.passed(stream.peer_addr().map(|peer| peer.to_string()).unwrap_or_default());
    Ok(Carrier::Tcp(stream))
}
