//! A set of identities in little room: what a cursor has to remember of messages is whether it knows them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use mailcase_mail::RemoteId;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest as _, Sha256};
use std::collections::BTreeSet;

/// Five bytes of a hash: of 100,000 identities known, one in ten million strangers is taken for one of them.
const BYTES: usize = 5;

/// Identities by their hashes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Hashes(BTreeSet<[u8; BYTES]>);

fn hash(id: &RemoteId) -> [u8; BYTES] {
    let digest = Sha256::digest(id.as_str().as_bytes());
    let mut short = [0; BYTES];
    for (to, from) in short.iter_mut().zip(digest) {
        *to = from;
    }
    short
}

impl Hashes {
    pub(crate) fn of<'a>(ids: impl Iterator<Item = &'a RemoteId>) -> Self {
        Self(ids.map(hash).collect())
    }

    pub(crate) fn contains(&self, id: &RemoteId) -> bool {
        !self.0.is_empty() && self.0.contains(&hash(id))
    }

    pub(crate) fn insert(&mut self, id: &RemoteId) {
        self.0.insert(hash(id));
    }

    pub(crate) fn remove(&mut self, id: &RemoteId) {
        self.0.remove(&hash(id));
    }

    pub(crate) fn keep_only(&mut self, others: &Self) {
        self.0.retain(|hash| others.0.contains(hash));
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn clear(&mut self) {
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
