//! The filters of streams (ISO 32000-2 §7.4). Those of pictures are left to who reads pictures.

use flate2::bufread::ZlibDecoder;

use super::file::File;
use super::object::{Dictionary, Object, hexadecimal};
use crate::contents::Room;

/// Filters one after the other; more only hide something.
const FILTERS: usize = 6;
/// What a stream may become whatever its packed size, and the times of that beyond.
const FREE_BYTES: u64 = 4 << 20;
const RATIO: u64 = 250;
/// Longest row of a predictor.
const ROW_BYTES: usize = 1 << 20;

/// Names of the filters of a stream, in order.
pub(super) fn names(file: &File<'_>, dictionary: &Dictionary) -> Vec<Vec<u8>> {
    let filter = file.get(dictionary, "Filter").or_else(|| file.get(dictionary, "F"));
    let name = |object: &Object| match file.resolve(object) {
        Object::Name(name) => Some(name.clone()),
        _ => None,
    };
    match filter {
        Some(Object::Name(name)) => vec![name.clone()],
        Some(Object::Array(list)) => list.iter().take(FILTERS + 1).filter_map(name).collect(),
        _ => Vec::new(),
    }
}

fn parameters<'a>(file: &'a File<'_>, dictionary: &'a Dictionary, index: usize) -> Option<&'a Dictionary> {
    match file.get(dictionary, "DecodeParms").or_else(|| file.get(dictionary, "DP"))? {
        Object::Dictionary(parameters) => Some(parameters),
        Object::Array(list) => match file.resolve(list.get(index)?) {
            Object::Dictionary(parameters) => Some(parameters),
            _ => None,
        },
        _ => None,
    }
}

/// Undoes all filters; nothing when one of them is unknown or the room is used up.
pub(super) fn undo(
    file: &File<'_>,
    dictionary: &Dictionary,
    raw: Vec<u8>,
    room: &mut Room,
) -> Option<Vec<u8>> {
    let names = names(file, dictionary);
    if names.len() > FILTERS {
        return None;
    }
    let mut bytes = raw;
    for (index, name) in names.iter().enumerate() {
        bytes = match name.as_slice() {
            b"FlateDecode" | b"Fl" => {
                let flat = flate(&bytes, room)?;
                match parameters(file, dictionary, index) {
                    Some(parameters) => predicted(file, parameters, flat),
                    None => flat,
                }
            }
            b"LZWDecode" | b"LZW" => {
                let early =
                    parameters(file, dictionary, index).and_then(|one| file.number(one, "EarlyChange"));
                let flat = lzw(&bytes, early != Some(0), room)?;
                match parameters(file, dictionary, index) {
                    Some(parameters) => predicted(file, parameters, flat),
                    None => flat,
                }
            }
            b"ASCIIHexDecode" | b"AHx" => {
                let end = memchr::memchr(b'>', &bytes).unwrap_or(bytes.len());
                hexadecimal(bytes.get(..end)?)
            }
            b"ASCII85Decode" | b"A85" => ascii85(&bytes),
            b"RunLengthDecode" | b"RL" => run_length(&bytes, room)?,
            b"Crypt" => bytes,
            _ => return None,
        };
    }
    Some(bytes)
}

/// What can be unpacked; damage keeps what is before it, as readers do.
fn flate(bytes: &[u8], room: &mut Room) -> Option<Vec<u8>> {
    use std::io::Read;
    let cap = FREE_BYTES.saturating_add((bytes.len() as u64).saturating_mul(RATIO)).min(room.bytes());
    let mut out = Vec::new();
    let damaged = ZlibDecoder::new(bytes).take(cap).read_to_end(&mut out).is_err();
    if damaged && out.is_empty() {
        // Some programs write no header, or a wrong one.
        let body = bytes.get(2..).unwrap_or_default();
        drop(flate2::bufread::DeflateDecoder::new(body).take(cap).read_to_end(&mut out));
    }
    room.take(out.len()).ok()?;
    Some(out)
}

