//! Rich text as a file: objects in it, remote templates, links. What it looks like is not read.

use super::Found;
use super::legacy;
use crate::contents::{Content, Contents, Item, Room};
use crate::sniff::COMPOUND_FILE;

/// Objects of one file.
const OBJECTS: usize = 200;
/// Text kept of one group.
const GROUP_BYTES: usize = 4_000;

pub(super) fn open(bytes: &[u8], room: &mut Room) -> Contents {
    let mut found = Found::new("rtf");
    for (word, fact) in [
        (&b"\\template"[..], "template"),
        (b"\\title", "title"),
        (b"\\author", "author"),
        (b"\\operator", "last_author"),
        (b"\\company", "company"),
        (b"\\objclass", "object_class"),
        (b"\\generator", "application"),
    ] {
        for at in memchr::memmem::find_iter(bytes, word).take(OBJECTS) {
            let value = group(bytes.get(at + word.len()..).unwrap_or_default());
            if word == b"\\template" && value.contains("://") {
                found.fact("remote_template", &value);
                found.link(&value);
            } else {
                found.fact(fact, &value);
            }
        }
    }
    if memchr::memmem::find(bytes, b"\\objupdate").is_some() {
        found.fact("active_content", "object that updates itself");
    }
    let mut done = 0;
    for at in memchr::memmem::find_iter(bytes, b"\\objdata").take(OBJECTS) {
        // Objects within an object are noise that hides one.
        if at < done {
            continue;
        }
        let (data, length) = hexadecimal(bytes.get(at + 8..).unwrap_or_default());
        done = at + 8 + length;
        if data.len() > 8 && room.take(data.len()).is_ok() {
            found.item(object(&data));
        }
    }
    words(bytes, &mut found);
    found.finish()
}

/// Text up to the end of the group, without control words.
fn group(rest: &[u8]) -> String {
    let end = rest.iter().take(GROUP_BYTES).position(|byte| matches!(byte, b'}' | b'{')).unwrap_or_default();
    let text = rest.get(..end).unwrap_or_default();
    // Letters right behind are another control word.
    if !text.first().is_some_and(|byte| matches!(byte, b' ' | b'\r' | b'\n' | b'\\')) {
        return String::new();
    }
    plain(text).trim().to_owned()
}

/// Text without control words; `\'xx` and `\uN` become their characters.
fn plain(text: &[u8]) -> String {
    let mut out = Vec::new();
    let mut wide = String::new();
    let mut rest = text;
    while let Some((first, tail)) = rest.split_first() {
        rest = tail;
        match first {
            b'\\' => rest = control(tail, &mut out, &mut wide),
            b'{' | b'}' | b'\r' | b'\n' => {}
            byte => out.push(*byte),
        }
        if !wide.is_empty() {
            out.extend_from_slice(wide.as_bytes());
            wide.clear();
        }
    }
    super::plain_text(&out)
}

fn control<'a>(tail: &'a [u8], out: &mut Vec<u8>, wide: &mut String) -> &'a [u8] {
    match tail {
        [b'\'', high, low, rest @ ..] => {
            let digit = |byte: &u8| char::from(*byte).to_digit(16).unwrap_or_default() as u8;
            out.push(digit(high) << 4 | digit(low));
            rest
        }
        [b'\\' | b'{' | b'}', rest @ ..] => {
            out.extend(tail.first());
            rest
        }
        [letter, ..] if letter.is_ascii_alphabetic() => {
            let name = tail.iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
            let number =
                tail.iter().skip(name).take_while(|byte| byte.is_ascii_digit() || **byte == b'-').count();
            let (word, rest) = tail.split_at_checked(name + number).unwrap_or((tail, &[]));
            let value = std::str::from_utf8(word.get(name..).unwrap_or_default()).unwrap_or_default();
            match word.get(..name) {
                Some(b"u") => {
                    let code = value.parse::<i32>().ok().map(|code| (code & 0xffff) as u32);
                    wide.extend(code.and_then(char::from_u32));
                    // A letter for programs that do not know better follows.
                    return rest.strip_prefix(b" ").unwrap_or(rest).strip_prefix(b"?").unwrap_or(rest);
                }
                Some(b"par" | b"line" | b"cell" | b"tab") => out.push(b'\n'),
                _ => {}
            }
            rest.strip_prefix(b" ").unwrap_or(rest)
        }
        [_, rest @ ..] => rest,
        [] => tail,
    }
}

