//! uuencode and its base64 variant (IEEE 1003.1).

use base64::Engine;

use super::lines::Lines;
use super::{Found, cut, name};
use crate::Defect;
use crate::transfer::LENIENT_BASE64;

/// Characters a line may have beyond its content: programs add a checksum or a blank.
const SPARE: usize = 2;

/// Name of the file after `begin 644 `; nothing when the line is a sentence.
fn head<'a>(line: &'a [u8], word: &[u8]) -> Option<&'a [u8]> {
    let rest = line.strip_prefix(word)?.trim_ascii_start();
    let digits = rest.iter().take_while(|byte| matches!(byte, b'0'..=b'7')).count();
    let (_, name) = rest.split_at_checked(digits)?;
    ((3..=6).contains(&digits) && name.first().is_none_or(|byte| *byte == b' ')).then_some(name)
}

/// Reads a file from behind its first line; when it is none, the lines stay where they are.
pub(super) fn read(first: &[u8], lines: &mut Lines<'_>) -> Option<Found> {
    let mut found = Found { name: name(head(first, b"begin ")?), ..Found::default() };
    let mut ahead = lines.clone();
    decode(&ahead.next()?, &mut Vec::new())?;
    ahead = lines.clone();
    loop {
        let before = ahead.clone();
        let Some(line) = ahead.next() else {
            found.defects.push(cut());
            break;
        };
        if line.trim_ascii_end() == b"end" {
            break;
        }
        // Quoted texts and mailing lists leave empty lines.
        if line.trim_ascii().is_empty() {
            continue;
        }
        if decode(&line, &mut found.bytes).is_none() {
            let message = "a line within the encoded file is not encoded; what is before it was kept";
            found.defects.push(Defect::new("damaged", message));
            ahead = before;
            break;
        }
    }
    *lines = ahead;
    Some(found)
}

/// Appends what a line encodes; nothing when it is not such a line.
fn decode(line: &&[u8], out: &mut Vec<u8>) -> Option<()> {
    let (first, body) = line.split_first()?;
    let valid = |byte: &u8| (b' '..=b'`').contains(byte);
    if !valid(first) || !body.iter().all(valid) {
        return None;
    }
    let length = usize::from((first - b' ') & 63);
    let wanted = length.div_ceil(3) * 4;
    if body.len() > wanted + SPARE || (body.len() < wanted && body.len() + 4 < length) {
        return None;
    }
    let start = out.len();
    // Blanks at the end of a line get lost: they are zeros.
    let mut values = body.iter().map(|byte| byte.wrapping_sub(b' ') & 63).chain(std::iter::repeat(0));
    for _ in 0..wanted / 4 {
        let group = [values.next()?, values.next()?, values.next()?, values.next()?];
        let word = group.iter().fold(0_u32, |word, value| word << 6 | u32::from(*value));
        let [_, a, b, c] = word.to_be_bytes();
        out.extend_from_slice(&[a, b, c]);
    }
    out.truncate(start + length);
    Some(())
}

/// Reads a file in base64 from behind its first line.
pub(super) fn read_base64(first: &[u8], lines: &mut Lines<'_>) -> Option<Found> {
    let mut found = Found { name: name(head(first, b"begin-base64 ")?), ..Found::default() };
    let mut encoded: Vec<u8> = Vec::new();
    let mut ended = false;
    for line in lines.by_ref() {
        if line.starts_with(b"====") {
            ended = true;
            break;
        }
        encoded.extend(line.iter().filter(|byte| !byte.is_ascii_whitespace()));
    }
    if !ended {
        found.defects.push(cut());
    }
    let valid =
        encoded.iter().take_while(|byte| byte.is_ascii_alphanumeric() || b"+/".contains(byte)).count();
    // A single character over encodes nothing.
    let valid = if valid % 4 == 1 { valid - 1 } else { valid };
    found.bytes = LENIENT_BASE64.decode(encoded.get(..valid)?).ok()?;
    Some(found)
}
