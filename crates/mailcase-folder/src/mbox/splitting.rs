//! Where messages begin and end in an mbox file, and what their lines were before they were quoted.
//!
//! A message begins with a line `From … <date>` at the beginning of the file or after an empty line (RFC 4155,
//! <https://doc.dovecot.org/main/core/config/mailbox_formats/mbox.html>); the date is asked for because some writers
//! quote nothing. It ends before the empty line that precedes the next one. Memory is bounded whatever the lines.

use crate::settings::Quoting;
use std::io::{self, BufRead, Read};

/// Longest piece of a line looked at together; longer lines are passed on in pieces. No separator is this long.
const LINE_MAX_BYTES: usize = 64 * 1024;
/// Room a caller must leave in a buffer for the next piece: a line and the empty line held back before it.
pub(crate) const PIECE_MAX_BYTES: usize = LINE_MAX_BYTES + 2;

const FROM: &[u8] = b"From ";

/// The line a message begins with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Separator {
    pub(crate) offset: u64,
    pub(crate) line: Vec<u8>,
}

/// Reads an mbox file from the beginning of a message.
#[derive(Debug)]
pub(crate) struct Splitter<R> {
    reader: R,
    quoting: Quoting,
    /// Offset in the file of what is read next.
    offset: u64,
    line: Vec<u8>,
    line_start: bool,
    after_blank: bool,
    /// An empty line that belongs to the message only if another line of it follows.
    held: &'static [u8],
    next: Option<Separator>,
    at_end: bool,
}

impl<R: BufRead> Splitter<R> {
    /// `offset` says where in the file `reader` stands: at the beginning of a message.
    pub(crate) fn new(reader: R, quoting: Quoting, offset: u64) -> Self {
        Self {
            reader,
            quoting,
            offset,
            line: Vec::new(),
            line_start: true,
            after_blank: true,
            held: &[],
            next: None,
            at_end: false,
        }
    }

    /// Where the message read last ends: the beginning of the next, or the end of the file.
    pub(crate) fn end(&self) -> u64 {
        self.next.as_ref().map_or(self.offset, |next| next.offset)
    }

    /// Whether the message read last is ended by the end of the file.
    pub(crate) const fn is_at_end(&self) -> bool {
        self.at_end
    }

    /// The beginning of the next message, once the content of the last was read; `None` at the end of the file.
    ///
    /// # Errors
    /// `InvalidData` when there is something else than a message.
    pub(crate) fn next_message(&mut self) -> io::Result<Option<Separator>> {
        if let Some(next) = self.next.take() {
            return Ok(Some(next));
        }
        let offset = self.offset;
        if self.at_end || !self.read_line()? {
            return Ok(None);
        }
        if !is_separator(&self.line) {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "no message begins here"));
        }
        self.after_blank = false;
        Ok(Some(Separator { offset, line: std::mem::take(&mut self.line) }))
    }

    /// Appends content of the message to `buffer` until at least `enough` bytes are in it; false at the end of the
    /// message. Adds at most [`PIECE_MAX_BYTES`] beyond `enough`.
    pub(crate) fn read_content(&mut self, buffer: &mut Vec<u8>, enough: usize) -> io::Result<bool> {
        while buffer.len() < enough {
            if self.next.is_some() {
                return Ok(false);
            }
            let offset = self.offset;
            let line_start = self.line_start;
            if !self.read_line()? {
                self.held = &[];
                return Ok(false);
            }
            if line_start && self.after_blank && is_separator(&self.line) {
                self.held = &[];
                self.after_blank = false;
                self.next = Some(Separator { offset, line: std::mem::take(&mut self.line) });
                return Ok(false);
            }
            buffer.extend_from_slice(self.held);
            self.held = match self.line.as_slice() {
                b"\n" if line_start => b"\n",
                b"\r\n" if line_start => b"\r\n",
                _ => &[],
            };
            self.after_blank = !self.held.is_empty();
            if self.held.is_empty() {
                let line = if line_start { unquote(&self.line, self.quoting) } else { &self.line };
                buffer.extend_from_slice(line);
            }
        }
        Ok(true)
    }

    /// Reads a line, or a piece of one that is too long; false at the end of the file.
    fn read_line(&mut self) -> io::Result<bool> {
        self.line.clear();
        let limit = LINE_MAX_BYTES as u64;
        let read = self.reader.by_ref().take(limit).read_until(b'\n', &mut self.line)?;
        self.offset = self.offset.saturating_add(read as u64);
        self.line_start = self.line.ends_with(b"\n");
        self.at_end = read == 0;
        Ok(read > 0)
    }
}

