//! What messages and TNEF streams made for the purpose give.

mod damage;
mod message;
mod tnef;

use super::fixtures::{Data, Message, Object};
use crate::contents::{Content, Contents, Item, Role, Room};

fn room() -> Room {
    Room::new(64 << 20, 5_000_000_000)
}

fn bytes(item: &Item) -> &[u8] {
    match &item.content {
        Content::File(bytes) | Content::Entity(bytes) => bytes,
        Content::Listed { .. } => panic!("{item:?}"),
    }
}

fn fact<'c>(contents: &'c Contents, name: &str) -> Option<&'c str> {
    contents.facts.iter().find(|fact| fact.name == name).map(|fact| fact.value.as_str())
}

fn codes(contents: &Contents) -> Vec<&str> {
    contents.defects.iter().map(|defect| defect.code.as_str()).collect()
}

/// Body, role, type and name of the items.
fn outline(contents: &Contents) -> Vec<(Role, &str, &str)> {
    contents
        .items
        .iter()
        .map(|item| (item.role, item.content_type.as_str(), item.name.as_deref().unwrap_or_default()))
        .collect()
}

/// A message with a bit of everything.
fn rich() -> Message {
    let within = Message {
        properties: Object::default().text(0x37, "Within").text(0x1000, "inner").text(0x8001, "Room 5"),
        ..Message::default()
    };
    Message {
        properties: Object::default()
            .text(0x1a, "IPM.Note")
            .text(0x37, "Re: Grüße")
            .time(0x39, "2024-05-06T07:08:09Z")
            .text(0x42, "Anna")
            .text(0x64, "SMTP")
            .text(0x65, "anna@example.org")
            .text(0xc1a, "Assistant")
            .text(0xc1e, "EX")
            .text(0xc1f, "/o=Example/cn=assistant")
            .text(0x5d01, "assistant@example.org")
            .text(0x1035, "<1@example.org>")
            .text(0x1042, "<0@example.org>")
            .text(0x1039, "<a@example.org> <0@example.org>")
            .text(0x1000, "Hello")
            .binary(0x1013, b"<p>Gr\xfc\xdfe <img src=\"cid:logo@1\">")
            .number(0x3fde, 28591)
            .number(0x17, 2)
            .binary(0x1009, &super::fixtures::rich_text(r"{\rtf1\fromhtml1 {\*\htmltag <b>}other}"))
            .text(0x8001, "Room 1"),
        recipients: vec![
            Object::default()
                .number(0xc15, 1)
                .text(0x3001, "Bob")
                .text(0x3003, "/o=E/cn=bob")
                .text(0x39fe, "bob@example.org"),
            Object::default().number(0xc15, 2).text(0x3002, "SMTP").text(0x3003, "carol@example.org"),
            Object::default()
                .number(0xc15, 3)
                .text(0x3001, "Dave")
                .text(0x3002, "EX")
                .text(0x3003, "/o=E/cn=dave"),
        ],
        attachments: vec![
            (
                Object::default()
                    .number(0x3705, 1)
                    .text(0x3704, "LONGNA~1.TXT")
                    .text(0x3707, "long name.txt")
                    .text(0x370e, "Text/Plain"),
                Some(Data::Bytes(b"content".to_vec())),
            ),
            (
                Object::default().number(0x3705, 1).text(0x3707, "logo.png").text(0x3712, "<logo@1>"),
                Some(Data::Bytes(vec![7; 5000])),
            ),
            (
                Object::default().number(0x3705, 5).text(0x3001, "Within"),
                Some(Data::Message(Box::new(within))),
            ),
            (
                Object::default().number(0x3705, 6).text(0x3001, "Package"),
                Some(Data::Object(vec![(
                    "\u{1}Ole10Native".to_owned(),
                    super::fixtures::package("a.exe", "C:\\x\\a.exe", b"MZ"),
                )])),
            ),
            (
                Object::default().number(0x3705, 6).text(0x3001, "Sheet"),
                Some(Data::Object(vec![("Workbook".to_owned(), vec![1; 9000])])),
            ),
            (Object::default().number(0x3705, 4).text(0x370d, "\\\\server\\share\\file.doc"), None),
            (Object::default().number(0x3705, 1).text(0x3707, "empty.txt").flag(0x7ffe), None),
        ],
        names: vec![(super::named::APPOINTMENT, 0x8208, 0x8001)],
    }
}
