//! 7z archives, by `sevenz-rust2`. What it would allocate or derive without limit is looked at before it is called.

mod guard;

use std::io::Cursor;

use sevenz_rust2::{Archive, ArchiveEntry, BlockDecoder, Error, Password};

use super::{
    Attempt, End, Keys, MEMBERS, Unpacked, WINDOW_BYTES, damaged, fact, locked, named, no_more_tries,
    too_many, unpack, unsupported,
};
use crate::contents::{Content, Contents, Item, Room};
use crate::{Defect, Lock};

/// Nanoseconds of one round of the key derivation.
const ROUND_COST: u64 = 250;
/// Nanoseconds for one byte to decrypt and unpack with a password that may be wrong.
const BYTE_COST: u64 = 20;

pub(super) fn open(bytes: &[u8], keys: &mut Keys<'_>, room: &mut Room) -> Contents {
    let mut contents = Contents { format: "7z", ..Contents::default() };
    let Some(header) = guard::header(bytes) else {
        let message = "the archive is cut or its start is damaged; nothing of it could be read";
        contents.defects.push(damaged(message));
        return contents;
    };
    if header.window > WINDOW_BYTES {
        contents.defects.push(unsupported("a window beyond the limit"));
        return contents;
    }
    let archive = match read(bytes, &header, keys, room) {
        Ok(archive) => archive,
        Err(Closed::Locked) => {
            contents.lock = Some(Lock::Password);
            return contents;
        }
        Err(Closed::Full) => {
            contents.lock = Some(Lock::Password);
            contents.defects.push(no_more_tries());
            return contents;
        }
        Err(Closed::Damaged) => {
            contents.defects.push(damaged("the list of members is damaged"));
            return contents;
        }
    };
    let mut items: Vec<Item> = archive.files.iter().map(listed).collect();
    for block in 0..archive.blocks.len() {
        open_block(bytes, &archive, block, &mut items, keys, room);
    }
    let shown = archive.files.iter().zip(items).filter(|(file, _)| !file.is_directory).map(|(_, item)| item);
    contents.items = shown.take(MEMBERS + 1).collect();
    if contents.items.len() > MEMBERS {
        contents.items.truncate(MEMBERS);
        too_many(&mut contents);
    }
    super::mark_duplicates(&mut contents.items);
    contents
}

/// Why there is no list of members.
enum Closed {
    Locked,
    Full,
    Damaged,
}

fn read(
    bytes: &[u8],
    header: &guard::Header,
    keys: &mut Keys<'_>,
    room: &mut Room,
) -> Result<Archive, Closed> {
    // The list is unpacked in memory.
    if room.take(usize::try_from(header.unpacked).unwrap_or(usize::MAX)).is_err() {
        return Err(Closed::Damaged);
    }
    let with = |password: &Password| Archive::read(&mut Cursor::new(bytes), password);
    let Some(power) = header.derivation else {
        return with(&Password::empty()).map_err(|_| Closed::Damaged);
    };
    let attempt = keys.search(|password| {
        if !room.spend(derivation_cost(power)) {
            return Attempt::Full;
        }
        with(&Password::from(password)).map_or(Attempt::Wrong, Attempt::Open)
    });
    match attempt {
        Attempt::Open(archive) => Ok(archive),
        Attempt::Wrong => Err(Closed::Locked),
        Attempt::Full => Err(Closed::Full),
    }
}

fn derivation_cost(power: u8) -> u64 {
    1_u64.checked_shl(u32::from(power)).unwrap_or(u64::MAX).saturating_mul(ROUND_COST)
}

fn listed(file: &ArchiveEntry) -> Item {
    let mut item = named(&file.name);
    let modified = file.has_last_modified_date.then(|| u64::from(file.last_modified_date));
    if let Some(when) = modified.and_then(crate::filetime::second) {
        fact(&mut item, "modified", when);
    }
    item.content = match file.has_stream && file.size > 0 {
        true => Content::Listed { size: Some(file.size) },
        false => Content::File(Vec::new()),
    };
    item
}

/// What one block holds, by the index of the file.
type Files = Vec<(usize, Unpacked)>;

