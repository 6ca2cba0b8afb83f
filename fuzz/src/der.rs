//! DER whose lengths are always right: a list of steps that random changes leave readable.

use crate::program::{Program, sized};

const CONSTRUCTED: u8 = 0x20;
/// Ends what is open.
const END: u8 = 0;
const DEPTH: usize = 200;

/// Each step is a tag; with the bit for constructed it opens, zero closes, else the value follows behind its length.
pub(crate) fn build(steps: &[u8]) -> Vec<u8> {
    let mut steps = Program::new(steps);
    let mut open: Vec<(u8, Vec<u8>)> = vec![(0, Vec::new())];
    while !steps.is_empty() {
        match steps.byte() {
            END if open.len() > 1 => close(&mut open),
            END => {}
            tag if tag & CONSTRUCTED != 0 && open.len() < DEPTH => open.push((tag, Vec::new())),
            tag => {
                let value = steps.bytes();
                put(&mut open, tag, value);
            }
        }
    }
    while open.len() > 1 {
        close(&mut open);
    }
    open.pop().map(|(_, bytes)| bytes).unwrap_or_default()
}

fn close(open: &mut Vec<(u8, Vec<u8>)>) {
    if let Some((tag, value)) = open.pop() {
        put(open, tag, &value);
    }
}

fn put(open: &mut [(u8, Vec<u8>)], tag: u8, value: &[u8]) {
    let Some((_, out)) = open.last_mut() else { return };
    out.push(tag);
    match value.len() {
        short @ 0..0x80 => out.push(short as u8),
        long => {
            out.push(0x84);
            out.extend((long as u32).to_be_bytes());
        }
    }
    out.extend(value);
}

/// The steps that give `der` again, as far as it is DER with short tags.
pub fn flatten(der: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    flatten_into(&mut out, der, 0);
    out
}

fn flatten_into(out: &mut Vec<u8>, mut der: &[u8], depth: usize) -> Option<()> {
    while let Some((tag, rest)) = der.split_first() {
        let (length, rest) = rest.split_first()?;
        let (length, rest) = match *length {
            short @ 0..0x80 => (usize::from(short), rest),
            0x80 => (rest.len(), rest),
            long => {
                let (digits, rest) = rest.split_at_checked(usize::from(long & 0x7f))?;
                let length = digits
                    .iter()
                    .try_fold(0_usize, |sum, digit| sum.checked_mul(256)?.checked_add(usize::from(*digit)))?;
                (length, rest)
            }
        };
        let (value, rest) = rest.split_at(length.min(rest.len()));
        out.push(*tag);
        if tag & CONSTRUCTED != 0 && depth < DEPTH / 2 {
            flatten_into(out, value, depth + 1);
            out.push(END);
        } else {
            sized(out, value);
        }
        der = rest;
    }
    Some(())
}
