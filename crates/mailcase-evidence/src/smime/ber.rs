//! Reads BER (ITU-T X.690), which DER is a part of: what CMS and PKCS#12 are written in.
//!
//! Mail programs write indefinite lengths and strings in pieces, which strict readers refuse. Nothing is copied
//! until pieces are joined, and no length is believed. Tags beyond 30 do not occur in these formats and are refused.

use std::borrow::Cow;

pub(crate) const INTEGER: u8 = 0x02;
pub(crate) const BIT_STRING: u8 = 0x03;
pub(crate) const OCTET_STRING: u8 = 0x04;
pub(crate) const OBJECT_ID: u8 = 0x06;
pub(crate) const SEQUENCE: u8 = 0x30;
pub(crate) const SET: u8 = 0x31;

/// Set in tags of values made of other values.
const CONSTRUCTED: u8 = 0x20;
/// Strings in pieces of pieces; writers use one level.
const STRING_DEPTH: usize = 4;
/// Characters of an object identifier as text.
const OID_TEXT: usize = 200;

/// The tag `[number]` of values made of other values.
pub(crate) const fn context(number: u8) -> u8 {
    0xa0 | number
}

/// The bytes are not what they should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BerError {
    #[error("the bytes end too early")]
    Truncated,
    #[error("the bytes are not the expected structure")]
    Unexpected,
}

type Result<T> = std::result::Result<T, BerError>;

/// One value.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Value<'a> {
    pub(crate) tag: u8,
    /// Without tag and length.
    pub(crate) body: &'a [u8],
    /// With tag and length.
    pub(crate) whole: &'a [u8],
}

/// Reads values one after the other.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// The tag of the next value, without the mark of being made of others.
    fn peek(&self) -> Option<u8> {
        self.rest.first().map(|tag| tag & !CONSTRUCTED)
    }

    pub(crate) fn any(&mut self) -> Result<Value<'a>> {
        let (tag, length, start) = head(self.rest)?;
        let (body, end) = match length {
            Some(length) => {
                let end = start.checked_add(length).ok_or(BerError::Truncated)?;
                (self.rest.get(start..end).ok_or(BerError::Truncated)?, end)
            }
            None => {
                let content = self.rest.get(start..).ok_or(BerError::Truncated)?;
                let length = end_of_contents(content)?;
                let body = content.get(..length).ok_or(BerError::Truncated)?;
                (body, start.saturating_add(length).saturating_add(2))
            }
        };
        let whole = self.rest.get(..end).ok_or(BerError::Truncated)?;
        self.rest = self.rest.get(end..).unwrap_or_default();
        Ok(Value { tag, body, whole })
    }

    /// The next value, when it has this tag.
    pub(crate) fn optional(&mut self, tag: u8) -> Result<Option<Value<'a>>> {
        if self.peek() == Some(tag & !CONSTRUCTED) { self.any().map(Some) } else { Ok(None) }
    }

    /// The next value, which must have this tag.
    pub(crate) fn expect(&mut self, tag: u8) -> Result<Value<'a>> {
        self.optional(tag)?.ok_or(if self.is_empty() { BerError::Truncated } else { BerError::Unexpected })
    }

    /// A reader of what the next value, which must have this tag, is made of.
    pub(crate) fn within(&mut self, tag: u8) -> Result<Reader<'a>> {
        self.expect(tag).map(|value| value.reader())
    }

    /// The next value as an object identifier in dotted form.
    pub(crate) fn object_id(&mut self) -> Result<String> {
        self.expect(OBJECT_ID)?.object_id()
    }

    /// The next value as a small number; a larger one is unexpected.
    pub(crate) fn number(&mut self) -> Result<u64> {
        self.expect(INTEGER)?.number()
    }

    /// The next value as bytes.
    pub(crate) fn octets(&mut self) -> Result<Cow<'a, [u8]>> {
        self.expect(OCTET_STRING)?.octets()
    }
}

impl<'a> Value<'a> {
    pub(crate) fn reader(&self) -> Reader<'a> {
        Reader::new(self.body)
    }

    /// Whether it has this tag; strings in one piece and in several count alike.
    pub(crate) fn is(&self, tag: u8) -> bool {
        self.tag & !CONSTRUCTED == tag & !CONSTRUCTED
    }

    /// The bytes of a string whatever its tag, its pieces joined.
    pub(crate) fn octets(&self) -> Result<Cow<'a, [u8]>> {
        if self.tag & CONSTRUCTED == 0 {
            return Ok(Cow::Borrowed(self.body));
        }
        let mut joined = Vec::with_capacity(self.body.len());
        join(self.body, STRING_DEPTH, &mut joined)?;
        Ok(Cow::Owned(joined))
    }

    pub(crate) fn number(&self) -> Result<u64> {
        let body = self
            .body
            .iter()
            .position(|byte| *byte != 0)
            .map_or(&[][..], |at| self.body.get(at..).unwrap_or_default());
        if self.body.is_empty() || body.len() > 7 || self.body.first().is_some_and(|first| first & 0x80 != 0)
        {
            return Err(BerError::Unexpected);
        }
        Ok(body.iter().fold(0, |number, byte| (number << 8) | u64::from(*byte)))
    }

    /// The bits of a bit string of whole bytes.
    pub(crate) fn bits(&self) -> Result<&'a [u8]> {
        match self.body.split_first() {
            Some((0, bits)) if self.is(BIT_STRING) => Ok(bits),
            _ => Err(BerError::Unexpected),
        }
    }

    pub(crate) fn object_id(&self) -> Result<String> {
        object_id(self.body).ok_or(BerError::Unexpected)
    }
}

