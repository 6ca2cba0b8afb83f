//! Messages: lists, one message, its bytes and attachments, changes to it.

use super::super::filter::Filter;
use super::super::http::{Answer, Refusal, Reply, Request};
use super::super::search::Search;
use super::super::shape::{self, Shape};
use super::{Desk, check_options, only, page, parameter, sending};
use crate::exchange::ledger::Event;
use crate::exchange::world::{Message, PURGED};
use hyper::{Method, StatusCode};
use serde_json::{Value, json};

/// Everything a message may be told to be; the rest does not exist on it.
const PROPERTIES: [&str; 32] = [
    "@odata.type",
    "attachments",
    "bccRecipients",
    "body",
    "bodyPreview",
    "categories",
    "ccRecipients",
    "changeKey",
    "conversationId",
    "conversationIndex",
    "createdDateTime",
    "extensions",
    "flag",
    "from",
    "hasAttachments",
    "id",
    "importance",
    "inferenceClassification",
    "internetMessageHeaders",
    "internetMessageId",
    "isDeliveryReceiptRequested",
    "isDraft",
    "isRead",
    "isReadReceiptRequested",
    "lastModifiedDateTime",
    "parentFolderId",
    "receivedDateTime",
    "replyTo",
    "sender",
    "sentDateTime",
    "subject",
    "toRecipients",
];
const MORE_PROPERTIES: [&str; 4] =
    ["multiValueExtendedProperties", "singleValueExtendedProperties", "uniqueBody", "webLink"];

/// Refuses what is no property of a message.
pub(super) fn check_properties<'a>(names: impl Iterator<Item = &'a str>) -> Result<(), Refusal> {
    for name in names {
        if !PROPERTIES.contains(&name) && !MORE_PROPERTIES.contains(&name) {
            let message = format!(
                "Could not find a property named '{name}' on type 'Microsoft.OutlookServices.Message'."
            );
            return Err(Refusal::bad_request("RequestBroker--ParseUri", &message));
        }
    }
    Ok(())
}

fn shape_of(request: &Request) -> Result<Shape, Refusal> {
    let select = request.query.list("$select");
    check_properties(select.iter().flatten().map(String::as_str))?;
    let expand = request.query.get("$expand").map(str::to_owned);
    Ok(Shape { immutable: request.wants_immutable_ids(), select, expand })
}

/// The messages of a folder, or of all.
pub(super) fn collection(desk: &mut Desk<'_>, request: &Request, folder: Option<u64>) -> Answer {
    check_options(request)?;
    if request.method == Method::POST {
        return sending::create(desk, request, folder);
    }
    only(request, &Method::GET)?;
    let shape = shape_of(request)?;
    let order = order(request)?;
    let filter = request.query.get("$filter").map(Filter::parse).transpose()?;
    let search = request.query.get("$search").map(Search::parse).transpose()?;
    check_combination(filter.as_ref(), search.as_ref(), &order)?;
    let mailbox = &desk.mailbox;
    let whole = |message: &Message| shape::message(mailbox, message, &Shape::default());
    let held = mailbox
        .messages
        .values()
        .filter(|message| folder.map_or(message.folder != PURGED, |folder| message.folder == folder));
    let mut found: Vec<&Message> = held
        .filter(|message| {
            filter
                .as_ref()
                .is_none_or(|filter| filter.accepts(&|path| shape::property(mailbox, message, path)))
        })
        .filter(|message| search.as_ref().is_none_or(|search| search.finds(message)))
        .collect();
    match order.as_slice() {
        // Newest first is what a list is when nobody says otherwise; those of one second lie as they like.
        [] => found.sort_by_key(|message| std::cmp::Reverse((message.received, message.key))),
        [(name, down)] if name == "receivedDateTime" => {
            found.sort_by_key(|message| (message.received, std::cmp::Reverse(message.key)));
            if *down {
                found.reverse();
            }
        }
        order => found.sort_by_cached_key(|message| sort_key(&whole(message), order)),
    }
    page(request, desk.paging, "messages", found, |message| shape::message(mailbox, message, &shape))
}

