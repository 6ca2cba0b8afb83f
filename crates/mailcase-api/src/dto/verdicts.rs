//! What speaks for and against the origin of a message, as the API shows it.

use super::evidence_from::all;
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
}

impl From<model::Verdicts> for VerdictsView {
    fn from(verdicts: model::Verdicts) -> Self {
        let model::Route { delays, total, border } = verdicts.route;
        Self {
            authentication: all(verdicts.authentication),
            route: RouteView { delays, total, border },
            marks: all(verdicts.marks),
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
        let property = |one: model::Property| PropertyView { name: one.name, value: one.value };
        Self {
            method: result.method,
            result: result.result,
            reason: result.reason,
            properties: result.properties.into_iter().map(property).collect(),
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
        };
        Self { kind, message: mark.message }
    }
}
