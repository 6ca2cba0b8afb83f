//! A set of identities in little room: what a cursor has to remember of messages is whether it knows them.

use crate::remote::RemoteId;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest as _, Sha256};
use std::collections::BTreeSet;

/// Five bytes of a hash: of 100,000 identities known, one in ten million strangers is taken for one of them.
const BYTES: usize = 5;

/// Identities by their hashes. Serialized as one text, which is good for ever: cursors hold it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Hashes(BTreeSet<[u8; BYTES]>);

fn hash(id: &RemoteId) -> [u8; BYTES] {
    let digest = Sha256::digest(id.as_str().as_bytes());
    let mut short = [0; BYTES];
    for (to, from) in short.iter_mut().zip(digest) {
        *to = from;
    }
    short
}

impl Hashes {
    #[must_use]
    pub fn of<'a>(ids: impl Iterator<Item = &'a RemoteId>) -> Self {
        Self(ids.map(hash).collect())
    }

    /// Whether it was put in; of strangers, now and then, too.
    #[must_use]
    pub fn contains(&self, id: &RemoteId) -> bool {
        !self.0.is_empty() && self.0.contains(&hash(id))
    }

    pub fn insert(&mut self, id: &RemoteId) {
        self.0.insert(hash(id));
    }

    pub fn remove(&mut self, id: &RemoteId) {
        self.0.remove(&hash(id));
    }

    pub fn keep_only(&mut self, others: &Self) {
        self.0.retain(|hash| others.0.contains(hash));
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn clear(&mut self) {
        self.0.clear();
    }
}

impl Serialize for Hashes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let bytes: Vec<u8> = self.0.iter().flatten().copied().collect();
        serializer.serialize_str(&STANDARD_NO_PAD.encode(bytes))
    }
}

impl<'de> Deserialize<'de> for Hashes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let bytes = STANDARD_NO_PAD.decode(text).map_err(serde::de::Error::custom)?;
        let (all, rest) = bytes.as_chunks::<BYTES>();
        if !rest.is_empty() {
            return Err(serde::de::Error::custom("a set of identities that is cut short"));
        }
        Ok(Self(all.iter().copied().collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_put_in_is_found_after_a_way_through_text() {
        let ids = ["AAkALgAA=", "AAkALgAB=", "AAkALgAC="].map(RemoteId::new);
        let mut hashes = Hashes::of(ids.iter().take(2));
        let text = serde_json::to_string(&hashes).unwrap();
        assert_eq!(serde_json::from_str::<Hashes>(&text).unwrap(), hashes);
        assert_eq!(ids.each_ref().map(|id| hashes.contains(id)), [true, true, false]);
        hashes.keep_only(&Hashes::of(ids.iter().skip(1)));
        assert_eq!(ids.each_ref().map(|id| hashes.contains(id)), [false, true, false]);
        hashes.remove(&ids[1]);
        assert!(hashes.is_empty());
        assert!(serde_json::from_str::<Hashes>("\"AAA\"").is_err(), "cut short");
    }
}
