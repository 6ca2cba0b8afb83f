//! One TNEF stream (`winmail.dat`): head, bodies and attachments ([MS-OXTNEF]).
//!
//! Senders get the order, the checksums and the end wrong; none of that is a reason to read less.

mod attributes;
mod values;

use encoding_rs::Encoding;

use self::attributes::{Attribute, Attributes, Level, id};
use super::attachment::{self, Shown};
use super::bytes::Bytes;
use super::compound::{Compound, Stream};
use super::head::{RECIPIENTS, Recipient};
use super::named::Names;
use super::properties::{Place, Properties, Property, Reading, kind};
use super::{ITEMS, NAME_BYTES, bodies, bounded_text, charset, facts, head, tags};
use crate::contents::{Contents, Item, Room};
use crate::{Defect, filetime};

const FORMAT: &str = "tnef";
const MEDIA_TYPE: &str = "application/ms-tnef";
/// The interface a message within is stored by: a TNEF stream follows ([MS-OXTNEF] §2.1.3.4.1).
const MESSAGE_INTERFACE: [u8; 16] = [0x07, 0x03, 0x02, 0, 0, 0, 0, 0, 0xc0, 0, 0, 0, 0, 0, 0, 0x46];
/// `IStorage`: a compound file follows.
const STORAGE_INTERFACE: [u8; 16] = [0x0b, 0, 0, 0, 0, 0, 0, 0, 0xc0, 0, 0, 0, 0, 0, 0, 0x46];
/// `IStream`: bytes follow.
const STREAM_INTERFACE: [u8; 16] = [0x0c, 0, 0, 0, 0, 0, 0, 0, 0xc0, 0, 0, 0, 0, 0, 0, 0x46];

/// One attachment as far as it has been read.
#[derive(Debug, Default)]
struct Attached<'a> {
    /// `attAttachRendData` was there.
    rendered: bool,
    properties: Properties<'a>,
    /// `attAttachData`
    data: Option<&'a [u8]>,
    data_cut: bool,
    /// `attAttachTitle`, `attAttachTransportFilename`
    title: Option<&'a [u8]>,
}

/// What a stream says.
#[derive(Debug, Default)]
struct Found<'a> {
    message: Properties<'a>,
    /// The same said by attributes that are older than the properties, which count more.
    older: Vec<(u16, Property<'a>)>,
    names: Names,
    recipients: Vec<Recipient>,
    attached: Vec<Attached<'a>>,
    page: Option<&'static Encoding>,
    defects: Vec<Defect>,
}

/// Opens a TNEF stream.
pub(crate) fn open_tnef(bytes: &[u8], room: &mut Room) -> Contents {
    let mut contents = Contents { format: FORMAT, ..Contents::default() };
    let Some(attributes) = Attributes::open(bytes) else {
        contents.defects.push(Defect::new("damaged", "the signature of TNEF is not there; nothing was read"));
        return contents;
    };
    let mut reading = Reading::new(None, room);
    let found = found(attributes, &mut reading);
    contents.defects = found.defects;
    let bodies = bodies::bodies(&found.message, &mut reading);
    contents.words = bodies.words;
    contents.defects.extend(bodies.defects);
    let mut facts = facts::facts(&found.message, &found.names, &mut reading);
    let head = head::head(&found.message, found.recipients, &mut facts, &mut reading);
    if !head.headers.is_empty() {
        contents.head = Some(Box::new(head));
    }
    contents.facts = facts.list;
    let shown = Shown::by(&bodies.items);
    contents.items = bodies.items;
    for mut attached in found.attached {
        if contents.items.len() >= ITEMS {
            let message = "there are too many attachments; only the first were read";
            contents.defects.push(Defect::new("limit_items", message));
            break;
        }
        attached.properties.ansi = found.message.ansi;
        contents.items.extend(items(&attached, &shown, &mut reading));
    }
    contents.defects.extend(reading.defects());
    contents
}

/// Goes through the attributes, in whatever order they are.
fn found<'a>(mut attributes: Attributes<'a>, reading: &mut Reading<'_, 'a>) -> Found<'a> {
    let mut found = Found::default();
    for attribute in attributes.by_ref() {
        match attribute.level {
            Level::Message => found.message_attribute(&attribute, reading),
            Level::Attachment => found.attachment_attribute(&attribute),
        }
    }
    for (number, value) in std::mem::take(&mut found.older) {
        found.message.insert(number, value.kind, value.place);
    }
    found.message.choose_code_page(found.page);
    if found.page.is_some() {
        // The sender says it for the whole stream; what properties say is about the text on the Internet.
        found.message.ansi = found.page;
    }
    // A list cut short because the stream is cut short is told once.
    let known: Vec<String> = found.defects.iter().map(|defect| defect.code.clone()).collect();
    found.defects.extend(attributes.defects().into_iter().filter(|defect| !known.contains(&defect.code)));
    found
}

