//! Content-Transfer-Encoding (RFC 2045 §6) undone piece by piece, so that a body of any size needs no memory.
//!
//! Never fails: what cannot be decoded is skipped or kept as found, and [`Transfer::flaw`] says so. The result does
//! not depend on how the input was cut into pieces.

use base64::Engine;
use base64::engine::general_purpose::GeneralPurpose;
use base64::engine::{DecodePaddingMode, general_purpose};
use base64_simd::AsOut;

/// Spaces allowed between `=` and the line end of a soft break before it is no soft break.
const SOFT_BREAK_PADDING: usize = 128;

/// Base64 whose padding may be missing and whose last bits may be anything.
pub(crate) const LENIENT_BASE64: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    general_purpose::GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// One body being decoded.
#[derive(Debug)]
pub(crate) enum Transfer {
    Identity,
    Base64(Base64),
    QuotedPrintable(QuotedPrintable),
}

impl Transfer {
    /// Decodes a piece, appending to `out`. The identity encoding is the caller's short cut and appends as is.
    pub(crate) fn push(&mut self, raw: &[u8], out: &mut Vec<u8>) {
        match self {
            Self::Identity => out.extend_from_slice(raw),
            Self::Base64(decoder) => decoder.push(raw, out),
            Self::QuotedPrintable(decoder) => decoder.push(raw, out),
        }
    }

    /// Decodes what was waiting for more.
    pub(crate) fn finish(&mut self, out: &mut Vec<u8>) {
        match self {
            Self::Identity => {}
            Self::Base64(decoder) => decoder.finish(out),
            Self::QuotedPrintable(decoder) => decoder.finish(out),
        }
    }

    /// Code and words for what was wrong, if anything was.
    pub(crate) fn flaw(&self) -> Option<(&'static str, &'static str)> {
        match self {
            Self::Base64(Base64 { broken: true, .. }) => Some((
                "bad_base64",
                "the base64 text has characters that do not belong there; they were skipped",
            )),
            Self::Base64(Base64 { cut: true, .. }) => Some((
                "bad_base64",
                "the base64 text ends in the middle of a group; it may have been cut off",
            )),
            Self::QuotedPrintable(QuotedPrintable { broken: true, .. }) => Some((
                "bad_quoted_printable",
                "an equals sign is not followed by two hexadecimal digits; kept as found",
            )),
            _ => None,
        }
    }
}

/// Base64 that skips foreign characters and reads on after padding, as mail programs do.
#[derive(Debug, Default)]
pub(crate) struct Base64 {
    /// Characters without line ends, not decoded yet: fewer than four between two pieces.
    waiting: Vec<u8>,
    padded: bool,
    broken: bool,
    cut: bool,
}

impl Base64 {
    fn push(&mut self, raw: &[u8], out: &mut Vec<u8>) {
        let mut start = 0;
        for end in memchr::memchr2_iter(b'\n', b'\r', raw) {
            self.waiting.extend_from_slice(raw.get(start..end).unwrap_or_default());
            start = end + 1;
        }
        self.waiting.extend_from_slice(raw.get(start..).unwrap_or_default());
        let whole = self.waiting.len() & !3;
        if whole == 0 {
            return;
        }
        let input = self.waiting.get(..whole).unwrap_or_default();
        let before = out.len();
        // Nothing may follow padding; the careful path notices when something does.
        if !self.padded {
            out.resize(before + whole / 4 * 3, 0);
            if let Some(written) = decode_groups(input, out.get_mut(before..).unwrap_or_default()) {
                out.truncate(before + written);
                self.padded = input.last() == Some(&b'=');
                self.waiting.drain(..whole);
                return;
            }
            out.truncate(before);
        }
        let waiting = std::mem::take(&mut self.waiting);
        self.careful(&waiting, out);
    }

    /// Byte by byte; leaves an unfinished group in `waiting`.
    fn careful(&mut self, input: &[u8], out: &mut Vec<u8>) {
        let mut group = [0_u8; 4];
        let mut filled = 0_usize;
        for &byte in input {
            let Some(value) = sextet(byte) else {
                match byte {
                    b'=' => {
                        self.end_group(group, filled, out);
                        if filled == 0 && !self.padded {
                            self.broken = true;
                        }
                        filled = 0;
                        self.padded = true;
                    }
                    b' ' | b'\t' => {}
                    _ => self.broken = true,
                }
                continue;
            };
            if self.padded {
                self.broken = true;
                self.padded = false;
            }
            if let Some(slot) = group.get_mut(filled) {
                *slot = value;
            }
            filled += 1;
            if filled == 4 {
                self.end_group(group, 4, out);
                filled = 0;
            }
        }
        self.waiting = group.iter().take(filled).map(|value| letter(*value)).collect();
    }