/// Tag, length (none when indefinite) and where the content begins.
fn head(bytes: &[u8]) -> Result<(u8, Option<usize>, usize)> {
    let (Some(&tag), Some(&first)) = (bytes.first(), bytes.get(1)) else { return Err(BerError::Truncated) };
    if tag & 0x1f == 0x1f {
        return Err(BerError::Unexpected);
    }
    match first {
        0..=0x7f => Ok((tag, Some(usize::from(first)), 2)),
        0x80 if tag & CONSTRUCTED != 0 => Ok((tag, None, 2)),
        0x81..=0x88 => {
            let end = 2usize.saturating_add(usize::from(first & 0x0f));
            let digits = bytes.get(2..end).ok_or(BerError::Truncated)?;
            let length = digits.iter().fold(0u64, |length, byte| (length << 8) | u64::from(*byte));
            Ok((tag, Some(usize::try_from(length).map_err(|_| BerError::Truncated)?), end))
        }
        _ => Err(BerError::Unexpected),
    }
}

/// Where content of indefinite length ends; its mark of two zeros follows. Linear, whatever the nesting.
fn end_of_contents(content: &[u8]) -> Result<usize> {
    let mut at = 0usize;
    let mut open = 1usize;
    loop {
        let rest = content.get(at..).ok_or(BerError::Truncated)?;
        let (tag, length, start) = head(rest)?;
        if tag == 0 && length == Some(0) {
            open = open.saturating_sub(1);
            if open == 0 {
                return Ok(at);
            }
        }
        if length.is_none() {
            open = open.saturating_add(1);
        }
        at = at.saturating_add(start).saturating_add(length.unwrap_or_default());
    }
}

fn join(pieces: &[u8], depth: usize, joined: &mut Vec<u8>) -> Result<()> {
    let mut reader = Reader::new(pieces);
    while !reader.is_empty() {
        let piece = reader.expect(OCTET_STRING)?;
        if piece.tag & CONSTRUCTED == 0 {
            joined.extend_from_slice(piece.body);
        } else {
            join(piece.body, depth.checked_sub(1).ok_or(BerError::Unexpected)?, joined)?;
        }
    }
    Ok(())
}

fn object_id(body: &[u8]) -> Option<String> {
    let mut text = String::new();
    let mut number = 0u64;
    for (at, byte) in body.iter().enumerate() {
        number = number.checked_mul(128)?.checked_add(u64::from(byte & 0x7f))?;
        if byte & 0x80 != 0 {
            continue;
        }
        if text.is_empty() {
            let first = (number / 40).min(2);
            text = format!("{first}.{}", number.checked_sub(first * 40)?);
        } else {
            text.push('.');
            text.push_str(&number.to_string());
        }
        if text.len() > OID_TEXT {
            return None;
        }
        number = 0;
        if at.checked_add(1)? == body.len() {
            return Some(text);
        }
    }
    None
}

/// Writes a value with a definite length.
pub(crate) fn write(tag: u8, bodies: &[&[u8]]) -> Vec<u8> {
    let length: usize = bodies.iter().map(|body| body.len()).sum();
    // At once as large as it gets: it may hold a secret, and what a vector leaves behind when it grows is not wiped.
    let mut written = Vec::with_capacity(length.saturating_add(2 + size_of::<usize>()));
    written.push(tag);
    if let Ok(short @ 0..=0x7f) = u8::try_from(length) {
        written.push(short);
    } else {
        let digits: Vec<u8> = length.to_be_bytes().into_iter().skip_while(|digit| *digit == 0).collect();
        written.push(0x80 | u8::try_from(digits.len()).unwrap_or_default());
        written.extend(digits);
    }
    bodies.iter().for_each(|body| written.extend_from_slice(body));
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_of_indefinite_length_are_joined() {
        let bytes = [
            0x30, 0x80, 0x24, 0x80, 0x04, 2, b'a', b'b', 0x24, 3, 0x04, 1, b'c', 0, 0, 0x02, 1, 7, 0, 0, 0xff,
        ];
        let mut outer = Reader::new(&bytes);
        let mut inner = outer.within(SEQUENCE).unwrap();
        assert_eq!(inner.octets().unwrap().as_ref(), b"abc");
        assert_eq!(inner.number().unwrap(), 7);
        assert!(inner.is_empty());
        assert!(!outer.is_empty());
    }

    #[test]
    fn lengths_are_not_believed() {
        for bytes in
            [&[0x30, 5, 0][..], &[0x30, 0x84, 0xff, 0xff, 0xff, 0xff], &[0x30, 0x80, 0x04, 1], &[0x30]]
        {
            assert_eq!(Reader::new(bytes).any().unwrap_err(), BerError::Truncated, "{bytes:?}");
        }
    }

    #[test]
    fn identifiers_are_dotted() {
        let bytes = [0x06, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 3];
        assert_eq!(Reader::new(&bytes).object_id().unwrap(), "1.2.840.113549.1.7.3");
        assert!(Reader::new(&[0x06, 1, 0x86]).object_id().is_err());
    }

    #[test]
    fn what_is_written_is_read() {
        for length in [0, 1, 127, 128, 255, 256, 70_000] {
            let body = vec![7; length];
            let written = write(OCTET_STRING, &[&body]);
            assert_eq!(Reader::new(&written).octets().unwrap().as_ref(), body);
        }
    }
}
