//! One `.msg` file: head, bodies and attachments ([MS-OXMSG]).

use super::attachment::{self, Shown, method};
use super::compound::{Compound, Kind};
use super::head::{RECIPIENTS, Recipient};
use super::named::Names;
use super::properties::{FIXED_STREAM, Properties, Reading};
use super::{ITEMS, NAME_BYTES, bodies, bounded_text, embedded, facts, head, tags};
use crate::contents::{Content, Contents, Item, Room};
use crate::{Defect, Fact};

const FORMAT: &str = "outlook";
/// The media type of message files.
pub(super) const MEDIA_TYPE: &str = "application/vnd.ms-outlook";
const RECIPIENT_PREFIX: &str = "__recip_version1.0_#";
const ATTACHMENT_PREFIX: &str = "__attach_version1.0_#";
/// Header of the fixed-length properties of a message that stands alone (§2.4.1.1).
const HEADER: usize = 32;
/// Of recipients and attachments (§2.4.1.3).
const PART_HEADER: usize = 8;

/// Whether a compound file is a message, and no Office document.
pub(crate) fn is_message(bytes: &[u8]) -> bool {
    Compound::open(bytes).is_some_and(|compound| looks_like_message(&compound, Compound::ROOT))
}

fn looks_like_message(compound: &Compound<'_>, storage: usize) -> bool {
    compound.children(storage).any(|(_, entry)| {
        let starts = |prefix: &str| {
            entry.name.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix))
        };
        starts(FIXED_STREAM) || starts("__substg1.0_")
    })
}

/// Opens an Outlook message in a compound file.
pub(crate) fn open_message(bytes: &[u8], room: &mut Room) -> Contents {
    let mut contents = Contents { format: FORMAT, ..Contents::default() };
    let Some(compound) = Compound::open(bytes) else {
        let message = "the compound file has no readable directory; nothing in it could be read";
        contents.defects.push(Defect::new("damaged", message));
        return contents;
    };
    if compound.damaged {
        let message = "the structure of the compound file is damaged; what could be found was read";
        contents.defects.push(Defect::new("damaged", message));
    }
    let mut reading = Reading::new(Some(&compound), room);
    let names = Names::of_file(&mut reading);
    let mut properties = Properties::of_storage(Compound::ROOT, HEADER, &mut reading);
    properties.choose_code_page(None);
    if properties.is_empty() {
        contents.defects.push(Defect::new("damaged", "the message has no properties that could be read"));
    }
    let bodies = bodies::bodies(&properties, &mut reading);
    contents.words = bodies.words;
    contents.defects.extend(bodies.defects);
    let recipients = recipients(&compound, &properties, &mut reading, &mut contents.defects);
    let mut facts = facts::facts(&properties, &names, &mut reading);
    contents.head = Some(Box::new(head::head(&properties, recipients, &mut facts, &mut reading)));
    let shown = Shown::by(&bodies.items);
    contents.items = bodies.items;
    let class = properties.line(tags::MESSAGE_CLASS, &mut reading).unwrap_or_default();
    attachments(&compound, &properties, &shown, &mut reading, &mut contents);
    signed_entity(&class, &mut contents.items);
    contents.facts = facts.list;
    contents.defects.extend(reading.defects());
    contents
}

/// Storages of that name, by their number.
fn numbered(compound: &Compound<'_>, prefix: &str) -> Vec<usize> {
    let mut found: Vec<(u32, usize)> = compound
        .children(Compound::ROOT)
        .filter(|(_, entry)| entry.kind == Kind::Storage)
        .filter_map(|(id, entry)| {
            let start = entry.name.get(..prefix.len())?;
            let number = entry.name.get(prefix.len()..)?;
            let number = u32::from_str_radix(number, 16).unwrap_or(u32::MAX);
            start.eq_ignore_ascii_case(prefix).then_some((number, id))
        })
        .collect();
    found.sort_unstable();
    found.into_iter().map(|(_, id)| id).collect()
}

