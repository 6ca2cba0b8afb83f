//! The XML of office documents: relations, properties and text. Broken XML is read as far as it goes.

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::super::Found;
use crate::Defect;

/// Calls `each` with the events of a document, until it ends or breaks.
fn events(bytes: &[u8], found: &mut Found, mut each: impl FnMut(&Event<'_>, &mut Found)) {
    let text = super::super::plain_text(bytes);
    let mut reader = Reader::from_str(&text);
    let config = reader.config_mut();
    config.check_end_names = false;
    config.allow_unmatched_ends = true;
    loop {
        match reader.read_event() {
            Ok(Event::Eof) => return,
            Ok(event) => each(&event, found),
            Err(_) => {
                if !found.contents.defects.iter().any(|defect| defect.code == "bad_xml") {
                    let message = "some of its XML is broken; what is before that was read";
                    found.contents.defects.push(Defect::new("bad_xml", message));
                }
                return;
            }
        }
    }
}

fn attribute(element: &BytesStart<'_>, name: &[u8]) -> Option<String> {
    let found = element
        .attributes()
        .with_checks(false)
        .flatten()
        .find(|one| one.key.local_name().as_ref() == name)?;
    Some(decoded(&String::from_utf8_lossy(&found.value)))
}

fn decoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    crate::html::push_decoded(&mut out, text);
    out
}

/// Relations that lead outside are links; some of them are followed when the document is opened.
pub(super) fn relations(bytes: &[u8], found: &mut Found) {
    events(bytes, found, |event, found| {
        let (Event::Start(element) | Event::Empty(element)) = event else { return };
        if element.local_name().as_ref() != b"Relationship" {
            return;
        }
        let outside =
            attribute(element, b"TargetMode").is_some_and(|mode| mode.eq_ignore_ascii_case("external"));
        let Some(target) = attribute(element, b"Target").filter(|_| outside) else { return };
        found.link(&target);
        let kind = attribute(element, b"Type").unwrap_or_default();
        let fact = match kind.rsplit('/').next().unwrap_or_default() {
            "attachedTemplate" => "remote_template",
            "oleObject" | "package" => "remote_object",
            "frame" | "subDocument" | "aFChunk" => "remote_part",
            "image" => "remote_image",
            "externalLink" | "externalLinkPath" | "xlExternalLinkPath" => "remote_data",
            _ => return,
        };
        found.fact(fact, &target);
    });
}

/// Properties of both families of formats, by the names of their elements.
pub(super) fn properties(bytes: &[u8], found: &mut Found) {
    const NAMES: [(&str, &str); 19] = [
        ("title", "title"),
        ("subject", "subject"),
        ("creator", "author"),
        ("initial-creator", "author"),
        ("keywords", "keywords"),
        ("keyword", "keywords"),
        ("description", "comment"),
        ("lastModifiedBy", "last_author"),
        ("revision", "revision"),
        ("created", "created"),
        ("creation-date", "created"),
        ("modified", "modified"),
        ("date", "modified"),
        ("Application", "application"),
        ("generator", "application"),
        ("Company", "company"),
        ("Manager", "manager"),
        ("Template", "template"),
        ("HyperlinkBase", "link_base"),
    ];
    let mut value = String::new();
    events(bytes, found, |event, found| match event {
        Event::Start(_) => value.clear(),
        Event::Text(text) => value.push_str(&String::from_utf8_lossy(text)),
        Event::GeneralRef(name) => value.push_str(&decoded(&format!("&{};", String::from_utf8_lossy(name)))),
        Event::End(element) => {
            let name = element.local_name();
            let known = NAMES.iter().find(|(known, _)| known.as_bytes() == name.as_ref());
            if let Some((_, fact)) = known {
                found.fact(fact, value.trim());
            }
            if value.contains("://") {
                found.words(&value);
            }
            value.clear();
        }
        _ => {}
    });
}

/// Text by paragraphs, and the attributes that point somewhere.
pub(super) fn text(bytes: &[u8], found: &mut Found) {
    let mut line = String::new();
    events(bytes, found, |event, found| match event {
        Event::Start(element) | Event::Empty(element) => {
            for name in
                [&b"href"[..], b"src", b"display", b"location", b"instr", b"ref", b"ddeService", b"ddeTopic"]
            {
                if let Some(value) = attribute(element, name).filter(|value| value.len() > 3) {
                    field(&value, found);
                    found.words(&value);
                }
            }
            if matches!(element.local_name().as_ref(), b"tab" | b"br" | b"s" | b"line-break") {
                line.push(' ');
            }
        }
        Event::Text(text) => line.push_str(&String::from_utf8_lossy(text)),
        Event::CData(text) => line.push_str(&String::from_utf8_lossy(text)),
        Event::GeneralRef(name) => line.push_str(&decoded(&format!("&{};", String::from_utf8_lossy(name)))),
        Event::End(element)
            if matches!(element.local_name().as_ref(), b"p" | b"si" | b"h" | b"c" | b"comment" | b"f") =>
        {
            field(&line, found);
            found.words(line.trim());
            line.clear();
        }
        _ => {}
    });
    field(&line, found);
    found.words(line.trim());
}

/// Fields that start programs.
fn field(text: &str, found: &mut Found) {
    let start = text.get(..text.floor_char_boundary(200)).unwrap_or_default().trim_start();
    if start.starts_with("DDEAUTO") || start.starts_with("DDE ") {
        found.fact("dde", start);
    }
}
