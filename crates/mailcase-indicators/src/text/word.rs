//! Pieces between URLs and addresses: host names, IP addresses, digests, names.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::{PIECE_BYTES, Scan, context, url_bounds};
use crate::{Kind, Worth, coins, host, locators, names};

/// What no word goes on over. Slash, colon, backslash, percent and plus sign are looked at in turn.
const fn is_separator(one: char) -> bool {
    matches!(
        one,
        ',' | ';'
            | '('
            | ')'
            | '['
            | ']'
            | '{'
            | '}'
            | '\''
            | '*'
            | '='
            | '&'
            | '!'
            | '?'
            | '#'
            | '^'
            | '~'
            | '$'
            | '@'
    ) || (!one.is_ascii() && !super::is_letter(one))
}

impl Scan<'_> {
    pub(super) fn words(&mut self, start: usize, end: usize) {
        let text = self.slice(start, end);
        self.limit = end;
        let mut from = start;
        for (at, one) in text.char_indices() {
            if is_separator(one) {
                self.token(from, start + at);
                from = start + at + one.len_utf8();
            }
        }
        self.token(from, end);
    }

    fn token(&mut self, start: usize, end: usize) {
        if start >= end || end - start > PIECE_BYTES || start < self.done {
            return;
        }
        match self.byte(start) {
            Some(b'+') if self.phone(start) => return,
            Some(b'0'..=b'9') if self.moment(start) || self.card(start) => return,
            _ => {}
        }
        let token = self.slice(start, end);
        if token.len() < 4 {
            return;
        }
        let colons = memchr::memchr_iter(b':', token.as_bytes()).take(2).count();
        if colons == 2 && self.ipv6(start, token) {
            return;
        }
        if memchr::memchr(b'\\', token.as_bytes()).is_some() {
            self.windows_path(start, token);
        } else if let Some(slash) = memchr::memchr(b'/', token.as_bytes()) {
            self.path(start, end, start + slash);
        } else if colons > 0 {
            self.colon_words(start, token);
        } else {
            self.word(start, end, false);
        }
    }

    fn colon_words(&mut self, start: usize, token: &str) {
        let mut at = start;
        for piece in token.split(':') {
            // `cid:` names a part of the mail.
            let part = self.slice(start, at).ends_with("cid:");
            if piece.len() >= 4 && at >= self.done && !part {
                self.word(at, at + piece.len(), false);
            }
            at += piece.len() + 1;
        }
    }

    /// A token with slashes: a URL without its scheme, a network, a path.
    fn path(&mut self, start: usize, end: usize, slash: usize) {
        let first = self.slice(start, slash);
        let rest = self.slice(slash + 1, end);
        let name = first.split(':').next().unwrap_or_default();
        if let Ok(ip) = first.parse::<Ipv4Addr>() {
            if self.is_address(ip, start) {
                self.add_ip(IpAddr::V4(ip), start, slash);
            }
            return;
        }
        if let Some(name) = self.bare_domain(start, start + name.len()) {
            // Queries have signs that end words.
            let end = url_bounds::end(self.text, start, slash, self.limit);
            self.done = end.max(slash + 1);
            if rest.is_empty() || end <= slash + 1 {
                let place = self.place(start, start + first.len());
                locators::add_host(self.out, name, place);
            } else {
                let link = format!("http://{}", self.slice(start, end));
                let place = self.place(start, end);
                locators::add(self.out, &link, place, 0);
            }
            return;
        }
        let mut at = start;
        for piece in self.slice(start, end).split('/') {
            let stop = at + piece.len();
            if piece.len() >= 4 {
                self.word(at, stop, stop != end || at != start);
            }
            at = stop + 1;
        }
    }

    /// `C:\Users\x\evil.exe`, `\\server\share\evil.exe`: only the file is named.
    fn windows_path(&mut self, start: usize, token: &str) {
        let Some(slash) = token.rfind('\\') else { return };
        let from = start + slash + 1;
        let name = self.slice(from, start + token.len()).trim_end_matches(['.', ':', '-']);
        if names::is_file_name(name) {
            self.add(Kind::FileName, name.to_owned(), from, from + name.len());
        }
    }

    /// A run without separators. Parts of a path are neither hosts nor IP addresses.
    fn word(&mut self, start: usize, end: usize, in_path: bool) {
        let word = self.slice(start, end);
        let begin = word.len() - word.trim_start_matches(['.', '-', '_', '+', '%']).len();
        let word = word.trim_matches(['.', '-', '_', '+', '%']);
        let (start, end) = (start + begin, start + begin + word.len());
        if word.len() < 4 {
            return;
        }
        if memchr::memchr(b'.', word.as_bytes()).is_none() {
            self.plain_word(word, start, end);
            return;
        }
        if matches!(self.before(start), Some(b'\\' | b'@')) || self.byte(end) == Some(b'@') {
            return;
        }
        if let Ok(ip) = word.parse::<Ipv4Addr>() {
            if !in_path && self.is_address(ip, start) {
                self.add_ip(IpAddr::V4(ip), start, end);
            }
            return;
        }
        if let Some((first, last)) = word.split_once('-')
            && let (Ok(one), Ok(other)) = (first.parse::<Ipv4Addr>(), last.parse::<Ipv4Addr>())
        {
            self.add_ip(IpAddr::V4(one), start, start + first.len());
            self.add_ip(IpAddr::V4(other), end - last.len(), end);
            return;
        }
        if !in_path && let Some(name) = self.bare_domain(start, end) {
            let place = self.place(start, end);
            locators::add_host(self.out, name, place);
        } else if names::is_file_name(word) {
            self.add(Kind::FileName, word.to_owned(), start, end);
        }
    }

    fn plain_word(&mut self, word: &str, start: usize, end: usize) {
        let glued =
            |byte: Option<u8>| matches!(byte, Some(b'-' | b'_' | b'.' | b'%' | b'+' | b'@' | b'$' | b'\\'));
        if let Some(kind) = digest_kind(word) {
            if !glued(self.before(start)) && !glued_after(self.byte(end), self.byte(end + 1)) {
                let worth =
                    if context::is_identifier(self.text, start) { Worth::Noise } else { Worth::Normal };
                let place = self.place(start, end);
                let value = word.to_ascii_lowercase();
                self.out.push(locators::finding(kind, value, place, worth, Vec::new(), None));
            }
        } else if word.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("cve-")) {
            if let Some(value) = cve(word) {
                self.add(Kind::Cve, value, start, end);
            }
        } else if coins::LENGTHS.contains(&word.len())
            && !glued(self.before(start))
            && let Some(chain) = coins::coin(word)
        {
            self.add_detailed(Kind::CryptoAddress, word.to_owned(), chain, start, end);
        }
    }

    fn ipv6(&mut self, start: usize, token: &str) -> bool {
        // Domain literals of mail (RFC 5321, 4.1.3).
        let tagged = token.get(..5).is_some_and(|tag| tag.eq_ignore_ascii_case("ipv6:"));
        let (start, token) =
            if tagged { (start + 5, token.get(5..).unwrap_or_default()) } else { (start, token) };
        let word = token.split(['/', '%']).next().unwrap_or_default().trim_end_matches(['.', '-']);
        let Some(ip) = parse_ipv6(word) else { return false };
        let ip = ip.to_ipv4_mapped().map_or(IpAddr::V6(ip), IpAddr::V4);
        self.add_ip(ip, start, start + word.len());
        true
    }

    fn add_ip(&mut self, ip: IpAddr, start: usize, end: usize) {
        let place = self.place(start, end);
        locators::add_ip(self.out, ip, place);
    }

    /// Whether four numbers are an address, not a version or the number of a section.
    fn is_address(&self, ip: Ipv4Addr, start: usize) -> bool {
        !matches!(self.before(start), Some(b'/' | b'\\' | b'-' | b'_'))
            && !context::is_version(self.text, start)
            && !context::is_section(self.text, start, ip)
    }

    /// The name (lower case, ASCII) when `start..end` is one that stands for a host, not a file or the ends of sentences.
    fn bare_domain(&self, start: usize, end: usize) -> Option<String> {
        let word = self.slice(start, end).trim_end_matches(['.', '-', '_']);
        if matches!(self.before(start), Some(b'\\' | b'@' | b'/' | b'%' | b'$')) {
            return None;
        }
        let (before, suffix) = word.rsplit_once('.')?;
        let has_www = word.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("www."));
        if !has_www && (is_sentence(before, suffix) || is_code(word, before, suffix)) {
            return None;
        }
        host::ascii(word).filter(|name| host::is_registrable(name))
    }
}

