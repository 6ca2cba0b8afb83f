//! Mailbox objects as JSON.

use super::filter::at;
use crate::exchange::letter::Attached;
use crate::exchange::world::{Mailbox, Message, PURGED, ROOT};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde_json::{Map, Value, json};

/// The size of a message, as an extended property (PidTagMessageSize).
const SIZE_PROPERTY: &str = "Integer 0xe08";

/// What of an object is wanted.
#[derive(Debug, Clone, Default)]
pub(crate) struct Shape {
    pub(crate) immutable: bool,
    /// `None`: everything that is shown unasked.
    pub(crate) select: Option<Vec<String>>,
    pub(crate) expand: Option<String>,
}

pub(crate) fn time(moment: Timestamp) -> String {
    moment.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// Keeps what was selected; `id` and annotations always stay.
pub(crate) fn select(object: Value, wanted: Option<&[String]>) -> Value {
    let (Value::Object(mut object), Some(wanted)) = (object.clone(), wanted) else { return object };
    object.retain(|key, _| {
        key == "id" || key.contains('@') || wanted.iter().any(|wanted| wanted.eq_ignore_ascii_case(key))
    });
    Value::Object(object)
}

pub(crate) fn message(mailbox: &Mailbox, message: &Message, shape: &Shape) -> Value {
    let facts = &message.facts;
    let id = mailbox.message_id(message, shape.immutable);
    let body = json!({
        "contentType": if facts.html { "html" } else { "text" },
        "content": facts.body,
    });
    let mut object = json!({
        "@odata.etag": format!("W/\"{}\"", change_key(message)),
        "id": id,
        "createdDateTime": time(message.created),
        "lastModifiedDateTime": time(message.modified),
        "changeKey": change_key(message),
        "categories": message.categories,
        "receivedDateTime": time(message.received),
        "sentDateTime": time(facts.sent.unwrap_or(message.received)),
        "hasAttachments": facts.attachments.iter().any(|attachment| !attachment.inline),
        "internetMessageId": facts.message_id,
        "subject": facts.subject.as_deref().unwrap_or_default(),
        "bodyPreview": facts.preview(),
        "importance": message.importance,
        "parentFolderId": mailbox.folder_id(message.folder),
        "conversationId": facts.conversation,
        "isReadReceiptRequested": false,
        "isRead": message.read,
        "isDraft": message.draft,
        "webLink": format!("https://outlook.office365.com/owa/?ItemID={id}&exvsurl=1&viewmodel=ReadMessageItem"),
        "inferenceClassification": "focused",
        "body": body,
        "toRecipients": facts.to,
        "ccRecipients": facts.cc,
        "bccRecipients": facts.bcc,
        "replyTo": facts.reply_to,
        "flag": {"flagStatus": message.flag},
    });
    let Some(fields) = object.as_object_mut() else { return object };
    for (key, value) in [("sender", &facts.sender), ("from", &facts.from)] {
        if let Some(value) = value {
            fields.insert(key.to_owned(), value.clone());
        }
    }
    if shape.select.as_ref().is_some_and(|wanted| wanted.iter().any(|key| key == "internetMessageHeaders")) {
        let headers = facts.headers.iter().map(|(name, value)| json!({"name": name, "value": value}));
        fields.insert("internetMessageHeaders".to_owned(), headers.collect());
    }
    let mut object = select(object, shape.select.as_deref());
    if let (Some(expand), Some(fields)) = (&shape.expand, object.as_object_mut()) {
        expanded(mailbox, message, expand, fields);
    }
    object
}

/// One value of a message. What is asked of every message of a folder is not taken from the whole.
pub(crate) fn property(mailbox: &Mailbox, held: &Message, path: &str) -> Value {
    match path {
        "isRead" => json!(held.read),
        "receivedDateTime" => json!(time(held.received)),
        _ => at(&message(mailbox, held, &Shape::default()), path),
    }
}

fn expanded(mailbox: &Mailbox, message: &Message, expand: &str, fields: &mut Map<String, Value>) {
    let expand = expand.to_ascii_lowercase();
    if expand.starts_with("attachments") {
        fields.insert("attachments".to_owned(), attachments(mailbox, message, true).into());
    } else if expand.starts_with("singlevalueextendedproperties")
        && ["integer 0xe08", "integer 0x0e08"].iter().any(|name| expand.contains(name))
    {
        // Written the way the real server does, whichever way it was asked for.
        let size = json!([{"id": SIZE_PROPERTY, "value": message.raw.len().to_string()}]);
        fields.insert("singleValueExtendedProperties".to_owned(), size);
    }
}

pub(crate) fn change_key(message: &Message) -> String {
    STANDARD.encode(message.changed.to_be_bytes())
}

/// What an update shows in a delta: what may have changed, no more.
pub(crate) fn update(mailbox: &Mailbox, held: &Message, shape: &Shape) -> Value {
    const CHANGEABLE: [&str; 6] =
        ["isRead", "categories", "flag", "importance", "changeKey", "lastModifiedDateTime"];
    let whole = message(mailbox, held, shape);
    let changeable: Vec<String> = CHANGEABLE.map(str::to_owned).into();
    select(whole, Some(&changeable))
}

pub(crate) fn attachments(mailbox: &Mailbox, message: &Message, with_content: bool) -> Vec<Value> {
    let all = message.facts.attachments.iter().enumerate();
    all.map(|(number, held)| attachment(mailbox, message, number, held, with_content)).collect()
}

fn attachment(
    mailbox: &Mailbox,
    message: &Message,
    number: usize,
    held: &Attached,
    with_content: bool,
) -> Value {
    let kind =
        if held.message { "#microsoft.graph.itemAttachment" } else { "#microsoft.graph.fileAttachment" };
    let mut object = json!({
        "@odata.type": kind,
        "@odata.mediaContentType": held.content_type,
        "id": format!("{}.{number}", mailbox.message_id(message, true)),
        "lastModifiedDateTime": time(message.received),
        "name": held.name,
        "contentType": held.content_type,
        "size": held.content.len(),
        "isInline": held.inline,
    });
    if let (false, Some(fields)) = (held.message, object.as_object_mut()) {
        fields.insert("contentId".to_owned(), json!(held.content_id));
        if with_content {
            fields.insert("contentBytes".to_owned(), json!(STANDARD.encode(&held.content)));
        }
    }
    object
}

pub(crate) fn folder(mailbox: &Mailbox, key: u64, wanted: Option<&[String]>) -> Value {
    let Some(held) = mailbox.folders.get(&key) else { return Value::Null };
    let count = |unread: bool| mailbox.in_folder(key).filter(|message| !unread || !message.read).count();
    let parent = if key == ROOT { ROOT } else { held.parent };
    let object = json!({
        "id": mailbox.folder_id(key),
        "displayName": held.name,
        "parentFolderId": mailbox.folder_id(parent),
        "childFolderCount": mailbox.children(key).count(),
        "unreadItemCount": count(true),
        "totalItemCount": count(false),
        "isHidden": key == PURGED,
    });
    select(object, wanted)
}
