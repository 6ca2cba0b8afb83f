//! The lines of a text without the marks of quoting, each found by where it begins.

use super::labels::is_blank;

/// Bytes of a line looked at; nothing that is looked for is longer.
const LINE_BYTES: usize = 4 << 10;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Line<'t> {
    pub(super) start: usize,
    /// Where the next one begins.
    pub(super) next: usize,
    /// How often it is quoted.
    pub(super) depth: usize,
    /// Without quotes and blanks around; cut when it is long.
    pub(super) text: &'t str,
}

impl<'t> Line<'t> {
    /// The line that begins at `start`; none at the end of the text.
    pub(super) fn at(text: &'t str, start: usize) -> Option<Self> {
        let rest = text.get(start..).filter(|rest| !rest.is_empty())?;
        let length = memchr::memchr(b'\n', rest.as_bytes()).map_or(rest.len(), |at| at + 1);
        let whole = rest.get(..length)?;
        let whole = whole.get(..whole.floor_char_boundary(LINE_BYTES))?;
        let (depth, text) = unquoted(whole);
        Some(Self { start, next: start + length, depth, text })
    }

    /// Whether it begins with a letter and has no colon: most lines do, and nothing that is looked for.
    pub(super) fn is_plain(&self) -> bool {
        let bytes = self.text.as_bytes();
        // 0xEF is what the wide colon begins with.
        bytes.first().is_some_and(u8::is_ascii_alphabetic) && memchr::memchr2(b':', 0xef, bytes).is_none()
    }
}

/// How often a line is quoted, and what is quoted.
fn unquoted(line: &str) -> (usize, &str) {
    let mut depth = 0;
    let mut rest = line;
    // Blanks and marks of ASCII are the usual ones, and letters end the search for them.
    while !rest.as_bytes().first().is_some_and(u8::is_ascii_alphanumeric) {
        rest = rest.trim_start_matches(is_blank);
        let Some(inner) = rest.strip_prefix('>') else { break };
        depth += 1;
        rest = inner;
    }
    (depth, rest.trim_end_matches(is_blank))
}

/// `text` with so many marks of quoting less on each line.
pub(super) fn without_quotes(text: &str, depth: usize) -> String {
    if depth == 0 {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let mut rest = line;
        for _ in 0..depth {
            let inner = rest.trim_start_matches([' ', '\t']).strip_prefix('>');
            let Some(inner) = inner else { break };
            rest = inner.strip_prefix(' ').unwrap_or(inner);
        }
        out.push_str(rest);
    }
    out
}
