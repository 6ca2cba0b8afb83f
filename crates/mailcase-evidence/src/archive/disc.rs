//! Disc images: ISO 9660 (ECMA-119) with the names of Joliet where it has them. They carry programs past the marks
//! that browsers put on downloads.

use std::collections::HashSet;

use super::{MEMBERS, damaged, fact, mark_duplicates, named, too_many};
use crate::contents::{Content, Contents, Room};
use crate::{Defect, Fact};

/// Size of a sector, and the first that describes the volume (ECMA-119 §6.2.1).
const SECTOR: usize = 2_048;
const FIRST_DESCRIPTOR: usize = 16;
/// Descriptors looked at.
const DESCRIPTORS: usize = 32;
/// Folders that are opened and how deep, whatever they refer to.
const FOLDERS: usize = 2_000;
const DEPTH: usize = 32;
/// Fixed part of a directory record (ECMA-119 §9.1).
const RECORD: usize = 33;

pub(super) fn open(bytes: &[u8], room: &mut Room) -> Contents {
    let mut contents = Contents { format: "iso", ..Contents::default() };
    let Some(volume) = volume(bytes) else {
        contents.defects.push(damaged("there is no description of the volume"));
        return contents;
    };
    if !volume.label.is_empty() {
        contents.facts.push(Fact::new("label", volume.label.clone()));
    }
    if bytes.get(FIRST_DESCRIPTOR * SECTOR..).is_some_and(|rest| {
        memchr::memmem::find(rest.get(..DESCRIPTORS * SECTOR).unwrap_or(rest), b"NSR0").is_some()
    }) {
        let message = "there is a second file system (UDF), which is not read here";
        contents.defects.push(Defect::new("unsupported_udf", message));
    }
    let mut walk = Walk { bytes, joliet: volume.joliet, seen: HashSet::new(), contents };
    walk.folders(volume.root, room);
    mark_duplicates(&mut walk.contents.items);
    walk.contents
}

struct Volume {
    joliet: bool,
    root: Extent,
    label: String,
}

/// Where content is, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Extent {
    at: usize,
    size: usize,
}

fn volume(bytes: &[u8]) -> Option<Volume> {
    let mut found = None;
    for index in 0..DESCRIPTORS {
        let at = (FIRST_DESCRIPTOR + index) * SECTOR;
        let Some(sector) = bytes.get(at..at + SECTOR) else { break };
        if sector.get(1..6) != Some(b"CD001") {
            break;
        }
        let (kind, escape) = (sector.first(), sector.get(88..91));
        let joliet = kind == Some(&2) && matches!(escape, Some(b"%/@" | b"%/C" | b"%/E"));
        if kind == Some(&1) || joliet {
            let root = record(sector.get(156..190)?)?.extent;
            let label = name(sector.get(40..72)?, joliet).trim_end().trim_end_matches('\0').to_owned();
            found = Some(Volume { joliet, root, label });
        }
        if joliet || kind == Some(&255) {
            break;
        }
    }
    found
}

struct Record<'a> {
    length: usize,
    extent: Extent,
    folder: bool,
    name: &'a [u8],
    when: Option<String>,
}

/// Reads a directory record (ECMA-119 §9.1).
fn record(bytes: &[u8]) -> Option<Record<'_>> {
    let length = usize::from(*bytes.first()?);
    let record = bytes.get(..length.max(RECORD))?;
    let word = |at: usize| -> Option<usize> {
        usize::try_from(u32::from_le_bytes(record.get(at..at + 4)?.try_into().ok()?)).ok()
    };
    let name = record.get(RECORD..RECORD + usize::from(*record.get(32)?)).unwrap_or_default();
    let extent = Extent { at: word(2)?.checked_mul(SECTOR)?, size: word(10)? };
    Some(Record { length, extent, folder: record.get(25)? & 2 != 0, name, when: time(record.get(18..25)?) })
}

