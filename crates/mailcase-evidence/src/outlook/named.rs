//! Properties known by a name instead of a number ([MS-OXMSG] §2.2.3, [MS-OXPROPS] §1.3.2).

use std::collections::BTreeMap;

use super::bytes::{Bytes, u32_at, utf16};
use super::compound::{Compound, Kind};
use super::properties::Reading;

/// The storage all names of a file are kept in.
pub(super) const NAMES_STORAGE: &str = "__nameid_version1.0";
/// Numbers from here on stand for names.
pub(super) const FIRST_NAMED: u16 = 0x8000;
/// Longest text of a name; [MS-OXPROPS] has none beyond some dozens.
const NAME_BYTES: usize = 512;

/// A set of names, as stored.
pub(super) type Set = [u8; 16];

/// One of Outlook's own sets: they differ in their first number.
const fn outlook_set(number: u8) -> Set {
    [number, 0x20, 0x06, 0, 0, 0, 0, 0, 0xc0, 0, 0, 0, 0, 0, 0, 0x46]
}

pub(super) const APPOINTMENT: Set = outlook_set(0x02);
pub(super) const TASK: Set = outlook_set(0x03);
pub(super) const CONTACT: Set = outlook_set(0x04);
pub(super) const COMMON: Set = outlook_set(0x08);
pub(super) const JOURNAL: Set = outlook_set(0x0a);
pub(super) const NOTE: Set = outlook_set(0x0e);
pub(super) const MEETING: Set =
    [0x90, 0xda, 0xd8, 0x6e, 0x0b, 0x45, 0x1b, 0x10, 0x98, 0xda, 0x00, 0xaa, 0x00, 0x3f, 0x13, 0x05];
pub(super) const PUBLIC_STRINGS: Set = [0x29, 0x03, 0x02, 0, 0, 0, 0, 0, 0xc0, 0, 0, 0, 0, 0, 0, 0x46];
const MAPI: Set = [0x28, 0x03, 0x02, 0, 0, 0, 0, 0, 0xc0, 0, 0, 0, 0, 0, 0, 0x46];

/// A name within a set.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Name {
    Number(u32),
    /// In lower case.
    Text(String),
}

/// Which number stands for which name in this file.
#[derive(Debug, Default)]
pub(super) struct Names {
    list: BTreeMap<(Set, Name), u16>,
}

impl Names {
    pub(super) fn of_file(reading: &mut Reading<'_, '_>) -> Self {
        let mut names = Self::default();
        let Some(compound) = reading.compound else { return names };
        let Some(storage) = compound.child(Compound::ROOT, NAMES_STORAGE, Kind::Storage) else {
            return names;
        };
        let mut stream = |name: &str| {
            let id = compound.child(storage, name, Kind::Stream);
            id.and_then(|id| reading.stream(id)).unwrap_or_default()
        };
        let (sets, entries, texts) =
            (stream("__substg1.0_00020102"), stream("__substg1.0_00030102"), stream("__substg1.0_00040102"));
        for entry in entries.chunks_exact(8) {
            let mut fields = Bytes::new(entry);
            let (Some(value), Some(kind), Some(place)) = (fields.u32(), fields.u16(), fields.u16()) else {
                break;
            };
            let set = match kind >> 1 {
                1 => Some(MAPI),
                2 => Some(PUBLIC_STRINGS),
                other => {
                    usize::from(other).checked_sub(3).and_then(|set| Bytes::new(sets.get(set * 16..)?).guid())
                }
            };
            let name = if kind & 1 == 0 { Some(Name::Number(value)) } else { text_at(&texts, value) };
            if let (Some(set), Some(name), Some(number)) = (set, name, FIRST_NAMED.checked_add(place)) {
                names.insert(set, name, number);
            }
        }
        names
    }

    /// The first number of a name counts.
    pub(super) fn insert(&mut self, set: Set, name: Name, number: u16) {
        self.list.entry((set, name)).or_insert(number);
    }

    pub(super) fn number(&self, set: Set, name: u32) -> Option<u16> {
        self.list.get(&(set, Name::Number(name))).copied()
    }
}

impl Name {
    pub(super) fn text(utf16_bytes: &[u8]) -> Self {
        let text = utf16(utf16_bytes.get(..NAME_BYTES).unwrap_or(utf16_bytes));
        Self::Text(text.trim_end_matches('\0').to_ascii_lowercase())
    }
}

fn text_at(texts: &[u8], at: u32) -> Option<Name> {
    let at = at as usize;
    let length = u32_at(texts, at)? as usize;
    let start = at.checked_add(4)?;
    Some(Name::text(texts.get(start..start.checked_add(length)?)?))
}
