//! `.msg` files and the JSON that msgreader makes of them.

use serde_json::Value;

use super::{Tally, corpus, files};
use crate::contents::{Content, Contents, Item, Role, Room};
use crate::fields::Block;
use crate::outlook::compound::{Compound, Kind};
use crate::outlook::{open_message, rtf};

/// Where msgreader's fields are found here.
const TEXTS: [(&str, &str); 46] = [
    ("messageClass", "message_class"),
    ("conversationTopic", "conversation_topic"),
    ("lastModifierName", "last_modifier"),
    ("creatorSMTPAddress", "creator_address"),
    ("lastModifierSMTPAddress", "last_modifier_address"),
    ("inetAcctName", "account"),
    ("apptLocation", "location"),
    ("timeZoneDesc", "time_zone"),
    ("globalAppointmentID", "meeting_id"),
    ("votingOptions", "vote_options"),
    ("votingResponse", "vote"),
    ("name", "name"),
    ("displayNamePrefix", "name_prefix"),
    ("givenName", "given_name"),
    ("middleName", "middle_name"),
    ("surname", "surname"),
    ("generation", "generation"),
    ("companyName", "company"),
    ("departmentName", "department"),
    ("title", "job_title"),
    ("businessTelephoneNumber", "business_phone"),
    ("homeTelephoneNumber", "home_phone"),
    ("mobileTelephoneNumber", "mobile_phone"),
    ("businessFaxNumber", "business_fax"),
    ("businessHomePage", "home_page"),
    ("postalAddress", "postal_address"),
    ("streetAddress", "street"),
    ("addressCity", "city"),
    ("stateOrProvince", "state"),
    ("postalCode", "postal_code"),
    ("country", "country"),
    ("fileUnder", "file_as"),
    ("email1DisplayName", "email_1_name"),
    ("email1EmailAddress", "email_1"),
    ("email1OriginalDisplayName", "email_1_original"),
    ("fax2EmailAddress", "fax_2"),
    ("yomiFirstName", "given_name_phonetic"),
    ("yomiLastName", "surname_phonetic"),
    ("yomiCompanyName", "company_phonetic"),
    ("workAddress", "work_address"),
    ("workAddressStreet", "work_street"),
    ("workAddressCity", "work_city"),
    ("workAddressState", "work_state"),
    ("workAddressPostalCode", "work_postal_code"),
    ("workAddressCountry", "work_country"),
    ("contactHtml", "web_page"),
];
const TIMES: [(&str, &str); 8] = [
    ("creationTime", "created"),
    ("lastModificationTime", "modified"),
    ("clientSubmitTime", "submitted"),
    ("messageDeliveryTime", "delivered"),
    ("apptStartWhole", "start"),
    ("apptEndWhole", "end"),
    ("clipStart", "first_start"),
    ("clipEnd", "last_end"),
];
/// Fields that are compared elsewhere or say nothing of the message.
const OTHERS: [&str; 38] = [
    "attachments",
    "recipients",
    "subject",
    "headers",
    "senderName",
    "senderEmail",
    "senderAddressType",
    "body",
    "messageId",
    "dataType",
    "normalizedSubject",
    "preview",
    "messageFlags",
    "internetCodepage",
    "messageLocaleId",
    "messageCodepage",
    "apptRecur",
    "timeZoneStruct",
    "apptTZDefStartDisplay",
    "apptTZDefEndDisplay",
    "apptTZDefRecur",
    "addressCountryCode",
    "workAddressCountryCode",
    "fax1AddrType",
    "fax2AddrType",
    "fax3AddrType",
    "fax1EmailAddress",
    "fax3EmailAddress",
    "fax1OriginalDisplayName",
    "fax2OriginalDisplayName",
    "fax3OriginalDisplayName",
    "location",
    "department",
    "instMsg",
    "contentLength",
    "error",
    "attachMimeTag",
    "innerMsgContent",
];
const MOJIBAKE: &str =
    "msgreader reads text without Unicode as Latin 1, here in the code page of the message";

fn room() -> Room {
    Room::new(1 << 30, u64::MAX)
}

fn bytes(item: &Item) -> &[u8] {
    match &item.content {
        Content::File(bytes) | Content::Entity(bytes) => bytes,
        Content::Listed { .. } => panic!("{:?} is only listed: {:?}", item.name, item.defects),
    }
}

