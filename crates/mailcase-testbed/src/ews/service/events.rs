//! Notifications: subscriptions, and the events since a watermark, read from the history of the mailbox.

use super::super::ids;
use super::super::shape::time;
use super::super::sheet::Sheet;
use super::super::soap::{Call, Failure, Reply, child, elements, is_true, single, text_of};
use super::super::subscriptions::{Subscription, read_watermark, watermark};
use super::super::tree;
use super::Site;
use crate::exchange::ids::Named;
use crate::exchange::world::{Mailbox, Message, PURGED, SENT_ITEMS};

pub(super) fn subscribe(site: &mut Site<'_>, call: &Call<'_>) -> Result<Reply, Failure> {
    Ok(single("Subscribe", subscribed(site, call), ""))
}

fn subscribed(site: &mut Site<'_>, call: &Call<'_>) -> Result<Sheet, Failure> {
    let request = elements(call.operation).next();
    let request = request.ok_or_else(|| Failure::schema("There is no subscription request."))?;
    let streaming = match request.tag_name().name() {
        "StreamingSubscriptionRequest" if site.limits.streaming => true,
        "PullSubscriptionRequest" if site.limits.pull => false,
        other => {
            let text = format!("This server has no '{other}'.");
            return Err(Failure::new("ErrorInvalidSubscriptionRequest", &text));
        }
    };
    let mut mailbox = None;
    let mut folders = Vec::new();
    if !is_true(request.attribute("SubscribeToAllFolders").unwrap_or_default()) {
        for node in child(request, "FolderIds").into_iter().flat_map(elements) {
            let folder = site.folder(node)?;
            if mailbox.is_some_and(|mailbox| mailbox != folder.mailbox) {
                let text = "The folders of a subscription lie in one mailbox.";
                return Err(Failure::new("ErrorInvalidSubscriptionRequest", text));
            }
            mailbox = Some(folder.mailbox);
            folders.push(folder.key);
        }
        if folders.is_empty() {
            return Err(Failure::of("ErrorInvalidSubscriptionRequest"));
        }
    }
    let number = match mailbox {
        Some(number) => number,
        None => {
            let acting = site.acting.to_owned();
            site.world.find(&acting).ok_or_else(|| Failure::of("ErrorNonExistentMailbox"))?.number
        }
    };
    let kinds = child(request, "EventTypes").into_iter().flat_map(elements);
    let kinds = kinds.filter_map(|kind| kind.text()).map(|kind| kind.trim().to_owned()).collect();
    let now = site.mailbox(number)?.sequence;
    let told = match text_of(request, "Watermark") {
        "" => now,
        text => read_watermark(number, text).ok_or_else(|| Failure::of("ErrorInvalidWatermark"))?,
    };
    let id = site.subscriptions.add(Subscription { mailbox: number, folders, kinds, streaming, told });
    let mut sheet = Sheet::default();
    sheet.leaf("m:SubscriptionId", &id);
    if !streaming {
        sheet.leaf("m:Watermark", &watermark(number, told));
    }
    Ok(sheet)
}

pub(super) fn unsubscribe(site: &mut Site<'_>, call: &Call<'_>) -> Result<Reply, Failure> {
    let gone = site.subscriptions.remove(text_of(call.operation, "SubscriptionId"));
    let outcome = if gone { Ok(Sheet::default()) } else { Err(Failure::of("ErrorSubscriptionNotFound")) };
    Ok(single("Unsubscribe", outcome, ""))
}

pub(super) fn get(site: &mut Site<'_>, call: &Call<'_>) -> Result<Reply, Failure> {
    Ok(single("GetEvents", pulled(site, call), ""))
}

fn pulled(site: &mut Site<'_>, call: &Call<'_>) -> Result<Sheet, Failure> {
    let id = text_of(call.operation, "SubscriptionId");
    let held = site.subscriptions.get(id).filter(|held| !held.streaming);
    let held = held.ok_or_else(|| Failure::of("ErrorSubscriptionNotFound"))?;
    let since = read_watermark(held.mailbox, text_of(call.operation, "Watermark"));
    let since = since.ok_or_else(|| Failure::of("ErrorInvalidWatermark"))?;
    let mailbox = site.mailbox(held.mailbox)?;
    let mut sheet = Sheet::default();
    sheet.open("m:Notification").leaf("t:SubscriptionId", id);
    sheet.leaf("t:PreviousWatermark", &watermark(held.mailbox, since)).leaf("t:MoreEvents", "false");
    if !write(&mut sheet, mailbox, &held, since) {
        sheet.open("t:StatusEvent").leaf("t:Watermark", &watermark(held.mailbox, since));
        sheet.close("t:StatusEvent");
    }
    sheet.close("m:Notification");
    Ok(sheet)
}

