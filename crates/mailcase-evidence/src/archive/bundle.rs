//! Cabinets ([MS-CAB]): stored, MSZIP and LZX. The files of a folder are one stream, which is unpacked once.

use miniz_oxide::inflate::TINFLStatus;
use miniz_oxide::inflate::core::{DecompressorOxide, decompress, inflate_flags};

use super::{
    FREE_BYTES, MEMBERS, RATIO, damaged, dos_time, fact, mark_duplicates, named, too_many, unsupported,
};
use crate::Defect;
use crate::contents::{Content, Contents, Item, Room, Short};

/// Fixed parts of the records ([MS-CAB] §2.1, §2.2, §2.3, §2.4).
const HEADER: usize = 36;
const FOLDER: usize = 8;
const FILE: usize = 16;
const BLOCK: usize = 8;
/// What a block unpacks to at most.
const BLOCK_BYTES: usize = 32 << 10;

pub(super) fn open(bytes: &[u8], room: &mut Room) -> Contents {
    let mut contents = Contents { format: "cab", ..Contents::default() };
    let Some(cabinet) = Cabinet::read(bytes) else {
        contents.defects.push(damaged("the list of files is damaged"));
        return contents;
    };
    if cabinet.cut {
        contents.defects.push(damaged("the list of files is cut"));
    }
    if cabinet.files.len() > MEMBERS {
        too_many(&mut contents);
    }
    let folders: Vec<Stream> =
        cabinet.folders.iter().map(|folder| folder.unpack(bytes, cabinet.reserve, room)).collect();
    for file in cabinet.files.iter().take(MEMBERS) {
        contents.items.push(item(file, folders.get(usize::from(file.folder)), room));
    }
    mark_duplicates(&mut contents.items);
    contents
}

fn item(file: &File, stream: Option<&Stream>, room: &mut Room) -> Item {
    let mut item = named(&file.name);
    if let Some(when) = dos_time(file.date, file.time) {
        fact(&mut item, "modified", when);
    }
    let (at, size) = (file.at as usize, file.size as usize);
    item.content = Content::Listed { size: Some(u64::from(file.size)) };
    let Some(stream) = stream else {
        let message = "it begins or ends in another cabinet of the set";
        item.defects.push(Defect::new("unsupported_set", message));
        return item;
    };
    let rest = stream.bytes.get(at..).unwrap_or_default();
    let content = rest.get(..size.min(rest.len())).unwrap_or_default();
    if content.len() < size {
        item.defects.extend(stream.defect.clone().or_else(|| Some(damaged("the content is cut"))));
    }
    if content.is_empty() && size > 0 {
        return item;
    }
    match room.take(content.len()) {
        Ok(()) => item.content = Content::File(content.to_vec()),
        Err(full) => item.defects.push(full.defect()),
    }
    item
}

struct Cabinet {
    folders: Vec<Folder>,
    files: Vec<File>,
    /// Bytes of each block that belong to who made it.
    reserve: usize,
    cut: bool,
}

struct File {
    size: u32,
    at: u32,
    folder: u16,
    date: u16,
    time: u16,
    name: String,
}

struct Folder {
    at: usize,
    blocks: u16,
    method: u16,
}

/// What a folder unpacks to, as far as it does.
struct Stream {
    bytes: Vec<u8>,
    defect: Option<Defect>,
}

fn word(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(bytes.get(at..at.checked_add(2)?)?.try_into().ok()?))
}

fn long(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at.checked_add(4)?)?.try_into().ok()?))
}

/// Text up to a zero, and where the next begins.
fn text(bytes: &[u8], at: usize) -> Option<(&[u8], usize)> {
    let rest = bytes.get(at..)?;
    let end = memchr::memchr(0, rest)?;
    Some((rest.get(..end)?, at + end + 1))
}

impl Cabinet {
    fn read(bytes: &[u8]) -> Option<Self> {
        let flags = word(bytes, 30)?;
        let (mut header, mut folder, mut block) = (0, 0, 0);
        let mut at = HEADER;
        if flags & 4 != 0 {
            header = usize::from(word(bytes, at)?);
            folder = usize::from(*bytes.get(at + 2)?);
            block = usize::from(*bytes.get(at + 3)?);
            at += 4;
        }
        at += header;
        // Names of the cabinets before and after.
        let neighbours = 2 * (usize::from(flags & 1 != 0) + usize::from(flags & 2 != 0));
        for _ in 0..neighbours {
            at = text(bytes, at)?.1;
        }
        let mut folders = Vec::new();
        for _ in 0..word(bytes, 26)? {
            let start = long(bytes, at)? as usize;
            folders.push(Folder { at: start, blocks: word(bytes, at + 4)?, method: word(bytes, at + 6)? });
            at += FOLDER + folder;
        }
        let mut cabinet = Self { folders, files: Vec::new(), reserve: block, cut: false };
        let mut at = long(bytes, 16)? as usize;
        for _ in 0..usize::from(word(bytes, 28)?).min(MEMBERS + 1) {
            let Some((file, next)) = file(bytes, at) else {
                cabinet.cut = true;
                break;
            };
            cabinet.files.push(file);
            at = next;
        }
        Some(cabinet)
    }
}

