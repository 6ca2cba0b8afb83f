//! Code pages, and text whose code page is a guess.

use encoding_rs::Encoding;

/// Bytes looked at to detect a code page.
const DETECTION_BYTES: usize = 64 << 10;
/// The code page of UTF-8.
pub(super) const UTF_8: u32 = 65001;

/// The encoding a Windows code page number stands for, when it is known here.
pub(super) fn code_page(number: u32) -> Option<&'static Encoding> {
    match number {
        // The replacement encoding of browsers would hide the text.
        50225 | 51949 => Some(encoding_rs::EUC_KR),
        50221 | 50222 => Some(encoding_rs::ISO_2022_JP),
        52936 | 50227 => Some(encoding_rs::GBK),
        // Latin 1 as programs mean it.
        28591 => Some(encoding_rs::WINDOWS_1252),
        _ => codepage::to_encoding_no_replacement(u16::try_from(number).ok()?),
    }
}

/// The code page of programs without Unicode on the machine of a message: of its properties the number of a code page,
/// the locale, and the code page of its text on the Internet.
pub(super) fn ansi(
    page: Option<u32>,
    locale: Option<u32>,
    internet: Option<u32>,
) -> Option<&'static Encoding> {
    let told = |page: &u32| *page != UTF_8 && *page != 1200 && *page != 20127;
    let of_locale = locale.filter(|locale| *locale != 0).map(ansi_of_locale);
    let of_internet = internet.filter(told).map(ansi_of_internet);
    page.filter(told).or(of_locale).or(of_internet).and_then(code_page)
}

/// [MS-LCID]; the language is in the lower ten bits.
fn ansi_of_locale(locale: u32) -> u32 {
    match (locale & 0x3ff, locale & 0xffff) {
        (0x04, 0x0404 | 0x0c04 | 0x1404) => 950,
        (0x04, _) => 936,
        (0x11, _) => 932,
        (0x12, _) => 949,
        (0x1e, _) => 874,
        (0x2a, _) => 1258,
        (0x01 | 0x20 | 0x29, _) => 1256,
        (0x0d, _) => 1255,
        (0x08, _) => 1253,
        (0x25..=0x27, _) => 1257,
        (0x1a, 0x0c1a | 0x1c1a | 0x281a | 0x301a) | (0x2c, 0x082c) | (0x43, 0x0843) => 1251,
        (0x1f | 0x2c | 0x43, _) => 1254,
        (0x02 | 0x19 | 0x22 | 0x23 | 0x2f | 0x3f | 0x40 | 0x44 | 0x50, _) => 1251,
        (0x05 | 0x0e | 0x15 | 0x18 | 0x1a | 0x1b | 0x1c | 0x24, _) => 1250,
        _ => 1252,
    }
}

/// What Windows calls the family of a code page (`GetFamilyCodePage`).
fn ansi_of_internet(page: u32) -> u32 {
    match page {
        50220..=50222 | 51932 | 20932 => 932,
        50225 | 51949 => 949,
        50227 | 52936 | 51936 | 54936 => 936,
        28592 => 1250,
        28594 | 28603 => 1257,
        28595 | 20866 | 21866 => 1251,
        28596 => 1256,
        28597 => 1253,
        28598 | 38598 => 1255,
        28599 => 1254,
        28591 | 28605 => 1252,
        page => page,
    }
}

/// Text of a program without Unicode. `known` is believed unless the bytes speak against it.
pub(super) fn decode(bytes: &[u8], known: Option<&'static Encoding>) -> String {
    let bytes = trim(bytes);
    let escapes = memchr::memmem::find(bytes, b"\x1b$").is_some();
    if bytes.is_ascii() && !escapes {
        return String::from_utf8_lossy(bytes).into_owned();
    }
    let single = known.is_none_or(Encoding::is_single_byte);
    if let Ok(text) = std::str::from_utf8(bytes)
        && single
        && !escapes
    {
        return text.to_owned();
    }
    if let Some(text) = known.and_then(|known| strict(known, bytes)) {
        return text;
    }
    if let Ok(text) = std::str::from_utf8(bytes)
        && !escapes
    {
        return text.to_owned();
    }
    let start = bytes.get(..bytes.len().min(DETECTION_BYTES)).unwrap_or_default();
    let mut detector = chardetng::EncodingDetector::new(chardetng::Iso2022JpDetection::Allow);
    detector.feed(start, start.len() == bytes.len());
    let guess = detector.guess(None, chardetng::Utf8Detection::Allow);
    let chosen = strict(guess, bytes);
    chosen.unwrap_or_else(|| {
        let known = known.unwrap_or(encoding_rs::WINDOWS_1252);
        known.decode_without_bom_handling(bytes).0.into_owned()
    })
}

fn strict(encoding: &'static Encoding, bytes: &[u8]) -> Option<String> {
    encoding.decode_without_bom_handling_and_without_replacement(bytes).map(std::borrow::Cow::into_owned)
}

/// Without the zeros at the end that C programs leave.
fn trim(bytes: &[u8]) -> &[u8] {
    let end = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
    bytes.get(..end).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_code_page_of_a_program_without_unicode() {
        let name = |page, locale, internet| ansi(page, locale, internet).map(Encoding::name);
        assert_eq!(name(Some(1250), Some(1041), Some(28591)), Some("windows-1250"));
        assert_eq!(name(None, Some(1041), Some(20127)), Some("Shift_JIS"));
        assert_eq!(name(Some(65001), None, Some(50220)), Some("Shift_JIS"));
        assert_eq!(name(None, None, Some(20866)), Some("windows-1251"));
        assert_eq!(name(None, Some(0x0c04), None), Some("Big5"));
        assert_eq!(name(Some(20127), None, Some(65001)), None);
        assert_eq!(name(Some(4_000_000_000), None, None), None);
    }

    #[test]
    fn bytes_that_do_not_fit_are_read_as_what_they_look_like() {
        assert_eq!(decode(b"abc\0\0", None), "abc");
        assert_eq!(decode("Grüße".as_bytes(), Some(encoding_rs::WINDOWS_1252)), "Grüße");
        assert_eq!(decode(b"Gr\xfc\xdfe", Some(encoding_rs::WINDOWS_1252)), "Grüße");
        let japanese = encoding_rs::SHIFT_JIS.encode("日本語のメッセージです").0;
        assert_eq!(decode(&japanese, Some(encoding_rs::SHIFT_JIS)), "日本語のメッセージです");
        assert_eq!(decode(&japanese, None), "日本語のメッセージです");
        assert_eq!(decode(b"\x1b$B%O%m!<\x1b(B", Some(encoding_rs::ISO_2022_JP)), "ハロー");
        assert_eq!(decode(b"\x81", Some(encoding_rs::EUC_JP)).chars().count(), 1);
    }
}
