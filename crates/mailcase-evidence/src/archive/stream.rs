//! One packed stream without members: gzip (RFC 1952), bzip2, xz, Zstandard (RFC 8878).

use std::io::Read;

use flate2::bufread::GzDecoder;

use super::{End, Format, NAME_BYTES, Unpacked, WINDOW_BYTES, fact, named, unix_time, unpack};
use crate::contents::{Contents, Item, Room};
use crate::fields::bounded;
use crate::{Defect, Fact};

/// Gzip streams one after the other that are joined; more are an oddity of the sender.
const STREAMS: usize = 10_000;

pub(super) fn open(format: Format, bytes: &[u8], room: &mut Room) -> Contents {
    let packed = bytes.len() as u64;
    match format {
        Format::Gzip => gzip(bytes, room),
        Format::Bzip2 => one("bzip2", unpack(bzip2::bufread::MultiBzDecoder::new(bytes), packed, room)),
        Format::Xz => {
            let window = u32::try_from(WINDOW_BYTES >> 10).unwrap_or(u32::MAX);
            one("xz", unpack(lzma_rust2::XzReader::new_mem_limit(bytes, true, window), packed, room))
        }
        _ => one("zstd", zstandard(bytes, packed, room)),
    }
}

fn one(format: &'static str, unpacked: Unpacked) -> Contents {
    let mut item = Item::default();
    unpacked.into_item(&mut item, None);
    Contents { format, items: vec![item], ..Contents::default() }
}

/// Zstandard frames one after the other; frames to be skipped are.
fn zstandard(bytes: &[u8], packed: u64, room: &mut Room) -> Unpacked {
    match ruzstd::decoding::StreamingDecoder::new_with_max_window_size(bytes, WINDOW_BYTES) {
        Ok(reader) => unpack(reader, packed, room),
        Err(_) => Unpacked { bytes: Vec::new(), end: End::Damaged },
    }
}

fn gzip(bytes: &[u8], room: &mut Room) -> Contents {
    let mut contents = Contents { format: "gzip", ..Contents::default() };
    let first = GzDecoder::new(bytes);
    let mut item = match first.header().and_then(|header| header.filename()) {
        Some(name) => named(&latin1(name)),
        None => Item::default(),
    };
    if let Some(header) = first.header() {
        let time = i64::from(header.mtime());
        if let Some(when) = (time > 0).then(|| unix_time(time)).flatten() {
            fact(&mut item, "modified", when);
        }
        if let Some(comment) = header.comment().filter(|comment| !comment.is_empty()) {
            contents.facts.push(Fact::new("comment", bounded(&latin1(comment), NAME_BYTES)));
        }
    }
    let mut joined = Joined { current: Some(first), streams: 1, trailing: false };
    let unpacked = unpack(&mut joined, bytes.len() as u64, room);
    unpacked.into_item(&mut item, None);
    if joined.trailing {
        contents
            .defects
            .push(Defect::new("trailing_data", "there are other bytes after the end of the stream"));
    }
    contents.items.push(item);
    contents
}

/// Names and comments are in ISO 8859-1 (RFC 1952 §2.3.1), in practice also UTF-8.
fn latin1(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => bytes.iter().map(|byte| char::from(*byte)).collect(),
    }
}

/// Gzip streams one after the other; what follows them and is none is passed over.
struct Joined<'a> {
    current: Option<GzDecoder<&'a [u8]>>,
    streams: usize,
    trailing: bool,
}

impl Read for Joined<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        while let Some(current) = &mut self.current {
            let read = current.read(buffer)?;
            if read > 0 || buffer.is_empty() {
                return Ok(read);
            }
            let rest = self.current.take().map(GzDecoder::into_inner).unwrap_or_default();
            if rest.starts_with(b"\x1f\x8b\x08") && self.streams < STREAMS {
                self.current = Some(GzDecoder::new(rest));
                self.streams += 1;
            } else {
                // Tapes are padded with zeros.
                self.trailing = rest.iter().any(|byte| *byte != 0);
            }
        }
        Ok(0)
    }
}
