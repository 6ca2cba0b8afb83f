//! The members of a ZIP archive: those of its directory, and those that only their own headers announce.

use memchr::memmem;

use super::names::Names;
use crate::Defect;

/// Members read of the directory; more than are listed, because the first of them may be folders.
const ENTRIES: usize = 10_000;
/// Local headers looked at outside of what the directory names.
const STRAYS: usize = 2_000;
/// Size of the fixed part of each record (APPNOTE §4.3.7, §4.3.12, §4.3.16, §4.3.15, §4.3.14).
const LOCAL: usize = 30;
const CENTRAL: usize = 46;
const END: usize = 22;
const LOCATOR: usize = 20;
const END_64: usize = 56;
/// Times the size of the archive that may be unpacked when members share their bytes.
const SHARED: u64 = 2;

/// What a ZIP archive says it holds.
#[derive(Debug)]
pub(crate) struct Directory {
    pub(crate) entries: Vec<Entry>,
    pub(crate) names: Names,
    pub(super) comment: Vec<u8>,
    /// Bytes before the first member.
    pub(super) prepended: usize,
    pub(super) defects: Vec<Defect>,
}

/// One member.
#[derive(Debug, Clone, Default)]
pub(crate) struct Entry {
    pub(super) name: Vec<u8>,
    pub(super) flags: u16,
    pub(super) method: u16,
    pub(super) time: u16,
    pub(super) date: u16,
    /// Seconds since 1970, of an extra field.
    pub(super) unix_time: Option<i64>,
    /// Nothing when only a record after the content says it.
    pub(super) crc: Option<u32>,
    pub(super) packed: u64,
    pub(super) size: u64,
    pub(super) size_known: bool,
    pub(super) comment: Vec<u8>,
    extra: Vec<u8>,
    made_by: u16,
    attributes: u32,
    header_at: usize,
    data_at: Option<usize>,
    /// It shares bytes with so many others that it is not unpacked.
    pub(super) overlaps: bool,
    pub(super) defects: Vec<Defect>,
}

impl Entry {
    pub(super) fn is_encrypted(&self) -> bool {
        self.flags & 1 != 0
    }

    /// Made on Unix, with the file type of a symbolic link.
    pub(super) fn is_symbolic_link(&self) -> bool {
        self.made_by >> 8 == 3 && (self.attributes >> 16) & 0o170_000 == 0o120_000
    }

    /// Data of the extra field with this id.
    pub(super) fn extra(&self, id: u16) -> Option<&[u8]> {
        extra(&self.extra, id)
    }

    /// The name of Info-ZIP's Unicode path (APPNOTE §4.6.9) when it belongs to the name.
    pub(super) fn unicode_name(&self) -> Option<&str> {
        let field = self.extra(0x7075)?;
        let (head, name) = field.split_at_checked(5)?;
        let crc = u32::from_le_bytes(head.get(1..5)?.try_into().ok()?);
        (crc == crc32fast::hash(&self.name)).then_some(())?;
        std::str::from_utf8(name).ok().filter(|name| !name.is_empty())
    }

    /// Whether it has exactly this name, which is of ASCII alone.
    pub(crate) fn is_named(&self, name: &str) -> bool {
        self.unicode_name().map_or(self.name.as_slice(), str::as_bytes) == name.as_bytes()
    }

    /// Its packed bytes, as far as the archive has them.
    pub(super) fn data<'a>(&self, bytes: &'a [u8]) -> Option<&'a [u8]> {
        let rest = bytes.get(self.data_at?..)?;
        rest.get(..usize::try_from(self.packed).unwrap_or(usize::MAX).min(rest.len()))
    }

    fn end(&self) -> usize {
        let packed = usize::try_from(self.packed).unwrap_or(usize::MAX);
        self.data_at.unwrap_or(self.header_at).saturating_add(packed)
    }
}

fn extra(fields: &[u8], id: u16) -> Option<&[u8]> {
    let mut rest = fields;
    while let Some((head, tail)) = rest.split_at_checked(4) {
        let size = usize::from(u16_at(head, 2)?);
        let (data, after) = tail.split_at_checked(size).unwrap_or((tail, &[]));
        if u16_at(head, 0)? == id {
            return Some(data);
        }
        rest = after;
    }
    None
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(bytes.get(at..at.checked_add(2)?)?.try_into().ok()?))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at.checked_add(4)?)?.try_into().ok()?))
}

fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_le_bytes(bytes.get(at..at.checked_add(8)?)?.try_into().ok()?))
}

fn position(value: u64) -> usize {
    usize::try_from(value).unwrap_or(usize::MAX)
}

/// Where the directory is.
#[derive(Debug, Clone, Copy)]
struct Place {
    start: usize,
    /// What all positions are short of: bytes put before the archive.
    shift: usize,
    count: u64,
    comment: (usize, usize),
}

impl Directory {
    pub(crate) fn read(bytes: &[u8]) -> Self {
        let mut defects = Vec::new();
        let place = place(bytes);
        let mut entries = match place {
            Some(place) => central(bytes, place, &mut defects),
            None => Vec::new(),
        };
        let directory_found = !entries.is_empty() || place.is_some_and(|place| place.count == 0);
        for entry in &mut entries {
            resolve(bytes, entry);
        }
        mark_overlaps(&mut entries, bytes.len());
        let before = entries.len();
        strays(bytes, place, &mut entries, directory_found);
        if entries.len() > before && directory_found {
            defects.push(Defect::new("hidden_members", "there are members that the directory does not name"));
        } else if !directory_found {
            let message = "there is no directory of the members; they were found by their own headers";
            defects.push(Defect::new("bad_directory", message));
        }
        let prepended = entries.iter().map(|entry| entry.header_at).min().unwrap_or(0);
        let comment = place.and_then(|place| bytes.get(place.comment.0..place.comment.1)).unwrap_or_default();
        let names = Names::of_entries(&entries);
        Self { entries, names, comment: comment.to_vec(), prepended, defects }
    }

    /// Whether there is a member with exactly this name.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.entries.iter().any(|entry| entry.name == name.as_bytes())
    }

    /// What can be read of a member that is not encrypted.
    pub(crate) fn unpack(
        &self,
        bytes: &[u8],
        entry: &Entry,
        room: &mut crate::contents::Room,
    ) -> Option<Vec<u8>> {
        if entry.is_encrypted() || entry.overlaps {
            return None;
        }
        let unpacked = super::method::unpack(entry.method, entry.data(bytes)?, entry.size, room);
        (unpacked.end == super::End::Whole || !unpacked.bytes.is_empty()).then_some(unpacked.bytes)
    }
}

/// Finds the end record, whose comment may hold the mark of another one.
fn place(bytes: &[u8]) -> Option<Place> {
    let window = bytes.len().saturating_sub(END + usize::from(u16::MAX));
    let tail = bytes.get(window..)?;
    let fits = |at: &usize| {
        let length = u16_at(tail, at + 20).map(usize::from);
        length.is_some_and(|length| at + END + length <= tail.len())
    };
    let at = window + memmem::rfind_iter(tail, b"PK\x05\x06").find(fits)?;
    let (mut count, mut size, mut offset) = (
        u64::from(u16_at(bytes, at + 10)?),
        u64::from(u32_at(bytes, at + 12)?),
        u64::from(u32_at(bytes, at + 16)?),
    );
    let mut end = at;
    if let Some((at, large)) = end_64(bytes, at) {
        (count, size, offset, end) = (large.0, large.1, large.2, at);
    }
    let is_directory = |at: usize| bytes.get(at..).is_some_and(|rest| rest.starts_with(b"PK\x01\x02"));
    let (told, behind) = (position(offset), end.saturating_sub(position(size)));
    let start = if is_directory(behind) || !is_directory(told) { behind } else { told };
    let comment = at + END;
    let length = usize::from(u16_at(bytes, at + 20)?);
    let shift = start.saturating_sub(told);
    Some(Place { start, shift, count, comment: (comment, comment + length) })
}

