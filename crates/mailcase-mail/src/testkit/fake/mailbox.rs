//! The mailbox itself: folders, messages, identities `validity.number`, and the ledger of what was done.

use super::script::{Call, Fault, Gate, Script};
use super::source::FakeSource;
use crate::error::SourceError;
use crate::fetched::CHUNK_MAX_BYTES;
use crate::remote::{RemoteHead, RemoteId};
use crate::source::RemoteAction;
use bytes::Bytes;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::watch;

/// The folder every new mailbox has.
pub const INBOX: &str = "INBOX";

/// 2026-01-01T00:00:00Z: messages are received one second after the other from here, so that no test needs a clock.
const FIRST_RECEIVED_SECONDS: i64 = 1_767_225_600;

/// A message as the mailbox holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FakeMessage {
    pub id: RemoteId,
    pub raw: Bytes,
    pub seen: bool,
    pub received: jiff::Timestamp,
}

/// One action a source performed on one message, in the order it happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Performed {
    pub folder: String,
    pub id: RemoteId,
    pub action: RemoteAction,
}

#[derive(Debug)]
pub(super) struct Held {
    pub(super) raw: Bytes,
    pub(super) seen: bool,
    pub(super) received: jiff::Timestamp,
    /// Why the server will not give it.
    pub(super) unreadable: Option<String>,
    /// Why the server will not act on it.
    pub(super) refused: Option<String>,
}

#[derive(Debug)]
pub(super) struct HeldFolder {
    pub(super) validity: u32,
    pub(super) next: u64,
    pub(super) messages: BTreeMap<u64, Held>,
    /// Why the server will not open it.
    pub(super) closed: Option<String>,
    /// Counts arrivals, so that a wait knows whether something came since the last look.
    pub(super) arrivals: u64,
}

impl Default for HeldFolder {
    fn default() -> Self {
        Self { validity: 1, next: 1, messages: BTreeMap::new(), closed: None, arrivals: 0 }
    }
}

impl HeldFolder {
    pub(super) fn id(&self, number: u64) -> RemoteId {
        RemoteId::new(format!("{}.{number}", self.validity))
    }

    /// The number behind an identity, when it belongs to the present validity.
    pub(super) fn number(&self, id: &RemoteId) -> Option<u64> {
        let (_, number) = id.as_str().split_once('.')?;
        number.parse().ok().filter(|number: &u64| format!("{}.{number}", self.validity) == id.as_str())
    }

    pub(super) fn find(&mut self, id: &RemoteId) -> Option<&mut Held> {
        let number = self.number(id)?;
        self.messages.get_mut(&number)
    }

    pub(super) fn take(&mut self, id: &RemoteId) -> Option<Held> {
        let number = self.number(id)?;
        self.messages.remove(&number)
    }

    pub(super) fn add(&mut self, held: Held) -> RemoteId {
        let number = self.next;
        self.next = number.saturating_add(1);
        self.arrivals = self.arrivals.saturating_add(1);
        self.messages.insert(number, held);
        self.id(number)
    }

    pub(super) fn head(&self, number: u64, held: &Held) -> RemoteHead {
        RemoteHead {
            id: self.id(number),
            size: Some(held.raw.len() as u64),
            received: Some(held.received),
            seen: Some(held.seen),
        }
    }
}

#[derive(Debug)]
pub(super) struct State {
    pub(super) folders: BTreeMap<String, HeldFolder>,
    pub(super) script: Script,
    pub(super) performed: Vec<Performed>,
    pub(super) fetched: Vec<RemoteId>,
    /// What the twin does not list.
    pub(super) hidden: BTreeSet<RemoteId>,
    pub(super) announces: bool,
    pub(super) chunk_bytes: usize,
    delivered: i64,
}

#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    /// Ticks on every arrival.
    changes: watch::Sender<u64>,
    /// Ticks when all connections are cut.
    cuts: watch::Sender<u64>,
}

/// A mailbox in memory. Clones are handles to the same mailbox.
#[derive(Debug, Clone)]
pub struct FakeMailbox(Arc<Shared>);

impl Default for FakeMailbox {
    fn default() -> Self {
        Self::new()
    }
}

