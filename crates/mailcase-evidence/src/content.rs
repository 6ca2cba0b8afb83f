//! The content of one leaf as it flows by: decoded, hashed, measured, and the little kept that is looked at later.

use mailcase_sums::Sums;

use crate::Hashes;
use crate::contents::make_room;
use crate::open::Format;
use crate::scan::Scanner;
use crate::transfer::{Base64, QuotedPrintable, Transfer, looks_like_base64};
use crate::tree::Tree;

/// First bytes kept to tell the type: magic numbers lie within the first few hundred bytes, tar's at 257, and the
/// member names that tell Office formats apart within the first kilobytes.
pub(crate) const SNIFF_BYTES: usize = 4 << 10;
/// Decoded and hashed in pieces that stay in the processor's cache.
const PIECE: usize = 24 << 10;
/// Longest first line waited for before deciding whether declared base64 is base64.
const FIRST_LINE: usize = 256;

/// What a leaf is read as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Encoding {
    Identity,
    Base64,
    QuotedPrintable,
}

/// One leaf being read.
#[derive(Debug)]
pub(crate) struct Content {
    node: usize,
    transfer: Transfer,
    /// The first line of declared base64 until it has been judged.
    undecided: Option<Vec<u8>>,
    not_base64: bool,
    sums: Sums,
    prefix: Vec<u8>,
    /// Kept text and how much more may be kept.
    text: Option<Vec<u8>>,
    text_room: usize,
    text_cut: bool,
    nuls: bool,
    nested: Option<Box<Scanner>>,
    kept: Kept,
    scratch: Vec<u8>,
}

/// Decoded bytes kept to be opened.
#[derive(Debug)]
enum Kept {
    /// Until the first bytes have shown what it is.
    Undecided,
    /// A text, in which files may begin anywhere.
    Watched,
    Held(Format, Vec<u8>),
    TooLarge,
    Nothing,
}

/// What is known of a leaf at its end.
pub(crate) struct Finished {
    pub(crate) size: u64,
    pub(crate) hashes: Hashes,
    pub(crate) prefix: Vec<u8>,
    pub(crate) text: Option<(Vec<u8>, bool)>,
    pub(crate) nuls: bool,
    pub(crate) flaw: Option<(&'static str, &'static str)>,
    /// The whole content, when it can be opened.
    pub(crate) kept: Option<(Format, Vec<u8>)>,
}

impl Content {
    pub(crate) fn new(node: usize, encoding: Encoding, text_room: Option<usize>) -> Self {
        let transfer = match encoding {
            Encoding::Identity => Transfer::Identity,
            Encoding::Base64 => Transfer::Base64(Base64::default()),
            Encoding::QuotedPrintable => Transfer::QuotedPrintable(QuotedPrintable::default()),
        };
        Self {
            node,
            transfer,
            undecided: (encoding == Encoding::Base64).then(Vec::new),
            not_base64: false,
            sums: if text_room.is_none() { Sums::with_similarity() } else { Sums::default() },
            prefix: Vec::new(),
            text: text_room.map(|_| Vec::new()),
            text_room: text_room.unwrap_or_default(),
            text_cut: false,
            nuls: false,
            nested: None,
            kept: Kept::Undecided,
            scratch: Vec::new(),
        }
    }

    /// The decoded content is a message that `scanner` takes apart.
    pub(crate) fn with_message(mut self, scanner: Scanner) -> Self {
        self.nested = Some(Box::new(scanner));
        self.kept = Kept::Nothing;
        self
    }

    /// Only read as text, never opened.
    pub(crate) fn unopened(mut self) -> Self {
        self.kept = Kept::Nothing;
        self
    }

    pub(crate) fn node(&self) -> usize {
        self.node
    }

    pub(crate) fn push(&mut self, tree: &mut Tree<'_>, raw: &[u8]) {
        let Some(first) = &mut self.undecided else {
            self.decode(tree, raw);
            return;
        };
        // Mostly all of the content comes at once, and needs no copy.
        if first.is_empty() && has_first_line(raw) {
            self.undecided = None;
            self.judge(raw);
            self.decode(tree, raw);
            return;
        }
        first.extend_from_slice(raw);
        if has_first_line(first) {
            self.decide(tree);
        }
    }

    fn decide(&mut self, tree: &mut Tree<'_>) {
        let Some(first) = self.undecided.take() else { return };
        self.judge(&first);
        self.decode(tree, &first);
    }

    /// Decides by the first line whether declared base64 is base64.
    fn judge(&mut self, first: &[u8]) {
        let line = first.trim_ascii_start();
        let end = memchr::memchr2(b'\n', b'\r', line).unwrap_or(line.len()).min(FIRST_LINE);
        if !looks_like_base64(line.get(..end).unwrap_or_default()) {
            self.transfer = Transfer::Identity;
            self.not_base64 = true;
        }
    }

