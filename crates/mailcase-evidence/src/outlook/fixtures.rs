//! Messages made for tests.

use super::compound::write::Draft;
use super::properties::kind;

/// The properties of one object.
#[derive(Debug, Clone, Default)]
pub(super) struct Object {
    pub(super) fixed: Vec<(u16, u16, u64)>,
    pub(super) values: Vec<(u16, u16, Vec<u8>)>,
}

pub(super) fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

impl Object {
    pub(super) fn text(mut self, number: u16, text: &str) -> Self {
        self.values.push((number, kind::UNICODE, utf16(text)));
        self
    }

    pub(super) fn ansi(mut self, number: u16, text: &[u8]) -> Self {
        self.values.push((number, kind::ANSI, text.to_vec()));
        self
    }

    pub(super) fn binary(mut self, number: u16, value: &[u8]) -> Self {
        self.values.push((number, kind::BINARY, value.to_vec()));
        self
    }

    pub(super) fn number(mut self, number: u16, value: u32) -> Self {
        self.fixed.push((number, kind::I32, u64::from(value)));
        self
    }

    pub(super) fn flag(mut self, number: u16) -> Self {
        self.fixed.push((number, kind::BOOLEAN, 1));
        self
    }

    /// `text` is RFC 3339.
    pub(super) fn time(mut self, number: u16, text: &str) -> Self {
        let seconds = text.parse::<jiff::Timestamp>().unwrap().as_second() + 11_644_473_600;
        self.fixed.push((number, kind::TIME, seconds as u64 * 10_000_000));
        self
    }

    fn write(&self, draft: &mut Draft, storage: usize, header: usize) {
        let mut fixed = vec![0; header];
        for (number, of, value) in &self.fixed {
            fixed.extend(of.to_le_bytes());
            fixed.extend(number.to_le_bytes());
            fixed.extend(6_u32.to_le_bytes());
            fixed.extend(value.to_le_bytes());
        }
        for (number, of, value) in &self.values {
            fixed.extend(of.to_le_bytes());
            fixed.extend(number.to_le_bytes());
            fixed.extend(6_u32.to_le_bytes());
            fixed.extend((value.len() as u64 + if *of == kind::UNICODE { 2 } else { 0 }).to_le_bytes());
            draft.stream(storage, &format!("__substg1.0_{number:04X}{of:04X}"), value.clone());
        }
        draft.stream(storage, "__properties_version1.0", fixed);
    }

    /// The same list in a TNEF attribute.
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut list = ((self.fixed.len() + self.values.len()) as u32).to_le_bytes().to_vec();
        for (number, of, value) in &self.fixed {
            list.extend(of.to_le_bytes());
            list.extend(number.to_le_bytes());
            let bytes = if *of == kind::TIME { 8 } else { 4 };
            list.extend(&value.to_le_bytes()[..bytes]);
        }
        for (number, of, value) in &self.values {
            list.extend(of.to_le_bytes());
            list.extend(number.to_le_bytes());
            list.extend(1_u32.to_le_bytes());
            let mut value = value.clone();
            if *of == kind::UNICODE {
                value.extend([0, 0]);
            }
            list.extend((value.len() as u32).to_le_bytes());
            value.resize(value.len().next_multiple_of(4), 0);
            list.extend(value);
        }
        list
    }
}

/// What an attachment holds.
#[derive(Debug, Clone)]
pub(super) enum Data {
    Bytes(Vec<u8>),
    Message(Box<Message>),
    /// Streams of an OLE object.
    Object(Vec<(String, Vec<u8>)>),
}

/// A message.
#[derive(Debug, Clone, Default)]
pub(super) struct Message {
    pub(super) properties: Object,
    pub(super) recipients: Vec<Object>,
    pub(super) attachments: Vec<(Object, Option<Data>)>,
    /// Set, number of the name, number of the property.
    pub(super) names: Vec<([u8; 16], u32, u16)>,
}

