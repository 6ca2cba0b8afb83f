//! Indicators in running text and in link attributes.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::LazyLock;

use linkify::{LinkFinder, LinkKind};
use url::{Host, Url};

use super::{Found, host, refang};
use crate::IndicatorKind;

/// Longest run of characters looked at as one indicator outside of URLs: the longest host name.
const TOKEN_BYTES: usize = 253;

static LINKS: LazyLock<LinkFinder> = LazyLock::new(|| {
    let mut finder = LinkFinder::new();
    finder.url_must_have_scheme(true);
    finder
});

/// Text a person reads.
pub(crate) fn scan_text(found: &mut Found, text: &str) {
    let text = refang::refang(text);
    let mut before = "";
    for span in LINKS.spans(&text) {
        match span.kind() {
            Some(LinkKind::Url) => link_in_text(found, span.as_str()),
            Some(LinkKind::Email) => found.address(span.as_str()),
            _ => words(found, span.as_str(), before),
        }
        before = span.as_str();
    }
}

/// The value of an attribute that takes a URL.
pub(super) fn scan_link(found: &mut Found, link: &str) {
    let scheme = link.split_once(':').map(|(scheme, _)| scheme.to_ascii_lowercase()).unwrap_or_default();
    match scheme.as_str() {
        "http" | "https" | "ftp" | "ftps" => url(found, link),
        "mailto" => {
            let list = link.get(7..).unwrap_or_default();
            let list = list.split('?').next().unwrap_or_default();
            list.split([',', ';']).take(100).for_each(|address| found.address(&address.replace("%40", "@")));
        }
        "cid" | "data" | "about" | "tel" | "sms" => {}
        _ if link.starts_with("//") => url(found, &format!("https:{link}")),
        _ => scan_text(found, link),
    }
}

/// A link as `linkify` finds it; foreign punctuation after it is no part of it.
fn link_in_text(found: &mut Found, link: &str) {
    let end = link.find(|one: char| {
        matches!(one, '\u{3000}'..='\u{303f}' | '\u{ff01}'..='\u{ff0f}' | '\u{ff1a}'..='\u{ff1f}' | '\u{2018}'..='\u{201f}' | '«' | '»' | '…')
            || one.is_control()
    });
    let link = link.get(..end.unwrap_or(link.len())).unwrap_or_default();
    let link = link.trim_end_matches(['*', '_', '|', '\'']);
    let scheme = link.split_once("://").map(|(scheme, _)| scheme.to_ascii_lowercase()).unwrap_or_default();
    if matches!(scheme.as_str(), "http" | "https" | "ftp" | "ftps" | "sftp" | "smb" | "ws" | "wss") {
        url(found, link);
    }
}

fn url(found: &mut Found, link: &str) {
    let Ok(parsed) = Url::parse(link) else { return };
    match parsed.host() {
        Some(Host::Domain(name)) => {
            let Some(name) = host::ascii(name) else { return };
            if host::is_namespace(&name, parsed.path()) {
                return;
            }
            found.add(IndicatorKind::Url, parsed.as_str());
            found.domain(&name);
        }
        Some(Host::Ipv4(ip)) => {
            found.add(IndicatorKind::Url, parsed.as_str());
            found.ip(IpAddr::V4(ip));
        }
        Some(Host::Ipv6(ip)) => {
            found.add(IndicatorKind::Url, parsed.as_str());
            found.ip(IpAddr::V6(ip));
        }
        None => {}
    }
}

/// Whether a byte can stand inside a host name, an IP address, a hash or a CVE id; also all of non-ASCII.
const fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_' | b':') || byte >= 0x80
}

const WORD: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        #[expect(clippy::cast_possible_truncation, clippy::indexing_slicing, reason = "byte is below 256")]
        {
            table[byte] = is_word(byte as u8);
        }
        byte += 1;
    }
    table
};

/// Text between links, word by word; `before` is the text in front of it.
fn words(found: &mut Found, text: &str, before: &str) {
    let bytes = text.as_bytes();
    let word_byte = |byte: &u8| WORD.get(usize::from(*byte)).copied().unwrap_or_default();
    let mut at = 0;
    while let Some(start) =
        bytes.get(at..).and_then(|rest| rest.iter().position(word_byte)).map(|skip| at + skip)
    {
        let length = bytes.get(start..).unwrap_or_default().iter().take_while(|byte| word_byte(byte)).count();
        let end = start + length;
        at = end;
        // A handle (`@name.example`) or the rest of something cut off is no word of its own.
        let glued =
            start == 0 && before.ends_with(|one: char| !one.is_whitespace() && one != '(' && one != '<');
        if length >= 4
            && !glued
            && let Some(word) = text.get(start..end)
        {
            let previous = start.checked_sub(1).and_then(|index| bytes.get(index)).copied();
            self::word(found, word, previous, text.get(..start).unwrap_or_default());
        }
    }
}

