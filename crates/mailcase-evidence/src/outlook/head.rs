//! Head of a message out of its properties, or of the headers it came with.

use std::collections::BTreeMap;

use super::bytes::{Bytes, utf16};
use super::facts::Facts;
use super::properties::{Properties, Reading};
use super::{Head, bounded_text, charset, tags};
use crate::entity::envelope;
use crate::fields::Block;
use crate::{Address, Defect, Envelope, Header};

/// Recipients read of one message.
pub(super) const RECIPIENTS: usize = 2_000;
/// Headers kept.
const HEADERS: usize = 2_000;
/// Bytes kept of one header.
const HEADER_BYTES: usize = 64 << 10;
/// Bytes of headers looked at.
const BLOCK_BYTES: usize = 1 << 20;
/// Received fields read as hops; chains of honest mail stay below 30.
const HOPS: usize = 100;
/// Longest name or address.
const NAME_BYTES: usize = 1_000;
/// Message ids kept of one property.
const IDS: usize = 200;
/// Addresses that answers go to.
const REPLY_TO: usize = 100;
/// Who makes one-off entry ids ([MS-OXCDATA] §2.2.5.1).
const ONE_OFF: [u8; 16] =
    [0x81, 0x2b, 0x1f, 0xa4, 0xbe, 0xa3, 0x10, 0x19, 0x9d, 0x6e, 0x00, 0xdd, 0x01, 0x0f, 0x54, 0x02];

/// Someone a message goes to.
#[derive(Debug)]
pub(super) struct Recipient {
    /// 1 to, 2 cc, 3 bcc.
    kind: i64,
    address: Address,
    /// Name within Exchange.
    exchange: Option<String>,
}

impl Recipient {
    pub(super) fn of<'a>(properties: &Properties<'a>, reading: &mut Reading<'_, 'a>) -> Self {
        let person = Person {
            names: [tags::DISPLAY_NAME, tags::RECIPIENT_DISPLAY_NAME],
            smtp: tags::SMTP_ADDRESS,
            kind: tags::ADDRESS_TYPE,
            address: tags::ADDRESS,
            search_key: tags::SEARCH_KEY,
        };
        let kind = properties.number(tags::RECIPIENT_TYPE).map_or(1, |kind| kind & 0xf);
        let (address, exchange) = person.read(properties, reading);
        Self { kind, address, exchange }
    }
}

/// Where the properties of one person are.
struct Person {
    names: [u16; 2],
    smtp: u16,
    kind: u16,
    address: u16,
    search_key: u16,
}

const SENDER: Person = Person {
    names: [tags::SENDER_NAME; 2],
    smtp: tags::SENDER_SMTP_ADDRESS,
    kind: tags::SENDER_ADDRESS_TYPE,
    address: tags::SENDER_ADDRESS,
    search_key: tags::SENDER_SEARCH_KEY,
};

const AUTHOR: Person = Person {
    names: [tags::SENT_REPRESENTING_NAME; 2],
    smtp: tags::SENT_REPRESENTING_SMTP_ADDRESS,
    kind: tags::SENT_REPRESENTING_ADDRESS_TYPE,
    address: tags::SENT_REPRESENTING_ADDRESS,
    search_key: tags::SENT_REPRESENTING_SEARCH_KEY,
};

impl Person {
    /// The person, with an address of the Internet when there is one, and the name within Exchange.
    fn read<'a>(
        &self,
        properties: &Properties<'a>,
        reading: &mut Reading<'_, 'a>,
    ) -> (Address, Option<String>) {
        let mut line =
            |number: u16| properties.line(number, reading).map(|text| bounded_text(&text, NAME_BYTES));
        let [first, second] = self.names;
        let name = line(first).or_else(|| line(second));
        let kind = line(self.kind).unwrap_or_default();
        let found = line(self.address);
        let is_address = |text: &String| text.contains('@') && !text.starts_with('/');
        let address = line(self.smtp).filter(is_address);
        let native = found.clone().filter(|text| kind.eq_ignore_ascii_case("SMTP") || is_address(text));
        let address = address.or(native).or_else(|| {
            let key = properties.bytes(self.search_key, reading)?;
            let key = charset::decode(&key, properties.ansi);
            let (kind, address) = key.split_once(':')?;
            kind.eq_ignore_ascii_case("SMTP").then(|| bounded_text(&address.to_lowercase(), NAME_BYTES))
        });
        let exchange = found.filter(|found| !is_address(found));
        let name = name.filter(|name| Some(name) != address.as_ref());
        (Address { name, address }, exchange)
    }
}

