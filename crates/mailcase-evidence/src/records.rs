//! Texts that machines wrote for machines: calendars, cards, delivery and read reports, abuse and DMARC reports.
//!
//! They become facts of their part, in the order of the text. Broken lines are passed over: nothing here decides.

mod calendar;
mod card;
mod dmarc;
mod report;

use crate::Fact;
use crate::contents::{Content, Contents, Item, Room};
use crate::fields::bounded;

/// Facts of one record.
const FACTS: usize = 100;
/// Bytes of one fact.
const FACT_BYTES: usize = 2_000;
/// Bytes of text and links that are no fact.
const WORDS_BYTES: usize = 1 << 20;
/// Files taken out of one record.
const FILES: usize = 200;

/// Whether [`open`] knows this type. Of XML, whether it is a DMARC report shows only the text.
pub(crate) fn knows(content_type: &str) -> bool {
    kind(content_type).is_some()
}

#[derive(Debug, Clone, Copy)]
enum Kind {
    Calendar,
    Card,
    Delivery,
    Disposition,
    Feedback,
    /// The headers of content that is elsewhere.
    External,
    Xml,
}

fn kind(content_type: &str) -> Option<Kind> {
    Some(match content_type {
        "text/calendar" | "application/ics" | "text/x-vcalendar" => Kind::Calendar,
        "text/vcard" | "text/x-vcard" | "text/directory" => Kind::Card,
        "message/delivery-status" | "message/global-delivery-status" => Kind::Delivery,
        "message/disposition-notification" | "message/global-disposition-notification" => Kind::Disposition,
        "message/feedback-report" => Kind::Feedback,
        "message/external-body" => Kind::External,
        "text/xml" | "application/xml" => Kind::Xml,
        _ => return None,
    })
}

/// Reads `text` as what its type (lower case) says; `None` when it is nothing known here.
pub(crate) fn open(content_type: &str, text: &str, room: &mut Room) -> Option<Contents> {
    let mut record = Record::default();
    record.contents.format = match kind(content_type)? {
        Kind::Calendar => {
            calendar::read(text, &mut record, room);
            "icalendar"
        }
        Kind::Card => {
            card::read(text, &mut record, room);
            "vcard"
        }
        Kind::Delivery => {
            report::read(text, &mut record);
            "delivery_status"
        }
        Kind::Disposition => {
            report::read(text, &mut record);
            "disposition_notification"
        }
        Kind::Feedback => {
            report::read(text, &mut record);
            "feedback_report"
        }
        Kind::External => {
            report::read(text, &mut record);
            "external_body"
        }
        Kind::Xml => {
            dmarc::read(text, &mut record)?;
            "dmarc_report"
        }
    };
    Some(record.finish())
}

/// A record while it is read.
#[derive(Debug, Default)]
struct Record {
    contents: Contents,
    full: bool,
}

impl Record {
    fn fact(&mut self, name: &str, value: &str) {
        let value = value.trim();
        if value.is_empty() {
            return;
        }
        if self.contents.facts.len() >= FACTS {
            self.full = true;
        } else {
            self.contents.facts.push(Fact::new(name, bounded(value, FACT_BYTES)));
        }
    }

    fn words(&mut self, text: &str) {
        let room = WORDS_BYTES.saturating_sub(self.contents.words.len() + 1);
        self.contents.words.push_str(&bounded(text, room));
        self.contents.words.push('\n');
    }

    fn file(&mut self, content_type: String, name: Option<String>, bytes: Vec<u8>, room: &mut Room) {
        if self.contents.items.len() >= FILES {
            self.full = true;
            return;
        }
        let mut item = Item { content_type, name, ..Item::default() };
        match room.take(bytes.len()) {
            Ok(()) => item.content = Content::File(bytes),
            Err(full) => {
                item.content = Content::Listed { size: Some(bytes.len() as u64) };
                item.defects.push(full.defect());
            }
        }
        self.contents.items.push(item);
    }

