//! Mail about mail, as the API shows it: who passed on what.

use super::evidence::{AddressView, ConfidenceView};
use super::evidence_from::all;
use super::verdicts::{AuthenticationResultsView, MarkView};
use jiff::Timestamp;
use mailcase_evidence as model;
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ReportView {
    /// Who passed it on.
    pub(crate) reporter: Option<AddressView>,
    /// What the reporter wrote.
    pub(crate) words: Option<String>,
    /// What wrote the report, where that is known.
    pub(crate) tool: Option<ToolView>,
    /// What the reporter takes it for, where a tool says so.
    pub(crate) opinion: Option<OpinionView>,
    /// What was reported, outermost first. Empty when a tool reports mail that is not in it.
    pub(crate) messages: Vec<ReportedMessageView>,
    /// There are more.
    pub(crate) more: bool,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ToolView {
    pub(crate) kind: ToolKindView,
    /// As it calls itself, where it does.
    pub(crate) name: Option<String>,
    /// What gave it away.
    pub(crate) because: String,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ToolKindView {
    Microsoft,
    #[serde(rename = "knowbe4")]
    KnowBe4,
    Cofense,
    Proofpoint,
    Hoxhunt,
    Mimecast,
    Google,
    /// A mailbox provider, in the format of RFC 5965.
    FeedbackReport,
    Other,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum OpinionView {
    Phishing,
    Junk,
    NotJunk,
}

/// A message that was passed on.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ReportedMessageView {
    /// The part that it is, or in the text of which it was copied.
    pub(crate) path: String,
    pub(crate) from: Vec<AddressView>,
    pub(crate) to: Vec<AddressView>,
    pub(crate) cc: Vec<AddressView>,
    pub(crate) subject: Option<String>,
    /// When it was sent, where that is told with its zone.
    pub(crate) sent: Option<Timestamp>,
    /// As it is written in a text, by the clock of whoever passed it on.
    pub(crate) sent_text: Option<String>,
    pub(crate) message_id: Option<String>,
    /// Which of the messages it was passed on in; none for what the reporter passed on.
    pub(crate) within: Option<u64>,
    /// Nothing passed on is within it: what the report is about.
    pub(crate) original: bool,
    /// Where it lies in a text; none when it is a part of its own.
    pub(crate) place: Option<PlaceView>,
    /// How sure it is that this was passed on, and not answered.
    pub(crate) confidence: ConfidenceView,
    /// What to know before believing it.
    pub(crate) marks: Vec<MarkView>,
    /// What own servers found out about its sender when it came, as its headers tell: who passed it on may have written
    /// them.
    pub(crate) authentication: Vec<AuthenticationResultsView>,
}

/// Where a message was copied to. Offsets are bytes of the text of the part, of HTML what a person reads.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PlaceView {
    /// Where its head begins.
    pub(crate) head: u64,
    /// Where its text does.
    pub(crate) body: u64,
    /// Where that ends.
    pub(crate) end: u64,
    /// The line that announces it, or the labels of its head.
    pub(crate) because: String,
    /// Its text, where the body it was copied to is kept.
    pub(crate) text: Option<String>,
}

impl ReportView {
    /// The report in `evidence`, with the texts of what was copied.
    pub(super) fn of(evidence: &model::Evidence) -> Option<Self> {
        let report = evidence.reported.clone()?;
        let texts = report.messages.iter().map(|message| message.text(evidence)).collect();
        Some(Self::new(report, texts))
    }

    /// A report with the text of each of its messages.
    pub(super) fn new(report: model::Report, texts: Vec<Option<String>>) -> Self {
        let messages = report.messages.into_iter().zip(texts);
        Self {
            reporter: report.reporter.map(Into::into),
            words: report.words,
            tool: report.tool.map(Into::into),
            opinion: report.opinion.map(Into::into),
            messages: messages.map(|(message, text)| ReportedMessageView::new(message, text)).collect(),
            more: report.more,
        }
    }
}

impl ReportedMessageView {
    fn new(message: model::ReportedMessage, text: Option<String>) -> Self {
        Self {
            path: message.path,
            from: all(message.from),
            to: all(message.to),
            cc: all(message.cc),
            subject: message.subject,
            sent: message.sent,
            sent_text: message.sent_text,
            message_id: message.message_id,
            within: message.within.map(|within| within as u64),
            original: message.original,
            place: message.place.map(|place| PlaceView {
                head: place.head as u64,
                body: place.body as u64,
                end: place.end as u64,
                because: place.because,
                text,
            }),
            confidence: message.confidence.into(),
            marks: all(message.marks),
            authentication: all(message.authentication),
        }
    }
}

impl From<model::Tool> for ToolView {
    fn from(tool: model::Tool) -> Self {
        let kind = match tool.kind {
            model::ToolKind::Microsoft => ToolKindView::Microsoft,
            model::ToolKind::KnowBe4 => ToolKindView::KnowBe4,
            model::ToolKind::Cofense => ToolKindView::Cofense,
            model::ToolKind::Proofpoint => ToolKindView::Proofpoint,
            model::ToolKind::Hoxhunt => ToolKindView::Hoxhunt,
            model::ToolKind::Mimecast => ToolKindView::Mimecast,
            model::ToolKind::Google => ToolKindView::Google,
            model::ToolKind::FeedbackReport => ToolKindView::FeedbackReport,
            model::ToolKind::Other => ToolKindView::Other,
        };
        Self { kind, name: tool.name, because: tool.because }
    }
}

impl From<model::Opinion> for OpinionView {
    fn from(opinion: model::Opinion) -> Self {
        match opinion {
            model::Opinion::Phishing => Self::Phishing,
            model::Opinion::Junk => Self::Junk,
            model::Opinion::NotJunk => Self::NotJunk,
        }
    }
}
