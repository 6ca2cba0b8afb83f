//! File names as text and back: any bytes a file system allows become printable, reversible Unicode.

use std::fmt::Write;

/// Marks an escaped byte.
const ESCAPE: char = '%';
/// Stands between the parts of an identity, so it is escaped inside names.
pub(crate) const SEPARATOR: char = '|';

/// `name` as text: bytes that are no UTF-8, control characters, direction overrides, `%` and `|` become `%XX`.
pub(crate) fn escape(name: &[u8]) -> String {
    let mut text = String::with_capacity(name.len());
    for chunk in name.utf8_chunks() {
        for character in chunk.valid().chars() {
            if must_escape(character) {
                let mut bytes = [0; 4];
                escape_bytes(&mut text, character.encode_utf8(&mut bytes).as_bytes());
            } else {
                text.push(character);
            }
        }
        escape_bytes(&mut text, chunk.invalid());
    }
    text
}

/// The bytes behind [`escape`]d text; `None` for text it never makes, so that a name has one text only.
pub(crate) fn unescape(text: &str) -> Option<Vec<u8>> {
    let mut name = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(ESCAPE) {
        name.extend_from_slice(before.as_bytes());
        let digits = after.get(..2)?;
        name.push(u8::from_str_radix(digits, 16).ok()?);
        rest = after.get(2..)?;
    }
    name.extend_from_slice(rest.as_bytes());
    (escape(&name) == text).then_some(name)
}

fn must_escape(character: char) -> bool {
    character.is_control()
        || matches!(character, ESCAPE | SEPARATOR | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

fn escape_bytes(text: &mut String, bytes: &[u8]) {
    for byte in bytes {
        // Writing to a String cannot fail.
        let _infallible = write!(text, "{ESCAPE}{byte:02X}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn hostile_names_become_printable() {
        assert_eq!(escape(b"a b.eml"), "a b.eml");
        assert_eq!(escape("Entwürfe".as_bytes()), "Entwürfe");
        assert_eq!(escape(b"\xff\n%|"), "%FF%0A%25%7C");
        assert_eq!(escape("gpj\u{202e}.eml".as_bytes()), "gpj%E2%80%AE.eml");
    }

    #[test]
    fn a_name_has_one_text() {
        for text in ["%", "%4", "%zz", "%41", "%ff", "a\nb", "a|b", "%+1"] {
            assert_eq!(unescape(text), None, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn every_name_comes_back(name in proptest::collection::vec(any::<u8>(), 0..64)) {
            let text = escape(&name);
            prop_assert!(!text.chars().any(char::is_control));
            prop_assert_eq!(unescape(&text), Some(name));
        }

        #[test]
        fn any_text_is_safe(text in ".*") {
            if let Some(name) = unescape(&text) {
                prop_assert_eq!(escape(&name), text);
            }
        }
    }
}
