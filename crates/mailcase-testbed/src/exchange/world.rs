//! The mailboxes: folders, messages, and the numbered history that delta queries read.

use super::ids::{self, Named};
use super::ledger::{Entry, Event};
use super::letter::Facts;
use super::raw::Raw;
use jiff::Timestamp;
use std::collections::BTreeMap;

pub(crate) const ROOT: u64 = 1;
pub(crate) const INBOX: u64 = 2;
pub(crate) const DRAFTS: u64 = 3;
pub(crate) const SENT_ITEMS: u64 = 4;
pub(crate) const DELETED_ITEMS: u64 = 5;
pub(crate) const JUNK: u64 = 6;
pub(crate) const ARCHIVE: u64 = 7;
pub(crate) const OUTBOX: u64 = 8;
/// Where what was deleted for good lies until nobody can get it back; no list shows it.
pub(crate) const PURGED: u64 = 9;

/// Well-known name, number, name shown.
const WELL_KNOWN: [(&str, u64, &str); 9] = [
    ("msgfolderroot", ROOT, "Top of Information Store"),
    ("inbox", INBOX, "Inbox"),
    ("drafts", DRAFTS, "Drafts"),
    ("sentitems", SENT_ITEMS, "Sent Items"),
    ("deleteditems", DELETED_ITEMS, "Deleted Items"),
    ("junkemail", JUNK, "Junk Email"),
    ("archive", ARCHIVE, "Archive"),
    ("outbox", OUTBOX, "Outbox"),
    ("recoverableitemsdeletions", PURGED, "Deletions"),
];

/// How much of a message is looked at for what is known of it besides its bytes.
const FACTS_BYTES: usize = 8 << 20;

#[derive(Debug, Clone)]
pub(crate) struct MailFolder {
    pub(crate) parent: u64,
    pub(crate) name: String,
    /// The number in the history of its last change.
    pub(crate) changed: u64,
}

#[derive(Debug, Clone)]
pub(crate) struct Message {
    pub(crate) key: u64,
    /// Changes with every move, and with it the ordinary identity.
    pub(crate) place: u64,
    pub(crate) folder: u64,
    pub(crate) raw: Raw,
    pub(crate) facts: Facts,
    pub(crate) received: Timestamp,
    pub(crate) created: Timestamp,
    pub(crate) modified: Timestamp,
    pub(crate) read: bool,
    pub(crate) draft: bool,
    pub(crate) categories: Vec<String>,
    pub(crate) flag: String,
    pub(crate) importance: String,
    /// MAPI properties that clients set and that mean nothing here, by name.
    pub(crate) extended: BTreeMap<String, String>,
    /// When it came into its folder, as a number in the history.
    pub(crate) placed: u64,
    /// Its last change, likewise; never before `placed`.
    pub(crate) changed: u64,
    /// Its last change but for whether it is read.
    pub(crate) rewritten: u64,
}

/// A message left a folder.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Departure {
    pub(crate) folder: u64,
    pub(crate) key: u64,
    pub(crate) place: u64,
    pub(crate) when: u64,
}

#[derive(Debug)]
pub(crate) struct Mailbox {
    pub(crate) number: u32,
    pub(crate) user_id: String,
    pub(crate) address: String,
    pub(crate) folders: BTreeMap<u64, MailFolder>,
    pub(crate) messages: BTreeMap<u64, Message>,
    pub(crate) departures: Vec<Departure>,
    /// Folders that are gone, and when.
    pub(crate) removed_folders: Vec<(u64, u64)>,
    /// The last number given out: to keys, places and the history alike.
    pub(crate) sequence: u64,
    /// Delta tokens of an earlier generation are no longer known.
    pub(crate) generation: u64,
}

/// How a message comes into a mailbox.
#[derive(Debug, Clone)]
pub(crate) struct Arrival {
    pub(crate) folder: u64,
    pub(crate) raw: Raw,
    pub(crate) received: Timestamp,
    pub(crate) read: bool,
    pub(crate) draft: bool,
}

