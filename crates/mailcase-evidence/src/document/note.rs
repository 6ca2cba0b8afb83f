//! OneNote sections ([MS-ONESTORE]): the files in them, found by the mark each has.

use super::Found;
use super::legacy;
use crate::contents::{Content, Contents, Item, Room};
use crate::{Defect, codes};

/// FileDataStoreObject (§2.6.13): its mark, the size, twelve bytes, the file.
const MARK: [u8; 16] =
    [0xe7, 0x16, 0xe3, 0xbd, 0x65, 0x26, 0x11, 0x45, 0xa4, 0xc4, 0x8d, 0x4d, 0x0b, 0x7a, 0x9e, 0xac];
const HEAD: usize = 36;

/// The mark of a section.
pub(super) const SECTION: [u8; 16] =
    [0xe4, 0x52, 0x5c, 0x7b, 0x8c, 0xd8, 0xa7, 0x4d, 0xae, 0xb1, 0x53, 0x78, 0xd0, 0x29, 0x96, 0xd3];

pub(super) fn open(bytes: &[u8], room: &mut Room) -> Contents {
    let mut found = Found::new("onenote");
    let mut end = 0;
    for at in memchr::memmem::find_iter(bytes, &MARK) {
        // A mark within a file belongs to that file.
        if at < end {
            continue;
        }
        let size =
            bytes.get(at + 16..at + 24).and_then(|size| size.try_into().ok()).map_or(0, u64::from_le_bytes);
        let rest = bytes.get(at + HEAD..).unwrap_or_default();
        let length = usize::try_from(size).unwrap_or(usize::MAX);
        let content = rest.get(..length.min(rest.len())).unwrap_or_default();
        end = at + HEAD + content.len();
        if infer::is_image(content) {
            codes::read(content, room).iter().for_each(|code| found.code(code));
        }
        let mut item = Item::default();
        if content.len() < length {
            item.defects.push(Defect::new("truncated", "the section ends before the file does"));
        }
        match room.take(content.len()) {
            Ok(()) => item.content = Content::File(content.to_vec()),
            Err(full) => item.defects.push(full.defect()),
        }
        found.item(item);
    }
    legacy::runs(bytes.get(..bytes.len().min(1 << 20)).unwrap_or_default(), &mut found);
    found.finish()
}
