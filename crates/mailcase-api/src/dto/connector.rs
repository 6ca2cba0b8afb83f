//! Connectors: settings, state, tests, accounting.

use crate::dto::message::{DeliveryView, MessageSummary};
use crate::dto::migration::MigrationStateView;
use jiff::Timestamp;
use mailcase_core::connector::{ConnectorSettings, Origin};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

/// A kind of source, as it introduces itself.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ConnectorKind {
    /// Stable name: `imap`, `folder`.
    pub(crate) kind: String,
    pub(crate) title: String,
    pub(crate) description: String,
    /// JSON Schema (2020-12) of `settings.connection`. A property may carry `x-show-if` (shown only when other
    /// properties have one of the values) and `x-widget` (`certificates`, `multiline`).
    #[schema(value_type = Object)]
    pub(crate) settings_schema: serde_json::Value,
    pub(crate) secrets: Vec<SecretFieldView>,
    /// Kinds a connector of this kind can be migrated to, and back.
    pub(crate) successors: Vec<String>,
    /// Folder watched when none is chosen.
    pub(crate) default_folder: String,
}

/// A secret a source needs. Write-only: it can be set, never read.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SecretFieldView {
    pub(crate) name: String,
    pub(crate) title: String,
    pub(crate) description: String,
    pub(crate) optional: bool,
    /// Comes from a file: kept as it is when it is text in PEM form, else in base64.
    pub(crate) file: bool,
    /// Applies only while each of these settings has one of the values, as `x-show-if` says of settings. A setting within
    /// another is named with a dot: `proxy.kind`.
    pub(crate) show_if: BTreeMap<String, Vec<String>>,
}

/// A new connector.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CreateConnector {
    pub(crate) settings: ConnectorSettings,
    /// By name, as the kind lists them. Encrypted at rest, never shown again.
    #[serde(default)]
    #[schema(value_type = BTreeMap<String, Option<String>>)]
    pub(crate) secrets: BTreeMap<String, Option<SecretString>>,
    /// Whether it starts watching at once.
    #[serde(default)]
    pub(crate) active: bool,
}

/// What is left out stays as it is.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UpdateConnector {
    /// Replaces the settings as a whole.
    #[schema(nullable = false)]
    pub(crate) settings: Option<ConnectorSettings>,
    /// Sets the secrets named; `null` removes one; those not named stay.
    #[serde(default)]
    #[schema(value_type = BTreeMap<String, Option<String>>)]
    pub(crate) secrets: BTreeMap<String, Option<SecretString>>,
    #[schema(nullable = false)]
    pub(crate) active: Option<bool>,
    /// The revision the change was made on. When somebody else changed the connector since, nothing is changed
    /// and the answer is 409.
    #[schema(nullable = false)]
    pub(crate) revision: Option<i64>,
}

/// Settings to try out, saved or not.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TryConnector {
    /// A saved connector: its stored secrets stand in for those not given.
    #[schema(nullable = false)]
    pub(crate) id: Option<Uuid>,
    pub(crate) settings: ConnectorSettings,
    #[serde(default)]
    #[schema(value_type = BTreeMap<String, Option<String>>)]
    pub(crate) secrets: BTreeMap<String, Option<SecretString>>,
}

/// A connector with its state.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ConnectorView {
    pub(crate) id: Uuid,
    pub(crate) settings: ConnectorSettings,
    pub(crate) active: bool,
    pub(crate) origin: Origin,
    /// Counts edits.
    pub(crate) revision: i64,
    /// Names of the secrets that are set.
    pub(crate) secret_names: Vec<String>,
    /// Present when the mailbox is opened by access that a person grants at its provider.
    pub(crate) grant: Option<AccessGrantView>,
    /// What whoever runs the connector has to know of its source, such as that it comes to an end.
    pub(crate) notice: Option<String>,
    /// Present when it is on its way to another source.
    pub(crate) migration: Option<MigrationStateView>,
    pub(crate) status: ConnectorStatusView,
    pub(crate) counts: ConnectorCounts,
    /// Why the server refused to mark, move or delete the last of those messages it refused.
    pub(crate) refusal: Option<String>,
    /// How far each folder was listed, by folder. Empty until the first listing.
    pub(crate) folders: Vec<FolderCursorView>,
    pub(crate) created_at: Timestamp,
}

/// Whether access was granted, and by whom.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AccessGrantView {
    pub(crate) granted: bool,
    /// Whose mailbox it is, in the words of the provider.
    pub(crate) account: Option<String>,
    /// Who was signed in here.
    pub(crate) granted_by: Option<String>,
    pub(crate) granted_at: Option<Timestamp>,
}

