//! TNEF streams with right lengths and checksums ([MS-OXTNEF]).

use crate::program::Program;

const SIGNATURE: u32 = 0x223e_9f78;
/// Attributes that are looked at, and one that is not.
const ATTRIBUTES: [u32; 18] = [
    0x0000_8000,
    0x0001_8004,
    0x0003_8005,
    0x0003_8006,
    0x0007_8008,
    0x0002_800c,
    0x0006_800f,
    0x0001_8010,
    0x0003_8020,
    0x0006_9001,
    0x0006_9002,
    0x0006_9003,
    0x0006_9004,
    0x0006_9005,
    0x0006_9007,
    0x0008_9006,
    0x0006_9003,
    0x0006_9005,
];
const PROPERTIES: u32 = 0x0006_9003;
const RECIPIENTS: u32 = 0x0006_9004;
const ATTACH_PROPERTIES: u32 = 0x0006_9005;

/// Numbers of properties that are looked at ([MS-OXPROPS]).
pub(crate) const NUMBERS: [u16; 60] = [
    0x0017, 0x001a, 0x0037, 0x0039, 0x003b, 0x0042, 0x004f, 0x0064, 0x0065, 0x0070, 0x007d, 0x0c15, 0x0c1a,
    0x0c1d, 0x0c1e, 0x0c1f, 0x0e02, 0x0e03, 0x0e04, 0x0e06, 0x0e07, 0x0e1d, 0x1000, 0x1001, 0x1009, 0x1013,
    0x1035, 0x1039, 0x1042, 0x3001, 0x3002, 0x3003, 0x3007, 0x3008, 0x300b, 0x3701, 0x3704, 0x3705, 0x3707,
    0x3708, 0x370d, 0x370e, 0x3712, 0x3713, 0x3714, 0x39fe, 0x3fde, 0x3ff1, 0x3ff9, 0x3ffb, 0x3ffd, 0x5d01,
    0x5d02, 0x5d0a, 0x5d0b, 0x5ff6, 0x7ffe, 0x8000, 0x8001, 0x8002,
];

/// Types of properties ([MS-OXCDATA] §2.11.1): fixed ones, then those with a length.
pub(crate) const FIXED: [u16; 9] = [2, 3, 4, 5, 6, 7, 10, 11, 20];
pub(crate) const SIZED: [u16; 4] = [0x1e, 0x1f, 0x102, 0x0d];
const MULTIPLE: u16 = 0x1000;

/// A stream of the attributes that `steps` name.
pub(crate) fn stream(steps: &[u8]) -> Vec<u8> {
    let mut steps = Program::new(steps);
    let mut out = begun();
    while !steps.is_empty() {
        let level = 1 + (steps.byte() & 1);
        let id = steps.one_of(&ATTRIBUTES);
        let data = match id {
            PROPERTIES | ATTACH_PROPERTIES => list(&mut steps),
            RECIPIENTS => {
                let rows = steps.byte() % 4;
                let mut data = u32::from(rows).to_le_bytes().to_vec();
                (0..rows).for_each(|_| data.extend(list(&mut steps)));
                data
            }
            _ => steps.bytes().to_vec(),
        };
        attribute(&mut out, level, id, &data);
    }
    out
}

#[derive(Clone, Copy)]
pub(crate) enum Packing {
    Packed,
    Stored,
}

/// A message whose body is this rich text.
pub(crate) fn rich_text(content: &[u8], packing: Packing) -> Vec<u8> {
    let (kind, size, checksum) = match packing {
        // Room for the longest that these bytes can give.
        Packing::Packed => (*b"LZFu", content.len() * 17, checksum(content)),
        Packing::Stored => (*b"MELA", content.len(), 0),
    };
    let mut packed = (content.len() as u32 + 12).to_le_bytes().to_vec();
    packed.extend((size as u32).to_le_bytes());
    packed.extend(kind);
    packed.extend(checksum.to_le_bytes());
    packed.extend(content);
    let mut properties = 1_u32.to_le_bytes().to_vec();
    property(&mut properties, 0x102, 0x1009, &packed);
    let mut out = begun();
    attribute(&mut out, 1, PROPERTIES, &properties);
    out
}

/// That of ZIP without its inversions ([MS-OXRTFCP] §2.1.3.2).
fn checksum(content: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new_with_initial(u32::MAX);
    hasher.update(content);
    hasher.finalize() ^ u32::MAX
}

fn begun() -> Vec<u8> {
    [&SIGNATURE.to_le_bytes()[..], &[1, 0]].concat()
}

fn attribute(out: &mut Vec<u8>, level: u8, id: u32, data: &[u8]) {
    out.push(level);
    out.extend(id.to_le_bytes());
    out.extend((data.len() as u32).to_le_bytes());
    out.extend(data);
    let sum = data.iter().fold(0_u16, |sum, byte| sum.wrapping_add(u16::from(*byte)));
    out.extend(sum.to_le_bytes());
}

/// A list of properties (§2.1.3.4).
fn list(steps: &mut Program<'_>) -> Vec<u8> {
    let count = steps.byte() % 24;
    let mut out = u32::from(count).to_le_bytes().to_vec();
    for _ in 0..count {
        let number = steps.one_of(&NUMBERS);
        let how = steps.byte();
        if how & 1 == 0 {
            let kind = steps.one_of(&FIXED);
            out.extend(kind.to_le_bytes());
            out.extend(number.to_le_bytes());
            named(&mut out, number, steps);
            let length = if matches!(kind, 5 | 6 | 7 | 20) { 8 } else { 4 };
            let mut value = steps.take(length).to_vec();
            value.resize(length, 0);
            out.extend(value);
        } else if how & 2 == 0 {
            let kind = steps.one_of(&SIZED);
            let value = steps.bytes();
            property_head(&mut out, kind, number);
            named(&mut out, number, steps);
            out.extend(1_u32.to_le_bytes());
            sized_value(&mut out, value);
        } else {
            let kind = steps.one_of(&SIZED) | MULTIPLE;
            property_head(&mut out, kind, number);
            named(&mut out, number, steps);
            let values = steps.byte() % 5;
            out.extend(u32::from(values).to_le_bytes());
            (0..values).for_each(|_| sized_value(&mut out, steps.bytes()));
        }
    }
    out
}

fn property_head(out: &mut Vec<u8>, kind: u16, number: u16) {
    out.extend(kind.to_le_bytes());
    out.extend(number.to_le_bytes());
}

/// Numbers from 0x8000 on stand for names, which follow.
fn named(out: &mut Vec<u8>, number: u16, steps: &mut Program<'_>) {
    if number < 0x8000 {
        return;
    }
    let mut set = steps.take(16).to_vec();
    set.resize(16, 0);
    out.extend(set);
    if number & 1 == 0 {
        out.extend(0_u32.to_le_bytes());
        out.extend(u32::from(steps.word()).to_le_bytes());
    } else {
        out.extend(1_u32.to_le_bytes());
        sized_value(out, steps.bytes());
    }
}

fn property(out: &mut Vec<u8>, kind: u16, number: u16, value: &[u8]) {
    property_head(out, kind, number);
    out.extend(1_u32.to_le_bytes());
    sized_value(out, value);
}

fn sized_value(out: &mut Vec<u8>, value: &[u8]) {
    out.extend((value.len() as u32).to_le_bytes());
    out.extend(value);
    out.resize(out.len() + (4 - value.len() % 4) % 4, 0);
}
