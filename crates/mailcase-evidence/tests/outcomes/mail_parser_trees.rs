//! The full parse trees that mail-parser (Rust) publishes, of each message with LF and with CRLF.

use crate::corpus::{files, short, source};
use crate::judge::{Tally, replaced};
use crate::own::{Own, children};
use mailcase_evidence::{Address, Envelope, Part, PartKind};
use serde_json::Value;

const WHOLE_LINES: &str =
    "a line is a boundary when all of it is (RFC 2046 §5.1.1), not when it begins like one";
const SOURCE: &str = "stalwartlabs+mail-parser";

#[test]
fn trees_are_those_of_mail_parser() {
    let Some(folder) = source(SOURCE) else { return };
    let mut tally = Tally::new("mail-parser, parse trees");
    let mut messages = 0;
    for path in files(&folder, ".eml") {
        let raw = std::fs::read(&path).unwrap();
        let bare: Vec<u8> = raw.iter().copied().filter(|byte| *byte != b'\r').collect();
        for (extension, raw) in [("json", bare), ("crlf.json", with_cr(&raw))] {
            let expected = std::fs::read(path.with_extension(extension)).unwrap();
            let expected: Value = serde_json::from_slice(&expected).unwrap();
            let own = Own::of(raw);
            let place = format!("{} ({extension})", short(&path, &folder));
            let comparison = Comparison { own: &own, tally: &mut tally };
            comparison.message(&place, &own.evidence.root, Some(&own.evidence.envelope), &expected);
            messages += 1;
        }
    }
    assert!(messages > 200, "only {messages} trees");
    tally.finish(1_000);
}

fn texts_replaced(ours: &Option<String>, theirs: &Option<String>) -> Option<&'static str> {
    replaced(ours.as_deref()?, theirs.as_deref()?)
}

/// With a CR before every LF that has none.
fn with_cr(raw: &[u8]) -> Vec<u8> {
    let mut with = Vec::with_capacity(raw.len() + raw.len() / 40);
    let mut last = 0;
    for byte in raw {
        if *byte == b'\n' && last != b'\r' {
            with.push(b'\r');
        }
        with.push(*byte);
        last = *byte;
    }
    with
}

/// A message of mail-parser: its parts lie in one list.
struct Theirs<'a> {
    parts: &'a [Value],
    message: &'a Value,
}

impl<'a> Theirs<'a> {
    fn header(&self, part: &'a Value, name: &str) -> Option<&'a Value> {
        let headers = part["headers"].as_array().unwrap();
        // The first one counts for us.
        headers.iter().find(|header| header["name"] == name).map(|header| &header["value"])
    }

    fn lists(&self, list: &str, index: usize) -> bool {
        self.message[list].as_array().unwrap().iter().any(|one| one.as_u64() == Some(index as u64))
    }
}

struct Comparison<'a> {
    own: &'a Own,
    tally: &'a mut Tally,
}

