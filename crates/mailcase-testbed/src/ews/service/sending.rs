//! CreateItem and SendItem: new messages, replies, mail that leaves.

use super::super::ids;
use super::super::shape::{self, Shape};
use super::super::sheet::Sheet;
use super::super::soap::{Call, Failure, Reply, child, is_true, text_of};
use super::{FolderAt, ItemAt, Site, each};
use crate::exchange::delivery::Outgoing;
use crate::exchange::ids::Named;
use crate::exchange::ledger::Event;
use crate::exchange::letter::{self, Facts};
use crate::exchange::world::{Arrival, DRAFTS, Message, SENT_ITEMS};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use roxmltree::Node;
use serde_json::{Value, json};

/// What becomes of a message that is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Disposition {
    Save,
    Send,
    SendAndSave,
}

pub(super) fn create(site: &mut Site<'_>, call: &Call<'_>) -> Result<Reply, Failure> {
    let disposition = match call.operation.attribute("MessageDisposition") {
        Some("SaveOnly") => Disposition::Save,
        Some("SendOnly") => Disposition::Send,
        Some("SendAndSaveCopy") => Disposition::SendAndSave,
        _ => {
            let text = "For message items, the MessageDisposition attribute is required.";
            return Err(Failure::new("ErrorMessageDispositionRequired", text));
        }
    };
    let keeps = child(call.operation, "SavedItemFolderId").is_some();
    let folder = keeps.then(|| site.target(call.operation, "SavedItemFolderId"));
    each(site, call, "Items", "<m:Items/>", |site, node| {
        let folder = folder.clone().transpose()?;
        let number = match folder {
            Some(folder) => folder.mailbox,
            None => {
                let acting = site.acting.to_owned();
                let own = site.world.find(&acting);
                own.ok_or_else(|| Failure::of("ErrorNonExistentMailbox"))?.number
            }
        };
        let raw = written(site, number, node)?;
        if disposition == Disposition::Save {
            return saved(site, number, folder, node, raw);
        }
        if Facts::of(&raw).addressees().next().is_none() {
            return Err(Failure::of("ErrorInvalidRecipients"));
        }
        let keep = folder.map_or(SENT_ITEMS, |folder| folder.key);
        leave(site, number, raw, (disposition == Disposition::SendAndSave).then_some(keep))?;
        let mut sheet = Sheet::default();
        sheet.empty("m:Items", &[]);
        Ok(sheet)
    })
}

fn leave(site: &mut Site<'_>, number: u32, raw: Bytes, keep: Option<u64>) -> Result<(), Failure> {
    let now = site.now;
    let mut ledger = Vec::new();
    let outgoing = Outgoing::new(site.mailbox(number)?, &mut ledger, raw, keep, now);
    outgoing.deliver(site.world, now, &mut ledger);
    site.ledger.extend(ledger);
    Ok(())
}

/// A message that stays: a draft, unless its flags say that it was sent or received.
fn saved(
    site: &mut Site<'_>,
    number: u32,
    folder: Option<FolderAt>,
    node: Node<'_, '_>,
    raw: Bytes,
) -> Result<Sheet, Failure> {
    let now = site.now;
    // PR_MESSAGE_FLAGS: how clients put messages that are no drafts into a folder.
    let flags = node.descendants().filter(|inside| inside.tag_name().name() == "ExtendedProperty").find_map(
        |property| {
            let uri = child(property, "ExtendedFieldURI")?;
            let tag = uri.attribute("PropertyTag")?.to_ascii_lowercase();
            ["0x0e07", "0xe07", "3591"].contains(&tag.as_str()).then(|| text_of(property, "Value"))
        },
    );
    let flags: Option<u64> = flags.and_then(|flags| flags.parse().ok());
    let draft = flags.is_none_or(|flags| flags & 8 != 0);
    let read = flags.is_none_or(|flags| flags & 1 != 0);
    let read = child(node, "IsRead").and_then(|read| read.text()).map_or(read, is_true);
    let key = folder.map_or(DRAFTS, |folder| folder.key);
    let mailbox = site.mailbox(number)?;
    let key = mailbox.arrive(Arrival { folder: key, raw: raw.into(), received: now, read, draft }, now);
    let held = mailbox.messages.get(&key).ok_or_else(|| Failure::of("ErrorItemSave"))?;
    Ok(shape::items(mailbox, held, &Shape::ID_ONLY))
}

