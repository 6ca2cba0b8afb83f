//! Undoes the ways people and senders break indicators: `hxxp`, `[.]`, `(at)`, invisible characters, line ends within
//! angle brackets. Every place of the result leads back to the text it was made of.

mod wrapped;

use std::borrow::Cow;
use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, MatchKind};

use crate::Span;

/// What is written, and what is meant. The longest form at a place counts.
const FORMS: &[(&str, &str)] = &[
    ("[.]", "."),
    ("(.)", "."),
    ("{.}", "."),
    ("<.>", "."),
    ("[.", "."),
    ("\\.", "."),
    ("[dot]", "."),
    ("(dot)", "."),
    ("{dot}", "."),
    ("[punkt]", "."),
    ("(punkt)", "."),
    ("[point]", "."),
    ("(point)", "."),
    ("[punto]", "."),
    ("(punto)", "."),
    (" [.] ", "."),
    (" (.) ", "."),
    (" [dot] ", "."),
    (" (dot) ", "."),
    (" {dot} ", "."),
    ("[,]", "."),
    ("[at]", "@"),
    ("(at)", "@"),
    ("{at}", "@"),
    ("[@]", "@"),
    ("(@)", "@"),
    ("{@}", "@"),
    (" [at] ", "@"),
    (" (at) ", "@"),
    (" {at} ", "@"),
    (" [@] ", "@"),
    ("[:]", ":"),
    ("(:)", ":"),
    ("[://]", "://"),
    ("[:]//", "://"),
    (":[//]", "://"),
    (":[/][/]", "://"),
    ("[:][/][/]", "://"),
    ("[:/]/", "://"),
    ("[/]", "/"),
    ("hxxp:", "http:"),
    ("hxxps:", "https:"),
    ("hxxp[", "http["),
    ("hxxps[", "https["),
    ("hxxp(", "http("),
    ("hxxps(", "https("),
    ("hxxp://", "http://"),
    ("hxxps://", "https://"),
    ("hxxp[:]//", "http://"),
    ("hxxps[:]//", "https://"),
    ("hxxp[://]", "http://"),
    ("hxxps[://]", "https://"),
    ("hxxp(:)//", "http://"),
    ("hxxps(:)//", "https://"),
    ("hxxp:[//]", "http://"),
    ("hxxps:[//]", "https://"),
    ("hxtp://", "http://"),
    ("htxp://", "http://"),
    ("hxtps://", "https://"),
    ("htxps://", "https://"),
    ("h**p://", "http://"),
    ("h**ps://", "https://"),
    ("h--p://", "http://"),
    ("meow://", "http://"),
    ("http[:]//", "http://"),
    ("https[:]//", "https://"),
    ("http[://]", "http://"),
    ("https[://]", "https://"),
    ("http:\\\\", "http://"),
    ("https:\\\\", "https://"),
    ("fxp://", "ftp://"),
    ("fxp[://]", "ftp://"),
    ("fxp[:]//", "ftp://"),
    // Zero width space, non-joiner and joiner, word joiner, byte order mark, soft hyphen.
    ("\u{200b}", ""),
    ("\u{200c}", ""),
    ("\u{200d}", ""),
    ("\u{2060}", ""),
    ("\u{feff}", ""),
    ("\u{ad}", ""),
    // Full stops that IDNA takes for one (UTS 46); the ideographic one ends sentences more often.
    ("\u{ff0e}", "."),
    ("\u{ff61}", "."),
];

/// At least as many bytes as the longest form, and those looked at for what is before `://`.
const LONGEST: usize = 24;
/// Bytes looked through at once for signs of forms.
const BLOCK: usize = 64;

static MATCHER: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| {
    AhoCorasick::builder()
        .ascii_case_insensitive(true)
        .match_kind(MatchKind::LeftmostLongest)
        .build(FORMS.iter().map(|(form, _)| form))
        .ok()
});

/// A text as it was meant, and where its pieces come from.
#[derive(Debug)]
pub(crate) struct Refanged<'a> {
    pub(crate) text: Cow<'a, str>,
    edits: Vec<Edit>,
}

/// A replacement: bytes `old` of the original became bytes `new` of the text.
#[derive(Debug, Clone, Copy)]
struct Edit {
    new: (usize, usize),
    old: (usize, usize),
}

