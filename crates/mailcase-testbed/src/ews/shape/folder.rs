//! How a folder is shown.

use super::super::ids;
use super::super::sheet::Sheet;
use super::super::tree;
use super::{Base, Extended, Shape};
use crate::exchange::ids::Named;
use crate::exchange::world::Mailbox;

fn id(sheet: &mut Sheet, name: &str, mailbox: &Mailbox, key: u64) {
    let change_key = ids::change_key(Named::Folder(key), tree::changed(mailbox, key));
    sheet.empty(name, &[("Id", &ids::folder(mailbox, key)), ("ChangeKey", &change_key)]);
}

/// What DavMail asks of folders: the class, the numbers, and a counter that shows that something changed.
fn extended(mailbox: &Mailbox, key: u64, property: &Extended) -> Option<String> {
    let held = mailbox.in_folder(key);
    Some(match property.tag()? {
        0x3613 => tree::class(key)?.to_owned(),
        0x3602 => held.count().to_string(),
        0x3603 => held.filter(|message| !message.read).count().to_string(),
        0x3638 => tree::children(mailbox, key).len().to_string(),
        0x6751 => held.map(|message| message.placed).max().unwrap_or(0).saturating_add(1).to_string(),
        0x670a => {
            let left = mailbox.departures.iter().filter(|left| left.folder == key).map(|left| left.when);
            let last = held.map(|message| message.changed).chain(left).max().unwrap_or(0);
            super::time(jiff::Timestamp::from_second(i64::try_from(last).ok()?).ok()?)
        }
        0x3001 => tree::name(mailbox, key).to_owned(),
        0x360a => super::yes(!tree::children(mailbox, key).is_empty()).to_owned(),
        _ => return None,
    })
}

/// Writes `t:Folder` or one of its like.
pub(crate) fn folder(sheet: &mut Sheet, mailbox: &Mailbox, key: u64, shape: &Shape) {
    let element = tree::element(key);
    sheet.open(element);
    id(sheet, "t:FolderId", mailbox, key);
    if shape.wants("folder:ParentFolderId", Some(Base::All))
        && let Some(parent) = tree::parent(mailbox, key)
    {
        id(sheet, "t:ParentFolderId", mailbox, parent);
    }
    if shape.wants("folder:FolderClass", Some(Base::All))
        && let Some(class) = tree::class(key)
    {
        sheet.leaf("t:FolderClass", class);
    }
    if shape.wants("folder:DisplayName", Some(Base::Default)) {
        sheet.leaf("t:DisplayName", tree::name(mailbox, key));
    }
    if shape.wants("folder:TotalCount", Some(Base::Default)) {
        sheet.leaf("t:TotalCount", &mailbox.in_folder(key).count().to_string());
    }
    if shape.wants("folder:ChildFolderCount", Some(Base::Default)) {
        sheet.leaf("t:ChildFolderCount", &tree::children(mailbox, key).len().to_string());
    }
    for property in &shape.extended {
        if let Some(value) = extended(mailbox, key, property) {
            property.write(&value, sheet);
        }
    }
    if shape.wants("folder:EffectiveRights", Some(Base::All)) {
        rights(sheet);
    }
    if shape.wants("folder:DistinguishedFolderId", Some(Base::All))
        && let Some(name) = tree::distinguished_name(key)
    {
        sheet.leaf("t:DistinguishedFolderId", name);
    }
    // Calendars and contacts count nothing unread (see `t:CalendarFolderType`).
    let counts = !["t:CalendarFolder", "t:ContactsFolder"].contains(&element);
    if counts && shape.wants("folder:UnreadCount", Some(Base::Default)) {
        let unread = mailbox.in_folder(key).filter(|message| !message.read).count();
        sheet.leaf("t:UnreadCount", &unread.to_string());
    }
    sheet.close(element);
}

/// Everything is allowed to whoever got this far.
pub(super) fn rights(sheet: &mut Sheet) {
    sheet.open("t:EffectiveRights");
    for right in ["CreateAssociated", "CreateContents", "CreateHierarchy", "Delete", "Modify", "Read"] {
        sheet.leaf(&format!("t:{right}"), "true");
    }
    sheet.leaf("t:ViewPrivateItems", "true");
    sheet.close("t:EffectiveRights");
}
