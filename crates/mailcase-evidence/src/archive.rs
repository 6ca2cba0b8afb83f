//! Archives: their members in order, unpacked within the room, and what is odd about them.
//!
//! Nothing is followed (links, paths) and nothing is trusted: names stay as declared, sizes are what was read, and a
//! damaged or locked member costs only itself. Passwords are tried from a list that the caller gives.

mod bundle;
mod disc;
mod password;
mod rar;
mod seven;
mod stream;
mod tape;
pub(crate) mod zip;

use std::io::{self, Read};

pub(crate) use password::Passwords;

use crate::contents::{Content, Contents, Item, READ_BYTES, Room, Short, make_room};
use crate::fields::bounded;
use crate::{Defect, Fact, Lock};

/// Members listed of one archive; the tree has room for as many parts.
const MEMBERS: usize = 2_000;
/// Bytes of one name kept.
const NAME_BYTES: usize = 1_000;
/// Bytes of one fact kept.
const FACT_BYTES: usize = 2_000;
/// What a member may become whatever its packed size: text and bitmaps pack very well.
const FREE_BYTES: u64 = 4 << 20;
/// Beyond [`FREE_BYTES`], the times a member may be larger than its packed form. Documents stay below 50.
const RATIO: u64 = 250;
/// Members whose passwords are searched for in full. Those of one archive usually share theirs; after as many in vain,
/// only the ones that opened something are tried.
const SEARCHED_MEMBERS: usize = 3;
/// Largest window an unpacker may ask for. Its memory is only used as far as it is filled.
const WINDOW_BYTES: u64 = 256 << 20;

/// What an archive is read as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    Zip,
    SevenZip,
    Tar,
    Gzip,
    Bzip2,
    Xz,
    Zstd,
    Rar,
    /// ISO 9660, with the long names of Joliet.
    Iso,
    Cabinet,
}

/// The archive format that `start` shows. Tapes are told by byte 257 on, discs by byte 32,769 on.
pub(crate) fn format(start: &[u8]) -> Option<Format> {
    const MARKS: [(&[u8], Format); 10] = [
        (b"PK\x03\x04", Format::Zip),
        (b"PK\x05\x06", Format::Zip),
        (b"PK\x07\x08PK\x03\x04", Format::Zip),
        (b"7z\xbc\xaf\x27\x1c", Format::SevenZip),
        (b"\x1f\x8b\x08", Format::Gzip),
        (b"BZh", Format::Bzip2),
        (b"\xfd7zXZ\0", Format::Xz),
        (b"\x28\xb5\x2f\xfd", Format::Zstd),
        (b"Rar!\x1a\x07", Format::Rar),
        (b"MSCF\0\0\0\0", Format::Cabinet),
    ];
    let marked = MARKS.iter().find(|(mark, _)| start.starts_with(mark)).map(|(_, format)| *format);
    marked
        .or_else(|| start.get(257..).is_some_and(|at| at.starts_with(b"ustar")).then_some(Format::Tar))
        .or_else(|| start.get(32_769..).is_some_and(|at| at.starts_with(b"CD001")).then_some(Format::Iso))
}

/// Opens an archive. Each of `passwords`, and those that everybody uses, may be tried on what is encrypted.
pub(crate) fn open(format: Format, bytes: &[u8], passwords: &Passwords<'_>, room: &mut Room) -> Contents {
    let mut keys = Keys::new(passwords);
    let mut contents = match format {
        Format::Zip => zip::open(bytes, &mut keys, room),
        Format::SevenZip => seven::open(bytes, &mut keys, room),
        Format::Tar => tape::open(bytes, room),
        Format::Gzip | Format::Bzip2 | Format::Xz | Format::Zstd => stream::open(format, bytes, room),
        Format::Rar => rar::open(bytes, &mut keys, room),
        Format::Iso => disc::open(bytes, room),
        Format::Cabinet => bundle::open(bytes, room),
    };
    for password in keys.found() {
        contents.facts.push(Fact::new("password", bounded(password, NAME_BYTES)));
    }
    if contents.lock.is_none() && contents.items.iter().any(|item| item.lock.is_some()) {
        contents.lock = Some(Lock::Password);
    }
    contents
}