    fn end_group(&mut self, [a, b, c, d]: [u8; 4], filled: usize, out: &mut Vec<u8>) {
        match filled {
            4 => out.extend_from_slice(&[a << 2 | b >> 4, b << 4 | c >> 2, c << 6 | d]),
            3 => out.extend_from_slice(&[a << 2 | b >> 4, b << 4 | c >> 2]),
            2 => out.push(a << 2 | b >> 4),
            1 => self.broken = true,
            _ => {}
        }
    }

    fn finish(&mut self, out: &mut Vec<u8>) {
        let waiting = std::mem::take(&mut self.waiting);
        self.careful(&waiting, out);
        let rest = std::mem::take(&mut self.waiting);
        let mut group = [0_u8; 4];
        for (slot, byte) in group.iter_mut().zip(&rest) {
            *slot = sextet(*byte).unwrap_or_default();
        }
        if !rest.is_empty() {
            self.cut = true;
            self.end_group(group, rest.len(), out);
        }
    }
}

/// Decodes whole groups, of which the last may be padded, and returns how many bytes that gave. `None` when anything else
/// is in them.
fn decode_groups(input: &[u8], out: &mut [u8]) -> Option<usize> {
    // The fast decoder knows no padding.
    let last = input.len().saturating_sub(4);
    let (plain, last) = if input.ends_with(b"=") { input.split_at_checked(last)? } else { (input, &[][..]) };
    let (start, end) = out.split_at_mut_checked(plain.len() / 4 * 3)?;
    let written = base64_simd::STANDARD_NO_PAD.decode(plain, start.as_out()).ok()?.len();
    Some(written + LENIENT_BASE64.decode_slice(last, end).ok()?)
}

fn sextet(byte: u8) -> Option<u8> {
    match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'a'..=b'z' => Some(byte - b'a' + 26),
        b'0'..=b'9' => Some(byte - b'0' + 52),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    }
}

fn letter(value: u8) -> u8 {
    match value {
        0..=25 => b'A' + value,
        26..=51 => b'a' + value - 26,
        52..=61 => b'0' + value - 52,
        62 => b'+',
        _ => b'/',
    }
}

/// Whether a first line can be base64: at most one foreign character in twelve. Blanks alone are more of any prose.
pub(crate) fn looks_like_base64(line: &[u8]) -> bool {
    let line = line.trim_ascii();
    let foreign = line.iter().filter(|byte| sextet(**byte).is_none() && **byte != b'=').count();
    foreign * 12 <= line.len()
}

/// Quoted-printable; bare `=` stays as it is.
#[derive(Debug, Default)]
pub(crate) struct QuotedPrintable {
    /// An escape that was cut in two by the end of a piece, from its `=` on.
    waiting: Vec<u8>,
    broken: bool,
}

enum Escape {
    Byte(u8, usize),
    SoftBreak(usize),
    Literal,
    Unfinished,
}

impl QuotedPrintable {
    fn push(&mut self, raw: &[u8], out: &mut Vec<u8>) {
        if self.waiting.is_empty() {
            self.run(raw, false, out);
        } else {
            let mut input = std::mem::take(&mut self.waiting);
            input.extend_from_slice(raw);
            self.run(&input, false, out);
        }
    }

    fn finish(&mut self, out: &mut Vec<u8>) {
        let input = std::mem::take(&mut self.waiting);
        self.run(&input, true, out);
    }

    fn run(&mut self, input: &[u8], last: bool, out: &mut Vec<u8>) {
        let mut rest = input;
        while let Some(at) = memchr::memchr(b'=', rest) {
            let (plain, escape) = rest.split_at_checked(at).unwrap_or((rest, &[]));
            out.extend_from_slice(plain);
            let used = match escape_at(escape, last) {
                Escape::Byte(byte, used) => {
                    out.push(byte);
                    used
                }
                Escape::SoftBreak(used) => used,
                Escape::Literal => {
                    self.broken = true;
                    out.push(b'=');
                    1
                }
                Escape::Unfinished => {
                    self.waiting = escape.to_vec();
                    return;
                }
            };
            rest = escape.get(used..).unwrap_or_default();
        }
        out.extend_from_slice(rest);
    }
}

