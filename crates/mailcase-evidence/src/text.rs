//! Bytes of a text part to text: declared charset, then what the bytes show, then Windows-1252. Never fails.

use mail_parser::decoders::charsets::map::charset_decoder;

/// Decoded text of a part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Text {
    pub(crate) content: String,
    pub(crate) truncated: bool,
}

type Flaw = (&'static str, &'static str);

/// Decodes; `cut` says that the bytes end at a limit, perhaps inside a character.
pub(crate) fn decode(
    mut bytes: Vec<u8>,
    declared: Option<&str>,
    html: bool,
    cut: bool,
) -> (Text, Option<Flaw>) {
    let done = |content: String, flaw| (Text { content, truncated: cut }, flaw);
    if let Some((encoding, mark)) = encoding_rs::Encoding::for_bom(&bytes) {
        let (text, _) = encoding.decode_without_bom_handling(bytes.get(mark..).unwrap_or_default());
        return done(text.into_owned(), None);
    }
    let declared = declared.filter(|name| !name.is_empty()).map(str::to_owned);
    let declared = declared.or_else(|| html.then(|| charset_in_html(&bytes)).flatten());
    let name = declared.as_deref().unwrap_or("us-ascii").to_ascii_lowercase();
    if cut && name == "utf-8" {
        bytes.truncate(utf8_end(&bytes));
    }
    let ascii_based = !name.starts_with("utf-16")
        && !name.starts_with("utf-7")
        && !name.starts_with("iso-2022")
        && !name.starts_with("hz")
        && !name.starts_with("utf-32")
        && !name.contains("ucs");
    if ascii_based && (bytes.is_ascii() || matches!(name.as_str(), "utf-8" | "utf8" | "us-ascii" | "ascii")) {
        // US-ASCII with other bytes is a program that does not know better; UTF-8 proves itself by being valid.
        let is_utf8 = name.starts_with("utf");
        return match String::from_utf8(bytes) {
            Ok(text) => done(text, unknown(&name)),
            Err(error) => {
                let bytes = error.into_bytes();
                let text = if is_utf8 && mostly_utf8(&bytes) {
                    String::from_utf8_lossy(&bytes).into_owned()
                } else {
                    encoding_rs::WINDOWS_1252.decode_without_bom_handling(&bytes).0.into_owned()
                };
                let flaw = ("charset_mismatch", "the text has bytes that its charset does not know");
                done(text, declared.is_some().then_some(flaw))
            }
        };
    }
    if let Some(decoder) = charset_decoder(name.as_bytes()) {
        return done(decoder(&bytes), None);
    }
    if let Some(encoding) = encoding_rs::Encoding::for_label(name.as_bytes()) {
        return done(encoding.decode_without_bom_handling(&bytes).0.into_owned(), None);
    }
    let text = match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => encoding_rs::WINDOWS_1252.decode_without_bom_handling(error.as_bytes()).0.into_owned(),
    };
    done(text, unknown(&name))
}

fn unknown(name: &str) -> Option<Flaw> {
    let known = charset_decoder(name.as_bytes()).is_some()
        || encoding_rs::Encoding::for_label(name.as_bytes()).is_some();
    (!known)
        .then_some(("unknown_charset", "the charset is unknown; the text was read as UTF-8 or Windows-1252"))
}

/// Whether broken UTF-8 is still more UTF-8 than anything else: valid sequences outnumber broken ones.
fn mostly_utf8(bytes: &[u8]) -> bool {
    let (mut good, mut bad) = (0_usize, 0_usize);
    for chunk in bytes.utf8_chunks() {
        good += chunk.valid().chars().filter(|one| !one.is_ascii()).count();
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
            let (text, found) = decode(bytes.to_vec(), declared, false, false);
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
        check(b"Gr\xfc\xdfe", Some("x-unknown-99"), "Grüße", Some("unknown_charset"));
        check(b"\xff\xfea\0b\0", None, "ab", None);
    }

    #[test]
    fn html_may_name_its_charset() {
        let (text, _) = decode(b"<meta charset='windows-1251'>\xcf\xf0\xe8".to_vec(), None, true, false);
        assert!(text.content.ends_with("При"));
    }

    #[test]
    fn a_cut_does_not_break_the_last_character() {
        for end in 1..=7 {
            let (text, flaw) = decode("aü€😀".as_bytes()[..end].to_vec(), Some("utf-8"), false, true);
            assert_eq!(flaw, None);
            assert!("aü€😀".starts_with(&text.content), "{}", text.content);
        }
    }
}