/// The bytes of what a request describes.
fn written(site: &mut Site<'_>, number: u32, node: Node<'_, '_>) -> Result<Bytes, Failure> {
    match node.tag_name().name() {
        "Message" => {}
        kind @ ("ReplyToItem" | "ReplyAllToItem" | "ForwardItem") => return answer(site, number, node, kind),
        other => {
            let text = format!("This server makes no '{other}'.");
            return Err(Failure::new("ErrorInvalidRequest", &text));
        }
    }
    if let Some(mime) = child(node, "MimeContent") {
        let text: Vec<u8> =
            mime.text().unwrap_or_default().bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
        let raw = STANDARD.decode(text).map_err(|_| Failure::of("ErrorMimeContentInvalidBase64String"))?;
        return Ok(Bytes::from(raw));
    }
    let message = described(node);
    compose(site, number, &message)
}

fn compose(site: &mut Site<'_>, number: u32, message: &Value) -> Result<Bytes, Failure> {
    let mailbox = site.mailbox(number)?;
    mailbox.sequence += 1;
    let id = format!("{}.{}@testbed.example", mailbox.sequence, mailbox.number);
    let raw = letter::write(message, &mailbox.address, &id)
        .map_err(|error| Failure::new("ErrorItemSave", &error.to_string()))?;
    Ok(Bytes::from(raw))
}

fn people(node: Node<'_, '_>, name: &str) -> Option<Vec<Value>> {
    let list = node.children().find(|child| child.tag_name().name() == name)?;
    let people = list.children().filter(Node::is_element).map(|who| {
        json!({"emailAddress": {"name": text_of(who, "Name"), "address": text_of(who, "EmailAddress")}})
    });
    Some(people.collect())
}

/// The properties of a message as Graph names them, which is how messages are written here.
fn described(node: Node<'_, '_>) -> Value {
    let mut fields = serde_json::Map::new();
    if child(node, "Subject").is_some() {
        fields.insert("subject".to_owned(), json!(text_of(node, "Subject")));
    }
    for (element, name) in [
        ("ToRecipients", "toRecipients"),
        ("CcRecipients", "ccRecipients"),
        ("BccRecipients", "bccRecipients"),
        ("ReplyTo", "replyTo"),
    ] {
        if let Some(people) = people(node, element) {
            fields.insert(name.to_owned(), Value::Array(people));
        }
    }
    if let Some(body) = child(node, "Body").or_else(|| child(node, "NewBodyContent")) {
        let kind = body.attribute("BodyType").unwrap_or("Text").to_ascii_lowercase();
        let text = body.text().unwrap_or_default();
        fields.insert("body".to_owned(), json!({"contentType": kind, "content": text}));
    }
    Value::Object(fields)
}

