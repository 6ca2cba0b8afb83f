//! Counts packets (RFC 9580 §4.2) without reading them, so that no library is handed more than it can bear.

use super::armor::Kind;

/// Packets walked over; the rest of a message is not looked at.
const PACKETS: usize = 100_000;

const PUBLIC_KEY_SESSION: u8 = 1;
const SIGNATURE: u8 = 2;
const PASSWORD_SESSION: u8 = 3;
const ONE_PASS: u8 = 4;
const SECRET_KEY: u8 = 5;
const PUBLIC_KEY: u8 = 6;
const COMPRESSED: u8 = 8;
const ENCRYPTED: u8 = 9;
const LITERAL: u8 = 11;
const PROTECTED: u8 = 18;
const GNUPG_AEAD: u8 = 20;

/// How many packets of which kind there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Census {
    pub(crate) first: Option<u8>,
    pub(crate) sessions: usize,
    pub(crate) signatures: usize,
    pub(crate) all: usize,
}

impl Census {
    /// Signatures, and marks of them, of one message: each hashes all of it.
    const SIGNATURES: usize = 16;
    /// Recipients of one message.
    const SESSIONS: usize = 5_000;
    /// Packets of one key; keys signed by thousands exist.
    const KEY_PACKETS: usize = 20_000;
    /// Packets of one message besides.
    const MESSAGE_PACKETS: usize = 6_000;

    pub(crate) fn of(mut bytes: &[u8]) -> Self {
        let mut census = Self::default();
        while census.all < PACKETS {
            let Some((tag, length)) = head(bytes) else { break };
            census.first = census.first.or(Some(tag));
            census.all = census.all.saturating_add(1);
            match tag {
                PUBLIC_KEY_SESSION | PASSWORD_SESSION => census.sessions = census.sessions.saturating_add(1),
                SIGNATURE | ONE_PASS => census.signatures = census.signatures.saturating_add(1),
                _ => {}
            }
            bytes = bytes.get(length..).unwrap_or_default();
        }
        census
    }

    /// Whether it is a message that can be borne.
    pub(crate) fn is_message(&self) -> bool {
        self.signatures <= Self::SIGNATURES
            && self.sessions <= Self::SESSIONS
            && self.all <= Self::MESSAGE_PACKETS
    }

    pub(crate) fn is_key(&self) -> bool {
        matches!(self.first, Some(SECRET_KEY | PUBLIC_KEY)) && self.all <= Self::KEY_PACKETS
    }
}

/// What binary packets are, by the first.
pub(crate) fn kind(bytes: &[u8]) -> Kind {
    let census = Census::of(bytes);
    match census.first {
        Some(SIGNATURE) if census.all == census.signatures => Kind::Signature,
        Some(
            SIGNATURE | ONE_PASS | PUBLIC_KEY_SESSION | PASSWORD_SESSION | COMPRESSED | ENCRYPTED | LITERAL
            | PROTECTED | GNUPG_AEAD,
        ) => Kind::Message,
        Some(SECRET_KEY) => Kind::SecretKey,
        Some(PUBLIC_KEY) => Kind::PublicKey,
        _ => Kind::Unknown,
    }
}

/// The kind of the next packet, and its length with its head. One that goes on beyond the bytes counts.
fn head(bytes: &[u8]) -> Option<(u8, usize)> {
    let (&first, rest) = bytes.split_first()?;
    if first & 0x80 == 0 {
        return None;
    }
    if first & 0x40 == 0 {
        let tag = (first >> 2) & 0x0f;
        let digits = match first & 3 {
            0 => 1,
            1 => 2,
            2 => 4,
            _ => return Some((tag, bytes.len())),
        };
        let length = number(rest.get(..digits)?);
        return Some((tag, length.saturating_add(digits).saturating_add(1)));
    }
    let tag = first & 0x3f;
    let mut at = 1usize;
    loop {
        let (length, partial, digits) = new_length(bytes.get(at..)?)?;
        at = at.saturating_add(digits).saturating_add(length);
        if !partial {
            return Some((tag, at));
        }
    }
}

/// RFC 9580 §4.2.1: the length, whether more follows, and the bytes it is written with.
fn new_length(bytes: &[u8]) -> Option<(usize, bool, usize)> {
    let first = *bytes.first()?;
    Some(match first {
        0..=191 => (usize::from(first), false, 1),
        192..=223 => {
            let second = usize::from(*bytes.get(1)?);
            (
                ((usize::from(first).saturating_sub(192)) << 8).saturating_add(second).saturating_add(192),
                false,
                2,
            )
        }
        224..=254 => (1usize << (first & 0x1f), true, 1),
        255 => (number(bytes.get(1..5)?), false, 5),
    })
}

fn number(digits: &[u8]) -> usize {
    digits.iter().fold(0usize, |number, digit| number.saturating_mul(256).saturating_add(usize::from(*digit)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packets_of_both_formats_are_counted() {
        let census = Census::of(&[0x90, 2, 0, 0, 0xc2, 1, 0, 0xc9, 0xe1, 7, 7, 1, 7, 0xc4, 0]);
        assert_eq!(census, Census { first: Some(4), sessions: 0, signatures: 3, all: 4 });
        assert_eq!(Census::of(b"text"), Census::default());
        assert_eq!(kind(&[0xd2, 200]), Kind::Unknown);
        assert_eq!(kind(&[0xd2, 20]), Kind::Message);
    }
}
