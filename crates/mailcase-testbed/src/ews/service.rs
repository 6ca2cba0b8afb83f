//! From a call to what answers it.

mod changing;
mod events;
mod find;
mod folders;
mod items;
mod names;
mod sending;
mod sync;

pub(crate) use events::{Notification, notifications};

use super::accounts::Visitor;
use super::ids;
use super::sheet::Sheet;
use super::soap::{Call, Failure, Reply, Responses};
use super::subscriptions::Subscriptions;
use super::tree;
use crate::exchange::ids::Named;
use crate::exchange::ledger::{Entry, Event};
use crate::exchange::world::{Mailbox, PURGED, World};
use jiff::Timestamp;
use roxmltree::Node;
use std::collections::HashMap;

/// Largest page of SyncFolderItems: `MaxSyncChangesReturnedType` in Microsoft's schema.
pub(crate) const SYNC_PAGE_MAX: usize = 512;
/// Largest page of FindItem and FindFolder under the throttling policy Exchange comes with.
pub(crate) const FIND_PAGE_MAX: usize = 1000;

/// What the server can do and how much of it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    pub(crate) sync_page: usize,
    pub(crate) find_page: usize,
    pub(crate) streaming: bool,
    pub(crate) pull: bool,
}

/// What serving needs.
pub(crate) struct Site<'a> {
    pub(crate) world: &'a mut World,
    pub(crate) ledger: &'a mut Vec<Entry>,
    pub(crate) subscriptions: &'a Subscriptions,
    pub(crate) visitor: &'a Visitor,
    /// Address of whoever's mailbox this is about when nothing else is said; empty for an application by itself.
    pub(crate) acting: &'a str,
    pub(crate) now: Timestamp,
    pub(crate) limits: Limits,
    /// Which messages cannot be turned into MIME, and the code that says so.
    pub(crate) broken: &'a HashMap<String, String>,
    /// The item that fails on purpose.
    pub(crate) fault: Option<(usize, Failure)>,
}

/// A folder and the number of its mailbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FolderAt {
    pub(crate) mailbox: u32,
    pub(crate) key: u64,
}

/// A message and the number of its mailbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ItemAt {
    pub(crate) mailbox: u32,
    pub(crate) key: u64,
}

impl Site<'_> {
    pub(crate) fn mailbox(&mut self, number: u32) -> Result<&mut Mailbox, Failure> {
        let found = self.world.mailboxes.iter_mut().find(|mailbox| mailbox.number == number);
        found.ok_or_else(|| Failure::of("ErrorNonExistentMailbox"))
    }

    fn may_open(&self, mailbox: &str) -> bool {
        self.visitor.may_open(mailbox, self.acting)
    }

    /// Refuses the item at this place when it was planned so.
    fn spare(&self, index: usize) -> Result<(), Failure> {
        match &self.fault {
            Some((planned, failure)) if *planned == index => Err(failure.clone()),
            _ => Ok(()),
        }
    }

    fn note(&mut self, item: ItemAt, event: Event) {
        let entry = self.mailbox(item.mailbox).ok().and_then(|mailbox| mailbox.entry(item.key, event));
        self.ledger.extend(entry);
    }

    /// The folder a `t:FolderId` or `t:DistinguishedFolderId` means.
    pub(crate) fn folder(&mut self, node: Node<'_, '_>) -> Result<FolderAt, Failure> {
        let id = node.attribute("Id").unwrap_or_default();
        if node.tag_name().name() == "FolderId" {
            let (address, number, named) = {
                let (mailbox, named) =
                    ids::find(self.world, id).ok_or_else(|| Failure::of("ErrorInvalidIdMalformed"))?;
                (mailbox.address.clone(), mailbox.number, named)
            };
            let Named::Folder(key) = named else { return Err(Failure::of("ErrorInvalidIdMalformed")) };
            let there = tree::exists(self.mailbox(number)?, key);
            if !there || !self.may_open(&address) {
                return Err(Failure::of("ErrorFolderNotFound"));
            }
            return Ok(FolderAt { mailbox: number, key });
        }
        let user = owner_of(node).unwrap_or(self.acting).to_owned();
        let Some((number, address)) =
            self.world.find(&user).map(|mailbox| (mailbox.number, mailbox.address.clone()))
        else {
            return Err(Failure::of("ErrorNonExistentMailbox"));
        };
        let known = tree::distinguished(id);
        // Whoever may not open a mailbox is told no more than that.
        let (true, Some(key)) = (self.may_open(&address), known) else {
            return Err(Failure::of("ErrorFolderNotFound"));
        };
        Ok(FolderAt { mailbox: number, key })
    }

    /// The message a `t:ItemId` means.
    pub(crate) fn item(&mut self, node: Node<'_, '_>) -> Result<ItemAt, Failure> {
        let id = node.attribute("Id").unwrap_or_default();
        let (address, number, found) = {
            let (mailbox, named) =
                ids::find(self.world, id).ok_or_else(|| Failure::of("ErrorInvalidIdMalformed"))?;
            let Named::Place(place) = named else { return Err(Failure::of("ErrorInvalidIdMalformed")) };
            let mut held = mailbox.messages.values();
            let found = held.find(|message| message.place == place && message.folder != PURGED);
            (mailbox.address.clone(), mailbox.number, found.map(|message| message.key))
        };
        if !self.may_open(&address) {
            return Err(Failure::of("ErrorAccessDenied"));
        }
        let key = found.ok_or_else(|| Failure::of("ErrorItemNotFound"))?;
        Ok(ItemAt { mailbox: number, key })
    }

    /// The folder in an element such as `m:ToFolderId`.
    fn target(&mut self, operation: Node<'_, '_>, name: &str) -> Result<FolderAt, Failure> {
        let holder = operation.children().find(|node| node.tag_name().name() == name);
        let folder = holder.and_then(|holder| holder.children().find(Node::is_element));
        let folder = folder.ok_or_else(|| Failure::schema(&format!("The element '{name}' is missing.")))?;
        self.folder(folder)
    }
}

