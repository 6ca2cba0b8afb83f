//! Identities as Exchange hands them out: opaque, long, told apart by case; the ordinary one changes with every move,
//! the immutable one never.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE;

/// Length of the real ones before base64, so that links and cursors get as long as they do there, and end in `=`.
const BYTES: usize = 89;
const ORDINARY: &str = "AAMkAG";
const IMMUTABLE: &str = "AAkALg";
const FOLDER: &str = "AQMkAD";

/// What an identity names within its mailbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Named {
    /// A message at its present place.
    Place(u64),
    /// A message wherever it is.
    Key(u64),
    Folder(u64),
}

/// Writes an identity of the mailbox with this number.
pub(crate) fn encode(mailbox: u32, named: Named) -> String {
    let (prefix, number) = match named {
        Named::Place(number) => (ORDINARY, number),
        Named::Key(number) => (IMMUTABLE, number),
        Named::Folder(number) => (FOLDER, number),
    };
    let mut bytes = Vec::with_capacity(BYTES);
    bytes.extend_from_slice(&mailbox.to_be_bytes());
    bytes.extend_from_slice(&number.to_be_bytes());
    while bytes.len() < BYTES {
        // Depends on the number, so that neighbours share no long beginning and letters of both cases appear.
        let last = bytes.last().copied().unwrap_or_default();
        let next = u64::from(last).wrapping_mul(167).wrapping_add(number).wrapping_add(bytes.len() as u64);
        bytes.push((next % 251) as u8);
    }
    format!("{prefix}{}", URL_SAFE.encode(bytes))
}

/// An ordinary identity as EWS writes it: in another alphabet, and not by the usual pairs (Office.js,
/// `Mailbox.convertToEwsId`).
pub(crate) fn ews_of(text: &str) -> String {
    text.replace('-', "/").replace('_', "+")
}

pub(crate) fn of_ews(text: &str) -> String {
    text.replace('/', "-").replace('+', "_")
}

/// Reads an identity; nothing when the mailbox never wrote such a text.
pub(crate) fn decode(mailbox: u32, text: &str) -> Option<Named> {
    let make = [
        (ORDINARY, Named::Place as fn(u64) -> Named),
        (IMMUTABLE, Named::Key as fn(u64) -> Named),
        (FOLDER, Named::Folder as fn(u64) -> Named),
    ];
    let (make, rest) =
        make.into_iter().find_map(|(prefix, make)| Some((make, text.strip_prefix(prefix)?)))?;
    let bytes = URL_SAFE.decode(rest).ok()?;
    let number = u64::from_be_bytes(bytes.get(4..12)?.try_into().ok()?);
    let named = make(number);
    (encode(mailbox, named) == text).then_some(named)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identities_are_read_back_by_their_mailbox_alone_and_by_their_very_text() {
        for named in [Named::Place(1), Named::Key(u64::MAX), Named::Folder(7)] {
            let text = encode(3, named);
            assert_eq!(decode(3, &text), Some(named));
            assert_eq!(decode(4, &text), None);
            assert_eq!(decode(3, &format!("0{text}")), None);
            assert_eq!(decode(3, &text.to_lowercase()), None);
        }
        assert_eq!(decode(3, "inbox"), None);
        assert_eq!(decode(3, ""), None);
    }
}
