//! Items of a folder as Exchange lists them, whatever kind of item it calls them.

use crate::wire::{Element, escaped, is_identity};
use jiff::Timestamp;
use mailcase_mail::{RemoteHead, RemoteId, SourceError};

/// What is asked of each item: identity, size, date, whether it was read.
pub(crate) const SHAPE: &str = "<m:ItemShape><t:BaseShape>IdOnly</t:BaseShape><t:AdditionalProperties>\
    <t:FieldURI FieldURI=\"item:Size\"/><t:FieldURI FieldURI=\"item:DateTimeReceived\"/>\
    <t:FieldURI FieldURI=\"message:IsRead\"/></t:AdditionalProperties></m:ItemShape>";

/// A message without its content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Item {
    /// Without a size: that of the item is not that of its MIME.
    pub(crate) head: RemoteHead,
    /// What the item takes in the store of Exchange.
    pub(crate) size: Option<u64>,
}

impl Item {
    pub(crate) fn id(&self) -> &RemoteId {
        &self.head.id
    }

    /// Reads a `t:Message`, `t:MeetingRequest`, …; what cannot be read of it is left out, except who it is.
    pub(crate) fn of(element: &Element) -> Result<Self, SourceError> {
        let id = identity(element, "ItemId").filter(|id| id.len() <= RemoteId::MAX_BYTES);
        let id = id.ok_or_else(|| SourceError::Protocol {
            message: "Exchange names a message by what is no identity".to_owned(),
        })?;
        let head = RemoteHead {
            id: RemoteId::new(id),
            size: None,
            received: element.text_at(&["DateTimeReceived"]).and_then(|text| text.parse::<Timestamp>().ok()),
            seen: element.text_at(&["IsRead"]).and_then(boolean),
        };
        Ok(Self { head, size: size_of(element) })
    }
}

pub(crate) fn size_of(item: &Element) -> Option<u64> {
    item.text_at(&["Size"])?.parse().ok()
}

/// The identity in a child such as `ItemId` or `FolderId`.
pub(crate) fn identity<'a>(element: &'a Element, name: &str) -> Option<&'a str> {
    element.child(name)?.attribute("Id").filter(|id| is_identity(id))
}

/// XML Schema has two ways to write each.
pub(crate) fn boolean(text: &str) -> Option<bool> {
    match text.trim() {
        "true" | "1" => Some(true),
        "false" | "0" => Some(false),
        _ => None,
    }
}

pub(crate) fn item_ids(ids: &[&RemoteId]) -> String {
    ids.iter().map(|id| format!("<t:ItemId Id=\"{}\"/>", escaped(id.as_str()))).collect()
}

pub(crate) fn folder_id(id: &str) -> String {
    format!("<t:FolderId Id=\"{}\"/>", escaped(id))
}

pub(crate) fn by_age(items: &mut [Item]) {
    items.sort_by(|a, b| (a.head.received, a.id()).cmp(&(b.head.received, b.id())));
}