/// Addresses of the Internet by names within Exchange, as far as the message itself tells both of somebody.
#[derive(Debug, Default)]
struct Directory {
    list: BTreeMap<String, String>,
}

impl Directory {
    /// Of those who made the message and changed it last: in a folder of sent mail, the sender.
    fn of<'a>(properties: &Properties<'a>, reading: &mut Reading<'_, 'a>) -> Self {
        let mut directory = Self::default();
        for (entry, address) in [
            (tags::CREATOR_ENTRY_ID, tags::CREATOR_SMTP_ADDRESS),
            (tags::LAST_MODIFIER_ENTRY_ID, tags::LAST_MODIFIER_SMTP_ADDRESS),
        ] {
            let entry = properties.bytes(entry, reading).unwrap_or_default();
            // The name follows flags, provider, version and type ([MS-OXCDATA] §2.2.5.2).
            let mut name = Bytes::new(entry.get(28..).unwrap_or_default());
            let name = charset::decode(name.until(0), properties.ansi);
            directory.add(Some(&name), properties.line(address, reading).as_deref());
        }
        directory
    }

    fn add(&mut self, exchange: Option<&str>, address: Option<&str>) {
        if let (Some(exchange), Some(address)) = (exchange, address)
            && exchange.starts_with('/')
            && address.contains('@')
        {
            self.list.entry(exchange.to_lowercase()).or_insert_with(|| bounded_text(address, NAME_BYTES));
        }
    }

    fn complete(&self, one: &mut Address, exchange: Option<&str>) {
        if one.address.is_none() {
            one.address = exchange.and_then(|exchange| self.list.get(&exchange.to_lowercase()).cloned());
        }
    }
}

/// The head of a message; what does not fit into it becomes facts.
pub(super) fn head<'a>(
    properties: &Properties<'a>,
    recipients: Vec<Recipient>,
    facts: &mut Facts,
    reading: &mut Reading<'_, 'a>,
) -> Head {
    let known = of_properties(properties, recipients, facts, reading);
    let transport = properties.text(tags::TRANSPORT_HEADERS, reading).unwrap_or_default();
    let block = header_block(&transport);
    let block = Block::cut(block.as_bytes());
    let mut defects = Vec::new();
    if block.len() == 0 {
        let headers = headers(&known);
        if headers.is_empty() {
            defects.push(Defect::new(
                "no_headers",
                "the message has neither sender, recipients, subject nor date",
            ));
        }
        return Head { headers, envelope: known, received: Vec::new(), defects };
    }
    let found = envelope(&block, &mut defects);
    let shown: Vec<Header> = block.iter().take(HEADERS).map(|field| field.shown(HEADER_BYTES)).collect();
    if block.len() > HEADERS || transport.len() > BLOCK_BYTES {
        defects.push(Defect::new("limit_headers", "there are too many headers; only the first were kept"));
    }
    let received = block
        .iter()
        .filter(|field| field.name.eq_ignore_ascii_case(b"received"))
        .take(HOPS)
        .filter_map(|field| field.hop())
        .collect();
    Head { headers: shown, envelope: merged(found, known), received, defects }
}

/// The lines of the headers before the first blank one.
fn header_block(transport: &str) -> &str {
    let text = transport.get(..transport.floor_char_boundary(BLOCK_BYTES)).unwrap_or_default();
    let text = text.trim_start_matches(['\r', '\n']);
    let ends =
        ["\r\n\r\n", "\n\n", "\r\r"].into_iter().filter_map(|end| Some(text.find(end)? + end.len() / 2));
    ends.min().and_then(|end| text.get(..end)).unwrap_or(text)
}

