//! Addresses of crypto currencies, told by their checksums.

use bech32::segwit;
use bs58::Alphabet;
use sha2::{Digest as _, Sha256};
use sha3::Keccak256;

/// Shortest and longest address looked at: those of XRP and the integrated ones of Monero.
pub(crate) const LENGTHS: std::ops::RangeInclusive<usize> = 25..=106;

/// The chain an address belongs to; nothing when its checksum is wrong or it is none.
///
/// Bitcoin, Bitcoin Cash, Dash, Dogecoin, Litecoin, Tron, XRP, Zcash: Base58Check. Bitcoin and Litecoin: Bech32 and
/// Bech32m (BIP 173, BIP 350). Ethereum: EIP-55 when both cases are in it. Monero: Keccak.
#[must_use]
pub fn coin(text: &str) -> Option<&'static str> {
    if !LENGTHS.contains(&text.len()) || !text.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return None;
    }
    match text.as_bytes() {
        [b'0', b'x' | b'X', ..] if text.len() == 42 => ethereum(text.get(2..)?),
        [b'b' | b'B', b'c' | b'C', b'1', ..] | [b'l' | b'L', b't' | b'T', b'c' | b'C', b'1', ..] => {
            segregated(text)
        }
        [b'4' | b'8', ..] if matches!(text.len(), 95 | 106) => monero(text),
        [b'r', ..] if text.len() <= 35 => {
            let bytes = checked(text, Alphabet::RIPPLE)?;
            (bytes.len() == 21 && bytes.first() == Some(&0)).then_some("XRP")
        }
        [b'1' | b'3' | b'L' | b'M' | b'D' | b'X' | b'T' | b't' | b'A' | b'9', ..] if text.len() <= 36 => {
            base58(text)
        }
        _ => None,
    }
}

fn base58(text: &str) -> Option<&'static str> {
    let bytes = checked(text, Alphabet::BITCOIN)?;
    match (bytes.len(), bytes.as_slice()) {
        (21, [0x00 | 0x05, ..]) => Some("Bitcoin"),
        (21, [0x30 | 0x32, ..]) => Some("Litecoin"),
        (21, [0x1e | 0x16, ..]) => Some("Dogecoin"),
        (21, [0x4c | 0x10, ..]) => Some("Dash"),
        (21, [0x41, ..]) => Some("Tron"),
        (22, [0x1c, 0xb8 | 0xbd, ..]) => Some("Zcash"),
        _ => None,
    }
}

/// What Base58Check carries: four bytes of a double SHA-256 stand behind it.
fn checked(text: &str, alphabet: &Alphabet) -> Option<Vec<u8>> {
    let mut bytes = bs58::decode(text).with_alphabet(alphabet).into_vec().ok()?;
    let sum = bytes.split_off(bytes.len().checked_sub(4)?);
    let digest = Sha256::digest(Sha256::digest(&bytes));
    digest.starts_with(&sum).then_some(bytes)
}

fn segregated(text: &str) -> Option<&'static str> {
    let (prefix, _, _) = segwit::decode(text).ok()?;
    match prefix.as_str().to_ascii_lowercase().as_str() {
        "bc" => Some("Bitcoin"),
        "ltc" => Some("Litecoin"),
        _ => None,
    }
}

fn ethereum(digits: &str) -> Option<&'static str> {
    if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) || digits.bytes().all(|byte| byte == b'0') {
        return None;
    }
    let lower = digits.to_ascii_lowercase();
    if lower == digits || digits.to_ascii_uppercase() == digits {
        return Some("Ethereum");
    }
    let digest = Keccak256::digest(lower.as_bytes());
    let nibbles = digest.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    let right = digits
        .bytes()
        .zip(nibbles)
        .all(|(digit, nibble)| !digit.is_ascii_alphabetic() || digit.is_ascii_uppercase() == (nibble > 7));
    right.then_some("Ethereum")
}

/// Monero encodes blocks of eight bytes as eleven characters each.
fn monero(text: &str) -> Option<&'static str> {
    let mut bytes = Vec::with_capacity(77);
    for block in text.as_bytes().chunks(11) {
        let size = match block.len() {
            11 => 8,
            7 => 5,
            _ => return None,
        };
        let number = bs58::decode(block).with_alphabet(Alphabet::BITCOIN).into_vec().ok()?;
        // Leading ones are zero bytes here; the number fills its block from the right.
        let number: Vec<u8> = number.iter().copied().skip_while(|byte| *byte == 0).collect();
        bytes.resize(bytes.len() + size_left(size, number.len())?, 0);
        bytes.extend(number);
    }
    let sum = bytes.split_off(bytes.len().checked_sub(4)?);
    let network = matches!(bytes.first(), Some(18 | 19 | 42));
    (network && Keccak256::digest(&bytes).starts_with(&sum)).then_some("Monero")
}

const fn size_left(size: usize, used: usize) -> Option<usize> {
    size.checked_sub(used)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn published_addresses() {
        for (text, want) in [
            ("1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", "Bitcoin"),
            ("3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy", "Bitcoin"),
            ("bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4", "Bitcoin"),
            ("BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4", "Bitcoin"),
            ("bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0", "Bitcoin"),
            ("ltc1qg42tkwuuxefutzxezdkdel39gfstuap288mfea", "Litecoin"),
            ("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", "Ethereum"),
            ("0xde709f2102306220921060314715629080e2fb77", "Ethereum"),
            ("rHb9CJAWyB4rj91VRWn96DkukG4bwdtyTh", "XRP"),
            (
                "44AFFq5kSiGBoZ4NMDwYtN18obc8AemS33DBLWs3H7otXft3XjrpDtQGv7SqSsaBYBb98uNbr2VBBEt7f2wfn3RVGQBEP3A",
                "Monero",
            ),
        ] {
            assert_eq!(coin(text), Some(want), "{text}");
        }
    }

    #[test]
    fn wrong_checksums() {
        for text in [
            "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb",
            "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t5",
            "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAeD",
            "rHb9CJAWyB4rj91VRWn96DkukG4bwdtyTi",
            "44AFFq5kSiGBoZ4NMDwYtN18obc8AemS33DBLWs3H7otXft3XjrpDtQGv7SqSsaBYBb98uNbr2VBBEt7f2wfn3RVGQBEP3B",
            "Donaudampfschifffahrtsgesellschaft",
            "",
        ] {
            assert_eq!(coin(text), None, "{text}");
        }
    }
}