fn word(found: &mut Found, word: &str, previous: Option<u8>, before: &str) {
    if word.len() > TOKEN_BYTES {
        return;
    }
    if !word.is_ascii() {
        // Beyond ASCII only letters and digits are part of a word: not blanks, quotes or full stops of any script.
        for piece in
            word.split(|one: char| !one.is_ascii() && !one.is_alphanumeric()).filter(|piece| piece.len() >= 4)
        {
            colon_words(found, piece, previous, before);
        }
        return;
    }
    colon_words(found, word, previous, before);
}

fn colon_words(found: &mut Found, word: &str, previous: Option<u8>, before: &str) {
    let colons = memchr::memchr_iter(b':', word.as_bytes()).count();
    if colons >= 2 && ipv6(found, word.trim_matches(['.', '-', '_'])) {
        return;
    }
    if colons > 0 {
        let mut offset_before = before;
        for piece in word.split(':').filter(|piece| piece.len() >= 4) {
            simple_word(found, piece, previous, offset_before);
            offset_before = "";
        }
        return;
    }
    simple_word(found, word, previous, before);
}

fn simple_word(found: &mut Found, word: &str, previous: Option<u8>, before: &str) {
    let word = word.trim_matches(['.', '-', '_']);
    let has_dot = memchr::memchr(b'.', word.as_bytes()).is_some();
    if !has_dot {
        if let Some(kind) = hash_kind(word) {
            found.add(kind, &word.to_ascii_lowercase());
        } else if word.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("cve-")) {
            cve(found, word);
        }
        return;
    }
    if matches!(previous, Some(b'\\' | b'@')) {
        return;
    }
    if let Ok(ip) = word.parse::<Ipv4Addr>() {
        if previous != Some(b'/') && !is_version(ip, before) {
            found.ip(IpAddr::V4(ip));
        }
        return;
    }
    // A path: only its first component can be a host.
    if previous != Some(b'/') {
        bare_domain(found, word);
    }
}

/// Hexadecimal of the length of a digest.
fn hash_kind(word: &str) -> Option<IndicatorKind> {
    let kind = match word.len() {
        32 => IndicatorKind::Md5,
        40 => IndicatorKind::Sha1,
        64 => IndicatorKind::Sha256,
        128 => IndicatorKind::Sha512,
        _ => return None,
    };
    let bytes = word.as_bytes();
    // Rules of zeros and the like are no digests.
    let varied = bytes.iter().any(|byte| Some(byte) != bytes.first());
    (varied && bytes.iter().all(u8::is_ascii_hexdigit)).then_some(kind)
}

fn cve(found: &mut Found, word: &str) {
    let upper = word.to_ascii_uppercase();
    let mut pieces = upper.split('-').skip(1);
    let (Some(year), Some(number)) = (pieces.next(), pieces.next()) else { return };
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if year.len() == 4 && digits(year) && (4..=7).contains(&number.len()) && digits(number) {
        found.add(IndicatorKind::Cve, &format!("CVE-{year}-{number}"));
    }
}

fn ipv6(found: &mut Found, word: &str) -> bool {
    let shape = word.bytes().all(|byte| byte.is_ascii_hexdigit() || matches!(byte, b':' | b'.'));
    let groups = word.split(':').filter(|group| !group.is_empty()).count();
    let digit = word.bytes().any(|byte| byte.is_ascii_digit());
    if !shape || !digit || (groups < 2 && word != "::1") {
        return false;
    }
    let Ok(ip) = word.parse::<Ipv6Addr>() else { return false };
    found.ip(IpAddr::V6(ip));
    true
}

/// Four small numbers after a word like "version" are one.
fn is_version(ip: Ipv4Addr, before: &str) -> bool {
    if ip.octets().first() == Some(&0) {
        return true;
    }
    let tail = before.get(before.floor_char_boundary(before.len().saturating_sub(24))..).unwrap_or_default();
    let word = tail.trim_end_matches([' ', '\t', ':', '=', '(', '"', '#']);
    let word = word.rsplit(|one: char| !one.is_ascii_alphabetic()).next().unwrap_or_default();
    ["version", "ver", "v", "build", "release", "firmware", "rev", "revision"]
        .iter()
        .any(|known| word.eq_ignore_ascii_case(known))
}