/// What comes right behind a digest may not be of the same word; the full stop of a sentence may.
fn glued_after(next: Option<u8>, after: Option<u8>) -> bool {
    match next {
        Some(b'.') => after.is_some_and(|byte| byte.is_ascii_alphanumeric()),
        Some(b'-' | b'_' | b'%' | b'+' | b'@' | b'$' | b'\\') => true,
        _ => false,
    }
}

/// `the end.It was`: a blank is missing behind a full stop.
fn is_sentence(before: &str, suffix: &str) -> bool {
    /// Country codes that are words, too.
    const WORDS: [&str; 18] = [
        "am", "as", "at", "be", "by", "do", "he", "hi", "in", "is", "it", "me", "my", "no", "pm", "so", "to",
        "us",
    ];
    let capitalised = |text: &str| {
        text.starts_with(|one: char| one.is_uppercase()) && text.chars().skip(1).any(char::is_lowercase)
    };
    // `a.click()`: names of one letter are under short suffixes (`x.com`, `t.co`).
    if capitalised(suffix) || (before.len() == 1 && suffix.len() > 3) {
        return true;
    }
    // `Thanks.so`, `e.g.this`: a word that begins a sentence, or letters alone.
    let lower = suffix.to_ascii_lowercase();
    WORDS.contains(&lower.as_str())
        && (capitalised(before) && !before.contains('.') && lower != "me" || before.len() < 2)
}

