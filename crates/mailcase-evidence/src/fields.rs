//! Header blocks (RFC 5322 §2.2): cut into fields, decoded, and read as addresses, dates, ids and MIME parameters.
//!
//! The grammar of single fields is `mail-parser`'s; where a block ends and what a broken line means is decided
//! here. A panic in the foreign parser becomes an absent value.

use std::borrow::Cow;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};

use mail_parser::parsers::MessageStream;
use mail_parser::{DateTime, HeaderValue};

use crate::parameters::straightened;
use crate::words::prepared;
use crate::{Address, Header, Hop};

/// Longest field body given to the address, id and parameter grammars; a list of recipients of this length has
/// some thousand entries.
const STRUCTURED_BYTES: usize = 256 << 10;
/// Addresses kept of one header field.
const ADDRESSES: usize = 1_000;
/// Message ids kept of one References field.
const IDS: usize = 200;
/// Longest field name believed; RFC 5322 allows 997 but nobody writes more than some dozens.
const NAME_BYTES: usize = 200;

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// A header block cut into fields.
#[derive(Debug)]
pub(crate) struct Block<'a> {
    bytes: &'a [u8],
    fields: Vec<(Range<usize>, Range<usize>)>,
    /// Where the headers end when the blank line is missing; the rest is body.
    pub(crate) body_at: Option<usize>,
    /// Lines between the headers that are none.
    pub(crate) junk_lines: usize,
}

/// One field as found.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Field<'a> {
    pub(crate) name: &'a [u8],
    /// Everything after the colon, folds included, line end not.
    pub(crate) value: &'a [u8],
}

impl<'a> Block<'a> {
    /// Cuts `bytes`, the lines before the first blank one, into fields.
    ///
    /// A line that is no field is skipped when a well-known field still follows; otherwise the blank line was
    /// forgotten and the body starts there.
    pub(crate) fn cut(bytes: &'a [u8]) -> Self {
        let mut fields: Vec<(Range<usize>, Range<usize>)> = Vec::new();
        let mut first_junk = None;
        let mut junk_lines = 0;
        let mut junk_before_known = 0;
        let mut known_after_junk = false;
        let mut fields_before_junk = 0;
        // A mark that editors leave in front of text.
        let begin = if bytes.starts_with(BYTE_ORDER_MARK) { BYTE_ORDER_MARK.len() } else { 0 };
        let mut start = begin;
        while start < bytes.len() {
            let rest = bytes.get(start..).unwrap_or_default();
            let length = memchr::memchr(b'\n', rest).map_or(rest.len(), |at| at + 1);
            let line = rest.get(..length).unwrap_or_default();
            let continues = matches!(line.first(), Some(b' ' | b'\t'));
            if continues && let Some((_, value)) = fields.last_mut().filter(|(_, value)| value.end == start) {
                value.end = start + length;
            } else if let Some(name) = field_name(line) {
                known_after_junk |= first_junk.is_some() && is_known(line.get(..name).unwrap_or_default());
                if known_after_junk {
                    junk_before_known = junk_lines;
                }
                let colon = memchr::memchr(b':', line).unwrap_or(name);
                fields.push((start..start + name, start + colon + 1..start + length));
            } else if !(start == begin && is_mbox_line(line)) {
                if known_after_junk || first_junk.is_none() {
                    first_junk = Some(start);
                    known_after_junk = false;
                    fields_before_junk = fields.len();
                }
                junk_lines += 1;
            }
            start += length;
        }
        let body_at = first_junk.filter(|_| !known_after_junk);
        if body_at.is_some() {
            fields.truncate(fields_before_junk);
            junk_lines = junk_before_known;
        }
        Self { bytes, fields, body_at, junk_lines }
    }

    pub(crate) fn len(&self) -> usize {
        self.fields.len()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = Field<'a>> {
        self.fields.iter().map(|(name, value)| Field {
            name: self.bytes.get(name.clone()).unwrap_or_default(),
            value: trim_line_end(self.bytes.get(value.clone()).unwrap_or_default()),
        })
    }

    /// The first field of that name, any case.
    pub(crate) fn first(&self, name: &str) -> Option<Field<'a>> {
        self.iter().find(|field| field.name.eq_ignore_ascii_case(name.as_bytes()))
    }
}