/// What the headers say; what they do not say, from the properties.
fn merged(found: Envelope, known: Envelope) -> Envelope {
    // Mail within Exchange names people in its headers without their addresses.
    let told = |list: &[Address]| list.iter().any(|one| one.address.is_some());
    let list = |found: Vec<Address>, known: Vec<Address>| {
        if found.is_empty() || !told(&found) && told(&known) { known } else { found }
    };
    let ids = |found: Vec<String>, known| if found.is_empty() { known } else { found };
    Envelope {
        subject: found.subject.or(known.subject),
        from: list(found.from, known.from),
        sender: list(found.sender, known.sender),
        reply_to: list(found.reply_to, known.reply_to),
        to: list(found.to, known.to),
        cc: list(found.cc, known.cc),
        bcc: list(found.bcc, known.bcc),
        date: found.date.or(known.date),
        message_id: found.message_id.or(known.message_id),
        in_reply_to: ids(found.in_reply_to, known.in_reply_to),
        references: ids(found.references, known.references),
    }
}

fn of_properties<'a>(
    properties: &Properties<'a>,
    recipients: Vec<Recipient>,
    facts: &mut Facts,
    reading: &mut Reading<'_, 'a>,
) -> Envelope {
    let (mut author, author_exchange) = AUTHOR.read(properties, reading);
    let (mut sender, sender_exchange) = SENDER.read(properties, reading);
    let mut known = Directory::of(properties, reading);
    known.add(author_exchange.as_deref(), author.address.as_deref());
    known.add(sender_exchange.as_deref(), sender.address.as_deref());
    for one in &recipients {
        known.add(one.exchange.as_deref(), one.address.address.as_deref());
    }
    known.complete(&mut author, author_exchange.as_deref());
    known.complete(&mut sender, sender_exchange.as_deref());
    if author.address.is_none() {
        facts.add("from_exchange", author_exchange.as_deref().unwrap_or_default());
    }
    if sender.address.is_none() && sender_exchange != author_exchange {
        facts.add("sender_exchange", sender_exchange.as_deref().unwrap_or_default());
    }
    let some = |one: &Address| one.name.is_some() || one.address.is_some();
    let differs = some(&author) && some(&sender) && author.address != sender.address;
    let mut envelope = Envelope {
        subject: subject(properties, reading),
        sender: if differs { vec![sender.clone()] } else { Vec::new() },
        from: [author, sender].into_iter().find(some).into_iter().collect(),
        reply_to: reply_to(properties, reading),
        date: properties.time(tags::CLIENT_SUBMIT_TIME).or_else(|| properties.time(tags::DELIVERY_TIME)),
        message_id: ids(properties, tags::INTERNET_MESSAGE_ID, reading).into_iter().next(),
        in_reply_to: ids(properties, tags::IN_REPLY_TO, reading),
        references: ids(properties, tags::REFERENCES, reading),
        ..Envelope::default()
    };
    if recipients.is_empty() {
        envelope.to = displayed(properties, tags::DISPLAY_TO, reading);
        envelope.cc = displayed(properties, tags::DISPLAY_CC, reading);
        envelope.bcc = displayed(properties, tags::DISPLAY_BCC, reading);
    }
    for mut recipient in recipients.into_iter().filter(|one| some(&one.address)) {
        known.complete(&mut recipient.address, recipient.exchange.as_deref());
        match recipient.kind {
            2 => envelope.cc.push(recipient.address),
            3 => envelope.bcc.push(recipient.address),
            _ => envelope.to.push(recipient.address),
        }
    }
    envelope
}

fn subject<'a>(properties: &Properties<'a>, reading: &mut Reading<'_, 'a>) -> Option<String> {
    let subject = properties.text(tags::SUBJECT, reading).filter(|subject| !subject.is_empty());
    let subject = subject.or_else(|| properties.text(tags::NORMALIZED_SUBJECT, reading))?;
    // The length of the prefix, as some stores keep it ([MS-PST] §2.5.3.1.1.1).
    let mut rest = subject.chars();
    let subject = match rest.next() {
        Some('\u{1}') => {
            rest.next();
            rest.as_str()
        }
        _ => subject.as_str(),
    };
    Some(bounded_text(subject, HEADER_BYTES)).filter(|subject| !subject.is_empty())
}

fn ids<'a>(properties: &Properties<'a>, number: u16, reading: &mut Reading<'_, 'a>) -> Vec<String> {
    let text = properties.line(number, reading).unwrap_or_default();
    let ids = text.split(['<', '>', ' ', '\t', '\r', '\n', ',']).filter(|id| !id.is_empty());
    ids.take(IDS).map(|id| bounded_text(id, NAME_BYTES)).collect()
}

