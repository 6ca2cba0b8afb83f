//! MAPI properties, as far as mail programs ask for them: DavMail lists messages by nothing else.

use super::super::sheet::Sheet;
use super::super::soap::Failure;
use super::time;
use crate::exchange::world::{DRAFTS, Mailbox, Message};
use roxmltree::Node;

/// `t:ExtendedFieldURI`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Extended {
    attributes: Vec<(String, String)>,
}

/// PR_FLAG_STATUS (MS-OXOFLAG 2.2.1.1).
const FLAG_STATUS: u32 = 0x1090;
/// Flags of PR_MESSAGE_FLAGS (MS-OXCMSG 2.2.1.6).
const READ: u64 = 1;
const UNSENT: u64 = 8;
const HAS_ATTACHMENTS: u64 = 16;

impl Extended {
    pub(crate) fn read(node: Node<'_, '_>) -> Result<Self, Failure> {
        if node.tag_name().name() != "ExtendedFieldURI" {
            return Err(Failure::schema(&format!("'{}' names no property.", node.tag_name().name())));
        }
        let attributes =
            node.attributes().map(|found| (found.name().to_owned(), found.value().to_owned())).collect();
        Ok(Self { attributes })
    }

    fn attribute(&self, name: &str) -> &str {
        self.attributes.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value)
    }

    /// The number of a property with a tag.
    pub(crate) fn tag(&self) -> Option<u32> {
        let text = self.attribute("PropertyTag");
        match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
            Some(digits) => u32::from_str_radix(digits, 16).ok(),
            None => text.parse().ok(),
        }
    }

    pub(crate) fn is_text(&self) -> bool {
        self.attribute("PropertyType") == "String"
    }

    /// Under which name its value is kept: however it is written, a property has one.
    fn name(&self) -> String {
        if let Some(tag) = self.tag() {
            return format!("{tag:#06x}");
        }
        let set = [self.attribute("DistinguishedPropertySetId"), self.attribute("PropertySetId")].concat();
        let own = [self.attribute("PropertyName"), self.attribute("PropertyId")].concat();
        format!("{}/{}", set.to_lowercase(), own.to_lowercase())
    }

    /// Sets it on a message, or takes it away.
    pub(crate) fn set(&self, message: &mut Message, value: Option<&str>) {
        match (self.tag(), value) {
            (Some(FLAG_STATUS), value) => {
                let status = match value {
                    Some("2") => "flagged",
                    Some("1") => "complete",
                    _ => "notFlagged",
                };
                message.flag = status.to_owned();
            }
            (_, Some(value)) => {
                message.extended.insert(self.name(), value.to_owned());
            }
            (_, None) => {
                message.extended.remove(&self.name());
            }
        }
    }

    /// What it is on a message; nothing when it is not set there.
    pub(crate) fn of(&self, mailbox: &Mailbox, message: &Message) -> Option<String> {
        if self.attribute("DistinguishedPropertySetId") == "InternetHeaders" {
            let name = self.attribute("PropertyName");
            let mut headers = message.facts.headers.iter();
            return headers.find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.clone());
        }
        let known = self.known(mailbox, message);
        known.or_else(|| message.extended.get(&self.name()).cloned())
    }

    /// Those that come from what the message is.
    fn known(&self, mailbox: &Mailbox, message: &Message) -> Option<String> {
        let flags = u64::from(message.read) * READ
            + u64::from(message.draft) * UNSENT
            + u64::from(!message.facts.attachments.is_empty()) * HAS_ATTACHMENTS;
        Some(match self.tag()? {
            // The number under which IMAP shows it; unique in the folder and rising with every arrival there.
            0x0e23 | 0x670a => message.placed.to_string(),
            0x0e07 => flags.to_string(),
            0x0e08 => message.raw.len().to_string(),
            0x0e69 => u64::from(message.read).to_string(),
            0x001a => message.facts.class.to_owned(),
            0x0037 => message.facts.subject.clone()?,
            0x1035 => message.facts.message_id.clone(),
            0x0e06 => time(message.received),
            0x0039 => time(message.facts.sent?),
            0x3007 => time(message.created),
            0x3008 => time(message.modified),
            0x007d => headers(message),
            0x5d01 => address(message.facts.sender.as_ref())?,
            0x5d02 => address(message.facts.from.as_ref())?,
            0x0e03 => addresses(&message.facts.cc),
            0x0e04 => addresses(&message.facts.to),
            FLAG_STATUS if message.flag == "flagged" => "2".to_owned(),
            FLAG_STATUS if message.flag == "complete" => "1".to_owned(),
            0x1081 if message.folder == DRAFTS => "-1".to_owned(),
            0x0e1b => u64::from(!message.facts.attachments.is_empty()).to_string(),
            0x0e2f => mailbox.number.to_string(),
            _ => return None,
        })
    }

    pub(crate) fn write(&self, value: &str, sheet: &mut Sheet) {
        let attributes: Vec<(&str, &str)> =
            self.attributes.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
        sheet.open("t:ExtendedProperty");
        sheet.empty("t:ExtendedFieldURI", &attributes).leaf("t:Value", value);
        sheet.close("t:ExtendedProperty");
    }
}

fn headers(message: &Message) -> String {
    message.facts.headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect()
}

fn address(who: Option<&serde_json::Value>) -> Option<String> {
    who?.pointer("/emailAddress/address")?.as_str().map(str::to_owned)
}

fn addresses(list: &[serde_json::Value]) -> String {
    let names = list.iter().filter_map(|one| one.pointer("/emailAddress/name")?.as_str());
    names.collect::<Vec<_>>().join("; ")
}
