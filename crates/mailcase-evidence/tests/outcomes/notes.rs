//! What the corpus's own list notes about each mail, found with Python's `email`: headers that are missing, messages
//! within, reports, marks of machines.

use crate::corpus::source;
use crate::judge::Tally;
use mailcase_evidence::{Evidence, Means, Part, examine};

/// Everything one mail is noted for.
struct Noted<'a> {
    tags: Vec<&'a str>,
}

impl Noted<'_> {
    fn has(&self, tag: &str) -> bool {
        self.tags.contains(&tag)
    }

    fn begins(&self, start: &str) -> Option<&str> {
        self.tags.iter().find_map(|tag| tag.strip_prefix(start))
    }
}

#[test]
fn mails_are_what_their_notes_say() {
    let Some(corpus) = source(".") else { return };
    let manifest = std::fs::read_to_string(corpus.join("manifest.tsv")).unwrap();
    let mut tally = Tally::new("the list's notes");
    for line in manifest.lines().skip(1) {
        let columns: Vec<&str> = line.split('\t').collect();
        let [path, _, _, "eml", "input", .., notes] = columns.as_slice() else { continue };
        let Some(tags) = notes.rsplit_once('[').and_then(|(_, tags)| tags.strip_suffix(']')) else {
            continue;
        };
        let noted = Noted { tags: tags.split("; ").collect() };
        let evidence = examine(&std::fs::read(corpus.join(path)).unwrap(), &Means::default());
        compare(&mut tally, path, &noted, &evidence);
    }
    tally.finish(5_000);
}

fn compare(tally: &mut Tally, path: &str, noted: &Noted<'_>, evidence: &Evidence) {
    let header = |name: &str| {
        let mut headers = evidence.headers.iter();
        headers.find(|one| one.name.eq_ignore_ascii_case(name)).map(|one| one.value.trim())
    };
    let part = |test: &dyn Fn(&Part) -> bool| evidence.root.walk().any(test);
    for (tag, ours) in [
        ("no-date", header("Date").is_none()),
        ("no-from", header("From").is_none()),
        ("no-subject", header("Subject").is_none()),
        ("no-message-id", header("Message-ID").is_none()),
        ("list-id", header("List-Id").is_some()),
        ("arc", header("ARC-Seal").is_some()),
        ("null-return-path", header("Return-Path").is_some_and(|path| path == "<>")),
        ("reply", header("In-Reply-To").or_else(|| header("References")).is_some()),
        ("auto-submitted", header("Auto-Submitted").is_some_and(|value| !value.eq_ignore_ascii_case("no"))),
        ("message/rfc822", part(&|part| part.content_type == "message/rfc822")),
        ("calendar", part(&|part| part.content_type == "text/calendar" || named(part, ".ics"))),
        ("pdf", part(&|part| part.sniffed_type.as_deref() == Some("application/pdf"))),
    ] {
        tally.compare(&format!("{path} {tag}"), ours, noted.has(tag), |ours, _| why(noted, tag, *ours));
    }
    let content_type = header("Content-Type").unwrap_or_default().to_ascii_lowercase();
    if let Some(kind) = noted.begins("report:").filter(|kind| *kind != "none" && !kind.starts_with('x')) {
        tally.compare(&format!("{path} report"), content_type.contains(kind), true, |ours, _| {
            why(noted, "report", *ours)
        });
    }
}

fn named(part: &Part, end: &str) -> bool {
    part.name.as_deref().is_some_and(|name| name.to_ascii_lowercase().ends_with(end))
}

fn why(noted: &Noted<'_>, tag: &str, ours: bool) -> Option<&'static str> {
    // What Python's parser stumbles over.
    let stumbled = noted.begins("pydefects=").is_some();
    match (tag, ours) {
        ("no-date" | "no-from" | "no-subject" | "no-message-id", false) if stumbled => Some(
            "headers are read behind lines that are none, behind a byte order mark, and with a blank before the colon",
        ),
        ("message/rfc822", true) if stumbled => Some("parts are found where Python's parser gives up"),
        ("pdf", true) => {
            Some("layers that mail programs pack, and documents of any declared type, are opened")
        }
        _ => None,
    }
}