impl Mailbox {
    pub(crate) fn new(number: u32, address: &str) -> Self {
        let folders = WELL_KNOWN.map(|(_, folder, name)| {
            let parent = if folder == ROOT || folder == PURGED { 0 } else { ROOT };
            (folder, MailFolder { parent, name: name.to_owned(), changed: 0 })
        });
        Self {
            number,
            user_id: format!("{number:08x}-0000-4000-8000-0000000000aa"),
            address: address.to_owned(),
            folders: folders.into(),
            messages: BTreeMap::new(),
            departures: Vec::new(),
            removed_folders: Vec::new(),
            sequence: 100,
            generation: 1,
        }
    }

    fn next(&mut self) -> u64 {
        self.sequence += 1;
        self.sequence
    }

    /// The folder an identity or a well-known name stands for.
    pub(crate) fn folder(&self, text: &str) -> Option<u64> {
        let lower = text.to_ascii_lowercase();
        let known = WELL_KNOWN.iter().find(|(name, ..)| *name == lower).map(|(_, folder, _)| *folder);
        known
            .or_else(|| match ids::decode(self.number, text) {
                Some(Named::Folder(folder)) => Some(folder),
                _ => None,
            })
            .filter(|folder| self.folders.contains_key(folder))
    }

    /// The folder at a path such as `Inbox/Reports`, names compared as people write them.
    pub(crate) fn folder_at(&self, path: &str) -> Option<u64> {
        let mut at = ROOT;
        for name in path.split('/') {
            at = self.child_named(at, name)?;
        }
        Some(at)
    }

    pub(crate) fn child_named(&self, parent: u64, name: &str) -> Option<u64> {
        let wanted = name.to_lowercase();
        self.children(parent).find(|(_, folder)| folder.name.to_lowercase() == wanted).map(|(key, _)| key)
    }

    pub(crate) fn children(&self, parent: u64) -> impl Iterator<Item = (u64, &MailFolder)> {
        self.folders
            .iter()
            .filter(move |(_, folder)| folder.parent == parent)
            .map(|(key, folder)| (*key, folder))
    }

    /// A new folder; nothing when there is one of that name.
    pub(crate) fn create_folder(&mut self, parent: u64, name: &str) -> Option<u64> {
        if self.child_named(parent, name).is_some() {
            return None;
        }
        let key = self.next();
        self.folders.insert(key, MailFolder { parent, name: name.to_owned(), changed: key });
        Some(key)
    }

    pub(crate) fn rename_folder(&mut self, folder: u64, name: &str) {
        let when = self.next();
        if let Some(held) = self.folders.get_mut(&folder) {
            held.name = name.to_owned();
            held.changed = when;
        }
    }

    pub(crate) fn folder_id(&self, folder: u64) -> String {
        ids::encode(self.number, Named::Folder(folder))
    }

    pub(crate) fn in_folder(&self, folder: u64) -> impl Iterator<Item = &Message> {
        self.messages.values().filter(move |message| message.folder == folder)
    }

    /// The message an identity of either kind names, unless it was deleted for good.
    pub(crate) fn key_of(&self, text: &str) -> Option<u64> {
        let key = match ids::decode(self.number, text)? {
            Named::Key(key) => key,
            Named::Place(place) => self.messages.values().find(|message| message.place == place)?.key,
            Named::Folder(_) => return None,
        };
        self.messages.get(&key).filter(|message| message.folder != PURGED).map(|message| message.key)
    }

    /// Whether the text could be an identity of this mailbox at all.
    pub(crate) fn is_well_formed(&self, text: &str) -> bool {
        ids::decode(self.number, text).is_some()
    }

    pub(crate) fn message_id(&self, message: &Message, immutable: bool) -> String {
        let named = if immutable { Named::Key(message.key) } else { Named::Place(message.place) };
        ids::encode(self.number, named)
    }

