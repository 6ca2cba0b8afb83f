//! The attributes a TNEF stream consists of ([MS-OXTNEF] §2.1.1).

use super::super::bytes::Bytes;
use crate::Defect;

const SIGNATURE: u32 = 0x223e_9f78;

/// Ids of attributes with their type (§2.1.3.1).
pub(super) mod id {
    pub(in crate::outlook) const FROM: u32 = 0x0000_8000;
    pub(in crate::outlook) const SUBJECT: u32 = 0x0001_8004;
    pub(in crate::outlook) const DATE_SENT: u32 = 0x0003_8005;
    pub(in crate::outlook) const DATE_RECEIVED: u32 = 0x0003_8006;
    pub(in crate::outlook) const MESSAGE_CLASS: u32 = 0x0007_8008;
    pub(in crate::outlook) const BODY: u32 = 0x0002_800c;
    pub(in crate::outlook) const ATTACH_DATA: u32 = 0x0006_800f;
    pub(in crate::outlook) const ATTACH_TITLE: u32 = 0x0001_8010;
    pub(in crate::outlook) const DATE_MODIFIED: u32 = 0x0003_8020;
    pub(in crate::outlook) const ATTACH_TRANSPORT_NAME: u32 = 0x0006_9001;
    pub(in crate::outlook) const ATTACH_RENDERING: u32 = 0x0006_9002;
    pub(in crate::outlook) const PROPERTIES: u32 = 0x0006_9003;
    pub(in crate::outlook) const RECIPIENTS: u32 = 0x0006_9004;
    pub(in crate::outlook) const ATTACH_PROPERTIES: u32 = 0x0006_9005;
    pub(in crate::outlook) const CODE_PAGE: u32 = 0x0006_9007;
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Level {
    Message,
    Attachment,
}

#[derive(Debug)]
pub(super) struct Attribute<'a> {
    pub(super) level: Level,
    pub(super) id: u32,
    pub(super) data: &'a [u8],
    /// It should be longer.
    pub(super) cut: bool,
}

/// The attributes, as far as they can be told.
#[derive(Debug)]
pub(super) struct Attributes<'a> {
    rest: Bytes<'a>,
    truncated: bool,
    junk: bool,
    bad_checksum: bool,
}

impl<'a> Attributes<'a> {
    /// `None` without the signature.
    pub(super) fn open(bytes: &'a [u8]) -> Option<Self> {
        let mut rest = Bytes::new(bytes);
        if rest.u32()? != SIGNATURE {
            return None;
        }
        // The key of the stream; nobody uses it.
        rest.u16();
        Some(Self { rest, truncated: false, junk: false, bad_checksum: false })
    }

    /// What is wrong with the stream as a whole, once all attributes have been read.
    pub(super) fn defects(&self) -> Vec<Defect> {
        [
            (self.truncated, "truncated", "the TNEF stream ends early; what is there of it was read"),
            (
                self.junk,
                "junk_at_end",
                "something that is no attribute ends the TNEF stream; it was passed over",
            ),
            (self.bad_checksum, "bad_checksum", "a checksum in the TNEF stream is wrong; it was read anyway"),
        ]
        .into_iter()
        .filter(|(there, ..)| *there)
        .map(|(_, code, message)| Defect::new(code, message))
        .collect()
    }
}

impl<'a> Iterator for Attributes<'a> {
    type Item = Attribute<'a>;

    fn next(&mut self) -> Option<Attribute<'a>> {
        let mut fields = self.rest.clone();
        let level = match fields.u8()? {
            1 => Level::Message,
            2 => Level::Attachment,
            _ => {
                // Mail programs leave line ends and zeros behind.
                self.junk = self.rest.rest().iter().any(|byte| !matches!(byte, 0 | b'\r' | b'\n' | b' '));
                self.rest = Bytes::new(&[]);
                return None;
            }
        };
        let (Some(id), Some(length)) = (fields.u32(), fields.size()) else {
            self.truncated = true;
            self.rest = fields;
            return None;
        };
        let data = fields.take_up_to(length);
        let cut = data.len() < length;
        self.truncated |= cut;
        let checksum = data.iter().fold(0_u16, |sum, byte| sum.wrapping_add(u16::from(*byte)));
        self.bad_checksum |= !cut && fields.u16().is_some_and(|claimed| claimed != checksum);
        self.rest = fields;
        Some(Attribute { level, id, data, cut })
    }
}
