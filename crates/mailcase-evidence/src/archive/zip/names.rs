//! Member names that do not say their charset.

use std::cell::OnceCell;
use std::sync::LazyLock;

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::Encoding;

use super::Entry;

/// Flag of names and comments in UTF-8 (APPNOTE appendix D).
const UTF8_FLAG: u16 = 1 << 11;
/// Bytes beyond ASCII that names must have before their charset is guessed: a single umlaut looks like anything.
const EVIDENCE: usize = 4;
/// Bytes of names looked at to tell their charset: some thirty names. Each costs as much as hundreds of others.
const SAMPLE_BYTES: usize = 1 << 10;

/// How the names of one archive are read: they come from one machine.
#[derive(Debug)]
pub(crate) struct Names {
    sample: Vec<u8>,
    /// Guessed from the sample when a name needs it.
    charset: OnceCell<Option<&'static Encoding>>,
}

impl Names {
    pub(super) fn of_entries(entries: &[Entry]) -> Self {
        let mut sample = Vec::new();
        for entry in entries {
            let room = SAMPLE_BYTES - sample.len();
            if entry.flags & UTF8_FLAG == 0 && room > 0 {
                sample.extend(entry.name.iter().chain(b"\n").take(room));
            }
        }
        Self { sample, charset: OnceCell::new() }
    }

    fn charset(&self) -> Option<&'static Encoding> {
        *self.charset.get_or_init(|| charset(&self.sample))
    }

    pub(crate) fn of(&self, entry: &Entry) -> String {
        match entry.unicode_name() {
            Some(name) => name.to_owned(),
            None => self.decode(&entry.name, entry.flags & UTF8_FLAG != 0),
        }
    }

    pub(super) fn decode(&self, bytes: &[u8], utf8: bool) -> String {
        match std::str::from_utf8(bytes) {
            Ok(text) => text.to_owned(),
            Err(_) if utf8 => String::from_utf8_lossy(bytes).into_owned(),
            Err(_) => match self.charset() {
                Some(charset) => charset.decode_without_bom_handling(bytes).0.into_owned(),
                None => code_page_437(bytes),
            },
        }
    }
}

/// A comment, whose charset nothing says.
pub(super) fn guess(bytes: &[u8]) -> String {
    let sample = bytes.get(..bytes.len().min(SAMPLE_BYTES)).unwrap_or_default().to_vec();
    Names { sample, charset: OnceCell::new() }.decode(bytes, false)
}

/// A charset other than that of the PC, when it is likely: Western names on Windows are in the PC's own.
fn charset(sample: &[u8]) -> Option<&'static Encoding> {
    if sample.iter().filter(|byte| !byte.is_ascii()).count() < EVIDENCE || std::str::from_utf8(sample).is_ok()
    {
        return None;
    }
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(sample, true);
    let encoding = detector.guess(None, Utf8Detection::Allow);
    let foreign = !encoding.is_single_byte()
        || [encoding_rs::IBM866, encoding_rs::WINDOWS_1251, encoding_rs::KOI8_U].contains(&encoding);
    foreign.then_some(encoding)
}

/// The character set of the first PC, which APPNOTE names as the default.
fn code_page_437(bytes: &[u8]) -> String {
    static UPPER: LazyLock<Vec<char>> = LazyLock::new(|| CODE_PAGE_437.chars().collect());
    let decode = |byte: &u8| match byte.checked_sub(0x80) {
        None => char::from(*byte),
        Some(at) => UPPER.get(usize::from(at)).copied().unwrap_or(char::REPLACEMENT_CHARACTER),
    };
    bytes.iter().map(decode).collect()
}

const CODE_PAGE_437: &str = "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐\
        └┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u{a0}";
