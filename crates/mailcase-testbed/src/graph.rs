//! A private Microsoft Graph, as far as mail goes: folders, messages, delta queries with immutable ids, MIME in and
//! out, sending, `$batch`, subscriptions; throttling, expiry and faults on demand; a ledger of what happened.
//!
//! Faithful where clients stumble. Everything asked and answered is held against Microsoft's own description of Graph
//! when that is at hand ([`Csdl`]); [`GraphServer::problems`] says what did not fit.

mod csdl;
mod delta;
mod exchange;
mod faults;
mod filter;
mod hall;
mod ids;
mod ledger;
mod letter;
mod notices;
mod query;
mod search;
mod service;
mod shape;
mod tokens;
mod wire;
mod world;

pub use csdl::{Csdl, schemas_folder};
pub use faults::Fault;
pub use hall::Asked;
pub use ledger::{Entry, Event};
pub use notices::Lifecycle;
pub use tokens::{Caller, Tokens};

use crate::certificates::Issued;
use anyhow::{Context, Result};
use bytes::Bytes;
use hall::Hall;
use jiff::Timestamp;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use world::{Arrival, Mailbox, World};

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
            concurrency: 4,
            latency: Duration::ZERO,
            page_max: service::PAGE_MAX,
            delta: true,
            batch: true,
        }
    }
}

