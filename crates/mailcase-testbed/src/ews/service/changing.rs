//! Changes to messages: what is set on them, where they lie, whether they are there at all.

use super::super::ids;
use super::super::shape::{self, Extended, Shape};
use super::super::sheet::Sheet;
use super::super::soap::{Call, Failure, Reply, child, elements, is_true};
use super::{FolderAt, ItemAt, Site, each};
use crate::exchange::ids::Named;
use crate::exchange::ledger::Event;
use crate::exchange::world::{Arrival, DELETED_ITEMS, Message, PURGED};
use roxmltree::Node;

const NOTHING: &str = "<m:Items/>";

/// Refuses a change made in ignorance of another, when the client wants that.
fn check_change_key(message: &Message, node: Node<'_, '_>, resolution: &str) -> Result<(), Failure> {
    let given = node.attribute("ChangeKey").unwrap_or_default();
    let current = ids::change_key(Named::Place(message.place), message.changed);
    match resolution {
        "NeverOverwrite" if given.is_empty() => Err(Failure::of("ErrorChangeKeyRequired")),
        "NeverOverwrite" if given != current => Err(Failure::of("ErrorIrresolvableConflict")),
        _ => Ok(()),
    }
}

pub(super) fn update(site: &mut Site<'_>, call: &Call<'_>) -> Result<Reply, Failure> {
    let resolution = call.operation.attribute("ConflictResolution");
    let resolution = resolution.ok_or_else(|| Failure::schema("'ConflictResolution' is missing."))?;
    let disposition = call.operation.attribute("MessageDisposition");
    if disposition.is_none() {
        return Err(Failure::new(
            "ErrorMessageDispositionRequired",
            "For message items, the MessageDisposition attribute is required.",
        ));
    }
    each(site, call, "ItemChanges", NOTHING, |site, change| {
        let id = child(change, "ItemId");
        let id = id.ok_or_else(|| Failure::schema("A change names no item."))?;
        let item = site.item(id)?;
        let now = site.now;
        let mailbox = site.mailbox(item.mailbox)?;
        let held = mailbox.messages.get(&item.key).ok_or_else(|| Failure::of("ErrorItemNotFound"))?;
        check_change_key(held, id, resolution)?;
        let was_read = held.read;
        let mut changed = held.clone();
        for update in child(change, "Updates").into_iter().flat_map(elements) {
            apply(&mut changed, update)?;
        }
        let is_read = changed.read;
        mailbox.change(item.key, now, |message| {
            message.read = changed.read;
            message.categories = changed.categories;
            message.flag = changed.flag;
            message.importance = changed.importance;
            message.extended = changed.extended;
        });
        if is_read != was_read {
            site.note(item, if is_read { Event::MarkedRead } else { Event::MarkedUnread });
        }
        let mailbox = site.mailbox(item.mailbox)?;
        let held = mailbox.messages.get(&item.key).ok_or_else(|| Failure::of("ErrorItemNotFound"))?;
        let mut sheet = shape::items(mailbox, held, &Shape::ID_ONLY);
        sheet.open("m:ConflictResults").leaf("t:Count", "0").close("m:ConflictResults");
        Ok(sheet)
    })
}