fn fact<'c>(contents: &'c Contents, name: &str) -> &'c str {
    contents.facts.iter().find(|fact| fact.name == name).map_or("", |fact| &fact.value)
}

/// What text looks like to a program that takes every byte for a character.
fn misread(text: &str) -> String {
    let bytes = encoding_rs::SHIFT_JIS.encode(text).0;
    bytes.iter().map(|byte| char::from(*byte)).collect()
}

fn trimmed(text: &str) -> &str {
    text.trim_matches(|one: char| one.is_whitespace() || one == '\0')
}

fn text(tally: &mut Tally, what: &str, found: &str, expected: &str) {
    let (found, expected) = (trimmed(found), trimmed(expected));
    if found != expected && !found.is_ascii() && misread(found) == expected {
        tally.justify(MOJIBAKE);
    } else {
        tally.compare(what, &found, &expected);
    }
}

fn time(text: &str) -> Option<i64> {
    jiff::fmt::rfc2822::parse(text).ok().map(|time| time.timestamp().as_second())
}

fn message(tally: &mut Tally, what: &str, contents: &Contents, expected: &Value) {
    let head = contents.head.as_ref().unwrap();
    let envelope = &head.envelope;
    let want = |name: &str| expected[name].as_str().unwrap_or_default();
    text(tally, &format!("{what} subject"), envelope.subject.as_deref().unwrap_or_default(), want("subject"));
    for (field, name) in TEXTS {
        if !expected[field].is_null() {
            text(tally, &format!("{what} {field}"), fact(contents, name), want(field));
        }
    }
    for (field, name) in TIMES {
        if !expected[field].is_null() {
            let found: Option<jiff::Timestamp> = fact(contents, name).parse().ok();
            let found = found.map(|found| found.as_second());
            tally.compare(&format!("{what} {field}"), &found, &time(want(field)));
        }
    }
    for (name, value) in expected.as_object().unwrap() {
        let known =
            TEXTS.iter().chain(&TIMES).any(|(field, _)| field == name) || OTHERS.contains(&name.as_str());
        assert!(known, "{what}: the field {name} is compared with nothing: {value}");
    }
    if !want("headers").is_empty() {
        let headers = want("headers").trim_end();
        let shown: Vec<_> =
            Block::cut(headers.as_bytes()).iter().map(|field| field.shown(64 << 10)).collect();
        tally.compare(&format!("{what} headers"), &head.headers, &shown);
    } else {
        // An exception of a recurring meeting has nothing that headers would say.
        let silent = expected["subject"].is_null() && expected["senderName"].is_null();
        tally.compare(&format!("{what} has no headers"), &head.headers.is_empty(), &silent);
    }
    if !want("messageId").is_empty() {
        let id = want("messageId").trim_matches(['<', '>', ' ']);
        tally.compare(&format!("{what} id"), &envelope.message_id.as_deref().unwrap_or_default(), &id);
    }
    sender(tally, what, contents, expected);
    recipients(tally, what, contents, expected);
    body(tally, what, contents, expected);
    attachments(tally, what, contents, expected);
}

fn sender(tally: &mut Tally, what: &str, contents: &Contents, expected: &Value) {
    let Some(email) = expected["senderEmail"].as_str() else { return };
    let envelope = &contents.head.as_ref().unwrap().envelope;
    let address = envelope.sender.iter().chain(&envelope.from).find_map(|one| one.address.as_deref());
    let exchange = [fact(contents, "sender_exchange"), fact(contents, "from_exchange")];
    let found = address.into_iter().chain(exchange).any(|found| found.eq_ignore_ascii_case(email));
    if !found && expected["senderAddressType"] == "EX" && address.is_some_and(|found| found.contains('@')) {
        tally.justify("the address of the Internet is there, and preferred to that within Exchange");
    } else {
        tally.compare(&format!("{what} sender {email} in {address:?} {exchange:?}"), &found, &true);
    }
}

fn recipients(tally: &mut Tally, what: &str, contents: &Contents, expected: &Value) {
    let envelope = &contents.head.as_ref().unwrap().envelope;
    for recipient in expected["recipients"].as_array().unwrap() {
        let list = match recipient["recipType"].as_str().unwrap() {
            "cc" => &envelope.cc,
            "bcc" => &envelope.bcc,
            _ => &envelope.to,
        };
        let smtp = recipient["smtpAddress"].as_str();
        let address = smtp.or(recipient["email"].as_str()).unwrap_or_default();
        let name = recipient["name"].as_str().unwrap_or_default();
        let found = list.iter().any(|one| match &one.address {
            Some(found) => found.eq_ignore_ascii_case(address),
            None => one.name.as_deref() == Some(name),
        });
        tally.compare(&format!("{what} recipient {address} among {list:?}"), &found, &true);
    }
}

