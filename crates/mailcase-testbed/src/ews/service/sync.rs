//! SyncFolderItems: a first round through the whole folder, then rounds of what changed, each in pages.
//!
//! A first round goes from the newest to the oldest; whoever holds a state that is not known any more begins anew.

use super::super::ids;
use super::super::shape::{self, Shape};
use super::super::sheet::Sheet;
use super::super::soap::{Call, Failure, Reply, child, elements, single, text_of};
use super::{FolderAt, SYNC_PAGE_MAX, Site};
use crate::exchange::ids::Named;
use crate::exchange::world::{Departure, Mailbox, Message};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use roxmltree::Node;
use serde::{Deserialize, Serialize};
use std::collections::HashSet;

/// Real states are some kilobytes and grow with the folder; this much at least, and this much for each message.
const STATE_BYTES_MIN: usize = 1500;
const STATE_BYTES_EACH: usize = 8;
const STATE_BYTES_MAX: usize = 60_000;

/// Where a client stands.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct State {
    mailbox: u32,
    folder: u64,
    generation: u64,
    /// Everything up to this number in the history is known to the client; nothing at 0.
    pub(crate) since: u64,
    /// The round ends here, when one is under way.
    until: Option<u64>,
    /// The last one of the page before, in the order of the round.
    after: u64,
}

impl State {
    const fn begin(mailbox: &Mailbox, folder: u64) -> Self {
        let (number, generation) = (mailbox.number, mailbox.generation);
        Self { mailbox: number, folder, generation, since: 0, until: None, after: u64::MAX }
    }

    /// Everything up to now is known.
    pub(super) const fn at(mailbox: &Mailbox, folder: u64) -> Self {
        Self { since: mailbox.sequence, after: 0, ..Self::begin(mailbox, folder) }
    }

    /// As a client gave it back.
    pub(super) fn read(operation: Node<'_, '_>, mailbox: &Mailbox, folder: u64) -> Result<Self, Failure> {
        let state = operation.children().find(|node| node.tag_name().name() == "SyncState");
        let text = state.and_then(|node| node.text()).unwrap_or_default().trim();
        if text.is_empty() {
            return Ok(Self::begin(mailbox, folder));
        }
        let bytes = STANDARD.decode(text).ok();
        let end = bytes.as_ref().and_then(|bytes| bytes.iter().position(|byte| *byte == 0));
        let read: Option<Self> =
            bytes.as_ref().zip(end).and_then(|(bytes, end)| serde_json::from_slice(bytes.get(..end)?).ok());
        read.filter(|state| {
            state.mailbox == mailbox.number
                && state.folder == folder
                && state.generation == mailbox.generation
        })
        .ok_or_else(|| Failure::of("ErrorInvalidSyncStateData"))
    }

    pub(super) fn text(&self) -> String {
        self.text_for(0)
    }

    fn text_for(&self, messages: usize) -> String {
        let mut bytes = serde_json::to_vec(self).unwrap_or_default();
        bytes.push(0);
        let size = STATE_BYTES_MIN.saturating_add(messages.saturating_mul(STATE_BYTES_EACH));
        let mut noise = self.since.wrapping_add(self.after);
        while bytes.len() < size.min(STATE_BYTES_MAX) {
            noise = noise.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            bytes.extend_from_slice(&noise.to_be_bytes());
        }
        STANDARD.encode(bytes)
    }
}

