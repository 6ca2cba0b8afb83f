//! Source of macros ([MS-OVBA] §2.4.1): each module holds its text packed, behind its compiled form.

use crate::contents::Room;

/// Every module begins with this attribute, which packing leaves readable: a flag byte stands within the word.
const MARK: &[u8] = b"\x00Attribut\x00e ";
/// Bytes one chunk unpacks to.
const CHUNK: usize = 4_096;
/// Longest text of a module.
const TEXT_BYTES: usize = 4 << 20;

/// The text of a module; nothing when the stream is none.
pub(super) fn module(stream: &[u8], room: &mut Room) -> Option<String> {
    let mark = memchr::memmem::find(stream, MARK)?;
    // The mark of a container and the head of its first chunk stand before the first flags.
    let start = mark.checked_sub(3)?;
    (stream.get(start) == Some(&1)).then_some(())?;
    let bytes = unpack(stream.get(start + 1..)?);
    room.take(bytes.len()).ok()?;
    Some(encoding_rs::WINDOWS_1252.decode_without_bom_handling(&bytes).0.into_owned())
}

fn unpack(packed: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rest = packed;
    while let Some((head, tail)) = rest.split_at_checked(2)
        && out.len() < TEXT_BYTES
    {
        let [low, high] = head else { break };
        let head = u16::from_le_bytes([*low, *high]);
        if head >> 12 & 7 != 3 {
            break;
        }
        let size = usize::from(head & 0x0fff) + 1;
        let (chunk, after) = tail.split_at_checked(size.min(tail.len())).unwrap_or((tail, &[]));
        if head & 0x8000 == 0 {
            out.extend_from_slice(chunk);
        } else {
            tokens(chunk, &mut out);
        }
        rest = after;
    }
    out
}

/// Flags of eight tokens each: a letter, or a copy of what is before (§2.4.1.3.19).
fn tokens(chunk: &[u8], out: &mut Vec<u8>) {
    let start = out.len();
    let mut rest = chunk.iter();
    while let Some(flags) = rest.next() {
        for bit in 0..8 {
            if flags >> bit & 1 == 0 {
                let Some(letter) = rest.next() else { return };
                out.push(*letter);
                continue;
            }
            let (Some(low), Some(high)) = (rest.next(), rest.next()) else { return };
            let token = usize::from(u16::from_le_bytes([*low, *high]));
            let done = out.len() - start;
            let bits = (usize::BITS - done.saturating_sub(1).leading_zeros()).clamp(4, 12);
            let length = (token & (0xffff >> bits)) + 3;
            let offset = (token >> (16 - bits)) + 1;
            if offset > done || done + length > CHUNK * 2 {
                return;
            }
            for _ in 0..length {
                let Some(letter) = out.get(out.len() - offset).copied() else { return };
                out.push(letter);
            }
        }
    }
}