/// The passwords of one archive: those that may be tried (the given ones, then those everybody uses), and those that
/// opened something.
#[derive(Debug)]
struct Keys<'a> {
    passwords: &'a Passwords<'a>,
    found: Vec<&'a str>,
    in_vain: usize,
}

impl<'a> Keys<'a> {
    fn new(passwords: &'a Passwords<'a>) -> Self {
        Self { passwords, found: Vec::new(), in_vain: 0 }
    }

    fn found(&self) -> &[&'a str] {
        &self.found
    }

    /// Calls `open` with one password after the other until it opens. The ones that opened something come first.
    fn search<T>(&mut self, mut open: impl FnMut(&str) -> Attempt<T>) -> Attempt<T> {
        let full = self.in_vain < SEARCHED_MEMBERS;
        let given = self.passwords.list().iter().map(String::as_str);
        let rest = given.chain(self.passwords.common().iter().copied()).filter(|_| full);
        let known = self.found.clone();
        let rest = rest.filter(|one| !known.contains(one));
        for password in known.iter().copied().chain(rest) {
            match open(password) {
                Attempt::Wrong => {}
                Attempt::Open(value) => {
                    if !known.contains(&password) {
                        self.found.push(password);
                    }
                    return Attempt::Open(value);
                }
                Attempt::Full => return Attempt::Full,
            }
        }
        self.in_vain += 1;
        Attempt::Wrong
    }
}

/// What became of a password.
#[derive(Debug)]
enum Attempt<T> {
    Open(T),
    Wrong,
    /// No more may be tried.
    Full,
}

/// What came out of an unpacker.
#[derive(Debug, Default)]
struct Unpacked {
    bytes: Vec<u8>,
    end: End,
}

