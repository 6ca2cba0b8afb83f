//! HTML and SVG sent as a file, which a browser opens: forms, scripts, and files built from what they carry.

use super::{Found, base64, data_url, plain_text};
use crate::contents::{Content, Contents, Item, Room};
use crate::html;
use crate::sniff;
use crate::{codes, drawn};

/// Letters of base64 in a row that a script does not have by chance.
const LONG: usize = 2_000;
/// Letters of base64 in a row that may be a link.
const SHORT: usize = 24;
/// Such rows that are decoded.
const ROWS: usize = 500;
/// Times base64 is undone within itself.
const LAYERS: usize = 3;
/// `data:` URLs taken out.
const FILES: usize = 200;

pub(super) fn open(bytes: &[u8], room: &mut Room) -> Contents {
    let mut found = Found::new("page");
    let text = plain_text(bytes);
    let page = html::read(&text);
    let links = page.links.iter().map(|link| link.value.as_str());
    links.filter(|link| !link.starts_with("data:")).for_each(|link| found.link(link));
    found.words(&page.text);
    elements(&text, &mut found);
    embedded(&text, &mut found, room);
    drawn::codes(&text, true, room).iter().for_each(|code| found.code(code));
    for script in scripts(&text) {
        found.words(script);
        read_script(script, &mut found, room);
    }
    found.finish()
}

/// Forms, what they ask for, and where they send it.
fn elements(text: &str, found: &mut Found) {
    let mut passwords = false;
    let mut rest = text;
    while let Some(at) = memchr::memchr(b'<', rest.as_bytes()) {
        let markup = rest.get(at..).unwrap_or_default();
        let Some((name, closing, tail)) = html::tag(markup) else {
            rest = markup.get(1..).unwrap_or_default();
            continue;
        };
        let mut facts: Vec<(&str, String)> = Vec::new();
        let after = html::attributes(tail, |key, value| {
            let mut decoded = String::new();
            match (&*name, key.to_ascii_lowercase().as_str()) {
                ("form", "action") => {
                    html::push_decoded(&mut decoded, value);
                    facts.push(("form_target", decoded));
                }
                ("input", "type") if value.eq_ignore_ascii_case("password") => passwords = true,
                ("a", "download") => {
                    html::push_decoded(&mut decoded, value);
                    facts.push(("download", decoded));
                }
                ("iframe" | "embed" | "object" | "foreignobject", _) if facts.is_empty() => {
                    facts.push(("active_content", name.to_string()));
                }
                (_, event) if event.starts_with("on") && event.len() > 4 && value.len() > 3 => {
                    html::push_decoded(&mut decoded, value);
                    facts.push(("event", format!("{event} {}", crate::fields::bounded(&decoded, 200))));
                }
                _ => {}
            }
        });
        if !closing {
            facts.iter().for_each(|(name, value)| found.fact(name, value));
        }
        // The text of a script is no markup.
        rest = if name == "script" && !closing { after_script(after) } else { after };
    }
    if passwords {
        found.fact("asks_for", "password");
    }
}

fn after_script(text: &str) -> &str {
    text.get(script_end(text)..).unwrap_or_default()
}

fn script_end(text: &str) -> usize {
    let bytes = text.as_bytes();
    memchr::memchr_iter(b'<', bytes)
        .find(|at| bytes.get(at + 1..at + 8).is_some_and(|word| word.eq_ignore_ascii_case(b"/script")))
        .unwrap_or(bytes.len())
}

fn scripts(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(at) = memchr::memchr(b'<', rest.as_bytes()) {
        let markup = rest.get(at..).unwrap_or_default();
        match html::tag(markup) {
            Some((name, false, tail)) if name == "script" => {
                let body = html::attributes(tail, |_, _| {});
                let end = script_end(body);
                found.push(body.get(..end).unwrap_or_default());
                rest = body.get(end..).unwrap_or_default();
            }
            _ => rest = markup.get(1..).unwrap_or_default(),
        }
    }
    found
}

/// Files in `data:` URLs; pictures among them are looked through for codes.
fn embedded(text: &str, found: &mut Found, room: &mut Room) {
    let mut files = 0;
    for at in memchr::memmem::find_iter(text.as_bytes(), b"data:") {
        let rest = text.get(at..).unwrap_or_default();
        let head = rest.get(..rest.floor_char_boundary(200)).unwrap_or_default();
        if files >= FILES || !head.split(',').next().is_some_and(|head| head.ends_with(";base64")) {
            continue;
        }
        let end = rest.find(['"', '\'', ')', '<', '>', '`', '\\']).unwrap_or(rest.len());
        let Some((bytes, kind)) = data_url(rest.get(..end).unwrap_or_default()) else { continue };
        files += 1;
        file(bytes, kind, found, room);
    }
}

fn file(bytes: Vec<u8>, kind: String, found: &mut Found, room: &mut Room) {
    if kind.starts_with("image/") && !kind.starts_with("image/svg") {
        codes::read(&bytes, room).iter().for_each(|code| found.code(code));
        return;
    }
    let mut item = Item { content_type: kind, ..Item::default() };
    match room.take(bytes.len()) {
        Ok(()) => item.content = Content::File(bytes),
        Err(full) => item.defects.push(full.defect()),
    }
    found.item(item);
}

/// Undoes what scripts hide: rows of base64 are links, pages or files.
fn read_script(script: &str, found: &mut Found, room: &mut Room) {
    for (word, fact) in [
        ("atob(", "base64"),
        ("unescape(", "escapes"),
        ("fromCharCode", "character codes"),
        ("eval(", "evaluation"),
        ("document.write", "page written by script"),
        ("createObjectURL", "file made by script"),
        ("msSaveOrOpenBlob", "file made by script"),
    ] {
        let value = Some(fact).filter(|_| script.contains(word));
        if let Some(value) =
            value.filter(|value| !found.contents.facts.iter().any(|fact| fact.value == *value))
        {
            found.fact("script_uses", value);
        }
    }
    let rows = script.split(|one: char| !(one.is_ascii_alphanumeric() || matches!(one, '+' | '/' | '=')));
    for row in rows.filter(|row| row.len() >= SHORT).take(ROWS) {
        if row.len() >= LONG && !found.contents.facts.iter().any(|fact| fact.name == "html_smuggling") {
            found.fact("html_smuggling", "a script carries a file");
        }
        decode(row, found, room);
    }
}

fn decode(row: &str, found: &mut Found, room: &mut Room) {
    let mut bytes = base64(row.as_bytes());
    for _ in 0..LAYERS {
        let again = bytes.len() >= SHORT
            && bytes.iter().all(|byte| {
                byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=' | b'\r' | b'\n')
            });
        if !again {
            break;
        }
        bytes = base64(&bytes);
    }
    match sniff::sniff(bytes.get(..bytes.len().min(4_096)).unwrap_or_default()) {
        Some("text/plain") | None => {
            // Letters that happen to be base64 decode to noise.
            if let Ok(text) = std::str::from_utf8(&bytes)
                && text.chars().all(|one| !one.is_control() || one.is_ascii_whitespace())
            {
                found.words(text);
            }
        }
        Some(kind) => file(bytes, kind.to_owned(), found, room),
    }
}
