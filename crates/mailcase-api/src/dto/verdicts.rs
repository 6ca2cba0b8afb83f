//! What speaks for and against the origin of a message, as the API shows it.

use super::evidence_from::all;
use jiff::Timestamp;
use mailcase_evidence as model;
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct VerdictsView {
    /// What servers wrote down about the sender, newest first.
    pub(crate) authentication: Vec<AuthenticationResultsView>,
    pub(crate) route: RouteView,
    /// What to know before believing the headers.
    pub(crate) marks: Vec<MarkView>,
    /// What Mailcase found out itself. Without the DNS, only what signatures say about the body.
    pub(crate) own: Option<VerificationView>,
}

/// What Mailcase found out itself.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct VerificationView {
    /// DMARC first, then SPF, each signature, the ARC chain.
    pub(crate) checks: Vec<CheckView>,
    /// When the DNS was asked; never, when it is not to be.
    pub(crate) asked_at: Option<Timestamp>,
    /// What it answered.
    pub(crate) asked: Vec<AskedView>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CheckView {
    pub(crate) method: CheckMethodView,
    pub(crate) outcome: CheckOutcomeView,
    /// Why, for people.
    pub(crate) reason: String,
    /// Whom it speaks for.
    pub(crate) domain: Option<String>,
    /// Whether that is the sender people see.
    pub(crate) aligned: Option<bool>,
    /// What else to know, for people.
    pub(crate) notes: Vec<String>,
    pub(crate) properties: Vec<PropertyView>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum CheckMethodView {
    Dmarc,
    Spf,
    Dkim,
    Arc,
}

/// The words of RFC 8601, and `not_checked`.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum CheckOutcomeView {
    Pass,
    Fail,
    #[serde(rename = "softfail")]
    SoftFail,
    Neutral,
    None,
    /// It fits, but is made in a way nobody should rely on.
    Policy,
    #[serde(rename = "temperror")]
    TempError,
    #[serde(rename = "permerror")]
    PermError,
    NotChecked,
}

/// One question to the DNS, with what it answered.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AskedView {
    pub(crate) name: String,
    /// `TXT`, `A`, `AAAA`, `MX`, `PTR`.
    pub(crate) record: String,
    /// Nothing when it did not answer; empty when there is no such record.
    pub(crate) answer: Option<Vec<String>>,
}

/// A mailing list as it describes itself.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MailingListView {
    pub(crate) id: Option<String>,
    pub(crate) name: Option<String>,
    /// Whether people write to it, as far as it says.
    pub(crate) takes_mail: Option<bool>,
    /// What gave it away.
    pub(crate) because: String,
}

/// One header in which a server wrote what it found out about the sender.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AuthenticationResultsView {
    /// `Authentication-Results`, `ARC-Authentication-Results` or `Received-SPF`.
    pub(crate) header: String,
    /// Who says so, as the header itself claims; empty when it names nobody.
    pub(crate) server: String,
    /// Whether an own server wrote it.
    pub(crate) trusted: bool,
    /// Of an ARC set.
    pub(crate) instance: Option<u32>,
    pub(crate) results: Vec<MethodResultView>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MethodResultView {
    /// `dkim`, `spf`, `dmarc`, `arc`, `compauth`, …
    pub(crate) method: String,
    /// `pass`, `fail`, `softfail`, `neutral`, `none`, `temperror`, `permerror`, …
    pub(crate) result: String,
    /// Why, in the words of the server.
    pub(crate) reason: Option<String>,
    pub(crate) properties: Vec<PropertyView>,
}

/// `header.d`, `smtp.mailfrom`, … with its value.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PropertyView {
    pub(crate) name: String,
    pub(crate) value: String,
}