/// The text with its indicators as they were meant.
pub(crate) fn refang(text: &str) -> Refanged<'_> {
    let mut replacements = Vec::new();
    let schemes: Vec<usize> = memchr::memmem::find_iter(text.as_bytes(), b"://").collect();
    for (start, end) in candidates(text.as_bytes(), &schemes) {
        let Some(matcher) = MATCHER.as_ref() else { break };
        for found in matcher.find_iter(text.as_bytes().get(start..end).unwrap_or_default()) {
            let meant = FORMS.get(found.pattern().as_usize()).map_or("", |(_, meant)| *meant);
            replacements.push((start + found.start(), start + found.end(), meant));
        }
    }
    wrapped::find(text, &schemes, &mut replacements);
    if replacements.is_empty() {
        return Refanged { text: Cow::Borrowed(text), edits: Vec::new() };
    }
    replacements.sort_unstable_by_key(|one| (one.0, one.1));
    let mut out = String::with_capacity(text.len());
    let mut edits = Vec::with_capacity(replacements.len());
    let mut copied = 0;
    for (start, end, meant) in replacements {
        if start < copied {
            continue;
        }
        out.push_str(text.get(copied..start).unwrap_or_default());
        let new = out.len();
        out.push_str(meant);
        edits.push(Edit { new: (new, out.len()), old: (start, end) });
        copied = end;
    }
    out.push_str(text.get(copied..).unwrap_or_default());
    Refanged { text: Cow::Owned(out), edits }
}

/// Where forms may be, with all bytes that belong to them: looking for what each must have is much faster than looking for
/// the forms. `schemes` are the places of `://`.
fn candidates(text: &[u8], schemes: &[usize]) -> Vec<(usize, usize)> {
    let mut signs = Vec::new();
    let (blocks, rest) = text.as_chunks::<BLOCK>();
    let mut look = |from: usize, block: &[u8]| {
        let places = block.iter().enumerate().filter(|(_, byte)| is_sign(**byte));
        signs.extend(places.map(|(place, _)| from + place).filter(|at| is_of_form(text, *at)));
    };
    for (number, block) in blocks.iter().enumerate() {
        // Looks at all of them, which takes a few instructions for many bytes.
        if block.iter().fold(false, |any, byte| any | is_sign(*byte)) {
            look(number * BLOCK, block);
        }
    }
    look(blocks.len() * BLOCK, rest);
    signs.extend(schemes.iter().filter(|at| is_broken_scheme(text, **at)));
    signs.sort_unstable();
    let mut ranges: Vec<(usize, usize)> = Vec::new();
    for at in signs {
        let (start, end) = (at.saturating_sub(LONGEST), text.len().min(at + LONGEST));
        match ranges.last_mut() {
            Some(last) if start <= last.1 => last.1 = end,
            _ => ranges.push((start, end)),
        }
    }
    ranges
}

/// Whether a byte begins what forms have: a bracket, a backslash, a character that is not seen.
const fn is_sign(byte: u8) -> bool {
    matches!(byte, b'[' | b'(' | b'{' | b'<' | b'\\' | 0xc2 | 0xe2 | 0xef)
}

/// Whether what is around such a byte may be of a form.
fn is_of_form(text: &[u8], at: usize) -> bool {
    let after = |bytes: usize| text.get(at + 1..at + 1 + bytes).unwrap_or_default();
    match text.get(at) {
        Some(0xc2) => after(1) == b"\xad",
        Some(0xe2) => matches!(after(2), [0x80, 0x8b..=0x8d] | [0x81, 0xa0]),
        Some(0xef) => matches!(after(2), b"\xbb\xbf" | b"\xbc\x8e" | b"\xbd\xa1"),
        Some(b'\\') => matches!(after(1), b"." | b"\\"),
        Some(b'<') => after(2) == b".>",
        _ => {
            let sign = matches!(after(1), [b'.' | b',' | b':' | b'/' | b'@']);
            let word = |known: &[u8; 2]| after(2).eq_ignore_ascii_case(known);
            let scheme = at.checked_sub(1).and_then(|before| text.get(before)).map(u8::to_ascii_lowercase);
            sign || matches!(scheme, Some(b'p' | b's')) || [b"do", b"pu", b"po", b"at"].into_iter().any(word)
        }
    }
}

