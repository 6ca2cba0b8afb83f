//! PDF files (ISO 32000-2): where they point, what they do when opened, what they say about themselves and carry.
//!
//! The file is read by our own code: libraries follow its tables, unpack without a limit and give up on damage, while
//! hostile files point past their tables, expand, and are damaged on purpose. Nothing is drawn and nothing is run.

mod crypt;
mod file;
mod filter;
mod object;
mod picture;
mod text;

use std::collections::HashSet;

use super::{Found, plain_text};
use crate::contents::{Contents, Item, Room};
use crate::open::Passwords;
use crate::{Defect, Lock};
use file::{Entry, File};
use object::{Dictionary, Object};

/// Bytes of one script or form that are looked through for links.
const SCRIPT_BYTES: usize = 64 << 10;

pub(super) fn open(bytes: &[u8], passwords: &Passwords<'_>, room: &mut Room) -> Contents {
    let mut found = Found::new("pdf");
    let mut file = File::read(bytes);
    match crypt::open(&file, passwords, room) {
        Ok(None) => {}
        Ok(Some((crypt, password))) => {
            found.fact("encryption", "standard");
            found.fact("password", password);
            file.crypt = Some(crypt);
        }
        Err(closed) => {
            found.contents.lock = Some(Lock::Password);
            let message = match closed {
                crypt::Closed::Password => None,
                crypt::Closed::Effort => Some(("limit_effort", "trying passwords costs more than the limit")),
                crypt::Closed::Unsupported => {
                    Some(("unsupported_encryption", "it is encrypted in a way unknown here"))
                }
            };
            found.contents.defects.extend(message.map(|(code, message)| Defect::new(code, message)));
            return found.finish();
        }
    }
    file.unpack_objects(room);
    if file.entries.is_empty() {
        found.contents.defects.push(Defect::new("damaged", "there is no object in the file"));
    }
    found.contents.defects.extend(std::mem::take(&mut file.defects));
    information(&file, &mut found);
    let mut walk =
        Walk { file: &file, found: &mut found, room, actions: HashSet::new(), pages: 0, number: None };
    for entry in &file.entries {
        walk.number = (!entry.packed).then_some(entry.number);
        walk.object(&entry.object);
        walk.stream(entry);
    }
    let pages = walk.pages;
    if pages > 0 {
        found.fact("pages", &pages.to_string());
    }
    let text = text::read(&file, room);
    found.words(&text);
    picture::read(&file, &mut found, room);
    found.finish()
}

/// What the file says about itself.
fn information(file: &File<'_>, found: &mut Found) {
    const KEYS: [(&str, &str); 8] = [
        ("Title", "title"),
        ("Author", "author"),
        ("Subject", "subject"),
        ("Keywords", "keywords"),
        ("Creator", "application"),
        ("Producer", "producer"),
        ("CreationDate", "created"),
        ("ModDate", "modified"),
    ];
    let version = file.bytes.get(..1_024.min(file.bytes.len())).unwrap_or_default();
    if let Some(at) = memchr::memmem::find(version, b"%PDF-") {
        let word = version
            .get(at + 5..)
            .unwrap_or_default()
            .split(|byte| !byte.is_ascii_digit() && *byte != b'.')
            .next();
        found.fact("version", &String::from_utf8_lossy(word.unwrap_or_default()));
    }
    for trailer in file.trailers.iter().rev() {
        let Some(reference) = trailer.get("Info") else { continue };
        let Object::Dictionary(information) = file.resolve(reference) else { continue };
        let number = match reference {
            Object::Reference(number) => {
                file.entry(*number).filter(|entry| !entry.packed).map(|entry| entry.number)
            }
            _ => None,
        };
        for (key, name) in KEYS {
            let Some(Object::Text(text)) = file.get(information, key) else { continue };
            let text = match number {
                Some(number) => file.text(number, text),
                None => text.clone(),
            };
            let text = plain_text(&text);
            found.fact(name, &if key.ends_with("Date") { date(&text) } else { text });
        }
        return;
    }
}

/// `D:20261121093000+01'00'` as RFC 3339 writes it (ISO 32000-2 §7.9.4); as found when it is another.
fn date(text: &str) -> String {
    let digits: String =
        text.trim_start_matches("D:").chars().take_while(char::is_ascii_digit).take(14).collect();
    let zone = text.trim_start_matches("D:").get(digits.len()..).unwrap_or_default();
    let filled = format!("{digits}{}", "00000101000000".get(digits.len().min(14)..).unwrap_or_default());
    let Ok(when) = jiff::civil::DateTime::strptime("%Y%m%d%H%M%S", &filled) else { return text.to_owned() };
    let zone: String = zone.chars().filter(|one| *one != '\'').take(5).collect();
    match zone.as_str() {
        "Z" | "Z0000" => format!("{when}Z"),
        zone if zone.len() == 5 => {
            format!("{when}{}:{}", zone.get(..3).unwrap_or_default(), zone.get(3..).unwrap_or_default())
        }
        _ => when.to_string(),
    }
}

struct Walk<'a, 'b> {
    file: &'a File<'b>,
    found: &'a mut Found,
    room: &'a mut Room,
    /// Said once each.
    actions: HashSet<String>,
    pages: usize,
    /// Of the object whose texts are encrypted.
    number: Option<u32>,
}

impl Walk<'_, '_> {
    fn object(&mut self, object: &Object) {
        match object {
            Object::Array(list) => list.iter().for_each(|one| self.object(one)),
            Object::Dictionary(dictionary) => {
                self.dictionary(dictionary);
                dictionary.0.iter().for_each(|(_, value)| self.object(value));
            }
            _ => {}
        }
    }

