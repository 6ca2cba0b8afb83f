//! Bytes of a text part to text: the charset asked for, the byte order mark, the declared charset, what the bytes look
//! like, Windows-1252. Never fails, and says how far to believe the outcome.

use encoding_rs::Encoding;
use mail_parser::decoders::charsets::map::charset_decoder;

use crate::{CharsetReason, Confidence, ReadAs};

/// Bytes looked at to detect a charset.
const DETECTION_BYTES: usize = 64 << 10;
/// Bytes beyond ASCII, some words of them, from which on the look of a text is believed.
const TELLING_BYTES: usize = 16;

/// Decoded text of a part.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Text {
    pub(crate) content: String,
    pub(crate) truncated: bool,
    pub(crate) charset: ReadAs,
}

type Flaw = (&'static str, &'static str);

const MISMATCH: Flaw = ("charset_mismatch", "the text has bytes that its charset does not know");
const UNKNOWN: Flaw =
    ("unknown_charset", "the charset is unknown; another was chosen by the look of the bytes");

struct Decoded {
    content: String,
    charset: String,
    because: CharsetReason,
    confidence: Confidence,
    flaw: Option<Flaw>,
}

/// Decodes; `cut` says that the bytes end at a limit, perhaps inside a character.
pub(crate) fn decode(
    bytes: Vec<u8>,
    asked: Option<&str>,
    declared: Option<&str>,
    html: bool,
    cut: bool,
) -> (Text, Option<Flaw>) {
    let decoded = decoded(bytes, asked, declared, html, cut);
    let Decoded { content, charset, because, confidence, flaw } = decoded;
    (Text { content, truncated: cut, charset: ReadAs { charset, because, confidence } }, flaw)
}

fn decoded(
    mut bytes: Vec<u8>,
    asked: Option<&str>,
    declared: Option<&str>,
    html: bool,
    cut: bool,
) -> Decoded {
    if let Some((content, charset, _)) = asked.and_then(|name| by_name(&bytes, name)) {
        let (because, confidence) = (CharsetReason::Asked, Confidence::Certain);
        return Decoded { content, charset, because, confidence, flaw: None };
    }
    if let Some((encoding, mark)) = Encoding::for_bom(&bytes) {
        let (text, _) = encoding.decode_without_bom_handling(bytes.get(mark..).unwrap_or_default());
        return certain(text.into_owned(), encoding.name(), CharsetReason::Mark);
    }
    let declared = declared.map(str::trim).filter(|name| !name.is_empty()).map(str::to_ascii_lowercase);
    let declared = declared.or_else(|| html.then(|| charset_in_html(&bytes)).flatten());
    let name = declared.as_deref().unwrap_or("us-ascii");
    let is_utf8 = matches!(name, "utf-8" | "utf8");
    let is_ascii = matches!(name, "us-ascii" | "ascii");
    if cut && (is_utf8 || is_ascii) {
        bytes.truncate(utf8_end(&bytes));
    }
    // Of charsets that write ASCII as it is, ASCII needs no decoding: most mail.
    if is_utf8 || is_ascii || (bytes.is_ascii() && writes_ascii(name)) {
        return as_utf8(bytes, name, declared.is_some());
    }
    if let Some((content, charset, clean)) = by_name(&bytes, name) {
        if !clean && !cut && is_mostly_broken(&bytes, &content) {
            let found = if std::str::from_utf8(&bytes).is_ok() {
                as_utf8(bytes, "us-ascii", true)
            } else {
                detected(&bytes)
            };
            return Decoded { flaw: Some(MISMATCH), ..found };
        }
        let confidence = if clean { Confidence::Likely } else { Confidence::Doubtful };
        let flaw = (!clean && !cut).then_some(MISMATCH);
        return Decoded { content, charset, because: CharsetReason::Declared, confidence, flaw };
    }
    let mut found = as_utf8(bytes, "us-ascii", false);
    found.flaw = Some(UNKNOWN);
    found
}