/// `$orderby` as names with their direction.
fn order(request: &Request) -> Result<Vec<(String, bool)>, Refusal> {
    let parts = request.query.list("$orderby").unwrap_or_default();
    let order: Vec<(String, bool)> = parts
        .iter()
        .map(|part| match part.split_once(' ') {
            Some((name, direction)) => (name.to_owned(), direction.trim().eq_ignore_ascii_case("desc")),
            None => (part.clone(), false),
        })
        .collect();
    check_properties(order.iter().map(|(name, _)| name.split('/').next().unwrap_or(name)))?;
    Ok(order)
}

fn sort_key(object: &Value, order: &[(String, bool)]) -> Vec<String> {
    order
        .iter()
        .map(|(name, down)| {
            let value = object.pointer(&format!("/{name}")).unwrap_or(&Value::Null);
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_lowercase);
            if *down {
                // Turned round letter by letter, so that sorting upwards sorts downwards.
                text.chars().map(|c| char::from_u32(0x10_FFFF - u32::from(c)).unwrap_or(' ')).collect()
            } else {
                text
            }
        })
        .collect()
}

/// What the real server refuses together.
fn check_combination(
    filter: Option<&Filter>,
    search: Option<&Search>,
    order: &[(String, bool)],
) -> Result<(), Refusal> {
    if search.is_some() && filter.is_some() {
        let message = "The query parameter '$filter' is not supported with '$search'.";
        return Err(Refusal::bad_request("SearchWithFilter", message));
    }
    if search.is_some() && !order.is_empty() {
        let message = "The query parameter '$orderBy' is not supported with '$search'.";
        return Err(Refusal::bad_request("SearchWithOrderBy", message));
    }
    let Some(filter) = filter else { return Ok(()) };
    let named = filter.properties();
    check_properties(named.iter().map(|path| path.split('/').next().unwrap_or(path)))?;
    // Whatever is sorted by must come first in the filter, in the same order.
    let fits = order.iter().zip(named.iter().map(Some).chain(std::iter::repeat(None)));
    if fits.into_iter().any(|((name, _), filtered)| filtered != Some(&name.as_str())) {
        let message = "The restriction or sort order is too complex for this operation.";
        return Err(Refusal::bad_request("InefficientFilter", message));
    }
    Ok(())
}

/// One message and what hangs on it.
pub(super) fn one(desk: &mut Desk<'_>, request: &Request, id: &str, rest: &[&str]) -> Answer {
    let key = desk.message(id)?;
    match (&request.method, rest) {
        (&Method::GET, []) => {
            let shape = shape_of(request)?;
            shown(desk, key, &shape).map(|value| Reply::ok(&value))
        }
        (&Method::PATCH, []) => change(desk, request, key),
        (&Method::DELETE, []) => {
            desk.note(key, Event::Deleted);
            desk.mailbox.delete(key, desk.now);
            Ok(Reply::empty(StatusCode::NO_CONTENT))
        }
        (&Method::POST, ["permanentDelete"]) => {
            desk.note(key, Event::Deleted);
            desk.mailbox.relocate(key, PURGED, desk.now);
            Ok(Reply::empty(StatusCode::NO_CONTENT))
        }
        (&Method::POST, [action @ ("move" | "copy")]) => relocate(desk, request, key, *action == "copy"),
        (&Method::POST, [action @ ("createReply" | "createReplyAll")]) => {
            sending::create_reply(desk, request, key, *action == "createReplyAll")
        }
        (&Method::GET, ["$value"]) => {
            let Some(message) = desk.mailbox.messages.get(&key) else { return Err(Refusal::not_found()) };
            let mut reply = Reply::bytes("text/plain", message.raw.bytes());
            reply.mime_of = Some(desk.mailbox.message_id(message, true));
            Ok(reply)
        }
        (&Method::GET, ["attachments", rest @ ..]) => attachments(desk, request, key, rest),
        (_, []) => only(request, &Method::GET).map(|()| Reply::empty(StatusCode::NO_CONTENT)),
        (_, [first, ..]) => Err(super::unknown_segment(first)),
    }
}

