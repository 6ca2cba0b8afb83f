//! Says of the newest message a connection test found who sent it and what it is about.

use mailcase_evidence::{Address, Envelope, Limits, examine_headers};
use mailcase_mail::CheckReport;

/// Names and subjects are cut there: they are to be recognised, not read.
const SHOWN_CHARS: usize = 100;

/// The report with sender and subject of the messages it found, and without their bytes.
pub(crate) fn named(mut report: CheckReport) -> CheckReport {
    for step in &mut report.steps {
        let Some(beginning) = step.beginning.take() else { continue };
        if let Some(known) = examine_headers(&beginning, &Limits::default()) {
            step.detail.push_str(&in_words(&known.envelope));
        }
    }
    report
}

fn in_words(envelope: &Envelope) -> String {
    let sender = envelope.from.first().map(sender).filter(|sender| !sender.is_empty());
    let subject = envelope.subject.as_deref().map(shown).filter(|subject| !subject.is_empty());
    let sender = sender.map_or_else(|| ", from nobody named".to_owned(), |sender| format!(", from {sender}"));
    subject.map_or_else(|| format!("{sender}, without a subject"), |subject| format!("{sender}: {subject}"))
}

fn sender(address: &Address) -> String {
    let name = address.name.as_deref().map(shown).unwrap_or_default();
    match address.address.as_deref().map(shown) {
        Some(address) if name.is_empty() => address,
        Some(address) => format!("{name} <{address}>"),
        None => name,
    }
}

/// One line of what a stranger wrote, without what would change how the rest is shown.
fn shown(text: &str) -> String {
    let mut shown = String::new();
    let mut count = 0_usize;
    for word in text.split_whitespace() {
        for c in (count > 0).then_some(' ').into_iter().chain(word.chars().filter(|c| !is_unseen(*c))) {
            if count >= SHOWN_CHARS {
                shown.push('…');
                return shown;
            }
            shown.push(c);
            count = count.saturating_add(1);
        }
    }
    shown
}

/// Controls, marks of direction and what has no width.
fn is_unseen(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use mailcase_mail::{CheckStep, StepStatus};

    fn told(beginning: &[u8]) -> String {
        let step = CheckStep {
            name: "newest".to_owned(),
            title: "Look at the newest message".to_owned(),
            status: StepStatus::Passed,
            detail: "received today".to_owned(),
            hint: None,
            millis: 0,
            beginning: Some(Bytes::copy_from_slice(beginning)),
        };
        let mut report = named(CheckReport { steps: vec![step], ..CheckReport::default() });
        let step = report.steps.remove(0);
        assert_eq!(step.beginning, None);
        step.detail
    }

    #[test]
    fn the_newest_message_is_recognised_by_its_sender_and_subject() {
        for (beginning, expected) in [
            (
                "From: =?utf-8?Q?J=C3=BCrgen?= <j@example.org>\r\nSubject: =?utf-8?B?R3LDvMOfZQ==?=\r\n\r\nHello",
                ", from Jürgen <j@example.org>: Grüße",
            ),
            ("From: a@example.org\r\nSubject: two\r\n lines\r\n\r\n", ", from a@example.org: two lines"),
            ("From: a@example.org\r\n\r\n", ", from a@example.org, without a subject"),
            ("Subject: x\r\n\r\n", ", from nobody named: x"),
            // Within headers that were cut off, more may follow of what stands there.
            ("From: a@example.org\r\nSubject: cut o", ""),
        ] {
            assert_eq!(told(beginning.as_bytes()), format!("received today{expected}"), "{beginning:?}");
        }
    }

    #[test]
    fn what_a_stranger_wrote_is_one_short_line() {
        let long = "x".repeat(5_000);
        let odd = "=?utf-8?Q?a=1B[2Jb=E2=80=AEc=0D=0Ad?=";
        let detail =
            told(format!("From: {long} <a@example.org>\r\nSubject: {odd} {long}\r\n\r\n").as_bytes());
        assert!(!detail.chars().any(is_unseen), "{detail:?}");
        assert!(detail.contains("a[2Jbc"), "{detail:?}");
        assert!(detail.chars().count() < 3 * SHOWN_CHARS + 100, "{detail:?}");
        assert_eq!(detail.matches('…').count(), 2, "{detail:?}");
    }
}
