//! The folders as EWS shows them: those for mail, the store above them, and those for calendars and their like, which
//! stand between the others and hold nothing here.

use crate::exchange::world::{self, Mailbox};

/// The folder above the top of what mail programs show.
pub(crate) const STORE: u64 = 0;

/// A folder that is no business of mail.
struct Other {
    key: u64,
    name: &'static str,
    class: &'static str,
    element: &'static str,
}

/// Their numbers lie below those that are given out.
const OTHERS: [Other; 5] = [
    Other { key: 20, name: "Calendar", class: "IPF.Appointment", element: "t:CalendarFolder" },
    Other { key: 21, name: "Contacts", class: "IPF.Contact", element: "t:ContactsFolder" },
    Other { key: 22, name: "Tasks", class: "IPF.Task", element: "t:TasksFolder" },
    Other { key: 23, name: "Notes", class: "IPF.StickyNote", element: "t:Folder" },
    Other { key: 24, name: "Journal", class: "IPF.Journal", element: "t:Folder" },
];

/// The names of folders that every mailbox has.
const DISTINGUISHED: [(&str, u64); 14] = [
    ("root", STORE),
    ("msgfolderroot", world::ROOT),
    ("inbox", world::INBOX),
    ("drafts", world::DRAFTS),
    ("sentitems", world::SENT_ITEMS),
    ("deleteditems", world::DELETED_ITEMS),
    ("junkemail", world::JUNK),
    ("outbox", world::OUTBOX),
    ("recoverableitemsdeletions", world::PURGED),
    ("calendar", 20),
    ("contacts", 21),
    ("tasks", 22),
    ("notes", 23),
    ("journal", 24),
];

fn other(key: u64) -> Option<&'static Other> {
    OTHERS.iter().find(|other| other.key == key)
}

/// As the others, but the name came after the schema at hand, and is only taken, never given.
const LATER: (&str, u64) = ("archive", world::ARCHIVE);

/// The number of a folder that every mailbox has.
pub(crate) fn distinguished(name: &str) -> Option<u64> {
    let mut all = DISTINGUISHED.iter().chain([&LATER]);
    all.find(|(known, _)| *known == name).map(|(_, key)| *key)
}

pub(crate) fn distinguished_name(key: u64) -> Option<&'static str> {
    DISTINGUISHED.iter().find(|(_, known)| *known == key).map(|(name, _)| *name)
}

pub(crate) fn exists(mailbox: &Mailbox, key: u64) -> bool {
    key == STORE || other(key).is_some() || mailbox.folders.contains_key(&key)
}

/// Whether a folder is there from the start and stays.
pub(crate) fn is_built_in(key: u64) -> bool {
    other(key).is_some() || Mailbox::is_built_in(key)
}

/// The name shown; the store has none.
pub(crate) fn name(mailbox: &Mailbox, key: u64) -> &str {
    let own = mailbox.folders.get(&key).map(|folder| folder.name.as_str());
    own.or_else(|| other(key).map(|other| other.name)).unwrap_or_default()
}

/// The folder above; nothing for the topmost.
pub(crate) fn parent(mailbox: &Mailbox, key: u64) -> Option<u64> {
    let own = mailbox.folders.get(&key).map(|folder| folder.parent);
    own.or_else(|| other(key).map(|_| world::ROOT))
}

/// Those right below a folder.
pub(crate) fn children(mailbox: &Mailbox, key: u64) -> Vec<u64> {
    let own = mailbox.children(key).map(|(child, _)| child).filter(|child| *child != world::PURGED);
    let others = OTHERS.iter().filter(|_| key == world::ROOT).map(|other| other.key);
    own.chain(others).collect()
}

/// The number in the history of its last change.
pub(crate) fn changed(mailbox: &Mailbox, key: u64) -> u64 {
    mailbox.folders.get(&key).map_or(0, |folder| folder.changed)
}

/// What lies in it; the topmost have no class.
pub(crate) fn class(key: u64) -> Option<&'static str> {
    match other(key) {
        Some(other) => Some(other.class),
        None if [STORE, world::ROOT, world::PURGED].contains(&key) => None,
        None => Some("IPF.Note"),
    }
}

/// The element that shows it.
pub(crate) fn element(key: u64) -> &'static str {
    other(key).map_or("t:Folder", |other| other.element)
}
