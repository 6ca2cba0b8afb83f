//! What is told about the bodies of a message, as part of its evidence.

use serde::{Deserialize, Serialize};

/// Why a reader does not see a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HiddenReason {
    /// `display:none`.
    DisplayNone,
    /// `visibility:hidden`.
    Visibility,
    /// The `hidden` attribute.
    HiddenAttribute,
    /// `opacity:0` and filters that do the same.
    Opacity,
    /// A font of at most one pixel.
    TinyText,
    /// The colour of its background, or nearly.
    TextColour,
    /// A box of no height or width that cuts off.
    NoSpace,
    /// Pushed out of the window by position, margin or indent.
    OffScreen,
    /// `clip`, `clip-path` or `scale` leave nothing of it.
    Clipped,
    /// Hidden from Outlook only.
    OutlookHidden,
    /// Read by Outlook only.
    ConditionalComment,
    Comment,
    /// Characters without width within words: programs read other words than people.
    ZeroWidth,
    /// Shown in another order than it is written.
    Reordered,
}

/// Why honest senders hide such a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UsualHiding {
    /// Before all that is seen: lists of messages show it behind the subject.
    Preheader,
    /// Shown when the window is narrow.
    SmallScreen,
    /// For Outlook, or for all but Outlook.
    Outlook,
    /// A remark of whoever made the page.
    Note,
}

/// Text of an HTML body that its reader does not see.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hidden {
    pub reason: HiddenReason,
    /// What does it: `display:none`, `#ffffff on #ffffff`.
    pub because: String,
    /// Without fillers. Bounded.
    pub text: String,
    /// Letters and digits in all.
    pub letters: usize,
    /// `/1 html`.
    pub place: String,
    /// Where the first of it begins, in bytes of that HTML.
    pub offset: usize,
    /// Passages like this one.
    pub times: usize,
    /// Set when honest senders do so too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usual: Option<UsualHiding>,
}

/// How the plain and the HTML text of a message differ.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Alternatives {
    /// Paths of the two parts.
    pub plain: String,
    pub html: String,
    /// Whom the plain text names and the HTML does not: registered names. Bounded.
    pub only_in_plain: Vec<String>,
    /// Whom the HTML leads to and the plain text does not name.
    pub only_in_html: Vec<String>,
    /// Of a hundred different words of the shorter one, how many are in the other. Absent when one is too short to tell.
    pub shared_words: Option<u8>,
    /// Whether they are so few that it is another text.
    pub other_words: bool,
    /// Whether no host is in both.
    pub other_hosts: bool,
}
