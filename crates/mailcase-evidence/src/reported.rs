//! Mail about mail: who passed on what, in which words and with which tool.
//!
//! Analysts get few messages from those who attack. They get reports: the mail is attached, or copied into a text. What was
//! reported is found in the finished tree and the texts; nothing is parsed twice, and nobody is asked.

mod because;
mod head;
mod inline;
mod labels;
mod lines;
mod marks;
mod own;
mod people;
mod tool;

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use crate::entity::envelope;
use crate::examine::PartText;
use crate::fields::Block;
use crate::tree::is_html;
use crate::{
    Address, AuthenticationResults, AutomaticKind, Confidence, Envelope, Evidence, Mark, Part, PartKind, html,
};
use inline::{Around, Copied, Scanned, scan};
use labels::{Prefix, prefix};
pub(crate) use marks::{holds, mark};
use tool::{Facts, Recognised};

/// Messages told of one report. People report one, tools some dozens at once.
const MESSAGES: usize = 50;

/// Mailboxes of machines that bring mail back.
const MACHINES: [&str; 5] = ["no-reply", "noreply", "postmaster", "mailer-daemon", "mail-daemon"];

/// What Outlook keeps in the form of messages, and is no mail: by the beginning of its class, lower case.
const NO_MAIL: [&str; 6] =
    ["ipm.ole", "ipm.appointment", "ipm.contact", "ipm.distlist", "ipm.stickynote", "ipm.task"];

/// A message that is about other messages.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Report {
    /// Who passed it on: the sender, unless a tool or a list names another.
    pub reporter: Option<Address>,
    /// What the reporter wrote, without what programs add. Bounded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub words: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tool: Option<Tool>,
    /// What the reporter takes it for, where a tool says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub opinion: Option<Opinion>,
    /// What was reported, outermost first. Empty when a tool reports mail that is not in it.
    pub messages: Vec<ReportedMessage>,
    /// There are more than the limit.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub more: bool,
}

/// What wrote the report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tool {
    pub kind: ToolKind,
    /// As it calls itself, where it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What gave it away.
    pub because: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ToolKind {
    /// The buttons built into Outlook, and the add-ins before them.
    Microsoft,
    /// Phish Alert Button.
    #[serde(rename = "knowbe4")]
    KnowBe4,
    /// Reporter.
    Cofense,
    /// `PhishAlarm`.
    Proofpoint,
    Hoxhunt,
    Mimecast,
    /// Google Workspace tells what was reported in Gmail.
    Google,
    /// A mailbox provider, in the format of RFC 5965.
    FeedbackReport,
    Other,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Opinion {
    Phishing,
    Junk,
    NotJunk,
}

/// A message that was passed on.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ReportedMessage {
    /// The part that it is, or in the text of which it was copied.
    pub path: String,
    pub from: Vec<Address>,
    pub to: Vec<Address>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub cc: Vec<Address>,
    pub subject: Option<String>,
    /// When it was sent, where that is told with its zone.
    pub sent: Option<jiff::Timestamp>,
    /// As it is written in a text; programs write the time of their own place, without naming it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sent_text: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message_id: Option<String>,
    /// Which of [`Report::messages`] it was passed on in; none for what the reporter passed on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub within: Option<usize>,
    /// Nothing passed on is within it: what the report is about.
    pub original: bool,
    /// Where it lies in a text; none when it is a part of its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    /// How sure it is that this was passed on, and not answered.
    pub confidence: Confidence,
    /// What to know before believing it: of an attached one as of mail that comes, of a copied one what its people tell.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub marks: Vec<Mark>,
    /// What own servers found out about its sender, if its headers are those it came with: who passed it on may have
    /// written them. Of an attached one only.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub authentication: Vec<AuthenticationResults>,
}

/// Where a message was copied to. Offsets are bytes of the text of the part, of HTML what a person reads.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Place {
    /// Where its head begins.
    pub head: usize,
    /// Where its text does.
    pub body: usize,
    /// Where that ends, with all that was passed on in it.
    pub end: usize,
    /// How often its text is quoted.
    #[serde(skip_serializing_if = "is_zero")]
    pub depth: usize,
    /// The line that announces it, or the labels of its head.
    pub because: String,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands out references")]
