//! How far a folder was listed by a source whose server tells what changed since a mark it gave: text kept by the caller.

use crate::error::SourceError;
use crate::hashes::Hashes;
use crate::remote::{Cursor, RemoteId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Version of the text.
const VERSION: u32 = 1;

/// Where a message stands when messages are sorted by age; the identity decides between those of one second.
pub type Age = (Timestamp, RemoteId);

/// Where the listing of one folder stands.
///
/// With a `mark`, the server knows what we have. Without one, we do: `seen` are the messages listed already, and the
/// rest of the folder is new.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Position {
    v: u32,
    /// Of source: what a mark means only its own kind knows.
    kind: String,
    /// The folder the rest is about. Another at its path is another listing.
    pub folder: String,
    /// What the server gave to go on from: a link, a sync state.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mark: Option<String>,
    /// Of the messages behind `mark`, or of the whole folder when there is none: listed already.
    #[serde(default, skip_serializing_if = "Hashes::is_empty")]
    pub seen: Hashes,
    /// There at the first listing and outside its scope. They are never listed, whatever happens to them in the folder.
    #[serde(default, skip_serializing_if = "Hashes::is_empty")]
    pub out: Hashes,
    /// Received later than this means not in `out`, which may be wrong about strangers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub newest_out: Option<Timestamp>,
    /// The folder was only listed by what is unread so far, at this time for the last time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unread_until: Option<Timestamp>,
    /// Within a pass through the unread: the last one listed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unread_after: Option<Age>,
}

impl Position {
    #[must_use]
    pub fn new(kind: &str, folder: String) -> Self {
        Self {
            v: VERSION,
            kind: kind.to_owned(),
            folder,
            mark: None,
            seen: Hashes::default(),
            out: Hashes::default(),
            newest_out: None,
            unread_until: None,
            unread_after: None,
        }
    }

    /// # Errors
    /// [`SourceError::Unsupported`] when another version, or another kind of source, wrote it.
    pub fn parse(kind: &str, cursor: &Cursor) -> Result<Self, SourceError> {
        let position: Option<Self> = serde_json::from_str(cursor.as_str()).ok();
        let ours = position.filter(|position| position.v == VERSION && position.kind == kind);
        ours.ok_or_else(|| SourceError::Unsupported {
            message: "the stored position in the folder was written by another version of this program, or for another \
                      kind of connector"
                .to_owned(),
            hint: Some(
                "Use the newer version, or make the connector anew to list the folder again.".to_owned(),
            ),
        })
    }

    #[must_use]
    pub fn to_cursor(&self) -> Cursor {
        // Texts and dates: nothing that JSON cannot hold.
        Cursor::new(serde_json::to_string(self).unwrap_or_default())
    }

    /// Whether the first listing left this message out.
    #[must_use]
    pub fn leaves_out(&self, id: &RemoteId, received: Option<Timestamp>) -> bool {
        let may_be = received.is_none_or(|received| self.newest_out.is_some_and(|newest| received <= newest));
        may_be && self.out.contains(id)
    }

    /// As if the first listing had left these messages out too. They are there already, so they were received before `now`.
    pub fn leave_out(&mut self, ids: &[RemoteId], now: Timestamp) {
        for id in ids {
            self.out.insert(id);
        }
        self.newest_out = Some(now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const KIND: &str = "ews";

    #[test]
    fn the_text_of_version_1_is_understood_for_ever() {
        let stored = r#"{"v":1,"kind":"ews","folder":"F","mark":"H4sI=","seen":"eV27gs8","out":"BqOpN7I","newest_out":"2026-01-05T10:00:00Z"}"#;
        let position = Position::parse(KIND, &Cursor::new(stored)).unwrap();
        assert_eq!(position.to_cursor().as_str(), stored);
        assert_eq!((position.folder.as_str(), position.mark.as_deref()), ("F", Some("H4sI=")));
    }

    #[test]
    fn foreign_positions_are_refused() {
        for text in [
            "",
            "{}",
            "null",
            r#"{"v":1,"kind":"graph","folder":"F"}"#,
            r#"{"v":2,"kind":"ews","folder":"F"}"#,
            r#"{"v":1,"kind":"ews","folder":"F","seen":"AAA"}"#,
            r#"{"v":1,"kind":"ews","folder":"F","link":"/"}"#,
        ] {
            let error = Position::parse(KIND, &Cursor::new(text)).unwrap_err();
            assert!(matches!(error, SourceError::Unsupported { .. }), "{text}");
        }
    }

    #[test]
    fn ten_thousand_identities_take_less_than_seventy_kilobytes() {
        let all: Vec<RemoteId> = (0..10_000).map(|n| RemoteId::new(format!("AAkALg{n:0140}="))).collect();
        let mut position = Position::new(KIND, "F".to_owned());
        position.out = Hashes::of(all.iter());
        assert!(position.to_cursor().as_str().len() < 70_000);
        assert!(all.iter().all(|id| position.leaves_out(id, None)));
    }

    fn identity() -> impl Strategy<Value = RemoteId> {
        "[A-Za-z0-9+/=]{1,40}".prop_map(RemoteId::new)
    }

    fn moment() -> impl Strategy<Value = Timestamp> {
        (0_i64..4_000_000_000).prop_map(|second| Timestamp::from_second(second).unwrap())
    }

    proptest! {
        #[test]
        fn positions_survive_as_text(
            mark in proptest::option::of("[A-Za-z0-9+/=]{0,60}"),
            seen in proptest::collection::vec(identity(), 0..9), out in proptest::collection::vec(identity(), 0..9),
            newest_out in proptest::option::of(moment()), unread_until in proptest::option::of(moment()),
            unread_after in proptest::option::of((moment(), identity())),
        ) {
            let position = Position {
                mark, newest_out, unread_until, unread_after,
                seen: Hashes::of(seen.iter()), out: Hashes::of(out.iter()),
                ..Position::new(KIND, "AQMkAD=".to_owned())
            };
            let read = Position::parse(KIND, &position.to_cursor()).unwrap();
            prop_assert_eq!(&read, &position);
            prop_assert!(out.iter().all(|id| read.leaves_out(id, None)));
            if let Some(newest) = newest_out {
                let later = newest.checked_add(jiff::SignedDuration::from_secs(1)).unwrap();
                prop_assert!(!out.iter().any(|id| read.leaves_out(id, Some(later))), "it came later");
            }
        }

        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,80}") {
            let _position = Position::parse(KIND, &Cursor::new(text));
        }
    }
}