impl<'a> Found<'a> {
    fn message_attribute(&mut self, attribute: &Attribute<'a>, reading: &mut Reading<'_, 'a>) {
        let data = attribute.data;
        match attribute.id {
            id::CODE_PAGE => {
                let page = Bytes::new(data).u32();
                self.page = self.page.or_else(|| charset::ansi(page, None, None));
            }
            id::PROPERTIES => {
                let list = values::list(data, &mut self.names);
                self.cut(list.cut);
                for (number, value) in list.values {
                    self.message.insert(number, value.kind, value.place);
                }
            }
            id::RECIPIENTS => self.recipients(data, reading),
            id::MESSAGE_CLASS => self.older(tags::MESSAGE_CLASS, kind::ANSI, class(data)),
            id::SUBJECT => self.older(tags::SUBJECT, kind::ANSI, data),
            id::BODY => self.older(tags::BODY, kind::ANSI, data),
            id::DATE_SENT => self.date(tags::CLIENT_SUBMIT_TIME, data),
            id::DATE_RECEIVED => self.date(tags::DELIVERY_TIME, data),
            id::DATE_MODIFIED => self.date(tags::LAST_MODIFICATION_TIME, data),
            id::FROM => {
                self.from(data);
            }
            _ => {}
        }
    }

    fn older(&mut self, number: u16, kind: u16, data: &'a [u8]) {
        self.older.push((number, Property { kind, place: Place::Slice(data) }));
    }

    /// §2.1.3.3.6: year, month, day, hour, minute, second and day of the week.
    fn date(&mut self, number: u16, data: &[u8]) {
        let mut fields = Bytes::new(data);
        let mut next = || fields.u16().and_then(|value| i16::try_from(value).ok());
        let read = || {
            let date =
                jiff::civil::Date::new(next()?, next()?.try_into().ok()?, next()?.try_into().ok()?).ok()?;
            let time = jiff::civil::Time::new(
                next()?.try_into().ok()?,
                next()?.try_into().ok()?,
                next()?.try_into().ok()?,
                0,
            );
            let moment = date.to_datetime(time.ok()?).to_zoned(jiff::tz::TimeZone::UTC).ok()?;
            filetime::ticks(moment.timestamp())
        };
        let mut read = read;
        if let Some(ticks) = read() {
            self.older
                .push((number, Property { kind: kind::TIME, place: Place::Inline(ticks.to_le_bytes()) }));
        }
    }

    /// §2.1.3.3.1: a triple of a name and an address with its type.
    fn from(&mut self, data: &'a [u8]) -> Option<()> {
        let mut fields = Bytes::new(data);
        fields.take(4)?;
        let (name, address) = (usize::from(fields.u16()?), usize::from(fields.u16()?));
        let (name, address) = (fields.take(name)?, fields.take(address)?);
        self.older(tags::SENDER_NAME, kind::ANSI, name);
        let colon = memchr::memchr(b':', address)?;
        self.older(tags::SENDER_ADDRESS_TYPE, kind::ANSI, address.get(..colon)?);
        self.older(tags::SENDER_ADDRESS, kind::ANSI, address.get(colon + 1..)?);
        Some(())
    }

    fn recipients(&mut self, data: &'a [u8], reading: &mut Reading<'_, 'a>) {
        let (rows, more) = values::rows(data, RECIPIENTS, &mut self.names);
        if more {
            let message = "there are too many recipients; only the first were read";
            self.defects.push(Defect::new("limit_recipients", message));
        }
        for row in rows {
            self.cut(row.cut);
            let mut properties = Properties::default();
            properties.ansi = self.page;
            for (number, value) in row.values {
                properties.insert(number, value.kind, value.place);
            }
            self.recipients.push(Recipient::of(&properties, reading));
        }
    }

    fn attachment_attribute(&mut self, attribute: &Attribute<'a>) {
        // It begins an attachment (§2.1.3.3.14), but some streams forget it.
        let begins = attribute.id == id::ATTACH_RENDERING;
        if begins && self.attached.last().is_none_or(|last| last.rendered) || self.attached.is_empty() {
            if self.attached.len() > ITEMS {
                return;
            }
            self.attached.push(Attached::default());
        }
        let Some(attached) = self.attached.last_mut() else { return };
        match attribute.id {
            id::ATTACH_RENDERING => attached.rendered = true,
            id::ATTACH_DATA => {
                attached.data = Some(attribute.data);
                attached.data_cut = attribute.cut;
            }
            id::ATTACH_TITLE => attached.title = Some(attribute.data),
            id::ATTACH_TRANSPORT_NAME => attached.title = attached.title.or(Some(attribute.data)),
            id::ATTACH_PROPERTIES => {
                let list = values::list(attribute.data, &mut self.names);
                for (number, value) in list.values {
                    attached.properties.insert(number, value.kind, value.place);
                }
                self.cut(list.cut);
            }
            _ => {}
        }
    }

