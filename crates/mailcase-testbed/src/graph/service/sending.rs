//! Drafts, replies, and mail that leaves.

use super::super::http::{Answer, Refusal, Reply, Request};
use super::super::shape::Shape;
use super::messages::{check_properties, shown};
use super::{Desk, SEND, only, parameter};
use crate::exchange::delivery::Outgoing;
use crate::exchange::ledger::Event;
use crate::exchange::letter::{self, Facts};
use crate::exchange::world::{Arrival, DRAFTS, SENT_ITEMS};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use hyper::{Method, StatusCode};
use serde_json::{Value, json};

/// The MIME of a request, which is base64 in `text/plain`.
fn mime(request: &Request) -> Result<Bytes, Refusal> {
    let text: Vec<u8> = request.body.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
    let raw = STANDARD.decode(text).map_err(|_| {
        Refusal::bad_request("ErrorMimeContentInvalidBase64String", "Invalid base64 string for MIME content.")
    })?;
    if raw.is_empty() {
        return Err(Refusal::bad_request("ErrorMimeContentInvalid", "The MIME content is empty."));
    }
    Ok(Bytes::from(raw))
}

/// The bytes of a message written as JSON.
fn written(desk: &mut Desk<'_>, message: &Value) -> Result<Bytes, Refusal> {
    let fields = message.as_object().cloned().unwrap_or_default();
    check_properties(fields.keys().map(String::as_str))?;
    for header in message.get("internetMessageHeaders").and_then(Value::as_array).into_iter().flatten() {
        let name = header.get("name").and_then(Value::as_str).unwrap_or_default();
        if !name.to_ascii_lowercase().starts_with("x-") {
            let text = format!("The internet message header name '{name}' should start with 'x-' or 'X-'.");
            return Err(Refusal::bad_request("InvalidInternetMessageHeader", &text));
        }
    }
    raw_of(desk, message)
}

fn raw_of(desk: &mut Desk<'_>, message: &Value) -> Result<Bytes, Refusal> {
    desk.mailbox.sequence += 1;
    let id = format!("{}.{}@testbed.example", desk.mailbox.sequence, desk.mailbox.number);
    let raw = letter::write(message, &desk.mailbox.address, &id)
        .map_err(|error| Refusal::bad_request("ErrorInvalidArgument", &error.to_string()))?;
    Ok(Bytes::from(raw))
}

fn draft(desk: &mut Desk<'_>, folder: u64, raw: Bytes) -> u64 {
    let arrival = Arrival { folder, raw: raw.into(), received: desk.now, read: true, draft: true };
    desk.mailbox.arrive(arrival, desk.now)
}

fn created(desk: &Desk<'_>, request: &Request, key: u64) -> Answer {
    let shape = Shape { immutable: request.wants_immutable_ids(), ..Shape::default() };
    Ok(Reply::created(&shown(desk, key, &shape)?))
}

/// A new draft, as JSON or MIME.
pub(super) fn create(desk: &mut Desk<'_>, request: &Request, folder: Option<u64>) -> Answer {
    let raw = if request.carries_mime() { mime(request)? } else { written(desk, &request.object()?)? };
    let key = draft(desk, folder.unwrap_or(DRAFTS), raw);
    created(desk, request, key)
}

/// A changed draft is written anew. What was received cannot be changed so.
pub(super) fn rewrite_draft(desk: &mut Desk<'_>, key: u64, changes: &Value) -> Result<(), Refusal> {
    let shape = Shape::default();
    let mut message = shown(desk, key, &shape)?;
    if message.get("isDraft") != Some(&Value::Bool(true)) {
        let text = "Update operation is invalid for property 'ItemId' of a message that was sent.";
        return Err(Refusal::bad_request("ErrorInvalidPropertySet", text));
    }
    let kept = desk.mailbox.messages.get(&key).map(|held| held.facts.clone());
    if let (Some(fields), Some(changes), Some(kept)) = (message.as_object_mut(), changes.as_object(), kept) {
        fields.extend(changes.clone());
        // What holds the thread together stays.
        let thread = kept
            .headers
            .iter()
            .filter(|(name, _)| ["in-reply-to", "references"].contains(&name.to_ascii_lowercase().as_str()));
        let thread = thread.map(|(name, value)| json!({"name": name, "value": value})).collect();
        fields.insert("internetMessageHeaders".to_owned(), thread);
    }
    let raw = raw_of(desk, &message)?;
    desk.mailbox.change(key, desk.now, |held| {
        held.facts = Facts::of(&raw);
        held.raw = raw.into();
    });
    Ok(())
}

fn outgoing(desk: &mut Desk<'_>, raw: Bytes, keep: bool) -> Outgoing {
    Outgoing::new(desk.mailbox, desk.ledger, raw, keep.then_some(SENT_ITEMS), desk.now)
}

