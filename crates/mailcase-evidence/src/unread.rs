//! What of a message could not be read, and why.

use serde::{Deserialize, Serialize};

use crate::{Defect, Evidence, Lock, Part};

/// Why something in a message was not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnreadReason {
    /// It is encrypted, and no key for it was there.
    NeedsKey,
    /// It is encrypted with a password that is not known.
    NeedsPassword,
    /// It is more than one message may cost.
    Limit,
    /// Its bytes are not what they should be.
    Damaged,
    /// Nothing here knows how to read it.
    Unsupported,
    /// It is not in the message but in another, or to be fetched.
    Elsewhere,
}

/// Something that was not read, or not to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unread<'a> {
    /// None when it concerns the message as a whole.
    pub part: Option<&'a Part>,
    pub reason: UnreadReason,
    /// For people.
    pub message: String,
}

impl Evidence {
    /// Whether some of the message is encrypted to a key that was not there.
    #[must_use]
    pub fn needs_key(&self) -> bool {
        self.root.walk().any(|part| matches!(part.lock, Some(Lock::Key { .. })))
    }

    /// Everything that was not read, in the order of the parts. A message that only breaks rules of form is read whole.
    pub fn unread(&self) -> Vec<Unread<'_>> {
        let whole = self.defects.iter().filter_map(|defect| of_defect(None, defect));
        let parts = self.root.walk().flat_map(|part| {
            let lock = part.lock.as_ref().map(|lock| of_lock(part, lock));
            let defects = part.defects.iter().filter_map(|defect| of_defect(Some(part), defect));
            lock.into_iter().chain(defects)
        });
        whole.chain(parts).collect()
    }
}

fn of_lock<'a>(part: &'a Part, lock: &Lock) -> Unread<'a> {
    let (reason, message) = match lock {
        Lock::Key { recipients } if recipients.is_empty() => {
            (UnreadReason::NeedsKey, "it is encrypted, and no key for it is there".to_owned())
        }
        Lock::Key { recipients } => (
            UnreadReason::NeedsKey,
            format!("it is encrypted to {}, and no such key is there", recipients.join("; ")),
        ),
        Lock::Password => {
            (UnreadReason::NeedsPassword, "it is encrypted with a password that is not known".to_owned())
        }
    };
    Unread { part: Some(part), reason, message }
}

fn of_defect<'a>(part: Option<&'a Part>, defect: &Defect) -> Option<Unread<'a>> {
    let code = defect.code.as_str();
    let reason = if code.starts_with("limit_") {
        UnreadReason::Limit
    } else if code.starts_with("unsupported_") {
        UnreadReason::Unsupported
    } else if code == "elsewhere" {
        UnreadReason::Elsewhere
    } else if matches!(code, "damaged" | "truncated" | "parser_failed" | "examination_failed") {
        UnreadReason::Damaged
    } else {
        return None;
    };
    Some(Unread { part, reason, message: defect.message.clone() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_not_read_is_told() {
        let locked = Part {
            path: "/1".to_owned(),
            lock: Some(Lock::Key { recipients: vec!["CN=A 01".to_owned()] }),
            defects: vec![Defect::new("bad_base64", ""), Defect::new("limit_depth", "too deep")],
            ..Part::default()
        };
        let evidence = Evidence {
            root: Part { path: "/".to_owned(), children: vec![locked], ..Part::default() },
            defects: vec![Defect::new("bad_date", "")],
            ..Evidence::default()
        };
        let unread = evidence.unread();
        let found: Vec<_> = unread.iter().map(|one| (one.part.unwrap().path.as_str(), one.reason)).collect();
        assert_eq!(found, [("/1", UnreadReason::NeedsKey), ("/1", UnreadReason::Limit)]);
        assert_eq!(unread[0].message, "it is encrypted to CN=A 01, and no such key is there");
    }
}