/// A reply or a forward, its author's changes laid over what the server makes of the message.
fn answer(site: &mut Site<'_>, number: u32, node: Node<'_, '_>, kind: &str) -> Result<Bytes, Failure> {
    let reference = child(node, "ReferenceItemId");
    let reference = reference.ok_or_else(|| Failure::schema("'ReferenceItemId' is missing."))?;
    if reference.attribute("ChangeKey").unwrap_or_default().is_empty() {
        return Err(Failure::of("ErrorChangeKeyRequired"));
    }
    let ItemAt { mailbox, key } = site.item(reference)?;
    let mailbox = site.mailbox(mailbox)?;
    let answered = mailbox.messages.get(&key).ok_or_else(|| Failure::of("ErrorItemNotFound"))?;
    let mut message = outline(answered, kind, &mailbox.address);
    let facts = &answered.facts;
    let mut references = facts.headers.iter();
    let references = references.find(|(name, _)| name.eq_ignore_ascii_case("references"));
    let references = references.map_or("", |(_, value)| value.as_str());
    let thread = json!([
        {"name": "In-Reply-To", "value": facts.message_id},
        {"name": "References", "value": format!("{references} {}", facts.message_id).trim()},
    ]);
    let quoted: String = facts.text.lines().map(|line| format!("> {line}\r\n")).collect();
    let mut changes = described(node);
    if let Some(text) = changes.pointer_mut("/body/content") {
        *text = json!(format!("{}\r\n\r\n{quoted}", text.as_str().unwrap_or_default()));
    }
    if let (Some(fields), Value::Object(changes)) = (message.as_object_mut(), changes) {
        fields.extend(changes);
        fields.insert("internetMessageHeaders".to_owned(), thread);
    }
    compose(site, number, &message)
}

/// Subject and recipients as the server proposes them.
fn outline(answered: &Message, kind: &str, own: &str) -> Value {
    let facts = &answered.facts;
    let subject = facts.subject.clone().unwrap_or_default();
    let prefix = if kind == "ForwardItem" { "FW: " } else { "RE: " };
    let has_prefix = subject.to_ascii_uppercase().starts_with(prefix.trim_end());
    let subject = if has_prefix { subject } else { format!("{prefix}{subject}") };
    if kind == "ForwardItem" {
        return json!({"subject": subject});
    }
    let to: Vec<Value> =
        if facts.reply_to.is_empty() { facts.from.iter().cloned().collect() } else { facts.reply_to.clone() };
    let is_other = |one: &&Value| {
        let address = one.pointer("/emailAddress/address").and_then(Value::as_str);
        !address.is_some_and(|address| address.eq_ignore_ascii_case(own))
    };
    let all = kind == "ReplyAllToItem";
    let others = facts.to.iter().filter(is_other).filter(|_| all).cloned();
    let copies: Vec<Value> = facts.cc.iter().filter(is_other).filter(|_| all).cloned().collect();
    json!({
        "subject": subject,
        "toRecipients": to.into_iter().chain(others).collect::<Vec<_>>(),
        "ccRecipients": copies,
    })
}

pub(super) fn send(site: &mut Site<'_>, call: &Call<'_>) -> Result<Reply, Failure> {
    let keep = is_true(call.operation.attribute("SaveItemToFolder").unwrap_or_default());
    let named = child(call.operation, "SavedItemFolderId").is_some();
    let folder = named.then(|| site.target(call.operation, "SavedItemFolderId"));
    each(site, call, "ItemIds", "", |site, node| {
        let folder = folder.clone().transpose()?;
        let item = site.item(node)?;
        let now = site.now;
        let mailbox = site.mailbox(item.mailbox)?;
        let held = mailbox.messages.get(&item.key).ok_or_else(|| Failure::of("ErrorItemNotFound"))?;
        let given = node.attribute("ChangeKey").unwrap_or_default();
        if given.is_empty() {
            return Err(Failure::of("ErrorChangeKeyRequired"));
        }
        if given != ids::change_key(Named::Place(held.place), held.changed) {
            return Err(Failure::new("ErrorStaleObject", "The object is not current; read it again."));
        }
        let to: Vec<String> = held.facts.addressees().map(str::to_owned).collect();
        if to.is_empty() {
            return Err(Failure::of("ErrorInvalidRecipients"));
        }
        let raw = held.raw.clone();
        let into = folder.map_or(SENT_ITEMS, |folder| folder.key);
        mailbox.change(item.key, now, |message| message.draft = false);
        mailbox.relocate(item.key, if keep { into } else { crate::exchange::world::PURGED }, now);
        site.note(item, Event::Sent);
        let mut ledger = Vec::new();
        Outgoing { raw, to }.deliver(site.world, now, &mut ledger);
        site.ledger.extend(ledger);
        Ok(Sheet::default())
    })
}
