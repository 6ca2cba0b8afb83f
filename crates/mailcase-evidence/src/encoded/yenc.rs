//! yEnc 1.3, with its checksums and its files in several parts.

use super::lines::Lines;
use super::{Found, cut, name};
use crate::{Defect, Fact};

/// Value of ` key=` in a line of keywords.
fn value<'a>(line: &'a [u8], key: &str) -> Option<&'a [u8]> {
    let at = memchr::memmem::find(line, format!(" {key}=").as_bytes())?;
    let rest = line.get(at + key.len() + 2..)?;
    rest.split(|byte| *byte == b' ').next()
}

fn number(line: &[u8], key: &str) -> Option<u64> {
    std::str::from_utf8(value(line, key)?).ok()?.trim().parse().ok()
}

fn checksum(line: &[u8], key: &str) -> Option<u32> {
    u32::from_str_radix(std::str::from_utf8(value(line, key)?).ok()?.trim(), 16).ok()
}

/// Reads a file from behind its first line; when it is none, the lines stay where they are.
pub(super) fn read(first: &[u8], lines: &mut Lines<'_>) -> Option<Found> {
    let size = number(first, "size")?;
    // The name is last and may hold blanks.
    let at = memchr::memmem::find(first, b" name=")?;
    let mut found = Found { name: name(first.get(at + 6..)?), ..Found::default() };
    let part = number(first, "part");
    if let Some(part) = part {
        let of = number(first, "total").map_or_else(String::new, |total| format!(" of {total}"));
        found.facts.push(Fact::new("yenc_part", format!("{part}{of}")));
    }
    let mut end = None;
    let mut escaped = false;
    for line in lines.by_ref() {
        if line.starts_with(b"=yend ") {
            end = Some(line);
            break;
        }
        if line.starts_with(b"=ypart ") {
            if let (Some(from), Some(to)) = (number(line, "begin"), number(line, "end")) {
                found.facts.push(Fact::new("yenc_range", format!("{from}-{to}")));
            }
            continue;
        }
        // Mail servers double a dot at the start of a line, and news programs leave it so.
        let line = if line.starts_with(b"..") { line.get(1..).unwrap_or_default() } else { line };
        for byte in line {
            match (escaped, *byte) {
                (false, b'=') => escaped = true,
                (true, byte) => {
                    found.bytes.push(byte.wrapping_sub(64).wrapping_sub(42));
                    escaped = false;
                }
                (false, byte) => found.bytes.push(byte.wrapping_sub(42)),
            }
        }
    }
    match end {
        Some(line) => verify(&mut found, line, size, part.is_some()),
        None => found.defects.push(cut()),
    }
    Some(found)
}

fn verify(found: &mut Found, end: &[u8], size: u64, part: bool) {
    let wanted = number(end, "size").unwrap_or(size);
    if found.bytes.len() as u64 != wanted {
        let message = format!("the encoded file should have {wanted} bytes and has {}", found.bytes.len());
        found.defects.push(Defect::new("bad_size", message));
    }
    let told = if part {
        checksum(end, "pcrc32")
    } else {
        checksum(end, "crc32").or_else(|| checksum(end, "pcrc32"))
    };
    if told.is_some_and(|told| told != crc32fast::hash(&found.bytes)) {
        let message = "the checksum of the encoded file is another; it was kept";
        found.defects.push(Defect::new("bad_checksum", message));
    }
}