const fn is_zero(depth: &usize) -> bool {
    *depth == 0
}

impl Report {
    /// What the report is about, the innermost of everything passed on.
    pub fn originals(&self) -> impl Iterator<Item = &ReportedMessage> {
        self.messages.iter().filter(|message| message.original)
    }
}

impl ReportedMessage {
    /// Its text, if it was copied into a body that `evidence` keeps.
    #[must_use]
    pub fn text(&self, evidence: &Evidence) -> Option<String> {
        let place = self.place.as_ref()?;
        let of = |text: &str| {
            let text = text.get(place.body..place.end.min(text.len()))?;
            Some(lines::without_quotes(text, place.depth).trim_matches(['\n', '\r']).to_owned())
        };
        if let Some(body) = evidence.text.as_ref().filter(|body| body.path == self.path) {
            return of(&body.content);
        }
        let body = evidence.html.as_ref().filter(|body| body.path == self.path)?;
        of(&html::read(&body.content).text)
    }
}

/// What `evidence`, of a message examined to the end, reports; none when it is no report.
pub(crate) fn of(evidence: &Evidence, texts: &[PartText]) -> Option<Report> {
    use AutomaticKind::{AutoReply, Bounce, OutOfOffice, Receipt};
    let feedback = evidence.root.walk().any(|part| part.content_type == "message/feedback-report");
    let kind = evidence.automatic.as_ref().map(|mark| mark.kind);
    let is_returned = matches!(kind, Some(AutoReply | Bounce | OutOfOffice | Receipt)) && !feedback;
    let is_file = evidence.defects.iter().any(|defect| defect.code == "no_message");
    if is_returned || is_file {
        return None;
    }
    let mut search = Search::new(evidence, texts, feedback);
    search.outer();
    search.parts();
    search.returned_headers();
    search.report()
}

/// A report while its messages are found.
struct Search<'a> {
    evidence: &'a Evidence,
    /// The bodies of each message: of the outermost under the empty path.
    bodies: HashMap<&'a str, Vec<&'a PartText>>,
    texts: &'a [PartText],
    report: Report,
    /// What the reporter wrote.
    own: &'a str,
    /// There is a feedback report: who gets it may have sent the mail it is about.
    feedback: bool,
}

impl<'a> Search<'a> {
    fn new(evidence: &'a Evidence, texts: &'a [PartText], feedback: bool) -> Self {
        let messages: HashMap<&str, ()> = evidence
            .root
            .walk()
            .filter(|part| is_message(part))
            .map(|part| (part.path.as_str(), ()))
            .collect();
        let mut bodies: HashMap<&str, Vec<&PartText>> = HashMap::new();
        for text in texts.iter().filter(|one| one.part.kind == PartKind::Body) {
            let mut owner = text.part.path.as_str();
            while !owner.is_empty() && !messages.contains_key(owner) {
                owner = owner.rsplit_once('/').map_or("", |(around, _)| around);
            }
            bodies.entry(owner).or_default().push(text);
        }
        Self { evidence, bodies, texts, report: Report::default(), own: "", feedback }
    }

    fn outer(&mut self) {
        let many = self.evidence.headers.iter().any(|header| {
            let name = header.name.to_ascii_lowercase();
            name.starts_with("list-") || name == "feedback-id"
        });
        let envelope = &self.evidence.envelope;
        let (text, scanned) = self.scanned("", envelope, many);
        self.own = text.and_then(|text| text.visible().get(..scanned.own)).unwrap_or_default();
        self.copied(text, scanned, None);
    }