/// The way of the message; positions are those of `received`.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RouteView {
    /// Seconds from the hop before to this one. Negative when a clock is wrong or a header is made up.
    pub(crate) delays: Vec<Option<i64>>,
    /// Seconds from the oldest dated hop to the newest.
    pub(crate) total: Option<i64>,
    /// The hop where own servers took the message from outside: everything older is hearsay.
    pub(crate) border: Option<usize>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MarkView {
    /// Stable word: `reply_to_drift`, `name_is_another_address`, `several_senders`, …
    pub(crate) kind: MarkKindView,
    /// For people.
    pub(crate) message: String,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum MarkKindView {
    ReplyToDrift,
    NameIsAnotherAddress,
    SeveralSenders,
    NoSender,
    SenderDiffers,
    ReturnPathDiffers,
    DateInFuture,
    DateLongAgo,
    RouteGoesBack,
    HiddenText,
    AlternativesDisagree,
    LooksLikeOwnDomain,
    NameOfOwnPerson,
    OwnDomainUnproven,
}

impl From<model::Verdicts> for VerdictsView {
    fn from(verdicts: model::Verdicts) -> Self {
        let model::Route { delays, total, border } = verdicts.route;
        Self {
            authentication: all(verdicts.authentication),
            route: RouteView { delays, total, border },
            marks: all(verdicts.marks),
            own: verdicts.own.map(Into::into),
        }
    }
}

impl From<model::AuthenticationResults> for AuthenticationResultsView {
    fn from(results: model::AuthenticationResults) -> Self {
        Self {
            header: results.header,
            server: results.server,
            trusted: results.trusted,
            instance: results.instance,
            results: all(results.results),
        }
    }
}

impl From<model::MethodResult> for MethodResultView {
    fn from(result: model::MethodResult) -> Self {
        Self {
            method: result.method,
            result: result.result,
            reason: result.reason,
            properties: all(result.properties),
        }
    }
}

impl From<model::Mark> for MarkView {
    fn from(mark: model::Mark) -> Self {
        use model::MarkKind as Kind;
        let kind = match mark.kind {
            Kind::ReplyToDrift => MarkKindView::ReplyToDrift,
            Kind::NameIsAnotherAddress => MarkKindView::NameIsAnotherAddress,
            Kind::SeveralSenders => MarkKindView::SeveralSenders,
            Kind::NoSender => MarkKindView::NoSender,
            Kind::SenderDiffers => MarkKindView::SenderDiffers,
            Kind::ReturnPathDiffers => MarkKindView::ReturnPathDiffers,
            Kind::DateInFuture => MarkKindView::DateInFuture,
            Kind::DateLongAgo => MarkKindView::DateLongAgo,
            Kind::RouteGoesBack => MarkKindView::RouteGoesBack,
            Kind::HiddenText => MarkKindView::HiddenText,
            Kind::AlternativesDisagree => MarkKindView::AlternativesDisagree,
            Kind::LooksLikeOwnDomain => MarkKindView::LooksLikeOwnDomain,
            Kind::NameOfOwnPerson => MarkKindView::NameOfOwnPerson,
            Kind::OwnDomainUnproven => MarkKindView::OwnDomainUnproven,
        };
        Self { kind, message: mark.message }
    }
}

impl From<model::Property> for PropertyView {
    fn from(property: model::Property) -> Self {
        Self { name: property.name, value: property.value }
    }
}

impl From<model::Verification> for VerificationView {
    fn from(own: model::Verification) -> Self {
        Self { checks: all(own.checks), asked_at: own.asked_at, asked: all(own.asked) }
    }
}

impl From<model::Check> for CheckView {
    fn from(check: model::Check) -> Self {
        use model::CheckOutcome as Outcome;
        let method = match check.method {
            model::CheckMethod::Dmarc => CheckMethodView::Dmarc,
            model::CheckMethod::Spf => CheckMethodView::Spf,
            model::CheckMethod::Dkim => CheckMethodView::Dkim,
            model::CheckMethod::Arc => CheckMethodView::Arc,
        };
        let outcome = match check.outcome {
            Outcome::Pass => CheckOutcomeView::Pass,
            Outcome::Fail => CheckOutcomeView::Fail,
            Outcome::SoftFail => CheckOutcomeView::SoftFail,
            Outcome::Neutral => CheckOutcomeView::Neutral,
            Outcome::None => CheckOutcomeView::None,
            Outcome::Policy => CheckOutcomeView::Policy,
            Outcome::TempError => CheckOutcomeView::TempError,
            Outcome::PermError => CheckOutcomeView::PermError,
            Outcome::NotChecked => CheckOutcomeView::NotChecked,
        };
        Self {
            method,
            outcome,
            reason: check.reason,
            domain: check.domain,
            aligned: check.aligned,
            notes: check.notes,
            properties: all(check.properties),
        }
    }
}

impl From<model::Asked> for AskedView {
    fn from(asked: model::Asked) -> Self {
        let record = match asked.question.record {
            model::RecordType::Txt => "TXT",
            model::RecordType::A => "A",
            model::RecordType::Aaaa => "AAAA",
            model::RecordType::Mx => "MX",
            model::RecordType::Ptr => "PTR",
        };
        let answer = match asked.answer {
            model::Answer::Records(records) => Some(records),
            model::Answer::NotFound | model::Answer::NoSuchName => Some(Vec::new()),
            model::Answer::Failed => None,
        };
        Self { name: asked.question.name, record: record.to_owned(), answer }
    }
}

impl From<model::MailingList> for MailingListView {
    fn from(list: model::MailingList) -> Self {
        Self { id: list.id, name: list.name, takes_mail: list.takes_mail, because: list.because }
    }
}
