//! Which tool wrote a report, by what its maker documents or reports are known to look like. Anybody can write the same.

use super::{Opinion, Tool, ToolKind};
use crate::fields::bounded;
use crate::{Address, Evidence, Part};

/// Bytes of the text looked at.
const TEXT_BYTES: usize = 16 << 10;
/// Bytes shown of what gave a tool away.
const SHOWN_BYTES: usize = 120;

/// Mailboxes of Microsoft that its add-ins send reports to.
const MICROSOFT: [&str; 5] = [
    "phish@office365.microsoft.com",
    "junk@office365.microsoft.com",
    "not_junk@office365.microsoft.com",
    "abuse@messaging.microsoft.com",
    "false_positive@messaging.microsoft.com",
];

/// A tool that was recognised.
#[derive(Debug)]
pub(super) struct Recognised {
    pub(super) tool: Tool,
    pub(super) opinion: Option<Opinion>,
    /// A report even when the mail it is about is not in it.
    pub(super) certain: bool,
}

/// What there is to recognise a tool by.
#[derive(Debug, Clone, Copy)]
pub(super) struct Facts<'a> {
    pub(super) evidence: &'a Evidence,
    /// The text of the report itself.
    pub(super) text: &'a str,
}

pub(super) fn recognise(facts: Facts<'_>) -> Option<Recognised> {
    let Facts { evidence, .. } = facts;
    let text = facts.text.get(..facts.text.floor_char_boundary(TEXT_BYTES)).unwrap_or_default();
    let facts = Facts { text, ..facts };
    let subject = evidence.envelope.subject.as_deref().unwrap_or_default().trim();
    feedback(&evidence.root)
        .or_else(|| microsoft(subject))
        .or_else(|| facts.sections())
        .or_else(|| facts.headers())
        .or_else(|| facts.attachment())
        .or_else(|| facts.subject(subject))
        .or_else(|| facts.senders(subject))
}

fn tool(kind: ToolKind, because: &str, certain: bool) -> Recognised {
    let tool = Tool { kind, name: None, because: bounded(because.trim(), SHOWN_BYTES) };
    Recognised { tool, opinion: None, certain }
}

/// RFC 5965 and RFC 6591: what mailbox providers send to those who asked for it.
fn feedback(root: &Part) -> Option<Recognised> {
    let part = root.walk().find(|part| part.content_type == "message/feedback-report")?;
    let fact = |name: &str| part.facts.iter().find(|fact| fact.name == name).map(|fact| fact.value.as_str());
    let mut found = tool(ToolKind::FeedbackReport, "a part message/feedback-report", true);
    found.tool.name = fact("user_agent").map(|agent| bounded(agent, SHOWN_BYTES));
    found.opinion = match fact("feedback_type").unwrap_or_default().to_ascii_lowercase().as_str() {
        "abuse" => Some(Opinion::Junk),
        "fraud" => Some(Opinion::Phishing),
        "not-spam" => Some(Opinion::NotJunk),
        _ => None,
    };
    Some(found)
}

/// The subject that Microsoft's built-in buttons write, and asks other tools to write:
/// `3|network message id|sender's IP|sender|(subject)`.
fn microsoft(subject: &str) -> Option<Recognised> {
    let mut fields = subject.split('|');
    let opinion = match fields.next()?.trim() {
        "1" => Opinion::Junk,
        "2" => Opinion::NotJunk,
        "3" => Opinion::Phishing,
        _ => return None,
    };
    let id = fields.next()?.trim();
    let is_id = id.len() == 36 && id.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
    let rest = fields.count();
    (is_id && rest >= 3).then(|| Recognised {
        opinion: Some(opinion),
        ..tool(ToolKind::Microsoft, "the subject has the fields of a submission", true)
    })
}

