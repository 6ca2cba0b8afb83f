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
/// Bytes looked through at once for candidates.
const BLOCK: usize = 256;

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
    for (start, end) in (Candidates { text: text.as_bytes(), at: 0 }) {
        let Some(matcher) = MATCHER.as_ref() else { break };
        for found in matcher.find_iter(text.as_bytes().get(start..end).unwrap_or_default()) {
            let meant = FORMS.get(found.pattern().as_usize()).map_or("", |(_, meant)| *meant);
            replacements.push((start + found.start(), start + found.end(), meant));
        }
    }
    wrapped::find(text, &mut replacements);
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
/// the forms.
struct Candidates<'a> {
    text: &'a [u8],
    at: usize,
}

impl Candidates<'_> {
    /// The bytes of the block at `at` and those around it that a form in it may reach.
    fn around(&self, at: usize) -> (usize, usize) {
        (at.saturating_sub(LONGEST), self.text.len().min(at + BLOCK + LONGEST))
    }

    fn is_candidate(&self, at: usize) -> bool {
        let (start, end) = self.around(at);
        is_candidate(self.text.get(start..end).unwrap_or_default())
    }
}

impl Iterator for Candidates<'_> {
    type Item = (usize, usize);

    fn next(&mut self) -> Option<(usize, usize)> {
        while self.at < self.text.len() && !self.is_candidate(self.at) {
            self.at += BLOCK;
        }
        let first = self.at;
        while self.at < self.text.len() && self.is_candidate(self.at) {
            self.at += BLOCK;
        }
        let last = self.at.checked_sub(BLOCK).filter(|last| *last >= first)?;
        Some((self.around(first).0, self.around(last).1))
    }
}

/// Every form has one of these; most text has none.
fn is_candidate(bytes: &[u8]) -> bool {
    memchr::memchr3(b'[', b'(', b'{', bytes).is_some()
        || memchr::memchr3(b'\\', 0xe2, 0xef, bytes).is_some()
        || memchr::memchr(0xc2, bytes).is_some()
        || memchr::memmem::find(bytes, b"<.>").is_some()
        || memchr::memmem::find_iter(bytes, b"://").any(|at| {
            let scheme = bytes.get(at.saturating_sub(5)..at).unwrap_or_default();
            scheme.iter().any(|byte| matches!(byte, b'x' | b'X' | b'*' | b'-' | b'w' | b'W'))
        })
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
        for (form, _) in FORMS {
            // The scheme alone counts only before what follows it.
            let used = if form.ends_with(':') { format!("{form}//") } else { (*form).to_owned() };
            assert!(used.len() < LONGEST && is_candidate(used.as_bytes()), "{form}");
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
