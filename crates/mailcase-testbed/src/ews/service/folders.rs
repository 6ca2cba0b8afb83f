//! Folders: one, the tree, what changed in the tree.

use super::super::ids;
use super::super::restriction::Restriction;
use super::super::shape::{self, Shape};
use super::super::sheet::Sheet;
use super::super::soap::{Call, Failure, Reply, child, single, text_of};
use super::super::tree::{self, STORE};
use super::sync::State;
use super::{FolderAt, Site, each};
use crate::exchange::ids::Named;
use crate::exchange::world::Mailbox;
use roxmltree::Node;

/// In which schema order wants it behind an error.
const NOTHING: &str = "<m:Folders/>";

pub(super) fn get(site: &mut Site<'_>, call: &Call<'_>) -> Result<Reply, Failure> {
    let shape = Shape::read(call.operation, "FolderShape")?;
    each(site, call, "FolderIds", NOTHING, |site, node| {
        let FolderAt { mailbox, key } = site.folder(node)?;
        Ok(shown(site.mailbox(mailbox)?, key, &shape))
    })
}

fn shown(mailbox: &Mailbox, key: u64, shape: &Shape) -> Sheet {
    let mut sheet = Sheet::default();
    sheet.open("m:Folders");
    shape::folder(&mut sheet, mailbox, key, shape);
    sheet.close("m:Folders");
    sheet
}

/// Everything below a folder, parents before children.
fn below(mailbox: &Mailbox, key: u64, deep: bool, into: &mut Vec<u64>) {
    for child in tree::children(mailbox, key) {
        into.push(child);
        if deep {
            below(mailbox, child, true, into);
        }
    }
}

pub(super) fn find(site: &mut Site<'_>, call: &Call<'_>) -> Result<Reply, Failure> {
    let shape = Shape::read(call.operation, "FolderShape")?;
    let deep = call.operation.attribute("Traversal") == Some("Deep");
    let restriction = Restriction::read(call.operation)?;
    each(site, call, "ParentFolderIds", "", |site, node| {
        let FolderAt { mailbox, key } = site.folder(node)?;
        let page = Page::read(call.operation, "IndexedPageFolderView", site.limits.find_page)?;
        let mailbox = site.mailbox(mailbox)?;
        let mut found = Vec::new();
        below(mailbox, key, deep, &mut found);
        let mut accepted = Vec::new();
        for key in found {
            if restriction.as_ref().is_none_or(|wanted| wanted.accepts_folder(mailbox, key)) {
                accepted.push(key);
            }
        }
        let mut sheet = Sheet::default();
        let (from, to) = page.open(&mut sheet, accepted.len());
        sheet.open("t:Folders");
        for key in accepted.get(from..to).unwrap_or_default() {
            shape::folder(&mut sheet, mailbox, *key, &shape);
        }
        sheet.close("t:Folders").close("m:RootFolder");
        Ok(sheet)
    })
}

/// Which part of a list is wanted.
pub(super) struct Page {
    offset: usize,
    from_end: bool,
    size: usize,
}

impl Page {
    pub(super) fn read(operation: Node<'_, '_>, view: &str, max: usize) -> Result<Self, Failure> {
        let view = operation.children().find(|node| node.tag_name().name() == view);
        let number = |name: &str| -> Result<Option<usize>, Failure> {
            let text = view.and_then(|view| view.attribute(name));
            let bad = || Failure::schema(&format!("The attribute '{name}' is no number."));
            text.map(|text| text.parse().map_err(|_| bad())).transpose()
        };
        let size = number("MaxEntriesReturned")?.unwrap_or(max);
        if size == 0 {
            return Err(Failure::of("ErrorInvalidPagingMaxRows"));
        }
        let from_end = view.and_then(|view| view.attribute("BasePoint")) == Some("End");
        Ok(Self { offset: number("Offset")?.unwrap_or(0), from_end, size: size.min(max) })
    }

