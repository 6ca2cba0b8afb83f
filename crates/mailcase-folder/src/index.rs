//! What is known of one directory: every message with a number in the order it was found.

use crate::cursor::{FirstRun, LeftOut, Position, SortKey, left_out};
use mailcase_mail::{Cursor, Discovery, RemoteHead, RemoteId, Reset, Scope};
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

/// A message as a scan finds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) id: String,
    /// Where it lies, below the directory of the folder.
    pub(crate) file: PathBuf,
    pub(crate) facts: Facts,
    pub(crate) seen: Option<bool>,
}

/// What the file system says of a file; times in nanoseconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Facts {
    pub(crate) size: u64,
    pub(crate) modified: i64,
    pub(crate) changed: i64,
}

/// One look at a directory.
#[derive(Debug, Default)]
pub(crate) struct Scan {
    pub(crate) found: Vec<Found>,
    /// Every directory read, with its modification time before it was read.
    pub(crate) directories: Vec<(PathBuf, i64)>,
    /// Inode of the folder's directory.
    pub(crate) inode: u64,
    /// When the first file that may still be written can be looked at again.
    pub(crate) settles_at: Option<SystemTime>,
}

#[derive(Debug)]
struct Entry {
    number: u64,
    file: PathBuf,
    facts: Facts,
    seen: Option<bool>,
    /// Found by the first scan: it may have been there before any cursor was made.
    first: bool,
    /// The scan that saw it last.
    scan: u64,
}

/// All that is known of a directory.
#[derive(Debug)]
pub(crate) struct Index {
    /// Tells the numbers of this memory from those of another.
    instance: u64,
    entries: HashMap<Arc<str>, Entry>,
    by_number: BTreeMap<u64, Arc<str>>,
    /// The last number given.
    last: u64,
    /// The last number when the folder was last listed.
    looked: u64,
    scans: u64,
    inode: u64,
    last_scan: Option<LastScan>,
}

/// What tells whether the directory must be looked at again.
#[derive(Debug)]
pub(crate) struct LastScan {
    pub(crate) began: SystemTime,
    /// Every directory read, with its modification time before it was read.
    pub(crate) directories: Vec<(PathBuf, i64)>,
    /// When a file that may still be written can be looked at again.
    pub(crate) settles_at: Option<SystemTime>,
}

impl Index {
    pub(crate) fn new(instance: u64) -> Self {
        Self {
            instance,
            entries: HashMap::new(),
            by_number: BTreeMap::new(),
            last: 0,
            looked: 0,
            scans: 0,
            inode: 0,
            last_scan: None,
        }
    }

    pub(crate) const fn is_scanned(&self) -> bool {
        self.scans > 0
    }

    pub(crate) const fn last_scan(&self) -> Option<&LastScan> {
        self.last_scan.as_ref()
    }

    /// Where the message lies, below the directory of the folder.
    pub(crate) fn file(&self, id: &str) -> Option<&Path> {
        self.entries.get(id).map(|entry| entry.file.as_path())
    }

    /// Whether the message was marked read when last seen.
    pub(crate) fn seen(&self, id: &str) -> Option<bool> {
        self.entries.get(id).and_then(|entry| entry.seen)
    }

    /// What is known of the file under the same name, so that a scan need not ask again.
    pub(crate) fn facts(&self, id: &str, file: &Path) -> Option<Facts> {
        self.entries.get(id).filter(|entry| entry.file == file).map(|entry| entry.facts)
    }

    /// Takes in what a scan that began at `began` found: numbers what is new in order of age, forgets what is gone.
    pub(crate) fn absorb(&mut self, scan: Scan, began: SystemTime) {
        let first = !self.is_scanned();
        self.scans = self.scans.saturating_add(1);
        let scans = self.scans;
        let mut found = scan.found;
        found.sort_by(|a, b| (a.facts.modified, &a.id).cmp(&(b.facts.modified, &b.id)));
        for found in found {
            if let Some(entry) = self.entries.get_mut(found.id.as_str()) {
                entry.file = found.file;
                entry.facts = found.facts;
                entry.seen = found.seen;
                entry.scan = scans;
                continue;
            }
            self.last = self.last.saturating_add(1);
            let Found { id, file, facts, seen } = found;
            let id: Arc<str> = id.into();
            self.by_number.insert(self.last, Arc::clone(&id));
            self.entries.insert(id, Entry { number: self.last, file, facts, seen, first, scan: scans });
        }
        let by_number = &mut self.by_number;
        self.entries.retain(|_, entry| {
            let stays = entry.scan == scans;
            if !stays {
                by_number.remove(&entry.number);
            }
            stays
        });
        self.inode = scan.inode;
        self.last_scan = Some(LastScan { began, directories: scan.directories, settles_at: scan.settles_at });
    }

    /// A file got another name by our own doing.
    pub(crate) fn renamed(&mut self, id: &str, file: PathBuf, seen: Option<bool>) {
        if let Some(entry) = self.entries.get_mut(id) {
            entry.file = file;
            entry.seen = seen;
            // The rename changed it; later than any first run that might have left it out.
            entry.facts.changed = i64::MAX;
        }
    }

    pub(crate) fn removed(&mut self, id: &str) {
        if let Some(entry) = self.entries.remove(id) {
            self.by_number.remove(&entry.number);
        }
    }

    /// Whether something was found that no listing has looked at.
    pub(crate) const fn has_news(&self) -> bool {
        self.last > self.looked
    }

    /// Takes what is there now as known, for a wait before the first listing.
    pub(crate) const fn nothing_is_news(&mut self) {
        self.looked = self.last;
    }

