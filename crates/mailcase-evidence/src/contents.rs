//! What opening a container gives: a compound file, an archive, an encrypted layer, a document.
//!
//! Each format is a function from bytes to [`Contents`]. It never fails: what is wrong with the bytes is a defect on
//! the container or on the item it concerns, and everything readable besides is still there. It never opens what it
//! finds: items are handed to the tree, which decides what they are in turn and how deep to go.

use std::io::{self, Read};

use crate::heads::MessageHead;
use crate::{Defect, Fact, Lock, Signature};

/// Read from a stream in pieces of this size while the room is watched.
pub(crate) const READ_BYTES: usize = 64 << 10;

/// Contents beyond this get [`ROOM_BYTES`] at once.
const LARGE_BYTES: usize = 1 << 20;
/// More than what the C library of Linux ever takes from its heaps (mallopt(3), `M_MMAP_THRESHOLD`): such a buffer costs only
/// what is written to it, and freed it goes back to the system. Freed buffers below that stay with the process, and make it
/// keep ever larger ones.
const ROOM_BYTES: usize = 33 << 20;

/// Lets `buffer` take `more` bytes.
pub(crate) fn make_room(buffer: &mut Vec<u8>, more: usize) {
    let needed = buffer.len().saturating_add(more);
    if needed > buffer.capacity() && (LARGE_BYTES..ROOM_BYTES).contains(&needed) {
        buffer.reserve_exact(ROOM_BYTES - buffer.len());
    }
}

/// What a container holds.
#[derive(Debug, Default)]
pub(crate) struct Contents {
    /// What the container was read as, a stable word: `outlook`, `tnef`, `smime_enveloped`, `zip`, `pdf`, …
    pub(crate) format: &'static str,
    /// Set when the container is a message of its own.
    pub(crate) head: Option<Box<MessageHead>>,
    /// In the order of the container; this order numbers their paths.
    pub(crate) items: Vec<Item>,
    /// What it says about itself, bounded by the format.
    pub(crate) facts: Vec<Fact>,
    /// Text and links that are no item, one per line: looked through for indicators, shown nowhere.
    pub(crate) words: String,
    /// Set when some of it is not readable without a key or a password.
    pub(crate) lock: Option<Lock>,
    pub(crate) signatures: Vec<Signature>,
    pub(crate) defects: Vec<Defect>,
}

impl Contents {
    /// Whether a password would open more of it.
    pub(crate) fn is_locked(&self) -> bool {
        let locked = |lock: &Option<Lock>| matches!(lock, Some(Lock::Password));
        locked(&self.lock) || self.items.iter().any(|item| locked(&item.lock))
    }
}

/// What an item is to the message around it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Role {
    /// A body of the message around it.
    Body,
    /// Shown inside the body.
    Inline,
    #[default]
    Attachment,
}

/// One thing in a container.
#[derive(Debug, Default)]
pub(crate) struct Item {
    pub(crate) role: Role,
    pub(crate) content: Content,
    /// As found; may be a path within an archive.
    pub(crate) name: Option<String>,
    /// As declared, lower case; empty when nothing is declared.
    pub(crate) content_type: String,
    /// Of text, when the container says so.
    pub(crate) charset: Option<String>,
    pub(crate) content_id: Option<String>,
    pub(crate) facts: Vec<Fact>,
    pub(crate) lock: Option<Lock>,
    pub(crate) defects: Vec<Defect>,
}

/// The bytes of an item.
#[derive(Debug)]
pub(crate) enum Content {
    /// A file.
    File(Vec<u8>),
    /// Headers, a blank line and what they describe (RFC 2045 §2.4). It stands in the place of its container, as
    /// decrypted content does.
    Entity(Vec<u8>),
    /// Known by name only: locked, or beyond a limit. The size is what the container claims, in bytes.
    Listed { size: Option<u64> },
}

impl Default for Content {
    fn default() -> Self {
        Self::Listed { size: None }
    }
}

/// What opening the containers of one message may still cost. One room is shared by all of them, whatever the nesting.
#[derive(Debug)]
pub(crate) struct Room {
    bytes: u64,
    effort: u64,
}

/// Why reading an item ended early.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Short {
    /// The room is used up; what was read is dropped.
    #[error("there is more than may be opened in one message")]
    Full,
    #[error("the content is damaged")]
    Damaged(#[from] io::Error),
}

impl Short {
    /// As a defect on the item.
    pub(crate) fn defect(&self) -> Defect {
        match self {
            Self::Full => full(),
            Self::Damaged(_) => Defect::new("damaged", "the content is damaged and was not read"),
        }
    }
}

fn full() -> Defect {
    let message = "what the containers of this message hold is more than the limit; this was not read";
    Defect::new("limit_expanded_bytes", message)
}

impl Room {
    /// `bytes` that may be taken out of containers, and `effort` in units of about a nanosecond of work.
    pub(crate) fn new(bytes: u64, effort: u64) -> Self {
        Self { bytes, effort }
    }

    /// Bytes that may still be taken out.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Counts bytes that were taken out already.
    ///
    /// # Errors
    /// [`Short::Full`] when there is no room for them; then nothing is counted.
    pub(crate) fn take(&mut self, bytes: usize) -> Result<(), Short> {
        self.bytes = self.bytes.checked_sub(bytes as u64).ok_or(Short::Full)?;
        Ok(())
    }

    /// Reads all of `from` and counts it. Watches the room while reading, so that a bomb costs no more than the room.
    ///
    /// # Errors
    /// [`Short`]; what was read before a failure is counted, as it was worked for.
    pub(crate) fn read(&mut self, mut from: impl Read) -> Result<Vec<u8>, Short> {
        let mut all = Vec::new();
        loop {
            let before = all.len();
            let wanted = (READ_BYTES as u64).min(self.bytes.saturating_add(1));
            make_room(&mut all, READ_BYTES);
            from.by_ref().take(wanted).read_to_end(&mut all)?;
            if all.len() == before {
                return Ok(all);
            }
            self.take(all.len() - before)?;
        }
    }

    /// Gives back what was taken out since `bytes` were left, as it was not kept. The work for it stays counted.
    pub(crate) fn put_back(&mut self, bytes: u64) {
        self.bytes = self.bytes.max(bytes);
    }

    /// Counts work whose cost is not in proportion to bytes: tries of a password, rounds of a key derivation, pixels.
    /// `false` when no more may be done; then nothing is counted.
    #[must_use]
    pub(crate) fn spend(&mut self, effort: u64) -> bool {
        self.effort.checked_sub(effort).map(|left| self.effort = left).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bomb_costs_no_more_than_the_room() {
        let mut room = Room::new(100_000, 0);
        assert!(matches!(room.read(io::repeat(7)), Err(Short::Full)));
        let mut room = Room::new(100_000, 0);
        assert_eq!(room.read(io::repeat(7).take(100_000)).unwrap().len(), 100_000);
        assert_eq!(room.bytes(), 0);
        assert!(room.read(io::empty()).unwrap().is_empty());
        assert!(matches!(room.take(1), Err(Short::Full)));
    }

    #[test]
    fn effort_is_counted_only_when_it_may_be_spent() {
        let mut room = Room::new(0, 10);
        assert!(room.spend(7));
        assert!(!room.spend(7));
        assert!(room.spend(3));
    }
}