/// A message as the server holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// The immutable identity.
    pub id: String,
    pub raw: Bytes,
    pub read: bool,
    pub received: Timestamp,
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
        let tls = wire::acceptor(options.tls.as_ref())?;
        let scheme = if tls.is_some() { "https" } else { "http" };
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.context("listen for Graph")?;
        let address = listener.local_addr()?;
        let hall = Arc::new(Hall::new(&options));
        let cuts = watch::Sender::new(0);
        let server = tokio::spawn(wire::listen(listener, tls, Arc::clone(&hall), cuts.clone()));
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

    fn world(&self) -> MutexGuard<'_, World> {
        self.hall.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn at<T>(&self, mailbox: &str, look: impl FnOnce(&mut Mailbox) -> T) -> Result<T> {
        let mut world = self.world();
        world.find(mailbox).map(look).with_context(|| format!("there is no mailbox {mailbox}"))
    }

    /// Adds an empty mailbox; its object id.
    pub fn add_mailbox(&self, address: &str) -> String {
        let mut world = self.world();
        world.add(address);
        world.find(address).map(|mailbox| mailbox.user_id.clone()).unwrap_or_default()
    }

    /// Makes every folder of a path below the top, such as `Inbox/Reports`.
    ///
    /// # Errors
    /// When there is no such mailbox.
    pub fn add_folder(&self, mailbox: &str, path: &str) -> Result<()> {
        self.at(mailbox, |mailbox| {
            let mut parent = world::ROOT;
            for name in path.split('/') {
                let child = mailbox.child_named(parent, name);
                parent = child.or_else(|| mailbox.create_folder(parent, name)).unwrap_or(parent);
            }
        })
    }

    /// Makes a folder whose name may hold anything, a slash too.
    ///
    /// # Errors
    /// When there is no such mailbox or parent.
    pub fn create_child(&self, mailbox: &str, parent: &str, name: &str) -> Result<()> {
        self.at(mailbox, |mailbox| {
            let parent = mailbox.folder_at(parent).context("there is no such folder")?;
            mailbox.create_folder(parent, name).map(drop).context("there is a folder of that name")
        })?
    }

    /// # Errors
    /// When there is no such mailbox or folder.
    pub fn rename_folder(&self, mailbox: &str, folder: &str, name: &str) -> Result<()> {
        self.at(mailbox, |mailbox| {
            let key = mailbox.folder_at(folder).context("there is no such folder")?;
            let held = mailbox.folders.get_mut(&key).context("there is no such folder")?;
            held.name = name.to_owned();
            Ok(())
        })?
    }

    /// Somebody deletes a folder with everything in it.
    ///
    /// # Errors
    /// When there is no such mailbox or folder.
    pub fn remove_folder(&self, mailbox: &str, folder: &str) -> Result<()> {
        self.at(mailbox, |mailbox| {
            let key = mailbox.folder_at(folder).context("there is no such folder")?;
            mailbox.delete_folder(key, Timestamp::now());
            Ok(())
        })?
    }

    /// A message arrives from outside; its immutable identity.
    ///
    /// # Errors
    /// When there is no such mailbox or folder.
    pub fn deliver(&self, mailbox: &str, folder: &str, raw: &[u8], received: Timestamp) -> Result<String> {
        let mut changes = Vec::new();
        let id = self.at(mailbox, |mailbox| {
            let folder = mailbox.folder_at(folder).context("there is no such folder")?;
            let raw = Bytes::copy_from_slice(raw);
            let arrival = Arrival { folder, raw, received, read: false, draft: false };
            anyhow::Ok(service::arrive(mailbox, &mut changes, arrival, Timestamp::now()))
        })??;
        self.hall.publish(changes);
        Ok(id)
    }

    /// A message arrives in the inbox now; its immutable identity.
    ///
    /// # Errors
    /// When there is no such mailbox.
    pub fn deliver_now(&self, mailbox: &str, raw: &[u8]) -> Result<String> {
        self.deliver(mailbox, "Inbox", raw, Timestamp::now())
    }

    /// What a folder holds; nothing when it is not there.
    ///
    /// # Errors
    /// When there is no such mailbox.
    pub fn messages(&self, mailbox: &str, folder: &str) -> Result<Vec<Held>> {
        self.at(mailbox, |mailbox| {
            let Some(folder) = mailbox.folder_at(folder) else { return Vec::new() };
            let held = mailbox.in_folder(folder).map(|message| Held {
                id: mailbox.message_id(message, true),
                raw: message.raw.clone(),
                read: message.read,
                received: message.received,
            });
            held.collect()
        })
    }

    /// Somebody reads a message.
    ///
    /// # Errors
    /// When there is no such mailbox or message.
    pub fn mark_read(&self, mailbox: &str, id: &str) -> Result<()> {
        self.at(mailbox, |mailbox| {
            let key = mailbox.key_of(id).context("there is no such message")?;
            mailbox.change(key, Timestamp::now(), |message| message.read = true);
            Ok(())
        })?
    }

    /// Somebody moves a message.
    ///
    /// # Errors
    /// When there is no such mailbox, message or folder.
    pub fn relocate(&self, mailbox: &str, id: &str, folder: &str) -> Result<()> {
        self.at(mailbox, |mailbox| {
            let key = mailbox.key_of(id).context("there is no such message")?;
            let folder = mailbox.folder_at(folder).context("there is no such folder")?;
            mailbox.relocate(key, folder, Timestamp::now());
            Ok(())
        })?
    }

    /// Somebody deletes a message for good.
    ///
    /// # Errors
    /// When there is no such mailbox or message.
    pub fn purge(&self, mailbox: &str, id: &str) -> Result<()> {
        self.at(mailbox, |mailbox| {
            let key = mailbox.key_of(id).context("there is no such message")?;
            mailbox.relocate(key, world::PURGED, Timestamp::now());
            Ok(())
        })?
    }

    /// No delta token given out so far is known any more.
    ///
    /// # Errors
    /// When there is no such mailbox.
    pub fn forget_delta_tokens(&self, mailbox: &str) -> Result<()> {
        self.at(mailbox, |mailbox| mailbox.generation += 1)
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

    /// Everything that happened to the messages, in order.
    #[must_use]
    pub fn ledger(&self) -> Vec<Entry> {
        self.hall.ledger()
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

impl Drop for GraphServer {
    fn drop(&mut self) {
        self.server.abort();
        self.cut_connections();
    }
}
