//! Which mailbox: an address, or a shared one, with or without server and folder, as people write it in one field.

use mailcase_mail::SourceError;
use std::fmt;

/// Longest name taken; addresses have at most 320 characters.
const NAME_MAX_BYTES: usize = 1024;

/// A mailbox as a person named it.
#[derive(Clone, PartialEq, Eq)]
pub struct MailboxName {
    /// Where it is, when that was written before it.
    server: Option<String>,
    /// Who signs in, when the mailbox is one shared with them.
    primary: Option<String>,
    /// The mailbox that is read.
    address: String,
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
    /// Reads `soc@example.org`, `primary@example.org\shared@example.org`,
    /// `mail.example.org\primary@example.org\shared@example.org`, and any of them followed by `:Folder`.
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
        let parts: Vec<&str> = accounts.split('\\').map(str::trim).collect();
        let (server, primary, address) = match parts.as_slice() {
            [own] => (None, None, address(own)?),
            [primary, shared] => (None, Some(address(primary)?), address(shared)?),
            [host, primary, shared] => (Some(server(host)?), Some(address(primary)?), address(shared)?),
            _ => return Err(none_of_these()),
        };
        Ok(Self { server, primary, address, folder: folder.map(str::to_owned) })
    }

    /// The server written before the mailbox, if any.
    #[must_use]
    pub fn server(&self) -> Option<&str> {
        self.server.as_deref()
    }

    /// Who signs in, when that is somebody else.
    #[must_use]
    pub fn primary(&self) -> Option<&str> {
        self.primary.as_deref()
    }

    /// The address of the mailbox that is read.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }

    /// The folder watched unless another is chosen.
    #[must_use]
    pub fn folder(&self) -> Option<&str> {
        self.folder.as_deref()
    }

    /// Who signs in, as far as the name says.
    pub(crate) fn primary_or_own(&self) -> &str {
        self.primary.as_deref().unwrap_or(&self.address)
    }

    /// Behind the @ of whoever signs in: where Autodiscover asks.
    pub(crate) fn domain(&self) -> &str {
        self.primary_or_own().split_once('@').map_or("", |(_, domain)| domain)
    }
}

fn address(text: &str) -> Result<String, SourceError> {
    let is_address = text.split_once('@').is_some_and(|(local, domain)| {
        let plain = domain.chars().all(|c| c.is_alphanumeric() || "-._[]".contains(c));
        !local.is_empty() && !domain.is_empty() && plain
    });
    if is_address && !text.chars().any(|c| c.is_whitespace() || "/?#<>\"".contains(c)) {
        return Ok(text.to_owned());
    }
    Err(none_of_these())
}

fn server(text: &str) -> Result<String, SourceError> {
    if !text.is_empty() && text.chars().all(|c| c.is_alphanumeric() || "-._".contains(c)) {
        return Ok(text.to_owned());
    }
    Err(none_of_these())
}

fn none_of_these() -> SourceError {
    wrong(
        "the mailbox must be an address (soc@example.org), primary\\shared or server\\primary\\shared; a folder may \
         follow after a colon",
    )
}

fn wrong(message: &str) -> SourceError {
    SourceError::Settings { message: message.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mailboxes_may_be_written_in_every_usual_way() {
        for (text, server, primary, address, folder) in [
            (" soc@example.org ", None, None, "soc@example.org", None),
            ("soc@example.org:Inbox/A\\/B", None, None, "soc@example.org", Some("Inbox/A\\/B")),
            (r"ann@example.org\soc@example.org", None, Some("ann@example.org"), "soc@example.org", None),
            (
                r"mail.example.org\ann@example.org\soc@example.org: Phish",
                Some("mail.example.org"),
                Some("ann@example.org"),
                "soc@example.org",
                Some("Phish"),
            ),
        ] {
            let name = MailboxName::parse(text).unwrap();
            assert_eq!(name.server(), server, "{text}");
            assert_eq!((name.primary(), name.address(), name.folder()), (primary, address, folder), "{text}");
            assert_eq!(name.domain(), "example.org");
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
            "a@example.org/x",
            r"CORP\soc",
            r"\soc@example.org",
            r"a\b\c@example.org\d@example.org",
            r"https://x\a@example.org\b@example.org",
            "soc@example.org:",
            "soc@exam\r\nple.org",
        ] {
            assert!(MailboxName::parse(text).is_err(), "{text}");
        }
    }
}
