//! Looking through a folder: what changed since a sync state, all of it, or what is unread.

use crate::client::{Call, EwsClient};
use crate::items::{Item, SHAPE, boolean, by_age, folder_id, identity};
use crate::refusal::Trouble;
use crate::wire::{Element, escaped};
use jiff::Timestamp;
use mailcase_mail::{RemoteId, SourceError};
use std::collections::BTreeMap;

/// Changes asked for at once: the most there may be (MS-OXWSSYNC 3.1.4.2.3.5).
const CHANGES_MAX: usize = 512;
/// The longest sync state that is kept: the text is stored after each page. Those of Exchange have some kilobytes, and
/// in folders of hundred thousands some hundreds of them.
pub(crate) const STATE_MAX_BYTES: usize = 2 << 20;
/// Items asked for at once in a list: the most Exchange gives (`EwsFindCountLimit`).
const LIST_PAGE: usize = 1000;
/// More messages than this a folder does not hold, whatever the server says: what it says is kept in memory.
const MESSAGES_MAX: usize = 5_000_000;
/// How often a pass is begun anew when the server lost its thread.
const STARTS_MAX: usize = 3;
/// A server that goes on about nothing is going in circles.
const IDLE_PAGES_MAX: usize = 100;

/// Everything in a folder, oldest first, and the state from which changes are told afterwards, if one is kept.
#[derive(Debug)]
pub(crate) struct Everything {
    pub(crate) items: Vec<Item>,
    pub(crate) state: Option<String>,
}

/// What changed, and from where it goes on.
#[derive(Debug)]
pub(crate) struct Changes {
    /// New, or changed in what it is.
    pub(crate) items: Vec<Item>,
    pub(crate) removed: Vec<RemoteId>,
    pub(crate) state: String,
    pub(crate) more: bool,
}

/// Which of the unread messages a list is of.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Which {
    pub(crate) since: Option<Timestamp>,
    /// As soon as there are so many and no younger one can be as old as these, it is enough.
    pub(crate) enough: usize,
}

/// One folder to look through.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scan<'a> {
    client: &'a EwsClient,
    folder: &'a str,
}

impl<'a> Scan<'a> {
    pub(crate) const fn new(client: &'a EwsClient, folder: &'a str) -> Self {
        Self { client, folder }
    }

    /// What changed since a state, or since there was nothing, in at most `size` changes if the server obeys.
    pub(crate) async fn changes(&self, state: Option<&str>, size: usize) -> Result<Changes, Trouble> {
        let folder = folder_id(self.folder);
        let state =
            state.map_or_else(String::new, |state| format!("<m:SyncState>{}</m:SyncState>", escaped(state)));
        let size = size.clamp(1, CHANGES_MAX);
        let call = Call::new(format!(
            "<m:SyncFolderItems>{SHAPE}<m:SyncFolderId>{folder}</m:SyncFolderId>{state}<m:MaxChangesReturned>{size}\
             </m:MaxChangesReturned><m:SyncScope>NormalItems</m:SyncScope></m:SyncFolderItems>"
        ));
        let answer = self.client.one(&call).await?;
        Ok(changes_of(&answer)?)
    }

    /// The whole folder. What goes on meanwhile is behind the state.
    pub(crate) async fn everything(&self) -> Result<Everything, Trouble> {
        let mut starts = 0;
        loop {
            starts += 1;
            match self.round().await {
                Err(Trouble::Refused(refusal)) if refusal.is_resync() && starts < STARTS_MAX => {}
                other => return other,
            }
        }
    }

    async fn round(&self) -> Result<Everything, Trouble> {
        let mut found: BTreeMap<RemoteId, Item> = BTreeMap::new();
        let mut state: Option<String> = None;
        let mut progress = Progress::default();
        loop {
            let changes = self.changes(state.as_deref(), CHANGES_MAX).await?;
            for id in &changes.removed {
                found.remove(id);
            }
            found.extend(changes.items.into_iter().map(|item| (item.id().clone(), item)));
            progress.with(found.len())?;
            if !changes.more {
                let mut items: Vec<Item> = found.into_values().collect();
                by_age(&mut items);
                let state = Some(changes.state).filter(|state| state.len() <= STATE_MAX_BYTES);
                return Ok(Everything { items, state });
            }
            state = Some(changes.state);
        }
    }

    /// What is unread, oldest first. Goes on from the age of the last message and not by places: a message taken out
    /// meanwhile would shift another one past us.
    pub(crate) async fn unread(&self, which: Which) -> Result<Vec<Item>, Trouble> {
        let mut found: BTreeMap<RemoteId, Item> = BTreeMap::new();
        let mut from = which.since;
        let mut skip: usize = 0;
        let mut progress = Progress::default();
        loop {
            let (items, complete) = self.unread_page(from, skip).await?;
            let size = items.len();
            let last = items.iter().filter_map(|item| item.head.received).max();
            found.extend(items.into_iter().map(|item| (item.id().clone(), item)));
            progress.with(found.len())?;
            let older =
                found.values().filter(|item| item.head.received.is_none() || item.head.received < last);
            if complete || size == 0 || older.count() >= which.enough {
                break;
            }
            if last > from {
                (from, skip) = (last, 0);
            } else {
                // All of one second: only places tell them apart.
                skip = skip.saturating_add(size);
            }
        }
        let mut items: Vec<Item> = found.into_values().collect();
        by_age(&mut items);
        Ok(items)
    }