    fn cut(&mut self, cut: bool) {
        if cut && !self.defects.iter().any(|defect| defect.code == "truncated") {
            let message = "a list of properties ends early; those before were read";
            self.defects.push(Defect::new("truncated", message));
        }
    }
}

/// Microsoft Mail's name of a message class as the class it stands for (§2.1.3.3.5).
fn class(data: &[u8]) -> &[u8] {
    let name = data.split(|byte| *byte == 0).next().unwrap_or_default();
    match name {
        b"IPM.Microsoft Mail.Note" => b"IPM.Note",
        b"IPM.Microsoft Mail.Read Receipt" => b"REPORT.IPM.Note.IPNRN",
        b"IPM.Microsoft Mail.Non-Delivery" => b"REPORT.IPM.Note.NDR",
        b"IPM.Microsoft Schedule.MtgReq" => b"IPM.Schedule.Meeting.Request",
        b"IPM.Microsoft Schedule.MtgRespP" => b"IPM.Schedule.Meeting.Resp.Pos",
        b"IPM.Microsoft Schedule.MtgRespN" => b"IPM.Schedule.Meeting.Resp.Neg",
        b"IPM.Microsoft Schedule.MtgRespA" => b"IPM.Schedule.Meeting.Resp.Tent",
        b"IPM.Microsoft Schedule.MtgCncl" => b"IPM.Schedule.Meeting.Canceled",
        other => other,
    }
}

/// The items of an attachment: what it holds, and what is there besides for programs that cannot read that.
fn items<'a>(attached: &Attached<'a>, shown: &Shown, reading: &mut Reading<'_, 'a>) -> Vec<Item> {
    let mut item = attachment::describe(&attached.properties, shown, reading);
    let title = attached.title.map(|title| charset::decode(title, attached.properties.ansi));
    let title = title.map(|title| bounded_text(title.trim(), NAME_BYTES)).filter(|title| !title.is_empty());
    item.name = item.name.or_else(|| title.clone());
    let object = attached.properties.bytes(tags::ATTACH_DATA, reading);
    let Some(object) = object.filter(|object| !object.is_empty()) else {
        fill(&mut item, attached.data.unwrap_or_default(), attached.data_cut, reading);
        return vec![item];
    };
    let is_object =
        attached.properties.get(tags::ATTACH_DATA).is_some_and(|value| value.kind == kind::OBJECT);
    let (interface, content) = object.split_first_chunk::<16>().filter(|_| is_object).unzip();
    match (interface.copied(), content) {
        (Some(MESSAGE_INTERFACE), Some(content)) => {
            MEDIA_TYPE.clone_into(&mut item.content_type);
            fill(&mut item, content, false, reading);
        }
        (Some(STORAGE_INTERFACE), Some(content)) => storage(&mut item, content, reading),
        (Some(STREAM_INTERFACE), Some(content)) => fill(&mut item, content, false, reading),
        _ => fill(&mut item, &object, false, reading),
    }
    let besides = attached.data.filter(|data| !data.is_empty()).map(|data| {
        let mut besides = Item { name: title, ..Item::default() };
        fill(&mut besides, data, attached.data_cut, reading);
        besides
    });
    besides.into_iter().chain([item]).collect()
}

/// The content of a compound file that was attached as an object.
fn storage(item: &mut Item, content: &[u8], reading: &mut Reading<'_, '_>) {
    match Compound::open(content) {
        Some(compound) => {
            attachment::fill_object(item, &compound, Compound::ROOT, reading, |reading| {
                reading.room.take(content.len())?;
                Ok(Stream { bytes: content.to_vec(), truncated: false })
            });
        }
        None => fill(item, content, false, reading),
    }
}

fn fill(item: &mut Item, content: &[u8], truncated: bool, reading: &mut Reading<'_, '_>) {
    let taken = reading.room.take(content.len());
    let stream = taken.map(|()| Stream { bytes: content.to_vec(), truncated });
    attachment::fill(item, stream, Some(content.len() as u64));
}

/// The rich text of a stream, unpacked.
#[cfg(test)]
pub(super) fn rich_text(bytes: &[u8], room: &mut Room) -> Option<Vec<u8>> {
    let mut reading = Reading::new(None, room);
    let found = found(Attributes::open(bytes)?, &mut reading);
    let packed = found.message.bytes(tags::RTF_COMPRESSED, &mut reading)?;
    super::rtf::unpack(&packed, reading.room).ok()?.map(|unpacked| unpacked.rtf)
}