/// `sendMail`, as JSON or MIME.
pub(super) fn send_mail(
    desk: &mut Desk<'_>,
    request: &Request,
) -> Result<(Reply, Option<Outgoing>), Refusal> {
    only(request, &Method::POST)?;
    desk.demand(&SEND)?;
    let (raw, keep) = if request.carries_mime() {
        (mime(request)?, true)
    } else {
        let body = request.object()?;
        let Some(message) = parameter(&body, "Message").filter(|message| message.is_object()).cloned() else {
            return Err(Refusal::bad_request("ErrorInvalidRequest", "The parameter 'Message' is required."));
        };
        let keep = parameter(&body, "SaveToSentItems") != Some(&Value::Bool(false));
        (written(desk, &message)?, keep)
    };
    if Facts::of(&raw).addressees().next().is_none() {
        let text = "At least one recipient is not valid.";
        return Err(Refusal::bad_request("ErrorInvalidRecipients", text));
    }
    let sent = outgoing(desk, raw, keep);
    Ok((Reply::empty(StatusCode::ACCEPTED), Some(sent)))
}

/// Sends a draft, which keeps its immutable identity.
pub(super) fn send_draft(
    desk: &mut Desk<'_>,
    request: &Request,
    id: &str,
) -> Result<(Reply, Outgoing), Refusal> {
    only(request, &Method::POST)?;
    desk.demand(&SEND)?;
    let key = desk.message(id)?;
    let Some(message) = desk.mailbox.messages.get(&key).filter(|message| message.draft) else {
        return Err(Refusal::bad_request("ErrorInvalidOperation", "The message is no draft."));
    };
    let raw = message.raw.clone();
    let to = message.facts.addressees().map(str::to_owned).collect();
    desk.mailbox.relocate(key, SENT_ITEMS, desk.now);
    desk.mailbox.change(key, desk.now, |message| message.draft = false);
    desk.note(key, Event::Sent);
    Ok((Reply::empty(StatusCode::ACCEPTED), Outgoing { raw, to }))
}

/// What a reply to the message is before its author changes it.
fn reply_to(desk: &mut Desk<'_>, request: &Request, key: u64, all: bool) -> Result<Bytes, Refusal> {
    if request.carries_mime() {
        return mime(request);
    }
    let body = request.object()?;
    let message = parameter(&body, "Message").cloned().unwrap_or_else(|| json!({}));
    let comment = parameter(&body, "Comment").and_then(Value::as_str).unwrap_or_default();
    if !comment.is_empty() && message.get("body").is_some() {
        let text = "Specify either the comment or the body of the message, not both.";
        return Err(Refusal::bad_request("ErrorInvalidRequest", text));
    }
    let Some(answered) = desk.mailbox.messages.get(&key) else { return Err(Refusal::not_found()) };
    let facts = answered.facts.clone();
    let references = facts.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("references"));
    let references = references.map_or("", |(_, value)| value.as_str());
    let to = if facts.reply_to.is_empty() { facts.from.iter().cloned().collect() } else { facts.reply_to };
    let subject = facts.subject.unwrap_or_default();
    let subject =
        if subject.to_ascii_uppercase().starts_with("RE:") { subject } else { format!("RE: {subject}") };
    let own = desk.mailbox.address.clone();
    let others = |list: Vec<Value>| -> Vec<Value> {
        let is_own = |one: &Value| {
            let address = one.pointer("/emailAddress/address").and_then(Value::as_str);
            address.is_some_and(|address| address.eq_ignore_ascii_case(&own))
        };
        list.into_iter().filter(|one| all && !is_own(one)).collect()
    };
    let to: Vec<Value> = to.into_iter().chain(others(facts.to)).collect();
    let mut reply = json!({
        "subject": subject,
        "toRecipients": to,
        "ccRecipients": others(facts.cc),
        "body": {"contentType": "text", "content": format!("{comment}\r\n\r\n{}", quoted(&facts.text))},
    });
    if let (Some(fields), Some(changes)) = (reply.as_object_mut(), message.as_object()) {
        check_properties(changes.keys().map(String::as_str))?;
        fields.extend(changes.clone());
        let thread = json!([
            {"name": "In-Reply-To", "value": facts.message_id},
            {"name": "References", "value": format!("{references} {}", facts.message_id).trim()},
        ]);
        fields.insert("internetMessageHeaders".to_owned(), thread);
    }
    raw_of(desk, &reply)
}

fn quoted(text: &str) -> String {
    text.lines().map(|line| format!("> {line}\r\n")).collect()
}

/// `createReply` and `createReplyAll`: a draft in the conversation.
pub(super) fn create_reply(desk: &mut Desk<'_>, request: &Request, key: u64, all: bool) -> Answer {
    let raw = reply_to(desk, request, key, all)?;
    let key = draft(desk, DRAFTS, raw);
    created(desk, request, key)
}

/// `reply` and `replyAll`: a reply that leaves at once.
pub(super) fn reply(
    desk: &mut Desk<'_>,
    request: &Request,
    id: &str,
    all: bool,
) -> Result<(Reply, Outgoing), Refusal> {
    only(request, &Method::POST)?;
    desk.demand(&SEND)?;
    let key = desk.message(id)?;
    let raw = reply_to(desk, request, key, all)?;
    let sent = outgoing(desk, raw, true);
    Ok((Reply::empty(StatusCode::ACCEPTED), sent))
}
