//! How a message is shown.

use super::super::ids;
use super::super::sheet::Sheet;
use super::super::tree;
use super::{Base, Shape, folder, time, yes};
use crate::exchange::ids::Named;
use crate::exchange::world::{Mailbox, Message, SENT_ITEMS};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

/// Writes `t:ItemId` under this name.
pub(crate) fn id(sheet: &mut Sheet, name: &str, mailbox: &Mailbox, message: &Message) {
    let change_key = ids::change_key(Named::Place(message.place), message.changed);
    sheet.empty(name, &[("Id", &ids::item(mailbox, message)), ("ChangeKey", &change_key)]);
}

/// One property: its name in requests, which base shape has it, and how it is written.
struct Property {
    uri: &'static str,
    base: Option<Base>,
    /// Lists do not have it.
    single: bool,
    write: fn(&mut Sheet, &Mailbox, &Message, &Shape),
}

const fn listed(
    uri: &'static str,
    base: Option<Base>,
    write: fn(&mut Sheet, &Mailbox, &Message, &Shape),
) -> Property {
    Property { uri, base, single: false, write }
}

const fn single(
    uri: &'static str,
    base: Option<Base>,
    write: fn(&mut Sheet, &Mailbox, &Message, &Shape),
) -> Property {
    Property { uri, base, single: true, write }
}

const HEADERS: &str = "item:InternetMessageHeaders";

/// Those of `t:ItemType` before the extended ones, in the order of the schema.
const FIRST: &[Property] = &[
    listed("item:ParentFolderId", Some(Base::All), |sheet, mailbox, message, _| {
        let changed = tree::changed(mailbox, message.folder);
        let key = ids::change_key(Named::Folder(message.folder), changed);
        sheet
            .empty("t:ParentFolderId", &[("Id", &ids::folder(mailbox, message.folder)), ("ChangeKey", &key)]);
    }),
    listed("item:ItemClass", Some(Base::All), |sheet, _, message, _| {
        sheet.leaf("t:ItemClass", message.facts.class);
    }),
    listed("item:Subject", Some(Base::Default), |sheet, _, message, _| {
        if let Some(subject) = &message.facts.subject {
            sheet.leaf("t:Subject", subject);
        }
    }),
    listed("item:Sensitivity", Some(Base::Default), |sheet, _, _, _| {
        sheet.leaf("t:Sensitivity", "Normal");
    }),
    single("item:Body", Some(Base::Default), body),
    single("item:Attachments", Some(Base::Default), attachments),
    listed("item:DateTimeReceived", Some(Base::All), |sheet, _, message, _| {
        sheet.leaf("t:DateTimeReceived", &time(message.received));
    }),
    listed("item:Size", Some(Base::Default), |sheet, _, message, _| {
        sheet.leaf("t:Size", &message.raw.len().to_string());
    }),
    listed("item:Categories", Some(Base::All), |sheet, _, message, _| {
        if !message.categories.is_empty() {
            sheet.open("t:Categories");
            for category in &message.categories {
                sheet.leaf("t:String", category);
            }
            sheet.close("t:Categories");
        }
    }),
    listed("item:Importance", Some(Base::All), |sheet, _, message, _| {
        let word = match message.importance.as_str() {
            "high" => "High",
            "low" => "Low",
            _ => "Normal",
        };
        sheet.leaf("t:Importance", word);
    }),
    listed("item:InReplyTo", Some(Base::All), |sheet, _, message, _| {
        if let Some(value) = header(message, "In-Reply-To") {
            sheet.leaf("t:InReplyTo", value);
        }
    }),
    listed("item:IsSubmitted", Some(Base::All), |sheet, _, _, _| {
        sheet.leaf("t:IsSubmitted", "false");
    }),
    listed("item:IsDraft", Some(Base::All), |sheet, _, message, _| {
        sheet.leaf("t:IsDraft", yes(message.draft));
    }),
    listed("item:IsFromMe", Some(Base::All), |sheet, _, message, _| {
        sheet.leaf("t:IsFromMe", yes(message.folder == SENT_ITEMS));
    }),
    listed("item:IsResend", Some(Base::All), |sheet, _, _, _| {
        sheet.leaf("t:IsResend", "false");
    }),
    listed("item:IsUnmodified", Some(Base::All), |sheet, _, message, _| {
        sheet.leaf("t:IsUnmodified", yes(message.changed == message.placed));
    }),
    single(HEADERS, Some(Base::All), |sheet, _, message, shape| {
        let all = shape.wants(HEADERS, Some(Base::All));
        let asked = |name: &str| shape.headers.iter().any(|header| header.eq_ignore_ascii_case(name));
        internet_headers(sheet, message, |name| all || asked(name));
    }),
    listed("item:DateTimeSent", Some(Base::Default), |sheet, _, message, _| {
        if let Some(sent) = message.facts.sent {
            sheet.leaf("t:DateTimeSent", &time(sent));
        }
    }),
    listed("item:DateTimeCreated", Some(Base::All), |sheet, _, message, _| {
        sheet.leaf("t:DateTimeCreated", &time(message.created));
    }),
    single("item:ResponseObjects", Some(Base::Default), |sheet, _, _, _| {
        sheet.open("t:ResponseObjects");
        for name in ["t:ForwardItem", "t:ReplyAllToItem", "t:ReplyToItem"] {
            sheet.empty(name, &[]);
        }
        sheet.close("t:ResponseObjects");
    }),
    listed("item:DisplayCc", Some(Base::All), |sheet, _, message, _| {
        sheet.leaf("t:DisplayCc", &names(&message.facts.cc));
    }),
    listed("item:DisplayTo", Some(Base::All), |sheet, _, message, _| {
        sheet.leaf("t:DisplayTo", &names(&message.facts.to));
    }),
    listed("item:HasAttachments", Some(Base::Default), |sheet, _, message, _| {
        sheet.leaf("t:HasAttachments", yes(!message.facts.attachments.is_empty()));
    }),
];