fn open_block(
    bytes: &[u8],
    archive: &Archive,
    block: usize,
    items: &mut [Item],
    keys: &mut Keys<'_>,
    room: &mut Room,
) {
    let Some(description) = archive.blocks.get(block) else { return };
    let coders = description.coders.iter().map(|coder| (coder.encoder_method_id(), coder.properties()));
    let needs = guard::needs(coders);
    let files = archive.stream_map.file_block_index.iter().enumerate();
    let members: Vec<usize> = files.filter(|(_, of)| **of == Some(block)).map(|(index, _)| index).collect();
    if needs.window > WINDOW_BYTES {
        each(items, &members, |item| item.defects.push(unsupported("a window beyond the limit")));
        return;
    }
    let Some(power) = needs.derivation else {
        let (files, error) = unpack_block(bytes, archive, block, &Password::empty(), room);
        fill(items, archive, &members, files, error.as_ref());
        return;
    };
    each(items, &members, |item| fact(item, "encryption", "aes256"));
    let attempt = keys.search(|password| {
        if !room.spend(derivation_cost(power)) {
            return Attempt::Full;
        }
        let (files, error) = unpack_block(bytes, archive, block, &Password::from(password), room);
        let read: u64 = files.iter().map(|(_, file)| file.bytes.len() as u64).sum();
        if !room.spend(read.saturating_mul(BYTE_COST)) {
            return Attempt::Full;
        }
        // The checksum of the first file says whether the password is right.
        let right = files.first().is_some_and(|(_, first)| first.end != End::Damaged);
        if right { Attempt::Open((files, error)) } else { Attempt::Wrong }
    });
    match attempt {
        Attempt::Open((files, error)) => fill(items, archive, &members, files, error.as_ref()),
        Attempt::Wrong => each(items, &members, |item| item.lock = Some(Lock::Password)),
        Attempt::Full => each(items, &members, |item| {
            let Content::Listed { size } = item.content else { return };
            locked(item, size);
            item.defects.push(no_more_tries());
        }),
    }
}

fn each(items: &mut [Item], members: &[usize], mut change: impl FnMut(&mut Item)) {
    for member in members {
        if let Some(item) = items.get_mut(*member) {
            change(item);
        }
    }
}

/// Unpacks the files of a block up to the first that does not come out whole: those behind it depend on it.
fn unpack_block(
    bytes: &[u8],
    archive: &Archive,
    block: usize,
    password: &Password,
    room: &mut Room,
) -> (Files, Option<Error>) {
    let mut source = Cursor::new(bytes);
    let mut files = Files::new();
    let Some(first) = archive.stream_map.block_first_file_index.get(block) else { return (files, None) };
    let decoder = BlockDecoder::new(1, block, archive, password, &mut source);
    let mut index = *first;
    let packed = bytes.len() as u64;
    let result = decoder.for_each_entries(&mut |file: &ArchiveEntry, reader: &mut dyn std::io::Read| {
        if file.has_stream && file.size > 0 {
            let mut unpacked = unpack(reader, packed, room);
            // What a wrong password makes of the bytes may begin with a mark that the end is there.
            if unpacked.end == End::Whole && unpacked.bytes.len() as u64 != file.size {
                unpacked.end = End::Damaged;
            }
            let whole = unpacked.end == End::Whole;
            files.push((index, unpacked));
            index += 1;
            return Ok(whole);
        }
        index += 1;
        Ok(true)
    });
    (files, result.err())
}

fn fill(items: &mut [Item], archive: &Archive, members: &[usize], files: Files, error: Option<&Error>) {
    let mut unread: Vec<usize> = members.to_vec();
    let mut end = None;
    for (index, unpacked) in files {
        unread.retain(|one| *one != index);
        let size = archive.files.get(index).map(|file| file.size);
        if let Some(item) = items.get_mut(index) {
            end = (unpacked.end != End::Whole).then(|| item.name.clone().unwrap_or_default());
            unpacked.into_item(item, size);
        }
    }
    let defect = match error {
        Some(Error::UnsupportedCompressionMethod(_) | Error::Unsupported(_) | Error::ExternalUnsupported) => {
            unsupported("a method that is not known here")
        }
        _ if end.is_some() => Defect::new(
            "not_reached",
            "it is packed together with a member before it that could not be unpacked",
        ),
        _ => damaged("the content is damaged; nothing of it could be read"),
    };
    each(items, &unread, |item| {
        if matches!(item.content, Content::Listed { .. }) {
            item.defects.push(defect.clone());
        }
    });
}
