//! Compound files that are no mail: Office before 2007, embedded objects, encrypted Office files, macro projects.

mod properties;
mod vba;

use super::Found;
use crate::contents::{Content, Contents, Item, Room};
use crate::outlook::compound::{Compound, Kind};
use crate::{Defect, Lock};

/// Streams of one file that are looked at.
const STREAMS: usize = 2_000;
/// Storages within storages.
const DEPTH: usize = 16;
/// Shortest run of letters that may say something.
const RUN: usize = 8;

pub(super) fn open(bytes: &[u8], room: &mut Room) -> Contents {
    let mut found = Found::new("compound");
    let Some(file) = Compound::open(bytes) else {
        found.contents.defects.push(Defect::new("damaged", "the directory of the file is damaged"));
        return found.finish();
    };
    if file.damaged {
        found
            .contents
            .defects
            .push(Defect::new("damaged", "some of the file leads nowhere; the rest was read"));
    }
    let mut waiting = vec![(Compound::ROOT, 0)];
    let mut streams = 0;
    let mut seen = std::collections::HashSet::new();
    while let Some((storage, depth)) = waiting.pop() {
        if !seen.insert(storage) || depth > DEPTH {
            continue;
        }
        for (id, entry) in file.children(storage) {
            match entry.kind {
                Kind::Storage => {
                    storage_facts(&entry.name, &mut found);
                    waiting.push((id, depth + 1));
                }
                Kind::Stream if streams < STREAMS => {
                    streams += 1;
                    stream(&file, id, &entry.name, &mut found, room);
                }
                _ => {}
            }
        }
    }
    found.finish()
}

fn storage_facts(name: &str, found: &mut Found) {
    if matches!(name, "Macros" | "_VBA_PROJECT_CUR" | "VBA")
        && !found.contents.facts.iter().any(|fact| fact.name == "macros")
    {
        found.fact("macros", "vba");
    }
}

fn stream(file: &Compound<'_>, id: usize, name: &str, found: &mut Found, room: &mut Room) {
    let read = |room: &mut Room| file.stream(id, room);
    let kind = match name {
        "WordDocument" => "word",
        "Workbook" | "Book" => "excel",
        "PowerPoint Document" => "powerpoint",
        "VisioDocument" => "visio",
        "EncryptedPackage" => "encrypted office",
        _ => "",
    };
    found.fact("document", kind);
    match name {
        "EncryptedPackage" => found.contents.lock = Some(Lock::Password),
        "\u{5}SummaryInformation" | "\u{5}DocumentSummaryInformation" => {
            if let Ok(stream) = read(room) {
                properties::read(&stream.bytes, name == "\u{5}SummaryInformation", found);
            }
        }
        "\u{1}Ole10Native" => match read(room) {
            Ok(stream) => found.item(native(&stream.bytes)),
            Err(short) => found.contents.defects.push(short.defect()),
        },
        "Package" | "CONTENTS" | "Contents" => {
            let mut item = Item { name: Some(name.to_owned()), ..Item::default() };
            match read(room) {
                Ok(stream) => item.content = Content::File(stream.bytes),
                Err(short) => item.defects.push(short.defect()),
            }
            found.item(item);
        }
        _ => {
            if let Ok(stream) = read(room) {
                match vba::module(&stream.bytes, room) {
                    Some(code) => {
                        found.words(&code);
                        let item = Item {
                            name: Some(format!("{name}.vba")),
                            content_type: "text/plain".to_owned(),
                            content: Content::File(code.into_bytes()),
                            ..Item::default()
                        };
                        found.item(item);
                    }
                    None => runs(&stream.bytes, found),
                }
            }
        }
    }
}

/// A packed file ([MS-OLEDS] §2.3.6, as the Packager writes it): its size, two bytes, label, path, flags, command and
/// the file itself. What is no such package is kept whole.
pub(super) fn native(bytes: &[u8]) -> Item {
    match package(bytes) {
        Some(item) => item,
        None => Item { content: Content::File(bytes.to_vec()), ..Item::default() },
    }
}

fn package(bytes: &[u8]) -> Option<Item> {
    let mut rest = bytes.get(6..)?;
    let mut text = || -> Option<String> {
        let end = memchr::memchr(0, rest.get(..rest.len().min(2_000))?)?;
        let text = encoding_rs::WINDOWS_1252.decode_without_bom_handling(rest.get(..end)?).0.into_owned();
        rest = rest.get(end + 1..)?;
        Some(text)
    };
    let (label, path) = (text()?, text()?);
    let length = |at: &[u8]| Some(u32::from_le_bytes(at.get(..4)?.try_into().ok()?) as usize);
    let rest = rest.get(4..)?;
    let command = length(rest)?;
    let after = rest.get(4usize.checked_add(command)?..)?;
    let size = length(after)?;
    let content = after.get(4..)?;
    let name = path.rsplit(['\\', '/']).next().filter(|name| !name.is_empty()).unwrap_or(&label).to_owned();
    let mut item = Item { name: Some(name), ..Item::default() };
    item.facts.push(crate::Fact::new("packed_from", path));
    if content.len() < size {
        item.defects.push(Defect::new("truncated", "the object ends before the file in it does"));
    }
    item.content = Content::File(content.get(..size.min(content.len()))?.to_vec());
    Some(item)
}

/// Runs of letters in one or two bytes each: links and text of formats that are not read otherwise.
pub(super) fn runs(bytes: &[u8], found: &mut Found) {
    let printable = |byte: u8| (0x20..0x7f).contains(&byte);
    let mut narrow = String::new();
    for byte in bytes {
        if printable(*byte) {
            narrow.push(char::from(*byte));
        } else {
            flush(&mut narrow, found);
        }
    }
    flush(&mut narrow, found);
    for shift in [0, 1] {
        let mut wide = String::new();
        for pair in bytes.get(shift..).unwrap_or_default().chunks_exact(2) {
            match pair {
                [low, 0] if printable(*low) => wide.push(char::from(*low)),
                _ => flush(&mut wide, found),
            }
        }
        flush(&mut wide, found);
    }
}

fn flush(run: &mut String, found: &mut Found) {
    if run.len() >= RUN {
        found.words(run);
    }
    run.clear();
}
