//! Who wants to be told of what: the state of pull and streaming notifications.

use crate::exchange::locked;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::collections::BTreeMap;
use std::sync::Mutex;

/// One subscription.
#[derive(Debug, Clone)]
pub(crate) struct Subscription {
    pub(crate) mailbox: u32,
    /// All of them when there are none.
    pub(crate) folders: Vec<u64>,
    /// Names of events, such as `NewMailEvent`.
    pub(crate) kinds: Vec<String>,
    pub(crate) streaming: bool,
    /// Up to this number in the history everything was told.
    pub(crate) told: u64,
}

/// All subscriptions there are.
#[derive(Debug, Default)]
pub(crate) struct Subscriptions(Mutex<(u64, BTreeMap<String, Subscription>)>);

impl Subscriptions {
    pub(crate) fn add(&self, subscription: Subscription) -> String {
        let mut all = locked(&self.0);
        all.0 += 1;
        let id = STANDARD.encode(format!("testbed.example subscription {}", all.0));
        all.1.insert(id.clone(), subscription);
        id
    }

    pub(crate) fn get(&self, id: &str) -> Option<Subscription> {
        locked(&self.0).1.get(id).cloned()
    }

    pub(crate) fn remove(&self, id: &str) -> bool {
        locked(&self.0).1.remove(id).is_some()
    }

    pub(crate) fn clear(&self) {
        locked(&self.0).1.clear();
    }

    pub(crate) fn tell(&self, id: &str, upto: u64) {
        if let Some(held) = locked(&self.0).1.get_mut(id) {
            held.told = upto;
        }
    }
}

/// A watermark: a number in the history of one mailbox.
pub(crate) fn watermark(mailbox: u32, number: u64) -> String {
    let bytes = [mailbox.to_be_bytes().as_slice(), &number.to_be_bytes(), &[7; 12]].concat();
    STANDARD.encode(bytes)
}

pub(crate) fn read_watermark(mailbox: u32, text: &str) -> Option<u64> {
    let bytes = STANDARD.decode(text.trim()).ok()?;
    let number = u64::from_be_bytes(bytes.get(4..12)?.try_into().ok()?);
    (watermark(mailbox, number) == text.trim()).then_some(number)
}