fn owner_of<'a>(node: Node<'a, '_>) -> Option<&'a str> {
    let mailbox = node.children().find(|child| child.tag_name().name() == "Mailbox")?;
    let address = mailbox.children().find(|child| child.tag_name().name() == "EmailAddress")?;
    address.text().map(str::trim).filter(|text| !text.is_empty())
}

/// One response for every one of the references in a list.
fn each(
    site: &mut Site<'_>,
    call: &Call<'_>,
    list: &str,
    within: &str,
    mut serve: impl FnMut(&mut Site<'_>, Node<'_, '_>) -> Result<Sheet, Failure>,
) -> Result<Reply, Failure> {
    let mut responses = Responses::new(call.name());
    for (index, node) in super::shape::listed(call.operation, list)?.into_iter().enumerate() {
        let outcome = site.spare(index).and_then(|()| serve(site, node));
        responses.push(outcome, within);
    }
    Ok(responses.finish())
}

/// Serves everything but streamed notifications.
pub(crate) fn serve(site: &mut Site<'_>, call: &Call<'_>) -> Result<Reply, Failure> {
    match call.name() {
        "GetFolder" => folders::get(site, call),
        "FindFolder" => folders::find(site, call),
        "CreateFolder" => folders::create(site, call),
        "DeleteFolder" => folders::delete(site, call),
        "SyncFolderHierarchy" => folders::sync(site, call),
        "SyncFolderItems" => sync::serve(site, call),
        "FindItem" => find::serve(site, call),
        "GetItem" => items::get(site, call),
        "UpdateItem" => changing::update(site, call),
        "MoveItem" => changing::relocate(site, call, false),
        "CopyItem" => changing::relocate(site, call, true),
        "DeleteItem" => changing::delete(site, call),
        "CreateItem" => sending::create(site, call),
        "SendItem" => sending::send(site, call),
        "ConvertId" => names::convert_id(site, call),
        "ResolveNames" => names::resolve_names(site, call),
        "GetUserConfiguration" => names::user_configuration(call),
        "GetServerTimeZones" => names::time_zones(call),
        "Subscribe" => events::subscribe(site, call),
        "Unsubscribe" => events::unsubscribe(site, call),
        "GetEvents" => events::get(site, call),
        other => Err(Failure::new(
            "ErrorInvalidRequest",
            &format!("The operation '{other}' is not known to this server."),
        )),
    }
}