impl Comparison<'_> {
    fn message(mut self, place: &str, root: &Part, envelope: Option<&Envelope>, message: &Value) {
        self.whole(place, root, envelope, message);
    }

    fn whole(&mut self, place: &str, root: &Part, envelope: Option<&Envelope>, message: &Value) {
        let theirs = Theirs { parts: message["parts"].as_array().unwrap(), message };
        if let Some(envelope) = envelope {
            self.envelope(place, envelope, &theirs);
        }
        self.part(place, root, &theirs, 0);
    }

    fn envelope(&mut self, place: &str, ours: &Envelope, theirs: &Theirs<'_>) {
        let root = &theirs.parts[0];
        let text = |name: &str| {
            let value = theirs.header(root, name)?.get("Text")?.as_str()?;
            Some(value.trim().to_owned())
        };
        let subject = ours.subject.clone().filter(|subject| !subject.is_empty());
        let expected = text("subject").filter(|text| !text.is_empty());
        self.tally.compare(&format!("{place} subject"), subject, expected, texts_replaced);
        self.tally.same(&format!("{place} message-id"), ours.message_id.clone(), text("message_id"));
        for (name, ours) in [
            ("from", &ours.from),
            ("to", &ours.to),
            ("cc", &ours.cc),
            ("bcc", &ours.bcc),
            ("reply_to", &ours.reply_to),
            ("sender", &ours.sender),
        ] {
            let expected = theirs.header(root, name).map(addresses).unwrap_or_default();
            self.tally.compare(&format!("{place} {name}"), ours.clone(), expected, |ours, theirs| {
                let names = |list: &[Address]| {
                    list.iter()
                        .map(|one| format!("{:?}|{:?}", one.name, one.address))
                        .collect::<Vec<_>>()
                        .join(",")
                };
                replaced(&names(ours), &names(theirs))
            });
        }
        let date = theirs.header(root, "date").and_then(|value| timestamp(value.get("DateTime")?));
        self.tally.same(&format!("{place} date"), ours.date, date);
    }

    fn part(&mut self, place: &str, part: &Part, theirs: &Theirs<'_>, index: usize) {
        let place = &format!("{place} {}", part.path);
        let other = &theirs.parts[index];
        let body = &other["body"];
        let within: Vec<usize> = body
            .get("Multipart")
            .and_then(Value::as_array)
            .map(|list| list.iter().map(|one| usize::try_from(one.as_u64().unwrap()).unwrap()).collect())
            .unwrap_or_default();
        self.declared(place, part, theirs, other);
        if let Some(message) = body.get("Message") {
            let both = (part.kind == PartKind::Message, true);
            self.tally.same(&format!("{place} is a message"), both.0, both.1);
            if let [root] = children(part) {
                self.whole(place, root, part.envelope.as_ref(), message);
            }
            return;
        }
        let ours = children(part).len();
        let reason = || self.of_structure(part, other, theirs, within.len());
        let reason = (ours != within.len()).then(reason).flatten();
        self.tally.compare(&format!("{place} parts within"), ours, within.len(), |_, _| reason);
        if ours == within.len() && ours > 0 {
            for (part, index) in part.children.iter().zip(within) {
                self.part(place, part, theirs, index);
            }
            return;
        }
        if ours == 0 && within.is_empty() {
            self.content(place, part, body);
            let attached = !matches!(part.kind, PartKind::Body);
            let expected = theirs.lists("attachments", index);
            self.tally
                .compare(&format!("{place} is an attachment"), attached, expected, |_, _| of_kind(part));
        }
    }

    /// Why there are other parts within.
    fn of_structure(
        &self,
        part: &Part,
        other: &Value,
        theirs: &Theirs<'_>,
        count: usize,
    ) -> Option<&'static str> {
        let lines: Vec<&[u8]> = self
            .own
            .raw
            .split(|byte| *byte == b'\n')
            .map(|line| line.strip_suffix(b"\r").unwrap_or(line))
            .collect();
        let text = String::from_utf8_lossy(&self.own.raw);
        let mut boundaries = Vec::new();
        for found in text.split("boundary=").skip(1) {
            let quoted = found.strip_prefix('"').map(|rest| rest.split('"').next().unwrap_or_default());
            let name =
                quoted.unwrap_or_else(|| found.split([';', '\r', '\n', ' ']).next().unwrap_or_default());
            boundaries.push(format!("--{name}").into_bytes());
        }
        let within = |line: &&[u8]| boundaries.iter().any(|one| *line == one.as_slice());
        let longer = |line: &&[u8]| {
            !within(line)
                && boundaries
                    .iter()
                    .any(|one| line.strip_prefix(one.as_slice()).is_some_and(|rest| rest != b"--"))
        };
        let types = other["headers"].as_array().unwrap().iter().filter(|one| one["name"] == "content_type");

        let after_header = lines.windows(2).any(|two| within(&two[1]) && two[0].contains(&b':'));
        let last_is_empty = part
            .children
            .last()
            .is_some_and(|last| last.size == 0 && !last.content_type.starts_with("multipart"));
        if part.defects.iter().any(|defect| defect.code == "no_headers") {
            Some("what is declared a message is one, also without headers")
        } else if types.count() > 1 {
            Some("of two Content-Type headers the first counts")
        } else if lines.iter().any(longer)
            || lines.iter().any(within)
                && boundaries
                    .iter()
                    .any(|one| boundaries.iter().any(|two| one != two && two.starts_with(one)))
        {
            Some(WHOLE_LINES)
        } else if after_header {
            Some("a boundary ends headers that lack the blank line")
        } else if message_holds_boundary(theirs.message, &within) {
            Some("the boundary of an outer multipart ends all parts within (RFC 2046 §5.1.2)")
        } else if last_is_empty && part.children.len() == count + 1 {
            Some("a boundary begins a part, also one in which there is nothing")
        } else {
            None
        }
    }

    fn declared(&mut self, place: &str, part: &Part, theirs: &Theirs<'_>, other: &Value) {
        let content_type = theirs.header(other, "content_type").and_then(|value| value.get("ContentType"));
        let disposition =
            theirs.header(other, "content_disposition").and_then(|value| value.get("ContentType"));
        let full = content_type.map(|found| {
            let part = |key: &str| found[key].as_str().unwrap_or_default().to_ascii_lowercase();
            if found["c_subtype"].is_null() {
                part("c_type")
            } else {
                format!("{}/{}", part("c_type"), part("c_subtype"))
            }
        });
        if let Some(full) = full {
            self.tally.same(&format!("{place} type"), part.content_type.clone(), full);
        }
        let attribute = |of: Option<&Value>, name: &str| {
            let attributes = of?["attributes"].as_array()?;
            let found = attributes.iter().find(|one| one["name"] == name)?;
            Some(found["value"].as_str()?.trim().to_owned()).filter(|value| !value.is_empty())
        };
        let name = attribute(disposition, "filename").or_else(|| attribute(content_type, "name"));
        self.tally.compare(&format!("{place} name"), part.name.clone(), name, |ours, theirs| {
            let typeless = theirs.is_none() && disposition.is_none() && part.disposition.is_none();
            typeless
                .then_some("parameters count, also where the type before them is missing")
                .or_else(|| texts_replaced(ours, theirs))
        });
        let charset = attribute(content_type, "charset").map(|name| name.to_ascii_lowercase());
        self.tally.same(&format!("{place} charset"), part.charset.clone(), charset);
        let disposition = disposition.map(|found| found["c_type"].as_str().unwrap().to_ascii_lowercase());
        self.tally.same(&format!("{place} disposition"), part.disposition.clone(), disposition);
        let id = theirs
            .header(other, "content_id")
            .and_then(|value| Some(value.get("Text")?.as_str()?.to_owned()));
        self.tally.same(&format!("{place} content id"), part.content_id.clone(), id);
        let encoding = theirs.header(other, "content_transfer_encoding");
        let encoding = encoding.and_then(|value| Some(value.get("Text")?.as_str()?.to_ascii_lowercase()));
        self.tally.same(&format!("{place} encoding"), part.encoding.clone(), encoding);
    }

    fn content(&mut self, place: &str, part: &Part, body: &Value) {
        let text = body.get("Text").or_else(|| body.get("Html")).and_then(Value::as_str);
        let binary = body.get("Binary").or_else(|| body.get("InlineBinary")).and_then(Value::as_array);
        if let Some(text) = text {
            let ours = self
                .own
                .text(part)
                .unwrap_or_else(|| String::from_utf8_lossy(&self.own.content(part)).into_owned());
            self.tally.compare(&format!("{place} text"), ours, text.to_owned(), |ours, theirs| {
                of_text(part, ours, theirs)
            });
        }
        if let Some(binary) = binary {
            let bytes: Vec<u8> =
                binary.iter().map(|byte| u8::try_from(byte.as_u64().unwrap()).unwrap()).collect();
            self.tally.same(&format!("{place} bytes"), self.own.content(part), bytes);
        }
    }
}