impl Facts<'_> {
    fn sections(self) -> Option<Recognised> {
        let has = |word: &str| {
            // Nearly no text has the words at all.
            memchr::memmem::find(self.text.as_bytes(), word.as_bytes())?;
            self.text.lines().map(str::trim).find(|line| line.starts_with("--") && line.contains(word))
        };
        has("BEGIN REPORTER AGENT")
            .map(|line| tool(ToolKind::Cofense, line, true))
            .or_else(|| has("Begin Reported Email").map(|line| tool(ToolKind::Proofpoint, line, true)))
            .or_else(|| has("Begin Email Headers").map(|line| tool(ToolKind::Proofpoint, line, true)))
    }

    fn headers(self) -> Option<Recognised> {
        self.evidence.headers.iter().find_map(|header| {
            let name = header.name.to_ascii_lowercase();
            let starts = |start: &str| name.starts_with(start);
            let kind = match () {
                () if starts("x-phishalarm") => ToolKind::Proofpoint,
                () if starts("x-cofense") || starts("x-phishme-report") => ToolKind::Cofense,
                () if starts("x-hoxhunt") => ToolKind::Hoxhunt,
                () if starts("x-phisher") || starts("x-knowbe4") || starts("x-phish-alert") => {
                    ToolKind::KnowBe4
                }
                () if starts("x-report-phish") || starts("x-phish-report") || starts("x-user-report") => {
                    ToolKind::Other
                }
                () => return None,
            };
            Some(tool(kind, &header.name, false))
        })
    }

    fn attachment(self) -> Option<Recognised> {
        let names = self.evidence.root.children.iter().filter_map(|part| part.name.as_deref());
        let mut names = names.filter(|name| name.to_ascii_lowercase().starts_with("phish_alert_sp"));
        names.next().map(|name| tool(ToolKind::KnowBe4, name, false))
    }

    fn subject(self, subject: &str) -> Option<Recognised> {
        const SUBJECTS: [(&str, ToolKind); 11] = [
            ("potential phish:", ToolKind::Proofpoint),
            ("[phish alert]", ToolKind::KnowBe4),
            // What Microsoft sends about mail its customers complain of.
            ("complaint about message from", ToolKind::FeedbackReport),
            ("[hoxhunt", ToolKind::Hoxhunt),
            ("hoxhunt", ToolKind::Hoxhunt),
            ("[user reported", ToolKind::Other),
            ("user reported", ToolKind::Other),
            ("[reported phish", ToolKind::Other),
            ("reported phish", ToolKind::Other),
            ("phishing report", ToolKind::Other),
            ("[potential phish]", ToolKind::Other),
        ];
        let start = bounded(subject, SHOWN_BYTES).to_ascii_lowercase();
        let found = SUBJECTS.into_iter().find(|(known, _)| start.starts_with(known));
        found.map(|(known, kind)| tool(kind, &format!("the subject begins with “{known}”"), false))
    }

    fn senders(self, subject: &str) -> Option<Recognised> {
        let envelope = &self.evidence.envelope;
        let address = |one: &Address| one.address.as_deref().map(str::to_ascii_lowercase);
        let mut receivers = envelope.to.iter().chain(&envelope.cc).filter_map(address);
        if let Some(known) = receivers.find(|one| MICROSOFT.contains(&one.as_str())) {
            return Some(tool(ToolKind::Microsoft, &format!("sent to {known}"), false));
        }
        let from = envelope.from.iter().find_map(address)?;
        let host = from.rsplit('@').next().unwrap_or_default();
        let of = |domain: &str| {
            host == domain || host.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.'))
        };
        let because = format!("sent by {from}");
        let kind = match () {
            () if of("hoxhunt.com") => ToolKind::Hoxhunt,
            () if of("knowbe4.com") => ToolKind::KnowBe4,
            () if of("cofense.com") || of("phishme.com") => ToolKind::Cofense,
            () if of("mimecast.com") || of("mimecast.org") => ToolKind::Mimecast,
            () if of("google.com") && subject.to_ascii_lowercase().contains("user-reported") => {
                return Some(tool(ToolKind::Google, &because, true));
            }
            () => return None,
        };
        Some(tool(kind, &because, false))
    }
}
