//! What the properties of an attachment say about it, the same in `.msg` files and TNEF.

use std::collections::BTreeSet;

use super::bytes::Bytes;
use super::compound::{Compound, Kind, Stream};
use super::properties::{Properties, Reading};
use super::{NAME_BYTES, bounded_text, tags};
use crate::contents::{Content, Item, Role, Short};
use crate::{Defect, Fact};

/// Content ids looked for in a body.
const CONTENT_IDS: usize = 10_000;
/// Longest content id.
const CONTENT_ID_BYTES: usize = 500;

/// Streams that hold what an object's program would open.
const NATIVE: [&str; 3] = ["\u{1}Ole10Native", "CONTENTS", "Package"];

/// Flags of the program an object was embedded with are no longer.
const FLAGS_BYTES: u64 = 32;

/// How the content is attached ([MS-OXCMSG] §2.2.2.9).
pub(super) mod method {
    pub(in crate::outlook) const BY_REFERENCE: i64 = 2;
    pub(in crate::outlook) const BY_REFERENCE_ONLY: i64 = 4;
    pub(in crate::outlook) const MESSAGE: i64 = 5;
    pub(in crate::outlook) const WEB_REFERENCE: i64 = 7;
}

/// The content ids a body shows.
#[derive(Debug, Default)]
pub(super) struct Shown {
    ids: BTreeSet<Vec<u8>>,
}

impl Shown {
    pub(super) fn by(bodies: &[Item]) -> Self {
        let mut ids = BTreeSet::new();
        for item in bodies {
            let Content::File(bytes) = &item.content else { continue };
            for at in memchr::memmem::find_iter(bytes, b"cid:").take(CONTENT_IDS) {
                let id = bytes.get(at + 4..).unwrap_or_default().iter().take(CONTENT_ID_BYTES);
                let ends =
                    |byte: &&u8| matches!(**byte, b'"' | b'\'' | b')' | b'>' | b' ' | b'\r' | b'\n' | b'&');
                ids.insert(id.take_while(|byte| !ends(byte)).copied().collect());
            }
        }
        Self { ids }
    }
}

/// Everything about an attachment but its content.
pub(super) fn describe<'a>(
    properties: &Properties<'a>,
    shown: &Shown,
    reading: &mut Reading<'_, 'a>,
) -> Item {
    let mut line = |number: u16| properties.line(number, reading);
    let name = line(tags::ATTACH_LONG_FILE_NAME)
        .or_else(|| line(tags::ATTACH_FILE_NAME))
        .or_else(|| line(tags::DISPLAY_NAME))
        .map(|name| bounded_text(&name, NAME_BYTES));
    let content_type = line(tags::ATTACH_MIME_TAG).unwrap_or_default().to_ascii_lowercase();
    let content_id = line(tags::ATTACH_CONTENT_ID)
        .map(|id| bounded_text(id.trim_matches(['<', '>', ' ']), CONTENT_ID_BYTES))
        .filter(|id| !id.is_empty());
    let mut facts = Vec::new();
    let mut fact = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            facts.push(Fact::new(name, bounded_text(&value, NAME_BYTES)));
        }
    };
    fact("path", line(tags::ATTACH_LONG_PATH_NAME).or_else(|| line(tags::ATTACH_PATH_NAME)));
    fact("content_location", line(tags::ATTACH_CONTENT_LOCATION));
    fact("created", properties.time(tags::CREATION_TIME).map(|time| time.to_string()));
    fact("modified", properties.time(tags::LAST_MODIFICATION_TIME).map(|time| time.to_string()));
    let hidden = properties.flag(tags::ATTACHMENT_HIDDEN);
    fact("hidden", hidden.then(|| "true".to_owned()));
    // Bit 2: it is rendered within the body ([MS-OXCMSG] §2.2.2.18).
    let rendered = properties.number(tags::ATTACH_FLAGS).is_some_and(|flags| flags & 4 != 0);
    let inline =
        content_id.as_ref().is_some_and(|id| hidden || rendered || shown.ids.contains(id.as_bytes()));
    let role = if inline { Role::Inline } else { Role::Attachment };
    let content_type = bounded_text(&content_type, NAME_BYTES);
    Item { role, name, content_type, content_id, facts, ..Item::default() }
}

/// Puts the content of a stream into the item.
pub(super) fn fill(item: &mut Item, stream: Result<Stream, Short>, claimed: Option<u64>) {
    match stream {
        Ok(stream) => {
            if stream.truncated {
                let message = "the content ends early; what is there of it was kept";
                item.defects.push(Defect::new("truncated", message));
            }
            item.content = Content::File(stream.bytes);
        }
        Err(short) => {
            item.content = Content::Listed { size: claimed };
            item.defects.push(short.defect());
        }
    }
}

/// Puts the content of a linked or embedded object ([MS-OLEDS]) into the item: what its program would open, when that can
/// be told, else the whole object, which `whole` gives.
pub(super) fn fill_object(
    item: &mut Item,
    compound: &Compound<'_>,
    storage: usize,
    reading: &mut Reading<'_, '_>,
    whole: impl FnOnce(&mut Reading<'_, '_>) -> Result<Stream, Short>,
) {
    // Beside the file are descriptions and pictures of it, named with a control character, and flags; anything else
    // would be lost.
    let native = |name: &str| NATIVE.iter().any(|known| name.eq_ignore_ascii_case(known));
    let plain = compound.children(storage).all(|(_, entry)| {
        let described = entry.name.starts_with(char::is_control) || entry.size <= FLAGS_BYTES;
        entry.kind == Kind::Stream && (native(&entry.name) || described)
    });
    let stream = |name: &str| compound.child(storage, name, Kind::Stream).filter(|_| plain);
    let claimed = |id: usize| compound.entry(id).map(|entry| entry.size);
    let [package, contents @ ..] = NATIVE;
    if let Some(id) = stream(package) {
        let read = compound.stream(id, reading.room);
        match read.map(|stream| (packaged(&stream.bytes), stream)) {
            Ok((Some((name, path, content)), stream)) => {
                if let Some(name) = name {
                    item.name = Some(name);
                }
                item.facts.extend(path.map(|path| Fact::new("path", path)));
                fill(item, Ok(Stream { bytes: content, truncated: stream.truncated }), None);
            }
            Ok((None, stream)) => fill(item, Ok(stream), None),
            Err(short) => fill(item, Err(short), claimed(id)),
        }
        return;
    }
    if let Some(id) = contents.into_iter().find_map(stream) {
        fill(item, compound.stream(id, reading.room), claimed(id));
        return;
    }
    let content = whole(reading);
    fill(item, content, None);
}

type Packaged = (Option<String>, Option<String>, Vec<u8>);

/// The file in an `Ole10Native` stream, as Windows' packager writes it, with its name and where it came from.
fn packaged(stream: &[u8]) -> Option<Packaged> {
    let mut fields = Bytes::new(stream);
    fields.take(4)?;
    if fields.u16()? != 2 {
        return None;
    }
    let text = |bytes: &[u8]| {
        let text = super::charset::decode(bytes, None);
        Some(bounded_text(text.trim(), NAME_BYTES)).filter(|text| !text.is_empty())
    };
    let (label, path) = (text(fields.until(0)), text(fields.until(0)));
    fields.take(4)?;
    let length = fields.size()?;
    fields.take(length)?;
    let length = fields.size()?;
    let content = fields.take(length)?.to_vec();
    let last = |path: &String| path.rsplit(['\\', '/']).next().unwrap_or_default().to_owned();
    Some((label.or_else(|| path.as_ref().map(last)), path, content))
}
