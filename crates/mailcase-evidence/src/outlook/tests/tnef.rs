use super::*;
use crate::outlook::fixtures::{rich_text, tnef};
use crate::outlook::open_tnef;

const RENDERING: u32 = 0x0006_9002;
const DATA: u32 = 0x0006_800f;
const TITLE: u32 = 0x0001_8010;
const ATTACHMENT: u32 = 0x0006_9005;
const PROPERTIES: u32 = 0x0006_9003;

fn properties() -> Object {
    Object::default()
        .text(0x37, "Grüße")
        .time(0x39, "2024-05-06T07:08:09Z")
        .text(0x42, "Anna")
        .text(0x65, "anna@example.org")
        .text(0x64, "SMTP")
        .binary(0x1009, &rich_text(r"{\rtf1\fromhtml1 {\*\htmltag <b>}bold}"))
}

pub(super) fn rich() -> Vec<(u8, u32, Vec<u8>)> {
    let recipients = {
        let one =
            Object::default().number(0xc15, 1).text(0x3001, "Bob").text(0x39fe, "bob@example.org").encode();
        [2_u32.to_le_bytes().to_vec(), one.clone(), one].concat()
    };
    let mut within = vec![0x07, 0x03, 0x02, 0, 0, 0, 0, 0, 0xc0, 0, 0, 0, 0, 0, 0, 0x46];
    within.extend(tnef(&[(1, PROPERTIES, Object::default().text(0x37, "Within").encode())]));
    let mut message = Object::default().text(0x3001, "Within");
    message.values.push((0x3701, 0x000d, within));
    vec![
        (1, 0x0006_9007, vec![0xe3, 4, 0, 0, 0, 0, 0, 0]),
        (1, 0x0007_8008, b"IPM.Microsoft Mail.Note\0".to_vec()),
        (1, 0x0001_8004, b"Gr???e\0".to_vec()),
        (1, 0x0006_9004, recipients),
        (1, PROPERTIES, properties().encode()),
        (2, RENDERING, vec![0; 14]),
        (2, DATA, b"first".to_vec()),
        (2, TITLE, b"FIRST~1.TXT\0".to_vec()),
        (2, ATTACHMENT, Object::default().text(0x3707, "first one.txt").encode()),
        (2, RENDERING, vec![0; 14]),
        (2, TITLE, b"\xcf\xf0\xe8.txt\0".to_vec()),
        (2, DATA, b"second".to_vec()),
        (2, RENDERING, vec![0; 14]),
        (2, ATTACHMENT, message.encode()),
    ]
}

#[test]
fn everything_is_found() {
    let contents = open_tnef(&tnef(&rich()), &mut room());
    assert_eq!(codes(&contents), Vec::<&str>::new());
    let envelope = &contents.head.as_ref().unwrap().envelope;
    assert_eq!(envelope.subject.as_deref(), Some("Grüße"));
    assert_eq!(envelope.to.len(), 2);
    assert_eq!(envelope.from[0].address.as_deref(), Some("anna@example.org"));
    assert_eq!(fact(&contents, "message_class"), Some("IPM.Note"));
    assert_eq!(
        outline(&contents),
        [
            (Role::Body, "text/html", ""),
            (Role::Attachment, "", "first one.txt"),
            (Role::Attachment, "", "При.txt"),
            (Role::Attachment, "application/ms-tnef", "Within"),
        ]
    );
    assert_eq!(bytes(&contents.items[2]), b"second");
    let within = open_tnef(bytes(&contents.items[3]), &mut room());
    assert_eq!(within.head.unwrap().envelope.subject.as_deref(), Some("Within"));
}

#[test]
fn attributes_of_programs_before_mapi_count() {
    let from = [&[4, 0, 0, 0, 5, 0, 21, 0][..], b"Anna\0SMTP:anna@example.org"].concat();
    let stream = tnef(&[
        (1, 0x0002_800c, b"text\0".to_vec()),
        (1, 0x0000_8000, from),
        (1, 0x0003_8005, [2024_u16, 5, 6, 7, 8, 9, 1].map(u16::to_le_bytes).concat()),
        (2, DATA, b"never begun".to_vec()),
        (2, TITLE, b"a.txt\0".to_vec()),
    ]);
    let contents = open_tnef(&stream, &mut room());
    assert_eq!(outline(&contents), [(Role::Body, "text/plain", ""), (Role::Attachment, "", "a.txt")]);
    let envelope = &contents.head.as_ref().unwrap().envelope;
    assert_eq!(envelope.from[0].address.as_deref(), Some("anna@example.org"));
    assert_eq!(envelope.date.map(|date| date.to_string()).as_deref(), Some("2024-05-06T07:08:09Z"));
}

