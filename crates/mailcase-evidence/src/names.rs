//! File names that are safe to save under on every system.

use crate::Part;

/// Longest name in bytes: file systems allow 255, and callers add prefixes.
const NAME_BYTES: usize = 180;
/// Longest extension kept when a name is cut.
const EXTENSION_BYTES: usize = 16;

/// A file name made safe to save under on every system; never empty.
#[must_use]
pub fn safe_file_name(name: &str) -> String {
    let name = clean(name);
    finished(if name.is_empty() { "file".to_owned() } else { name })
}

/// A name without path separators, reserved names, control or direction characters; never empty.
pub(crate) fn safe_name(part: &Part) -> String {
    let declared = part.name.as_deref().map(clean).unwrap_or_default();
    finished(if declared.is_empty() { default_name(part) } else { declared })
}

fn finished(name: String) -> String {
    let name = if is_reserved(&name) { format!("_{name}") } else { name };
    cut(&name)
}

fn clean(name: &str) -> String {
    // What looks like a path is one: only its last component was meant as a name.
    let last =
        name.rsplit(['/', '\\']).find(|piece| !piece.trim_matches(['.', ' ']).is_empty()).unwrap_or_default();
    let kept: String = last
        .chars()
        .filter(|one| !is_invisible(*one))
        .map(|one| if matches!(one, '<' | '>' | ':' | '"' | '|' | '?' | '*') { '_' } else { one })
        .collect();
    let words: Vec<&str> = kept.split_whitespace().collect();
    // Windows drops trailing dots and blanks; a leading dot hides the file.
    words.join(" ").trim_matches(['.', ' ']).to_owned()
}

/// Control, direction and zero-width characters: they hide what the name really is.
fn is_invisible(one: char) -> bool {
    one.is_control()
        || matches!(one,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// Device names that Windows reserves, with any extension.
fn is_reserved(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default().trim().to_ascii_uppercase();
    let numbered = |device: &str| {
        stem.strip_prefix(device).is_some_and(|number| {
            let mut digits = number.chars();
            digits.next().is_some_and(|digit| digit.is_ascii_digit() || matches!(digit, '¹' | '²' | '³'))
                && digits.next().is_none()
        })
    };
    matches!(stem.as_str(), "CON" | "PRN" | "AUX" | "NUL" | "CONIN$" | "CONOUT$")
        || numbered("COM")
        || numbered("LPT")
}

fn default_name(part: &Part) -> String {
    let number = part.path.trim_matches('/').replace('/', "-");
    let stem = if part.content_type == "message/rfc822" { "message" } else { "part" };
    let separator = if number.is_empty() { "" } else { "-" };
    format!("{stem}{separator}{number}.{}", extension(&part.content_type))
}

fn extension(content_type: &str) -> &'static str {
    match content_type {
        "message/rfc822" | "message/global" => "eml",
        "text/plain" => "txt",
        "text/html" => "html",
        "text/calendar" => "ics",
        "text/csv" => "csv",
        "text/xml" | "application/xml" => "xml",
        "text/rfc822-headers" | "message/delivery-status" | "message/disposition-notification" => "txt",
        "application/pdf" => "pdf",
        "application/zip" => "zip",
        "application/json" => "json",
        "application/rtf" | "text/rtf" => "rtf",
        "application/pkcs7-mime" | "application/x-pkcs7-mime" => "p7m",
        "application/pkcs7-signature" | "application/x-pkcs7-signature" => "p7s",
        "application/ms-tnef" => "dat",
        "image/png" => "png",
        "image/jpeg" => "jpg",
        "image/gif" => "gif",
        "image/webp" => "webp",
        "image/svg+xml" => "svg",
        _ => "bin",
    }
}

/// Shortens to [`NAME_BYTES`], keeping the extension.
fn cut(name: &str) -> String {
    if name.len() <= NAME_BYTES {
        return name.to_owned();
    }
    let extension =
        name.rfind('.').and_then(|at| name.get(at..)).filter(|found| found.len() <= EXTENSION_BYTES);
    let extension = extension.unwrap_or_default();
    let stem = name.get(..name.floor_char_boundary(NAME_BYTES - extension.len())).unwrap_or_default();
    format!("{}{extension}", stem.trim_end_matches(['.', ' ']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        for (name, want) in [
            ("report.pdf", "report.pdf"),
            ("../../etc/passwd", "passwd"),
            ("C:\\Windows\\evil.exe", "evil.exe"),
            ("..", "part-2.pdf"),
            ("/", "part-2.pdf"),
            ("CON", "_CON"),
            ("com1.txt", "_com1.txt"),
            ("lpt¹.txt", "_lpt¹.txt"),
            ("nul.tar.gz", "_nul.tar.gz"),
            ("common.txt", "common.txt"),
            ("invoice\u{202e}fdp.exe", "invoicefdp.exe"),
            ("a\0b\r\nc.txt", "abc.txt"),
            ("what?.txt ", "what_.txt"),
            ("dots...", "dots"),
            (".htaccess", "htaccess"),
            ("Übersicht 日本.docx", "Übersicht 日本.docx"),
            ("a:b", "a_b"),
        ] {
            let part = Part {
                path: "/2".to_owned(),
                content_type: "application/pdf".to_owned(),
                name: Some(name.to_owned()),
                ..Part::default()
            };
            assert_eq!(safe_name(&part), want, "{name:?}");
        }
    }

    #[test]
    fn long_names_keep_their_extension() {
        let part = Part { name: Some(format!("{}.pdf", "ü".repeat(300))), ..Part::default() };
        let safe = safe_name(&part);
        assert!(safe.len() <= NAME_BYTES && safe.ends_with("ü.pdf"), "{safe}");
    }

    #[test]
    fn unnamed_parts_get_a_name_from_path_and_type() {
        let part =
            Part { path: "/2/1".to_owned(), content_type: "message/rfc822".to_owned(), ..Part::default() };
        assert_eq!(safe_name(&part), "message-2-1.eml");
        assert_eq!(safe_name(&Part { path: "/".to_owned(), ..Part::default() }), "part.bin");
    }
}
