//! Mail about mail, in rows: who passed on what.

use super::summary::address;
use mailcase_evidence::{Confidence, Evidence, Opinion, Report, ReportedMessage, ToolKind};

/// Lines of the reporter's words shown.
const WORD_LINES: usize = 5;

/// The reporter, the words, the tool, then what was reported, outermost first.
pub(super) fn rows(evidence: &Evidence) -> Vec<Vec<String>> {
    let Some(report) = &evidence.reported else { return Vec::new() };
    let mut rows = Vec::new();
    let mut row = |name: &str, value: String| rows.push(vec![name.to_owned(), value]);
    if let Some(reporter) = &report.reporter {
        row("by", address(reporter));
    }
    if let Some(tool) = &report.tool {
        row("with", format!("{} ({})", tool.name.as_deref().unwrap_or(tool_name(tool.kind)), tool.because));
    }
    if let Some(opinion) = report.opinion {
        row("as", opinion_name(opinion).to_owned());
    }
    let words = report.words.as_deref().unwrap_or_default();
    for (at, line) in words.lines().filter(|line| !line.trim().is_empty()).take(WORD_LINES).enumerate() {
        row(if at == 0 { "words" } else { "" }, line.trim().to_owned());
    }
    for message in &report.messages {
        let depth = depth(report, message);
        row(
            &format!("{}{}", "  ".repeat(depth), if message.original { "mail" } else { "passed on" }),
            told(message),
        );
        for mark in &message.marks {
            row(&format!("{}!", "  ".repeat(depth + 1)), mark.message.clone());
        }
    }
    if report.messages.is_empty() {
        row("mail", "is not in the report".to_owned());
    }
    if report.more {
        row("", "and more".to_owned());
    }
    rows
}

/// How many messages it was passed on in. Each stands after the one that holds it.
fn depth(report: &Report, message: &ReportedMessage) -> usize {
    let around = |message: &&ReportedMessage| report.messages.get(message.within?);
    std::iter::successors(Some(message), around).skip(1).take(report.messages.len()).count()
}

fn told(message: &ReportedMessage) -> String {
    let from: Vec<String> = message.from.iter().map(address).collect();
    let from = if from.is_empty() { "nobody named".to_owned() } else { from.join(", ") };
    let subject = message.subject.as_deref().unwrap_or("no subject");
    let sent = message.sent.map(|sent| sent.to_string()).or_else(|| message.sent_text.clone());
    let sent = sent.map(|sent| format!(", {sent}")).unwrap_or_default();
    let how = match (&message.place, message.confidence) {
        (None, _) => format!("part {}", message.path),
        (Some(_), Confidence::Doubtful) => format!("perhaps copied into part {}", message.path),
        (Some(_), _) => format!("copied into part {}", message.path),
    };
    format!("“{subject}” from {from}{sent} ({how})")
}

const fn tool_name(kind: ToolKind) -> &'static str {
    match kind {
        ToolKind::Microsoft => "Microsoft's report button",
        ToolKind::KnowBe4 => "KnowBe4 Phish Alert",
        ToolKind::Cofense => "Cofense Reporter",
        ToolKind::Proofpoint => "Proofpoint PhishAlarm",
        ToolKind::Hoxhunt => "Hoxhunt",
        ToolKind::Mimecast => "Mimecast",
        ToolKind::Google => "Gmail",
        ToolKind::FeedbackReport => "a mailbox provider",
        ToolKind::Other => "a reporting tool",
    }
}

const fn opinion_name(opinion: Opinion) -> &'static str {
    match opinion {
        Opinion::Phishing => "phishing",
        Opinion::Junk => "junk",
        Opinion::NotJunk => "not junk",
    }
}