fn trim_line_end(value: &[u8]) -> &[u8] {
    let value = value.strip_suffix(b"\n").unwrap_or(value);
    value.strip_suffix(b"\r").unwrap_or(value)
}

/// Length of the field name at the start of a line, if it is one.
fn field_name(line: &[u8]) -> Option<usize> {
    let colon = memchr::memchr(b':', line.get(..NAME_BYTES.min(line.len())).unwrap_or_default())?;
    let name = line.get(..colon)?.trim_ascii_end();
    let is_name = !name.is_empty() && name.iter().all(|byte| (33..=126).contains(byte));
    is_name.then_some(name.len())
}

/// The separator line of mbox files, which some senders leave in front.
fn is_mbox_line(line: &[u8]) -> bool {
    line.starts_with(b"From ") || line.starts_with(b">From ")
}

/// Fields that no running text begins a line with.
fn is_known(name: &[u8]) -> bool {
    const KNOWN: [&str; 19] = [
        "authentication-results",
        "bcc",
        "cc",
        "content-disposition",
        "content-id",
        "content-transfer-encoding",
        "content-type",
        "date",
        "dkim-signature",
        "from",
        "in-reply-to",
        "message-id",
        "mime-version",
        "received",
        "references",
        "reply-to",
        "return-path",
        "subject",
        "to",
    ];
    KNOWN.iter().any(|known| name.eq_ignore_ascii_case(known.as_bytes()))
        || name.get(..2).is_some_and(|start| start.eq_ignore_ascii_case(b"x-"))
}

