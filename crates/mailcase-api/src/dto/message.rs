//! Messages and their deliveries.

use crate::dto::evidence::{AddressView, EvidenceView, ReadAsView};
use jiff::Timestamp;
use mailcase_core::decision::Reason;
use mailcase_core::message::{Automatic, DeliveryState, MessageState};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

/// One message as a list shows it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MessageSummary {
    pub(crate) id: Uuid,
    pub(crate) state: MessageState,
    /// `null` until the message was examined, or when it has none.
    pub(crate) subject: Option<String>,
    pub(crate) from: AddressView,
    /// The addresses it was sent to, as one text.
    pub(crate) to: Option<String>,
    /// The connector of its first delivery.
    pub(crate) connector: ConnectorRef,
    pub(crate) received_at: Timestamp,
    /// The Date header: what the sender claims.
    pub(crate) sent_at: Option<Timestamp>,
    pub(crate) size: u64,
    pub(crate) attachment_count: u64,
    pub(crate) indicator_count: u64,
    pub(crate) defect_count: u64,
    pub(crate) case: Option<CaseRef>,
    /// Set when a machine wrote it.
    pub(crate) automatic: Option<Automatic>,
    /// Some of it is encrypted to a key that is not there: examined again when one is added.
    pub(crate) needs_key: bool,
    /// Another message has the same Message-ID and different content.
    pub(crate) same_id_other_content: bool,
    /// Why the last try of a stage failed.
    pub(crate) last_error: Option<String>,
    /// Why it is in its case, or in none.
    pub(crate) reason: Option<Reason>,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct ConnectorRef {
    pub(crate) id: Uuid,
    pub(crate) name: String,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct CaseRef {
    pub(crate) id: Uuid,
    pub(crate) number: i64,
    pub(crate) title: String,
}

/// One message with everything known of it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MessageDetail {
    pub(crate) summary: MessageSummary,
    /// SHA-256 of the raw bytes: the identity of the message.
    pub(crate) sha256: String,
    /// `null` until the message was examined.
    pub(crate) evidence: Option<EvidenceView>,
    /// Every place it was found.
    pub(crate) deliveries: Vec<DeliveryView>,
    /// Messages with the same Message-ID and different content.
    pub(crate) same_id: Vec<Uuid>,
}

/// One place a message was found.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DeliveryView {
    pub(crate) id: Uuid,
    pub(crate) connector: ConnectorRef,
    pub(crate) folder: String,
    /// Identity of the message on the server.
    pub(crate) remote_id: String,
    pub(crate) state: DeliveryState,
    /// Bytes, as the server says.
    pub(crate) remote_size: Option<u64>,
    /// How often it was tried to fetch.
    pub(crate) attempts: i64,
    pub(crate) discovered_at: Timestamp,
    pub(crate) stored_at: Option<Timestamp>,
    pub(crate) acknowledged_at: Option<Timestamp>,
    /// Why fetching failed the last time.
    pub(crate) last_error: Option<String>,
    /// Why marking, moving or deleting it on the server failed the last time.
    pub(crate) ack_error: Option<String>,
}

/// Which messages to list.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct MessageQuery {
    /// Words to look for in subject, sender, recipients, text and attachment names.
    pub(crate) q: Option<String>,
    #[param(inline)]
    pub(crate) state: Option<MessageState>,
    /// Id of a connector.
    pub(crate) connector: Option<Uuid>,
    /// Id of a case.
    pub(crate) case: Option<Uuid>,
    /// Only messages in a case (`true`) or in none (`false`).
    pub(crate) has_case: Option<bool>,
    /// Only messages written by machines (`true`) or by people (`false`).
    pub(crate) automatic: Option<bool>,
    /// Only messages of which some is encrypted to a key that is not there (`true`), or no other (`false`).
    pub(crate) needs_key: Option<bool>,
    /// Only messages this indicator was seen in: its kind, a colon, its value (`domain:evil.example`).
    pub(crate) indicator: Option<String>,
    /// `next` of the page before.
    pub(crate) cursor: Option<String>,
    /// Items per page, at most 200.
    #[param(minimum = 1, maximum = 200, default = 50)]
    pub(crate) limit: Option<u32>,
}

/// Which part of a message.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct PartQuery {
    /// Path of the part, as the evidence names it: `/2/1`.
    pub(crate) path: String,
}

/// Which part of a message, and how it is wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct PartContentQuery {
    /// Path of the part, as the evidence names it: `/2/1`.
    pub(crate) path: String,
    #[serde(default)]
    #[param(inline)]
    pub(crate) form: PartForm,
}

#[derive(Debug, Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum PartForm {
    /// What the part carries, decoded.
    #[default]
    Content,
    /// The bytes as they stand in the message: headers, blank line, encoded body.
    Original,
}

/// Which part of a message, and the charset to read it in.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct PartTextQuery {
    /// Path of the part, as the evidence names it: `/2/1`.
    pub(crate) path: String,
    /// Against what the part declares: `koi8-r`.
    pub(crate) charset: Option<String>,
}

/// The text of a part.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PartTextView {
    pub(crate) path: String,
    /// HTML as it is written: shown as text only.
    pub(crate) content: String,
    /// True when it was cut.
    pub(crate) truncated: bool,
    pub(crate) read_as: ReadAsView,
}
