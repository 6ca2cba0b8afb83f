//! Faults a test asks for ahead of time: each names the call it strikes.

use crate::error::SourceError;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use tokio::sync::Semaphore;

/// A call of the source, for scripts and counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Call {
    Check,
    Folders,
    Discover,
    Glance,
    Fetch,
    Inventory,
    Act,
    Translate,
    Wait,
}

/// Holds one call until the test lets it go on; made by [`FakeMailbox::hold_next`](super::FakeMailbox::hold_next).
#[derive(Debug, Clone)]
pub struct Gate {
    reached: Arc<Semaphore>,
    released: Arc<Semaphore>,
}

impl Gate {
    pub(super) fn new() -> Self {
        Self { reached: Arc::new(Semaphore::new(0)), released: Arc::new(Semaphore::new(0)) }
    }

    /// Returns once the call stands at the gate.
    pub async fn reached(&self) {
        // The semaphore is never closed, so an error cannot happen; a permit is kept so that asking twice works.
        if let Ok(permit) = self.reached.acquire().await {
            drop(permit);
        }
    }

    /// Lets the call go on. May be done before it arrives.
    pub fn release(&self) {
        self.released.add_permits(1);
    }

    pub(super) async fn pass(&self) {
        self.reached.add_permits(1);
        if let Ok(permit) = self.released.acquire().await {
            drop(permit);
        }
    }
}

/// What strikes a call.
#[derive(Debug, Clone)]
pub(super) enum Fault {
    Fail(SourceError),
    /// Goes through, once the gate is open.
    Hold(Gate),
    /// The server says nothing more; the deadline ends it.
    Hang,
    /// The connection drops after this many bytes of messages (fetch) or actions (act).
    CutAfter(u64),
}

/// Faults still to strike, oldest first, and what was called so far.
#[derive(Debug, Default)]
pub(super) struct Script {
    next: BTreeMap<Call, VecDeque<Fault>>,
    always: BTreeMap<Call, SourceError>,
    calls: BTreeMap<Call, usize>,
}

impl Script {
    pub(super) fn push(&mut self, call: Call, fault: Fault) {
        self.next.entry(call).or_default().push_back(fault);
    }

    pub(super) fn fail_always(&mut self, call: Call, error: Option<SourceError>) {
        match error {
            Some(error) => self.always.insert(call, error),
            None => self.always.remove(&call),
        };
    }

    /// Counts the call and takes the fault that strikes it.
    pub(super) fn begin(&mut self, call: Call) -> Option<Fault> {
        let count = self.calls.entry(call).or_default();
        *count = count.saturating_add(1);
        let queued = self.next.get_mut(&call).and_then(VecDeque::pop_front);
        queued.or_else(|| self.always.get(&call).cloned().map(Fault::Fail))
    }

    pub(super) fn calls(&self, call: Call) -> usize {
        self.calls.get(&call).copied().unwrap_or_default()
    }
}