impl Field<'_> {
    /// Name, raw and decoded value for showing; both bounded.
    pub(crate) fn shown(&self, max: usize) -> Header {
        Header {
            name: String::from_utf8_lossy(self.name).into_owned(),
            raw: bounded(
                &read(self.value.get(usize::from(self.value.first() == Some(&b' '))..).unwrap_or_default()),
                max,
            ),
            value: bounded(&self.text(max.saturating_mul(4)), max),
        }
    }

    /// Unfolded, encoded words decoded; at most `max` raw bytes are looked at.
    pub(crate) fn text(&self, max: usize) -> String {
        let value = self.value.get(..max.min(self.value.len())).unwrap_or_default();
        if memchr::memmem::find(value, b"=?").is_none() && memchr::memchr(b'\n', value).is_none() {
            return read(value).trim().to_owned();
        }
        let parsed = self::guarded(&prepared(value), |stream| stream.parse_unstructured());
        parsed.and_then(|value| value.into_text().map(|text| text.trim().to_owned())).unwrap_or_default()
    }

    pub(crate) fn addresses(&self) -> Vec<Address> {
        let mut value = self.structured();
        let last = |byte: u8| memchr::memrchr(byte, &value);
        // The bracket that ends the last address is missing.
        if last(b'<') > last(b'>') {
            value.to_mut().push(b'>');
        }
        let parsed = guarded(&value, |stream| stream.parse_address());
        let Some(HeaderValue::Address(parsed)) = parsed else { return Vec::new() };
        let mut found = Vec::new();
        let mut keep = |name: Option<Cow<'_, str>>, address: Option<Cow<'_, str>>| {
            let clean = |text: Cow<'_, str>| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
            let (mut name, address) = (name.and_then(clean), address.and_then(clean));
            // A local part in quotes is none of the name's business.
            let address = match (address, &mut name) {
                (Some(domain), Some(_)) if domain.starts_with('@') && !domain.contains(':') => {
                    name.take().map(|local| format!("\"{local}\"{domain}"))
                }
                (address, _) => address,
            };
            let several = address.as_deref().map(several).unwrap_or_default();
            let one = several.is_empty().then_some(address);
            for address in several.into_iter().map(Some).chain(one) {
                if found.len() < ADDRESSES {
                    found.push(Address { name: name.take(), address });
                }
            }
        };
        match parsed {
            mail_parser::Address::List(list) => list.into_iter().for_each(|one| keep(one.name, one.address)),
            mail_parser::Address::Group(groups) => {
                for group in groups {
                    if group.addresses.is_empty() {
                        keep(group.name, None);
                    }
                    group.addresses.into_iter().for_each(|one| keep(one.name, one.address));
                }
            }
        }
        found
    }

    /// Message ids without angle brackets.
    pub(crate) fn ids(&self) -> Vec<String> {
        match guarded(&self.structured(), |stream| stream.parse_id()) {
            Some(HeaderValue::Text(one)) => vec![one.trim().to_owned()],
            Some(HeaderValue::TextList(many)) => {
                many.into_iter().take(IDS).map(|one| one.trim().to_owned()).collect()
            }
            _ => self.open_id().into_iter().collect(),
        }
    }

    /// An id of which the closing bracket is missing.
    fn open_id(&self) -> Option<String> {
        let text = read(self.value.get(..NAME_BYTES.min(self.value.len()))?);
        let id = text.trim_start().strip_prefix('<')?.split(['>', '<', ' ', '\t', '\r', '\n']).next()?;
        (!id.is_empty()).then(|| id.to_owned())
    }

    pub(crate) fn date(&self) -> Option<jiff::Timestamp> {
        match guarded(&self.structured(), |stream| stream.parse_date()) {
            Some(HeaderValue::DateTime(date)) => timestamp(date),
            _ => self.loose_date(),
        }
    }

    /// Dates without a zone, which are taken for UTC, and as people write them in America.
    fn loose_date(&self) -> Option<jiff::Timestamp> {
        const FORMATS: [&str; 5] = [
            "%d %b %Y %H:%M:%S",
            "%d %b %Y %H:%M",
            "%B %d, %Y %I:%M %p",
            "%B %d, %Y %H:%M:%S",
            "%Y-%m-%d %H:%M:%S",
        ];
        let text = read(self.value.get(..NAME_BYTES.min(self.value.len()))?);
        let text = text.trim();
        // The day of the week may be wrong.
        let day = |text: &str| text.chars().all(|one| one.is_ascii_alphabetic() || one == '.');
        let text = text.split_once(',').filter(|(first, _)| day(first)).map_or(text, |(_, rest)| rest.trim());
        let read = |format: &&str| jiff::civil::DateTime::strptime(format, text).ok();
        FORMATS.iter().find_map(read)?.to_zoned(jiff::tz::TimeZone::UTC).ok().map(|date| date.timestamp())
    }

    /// `type/subtype; name=value …` (RFC 2045, 2231), the type in lower case.
    pub(crate) fn parameters(&self) -> Option<Parameters> {
        let value = straightened(&self.structured());
        // What has parameters and no type has lost its type, and nothing else.
        let typeless = value.trim_ascii_start().starts_with(b";");
        let value = if typeless { [b"x", value.as_slice()].concat() } else { value };
        match guarded(&value, |stream| stream.parse_content_type()) {
            Some(HeaderValue::ContentType(parsed)) => Some(Parameters {
                main: if typeless { String::new() } else { parsed.c_type.trim().to_ascii_lowercase() },
                sub: parsed.c_subtype.as_deref().unwrap_or_default().trim().to_ascii_lowercase(),
                values: parsed
                    .attributes
                    .unwrap_or_default()
                    .into_iter()
                    .map(|attribute| (attribute.name.into_owned(), attribute.value.into_owned()))
                    .collect(),
            }),
            _ => None,
        }
    }

    /// One Received field as a hop (RFC 5321 §4.4).
    pub(crate) fn hop(&self) -> Option<Hop> {
        match guarded(&self.structured(), |stream| stream.parse_received()) {
            Some(HeaderValue::Received(parsed)) => Some(Hop {
                from: parsed.from.as_ref().map(ToString::to_string),
                from_ip: parsed.from_ip.map(|ip| ip.to_string()),
                by: parsed.by.as_ref().map(ToString::to_string),
                with: parsed.with.map(|with| with.as_str().to_owned()),
                id: parsed.id.as_deref().map(str::to_owned),
                recipient: parsed.for_.as_deref().map(str::to_owned),
                date: parsed.date.and_then(timestamp),
            }),
            _ => None,
        }
    }

    fn structured(&self) -> Cow<'_, [u8]> {
        prepared(self.value.get(..STRUCTURED_BYTES.min(self.value.len())).unwrap_or_default())
    }
}

