//! Builds commands. Nothing a user or server wrote can become a second command.

use zeroize::Zeroizing;

/// A name, password or folder holds a byte no IMAP string may carry (CR, LF or NUL).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct UnsafeText;

/// A command without its tag, in pieces between which the server may have to say "go on" (RFC 3501 §4.3).
/// Wiped from memory when dropped: it may hold a password.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Command {
    pieces: Vec<Zeroizing<Vec<u8>>>,
}

impl std::fmt::Debug for Command {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Command(..)")
    }
}

impl Command {
    /// Starts with text of our own.
    pub(crate) fn new(text: impl AsRef<str>) -> Self {
        Self { pieces: vec![Zeroizing::new(text.as_ref().as_bytes().to_vec())] }
    }

    /// Adds text of our own.
    pub(crate) fn text(mut self, text: impl AsRef<str>) -> Self {
        self.push(text.as_ref().as_bytes());
        self
    }

    /// Adds a string somebody else chose: quoted, or as a literal when it is not plain ASCII.
    pub(crate) fn string(mut self, string: &str) -> Result<Self, UnsafeText> {
        if string.bytes().any(|byte| matches!(byte, 0 | b'\r' | b'\n')) {
            return Err(UnsafeText);
        }
        if string.is_ascii() {
            self.push(b"\"");
            for byte in string.bytes() {
                if matches!(byte, b'"' | b'\\') {
                    self.push(b"\\");
                }
                self.push(&[byte]);
            }
            self.push(b"\"");
        } else {
            self.push(format!("{{{}}}", string.len()).as_bytes());
            self.pieces.push(Zeroizing::new(string.as_bytes().to_vec()));
        }
        Ok(self)
    }

    /// The pieces in order. Each but the last is followed by a line end and an invitation to go on.
    pub(crate) fn pieces(&self) -> impl ExactSizeIterator<Item = &[u8]> {
        self.pieces.iter().map(|piece| piece.as_slice())
    }

    fn push(&mut self, bytes: &[u8]) {
        if let Some(last) = self.pieces.last_mut() {
            last.extend_from_slice(bytes);
        }
    }
}