fn time(bytes: &[u8]) -> Option<String> {
    let [year, month, day, hour, minute, second, zone] = bytes.try_into().ok()?;
    let narrow = |value: u8| i8::try_from(value).ok();
    let local = jiff::civil::DateTime::new(
        1900 + i16::from(year),
        narrow(month)?,
        narrow(day)?,
        narrow(hour)?,
        narrow(minute)?,
        narrow(second)?,
        0,
    );
    // Quarters of an hour east of Greenwich.
    let offset = i32::from(i8::from_le_bytes([zone])) * 900;
    let offset = jiff::tz::Offset::from_seconds(offset).ok()?;
    Some(offset.to_timestamp(local.ok()?).ok()?.to_string())
}

fn name(bytes: &[u8], joliet: bool) -> String {
    let text = if joliet {
        encoding_rs::UTF_16BE.decode_without_bom_handling(bytes).0.into_owned()
    } else {
        bytes.iter().map(|byte| char::from(*byte)).collect()
    };
    // The version of a file.
    match text.rsplit_once(';') {
        Some((name, version)) if version.bytes().all(|byte| byte.is_ascii_digit()) => name.to_owned(),
        _ => text,
    }
}

struct Walk<'a> {
    bytes: &'a [u8],
    joliet: bool,
    seen: HashSet<Extent>,
    contents: Contents,
}

impl Walk<'_> {
    /// Goes through the folders in their order, each of them once, whatever refers to it.
    fn folders(&mut self, root: Extent, room: &mut Room) {
        let mut waiting = vec![(root, String::new(), 0)];
        while let Some((extent, path, depth)) = waiting.pop() {
            if !self.seen.insert(extent) || self.seen.len() > FOLDERS || depth > DEPTH {
                self.contents.defects.push(damaged("a folder is within itself, or nested too deep"));
                return;
            }
            let Some(mut inner) = self.folder(extent, &path, depth, room) else { return };
            inner.reverse();
            waiting.append(&mut inner);
        }
    }

    /// Lists the files of a folder; its folders are handed back. Nothing at the limit.
    fn folder(
        &mut self,
        extent: Extent,
        path: &str,
        depth: usize,
        room: &mut Room,
    ) -> Option<Vec<(Extent, String, usize)>> {
        let mut inner = Vec::new();
        let mut at = extent.at;
        let end = extent.at.saturating_add(extent.size).min(self.bytes.len());
        while at < end {
            let rest = self.bytes.get(at..end).unwrap_or_default();
            // Records do not cross sectors; the rest of one is zero.
            if rest.first() == Some(&0) {
                at = (at / SECTOR + 1) * SECTOR;
                continue;
            }
            let Some(record) = record(rest) else {
                self.contents.defects.push(damaged("a folder is cut"));
                break;
            };
            at += record.length.max(RECORD);
            if matches!(record.name, [0 | 1]) {
                continue;
            }
            let name = format!("{path}{}", name(record.name, self.joliet));
            if record.folder {
                inner.push((record.extent, name + "/", depth + 1));
            } else if self.contents.items.len() >= MEMBERS {
                too_many(&mut self.contents);
                return None;
            } else {
                self.file(&name, &record, room);
            }
        }
        Some(inner)
    }

    fn file(&mut self, name: &str, record: &Record<'_>, room: &mut Room) {
        let mut item = named(name);
        if let Some(when) = &record.when {
            fact(&mut item, "modified", when);
        }
        let size = record.extent.size as u64;
        let start = record.extent.at.min(self.bytes.len());
        let end = start.saturating_add(record.extent.size).min(self.bytes.len());
        let content = self.bytes.get(start..end).unwrap_or_default();
        if room.take(content.len()).is_ok() {
            item.content = Content::File(content.to_vec());
            if content.len() < record.extent.size {
                item.defects.push(Defect::new("truncated", "the image ends before the file does"));
            }
        } else {
            item.content = Content::Listed { size: Some(size) };
            item.defects.push(crate::contents::Short::Full.defect());
        }
        self.contents.items.push(item);
    }
}