fn body(tally: &mut Tally, what: &str, contents: &Contents, expected: &Value) {
    let Some(expected) = expected["body"].as_str() else { return };
    let is_text = |item: &&Item| item.role == Role::Body && item.content_type == "text/plain";
    let found =
        contents.items.iter().find(is_text).map(|item| String::from_utf8_lossy(bytes(item)).into_owned());
    let found = found.unwrap_or_default();
    if found != expected && misread(&found) == expected {
        tally.justify(MOJIBAKE);
    } else {
        tally.compare(&format!("{what} body"), &found.as_str(), &expected);
    }
}

fn attachments(tally: &mut Tally, what: &str, contents: &Contents, expected: &Value) {
    let found: Vec<_> = contents.items.iter().filter(|item| item.role != Role::Body).collect();
    let expected = expected["attachments"].as_array().unwrap();
    tally.compare(&format!("{what} number of attachments"), &found.len(), &expected.len());
    for (number, (item, expected)) in found.into_iter().zip(expected).enumerate() {
        let what = format!("{what}/{number}");
        let inner = &expected["innerMsgContentFields"];
        if !inner.is_null() {
            let opened = open_message(bytes(item), &mut room());
            assert!(opened.defects.is_empty(), "{what}: {:?}", opened.defects);
            message(tally, &what, &opened, inner);
            continue;
        }
        let name = expected["fileName"].as_str().or(expected["name"].as_str()).unwrap_or_default();
        text(tally, &format!("{what} name"), item.name.as_deref().unwrap_or_default(), name);
        if let Some(length) = expected["contentLength"].as_u64() {
            tally.compare(&format!("{what} length"), &(bytes(item).len() as u64), &length);
        }
        if let Some(kind) = expected["attachMimeTag"].as_str() {
            tally.compare(&format!("{what} type"), &item.content_type.as_str(), &kind);
        }
        if let Some(id) = expected["pidContentId"].as_str() {
            tally.compare(&format!("{what} content id"), &item.content_id.as_deref(), &Some(id));
            tally.compare(&format!("{what} is shown in the body"), &item.role, &Role::Inline);
        }
    }
}

#[test]
fn messages_are_as_msgreader_finds_them() {
    let Some(folder) = corpus("HiraokaHyperTools+msgreader") else { return };
    let mut tally = Tally::default();
    for path in files(&folder.join("test"), "json") {
        let expected: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        // `a-attachments0-attachments1` is the second attachment of the first attachment of a.msg.
        let mut steps = name.split("-attachments");
        let file = path.with_file_name(format!("{}.msg", steps.next().unwrap()));
        let mut contents = open_message(&std::fs::read(file).unwrap(), &mut room());
        for step in steps {
            let attached = contents.items.iter().filter(|item| item.role != Role::Body);
            let item = attached.into_iter().nth(step.parse().unwrap()).unwrap();
            contents = open_message(bytes(item), &mut room());
        }
        assert!(contents.defects.is_empty(), "{name}: {:?}", contents.defects);
        message(&mut tally, &name, &contents, &expected);
    }
    tally.report("msgreader messages");
}

#[test]
fn rich_text_is_unpacked_as_msgreader_does() {
    let Some(folder) = corpus("HiraokaHyperTools+msgreader") else { return };
    let mut tally = Tally::default();
    for path in files(&folder.join("test"), "rtf") {
        let file = std::fs::read(path.with_extension("msg")).unwrap();
        let compound = Compound::open(&file).unwrap();
        let id = compound.child(Compound::ROOT, "__substg1.0_10090102", Kind::Stream).unwrap();
        let packed = compound.stream(id, &mut room()).unwrap();
        let unpacked = rtf::unpack(&packed.bytes, &mut room()).unwrap().unwrap();
        let name = path.display().to_string();
        assert!(!unpacked.bad_checksum && !unpacked.truncated, "{name}");
        let expected = std::fs::read(&path).unwrap();
        tally.compare(&format!("{name} rich text"), &(unpacked.rtf == expected), &true);
    }
    tally.report("msgreader rich text");
}
