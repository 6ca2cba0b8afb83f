//! Storages of a compound file given out as compound files of their own.

use super::compound::write::Draft;
use super::compound::{Compound, Kind, Stream};
use super::named::NAMES_STORAGE;
use super::properties::FIXED_STREAM;
use crate::contents::{Room, Short};

/// Entries copied of one storage; a message to a thousand people has about twenty thousand.
const ENTRIES: usize = 100_000;
/// Storages within storages that are copied: two for each message within a message.
const DEPTH: usize = 128;
/// What copying an entry costs, in the unit of [`Room::spend`].
const ENTRY_EFFORT: u64 = 5_000;
/// Entries of the storage of names, which is copied for every message within; Outlook makes some hundreds.
const NAME_ENTRIES: usize = 10_000;
/// Header of the fixed-length properties of a message within another ([MS-OXMSG] §2.4.1.2).
pub(super) const WITHIN_HEADER: usize = 24;
/// What the header of a message that stands alone has more (§2.4.1.1).
const MORE_HEADER: usize = 8;
/// The class of Outlook's message files.
const MESSAGE_CLASS: [u8; 16] = [0x0b, 0x0d, 0x02, 0, 0, 0, 0, 0, 0xc0, 0, 0, 0, 0, 0, 0, 0x46];

/// A message within another as a file that stands alone, with the names its properties need.
///
/// # Errors
/// [`Short::Full`] when there is no room for it.
pub(super) fn message(compound: &Compound<'_>, storage: usize, room: &mut Room) -> Result<Stream, Short> {
    let mut copy = Copy { compound, draft: Draft::new(MESSAGE_CLASS), entries: 0, truncated: false };
    copy.all(storage, true, room)?;
    let names = compound.child(Compound::ROOT, NAMES_STORAGE, Kind::Storage);
    if let Some(names) = names.filter(|names| compound.count(*names) <= NAME_ENTRIES) {
        let class = compound.entry(names).map(|entry| entry.class).unwrap_or_default();
        // A names storage within is not read by anybody; were there one, it would come first and count.
        let target = copy.draft.storage(Draft::ROOT, NAMES_STORAGE, class);
        copy.below(names, target, None, room)?;
    } else if names.is_some() {
        copy.truncated = true;
    }
    Ok(Stream { bytes: copy.draft.finish(), truncated: copy.truncated })
}

/// A storage as a file.
///
/// # Errors
/// [`Short::Full`] when there is no room for it.
pub(super) fn object(compound: &Compound<'_>, storage: usize, room: &mut Room) -> Result<Stream, Short> {
    let class = compound.entry(storage).map(|entry| entry.class).unwrap_or_default();
    let mut copy = Copy { compound, draft: Draft::new(class), entries: 0, truncated: false };
    copy.all(storage, false, room)?;
    Ok(Stream { bytes: copy.draft.finish(), truncated: copy.truncated })
}

struct Copy<'c, 'a> {
    compound: &'c Compound<'a>,
    draft: Draft,
    entries: usize,
    truncated: bool,
}

impl Copy<'_, '_> {
    fn all(&mut self, storage: usize, message: bool, room: &mut Room) -> Result<(), Short> {
        let compound = self.compound;
        let fixed = compound.child(storage, FIXED_STREAM, Kind::Stream).filter(|_| message);
        if let Some(id) = fixed {
            let mut stream = compound.stream(id, room)?;
            self.truncated |= stream.truncated;
            let header = stream.bytes.len().min(WITHIN_HEADER);
            stream.bytes.splice(header..header, [0; MORE_HEADER]);
            self.draft.stream(Draft::ROOT, FIXED_STREAM, stream.bytes);
        }
        self.below(storage, Draft::ROOT, fixed, room)
    }

    /// Copies everything in `storage` into `target`, but for the stream `fixed`.
    fn below(
        &mut self,
        storage: usize,
        target: usize,
        fixed: Option<usize>,
        room: &mut Room,
    ) -> Result<(), Short> {
        let mut stack = vec![(storage, target, 0)];
        while let Some((storage, target, depth)) = stack.pop() {
            for (id, entry) in self.compound.children(storage) {
                self.entries += 1;
                if self.entries > ENTRIES || depth >= DEPTH || !room.spend(ENTRY_EFFORT) {
                    self.truncated = true;
                    break;
                }
                match entry.kind {
                    Kind::Stream if fixed == Some(id) => {}
                    Kind::Storage => {
                        let below = self.draft.storage(target, &entry.name, entry.class);
                        stack.push((id, below, depth + 1));
                    }
                    Kind::Stream => {
                        let stream = self.compound.stream(id, room)?;
                        self.truncated |= stream.truncated;
                        self.draft.stream(target, &entry.name, stream.bytes);
                    }
                    Kind::Nothing => {}
                }
            }
        }
        Ok(())
    }
}
