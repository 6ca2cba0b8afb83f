//! A private Microsoft Graph, as far as mail goes: folders, messages, delta queries with immutable ids, MIME in and
//! out, sending, `$batch`, subscriptions; throttling, expiry and faults on demand.
//!
//! Faithful where clients stumble. Everything asked and answered is held against Microsoft's own description of Graph
//! when that is at hand ([`Csdl`]); [`GraphServer::problems`] says what did not fit.

mod csdl;
mod delta;
mod faults;
mod filter;
mod hall;
mod http;
mod notices;
mod query;
mod search;
mod service;
mod shape;
mod wire;

pub use crate::exchange::schemas_folder;
pub use crate::exchange::{Caller, Entry, Event, Held, Tokens};
pub use csdl::Csdl;
pub use faults::Fault;
pub use hall::Asked;
pub use notices::Lifecycle;

use crate::certificates::Issued;
use crate::exchange::{Exchange, front};
use anyhow::{Context, Result};
use hall::Hall;
use std::net::{Ipv4Addr, SocketAddr};
use std::ops::Deref;
use std::sync::{Arc, PoisonError, Weak};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// The token of [`Caller::application`] unless others are set.
pub const TOKEN: &str = "testbed-token";

/// How the server is set up.
#[derive(Debug, Clone)]
pub struct GraphOptions {
    pub tokens: Tokens,
    /// Encrypts with this certificate.
    pub tls: Option<Issued>,
    /// Requests served at once per mailbox; more are refused with 429. Exchange Online lets an application have 4.
    pub concurrency: usize,
    /// Who signed the certificates (DER) of those who are told of changes at an `https` address, whose name is taken to
    /// lead to this machine.
    pub notices_trust: Option<Vec<u8>>,
    /// Added to every request on the wire.
    pub latency: Duration,
    /// The largest page given, whatever is asked for.
    pub page_max: usize,
    /// Without it, delta queries are refused for want of quota.
    pub delta: bool,
    /// Without it, `$batch` is not there, as in some sovereign clouds and behind some gateways.
    pub batch: bool,
}

impl Default for GraphOptions {
    fn default() -> Self {
        Self {
            tokens: Tokens::Fixed(vec![(TOKEN.to_owned(), Caller::application())]),
            tls: None,
            notices_trust: None,
            concurrency: 4,
            latency: Duration::ZERO,
            page_max: service::PAGE_MAX,
            delta: true,
            batch: true,
        }
    }
}

/// A running server. Ends when dropped.
#[derive(Debug)]
pub struct GraphServer {
    address: SocketAddr,
    scheme: &'static str,
    hall: Arc<Hall>,
    cuts: watch::Sender<u64>,
    server: JoinHandle<()>,
}

impl GraphServer {
    /// Starts a server without mailboxes on the current runtime.
    ///
    /// # Errors
    /// When it cannot listen, or the certificate does not fit its key.
    pub async fn start(options: GraphOptions) -> Result<Self> {
        Self::start_on(Exchange::new(), options).await
    }

    /// Starts a server that shows these mailboxes.
    ///
    /// # Errors
    /// When it cannot listen, or the certificate does not fit its key.
    pub async fn start_on(exchange: Arc<Exchange>, options: GraphOptions) -> Result<Self> {
        let tls = front::acceptor(options.tls.as_ref(), &["h2", "http/1.1"])?;
        let scheme = if tls.is_some() { "https" } else { "http" };
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.context("listen for Graph")?;
        let address = listener.local_addr()?;
        let hall = Arc::new(Hall::new(exchange, &options));
        let listener_of_changes: Weak<Hall> = Arc::downgrade(&hall);
        hall.exchange.listen(listener_of_changes);
        let cuts = watch::Sender::new(0);
        let server =
            tokio::spawn(front::listen(listener, tls, wire::Connections(Arc::clone(&hall)), cuts.clone()));
        Ok(Self { address, scheme, hall, cuts, server })
    }

    /// Where it answers, without the version: `http://127.0.0.1:…`.
    #[must_use]
    pub fn origin(&self) -> String {
        format!("{}://{}", self.scheme, self.address)
    }

    #[must_use]
    pub const fn port(&self) -> u16 {
        self.address.port()
    }

    /// The mailboxes behind it, for a server that shows the same ones.
    #[must_use]
    pub fn exchange(&self) -> &Arc<Exchange> {
        &self.hall.exchange
    }

    /// No delta token given out so far is known any more.
    ///
    /// # Errors
    /// When there is no such mailbox.
    pub fn forget_delta_tokens(&self, mailbox: &str) -> Result<()> {
        self.forget_sync_states(mailbox)
    }

    /// From now on these tokens are taken and no others.
    pub fn set_tokens(&self, tokens: Tokens) {
        *self.hall.tokens.lock().unwrap_or_else(PoisonError::into_inner) = tokens;
    }

    /// The next `times` requests whose `METHOD /path?query` contains `part` go wrong, after `passes` that do not. Of
    /// several that fit, the one planned first counts.
    pub fn plan_fault(&self, part: &str, passes: usize, times: usize, fault: Fault) {
        self.hall.faults.plan(part, passes, times, fault);
    }

    /// What was planned and did not happen yet never will.
    pub fn clear_faults(&self) {
        self.hall.faults.clear();
    }

    /// Breaks every connection there is.
    pub fn cut_connections(&self) {
        self.cuts.send_modify(|count| *count += 1);
    }

    /// Sends a lifecycle notification to every subscription that asked for them.
    pub fn announce_lifecycle(&self, event: Lifecycle) {
        self.hall.lifecycle(event);
    }

    /// Every request served so far, those within batches too.
    #[must_use]
    pub fn asked(&self) -> Vec<Asked> {
        self.hall.asked()
    }

    /// Whether Microsoft's description is at hand, so that [`problems`](Self::problems) means something.
    #[must_use]
    pub fn is_judged(&self) -> bool {
        self.hall.is_judged()
    }

    /// What was asked or answered and does not fit Microsoft's description of Graph.
    #[must_use]
    pub fn problems(&self) -> Vec<String> {
        self.hall.problems()
    }
}

/// What is in the mailboxes is asked and changed on the server itself.
impl Deref for GraphServer {
    type Target = Exchange;

    fn deref(&self) -> &Exchange {
        &self.hall.exchange
    }
}

impl Drop for GraphServer {
    fn drop(&mut self) {
        self.server.abort();
        self.cut_connections();
    }
}
