//! Messages as people see them: the list, one message with everything known of it, its deliveries.

use crate::Store;
use crate::blobs::BlobHash;
use crate::decisions::unpack;
use crate::error::{Result, StoreError};
use crate::indicators::{indicator_hash, kind_name};
use crate::page::{Page, PageRequest, pair_cursor, read_pair_cursor};
use crate::search;
use crate::sql::{Conditions, Row, args};
use jiff::Timestamp;
use mailcase_core::decision::Reason;
use mailcase_core::message::{Automatic, DeliveryState, MessageState};
use mailcase_core::{CaseId, ConnectorId, DeliveryId, MessageId, OrganizationId};
use mailcase_evidence::{Evidence, IndicatorKind};
use sqlx::AssertSqlSafe;

/// Which messages to list. What is `None` does not matter.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MessageFilter {
    /// Words; each must begin a word of subject, people, text or attachment names.
    pub q: Option<String>,
    pub state: Option<MessageState>,
    /// Delivered by this connector, first or later.
    pub connector: Option<ConnectorId>,
    pub case: Option<CaseId>,
    pub has_case: Option<bool>,
    /// Written by a machine.
    pub automatic: Option<bool>,
    /// Some of it is encrypted to a key that was not there.
    pub needs_key: Option<bool>,
    /// It was seen in the message.
    pub indicator: Option<(IndicatorKind, String)>,
}

/// A connector by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnectorRef {
    pub id: ConnectorId,
    pub name: String,
}

/// A case by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseRef {
    pub id: CaseId,
    pub number: i64,
    pub title: String,
}

/// A message as a list shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageSummary {
    pub id: MessageId,
    pub state: MessageState,
    pub hash: BlobHash,
    pub size: u64,
    pub subject: Option<String>,
    pub from_name: Option<String>,
    pub from_address: Option<String>,
    pub to_text: Option<String>,
    /// The connector that brought it first.
    pub connector: ConnectorRef,
    pub received_at: Timestamp,
    pub sent_at: Option<Timestamp>,
    pub attachment_count: u64,
    pub indicator_count: u64,
    pub defect_count: u64,
    pub case: Option<CaseRef>,
    pub automatic: Option<Automatic>,
    /// Some of it is encrypted to a key that was not there.
    pub needs_key: bool,
    pub same_id_other_content: bool,
    pub last_error: Option<String>,
    pub reason: Option<Reason>,
    pub decided_at: Option<Timestamp>,
}

/// One place a message was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    pub id: DeliveryId,
    pub connector: ConnectorRef,
    pub folder: String,
    pub remote_id: String,
    pub state: DeliveryState,
    pub remote_size: Option<u64>,
    pub attempts: i64,
    pub last_error: Option<String>,
    pub ack_error: Option<String>,
    pub discovered_at: Timestamp,
    pub stored_at: Option<Timestamp>,
    pub acknowledged_at: Option<Timestamp>,
}

/// A message with everything known of it.
#[derive(Debug, Clone, PartialEq)]
pub struct MessageDetail {
    pub summary: MessageSummary,
    /// `None` until it was examined.
    pub evidence: Option<Evidence>,
    /// Oldest first.
    pub deliveries: Vec<Delivery>,
    /// Messages with the same Message-ID and other content.
    pub same_id: Vec<MessageId>,
}

/// The bytes of a message, and whose mail it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredMessage {
    pub organization: OrganizationId,
    pub hash: BlobHash,
    /// All connectors that brought it.
    pub connectors: Vec<ConnectorId>,
}

/// What needs a person at a connector.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NeedsAttention {
    /// Could not be fetched.
    pub deliveries: Vec<Delivery>,
    /// Could not be decided.
    pub messages: Vec<MessageSummary>,
}

/// Entries of each kind shown among what needs attention.
const ATTENTION_LISTED: i64 = 200;

const SUMMARY: &str = "SELECT m.id AS id, m.state AS state, m.hash AS hash, m.size AS size, m.subject AS subject, \
     m.from_name AS from_name, m.from_address AS from_address, m.to_text AS to_text, \
     m.connector_id AS connector_id, n.name AS connector_name, m.received_at AS received_at, m.sent_at AS sent_at, \
     m.attachment_count AS attachment_count, m.indicator_count AS indicator_count, m.defect_count AS defect_count, \
     m.case_id AS case_id, k.number AS case_number, k.title AS case_title, m.automatic AS automatic, \
     m.same_id_other_content AS same_id_other_content, m.last_error AS last_error, m.reason AS reason, \
     m.decided_at AS decided_at, m.needs_key AS needs_key, m.message_id_norm AS message_id_norm \
     FROM messages m JOIN connectors n ON n.id = m.connector_id LEFT JOIN cases k ON k.id = m.case_id";

const DELIVERY: &str = "SELECT d.id AS id, d.connector_id AS connector_id, c.name AS connector_name, \
     d.folder AS folder, d.remote_id AS remote_id, d.state AS state, d.remote_size AS remote_size, \
     d.attempts AS attempts, d.last_error AS last_error, d.ack_error AS ack_error, \
     d.discovered_at AS discovered_at, d.stored_at AS stored_at, d.acknowledged_at AS acknowledged_at \
     FROM deliveries d JOIN connectors c ON c.id = d.connector_id";