/// Whether the line begins a message: `From `, somebody, and a date with time and year.
fn is_separator(line: &[u8]) -> bool {
    let Some(rest) = line.strip_prefix(FROM) else { return false };
    let mut words = rest.split(|byte| byte.is_ascii_whitespace());
    let is_year = |word: &[u8]| word.len() == 4 && word.iter().all(u8::is_ascii_digit);
    line.ends_with(b"\n") && words.any(is_time) && rest.split(|byte| byte.is_ascii_whitespace()).any(is_year)
}

/// `10:15` or `10:15:59`.
pub(super) fn is_time(word: &[u8]) -> bool {
    let mut numbers = 0_u32;
    let all = word.split(|byte| *byte == b':').all(|number| {
        numbers = numbers.saturating_add(1);
        matches!(number.len(), 1 | 2) && number.iter().all(u8::is_ascii_digit)
    });
    all && matches!(numbers, 2 | 3)
}

/// The line as it was before it was quoted.
fn unquote(line: &[u8], quoting: Quoting) -> &[u8] {
    let Some(unquoted) = line.strip_prefix(b">") else { return line };
    let depth = unquoted.iter().take_while(|byte| **byte == b'>').count();
    let was_quoted = unquoted.get(depth..).is_some_and(|rest| rest.starts_with(FROM));
    match quoting {
        Quoting::Mboxrd if was_quoted => unquoted,
        Quoting::Mboxo if was_quoted && depth == 0 => unquoted,
        _ => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::mbox_of;
    use proptest::prelude::*;
    use std::io::BufReader;

    /// Splits with a small buffer, so that its edges fall everywhere.
    fn split(mbox: &[u8], quoting: Quoting) -> Vec<Vec<u8>> {
        let mut splitter = Splitter::new(BufReader::with_capacity(7, mbox), quoting, 0);
        let mut messages = Vec::new();
        let mut ends = 0;
        while let Some(separator) = splitter.next_message().unwrap() {
            assert_eq!(separator.offset, ends, "each begins where the last ended");
            let mut message = Vec::new();
            let mut enough = 1;
            while splitter.read_content(&mut message, enough).unwrap() {
                enough = message.len() + 1;
            }
            ends = splitter.end();
            messages.push(message);
        }
        assert_eq!(ends, mbox.len() as u64);
        messages
    }

    fn check(mbox: &str, messages: &[&str]) {
        let found: Vec<_> = split(mbox.as_bytes(), Quoting::Mboxrd)
            .into_iter()
            .map(|raw| String::from_utf8(raw).unwrap())
            .collect();
        assert_eq!(found, messages);
    }

    #[test]
    fn messages_begin_after_an_empty_line() {
        check("", &[]);
        check("From a Mon Jan  5 10:00:00 2026\n\n", &[""]);
        check(
            "From a Mon Jan  5 10:00:00 2026\nS: 1\n\nx\n\nFrom b Mon Jan  5 10:00:00 2026\nS: 2\n\ny\n",
            &["S: 1\n\nx\n", "S: 2\n\ny\n"],
        );
        check(
            "From a Mon Jan  5 10:00 2026\r\nS: 1\r\n\r\nx\r\n\r\nFrom b Mon Jan  5 10:00 2026\r\ny\r\n\r\n",
            &["S: 1\r\n\r\nx\r\n", "y\r\n"],
        );
    }

    #[test]
    fn a_sentence_begins_no_message() {
        let body =
            "\nFrom here on it is easy.\n\nFrom 2026 on it is not.\nFrom a Mon Jan  5 10:00:00 2026\nend\n";
        check(&format!("From a Mon Jan  5 10:00:00 2026\n{body}\n"), &[body]);
    }

    #[test]
    fn the_last_message_may_lack_its_line_end() {
        check("From a Mon Jan  5 10:00:00 2026\nS: 1\n\ncut", &["S: 1\n\ncut"]);
    }

    #[test]
    fn quoting_is_undone_as_it_was_done() {
        let mbox = b"From a Mon Jan  5 10:00:00 2026\n>From x\n>>From y\n>Fro\n> From z\n\n";
        assert_eq!(split(mbox, Quoting::Mboxrd), [b"From x\n>From y\n>Fro\n> From z\n"]);
        assert_eq!(split(mbox, Quoting::Mboxo), [b"From x\n>>From y\n>Fro\n> From z\n"]);
        assert_eq!(split(mbox, Quoting::None), [b">From x\n>>From y\n>Fro\n> From z\n"]);
    }

    #[test]
    fn what_is_no_mbox_is_an_error() {
        for text in
            [&b"Subject: an .eml file\n\n"[..], b"From me to you\n", b"\0\0", b"\n", b"From a Mon 10:00 2026"]
        {
            let mut splitter = Splitter::new(text, Quoting::Mboxrd, 0);
            assert_eq!(splitter.next_message().unwrap_err().kind(), io::ErrorKind::InvalidData);
        }
    }

    #[test]
    fn long_lines_pass_in_pieces() {
        let long = [
            vec![b'x'; 3 * LINE_MAX_BYTES],
            b"\n\n".to_vec(),
            vec![b'>'; 2 * LINE_MAX_BYTES],
            b"\n".to_vec(),
        ];
        let message = long.concat();
        let mbox = mbox_of(std::slice::from_ref(&message));
        let mut splitter = Splitter::new(mbox.as_slice(), Quoting::Mboxrd, 0);
        splitter.next_message().unwrap().unwrap();
        let (mut content, mut piece) = (Vec::new(), Vec::new());
        loop {
            let more = splitter.read_content(&mut piece, 1).unwrap();
            assert!(piece.len() <= 1 + PIECE_MAX_BYTES);
            content.append(&mut piece);
            if !more {
                break;
            }
        }
        assert!(content == message);
    }

    /// Lines that are hard to tell from the frame around messages.
    fn hard_line() -> impl Strategy<Value = Vec<u8>> {
        prop_oneof![
            Just(b"".to_vec()),
            Just(b"\r".to_vec()),
            Just(b"From a Mon Jan  5 10:00:00 2026".to_vec()),
            Just(b"From a Mon Jan  5 10:00:00 2026\r".to_vec()),
            Just(b">From a Mon Jan  5 10:00:00 2026".to_vec()),
            Just(b">>From ".to_vec()),
            Just(b">".to_vec()),
            proptest::collection::vec(any::<u8>().prop_filter("no line end", |byte| *byte != b'\n'), 0..20),
        ]
    }

    proptest! {
        #[test]
        fn what_was_joined_comes_apart_unchanged(
            messages in proptest::collection::vec(
                proptest::collection::vec(hard_line(), 0..8).prop_map(|lines| {
                    lines.into_iter().flat_map(|mut line| { line.push(b'\n'); line }).collect::<Vec<u8>>()
                }),
                0..5,
            )
        ) {
            prop_assert_eq!(split(&mbox_of(&messages), Quoting::Mboxrd), messages);
        }

        #[test]
        fn any_bytes_after_a_beginning_are_split_without_panic(
            bytes in proptest::collection::vec(prop_oneof![Just(b'\n'), Just(b'>'), Just(b'F'), any::<u8>()], 0..300)
        ) {
            let mbox = [b"From a Mon Jan  5 10:00:00 2026\n", bytes.as_slice()].concat();
            prop_assert!(!split(&mbox, Quoting::Mboxrd).is_empty());
        }
    }
}