/// Position and members, size and offset of the end record of large archives (APPNOTE §4.3.14).
fn end_64(bytes: &[u8], end: usize) -> Option<(usize, (u64, u64, u64))> {
    let locator = bytes.get(end.checked_sub(LOCATOR)?..end)?;
    locator.starts_with(b"PK\x06\x07").then_some(())?;
    let told = position(u64_at(locator, 8)?);
    let behind = end.checked_sub(LOCATOR + END_64)?;
    let at = [told, behind]
        .into_iter()
        .find(|at| bytes.get(*at..).is_some_and(|rest| rest.starts_with(b"PK\x06\x06")))?;
    Some((at, (u64_at(bytes, at + 32)?, u64_at(bytes, at + 40)?, u64_at(bytes, at + 48)?)))
}

fn central(bytes: &[u8], place: Place, defects: &mut Vec<Defect>) -> Vec<Entry> {
    let mut entries = Vec::new();
    let mut at = place.start;
    while entries.len() < ENTRIES
        && let Some((entry, next)) = central_entry(bytes, at, place.shift)
    {
        entries.push(entry);
        at = next;
    }
    if entries.len() as u64 != place.count && entries.len() < ENTRIES {
        let message = format!("the directory says {} members and names {}", place.count, entries.len());
        defects.push(Defect::new("bad_directory", message));
    }
    entries
}

fn central_entry(bytes: &[u8], at: usize, shift: usize) -> Option<(Entry, usize)> {
    let record = bytes.get(at..at.checked_add(CENTRAL)?)?;
    record.starts_with(b"PK\x01\x02").then_some(())?;
    let field = |offset| u16_at(record, offset);
    let name_at = at + CENTRAL;
    let extra_at = name_at + usize::from(field(28)?);
    let comment_at = extra_at + usize::from(field(30)?);
    let next = comment_at + usize::from(field(32)?);
    let extra_fields = bytes.get(extra_at..comment_at)?;
    let mut entry = Entry {
        name: bytes.get(name_at..extra_at)?.to_vec(),
        comment: bytes.get(comment_at..next).unwrap_or_default().to_vec(),
        made_by: field(4)?,
        flags: field(8)?,
        method: field(10)?,
        time: field(12)?,
        date: field(14)?,
        crc: Some(u32_at(record, 16)?),
        packed: u64::from(u32_at(record, 20)?),
        size: u64::from(u32_at(record, 24)?),
        size_known: true,
        attributes: u32_at(record, 38)?,
        extra: extra_fields.to_vec(),
        ..Entry::default()
    };
    let mut offset = u64::from(u32_at(record, 42)?);
    large(&mut entry, Some(&mut offset));
    entry.unix_time = unix_time(&entry);
    entry.header_at = position(offset).saturating_add(shift);
    Some((entry, next))
}

/// Sizes of 64 bits from the extra field, in the order of those that do not fit (APPNOTE §4.5.3).
fn large(entry: &mut Entry, offset: Option<&mut u64>) {
    let Some(field) = extra(&entry.extra, 1).map(<[u8]>::to_vec) else { return };
    let mut at = 0;
    let values = [Some(&mut entry.size), Some(&mut entry.packed), offset];
    for value in values.into_iter().flatten() {
        if *value == u64::from(u32::MAX)
            && let Some(large) = u64_at(&field, at)
        {
            *value = large;
            at += 8;
        }
    }
}

fn unix_time(entry: &Entry) -> Option<i64> {
    let field = entry.extra(0x5455)?;
    let has_time = field.first()? & 1 == 1;
    has_time.then_some(())?;
    Some(i64::from(i32::from_le_bytes(field.get(1..5)?.try_into().ok()?)))
}

/// A member by its own header, and where its content begins.
fn local(bytes: &[u8], at: usize) -> Option<Entry> {
    let record = bytes.get(at..at.checked_add(LOCAL)?)?;
    record.starts_with(b"PK\x03\x04").then_some(())?;
    let field = |offset| u16_at(record, offset);
    let name_at = at + LOCAL;
    let extra_at = name_at + usize::from(field(26)?);
    let data_at = extra_at + usize::from(field(28)?);
    let flags = field(6)?;
    // A record after the content says the sizes.
    let known = flags & 8 == 0;
    let mut entry = Entry {
        name: bytes.get(name_at..extra_at)?.to_vec(),
        flags,
        method: field(8)?,
        time: field(10)?,
        date: field(12)?,
        crc: known.then_some(u32_at(record, 14)?),
        packed: u64::from(u32_at(record, 18)?),
        size: u64::from(u32_at(record, 22)?),
        size_known: known,
        extra: bytes.get(extra_at..data_at)?.to_vec(),
        header_at: at,
        data_at: Some(data_at),
        ..Entry::default()
    };
    large(&mut entry, None);
    entry.unix_time = unix_time(&entry);
    Some(entry)
}