/// Those of `t:ItemType` behind the extended ones.
const SECOND: &[Property] = &[
    listed("item:Culture", Some(Base::All), |sheet, _, _, _| {
        sheet.leaf("t:Culture", "en-US");
    }),
    single("item:EffectiveRights", Some(Base::All), |sheet, _, _, _| folder::rights(sheet)),
    listed("item:LastModifiedName", Some(Base::All), |sheet, mailbox, _, _| {
        sheet.leaf("t:LastModifiedName", &mailbox.address);
    }),
    listed("item:LastModifiedTime", Some(Base::All), |sheet, _, message, _| {
        sheet.leaf("t:LastModifiedTime", &time(message.modified));
    }),
    listed("item:IsAssociated", Some(Base::All), |sheet, _, _, _| {
        sheet.leaf("t:IsAssociated", "false");
    }),
    listed("item:ConversationId", Some(Base::All), |sheet, _, message, _| {
        sheet.empty("t:ConversationId", &[("Id", &message.facts.conversation)]);
    }),
    listed("item:Flag", None, |sheet, _, message, _| {
        let word = match message.flag.as_str() {
            "flagged" => "Flagged",
            "complete" => "Complete",
            _ => "NotFlagged",
        };
        sheet.open("t:Flag").leaf("t:FlagStatus", word).close("t:Flag");
    }),
    listed("item:InstanceKey", Some(Base::All), |sheet, _, message, _| {
        sheet.leaf("t:InstanceKey", &STANDARD.encode(message.place.to_be_bytes()));
    }),
    listed("item:Preview", None, |sheet, _, message, _| {
        sheet.leaf("t:Preview", &message.facts.preview());
    }),
    single("item:TextBody", None, |sheet, _, message, _| {
        sheet.leaf_with("t:TextBody", &[("BodyType", "Text")], &message.facts.text);
    }),
];