/// What streamed subscriptions have not been told yet.
pub(crate) enum Notification {
    Nothing,
    Events(Sheet),
    /// These subscriptions do not exist (any more).
    Unknown(Vec<String>),
}

/// Everything the subscriptions have not been told yet, which they have been with that.
pub(crate) fn notifications(site: &mut Site<'_>, ids: &[String]) -> Notification {
    let mut unknown = Vec::new();
    let mut sheet = Sheet::default();
    let mut any = false;
    for id in ids {
        let Some(held) = site.subscriptions.get(id).filter(|held| held.streaming) else {
            unknown.push(id.clone());
            continue;
        };
        let Ok(mailbox) = site.mailbox(held.mailbox) else { continue };
        let upto = mailbox.sequence;
        let mut events = Sheet::default();
        if write(&mut events, mailbox, &held, held.told) {
            any = true;
            sheet.open("t:Notification").leaf("t:SubscriptionId", id).append(events);
            sheet.close("t:Notification");
        }
        site.subscriptions.tell(id, upto);
    }
    if !unknown.is_empty() {
        return Notification::Unknown(unknown);
    }
    if any { Notification::Events(sheet) } else { Notification::Nothing }
}

/// One event.
struct Event<'a> {
    position: u64,
    kind: &'static str,
    message: &'a Message,
    /// The place whose identity the event tells, and the folder it was in.
    at: (u64, u64),
    /// Before a move.
    old: Option<(u64, u64)>,
}

/// Writes the events since; whether there are any.
fn write(sheet: &mut Sheet, mailbox: &Mailbox, held: &Subscription, since: u64) -> bool {
    let mut events = events(mailbox, held, since);
    events.sort_by_key(|event| event.position);
    for event in &events {
        let folder = |sheet: &mut Sheet, name: &str, key: u64| {
            let change_key = ids::change_key(Named::Folder(key), tree::changed(mailbox, key));
            sheet.empty(name, &[("Id", &ids::folder(mailbox, key)), ("ChangeKey", &change_key)]);
        };
        let item = |sheet: &mut Sheet, name: &str, place: u64| {
            let change_key = ids::change_key(Named::Place(place), event.position);
            sheet.empty(name, &[("Id", &ids::place(mailbox, place)), ("ChangeKey", &change_key)]);
        };
        let name = format!("t:{}", event.kind);
        sheet.open(&name).leaf("t:Watermark", &watermark(mailbox.number, event.position));
        sheet.leaf("t:TimeStamp", &time(event.message.modified));
        item(sheet, "t:ItemId", event.at.0);
        folder(sheet, "t:ParentFolderId", event.at.1);
        if let Some((place, key)) = event.old {
            item(sheet, "t:OldItemId", place);
            folder(sheet, "t:OldParentFolderId", key);
        }
        sheet.close(&name);
    }
    !events.is_empty()
}

fn events<'a>(mailbox: &'a Mailbox, held: &Subscription, since: u64) -> Vec<Event<'a>> {
    let covers = |key: u64| held.folders.is_empty() || held.folders.contains(&key);
    let mut found = Vec::new();
    for left in mailbox.departures.iter().filter(|left| left.when > since) {
        let Some(message) = mailbox.messages.get(&left.key) else { continue };
        let purged = message.folder == PURGED;
        if !covers(left.folder) && (purged || !covers(message.folder)) {
            continue;
        }
        let old = (left.place, left.folder);
        found.push(if purged {
            Event { position: left.when, kind: "DeletedEvent", message, at: old, old: None }
        } else {
            let at = (message.place, message.folder);
            Event { position: left.when, kind: "MovedEvent", message, at, old: Some(old) }
        });
    }
    for message in mailbox.messages.values().filter(|message| covers(message.folder)) {
        let at = (message.place, message.folder);
        let moved = mailbox.departures.iter().any(|left| left.when == message.placed);
        let mut push = |position: u64, kind: &'static str| {
            found.push(Event { position, kind, message, at, old: None });
        };
        if message.placed > since && !moved {
            push(message.placed, "CreatedEvent");
            if !message.draft && message.folder != SENT_ITEMS {
                push(message.placed, "NewMailEvent");
            }
        }
        if message.changed > since && message.changed > message.placed {
            push(message.changed, "ModifiedEvent");
        }
    }
    found.retain(|event| held.kinds.iter().any(|kind| kind == event.kind));
    found
}