/// Finds the content of a member of the directory and says where its own header differs.
fn resolve(bytes: &[u8], entry: &mut Entry) {
    let Some(own) = local(bytes, entry.header_at) else {
        let message = "its own header is not where the directory says";
        entry.defects.push(Defect::new("bad_local_header", message));
        return;
    };
    entry.data_at = own.data_at;
    let mut differs = Vec::new();
    let mut compare = |same: bool, what: &'static str| {
        if !same {
            differs.push(what);
        }
    };
    compare(own.name == entry.name, "name");
    compare(own.method == entry.method, "method");
    compare(own.is_encrypted() == entry.is_encrypted(), "encryption");
    if own.size_known {
        compare(own.size == entry.size && own.packed == entry.packed, "size");
        compare(own.crc == entry.crc, "checksum");
    }
    if !differs.is_empty() {
        let message = format!("its own header says another {} than the directory", differs.join(", "));
        entry.defects.push(Defect::new("bad_local_header", message));
    }
}

/// Marks members that share bytes, and leaves those packed that are beyond what sharing may cost.
fn mark_overlaps(entries: &mut [Entry], archive: usize) {
    let mut order: Vec<usize> = (0..entries.len()).collect();
    order.sort_by_key(|index| entries.get(*index).map_or((0, 0), |entry| (entry.header_at, *index)));
    let mut shared = (archive as u64).saturating_mul(SHARED);
    let mut end = 0;
    for index in order {
        let Some(entry) = entries.get_mut(index) else { continue };
        if entry.data_at.is_none() {
            continue;
        }
        if entry.header_at < end {
            let message = "its bytes are those of another member too, as in a decompression bomb";
            entry.defects.push(Defect::new("overlapping", message));
            match shared.checked_sub(entry.packed) {
                Some(left) => shared = left,
                None => entry.overlaps = true,
            }
        }
        end = end.max(entry.end());
    }
}

/// Adds members that begin where the directory names none.
fn strays(bytes: &[u8], place: Option<Place>, entries: &mut Vec<Entry>, directory_found: bool) {
    let mut covered: Vec<(usize, usize)> = entries
        .iter()
        .filter(|entry| entry.data_at.is_some())
        .map(|entry| (entry.header_at, entry.end()))
        .collect();
    covered.extend(place.filter(|_| directory_found).map(|place| (place.start, place.comment.0)));
    covered.sort_unstable();
    let mut at = 0;
    let mut found = 0;
    let gaps = covered.into_iter().chain([(bytes.len(), bytes.len())]);
    for (start, end) in gaps {
        while at < start && found < STRAYS {
            let Some(gap) = bytes.get(at..start.min(bytes.len())) else { break };
            let Some(next) = memmem::find(gap, b"PK\x03\x04").map(|next| at + next) else { break };
            let Some(mut entry) = local(bytes, next) else {
                at = next + 4;
                continue;
            };
            found += 1;
            if !entry.size_known && entry.packed == 0 {
                entry.packed = until_next_record(bytes, entry.data_at.unwrap_or(next), start) as u64;
            }
            at = entry.end().max(next + 4);
            if directory_found {
                let message = "the directory does not name it; other programs may not see it";
                entry.defects.push(Defect::new("not_in_directory", message));
            }
            entries.push(entry);
        }
        at = at.max(end);
    }
}

/// Bytes up to the next record of an archive: the content of a member whose size nothing tells.
fn until_next_record(bytes: &[u8], from: usize, end: usize) -> usize {
    let rest = bytes.get(from..end.max(from)).unwrap_or_default();
    // Record by record, not mark by mark: the distance is walked once.
    let is_record =
        |at: &usize| matches!(rest.get(at + 2..at + 4), Some(b"\x07\x08" | b"\x03\x04" | b"\x01\x02"));
    memmem::find_iter(rest, b"PK").find(is_record).unwrap_or(rest.len())
}
