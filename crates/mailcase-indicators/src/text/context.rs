//! What stands around a word tells what it is.

use std::net::Ipv4Addr;

/// Bytes before a word that are looked at: a few words.
const WORDS_BYTES: usize = 32;
/// Lines of one folded header looked back over.
const FOLDED_LINES: usize = 6;
/// Longest line of a header looked at.
const LINE_BYTES: usize = 512;

/// The last bytes before `at`, on a character boundary.
pub(super) fn tail(text: &str, at: usize, bytes: usize) -> &str {
    let before = text.get(..at).unwrap_or_default();
    before.get(before.floor_char_boundary(at.saturating_sub(bytes))..).unwrap_or_default()
}

/// Four numbers after a word like "version" are one.
pub(super) fn is_version(text: &str, start: usize) -> bool {
    const WORDS: [&str; 17] = [
        "version", "versions", "ver", "v", "build", "release", "firmware", "rev", "revision", "esmtp",
        "exim", "update", "section", "chapter", "oid", "svn", "id",
    ];
    let tail = tail(text, start, WORDS_BYTES);
    let word = tail.trim_end_matches([' ', '\t', '\r', '\n', ':', '=', '(', '"', '#', '.']);
    let word = word.rsplit(|one: char| !one.is_ascii_alphabetic()).next().unwrap_or_default();
    WORDS.iter().any(|known| word.eq_ignore_ascii_case(known))
}

/// Four small numbers at the begin of a line with a title behind them.
pub(super) fn is_section(text: &str, start: usize, ip: Ipv4Addr) -> bool {
    const LARGEST: u8 = 30;
    let octets = ip.octets();
    let small = octets.iter().all(|octet| *octet <= LARGEST && *octet > 0);
    // 8.8.8.8 and its like are well known addresses.
    let alike = octets.iter().all(|octet| octets.first() == Some(octet));
    if !small || alike {
        return false;
    }
    let line = tail(text, start, WORDS_BYTES).rsplit('\n').next().unwrap_or_default();
    let after = text
        .get(start..)
        .unwrap_or_default()
        .trim_start_matches(|one: char| one.is_ascii_digit() || one == '.');
    let mut after = after.chars();
    let title = after.next() == Some(' ') && after.next().is_some_and(char::is_uppercase);
    line.trim().is_empty() && title
}

/// Whether the digits at `start` are named as the identifier of something else than a file: `Message-ID: …`,
/// `<report_id>…`, `session=…`, the value of a header that servers write for themselves.
pub(super) fn is_identifier(text: &str, start: usize) -> bool {
    const NAMES: [&str; 8] = ["session", "token", "nonce", "boundary", "etag", "ticket", "cookie", "uuid"];
    const OF_FILES: [&str; 7] = ["file", "sample", "hash", "malware", "attach", "md5", "sha"];
    let line = tail(text, start, WORDS_BYTES).rsplit('\n').next().unwrap_or_default();
    let before = line.trim_end_matches([' ', '\t', '"', '\'', '<', '[', '(']);
    let Some(label) = before.strip_suffix([':', '=', '>', '#']) else { return false };
    let label = label.trim_end_matches([' ', '"', '\'']);
    let begin = label.rfind(|one: char| !one.is_ascii_alphanumeric() && !matches!(one, '-' | '_'));
    let label = label.get(begin.map_or(0, |at| at + 1)..).unwrap_or_default().to_ascii_lowercase();
    if OF_FILES.iter().any(|word| label.contains(word)) {
        return false;
    }
    let is_id = label.len() > "id".len() && label.ends_with("id");
    is_id || label.starts_with("x-") || NAMES.iter().any(|name| label.ends_with(name))
}

/// Whether the address at `start` is the value of a header that names messages or parts, quoted or not.
pub(super) fn is_message_id(text: &str, start: usize) -> bool {
    const HEADERS: [&str; 12] = [
        "message-id",
        "references",
        "in-reply-to",
        "content-id",
        "x-message-id",
        "resent-message-id",
        "original-message-id",
        "x-ms-exchange-parent-message-id",
        "x-gm-original-message-id",
        "x-google-original-message-id",
        "x-original-message-id",
        "thread-id",
    ];
    let mut rest = text.get(..start).unwrap_or_default();
    for _ in 0..FOLDED_LINES {
        let window = tail(rest, rest.len(), LINE_BYTES);
        let line = window.rsplit('\n').next().unwrap_or_default();
        let body = line.trim_start_matches(['>', ' ', '|']);
        if let Some((name, _)) = body.split_once(':')
            && HEADERS.iter().any(|known| name.trim().eq_ignore_ascii_case(known))
        {
            return true;
        }
        // Only a folded line belongs to what is before it.
        if !line.starts_with([' ', '\t']) || line.len() == window.len() {
            return false;
        }
        rest = rest.get(..rest.len() - line.len() - 1).unwrap_or_default();
    }
    false
}