/// The addresses in what was read as one, because commas or brackets between them are missing; none when it is one.
fn several(address: &str) -> Vec<String> {
    if address.matches('@').count() < 2 {
        return Vec::new();
    }
    let divided = |by: &dyn Fn(char) -> bool| -> Vec<String> {
        let pieces = address.split(by).map(|piece| piece.trim_matches(['<', '>', ' ', '\t', '\r', '\n']));
        pieces.filter(|piece| !piece.is_empty()).map(str::to_owned).collect()
    };
    let by_comma = divided(&|one| matches!(one, ',' | ';'));
    let by_blank = divided(&|one| matches!(one, ',' | ';' | '<' | '>') || one.is_whitespace());
    let are_addresses =
        |pieces: &[String]| pieces.len() > 1 && pieces.iter().all(|piece| piece.contains('@'));
    [by_blank, by_comma].into_iter().find(|pieces| are_addresses(pieces)).unwrap_or_default()
}

/// A parsed Content-Type or Content-Disposition.
#[derive(Debug, Default)]
pub(crate) struct Parameters {
    pub(crate) main: String,
    pub(crate) sub: String,
    values: Vec<(String, String)>,
}

impl Parameters {
    pub(crate) fn bare(main: &str, sub: &str) -> Self {
        Self { main: main.to_owned(), sub: sub.to_owned(), values: Vec::new() }
    }

