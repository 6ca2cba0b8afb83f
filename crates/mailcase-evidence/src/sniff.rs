//! What the first bytes of a content say it is, whatever was declared.

/// Media type by magic number, else by how a text begins. Nothing when nothing is certain.
pub(crate) fn sniff(prefix: &[u8]) -> Option<&'static str> {
    if prefix.is_empty() {
        return None;
    }
    marked_text(prefix)
        .or_else(|| infer::get(prefix).map(|found| found.mime_type()))
        .or_else(|| other_text(prefix))
}

/// The compound file format of Outlook's `.msg` and old Office files ([MS-CFB] §2.2).
pub(crate) const COMPOUND_FILE: [u8; 8] = [0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1];

/// Text that says in its first line what it is.
fn marked_text(prefix: &[u8]) -> Option<&'static str> {
    let start = prefix.strip_prefix(b"\xef\xbb\xbf").unwrap_or(prefix).trim_ascii_start();
    let head = start.get(..start.len().min(512)).unwrap_or_default().to_ascii_lowercase();
    let begins = |word: &[u8]| head.starts_with(word);
    let has = |word: &[u8]| memchr::memmem::find(&head, word).is_some();
    if begins(b"{\\rtf") {
        return Some("application/rtf");
    }
    if begins(b"<!doctype html") || begins(b"<html") || (begins(b"<") && (has(b"<html") || has(b"<body"))) {
        return Some("text/html");
    }
    if begins(b"<svg") || (begins(b"<?xml") && has(b"<svg")) {
        return Some("image/svg+xml");
    }
    if begins(b"<?xml") {
        return Some("text/xml");
    }
    if begins(b"begin:vcalendar") {
        return Some("text/calendar");
    }
    if begins(b"begin:vcard") {
        return Some("text/vcard");
    }
    if begins(b"-----begin pgp") {
        return Some("application/pgp-encrypted");
    }
    if begins(b"-----begin ") {
        return Some("application/x-pem-file");
    }
    None
}

fn other_text(prefix: &[u8]) -> Option<&'static str> {
    if looks_like_message(prefix.trim_ascii_start()) {
        return Some("message/rfc822");
    }
    let text =
        !prefix.iter().any(|byte| *byte < 0x20 && !matches!(byte, b'\t' | b'\n' | b'\r' | 0x0c | 0x1b));
    let utf8 = std::str::from_utf8(prefix).map_or_else(|error| error.error_len().is_none(), |_| true);
    (text && utf8).then_some("text/plain")
}

/// Two header fields that mail begins with.
fn looks_like_message(start: &[u8]) -> bool {
    const FIELDS: [&[u8]; 8] =
        [b"received", b"return-path", b"from", b"to", b"subject", b"date", b"message-id", b"mime-version"];
    let known = |line: &[u8]| {
        memchr::memchr(b':', line).and_then(|at| line.get(..at)).is_some_and(|name| {
            FIELDS.iter().any(|field| name.eq_ignore_ascii_case(field)) || name.starts_with(b"X-")
        })
    };
    let mut lines =
        start.split(|byte| *byte == b'\n').filter(|line| !line.starts_with(b" ") && !line.starts_with(b"\t"));
    lines.next().is_some_and(known) && lines.next().is_some_and(known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types() {
        for (prefix, want) in [
            (&b"%PDF-1.7\n"[..], Some("application/pdf")),
            (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", Some("image/png")),
            (b"MZ\x90\0", Some("application/vnd.microsoft.portable-executable")),
            (b"  <!DOCTYPE HTML><title>", Some("text/html")),
            (b"<div><body>", Some("text/html")),
            (b"<?xml version='1.0'?><svg xmlns=", Some("image/svg+xml")),
            (b"BEGIN:VCALENDAR\r\n", Some("text/calendar")),
            (b"{\\rtf1\\ansi", Some("application/rtf")),
            (b"Received: from a\r\n\tby b\r\nSubject: x\r\n", Some("message/rfc822")),
            (b"just words", Some("text/plain")),
            (b"From: a\n", Some("text/plain")),
            (b"\0\x01\x02\x03", None),
            (b"", None),
        ] {
            assert_eq!(sniff(prefix), want, "{:?}", String::from_utf8_lossy(prefix));
        }
    }
}
