//! How far a folder was listed: text kept by the caller.

use jiff::Timestamp;
use mailcase_mail::{Cursor, Hashes, RemoteId, SourceError};
use serde::{Deserialize, Serialize};

/// Version of the text.
const VERSION: u32 = 1;

/// Where a message stands when messages are sorted by age; the identity decides between those of one second.
pub(crate) type Age = (Timestamp, RemoteId);

/// Where the listing of one folder stands.
///
/// With a `link`, the server knows what we have. Without one, we do: `seen` are the messages listed already, and the
/// rest of the folder is new.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Position {
    v: u32,
    /// The folder the rest is about. Another at its path is another listing.
    pub(crate) folder: String,
    /// Where the server told us to go on: what follows the base of the service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) link: Option<String>,
    /// Of the messages behind `link`, or of the whole folder when there is none: listed already.
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
            link: None,
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

    fn ids() -> [RemoteId; 3] {
        ["AAkALgAA=", "AAkALgAB=", "AAkALgAC="].map(RemoteId::new)
    }

    #[test]
    fn positions_survive_as_text() {
        let [a, b, c] = ids();
        let mut position = Position::new("AQMkAD=".to_owned());
        assert_eq!(Position::parse(&position.to_cursor()).unwrap(), position);
        position.link = Some("/users/x/mailFolders/y/messages/delta?$deltatoken=z".to_owned());
        position.out = Hashes::of([&a, &b].into_iter());
        position.newest_out = Some("2026-01-05T10:00:00Z".parse().unwrap());
        position.seen.insert(&c);
        position.unread_after = Some(("2026-01-05T10:00:00Z".parse().unwrap(), a.clone()));
        let read = Position::parse(&position.to_cursor()).unwrap();
        assert_eq!(read, position);
        assert!(read.leaves_out(&a, None) && !read.leaves_out(&c, None));
        assert!(!read.leaves_out(&a, Some("2026-01-05T10:00:01Z".parse().unwrap())), "it came later");
    }

    #[test]
    fn the_text_of_version_1_is_understood_for_ever() {
        let stored = r#"{"v":1,"folder":"F","link":"/l","seen":"eV27gs8","out":"BqOpN7I","newest_out":"2026-01-05T10:00:00Z"}"#;
        let position = Position::parse(&Cursor::new(stored)).unwrap();
        assert_eq!(position.to_cursor().as_str(), stored);
        assert_eq!((position.folder.as_str(), position.link.as_deref()), ("F", Some("/l")));
    }

    #[test]
    fn foreign_positions_are_refused() {
        for text in ["", "{}", "null", r#"{"v":2,"folder":"F"}"#, r#"{"v":1,"folder":"F","seen":"AAA"}"#] {
            let error = Position::parse(&Cursor::new(text)).unwrap_err();
            assert!(matches!(error, SourceError::Unsupported { .. }), "{text}");
        }
    }

    #[test]
    fn ten_thousand_identities_take_less_than_seventy_kilobytes() {
        let all: Vec<RemoteId> = (0..10_000).map(|n| RemoteId::new(format!("AAkALg{n:0140}="))).collect();
        let mut position = Position::new("F".to_owned());
        position.out = Hashes::of(all.iter());
        assert!(position.to_cursor().as_str().len() < 70_000);
        assert!(all.iter().all(|id| position.leaves_out(id, None)));
    }
}
