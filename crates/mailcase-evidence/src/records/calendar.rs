//! Invitations and calendars (RFC 5545, 5546, 7986), whoever wrote them.

use super::{Line, Record, lines};
use crate::contents::Room;
use crate::html;

/// Attendees kept as facts; all of them are looked through for addresses.
const ATTENDEES: usize = 40;

pub(super) fn read(text: &str, record: &mut Record, room: &mut Room) {
    let mut within: Vec<String> = Vec::new();
    let mut attendees = 0;
    for line in lines(text) {
        match line.name.as_str() {
            "BEGIN" => within.push(line.value.trim().to_ascii_uppercase()),
            "END" => {
                within.pop();
            }
            _ if within.len() > 8 => {}
            _ => {
                let inside = within.last().map(String::as_str).unwrap_or_default();
                // Rules of time zones are long and say nothing.
                if !matches!(inside, "STANDARD" | "DAYLIGHT" | "VTIMEZONE") {
                    property(&line, inside, &mut attendees, record, room);
                }
            }
        }
    }
}

fn property(line: &Line, inside: &str, attendees: &mut usize, record: &mut Record, room: &mut Room) {
    let alarm = inside == "VALARM";
    match line.name.as_str() {
        "METHOD" => record.fact("method", &line.value.to_ascii_lowercase()),
        "PRODID" => record.fact("product", &line.text()),
        "SUMMARY" if !alarm => worded(record, "summary", line),
        "LOCATION" => worded(record, "location", line),
        "DESCRIPTION" | "COMMENT" => record.words(&line.text()),
        "UID" => record.fact("uid", &line.value),
        "STATUS" => record.fact("status", &line.value.to_ascii_lowercase()),
        "RRULE" => record.fact("recurrence", &line.value),
        "DTSTART" => record.fact("start", &time(line)),
        "DTEND" | "DUE" => record.fact("end", &time(line)),
        "DURATION" if !alarm => record.fact("duration", &line.value),
        "DTSTAMP" => record.fact("written", &time(line)),
        "CLASS" => record.fact("class", &line.value.to_ascii_lowercase()),
        "ORGANIZER" => person(record, "organizer", line),
        "ATTENDEE" => {
            *attendees += 1;
            if *attendees <= ATTENDEES {
                person(record, "attendee", line);
            } else {
                record.words(&line.value);
            }
        }
        "URL" | "CONFERENCE" | "SOURCE" | "IMAGE" => worded(record, "url", line),
        "ATTACH" => attachment(line, record, room),
        "X-ALT-DESC" => {
            let page = html::read(&line.text());
            page.links.iter().for_each(|link| record.words(&link.value));
            record.words(&page.text);
        }
        name if name.starts_with("X-") && line.value.contains("://") => {
            record.words(&line.text());
        }
        _ => {}
    }
}

fn worded(record: &mut Record, name: &str, line: &Line) {
    let text = line.text();
    record.words(&text);
    record.fact(name, &text);
}

/// `Name <address>, accepted`.
fn person(record: &mut Record, name: &str, line: &Line) {
    let value = line.value.trim();
    let address = match value.split_once(':') {
        Some((scheme, address)) if scheme.eq_ignore_ascii_case("mailto") => address,
        _ => value,
    };
    record.words(address);
    let mut shown = match line.parameter("CN").filter(|name| !name.is_empty() && *name != address) {
        Some(name) => format!("{name} <{address}>"),
        None => address.to_owned(),
    };
    if let Some(sender) = line.parameter("SENT-BY") {
        record.words(sender.trim_start_matches("mailto:"));
    }
    if let Some(answer) =
        line.parameter("PARTSTAT").filter(|answer| !answer.eq_ignore_ascii_case("needs-action"))
    {
        shown = format!("{shown}, {}", answer.to_ascii_lowercase());
    }
    record.fact(name, &shown);
}

/// `20261121T093000` with its zone as RFC 3339 writes it; as found when it is no time.
fn time(line: &Line) -> String {
    let value = line.value.trim();
    let (local, utc) = value.strip_suffix(['Z', 'z']).map_or((value, false), |local| (local, true));
    let parsed = match local.split_once(['T', 't']) {
        Some(_) => jiff::civil::DateTime::strptime("%Y%m%dT%H%M%S", local).ok().map(|when| when.to_string()),
        None => jiff::civil::Date::strptime("%Y%m%d", local).ok().map(|when| when.to_string()),
    };
    match (parsed, utc, line.parameter("TZID")) {
        (None, ..) => value.to_owned(),
        (Some(when), true, _) => when + "Z",
        (Some(when), false, Some(zone)) => format!("{when} {zone}"),
        (Some(when), false, None) => when,
    }
}

fn attachment(line: &Line, record: &mut Record, room: &mut Room) {
    let name = ["FILENAME", "X-FILENAME", "X-APPLE-FILENAME", "X-ORACLE-FILENAME"]
        .iter()
        .find_map(|key| line.parameter(key))
        .map(str::to_owned);
    match line.bytes() {
        Some((bytes, kind)) => record.file(kind, name, bytes, room),
        None => {
            record.words(&line.value);
            record.fact("attachment", &line.value);
        }
    }
}
