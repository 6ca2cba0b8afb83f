//! ZIP archives (PKWARE APPNOTE 6.3.10, WinZip AE-1 and AE-2).
//!
//! The directory is read by our own code: libraries read what it says, while hostile archives are about what it does
//! not say. Members that only their own headers announce are found too, overlapping ones are unpacked once, and where
//! directory and headers disagree both are reported. Unpacking is done by libraries.

mod crypto;
mod directory;
mod method;
mod names;

pub(crate) use directory::{Directory, Entry};

use super::{
    Attempt, End, FACT_BYTES, Keys, MEMBERS, Unpacked, dos_time, fact, locked, mark_duplicates, named,
    no_more_tries, too_many, unix_time,
};
use crate::contents::{Content, Contents, Item, Room};
use crate::fields::bounded;
use crate::{Defect, Fact};

pub(super) fn open(bytes: &[u8], keys: &mut Keys<'_>, room: &mut Room) -> Contents {
    let directory = Directory::read(bytes);
    let mut contents = Contents { format: "zip", defects: directory.defects.clone(), ..Contents::default() };
    if !directory.comment.is_empty() {
        let comment = directory.names.decode(&directory.comment, false);
        contents.facts.push(Fact::new("comment", bounded(&comment, FACT_BYTES)));
    }
    if directory.prepended > 0 {
        contents.facts.push(Fact::new("prepended_bytes", directory.prepended.to_string()));
    }
    for entry in &directory.entries {
        let name = directory.names.of(entry);
        if name.ends_with(['/', '\\']) && entry.size == 0 && entry.packed == 0 {
            continue;
        }
        if contents.items.len() >= MEMBERS {
            too_many(&mut contents);
            break;
        }
        contents.items.push(item(bytes, entry, &name, keys, room));
    }
    mark_duplicates(&mut contents.items);
    contents
}

fn item(bytes: &[u8], entry: &Entry, name: &str, keys: &mut Keys<'_>, room: &mut Room) -> Item {
    let mut item = named(name);
    facts(&mut item, entry);
    item.defects.extend(entry.defects.iter().cloned());
    if entry.overlaps {
        item.content = Content::Listed { size: Some(entry.size) };
        let message = "members share their bytes too often; this one was only listed";
        item.defects.push(Defect::new("limit_overlapping", message));
        return item;
    }
    let Some(data) = entry.data(bytes) else {
        item.content = Content::Listed { size: Some(entry.size) };
        item.defects.push(Defect::new("truncated", "its content is not within the archive"));
        return item;
    };
    let truncated = (data.len() as u64) < entry.packed;
    if entry.is_encrypted() {
        encrypted(&mut item, entry, data, keys, room);
    } else {
        let unpacked = method::unpack(entry.method, data, entry.size, room);
        finish(&mut item, entry, entry.crc, unpacked);
    }
    if truncated {
        item.defects.push(Defect::new("truncated", "the archive ends before the member does"));
    }
    if entry.is_symbolic_link()
        && let Content::File(target) = &item.content
    {
        let target = String::from_utf8_lossy(target).into_owned();
        fact(&mut item, "symbolic_link", target);
    }
    item
}

fn facts(item: &mut Item, entry: &Entry) {
    let when = entry.unix_time.and_then(unix_time).or_else(|| dos_time(entry.date, entry.time));
    if let Some(when) = when {
        fact(item, "modified", when);
    }
    if !entry.comment.is_empty() {
        fact(item, "comment", names::guess(&entry.comment));
    }
}

/// `crc` is the checksum the content should have, when it is known.
fn finish(item: &mut Item, entry: &Entry, crc: Option<u32>, unpacked: Unpacked) {
    let whole = unpacked.end == End::Whole;
    let wrong = whole && crc.is_some_and(|crc| crc != crc32fast::hash(&unpacked.bytes));
    let other_size = whole && entry.size_known && unpacked.bytes.len() as u64 != entry.size;
    unpacked.into_item(item, Some(entry.size));
    if wrong {
        item.defects.push(Defect::new("bad_checksum", "the checksum of the content is another; it was kept"));
    }
    if other_size {
        let message = format!("the archive says it has {} bytes; it has others", entry.size);
        item.defects.push(Defect::new("bad_size", message));
    }
}

fn encrypted(item: &mut Item, entry: &Entry, data: &[u8], keys: &mut Keys<'_>, room: &mut Room) {
    let Some(cipher) = crypto::Cipher::of(entry, data) else {
        fact(item, "encryption", "unknown");
        locked(item, Some(entry.size));
        return;
    };
    fact(item, "encryption", cipher.name());
    let attempt = keys.search(|password| {
        if !room.spend(cipher.cost()) {
            return Attempt::Full;
        }
        let Some(plain) = cipher.open(password) else { return Attempt::Wrong };
        // A weak check lets one of 256 (or 65,536) wrong passwords pass: the content decides.
        if !room.spend(plain.len() as u64 * crypto::BYTE_COST) {
            return Attempt::Full;
        }
        let unpacked = method::unpack(cipher.method(), &plain, entry.size, room);
        let checked = entry.crc.filter(|_| cipher.has_checksum());
        let right = match unpacked.end {
            End::Whole => checked.is_none_or(|crc| crc == crc32fast::hash(&unpacked.bytes)),
            End::Damaged => cipher.is_authentic(),
            _ => true,
        };
        if right { Attempt::Open(unpacked) } else { Attempt::Wrong }
    });
    match attempt {
        Attempt::Open(unpacked) => {
            finish(item, entry, entry.crc.filter(|_| cipher.has_checksum()), unpacked);
        }
        Attempt::Wrong => locked(item, Some(entry.size)),
        Attempt::Full => {
            locked(item, Some(entry.size));
            item.defects.push(no_more_tries());
        }
    }
}
