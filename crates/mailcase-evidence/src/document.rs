//! Documents: what PDF, Office, OpenDocument, web and shortcut files point to, say about themselves and carry.
//!
//! Nothing is shown, run or fetched. Links and text come out as words, the things within as items.

mod legacy;
mod note;
mod office;
mod page;
mod pdf;
mod rtf;
mod shortcut;

use base64::Engine;
use percent_encoding::percent_decode_str;

use crate::codes::Code;
use crate::contents::{Contents, Item, Room};
use crate::fields::bounded;
use crate::open::Passwords;
use crate::transfer::LENIENT_BASE64;
use crate::{Defect, Fact};

/// Facts of one document.
const FACTS: usize = 100;
/// Bytes of one fact.
const FACT_BYTES: usize = 2_000;
/// Bytes of text and links of one document.
const WORDS_BYTES: usize = 1 << 20;
/// Items of one document.
const ITEMS: usize = 2_000;
/// Bytes of a name.
const NAME_BYTES: usize = 1_000;

/// What a document is read as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    Pdf,
    /// Office Open XML and OpenDocument, which are ZIP archives.
    Office,
    /// Compound files of Word, Excel, PowerPoint before 2007 and of embedded objects.
    Legacy,
    Rtf,
    /// HTML and SVG as a file.
    Page,
    /// Sections of OneNote.
    Note,
    /// `.url`, `.lnk`, `.desktop`, `.webloc`.
    Shortcut,
}

/// The document format that `start` shows. Of ZIP archives, [`is_office`] tells, of compound files, that they are no
/// mail; pages and most shortcuts are told by type or name.
pub(crate) fn format(start: &[u8]) -> Option<Format> {
    let text = start.strip_prefix(b"\xef\xbb\xbf").unwrap_or(start).trim_ascii_start();
    if text.starts_with(b"%PDF-") {
        return Some(Format::Pdf);
    }
    if text.starts_with(b"{\\rt") {
        return Some(Format::Rtf);
    }
    if start.starts_with(&note::SECTION) {
        return Some(Format::Note);
    }
    let shortcut = start.starts_with(&shortcut::LINK)
        || start.starts_with(b"[InternetShortcut]")
        || start.starts_with(b"[Desktop Entry]");
    shortcut.then_some(Format::Shortcut)
}

/// Opens a document. Each of `passwords` may be tried on what is encrypted.
pub(crate) fn open(format: Format, bytes: &[u8], passwords: &Passwords<'_>, room: &mut Room) -> Contents {
    match format {
        Format::Pdf => pdf::open(bytes, passwords, room),
        Format::Office => office::open(bytes, room),
        Format::Legacy => legacy::open(bytes, room),
        Format::Rtf => rtf::open(bytes, room),
        Format::Page => page::open(bytes, room),
        Format::Note => note::open(bytes, room),
        Format::Shortcut => shortcut::open(bytes),
    }
}

pub(crate) use office::is_office;

/// What is found in a document, within the limits of every one.
#[derive(Debug, Default)]
struct Found {
    contents: Contents,
    facts_full: bool,
    words_full: bool,
}

impl Found {
    fn new(format: &'static str) -> Self {
        Self { contents: Contents { format, ..Contents::default() }, ..Self::default() }
    }

    fn fact(&mut self, name: &str, value: &str) {
        let value = value.trim_matches(|one: char| one.is_whitespace() || one == '\0');
        if value.is_empty() {
            return;
        }
        if self.contents.facts.len() >= FACTS {
            self.facts_full = true;
        } else {
            self.contents.facts.push(Fact::new(name, bounded(value, FACT_BYTES)));
        }
    }

    fn words(&mut self, text: &str) {
        let room = WORDS_BYTES.saturating_sub(self.contents.words.len() + 1);
        if room < text.len() {
            self.words_full = true;
        }
        if room > 0 && !text.is_empty() {
            self.contents.words.push_str(&bounded(text, room));
            self.contents.words.push('\n');
        }
    }

    /// A target: its text, and a fact when it leads somewhere else than the web.
    fn link(&mut self, target: &str) {
        self.words(target);
    }

    /// What a code in a picture says.
    fn code(&mut self, code: &Code) {
        self.words(&code.text);
        self.fact(code.kind, &code.text);
    }

    fn item(&mut self, mut item: Item) {
        if self.contents.items.len() < ITEMS {
            item.name = item.name.map(|name| bounded(&name, NAME_BYTES));
            self.contents.items.push(item);
        } else if !self.contents.defects.iter().any(|defect| defect.code == "limit_members") {
            let message = "there are too many things in it; the others were passed over";
            self.contents.defects.push(Defect::new("limit_members", message));
        }
    }

    fn finish(mut self) -> Contents {
        if self.facts_full {
            let message = "it says more about itself than is kept";
            self.contents.defects.push(Defect::new("limit_facts", message));
        }
        if self.words_full {
            let message = "there is more text in it than is looked through";
            self.contents.defects.push(Defect::new("limit_words", message));
        }
        self.contents
    }
}

/// Text that says its charset by its first bytes, else UTF-8, else Windows-1252.
fn plain_text(bytes: &[u8]) -> String {
    if let Some((encoding, mark)) = encoding_rs::Encoding::for_bom(bytes) {
        return encoding.decode_without_bom_handling(bytes.get(mark..).unwrap_or_default()).0.into_owned();
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => encoding_rs::WINDOWS_1252.decode_without_bom_handling(bytes).0.into_owned(),
    }
}

/// Base64 as documents carry it: white space is passed over, and it ends with the first other character.
pub(crate) fn base64(text: &[u8]) -> Vec<u8> {
    let letters = text.iter().copied().filter(|byte| !byte.is_ascii_whitespace());
    let mut letters: Vec<u8> =
        letters.take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/')).collect();
    // A single letter over encodes nothing.
    if letters.len() % 4 == 1 {
        letters.pop();
    }
    LENIENT_BASE64.decode(letters).unwrap_or_default()
}

/// Content and media type of a `data:` URL (RFC 2397).
pub(crate) fn data_url(url: &str) -> Option<(Vec<u8>, String)> {
    let rest = url.trim_start();
    let scheme = rest.get(..5)?;
    scheme.eq_ignore_ascii_case("data:").then_some(())?;
    let (head, data) = rest.get(5..)?.split_once(',')?;
    let mut words = head.split(';');
    let kind = words.next().unwrap_or_default().trim().to_ascii_lowercase();
    let data = percent_decode_str(data).collect::<Vec<u8>>();
    let encoded = words.any(|word| word.trim().eq_ignore_ascii_case("base64"));
    Some((if encoded { base64(&data) } else { data }, kind))
}

#[cfg(test)]
mod tests;
