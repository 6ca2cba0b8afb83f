//! Whether the plain and the HTML text of a message say the same. Readers see one, filters often judge the other.

mod words;

use std::collections::BTreeSet;

use mailcase_indicators::{How, Kind, host};
use url::Url;

use crate::examine::PartText;
use crate::verdicts::{Mark, MarkKind};
use crate::{Alternatives, Evidence, Part};

/// Different words below which a text is a note: "your program does not show HTML".
const WORDS: usize = 30;
/// Words compared of one text.
const COMPARED: usize = 20_000;
/// Words in a hundred that two versions of one text share at least: in real mail more than 70. Any two texts of one
/// language share some twenty.
const SHARED: usize = 40;
/// Hosts named.
const HOSTS: usize = 20;

/// Compares the bodies of the outermost message; nothing when they agree, or are no alternatives.
pub(crate) fn of(evidence: &Evidence, texts: &[PartText]) -> Option<Alternatives> {
    let (plain, html) = (evidence.text.as_ref()?, evidence.html.as_ref()?);
    if plain.truncated || html.truncated {
        return None;
    }
    let text = |path: &str| texts.iter().find(|one| one.part.path == path);
    between(evidence, text(&plain.path)?, text(&html.path)?)
}

/// Compares two bodies of one message.
pub(crate) fn between(evidence: &Evidence, plain: &PartText, html: &PartText) -> Option<Alternatives> {
    let (plain_path, html_path) = (&plain.part.path, &html.part.path);
    let truncated = plain.text.truncated || html.text.truncated;
    if truncated || !are_alternatives(&evidence.root, plain_path, html_path) {
        return None;
    }
    let shared = shared_words(&plain.text.content, html.visible());
    let of_plain = Hosts::of(evidence, &format!("{plain_path} text"));
    let of_html = Hosts::of(evidence, &format!("{html_path} html"));
    let other_hosts =
        !of_plain.all.is_empty() && !of_html.led_to.is_empty() && of_plain.all.is_disjoint(&of_html.all);
    let other_words = shared.is_some_and(|shared| shared < SHARED);
    if !other_hosts && !other_words {
        return None;
    }
    let named = |hosts: &BTreeSet<String>, others: &BTreeSet<String>| {
        hosts.difference(others).take(HOSTS).cloned().collect()
    };
    Some(Alternatives {
        plain: plain_path.clone(),
        html: html_path.clone(),
        only_in_plain: named(&of_plain.all, &of_html.all),
        only_in_html: named(&of_html.led_to, &of_plain.all),
        shared_words: shared.and_then(|shared| u8::try_from(shared).ok()),
        other_words,
        other_hosts,
    })
}

/// The mark of a message whose alternatives disagree.
pub(crate) fn mark(found: &Alternatives) -> Mark {
    let mut said = Vec::new();
    if let Some(shared) = found.shared_words.filter(|_| found.other_words) {
        said.push(format!("only {shared} of 100 words of one are in the other"));
    }
    if found.other_hosts {
        let list = |hosts: &[String]| hosts.iter().take(3).cloned().collect::<Vec<_>>().join(", ");
        said.push(format!(
            "the plain text names {}, the HTML leads to {}",
            list(&found.only_in_plain),
            list(&found.only_in_html)
        ));
    }
    let message = format!("the plain and the HTML text are not the same: {}", said.join("; "));
    Mark { kind: MarkKind::AlternativesDisagree, message }
}

/// Whether the innermost part around both says that they are versions of one content.
fn are_alternatives(root: &Part, one: &str, other: &str) -> bool {
    let holds = |part: &Part, path: &str| {
        part.path == "/" || path.strip_prefix(&part.path).is_some_and(|rest| rest.starts_with('/'))
    };
    let around = root.walk().filter(|part| holds(part, one) && holds(part, other));
    around.last().is_some_and(|part| part.content_type == "multipart/alternative")
}

/// How many of a hundred different words of the shorter text are in the other. Nothing when one is no more than a note.
fn shared_words(plain: &str, html: &str) -> Option<usize> {
    let found = words::compare(plain, html, COMPARED);
    let least = found.one.min(found.other);
    (least >= WORDS).then(|| found.both * 100 / least)
}

/// The organizations a text points to.
#[derive(Default)]
struct Hosts {
    all: BTreeSet<String>,
    /// Those a click or the page itself leads to.
    led_to: BTreeSet<String>,
}

impl Hosts {
    fn of(evidence: &Evidence, place: &str) -> Self {
        let mut hosts = Self::default();
        for indicator in evidence.indicators.iter().filter(|one| one.kind == Kind::Url) {
            let Some(at) = indicator.places.iter().position(|known| known == place) else { continue };
            let Ok(url) = Url::parse(&indicator.value) else { continue };
            let Some(name) = url.host_str() else { continue };
            let name = host::registered(name).to_owned();
            let leads = |how: How| matches!(how, How::Link | How::Form | How::Refresh | How::Unwrapped);
            if indicator.sightings.iter().any(|one| one.place == at && leads(one.how)) {
                hosts.led_to.insert(name.clone());
            }
            hosts.all.insert(name);
        }
        hosts
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Means, examine};

    fn check(kind: &str, plain: &str, html: &str) -> Option<(bool, bool)> {
        let raw = format!(
            "Content-Type: multipart/{kind}; boundary=b\n\n--b\n\n{plain}\n--b\nContent-Type: text/html\n\n{html}\n--b--\n"
        );
        let found = examine(raw.as_bytes(), &Means::default());
        let marked = found.verdicts.marks.iter().any(|mark| mark.kind == MarkKind::AlternativesDisagree);
        assert_eq!(marked, found.alternatives.is_some());
        found.alternatives.map(|found| (found.other_words, found.other_hosts))
    }

    fn words(start: &str) -> String {
        (0..60).map(|number| format!("{start}{number} ")).collect()
    }

    #[test]
    fn the_same_in_both_is_ordinary() {
        let (text, page) = (words("word"), format!("<p>{}</p>", words("word")));
        assert_eq!(check("alternative", &text, &page), None);
        assert_eq!(check("alternative", "Your program does not show HTML.", &page), None);
        let plain = "see https://www.shop.example/a";
        let html = "<a href='https://track.shop.example/x'>here</a> <a href='https://social.test'>follow</a>";
        assert_eq!(check("alternative", plain, html), None);
        assert_eq!(check("alternative", plain, "<p>no link"), None);
    }

    #[test]
    fn another_text_is_told() {
        let (text, page) = (words("word"), format!("<p>{}</p>", words("other")));
        assert_eq!(check("alternative", &text, &page), Some((true, false)));
        assert_eq!(check("mixed", &text, &page), None);
        let found =
            check("alternative", "see https://bank.example/a", "<a href='https://evil.test/x'>here</a>");
        assert_eq!(found, Some((false, true)));
    }
}
