//! What a reporter wrote: the text above what was passed on, without what programs add below it.

use super::Opinion;
use super::labels::{divider, is_blank, is_sent_from};
use crate::fields::bounded;

/// Bytes of the reporter's words kept.
pub(super) const WORDS_BYTES: usize = 8 << 10;
/// Lines at the end that programs may have written: one or two, with blank lines.
const LAST_LINES: usize = 6;
/// Lines in which a tool says who reports and why.
const TOOL_LINES: usize = 200;

/// The words in `text`, if there are any.
pub(super) fn words(text: &str) -> Option<String> {
    let mut kept: Vec<&str> = Vec::new();
    let mut length = 0;
    for line in text.lines() {
        // RFC 3676 §4.3.
        if line == "--" || line == "-- " || length > WORDS_BYTES {
            break;
        }
        length += line.len() + 1;
        kept.push(line.trim_end_matches(is_blank));
    }
    let last = kept.len().saturating_sub(LAST_LINES);
    let added = kept.iter().skip(last).position(|line| is_sent_from(line.trim_start_matches(is_blank)));
    if let Some(added) = added {
        kept.truncate(last + added);
    }
    while kept.last().is_some_and(|line| line.is_empty() || divider(line).is_some()) {
        kept.pop();
    }
    let words = kept.join("\n");
    let words = words.trim_matches(is_blank);
    (!words.is_empty()).then(|| bounded(words, WORDS_BYTES))
}

/// What a tool wrote down about the report.
#[derive(Debug, Default)]
pub(super) struct Said {
    /// Who reports.
    pub(super) reporter: Option<String>,
    pub(super) opinion: Option<Opinion>,
    /// What the reporter wrote into the tool.
    pub(super) comment: Option<String>,
}

/// Looks for the lines of tools in `text`.
pub(super) fn said(text: &str) -> Said {
    let mut said = Said::default();
    let mut at = 0;
    for line in text.split_inclusive('\n').take(TOOL_LINES) {
        at += line.len();
        let Some((name, value)) = line.split_once(':') else { continue };
        let value = value.trim_matches(is_blank);
        match name.trim_matches(is_blank).to_ascii_lowercase().as_str() {
            "reporting user" | "reporter" | "reported by" if said.reporter.is_none() => {
                said.reporter = Some(value.to_owned());
            }
            "disposition" | "classification" | "reported as" if said.opinion.is_none() => {
                said.opinion = opinion(value);
            }
            "user comments" | "user comment" | "comments" | "reporter comment" => {
                let rest =
                    text.get(at - line.len()..).and_then(|rest| rest.split_once(':')).map(|(_, rest)| rest);
                said.comment = rest.and_then(words);
                break;
            }
            _ => {}
        }
    }
    said
}

fn opinion(word: &str) -> Option<Opinion> {
    let word = word.to_ascii_lowercase();
    if word.contains("phish") {
        return Some(Opinion::Phishing);
    }
    let junk = word.contains("junk") || word.contains("spam");
    junk.then(|| if word.contains("not") { Opinion::NotJunk } else { Opinion::Junk })
}