/// How a grant is to begin.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct BeginGrant {
    /// The person is asked which account it is, also when the browser is signed in at the provider already.
    #[serde(default)]
    pub(crate) switch_account: bool,
}

/// A grant that was begun.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct BegunGrantView {
    /// Where the browser goes: the provider. It comes back to `redirect_url`.
    pub(crate) url: String,
    /// As it has to be registered at the provider.
    pub(crate) redirect_url: String,
}

/// What the browser brought back from the provider: a code, or an error (RFC 6749 §4.1.2).
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CompleteGrant {
    #[schema(value_type = String)]
    pub(crate) state: SecretString,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub(crate) code: Option<SecretString>,
    #[serde(default)]
    pub(crate) error: Option<String>,
    #[serde(default)]
    pub(crate) error_description: Option<String>,
}

/// How far a folder was listed: the next listing starts here.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FolderCursorView {
    pub(crate) folder: String,
    /// In the words of the source; for people to compare, not for programs to read.
    pub(crate) cursor: String,
    /// When it last moved.
    pub(crate) updated_at: Timestamp,
}

/// What a connector is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ConnectorActivity {
    /// Switched off.
    Paused,
    /// Active, and not picked up by a replica yet.
    Idle,
    Starting,
    /// Looking for mail, or fetching it.
    Polling,
    /// Waiting for the server's announcement or the next poll.
    Waiting,
    /// The last try failed; it tries again by itself.
    BackingOff,
    /// It cannot work until somebody changes something; it still tries now and then.
    Failed,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ConnectorStatusView {
    pub(crate) state: ConnectorActivity,
    pub(crate) last_success_at: Option<Timestamp>,
    pub(crate) last_error: Option<ConnectorErrorView>,
    pub(crate) next_poll_at: Option<Timestamp>,
    /// Age in seconds of the oldest message that is listed and not fetched; `null` when there is none.
    pub(crate) lag_seconds: Option<i64>,
    /// The replica that runs it.
    pub(crate) leased_by: Option<String>,
}

/// What failed, why, and what to do next.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ConnectorErrorView {
    /// Stable word: `unreachable`, `timed_out`, `tls`, `sign_in`, …
    pub(crate) code: String,
    pub(crate) message: String,
    pub(crate) hint: Option<String>,
    pub(crate) at: Timestamp,
}

/// Where the deliveries of a connector stand.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ConnectorCounts {
    /// Listed by the server, not fetched yet.
    pub(crate) discovered: u64,
    /// Stored here, whatever came after.
    pub(crate) stored: u64,
    /// Stored, and not yet marked read, moved or deleted on the server.
    pub(crate) unacknowledged: u64,
    /// Of these, refused by the server; tried again.
    pub(crate) refused: u64,
    pub(crate) needs_attention: u64,
    /// Not taken by the pre-filter.
    pub(crate) filtered_out: u64,
    pub(crate) total: u64,
}

/// How the connection test went, step by step.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CheckReportView {
    /// Whether no step failed.
    pub(crate) passed: bool,
    pub(crate) steps: Vec<CheckStepView>,
    /// What the server presented, leaf first; also when it was not trusted.
    pub(crate) chain: Vec<CertificateView>,
    /// Whether trusting exactly the presented certificate would help.
    pub(crate) untrusted: bool,
    /// What the proxy presented, leaf first, when TLS is spoken to one.
    pub(crate) proxy_chain: Vec<CertificateView>,
    /// Whether trusting exactly the certificate of the proxy would help; it belongs to those trusted for the proxy.
    pub(crate) proxy_untrusted: bool,
}

#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum CheckStepStatus {
    Passed,
    Warning,
    Failed,
    /// Not tried, because an earlier step failed.
    Skipped,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CheckStepView {
    /// Stable word: `environment`, `proxy_dns`, `proxy_tcp`, `proxy_tls`, `proxy`, `autodiscover`, `dns`, `tcp`, `tls`,
    /// `token`, `sign_in`, `capabilities`, `folder`, `unread`, `newest`.
    pub(crate) name: String,
    pub(crate) title: String,
    pub(crate) status: CheckStepStatus,
    /// What was found, or what failed and why.
    pub(crate) detail: String,
    /// What to do next.
    pub(crate) hint: Option<String>,
    pub(crate) millis: u64,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CertificateView {
    pub(crate) subject: String,
    pub(crate) issuer: String,
    /// DNS names and addresses it is valid for.
    pub(crate) names: Vec<String>,
    pub(crate) not_before: Option<Timestamp>,
    pub(crate) not_after: Option<Timestamp>,
    /// SHA-256 of the DER form, lower-case hexadecimal.
    pub(crate) sha256: String,
    /// The certificate itself: what is kept when somebody trusts it.
    pub(crate) pem: String,
}

/// A pre-filter to try out, within the settings it belongs to.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TryFilter {
    pub(crate) connector: TryConnector,
    /// Mail the server received on so many days is looked at, 1 to 90.
    #[schema(minimum = 1, maximum = 90)]
    pub(crate) days: u16,
}

