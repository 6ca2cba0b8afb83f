//! Content that is not in this message: pieces of a larger one (RFC 2046 §5.2.2) and pointers to where it is to be
//! fetched (§5.2.3, RFC 2017). Named, never fetched.

use crate::fields::{Block, Parameters, bounded};
use crate::{Defect, Fact, Part};

/// Bytes of one fact.
const FACT_BYTES: usize = 2_000;
/// Pieces of one message: at the 32 KB that old gateways let through, this is more than any mailbox takes.
pub const FRAGMENTS: u32 = 10_000;

/// Parameters of `message/external-body` that say where the content is, as facts are called.
const PLACES: [(&str, &str); 10] = [
    ("access-type", "access_type"),
    ("url", "url"),
    ("site", "site"),
    ("directory", "directory"),
    ("name", "file"),
    ("mode", "mode"),
    ("server", "server"),
    ("subject", "subject"),
    ("size", "claimed_size"),
    ("expiration", "expires"),
];

/// What the Content-Type header of a part says about content that is not in it.
#[derive(Debug, Default)]
pub(crate) struct Elsewhere {
    pub(crate) facts: Vec<Fact>,
    pub(crate) defects: Vec<Defect>,
    /// Looked through for indicators.
    pub(crate) words: String,
}

pub(crate) fn read(content_type: &Parameters) -> Elsewhere {
    match (content_type.main.as_str(), content_type.sub.as_str()) {
        ("message", "external-body") => external(content_type),
        ("message", "partial") => partial(content_type),
        _ => Elsewhere::default(),
    }
}

fn external(content_type: &Parameters) -> Elsewhere {
    let mut found = Elsewhere::default();
    for (parameter, name) in PLACES {
        let Some(value) = content_type.get(parameter) else { continue };
        // RFC 2017 §3.1: a long URL is broken by blanks, which belong to the header and not to it.
        let value = if name == "url" { value.split_whitespace().collect() } else { value.trim().to_owned() };
        let value = bounded(&value, FACT_BYTES);
        found.words.push_str(&value);
        found.words.push('\n');
        found.facts.push(Fact::new(name, value));
    }
    let message = "the content is not in the message but somewhere else; nothing is ever fetched from there";
    found.defects.push(Defect::new("elsewhere", message));
    found
}

fn partial(content_type: &Parameters) -> Elsewhere {
    let facts = [("id", "fragment_of"), ("number", "fragment"), ("total", "fragments")]
        .into_iter()
        .filter_map(|(parameter, name)| {
            Some(Fact::new(name, bounded(content_type.get(parameter)?.trim(), FACT_BYTES)))
        })
        .collect();
    let message = "this is a piece of a larger message; the others are messages of their own";
    Elsewhere { facts, defects: vec![Defect::new("elsewhere", message)], words: String::new() }
}

/// Which piece of which message something is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fragment {
    /// The same for all pieces of a message, and of no other message.
    pub of: String,
    /// From 1.
    pub number: u32,
    /// How many there are; only the last piece must say so.
    pub total: Option<u32>,
}

impl Part {
    /// Which piece it is, when it is `message/partial` and says so as RFC 2046 §5.2.2 wants it.
    #[must_use]
    pub fn fragment(&self) -> Option<Fragment> {
        (self.content_type == "message/partial").then_some(())?;
        let fact =
            |name: &str| self.facts.iter().find(|fact| fact.name == name).map(|fact| fact.value.as_str());
        let count = |text: &str| text.parse().ok().filter(|count| (1..=FRAGMENTS).contains(count));
        Some(Fragment {
            of: fact("fragment_of")?.to_owned(),
            number: count(fact("fragment")?)?,
            total: fact("fragments").and_then(count),
        })
    }
}

/// Puts a message together from the raw messages that carry its pieces, in their order (RFC 2046 §5.2.2.1): the headers
/// of the first carrier, but what describes the content from the headers within it.
#[must_use]
pub fn joined(carriers: &[&[u8]]) -> Vec<u8> {
    let mut whole = Vec::new();
    for (index, carrier) in carriers.iter().enumerate() {
        let (head, body) = halves(carrier);
        if index > 0 {
            whole.extend_from_slice(body);
            continue;
        }
        let (within, rest) = halves(body);
        for (block, inner) in [(head, false), (within, true)] {
            for field in Block::cut(block).iter().filter(|field| is_of_content(field.name) == inner) {
                whole.extend_from_slice(field.name);
                whole.push(b':');
                whole.extend_from_slice(field.value);
                whole.extend_from_slice(b"\r\n");
            }
        }
        whole.extend_from_slice(b"\r\n");
        whole.extend_from_slice(rest);
    }
    whole
}

