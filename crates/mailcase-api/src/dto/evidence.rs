//! Evidence as the API shows it: what was found in one message. The HTML body is left out on purpose: it is
//! only ever shown sanitised, by the preview.

use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EvidenceView {
    pub(crate) parser_version: u32,
    /// Size of the raw message in bytes.
    pub(crate) size: u64,
    pub(crate) envelope: EnvelopeView,
    /// Every header of the outermost message, in order.
    pub(crate) headers: Vec<HeaderView>,
    /// The path the message took, newest hop first, as its Received headers claim.
    pub(crate) received: Vec<HopView>,
    pub(crate) automatic: Option<AutomaticMarkView>,
    /// The best plain text: the text body, else the HTML body as text.
    pub(crate) text: Option<BodyView>,
    /// Whether there is an HTML body to preview.
    pub(crate) has_html: bool,
    pub(crate) root: PartView,
    pub(crate) indicators: Vec<EvidenceIndicator>,
    /// What is wrong with the message as a whole.
    pub(crate) defects: Vec<DefectView>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EnvelopeView {
    pub(crate) subject: Option<String>,
    pub(crate) from: Vec<AddressView>,
    pub(crate) sender: Vec<AddressView>,
    pub(crate) reply_to: Vec<AddressView>,
    pub(crate) to: Vec<AddressView>,
    pub(crate) cc: Vec<AddressView>,
    pub(crate) bcc: Vec<AddressView>,
    pub(crate) date: Option<Timestamp>,
    pub(crate) message_id: Option<String>,
    pub(crate) in_reply_to: Vec<String>,
    pub(crate) references: Vec<String>,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct AddressView {
    pub(crate) name: Option<String>,
    pub(crate) address: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct HeaderView {
    pub(crate) name: String,
    /// As found, still folded and encoded.
    pub(crate) raw: String,
    /// As meant.
    pub(crate) value: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct HopView {
    pub(crate) from: Option<String>,
    pub(crate) from_ip: Option<String>,
    pub(crate) by: Option<String>,
    pub(crate) with: Option<String>,
    pub(crate) id: Option<String>,
    pub(crate) recipient: Option<String>,
    pub(crate) date: Option<Timestamp>,
}

/// A machine wrote the message.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AutomaticMarkView {
    pub(crate) kind: mailcase_core::message::Automatic,
    /// What gave it away.
    pub(crate) because: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct BodyView {
    /// Path of the part it was taken from.
    pub(crate) path: String,
    pub(crate) content: String,
    /// Whether it was cut.
    pub(crate) truncated: bool,
}

#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum PartKindView {
    Multipart,
    /// A message within.
    Message,
    Body,
    Inline,
    Attachment,
}

/// One node of the message.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PartView {
    /// `/` for the message itself, then `/1`, `/2/1`, ….
    pub(crate) path: String,
    pub(crate) kind: PartKindView,
    /// As declared.
    pub(crate) content_type: String,
    /// What the first bytes say it is.
    pub(crate) sniffed_type: Option<String>,
    pub(crate) charset: Option<String>,
    pub(crate) encoding: Option<String>,
    pub(crate) disposition: Option<String>,
    pub(crate) content_id: Option<String>,
    pub(crate) name: Option<String>,
    /// A name that is safe to save under.
    pub(crate) safe_name: Option<String>,
    /// Decoded size in bytes.
    pub(crate) size: u64,
    pub(crate) hashes: Option<HashesView>,
    /// For a message within: the headers people need.
    pub(crate) envelope: Option<EnvelopeView>,
    #[schema(no_recursion)]
    pub(crate) children: Vec<PartView>,
    pub(crate) defects: Vec<DefectView>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct HashesView {
    pub(crate) md5: String,
    pub(crate) sha1: String,
    pub(crate) sha256: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum IndicatorKindView {
    Ipv4,
    Ipv6,
    Url,
    Domain,
    Email,
    Md5,
    Sha1,
    Sha256,
    Sha512,
    FileName,
    Cve,
}

/// An observable found in the message.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EvidenceIndicator {
    pub(crate) kind: IndicatorKindView,
    /// Refanged and normalised. Show [`defanged`](Self::defanged) instead.
    pub(crate) value: String,
    /// Safe to show and to copy: nobody follows it by accident.
    pub(crate) defanged: String,
    /// Where it was seen: `header:From`, `/1 text`, ….
    pub(crate) places: Vec<String>,
}

/// Something wrong with the bytes.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DefectView {
    /// Stable word.
    pub(crate) code: String,
    /// For people.
    pub(crate) message: String,
}
