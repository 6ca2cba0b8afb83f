//! Mail about mail of random texts, and what holds for all that is found to be passed on.

use mailcase_evidence::{Confidence, Evidence, Report, ReportedMessage};

use crate::message;

/// Messages told of one report.
const MESSAGES: usize = 50;
/// Bytes of the reporter's words, of what gave something away, and of people named by one line.
const WORDS_BYTES: usize = 8 << 10;
const BECAUSE_BYTES: usize = 200;
const PEOPLE: usize = 1_000;

const SUBJECTS: [&str; 4] =
    ["Fwd: a", "Re: a", "Phishing?", "3|49871234-6dc6-43e8-abcd-08d797f20abe|1.2.3.4|a@b.example|(a)"];

/// The first byte says what the mail around the text is like.
pub fn report(data: &[u8]) {
    let Some((shape, text)) = data.split_first() else { return };
    let subject = SUBJECTS[usize::from(shape & 3)];
    let kind = if shape & 4 == 0 { "text/plain" } else { "text/html" };
    let body = data_encoding::BASE64_MIME.encode(text);
    let head = format!(
        "From: Anna <a@example.org>\r\nTo: soc@example.org\r\nSubject: {subject}\r\nMIME-Version: 1.0\r\n"
    );
    let mut mail = format!(
        "{head}Content-Type: {kind}; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n{body}\r\n"
    );
    if shape & 8 != 0 {
        mail = format!(
            "{head}Content-Type: multipart/mixed; boundary=outer\r\n\r\n--outer\r\nContent-Type: message/rfc822\r\n\r\n{mail}\r\n--outer--\r\n"
        );
    }
    message(mail.as_bytes());
}

/// What holds for the report in any evidence.
pub(crate) fn holds(evidence: &Evidence) {
    let Some(Report { messages, words, tool, more, .. }) = &evidence.reported else { return };
    assert!(
        messages.len() <= MESSAGES && (!*more || messages.len() + 1 >= MESSAGES),
        "{} messages",
        messages.len()
    );
    assert!(!messages.is_empty() || tool.is_some(), "a report of nothing by nobody");
    assert!(words.as_ref().is_none_or(|words| !words.trim().is_empty() && words.len() <= WORDS_BYTES));
    assert!(tool.as_ref().is_none_or(|tool| tool.because.len() <= BECAUSE_BYTES));
    for (index, message) in messages.iter().enumerate() {
        assert!(message.within.is_none_or(|within| within < index), "it is within what follows it");
        let holds = messages.iter().any(|other| other.within == Some(index));
        assert_eq!(message.original, !holds);
        for people in [&message.from, &message.to, &message.cc] {
            assert!(people.len() <= PEOPLE);
        }
        one(evidence, message);
    }
}

fn one(evidence: &Evidence, message: &ReportedMessage) {
    assert!(evidence.root.walk().any(|part| part.path == message.path), "no part {}", message.path);
    let Some(place) = &message.place else {
        return assert_eq!(message.confidence, Confidence::Certain);
    };
    assert!(place.head <= place.body && place.body <= place.end, "{place:?}");
    assert!(place.because.len() <= BECAUSE_BYTES);
    let whole = evidence.text.as_ref().filter(|body| body.path == message.path && !body.truncated);
    if let Some(body) = whole {
        let holds = |range: std::ops::Range<usize>| body.content.get(range).is_some();
        assert!(
            holds(place.head..place.body) && holds(place.body..place.end),
            "{place:?} in {}",
            body.content.len()
        );
        assert!(message.text(evidence).is_some());
    }
}
