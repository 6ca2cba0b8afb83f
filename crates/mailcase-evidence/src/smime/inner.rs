//! Tells what came out of a layer of cryptography: a MIME entity, another layer, or a file.

use super::ber::{OBJECT_ID, SEQUENCE, context, write};
use super::names;
use crate::contents::{Content, Item};

/// Bytes looked at to find headers.
const HEADER_BYTES: usize = 64 << 10;

/// Fields one of which stands in the headers of an entity.
const FIELDS: [&[u8]; 9] = [
    b"content-type:",
    b"content-transfer-encoding:",
    b"content-disposition:",
    b"mime-version:",
    b"from:",
    b"to:",
    b"subject:",
    b"date:",
    b"received:",
];

/// The content of a CMS structure as an item. `kind` is what the structure says it holds.
pub(super) fn item(kind: &str, bytes: Vec<u8>) -> Item {
    // Another layer without the wrapping that says so (RFC 5652 §2 lets them nest directly).
    let id = match kind {
        names::SIGNED_DATA => &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 2][..],
        names::ENVELOPED_DATA => &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 3],
        names::COMPRESSED_DATA => &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 16, 1, 9],
        names::AUTH_ENVELOPED_DATA => &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 16, 1, 23],
        _ => return Item { content: content(bytes), ..Item::default() },
    };
    let wrapped = write(SEQUENCE, &[&write(OBJECT_ID, &[id]), &write(context(0), &[&bytes])]);
    Item {
        content: Content::File(wrapped),
        content_type: "application/pkcs7-mime".to_owned(),
        ..Item::default()
    }
}

/// An entity when it begins with headers, as mail does; else a file.
pub(crate) fn content(bytes: Vec<u8>) -> Content {
    if is_entity(&bytes) { Content::Entity(bytes) } else { Content::File(bytes) }
}

/// Whether the bytes begin with headers of mail.
pub(crate) fn is_entity(bytes: &[u8]) -> bool {
    let start = bytes.get(..HEADER_BYTES.min(bytes.len())).unwrap_or_default();
    let mut known = false;
    for (at, line) in start.split(|byte| *byte == b'\n').enumerate() {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.is_empty() {
            return known;
        }
        if at > 0 && line.first().is_some_and(|first| matches!(first, b' ' | b'\t')) {
            continue;
        }
        if !is_field(line) {
            return false;
        }
        known |= FIELDS
            .iter()
            .any(|field| line.get(..field.len()).is_some_and(|start| start.eq_ignore_ascii_case(field)));
    }
    known
}

fn is_field(line: &[u8]) -> bool {
    let name = line.split(|byte| *byte == b':').next().unwrap_or_default();
    name.len() < line.len() && !name.is_empty() && name.iter().all(|byte| byte.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_make_an_entity() {
        assert!(is_entity(b"Content-Type: text/plain\r\n\r\nHello"));
        assert!(is_entity(b"X-Other: a\n b\nMIME-Version: 1.0\n\n"));
        assert!(!is_entity(b"%PDF-1.7\n"));
        assert!(!is_entity(b"Note: this is text\n\nHello"));
        assert!(!is_entity(b"Hello\n\nFrom: me"));
        assert!(!is_entity(b""));
    }

    #[test]
    fn a_bare_layer_is_wrapped() {
        let item = item(names::ENVELOPED_DATA, vec![0x30, 0]);
        let Content::File(bytes) = item.content else { panic!("{item:?}") };
        let (kind, mut content) = crate::smime::content_info(&bytes).unwrap();
        assert_eq!(kind, names::ENVELOPED_DATA);
        assert_eq!(content.any().unwrap().whole, [0x30, 0]);
    }
}
