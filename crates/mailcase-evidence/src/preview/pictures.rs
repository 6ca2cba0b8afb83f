//! Pictures within a page: only those whose bytes begin as one of four formats do, under the name of that format.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;

/// Largest picture shown, as a data URL.
const PICTURE_BYTES: usize = 2 << 20;
/// Base64 digits that hold the beginning every format is known by.
const BEGINNING: usize = 24;

/// `data` again, when it is the data URL of a picture, base64 and nothing else.
pub(super) fn checked(data: &str) -> Option<String> {
    // Base64 is a third longer than what it stands for.
    let fits = data.len() <= PICTURE_BYTES / 3 * 4 + 64;
    let (head, body) = data.split_once(',').filter(|_| fits)?;
    let head = head.to_ascii_lowercase();
    (head.starts_with("data:image/") && head.ends_with(";base64")).then_some(())?;
    let body: String = body.chars().filter(|one| !one.is_ascii_whitespace()).collect();
    let digits = body.trim_end_matches('=');
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    (body.len() - digits.len() <= 2 && digits.bytes().all(plain)).then_some(())?;
    let kind = kind(digits)?;
    Some(format!("data:image/{kind};base64,{body}"))
}

fn kind(digits: &str) -> Option<&'static str> {
    let beginning = digits.get(..digits.len().min(BEGINNING))?;
    let beginning = beginning.get(..beginning.len() - beginning.len() % 4)?;
    let bytes = STANDARD_NO_PAD.decode(beginning).ok()?;
    match bytes.as_slice() {
        [0x89, b'P', b'N', b'G', 0x0d, 0x0a, ..] => Some("png"),
        [0xff, 0xd8, 0xff, ..] => Some("jpeg"),
        [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => Some("gif"),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some("webp"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_are_known_by_their_beginning() {
        let of = |kind: &str, bytes: &[u8]| {
            checked(&format!("data:image/{kind};base64,{}", data_encoding::BASE64.encode(bytes)))
        };
        for (bytes, want) in [
            (&b"\x89PNG\r\n\x1a\n...."[..], Some("data:image/png;")),
            (b"\xff\xd8\xff\xe0....", Some("data:image/jpeg;")),
            (b"GIF89a......", Some("data:image/gif;")),
            (b"RIFF....WEBPVP8 ", Some("data:image/webp;")),
            (b"<svg onload=alert(1)>", None),
            (b"<html><script>", None),
            (b"BM..........", None),
            (b"", None),
        ] {
            let found = of("gif", bytes);
            assert_eq!(
                found.as_deref().map(|data| data.split_inclusive(';').next().unwrap_or_default()),
                want
            );
        }
        let png = data_encoding::BASE64.encode(b"\x89PNG\r\n\x1a\n....");
        for data in [
            format!("data:text/html;base64,{png}"),
            format!("data:image/svg+xml,{png}"),
            format!("data:image/png,{png}"),
            format!("data:image/png;base64,{png}\"x"),
            format!("data:image/png;base64,{png}'"),
            format!("javascript:image/png;base64,{png}"),
        ] {
            assert_eq!(checked(&data), None, "{data}");
        }
        assert!(checked(&format!("DATA:image/PNG;BASE64, {png}")).is_some());
        assert!(checked(&format!("data:image/png;base64,{}", "iVBORw0KGgoA".repeat(400_000))).is_none());
    }
}