fn recipients<'a>(
    compound: &Compound<'a>,
    message: &Properties<'a>,
    reading: &mut Reading<'_, 'a>,
    defects: &mut Vec<Defect>,
) -> Vec<Recipient> {
    let storages = numbered(compound, RECIPIENT_PREFIX);
    if storages.len() > RECIPIENTS {
        let message = "there are too many recipients; only the first were read";
        defects.push(Defect::new("limit_recipients", message));
    }
    let mut recipients = Vec::new();
    for storage in storages.into_iter().take(RECIPIENTS) {
        let mut properties = Properties::of_storage(storage, PART_HEADER, reading);
        properties.ansi = message.ansi;
        recipients.push(Recipient::of(&properties, reading));
    }
    recipients
}

fn attachments<'a>(
    compound: &Compound<'a>,
    message: &Properties<'a>,
    shown: &Shown,
    reading: &mut Reading<'_, 'a>,
    contents: &mut Contents,
) {
    for storage in numbered(compound, ATTACHMENT_PREFIX) {
        if contents.items.len() >= ITEMS {
            let message = "there are too many attachments; only the first were read";
            contents.defects.push(Defect::new("limit_items", message));
            return;
        }
        let mut properties = Properties::of_storage(storage, PART_HEADER, reading);
        properties.ansi = message.ansi;
        let mut item = attachment::describe(&properties, shown, reading);
        content(&mut item, compound, &properties, reading);
        contents.items.push(item);
    }
}

/// Puts its content into the item of an attachment.
fn content<'a>(
    item: &mut Item,
    compound: &Compound<'a>,
    properties: &Properties<'a>,
    reading: &mut Reading<'_, 'a>,
) {
    let how = properties.number(tags::ATTACH_METHOD);
    let data = properties.get(tags::ATTACH_DATA);
    if let Some(storage) = data.and_then(|data| data.storage()) {
        if how == Some(method::MESSAGE) || looks_like_message(compound, storage) {
            let rebuilt = embedded::message(compound, storage, reading.room);
            attachment::fill(item, rebuilt, None);
            MEDIA_TYPE.clone_into(&mut item.content_type);
            item.name = Some(message_name(storage, item.name.take(), properties, reading));
        } else {
            attachment::fill_object(item, compound, storage, reading, |reading| {
                embedded::object(compound, storage, reading.room)
            });
        }
    } else if let Some(id) = data.and_then(|data| data.stream()) {
        let claimed = compound.entry(id).map(|entry| entry.size);
        attachment::fill(item, compound.stream(id, reading.room), claimed);
    } else if how.is_some_and(|how| {
        (method::BY_REFERENCE..=method::BY_REFERENCE_ONLY).contains(&how) || how == method::WEB_REFERENCE
    }) {
        item.facts.push(Fact::new("attached", "by reference"));
        item.content = Content::Listed { size: None };
    } else {
        // Without data it is empty: Outlook writes no stream for nothing.
        item.content = Content::File(Vec::new());
    }
}

/// The name of a message within: its subject.
fn message_name<'a>(
    storage: usize,
    given: Option<String>,
    around: &Properties<'a>,
    reading: &mut Reading<'_, 'a>,
) -> String {
    let mut properties = Properties::of_storage(storage, embedded::WITHIN_HEADER, reading);
    properties.choose_code_page(around.ansi);
    let subject = properties.line(tags::SUBJECT, reading).or(given).unwrap_or_else(|| "message".to_owned());
    let subject = bounded_text(&subject, NAME_BYTES - ".msg".len());
    if subject.to_ascii_lowercase().ends_with(".msg") { subject } else { format!("{subject}.msg") }
}

/// A clear-signed message is kept as one attachment that holds the whole signed entity ([MS-OXOSMIME] §2.1.3.1).
fn signed_entity(class: &str, items: &mut [Item]) {
    let mut attached = items.iter_mut().filter(|item| item.role != crate::contents::Role::Body);
    let (Some(item), None) = (attached.next(), attached.next()) else { return };
    let class = class.to_ascii_lowercase();
    if !class.contains(".smime") || !item.content_type.starts_with("multipart/") {
        return;
    }
    let Content::File(bytes) = &mut item.content else { return };
    let start = bytes.get(..bytes.len().min(2_000)).unwrap_or_default().to_ascii_lowercase();
    if memchr::memmem::find(&start, b"content-type:").is_some() {
        item.content = Content::Entity(std::mem::take(bytes));
    }
}
