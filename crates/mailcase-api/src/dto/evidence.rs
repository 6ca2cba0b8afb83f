//! Evidence as the API shows it: what was found in one message. The HTML body is left out on purpose: it is
//! only ever shown sanitised, by the preview.

use super::patterns::PatternValueView;
use super::preview::{AlternativesView, HiddenTextView};
use super::report::ReportView;
use super::verdicts::{MailingListView, VerdictsView};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
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
    /// Set when it came through a mailing list.
    pub(crate) mailing_list: Option<MailingListView>,
    pub(crate) verdicts: VerdictsView,
    /// Set when it is mail about other mail.
    pub(crate) reported: Option<ReportView>,
    /// The best plain text: the text body, else the HTML body as text.
    pub(crate) text: Option<BodyView>,
    /// Whether there is an HTML body to preview.
    pub(crate) has_html: bool,
    pub(crate) root: PartView,
    pub(crate) indicators: Vec<EvidenceIndicator>,
    /// Indicators nobody writes down: names of formats, the reader's own machine, times.
    pub(crate) set_aside: Vec<EvidenceIndicator>,
    /// Text of HTML bodies that its reader does not see.
    pub(crate) hidden: Vec<HiddenTextView>,
    /// Set when the plain and the HTML text are not the same.
    pub(crate) alternatives: Option<AlternativesView>,
    /// What the organization's own patterns found.
    pub(crate) pattern_values: Vec<PatternValueView>,
    /// What is wrong with the message as a whole.
    pub(crate) defects: Vec<DefectView>,
}

#[derive(Debug, Default, Serialize, ToSchema)]
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
    /// Signed, encrypted or packed by a mail program: what it holds belongs to the message around it.
    Layer,
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
    /// How its text was read, when it was read as text.
    pub(crate) read_as: Option<ReadAsView>,
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
    /// For a message within: its headers.
    pub(crate) headers: Vec<HeaderView>,
    /// What it was opened as: `outlook`, `tnef`, `smime_enveloped`, `zip`, …
    pub(crate) format: Option<String>,
    /// What its format says about it. Written by the sender, like everything else.
    /// What codes in pictures say (`qr_code`, `data_matrix`, `aztec_code`, `pdf417`) is defanged.
    pub(crate) facts: Vec<FactView>,
    /// Set when some of it cannot be read without a key or a password.
    pub(crate) lock: Option<LockView>,
    pub(crate) signatures: Vec<SignatureView>,
    #[schema(no_recursion)]
    pub(crate) children: Vec<PartView>,
    pub(crate) defects: Vec<DefectView>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct HashesView {
    pub(crate) md5: String,
    pub(crate) sha1: String,
    pub(crate) sha256: String,
    /// Of files: nearly the same for content that is nearly the same, as `ssdeep` writes it.
    pub(crate) ssdeep: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
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
    RegistryPath,
    CryptoAddress,
    Phone,
    DateTime,
    PaymentCard,
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
    /// How it was seen there; the first few.
    pub(crate) sightings: Vec<SightingView>,
    /// What is odd about it: `idn`, `mixed_script`, `confusable`, `text_differs`, `user_info`, `disguised_ip`, `port`.
    pub(crate) marks: Vec<String>,
    /// Brand of a card, chain of a crypto address.
    pub(crate) detail: Option<String>,
    /// The host in Unicode, where it differs.
    pub(crate) unicode: Option<String>,
    /// The links it was taken out of, outermost first.
    pub(crate) wrapped_in: Vec<WrappingView>,
}

/// A link that leads to another one.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WrappingView {
    /// Whose link it is: `safe_links`, `proofpoint`, `google`, ….
    pub(crate) wrapper: String,
    pub(crate) value: String,
    /// Safe to show and to copy.
    pub(crate) defanged: String,
}

/// One place of an indicator.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SightingView {
    /// Which of `places`.
    pub(crate) place: u64,
    /// Path of the part it is in.
    pub(crate) path: String,
    /// Bytes within the text of that place: of HTML what a person reads, of links the attribute's value.
    pub(crate) offset: u64,
    pub(crate) length: u64,
    /// `text`, `refanged`, `link`, `resource`, `form`, `style`, `refresh`, `data_url`, `script`, `unwrapped`.
    pub(crate) how: String,
    /// Whose link it was taken out of: `safe_links`, `proofpoint`, `google`, ….
    pub(crate) wrapper: Option<String>,
}

/// Something wrong with the bytes.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DefectView {
    /// Stable word.
    pub(crate) code: String,
    /// For people.
    pub(crate) message: String,
}

/// The charset a text was read in.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ReadAsView {
    pub(crate) charset: String,
    pub(crate) because: CharsetReasonView,
    pub(crate) confidence: ConfidenceView,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum CharsetReasonView {
    Asked,
    Mark,
    Declared,
    Detected,
    Fallback,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ConfidenceView {
    Certain,
    Likely,
    Doubtful,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FactView {
    /// A stable word: `author`, `recipient`, …
    pub(crate) name: String,
    pub(crate) value: String,
}

/// What is missing to read some content.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case", tag = "needs")]
pub(crate) enum LockView {
    /// A key of one of these recipients, each as the sender names it.
    Key {
        recipients: Vec<String>,
    },
    Password,
}

/// A signature over a part. Says whether it fits, not whether the signer is to be believed.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SignatureView {
    pub(crate) state: SignatureStateView,
    pub(crate) signer: Option<String>,
    pub(crate) addresses: Vec<String>,
    pub(crate) issuer: Option<String>,
    pub(crate) serial: Option<String>,
    pub(crate) not_before: Option<Timestamp>,
    pub(crate) not_after: Option<Timestamp>,
    pub(crate) signed_at: Option<Timestamp>,
    pub(crate) fingerprint: Option<String>,
    /// `RSA with SHA-256`.
    pub(crate) algorithm: Option<String>,
    /// Made with a digest that can be forged: MD5, SHA-1.
    pub(crate) weak: bool,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum SignatureStateView {
    Intact,
    Broken,
    Unverified,
}
