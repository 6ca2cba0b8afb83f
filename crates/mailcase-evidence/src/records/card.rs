//! Cards of people (vCard 2.1, 3.0, 4.0: RFC 6350).

use mail_parser::decoders::quoted_printable::quoted_printable_decode;

use super::{Line, Record, lines};
use crate::contents::Room;

pub(super) fn read(text: &str, record: &mut Record, room: &mut Room) {
    for line in lines(text) {
        let name = match line.name.as_str() {
            "FN" => "name",
            "N" => "name_parts",
            "ORG" => "organization",
            "TITLE" | "ROLE" => "title",
            "EMAIL" => "email",
            "TEL" => "phone",
            "URL" | "SOURCE" | "CALURI" | "FBURL" | "CALADRURI" => "url",
            "ADR" => "postal_address",
            "NOTE" => "note",
            "NICKNAME" => "nickname",
            "BDAY" => "birthday",
            "UID" => "uid",
            "IMPP" => "messenger",
            "PHOTO" | "LOGO" | "SOUND" | "KEY" => {
                file(&line, record, room);
                continue;
            }
            name if name.starts_with("X-") && line.value.contains("://") => {
                record.words(&line.text());
                continue;
            }
            _ => continue,
        };
        let text = value(&line);
        record.words(&text);
        record.fact(name, text.trim_matches(';'));
    }
}

fn value(line: &Line) -> String {
    let printable = line.parameter("QUOTED-PRINTABLE").is_some()
        || line
            .parameter("ENCODING")
            .is_some_and(|encoding| encoding.eq_ignore_ascii_case("quoted-printable"));
    match quoted_printable_decode(line.value.as_bytes()).filter(|_| printable) {
        Some(bytes) => {
            let charset =
                line.parameter("CHARSET").and_then(|name| encoding_rs::Encoding::for_label(name.as_bytes()));
            charset.unwrap_or(encoding_rs::UTF_8).decode_without_bom_handling(&bytes).0.into_owned()
        }
        None => line.text(),
    }
}

fn file(line: &Line, record: &mut Record, room: &mut Room) {
    let Some((bytes, declared)) = line.bytes() else {
        record.words(&line.value);
        record.fact(&line.name.to_ascii_lowercase(), &line.value);
        return;
    };
    // Old cards name the format of a picture by its short name.
    let kind = match line.parameter("TYPE").map(str::to_ascii_lowercase) {
        Some(kind) if declared.is_empty() && line.name != "KEY" && line.name != "SOUND" => {
            format!("image/{kind}")
        }
        _ => declared,
    };
    record.file(kind, Some(line.name.to_ascii_lowercase()), bytes, room);
}
