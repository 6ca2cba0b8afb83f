//! URLs that a mail program broke over lines.
//!
//! Joined are those within angle brackets (RFC 3986, appendix C), also in quoted text, and those that fill a line as
//! wide as mail programs make them when the next line holds nothing but what can only be the rest.

use memchr::memmem;

/// Longest URL within angle brackets looked at.
const BRACKETED_BYTES: usize = 4 << 10;
/// Lines that end by being full: RFC 5322 asks for 78 characters, old programs break before 72.
const FULL_LINE: std::ops::RangeInclusive<usize> = 68..=80;
/// Longest run before a scheme that is looked at for the begin of its line.
const LINE_BYTES: usize = 100;
/// Lines that one URL goes on over.
const LINES: usize = 20;

/// Adds the breaks to take out: begin, end, nothing. `schemes` are the places of `://`.
pub(super) fn find(text: &str, schemes: &[usize], replacements: &mut Vec<(usize, usize, &'static str)>) {
    let bytes = text.as_bytes();
    let mut done = 0;
    for at in schemes.iter().copied() {
        if at < done {
            continue;
        }
        let end =
            at + 3 + bytes.get(at + 3..).unwrap_or_default().iter().take_while(|one| is_url(**one)).count();
        done = end;
        // Nearly all URLs end within their line.
        if !matches!(bytes.get(end), Some(b'\n' | b'\r')) {
            continue;
        }
        let letters = bytes.get(..at).unwrap_or_default().iter().rev().take(6);
        let scheme = at - letters.take_while(|byte| byte.is_ascii_alphabetic()).count();
        let bracketed = scheme.checked_sub(1).and_then(|before| bytes.get(before)) == Some(&b'<');
        let line = line_start(bytes, scheme);
        done = if bracketed {
            bracket(bytes, line, end, scheme, replacements)
        } else {
            full_line(bytes, line, end, replacements)
        };
    }
}

const fn is_url(byte: u8) -> bool {
    byte > b' ' && byte != 0x7f && !matches!(byte, b'<' | b'>' | b'"')
}

/// Begin of the line of `at`, as far as it is near; else `at`.
fn line_start(bytes: &[u8], at: usize) -> usize {
    let from = at.saturating_sub(LINE_BYTES);
    let window = bytes.get(from..at).unwrap_or_default();
    match memchr::memrchr(b'\n', window) {
        Some(newline) => from + newline + 1,
        None if from == 0 => 0,
        None => at,
    }
}

/// Marks of quoted text at the begin of a line.
fn quote(bytes: &[u8], line: usize) -> usize {
    let mut length = 0;
    let mut marks = 0;
    for byte in bytes.get(line..).unwrap_or_default().iter().take(32) {
        match byte {
            b'>' => marks += 1,
            b' ' if marks > 0 => {}
            _ => break,
        }
        length += 1;
    }
    if marks > 0 { length } else { 0 }
}

/// Where the next line begins, its marks of quoted text skipped as those of this line.
fn next_line(bytes: &[u8], end: usize, quoted: bool) -> Option<usize> {
    let newline = match bytes.get(end..)? {
        [b'\r', b'\n', ..] => end + 2,
        [b'\n', ..] => end + 1,
        _ => return None,
    };
    let marks = if quoted { quote(bytes, newline) } else { 0 };
    (marks > 0 || !quoted).then_some(newline + marks)
}

fn bracket(
    bytes: &[u8],
    line: usize,
    mut end: usize,
    begin: usize,
    replacements: &mut Vec<(usize, usize, &'static str)>,
) -> usize {
    let quoted = quote(bytes, line) > 0;
    let mut breaks = Vec::new();
    while let Some(next) = next_line(bytes, end, quoted) {
        let blanks =
            bytes.get(next..).unwrap_or_default().iter().take_while(|one| matches!(one, b' ' | b'\t'));
        let next = next + blanks.take(8).count();
        breaks.push((end, next, ""));
        let length = bytes.get(next..).unwrap_or_default().iter().take_while(|one| is_url(**one)).count();
        end = next + length;
        if length == 0 || end - begin > BRACKETED_BYTES || breaks.len() > LINES {
            return end;
        }
    }
    if bytes.get(end) == Some(&b'>') {
        replacements.extend(breaks);
    }
    end
}

fn full_line(
    bytes: &[u8],
    mut line: usize,
    mut end: usize,
    replacements: &mut Vec<(usize, usize, &'static str)>,
) -> usize {
    let quoted = quote(bytes, line) > 0;
    for _ in 0..LINES {
        if !FULL_LINE.contains(&end.saturating_sub(line)) {
            break;
        }
        let Some(next) = next_line(bytes, end, quoted) else { break };
        let rest: Vec<u8> = bytes
            .get(next..)
            .unwrap_or_default()
            .iter()
            .copied()
            .take_while(|one| is_url(*one))
            .take(100)
            .collect();
        let stop = next + rest.len();
        let alone = matches!(bytes.get(stop), None | Some(b'\n' | b'\r'));
        let open = matches!(bytes.get(end - 1), Some(b'/' | b'-' | b'_' | b'=' | b'?' | b'&' | b'%' | b'+'));
        if !alone || !is_rest(&rest, open) {
            break;
        }
        replacements.push((end, next, ""));
        line = next;
        end = stop;
    }
    end
}

/// Whether this can only be the rest of a URL: no word, no other URL, no line of dashes.
fn is_rest(rest: &[u8], open: bool) -> bool {
    let telling = rest.iter().any(|one| matches!(one, b'=' | b'&' | b'%' | b'/' | b'?'));
    let digit = rest.iter().any(u8::is_ascii_digit);
    let letter = rest.iter().any(u8::is_ascii_alphabetic);
    let first = rest
        .first()
        .is_some_and(|one| one.is_ascii_alphanumeric() || matches!(one, b'%' | b'&' | b'=' | b'?' | b'/'));
    first
        && memmem::find(rest, b"://").is_none()
        && !rest.starts_with(b"www.")
        && letter
        && (telling || (open && digit))
}

#[cfg(test)]
mod tests {
    use super::super::refang;

    #[test]
    fn joined() {
        let long = format!("https://evil.example/{}", "a".repeat(50));
        for (text, want) in [
            ("<https://evil.example/a\n  b>".to_owned(), "<https://evil.example/ab>".to_owned()),
            ("> <https://evil.example/a\n> b> x".to_owned(), "> <https://evil.example/ab> x".to_owned()),
            ("<https://evil.example/a\nb c>".to_owned(), "<https://evil.example/a\nb c>".to_owned()),
            (format!("{long}\r\nb=c/d\r\nx"), format!("{long}b=c/d\r\nx")),
            (format!("> {long}\n> b=c/d\n> x"), format!("> {long}b=c/d\n> x")),
            (format!("{long}\nand then"), format!("{long}\nand then")),
            (format!("{long}\nthen"), format!("{long}\nthen")),
            (format!("{long}\nhttps://other.example/"), format!("{long}\nhttps://other.example/")),
            ("https://evil.example/a\nb=c/d".to_owned(), "https://evil.example/a\nb=c/d".to_owned()),
        ] {
            assert_eq!(refang(&text).text, want);
        }
    }
}
