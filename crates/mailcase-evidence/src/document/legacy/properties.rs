//! Property sets of documents ([MS-OLEPS]): who wrote it, when, with what.

use super::super::Found;

/// Properties of one set.
const PROPERTIES: usize = 200;

fn long(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at.checked_add(4)?)?.try_into().ok()?))
}

/// Reads the first set of a stream; `summary` tells the two streams apart.
pub(super) fn read(stream: &[u8], summary: bool, found: &mut Found) {
    set(stream, summary, found);
}

fn set(stream: &[u8], summary: bool, found: &mut Found) -> Option<()> {
    let start = long(stream, 44)? as usize;
    let set = stream.get(start..)?;
    let count = (long(set, 4)? as usize).min(PROPERTIES);
    let list: Vec<(u32, usize)> = (0..count)
        .filter_map(|index| Some((long(set, 8 + index * 8)?, long(set, 12 + index * 8)? as usize)))
        .collect();
    let page = list
        .iter()
        .find(|(id, _)| *id == 1)
        .and_then(|(_, at)| Some(long(set, at.checked_add(4)?)? & 0xffff));
    for (id, at) in &list {
        let name = match (summary, id) {
            (true, 2) => "title",
            (true, 3) => "subject",
            (true, 4) => "author",
            (true, 5) => "keywords",
            (true, 6) => "comment",
            (true, 7) => "template",
            (true, 8) => "last_author",
            (true, 9) => "revision",
            (true, 12) => "created",
            (true, 13) => "modified",
            (true, 18) => "application",
            (false, 14) => "manager",
            (false, 15) => "company",
            _ => continue,
        };
        if let Some(value) = value(set, *at, page) {
            found.fact(name, &value);
        }
    }
    Some(())
}

/// Text or time of the property at `at`.
fn value(set: &[u8], at: usize, page: Option<u32>) -> Option<String> {
    let body = at.checked_add(4)?;
    match long(set, at)? & 0xffff {
        0x1e => {
            let length = long(set, body)? as usize;
            let text = set.get(body.checked_add(4)?..)?;
            let text = text.get(..length.min(text.len()))?;
            let charset = page.and_then(|page| codepage::to_encoding(u16::try_from(page).ok()?));
            Some(
                charset.unwrap_or(encoding_rs::WINDOWS_1252).decode_without_bom_handling(text).0.into_owned(),
            )
        }
        0x1f => {
            let length = (long(set, body)? as usize).checked_mul(2)?;
            let text = set.get(body.checked_add(4)?..)?;
            Some(
                encoding_rs::UTF_16LE
                    .decode_without_bom_handling(text.get(..length.min(text.len()))?)
                    .0
                    .into_owned(),
            )
        }
        0x40 => {
            let ticks = u64::from(long(set, body)?) | u64::from(long(set, body.checked_add(4)?)?) << 32;
            crate::filetime::second(ticks)
        }
        _ => None,
    }
}
