//! Where URLs begin and end in text.

use memchr::memmem;

use crate::locators::is_scheme;

/// Longest scheme looked for before `://`.
const SCHEME_BYTES: usize = 5;

/// The next URL within `start..end` of `text`.
pub(super) fn next(text: &str, start: usize, end: usize) -> Option<(usize, usize)> {
    let bytes = text.as_bytes();
    let mut at = start;
    while let Some(found) = memmem::find(bytes.get(at..end)?, b"://") {
        let colon = at + found;
        at = colon + 3;
        let Some(from) = scheme_begin(bytes, start, colon) else { continue };
        let to = at + url_length(text.get(at..end)?, text.get(from..at)?, before(text, from));
        // Not only a scheme.
        if to > at && bytes.get(at) != Some(&b'/') {
            return Some((from, to));
        }
    }
    None
}

/// Where the URL without scheme ends whose host is `start..slash`, within `limit`.
pub(super) fn end(text: &str, start: usize, slash: usize, limit: usize) -> usize {
    let host = text.get(start..slash).unwrap_or_default();
    slash + url_length(text.get(slash..limit).unwrap_or_default(), host, before(text, start))
}

fn before(text: &str, at: usize) -> Option<char> {
    text.get(..at)?.chars().next_back()
}

/// Where the scheme before the colon begins. Letters glued to it are not of it: `linkhttps://`.
fn scheme_begin(bytes: &[u8], start: usize, colon: usize) -> Option<usize> {
    let letters = bytes.get(start..colon)?.iter().rev().take_while(|byte| byte.is_ascii_alphabetic()).count();
    let longest = letters.min(SCHEME_BYTES);
    (2..=longest).rev().map(|length| colon - length).find(|from| {
        let word = bytes.get(*from..colon).and_then(|word| std::str::from_utf8(word).ok());
        let whole = colon - from == letters;
        // Short names of schemes are ends of words.
        word.is_some_and(|word| {
            is_scheme(word)
                && (whole
                    || word.len() >= 4 && word.get(..4).is_some_and(|http| http.eq_ignore_ascii_case("http")))
        })
    })
}

/// Bytes of `rest`, which follows `scheme`, that are of the URL.
fn url_length(rest: &str, scheme: &str, before: Option<char>) -> usize {
    let quote = before.filter(|one| *one == '\'');
    let mut ascii = true;
    let mut host_dot = false;
    let mut end = rest.len();
    for (at, one) in rest.char_indices() {
        let stops = match one {
            '\\' | '<' | '>' | '"' | '`' | '|' => true,
            '\'' => quote.is_some(),
            // `[https://a.example](https://a.example)` of Markdown.
            ']' => rest.get(at + 1..).is_some_and(|tail| tail.starts_with('(') || tail.starts_with(':')),
            ',' | ';' | ')' => follows_url(rest.get(at + 1..).unwrap_or_default()),
            '&' => is_reference(rest.get(at..).unwrap_or_default()),
            '{' | '}' => !host_dot,
            one if one.is_ascii() => one.is_ascii_control(),
            one => !one.is_alphanumeric() || (is_unspaced(one) && ascii && host_dot),
        };
        if stops {
            end = at;
            break;
        }
        host_dot |= one == '.' || one == '/';
        ascii &= one.is_ascii();
    }
    trimmed(rest.get(..end).unwrap_or_default(), scheme, before)
}

fn follows_url(tail: &str) -> bool {
    let start = tail.get(..8).unwrap_or(tail);
    start.starts_with("http://") || start.starts_with("https://")
}

/// Character references of HTML that was put into text as it is.
fn is_reference(tail: &str) -> bool {
    ["&gt;", "&lt;", "&quot;", "&nbsp;"].iter().any(|known| tail.starts_with(known))
}

/// Scripts written without blanks: running text goes on right behind a URL.
const fn is_unspaced(one: char) -> bool {
    matches!(one, '\u{0e00}'..='\u{0eff}' | '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{ac00}'..='\u{d7af}' | '\u{f900}'..='\u{faff}')
}

/// Without the punctuation of the sentence around it.
fn trimmed(link: &str, scheme: &str, before: Option<char>) -> usize {
    let mut round = Brackets::of(link, scheme, b'(', b')');
    let mut square = Brackets::of(link, scheme, b'[', b']');
    let mut curly = Brackets::of(link, scheme, b'{', b'}');
    let mut end = link.len();
    while let Some(last) = link.get(..end).and_then(|link| link.chars().next_back()) {
        let cut = match last {
            '.' | ',' | ';' | ':' | '!' | '?' | '\'' | '"' | '$' | '^' => true,
            '*' | '_' | '~' => before == Some(last),
            ')' => round.close(),
            ']' => square.close(),
            '}' => curly.close(),
            '(' | '[' | '{' => true,
            _ => false,
        };
        if !cut {
            break;
        }
        end -= last.len_utf8();
    }
    end
}

/// How many brackets of a kind stand in a URL.
struct Brackets {
    open: usize,
    closed: usize,
}

impl Brackets {
    fn of(link: &str, scheme: &str, open: u8, close: u8) -> Self {
        let count = |bracket: u8| {
            let text = |text: &str| memchr::memchr_iter(bracket, text.as_bytes()).count();
            text(link) + text(scheme)
        };
        Self { open: count(open), closed: count(close) }
    }

    /// Whether the last closing bracket closes nothing; it is taken off then.
    const fn close(&mut self) -> bool {
        let unmatched = self.closed > self.open;
        if unmatched {
            self.closed -= 1;
        }
        unmatched
    }
}