    /// A line of the ledger about a message.
    pub(crate) fn entry(&self, key: u64, event: Event) -> Option<Entry> {
        let message = self.messages.get(&key)?;
        Some(Entry { mailbox: self.address.clone(), id: self.message_id(message, true), event })
    }

    pub(crate) fn departed_id(&self, departure: &Departure, immutable: bool) -> String {
        let named = if immutable { Named::Key(departure.key) } else { Named::Place(departure.place) };
        ids::encode(self.number, named)
    }

    pub(crate) fn arrive(&mut self, arrival: Arrival, now: Timestamp) -> u64 {
        let key = self.next();
        let place = self.next();
        let Arrival { folder, raw, received, read, draft } = arrival;
        let message = Message {
            key,
            place,
            folder,
            facts: Facts::of(&raw.head(FACTS_BYTES)),
            raw,
            received,
            created: now,
            modified: now,
            read,
            draft,
            categories: Vec::new(),
            flag: "notFlagged".to_owned(),
            importance: "normal".to_owned(),
            extended: BTreeMap::new(),
            placed: place,
            changed: place,
            rewritten: place,
        };
        self.messages.insert(key, message);
        key
    }

    /// Moves a message; its ordinary identity changes with it.
    pub(crate) fn relocate(&mut self, key: u64, folder: u64, now: Timestamp) {
        let when = self.next();
        if let Some(message) = self.messages.get_mut(&key)
            && message.folder != folder
        {
            let departure = Departure { folder: message.folder, key, place: message.place, when };
            message.folder = folder;
            message.place = when;
            message.placed = when;
            message.changed = when;
            message.rewritten = when;
            message.modified = now;
            self.departures.push(departure);
        }
    }

    /// Changes a message by `change` and notes it in the history.
    pub(crate) fn change(&mut self, key: u64, now: Timestamp, change: impl FnOnce(&mut Message)) {
        let when = self.next();
        if let Some(message) = self.messages.get_mut(&key) {
            let read = message.read;
            change(message);
            if message.read == read {
                message.rewritten = when;
            }
            message.changed = when;
            message.modified = now;
        }
    }

    /// What "delete" does: into the deleted items, and from there out of sight.
    pub(crate) fn delete(&mut self, key: u64, now: Timestamp) {
        let folder = self.messages.get(&key).map(|message| message.folder);
        let to = if folder == Some(DELETED_ITEMS) { PURGED } else { DELETED_ITEMS };
        self.relocate(key, to, now);
    }

    /// Deletes a folder with everything in it for good.
    pub(crate) fn delete_folder(&mut self, folder: u64, now: Timestamp) {
        let children: Vec<u64> = self.children(folder).map(|(key, _)| key).collect();
        for child in children {
            self.delete_folder(child, now);
        }
        let held: Vec<u64> = self.in_folder(folder).map(|message| message.key).collect();
        for key in held {
            self.relocate(key, PURGED, now);
        }
        self.folders.remove(&folder);
        let when = self.next();
        self.removed_folders.push((folder, when));
    }

    /// Whether a folder is there from the start and cannot be deleted.
    pub(crate) const fn is_built_in(folder: u64) -> bool {
        folder <= PURGED
    }
}

/// Every mailbox of the tenant.
#[derive(Debug, Default)]
pub(crate) struct World {
    pub(crate) mailboxes: Vec<Mailbox>,
}

impl World {
    pub(crate) fn add(&mut self, address: &str) {
        if self.find(address).is_none() {
            let number = u32::try_from(self.mailboxes.len()).unwrap_or(u32::MAX).saturating_add(1);
            self.mailboxes.push(Mailbox::new(number, address));
        }
    }

    /// By address or object id.
    pub(crate) fn find(&mut self, user: &str) -> Option<&mut Mailbox> {
        self.mailboxes.iter_mut().find(|mailbox| {
            mailbox.address.eq_ignore_ascii_case(user) || mailbox.user_id.eq_ignore_ascii_case(user)
        })
    }
}
