//! Tapes of POSIX and GNU tar (IEEE 1003.1 pax). Links and devices are listed, never followed.

use tar::{Archive, Entry, EntryType};

use super::{MEMBERS, damaged, fact, mark_duplicates, named, too_many, unix_time, unpack};
use crate::contents::{Contents, Room};

/// Size of a block; headers begin at multiples of it.
const BLOCK: usize = 512;
/// Times reading goes on behind a header that is broken.
const RESUMED: usize = 100;

pub(super) fn open(bytes: &[u8], room: &mut Room) -> Contents {
    let mut contents = Contents { format: "tar", ..Contents::default() };
    let mut at = 0;
    for _ in 0..RESUMED {
        let Some(rest) = bytes.get(at..) else { break };
        let Some(broken) = read(rest, &mut contents, room) else { break };
        if contents.defects.is_empty() {
            let message = "a header is broken; reading went on behind it";
            contents.defects.push(damaged(message));
        }
        let Some(next) = next_header(rest, broken) else { break };
        at += next;
    }
    mark_duplicates(&mut contents.items);
    contents
}

/// Reads members until the end (nothing) or a broken header (how far it got).
fn read(bytes: &[u8], contents: &mut Contents, room: &mut Room) -> Option<usize> {
    let mut reached = 0;
    let mut archive = Archive::new(bytes);
    let Ok(entries) = archive.entries() else { return None };
    for entry in entries {
        let Ok(mut entry) = entry else { return Some(reached) };
        let header = usize::try_from(entry.raw_header_position()).unwrap_or(usize::MAX);
        if contents.items.len() >= MEMBERS {
            too_many(contents);
            return None;
        }
        let size = entry.header().entry_size().ok().and_then(|size| usize::try_from(size).ok());
        reached = header.saturating_add(BLOCK).saturating_add(size.unwrap_or_default());
        member(&mut entry, bytes.len() as u64, contents, room);
    }
    None
}

/// `most` bytes are there, whatever the header says.
fn member(entry: &mut Entry<'_, impl std::io::Read>, most: u64, contents: &mut Contents, room: &mut Room) {
    let kind = entry.header().entry_type();
    if kind == EntryType::Directory || kind == EntryType::XGlobalHeader {
        return;
    }
    let mut item = named(&String::from_utf8_lossy(&entry.path_bytes()));
    if let Some(when) = entry.header().mtime().ok().and_then(|time| unix_time(i64::try_from(time).ok()?)) {
        fact(&mut item, "modified", when);
    }
    if let Some(target) = entry.link_name_bytes() {
        let name = if kind == EntryType::Symlink { "symbolic_link" } else { "hard_link" };
        fact(&mut item, name, String::from_utf8_lossy(&target));
    } else if matches!(kind, EntryType::Char | EntryType::Block | EntryType::Fifo) {
        fact(&mut item, "device", format!("{kind:?}").to_lowercase());
    }
    let size = entry.size();
    if matches!(kind, EntryType::Regular | EntryType::Continuous | EntryType::GNUSparse)
        || !(kind.is_hard_link()
            || kind.is_symlink()
            || kind.is_character_special()
            || kind.is_block_special()
            || kind.is_fifo())
    {
        // What a sparse member stores, not the size it claims to have.
        let stored = entry.header().entry_size().unwrap_or(size).min(most);
        let unpacked = unpack(&mut *entry, stored, room);
        let short = (unpacked.bytes.len() as u64) < size && unpacked.end == super::End::Whole;
        unpacked.into_item(&mut item, Some(size));
        if short {
            item.defects.push(crate::Defect::new("truncated", "the archive ends before the member does"));
        }
    }
    contents.items.push(item);
}

/// Where the next block from `from` on that has the mark of a header begins; never the first of all.
fn next_header(bytes: &[u8], from: usize) -> Option<usize> {
    let start = from.checked_next_multiple_of(BLOCK)?.max(BLOCK);
    let is_header = |at: &usize| bytes.get(at + 257..at + 262).is_some_and(|mark| mark == b"ustar");
    (start..bytes.len()).step_by(BLOCK).find(is_header)
}
