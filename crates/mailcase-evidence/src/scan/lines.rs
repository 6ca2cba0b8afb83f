//! Lines as the scanner sees them: where they end, and which may be boundaries (RFC 2046 §5.1.1).

use std::sync::LazyLock;

use memchr::memmem::{self, Finder};

/// Bytes looked at to tell bare-CR line ends (old Macs) from LF and CRLF.
const LINE_END_PROBE: usize = 4 << 10;

pub(super) static LF_BOUNDARY: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(b"\n--"));
pub(super) static CR_BOUNDARY: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(b"\r--"));

/// What may follow the name of a boundary: nothing, or the mark of the last one.
pub(super) fn is_end(rest: &[u8]) -> bool {
    matches!(rest, b"" | b"--")
}

/// Which byte ends lines, once enough has been seen to tell.
pub(super) fn probe_line_end(data: &[u8], last: bool) -> Option<u8> {
    let window = data.get(..LINE_END_PROBE.min(data.len())).unwrap_or_default();
    if memchr::memchr(b'\n', window).is_some() {
        return Some(b'\n');
    }
    if window.len() < LINE_END_PROBE && !last {
        return None;
    }
    Some(if memchr::memchr(b'\r', window).is_some_and(|at| at + 1 < window.len()) { b'\r' } else { b'\n' })
}

/// How many bytes at the end may be the start of a line end and a boundary.
pub(super) fn held_back(rest: &[u8], line_end: u8) -> usize {
    let dash = usize::from(rest.ends_with(b"-") && rest.get(rest.len().wrapping_sub(2)) == Some(&line_end));
    let line = rest.get(..rest.len() - dash).unwrap_or_default();
    let end = usize::from(line.last() == Some(&line_end));
    let line = line.get(..line.len() - end).unwrap_or_default();
    let carriage = usize::from(line_end == b'\n' && line.last() == Some(&b'\r'));
    dash + end + carriage
}

/// Whether a header block seems to declare the boundary that `text` is.
pub(super) fn declares_boundary(block: &[u8], text: &[u8]) -> bool {
    let name = text.strip_suffix(b"--").unwrap_or(text);
    name.iter().any(u8::is_ascii_alphanumeric)
        && memmem::find(block, b"oundary").is_some()
        && memmem::find(block, name).is_some()
}