    /// Everything there is, in the order it was found.
    pub(crate) fn heads(&self) -> Vec<RemoteHead> {
        self.entries_after(0).map(|(id, entry)| entry.head(id)).collect()
    }

    /// Whether the page after `position` is full without looking at the directory again.
    pub(crate) fn knows_page(&self, after: Option<&Cursor>, scope: Scope, limit: usize) -> bool {
        after.and_then(Position::read).is_some_and(|position| {
            position.instance == self.instance
                && position.within.is_some()
                && position.unseen == (scope == Scope::Unseen)
                && self.listable(&position, scope).nth(limit).is_some()
        })
    }

    /// One page of the listing.
    pub(crate) fn discover(&mut self, scope: Scope, after: Option<&Cursor>, limit: usize) -> Discovery {
        let stored = after.and_then(Position::read);
        let reset = (after.is_some() && stored.is_none()).then(|| Reset {
            reason: "the stored position was not made for this kind of folder, so it is listed anew"
                .to_owned(),
        });
        let mut position = self.resume(stored, scope);
        let mut listable = self.listable(&position, scope);
        let page: Vec<_> = listable.by_ref().take(limit.max(1)).collect();
        let more = listable.next().is_some();
        drop(listable);
        let messages = page.iter().map(|(id, entry)| entry.head(id)).collect();
        let last = page.last().map(|(id, entry)| (entry.number, entry.key(id)));
        match last.filter(|_| more) {
            Some((number, key)) => {
                position.number = number;
                position.within = Some(key);
            }
            None => {
                let again = position.unseen || position.resumed;
                position.number = if again { 0 } else { self.last };
                position.within = None;
                position.resumed = false;
            }
        }
        self.looked = self.last;
        Discovery { messages, cursor: position.write(), more, reset }
    }

    /// Where the listing goes on in this memory.
    fn resume(&self, stored: Option<Position>, scope: Scope) -> Position {
        let unseen = scope == Scope::Unseen;
        match stored {
            None => Position::start(self.instance, scope, self.first_run(scope)),
            Some(position) if position.unseen != unseen => {
                let first_run = position.first_run.or_else(|| self.first_run(scope));
                Position::start(self.instance, scope, first_run)
            }
            Some(position) if position.instance == self.instance => position,
            Some(position) => {
                // Numbers follow the keys only within the first scan.
                let key = position.within.clone().filter(|_| self.scans == 1);
                let number = key.map_or(0, |key| self.number_of(&key));
                Position { instance: self.instance, number, within: None, resumed: number > 0, ..position }
            }
        }
    }

    fn number_of(&self, key: &SortKey) -> u64 {
        let before = self.entries_after(0).take_while(|(id, entry)| entry.key(id) <= *key);
        before.last().map_or(0, |(_, entry)| entry.number)
    }

    fn first_run(&self, scope: Scope) -> Option<FirstRun> {
        left_out(scope).map(|left_out| FirstRun {
            left_out,
            changed: self.entries.values().map(|entry| entry.facts.changed).max().unwrap_or_default(),
            inode: self.inode,
            instance: self.instance,
            number: self.last,
        })
    }

    fn entries_after(&self, number: u64) -> impl Iterator<Item = (&Arc<str>, &Entry)> {
        self.by_number
            .range(number.saturating_add(1)..)
            .filter_map(|(_, id)| self.entries.get_key_value(id.as_ref()))
    }

    fn listable<'a>(
        &'a self,
        position: &Position,
        scope: Scope,
    ) -> impl Iterator<Item = (&'a Arc<str>, &'a Entry)> + use<'a> {
        let first_run = position.first_run.clone();
        let unseen = scope == Scope::Unseen;
        self.entries_after(position.number).filter(move |(_, entry)| {
            if unseen {
                entry.seen != Some(true)
            } else {
                !first_run.as_ref().is_some_and(|first_run| self.was_left_out(entry, first_run))
            }
        })
    }

    /// Whether the first run, which was of this directory, left the message out.
    pub(crate) fn was_before_first_run(&self, first_run: &FirstRun, id: &str) -> bool {
        first_run.inode == self.inode
            && self.entries.get(id).is_some_and(|entry| self.was_left_out(entry, first_run))
    }

    /// Whether the message was there at the first run, outside its scope, and is unchanged since.
    fn was_left_out(&self, entry: &Entry, first_run: &FirstRun) -> bool {
        let was_there = if first_run.instance == self.instance {
            entry.number <= first_run.number
        } else {
            entry.first && first_run.inode == self.inode
        };
        was_there
            && entry.facts.changed <= first_run.changed
            && match first_run.left_out {
                LeftOut::Read => entry.seen == Some(true),
                LeftOut::ReadBefore(day) => entry.seen == Some(true) && entry.was_received_before(day),
                LeftOut::Before(day) => entry.was_received_before(day),
            }
    }
}

impl Entry {
    fn was_received_before(&self, day: jiff::civil::Date) -> bool {
        timestamp(self.facts.modified)
            .is_some_and(|received| received.to_zoned(jiff::tz::TimeZone::UTC).date() < day)
    }

    fn head(&self, id: &str) -> RemoteHead {
        RemoteHead {
            id: RemoteId::new(id),
            size: Some(self.facts.size),
            received: timestamp(self.facts.modified),
            seen: self.seen,
        }
    }

    fn key(&self, id: &str) -> SortKey {
        (self.facts.modified, id.to_owned())
    }
}

pub(crate) fn timestamp(nanoseconds: i64) -> Option<jiff::Timestamp> {
    jiff::Timestamp::from_nanosecond(i128::from(nanoseconds)).ok()
}