impl Message {
    pub(super) fn attach(mut self, properties: Object, data: Data) -> Self {
        self.attachments.push((properties, Some(data)));
        self
    }

    /// As a `.msg` file.
    pub(super) fn file(&self) -> Vec<u8> {
        let mut draft = Draft::new([0; 16]);
        self.write(&mut draft, Draft::ROOT, 32);
        if !self.names.is_empty() {
            let storage = draft.storage(Draft::ROOT, "__nameid_version1.0", [0; 16]);
            let (mut sets, mut entries) = (Vec::new(), Vec::new());
            for (place, (set, name, number)) in self.names.iter().enumerate() {
                sets.extend(set);
                entries.extend(name.to_le_bytes());
                entries.extend(((place as u16 + 3) << 1).to_le_bytes());
                entries.extend((number - 0x8000).to_le_bytes());
            }
            draft.stream(storage, "__substg1.0_00020102", sets);
            draft.stream(storage, "__substg1.0_00030102", entries);
            draft.stream(storage, "__substg1.0_00040102", Vec::new());
        }
        draft.finish()
    }

    fn write(&self, draft: &mut Draft, storage: usize, header: usize) {
        self.properties.write(draft, storage, header);
        for (place, recipient) in self.recipients.iter().enumerate() {
            let name = format!("__recip_version1.0_#{place:08X}");
            let below = draft.storage(storage, &name, [0; 16]);
            recipient.write(draft, below, 8);
        }
        for (place, (properties, data)) in self.attachments.iter().enumerate() {
            let name = format!("__attach_version1.0_#{place:08X}");
            let below = draft.storage(storage, &name, [0; 16]);
            properties.write(draft, below, 8);
            match data {
                Some(Data::Bytes(bytes)) => draft.stream(below, "__substg1.0_37010102", bytes.clone()),
                Some(Data::Message(message)) => {
                    let within = draft.storage(below, "__substg1.0_3701000D", [0; 16]);
                    message.write(draft, within, 24);
                }
                Some(Data::Object(streams)) => {
                    let within = draft.storage(below, "__substg1.0_3701000D", [0; 16]);
                    streams.iter().for_each(|(name, bytes)| draft.stream(within, name, bytes.clone()));
                }
                None => {}
            }
        }
    }
}

/// Attributes of a TNEF stream: level, id, data.
pub(super) fn tnef(attributes: &[(u8, u32, Vec<u8>)]) -> Vec<u8> {
    let mut stream = 0x223e_9f78_u32.to_le_bytes().to_vec();
    stream.extend([1, 0]);
    for (level, id, data) in attributes {
        stream.push(*level);
        stream.extend(id.to_le_bytes());
        stream.extend((data.len() as u32).to_le_bytes());
        stream.extend(data);
        let sum = data.iter().fold(0_u16, |sum, byte| sum.wrapping_add(u16::from(*byte)));
        stream.extend(sum.to_le_bytes());
    }
    stream
}

/// A file as Windows' packager embeds it.
pub(super) fn package(label: &str, path: &str, content: &[u8]) -> Vec<u8> {
    let mut inner = vec![2, 0];
    for text in [label, path] {
        inner.extend(text.as_bytes());
        inner.push(0);
    }
    inner.extend([0, 0, 3, 0]);
    inner.extend((path.len() as u32 + 1).to_le_bytes());
    inner.extend(path.as_bytes());
    inner.push(0);
    inner.extend((content.len() as u32).to_le_bytes());
    inner.extend(content);
    let mut stream = (inner.len() as u32).to_le_bytes().to_vec();
    stream.extend(inner);
    stream
}

/// Rich text as it is kept in a message, without packing it.
pub(super) fn rich_text(rtf: &str) -> Vec<u8> {
    let mut packed = Vec::new();
    for number in [rtf.len() as u32 + 12, rtf.len() as u32, 0x414c_454d, 0] {
        packed.extend(number.to_le_bytes());
    }
    packed.extend(rtf.as_bytes());
    packed
}
