//! Running text, read once: cut into chunks at blanks and angle brackets, of which only those are looked at that hold
//! something more than letters.

mod context;
mod moment;
mod number;
mod registry;
mod url_bounds;
mod word;

use crate::locators::{self, Place};
use crate::refang::{Refanged, refang};
use crate::{Finding, Findings, How, Kind, Span, Worth};

const DOT: u8 = 1;
const AT: u8 = 2;
const COLON: u8 = 4;
const SLASH: u8 = 8;
const BACKSLASH: u8 = 16;
const DIGIT: u8 = 32;
/// Ends a chunk: nothing that is looked for goes on over it, but for what looks ahead by itself.
const END: u8 = 128;

/// Bytes looked through at once for what is telling.
const BLOCK: usize = 32;

/// Longest piece outside of URLs looked at: a host name, a path, four times over. What is longer is Base64 and its like.
const PIECE_BYTES: usize = 1 << 10;

const CLASSES: [u8; 256] = {
    let mut table = [0_u8; 256];
    let mut byte = 0_usize;
    while byte < 256 {
        #[expect(clippy::indexing_slicing, clippy::cast_possible_truncation, reason = "byte is below 256")]
        {
            table[byte] = match byte as u8 {
                0..=b' ' | 0x7f | b'<' | b'>' | b'"' | b'`' | b'|' => END,
                b'.' => DOT,
                b'@' => AT,
                b':' => COLON,
                b'/' => SLASH,
                b'\\' => BACKSLASH,
                b'0'..=b'9' => DIGIT,
                _ => 0,
            };
        }
        byte += 1;
    }
    table
};

/// Finds what is written in `text`, also where it is written so that nothing makes a link of it.
pub fn scan_text(text: &str, out: &mut Findings) {
    scan_within(text, None, out);
}

/// Like [`scan_text`] for text that was taken out of something else: every finding gets this `place`.
pub(crate) fn scan_within(text: &str, place: Option<Place>, out: &mut Findings) {
    let refanged = refang(text);
    Scan { text: &refanged.text, refanged: &refanged, place, done: 0, limit: 0, out }.run();
}

const fn class(byte: u8) -> u8 {
    #[expect(clippy::indexing_slicing, reason = "there is a class for each byte")]
    CLASSES[byte as usize]
}

/// Where the next byte is without which a chunk is a word of a language.
fn next_telling(bytes: &[u8], from: usize) -> Option<usize> {
    let mut at = from;
    for block in bytes.get(from..)?.chunks(BLOCK) {
        // Looks at all of them, which takes a few instructions for many bytes.
        if block.iter().fold(false, |any, byte| any | is_telling(*byte)) {
            return block.iter().position(|byte| is_telling(*byte)).map(|place| at + place);
        }
        at += block.len();
    }
    None
}

const fn is_telling(byte: u8) -> bool {
    matches!(byte, b'.'..=b':' | b'@' | b'\\')
}

/// A text under way.
struct Scan<'a> {
    text: &'a str,
    refanged: &'a Refanged<'a>,
    place: Option<Place>,
    /// Everything before this was taken by something that spans several chunks.
    done: usize,
    /// Where the chunk or what is left of it ends.
    limit: usize,
    out: &'a mut Findings,
}

impl<'a> Scan<'a> {
    fn run(&mut self) {
        let bytes = self.text.as_bytes();
        let mut read = 0;
        while let Some(telling) = next_telling(bytes, read) {
            let before = bytes.get(read..telling).unwrap_or_default();
            let start = before.iter().rposition(|byte| class(*byte) == END).map_or(read, |at| read + at + 1);
            let (mut end, mut classes) = (telling, 0);
            for byte in bytes.get(telling..).unwrap_or_default() {
                let class = class(*byte);
                if class == END {
                    break;
                }
                classes |= class;
                end += 1;
            }
            self.chunk(start, end, classes);
            read = end;
        }
    }

