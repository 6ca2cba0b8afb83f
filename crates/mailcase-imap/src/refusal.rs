//! What a server's refusal means for whoever asked.

use crate::wire::response::StatusLine;
use mailcase_mail::SourceError;
use std::time::Duration;

/// Longest text of a server shown to people.
const TEXT_MAX_CHARS: usize = 200;
/// Codes that mean "not now" (RFC 5530, RFC 9051; OVERQUOTA is how Gmail words it, THROTTLED Yahoo).
const LATER: [&str; 6] = ["UNAVAILABLE", "INUSE", "LIMIT", "OVERQUOTA", "THROTTLED", "CONTACTADMIN"];

/// The error for a NO to `what`, such as "listing the folders".
pub(crate) fn refused(what: &str, line: &StatusLine) -> SourceError {
    let message = format!("the server refused {what}{}", said(line));
    if asks_for_patience(line) {
        return SourceError::Throttled { message, retry_after: None };
    }
    SourceError::Refused { message }
}

/// The error for a BAD.
pub(crate) fn not_understood(line: &StatusLine) -> SourceError {
    broken(format!("the server did not understand a command{}", said(line)))
}

pub(crate) fn asks_for_patience(line: &StatusLine) -> bool {
    line.code.as_ref().is_some_and(|(code, _)| LATER.contains(&code.as_str()))
}

pub(crate) fn broken(message: impl Into<String>) -> SourceError {
    SourceError::Protocol { message: message.into() }
}

pub(crate) fn timed_out(what: impl Into<String>, after: Duration) -> SourceError {
    SourceError::TimedOut { what: what.into(), after }
}

/// `: text` or nothing. A server's own words often say what to do; addresses in them are left out.
pub(crate) fn said(line: &StatusLine) -> String {
    let words: Vec<&str> = line
        .text
        .split_whitespace()
        .map(|word| if word.contains('@') && !word.contains("://") { "…" } else { word })
        .collect();
    let text: String = words.join(" ").chars().filter(|c| !c.is_control()).take(TEXT_MAX_CHARS).collect();
    match (&line.code, text.is_empty()) {
        (Some((code, _)), false) => format!(": [{}] {text}", printable(code)),
        (Some((code, _)), true) => format!(": [{}]", printable(code)),
        (None, false) => format!(": {text}"),
        (None, true) => String::new(),
    }
}

fn printable(code: &str) -> String {
    /// Codes are words.
    const CODE_MAX_CHARS: usize = 40;
    code.chars().filter(char::is_ascii_graphic).take(CODE_MAX_CHARS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::response::Status;

    fn no(code: Option<&str>, text: &str) -> StatusLine {
        let code = code.map(|code| (code.to_owned(), String::new()));
        StatusLine { status: Status::No, code, text: text.to_owned() }
    }

    #[test]
    fn patience_and_refusal_are_told_apart() {
        let later = refused("the fetch", &no(Some("UNAVAILABLE"), "try later"));
        assert_eq!(later.code(), "throttled");
        let refusal = refused("the fetch", &no(Some("NOPERM"), "for ann@example.org \u{7}not allowed"));
        assert_eq!(refusal.to_string(), "the server refused the fetch: [NOPERM] for … not allowed");
        assert_eq!(refused("it", &no(None, "")).to_string(), "the server refused it");
        assert!(refused("it", &no(None, &"x".repeat(5000))).to_string().len() < 300);
    }
}