/// Those of `t:MessageType`.
const THIRD: &[Property] = &[
    listed("message:Sender", Some(Base::All), |sheet, _, message, _| {
        one(sheet, "t:Sender", message.facts.sender.as_ref());
    }),
    single("message:ToRecipients", Some(Base::Default), |sheet, _, message, _| {
        many(sheet, "t:ToRecipients", &message.facts.to);
    }),
    single("message:CcRecipients", Some(Base::Default), |sheet, _, message, _| {
        many(sheet, "t:CcRecipients", &message.facts.cc);
    }),
    single("message:BccRecipients", Some(Base::Default), |sheet, _, message, _| {
        many(sheet, "t:BccRecipients", &message.facts.bcc);
    }),
    listed("message:IsReadReceiptRequested", Some(Base::Default), |sheet, _, message, _| {
        let asked = header(message, "Disposition-Notification-To").is_some();
        sheet.leaf("t:IsReadReceiptRequested", yes(asked));
    }),
    listed("message:IsDeliveryReceiptRequested", Some(Base::Default), |sheet, _, _, _| {
        sheet.leaf("t:IsDeliveryReceiptRequested", "false");
    }),
    listed("message:ConversationIndex", Some(Base::All), |sheet, _, message, _| {
        let short: String = message.facts.conversation.chars().take(28).collect();
        sheet.leaf("t:ConversationIndex", &short);
    }),
    listed("message:ConversationTopic", Some(Base::All), |sheet, _, message, _| {
        sheet.leaf("t:ConversationTopic", message.facts.subject.as_deref().unwrap_or_default());
    }),
    listed("message:From", Some(Base::Default), |sheet, _, message, _| {
        one(sheet, "t:From", message.facts.from.as_ref());
    }),
    listed("message:InternetMessageId", Some(Base::All), |sheet, _, message, _| {
        sheet.leaf("t:InternetMessageId", &message.facts.message_id);
    }),
    listed("message:IsRead", Some(Base::Default), |sheet, _, message, _| {
        sheet.leaf("t:IsRead", yes(message.read));
    }),
    listed("message:IsResponseRequested", Some(Base::All), |sheet, _, _, _| {
        sheet.leaf("t:IsResponseRequested", "false");
    }),
    single("message:References", Some(Base::All), |sheet, _, message, _| {
        if let Some(value) = header(message, "References") {
            sheet.leaf("t:References", value);
        }
    }),
    single("message:ReplyTo", Some(Base::All), |sheet, _, message, _| {
        many(sheet, "t:ReplyTo", &message.facts.reply_to);
    }),
];

/// The properties that no list has, such as the body.
pub(crate) fn is_single(uri: &str) -> bool {
    let mut all = FIRST.iter().chain(SECOND).chain(THIRD);
    all.any(|property| property.uri == uri && property.single)
}

/// What shows an item of this class.
fn element(class: &str) -> &'static str {
    match class {
        "IPM.Schedule.Meeting.Request" => "t:MeetingRequest",
        "IPM.Schedule.Meeting.Canceled" => "t:MeetingCancellation",
        "IPM.Schedule.Meeting.Resp.Pos" => "t:MeetingResponse",
        _ => "t:Message",
    }
}

/// Writes `t:Message`, or what stands for one that is about a meeting. In a `list` properties that cost much are left out.
pub(crate) fn message(sheet: &mut Sheet, mailbox: &Mailbox, message: &Message, shape: &Shape, list: bool) {
    let element = element(message.facts.class);
    sheet.open(element);
    if shape.mime && !list {
        sheet.mime(message.raw.clone(), &mailbox.address, mailbox.message_id(message, true));
    }
    id(sheet, "t:ItemId", mailbox, message);
    let write = |sheet: &mut Sheet, properties: &[Property]| {
        for property in properties.iter().filter(|property| !(list && property.single)) {
            let some_headers = property.uri == HEADERS && !shape.headers.is_empty();
            if some_headers || shape.wants(property.uri, property.base) {
                (property.write)(sheet, mailbox, message, shape);
            }
        }
    };
    write(sheet, FIRST);
    for property in &shape.extended {
        if let Some(value) = property.of(mailbox, message) {
            property.write(&value, sheet);
        }
    }
    write(sheet, SECOND);
    write(sheet, THIRD);
    sheet.close(element);
}