/// Names of recipients of whom nothing else is known.
fn displayed<'a>(properties: &Properties<'a>, number: u16, reading: &mut Reading<'_, 'a>) -> Vec<Address> {
    let text = properties.line(number, reading).unwrap_or_default();
    let names = text.split(';').map(str::trim).filter(|name| !name.is_empty());
    let address = |name: &str| {
        let text = Some(bounded_text(name, NAME_BYTES));
        match name.contains('@') && !name.contains(' ') {
            true => Address { name: None, address: text },
            false => Address { name: text, address: None },
        }
    };
    names.take(RECIPIENTS).map(address).collect()
}

/// A list of entry ids ([MS-OXCDATA] §2.3.3), of which those that carry an address are read (§2.2.5.1).
fn reply_to<'a>(properties: &Properties<'a>, reading: &mut Reading<'_, 'a>) -> Vec<Address> {
    let bytes = properties.bytes(tags::REPLY_RECIPIENT_ENTRIES, reading).unwrap_or_default();
    let mut list = Bytes::new(&bytes);
    let mut found = Vec::new();
    let (count, _) = (list.size().unwrap_or_default(), list.size());
    for _ in 0..count.min(REPLY_TO) {
        let Some(entry) = list.size().and_then(|size| {
            let entry = list.take(size)?;
            list.take_up_to(size.next_multiple_of(4) - size);
            Some(entry)
        }) else {
            break;
        };
        found.extend(one_off(entry, properties));
    }
    found
}

pub(super) fn one_off(entry: &[u8], properties: &Properties<'_>) -> Option<Address> {
    let mut fields = Bytes::new(entry);
    fields.take(4)?;
    if fields.guid()? != ONE_OFF {
        return None;
    }
    fields.u16()?;
    let unicode = fields.u16()? & 0x8000 != 0;
    let mut text = || {
        let text = if unicode {
            let units = fields.rest().chunks_exact(2).take_while(|unit| *unit != [0, 0]).count();
            let text = utf16(fields.take_up_to(units * 2));
            fields.take_up_to(2);
            text
        } else {
            charset::decode(fields.until(0), properties.ansi)
        };
        Some(bounded_text(&text, NAME_BYTES)).filter(|text| !text.is_empty())
    };
    let (name, _, address) = (text(), text(), text());
    let name = name.filter(|name| Some(name) != address.as_ref());
    Some(Address { name, address }).filter(|one| one.address.is_some() || one.name.is_some())
}

/// The headers that mail with this envelope would have.
fn headers(envelope: &Envelope) -> Vec<Header> {
    let people = |list: &[Address]| list.iter().map(written).collect::<Vec<_>>().join(", ");
    let ids = |list: &[String]| list.iter().map(|id| format!("<{id}>")).collect::<Vec<_>>().join(" ");
    let date = envelope.date.map(|date| date.strftime("%a, %d %b %Y %H:%M:%S +0000").to_string());
    [
        ("From", people(&envelope.from)),
        ("Sender", people(&envelope.sender)),
        ("Reply-To", people(&envelope.reply_to)),
        ("To", people(&envelope.to)),
        ("Cc", people(&envelope.cc)),
        ("Bcc", people(&envelope.bcc)),
        ("Subject", envelope.subject.clone().unwrap_or_default()),
        ("Date", date.unwrap_or_default()),
        ("Message-ID", ids(envelope.message_id.as_slice())),
        ("In-Reply-To", ids(&envelope.in_reply_to)),
        ("References", ids(&envelope.references)),
    ]
    .into_iter()
    .filter(|(_, value)| !value.is_empty())
    .map(|(name, value)| {
        let value = bounded_text(&value.replace(['\r', '\n'], " "), HEADER_BYTES);
        Header { name: name.to_owned(), raw: value.clone(), value }
    })
    .collect()
}

pub(super) fn written(one: &Address) -> String {
    let quoted = |name: &str| format!("\"{}\"", name.replace(['"', '\\'], " "));
    match (&one.name, &one.address) {
        (Some(name), Some(address)) => format!("{} <{address}>", quoted(name)),
        (None, Some(address)) => address.clone(),
        (Some(name), None) => quoted(name),
        (None, None) => String::new(),
    }
}