/// What the escape at the start of `text` (which starts with `=`) means.
fn escape_at(text: &[u8], last: bool) -> Escape {
    let after = text.get(1..).unwrap_or_default();
    let blanks =
        after.iter().take(SOFT_BREAK_PADDING).take_while(|byte| matches!(byte, b' ' | b'\t')).count();
    match after.get(blanks..) {
        None | Some([]) if !last => Escape::Unfinished,
        None | Some([]) => Escape::SoftBreak(1 + blanks),
        Some([b'\n', ..]) => Escape::SoftBreak(2 + blanks),
        Some([b'\r', b'\n', ..]) => Escape::SoftBreak(3 + blanks),
        Some([b'\r']) if !last => Escape::Unfinished,
        Some([b'\r', ..]) => Escape::SoftBreak(2 + blanks),
        Some([high, low, ..]) if blanks == 0 => match (hex_digit(*high), hex_digit(*low)) {
            (Some(high), Some(low)) => Escape::Byte(high << 4 | low, 3),
            _ => Escape::Literal,
        },
        Some([_]) if blanks == 0 && !last => Escape::Unfinished,
        Some(_) => Escape::Literal,
    }
}

fn hex_digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(mut transfer: Transfer, input: &[u8], piece: usize) -> (Vec<u8>, Option<&'static str>) {
        let mut out = Vec::new();
        for chunk in input.chunks(piece) {
            transfer.push(chunk, &mut out);
        }
        transfer.finish(&mut out);
        (out, transfer.flaw().map(|(code, _)| code))
    }

    fn check(encoding: &str, input: &[u8], want: &[u8], flaw: Option<&str>) {
        for piece in 1..=input.len().max(1) {
            let transfer = match encoding {
                "base64" => Transfer::Base64(Base64::default()),
                _ => Transfer::QuotedPrintable(QuotedPrintable::default()),
            };
            let (out, found) = decode(transfer, input, piece);
            assert_eq!(
                (String::from_utf8_lossy(&out), found),
                (String::from_utf8_lossy(want), flaw),
                "{input:?} in pieces of {piece}"
            );
        }
    }

    #[test]
    fn base64_in_any_pieces() {
        check("base64", b"", b"", None);
        check("base64", b"SGVsbG8=", b"Hello", None);
        check("base64", b"SGVs\r\nbG8sIHdvcmxk\r\n", b"Hello, world", None);
        check("base64", b"SGVs bG8=\t", b"Hello", None);
        check("base64", b"SGVsbG8", b"Hello", Some("bad_base64"));
        check("base64", b"SGVsbG8=SGVsbG8=", b"HelloHello", Some("bad_base64"));
        check("base64", b"SGV!sbG8=", b"Hello", Some("bad_base64"));
        check("base64", b"QQ==\r\nQg==\r\nQw==", b"ABC", Some("bad_base64"));
        check("base64", b"QQ=\r\n=", b"A", None);
        check("base64", b"Q", b"", Some("bad_base64"));
        check("base64", b"====", b"", Some("bad_base64"));
        check("base64", b"QR==", b"A", None);
    }

    #[test]
    fn quoted_printable_in_any_pieces() {
        check("qp", b"", b"", None);
        check("qp", b"caf=C3=A9 =3d", "café =".as_bytes(), None);
        check("qp", b"soft=\r\nbreak=\nand=  \t\r\nmore=", b"softbreakandmore", None);
        check("qp", b"bare=\rreturn", b"barereturn", None);
        check("qp", b"1+1=2, =ZZ = x", b"1+1=2, =ZZ = x", Some("bad_quoted_printable"));
        check("qp", b"end =4", b"end =4", Some("bad_quoted_printable"));
        check("qp", b"keep\r\nlines \r\n", b"keep\r\nlines \r\n", None);
    }

    #[test]
    fn first_lines_that_are_not_base64_are_told_apart() {
        assert!(looks_like_base64(b"SGVsbG8sIHdvcmxkSGVsbG8sIHdvcmxk"));
        assert!(looks_like_base64(b""));
        assert!(!looks_like_base64(b"From: somebody@example.org"));
        assert!(!looks_like_base64(b"<html><body>hi</body>"));
    }
}
