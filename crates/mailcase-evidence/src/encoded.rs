//! Files that mail programs before MIME wrote into the text: uuencode (IEEE 1003.1), yEnc, BinHex (RFC 1741).

mod binhex;
mod lines;
mod uu;
mod yenc;

use crate::Defect;
use crate::contents::{Content, Contents, Item, Room};
use crate::fields::bounded;
use lines::Lines;

/// Files taken out of one text.
const FILES: usize = 200;
/// Bytes of one name kept.
const NAME_BYTES: usize = 1_000;

/// Whether `text` may hold such a file. Never wrong when it says no.
pub(crate) fn may_hold(text: &[u8]) -> bool {
    let begins = memchr::memmem::find_iter(text, b"begin").any(|at| {
        let before = text.get(..at).unwrap_or_default();
        let before = before.strip_suffix(b"=y").unwrap_or(before);
        let next = text.get(at + 5);
        matches!(before.last(), None | Some(b'\n' | b'\r')) && matches!(next, Some(b' ' | b'-'))
    });
    begins || memchr::memmem::find(text, binhex::MARK).is_some()
}

/// Takes the files out of `text`, which stays as it is.
pub(crate) fn open(text: &[u8], room: &mut Room) -> Contents {
    let mut contents = Contents { format: "encoded_text", ..Contents::default() };
    let mut lines = Lines::new(text);
    while let Some(line) = lines.next() {
        let found = if line.starts_with(b"begin ") {
            uu::read(line, &mut lines)
        } else if line.starts_with(b"begin-base64 ") {
            uu::read_base64(line, &mut lines)
        } else if line.starts_with(b"=ybegin ") {
            yenc::read(line, &mut lines)
        } else if memchr::memmem::find(line, binhex::MARK).is_some() {
            binhex::read(&mut lines, room.bytes())
        } else {
            None
        };
        let Some(found) = found else { continue };
        if contents.items.len() >= FILES {
            let message =
                format!("there are more than {FILES} files in the text; the others were passed over");
            contents.defects.push(Defect::new("limit_members", message));
            break;
        }
        contents.items.push(found.into_item(room));
    }
    contents
}

/// A file of the text.
#[derive(Debug, Default)]
struct Found {
    name: String,
    bytes: Vec<u8>,
    facts: Vec<crate::Fact>,
    defects: Vec<Defect>,
}

impl Found {
    fn into_item(self, room: &mut Room) -> Item {
        let mut item = Item {
            name: (!self.name.is_empty()).then(|| bounded(&self.name, NAME_BYTES)),
            facts: self.facts,
            defects: self.defects,
            ..Item::default()
        };
        match room.take(self.bytes.len()) {
            Ok(()) => item.content = Content::File(self.bytes),
            Err(full) => {
                item.content = Content::Listed { size: Some(self.bytes.len() as u64) };
                item.defects.push(full.defect());
            }
        }
        item
    }
}

/// A name as the text has it: UTF-8 or the Western charset of old.
fn name(bytes: &[u8]) -> String {
    let bytes = bytes.trim_ascii();
    let bytes = bytes.strip_prefix(b"\"").and_then(|inner| inner.strip_suffix(b"\"")).unwrap_or(bytes);
    match std::str::from_utf8(bytes) {
        Ok(name) => name.to_owned(),
        Err(_) => encoding_rs::WINDOWS_1252.decode_without_bom_handling(bytes).0.into_owned(),
    }
}

fn cut() -> Defect {
    Defect::new("truncated", "the file in the text has no end; what there is was kept")
}

#[cfg(test)]
mod tests;
