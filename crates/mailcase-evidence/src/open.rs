//! Which contents are containers, and the one match from format to the function that opens it.

use crate::contents::{Contents, Room};
use crate::{Means, Part, sniff};

/// A kind of content that holds others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    /// A message that nothing declares as one.
    Message,
    /// An Outlook message, or another compound file.
    Compound,
}

impl Format {
    /// By what the first bytes show, else by what is declared. `None` when it is nothing that can be opened.
    pub(crate) fn of(part: &Part, prefix: &[u8]) -> Option<Self> {
        if prefix.starts_with(&sniff::COMPOUND_FILE) {
            return Some(Self::Compound);
        }
        let undeclared = matches!(part.content_type.as_str(), "application/octet-stream" | "message/rfc822");
        if undeclared && sniff::sniff(prefix) == Some("message/rfc822") {
            return Some(Self::Message);
        }
        None
    }

    /// Files a mail program wrote into a text.
    pub(crate) fn within_text(_text: &[u8]) -> Option<Self> {
        None
    }

    /// Whether a file that begins like this is no mail but a container.
    pub(crate) fn at_start(start: &[u8]) -> bool {
        start.starts_with(&sniff::COMPOUND_FILE)
    }

    /// Whether it is opened once the whole message is read, as its password may stand anywhere.
    pub(crate) fn takes_passwords(self) -> bool {
        false
    }
}

/// Whether what a container of that format holds belongs to the message around it.
pub(crate) fn is_layer(format: &str) -> bool {
    matches!(format, "tnef") || format.starts_with("smime_") || format.starts_with("pgp_")
}

/// Words of a text that may be a password.
pub(crate) fn password_candidates(_text: &str) -> Vec<String> {
    Vec::new()
}

/// Opens `bytes` as `format`.
pub(crate) fn open(
    format: Format,
    _bytes: &[u8],
    _means: &Means,
    _passwords: &[String],
    _room: &mut Room,
) -> Contents {
    match format {
        Format::Message => Contents::default(),
        Format::Compound => Contents { format: "compound", ..Contents::default() },
    }
}