    /// The text of a message that tells most, and what is copied in it: plain text, unless only the HTML has any.
    fn scanned(&self, owner: &str, envelope: &Envelope, many: bool) -> (Option<&'a PartText>, Scanned) {
        let written = |one: &&&PartText| !one.text.content.trim().is_empty();
        let bodies = || self.bodies.get(owner).into_iter().flatten();
        let plain = bodies().filter(|one| !is_html(&one.part)).find(written).copied();
        let page = bodies().filter(|one| is_html(&one.part)).find(written).copied();
        let around = Around {
            subject: envelope.subject.as_deref().unwrap_or_default(),
            from: &envelope.from,
            to: &envelope.to,
            cc: &envelope.cc,
            many,
            depth: 0,
        };
        let scan = |one: &PartText| scan(one.visible(), around);
        let found = plain.map(scan).unwrap_or_default();
        if found.copied.is_empty()
            && let Some(page) = page
        {
            let in_page = scan(page);
            if plain.is_none() || !in_page.copied.is_empty() {
                return (Some(page), in_page);
            }
        }
        (plain, found)
    }

    fn copied(&mut self, text: Option<&PartText>, scanned: Scanned, within: Option<usize>) {
        let Some(text) = text else { return };
        let first = self.report.messages.len();
        self.report.more |= scanned.full;
        for copied in scanned.copied {
            let within = copied.within.map(|index| first + index).or(within);
            self.push(of_text(text.part.path.clone(), copied, within));
        }
    }

    fn push(&mut self, message: ReportedMessage) -> bool {
        let room = self.report.messages.len() < MESSAGES;
        if room {
            self.report.messages.push(message);
        }
        self.report.more |= !room;
        room
    }

    /// The messages among the parts, and what is passed on in each.
    fn parts(&mut self) {
        // Each part, whether it is one of a digest, and which message holds it.
        let mut stack: Vec<(&Part, bool, Option<usize>)> = vec![(&self.evidence.root, false, None)];
        while let Some((part, digest, holder)) = stack.pop() {
            let mut holder = holder;
            if is_message(part) {
                let (false, Some(envelope)) = (digest, &part.envelope) else { continue };
                if is_no_mail(part)
                    || !self.passed_on(holder)
                    || (holder.is_none() && self.is_returned(envelope))
                {
                    continue;
                }
                if !self.push(attached(&part.path, envelope, holder)) {
                    return;
                }
                let index = self.report.messages.len() - 1;
                let (text, scanned) = self.scanned(&part.path, envelope, false);
                self.copied(text, scanned, Some(index));
                holder = Some(index);
            }
            let digest = part.content_type == "multipart/digest";
            stack.extend(part.children.iter().rev().map(|child| (child, digest, holder)));
        }
    }

    /// Whether a machine brings mail back to its sender: a bounce that says so nowhere.
    fn is_returned(&self, within: &Envelope) -> bool {
        let outer = &self.evidence.envelope;
        let by_machine = outer.from.iter().filter_map(|one| one.address.as_deref()).any(|address| {
            let local = address.split('@').next().unwrap_or_default().to_ascii_lowercase();
            MACHINES.iter().any(|machine| local.starts_with(machine))
        });
        let to_sender = || within.from.iter().any(|from| outer.to.iter().any(|to| people::is_same(from, to)));
        by_machine && !self.feedback && to_sender()
    }

    /// Whether messages within that one were passed on with it, and are not just its attachments.
    fn passed_on(&self, holder: Option<usize>) -> bool {
        let holder = holder.and_then(|index| self.report.messages.get(index));
        holder.is_none_or(|holder| {
            let written = |one: &&PartText| !one.visible().trim().is_empty();
            prefix(holder.subject.as_deref().unwrap_or_default()) == Prefix::Forward
                || !self.bodies.get(holder.path.as_str()).into_iter().flatten().any(written)
        })
    }

    /// A feedback report may have only the headers of a message.
    fn returned_headers(&mut self) {
        let is_headers = |one: &&PartText| {
            matches!(one.part.content_type.as_str(), "text/rfc822-headers" | "message/rfc822-headers")
        };
        if !self.report.messages.is_empty() {
            return;
        }
        if let Some(headers) = self.texts.iter().find(is_headers) {
            let block = Block::cut(headers.text.content.as_bytes());
            let envelope = envelope(&block, &mut Vec::new());
            self.push(attached(&headers.part.path, &envelope, None));
        }
    }

