//! The packing methods of ZIP (APPNOTE §4.4.5) by their libraries.

use super::super::{End, Unpacked, WINDOW_BYTES, unpack as read_all};
use crate::contents::Room;

/// Version and size of the properties, then the five of LZMA (APPNOTE §5.8.8).
const LZMA_HEADER: usize = 9;

/// Unpacks `data`; `size` is what the archive claims.
pub(super) fn unpack(method: u16, data: &[u8], size: u64, room: &mut Room) -> Unpacked {
    let packed = data.len() as u64;
    match method {
        0 => read_all(data, packed, room),
        8 => read_all(flate2::bufread::DeflateDecoder::new(data), packed, room),
        9 => read_all(deflate64::Deflate64Decoder::with_buffer(data), packed, room),
        12 => read_all(bzip2::bufread::BzDecoder::new(data), packed, room),
        14 => lzma(data, size, room).unwrap_or(Unpacked { bytes: Vec::new(), end: End::Damaged }),
        93 => match ruzstd::decoding::StreamingDecoder::new_with_max_window_size(data, WINDOW_BYTES) {
            Ok(reader) => read_all(reader, packed, room),
            Err(_) => Unpacked { bytes: Vec::new(), end: End::Damaged },
        },
        95 => {
            let window = u32::try_from(WINDOW_BYTES >> 10).unwrap_or(u32::MAX);
            read_all(lzma_rust2::XzReader::new_mem_limit(data, true, window), packed, room)
        }
        1 => unknown("Shrink"),
        2..=5 => unknown("Reduce"),
        6 => unknown("Implode"),
        98 => unknown("PPMd"),
        99 => unknown("an encryption that names no method"),
        _ => unknown("an unknown method"),
    }
}

fn unknown(what: &'static str) -> Unpacked {
    Unpacked { bytes: Vec::new(), end: End::Unsupported(what) }
}

fn lzma(data: &[u8], size: u64, room: &mut Room) -> Option<Unpacked> {
    let (header, body) = data.split_at_checked(LZMA_HEADER)?;
    let properties = *header.get(4)?;
    let window = u32::from_le_bytes(header.get(5..9)?.try_into().ok()?);
    if u64::from(window) > WINDOW_BYTES {
        return Some(unknown("LZMA with a window beyond the limit"));
    }
    // The size is a claim: where it is wrong, the end mark of the stream decides.
    let reader = lzma_rust2::LzmaReader::new_with_props(body, size, properties, window, None).ok()?;
    Some(read_all(reader, data.len() as u64, room))
}
