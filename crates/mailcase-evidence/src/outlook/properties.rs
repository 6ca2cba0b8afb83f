//! MAPI properties: lists of numbered values ([MS-OXCDATA] §2.11), wherever they are stored.

use std::borrow::Cow;
use std::collections::BTreeMap;

use encoding_rs::Encoding;

use super::bytes::{Bytes, utf16};
use super::charset;
use super::compound::{Compound, Kind};
use super::tags;
use crate::contents::{Room, Short};
use crate::{Defect, filetime};

/// Fixed-length values of a storage ([MS-OXMSG] §2.4).
pub(super) const FIXED_STREAM: &str = "__properties_version1.0";
const VALUE_PREFIX: &str = "__substg1.0_";

/// Property types.
pub(super) mod kind {
    pub(in crate::outlook) const I16: u16 = 0x0002;
    pub(in crate::outlook) const I32: u16 = 0x0003;
    pub(in crate::outlook) const F32: u16 = 0x0004;
    pub(in crate::outlook) const F64: u16 = 0x0005;
    pub(in crate::outlook) const CURRENCY: u16 = 0x0006;
    pub(in crate::outlook) const APP_TIME: u16 = 0x0007;
    pub(in crate::outlook) const ERROR: u16 = 0x000a;
    pub(in crate::outlook) const BOOLEAN: u16 = 0x000b;
    pub(in crate::outlook) const OBJECT: u16 = 0x000d;
    pub(in crate::outlook) const I64: u16 = 0x0014;
    pub(in crate::outlook) const ANSI: u16 = 0x001e;
    pub(in crate::outlook) const UNICODE: u16 = 0x001f;
    pub(in crate::outlook) const TIME: u16 = 0x0040;
    pub(in crate::outlook) const GUID: u16 = 0x0048;
    pub(in crate::outlook) const BINARY: u16 = 0x0102;
    /// Several values of the type without it.
    pub(in crate::outlook) const MANY: u16 = 0x1000;
}

/// Where a value is.
#[derive(Debug, Clone)]
pub(super) enum Place<'a> {
    Inline([u8; 8]),
    Slice(&'a [u8]),
    /// A stream of the compound file.
    Stream(usize),
    /// A storage of the compound file.
    Storage(usize),
    Many(Vec<Place<'a>>),
}

#[derive(Debug, Clone)]
pub(super) struct Property<'a> {
    pub(super) kind: u16,
    pub(super) place: Place<'a>,
}

/// What values are read from and paid with, and what went wrong on the way.
#[derive(Debug)]
pub(super) struct Reading<'r, 'a> {
    pub(super) compound: Option<&'r Compound<'a>>,
    pub(super) room: &'r mut Room,
    pub(super) truncated: bool,
    pub(super) full: bool,
}

impl<'r, 'a> Reading<'r, 'a> {
    pub(super) fn new(compound: Option<&'r Compound<'a>>, room: &'r mut Room) -> Self {
        Self { compound, room, truncated: false, full: false }
    }

    /// What went wrong, as defects of the message.
    pub(super) fn defects(&self) -> Vec<Defect> {
        let mut defects = Vec::new();
        if self.full {
            defects.push(Short::Full.defect());
        }
        if self.truncated {
            let message = "some properties end early; what is there of them was kept";
            defects.push(Defect::new("truncated", message));
        }
        defects
    }
}

/// The properties of one object, by number.
#[derive(Debug, Default)]
pub(super) struct Properties<'a> {
    list: BTreeMap<u16, Property<'a>>,
    /// Of properties without Unicode.
    pub(super) ansi: Option<&'static Encoding>,
}

impl<'a> Properties<'a> {
    /// The properties of a storage, whose list of fixed-length values begins after `header` bytes.
    pub(super) fn of_storage(storage: usize, header: usize, reading: &mut Reading<'_, 'a>) -> Self {
        let mut found = Self::default();
        let Some(compound) = reading.compound else { return found };
        let mut elements: BTreeMap<u16, (u16, BTreeMap<u32, usize>)> = BTreeMap::new();
        for (id, entry) in compound.children(storage) {
            let Some((number, kind, element)) = value_name(&entry.name) else { continue };
            match (element, entry.kind) {
                (Some(element), Kind::Stream) => {
                    elements.entry(number).or_insert_with(|| (kind, BTreeMap::new())).1.insert(element, id);
                }
                (None, Kind::Stream) => found.insert(number, kind, Place::Stream(id)),
                (None, Kind::Storage) => found.insert(number, kind, Place::Storage(id)),
                _ => {}
            }
        }
        for (number, (kind, elements)) in elements {
            let many = elements.into_values().map(Place::Stream).collect();
            found.list.insert(number, Property { kind, place: Place::Many(many) });
        }
        let fixed = compound.child(storage, FIXED_STREAM, Kind::Stream);
        let fixed = fixed.and_then(|id| reading.stream(id)).unwrap_or_default();
        for entry in fixed.get(header..).unwrap_or_default().chunks_exact(16) {
            let mut fields = Bytes::new(entry);
            let (Some(kind), Some(number), Some(_), Some(value)) =
                (fields.u16(), fields.u16(), fields.u32(), fields.u64())
            else {
                break;
            };
            if is_fixed(kind) {
                found.insert(number, kind, Place::Inline(value.to_le_bytes()));
            }
        }
        found
    }