/// One `t:SetItemField` or `t:DeleteItemField`.
fn apply(message: &mut Message, update: Node<'_, '_>) -> Result<(), Failure> {
    let path = update.children().find(Node::is_element);
    let path = path.ok_or_else(|| Failure::schema("An update names no property."))?;
    let deletes = update.tag_name().name() == "DeleteItemField";
    let item = update.children().filter(Node::is_element).nth(1);
    let value = item.and_then(|item| item.children().find(Node::is_element));
    if item.is_none() && !deletes {
        return Err(Failure::new("ErrorIncorrectUpdatePropertyCount", "An update sets one property."));
    }
    let text = value.and_then(|value| value.text()).unwrap_or_default();
    match path.attribute("FieldURI").unwrap_or_default() {
        "message:IsRead" => message.read = is_true(text),
        "item:Categories" => {
            let list = value.into_iter().flat_map(|value| value.children()).filter(Node::is_element);
            message.categories = list.filter_map(|one| one.text()).map(str::to_owned).collect();
        }
        "item:Importance" => message.importance = text.to_ascii_lowercase(),
        "item:Flag" => {
            let status = value.and_then(|value| value.children().find(Node::is_element));
            let status = status.and_then(|status| status.text()).unwrap_or_default();
            message.flag = match status {
                "Flagged" => "flagged",
                "Complete" => "complete",
                _ => "notFlagged",
            }
            .to_owned();
        }
        "" => {
            let property = Extended::read(path)?;
            let text =
                item.and_then(|item| item.descendants().find(|node| node.tag_name().name() == "Value"));
            let text = text.and_then(|value| value.text()).unwrap_or_default();
            property.set(message, (!deletes).then_some(text));
        }
        other => {
            let text = format!("Set action is invalid for property '{other}'.");
            return Err(Failure::new("ErrorInvalidPropertySet", &text));
        }
    }
    Ok(())
}

pub(super) fn relocate(site: &mut Site<'_>, call: &Call<'_>, copy: bool) -> Result<Reply, Failure> {
    let target = site.target(call.operation, "ToFolderId").map_err(|failure| match failure.code.as_str() {
        "ErrorFolderNotFound" => Failure::of("ErrorToFolderNotFound"),
        _ => failure,
    });
    let returns = child(call.operation, "ReturnNewItemIds").and_then(|node| node.text());
    let returns = returns.is_none_or(is_true);
    each(site, call, "ItemIds", NOTHING, |site, node| {
        let target = target.clone()?;
        let item = site.item(node)?;
        if target.mailbox != item.mailbox {
            // Real servers move between mailboxes too and then say nothing about the new identity.
            return Err(Failure::of("ErrorMoveCopyFailed"));
        }
        let item = place(site, item, target, copy)?;
        if !returns {
            return Ok(items_of_nothing());
        }
        let mailbox = site.mailbox(item.mailbox)?;
        let held = mailbox.messages.get(&item.key).ok_or_else(|| Failure::of("ErrorItemNotFound"))?;
        Ok(shape::items(mailbox, held, &Shape::ID_ONLY))
    })
}

fn items_of_nothing() -> Sheet {
    let mut sheet = Sheet::default();
    sheet.empty("m:Items", &[]);
    sheet
}

fn place(site: &mut Site<'_>, item: ItemAt, target: FolderAt, copy: bool) -> Result<ItemAt, Failure> {
    let now = site.now;
    if !copy {
        site.note(item, Event::Moved);
        site.mailbox(item.mailbox)?.relocate(item.key, target.key, now);
        return Ok(item);
    }
    let mailbox = site.mailbox(item.mailbox)?;
    let held = mailbox.messages.get(&item.key).ok_or_else(|| Failure::of("ErrorItemNotFound"))?;
    let arrival = Arrival {
        folder: target.key,
        raw: held.raw.clone(),
        received: held.received,
        read: held.read,
        draft: held.draft,
    };
    let key = mailbox.arrive(arrival, now);
    Ok(ItemAt { mailbox: item.mailbox, key })
}

pub(super) fn delete(site: &mut Site<'_>, call: &Call<'_>) -> Result<Reply, Failure> {
    let kind = call.operation.attribute("DeleteType").unwrap_or_default().to_owned();
    each(site, call, "ItemIds", "", |site, node| {
        let item = site.item(node)?;
        let now = site.now;
        site.note(item, Event::Deleted);
        let mailbox = site.mailbox(item.mailbox)?;
        match kind.as_str() {
            "MoveToDeletedItems" => mailbox.relocate(item.key, DELETED_ITEMS, now),
            "HardDelete" | "SoftDelete" => mailbox.relocate(item.key, PURGED, now),
            _ => return Err(Failure::schema("'DeleteType' is missing or unknown.")),
        }
        Ok(Sheet::default())
    })
}