fn summary_from(row: &Row) -> Result<MessageSummary> {
    let case = match row.opt_named("case_id")? {
        Some(id) => Some(CaseRef { id, number: row.int("case_number")?, title: row.text("case_title")? }),
        None => None,
    };
    Ok(MessageSummary {
        id: row.named("id")?,
        state: row.named("state")?,
        hash: BlobHash::from_column(&row.bytes("hash")?)?,
        size: row.count("size")?,
        subject: row.opt_text("subject")?,
        from_name: row.opt_text("from_name")?,
        from_address: row.opt_text("from_address")?,
        to_text: row.opt_text("to_text")?,
        connector: ConnectorRef { id: row.named("connector_id")?, name: row.text("connector_name")? },
        received_at: row.time("received_at")?,
        sent_at: row.opt_time("sent_at")?,
        attachment_count: row.count("attachment_count")?,
        indicator_count: row.count("indicator_count")?,
        defect_count: row.count("defect_count")?,
        case,
        automatic: row.opt_named("automatic")?,
        needs_key: row.flag("needs_key")?,
        same_id_other_content: row.flag("same_id_other_content")?,
        last_error: row.opt_text("last_error")?,
        reason: row.opt_json("reason")?,
        decided_at: row.opt_time("decided_at")?,
    })
}

fn delivery_from(row: &Row) -> Result<Delivery> {
    Ok(Delivery {
        id: row.named("id")?,
        connector: ConnectorRef { id: row.named("connector_id")?, name: row.text("connector_name")? },
        folder: row.text("folder")?,
        remote_id: row.text("remote_id")?,
        state: row.named("state")?,
        remote_size: row.get::<Option<i64>>("remote_size")?.and_then(|size| u64::try_from(size).ok()),
        attempts: row.int("attempts")?,
        last_error: row.opt_text("last_error")?,
        ack_error: row.opt_text("ack_error")?,
        discovered_at: row.time("discovered_at")?,
        stored_at: row.opt_time("stored_at")?,
        acknowledged_at: row.opt_time("acknowledged_at")?,
    })
}

impl Store {
    /// Messages, newest arrival first.
    pub async fn list_messages(
        &self,
        org: OrganizationId,
        filter: &MessageFilter,
        page: &PageRequest,
    ) -> Result<Page<MessageSummary>> {
        let mut conditions = Conditions::default();
        conditions.equal("m.organization_id", org);
        if let Some(typed) = filter.q.as_deref().filter(|typed| !typed.trim().is_empty()) {
            let postgres = self.pool().is_postgres();
            // Nothing but punctuation was typed: nothing can match.
            let Some(query) = search::match_query(typed, postgres) else {
                return Ok(Page { items: Vec::new(), next: None });
            };
            let condition = search::match_condition("m.seq", conditions.next(), postgres);
            conditions.bind(query);
            conditions.and(&condition);
        }
        if let Some(state) = filter.state {
            conditions.equal("m.state", state.as_str());
        }
        if let Some(connector) = filter.connector {
            let bound = conditions.bind(connector);
            conditions.and(&format!(
                "EXISTS (SELECT 1 FROM deliveries d WHERE d.message_id = m.id AND d.connector_id = {bound})"
            ));
        }
        if let Some(case) = filter.case {
            conditions.equal("m.case_id", case);
        }
        if let Some(has_case) = filter.has_case {
            conditions.and(if has_case { "m.case_id IS NOT NULL" } else { "m.case_id IS NULL" });
        }
        if let Some(automatic) = filter.automatic {
            conditions.and(if automatic { "m.automatic IS NOT NULL" } else { "m.automatic IS NULL" });
        }
        if let Some(needs_key) = filter.needs_key {
            conditions.and(if needs_key { "m.needs_key = 1" } else { "m.needs_key = 0" });
        }
        if let Some((kind, value)) = &filter.indicator {
            let bound = conditions.bind(indicator_hash(org, kind_name(*kind), value));
            conditions.and(&format!(
                "m.seq IN (SELECT s.message_seq FROM sightings s JOIN indicators i ON i.id = s.indicator_id \
                 WHERE i.hash = {bound})"
            ));
        }
        self.page_of_messages(conditions, page).await
    }

    /// The messages of a case, newest arrival first.
    pub async fn case_messages(
        &self,
        org: OrganizationId,
        case: CaseId,
        page: &PageRequest,
    ) -> Result<Page<MessageSummary>> {
        self.require_case(org, case).await?;
        self.list_messages(org, &MessageFilter { case: Some(case), ..MessageFilter::default() }, page).await
    }

