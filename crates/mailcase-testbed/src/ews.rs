//! A private server of Exchange Web Services, as far as mail goes: folders, synchronization, MIME in and out, sending,
//! notifications; Basic, NTLM and Bearer; impersonation, Autodiscover; faults on demand.
//!
//! Faithful where clients stumble. It shows the mailboxes of an [`Exchange`], which a Graph simulator can show too.
//! Everything asked and answered is held against Microsoft's own schema when that is at hand;
//! [`EwsServer::problems`] says what did not fit.

mod accounts;
mod autodiscover;
mod body;
mod faults;
mod hall;
mod ids;
mod judge;
mod ntlm;
mod restriction;
mod service;
mod shape;
mod sheet;
mod soap;
mod subscriptions;
mod tree;
mod wire;

pub use crate::exchange::{Caller, Entry, Event, Exchange, Held, Tokens};
pub use accounts::{Account, ChannelBinding, Scheme};
pub use faults::Fault;

use crate::certificates::Issued;
use crate::exchange::{front, locked};
use anyhow::{Context as _, Result};
use hall::{Hall, PATH};
use std::net::{Ipv4Addr, SocketAddr};
use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// The token of an application that may impersonate everybody, unless others are set.
pub const TOKEN: &str = "testbed-token";

/// What the server says it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Product {
    Exchange2016,
    Exchange2019,
    Online,
}

impl Product {
    /// The attributes of `t:ServerVersionInfo`.
    const fn version_info(self) -> &'static str {
        match self {
            Self::Exchange2016 => {
                "MajorVersion=\"15\" MinorVersion=\"1\" MajorBuildNumber=\"2507\" MinorBuildNumber=\"6\" \
                 Version=\"V2017_07_11\""
            }
            Self::Exchange2019 => {
                "MajorVersion=\"15\" MinorVersion=\"2\" MajorBuildNumber=\"1544\" MinorBuildNumber=\"4\" \
                 Version=\"V2017_07_11\""
            }
            Self::Online => {
                "MajorVersion=\"15\" MinorVersion=\"20\" MajorBuildNumber=\"9115\" MinorBuildNumber=\"22\" \
                 Version=\"V2018_01_08\""
            }
        }
    }
}

/// How the server is set up.
#[derive(Debug, Clone)]
pub struct EwsOptions {
    /// Who may come in with a password.
    pub accounts: Vec<Account>,
    /// How one may show who one is.
    pub schemes: Vec<Scheme>,
    /// What is taken as [`Scheme::Bearer`]: applications need the permission `full_access_as_app`, users
    /// `EWS.AccessAsUser.All`.
    pub tokens: Tokens,
    /// Encrypts with this certificate.
    pub tls: Option<Issued>,
    pub product: Product,
    /// Requests served at once per mailbox, but for streams; more are refused with ErrorExceededConnectionCount.
    pub concurrency: usize,
    /// Added to every request.
    pub latency: Duration,
    /// The largest page of SyncFolderItems, whatever is asked for; no more than 512.
    pub sync_page: usize,
    /// The largest page of FindItem and FindFolder, whatever is asked for.
    pub find_page: usize,
    /// Whether notifications can be streamed.
    pub streaming: bool,
    /// Whether notifications can be pulled.
    pub pull: bool,
    pub autodiscover: bool,
    /// How long the minutes of a stream last.
    pub minute: Duration,
}

impl Default for EwsOptions {
    /// Exchange 2016 with Basic and Bearer; nobody has a password yet.
    fn default() -> Self {
        let caller = Caller::allowed(None, &["full_access_as_app"]);
        Self {
            accounts: Vec::new(),
            schemes: vec![Scheme::Basic, Scheme::Bearer],
            tokens: Tokens::Fixed(vec![(TOKEN.to_owned(), caller)]),
            tls: None,
            product: Product::Exchange2016,
            concurrency: 27,
            latency: Duration::ZERO,
            sync_page: service::SYNC_PAGE_MAX,
            find_page: service::FIND_PAGE_MAX,
            streaming: true,
            pull: true,
            autodiscover: true,
            minute: Duration::from_secs(60),
        }
    }
}

impl EwsOptions {
    /// A server that can do little: no notifications, small pages.
    #[must_use]
    pub fn poor() -> Self {
        Self { streaming: false, pull: false, sync_page: 3, find_page: 4, concurrency: 1, ..Self::default() }
    }
}

/// One request as it was recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// `METHOD /path`.
    pub line: String,
    /// `GetItem` and its like; empty for what was no call.
    pub operation: String,
    /// Address of the mailbox it was about when nothing else was said; empty when nobody could tell.
    pub mailbox: String,
    /// Address of who came in; empty for an application.
    pub user: String,
    /// The header `X-AnchorMailbox`.
    pub anchor: String,
    pub status: u16,
    /// The first response code that is not `NoError`, or that; empty without one.
    pub code: String,
}

/// A running server. Ends when dropped.
#[derive(Debug)]
pub struct EwsServer {
    address: SocketAddr,
    scheme: &'static str,
    hall: Arc<Hall>,
    cuts: watch::Sender<u64>,
    server: JoinHandle<()>,
}

