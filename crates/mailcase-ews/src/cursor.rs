//! How far a folder was listed: text kept by the caller.

use jiff::Timestamp;
use mailcase_mail::{Cursor, Hashes, RemoteId, SourceError};
use serde::{Deserialize, Serialize};

/// Version of the text.
const VERSION: u32 = 1;
/// The longest sync state that is kept: the text is stored after each page. Those of Exchange have some kilobytes, and
/// in folders of hundred thousands some hundreds of them.
pub(crate) const STATE_MAX_BYTES: usize = 2 << 20;

/// Where a message stands when messages are sorted by age; the identity decides between those of one second.
pub(crate) type Age = (Timestamp, RemoteId);

/// Where the listing of one folder stands.
///
/// With a `state`, the server knows what we have. Without one, we do: `seen` are the messages listed already, and the
/// rest of the folder is new.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Position {
    v: u32,
    /// The folder the rest is about. Another at its path is another listing.
    pub(crate) folder: String,
    /// The sync state of SyncFolderItems.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) state: Option<String>,
    /// Of the messages behind `state`, or of the whole folder when there is none: listed already.
    #[serde(default, skip_serializing_if = "Hashes::is_empty")]
    pub(crate) seen: Hashes,
    /// There at the first listing and outside its scope. They are never listed, whatever happens to them in the folder.
    #[serde(default, skip_serializing_if = "Hashes::is_empty")]
    pub(crate) out: Hashes,
    /// Received later than this means not in `out`, which may be wrong about strangers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) newest_out: Option<Timestamp>,
    /// The folder was only listed by what is unread so far, at this time for the last time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) unread_until: Option<Timestamp>,
    /// Within a pass through the unread: the last one listed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) unread_after: Option<Age>,
}

impl Position {
    pub(crate) fn new(folder: String) -> Self {
        Self {
            v: VERSION,
            folder,
            state: None,
            seen: Hashes::default(),
            out: Hashes::default(),
            newest_out: None,
            unread_until: None,
            unread_after: None,
        }
    }

    pub(crate) fn parse(cursor: &Cursor) -> Result<Self, SourceError> {
        let position: Option<Self> = serde_json::from_str(cursor.as_str()).ok();
        position.filter(|position| position.v == VERSION).ok_or_else(|| SourceError::Unsupported {
            message: "the stored position in the folder was written by another version of this program"
                .to_owned(),
            hint: Some(
                "Use the newer version, or make the connector anew to list the folder again.".to_owned(),
            ),
        })
    }

    pub(crate) fn to_cursor(&self) -> Cursor {
        // Texts and dates: nothing that JSON cannot hold.
        Cursor::new(serde_json::to_string(self).unwrap_or_default())
    }

    /// Whether the first listing left this message out.
    pub(crate) fn leaves_out(&self, id: &RemoteId, received: Option<Timestamp>) -> bool {
        let may_be = received.is_none_or(|received| self.newest_out.is_some_and(|newest| received <= newest));
        may_be && self.out.contains(id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_text_of_version_1_is_understood_for_ever() {
        let stored = r#"{"v":1,"folder":"F","state":"H4sI=","seen":"eV27gs8","out":"BqOpN7I","newest_out":"2026-01-05T10:00:00Z"}"#;
        let position = Position::parse(&Cursor::new(stored)).unwrap();
        assert_eq!(position.to_cursor().as_str(), stored);
        assert_eq!((position.folder.as_str(), position.state.as_deref()), ("F", Some("H4sI=")));
    }

    #[test]
    fn foreign_positions_are_refused() {
        for text in [
            "",
            "{}",
            "null",
            r#"{"v":2,"folder":"F"}"#,
            r#"{"v":1,"folder":"F","seen":"AAA"}"#,
            r#"{"v":1,"folder":"F","link":"/"}"#,
        ] {
            let error = Position::parse(&Cursor::new(text)).unwrap_err();
            assert!(matches!(error, SourceError::Unsupported { .. }), "{text}");
        }
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
            state in proptest::option::of("[A-Za-z0-9+/=]{0,60}"),
            seen in proptest::collection::vec(identity(), 0..9), out in proptest::collection::vec(identity(), 0..9),
            newest_out in proptest::option::of(moment()), unread_until in proptest::option::of(moment()),
            unread_after in proptest::option::of((moment(), identity())),
        ) {
            let position = Position {
                state, newest_out, unread_until, unread_after,
                seen: Hashes::of(seen.iter()), out: Hashes::of(out.iter()),
                ..Position::new("AQMkAD=".to_owned())
            };
            let read = Position::parse(&position.to_cursor()).unwrap();
            prop_assert_eq!(&read, &position);
            prop_assert!(out.iter().all(|id| read.leaves_out(id, None)));
            if let Some(newest) = newest_out {
                let later = newest.checked_add(jiff::SignedDuration::from_secs(1)).unwrap();
                prop_assert!(!out.iter().any(|id| read.leaves_out(id, Some(later))), "it came later");
            }
        }

        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,80}") {
            let _position = Position::parse(&Cursor::new(text));
        }
    }
}
