//! OpenPGP packets whose lengths are always right (RFC 9580 §4.2.1).

use crate::program::{Program, sized};

/// Each packet is its type, then its body behind its length.
pub(crate) fn build(steps: &[u8]) -> Vec<u8> {
    let mut steps = Program::new(steps);
    let mut out = Vec::new();
    while !steps.is_empty() {
        out.push(0xc0 | (steps.byte() & 0x3f));
        let body = steps.bytes();
        out.push(255);
        out.extend((body.len() as u32).to_be_bytes());
        out.extend(body);
    }
    out
}

/// The steps that give these packets again, as far as their lengths are plain.
pub fn flatten(mut packets: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    while let Some((kind, length, rest)) = header(packets) {
        let (body, rest) = rest.split_at(length.min(rest.len()));
        out.push(kind);
        sized(&mut out, body);
        packets = rest;
    }
    out
}

fn header(packets: &[u8]) -> Option<(u8, usize, &[u8])> {
    let (tag, rest) = packets.split_first()?;
    let number = |digits: &[u8]| digits.iter().fold(0, |sum: usize, digit| sum << 8 | usize::from(*digit));
    if tag & 0x40 == 0 {
        let (digits, rest) = match tag & 3 {
            3 => (&[][..], rest),
            power => rest.split_at_checked(1 << power)?,
        };
        let length = if tag & 3 == 3 { rest.len() } else { number(digits) };
        return Some((tag >> 2 & 0xf, length, rest));
    }
    let (first, after) = rest.split_first()?;
    let (length, rest) = match *first {
        short @ 0..192 => (usize::from(short), after),
        two @ 192..224 => {
            let (low, after) = after.split_first()?;
            ((usize::from(two) - 192 << 8) + usize::from(*low) + 192, after)
        }
        255 => {
            let (digits, after) = after.split_at_checked(4)?;
            (number(digits), after)
        }
        _ => (after.len(), after),
    };
    Some((tag & 0x3f, length, rest))
}