/// Names of files, types and packages.
fn is_code(word: &str, before: &str, suffix: &str) -> bool {
    /// Suffixes that in running text are file extensions far more often.
    const FILES: [&str; 14] =
        ["zip", "mov", "md", "sh", "py", "rs", "ps", "so", "cab", "js", "ts", "java", "mm", "pm"];
    /// Suffixes of countries that are those of programs, too: only the programs' names are known.
    const PROGRAMS: [&str; 3] = ["pl", "cc", "ms"];
    /// Products with a full stop in their names.
    const PRODUCTS: [&str; 6] = ["asp.net", "vb.net", "ado.net", "ml.net", "paint.net", "socket.io"];
    let lower = suffix.to_ascii_lowercase();
    if FILES.contains(&lower.as_str()) || (PROGRAMS.contains(&lower.as_str()) && is_program(before)) {
        return true;
    }
    // `com.example.app`: the suffix stands first.
    let reversed = word.get(..4).is_some_and(|first| matches!(first, "com." | "org." | "net."));
    let small = word.bytes().any(|byte| byte.is_ascii_lowercase());
    let shouted = small
        && suffix.bytes().all(|byte| byte.is_ascii_uppercase())
        && !matches!(suffix, "COM" | "NET" | "ORG" | "EDU" | "GOV");
    reversed || shouted || PRODUCTS.contains(&word.to_ascii_lowercase().as_str())
}

fn is_program(stem: &str) -> bool {
    matches!(
        stem,
        "install" | "setup" | "script" | "test" | "main" | "run" | "build" | "configure" | "index" | "cgi"
    )
}

/// Hexadecimal of the length of a digest.
fn digest_kind(word: &str) -> Option<Kind> {
    let kind = match word.len() {
        32 => Kind::Md5,
        40 => Kind::Sha1,
        64 => Kind::Sha256,
        128 => Kind::Sha512,
        _ => return None,
    };
    let bytes = word.as_bytes();
    let any = |wanted: fn(&u8) -> bool| bytes.iter().any(wanted);
    // Digests are written in one case; numbers alone and rules of zeros are something else.
    let one_case = !(any(u8::is_ascii_lowercase) && any(u8::is_ascii_uppercase));
    let mixed = any(u8::is_ascii_digit) && any(u8::is_ascii_alphabetic);
    (bytes.iter().all(u8::is_ascii_hexdigit) && one_case && mixed).then_some(kind)
}

fn cve(word: &str) -> Option<String> {
    let mut pieces = word.split('-').skip(1);
    let (year, number) = (pieces.next()?, pieces.next()?);
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let fits = year.len() == 4 && digits(year) && (4..=7).contains(&number.len()) && digits(number);
    fits.then(|| format!("CVE-{year}-{number}"))
}

fn parse_ipv6(word: &str) -> Option<Ipv6Addr> {
    let shape = word.bytes().all(|byte| byte.is_ascii_hexdigit() || matches!(byte, b':' | b'.'));
    let groups = || word.split(':').filter(|group| !group.is_empty());
    let digit = word.bytes().any(|byte| byte.is_ascii_digit());
    // Eight pairs are an EUI-64, times and hardware addresses have fewer.
    let pairs = groups().count() == 8 && groups().all(|group| group.len() == 2);
    if !shape || !digit || pairs || (groups().count() < 2 && word != "::1") {
        return None;
    }
    word.parse().ok()
}

/// Suffixes of networks that are nobody else's (RFC 6762, RFC 8375, ICANN's `internal`), and of old habit.
pub(super) fn is_private_name(name: &str) -> bool {
    let suffix = name.rsplit_once('.').map(|(_, suffix)| suffix);
    matches!(
        suffix,
        Some(
            "local"
                | "localdomain"
                | "internal"
                | "intern"
                | "lan"
                | "corp"
                | "home"
                | "intranet"
                | "private"
        )
    )
}

/// Bytes at the begin of `local` (what stands before the sign) that are not of the address.
pub(super) fn address_begin(local: &str) -> usize {
    // Batch tags and rewritten senders (BATV, SRS) are full of signs.
    let rewritten = ["prvs=", "srs0", "srs1", "btv1="]
        .iter()
        .any(|start| local.get(..start.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(start)));
    if rewritten {
        return 0;
    }
    let slash = local.rfind('/').map_or(0, |at| at + 1);
    let mut from = slash;
    if let Some(sign) = local.rfind('=')
        && sign >= from
    {
        // VERP: `bounces-someone=example.com@lists.example`.
        let after = local.get(sign + 1..).unwrap_or_default();
        let name = host::ascii(after);
        if !name.is_some_and(|name| host::is_registrable(&name)) {
            from = sign + 1;
        }
    }
    let rest = local.get(from..).unwrap_or_default();
    from + rest.len()
        - rest.trim_start_matches(['.', '-', '\'', '*', '!', '#', '$', '^', '~', '&', '%', '+']).len()
}