fn file(bytes: &[u8], at: usize) -> Option<(File, usize)> {
    let (name, next) = text(bytes, at.checked_add(FILE)?)?;
    let utf8 = word(bytes, at + 14)? & 0x80 != 0;
    let name = match std::str::from_utf8(name) {
        Ok(name) => name.to_owned(),
        Err(_) if utf8 => String::from_utf8_lossy(name).into_owned(),
        Err(_) => encoding_rs::WINDOWS_1252.decode_without_bom_handling(name).0.into_owned(),
    };
    let file = File {
        size: long(bytes, at)?,
        at: long(bytes, at + 4)?,
        folder: word(bytes, at + 8)?,
        date: word(bytes, at + 10)?,
        time: word(bytes, at + 12)?,
        name,
    };
    Some((file, next))
}

impl Folder {
    /// Unpacks up to the first block that is damaged: later ones refer to what is before them.
    fn unpack(&self, bytes: &[u8], reserve: usize, room: &mut Room) -> Stream {
        let mut stream = Stream { bytes: Vec::new(), defect: None };
        let mut unpacker = match Unpacker::of(self.method) {
            Ok(unpacker) => unpacker,
            Err(defect) => return Stream { defect: Some(defect), ..stream },
        };
        let (mut at, mut packed) = (self.at, 0_u64);
        for _ in 0..self.blocks {
            let Some(block) = block(bytes, at, reserve) else {
                stream.defect = Some(damaged("the content is cut"));
                break;
            };
            at += BLOCK + reserve + block.data.len();
            packed += block.data.len() as u64;
            if room.take(block.size).is_err() {
                stream.defect = Some(Short::Full.defect());
                break;
            }
            if stream.bytes.len() as u64 > FREE_BYTES + packed * RATIO {
                stream.defect = Some(Defect::new("limit_ratio", "it becomes too many times its packed size"));
                break;
            }
            if unpacker.block(&block, &mut stream.bytes).is_none() {
                stream.defect = Some(damaged("the content is damaged"));
                break;
            }
        }
        stream
    }
}

struct Block<'a> {
    data: &'a [u8],
    size: usize,
}

fn block(bytes: &[u8], at: usize, reserve: usize) -> Option<Block<'_>> {
    let start = at.checked_add(BLOCK + reserve)?;
    let (packed, size) = (usize::from(word(bytes, at + 4)?), usize::from(word(bytes, at + 6)?));
    let data = bytes.get(start..start.checked_add(packed)?)?;
    (size <= BLOCK_BYTES).then_some(Block { data, size })
}

enum Unpacker {
    Stored,
    Mszip,
    Lzx(Box<lzxd::Lzxd>),
}

impl Unpacker {
    fn of(method: u16) -> Result<Self, Defect> {
        use lzxd::WindowSize;
        match (method & 15, method >> 8) {
            (0, _) => Ok(Self::Stored),
            (1, _) => Ok(Self::Mszip),
            (3, bits) => {
                let window = match bits {
                    15 => WindowSize::KB32,
                    16 => WindowSize::KB64,
                    17 => WindowSize::KB128,
                    18 => WindowSize::KB256,
                    19 => WindowSize::KB512,
                    20 => WindowSize::MB1,
                    21 => WindowSize::MB2,
                    _ => return Err(unsupported("LZX with an unknown window")),
                };
                Ok(Self::Lzx(Box::new(lzxd::Lzxd::new(window))))
            }
            (2, _) => Err(unsupported("Quantum")),
            _ => Err(unsupported("an unknown method")),
        }
    }

    fn block(&mut self, block: &Block<'_>, out: &mut Vec<u8>) -> Option<()> {
        match self {
            Self::Stored => {
                out.extend_from_slice(block.data.get(..block.size)?);
                Some(())
            }
            Self::Mszip => mszip(block.data.strip_prefix(b"CK")?, block.size, out),
            Self::Lzx(state) => {
                out.extend_from_slice(state.decompress_next(block.data, block.size).ok()?);
                Some(())
            }
        }
    }
}

/// Deflate whose window goes on from block to block ([MS-MCI] §2.1): what is unpacked already is the window.
fn mszip(data: &[u8], size: usize, out: &mut Vec<u8>) -> Option<()> {
    let start = out.len();
    out.resize(start + size, 0);
    let mut state = DecompressorOxide::new();
    let flags = inflate_flags::TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF;
    let (status, _, written) = decompress(&mut state, data, out, start, flags);
    if status == TINFLStatus::Done && written == size {
        return Some(());
    }
    out.truncate(start + written.min(size));
    None
}