/// One thing that happened, in the order of its round.
enum Change<'a> {
    Create(&'a Message),
    Update(&'a Message),
    ReadFlag(&'a Message),
    Delete(&'a Departure),
}

pub(super) fn serve(site: &mut Site<'_>, call: &Call<'_>) -> Result<Reply, Failure> {
    let shape = Shape::read(call.operation, "ItemShape")?;
    if shape.mime {
        let text = "The property is not valid for this operation.";
        return Err(Failure::new("ErrorInvalidPropertyForOperation", text));
    }
    let wanted = text_of(call.operation, "MaxChangesReturned").parse::<usize>().ok();
    let Some(wanted) = wanted.filter(|wanted| (1..=SYNC_PAGE_MAX).contains(wanted)) else {
        return Err(Failure::schema("The value of 'MaxChangesReturned' must be between 1 and 512."));
    };
    let answer = page(site, call, &shape, wanted);
    Ok(single("SyncFolderItems", answer, ""))
}

fn page(site: &mut Site<'_>, call: &Call<'_>, shape: &Shape, wanted: usize) -> Result<Sheet, Failure> {
    site.spare(0)?;
    let FolderAt { mailbox, key } = site.target(call.operation, "SyncFolderId")?;
    let size = wanted.min(site.limits.sync_page);
    let mailbox = site.mailbox(mailbox)?;
    let mut state = State::read(call.operation, mailbox, key)?;
    let ignored: HashSet<&str> = child(call.operation, "Ignore")
        .into_iter()
        .flat_map(elements)
        .filter_map(|item| item.attribute("Id"))
        .collect();
    let until = *state.until.get_or_insert(mailbox.sequence);
    let mut changes = changes(mailbox, key, &state, until);
    changes.retain(|(_, change)| match change {
        Change::Create(message) | Change::Update(message) | Change::ReadFlag(message) => {
            !ignored.contains(ids::item(mailbox, message).as_str())
        }
        Change::Delete(_) => true,
    });
    let more = changes.len() > size;
    changes.truncate(size);
    if let Some((position, _)) = changes.last() {
        state.after = *position;
    }
    if !more {
        state.since = until;
        state.until = None;
        state.after = 0;
    }
    let mut sheet = Sheet::default();
    sheet.leaf("m:SyncState", &state.text_for(mailbox.in_folder(key).count()));
    sheet.leaf("m:IncludesLastItemInRange", shape::yes(!more)).open("m:Changes");
    for (_, change) in &changes {
        write(&mut sheet, mailbox, change, shape);
    }
    sheet.close("m:Changes");
    Ok(sheet)
}

/// What is left of the round, with each one's position in it.
fn changes<'a>(mailbox: &'a Mailbox, folder: u64, state: &State, until: u64) -> Vec<(u64, Change<'a>)> {
    if state.since == 0 {
        let in_round = |message: &&Message| message.placed <= until && message.placed < state.after;
        let mut held: Vec<_> = mailbox
            .in_folder(folder)
            .filter(in_round)
            .map(|message| (message.placed, Change::Create(message)))
            .collect();
        held.sort_by_key(|(position, _)| std::cmp::Reverse(*position));
        return held;
    }
    let from = state.since.max(state.after);
    let in_round = |number: u64| number > from && number <= until;
    let mut found: Vec<(u64, Change<'a>)> = Vec::new();
    for message in mailbox.in_folder(folder) {
        if message.placed > state.since {
            if in_round(message.placed) {
                found.push((message.placed, Change::Create(message)));
            }
        } else if in_round(message.changed) {
            let only_read = message.rewritten <= state.since;
            let change = if only_read { Change::ReadFlag(message) } else { Change::Update(message) };
            found.push((message.changed, change));
        }
    }
    // What came and went in between the client never heard of.
    let left = mailbox
        .departures
        .iter()
        .filter(|left| left.folder == folder && in_round(left.when) && left.place <= state.since);
    found.extend(left.map(|left| (left.when, Change::Delete(left))));
    found.sort_by_key(|(position, _)| *position);
    found
}

fn write(sheet: &mut Sheet, mailbox: &Mailbox, change: &Change<'_>, shape: &Shape) {
    match change {
        Change::Create(message) => {
            sheet.open("t:Create");
            shape::message(sheet, mailbox, message, shape, true);
            sheet.close("t:Create");
        }
        Change::Update(message) => {
            sheet.open("t:Update");
            shape::message(sheet, mailbox, message, shape, true);
            sheet.close("t:Update");
        }
        Change::ReadFlag(message) => {
            sheet.open("t:ReadFlagChange");
            shape::id(sheet, "t:ItemId", mailbox, message);
            sheet.leaf("t:IsRead", shape::yes(message.read)).close("t:ReadFlagChange");
        }
        Change::Delete(left) => {
            let key = ids::change_key(Named::Place(left.place), left.when);
            sheet.open("t:Delete");
            sheet.empty("t:ItemId", &[("Id", &ids::place(mailbox, left.place)), ("ChangeKey", &key)]);
            sheet.close("t:Delete");
        }
    }
}