    fn finish(mut self) -> Contents {
        if self.full {
            let message = "there is more in it than the limit; only the first was kept";
            self.contents.defects.push(crate::Defect::new("limit_facts", message));
        }
        self.contents
    }
}

/// A line of a calendar or card: `NAME;PARAMETER=value:value` (RFC 5545 §3.1, RFC 6350 §3.3).
#[derive(Debug)]
struct Line {
    /// Upper case, without the group of cards.
    name: String,
    parameters: Vec<(String, String)>,
    value: String,
}

impl Line {
    fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The value with its escapes undone (RFC 5545 §3.3.11).
    fn text(&self) -> String {
        let mut out = String::with_capacity(self.value.len());
        let mut chars = self.value.chars();
        while let Some(one) = chars.next() {
            match one {
                '\\' => match chars.next() {
                    Some('n' | 'N') => out.push('\n'),
                    Some(other) => out.push(other),
                    None => {}
                },
                one => out.push(one),
            }
        }
        out
    }

    /// Bytes within the text: base64 by encoding, or a `data:` URL, and their type.
    fn bytes(&self) -> Option<(Vec<u8>, String)> {
        let encoding = self.parameter("ENCODING").unwrap_or_default();
        let base64 = encoding.eq_ignore_ascii_case("b") || encoding.eq_ignore_ascii_case("base64");
        let kind = self.parameter("FMTTYPE").unwrap_or_default().to_ascii_lowercase();
        if base64 || self.parameter("BASE64").is_some() {
            return Some((crate::document::base64(self.value.as_bytes()), kind));
        }
        crate::document::data_url(&self.value)
    }
}

/// The lines of a calendar or card, unfolded.
fn lines(text: &str) -> impl Iterator<Item = Line> {
    let mut rest = text.lines().peekable();
    std::iter::from_fn(move || {
        loop {
            let mut whole = rest.next()?.to_owned();
            // Quoted-printable of old cards goes on after a `=` at the end.
            let printable = has_ignoring_case(&whole, "QUOTED-PRINTABLE");
            while let Some(next) = rest.peek() {
                if let Some(folded) = next.strip_prefix([' ', '\t']) {
                    whole.push_str(folded);
                } else if printable && whole.ends_with('=') {
                    whole.push_str("\r\n");
                    whole.push_str(next);
                } else {
                    break;
                }
                rest.next();
            }
            if let Some(line) = line(&whole) {
                return Some(line);
            }
        }
    })
}

fn has_ignoring_case(text: &str, word: &str) -> bool {
    let start = text.get(..text.floor_char_boundary(FACT_BYTES)).unwrap_or_default();
    start.to_ascii_uppercase().contains(word)
}

fn line(whole: &str) -> Option<Line> {
    let mut quoted = false;
    let mut cuts = Vec::new();
    let mut colon = None;
    for (at, byte) in whole.bytes().enumerate() {
        match byte {
            b'"' => quoted = !quoted,
            b';' if !quoted => cuts.push(at),
            b':' if !quoted => {
                colon = Some(at);
                break;
            }
            _ => {}
        }
    }
    // A quote without its end must not hide the value.
    let colon = colon.or_else(|| whole.find(':'))?;
    let (head, value) = (whole.get(..colon)?, whole.get(colon + 1..)?);
    let mut pieces = Vec::new();
    let mut from = 0;
    for cut in cuts.into_iter().filter(|cut| *cut < colon).chain([colon]) {
        pieces.push(head.get(from..cut).unwrap_or_default());
        from = cut + 1;
    }
    let mut pieces = pieces.into_iter();
    let name = pieces.next()?.trim();
    let name = name.rsplit_once('.').map_or(name, |(_, name)| name).to_ascii_uppercase();
    let valid = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    valid.then_some(())?;
    let parameters = pieces.map(|piece| {
        let (key, value) = piece.split_once('=').unwrap_or((piece, ""));
        (key.trim().to_ascii_uppercase(), value.trim().trim_matches('"').to_owned())
    });
    Some(Line { name, parameters: parameters.collect(), value: value.to_owned() })
}

#[cfg(test)]
mod tests;