/// Headers and what comes after the blank line.
fn halves(raw: &[u8]) -> (&[u8], &[u8]) {
    let mut at = 0;
    while let Some(length) = memchr::memchr(b'\n', raw.get(at..).unwrap_or_default()) {
        let end = at + length + 1;
        if matches!(raw.get(at..end), Some(b"\n" | b"\r\n")) {
            return (raw.get(..at).unwrap_or_default(), raw.get(end..).unwrap_or_default());
        }
        at = end;
    }
    (raw, &[])
}

/// Headers that the whole message takes from within the first piece.
fn is_of_content(name: &[u8]) -> bool {
    const NAMES: [&[u8]; 4] = [b"subject", b"message-id", b"encrypted", b"mime-version"];
    let content = name.get(..8).is_some_and(|start| start.eq_ignore_ascii_case(b"content-"));
    content || NAMES.iter().any(|one| name.eq_ignore_ascii_case(one))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Means, UnreadReason, examine};

    #[test]
    fn content_elsewhere_is_named() {
        let raw = b"Subject: x\nContent-Type: message/external-body; access-type=URL;\n \
            URL=\"http://bad.example/a/\n very-long.exe\"; expiration=\"Fri, 14 Jun 2030 19:13:14 -0400\"\n\n\
            Content-Type: application/octet-stream\nContent-ID: <1@bad.example>\n\n";
        let evidence = examine(raw, &Means::default());
        let facts: Vec<_> =
            evidence.root.facts.iter().map(|fact| (fact.name.as_str(), fact.value.as_str())).collect();
        assert_eq!(
            facts,
            [
                ("access_type", "URL"),
                ("url", "http://bad.example/a/very-long.exe"),
                ("expires", "Fri, 14 Jun 2030 19:13:14 -0400"),
                ("content_type", "application/octet-stream"),
                ("content_id", "<1@bad.example>"),
            ]
        );
        let urls = evidence.indicators.iter().any(|one| one.value == "http://bad.example/a/very-long.exe");
        assert!(urls, "{:?}", evidence.indicators);
        assert_eq!(evidence.unread()[0].reason, UnreadReason::Elsewhere);
    }

    #[test]
    fn pieces_make_the_message() {
        // The example of RFC 2046 §5.2.2.1.
        let first = b"X-Weird-Header-1: Foo\r\nFrom: Bill@host.example\r\nTo: joe@otherhost.example\r\n\
            Date: Fri, 26 Mar 1993 12:59:38 -0500 (EST)\r\nSubject: Audio mail (part 1 of 2)\r\n\
            Message-ID: <id1@host.example>\r\nMIME-Version: 1.0\r\n\
            Content-type: message/partial; id=\"ABC@host.example\";\r\n\tnumber=1; total=2\r\n\r\n\
            X-Weird-Header-1: Bar\r\nX-Weird-Header-2: Hello\r\nMessage-ID: <anotherid@foo.example>\r\n\
            Subject: Audio mail\r\nMIME-Version: 1.0\r\nContent-type: audio/basic\r\n\
            Content-transfer-encoding: base64\r\n\r\nZmlyc3Qg\r\n";
        let second = b"From: Bill@host.example\nSubject: Audio mail (part 2 of 2)\n\
            Content-Type: message/partial; number=2; id=\"ABC@host.example\"; total=2\n\nc2Vjb25k\n";
        let piece = |raw: &[u8]| examine(raw, &Means::default()).root.fragment().unwrap();
        assert_eq!(piece(first), Fragment { of: "ABC@host.example".to_owned(), number: 1, total: Some(2) });
        assert_eq!(piece(second).number, 2);
        let whole = joined(&[first, second]);
        assert_eq!(
            String::from_utf8(whole).unwrap(),
            "X-Weird-Header-1: Foo\r\nFrom: Bill@host.example\r\nTo: joe@otherhost.example\r\n\
             Date: Fri, 26 Mar 1993 12:59:38 -0500 (EST)\r\nMessage-ID: <anotherid@foo.example>\r\n\
             Subject: Audio mail\r\nMIME-Version: 1.0\r\nContent-type: audio/basic\r\n\
             Content-transfer-encoding: base64\r\n\r\nZmlyc3Qg\r\nc2Vjb25k\n"
        );
    }

    #[test]
    fn nonsense_is_no_piece() {
        for parameters in
            ["", "; id=a", "; id=a; number=0", "; id=a; number=x", "; number=1", "; id=a; number=-1"]
        {
            let raw = format!("Content-Type: message/partial{parameters}\n\nx\n");
            assert_eq!(examine(raw.as_bytes(), &Means::default()).root.fragment(), None, "{parameters}");
        }
        let raw = b"Content-Type: message/partial; id=a; number=3; total=no\n\nx\n";
        assert_eq!(examine(raw, &Means::default()).root.fragment().unwrap().total, None);
        assert_eq!(joined(&[]), b"");
        assert_eq!(joined(&[b"no body", b""]), b"\r\n");
    }
}