#[test]
fn an_object_gives_the_file_in_it() {
    let package = crate::outlook::fixtures::package("a.exe", "C:\\a.exe", b"MZ");
    let mut draft = crate::outlook::compound::write::Draft::new([0; 16]);
    draft.stream(0, "\u{1}Ole10Native", package);
    let mut object = vec![0x0b, 0, 0, 0, 0, 0, 0, 0, 0xc0, 0, 0, 0, 0, 0, 0, 0x46];
    object.extend(draft.finish());
    let mut attached = Object::default();
    attached.values.push((0x3701, 0x000d, object));
    let stream =
        tnef(&[(2, RENDERING, vec![0; 14]), (2, DATA, b"stub".to_vec()), (2, ATTACHMENT, attached.encode())]);
    let contents = open_tnef(&stream, &mut room());
    // What there is for programs that cannot read the object is not lost.
    assert_eq!(bytes(&contents.items[0]), b"stub");
    assert_eq!((contents.items[1].name.as_deref(), bytes(&contents.items[1])), (Some("a.exe"), &b"MZ"[..]));
}

#[test]
fn streams_that_are_wrong_give_what_is_there() {
    let good = tnef(&rich());
    let mut bad = good.clone();
    bad[36] ^= 1;
    assert_eq!(codes(&open_tnef(&bad, &mut room())), ["bad_checksum"]);
    let junk = [&good[..], b"\r\n--boundary--"].concat();
    let contents = open_tnef(&junk, &mut room());
    assert_eq!((codes(&contents), contents.items.len()), (vec!["junk_at_end"], 4));
    let line_end = [&good[..], b"\r\n\0"].concat();
    assert_eq!(codes(&open_tnef(&line_end, &mut room())), Vec::<&str>::new());
    let cut = open_tnef(&good[..good.len() - 20], &mut room());
    assert_eq!((codes(&cut), cut.items.len()), (vec!["truncated"], 4));
    assert_eq!(codes(&open_tnef(b"PK\x03\x04", &mut room())), ["damaged"]);
    assert_eq!(codes(&open_tnef(b"", &mut room())), ["damaged"]);
}

#[test]
fn counts_nobody_has_cost_nothing() {
    for kind in [0x1000_u16, 0x1001, 0x1003, 0x1014, 0x101f, 0x1102, 0x001f, 0x0102, 0x7777] {
        let mut list = u32::MAX.to_le_bytes().to_vec();
        list.extend(kind.to_le_bytes());
        list.extend(0x37_u16.to_le_bytes());
        list.extend(u32::MAX.to_le_bytes());
        let contents =
            open_tnef(&tnef(&[(1, PROPERTIES, list.clone()), (1, 0x0006_9004, list)]), &mut room());
        assert_eq!(codes(&contents), ["truncated"], "{kind:x}");
    }
}

#[test]
fn a_list_of_recipients_tells_its_members() {
    let mut entry = vec![0; 4];
    entry.extend([
        0x81, 0x2b, 0x1f, 0xa4, 0xbe, 0xa3, 0x10, 0x19, 0x9d, 0x6e, 0x00, 0xdd, 0x01, 0x0f, 0x54, 0x02,
    ]);
    entry.extend([0, 0, 0, 0]);
    entry.extend(b"Eve\0SMTP\0eve@example.net\0");
    entry.resize(entry.len().next_multiple_of(4), 0);
    // One property: several binary values (0x1102) under the name 0x8054 of contacts.
    let mut list = 1_u32.to_le_bytes().to_vec();
    list.extend([0x02, 0x11, 0x01, 0x80]);
    list.extend(crate::outlook::named::CONTACT);
    list.extend([0, 0, 0, 0, 0x54, 0x80, 0, 0]);
    list.extend(2_u32.to_le_bytes());
    for _ in 0..2 {
        list.extend((entry.len() as u32).to_le_bytes());
        list.extend(&entry);
    }
    let contents = open_tnef(&tnef(&[(1, PROPERTIES, list)]), &mut room());
    let members: Vec<_> =
        contents.facts.iter().map(|fact| (fact.name.as_str(), fact.value.as_str())).collect();
    assert_eq!(members, [("member", "\"Eve\" <eve@example.net>"); 2]);
}