    fn plain(&self, text: &[u8]) -> String {
        match self.number {
            Some(number) => plain_text(&self.file.text(number, text)),
            None => plain_text(text),
        }
    }

    fn dictionary(&mut self, dictionary: &Dictionary) {
        match dictionary.name("Type") {
            Some(b"Page") => self.pages += 1,
            Some(b"Catalog") if dictionary.get("OpenAction").is_some() || dictionary.get("AA").is_some() => {
                self.once("action", "when opened");
            }
            _ => {}
        }
        if let Some(uri) = dictionary.text("URI") {
            let uri = self.plain(uri);
            self.found.link(&uri);
        }
        if dictionary.get("JS").is_some() {
            self.script(dictionary);
        }
        if dictionary.get("XFA").is_some() {
            self.once("form", "xfa");
        }
        if matches!(dictionary.name("Subtype"), Some(b"RichMedia" | b"Movie" | b"Screen" | b"3D")) {
            self.once("active_content", "media");
        }
        if let Some(files) = self.file.dictionary(dictionary, "EF") {
            self.embedded(dictionary, files);
        }
        self.action(dictionary);
    }

    fn once(&mut self, name: &str, value: &str) {
        if self.actions.insert(format!("{name} {value}")) {
            self.found.fact(name, value);
        }
    }

    /// Actions that leave the document (ISO 32000-2 §12.6.4).
    fn action(&mut self, dictionary: &Dictionary) {
        let kind = match dictionary.name("S") {
            Some(b"Launch") => "launch",
            Some(b"SubmitForm") => "submit form",
            Some(b"GoToR") => "open other document",
            Some(b"GoToE") => "open embedded document",
            Some(b"ImportData") => "import data",
            _ => return,
        };
        let target = self.target(dictionary);
        self.found.words(&target);
        self.once("action", format!("{kind} {target}").trim());
    }

    /// File of an action: a text, or a specification with one.
    fn target(&self, dictionary: &Dictionary) -> String {
        let file = self.file.get(dictionary, "F").or_else(|| self.file.get(dictionary, "Win"));
        match file {
            Some(Object::Text(text)) => self.plain(text),
            Some(Object::Dictionary(inner)) => {
                let text = ["UF", "F"].iter().find_map(|key| inner.text(key));
                let parameters = inner.text("P").map(|text| self.plain(text)).unwrap_or_default();
                format!("{} {parameters}", text.map(|text| self.plain(text)).unwrap_or_default())
                    .trim()
                    .to_owned()
            }
            _ => String::new(),
        }
    }

    fn script(&mut self, dictionary: &Dictionary) {
        self.once("script", "javascript");
        let Some(code) = dictionary.get("JS") else { return };
        let text = match self.file.resolve(code) {
            Object::Text(text) => self.plain(text),
            _ => {
                let stream = self.file.stream_of(code).and_then(|entry| self.file.stream(entry, self.room));
                plain_text(&stream.unwrap_or_default())
            }
        };
        self.found.words(text.get(..text.floor_char_boundary(SCRIPT_BYTES)).unwrap_or_default());
    }

    /// A file within the document (ISO 32000-2 §7.11.4).
    fn embedded(&mut self, specification: &Dictionary, files: &Dictionary) {
        let name = ["UF", "F", "Unix", "DOS"].iter().find_map(|key| specification.text(key));
        let name = name.map(|name| self.plain(name));
        let Some(stream) = ["UF", "F", "Unix", "DOS"].iter().find_map(|key| files.get(key)) else { return };
        let entry = self.file.stream_of(stream);
        let mut item = Item { name, ..Item::default() };
        if let Some(entry) = entry
            && let Object::Dictionary(dictionary) = &entry.object
        {
            if let Some(kind) = dictionary.name("Subtype") {
                item.content_type = String::from_utf8_lossy(kind).to_lowercase();
            }
            match self.file.stream(entry, self.room) {
                Some(bytes) => item.content = crate::contents::Content::File(bytes),
                None => item
                    .defects
                    .push(Defect::new("unsupported_filter", "it could not be unpacked; only listed")),
            }
        } else {
            item.defects.push(Defect::new("damaged", "its content is not in the document"));
        }
        self.found.item(item);
    }

    /// Streams that say something: metadata and forms in XML.
    fn stream(&mut self, entry: &Entry) {
        let Object::Dictionary(dictionary) = &entry.object else { return };
        if entry.stream.is_some()
            && dictionary.name("Type") == Some(b"Metadata")
            && let Some(bytes) = self.file.stream(entry, self.room)
        {
            let text =
                String::from_utf8_lossy(bytes.get(..bytes.len().min(SCRIPT_BYTES)).unwrap_or_default())
                    .into_owned();
            for (tag, name) in [
                ("xmp:CreatorTool", "xmp_application"),
                ("xmpMM:DocumentID", "document_id"),
                ("xmpMM:OriginalDocumentID", "original_document_id"),
            ] {
                if let Some(value) = tagged(&text, tag) {
                    self.once(name, value);
                }
            }
        }
    }
}

/// Text of the first `<tag>…</tag>` or `tag="…"`.
fn tagged<'a>(text: &'a str, tag: &str) -> Option<&'a str> {
    let (_, after) = text.split_once(tag)?;
    let value = match after.strip_prefix("=\"") {
        Some(quoted) => quoted.split_once('"')?.0,
        None => after.strip_prefix('>')?.split_once('<')?.0,
    };
    Some(value.trim()).filter(|value| !value.is_empty())
}
