//! What the headers of an entity say: about its content, and about the message they begin.

use crate::content::Encoding;
use crate::elsewhere::{self, Elsewhere};
use crate::fields::{Block, Field, Parameters};
use crate::open::is_uuencode;
use crate::{Address, Defect, Envelope, Part};

/// Content-Type headers of one part looked at for boundaries.
const CONTENT_TYPES: usize = 4;

/// What the headers of an entity say about its content.
pub(crate) struct Entity {
    pub(crate) main: String,
    pub(crate) boundaries: Vec<String>,
    pub(crate) encoding: Encoding,
    pub(crate) unknown_encoding: bool,
    pub(crate) is_message: bool,
    pub(crate) declared: bool,
    /// Where its content is when it is not in it: looked through for indicators.
    pub(crate) words: String,
}

pub(crate) fn part_of(block: &Block<'_>, path: String, in_digest: bool) -> (Part, Entity) {
    let text = |name: &str| block.first(name).map(|field| field.text(1_000)).filter(|text| !text.is_empty());
    let content_type = block.first("content-type").and_then(|field| field.parameters());
    let disposition = block.first("content-disposition").and_then(|field| field.parameters());
    let declared = content_type.is_some();
    let content_type = content_type.unwrap_or_default().or_type(default_type(in_digest));
    let name = disposition
        .as_ref()
        .and_then(|found| found.get("filename"))
        .or_else(|| content_type.get("name"))
        .map(|name| name.trim().to_owned())
        .filter(|name| !name.is_empty());
    let declared_encoding = text("content-transfer-encoding");
    let word = declared_encoding
        .as_deref()
        .and_then(|word| word.split([';', ' ', '\t', '(']).next())
        .map(str::to_ascii_lowercase)
        .unwrap_or_default();
    let encoding = match word.as_str() {
        "base64" => Encoding::Base64,
        "quoted-printable" => Encoding::QuotedPrintable,
        _ => Encoding::Identity,
    };
    let is_message = is_message(&content_type, name.as_deref());
    let full = if content_type.sub.is_empty() {
        content_type.main.clone()
    } else {
        format!("{}/{}", content_type.main, content_type.sub)
    };
    let boundaries = boundaries(block);
    let Elsewhere { facts, defects, words } = elsewhere::read(&content_type);
    let mut part = Part {
        path,
        content_type: full,
        charset: content_type.get("charset").map(|name| name.trim().to_ascii_lowercase()),
        encoding: declared_encoding.as_deref().map(str::to_ascii_lowercase),
        disposition: disposition.map(|found| found.main).filter(|main| !main.is_empty()),
        content_id: text("content-id").map(|id| id.trim_matches(['<', '>', ' ']).to_owned()),
        name,
        facts,
        defects,
        ..Part::default()
    };
    for name in ["Content-Type", "Content-Transfer-Encoding", "Content-Disposition"] {
        let named = |field: &Field<'_>| field.name.eq_ignore_ascii_case(name.as_bytes());
        if block.iter().filter(named).nth(1).is_some() {
            let message = format!("the header {name} is there more than once; the first one counts");
            part.defects.push(Defect::new("duplicate_header", message));
            break;
        }
    }
    let unknown_encoding =
        !matches!(word.as_str(), "" | "7bit" | "8bit" | "binary" | "base64" | "quoted-printable")
            && !is_uuencode(&word);
    let entity = Entity {
        main: content_type.main,
        boundaries,
        encoding,
        unknown_encoding,
        is_message,
        declared,
        words,
    };
    (part, entity)
}

/// The boundaries of all Content-Type headers: programs disagree about which of two counts, and senders know.
fn boundaries(block: &Block<'_>) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let fields = block.iter().filter(|field| field.name.eq_ignore_ascii_case(b"content-type"));
    for parsed in fields
        .take(CONTENT_TYPES)
        .filter_map(|field| field.parameters())
        .filter(|parsed| parsed.main == "multipart")
    {
        let name = parsed.get("boundary").map(str::trim_end).unwrap_or_default();
        if !name.is_empty() && !found.iter().any(|known| known == name) {
            found.push(name.to_owned());
        }
    }
    found
}

/// RFC 2045 §5.2, RFC 2046 §5.1.5.
fn default_type(in_digest: bool) -> Parameters {
    let (main, sub) = if in_digest { ("message", "rfc822") } else { ("text", "plain") };
    Parameters::bare(main, sub)
}

/// A message within, also one that is sent as a file: `application/octet-stream; name="reported.eml"`.
fn is_message(content_type: &Parameters, name: Option<&str>) -> bool {
    match (content_type.main.as_str(), content_type.sub.as_str()) {
        ("message", "rfc822" | "global") => true,
        ("application", "octet-stream" | "eml") => {
            name.is_some_and(|name| name.to_ascii_lowercase().ends_with(".eml"))
        }
        _ => false,
    }
}

pub(crate) fn envelope(block: &Block<'_>, defects: &mut Vec<Defect>) -> Envelope {
    let mut envelope = Envelope::default();
    let mut seen: Vec<&'static str> = Vec::new();
    for field in block.iter() {
        let Some(name) = envelope_field(field) else { continue };
        if seen.contains(&name) {
            if !defects.iter().any(|defect| defect.code == "duplicate_header") {
                let message = format!("the header {name} is there more than once; the first one counts");
                defects.push(Defect::new("duplicate_header", message));
            }
            continue;
        }
        seen.push(name);
        match name {
            "Subject" => envelope.subject = Some(field.text(64 << 10)),
            "From" => envelope.from = field.addresses(),
            "Sender" => envelope.sender = field.addresses(),
            "Reply-To" => envelope.reply_to = field.addresses(),
            "To" => envelope.to = field.addresses(),
            "Cc" => envelope.cc = field.addresses(),
            "Bcc" => envelope.bcc = field.addresses(),
            "Date" => {
                envelope.date = field.date();
                if envelope.date.is_none() {
                    defects.push(Defect::new("bad_date", "the Date header is no date"));
                }
            }
            "Message-ID" => envelope.message_id = field.ids().into_iter().next(),
            "In-Reply-To" => envelope.in_reply_to = field.ids(),
            _ => envelope.references = field.ids(),
        }
    }
    for (name, list) in
        [("From", &envelope.from), ("Reply-To", &envelope.reply_to), ("Sender", &envelope.sender)]
    {
        let broken = |one: &Address| one.address.as_ref().is_some_and(|address| !address.contains('@'));
        if list.iter().any(broken) {
            defects.push(Defect::new(
                "bad_address",
                format!("the header {name} holds something that is no address"),
            ));
        }
    }
    envelope
}

fn envelope_field(field: Field<'_>) -> Option<&'static str> {
    const NAMES: [&str; 11] = [
        "Subject",
        "From",
        "Sender",
        "Reply-To",
        "To",
        "Cc",
        "Bcc",
        "Date",
        "Message-ID",
        "In-Reply-To",
        "References",
    ];
    NAMES.into_iter().find(|name| field.name.eq_ignore_ascii_case(name.as_bytes()))
}