pub(super) fn shown(desk: &Desk<'_>, key: u64, shape: &Shape) -> Result<Value, Refusal> {
    let message = desk.mailbox.messages.get(&key).ok_or_else(Refusal::not_found)?;
    Ok(shape::message(desk.mailbox, message, shape))
}

fn attachments(desk: &Desk<'_>, request: &Request, key: u64, rest: &[&str]) -> Answer {
    let Some(message) = desk.mailbox.messages.get(&key) else { return Err(Refusal::not_found()) };
    let all = shape::attachments(desk.mailbox, message, true);
    let Some(id) = rest.first() else { return page(request, desk.paging, "attachments", all, |shown| shown) };
    let at = all.iter().position(|held| held.get("id").and_then(Value::as_str) == Some(id));
    let Some((held, content)) = at.and_then(|at| all.get(at).zip(message.facts.attachments.get(at))) else {
        return Err(Refusal::not_found());
    };
    match rest.get(1) {
        None => Ok(Reply::ok(held)),
        Some(&"$value") => Ok(Reply::bytes("application/octet-stream", content.content.clone())),
        Some(other) => Err(super::unknown_segment(other)),
    }
}

fn change(desk: &mut Desk<'_>, request: &Request, key: u64) -> Answer {
    let body = request.object()?;
    let fields = body.as_object().cloned().unwrap_or_default();
    check_properties(fields.keys().map(String::as_str))?;
    let was_read = desk.mailbox.messages.get(&key).is_some_and(|message| message.read);
    let read = match fields.get("isRead") {
        None => was_read,
        Some(Value::Bool(read)) => *read,
        Some(_) => {
            let message = "Cannot convert the literal to the expected type 'Edm.Boolean'.";
            return Err(Refusal::bad_request("RequestBodyRead", message));
        }
    };
    let text = |pointer: &str| body.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
    let categories = fields
        .get("categories")
        .and_then(Value::as_array)
        .map(|list| list.iter().filter_map(Value::as_str).map(str::to_owned).collect::<Vec<_>>());
    desk.mailbox.change(key, desk.now, |message| {
        message.read = read;
        message.categories = categories.unwrap_or_else(|| message.categories.clone());
        message.flag = text("/flag/flagStatus").unwrap_or_else(|| message.flag.clone());
        message.importance = text("/importance").unwrap_or_else(|| message.importance.clone());
    });
    if read != was_read {
        desk.note(key, if read { Event::MarkedRead } else { Event::MarkedUnread });
    }
    if fields.keys().any(|name| ["subject", "body", "toRecipients", "ccRecipients"].contains(&name.as_str()))
    {
        sending::rewrite_draft(desk, key, &body)?;
    }
    let shape = Shape { immutable: request.wants_immutable_ids(), ..Shape::default() };
    Ok(Reply::ok(&shown(desk, key, &shape)?))
}

fn relocate(desk: &mut Desk<'_>, request: &Request, key: u64, copy: bool) -> Answer {
    let body = request.object()?;
    let destination = parameter(&body, "DestinationId").and_then(Value::as_str).unwrap_or_default();
    let folder = desk.folder(destination)?;
    let key = if copy {
        let Some(message) = desk.mailbox.messages.get(&key) else { return Err(Refusal::not_found()) };
        let arrival = crate::exchange::world::Arrival {
            folder,
            raw: message.raw.clone(),
            received: message.received,
            read: message.read,
            draft: message.draft,
        };
        desk.mailbox.arrive(arrival, desk.now)
    } else {
        desk.note(key, Event::Moved);
        desk.mailbox.relocate(key, folder, desk.now);
        key
    };
    let shape = Shape { immutable: request.wants_immutable_ids(), ..Shape::default() };
    let mut shown = shown(desk, key, &shape)?;
    if let Some(fields) = shown.as_object_mut() {
        fields.insert(
            "@odata.context".to_owned(),
            json!(format!("{}/$metadata#message/$entity", request.base)),
        );
    }
    Ok(Reply::created(&shown))
}
