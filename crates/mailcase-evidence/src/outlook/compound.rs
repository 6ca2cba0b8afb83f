//! Compound files ([MS-CFB]): a file system in a file, which Outlook and old Office documents are kept in.
//!
//! Reads whatever can be read: attackers damage what their target's program does not look at, and a library that
//! checks it would see nothing. Linear in the size of the file; streams that overlap are paid for from the [`Room`].

use super::bytes::{Bytes, u16_at, u32_at, utf16};
use crate::contents::{Room, Short};
use crate::sniff::COMPOUND_FILE;

pub(crate) mod write;

/// FAT sectors listed in the header (§2.2).
const HEADER_FAT_SECTORS: usize = 109;
const MINI_SECTOR_SHIFT: u32 = 6;
const ENTRY_BYTES: usize = 128;
/// The largest number of a sector; above are marks (§2.1).
const LAST_SECTOR: u32 = 0xffff_fffa;
const END_OF_CHAIN: u32 = 0xffff_fffe;
const NO_ENTRY: u32 = 0xffff_ffff;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Nothing,
    Storage,
    Stream,
}

/// One directory entry (§2.6.1).
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) name: String,
    pub(crate) kind: Kind,
    pub(crate) class: [u8; 16],
    /// As claimed.
    pub(crate) size: u64,
    left: u32,
    right: u32,
    child: u32,
    start: u32,
    /// Entries below, in the order of the directory.
    children: Vec<usize>,
}

/// An open compound file.
#[derive(Debug)]
pub(crate) struct Compound<'a> {
    bytes: &'a [u8],
    sector_shift: u32,
    fat: Vec<u32>,
    mini_fat: Vec<u32>,
    mini_stream: Vec<u8>,
    mini_cutoff: u64,
    entries: Vec<Entry>,
    /// Chains or trees that lead nowhere.
    pub(crate) damaged: bool,
}

/// What a stream holds.
#[derive(Debug, Default)]
pub(crate) struct Stream {
    pub(crate) bytes: Vec<u8>,
    /// It should be longer.
    pub(crate) truncated: bool,
}

impl<'a> Compound<'a> {
    /// The root storage.
    pub(crate) const ROOT: usize = 0;

    /// `None` when there is no directory to be found.
    pub(crate) fn open(bytes: &'a [u8]) -> Option<Self> {
        let header = bytes.get(..512).filter(|header| header.starts_with(&COMPOUND_FILE))?;
        let sector_shift = match u16_at(header, 30)? {
            12 => 12,
            9 => 9,
            _ if u16_at(header, 26)? == 4 => 12,
            _ => 9,
        };
        let mut file = Self {
            bytes,
            sector_shift,
            fat: Vec::new(),
            mini_fat: Vec::new(),
            mini_stream: Vec::new(),
            mini_cutoff: u64::from(u32_at(header, 56)?),
            entries: Vec::new(),
            damaged: false,
        };
        if file.mini_cutoff != 4096 {
            file.damaged = true;
            file.mini_cutoff = 4096;
        }
        file.read_fat(header)?;
        let directory = file.chain(u32_at(header, 48)?, u64::MAX);
        file.read_entries(&directory);
        let root = file.entries.first_mut()?;
        root.kind = Kind::Storage;
        let (start, size) = (root.start, root.size);
        file.link();
        let mini_fat = file.chain(u32_at(header, 60)?, u64::MAX);
        file.mini_fat = numbers(&mini_fat);
        file.mini_stream = file.chain(start, size);
        Some(file)
    }