impl EwsServer {
    /// Starts a server without mailboxes on the current runtime.
    ///
    /// # Errors
    /// When it cannot listen, or the certificate does not fit its key.
    pub async fn start(options: EwsOptions) -> Result<Self> {
        Self::start_on(Exchange::new(), options).await
    }

    /// Starts a server that shows these mailboxes.
    ///
    /// # Errors
    /// When it cannot listen, or the certificate does not fit its key.
    pub async fn start_on(exchange: Arc<Exchange>, options: EwsOptions) -> Result<Self> {
        // NTLM belongs to a connection, which HTTP/2 shares.
        let ntlm = options.schemes.iter().any(|scheme| matches!(scheme, Scheme::Ntlm(_)));
        let protocols: &[&str] = if ntlm { &["http/1.1"] } else { &["h2", "http/1.1"] };
        let tls = front::acceptor(options.tls.as_ref(), protocols)?;
        let scheme = if tls.is_some() { "https" } else { "http" };
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.context("listen for EWS")?;
        let address = listener.local_addr()?;
        let hall = Arc::new(Hall::new(exchange, &options));
        let cuts = watch::Sender::new(0);
        let connections = wire::Connections(Arc::clone(&hall));
        let server = tokio::spawn(front::listen(listener, tls, connections, cuts.clone()));
        Ok(Self { address, scheme, hall, cuts, server })
    }

    /// Where it answers, without a path: `http://127.0.0.1:…`.
    #[must_use]
    pub fn origin(&self) -> String {
        format!("{}://{}", self.scheme, self.address)
    }

    /// The address of the service.
    #[must_use]
    pub fn url(&self) -> String {
        format!("{}{PATH}", self.origin())
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

    /// The immutable identity of the message that is called `id` here; nothing when there is none.
    #[must_use]
    pub fn immutable_id(&self, id: &str) -> Option<String> {
        let mut world = self.world();
        let (mailbox, _) = ids::find(&mut world, id)?;
        let key = mailbox.key_of(&crate::exchange::ids::of_ews(id))?;
        mailbox.messages.get(&key).map(|message| mailbox.message_id(message, true))
    }

    /// Somebody gets a password, or another one.
    pub fn add_account(&self, account: Account) {
        let mut accounts = locked(&self.hall.accounts);
        accounts.retain(|held| !held.user.eq_ignore_ascii_case(&account.user));
        accounts.push(account);
    }

    /// Adds an empty mailbox whose owner may come in.
    pub fn add_user(&self, address: &str, password: &str) {
        self.add_mailbox(address);
        self.add_account(Account::new(address, password));
    }

    /// From now on one may show who one is in these ways and no others.
    pub fn set_schemes(&self, schemes: Vec<Scheme>) {
        *locked(&self.hall.schemes) = schemes;
    }

    /// From now on these tokens are taken and no others.
    pub fn set_tokens(&self, tokens: Tokens) {
        *locked(&self.hall.tokens) = tokens;
    }

    /// The message with this immutable identity cannot be turned into MIME, which this code says: `ErrorItemCorrupt`.
    pub fn break_message(&self, id: &str, code: &str) {
        locked(&self.hall.broken).insert(id.to_owned(), code.to_owned());
    }

    /// The message can be turned into MIME again.
    pub fn mend_message(&self, id: &str) {
        locked(&self.hall.broken).remove(id);
    }

    /// No subscription is known any more, as after a fail-over.
    pub fn forget_subscriptions(&self) {
        self.hall.subscriptions.clear();
        self.hall.exchange.stir();
    }

    /// The next `times` requests that contain `part` go wrong, after `passes` that do not. A request contains its
    /// `METHOD /path`, and when it is a call, `Operation mailbox`: `GetItem ann@example.org`. Of several that fit, the
    /// one planned first counts.
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

    /// Every request so far.
    #[must_use]
    pub fn asked(&self) -> Vec<Asked> {
        self.hall.asked()
    }

    /// How many requests called this operation so far.
    #[must_use]
    pub fn count(&self, operation: &str) -> usize {
        self.hall.asked().iter().filter(|asked| asked.operation == operation).count()
    }

    /// Whether Microsoft's schema is at hand, so that [`problems`](Self::problems) means something.
    #[must_use]
    pub fn is_judged(&self) -> bool {
        judge::is_possible()
    }

    /// What was asked or answered and does not fit Microsoft's schema. Takes a moment: `xmllint` looks at all of it.
    #[must_use]
    pub fn problems(&self) -> Vec<String> {
        self.hall.judge.problems()
    }

    /// How many requests and answers were recorded to be judged.
    #[must_use]
    pub fn judged(&self) -> usize {
        self.hall.judge.seen()
    }
}

/// What is in the mailboxes is asked and changed on the server itself.
impl Deref for EwsServer {
    type Target = Exchange;

    fn deref(&self) -> &Exchange {
        &self.hall.exchange
    }
}

impl Drop for EwsServer {
    fn drop(&mut self) {
        self.server.abort();
        self.cut_connections();
    }
}
