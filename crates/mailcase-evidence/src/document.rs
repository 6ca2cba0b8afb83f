//! Documents: what PDF, Office, OpenDocument, web and shortcut files point to, say about themselves and carry.

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};

const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// Base64 as documents carry it: white space is passed over, and it ends with the first other character.
pub(crate) fn base64(text: &[u8]) -> Vec<u8> {
    let letters = text.iter().copied().filter(|byte| !byte.is_ascii_whitespace());
    let mut letters: Vec<u8> =
        letters.take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/')).collect();
    // A single letter over encodes nothing.
    if letters.len() % 4 == 1 {
        letters.pop();
    }
    BASE64.decode(letters).unwrap_or_default()
}

/// Content and media type of a `data:` URL (RFC 2397).
pub(crate) fn data_url(url: &str) -> Option<(Vec<u8>, String)> {
    let rest = url.trim_start();
    let scheme = rest.get(..5)?;
    scheme.eq_ignore_ascii_case("data:").then_some(())?;
    let (head, data) = rest.get(5..)?.split_once(',')?;
    let mut words = head.split(';');
    let kind = words.next().unwrap_or_default().trim().to_ascii_lowercase();
    let data = percent_decoded(data);
    let encoded = words.any(|word| word.trim().eq_ignore_ascii_case("base64"));
    Some((if encoded { base64(&data) } else { data }, kind))
}

fn percent_decoded(text: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        let digits = tail.get(..2).filter(|_| *first == b'%').and_then(|two| std::str::from_utf8(two).ok());
        match digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) => {
                out.push(byte);
                rest = tail.get(2..).unwrap_or_default();
            }
            None => {
                out.push(*first);
                rest = tail;
            }
        }
    }
    out
}