    fn read_fat(&mut self, header: &[u8]) -> Option<()> {
        let sectors = self.bytes.len() >> self.sector_shift;
        let per_sector = 1_usize << (self.sector_shift - 2);
        let mut places = numbers(header.get(76..76 + 4 * HEADER_FAT_SECTORS)?);
        let mut next = u32_at(header, 68)?;
        // Every FAT sector covers many others: there cannot be more of them, whatever the chain says.
        let wanted = sectors.div_ceil(per_sector);
        while next <= LAST_SECTOR && places.len() < wanted {
            let Some(sector) = self.sector(next) else {
                self.damaged = true;
                break;
            };
            let mut listed = numbers(sector);
            next = listed.pop().unwrap_or(END_OF_CHAIN);
            places.append(&mut listed);
        }
        for place in places.into_iter().filter(|place| *place <= LAST_SECTOR).take(wanted) {
            let Some(listed) = self.sector(place).map(numbers) else {
                self.damaged = true;
                // The sectors it would tell of lead nowhere.
                self.fat.resize(self.fat.len() + per_sector, END_OF_CHAIN);
                continue;
            };
            self.fat.extend(listed);
        }
        Some(())
    }

    fn sector(&self, number: u32) -> Option<&'a [u8]> {
        let start = (number as usize).checked_add(1)?.checked_shl(self.sector_shift)?;
        let end = start.checked_add(1 << self.sector_shift)?.min(self.bytes.len());
        self.bytes.get(start..end).filter(|sector| !sector.is_empty())
    }

    /// The content of a chain of sectors, at most `size` bytes.
    fn chain(&self, start: u32, size: u64) -> Vec<u8> {
        let size = usize::try_from(size).unwrap_or(usize::MAX);
        let mut content = Vec::with_capacity(size.min(self.bytes.len()));
        let mut next = start;
        // As many steps as there are sectors: a chain that goes round ends all the same.
        for _ in 0..=self.fat.len() {
            let Some(sector) = self.sector(next).filter(|_| next <= LAST_SECTOR) else { break };
            let wanted = size.saturating_sub(content.len()).min(sector.len());
            content.extend_from_slice(sector.get(..wanted).unwrap_or_default());
            if content.len() >= size {
                break;
            }
            next = self.fat.get(next as usize).copied().unwrap_or(END_OF_CHAIN);
        }
        content
    }

    fn mini_chain(&self, start: u32, size: u64) -> Vec<u8> {
        let size = usize::try_from(size).unwrap_or(usize::MAX);
        let mut content = Vec::with_capacity(size.min(self.mini_stream.len()));
        let mut next = start;
        while content.len() < size {
            let begin = (next as usize) << MINI_SECTOR_SHIFT;
            let wanted = (size - content.len()).min(1 << MINI_SECTOR_SHIFT);
            let end = begin.saturating_add(wanted).min(self.mini_stream.len());
            let Some(sector) = self.mini_stream.get(begin..end).filter(|sector| !sector.is_empty()) else {
                break;
            };
            content.extend_from_slice(sector);
            next = self.mini_fat.get(next as usize).copied().unwrap_or(END_OF_CHAIN);
        }
        content
    }

    fn read_entries(&mut self, directory: &[u8]) {
        for raw in directory.chunks_exact(ENTRY_BYTES) {
            let Some(entry) = entry(raw, self.sector_shift == 9) else { break };
            self.entries.push(entry);
        }
    }

    /// Writes the trees of siblings (§2.6.4) as lists of children. Each entry gets one place at most.
    fn link(&mut self) {
        let mut seen = vec![false; self.entries.len()];
        seen.iter_mut().take(1).for_each(|root| *root = true);
        let mut storages = vec![Self::ROOT];
        while let Some(storage) = storages.pop() {
            let mut children = Vec::new();
            let mut stack = vec![self.entries.get(storage).map_or(NO_ENTRY, |entry| entry.child)];
            while let Some(id) = stack.pop() {
                if id == NO_ENTRY {
                    continue;
                }
                let found = self.entries.get(id as usize).filter(|entry| entry.kind != Kind::Nothing);
                match (found, seen.get_mut(id as usize)) {
                    (Some(entry), Some(seen)) if !*seen => {
                        *seen = true;
                        children.push(id as usize);
                        stack.extend([entry.left, entry.right]);
                        if entry.kind == Kind::Storage {
                            storages.push(id as usize);
                        }
                    }
                    _ => self.damaged = true,
                }
            }
            children.sort_unstable();
            if let Some(entry) = self.entries.get_mut(storage) {
                entry.children = children;
            }
        }
    }

    pub(crate) fn entry(&self, id: usize) -> Option<&Entry> {
        self.entries.get(id)
    }

    pub(crate) fn children(&self, storage: usize) -> impl Iterator<Item = (usize, &Entry)> {
        let children = self.entries.get(storage).map(|entry| entry.children.as_slice()).unwrap_or_default();
        children.iter().filter_map(|id| self.entries.get(*id).map(|entry| (*id, entry)))
    }

    /// How many entries are in a storage.
    pub(crate) fn count(&self, storage: usize) -> usize {
        self.entries.get(storage).map_or(0, |entry| entry.children.len())
    }

    /// The child of that name, any case, and that kind.
    pub(crate) fn child(&self, storage: usize, name: &str, kind: Kind) -> Option<usize> {
        self.children(storage)
            .find(|(_, entry)| entry.kind == kind && entry.name.eq_ignore_ascii_case(name))
            .map(|(id, _)| id)
    }

    /// Reads a stream; paid for from the room, as several entries may name the same sectors.
    ///
    /// # Errors
    /// [`Short::Full`] when the room is too small for it.
    pub(crate) fn stream(&self, id: usize, room: &mut Room) -> Result<Stream, Short> {
        let stream = self.start_of_stream(id, u64::MAX, room)?;
        let claimed = self.entries.get(id).map_or(u64::MAX, |entry| entry.size);
        Ok(Stream { truncated: (stream.len() as u64) < claimed, bytes: stream })
    }

    /// Reads at most `most` bytes of a stream; paid for from the room.
    ///
    /// # Errors
    /// [`Short::Full`] when the room is too small for them.
    pub(crate) fn start_of_stream(&self, id: usize, most: u64, room: &mut Room) -> Result<Vec<u8>, Short> {
        let Some(entry) = self.entries.get(id).filter(|entry| entry.kind == Kind::Stream) else {
            return Ok(Vec::new());
        };
        let wanted = entry.size.min(most);
        if wanted.min(self.bytes.len() as u64) > room.bytes() {
            return Err(Short::Full);
        }
        let bytes = if entry.size < self.mini_cutoff {
            self.mini_chain(entry.start, wanted)
        } else {
            self.chain(entry.start, wanted)
        };
        room.take(bytes.len())?;
        Ok(bytes)
    }
}