    fn decode(&mut self, tree: &mut Tree<'_>, raw: &[u8]) {
        if matches!(self.transfer, Transfer::Identity) {
            self.consume(tree, raw);
            return;
        }
        let mut scratch = std::mem::take(&mut self.scratch);
        for piece in raw.chunks(PIECE) {
            scratch.clear();
            self.transfer.push(piece, &mut scratch);
            self.consume(tree, &scratch);
        }
        self.scratch = scratch;
    }

    fn consume(&mut self, tree: &mut Tree<'_>, decoded: &[u8]) {
        if decoded.is_empty() {
            return;
        }
        self.sums.update(decoded);
        let room = (SNIFF_BYTES - self.prefix.len()).min(decoded.len());
        let (first, rest) = decoded.split_at_checked(room).unwrap_or((decoded, &[]));
        self.prefix.extend_from_slice(first);
        if self.prefix.len() == SNIFF_BYTES {
            self.choose(tree);
        }
        self.keep(tree, rest);
        if let Some(text) = &mut self.text {
            let room = self.text_room.saturating_sub(text.len()).min(decoded.len());
            let (kept, over) = decoded.split_at_checked(room).unwrap_or((decoded, &[]));
            text.extend_from_slice(kept);
            self.nuls = self.nuls || memchr::memchr(0, decoded).is_some();
            if !over.is_empty() && !self.text_cut {
                self.text_cut = true;
                self.watch();
                self.keep(tree, over);
            }
        }
        tree.capture(self.node, decoded);
        if let Some(scanner) = &mut self.nested {
            scanner.feed(tree, decoded);
        }
    }

    /// Decides by the first bytes whether the content is kept.
    fn choose(&mut self, tree: &Tree<'_>) {
        if !matches!(self.kept, Kept::Undecided) {
            return;
        }
        self.kept = match tree.format(self.node, &self.prefix) {
            Some(format) => Kept::Held(format, self.prefix.clone()),
            None if self.text.is_some() => Kept::Watched,
            None => Kept::Nothing,
        };
    }

    /// Decides by the text so far, before no more of it is kept.
    fn watch(&mut self) {
        if matches!(self.kept, Kept::Watched) {
            let text = self.text.as_deref().unwrap_or_default();
            self.kept = match Format::within_text(text) {
                Some(format) => Kept::Held(format, text.to_vec()),
                None => Kept::Nothing,
            };
        }
    }

    fn keep(&mut self, tree: &Tree<'_>, bytes: &[u8]) {
        if let Kept::Held(_, held) = &mut self.kept {
            if held.len() + bytes.len() > tree.means.limits.container_bytes {
                self.kept = Kept::TooLarge;
            } else {
                make_room(held, bytes.len());
                held.extend_from_slice(bytes);
            }
        }
    }

    pub(crate) fn finish(mut self, tree: &mut Tree<'_>) -> Finished {
        self.decide(tree);
        let mut tail = Vec::new();
        self.transfer.finish(&mut tail);
        self.consume(tree, &tail);
        if let Some(mut scanner) = self.nested.take() {
            scanner.finish(tree);
        }
        let flaw = if self.not_base64 {
            Some(("bad_base64", "declared as base64 but is not; kept as found"))
        } else {
            self.transfer.flaw()
        };
        self.choose(tree);
        self.watch();
        let kept = match self.kept {
            Kept::Held(format, bytes) => Some((format, bytes)),
            Kept::TooLarge => {
                tree.defect(self.node, "limit_container_bytes", "too large to be opened; only hashed");
                None
            }
            Kept::Undecided | Kept::Watched | Kept::Nothing => None,
        };
        let (size, hashes) = finished(self.sums);
        Finished {
            size,
            hashes,
            prefix: self.prefix,
            text: self.text.map(|text| (text, self.text_cut)),
            nuls: self.nuls,
            flaw,
            kept,
        }
    }
}

/// Whether the first line is there, or as much of it as is waited for.
fn has_first_line(bytes: &[u8]) -> bool {
    let line = bytes.trim_ascii_start();
    line.len() >= FIRST_LINE || memchr::memchr2(b'\n', b'\r', line).is_some()
}

/// Size and hashes of content that has ended.
pub(crate) fn finished(sums: Sums) -> (u64, Hashes) {
    let digests = sums.finish();
    let hex = |bytes: &[u8]| data_encoding::HEXLOWER.encode(bytes);
    let hashes = Hashes {
        md5: hex(&digests.md5),
        sha1: hex(&digests.sha1),
        sha256: hex(&digests.sha256),
        ssdeep: digests.similarity,
    };
    (digests.size, hashes)
}