/// Whether it cannot be meant: UTF-8 proves itself, and of what is beyond ASCII hardly a half may be broken.
fn is_mostly_broken(bytes: &[u8], content: &str) -> bool {
    let beyond_ascii = content.chars().filter(|one| !one.is_ascii()).count();
    let broken = content.chars().filter(|one| *one == char::REPLACEMENT_CHARACTER).count();
    (!bytes.is_ascii() && std::str::from_utf8(bytes).is_ok())
        || (beyond_ascii > 1 && broken * 2 > beyond_ascii)
}

fn certain(content: String, charset: &str, because: CharsetReason) -> Decoded {
    let charset = charset.to_ascii_lowercase();
    Decoded { content, charset, because, confidence: Confidence::Certain, flaw: None }
}

/// US-ASCII with other bytes is a program that does not know better; UTF-8 proves itself by being valid.
fn as_utf8(bytes: Vec<u8>, name: &str, declared: bool) -> Decoded {
    let ascii = bytes.is_ascii();
    let bytes = match String::from_utf8(bytes) {
        Ok(text) if ascii && !declared => return certain(text, "us-ascii", CharsetReason::Detected),
        Ok(text) if ascii => {
            let mut found = certain(text, name, CharsetReason::Declared);
            found.flaw = (!is_charset(name)).then_some(UNKNOWN);
            return found;
        }
        Ok(text) => {
            let said = declared && name.starts_with("utf");
            let because = if said { CharsetReason::Declared } else { CharsetReason::Detected };
            return certain(text, "utf-8", because);
        }
        Err(error) => error.into_bytes(),
    };
    let flaw = declared.then_some(MISMATCH);
    if name.starts_with("utf") && mostly_utf8(&bytes) {
        let content = String::from_utf8_lossy(&bytes).into_owned();
        let (because, confidence) = (CharsetReason::Declared, Confidence::Doubtful);
        return Decoded { content, charset: "utf-8".to_owned(), because, confidence, flaw };
    }
    Decoded { flaw, ..detected(&bytes) }
}

/// What the bytes look like, of those charsets that browsers know.
fn detected(bytes: &[u8]) -> Decoded {
    let start = bytes.get(..bytes.len().min(DETECTION_BYTES)).unwrap_or_default();
    let mut detector = chardetng::EncodingDetector::new(chardetng::Iso2022JpDetection::Allow);
    detector.feed(start, start.len() == bytes.len());
    let beyond_ascii = start.iter().filter(|byte| !byte.is_ascii()).count();
    let guess = detector.guess(None, chardetng::Utf8Detection::Deny);
    // One such byte makes no text in a charset of two bytes for a character: it would take in the letter behind it.
    let encoding =
        if beyond_ascii == 1 && !guess.is_single_byte() { encoding_rs::WINDOWS_1252 } else { guess };
    let likely = beyond_ascii >= TELLING_BYTES;
    let (text, _, broken) = encoding.decode(bytes);
    if broken {
        let content = encoding_rs::WINDOWS_1252.decode_without_bom_handling(bytes).0.into_owned();
        let (because, confidence) = (CharsetReason::Fallback, Confidence::Doubtful);
        return Decoded { content, charset: "windows-1252".to_owned(), because, confidence, flaw: None };
    }
    let confidence = if likely { Confidence::Likely } else { Confidence::Doubtful };
    let charset = encoding.name().to_ascii_lowercase();
    Decoded { content: text.into_owned(), charset, because: CharsetReason::Detected, confidence, flaw: None }
}

/// Decodes by the name of a charset; tells its usual name and whether all bytes belong to it.
fn by_name(bytes: &[u8], name: &str) -> Option<(String, String, bool)> {
    let name = name.trim().to_ascii_lowercase();
    if matches!(name.as_str(), "utf-16" | "utf16" | "unicode" | "ucs-2" | "iso-10646-ucs-2") {
        let encoding = utf16_order(bytes);
        let (text, broken) = encoding.decode_without_bom_handling(bytes);
        return Some((text.into_owned(), encoding.name().to_ascii_lowercase(), !broken));
    }
    if let Some(encoding) = Encoding::for_label_no_replacement(name.as_bytes()) {
        let (text, broken) = encoding.decode_without_bom_handling(bytes);
        return Some((text.into_owned(), encoding.name().to_ascii_lowercase(), !broken));
    }
    let decoder = charset_decoder(name.as_bytes())?;
    let text = decoder(bytes);
    let clean = !text.contains(char::REPLACEMENT_CHARACTER);
    Some((text, name, clean))
}

