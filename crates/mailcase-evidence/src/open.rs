//! Which contents are containers, and the one match from format to the function that opens it.

pub(crate) use crate::archive::Passwords;
use crate::content::SNIFF_BYTES;
use crate::contents::{Contents, Room};
use crate::{Means, Part, archive, codes, document, encoded, openpgp, outlook, smime, sniff};

/// A kind of content that holds others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    /// A message that nothing declares as one.
    Message,
    /// A compound file ([MS-CFB]): an Outlook message, an old Office document.
    Compound,
    /// What Exchange and Outlook wrap parts in for each other ([MS-OXTNEF]).
    Tnef,
    /// Signed, encrypted or packed by S/MIME (RFC 8551).
    Smime,
    /// Signed or encrypted by OpenPGP (RFC 9580), or its keys.
    Pgp,
    /// Also documents that are ZIP archives.
    Archive(archive::Format),
    Document(document::Format),
    /// Looked through for codes.
    Picture,
    /// Files that programs before MIME wrote into a text.
    Encoded,
}

/// The transfer encoding that was never one (RFC 2045 names no other than its own), as it is declared all the same.
pub(crate) fn is_uuencode(encoding: &str) -> bool {
    matches!(encoding, "x-uuencode" | "uuencode" | "x-uue" | "uue")
}

/// TNEF_SIGNATURE, little-endian ([MS-OXTNEF] §2.1.3.1).
const TNEF: [u8; 4] = [0x78, 0x9f, 0x3e, 0x22];
/// The object identifier all CMS structures begin with: 1.2.840.113549.1.7 (RFC 5652), in DER but for the last arc.
const CMS: [u8; 10] = [0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07];
/// That of authenticated encryption, 1.2.840.113549.1.9.16.1.23 (RFC 5083).
const AUTHENTICATED: [u8; 13] =
    [0x06, 0x0b, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x10, 0x01, 0x17];
/// How OpenPGP's armour begins (RFC 9580 §6.2).
const PGP_ARMOUR: &[u8] = b"-----BEGIN PGP ";
/// Within so many bytes: tag and length of the sequence around it, however they are encoded.
const CMS_WITHIN: usize = 2 + 8 + AUTHENTICATED.len();

/// Within so many bytes every container that is no text has one that is none. The last is tar's, behind a name of 100.
const TELLING_BYTES: usize = 128;

impl Format {
    /// By what the first bytes show, else by what is declared. `None` when it is nothing that can be opened.
    pub(crate) fn of(part: &Part, prefix: &[u8]) -> Option<Self> {
        let shown = Self::shown(prefix);
        if shown.is_some() {
            return shown;
        }
        if part.encoding.as_deref().is_some_and(is_uuencode) {
            return Some(Self::Encoded);
        }
        let declared = part.content_type.as_str();
        let name = part.name.as_deref().unwrap_or_default().to_ascii_lowercase();
        let is = |types: &[&str], endings: &[&str]| {
            types.contains(&declared) || endings.iter().any(|ending| name.ends_with(ending))
        };
        if is(&SMIME_TYPES, &[".p7m", ".p7s", ".p7c", ".p7b", ".p7z"]) {
            return Some(Self::Smime);
        }
        if is(&["application/pgp-keys", "application/pgp-signature"], &[".gpg", ".pgp", ".asc"]) {
            return Some(Self::Pgp);
        }
        if is(&["application/x-iso9660-image", "application/x-cd-image"], &[".iso", ".img"]) {
            return Some(Self::Archive(archive::Format::Iso));
        }
        if is(&["application/pdf", "application/x-pdf"], &[".pdf"]) {
            return Some(Self::Document(document::Format::Pdf));
        }
        if is(&["application/x-mswinurl", "application/internet-shortcut"], &[".url", ".desktop", ".webloc"])
        {
            return Some(Self::Document(document::Format::Shortcut));
        }
        if is(&["image/svg+xml"], &[".svg"]) || is_page(part, &name, prefix) {
            return Some(Self::Document(document::Format::Page));
        }
        let undeclared = matches!(declared, "application/octet-stream" | "message/rfc822");
        (undeclared && sniff::sniff(prefix) == Some("message/rfc822")).then_some(Self::Message)
    }