    /// Adds a value. The first of a number counts, but Unicode before other text.
    pub(super) fn insert(&mut self, number: u16, kind: u16, place: Place<'a>) {
        let better = self.list.get(&number).is_none_or(|known| {
            known.kind == kind::ANSI && kind == kind::UNICODE || known.kind == kind::ERROR
        });
        if better {
            self.list.insert(number, Property { kind, place });
        }
    }

    pub(super) fn get(&self, number: u16) -> Option<&Property<'a>> {
        self.list.get(&number)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Takes the code page for text without Unicode from the properties themselves.
    pub(super) fn choose_code_page(&mut self, otherwise: Option<&'static Encoding>) {
        let page = |number| self.number(number).and_then(|page| u32::try_from(page).ok());
        self.ansi = charset::ansi(
            page(tags::MESSAGE_CODEPAGE),
            page(tags::MESSAGE_LOCALE),
            page(tags::INTERNET_CODEPAGE),
        )
        .or(otherwise);
    }

    pub(super) fn number(&self, number: u16) -> Option<i64> {
        let property = self.get(number)?;
        let mut fields = property.fixed()?;
        match property.kind {
            kind::I16 => fields.u16().map(|value| i64::from(value as i16)),
            kind::I32 | kind::ERROR => fields.u32().map(|value| i64::from(value as i32)),
            kind::I64 => fields.u64().map(|value| value as i64),
            kind::BOOLEAN => fields.u8().map(i64::from),
            _ => None,
        }
    }

    pub(super) fn flag(&self, number: u16) -> bool {
        self.number(number).is_some_and(|value| value != 0)
    }

    pub(super) fn time(&self, number: u16) -> Option<jiff::Timestamp> {
        let property = self.get(number).filter(|property| property.kind == kind::TIME)?;
        timestamp(property.fixed()?.u64()?)
    }

    /// The bytes of a value that has some.
    pub(super) fn bytes(&self, number: u16, reading: &mut Reading<'_, 'a>) -> Option<Cow<'a, [u8]>> {
        reading.bytes(&self.get(number)?.place)
    }

    /// Text without zeros at its end; `None` for what is no text.
    pub(super) fn text(&self, number: u16, reading: &mut Reading<'_, 'a>) -> Option<String> {
        let property = self.get(number)?;
        match property.kind {
            kind::UNICODE | kind::ANSI => {
                let bytes = reading.bytes(&property.place)?;
                Some(self.decode(property.kind, &bytes))
            }
            _ => None,
        }
    }

    /// Text that says something: without the spaces around it, `None` when nothing is left.
    ///
    /// Of what is longer than names, addresses and the like are, only the start is read.
    pub(super) fn line(&self, number: u16, reading: &mut Reading<'_, 'a>) -> Option<String> {
        let property = self.get(number)?;
        if !matches!(property.kind, kind::UNICODE | kind::ANSI) {
            return None;
        }
        let bytes = reading.start(&property.place, LINE_BYTES)?;
        let text = self.decode(property.kind, &bytes);
        let text = text.trim_matches(|one: char| one.is_whitespace() || one == '\0');
        (!text.is_empty()).then(|| text.to_owned())
    }

    /// As many texts as the property has.
    pub(super) fn texts(&self, number: u16, reading: &mut Reading<'_, 'a>) -> Vec<String> {
        let Some(property) = self.get(number) else { return Vec::new() };
        let Place::Many(_) = &property.place else {
            return self.line(number, reading).into_iter().collect();
        };
        let kind = property.kind & !kind::MANY;
        self.many(number, reading).iter().map(|bytes| self.decode(kind, bytes)).collect()
    }

    /// The bytes of each value of a property that has several.
    pub(super) fn many(&self, number: u16, reading: &mut Reading<'_, 'a>) -> Vec<Cow<'a, [u8]>> {
        match self.get(number).map(|property| &property.place) {
            Some(Place::Many(many)) => {
                many.iter().take(VALUES).filter_map(|place| reading.start(place, LINE_BYTES)).collect()
            }
            _ => Vec::new(),
        }
    }

    fn decode(&self, kind: u16, bytes: &[u8]) -> String {
        if kind == kind::UNICODE {
            let text = utf16(bytes);
            return text.trim_end_matches('\0').to_owned();
        }
        charset::decode(bytes, self.ansi)
    }
}

