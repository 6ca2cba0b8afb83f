//! ZIP archives written byte by byte, so that they can lie.

use std::io::Write;

/// A member, and what is wrong with it.
#[derive(Debug, Clone)]
pub(crate) struct Member<'a> {
    pub(crate) name: &'a str,
    pub(crate) raw_name: Option<&'a [u8]>,
    /// Of its own header, when it is another.
    pub(crate) local_name: Option<&'a str>,
    pub(crate) comment: &'a str,
    /// Index of the member whose bytes it shares.
    pub(crate) at: Option<usize>,
    pub(crate) content: &'a [u8],
    pub(crate) deflated: bool,
}

impl<'a> Member<'a> {
    pub(crate) fn stored(name: &'a str, content: &'a [u8]) -> Self {
        Self { name, raw_name: None, local_name: None, comment: "", at: None, content, deflated: false }
    }

    pub(crate) fn deflated(name: &'a str, content: &'a [u8]) -> Self {
        Self { deflated: true, ..Self::stored(name, content) }
    }
}

fn packed(member: &Member<'_>) -> Vec<u8> {
    if !member.deflated {
        return member.content.to_vec();
    }
    let mut deflate = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::best());
    deflate.write_all(member.content).unwrap();
    deflate.finish().unwrap()
}

/// The fields that both headers have, from the flags to the length of the name.
fn shared(member: &Member<'_>, packed: usize, name: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    out.extend_from_slice(&[0, 0, if member.deflated { 8 } else { 0 }, 0]);
    // 2026-11-21 10:20:30
    out.extend_from_slice(&(10_u16 << 11 | 20 << 5 | 15).to_le_bytes());
    out.extend_from_slice(&(46_u16 << 9 | 11 << 5 | 21).to_le_bytes());
    out.extend_from_slice(&crc32fast::hash(member.content).to_le_bytes());
    out.extend_from_slice(&u32::try_from(packed).unwrap().to_le_bytes());
    out.extend_from_slice(&u32::try_from(member.content.len()).unwrap().to_le_bytes());
    out.extend_from_slice(&u16::try_from(name.len()).unwrap().to_le_bytes());
    out
}

pub(crate) fn zip(members: &[Member<'_>]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut directory = Vec::new();
    let mut positions = Vec::new();
    for member in members {
        let data = packed(member);
        let name = member.raw_name.unwrap_or(member.name.as_bytes());
        let at = match member.at {
            Some(other) => positions[other],
            None => out.len(),
        };
        positions.push(at);
        if member.at.is_none() {
            let local_name = member.local_name.map_or(name, str::as_bytes);
            out.extend_from_slice(b"PK\x03\x04\x14\0");
            out.extend_from_slice(&shared(member, data.len(), local_name));
            out.extend_from_slice(&[0, 0]);
            out.extend_from_slice(local_name);
            out.extend_from_slice(&data);
        }
        directory.extend_from_slice(b"PK\x01\x02\x14\0\x14\0");
        directory.extend_from_slice(&shared(member, data.len(), name));
        directory.extend_from_slice(&[0, 0]);
        directory.extend_from_slice(&u16::try_from(member.comment.len()).unwrap().to_le_bytes());
        directory.extend_from_slice(&[0; 8]);
        directory.extend_from_slice(&u32::try_from(at).unwrap().to_le_bytes());
        directory.extend_from_slice(name);
        directory.extend_from_slice(member.comment.as_bytes());
    }
    let (at, size) = (out.len(), directory.len());
    out.append(&mut directory);
    let count = u16::try_from(members.len()).unwrap().to_le_bytes();
    out.extend_from_slice(b"PK\x05\x06\0\0\0\0");
    out.extend_from_slice(&count);
    out.extend_from_slice(&count);
    out.extend_from_slice(&u32::try_from(size).unwrap().to_le_bytes());
    out.extend_from_slice(&u32::try_from(at).unwrap().to_le_bytes());
    out.extend_from_slice(&14_u16.to_le_bytes());
    out.extend_from_slice(b"made by a test");
    out
}
