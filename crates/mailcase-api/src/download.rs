//! Bytes an attacker wrote, handed out so that no browser does anything with them but save them.

use axum::body::{Body, Bytes};
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::Response;
use futures::{Stream, StreamExt};
use std::io;

/// A document under this policy can load nothing, run nothing and be framed by nobody but us.
const INERT_CSP: &str = "sandbox; default-src 'none'; frame-ancestors 'none'";
/// The preview may show what is inlined into it; the style sheet of a message cannot load anything either.
pub(crate) const PREVIEW_CSP: &str = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; sandbox; \
                                      base-uri 'none'; form-action 'none'; frame-ancestors 'self'";
/// Longest file name offered, in characters: every file system takes 255 bytes, and four bytes make a character.
const FILE_NAME_MAX_CHARS: usize = 60;

/// A download of `length` bytes under `file_name`.
pub(crate) fn attachment<S>(content_type: &'static str, file_name: &str, length: u64, bytes: S) -> Response
where
    S: Stream<Item = io::Result<Bytes>> + Send + 'static,
{
    let mut response = Response::new(Body::from_stream(bytes));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(INERT_CSP));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
    headers.insert(HeaderName::from_static("x-download-options"), HeaderValue::from_static("noopen"));
    if let Ok(disposition) = HeaderValue::from_str(&disposition(file_name)) {
        headers.insert(header::CONTENT_DISPOSITION, disposition);
    }
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    response
}

/// `Content-Disposition` (RFC 6266): an ASCII name for old clients, the real one in RFC 8187 form.
fn disposition(file_name: &str) -> String {
    let name = tame(file_name);
    let ascii: String = name
        .chars()
        .map(|c| if c.is_ascii_graphic() && !matches!(c, '"' | '\\' | '%') || c == ' ' { c } else { '_' })
        .collect();
    let mut encoded = String::new();
    for byte in name.bytes() {
        // attr-char of RFC 8187
        if byte.is_ascii_alphanumeric() || b"!#$&+-.^_`|~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    format!("attachment; filename=\"{ascii}\"; filename*=UTF-8''{encoded}")
}

/// A name without paths, control characters, marks that turn the writing direction, or a leading dot.
fn tame(file_name: &str) -> String {
    let kept: String = file_name
        .chars()
        .filter(|c| !c.is_control() && !turns_direction(*c))
        .map(|c| if matches!(c, '/' | '\\' | ':' | '*' | '?' | '"' | '<' | '>' | '|') { '_' } else { c })
        .collect();
    let kept = kept.trim().trim_start_matches('.').trim_end_matches(['.', ' ']);
    let count = kept.chars().count();
    if count == 0 {
        return "download".to_owned();
    }
    if count <= FILE_NAME_MAX_CHARS {
        return kept.to_owned();
    }
    // The end says what kind of file it is: cut in the middle.
    let tail: String = kept.chars().skip(count.saturating_sub(16)).collect();
    let head: String = kept.chars().take(FILE_NAME_MAX_CHARS.saturating_sub(17)).collect();
    format!("{head}…{tail}")
}

/// Bidirectional controls: `gpj.exe` must not be shown as `exe.jpg`.
const fn turns_direction(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{061c}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Gives each chunk only after the one behind it could be read. The last read proves the whole: with its length
/// announced, a client takes a download for complete the moment the last byte arrives, and must not get that byte
/// before the proof.
pub(crate) fn proven<S>(chunks: S) -> impl Stream<Item = io::Result<Bytes>> + Send + 'static
where
    S: Stream<Item = io::Result<Bytes>> + Send + Unpin + 'static,
{
    futures::stream::unfold((chunks, None::<Bytes>), |(mut chunks, mut held)| async move {
        loop {
            match (chunks.next().await, held.take()) {
                (Some(Ok(chunk)), None) => held = Some(chunk),
                (Some(Ok(chunk)), Some(before)) => return Some((Ok(before), (chunks, Some(chunk)))),
                (Some(Err(error)), _) => return Some((Err(error), (chunks, None))),
                (None, Some(last)) => return Some((Ok(last), (chunks, None))),
                (None, None) => return None,
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_last_chunk_waits_for_the_proof() {
        let chunk = |text: &'static str| Ok(Bytes::from_static(text.as_bytes()));
        let damaged = || Err(io::Error::other("damaged"));
        for (chunks, expected) in [
            (vec![chunk("a"), chunk("b")], vec![Some("a"), Some("b")]),
            (vec![chunk("a"), chunk("b"), damaged()], vec![Some("a"), None]),
            (vec![damaged()], vec![None]),
            (vec![], vec![]),
        ] {
            let given: Vec<_> = proven(futures::stream::iter(chunks)).collect().await;
            let given: Vec<Option<Bytes>> = given.into_iter().map(io::Result::ok).collect();
            let expected: Vec<Option<Bytes>> = expected
                .into_iter()
                .map(|text| text.map(|text| Bytes::from_static(text.as_bytes())))
                .collect();
            assert_eq!(given, expected);
        }
    }

    #[test]
    fn file_names_cannot_leave_their_header_or_lie_about_their_end() {
        for (name, header) in [
            ("report.pdf", "attachment; filename=\"report.pdf\"; filename*=UTF-8''report.pdf"),
            (
                "Übersicht 100%.pdf",
                "attachment; filename=\"_bersicht 100_.pdf\"; filename*=UTF-8''%C3%9Cbersicht%20100%25.pdf",
            ),
            ("../../etc/passwd", "attachment; filename=\"_.._etc_passwd\"; filename*=UTF-8''_.._etc_passwd"),
            (
                "a\"; filename=b\r\nX: y",
                "attachment; filename=\"a_; filename=bX_ y\"; filename*=UTF-8''a_%3B%20filename%3DbX_%20y",
            ),
            (
                "invoice\u{202e}fdp.exe",
                "attachment; filename=\"invoicefdp.exe\"; filename*=UTF-8''invoicefdp.exe",
            ),
            ("...", "attachment; filename=\"download\"; filename*=UTF-8''download"),
        ] {
            assert_eq!(disposition(name), header, "{name:?}");
        }
        let long = tame(&format!("{}.pdf.exe", "x".repeat(500)));
        assert!(long.ends_with(".pdf.exe") && long.chars().count() == FILE_NAME_MAX_CHARS, "{long}");
    }
}