/// Whether the scheme before `://` is written in a way that breaks it.
fn is_broken_scheme(text: &[u8], at: usize) -> bool {
    let scheme = text.get(at.saturating_sub(5)..at).unwrap_or_default();
    scheme.iter().any(|byte| matches!(byte, b'x' | b'X' | b'*' | b'-' | b'w' | b'W'))
}

impl Refanged<'_> {
    /// The bytes of the original that `start..end` of the text stands for, and whether any was changed.
    pub(crate) fn span(&self, start: usize, end: usize) -> (Span, bool) {
        if self.edits.is_empty() {
            return (Span { offset: start, length: end.saturating_sub(start) }, false);
        }
        let from = self.original(start, false);
        let to = self.original(end, true).max(from);
        let first = self.edits.partition_point(|edit| edit.new.1 < start);
        let changed = self
            .edits
            .iter()
            .skip(first)
            .take_while(|edit| edit.new.0 < end)
            .any(|edit| edit.new.0 >= start && (edit.new.0 > start || edit.new.1 > edit.new.0));
        (Span { offset: from, length: to - from }, changed)
    }

    /// Where `at` was. Within a replacement: its begin, or its end for the end of a span.
    fn original(&self, at: usize, is_end: bool) -> usize {
        // The last edit that begins before `at`, or at it when something stands there now.
        let index =
            self.edits.partition_point(|edit| if is_end { edit.new.0 < at } else { edit.new.0 <= at });
        let Some(edit) = index.checked_sub(1).and_then(|index| self.edits.get(index)) else { return at };
        if at >= edit.new.1 {
            return edit.old.1 + (at - edit.new.1);
        }
        if is_end { edit.old.1 } else { edit.old.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms() {
        for (text, want) in [
            ("hxxps://evil[.]example/x", "https://evil.example/x"),
            ("hXXp[:]//evil(dot)example", "http://evil.example"),
            ("hxxp[://]evil{.}example", "http://evil.example"),
            ("hxxp:[//]evil.example", "http://evil.example"),
            ("192[.]0.2[.]1", "192.0.2.1"),
            ("someone [at] evil [dot] example", "someone@evil.example"),
            ("someone[@]evil[.example", "someone@evil.example"),
            ("evil\\.example", "evil.example"),
            ("plain text (with brackets)", "plain text (with brackets)"),
            ("hxxp://evil.example", "http://evil.example"),
            ("ev\u{200b}il.exa\u{ad}mple", "evil.example"),
            ("evil\u{ff0e}example", "evil.example"),
            ("<https://evil.example/a\r\nb>", "<https://evil.example/ab>"),
            ("", ""),
        ] {
            assert_eq!(refang(text).text, want);
        }
    }

    #[test]
    fn forms_are_found_wherever_they_lie() {
        for (form, meant) in FORMS {
            // The scheme alone counts only before what follows it.
            let used = |text: &str| {
                if form.ends_with("p:") || form.ends_with("s:") {
                    format!("{text}//")
                } else {
                    text.to_owned()
                }
            };
            assert!(used(form).len() < LONGEST, "{form}");
            assert_eq!(refang(&used(form)).text, used(meant), "{form}");
        }
        let broken = " hxxp[://]one[.]example, two (at) one (dot) example and a\\.b";
        let meant = " http://one.example, two@one.example and a.b";
        for before in 0..2 * BLOCK + LONGEST {
            let before = "é".repeat(before % 3) + &"a".repeat(before);
            let between = "b".repeat(3 * BLOCK);
            let text = format!("{before}{broken}{between}{broken}");
            assert_eq!(refang(&text).text, format!("{before}{meant}{between}{meant}"));
        }
    }

    #[test]
    fn places_lead_back() {
        let text = "see hxxps://evil[.]example/x, a[@]b[.]example";
        let refanged = refang(text);
        for word in ["https://evil.example/x", "a@b.example", "evil.example"] {
            let at = refanged.text.find(word).unwrap();
            let (span, changed) = refanged.span(at, at + word.len());
            let found = text.get(span.offset..span.offset + span.length).unwrap();
            assert_eq!(refang(found).text, word);
            assert!(changed);
        }
        let at = refanged.text.find("see").unwrap();
        assert_eq!(refanged.span(at, at + 3), (Span { offset: 0, length: 3 }, false));
        let at = refanged.text.find("x,").unwrap();
        assert_eq!(refanged.span(at, at + 1), (Span { offset: 27, length: 1 }, false));
    }
}