/// Values of one property that are looked at.
const VALUES: usize = 1_000;
/// Read of text that is one line by its nature.
const LINE_BYTES: usize = 128 << 10;

impl<'a> Property<'a> {
    fn fixed(&self) -> Option<Bytes<'_>> {
        match &self.place {
            Place::Inline(value) => Some(Bytes::new(value)),
            Place::Slice(value) => Some(Bytes::new(value)),
            _ => None,
        }
    }

    /// The stream the value is kept in.
    pub(super) fn stream(&self) -> Option<usize> {
        match self.place {
            Place::Stream(id) => Some(id),
            _ => None,
        }
    }

    /// The storage the value is kept in.
    pub(super) fn storage(&self) -> Option<usize> {
        match self.place {
            Place::Storage(id) => Some(id),
            _ => None,
        }
    }
}

impl<'a> Reading<'_, 'a> {
    /// The content of a stream; what is missing of it is remembered.
    pub(super) fn stream(&mut self, id: usize) -> Option<Vec<u8>> {
        match self.compound?.stream(id, self.room) {
            Ok(stream) => {
                self.truncated |= stream.truncated;
                Some(stream.bytes)
            }
            Err(_) => {
                self.full = true;
                None
            }
        }
    }

    /// As [`Self::bytes`], but no more than `most` of them.
    fn start(&mut self, place: &Place<'a>, most: usize) -> Option<Cow<'a, [u8]>> {
        match place {
            Place::Slice(bytes) => Some(Cow::Borrowed(bytes.get(..most).unwrap_or(bytes))),
            Place::Stream(id) => {
                let start = self.compound?.start_of_stream(*id, most as u64, self.room);
                self.full |= start.is_err();
                start.ok().map(Cow::Owned)
            }
            Place::Inline(_) | Place::Storage(_) | Place::Many(_) => None,
        }
    }

    fn bytes(&mut self, place: &Place<'a>) -> Option<Cow<'a, [u8]>> {
        match place {
            Place::Slice(bytes) => Some(Cow::Borrowed(bytes)),
            Place::Stream(id) => self.stream(*id).map(Cow::Owned),
            Place::Inline(_) | Place::Storage(_) | Place::Many(_) => None,
        }
    }

    /// A value for people, when it is of a kind that says something to them.
    pub(super) fn shown(&mut self, properties: &Properties<'a>, number: u16) -> Option<String> {
        let property = properties.get(number)?;
        match property.kind {
            kind::UNICODE | kind::ANSI => properties.line(number, self),
            kind::TIME => properties.time(number).map(|time| time.to_string()),
            kind::BOOLEAN => Some((properties.number(number)? != 0).to_string()),
            kind::I16 | kind::I32 | kind::I64 => properties.number(number).map(|value| value.to_string()),
            _ if property.kind & kind::MANY != 0 => {
                let texts = properties.texts(number, self);
                (!texts.is_empty()).then(|| texts.join(", "))
            }
            _ => None,
        }
    }
}

/// `__substg1.0_0037001F`, or with `-00000002` behind one of several values.
fn value_name(name: &str) -> Option<(u16, u16, Option<u32>)> {
    let start = name.get(..VALUE_PREFIX.len())?;
    if !start.eq_ignore_ascii_case(VALUE_PREFIX) {
        return None;
    }
    let rest = name.get(VALUE_PREFIX.len()..)?;
    let number = u16::from_str_radix(rest.get(..4)?, 16).ok()?;
    let kind = u16::from_str_radix(rest.get(4..8)?, 16).ok()?;
    let element = match rest.get(8..)? {
        "" => None,
        rest => Some(u32::from_str_radix(rest.strip_prefix('-')?, 16).ok()?),
    };
    Some((number, kind, element))
}

fn is_fixed(kind: u16) -> bool {
    use kind::{APP_TIME, BOOLEAN, CURRENCY, ERROR, F32, F64, I16, I32, I64, TIME};
    matches!(kind, I16 | I32 | F32 | F64 | CURRENCY | APP_TIME | ERROR | BOOLEAN | I64 | TIME)
}

/// Tenths of microseconds since 1601.
pub(super) fn timestamp(ticks: u64) -> Option<jiff::Timestamp> {
    // Outlook writes 4501 for "never".
    filetime::moment(ticks).filter(|moment| moment.as_second() < 79_870_000_000)
}
