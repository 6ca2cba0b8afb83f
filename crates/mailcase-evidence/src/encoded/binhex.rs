//! BinHex 4.0 (RFC 1741): files of old Macintosh programs. The resource fork is passed over, and said to.

use super::lines::Lines;
use super::{Found, cut};
use crate::{Defect, Fact};

/// Every such file begins behind these words.
pub(super) const MARK: &[u8] = b"with BinHex";
/// The six-bit alphabet (RFC 1741 §4).
const ALPHABET: &[u8; 64] = b"!\"#$%&'()*+,-012345689@ABCDEFGHIJKLMNPQRSTUVXYZ[`abcdefhijklmpqr";
/// Stands before the count of repetitions.
const REPEAT: u8 = 0x90;

/// Reads the file behind the line of the mark; `most` bytes of it at most.
pub(super) fn read(lines: &mut Lines<'_>, most: u64) -> Option<Found> {
    let mut ahead = lines.clone();
    let first = ahead.by_ref().find(|line| !line.trim_ascii().is_empty())?;
    let mut encoded = first.trim_ascii_start().strip_prefix(b":")?.to_vec();
    let mut ended = encoded.contains(&b':');
    while !ended && let Some(line) = ahead.next() {
        ended = line.contains(&b':');
        encoded.extend_from_slice(line);
    }
    *lines = ahead;
    let plain = expand(&sextets(&encoded), most);
    let mut found = parse(&plain).unwrap_or_default();
    if !ended {
        found.defects.push(cut());
    }
    Some(found)
}

fn sextets(encoded: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(encoded.len() / 4 * 3);
    let (mut word, mut bits) = (0_u32, 0_u32);
    for byte in encoded.iter().take_while(|byte| **byte != b':') {
        let Some(value) = ALPHABET.iter().position(|one| one == byte) else { continue };
        word = word << 6 | (value as u32 & 63);
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            out.push((word >> bits & 0xff) as u8);
        }
    }
    out
}

/// Undoes the run length encoding.
fn expand(packed: &[u8], most: u64) -> Vec<u8> {
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    let mut out: Vec<u8> = Vec::with_capacity(packed.len());
    let mut bytes = packed.iter();
    while let Some(byte) = bytes.next()
        && out.len() <= most
    {
        match (*byte, out.last().copied()) {
            (REPEAT, last) => match (bytes.next(), last) {
                (Some(0), _) => out.push(REPEAT),
                (Some(count), Some(last)) => out.extend(std::iter::repeat_n(last, usize::from(*count) - 1)),
                _ => break,
            },
            (byte, _) => out.push(byte),
        }
    }
    out
}

fn parse(plain: &[u8]) -> Option<Found> {
    let (length, rest) = plain.split_first()?;
    let (name, rest) = rest.split_at_checked(usize::from(*length))?;
    // A zero, type and creator, flags, both lengths, a checksum.
    let (head, body) = rest.split_at_checked(21)?;
    let long = |at: usize| Some(u32::from_be_bytes(head.get(at..at + 4)?.try_into().ok()?) as usize);
    let (data, resource) = (long(11)?, long(15)?);
    let mut found = Found {
        name: encoding_rs::MACINTOSH.decode_without_bom_handling(name).0.into_owned(),
        ..Found::default()
    };
    let kind = head.get(1..9)?;
    if kind.iter().all(|byte| byte.is_ascii_graphic() || *byte == b' ') {
        found.facts.push(Fact::new("macintosh_type", String::from_utf8_lossy(kind)));
    }
    if resource > 0 {
        found.facts.push(Fact::new("resource_fork_bytes", resource.to_string()));
    }
    found.bytes = body.get(..data.min(body.len()))?.to_vec();
    if found.bytes.len() < data {
        found
            .defects
            .push(Defect::new("truncated", "the file in the text ends early; what there is was kept"));
    }
    Some(found)
}
