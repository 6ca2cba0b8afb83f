//! Finding the objects of a PDF file by looking through all of it: tables of hostile files point elsewhere, and
//! programs repair them in this way. All objects ever written are read, the overwritten ones too.

use std::collections::HashMap;

use memchr::memmem;

use super::crypt::Crypt;
use super::filter;
use super::object::{Dictionary, Object, Parser, Token, is_space};
use crate::Defect;
use crate::contents::Room;

/// Objects of one file.
const OBJECTS: usize = 100_000;
/// Times the file that is read in search of objects, when they are within one another.
const EFFORT: usize = 4;
/// References followed to reach a value.
const STEPS: usize = 16;

/// An object and, when it is a stream, where its bytes are.
#[derive(Debug, Default)]
pub(super) struct Entry {
    pub(super) number: u32,
    pub(super) object: Object,
    pub(super) stream: Option<(usize, usize)>,
    /// It came out of a stream of objects, whose encryption is already undone.
    pub(super) packed: bool,
}

#[derive(Debug)]
pub(super) struct File<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) entries: Vec<Entry>,
    /// The last object of each number.
    index: HashMap<u32, usize>,
    pub(super) trailers: Vec<Dictionary>,
    pub(super) crypt: Option<Crypt>,
    pub(super) defects: Vec<Defect>,
}

impl<'a> File<'a> {
    pub(super) fn read(bytes: &'a [u8]) -> Self {
        let mut file = Self {
            bytes,
            entries: Vec::new(),
            index: HashMap::new(),
            trailers: Vec::new(),
            crypt: None,
            defects: Vec::new(),
        };
        file.find_objects();
        for at in memmem::find_iter(bytes, b"trailer").take(1_000) {
            if let Some(Object::Dictionary(trailer)) = Parser::new(bytes, at + 7).object() {
                file.trailers.push(trailer);
            }
        }
        let tables = file.entries.iter().filter_map(|entry| match &entry.object {
            Object::Dictionary(table) if table.name("Type") == Some(b"XRef") => Some(table.clone()),
            _ => None,
        });
        let tables: Vec<Dictionary> = tables.collect();
        file.trailers.extend(tables);
        file
    }

    fn find_objects(&mut self) {
        let mut effort = self.bytes.len().saturating_mul(EFFORT) + (64 << 10);
        let mut ends = Ends::default();
        for at in memmem::find_iter(self.bytes, b"obj") {
            let Some(number) = number_before(self.bytes, at) else { continue };
            if self.entries.len() >= OBJECTS || effort == 0 {
                self.defects.push(Defect::new(
                    "limit_objects",
                    "there are too many objects; the others were passed over",
                ));
                break;
            }
            let mut parser = Parser::new(self.bytes, at + 3);
            let object = parser.object().unwrap_or_default();
            effort = effort.saturating_sub(parser.at - at);
            let mut stream = None;
            if let Object::Dictionary(dictionary) = &object
                && parser.token() == Some(Token::Word(b"stream"))
            {
                stream = ends.stream(self.bytes, parser.at, dictionary);
            }
            self.add(Entry { number, object, stream, packed: false });
        }
    }

    fn add(&mut self, entry: Entry) {
        self.index.insert(entry.number, self.entries.len());
        self.entries.push(entry);
    }

    /// Reads the objects that are packed together in streams.
    pub(super) fn unpack_objects(&mut self, room: &mut Room) {
        let packed = |entry: &Entry| {
            let Object::Dictionary(dictionary) = &entry.object else { return None };
            (dictionary.name("Type") == Some(b"ObjStm")).then(|| dictionary.clone())
        };
        let streams: Vec<(usize, Dictionary)> =
            self.entries.iter().enumerate().filter_map(|(at, entry)| Some((at, packed(entry)?))).collect();
        for (at, dictionary) in streams {
            let Some(bytes) = self.entries.get(at).and_then(|entry| self.stream(entry, room)) else {
                continue;
            };
            let first = self.number(&dictionary, "First").and_then(|first| usize::try_from(first).ok());
            let count = self.number(&dictionary, "N").and_then(|count| usize::try_from(count).ok());
            let (Some(first), Some(count)) = (first, count) else { continue };
            let mut head = Parser::new(&bytes, 0);
            for _ in 0..count {
                let (Some(number), Some(offset)) = (integer(&mut head), integer(&mut head)) else { break };
                if self.entries.len() >= OBJECTS {
                    return;
                }
                let start = first.saturating_add(usize::try_from(offset).unwrap_or(usize::MAX));
                // Objects in order do not overlap; those that do are read a few times at most, each to its own end.
                let end = start.saturating_add(bytes.len() / count.max(1) * 64 + 4_096).min(bytes.len());
                let Some(window) = bytes.get(start..end) else { continue };
                let object = Parser::new(window, 0).object().unwrap_or_default();
                let number = u32::try_from(number).unwrap_or(u32::MAX);
                // A later definition in the file itself counts more than one in a stream before it.
                self.index.entry(number).or_insert(self.entries.len());
                self.entries.push(Entry { number, object, stream: None, packed: true });
            }
        }
    }

