//! Checksums made right after random changes, where a reader would stop at a wrong one.

/// TNEF ([MS-OXTNEF] §2.1.1): the sum behind each attribute.
pub(crate) fn tnef(data: &[u8]) -> Vec<u8> {
    let mut out = data.to_vec();
    let mut at = 6;
    while let Some(length) = number(&out, at + 5).filter(|_| matches!(out.get(at), Some(1 | 2))) {
        let (from, to) = (at + 9, (at + 9).saturating_add(length as usize));
        let Some(content) = out.get(from..to) else { break };
        let sum = content.iter().fold(0_u16, |sum, byte| sum.wrapping_add(u16::from(*byte)));
        put(&mut out, to, &sum.to_le_bytes());
        at = to + 2;
    }
    out
}

const SEVEN: &[u8] = b"7z\xbc\xaf\x27\x1c";
const RAR4: &[u8] = b"Rar!\x1a\x07\0";
const RAR5: &[u8] = b"Rar!\x1a\x07\x01\0";
const OTHERS: [&[u8]; 6] = [b"\x1f\x8b\x08", b"BZh", b"\xfd7zXZ\0", b"\x28\xb5\x2f\xfd", b"Rar!", b"MSCF"];

fn is_tape(data: &[u8]) -> bool {
    data.get(257..262) == Some(b"ustar")
}

/// Whether it begins as an archive that is no ZIP.
pub(crate) fn is_archive(data: &[u8]) -> bool {
    is_tape(data) || data.starts_with(SEVEN) || OTHERS.iter().any(|mark| data.starts_with(mark))
}

pub(crate) fn archive(data: &[u8]) -> Vec<u8> {
    let mut out = data.to_vec();
    if data.starts_with(SEVEN) {
        seven(&mut out);
    } else if data.starts_with(RAR4) {
        rar4(&mut out);
    } else if data.starts_with(RAR5) {
        rar5(&mut out);
    } else if is_tape(data) {
        tape(&mut out);
    }
    out
}

/// 7zFormat.txt: the list of members, then the record that says where it is.
fn seven(out: &mut [u8]) {
    let (Some(at), Some(length)) = (number(out, 12), number(out, 20)) else { return };
    let from = 32 + at as usize;
    if let Some(list) = out.get(from..from.saturating_add(length as usize)) {
        let sum = crc32fast::hash(list);
        put(out, 28, &sum.to_le_bytes());
    }
    if let Some(start) = out.get(12..32) {
        let sum = crc32fast::hash(start);
        put(out, 8, &sum.to_le_bytes());
    }
}

/// RAR 4: the low half of the checksum of each header.
fn rar4(out: &mut [u8]) {
    let mut at = RAR4.len();
    while let Some(&[_, _, kind, flags, flags_high, size, size_high]) =
        out.get(at..).and_then(<[u8]>::first_chunk)
    {
        let size = usize::from(u16::from_le_bytes([size, size_high])).max(7);
        let flags = u16::from_le_bytes([flags, flags_high]);
        let Some(header) = out.get(at + 2..at + size) else { break };
        let sum = crc32fast::hash(header) as u16;
        put(out, at, &sum.to_le_bytes());
        let content = if flags & 0x8000 != 0 || kind == 0x74 { number(out, at + 7).unwrap_or(0) } else { 0 };
        at = (at + size).saturating_add(content as usize);
    }
}

/// RAR 5: the checksum of each header, whose numbers are of any length.
fn rar5(out: &mut [u8]) {
    let mut at = RAR5.len();
    while let Some((size, start)) = variable(out, at + 4) {
        let end = start.saturating_add(size as usize);
        let Some(header) = out.get(at + 4..end) else { break };
        let sum = crc32fast::hash(header);
        put(out, at, &sum.to_le_bytes());
        let content = (|| {
            let (_, next) = variable(out, start)?;
            let (flags, next) = variable(out, next)?;
            let next = if flags & 1 != 0 { variable(out, next)?.1 } else { next };
            if flags & 2 != 0 { Some(variable(out, next)?.0) } else { None }
        })();
        at = end.saturating_add(content.unwrap_or(0) as usize);
    }
}

fn variable(bytes: &[u8], mut at: usize) -> Option<(u64, usize)> {
    let (mut value, mut shift) = (0, 0);
    loop {
        let byte = *bytes.get(at)?;
        at += 1;
        value |= u64::from(byte & 0x7f).checked_shl(shift)?;
        if byte & 0x80 == 0 {
            return Some((value, at));
        }
        shift += 7;
    }
}

/// POSIX ustar: the sum over a header with blanks in its place.
fn tape(out: &mut [u8]) {
    let mut at = 0;
    while let Some(header) = out.get_mut(at..at + 512) {
        if header.iter().all(|byte| *byte == 0) {
            break;
        }
        header[148..156].fill(b' ');
        let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
        header[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
        let digits = header[124..136].iter().take_while(|digit| digit.is_ascii_digit());
        let size = digits.fold(0_usize, |size, digit| size.wrapping_mul(8) + usize::from(digit - b'0'));
        at = (at + 512).saturating_add(size.next_multiple_of(512).min(1 << 30));
    }
}

fn number(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..).and_then(<[u8]>::first_chunk).map(|four| u32::from_le_bytes(*four))
}

fn put(out: &mut [u8], at: usize, value: &[u8]) {
    if let Some(place) = out.get_mut(at..at + value.len()) {
        place.copy_from_slice(value);
    }
}
