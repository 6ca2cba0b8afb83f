//! A private Exchange: the mailboxes that the Graph and the EWS simulator both show, so that what one does the other
//! sees; and the ledger of what happened to the messages.

pub(crate) mod delivery;
pub(crate) mod front;
pub(crate) mod ids;
pub(crate) mod ledger;
pub(crate) mod letter;
pub(crate) mod raw;
pub(crate) mod tokens;
pub(crate) mod world;

pub use ledger::{Entry, Event};
pub use tokens::{Caller, Tokens};

use anyhow::{Context as _, Result};
use bytes::Bytes;
use jiff::Timestamp;
use raw::Raw;
use std::fmt::Debug;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use tokio::sync::watch;
use world::{Arrival, Mailbox, World};

/// Hears of every change to the messages as it is written into the ledger.
pub(crate) trait Listener: Debug + Send + Sync {
    fn told(&self, changes: &[Entry]);
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

/// The mailboxes.
#[derive(Debug, Default)]
pub struct Exchange {
    world: Mutex<World>,
    ledger: Mutex<Vec<Entry>>,
    listeners: Mutex<Vec<Weak<dyn Listener>>>,
    /// Goes up whenever something may have changed.
    changes: watch::Sender<u64>,
}

pub(crate) fn locked<T>(held: &Mutex<T>) -> MutexGuard<'_, T> {
    held.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Where the schemas are: `MAILCASE_SCHEMAS`, by default `shared/schemas` beside the repository.
#[must_use]
pub fn schemas_folder() -> PathBuf {
    let default = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/schemas");
    std::env::var_os("MAILCASE_SCHEMAS").map_or(default, PathBuf::from)
}

impl Exchange {
    /// No mailboxes yet.
    #[must_use]
    pub fn new() -> Arc<Self> {
        Arc::default()
    }

    pub(crate) fn world(&self) -> MutexGuard<'_, World> {
        locked(&self.world)
    }

    pub(crate) fn listen(&self, listener: Weak<dyn Listener>) {
        locked(&self.listeners).push(listener);
    }

    /// Changes whenever anything in any mailbox may have.
    #[cfg(feature = "ews")]
    pub(crate) fn watch(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    /// Writes changes into the ledger and tells everybody who listens.
    pub(crate) fn publish(&self, changes: Vec<Entry>) {
        let listeners: Vec<_> = locked(&self.listeners).iter().filter_map(Weak::upgrade).collect();
        for listener in listeners {
            listener.told(&changes);
        }
        locked(&self.ledger).extend(changes);
        self.stir();
    }

    /// Wakes those who watch.
    pub(crate) fn stir(&self) {
        self.changes.send_modify(|count| *count += 1);
    }

    /// Writes what is no change to a message.
    pub(crate) fn note(&self, entry: Entry) {
        locked(&self.ledger).push(entry);
    }

    fn at<T>(&self, mailbox: &str, look: impl FnOnce(&mut Mailbox) -> T) -> Result<T> {
        let found = self.world().find(mailbox).map(look);
        self.stir();
        found.with_context(|| format!("there is no mailbox {mailbox}"))
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
            mailbox.rename_folder(key, name);
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
        self.receive(mailbox, folder, Bytes::copy_from_slice(raw).into(), received)
    }

    /// A message arrives from outside whose bytes are those of a file; they are never in memory as a whole. Its
    /// immutable identity.
    ///
    /// # Errors
    /// When there is no such mailbox or folder, or the file cannot be read.
    pub fn deliver_file(
        &self,
        mailbox: &str,
        folder: &str,
        raw: File,
        received: Timestamp,
    ) -> Result<String> {
        self.receive(mailbox, folder, Raw::file(raw).context("a message in a file")?, received)
    }

    fn receive(&self, mailbox: &str, folder: &str, raw: Raw, received: Timestamp) -> Result<String> {
        let mut changes = Vec::new();
        let id = self.at(mailbox, |mailbox| {
            let folder = mailbox.folder_at(folder).context("there is no such folder")?;
            let arrival = Arrival { folder, raw, received, read: false, draft: false };
            anyhow::Ok(delivery::arrive(mailbox, &mut changes, arrival, Timestamp::now()))
        })??;
        self.publish(changes);
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
        let mut world = self.world();
        let mailbox = world.find(mailbox).with_context(|| format!("there is no mailbox {mailbox}"))?;
        let Some(folder) = mailbox.folder_at(folder) else { return Ok(Vec::new()) };
        let held = mailbox.in_folder(folder).map(|message| Held {
            id: mailbox.message_id(message, true),
            raw: message.raw.bytes(),
            read: message.read,
            received: message.received,
        });
        Ok(held.collect())
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

    /// No delta token and no synchronization state given out so far is known any more.
    ///
    /// # Errors
    /// When there is no such mailbox.
    pub fn forget_sync_states(&self, mailbox: &str) -> Result<()> {
        self.at(mailbox, |mailbox| mailbox.generation += 1)
    }

    /// Everything that happened to the messages, in order.
    #[must_use]
    pub fn ledger(&self) -> Vec<Entry> {
        locked(&self.ledger).clone()
    }
}