/// Why unpacking ended.
#[derive(Debug, Default, PartialEq, Eq)]
enum End {
    #[default]
    Whole,
    /// The bytes before the damage are kept.
    Damaged,
    /// The room is used up.
    Full,
    /// It grows like a bomb.
    Bomb,
    Unsupported(&'static str),
}

/// Reads an unpacker to its end, within the room and within what `packed` bytes may become.
fn unpack(mut from: impl Read, packed: u64, room: &mut Room) -> Unpacked {
    let cap = FREE_BYTES.saturating_add(packed.saturating_mul(RATIO));
    let mut bytes = Vec::new();
    loop {
        let before = bytes.len();
        if before as u64 > cap {
            return Unpacked { bytes: Vec::new(), end: End::Bomb };
        }
        let wanted = (READ_BYTES as u64)
            .min(room.bytes().saturating_add(1))
            .min((cap - before as u64).saturating_add(1));
        make_room(&mut bytes, READ_BYTES);
        let result = from.by_ref().take(wanted).read_to_end(&mut bytes);
        if room.take(bytes.len() - before).is_err() {
            return Unpacked { bytes: Vec::new(), end: End::Full };
        }
        match result {
            Err(error) if error.kind() == io::ErrorKind::Unsupported => {
                return Unpacked { bytes, end: End::Unsupported("a method that is not known here") };
            }
            Err(_) => return Unpacked { bytes, end: End::Damaged },
            Ok(0) => return Unpacked { bytes, end: End::Whole },
            Ok(_) => {}
        }
    }
}

impl Unpacked {
    /// Puts what was unpacked into `item`; `size` is what the archive claims.
    fn into_item(self, item: &mut Item, size: Option<u64>) {
        let defect = match self.end {
            End::Whole => None,
            End::Damaged if self.bytes.is_empty() => {
                Some(Defect::new("damaged", "the content is damaged; nothing of it could be read"))
            }
            End::Damaged => Some(Defect::new(
                "damaged",
                "the content is damaged; what could be read before that was kept",
            )),
            End::Full => Some(Short::Full.defect()),
            End::Bomb => Some(Defect::new(
                "limit_ratio",
                "it becomes too many times its packed size, as a decompression bomb does; it was not kept",
            )),
            End::Unsupported(what) => Some(unsupported(what)),
        };
        let kept = matches!(self.end, End::Whole) || !self.bytes.is_empty();
        item.content = if kept { Content::File(self.bytes) } else { Content::Listed { size } };
        item.defects.extend(defect);
    }
}

fn unsupported(what: &str) -> Defect {
    Defect::new("unsupported_method", format!("packed with {what}; only listed"))
}

fn locked(item: &mut Item, size: Option<u64>) {
    item.content = Content::Listed { size };
    item.lock = Some(Lock::Password);
}

fn no_more_tries() -> Defect {
    Defect::new("limit_effort", "trying passwords costs more than the limit; not all of them were tried")
}

/// An item by the name as declared; a name that leaves its folder is kept and said to.
fn named(name: &str) -> Item {
    let mut item = Item { name: Some(bounded(name, NAME_BYTES)), ..Item::default() };
    if name.len() > NAME_BYTES {
        item.defects.push(Defect::new("limit_name", "the name is too long; only its start was kept"));
    }
    if escapes(name) {
        item.defects.push(Defect::new(
            "unsafe_name",
            "the name leads out of the folder it is unpacked to; it is only used as text",
        ));
    }
    if name.contains('\0') {
        item.defects.push(Defect::new("unsafe_name", "the name has a NUL; programs cut it there"));
    }
    item
}

/// Whether unpacking under this name could write elsewhere: absolute, a drive, a step up.
fn escapes(name: &str) -> bool {
    let drive = matches!(name.as_bytes(), [letter, b':', ..] if letter.is_ascii_alphabetic());
    name.starts_with(['/', '\\']) || drive || name.split(['/', '\\']).any(|step| step == "..")
}

fn fact(item: &mut Item, name: &str, value: impl AsRef<str>) {
    item.facts.push(Fact::new(name, bounded(value.as_ref(), FACT_BYTES)));
}

/// Members beyond the limit, said once on the archive.
fn too_many(contents: &mut Contents) {
    let message = format!("there are more than {MEMBERS} members; the others were passed over");
    contents.defects.push(Defect::new("limit_members", message));
}

fn damaged(message: &str) -> Defect {
    Defect::new("damaged", message)
}

/// Marks names that occur again: programs differ in which of them they show.
fn mark_duplicates(items: &mut [Item]) {
    let mut seen = std::collections::HashSet::new();
    for item in items {
        let Some(name) = item.name.as_deref() else { continue };
        if !seen.insert(name.to_lowercase()) {
            let message = "another member before it has the same name";
            item.defects.push(Defect::new("duplicate_name", message));
        }
    }
}

/// A time of MS-DOS (local, even seconds) as text; nothing when it is none.
fn dos_time(date: u16, time: u16) -> Option<String> {
    let (year, month, day) = (1980 + i16::try_from(date >> 9).ok()?, (date >> 5) & 15, date & 31);
    let (hour, minute, second) = (time >> 11, (time >> 5) & 63, (time & 31) * 2);
    let narrow = |value: u16| i8::try_from(value).ok();
    let when = jiff::civil::DateTime::new(
        year,
        narrow(month)?,
        narrow(day)?,
        narrow(hour)?,
        narrow(minute)?,
        narrow(second)?,
        0,
    );
    when.ok().map(|when| when.to_string())
}

/// Seconds since 1970 as text.
fn unix_time(seconds: i64) -> Option<String> {
    jiff::Timestamp::from_second(seconds).ok().map(|when| when.to_string())
}

#[cfg(test)]
pub(crate) mod tests;