    /// Opens `m:RootFolder` for a list of this length and says which part of it follows.
    pub(super) fn open(&self, sheet: &mut Sheet, total: usize) -> (usize, usize) {
        let (from, to, next, last) = if self.from_end {
            let to = total.saturating_sub(self.offset);
            let from = to.saturating_sub(self.size);
            (from, to, total.saturating_sub(from), from == 0)
        } else {
            let from = self.offset.min(total);
            let to = from.saturating_add(self.size).min(total);
            (from, to, to, to == total)
        };
        sheet.open_with(
            "m:RootFolder",
            &[
                ("IndexedPagingOffset", &next.to_string()),
                ("TotalItemsInView", &total.to_string()),
                ("IncludesLastItemInRange", shape::yes(last)),
            ],
        );
        (from, to)
    }
}

pub(super) fn create(site: &mut Site<'_>, call: &Call<'_>) -> Result<Reply, Failure> {
    let FolderAt { mailbox: number, key: parent } = site.target(call.operation, "ParentFolderId")?;
    each(site, call, "Folders", NOTHING, |site, node| {
        let mailbox = site.mailbox(number)?;
        let key = mailbox
            .create_folder(parent, text_of(node, "DisplayName"))
            .ok_or_else(|| Failure::of("ErrorFolderExists"))?;
        Ok(shown(mailbox, key, &Shape::ID_ONLY))
    })
}

pub(super) fn delete(site: &mut Site<'_>, call: &Call<'_>) -> Result<Reply, Failure> {
    each(site, call, "FolderIds", "", |site, node| {
        let FolderAt { mailbox, key } = site.folder(node)?;
        if key == STORE || tree::is_built_in(key) {
            return Err(Failure::of("ErrorDeleteDistinguishedFolder"));
        }
        let now = site.now;
        site.mailbox(mailbox)?.delete_folder(key, now);
        Ok(Sheet::default())
    })
}

/// SyncFolderHierarchy: the folders below one that are new or changed since, and those that are gone.
pub(super) fn sync(site: &mut Site<'_>, call: &Call<'_>) -> Result<Reply, Failure> {
    Ok(single("SyncFolderHierarchy", hierarchy(site, call), ""))
}

fn hierarchy(site: &mut Site<'_>, call: &Call<'_>) -> Result<Sheet, Failure> {
    let shape = Shape::read(call.operation, "FolderShape")?;
    let FolderAt { mailbox, key } = match child(call.operation, "SyncFolderId") {
        Some(_) => site.target(call.operation, "SyncFolderId")?,
        None => {
            let address = site.acting.to_owned();
            let found = site.world.find(&address).ok_or_else(|| Failure::of("ErrorNonExistentMailbox"))?;
            FolderAt { mailbox: found.number, key: crate::exchange::world::ROOT }
        }
    };
    let mailbox = site.mailbox(mailbox)?;
    let since = State::read(call.operation, mailbox, key)?.since;
    let mut found = Vec::new();
    below(mailbox, key, true, &mut found);
    let mut sheet = Sheet::default();
    sheet.leaf("m:SyncState", &State::at(mailbox, key).text());
    sheet.leaf("m:IncludesLastFolderInRange", "true").open("m:Changes");
    for key in found {
        let changed = tree::changed(mailbox, key);
        if since > 0 && changed <= since {
            continue;
        }
        // A folder gets its number when it is made.
        let name = if since > 0 && key <= since { "t:Update" } else { "t:Create" };
        sheet.open(name);
        shape::folder(&mut sheet, mailbox, key, &shape);
        sheet.close(name);
    }
    for (gone, when) in mailbox.removed_folders.iter().filter(|(_, when)| since > 0 && *when > since) {
        let change_key = ids::change_key(Named::Folder(*gone), *when);
        sheet.open("t:Delete");
        sheet.empty("t:FolderId", &[("Id", &ids::folder(mailbox, *gone)), ("ChangeKey", &change_key)]);
        sheet.close("t:Delete");
    }
    sheet.close("m:Changes");
    Ok(sheet)
}