/// UTF-16 without a mark: the zero half of the usual characters tells. RFC 2781 §4.3 says big-endian, programs do not.
fn utf16_order(bytes: &[u8]) -> &'static Encoding {
    let zeros = |first: usize| bytes.iter().skip(first).step_by(2).filter(|byte| **byte == 0).count();
    if zeros(0) > zeros(1) { encoding_rs::UTF_16BE } else { encoding_rs::UTF_16LE }
}

fn writes_ascii(name: &str) -> bool {
    !["utf-16", "utf16", "utf-7", "utf7", "iso-2022", "hz", "utf-32", "unicode"]
        .iter()
        .any(|start| name.starts_with(start))
        && !name.contains("ucs")
}

/// Whether text can be read in the charset of that name.
#[must_use]
pub fn is_charset(name: &str) -> bool {
    let name = name.trim().to_ascii_lowercase();
    Encoding::for_label(name.as_bytes()).is_some() || charset_decoder(name.as_bytes()).is_some()
}

/// Whether broken UTF-8 is still more UTF-8 than anything else: bytes of valid sequences, which hardly come about by
/// chance, outnumber broken places.
fn mostly_utf8(bytes: &[u8]) -> bool {
    let (mut good, mut bad) = (0_usize, 0_usize);
    for chunk in bytes.utf8_chunks() {
        good += chunk.valid().chars().filter(|one| !one.is_ascii()).map(char::len_utf8).sum::<usize>();
        bad += usize::from(!chunk.invalid().is_empty());
    }
    good >= bad
}

/// Where the last whole character ends.
fn utf8_end(bytes: &[u8]) -> usize {
    let tail = bytes.len().saturating_sub(3);
    let lead = bytes
        .get(tail..)
        .unwrap_or_default()
        .iter()
        .rposition(|byte| byte & 0xc0 != 0x80)
        .map(|at| tail + at);
    let Some(lead) = lead else { return bytes.len() };
    let needed = match bytes.get(lead) {
        Some(0xc0..=0xdf) => 2,
        Some(0xe0..=0xef) => 3,
        Some(0xf0..=0xff) => 4,
        _ => 1,
    };
    if lead + needed > bytes.len() { lead } else { bytes.len() }
}

