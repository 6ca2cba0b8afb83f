//! Sets of UIDs as text: `1:3,7` (RFC 3501 `sequence-set`).

use std::fmt::Write as _;

/// Longest set in one command. Servers take lines of at least 8,000 bytes (RFC 7162 §4).
const SET_TEXT_MAX: usize = 6_000;

/// Writes sorted UIDs as few sets, none longer than a server takes.
pub(crate) fn sets(uids: &[u32]) -> Vec<String> {
    let mut sets = Vec::new();
    let mut set = String::new();
    for (first, last) in ranges(uids) {
        if set.len() > SET_TEXT_MAX {
            sets.push(std::mem::take(&mut set));
        }
        append(&mut set, first, last);
    }
    if !set.is_empty() {
        sets.push(set);
    }
    sets
}

/// Writes sorted UIDs as one set, however long; empty for none.
pub(crate) fn compress(uids: &[u32]) -> String {
    from_ranges(&ranges(uids))
}

/// Writes sorted ranges as one set.
pub(crate) fn from_ranges(ranges: &[(u32, u32)]) -> String {
    let mut set = String::new();
    for &(first, last) in ranges {
        append(&mut set, first, last);
    }
    set
}

/// Reads a set back as ranges; nothing when it is not one.
pub(crate) fn parse(text: &str) -> Option<Vec<(u32, u32)>> {
    if text.is_empty() {
        return Some(Vec::new());
    }
    text.split(',')
        .map(|part| {
            let (first, last) = part.split_once(':').unwrap_or((part, part));
            let (first, last) = (first.parse().ok()?, last.parse().ok()?);
            (first >= 1 && first <= last).then_some((first, last))
        })
        .collect()
}

/// Whether sorted ranges hold a UID.
pub(crate) fn holds(ranges: &[(u32, u32)], uid: u32) -> bool {
    let after = ranges.partition_point(|&(first, _)| first <= uid);
    after.checked_sub(1).and_then(|at| ranges.get(at)).is_some_and(|&(_, last)| uid <= last)
}

fn append(set: &mut String, first: u32, last: u32) {
    if !set.is_empty() {
        set.push(',');
    }
    // Writing to a string cannot fail.
    let written = if first == last { write!(set, "{first}") } else { write!(set, "{first}:{last}") };
    debug_assert!(written.is_ok());
}

fn ranges(uids: &[u32]) -> Vec<(u32, u32)> {
    let mut ranges: Vec<(u32, u32)> = Vec::new();
    for &uid in uids {
        match ranges.last_mut() {
            Some((_, last)) if last.checked_add(1) == Some(uid) || *last == uid => *last = uid,
            _ => ranges.push((uid, uid)),
        }
    }
    ranges
}