/// What a pre-filter would have done. Nothing was kept or changed.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FilterPreviewView {
    /// At most 200, newest first.
    pub(crate) messages: Vec<PreviewedMessageView>,
    /// Messages of these days that were not looked into.
    pub(crate) not_looked_into: u64,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PreviewedMessageView {
    pub(crate) folder: String,
    pub(crate) received_at: Option<Timestamp>,
    pub(crate) from: Option<String>,
    pub(crate) subject: Option<String>,
    /// It would have been taken.
    pub(crate) taken: bool,
    /// The condition it does not meet: `from`, `not_subject`, `header x-spam-flag`, …
    pub(crate) unmet: Option<String>,
    /// Only its first two megabytes were looked into: what follows may change the answer.
    pub(crate) cut: bool,
}

/// What looking again set in motion.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LookedAgain {
    /// Messages that will now be looked at by the filter as it is.
    pub(crate) queued: u64,
}

/// The folders of a mailbox, as the server lists them now.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FolderList {
    pub(crate) folders: Vec<FolderView>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FolderView {
    /// Full path, with the server's delimiter.
    pub(crate) path: String,
    pub(crate) delimiter: Option<String>,
    /// False for names that only hold other folders.
    pub(crate) selectable: bool,
    /// `inbox`, `sent`, `trash`, `junk`, …
    pub(crate) role: Option<String>,
}

/// One line of a connector's log.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ConnectorLogLine {
    pub(crate) at: Timestamp,
    /// `info`, `warning` or `error`.
    pub(crate) level: String,
    /// Stable word for what happened.
    pub(crate) event: String,
    pub(crate) text: String,
}

/// The answer of an accounting: what the server holds against what is stored.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AccountingView {
    pub(crate) at: Timestamp,
    /// Every folder could be counted, and nothing is missing.
    pub(crate) balanced: bool,
    /// One line for people: `4,812 = 4,812`, or what is missing.
    pub(crate) summary: String,
    pub(crate) folders: Vec<AccountedFolder>,
    /// Watched folders the server did not let us count: while there are any, nothing is balanced.
    pub(crate) uncounted: Vec<UncountedFolderView>,
}

/// A folder that is missing, or that the server will not open.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct UncountedFolderView {
    pub(crate) folder: String,
    /// For people; names the folder.
    pub(crate) reason: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AccountedFolder {
    pub(crate) folder: String,
    /// Messages the server holds.
    pub(crate) on_server: u64,
    /// Of these, stored here.
    pub(crate) stored: u64,
    /// Of these, outside what the connector takes.
    pub(crate) out_of_scope: u64,
    /// Of these, not taken by the pre-filter.
    pub(crate) filtered_out: u64,
    /// Of these, listed and still to be fetched.
    pub(crate) pending: u64,
    /// Of these, not listed yet: they came after the last poll, and the next one will list them.
    pub(crate) not_yet_listed: u64,
    /// Of these, missing or different.
    pub(crate) gap_count: u64,
    /// The first 1,000 gaps.
    pub(crate) gaps: Vec<AccountingGap>,
}

/// A message the server holds that is not stored here as it should be.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AccountingGap {
    /// Identity of the message on the server.
    pub(crate) remote_id: String,
    /// Bytes, as the server says.
    pub(crate) size: Option<u64>,
    pub(crate) received_at: Option<Timestamp>,
    pub(crate) reason: GapReasonView,
}

#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum GapReasonView {
    /// The server holds it and it was never listed.
    NeverListed,
    /// The server would not give it.
    NeedsAttention,
    /// It was believed to have vanished, and it is there.
    BelievedGone,
    /// Stored, but with another size than the server announces.
    SizeDiffers,
}

/// The last accounting of a connector, if there was one.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LatestAccounting {
    pub(crate) accounting: Option<AccountingView>,
}

/// What fetching the gaps set in motion.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FetchedGaps {
    /// Messages that will now be fetched.
    pub(crate) queued: u64,
}

/// What needs a person at a connector.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct NeedsAttention {
    /// Could not be fetched.
    pub(crate) deliveries: Vec<DeliveryView>,
    /// Could not be decided.
    pub(crate) messages: Vec<MessageSummary>,
}

/// How much of the log.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct LogQuery {
    /// Lines, at most 500.
    #[param(minimum = 1, maximum = 500, default = 100)]
    pub(crate) limit: Option<u32>,
}
