//! Base64 (RFC 4648 §4) that comes in pieces.

use super::xml::Content;
use ::base64::Engine as _;
use ::base64::engine::general_purpose::STANDARD;
use bytes::{Bytes, BytesMut};

/// Pieces handed on are about this large, whatever the frames on the wire are.
const PIECE_BYTES: usize = 256 << 10;
/// Decoded at once; a multiple of four.
const BLOCK_BYTES: usize = 48 << 10;

/// Decodes what it is fed; line ends within do not matter.
#[derive(Debug, Default)]
pub(super) struct Decoder {
    /// Fed and not decoded: less than a block, and without line ends.
    ahead: Vec<u8>,
    decoded: BytesMut,
    /// Some of it was decoded.
    any: bool,
    /// Padding was met: nothing may follow.
    ended: bool,
    broken: bool,
}

impl Decoder {
    pub(super) fn feed(&mut self, text: &[u8]) {
        for part in text.chunks(BLOCK_BYTES) {
            if self.broken {
                return;
            }
            if part.iter().any(u8::is_ascii_whitespace) {
                self.ahead.extend(part.iter().filter(|byte| !byte.is_ascii_whitespace()));
            } else {
                self.ahead.extend_from_slice(part);
            }
            self.decode();
        }
    }

    /// Whole groups of four.
    fn decode(&mut self) {
        let whole = self.ahead.len() - self.ahead.len() % 4;
        let (groups, rest) = self.ahead.split_at(whole);
        if groups.is_empty() {
            return;
        }
        match STANDARD.decode(groups) {
            Ok(bytes) if !self.ended => {
                self.ended = groups.ends_with(b"=");
                self.any = true;
                self.decoded.extend_from_slice(&bytes);
            }
            _ => self.broken = true,
        }
        self.ahead = rest.to_vec();
    }

    /// The next piece, if there is one worth handing on; with `last`, whatever is left.
    pub(super) fn piece(&mut self, last: bool) -> Option<Bytes> {
        let ready = self.decoded.len() >= PIECE_BYTES || (last && !self.decoded.is_empty());
        ready.then(|| self.decoded.split_to(self.decoded.len().min(PIECE_BYTES)).freeze())
    }

    /// What it was, after everything was fed.
    pub(super) const fn content(&self) -> Content {
        if self.broken || !self.ahead.is_empty() {
            Content::Broken
        } else if self.any {
            Content::Whole
        } else {
            Content::Empty
        }
    }
}
