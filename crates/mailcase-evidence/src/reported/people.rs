//! The people of a head, as mail programs write them for other people: `Anna <a@x>`, `Doe, Jane [mailto:j@x]; Bob`.

use super::labels::is_blank;
use crate::Address;
use crate::fields::bounded;

/// People kept of one line of a head.
const PEOPLE: usize = 50;
/// Bytes of a name or an address kept.
const NAME_BYTES: usize = 320;

/// Everybody `value` names.
pub(super) fn people(value: &str) -> Vec<Address> {
    let pieces = pieces(value);
    let by_semicolon = pieces.iter().any(|(_, ends)| *ends == Some(';'));
    let mut found: Vec<Address> = Vec::new();
    let mut waiting = String::new();
    for (piece, ends) in pieces {
        // A comma within a name: "Doe, Jane <j@x>".
        waiting.push_str(piece);
        let whole = match ends {
            Some(',') => !by_semicolon && waiting.contains('@'),
            _ => true,
        };
        if !whole {
            waiting.push(',');
            continue;
        }
        found.extend(person(&waiting));
        waiting.clear();
        if found.len() >= PEOPLE {
            break;
        }
    }
    found.extend(person(waiting.trim_end_matches(',')).filter(|_| found.len() < PEOPLE));
    found
}

/// Pieces between separators outside of quotes and brackets, and what ends each.
fn pieces(value: &str) -> Vec<(&str, Option<char>)> {
    let mut found = Vec::new();
    let (mut quoted, mut depth, mut start) = (false, 0_usize, 0);
    for (at, one) in value.char_indices() {
        match one {
            '"' => quoted = !quoted,
            '<' | '[' if !quoted => depth += 1,
            '>' | ']' if !quoted => depth = depth.saturating_sub(1),
            ',' | ';' | '；' if !quoted && depth == 0 => {
                let ends = if one == ',' { ',' } else { ';' };
                found.push((value.get(start..at).unwrap_or_default(), Some(ends)));
                start = at + one.len_utf8();
            }
            _ => {}
        }
    }
    found.push((value.get(start..).unwrap_or_default(), None));
    found
}

/// One person, if there is anything.
fn person(piece: &str) -> Option<Address> {
    let piece = piece.trim_matches(is_blank);
    let (name, address) = match piece.find(['<', '[']) {
        Some(at) => (piece.get(..at)?, addressed(piece.get(at..)?)),
        None => (piece, None),
    };
    let address = address.or_else(|| addressed(piece));
    let name = name.trim_matches(|one: char| {
        is_blank(one) || matches!(one, '"' | '\'' | '*' | '“' | '”' | '(' | ')' | ':')
    });
    let is_address = address.as_deref().is_some_and(|address| name.eq_ignore_ascii_case(address));
    let name = (!name.is_empty() && !is_address).then(|| bounded(name, NAME_BYTES));
    // Only an address, with something around it.
    let name =
        name.filter(|name| address.is_none() || addressed(name).is_none_or(|one| Some(one) != address));
    (name.is_some() || address.is_some()).then_some(Address { name, address })
}

/// The first word that reads like an address.
fn addressed(text: &str) -> Option<String> {
    let mut words = text.split(|one: char| {
        is_blank(one)
            || matches!(one, '<' | '>' | '[' | ']' | '(' | ')' | '"' | '\'' | ',' | ';' | ':' | '|' | '*')
    });
    let found = words.find(|word| {
        word.split_once('@').is_some_and(|(local, host)| !local.is_empty() && !host.is_empty())
    })?;
    Some(bounded(found, NAME_BYTES))
}

/// Whether both are the same, as far as is known.
pub(super) fn is_same(one: &Address, other: &Address) -> bool {
    match (&one.address, &other.address) {
        (Some(one), Some(other)) => one.eq_ignore_ascii_case(other),
        _ => one.name.is_some() && one.name == other.name,
    }
}