/// Writes `m:Items` with one message, or with what is left of one.
pub(crate) fn items(mailbox: &Mailbox, held: &Message, shape: &Shape) -> Sheet {
    let mut sheet = Sheet::default();
    sheet.open("m:Items");
    message(&mut sheet, mailbox, held, shape, false);
    sheet.close("m:Items");
    sheet
}

fn header<'a>(message: &'a Message, name: &str) -> Option<&'a str> {
    let mut headers = message.facts.headers.iter();
    headers.find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
}

fn internet_headers(sheet: &mut Sheet, message: &Message, wanted: impl Fn(&str) -> bool) {
    let found: Vec<_> = message.facts.headers.iter().filter(|(name, _)| wanted(name)).collect();
    if !found.is_empty() {
        sheet.open("t:InternetMessageHeaders");
        for (name, value) in found {
            sheet.leaf_with("t:InternetMessageHeader", &[("HeaderName", name)], value);
        }
        sheet.close("t:InternetMessageHeaders");
    }
}

fn body(sheet: &mut Sheet, _: &Mailbox, message: &Message, shape: &Shape) {
    let facts = &message.facts;
    let html = match shape.body {
        Some("Text") => false,
        Some(_) => true,
        None => facts.rich,
    };
    if html && !facts.rich {
        let text = format!("<html><body><pre>{}</pre></body></html>", facts.text);
        sheet.leaf_with("t:Body", &[("BodyType", "HTML")], &text);
    } else if html {
        sheet.leaf_with("t:Body", &[("BodyType", "HTML")], &facts.body);
    } else {
        sheet.leaf_with("t:Body", &[("BodyType", "Text")], &facts.text);
    }
}

fn attachments(sheet: &mut Sheet, mailbox: &Mailbox, message: &Message, _: &Shape) {
    if message.facts.attachments.is_empty() {
        return;
    }
    sheet.open("t:Attachments");
    for (index, held) in message.facts.attachments.iter().enumerate() {
        let name = if held.message { "t:ItemAttachment" } else { "t:FileAttachment" };
        let id = format!("{}{}", ids::item(mailbox, message), STANDARD.encode(index.to_be_bytes()));
        sheet.open(name).empty("t:AttachmentId", &[("Id", &id)]).leaf("t:Name", &held.name);
        sheet.leaf("t:ContentType", &held.content_type);
        if let Some(id) = &held.content_id {
            sheet.leaf("t:ContentId", id);
        }
        sheet.leaf("t:Size", &held.content.len().to_string()).leaf("t:IsInline", yes(held.inline));
        sheet.close(name);
    }
    sheet.close("t:Attachments");
}

fn person(sheet: &mut Sheet, who: &Value) {
    let part = |path: &str| who.pointer(path).and_then(Value::as_str).unwrap_or_default();
    sheet.open("t:Mailbox").leaf("t:Name", part("/emailAddress/name"));
    sheet.leaf("t:EmailAddress", part("/emailAddress/address")).leaf("t:RoutingType", "SMTP");
    sheet.close("t:Mailbox");
}

fn one(sheet: &mut Sheet, name: &str, who: Option<&Value>) {
    if let Some(who) = who {
        sheet.open(name);
        person(sheet, who);
        sheet.close(name);
    }
}

fn many(sheet: &mut Sheet, name: &str, list: &[Value]) {
    if !list.is_empty() {
        sheet.open(name);
        for who in list {
            person(sheet, who);
        }
        sheet.close(name);
    }
}

fn names(list: &[Value]) -> String {
    let names = list.iter().filter_map(|one| one.pointer("/emailAddress/name")?.as_str());
    names.collect::<Vec<_>>().join("; ")
}
