//! Finds armoured blocks in a text (RFC 9580 §6.2) and the cleartext of signed ones (§7).
//!
//! Forgiving where gateways and mail programs are not: blank lines with spaces, a missing blank line, a missing or
//! wrong checksum, lines quoted with `> `.

const BEGIN: &[u8] = b"-----BEGIN PGP ";
const END: &[u8] = b"-----END PGP ";
/// Longest line of headers looked at.
const HEADER_BYTES: usize = 200;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Kind {
    Message,
    Cleartext,
    Signature,
    PublicKey,
    SecretKey,
    #[default]
    Unknown,
}

impl Kind {
    fn of(title: &[u8]) -> Self {
        match title {
            b"MESSAGE" => Self::Message,
            b"SIGNED MESSAGE" => Self::Cleartext,
            b"SIGNATURE" => Self::Signature,
            b"PUBLIC KEY BLOCK" => Self::PublicKey,
            b"PRIVATE KEY BLOCK" => Self::SecretKey,
            _ if title.starts_with(b"MESSAGE, PART") => Self::Message,
            _ => Self::Unknown,
        }
    }
}

/// One block.
#[derive(Debug, Clone, Default)]
pub(crate) struct Block {
    pub(crate) kind: Kind,
    /// The packets; of a cleartext, those of its signature.
    pub(crate) data: Vec<u8>,
    /// The cleartext as it is signed: lines joined by CR LF, without dashes put before them and spaces after them.
    pub(crate) text: Vec<u8>,
    /// What the block says its text is written in.
    pub(crate) charset: Option<String>,
}

/// The first blocks of a text, at most `most`.
pub(crate) fn blocks(text: &[u8], most: usize) -> Vec<Block> {
    let mut lines = Lines { rest: text, quoted: false };
    let mut blocks = Vec::new();
    while blocks.len() < most {
        let Some(title) = lines.find_begin() else { break };
        let mut block = Block { kind: Kind::of(title), ..Block::default() };
        lines.headers(&mut block);
        if block.kind == Kind::Cleartext {
            lines.cleartext(&mut block);
        }
        block.data = lines.data();
        blocks.push(block);
    }
    blocks
}

struct Lines<'a> {
    rest: &'a [u8],
    /// Every line of this block stands behind a quote mark.
    quoted: bool,
}

impl<'a> Lines<'a> {
    fn raw(&mut self) -> Option<&'a [u8]> {
        if self.rest.is_empty() {
            return None;
        }
        let end = memchr::memchr(b'\n', self.rest);
        let (line, rest) = match end {
            Some(end) => (self.rest.get(..end)?, self.rest.get(end.saturating_add(1)..)?),
            None => (self.rest, &[][..]),
        };
        self.rest = rest;
        Some(line.strip_suffix(b"\r").unwrap_or(line))
    }

    fn next(&mut self) -> Option<&'a [u8]> {
        let line = self.raw()?;
        if !self.quoted {
            return Some(line);
        }
        let line = line.strip_prefix(b">").unwrap_or(line);
        Some(line.strip_prefix(b" ").unwrap_or(line))
    }

    /// The title of the next block.
    fn find_begin(&mut self) -> Option<&'a [u8]> {
        while let Some(line) = self.raw() {
            let unquoted = line.strip_prefix(b">").map(<[u8]>::trim_ascii_start);
            self.quoted = unquoted.is_some();
            let title = unquoted.unwrap_or(line).trim_ascii().strip_prefix(BEGIN);
            if let Some(title) = title.and_then(|title| title.strip_suffix(b"-----")) {
                return Some(title);
            }
        }
        None
    }

    fn headers(&mut self, block: &mut Block) {
        loop {
            let before = self.rest;
            let Some(line) = self.next() else { return };
            if line.trim_ascii().is_empty() {
                return;
            }
            let name = line.split(|byte| *byte == b':').next().unwrap_or_default();
            if name.len() == line.len() || line.len() > HEADER_BYTES || name.contains(&b' ') {
                // The blank line is missing.
                self.rest = before;
                return;
            }
            if name.eq_ignore_ascii_case(b"charset") {
                let value = line.get(name.len().saturating_add(1)..).unwrap_or_default();
                block.charset = Some(String::from_utf8_lossy(value.trim_ascii()).into_owned());
            }
        }
    }

    fn cleartext(&mut self, block: &mut Block) {
        let mut first = true;
        loop {
            let Some(line) = self.next() else { return };
            if line.starts_with(BEGIN) {
                break;
            }
            if !first {
                block.text.extend_from_slice(b"\r\n");
            }
            first = false;
            let line = line.strip_prefix(b"- ").unwrap_or(line);
            let end = line
                .iter()
                .rposition(|byte| !matches!(byte, b' ' | b'\t'))
                .map_or(0, |at| at.saturating_add(1));
            block.text.extend_from_slice(line.get(..end).unwrap_or_default());
        }
        self.headers(&mut Block::default());
    }

    /// Base64 up to the end of the block. What is damaged ends it; packets before that are still read.
    fn data(&mut self) -> Vec<u8> {
        let mut digits: Vec<u8> = Vec::new();
        while let Some(line) = self.next() {
            let line = line.trim_ascii();
            if line.starts_with(END) {
                break;
            }
            // The checksum; its digits would be read as more data.
            if line.first() == Some(&b'=') && line.len() == 5 {
                continue;
            }
            digits.extend(line.iter().filter(|byte| **byte != b'=' && !byte.is_ascii_whitespace()));
        }
        let good = digits
            .iter()
            .position(|byte| !(byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/')))
            .unwrap_or(digits.len());
        // One digit beyond a group of four says nothing.
        let good = if good % 4 == 1 { good.saturating_sub(1) } else { good };
        let mut lenient = data_encoding::BASE64_NOPAD.specification();
        lenient.check_trailing_bits = false;
        let decoded = lenient.encoding().ok().and_then(|base64| base64.decode(digits.get(..good)?).ok());
        decoded.unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cleartext_is_what_was_signed() {
        let text = b"Hello\n-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\nOne  \n- -----\n\n-----BEGIN PGP SIGNATURE-----\nVersion: x\n\nAAEC\n=abcd\n-----END PGP SIGNATURE-----\nBye\n";
        let blocks = blocks(text, 5);
        assert_eq!(blocks.len(), 1);
        assert_eq!(blocks[0].kind, Kind::Cleartext);
        assert_eq!(blocks[0].text, b"One\r\n-----\r\n");
        assert_eq!(blocks[0].data, [0, 1, 2]);
    }

    #[test]
    fn quotes_and_missing_lines_are_forgiven() {
        let text = b"> -----BEGIN PGP MESSAGE-----\n> \n> AAEC\n> AwQF\n> -----END PGP MESSAGE-----\n-----BEGIN PGP MESSAGE-----\nCharset: utf-8\nAAEC\n";
        let blocks = blocks(text, 5);
        assert_eq!(blocks[0].data, [0, 1, 2, 3, 4, 5]);
        assert_eq!(blocks[1].data, [0, 1, 2]);
        assert_eq!(blocks[1].charset.as_deref(), Some("utf-8"));
    }
}