    fn report(mut self) -> Option<Report> {
        let body = self
            .bodies
            .get("")
            .and_then(|bodies| bodies.iter().find(|one| !is_html(&one.part)).or(bodies.first()));
        let text = body.map(|body| body.visible()).unwrap_or_default();
        let recognised = tool::recognise(Facts { evidence: self.evidence, text });
        let certain = recognised.as_ref().is_some_and(|found| found.certain);
        if self.report.messages.is_empty() && !certain {
            return None;
        }
        self.forget_copies();
        let held: Vec<usize> = self.report.messages.iter().filter_map(|message| message.within).collect();
        for (index, message) in self.report.messages.iter_mut().enumerate() {
            message.original = !held.contains(&index);
        }
        self.report.reporter = reporter(self.evidence);
        self.report.words = own::words(self.own);
        if let Some(Recognised { tool, opinion, .. }) = recognised {
            let said = own::said(text);
            let named = said.reporter.and_then(|named| people::people(&named).into_iter().next());
            self.report.reporter = named.filter(|one| one.address.is_some()).or(self.report.reporter);
            self.report.words = said.comment.or(self.report.words);
            self.report.opinion = opinion.or(said.opinion);
            self.report.tool = Some(tool);
        }
        Some(self.report)
    }

    /// Tools attach a message and copy its headers: one of both is enough.
    fn forget_copies(&mut self) {
        let attached: Vec<Option<String>> = self
            .report
            .messages
            .iter()
            .filter(|message| message.place.is_none())
            .map(|message| message.message_id.clone())
            .collect();
        let is_copy = |message: &ReportedMessage| {
            message.place.is_some() && message.message_id.is_some() && attached.contains(&message.message_id)
        };
        let last = self.report.messages.iter().rposition(is_copy);
        // Only what nothing refers to: the copies of tools stand first, and hold nothing.
        if last == Some(0) && self.report.messages.iter().all(|message| message.within != Some(0)) {
            self.report.messages.remove(0);
            for within in self.report.messages.iter_mut().filter_map(|message| message.within.as_mut()) {
                *within -= 1;
            }
        }
    }
}

/// A message within, not the one that is examined.
fn is_message(part: &Part) -> bool {
    part.kind == PartKind::Message && part.path != "/"
}

/// An appointment, a task, a contact attached to mail.
fn is_no_mail(part: &Part) -> bool {
    let class = part.facts.iter().find(|fact| fact.name == "message_class");
    class.is_some_and(|class| {
        let class = class.value.to_ascii_lowercase();
        NO_MAIL.iter().any(|start| class.starts_with(start))
    })
}

/// The sender, or whom a list put itself in front of.
fn reporter(evidence: &Evidence) -> Option<Address> {
    let original = evidence.headers.iter().find(|header| {
        matches!(header.name.to_ascii_lowercase().as_str(), "x-original-from" | "x-google-original-from")
    });
    let original = original.and_then(|header| people::people(&header.value).into_iter().next());
    original.filter(|one| one.address.is_some()).or_else(|| evidence.envelope.from.first().cloned())
}

fn attached(path: &str, envelope: &Envelope, within: Option<usize>) -> ReportedMessage {
    ReportedMessage {
        path: path.to_owned(),
        from: envelope.from.clone(),
        to: envelope.to.clone(),
        cc: envelope.cc.clone(),
        subject: envelope.subject.clone(),
        sent: envelope.date,
        message_id: envelope.message_id.clone(),
        within,
        confidence: Confidence::Certain,
        ..ReportedMessage::default()
    }
}

fn of_text(path: String, copied: Copied, within: Option<usize>) -> ReportedMessage {
    let Copied { head, body, end, depth, fields, because, confidence, .. } = copied;
    ReportedMessage {
        path,
        sent: fields.sent(),
        from: fields.from,
        to: fields.to,
        cc: fields.cc,
        subject: fields.subject.filter(|subject| !subject.is_empty()),
        sent_text: fields.date,
        message_id: fields.message_id,
        within,
        original: false,
        place: Some(Place { head, body, end, depth, because }),
        confidence,
        marks: Vec::new(),
        authentication: Vec::new(),
    }
}

#[cfg(test)]
mod tests;
