//! Parameters of Content-Type and Content-Disposition brought into the form that the foreign grammar reads whole: it does
//! not go on behind a name at the end of a line, and reads each piece of a divided value (RFC 2231 §3) by itself, though
//! the charset stands in the first alone and a character may be divided.

use std::collections::BTreeMap;
use std::ops::Range;

/// Divided values of one field put together; more are left as they are.
const DIVIDED: usize = 8;
/// Pieces of one value.
const PIECES: usize = 1_000;

/// The same parameters, each on its line and in one piece.
pub(crate) fn straightened(bytes: &[u8]) -> Vec<u8> {
    let unfolded = unfolded_values(bytes);
    joined(&unfolded).unwrap_or(unfolded)
}

/// Without the line ends between the name of a parameter and its value.
fn unfolded_values(bytes: &[u8]) -> Vec<u8> {
    let mut unfolded: Vec<u8> = Vec::with_capacity(bytes.len());
    // Up to the last byte that is no blank.
    let mut solid = 0;
    for &byte in bytes {
        let name = unfolded.get(..solid).and_then(|solid| solid.strip_suffix(b"=")).unwrap_or_default();
        let follows_name =
            matches!(name.last(), Some(b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'*' | b' ' | b'\t'));
        if matches!(byte, b'\r' | b'\n') && follows_name {
            continue;
        }
        unfolded.push(byte);
        if !byte.is_ascii_whitespace() {
            solid = unfolded.len();
        }
    }
    unfolded
}

/// One piece of a divided value: `name*3*=…`.
struct Piece<'a> {
    name: String,
    number: usize,
    /// With percent signs, the first one behind a charset and a language.
    encoded: bool,
    value: &'a [u8],
}

/// With the pieces of each value that names a charset put together; nothing when there is none.
fn joined(bytes: &[u8]) -> Option<Vec<u8>> {
    memchr::memmem::find(bytes, b"*0*")?;
    let mut whole: Vec<&[u8]> = Vec::new();
    let mut divided: BTreeMap<String, BTreeMap<usize, Piece<'_>>> = BTreeMap::new();
    for range in segments(bytes) {
        let segment = bytes.get(range).unwrap_or_default();
        match piece(segment) {
            Some(piece) if divided.len() < DIVIDED || divided.contains_key(&piece.name) => {
                divided.entry(piece.name.clone()).or_default().entry(piece.number).or_insert(piece);
            }
            _ => whole.push(segment),
        }
    }
    let mut all = whole.join(&b';');
    for (name, pieces) in divided {
        let value = value_of(&pieces)?;
        all.extend_from_slice(format!(";\n {name}*=").as_bytes());
        all.extend_from_slice(&value);
    }
    Some(all)
}

/// Between semicolons that do not stand in quotes.
fn segments(bytes: &[u8]) -> Vec<Range<usize>> {
    let (mut found, mut start) = (Vec::new(), 0);
    let (mut quoted, mut escaped) = (false, false);
    for (at, byte) in bytes.iter().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b';' if !quoted => {
                found.push(start..at);
                start = at + 1;
            }
            _ => {}
        }
    }
    found.push(start..bytes.len());
    found
}

fn piece(segment: &[u8]) -> Option<Piece<'_>> {
    let equals = memchr::memchr(b'=', segment)?;
    let (name, value) = (segment.get(..equals)?, segment.get(equals + 1..)?);
    let name = std::str::from_utf8(name).ok()?.trim();
    let (name, encoded) = name.strip_suffix('*').map_or((name, false), |name| (name, true));
    let (name, number) = name.rsplit_once('*')?;
    let number = number.parse().ok().filter(|number| *number < PIECES)?;
    let is_name =
        !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    let name = is_name.then(|| name.to_ascii_lowercase())?;
    Some(Piece { name, number, encoded, value: value.trim_ascii() })
}

/// Charset, language and the whole text with percent signs, from the pieces that follow one another.
fn value_of(pieces: &BTreeMap<usize, Piece<'_>>) -> Option<Vec<u8>> {
    let first = pieces.get(&0).filter(|first| first.encoded)?;
    // The charset is what lies before the first of two apostrophes.
    memchr::memchr_iter(b'\'', first.value).nth(1)?;
    let mut value = Vec::new();
    for (place, (number, piece)) in pieces.iter().enumerate() {
        if place != *number {
            break;
        }
        if piece.encoded {
            value.extend(piece.value.iter().filter(|byte| !byte.is_ascii_whitespace() && **byte != b'"'));
        } else {
            unquoted(piece.value, &mut value);
        }
    }
    Some(value)
}

/// Appends what is in the quotes, each byte that means something else here with a percent sign.
fn unquoted(value: &[u8], into: &mut Vec<u8>) {
    let quoted = value.strip_prefix(b"\"").and_then(|rest| rest.strip_suffix(b"\""));
    let mut escaped = false;
    for &byte in quoted.unwrap_or(value) {
        if byte == b'\\' && quoted.is_some() && !escaped {
            escaped = true;
            continue;
        }
        escaped = false;
        if byte.is_ascii_alphanumeric() || b"-_.".contains(&byte) {
            into.push(byte);
        } else if !matches!(byte, b'\r' | b'\n') {
            into.extend_from_slice(format!("%{byte:02X}").as_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(bytes: &str, want: &str) {
        assert_eq!(String::from_utf8(straightened(bytes.as_bytes())).unwrap(), want, "{bytes}");
    }

    #[test]
    fn values_may_begin_on_the_next_line() {
        check("a/b; boundary=\r\n \"x y\"; c=d\r\n e=f", "a/b; boundary= \"x y\"; c=d\r\n e=f");
        check("a/b; name=\"x=\r\n y\"", "a/b; name=\"x= y\"");
        check("a/b; name==?utf-8?Q?a?=\r\n =?utf-8?Q?b?=", "a/b; name==?utf-8?Q?a?=\r\n =?utf-8?Q?b?=");
    }

    #[test]
    fn divided_values_are_put_together() {
        check(
            "a/b; x=\"1;2\"; n*1*=%E8; n*0*=windows-1251''%ED",
            "a/b; x=\"1;2\";\n n*=windows-1251''%ED%E8",
        );
        check("a/b; n*0*=utf-8''a%20; n*1=\"b \\\"c\"; n*3=d", "a/b;\n n*=utf-8''a%20b%20%22c");
        for same in ["a/b; n*0=a; n*1=b", "a/b; n*0*=a; n*1=b", "a/b; n*1*=x''b", "a/b", "", ";;*0*="] {
            check(same, same);
        }
    }
}