    async fn page_of_messages(
        &self,
        mut conditions: Conditions,
        page: &PageRequest,
    ) -> Result<Page<MessageSummary>> {
        if let Some((key, id)) = page.cursor.as_deref().map(read_pair_cursor).transpose()? {
            conditions.behind("m.received_at", "m.id", key, &id, true);
        }
        let limit = conditions.bind(page.rows());
        let (clause, values) = conditions.finish();
        let sql = format!("{SUMMARY}{clause} ORDER BY m.received_at DESC, m.id DESC LIMIT {limit}");
        let rows = self.pool().fetch_all(AssertSqlSafe(sql), values).await?;
        let items = rows.iter().map(summary_from).collect::<Result<_>>()?;
        page.finish(items, |message: &MessageSummary| {
            pair_cursor(message.received_at.as_microsecond(), &message.id.to_string())
        })
    }

    /// One message with everything known of it.
    pub async fn message(&self, org: OrganizationId, id: MessageId) -> Result<MessageDetail> {
        let sql = format!("{SUMMARY} WHERE m.organization_id = $1 AND m.id = $2");
        let row = self.pool().fetch_optional(AssertSqlSafe(sql), args![org, id]).await?;
        let row = row.ok_or(StoreError::missing("message"))?;
        let summary = summary_from(&row)?;
        let same_id = match row.opt_text("message_id_norm")? {
            Some(message_id) if summary.same_id_other_content => self.same_id(org, id, &message_id).await?,
            _ => Vec::new(),
        };
        let deliveries = self.message_deliveries(org, id).await?;
        Ok(MessageDetail { summary, evidence: self.message_evidence(org, id).await?, deliveries, same_id })
    }

    async fn same_id(&self, org: OrganizationId, id: MessageId, message_id: &str) -> Result<Vec<MessageId>> {
        let sql = "SELECT id FROM messages WHERE organization_id = $1 AND message_id_norm = $2 AND id <> $3 \
                   ORDER BY id LIMIT 100";
        self.pool()
            .fetch_all(sql, args![org, message_id, id])
            .await?
            .iter()
            .map(|row| row.named("id"))
            .collect()
    }

    async fn message_deliveries(&self, org: OrganizationId, id: MessageId) -> Result<Vec<Delivery>> {
        let sql =
            format!("{DELIVERY} WHERE d.organization_id = $1 AND d.message_id = $2 ORDER BY d.id LIMIT 1000");
        self.pool().fetch_all(AssertSqlSafe(sql), args![org, id]).await?.iter().map(delivery_from).collect()
    }

    /// Where a message's bytes are, and whose keys open it.
    pub async fn stored_message(&self, org: OrganizationId, id: MessageId) -> Result<StoredMessage> {
        let sql = "SELECT m.hash AS hash, m.connector_id AS connector_id FROM messages m \
                   WHERE m.organization_id = $1 AND m.id = $2 \
                   UNION SELECT m.hash AS hash, d.connector_id AS connector_id FROM messages m \
                   JOIN deliveries d ON d.message_id = m.id WHERE m.organization_id = $1 AND m.id = $2 \
                   ORDER BY connector_id";
        let rows = self.pool().fetch_all(sql, args![org, id]).await?;
        let first = rows.first().ok_or(StoreError::missing("message"))?;
        let hash = BlobHash::from_column(&first.bytes("hash")?)?;
        let connectors = rows.iter().map(|row| row.named("connector_id")).collect::<Result<_>>()?;
        Ok(StoredMessage { organization: org, hash, connectors })
    }

    /// Everything found in a message; `None` until it was examined.
    pub async fn message_evidence(&self, org: OrganizationId, id: MessageId) -> Result<Option<Evidence>> {
        let sql = "SELECT e.body AS body FROM messages m LEFT JOIN message_evidence e ON e.message_seq = m.seq \
                   WHERE m.organization_id = $1 AND m.id = $2";
        let row =
            self.pool().fetch_optional(sql, args![org, id]).await?.ok_or(StoreError::missing("message"))?;
        row.get::<Option<Vec<u8>>>("body")?.map(|body| unpack(&body)).transpose()
    }

    /// What needs a person at a connector: deliveries that could not be fetched, messages that could not be decided.
    pub async fn needs_attention(
        &self,
        org: OrganizationId,
        connector: ConnectorId,
    ) -> Result<NeedsAttention> {
        let sql = format!(
            "{DELIVERY} WHERE d.organization_id = $1 AND d.connector_id = $2 AND d.state = 'needs_attention' \
             ORDER BY d.id DESC LIMIT $3"
        );
        let values = args![org, connector, ATTENTION_LISTED];
        let rows = self.pool().fetch_all(AssertSqlSafe(sql), values.clone()).await?;
        let deliveries = rows.iter().map(delivery_from).collect::<Result<_>>()?;
        let sql = format!(
            "{SUMMARY} WHERE m.organization_id = $1 AND m.connector_id = $2 AND m.state = 'needs_attention' \
             ORDER BY m.received_at DESC, m.id DESC LIMIT $3"
        );
        let rows = self.pool().fetch_all(AssertSqlSafe(sql), values).await?;
        Ok(NeedsAttention { deliveries, messages: rows.iter().map(summary_from).collect::<Result<_>>()? })
    }
}