    pub(super) fn entry(&self, number: u32) -> Option<&Entry> {
        self.entries.get(*self.index.get(&number)?)
    }

    /// What `object` refers to, or itself.
    pub(super) fn resolve<'b>(&'b self, object: &'b Object) -> &'b Object {
        let mut object = object;
        for _ in 0..STEPS {
            let Object::Reference(number) = object else { return object };
            let Some(entry) = self.entry(*number) else { return &Object::Null };
            object = &entry.object;
        }
        &Object::Null
    }

    pub(super) fn get<'b>(&'b self, dictionary: &'b Dictionary, key: &str) -> Option<&'b Object> {
        dictionary.get(key).map(|object| self.resolve(object))
    }

    pub(super) fn dictionary<'b>(&'b self, dictionary: &'b Dictionary, key: &str) -> Option<&'b Dictionary> {
        match self.get(dictionary, key)? {
            Object::Dictionary(inner) => Some(inner),
            _ => None,
        }
    }

    pub(super) fn number(&self, dictionary: &Dictionary, key: &str) -> Option<i64> {
        self.get(dictionary, key)?.integer()
    }

    /// The stream that `object` refers to.
    pub(super) fn stream_of(&self, object: &Object) -> Option<&Entry> {
        let mut object = object;
        for _ in 0..STEPS {
            let Object::Reference(number) = object else { return None };
            let entry = self.entry(*number)?;
            if entry.stream.is_some() {
                return Some(entry);
            }
            object = &entry.object;
        }
        None
    }

    /// Bytes of a stream as they are in the file, decrypted.
    pub(super) fn raw(&self, entry: &Entry) -> Option<Vec<u8>> {
        let (start, end) = entry.stream?;
        let raw = self.bytes.get(start..end)?;
        let plain = matches!(&entry.object, Object::Dictionary(one) if one.name("Type") == Some(b"XRef"));
        match &self.crypt {
            Some(crypt) if !plain => Some(crypt.stream(entry.number, raw)),
            _ => Some(raw.to_vec()),
        }
    }

    /// Bytes of a stream with all its filters undone; nothing when one is unknown or there is no room.
    pub(super) fn stream(&self, entry: &Entry, room: &mut Room) -> Option<Vec<u8>> {
        let Object::Dictionary(dictionary) = &entry.object else { return None };
        filter::undo(self, dictionary, self.raw(entry)?, room)
    }

    /// Text of an object within the object `number`, decrypted.
    pub(super) fn text(&self, number: u32, text: &[u8]) -> Vec<u8> {
        match &self.crypt {
            Some(crypt) => crypt.text(number, text),
            None => text.to_vec(),
        }
    }
}

fn integer(parser: &mut Parser<'_>) -> Option<i64> {
    match parser.token()? {
        Token::Object(number) => number.integer(),
        _ => None,
    }
}

/// The number in `12 0 obj`, whose last word is at `at`.
fn number_before(bytes: &[u8], at: usize) -> Option<u32> {
    let window = bytes.get(at.saturating_sub(40)..at)?;
    let back = |text: &'_ [u8]| -> usize { text.iter().rev().take_while(|byte| is_space(**byte)).count() };
    let digits =
        |text: &'_ [u8]| -> usize { text.iter().rev().take_while(|byte| byte.is_ascii_digit()).count() };
    let rest = window.get(..window.len() - back(window))?;
    let generation = digits(rest);
    let rest = rest.get(..rest.len() - generation)?;
    let spaces = back(rest);
    let rest = rest.get(..rest.len() - spaces)?;
    let number = rest.get(rest.len() - digits(rest)..)?;
    (generation > 0 && spaces > 0).then_some(())?;
    std::str::from_utf8(number).ok()?.parse().ok()
}

/// Ends of streams; that there is none behind some place is learnt once.
#[derive(Debug, Default)]
struct Ends {
    none_from: Option<usize>,
}

impl Ends {
    /// Where the bytes of a stream are whose word ends at `at`: by its length if that is right, else by its end mark.
    fn stream(&mut self, bytes: &[u8], at: usize, dictionary: &Dictionary) -> Option<(usize, usize)> {
        let rest = bytes.get(at..)?;
        let start = at
            + if rest.starts_with(b"\r\n") {
                2
            } else {
                usize::from(matches!(rest.first(), Some(b'\n' | b'\r')))
            };
        let told = dictionary.number("Length").and_then(|length| usize::try_from(length).ok());
        if let Some(end) = told.and_then(|length| start.checked_add(length))
            && let Some(after) = bytes.get(end..)
            && after.get(..after.len().min(20))?.trim_ascii_start().starts_with(b"endstream")
        {
            return Some((start, end));
        }
        if self.none_from.is_some_and(|none| start >= none) {
            return Some((start, bytes.len()));
        }
        match memmem::find(bytes.get(start..)?, b"endstream") {
            Some(length) => {
                let end = start + length;
                let body = bytes.get(start..end)?;
                let body = body.strip_suffix(b"\n").unwrap_or(body);
                let body = body.strip_suffix(b"\r").unwrap_or(body);
                Some((start, start + body.len()))
            }
            None => {
                self.none_from = Some(start);
                Some((start, bytes.len()))
            }
        }
    }
}