    /// Of that type when it names none.
    pub(crate) fn or_type(self, default: Self) -> Self {
        if self.main.is_empty() { Self { values: self.values, ..default } } else { self }
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.values.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// Header bytes as text: UTF-8 (RFC 6532), else Windows-1252, which gives every byte a meaning.
pub(crate) fn read(bytes: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        // A piece cut at a limit may end inside a character.
        Err(error) if error.error_len().is_none() && error.valid_up_to() + 4 > bytes.len() => Cow::Owned(
            String::from_utf8_lossy(bytes.get(..error.valid_up_to()).unwrap_or_default()).into_owned(),
        ),
        Err(_) => encoding_rs::WINDOWS_1252.decode_without_bom_handling(bytes).0,
    }
}

/// Runs one of the foreign field grammars over a value that ends here.
fn guarded<F>(value: &[u8], parse: F) -> Option<HeaderValue<'static>>
where
    F: for<'x, 'y> FnOnce(&'y mut MessageStream<'x>) -> HeaderValue<'x>,
{
    let line = [value, b"\n"].concat();
    catch_unwind(AssertUnwindSafe(|| parse(&mut MessageStream::new(&line)).into_owned())).ok()
}

fn timestamp(date: DateTime) -> Option<jiff::Timestamp> {
    date.is_valid().then(|| jiff::Timestamp::from_second(date.to_timestamp()).ok()).flatten()
}

/// The longest start of `text` of at most `max` bytes.
pub(crate) fn bounded(text: &str, max: usize) -> String {
    text.get(..text.floor_char_boundary(max)).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(text: &str) -> (Vec<(String, String)>, Option<usize>, usize) {
        let block = Block::cut(text.as_bytes());
        let fields = block
            .iter()
            .map(|field| (String::from_utf8_lossy(field.name).into_owned(), field.text(1_000)))
            .collect();
        (fields, block.body_at, block.junk_lines)
    }

    fn pairs(list: &[(&str, &str)]) -> Vec<(String, String)> {
        list.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn blocks() {
        assert_eq!(cut(""), (vec![], None, 0));
        assert_eq!(
            cut("Subject: a\r\n b\r\nTo : x@y\r\n"),
            (pairs(&[("Subject", "a b"), ("To", "x@y")]), None, 0)
        );
        assert_eq!(cut("\u{feff}Subject: a\n"), (pairs(&[("Subject", "a")]), None, 0));
        assert_eq!(cut("From me Mon\nSubject: a\n"), (pairs(&[("Subject", "a")]), None, 0));
        // Junk among headers is skipped while a well-known field follows.
        assert_eq!(
            cut("Subject: a\nbroken fold\nContent-Type: text/html\n"),
            (pairs(&[("Subject", "a"), ("Content-Type", "text/html")]), None, 1)
        );
        // Else the blank line was forgotten.
        assert_eq!(cut("Subject: a\nHello there: you\n"), (pairs(&[("Subject", "a")]), Some(11), 0));
        assert_eq!(cut("Hello\nWorld\n"), (vec![], Some(0), 0));
        assert_eq!(cut("junk\nSubject: a\nbody\nmore"), (pairs(&[("Subject", "a")]), Some(16), 1));
    }

    #[test]
    fn text_is_decoded() {
        for (raw, want) in [
            ("=?utf-8?B?R3LDvMOfZQ==?= from =?iso-8859-1?Q?K=F6ln?=", "Grüße from Köln"),
            ("=?utf-8?Q?a?=\r\n =?utf-8?Q?b?=", "ab"),
            ("=?utf-8?Q?=C3?= =?utf-8?B?vA==?=", "ü"),
            ("plain", "plain"),
            ("=?x-none?Q?abc?=", "abc"),
            ("=?utf-8?Q?broken", "=?utf-8?Q?broken"),
        ] {
            assert_eq!(Field { name: b"Subject", value: raw.as_bytes() }.text(1_000), want);
        }
        for (raw, want) in [
            (&b"\xdcberpr\xfcfung"[..], "Überprüfung"),
            // What should not stand in an encoded word is of its charset, what stands around it is not.
            (b"\xdc =?iso-8859-5?Q?\xdf?= =?x?= \xfc =?utf-8?Q?\xc3\xbc?=", "Ü п =?x?= ü ü"),
            (b"=?a?Q \xfc =?iso-8859-1?Q?\xfc", "=?a?Q ü =?iso-8859-1?Q?ü"),
        ] {
            assert_eq!(Field { name: b"Subject", value: raw }.text(1_000), want);
        }
    }

    #[test]
    fn addresses_dates_ids() {
        let field = |value: &'static str| Field { name: b"x", value: value.as_bytes() };
        let address = |name: Option<&str>, address: Option<&str>| Address {
            name: name.map(str::to_owned),
            address: address.map(str::to_owned),
        };
        assert_eq!(
            field(r#""Doe, J." <j@example.org>, b@example.org"#).addresses(),
            [address(Some("Doe, J."), Some("j@example.org")), address(None, Some("b@example.org"))]
        );
        assert_eq!(
            field("undisclosed-recipients:;").addresses(),
            [address(Some("undisclosed-recipients"), None)]
        );
        for (raw, want) in [
            ("a@b c@d", vec!["a@b", "c@d"]),
            ("<a@b, c@d, <e@f>", vec!["a@b", "c@d", "e@f"]),
            ("a@b,c <d@e,f>", vec!["a@b", "d@e,f"]),
            ("\"x\"<a@b", vec!["a@b"]),
            ("\"a b\"@c, d@e", vec!["\"a b\"@c", "d@e"]),
        ] {
            let found: Vec<String> =
                field(raw).addresses().into_iter().filter_map(|one| one.address).collect();
            assert_eq!(found, want, "{raw}");
        }
        assert_eq!(field("<a@b> <c@d>").ids(), ["a@b", "c@d"]);
        assert_eq!(field(" <a@b").ids(), ["a@b"]);
        assert!(field("<>").ids().is_empty() && field("").ids().is_empty());
        assert_eq!(
            field("Mon, 6 Jan 2025 08:00:00 +0200").date().map(|date| date.to_string()).as_deref(),
            Some("2025-01-06T06:00:00Z")
        );
        assert_eq!(field("yesterday").date(), None);
        for (raw, want) in [
            ("Wed, 3 May 2007 23:34:45", "2007-05-03T23:34:45Z"),
            ("Thursday, April 09, 2003 9:00 AM", "2003-04-09T09:00:00Z"),
            ("2003-04-09 10:11:12", "2003-04-09T10:11:12Z"),
        ] {
            assert_eq!(field(raw).date().map(|date| date.to_string()).as_deref(), Some(want));
        }
        let parameters = field("Text/HTML; charset=\"utf-8\"; name*0*=utf-8''%C3%9Cb; name*1=er.txt")
            .parameters()
            .unwrap();
        assert_eq!((parameters.main.as_str(), parameters.sub.as_str()), ("text", "html"));
        assert_eq!((parameters.get("charset"), parameters.get("name")), (Some("utf-8"), Some("Über.txt")));
        let folded =
            field("multipart/mixed;\r\n boundary=\r\n \"a b\"; name=\"c\r\n d\"").parameters().unwrap();
        assert_eq!((folded.get("boundary"), folded.get("name")), (Some("a b"), Some("c d")));
    }
}