    async fn unread_page(&self, from: Option<Timestamp>, skip: usize) -> Result<(Vec<Item>, bool), Trouble> {
        let unread = "<t:IsEqualTo><t:FieldURI FieldURI=\"message:IsRead\"/><t:FieldURIOrConstant>\
                      <t:Constant Value=\"false\"/></t:FieldURIOrConstant></t:IsEqualTo>";
        let restriction = from.map_or_else(
            || unread.to_owned(),
            |from| {
                let from = from.strftime("%Y-%m-%dT%H:%M:%SZ");
                format!(
                    "<t:And>{unread}<t:IsGreaterThanOrEqualTo><t:FieldURI FieldURI=\"item:DateTimeReceived\"/>\
                     <t:FieldURIOrConstant><t:Constant Value=\"{from}\"/></t:FieldURIOrConstant>\
                     </t:IsGreaterThanOrEqualTo></t:And>"
                )
            },
        );
        let page = self.find_items(LIST_PAGE, skip, &restriction, "Ascending").await?;
        let items = page.child("Items").map(|items| items.children.as_slice()).unwrap_or_default();
        let items = items.iter().map(Item::of).collect::<Result<Vec<Item>, SourceError>>()?;
        let complete = page.attribute("IncludesLastItemInRange").and_then(boolean);
        let complete = complete.unwrap_or(items.is_empty());
        Ok((items, complete))
    }

    /// The newest message, if there is one.
    pub(crate) async fn newest(&self) -> Result<Option<Item>, Trouble> {
        let page = self.find_items(1, 0, "", "Descending").await?;
        let first = page.child("Items").and_then(|items| items.children.first());
        Ok(first.map(Item::of).transpose()?)
    }

    /// The `RootFolder` of a FindItem sorted by age.
    pub(crate) async fn find_items(
        &self,
        size: usize,
        skip: usize,
        restriction: &str,
        order: &str,
    ) -> Result<Element, Trouble> {
        let restriction = match restriction {
            "" => String::new(),
            some => format!("<m:Restriction>{some}</m:Restriction>"),
        };
        let folder = folder_id(self.folder);
        let call = Call::new(format!(
            "<m:FindItem Traversal=\"Shallow\">{SHAPE}<m:IndexedPageItemView MaxEntriesReturned=\"{size}\" \
             Offset=\"{skip}\" BasePoint=\"Beginning\"/>{restriction}<m:SortOrder><t:FieldOrder Order=\"{order}\">\
             <t:FieldURI FieldURI=\"item:DateTimeReceived\"/></t:FieldOrder></m:SortOrder><m:ParentFolderIds>{folder}\
             </m:ParentFolderIds></m:FindItem>"
        ));
        let mut answer = self.client.one(&call).await?;
        let at = answer.children.iter().position(|child| child.name == "RootFolder");
        let root = at.map(|at| answer.children.swap_remove(at));
        Ok(root.ok_or_else(|| wrong("a list without its folder"))?)
    }
}

fn changes_of(answer: &Element) -> Result<Changes, SourceError> {
    let state = answer.text_at(&["SyncState"]).filter(|state| !state.is_empty());
    let state = state.ok_or_else(|| wrong("changes without a state"))?.to_owned();
    let ends = answer.text_at(&["IncludesLastItemInRange"]).and_then(boolean);
    let more = !ends.ok_or_else(|| wrong("changes without saying whether there are more"))?;
    let mut changes = Changes { items: Vec::new(), removed: Vec::new(), state, more };
    for change in answer.child("Changes").map(|changes| changes.children.as_slice()).unwrap_or_default() {
        match change.name.as_str() {
            "Create" | "Update" => {
                let item = change.children.first().ok_or_else(|| wrong("a change of nothing"))?;
                changes.items.push(Item::of(item)?);
            }
            "Delete" => changes.removed.extend(identity(change, "ItemId").map(RemoteId::new)),
            // Read or not, it is the same message.
            _ => {}
        }
    }
    Ok(changes)
}

fn wrong(what: &str) -> SourceError {
    SourceError::Protocol { message: format!("Exchange answers with {what}") }
}

/// Whether a pass gets anywhere.
#[derive(Debug, Default)]
struct Progress {
    found: usize,
    idle: usize,
}

impl Progress {
    /// After each page: how many were found so far.
    fn with(&mut self, found: usize) -> Result<(), SourceError> {
        self.idle = if found > self.found { 0 } else { self.idle.saturating_add(1) };
        self.found = found;
        if self.idle > IDLE_PAGES_MAX {
            let message = format!("Exchange answered with {IDLE_PAGES_MAX} pages in which nothing was new");
            return Err(SourceError::Protocol { message });
        }
        if found > MESSAGES_MAX {
            let message = format!("Exchange lists more than {MESSAGES_MAX} messages in one folder");
            return Err(SourceError::Protocol { message });
        }
        Ok(())
    }
}
