//! `mailcase serve`: the engine and the web side in one process, and the signals that end it.

use crate::config::Config;
use crate::declared::Follower;
use crate::sole_server::SoleServer;
use crate::wire::Sources;
use crate::{Outcome, measure, state, terminal};
use anyhow::Context as _;
use mailcase_api::{ApiConfig, ApiState};
use mailcase_core::OrganizationId;
use mailcase_engine::{Engine, EngineConfig};
use mailcase_store::Store;
use secrecy::ExposeSecret as _;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use url::Url;

/// How often declared connectors that wait to be brought in look whether it is time to.
const SET_UP_LOOK: Duration = Duration::from_secs(2);

pub(crate) async fn run(config: Config) -> anyhow::Result<Outcome> {
    let mut signals = Signals::new()?;
    let listener = listen(&config.listen).await?;
    let server = Server::start(&config, listener).await?;
    let mut declared = config
        .connectors_dir
        .clone()
        .map(|folder| Follower::new(folder, server.store.clone(), server.engine.handle()));
    if let Some(declared) = &mut declared {
        declared.read()?;
        declared.bring_in().await?;
    }
    tracing::info!(version = env!("CARGO_PKG_VERSION"), address = %server.address, "serving");
    if let Some(link) = server.set_up_link().await? {
        terminal::line(format!("Set Mailcase up here (the link works once): {link}"))?;
    } else {
        terminal::line(format!("Mailcase: {}", server.public_url))?;
    }
    let mut look = tokio::time::interval(SET_UP_LOOK);
    loop {
        tokio::select! {
            told = signals.next() => match (told, &mut declared) {
                (Told::Stop, _) => break,
                (Told::Reload, None) => tracing::info!("there are no declared connectors to read again"),
                (Told::Reload, Some(declared)) => {
                    if let Err(error) = declared.read() {
                        tracing::error!(%error, "the declared connectors stay as they were");
                    }
                }
            },
            _ = look.tick() => {
                if let Some(declared) = declared.as_mut().filter(|declared| declared.is_due(Instant::now()))
                    && let Err(error) = declared.bring_in().await
                {
                    tracing::error!(error = format!("{error:#}"), "tried again soon; until then all stays as it was");
                }
            }
        }
    }
    tracing::info!("stopping: what is in hand is finished; a second signal ends at once");
    tokio::select! {
        stopped = server.stop() => stopped?,
        () = signals.stop() => tracing::warn!("ended at once"),
    }
    Ok(Outcome::Done)
}

/// Opens the listener.
pub(crate) async fn listen(address: &str) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| {
        format!("cannot listen on {address}: choose another address with --listen, or end the program that uses it")
    })
}

/// The running program.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) store: Store,
    pub(crate) engine: Engine,
    pub(crate) api: ApiState,
    pub(crate) address: SocketAddr,
    pub(crate) public_url: Url,
    http: JoinHandle<std::io::Result<()>>,
    stop: CancellationToken,
    _sole: Option<SoleServer>,
}

impl Server {
    pub(crate) async fn start(config: &Config, listener: TcpListener) -> anyhow::Result<Self> {
        let address = listener.local_addr()?;
        let public_url = match &config.public_url {
            Some(url) => url.clone(),
            None => reachable(address)?,
        };
        let metrics = measure::start()?;
        // Before the key is read: `mailcase key rotate` holds the lock while it changes it.
        state::make_folder(&config.data)?;
        let sole = SoleServer::claim(config)?;
        let store = state::open(config).await?;
        let engine_config = EngineConfig { sole_server: sole.is_some(), ..state::engine_config(config) };
        let engine = Engine::start(store.clone(), Arc::new(Sources), engine_config);
        let api_config = ApiConfig {
            trusted_proxies: config.trusted_proxies.clone(),
            metrics_token: config.metrics_token.clone(),
            metrics: Some(metrics),
            ..ApiConfig::new(public_url.clone())
        };
        let api = ApiState::new(store.clone(), engine.handle(), api_config)?;
        let stop = CancellationToken::new();
        let http = tokio::spawn(mailcase_api::serve(listener, api.clone(), stop.clone().cancelled_owned()));
        Ok(Self { store, engine, api, address, public_url, http, stop, _sole: sole })
    }

    /// The one-time link, when nobody set Mailcase up yet.
    pub(crate) async fn set_up_link(&self) -> anyhow::Result<Option<Url>> {
        let Some(token) = self.store.create_setup().await? else { return Ok(None) };
        let mut link = self.public_url.join("setup")?;
        link.query_pairs_mut().append_pair("token", token.expose_secret());
        Ok(Some(link))
    }

    pub(crate) async fn organization(&self) -> anyhow::Result<Option<OrganizationId>> {
        Ok(self.store.list_organizations().await?.first().map(|organization| organization.id))
    }

    /// Stops taking requests and mail, finishes what is in hand, gives the leases back.
    pub(crate) async fn stop(self) -> anyhow::Result<()> {
        self.stop.cancel();
        let (http, engine) = tokio::join!(self.http, self.engine.shutdown());
        self.store.close().await;
        engine.context("the engine did not stop in good order")?;
        http.context("the web side did not stop in good order")?.context("the web side failed")
    }
}

/// The address of the listener as a browser on this machine may use it.
fn reachable(address: SocketAddr) -> anyhow::Result<Url> {
    let text = if address.ip().is_unspecified() {
        format!("http://localhost:{}/", address.port())
    } else {
        format!("http://{address}/")
    };
    Ok(text.parse()?)
}

/// The signals we listen to.
#[derive(Debug)]
pub(crate) struct Signals {
    terminate: Signal,
    interrupt: Signal,
    hang_up: Signal,
}

impl Signals {
    pub(crate) fn new() -> std::io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            hang_up: signal(SignalKind::hangup())?,
        })
    }

    /// Waits for the next signal. Cancel-safe.
    pub(crate) async fn next(&mut self) -> Told {
        tokio::select! {
            _ = self.terminate.recv() => Told::Stop,
            _ = self.interrupt.recv() => Told::Stop,
            _ = self.hang_up.recv() => Told::Reload,
        }
    }

    /// Waits until we are told to stop. Cancel-safe.
    pub(crate) async fn stop(&mut self) {
        while self.next().await != Told::Stop {}
    }
}

/// What a signal asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Told {
    Stop,
    Reload,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_printed_address_can_be_opened() {
        for (address, url) in [
            ("127.0.0.1:8025", "http://127.0.0.1:8025/"),
            ("0.0.0.0:80", "http://localhost/"),
            ("[::]:8025", "http://localhost:8025/"),
            ("[::1]:8025", "http://[::1]:8025/"),
        ] {
            assert_eq!(reachable(address.parse().unwrap()).unwrap().as_str(), url);
        }
    }
}