impl FakeMailbox {
    /// A mailbox with an empty [`INBOX`] whose server announces new mail.
    #[must_use]
    pub fn new() -> Self {
        let state = State {
            folders: BTreeMap::from([(INBOX.to_owned(), HeldFolder::default())]),
            script: Script::default(),
            performed: Vec::new(),
            fetched: Vec::new(),
            hidden: BTreeSet::new(),
            announces: true,
            chunk_bytes: CHUNK_MAX_BYTES,
            delivered: 0,
        };
        Self(Arc::new(Shared {
            state: Mutex::new(state),
            changes: watch::Sender::new(0),
            cuts: watch::Sender::new(0),
        }))
    }

    /// A source of its own for this mailbox.
    #[must_use]
    pub fn source(&self) -> FakeSource {
        FakeSource::new(self.clone())
    }

    // What the world does.

    /// Makes an empty folder, if there is none.
    pub fn add_folder(&self, folder: &str) {
        self.state().folders.entry(folder.to_owned()).or_default();
    }

    /// Removes a folder with everything in it.
    pub fn remove_folder(&self, folder: &str) {
        self.state().folders.remove(folder);
    }

    /// The server refuses to open a folder, and says why; `None`: no longer.
    pub fn close_folder(&self, folder: &str, reason: Option<&str>) {
        if let Some(held) = self.state().folders.get_mut(folder) {
            held.closed = reason.map(str::to_owned);
        }
    }

    /// A message arrives, unread; the folder is made if needed. Received one second after the one before.
    pub fn deliver(&self, folder: &str, raw: impl Into<Bytes>) -> RemoteId {
        let received = {
            let mut state = self.state();
            state.delivered = state.delivered.saturating_add(1);
            let second = FIRST_RECEIVED_SECONDS.saturating_add(state.delivered);
            jiff::Timestamp::from_second(second).unwrap_or(jiff::Timestamp::MAX)
        };
        self.deliver_at(folder, raw, received)
    }

    /// A message arrives that the server says it received at `received`.
    pub fn deliver_at(&self, folder: &str, raw: impl Into<Bytes>, received: jiff::Timestamp) -> RemoteId {
        let held = Held { raw: raw.into(), seen: false, received, unreadable: None, refused: None };
        let id = self.state().folders.entry(folder.to_owned()).or_default().add(held);
        self.announce();
        id
    }

    /// A person moves a message; it keeps its flags and dates and gets a new identity.
    pub fn move_message(&self, from: &str, to: &str, id: &RemoteId) -> Option<RemoteId> {
        let moved = self.state().move_message(from, to, id);
        self.announce();
        moved
    }

    /// A person deletes a message for good.
    pub fn remove(&self, folder: &str, id: &RemoteId) -> bool {
        self.with_folder(folder, |folder| folder.take(id)).flatten().is_some()
    }

    pub fn mark_seen(&self, folder: &str, id: &RemoteId) {
        self.with_message(folder, id, |held| held.seen = true);
    }

    /// The twin does not see the message.
    pub fn hide_from_twin(&self, id: &RemoteId) {
        self.state().hidden.insert(id.clone());
    }

    pub fn mark_unseen(&self, folder: &str, id: &RemoteId) {
        self.with_message(folder, id, |held| held.seen = false);
    }

    /// Every message of the folder gets a new identity (IMAP: UIDVALIDITY changes). Old identities name nothing.
    pub fn reset_identities(&self, folder: &str) {
        self.with_folder(folder, |folder| {
            folder.validity = folder.validity.saturating_add(1);
            folder.next = 1;
            for (_, held) in std::mem::take(&mut folder.messages) {
                folder.add(held);
            }
        });
        self.announce();
    }

    // What is there and what was done.

    /// The messages of a folder, oldest first.
    #[must_use]
    pub fn messages(&self, folder: &str) -> Vec<FakeMessage> {
        let state = self.state();
        let Some(folder) = state.folders.get(folder) else { return Vec::new() };
        folder
            .messages
            .iter()
            .map(|(number, held)| FakeMessage {
                id: folder.id(*number),
                raw: held.raw.clone(),
                seen: held.seen,
                received: held.received,
            })
            .collect()
    }

    #[must_use]
    pub fn message(&self, folder: &str, id: &RemoteId) -> Option<FakeMessage> {
        self.messages(folder).into_iter().find(|message| message.id == *id)
    }

    #[must_use]
    pub fn folder_names(&self) -> Vec<String> {
        self.state().folders.keys().cloned().collect()
    }

    /// Everything sources did to messages that were there, in order; doing nothing to a gone one is not in here.
    #[must_use]
    pub fn performed(&self) -> Vec<Performed> {
        self.state().performed.clone()
    }

