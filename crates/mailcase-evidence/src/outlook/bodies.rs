//! The bodies of a message: text, HTML, rich text, as items.

use std::borrow::Cow;

use super::charset;
use super::properties::{Properties, Reading, kind};
use super::rtf::{self, Source};
use super::{WORDS_BYTES, bounded_text, tags};
use crate::Defect;
use crate::contents::{Content, Item, Role, Short};

/// The bodies of a message, the plainest first.
#[derive(Debug, Default)]
pub(super) struct Bodies {
    pub(super) items: Vec<Item>,
    /// What a body says that is in none of the items as text.
    pub(super) words: String,
    pub(super) defects: Vec<Defect>,
}

/// Reads the bodies.
pub(super) fn bodies<'a>(properties: &Properties<'a>, reading: &mut Reading<'_, 'a>) -> Bodies {
    let text = properties.text(tags::BODY, reading).filter(|text| !text.is_empty());
    // What a report says, when it is no mail of its own.
    let text = text.or_else(|| properties.text(tags::REPORT_TEXT, reading).filter(|text| !text.is_empty()));
    let mut html = html(properties, reading);
    let mut bodies = Bodies::default();
    let mut text = text.map(|text| body("text/plain", Some("utf-8"), text.into_bytes()));
    let rich = rich_text(properties, &mut bodies.defects, reading);
    let mut native = None;
    if let Some((rtf, flaws)) = rich {
        let content = rtf::read(&rtf);
        let blank = content.text.trim().is_empty();
        bodies.words = bounded_text(&content.instructions, WORDS_BYTES);
        match content.source {
            Source::Html if !blank && html.is_none() => {
                html = Some(body("text/html", Some("utf-8"), content.text.into_bytes()));
                mark(&mut html, flaws);
            }
            Source::Text if !blank && text.is_none() => {
                text = Some(body("text/plain", Some("utf-8"), content.text.into_bytes()));
                mark(&mut text, flaws);
            }
            Source::Html | Source::Text if !blank => {
                add_words(&mut bodies.words, &content.text, &text);
                bodies.defects.extend(flaws);
            }
            _ => {
                if text.is_none() && html.is_none() && !blank {
                    text = Some(body("text/plain", Some("utf-8"), content.text.into_bytes()));
                } else {
                    add_words(&mut bodies.words, &content.text, &text);
                }
                let name = Some("message.rtf".to_owned());
                native = Some(Item { name, ..body("application/rtf", None, rtf) });
                mark(&mut native, flaws);
            }
        }
    }
    bodies.items.extend([text, html, native].into_iter().flatten());
    bodies
}

fn body(content_type: &str, charset: Option<&str>, content: Vec<u8>) -> Item {
    Item {
        role: Role::Body,
        content: Content::File(content),
        content_type: content_type.to_owned(),
        charset: charset.map(str::to_owned),
        ..Item::default()
    }
}

fn mark(item: &mut Option<Item>, flaws: Vec<Defect>) {
    if let Some(item) = item {
        item.defects.extend(flaws);
    }
}

/// Rich text should say the same as the body beside it; when it does not, what it says is found all the same.
fn add_words(words: &mut String, said: &str, text: &Option<Item>) {
    let letters = |text: &str| text.chars().filter(|one| !one.is_whitespace()).collect::<String>();
    let same = text.as_ref().is_some_and(|item| match &item.content {
        Content::File(bytes) => letters(&String::from_utf8_lossy(bytes)) == letters(said),
        _ => false,
    });
    if !same {
        let room = WORDS_BYTES.saturating_sub(words.len());
        words.push_str(&bounded_text(said, room));
    }
}

fn html<'a>(properties: &Properties<'a>, reading: &mut Reading<'_, 'a>) -> Option<Item> {
    let property = properties.get(tags::HTML)?;
    if property.kind == kind::UNICODE {
        let text = properties.text(tags::HTML, reading).filter(|text| !text.is_empty())?;
        return Some(body("text/html", Some("utf-8"), text.into_bytes()));
    }
    let bytes = properties.bytes(tags::HTML, reading).map(Cow::into_owned)?;
    if bytes.is_empty() {
        return None;
    }
    let page = properties.number(tags::INTERNET_CODEPAGE).and_then(|page| u32::try_from(page).ok());
    // US-ASCII is what Outlook says when it does not know.
    let encoding = page.filter(|page| *page != 20127).and_then(charset::code_page);
    let charset = encoding.map(|encoding| encoding.name().to_ascii_lowercase());
    Some(body("text/html", charset.as_deref(), bytes))
}

type RichText = (Vec<u8>, Vec<Defect>);

fn rich_text<'a>(
    properties: &Properties<'a>,
    defects: &mut Vec<Defect>,
    reading: &mut Reading<'_, 'a>,
) -> Option<RichText> {
    let packed = properties.bytes(tags::RTF_COMPRESSED, reading)?;
    if packed.is_empty() {
        return None;
    }
    match rtf::unpack(&packed, reading.room) {
        Ok(Some(unpacked)) => {
            let mut flaws = Vec::new();
            if unpacked.truncated {
                flaws
                    .push(Defect::new("truncated", "the rich text ends early; what is there of it was read"));
            }
            if unpacked.bad_checksum {
                flaws.push(Defect::new(
                    "bad_checksum",
                    "the checksum of the rich text is wrong; it was read anyway",
                ));
            }
            (!unpacked.rtf.is_empty()).then_some((unpacked.rtf, flaws))
        }
        Ok(None) if packed.trim_ascii_start().starts_with(b"{\\rtf") => {
            Some((packed.into_owned(), Vec::new()))
        }
        Ok(None) => {
            defects
                .push(Defect::new("bad_rich_text", "the rich text of the message is packed in no known way"));
            None
        }
        Err(short) => {
            let full = matches!(short, Short::Full);
            reading.full |= full;
            None
        }
    }
}