/// Variable codes of 9 to 12 bits (ISO 32000-2 §7.4.4).
fn lzw(bytes: &[u8], early: bool, room: &mut Room) -> Option<Vec<u8>> {
    const CLEAR: usize = 256;
    const END: usize = 257;
    let mut out: Vec<u8> = Vec::new();
    // Each code stands for a piece of what is already out.
    let mut table: Vec<(usize, usize)> = Vec::new();
    let (mut word, mut bits, mut width) = (0_u32, 0_u32, 9_u32);
    let mut last: Option<(usize, usize)> = None;
    let most = usize::try_from(room.bytes()).unwrap_or(usize::MAX);
    for byte in bytes {
        word = word << 8 | u32::from(*byte);
        bits += 8;
        if bits < width {
            continue;
        }
        bits -= width;
        let code = (word >> bits & ((1 << width) - 1)) as usize;
        word &= (1 << bits) - 1;
        if code == END || out.len() > most {
            break;
        }
        if code == CLEAR {
            table.clear();
            (width, last) = (9, None);
            continue;
        }
        let start = out.len();
        match (code.checked_sub(258).map(|index| table.get(index).copied()), last) {
            (None, _) => out.push((code & 0xff) as u8),
            (Some(Some((from, to))), _) => out.extend_from_within(from..to),
            (Some(None), Some((from, to))) => {
                out.extend_from_within(from..to);
                out.push(out.get(from).copied()?);
            }
            (Some(None), None) => break,
        }
        if let Some((from, to)) = last
            && table.len() < 4096 - 258
        {
            // The piece before and the first byte of this one stand together in what is out.
            table.push((from, to + 1));
        }
        last = Some((start, out.len()));
        let next = table.len() + 258 + usize::from(early);
        width = match next {
            0..=511 => 9,
            512..=1023 => 10,
            1024..=2047 => 11,
            _ => 12,
        };
    }
    room.take(out.len()).ok()?;
    Some(out)
}

fn ascii85(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len() / 5 * 4);
    let mut group: Vec<u32> = Vec::with_capacity(5);
    for byte in text {
        match byte {
            b'z' if group.is_empty() => out.extend_from_slice(&[0; 4]),
            b'!'..=b'u' => group.push(u32::from(byte - b'!')),
            b'~' => break,
            _ => {}
        }
        if group.len() == 5 {
            out.extend_from_slice(&value85(&group).to_be_bytes());
            group.clear();
        }
    }
    if group.len() > 1 {
        let kept = group.len() - 1;
        group.resize(5, 84);
        out.extend(value85(&group).to_be_bytes().into_iter().take(kept));
    }
    out
}

fn value85(group: &[u32]) -> u32 {
    group.iter().fold(0_u32, |value, digit| value.wrapping_mul(85).wrapping_add(*digit))
}

fn run_length(bytes: &[u8], room: &mut Room) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    let mut rest = bytes.iter();
    while let Some(length) = rest.next() {
        match length {
            0..=127 => out.extend(rest.by_ref().take(usize::from(*length) + 1)),
            128 => break,
            129..=255 => out.extend(std::iter::repeat_n(*rest.next()?, 257 - usize::from(*length))),
        }
    }
    room.take(out.len()).ok()?;
    Some(out)
}

/// Undoes the prediction of rows (PNG) (ISO 32000-2 §7.4.4.4).
fn predicted(file: &File<'_>, parameters: &Dictionary, bytes: Vec<u8>) -> Vec<u8> {
    let value = |key, default| {
        file.number(parameters, key).and_then(|one| usize::try_from(one).ok()).unwrap_or(default)
    };
    if value("Predictor", 1) < 10 {
        return bytes;
    }
    let bits = value("Colors", 1).saturating_mul(value("BitsPerComponent", 8));
    let (pixel, row) = (bits.div_ceil(8).max(1), bits.saturating_mul(value("Columns", 1)).div_ceil(8));
    if row == 0 || row > ROW_BYTES {
        return bytes;
    }
    let mut out: Vec<u8> = Vec::with_capacity(bytes.len());
    let mut above = vec![0_u8; row];
    for line in bytes.chunks(row + 1) {
        let Some((kind, data)) = line.split_first() else { break };
        let mut current: Vec<u8> = Vec::with_capacity(row);
        for (at, byte) in data.iter().enumerate() {
            let left = at.checked_sub(pixel).and_then(|at| current.get(at)).copied().unwrap_or(0);
            let up = above.get(at).copied().unwrap_or(0);
            let corner = at.checked_sub(pixel).and_then(|at| above.get(at)).copied().unwrap_or(0);
            let guess = match kind {
                1 => left,
                2 => up,
                3 => u8::midpoint(left, up),
                4 => paeth(left, up, corner),
                _ => 0,
            };
            current.push(byte.wrapping_add(guess));
        }
        out.extend_from_slice(&current);
        current.resize(row, 0);
        above = current;
    }
    out
}

fn paeth(left: u8, up: u8, corner: u8) -> u8 {
    let guess = i16::from(left) + i16::from(up) - i16::from(corner);
    let distance = |value: u8| (guess - i16::from(value)).abs();
    if distance(left) <= distance(up) && distance(left) <= distance(corner) {
        left
    } else if distance(up) <= distance(corner) {
        up
    } else {
        corner
    }
}