    /// How often anything was done to the message.
    #[must_use]
    pub fn times_performed(&self, folder: &str, id: &RemoteId) -> usize {
        let state = self.state();
        state.performed.iter().filter(|done| done.folder == folder && done.id == *id).count()
    }

    /// How often the message was handed out completely.
    #[must_use]
    pub fn times_fetched(&self, id: &RemoteId) -> usize {
        self.state().fetched.iter().filter(|fetched| *fetched == id).count()
    }

    /// How often sources made this call.
    #[must_use]
    pub fn calls(&self, call: Call) -> usize {
        self.state().script.calls(call)
    }

    // The script.

    /// Whether waits learn of new mail. On by default.
    pub fn set_announces(&self, announces: bool) {
        self.state().announces = announces;
    }

    /// Largest chunk sent, at most [`CHUNK_MAX_BYTES`].
    pub fn set_chunk_bytes(&self, bytes: usize) {
        self.state().chunk_bytes = bytes.clamp(1, CHUNK_MAX_BYTES);
    }

    /// The next such call fails. Several queue up.
    pub fn fail_next(&self, call: Call, error: SourceError) {
        self.state().script.push(call, Fault::Fail(error));
    }

    /// Every such call fails until [`recover`](Self::recover), after the faults queued for the next ones.
    pub fn fail_always(&self, call: Call, error: SourceError) {
        self.state().script.fail_always(call, Some(error));
    }

    /// Ends [`fail_always`](Self::fail_always).
    pub fn recover(&self, call: Call) {
        self.state().script.fail_always(call, None);
    }

    /// The next such call stands still at the gate until the test releases it.
    #[must_use]
    pub fn hold_next(&self, call: Call) -> Gate {
        let gate = Gate::new();
        self.state().script.push(call, Fault::Hold(gate.clone()));
        gate
    }

    /// The next such call hears nothing more from the server: it ends by being dropped or by its deadline.
    pub fn hang_next(&self, call: Call) {
        self.state().script.push(call, Fault::Hang);
    }

    /// The connection of the next fetch drops after `bytes` bytes of messages were sent.
    pub fn cut_next_fetch_after(&self, bytes: u64) {
        self.state().script.push(Call::Fetch, Fault::CutAfter(bytes));
    }

    /// The connection of the next act drops after `messages` messages were acted on, before the answer arrives.
    pub fn cut_next_act_after(&self, messages: u64) {
        self.state().script.push(Call::Act, Fault::CutAfter(messages));
    }

    /// The server hangs up on everybody: calls under way fail, later ones connect anew.
    pub fn cut_connections(&self) {
        self.0.cuts.send_modify(|cuts| *cuts = cuts.wrapping_add(1));
    }

    /// The server will not give this message, for `Some` reason.
    pub fn set_unreadable(&self, folder: &str, id: &RemoteId, reason: Option<&str>) {
        self.with_message(folder, id, |held| held.unreadable = reason.map(str::to_owned));
    }

    /// The server will not act on this message, for `Some` reason.
    pub fn set_refused(&self, folder: &str, id: &RemoteId, reason: Option<&str>) {
        self.with_message(folder, id, |held| held.refused = reason.map(str::to_owned));
    }

    // For the source.

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        // A test that panicked elsewhere must not hide its own message behind a second panic here.
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn changes(&self) -> watch::Receiver<u64> {
        self.0.changes.subscribe()
    }

    pub(super) fn cuts(&self) -> watch::Receiver<u64> {
        self.0.cuts.subscribe()
    }

    pub(super) fn announce(&self) {
        self.0.changes.send_modify(|changes| *changes = changes.wrapping_add(1));
    }

    fn with_folder<T>(&self, folder: &str, change: impl FnOnce(&mut HeldFolder) -> T) -> Option<T> {
        self.state().folders.get_mut(folder).map(change)
    }

    fn with_message(&self, folder: &str, id: &RemoteId, change: impl FnOnce(&mut Held)) {
        self.with_folder(folder, |folder| folder.find(id).map(change));
    }
}

impl State {
    pub(super) fn move_message(&mut self, from: &str, to: &str, id: &RemoteId) -> Option<RemoteId> {
        let held = self.folders.get_mut(from)?.take(id)?;
        Some(self.folders.entry(to.to_owned()).or_default().add(held))
    }
}