/// `<meta charset=…>` near the start, for HTML whose headers name none.
fn charset_in_html(bytes: &[u8]) -> Option<String> {
    let start = bytes.get(..bytes.len().min(2 << 10))?.to_ascii_lowercase();
    let at = memchr::memmem::find(&start, b"charset=")?;
    let name: String = start
        .get(at + 8..)?
        .iter()
        .skip_while(|byte| matches!(byte, b'"' | b'\'' | b' '))
        .take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b':'))
        .map(|byte| char::from(*byte))
        .collect();
    // What was readable as ASCII to get here cannot be UTF-16 (HTML standard, prescan a byte stream).
    (!name.is_empty() && !name.starts_with("utf-16")).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn charsets() {
        let check = |bytes: &[u8], declared: Option<&str>, want: &str, flaw: Option<&str>| {
            let (text, found) = decode(bytes.to_vec(), None, declared, false, false);
            assert_eq!((text.content.as_str(), found.map(|(code, _)| code)), (want, flaw), "{declared:?}");
        };
        check(b"plain", None, "plain", None);
        check("Grüße".as_bytes(), Some("utf-8"), "Grüße", None);
        check("Grüße".as_bytes(), None, "Grüße", None);
        check(b"Gr\xfc\xdfe", Some("iso-8859-1"), "Grüße", None);
        check(b"Gr\xfc\xdfe", None, "Grüße", None);
        check(b"Gr\xfc\xdfe", Some("utf-8"), "Grüße", Some("charset_mismatch"));
        check("Grü\u{e4}\u{f6}".as_bytes(), Some("us-ascii"), "Grüäö", None);
        check(b"\x1b$B%O%m!<\x1b(B", Some("iso-2022-jp"), "ハロー", None);
        check(b"+ZYeB9FH6ckh5Pg-", Some("utf-7"), "文致出版社", None);
        check(b"\xcf\xf0\xe8", Some("windows-1251"), "При", None);
        check(b"abc", Some("x-unknown-99"), "abc", Some("unknown_charset"));
        check("請求書".as_bytes(), Some("iso-2022-jp"), "請求書", Some("charset_mismatch"));
        check(b"\x90\xbf\x8b\x81\x8f\x91", Some("iso-2022-jp"), "請求書", Some("charset_mismatch"));
        check(b"one \xfeTo", Some("us-ascii"), "one \u{fe}To", Some("charset_mismatch"));
        check(
            b"y\xc3\xb6t\xc3\xa4 \x8a\t\xe8\xad\xe7",
            Some("utf-8"),
            "y\u{f6}t\u{e4} \u{fffd}\t\u{fffd}\u{fffd}",
            Some("charset_mismatch"),
        );
        check(b"Gr\xfc\xdfe", Some("x-unknown-99"), "Grüße", Some("unknown_charset"));
        check(b"\xff\xfea\0b\0", None, "ab", None);
    }

    #[test]
    fn the_choice_and_its_confidence_are_told() {
        use CharsetReason::{Asked, Declared, Detected, Mark};
        use Confidence::{Certain, Doubtful, Likely};
        let russian = "Уважаемые коллеги, сообщаем вам о новом счёте за услуги связи";
        let koi8 = encoding_rs::KOI8_R.encode(russian).0.into_owned();
        let sjis =
            encoding_rs::SHIFT_JIS.encode("請求書をご確認ください。よろしくお願いします").0.into_owned();
        let utf16: Vec<u8> = "invoice".encode_utf16().flat_map(u16::to_be_bytes).collect();
        for (bytes, asked, declared, charset, because, confidence) in [
            (b"plain".to_vec(), None, None, "us-ascii", Detected, Certain),
            (b"plain".to_vec(), None, Some("ISO-8859-1"), "iso-8859-1", Declared, Certain),
            ("Grüße".into(), None, Some("utf-8"), "utf-8", Declared, Certain),
            ("Grüße".into(), None, Some("us-ascii"), "utf-8", Detected, Certain),
            (b"\xef\xbb\xbfx".to_vec(), None, Some("koi8-r"), "utf-8", Mark, Certain),
            (b"Gr\xfc\xdfe".to_vec(), None, Some("iso-8859-1"), "windows-1252", Declared, Likely),
            (koi8.clone(), None, None, "koi8-u", Detected, Likely),
            (koi8, Some("koi8-r"), Some("utf-8"), "koi8-r", Asked, Certain),
            (sjis, None, Some("nonsense"), "shift_jis", Detected, Likely),
            (b"\x81".to_vec(), None, Some("euc-jp"), "euc-jp", Declared, Doubtful),
            (utf16, None, Some("utf-16"), "utf-16be", Declared, Likely),
        ] {
            let (text, _) = decode(bytes, asked, declared, false, false);
            let want = ReadAs { charset: charset.to_owned(), because, confidence };
            assert_eq!(text.charset, want, "{}", text.content);
        }
    }

    #[test]
    fn html_may_name_its_charset() {
        let (text, _) =
            decode(b"<meta charset='windows-1251'>\xcf\xf0\xe8".to_vec(), None, None, true, false);
        assert!(text.content.ends_with("При"));
    }

    #[test]
    fn a_cut_does_not_break_the_last_character() {
        for end in 1..=7 {
            let (text, flaw) = decode("aü€😀".as_bytes()[..end].to_vec(), None, Some("utf-8"), false, true);
            assert_eq!(flaw, None);
            assert!("aü€😀".starts_with(&text.content), "{}", text.content);
        }
    }
}