    /// The text from `start` to `end`, empty when these are no boundaries.
    fn slice(&self, start: usize, end: usize) -> &'a str {
        self.text.get(start..end).unwrap_or_default()
    }

    fn byte(&self, at: usize) -> Option<u8> {
        self.text.as_bytes().get(at).copied()
    }

    fn before(&self, at: usize) -> Option<u8> {
        at.checked_sub(1).and_then(|index| self.byte(index))
    }

    fn chunk(&mut self, start: usize, end: usize, classes: u8) {
        if start < self.done {
            return;
        }
        // The end of a sentence.
        if classes == DOT && memchr::memchr(b'.', self.slice(start, end).as_bytes()) == Some(end - start - 1)
        {
            return;
        }
        if classes & BACKSLASH != 0 {
            self.registry(start, end);
        }
        if classes & (COLON | SLASH) != COLON | SLASH {
            self.pieces(start, end);
            return;
        }
        let mut at = start;
        while at < end {
            let Some((from, to)) = url_bounds::next(self.text, at, end) else { break };
            self.pieces(at, from);
            let link = self.slice(from, to);
            let place = self.place(from, to);
            locators::add(self.out, link, place, 0);
            at = to;
        }
        self.pieces(at, end);
    }

    /// A chunk without URLs: its addresses, then what is between them.
    fn pieces(&mut self, start: usize, end: usize) {
        if start >= end || start < self.done {
            return;
        }
        let mut at = start;
        for sign in memchr::memchr_iter(b'@', self.slice(start, end).as_bytes()) {
            let sign = start + sign;
            if sign < at {
                continue;
            }
            let Some((from, to)) = self.address_around(sign, at, end) else { continue };
            self.words(at, from);
            let value = crate::address(self.slice(from, to));
            let is_id = context::is_message_id(self.text, from);
            if let Some(value) = value.filter(|_| !is_id) {
                self.add(Kind::Email, value, from, to);
            }
            at = to;
        }
        self.words(at, end);
    }

    fn add(&mut self, kind: Kind, value: String, start: usize, end: usize) {
        let place = self.place(start, end);
        self.out.push(locators::finding(kind, value, place, Worth::Normal, Vec::new(), None));
    }

    fn add_detailed(&mut self, kind: Kind, value: String, detail: &'static str, start: usize, end: usize) {
        let place = self.place(start, end);
        let found = locators::finding(kind, value, place, Worth::Normal, Vec::new(), None);
        self.out.push(Finding { detail: Some(detail), ..found });
    }

    fn place(&self, start: usize, end: usize) -> Place {
        self.place.unwrap_or_else(|| {
            let (span, changed) = self.refanged.span(start, end);
            let how = if changed { How::Refanged } else { How::Text };
            Place { span, how, wrapper: None }
        })
    }

    /// The bounds of the address whose sign is at `sign`, within `floor..end`.
    fn address_around(&self, sign: usize, floor: usize, end: usize) -> Option<(usize, usize)> {
        let local = self.slice(floor, sign);
        let length: usize =
            local.chars().rev().take(PIECE_BYTES).take_while(|one| is_local(*one)).map(char::len_utf8).sum();
        let from = sign - length;
        // The end of a path (`<owner/project/issues/2@host>` are ids of messages).
        if self.slice(from, sign).bytes().filter(|byte| *byte == b'/').count() > 1 {
            return None;
        }
        let from = from + word::address_begin(self.slice(from, sign));
        let after = self.slice(sign + 1, end);
        let host: usize = after
            .chars()
            .take(PIECE_BYTES)
            .take_while(|one| one.is_alphanumeric() || matches!(one, '-' | '.' | '_'))
            .map(char::len_utf8)
            .sum();
        let host = after.get(..host)?.trim_end_matches(['.', '-', '_']);
        let name = crate::host::ascii(host)?;
        let sendable = crate::host::is_registrable(&name) || word::is_private_name(&name);
        (from < sign && sendable).then_some((from, sign + 1 + host.len()))
    }
}

const fn is_local(one: char) -> bool {
    one.is_ascii_alphanumeric()
        || matches!(
            one,
            '.' | '_' | '%' | '+' | '-' | '=' | '&' | '\'' | '!' | '#' | '$' | '*' | '^' | '~' | '/'
        )
        || (!one.is_ascii() && is_letter(one))
}

const fn is_letter(one: char) -> bool {
    // Beyond ASCII: no blanks, no punctuation of the common blocks.
    !matches!(one, '\u{80}'..='\u{bf}' | '\u{2000}'..='\u{206f}' | '\u{3000}'..='\u{303f}' | '\u{ff00}'..='\u{ff0f}' | '\u{ff1a}'..='\u{ff20}' | '\u{fffd}')
}

/// A place of no text: what is found in attribute values is at the value.
pub(crate) const fn whole(length: usize) -> Span {
    Span { offset: 0, length }
}

#[cfg(test)]
mod tests;
