//! How large messages are in the store of Exchange and when they came, from their listing to their fetch.

use crate::items::Item;
use jiff::Timestamp;
use mailcase_mail::RemoteId;
use std::collections::HashMap;

/// Some ten megabytes of memory. What is not known is asked for.
const KNOWN_MAX: usize = 50_000;

/// Sizes of messages that were listed and not fetched.
#[derive(Debug, Default)]
pub(crate) struct Sizes(HashMap<RemoteId, Listed>);

#[derive(Debug, Clone, Copy)]
struct Listed {
    size: u64,
    received: Option<Timestamp>,
}

impl Sizes {
    pub(crate) fn of(&self, id: &RemoteId) -> Option<u64> {
        self.0.get(id).map(|listed| listed.size)
    }

    pub(crate) fn received(&self, id: &RemoteId) -> Option<Timestamp> {
        self.0.get(id)?.received
    }

    pub(crate) fn learn(&mut self, items: &[Item]) {
        for item in items {
            if let Some(size) = item.size {
                self.note(item.id(), size, item.head.received);
            }
        }
    }

    pub(crate) fn note(&mut self, id: &RemoteId, size: u64, received: Option<Timestamp>) {
        if self.0.len() >= KNOWN_MAX {
            self.0.clear();
        }
        self.0.insert(id.clone(), Listed { size, received });
    }

    pub(crate) fn forget(&mut self, ids: &[RemoteId]) {
        for id in ids {
            self.0.remove(id);
        }
    }
}