    /// By the first bytes alone.
    fn shown(prefix: &[u8]) -> Option<Self> {
        if prefix.starts_with(&sniff::COMPOUND_FILE) {
            return Some(Self::Compound);
        }
        if prefix.starts_with(&TNEF) {
            return Some(Self::Tnef);
        }
        if prefix.trim_ascii_start().starts_with(PGP_ARMOUR) {
            return Some(Self::Pgp);
        }
        let start = prefix.get(..prefix.len().min(CMS_WITHIN)).unwrap_or_default();
        let names = |identifier: &[u8]| memchr::memmem::find(start, identifier).is_some();
        if start.first() == Some(&0x30) && (names(&CMS) || names(&AUTHENTICATED)) {
            return Some(Self::Smime);
        }
        if matches!(sniff::sniff(prefix), Some(kind) if PICTURES.contains(&kind)) {
            return Some(Self::Picture);
        }
        archive::format(prefix).map(Self::Archive).or_else(|| document::format(prefix).map(Self::Document))
    }

    /// Files a mail program wrote into a text.
    pub(crate) fn within_text(text: &[u8]) -> Option<Self> {
        if memchr::memmem::find_iter(text, PGP_ARMOUR).any(|at| begins_line(text, at)) {
            return Some(Self::Pgp);
        }
        encoded::may_hold(text).then_some(Self::Encoded)
    }

    /// Whether a file that begins like this is no mail but a container. Mail is text.
    pub(crate) fn at_start(start: &[u8]) -> bool {
        is_binary(start) && Self::shown(start).is_some()
    }

    /// Whether more bytes change nothing about [`Self::at_start`].
    pub(crate) fn is_told(start: &[u8]) -> bool {
        start.len() >= SNIFF_BYTES || (start.len() >= TELLING_BYTES && !is_binary(start))
    }

    /// Whether it is opened once the whole message is read, as its password may stand anywhere.
    pub(crate) fn takes_passwords(self) -> bool {
        matches!(self, Self::Archive(_) | Self::Document(document::Format::Pdf))
    }
}

fn is_binary(start: &[u8]) -> bool {
    let first = start.get(..TELLING_BYTES).unwrap_or(start);
    first.iter().any(|byte| *byte < b'\t' || *byte > 0x7e)
}

fn begins_line(text: &[u8], at: usize) -> bool {
    matches!(text.get(..at).and_then(<[u8]>::last), None | Some(b'\n' | b'\r'))
}

/// Pictures whose formats are read.
const PICTURES: [&str; 5] = ["image/png", "image/jpeg", "image/gif", "image/webp", "image/bmp"];

/// A page that is a file and not the body: a browser opens it, not the mail program.
fn is_page(part: &Part, name: &str, prefix: &[u8]) -> bool {
    const NAMES: [&str; 6] = [".htm", ".html", ".shtml", ".xhtml", ".xht", ".hta"];
    let named = NAMES.iter().any(|ending| name.ends_with(ending));
    let attached = part.disposition.as_deref() == Some("attachment");
    let undeclared = part.content_type == "application/octet-stream";
    named || ((attached || undeclared) && sniff::sniff(prefix) == Some("text/html"))
}

const SMIME_TYPES: [&str; 4] = [
    "application/pkcs7-mime",
    "application/x-pkcs7-mime",
    "application/pkcs7-signature",
    "application/x-pkcs7-signature",
];

/// Whether what a container of that format holds belongs to the message around it.
pub(crate) fn is_layer(format: &str) -> bool {
    matches!(format, "tnef" | "smime")
        || format.starts_with("smime_")
        || matches!(format, "pgp_encrypted" | "pgp_signed" | "pgp_compressed" | "pgp_data")
}

/// Media type of what was opened as `format`, where the first bytes alone say less.
pub(crate) fn media_type(format: &str) -> Option<&'static str> {
    match format {
        "outlook" => Some("application/vnd.ms-outlook"),
        "tnef" => Some("application/ms-tnef"),
        _ => None,
    }
}

/// Opens `bytes` as `format`.
pub(crate) fn open(
    format: Format,
    bytes: &[u8],
    means: &Means,
    passwords: &Passwords<'_>,
    room: &mut Room,
) -> Contents {
    match format {
        Format::Message => Contents::default(),
        Format::Compound if outlook::is_message(bytes) => outlook::open_message(bytes, room),
        Format::Compound => document::open(document::Format::Legacy, bytes, passwords, room),
        Format::Tnef => outlook::open_tnef(bytes, room),
        Format::Smime => smime::open(bytes, &means.keys, room),
        Format::Pgp => openpgp::open(bytes, &means.keys, room),
        Format::Archive(archive::Format::Zip) if document::is_office(bytes) => {
            document::open(document::Format::Office, bytes, passwords, room)
        }
        Format::Archive(kind) => archive::open(kind, bytes, passwords, room),
        Format::Document(kind) => document::open(kind, bytes, passwords, room),
        Format::Picture => codes::open(bytes, room),
        Format::Encoded => encoded::open(bytes, room),
    }
}
