//! How a folder is shown.

use super::super::ids::{self, DISTINGUISHED, STORE};
use super::super::sheet::Sheet;
use super::{Base, Extended, Shape};
use crate::exchange::ids::Named;
use crate::exchange::world::{Mailbox, PURGED, ROOT};

/// The folder above; nothing for the topmost.
pub(crate) fn parent(mailbox: &Mailbox, key: u64) -> Option<u64> {
    mailbox.folders.get(&key).map(|folder| folder.parent)
}

fn id(sheet: &mut Sheet, name: &str, mailbox: &Mailbox, key: u64) {
    let changed = mailbox.folders.get(&key).map_or(0, |folder| folder.changed);
    let change_key = ids::change_key(Named::Folder(key), changed);
    sheet.empty(name, &[("Id", &ids::folder(mailbox, key)), ("ChangeKey", &change_key)]);
}

/// What DavMail asks of folders: the class, the numbers, and a counter that shows that something changed.
fn extended(mailbox: &Mailbox, key: u64, property: &Extended) -> Option<String> {
    let held = mailbox.in_folder(key);
    let name = mailbox.folders.get(&key).map(|folder| folder.name.clone());
    Some(match property.tag()? {
        0x3613 => "IPF.Note".to_owned(),
        0x3602 => held.count().to_string(),
        0x3603 => held.filter(|message| !message.read).count().to_string(),
        0x3638 => mailbox.children(key).count().to_string(),
        0x6751 => held.map(|message| message.placed).max().unwrap_or(0).saturating_add(1).to_string(),
        0x670a => {
            let left = mailbox.departures.iter().filter(|left| left.folder == key).map(|left| left.when);
            let last = held.map(|message| message.changed).chain(left).max().unwrap_or(0);
            super::time(jiff::Timestamp::from_second(i64::try_from(last).ok()?).ok()?)
        }
        0x3001 => name?,
        0x360a => super::yes(mailbox.children(key).next().is_some()).to_owned(),
        _ => return None,
    })
}

/// Writes `t:Folder`.
pub(crate) fn folder(sheet: &mut Sheet, mailbox: &Mailbox, key: u64, shape: &Shape) {
    sheet.open("t:Folder");
    id(sheet, "t:FolderId", mailbox, key);
    if shape.wants("folder:ParentFolderId", Some(Base::All))
        && let Some(parent) = parent(mailbox, key)
    {
        id(sheet, "t:ParentFolderId", mailbox, parent);
    }
    let is_mail = key != STORE && key != ROOT && key != PURGED;
    if shape.wants("folder:FolderClass", Some(Base::All)) && is_mail {
        sheet.leaf("t:FolderClass", "IPF.Note");
    }
    if shape.wants("folder:DisplayName", Some(Base::Default)) {
        let name = mailbox.folders.get(&key).map_or("", |folder| folder.name.as_str());
        sheet.leaf("t:DisplayName", name);
    }
    if shape.wants("folder:TotalCount", Some(Base::Default)) {
        sheet.leaf("t:TotalCount", &mailbox.in_folder(key).count().to_string());
    }
    if shape.wants("folder:ChildFolderCount", Some(Base::Default)) {
        sheet.leaf("t:ChildFolderCount", &mailbox.children(key).count().to_string());
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
        && let Some((name, _)) = DISTINGUISHED.iter().find(|(_, known)| *known == key)
    {
        sheet.leaf("t:DistinguishedFolderId", name);
    }
    if shape.wants("folder:UnreadCount", Some(Base::Default)) {
        let unread = mailbox.in_folder(key).filter(|message| !message.read).count();
        sheet.leaf("t:UnreadCount", &unread.to_string());
    }
    sheet.close("t:Folder");
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
