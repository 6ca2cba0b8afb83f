//! Modified UTF-7, the way folder names travel in IMAP and lie in Maildir++ (RFC 3501 §5.1.3).

use base64::Engine as _;
use base64::alphabet::IMAP_MUTF7;
use base64::engine::general_purpose::{GeneralPurpose, NO_PAD};

const BASE64: GeneralPurpose = GeneralPurpose::new(&IMAP_MUTF7, NO_PAD);

/// A folder name for the wire.
#[must_use]
pub fn encode(name: &str) -> String {
    let mut wire = String::with_capacity(name.len());
    let mut shifted: Vec<u8> = Vec::new();
    for c in name.chars() {
        if matches!(c, ' '..='~') {
            unshift(&mut wire, &mut shifted);
            wire.push(c);
            if c == '&' {
                wire.push('-');
            }
        } else {
            let mut units = [0; 2];
            for unit in c.encode_utf16(&mut units) {
                shifted.extend_from_slice(&unit.to_be_bytes());
            }
        }
    }
    unshift(&mut wire, &mut shifted);
    wire
}

fn unshift(wire: &mut String, shifted: &mut Vec<u8>) {
    if !shifted.is_empty() {
        wire.push('&');
        BASE64.encode_string(shifted.as_slice(), wire);
        wire.push('-');
        shifted.clear();
    }
}

/// A folder name from the wire; nothing when it is not modified UTF-7. Lenient: what should not have been encoded is
/// decoded all the same, so two wires may give one name.
#[must_use]
pub fn decode(wire: &[u8]) -> Option<String> {
    let mut name = String::with_capacity(wire.len());
    let mut rest = std::str::from_utf8(wire).ok().filter(|text| text.is_ascii())?;
    while let Some((plain, after)) = rest.split_once('&') {
        name.push_str(plain);
        let (shifted, after) = after.split_once('-')?;
        if shifted.is_empty() {
            name.push('&');
        } else {
            let bytes = BASE64.decode(shifted).ok()?;
            let (pairs, odd) = bytes.as_chunks::<2>();
            if !odd.is_empty() {
                return None;
            }
            let units: Vec<u16> = pairs.iter().map(|pair| u16::from_be_bytes(*pair)).collect();
            name.push_str(&String::from_utf16(&units).ok()?);
        }
        rest = after;
    }
    name.push_str(rest);
    Some(name)
}
