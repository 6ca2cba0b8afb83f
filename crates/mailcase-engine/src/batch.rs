//! Messages that are stored and decided together: many per transaction, few per second of waiting.

use crate::examine::Examination;
use mailcase_core::DeliveryId;
use mailcase_store::{BlobReceipt, FetchFailure, StoreError};
use tokio::task::JoinHandle;

/// Messages of a batch at most: beyond this a transaction gains nothing.
const MESSAGES: usize = 256;
/// Bytes of a batch at most. Three batches are under way at once (receiving, storing, deciding).
const BYTES: u64 = 8 << 20;

/// A message received whole, on its way into the blob store and under examination at the same time.
#[derive(Debug)]
pub(crate) struct Received {
    pub(crate) delivery: DeliveryId,
    pub(crate) received: Option<jiff::Timestamp>,
    pub(crate) receipt: JoinHandle<Result<BlobReceipt, StoreError>>,
    /// Absent for messages too large to be examined from memory; they are examined once stored.
    pub(crate) examination: Option<Examination>,
}

#[derive(Debug, Default)]
pub(crate) struct Batch {
    pub(crate) messages: Vec<Received>,
    pub(crate) failures: Vec<FetchFailure>,
    bytes: u64,
}

impl Batch {
    pub(crate) fn push(&mut self, message: Received, size: u64) {
        self.bytes = self.bytes.saturating_add(size);
        self.messages.push(message);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.messages.is_empty() && self.failures.is_empty()
    }

    pub(crate) fn is_full(&self) -> bool {
        self.messages.len().saturating_add(self.failures.len()) >= MESSAGES || self.bytes >= BYTES
    }

    /// Whether it is worth a transaction of its own while more is known to be coming.
    pub(crate) fn is_worthwhile(&self) -> bool {
        self.messages.len() >= MESSAGES / 4 || self.bytes >= BYTES / 2
    }
}
