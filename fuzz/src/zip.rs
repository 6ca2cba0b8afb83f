//! ZIP archives with right checksums and directories (APPNOTE.TXT), and lies where the program asks for them.

use std::io::Read as _;

use crate::program::Program;

const MEMBERS: usize = 40;
/// Unpacked for its checksum.
const MOST: u64 = 1 << 20;

pub(crate) struct Member<'a> {
    pub(crate) name: &'a [u8],
    pub(crate) method: u16,
    pub(crate) flags: u16,
    pub(crate) extra: &'a [u8],
    pub(crate) packed: &'a [u8],
}

/// The archive of the members that `steps` describe.
pub(crate) fn archive(steps: &[u8]) -> Vec<u8> {
    let mut steps = Program::new(steps);
    let mut members = Vec::new();
    while !steps.is_empty() && members.len() < MEMBERS {
        let flags = u16::from(steps.byte());
        members.push(Member {
            method: steps.one_of(&[0, 8, 8, 8, 9, 12, 14, 93, 95, 98, 99]),
            // Bits for encryption, sizes behind the content and names in UTF-8.
            flags: flags & 9 | (flags & 16) << 7,
            name: steps.bytes(),
            extra: if flags & 32 == 0 { &[] } else { steps.bytes() },
            packed: steps.bytes(),
        });
    }
    write(&members)
}

pub(crate) fn write(members: &[Member<'_>]) -> Vec<u8> {
    let (mut out, mut directory) = (Vec::new(), Vec::new());
    for member in members {
        let (size, checksum) = unpacked(member);
        let mut shared = Vec::new();
        shared.extend(20_u16.to_le_bytes());
        shared.extend(member.flags.to_le_bytes());
        shared.extend(member.method.to_le_bytes());
        shared.extend([0, 0, 0x21, 0]);
        shared.extend(checksum.to_le_bytes());
        shared.extend((member.packed.len() as u32).to_le_bytes());
        shared.extend(size.to_le_bytes());
        shared.extend((member.name.len() as u16).to_le_bytes());
        shared.extend((member.extra.len() as u16).to_le_bytes());
        let at = out.len() as u32;
        out.extend(b"PK\x03\x04");
        out.extend(&shared);
        out.extend(member.name);
        out.extend(member.extra);
        out.extend(member.packed);
        directory.extend(b"PK\x01\x02\x14\0");
        directory.extend(&shared);
        directory.extend([0; 10]);
        directory.extend(at.to_le_bytes());
        directory.extend(member.name);
        directory.extend(member.extra);
    }
    let (at, count) = (out.len() as u32, members.len() as u16);
    out.extend(&directory);
    out.extend(b"PK\x05\x06\0\0\0\0");
    out.extend(count.to_le_bytes());
    out.extend(count.to_le_bytes());
    out.extend((directory.len() as u32).to_le_bytes());
    out.extend(at.to_le_bytes());
    out.extend([0, 0]);
    out
}

fn unpacked(member: &Member<'_>) -> (u32, u32) {
    let mut content = Vec::new();
    if member.method == 8 {
        // As much as comes out of a damaged stream.
        let _ = flate2::read::DeflateDecoder::new(member.packed).take(MOST).read_to_end(&mut content);
    } else {
        content.extend(member.packed);
    }
    (content.len() as u32, crc32fast::hash(&content))
}
