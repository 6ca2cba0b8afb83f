//! Undoes the ways people make indicators harmless: `hxxp`, `[.]`, `(dot)`, `[at]`.

use std::borrow::Cow;
use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, MatchKind};

const FORMS: [(&str, &str); 29] = [
    ("[.]", "."),
    ("(.)", "."),
    ("{.}", "."),
    ("[.", "."),
    ("\\.", "."),
    ("[dot]", "."),
    ("(dot)", "."),
    ("{dot}", "."),
    (" [.] ", "."),
    (" [dot] ", "."),
    (" (dot) ", "."),
    (" {dot} ", "."),
    ("[,]", "."),
    ("[at]", "@"),
    ("(at)", "@"),
    ("{at}", "@"),
    ("[@]", "@"),
    ("(@)", "@"),
    (" [at] ", "@"),
    (" (at) ", "@"),
    (" [@] ", "@"),
    ("[:]", ":"),
    ("[://]", "://"),
    ("[:]//", "://"),
    (":[//]", "://"),
    ("[/]", "/"),
    ("hxxp", "http"),
    ("h**p", "http"),
    ("fxp://", "ftp://"),
];

static MATCHER: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| {
    AhoCorasick::builder()
        .ascii_case_insensitive(true)
        .match_kind(MatchKind::LeftmostLongest)
        .build(FORMS.iter().map(|(form, _)| form))
        .ok()
});

/// The text with its indicators as they were meant.
pub(super) fn refang(text: &str) -> Cow<'_, str> {
    // Every form has one of these; nearly no mail has any.
    let candidates = memchr::memchr3(b'[', b'(', b'{', text.as_bytes()).is_some()
        || memchr::memchr2(b'\\', b'*', text.as_bytes()).is_some()
        || has_x_scheme(text);
    let Some(matcher) = MATCHER.as_ref().filter(|_| candidates) else { return Cow::Borrowed(text) };
    let mut out = String::new();
    let mut copied = 0;
    for found in matcher.find_iter(text) {
        let meant = FORMS.get(found.pattern().as_usize()).map(|(_, meant)| *meant).unwrap_or_default();
        out.push_str(text.get(copied..found.start()).unwrap_or_default());
        out.push_str(meant);
        copied = found.end();
    }
    if copied == 0 {
        return Cow::Borrowed(text);
    }
    out.push_str(text.get(copied..).unwrap_or_default());
    Cow::Owned(out)
}

fn has_x_scheme(text: &str) -> bool {
    memchr::memmem::find_iter(text.as_bytes(), b":").any(|at| {
        text.as_bytes()
            .get(at.saturating_sub(5)..at)
            .is_some_and(|scheme| memchr::memchr2(b'x', b'X', scheme).is_some())
    })
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
            ("192[.]0.2[.]1", "192.0.2.1"),
            ("someone [at] evil [dot] example", "someone@evil.example"),
            ("someone[@]evil[.example", "someone@evil.example"),
            ("evil\\.example", "evil.example"),
            ("plain text (with brackets)", "plain text (with brackets)"),
            ("hxxp://evil.example", "http://evil.example"),
        ] {
            assert_eq!(refang(text), want);
        }
    }
}
