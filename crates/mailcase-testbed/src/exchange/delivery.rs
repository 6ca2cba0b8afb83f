//! How messages come into mailboxes: from outside, and from one mailbox to another.

use super::ids::{self, Named};
use super::ledger::{Entry, Event};
use super::letter::Facts;
use super::raw::Raw;
use super::world::{Arrival, INBOX, Mailbox, SENT_ITEMS, World};
use bytes::Bytes;
use jiff::Timestamp;

/// Puts a message into a mailbox as if it came from outside; its immutable identity.
pub(crate) fn arrive(
    mailbox: &mut Mailbox,
    ledger: &mut Vec<Entry>,
    arrival: Arrival,
    now: Timestamp,
) -> String {
    let key = mailbox.arrive(arrival, now);
    let id = ids::encode(mailbox.number, Named::Key(key));
    ledger.push(Entry { mailbox: mailbox.address.clone(), id: id.clone(), event: Event::Arrived });
    id
}

/// A message on its way out.
pub(crate) struct Outgoing {
    pub(crate) raw: Raw,
    pub(crate) to: Vec<String>,
}

impl Outgoing {
    /// A message that leaves at once; `keep` says in which folder a copy stays.
    pub(crate) fn new(
        mailbox: &mut Mailbox,
        ledger: &mut Vec<Entry>,
        raw: Bytes,
        keep: Option<u64>,
        now: Timestamp,
    ) -> Self {
        let facts = Facts::of(&raw);
        let raw = Raw::from(raw);
        let folder = keep.unwrap_or(SENT_ITEMS);
        if keep.is_some() {
            let arrival = Arrival { folder, raw: raw.clone(), received: now, read: true, draft: false };
            let key = mailbox.arrive(arrival, now);
            ledger.extend(mailbox.entry(key, Event::Sent));
        }
        Self { raw, to: facts.addressees().map(str::to_owned).collect() }
    }

    /// Into the inboxes of those who have a mailbox here.
    pub(crate) fn deliver(self, world: &mut World, now: Timestamp, ledger: &mut Vec<Entry>) {
        for address in self.to {
            if let Some(mailbox) = world.find(&address) {
                let arrival = Arrival {
                    folder: INBOX,
                    raw: self.raw.clone(),
                    received: now,
                    read: false,
                    draft: false,
                };
                arrive(mailbox, ledger, arrival, now);
            }
        }
    }
}
