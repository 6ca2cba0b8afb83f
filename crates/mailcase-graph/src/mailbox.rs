//! Which mailbox: an address, an object id, or a shared one, with or without a folder, as people write it in one field.

use mailcase_mail::SourceError;
use std::fmt;

/// Longest name taken; addresses have at most 320 characters.
const NAME_MAX_BYTES: usize = 1024;

/// A mailbox as a person named it.
#[derive(Clone, PartialEq, Eq)]
pub struct MailboxName {
    /// Address or object id of the mailbox that is read.
    user: String,
    /// Who signs in, when the mailbox is one shared with them.
    primary: Option<String>,
    /// The folder watched unless another is chosen.
    folder: Option<String>,
}

impl fmt::Debug for MailboxName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // An address is nobody's business in a log.
        f.write_str("MailboxName")
    }
}

impl MailboxName {
    /// Reads `soc@example.org`, an object id, `primary@example.org\shared@example.org`, and any of them followed by
    /// `:Folder`.
    ///
    /// # Errors
    /// [`SourceError::Settings`] when it is none of these.
    pub fn parse(text: &str) -> Result<Self, SourceError> {
        let text = text.trim();
        if text.len() > NAME_MAX_BYTES || text.chars().any(char::is_control) {
            return Err(wrong("the mailbox is longer than any address, or contains a control character"));
        }
        let (accounts, folder) = match text.split_once(':') {
            Some((accounts, folder)) => (accounts, Some(folder.trim())),
            None => (text, None),
        };
        if folder.is_some_and(str::is_empty) {
            return Err(wrong("behind the colon of the mailbox belongs the name of a folder"));
        }
        let (primary, user) = match accounts.split_once('\\') {
            Some((primary, shared)) => (Some(account(primary)?), account(shared)?),
            None => (None, account(accounts)?),
        };
        Ok(Self { user, primary, folder: folder.map(str::to_owned) })
    }

    /// Address or object id of the mailbox that is read.
    #[must_use]
    pub fn user(&self) -> &str {
        &self.user
    }

    /// Who signs in, when that is somebody else.
    #[must_use]
    pub fn primary(&self) -> Option<&str> {
        self.primary.as_deref()
    }

    /// The folder watched unless another is chosen.
    #[must_use]
    pub fn folder(&self) -> Option<&str> {
        self.folder.as_deref()
    }
}

fn account(text: &str) -> Result<String, SourceError> {
    let text = text.trim();
    let is_address = text
        .split_once('@')
        .is_some_and(|(local, domain)| !local.is_empty() && !domain.is_empty() && !domain.contains('@'));
    let allowed = !text.chars().any(|c| c.is_whitespace() || "/?#\\".contains(c));
    if allowed && (is_address || is_object_id(text)) {
        return Ok(text.to_owned());
    }
    Err(wrong(
        "the mailbox must be an address (soc@example.org), the object id of a user, or primary\\shared; a folder may \
         follow after a colon",
    ))
}

fn is_object_id(text: &str) -> bool {
    let groups: Vec<usize> = text.split('-').map(str::len).collect();
    groups == [8, 4, 4, 4, 12] && text.chars().all(|c| c == '-' || c.is_ascii_hexdigit())
}

fn wrong(message: &str) -> SourceError {
    SourceError::Settings { message: message.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "01234567-89ab-cdef-0123-456789abcdef";

    #[test]
    fn mailboxes_may_be_written_in_every_usual_way() {
        for (text, user, primary, folder) in [
            (" soc@example.org ", "soc@example.org", None, None),
            (ID, ID, None, None),
            (&format!("{ID}:Inbox/Reports"), ID, None, Some("Inbox/Reports")),
            (r"ann@example.org\soc@example.org", "soc@example.org", Some("ann@example.org"), None),
            (
                r"ann@example.org\soc@example.org: Phish",
                "soc@example.org",
                Some("ann@example.org"),
                Some("Phish"),
            ),
        ] {
            let name = MailboxName::parse(text).unwrap();
            assert_eq!((name.user(), name.primary(), name.folder()), (user, primary, folder), "{text}");
            assert!(!format!("{name:?}").contains("example"));
        }
    }

    #[test]
    fn what_names_no_mailbox_is_refused() {
        for text in [
            "",
            "soc",
            "@example.org",
            "soc@",
            "a@b@c",
            "a b@example.org",
            "a@example.org/../users",
            "a@example.org?x",
            r"\soc@example.org",
            "soc@example.org:",
            "soc@exam\r\nple.org",
            "0123-4567",
        ] {
            assert!(MailboxName::parse(text).is_err(), "{text}");
        }
    }
}