fn numbers(bytes: &[u8]) -> Vec<u32> {
    let (numbers, _) = bytes.as_chunks::<4>();
    numbers.iter().map(|number| u32::from_le_bytes(*number)).collect()
}

fn entry(raw: &[u8], small: bool) -> Option<Entry> {
    let mut fields = Bytes::new(raw);
    let name = fields.take(64)?;
    // Counts the zero at the end.
    let name_bytes = usize::from(fields.u16()?).clamp(2, 64) - 2;
    let kind = match fields.u8()? {
        1 | 5 => Kind::Storage,
        2 => Kind::Stream,
        _ => Kind::Nothing,
    };
    fields.u8()?;
    let (left, right, child) = (fields.u32()?, fields.u32()?, fields.u32()?);
    let class = fields.guid()?;
    fields.take(20)?;
    let (start, size) = (fields.u32()?, fields.u64()?);
    let name = utf16(name.get(..name_bytes).unwrap_or_default());
    let name = name.split('\0').next().unwrap_or_default().to_owned();
    // The upper half of the size means nothing in files with small sectors (§2.6.1).
    let size = if small { size & 0xffff_ffff } else { size };
    Some(Entry { name, kind, class, size, left, right, child, start, children: Vec::new() })
}

#[cfg(test)]
mod tests;
