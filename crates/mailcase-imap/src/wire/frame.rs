//! Cuts the byte stream into frames: one response with its literals. Bounds what a server can make us hold.

use bytes::{Bytes, BytesMut};

/// Longest text of one response without its literals. A `SEARCH` answer is one line: this is room for about two
/// million UIDs.
const LINE_MAX_BYTES: usize = 16 << 20;
/// What one response may carry in literals when no message was asked for: names of folders, rarely.
pub(crate) const LITERAL_DEFAULT_BYTES: usize = 64 << 10;
/// How much is read at once: small while little comes, large in a flood.
const BLOCK_MIN_BYTES: usize = 4 << 10;
const BLOCK_MAX_BYTES: usize = 256 << 10;

/// A frame larger than this shares its memory with no other.
const FRAME_SHARED_MAX_BYTES: usize = 512 << 10;

/// The server sends more than it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FrameError {
    LineTooLong,
    LiteralTooLarge { announced: u64, allowed: usize },
}

/// Collects bytes and hands out whole frames, each a slice of what was read.
#[derive(Debug)]
pub(crate) struct FrameReader {
    buffer: BytesMut,
    /// Where the line being looked at starts; beyond the buffer while a literal is incomplete.
    line_start: usize,
    /// No line end before this.
    scanned: usize,
    text_bytes: usize,
    literal_bytes: usize,
    literal_max: usize,
    first_line: bool,
    block: usize,
}

impl FrameReader {
    pub(crate) fn new() -> Self {
        Self {
            buffer: BytesMut::new(),
            line_start: 0,
            scanned: 0,
            text_bytes: 0,
            literal_bytes: 0,
            literal_max: LITERAL_DEFAULT_BYTES,
            first_line: true,
            block: BLOCK_MIN_BYTES,
        }
    }

    /// How many bytes of literals one response may carry from now on.
    pub(crate) fn allow_literals(&mut self, bytes: usize) {
        self.literal_max = bytes;
    }

    /// Bytes read and not yet handed out.
    pub(crate) fn pending(&self) -> usize {
        self.buffer.len()
    }

    /// Gives back memory while nothing is expected.
    pub(crate) fn rest(&mut self) {
        if self.buffer.is_empty() {
            self.buffer = BytesMut::new();
            self.block = BLOCK_MIN_BYTES;
        }
    }

    /// Room for the next read; report what was read by [`filled`](Self::filled).
    pub(crate) fn room(&mut self) -> &mut BytesMut {
        let missing = self.line_start.saturating_sub(self.buffer.len());
        if missing > 0 {
            // The literal itself, so that it lies in one piece, and the line after it.
            let rest = missing.saturating_add(BLOCK_MIN_BYTES);
            if self.buffer.capacity().saturating_sub(self.buffer.len()) < missing {
                self.buffer.reserve(rest);
            }
        } else if self.buffer.capacity() == self.buffer.len() {
            self.buffer.reserve(self.block);
        }
        &mut self.buffer
    }

    /// Learns from how much came: a full read means that more waits.
    pub(crate) fn filled(&mut self, read: usize) {
        if read >= self.block {
            self.block = self.block.saturating_mul(2).min(BLOCK_MAX_BYTES);
        }
    }

    /// The next whole frame, including its line end.
    pub(crate) fn next_frame(&mut self) -> Result<Option<Bytes>, FrameError> {
        loop {
            let Some(unscanned) = self.buffer.get(self.scanned..) else { return Ok(None) };
            let Some(found) = memchr::memchr(b'\n', unscanned) else {
                self.scanned = self.buffer.len();
                let line = self.buffer.len().saturating_sub(self.line_start);
                self.check_text(line)?;
                return Ok(None);
            };
            let end = self.scanned.saturating_add(found).saturating_add(1);
            let line = self.buffer.get(self.line_start..end).unwrap_or_default();
            let literal = if self.first_line && is_text(line) { None } else { announced_literal(line) };
            let length = line.len();
            self.check_text(length)?;
            let Some(announced) = literal else {
                let frame = self.buffer.split_to(end).freeze();
                if frame.len() > FRAME_SHARED_MAX_BYTES {
                    // The memory of a large frame goes with it: small ones that came to lie there would keep it all.
                    self.buffer = BytesMut::from(self.buffer.as_ref());
                }
                (self.line_start, self.scanned, self.text_bytes, self.literal_bytes) = (0, 0, 0, 0);
                self.first_line = true;
                return Ok(Some(frame));
            };
            let allowed = self.literal_max.saturating_sub(self.literal_bytes);
            let size = usize::try_from(announced).unwrap_or(usize::MAX);
            if size > allowed {
                return Err(FrameError::LiteralTooLarge { announced, allowed });
            }
            self.text_bytes = self.text_bytes.saturating_add(length);
            self.literal_bytes = self.literal_bytes.saturating_add(size);
            self.line_start = end.saturating_add(size);
            self.scanned = self.line_start;
            self.first_line = false;
        }
    }

    fn check_text(&self, line: usize) -> Result<(), FrameError> {
        if self.text_bytes.saturating_add(line) > LINE_MAX_BYTES {
            return Err(FrameError::LineTooLong);
        }
        Ok(())
    }
}

/// Whether a first line is one that never carries literals but text for people, which may end in `{5}`.
fn is_text(line: &[u8]) -> bool {
    const WORDS: [&[u8]; 5] = [b"OK", b"NO", b"BAD", b"BYE", b"PREAUTH"];
    let Some(rest) = line.strip_prefix(b"* ") else { return true };
    let word = rest.split(u8::is_ascii_whitespace).next().unwrap_or_default();
    WORDS.iter().any(|text| word.eq_ignore_ascii_case(text))
}

/// The size in `{size}`, `{size+}` or `~{size}` at the end of a line (RFC 3501 §4.3, RFC 7888, RFC 3516).
fn announced_literal(line: &[u8]) -> Option<u64> {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let inner = line.strip_suffix(b"}")?;
    let inner = inner.strip_suffix(b"+").or_else(|| inner.strip_suffix(b"-")).unwrap_or(inner);
    let digits = inner.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
    let (before, digits) = inner.split_at_checked(inner.len().checked_sub(digits)?)?;
    if digits.is_empty() || before.last() != Some(&b'{') {
        return None;
    }
    // More digits than fit are more than anybody may send.
    Some(std::str::from_utf8(digits).ok()?.parse().unwrap_or(u64::MAX))
}