fn bare_domain(found: &mut Found, word: &str) {
    /// Suffixes that in running text are file extensions far more often.
    const EXTENSIONS: [&str; 14] =
        ["zip", "mov", "md", "sh", "py", "rs", "ps", "so", "cab", "js", "ts", "java", "mm", "ms"];
    let Some(suffix) = word.rsplit('.').next() else { return };
    let lower = suffix.to_ascii_lowercase();
    if EXTENSIONS.contains(&lower.as_str())
        && !word.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("www."))
    {
        return;
    }
    // `the end.It was`: a missing blank after a full stop.
    let capitalised = |text: &str| {
        text.starts_with(|one: char| one.is_uppercase()) && text.chars().skip(1).any(char::is_lowercase)
    };
    if capitalised(suffix) {
        return;
    }
    if let Some(name) = host::ascii(word) {
        found.domain(&name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Indicator;

    fn scan(work: impl FnOnce(&mut Found)) -> Vec<String> {
        let mut found = Found { limit: 1_000, ..Found::default() };
        work(&mut found);
        let shown = |one: &Indicator| {
            let kind = serde_json::to_value(one.kind).unwrap();
            format!("{} {}", kind.as_str().unwrap(), one.value)
        };
        found.list.iter().map(shown).collect()
    }

    #[track_caller]
    fn check(text: &str, want: &[&str]) {
        assert_eq!(scan(|found| scan_text(found, text)), want, "{text}");
    }

    #[test]
    fn urls() {
        check("see https://Evil.example/a?b=c.", &["url https://evil.example/a?b=c", "domain evil.example"]);
        check("(http://a.example/x(1))", &["url http://a.example/x(1)", "domain a.example"]);
        check("hxxps[://]evil[.]example/x,", &["url https://evil.example/x", "domain evil.example"]);
        check("<https://evil.example>", &["url https://evil.example/", "domain evil.example"]);
        check("http://192.0.2.7:8080/x", &["url http://192.0.2.7:8080/x", "ipv4 192.0.2.7"]);
        check(
            "http://bücher.example/",
            &["url http://xn--bcher-kva.example/", "domain xn--bcher-kva.example"],
        );
        check("http://www.w3.org/1999/xhtml http://schemas.microsoft.com/office/2004/12/omml", &[]);
        check("请访问https://evil.example/a。谢谢", &["url https://evil.example/a", "domain evil.example"]);
        check("ftp://files.example/x", &["url ftp://files.example/x", "domain files.example"]);
    }

    #[test]
    fn hosts_and_addresses() {
        check("write to Some.One@Evil.Example now", &["email some.one@evil.example"]);
        check("someone [at] evil [dot] com", &["email someone@evil.com"]);
        check("go to evil.com, or www.bad.co.uk.", &["domain evil.com", "domain www.bad.co.uk"]);
        check("evil[.]com", &["domain evil.com"]);
        check("see invoice.pdf, run.sh, a.zip, file.docx and e.g. this", &[]);
        check("the end.It was so.To say", &[]);
        check("EVIL.COM", &["domain evil.com"]);
        check("see\u{a0}evil.com\u{a0}and „bad.com“", &["domain evil.com", "domain bad.com"]);
        check("пример.рф", &["domain xn--e1afmkfd.xn--p1ai"]);
        check("@handle.com \\\\server.com\\x /path/evil.com", &[]);
    }

    #[test]
    fn numbers_and_digests() {
        check(
            "from 192.0.2.7, 10.0.0.1 and 192[.]0[.]2[.]8:443",
            &["ipv4 192.0.2.7", "ipv4 10.0.0.1", "ipv4 192.0.2.8"],
        );
        check("v1.2.3.4 version 1.2.3.5 Build: 1.2.3.6 0.0.0.0 1.2.3.4.5 999.1.1.1", &[]);
        check(
            "at 2001:DB8::1 and fe80::1, 12:30:45, 00:11:22:33:44:55, std::x",
            &["ipv6 2001:db8::1", "ipv6 fe80::1"],
        );
        check("[2001:db8:1:2:3:4:5:6]", &["ipv6 2001:db8:1:2:3:4:5:6"]);
        check("MD5: D41D8CD98F00B204E9800998ECF8427E", &["md5 d41d8cd98f00b204e9800998ecf8427e"]);
        check(
            "sha1:da39a3ee5e6b4b0d3255bfef95601890afd80709",
            &["sha1 da39a3ee5e6b4b0d3255bfef95601890afd80709"],
        );
        check(&"0".repeat(32), &[]);
        check("fixes cve-2021-44228 and CVE-2014-0160.", &["cve CVE-2021-44228", "cve CVE-2014-0160"]);
        check("CVE-20-1", &[]);
    }

    #[test]
    fn link_attributes() {
        let check =
            |link: &str, want: &[&str]| assert_eq!(scan(|found| scan_link(found, link)), want, "{link}");
        check("https://evil.example/x y", &["url https://evil.example/x%20y", "domain evil.example"]);
        check("//evil.example/x", &["url https://evil.example/x", "domain evil.example"]);
        check("mailto:a@evil.example?subject=x", &["email a@evil.example"]);
        check("cid:part@host.com", &[]);
        check("data:text/html,https://no.example", &[]);
        check(
            "javascript:location='https://evil.example/x'",
            &["url https://evil.example/x", "domain evil.example"],
        );
        check(
            "background: url(https://evil.example/i.png)",
            &["url https://evil.example/i.png", "domain evil.example"],
        );
        check("/relative/path.com", &[]);
    }
}
