//! What the preview of a message shows beside the page: what was taken out, where links lead, what was hidden.

use super::evidence_from::{all, word};
use mailcase_evidence::preview as made;
use mailcase_evidence::{self as model, defang};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Which text of a message, and how it is shown.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct PreviewQuery {
    /// Path of a part with text, as the evidence names it; without it the body of the message.
    pub(crate) path: Option<String>,
    /// Whether text its reader did not see is shown, marked as such.
    #[serde(default)]
    pub(crate) hidden: bool,
}

/// What was taken out of the preview, where its links really lead, and what its reader did not see.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PreviewFacts {
    pub(crate) removed: Vec<RemovedView>,
    /// In order; their numbers from 1 stand in the page.
    pub(crate) links: Vec<PreviewLink>,
    pub(crate) hidden: Vec<HiddenTextView>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RemovedView {
    /// For people, in the plural: "remote pictures".
    pub(crate) kind: String,
    pub(crate) count: u64,
    /// What it would have led to or fetched, defanged. Bounded.
    pub(crate) addresses: Vec<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PreviewLink {
    /// What the reader sees.
    pub(crate) text: String,
    /// Where it leads, defanged.
    pub(crate) target: String,
    /// Where that leads in the end, defanged, when it is a link of a mail security product that can be opened.
    pub(crate) opened: Option<String>,
    /// Whose: `safe_links`, `proofpoint`, `google`, ….
    pub(crate) wrapper: Option<String>,
    /// Whether the text names another host.
    pub(crate) differs: bool,
    /// Whether the reader could see it.
    pub(crate) seen: bool,
}

/// Text of an HTML body that its reader does not see.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct HiddenTextView {
    pub(crate) reason: HiddenReasonView,
    /// What does it: `display:none`, `#ffffff on #ffffff`.
    pub(crate) because: String,
    pub(crate) text: String,
    /// Letters and digits in all.
    pub(crate) letters: u64,
    /// `/1 html`; empty in a preview.
    pub(crate) place: String,
    /// Where the first of it begins, in bytes of that HTML.
    pub(crate) offset: u64,
    /// Passages like this one.
    pub(crate) times: u64,
    /// Set when honest senders do so too.
    pub(crate) usual: Option<UsualHidingView>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum HiddenReasonView {
    DisplayNone,
    Visibility,
    HiddenAttribute,
    Opacity,
    TinyText,
    TextColour,
    NoSpace,
    OffScreen,
    Clipped,
    OutlookHidden,
    ConditionalComment,
    Comment,
    ZeroWidth,
    Reordered,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum UsualHidingView {
    /// Before all that is seen: lists of messages show it behind the subject.
    Preheader,
    /// Shown when the window is narrow.
    SmallScreen,
    /// For Outlook, or for all but Outlook.
    Outlook,
    /// A remark of whoever made the page.
    Note,
}

/// How the plain and the HTML text of a message differ.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AlternativesView {
    /// Paths of the two parts.
    pub(crate) plain: String,
    pub(crate) html: String,
    /// Registered names, defanged.
    pub(crate) only_in_plain: Vec<String>,
    /// Whom the HTML leads to and the plain text does not name.
    pub(crate) only_in_html: Vec<String>,
    /// Of a hundred different words of the shorter one, how many are in the other.
    pub(crate) shared_words: Option<u8>,
    pub(crate) other_words: bool,
    pub(crate) other_hosts: bool,
}

impl From<made::Preview> for PreviewFacts {
    fn from(preview: made::Preview) -> Self {
        Self { removed: all(preview.removed), links: all(preview.links), hidden: all(preview.hidden) }
    }
}

impl From<made::Removed> for RemovedView {
    fn from(removed: made::Removed) -> Self {
        let addresses = removed.addresses.iter().map(|address| defang(address)).collect();
        Self { kind: removed.kind.to_owned(), count: removed.count as u64, addresses }
    }
}

impl From<made::Link> for PreviewLink {
    fn from(link: made::Link) -> Self {
        Self {
            text: link.text,
            target: defang(&link.target),
            opened: link.opened.as_deref().map(defang),
            wrapper: link.wrapper.as_ref().map(word),
            differs: link.differs,
            seen: link.seen,
        }
    }
}

impl From<model::Hidden> for HiddenTextView {
    fn from(hidden: model::Hidden) -> Self {
        use model::{HiddenReason as Reason, UsualHiding as Usual};
        let reason = match hidden.reason {
            Reason::DisplayNone => HiddenReasonView::DisplayNone,
            Reason::Visibility => HiddenReasonView::Visibility,
            Reason::HiddenAttribute => HiddenReasonView::HiddenAttribute,
            Reason::Opacity => HiddenReasonView::Opacity,
            Reason::TinyText => HiddenReasonView::TinyText,
            Reason::TextColour => HiddenReasonView::TextColour,
            Reason::NoSpace => HiddenReasonView::NoSpace,
            Reason::OffScreen => HiddenReasonView::OffScreen,
            Reason::Clipped => HiddenReasonView::Clipped,
            Reason::OutlookHidden => HiddenReasonView::OutlookHidden,
            Reason::ConditionalComment => HiddenReasonView::ConditionalComment,
            Reason::Comment => HiddenReasonView::Comment,
            Reason::ZeroWidth => HiddenReasonView::ZeroWidth,
            Reason::Reordered => HiddenReasonView::Reordered,
        };
        let usual = hidden.usual.map(|usual| match usual {
            Usual::Preheader => UsualHidingView::Preheader,
            Usual::SmallScreen => UsualHidingView::SmallScreen,
            Usual::Outlook => UsualHidingView::Outlook,
            Usual::Note => UsualHidingView::Note,
        });
        Self {
            reason,
            because: hidden.because,
            text: hidden.text,
            letters: hidden.letters as u64,
            place: hidden.place,
            offset: hidden.offset as u64,
            times: hidden.times as u64,
            usual,
        }
    }
}

impl From<model::Alternatives> for AlternativesView {
    fn from(found: model::Alternatives) -> Self {
        let named = |hosts: Vec<String>| hosts.iter().map(|host| defang(host)).collect();
        Self {
            plain: found.plain,
            html: found.html,
            only_in_plain: named(found.only_in_plain),
            only_in_html: named(found.only_in_html),
            shared_words: found.shared_words,
            other_words: found.other_words,
            other_hosts: found.other_hosts,
        }
    }
}
