//! How far a folder was listed, and the identities handed out: text kept by the caller.

use crate::wire::uid_set;
use jiff::civil::Date;
use mailcase_mail::{Cursor, RemoteId, SourceError};
use serde::{Deserialize, Serialize};

/// Version of the cursor's text.
const VERSION: u32 = 1;

/// New UIDs are kept as pending up to this length of text: it is written with every page.
const PENDING_SHORT: usize = 2_000;

/// Where the listing of one folder stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Position {
    v: u32,
    pub(crate) uidvalidity: u32,
    /// Lowest UID not listed yet, apart from `pending`. Moves past what was seen only, never past a gap a
    /// slow server may still fill.
    pub(crate) next: u32,
    /// Messages below this UID were there before the first listing and not all of them were wanted.
    pub(crate) baseline: u32,
    /// The day before the first listing: what was received later is wanted again after a reset.
    pub(crate) since: Date,
    /// Found once and to be listed still, as a set. Kept here because the search may find less next time:
    /// somebody reads a message, and it would be lost.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pending: String,
    /// Of those pending, only what was received on this day or later.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) not_before: Option<Date>,
}

impl Position {
    pub(crate) fn new(uidvalidity: u32, next: u32, baseline: u32, since: Date, pending: &[u32]) -> Self {
        Self {
            v: VERSION,
            uidvalidity,
            next,
            baseline,
            since,
            pending: uid_set::compress(pending),
            not_before: None,
        }
    }

    pub(crate) fn parse(cursor: &Cursor) -> Result<Self, SourceError> {
        let position: Option<Self> = serde_json::from_str(cursor.as_str()).ok();
        position
            .filter(|position| position.v == VERSION && uid_set::parse(&position.pending).is_some())
            .ok_or_else(|| SourceError::Unsupported {
                message: "the stored position in the folder was written by another version of this program"
                    .to_owned(),
                hint: Some(
                    "Use the newer version, or make the connector anew to list the folder again.".to_owned(),
                ),
            })
    }

    pub(crate) fn to_cursor(&self) -> Cursor {
        // Numbers, dates and a string: nothing that JSON cannot hold.
        Cursor::new(serde_json::to_string(self).unwrap_or_default())
    }

    pub(crate) fn has_pending(&self) -> bool {
        !self.pending.is_empty()
    }

    pub(crate) fn set_pending(&mut self, uids: &[u32]) {
        self.pending = uid_set::compress(uids);
    }

    /// Takes up to `limit` of the pending UIDs, lowest first.
    pub(crate) fn take_pending(&mut self, limit: usize) -> Vec<u32> {
        let mut taken = Vec::new();
        let mut left = Vec::new();
        for (first, last) in uid_set::parse(&self.pending).unwrap_or_default() {
            let room = u32::try_from(limit.saturating_sub(taken.len())).unwrap_or(u32::MAX);
            let next = first.saturating_add(room).min(last.saturating_add(1));
            taken.extend(first..next);
            if next <= last {
                left.push((next, last));
            }
        }
        self.pending = uid_set::from_ranges(&left);
        taken
    }

    /// Moves past the first `room` of `new`, the sorted UIDs not listed yet, and leaves only those. The others are
    /// kept as pending if that is short, which spares the server the same search for the next page.
    pub(crate) fn pass(&mut self, new: &mut Vec<u32>, room: usize) {
        let rest = new.split_off(room.min(new.len()));
        let pending = uid_set::compress(&rest);
        let last = if pending.len() > PENDING_SHORT { new.last() } else { rest.last().or(new.last()) };
        if let Some(last) = last {
            self.next = last.saturating_add(1);
        }
        if pending.len() <= PENDING_SHORT {
            self.pending = pending;
        }
    }
}

/// `uidvalidity.uid`: never names another message, whatever becomes of the folder.
pub(crate) fn remote_id(uidvalidity: u32, uid: u32) -> RemoteId {
    RemoteId::new(format!("{uidvalidity}.{uid}"))
}

/// Reads an identity back; nothing when it is not one of ours.
pub(crate) fn parse_remote_id(id: &RemoteId) -> Option<(u32, u32)> {
    let (uidvalidity, uid) = id.as_str().split_once('.')?;
    let (uidvalidity, uid) = (uidvalidity.parse().ok()?, uid.parse().ok().filter(|&uid| uid != 0)?);
    // Written in another way it is no identity of ours, and would be answered by another name.
    (remote_id(uidvalidity, uid) == *id).then_some((uidvalidity, uid))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_survive_as_text() {
        let mut position = Position::new(7, 100, 90, "2026-11-20".parse().unwrap(), &[1, 2, 3, 9]);
        position.not_before = Some("2026-01-01".parse().unwrap());
        assert_eq!(Position::parse(&position.to_cursor()).unwrap(), position);
        assert_eq!(position.take_pending(3), [1, 2, 3]);
        assert!(position.has_pending());
        assert_eq!(position.take_pending(3), [9]);
        assert!(!position.has_pending());
    }

    #[test]
    fn new_ones_are_passed_page_by_page_without_a_gap() {
        for step in [1, 2] {
            let all: Vec<u32> = (0..1_500).map(|n| 10 + n * step).collect();
            let mut position = Position::new(7, 10, 10, "2026-11-20".parse().unwrap(), &[]);
            let mut listed = Vec::new();
            while listed.len() < all.len() {
                let mut page = position.take_pending(400);
                if !position.has_pending() {
                    let mut new: Vec<u32> = all.iter().copied().filter(|&uid| uid >= position.next).collect();
                    position.pass(&mut new, 400 - page.len());
                    page.extend(new);
                }
                assert!(!page.is_empty() && page.len() <= 400);
                listed.extend(page);
            }
            assert_eq!(listed, all);
            assert_eq!((position.next, position.has_pending()), (all[1_499] + 1, false));
        }
    }

    #[test]
    fn the_text_of_version_1_is_understood_for_ever() {
        let stored =
            r#"{"v":1,"uidvalidity":7,"next":100,"baseline":90,"since":"2026-11-20","pending":"1:3,9"}"#;
        let position = Position::parse(&Cursor::new(stored)).unwrap();
        assert_eq!(position, Position::new(7, 100, 90, "2026-11-20".parse().unwrap(), &[1, 2, 3, 9]));
        assert_eq!(position.to_cursor().as_str(), stored);
    }

    #[test]
    fn foreign_positions_are_refused() {
        for text in
            ["", "{}", "null", r#"{"v":2,"uidvalidity":7,"next":1,"baseline":1,"since":"2026-11-20"}"#]
        {
            let error = Position::parse(&Cursor::new(text)).unwrap_err();
            assert!(matches!(error, SourceError::Unsupported { .. }), "{text}");
        }
    }

    #[test]
    fn identities_survive_as_text() {
        assert_eq!(parse_remote_id(&remote_id(u32::MAX, 1)), Some((u32::MAX, 1)));
        for text in [
            "",
            "1",
            "1.",
            ".1",
            "1.0",
            "1.2.3",
            "a.b",
            "1.-2",
            "4294967296.1",
            "01.2",
            "1.02",
            "+1.2",
            "1.+2",
            "1.2 ",
        ] {
            assert_eq!(parse_remote_id(&RemoteId::new(text)), None, "{text}");
        }
    }
}