/// Text of the document, object data left out.
fn words(bytes: &[u8], found: &mut Found) {
    let mut from = 0;
    for at in memchr::memmem::find_iter(bytes, b"\\objdata") {
        found.words(plain(bytes.get(from..at).unwrap_or_default()).trim());
        let rest = bytes.get(at..).unwrap_or_default();
        from = at + memchr::memchr(b'}', rest).unwrap_or(rest.len());
    }
    found.words(plain(bytes.get(from..).unwrap_or_default()).trim());
}

/// Hexadecimal digits up to the end of the group, and how far that is; braces and control words between them, which
/// only hide them, are passed over.
fn hexadecimal(bytes: &[u8]) -> (Vec<u8>, usize) {
    let mut digits: Vec<u8> = Vec::new();
    let mut open = 0_usize;
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        at += 1;
        match byte {
            b'{' => open += 1,
            b'}' => match open.checked_sub(1) {
                Some(less) => open = less,
                None => break,
            },
            b'\\' => {
                let rest = bytes.get(at..).unwrap_or_default();
                if rest.starts_with(b"'") {
                    at += 3;
                } else {
                    at += rest.iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
                    let rest = bytes.get(at..).unwrap_or_default();
                    at += rest.iter().take_while(|byte| byte.is_ascii_digit() || **byte == b'-').count();
                }
            }
            byte => digits.extend(char::from(*byte).to_digit(16).map(|digit| digit as u8)),
        }
    }
    let bytes =
        digits.chunks_exact(2).map(|pair| pair.iter().fold(0, |byte, digit| byte << 4 | digit)).collect();
    (bytes, at)
}

/// An object as OLE 1 wraps it ([MS-OLEDS] §2.2.5): versions, three names, a size and the object.
fn object(data: &[u8]) -> Item {
    let mut item =
        unwrapped(data).unwrap_or_else(|| Item { content: Content::File(data.to_vec()), ..Item::default() });
    // Whatever the wrapping, a compound file in it is what counts.
    if let Content::File(bytes) = &item.content
        && !bytes.starts_with(&COMPOUND_FILE)
        && let Some(at) = memchr::memmem::find(data, &COMPOUND_FILE)
    {
        item.content = Content::File(data.get(at..).unwrap_or_default().to_vec());
    }
    item
}

fn unwrapped(data: &[u8]) -> Option<Item> {
    let long =
        |at: usize| Some(u32::from_le_bytes(data.get(at..at.checked_add(4)?)?.try_into().ok()?) as usize);
    let mut at = 8;
    let mut names = Vec::new();
    for _ in 0..3 {
        let length = long(at)?;
        at = at.checked_add(4)?;
        let name = data.get(at..at.checked_add(length)?)?;
        names.push(String::from_utf8_lossy(name).trim_end_matches('\0').to_owned());
        at += length;
    }
    let size = long(at)?;
    let body = data.get(at.checked_add(4)?..)?;
    let body = body.get(..size.min(body.len()))?;
    let class = names.swap_remove(0);
    let mut item = if class.eq_ignore_ascii_case("package") {
        // The packed file follows as in a compound file, without its size.
        legacy::native(&[&(body.len() as u32).to_le_bytes(), body].concat())
    } else {
        Item { content: Content::File(body.to_vec()), ..Item::default() }
    };
    item.facts.push(crate::Fact::new("object_class", crate::fields::bounded(&class, 200)));
    Some(item)
}