/// Why a text is another.
fn of_text(part: &Part, ours: &str, theirs: &str) -> Option<&'static str> {
    let has = |code: &str| part.defects.iter().any(|defect| defect.code == code);
    if has("bad_base64") {
        Some("characters that do not belong to base64 are skipped, what is left is decoded")
    } else if theirs.is_empty() {
        Some("lines that can be no headers are the body, not lost")
    } else if ours.strip_prefix(theirs).is_some_and(|rest| rest.starts_with("--")) {
        Some(WHOLE_LINES)
    } else if ours.strip_prefix(theirs).is_some_and(|rest| rest == "\u{fffd}") {
        Some("the last character of UTF-16 that is half there is shown as such")
    } else {
        replaced(ours, theirs)
    }
}

fn of_kind(part: &Part) -> Option<&'static str> {
    let plain = part.name.is_none() && part.disposition.is_none();
    (plain && part.kind == PartKind::Body && part.read_as.is_some())
        .then_some("text without a name is read as the body, wherever it stands")
}

/// Whether a text anywhere within holds a line like this.
fn message_holds_boundary(message: &Value, is_boundary: &dyn Fn(&&[u8]) -> bool) -> bool {
    message["parts"].as_array().unwrap().iter().any(|part| {
        let body = &part["body"];
        if let Some(message) = body.get("Message") {
            return message_holds_boundary(message, is_boundary);
        }
        let text = body.get("Text").or_else(|| body.get("Html")).and_then(Value::as_str).unwrap_or_default();
        text.lines().any(|line| is_boundary(&line.as_bytes()))
    })
}

pub(crate) fn addresses(value: &Value) -> Vec<Address> {
    let value = value.get("Address").unwrap_or(value);
    let text = |one: &Value| Some(one.as_str()?.trim().to_owned()).filter(|text| !text.is_empty());
    let one = |one: &Value| Address { name: text(&one["name"]), address: text(&one["address"]) };
    let list = |list: &Value| list.as_array().unwrap().iter().map(one).collect::<Vec<_>>();
    if let Some(found) = value.get("List") {
        return list(found);
    }
    let mut all = Vec::new();
    for group in value.get("Group").and_then(Value::as_array).into_iter().flatten() {
        let members = list(&group["addresses"]);
        if members.is_empty() {
            all.push(Address { name: text(&group["name"]), address: None });
        }
        all.extend(members);
    }
    all
}

pub(crate) fn timestamp(date: &Value) -> Option<jiff::Timestamp> {
    let number = |key: &str| i16::try_from(date[key].as_i64()?).ok();
    let small = |key: &str| i8::try_from(date[key].as_i64()?).ok();
    let civil = jiff::civil::DateTime::new(
        number("year")?,
        small("month")?,
        small("day")?,
        small("hour")?,
        small("minute")?,
        small("second")?,
        0,
    );
    let offset = i32::from(number("tz_hour")?) * 3_600 + i32::from(number("tz_minute")?) * 60;
    let offset = if date["tz_before_gmt"] == true { -offset } else { offset };
    let zone = jiff::tz::Offset::from_seconds(offset).ok()?.to_time_zone();
    Some(civil.ok()?.to_zoned(zone).ok()?.timestamp())
}
