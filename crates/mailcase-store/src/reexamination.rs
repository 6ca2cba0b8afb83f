//! Evidence made anew: messages an older parser looked at, or that waited for a key.

use crate::Store;
use crate::blobs::BlobHash;
use crate::decisions::{PackedEvidence, replace_evidence, unpack};
use crate::error::{Result, StoreError};
use crate::events::Event;
use crate::sql::{args, retrying};
use mailcase_core::{CaseId, MessageId, OrganizationId};
use mailcase_evidence::Evidence;
use sqlx::AssertSqlSafe;

/// A decided message and the parser its evidence is from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExaminedMessage {
    /// Its place in the order of arrival; the next page begins after it.
    pub seq: i64,
    pub id: MessageId,
    pub organization: OrganizationId,
    pub hash: BlobHash,
    /// Size of the raw bytes.
    pub size: u64,
    pub parser_version: u32,
}

/// Which messages are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExaminedBefore {
    /// Those of one organization, or of all.
    pub organization: Option<OrganizationId>,
    /// Those examined by a parser older than this.
    pub version: u32,
}

const MEANT: &str = "state = 'decided' AND parser_version < $1 AND ($2 IS NULL OR organization_id = $2)";

impl Store {
    /// How many messages are meant.
    pub async fn count_examined_before(&self, which: &ExaminedBefore) -> Result<u64> {
        let sql = format!("SELECT COUNT(*) AS n FROM messages WHERE {MEANT}");
        let row = self.pool().fetch_one(AssertSqlSafe(sql), args![which.version, which.organization]).await?;
        row.count("n")
    }

    /// The messages meant that arrived after the one with number `after`, at most `limit`, in the order of arrival.
    pub async fn examined_before(
        &self,
        which: &ExaminedBefore,
        after: i64,
        limit: usize,
    ) -> Result<Vec<ExaminedMessage>> {
        let sql = format!(
            "SELECT seq, id, organization_id, hash, size, parser_version FROM messages \
             WHERE {MEANT} AND seq > $3 ORDER BY seq LIMIT $4"
        );
        let values = args![which.version, which.organization, after, limit];
        let rows = self.pool().fetch_all(AssertSqlSafe(sql), values).await?;
        rows.iter()
            .map(|row| {
                Ok(ExaminedMessage {
                    seq: row.int("seq")?,
                    id: row.named("id")?,
                    organization: row.named("organization_id")?,
                    hash: BlobHash::from_column(&row.bytes("hash")?)?,
                    size: row.count("size")?,
                    parser_version: u32::try_from(row.int("parser_version")?).unwrap_or_default(),
                })
            })
            .collect()
    }

    /// Puts new evidence in the place of the old one, with everything lists and searches know of it. What was decided
    /// stays decided. Returns the evidence there was; `None` when the message is not decided, and nothing changed.
    pub async fn replace_evidence(
        &self,
        org: OrganizationId,
        message: MessageId,
        evidence: &PackedEvidence,
    ) -> Result<Option<Evidence>> {
        let replaced: Option<(Evidence, Option<CaseId>)> = retrying!(async {
            let mut tx = self.pool().begin().await?;
            let sql = tx.choose(
                "SELECT m.seq AS seq, m.case_id AS case_id, e.body AS body FROM messages m \
                 JOIN message_evidence e ON e.message_seq = m.seq \
                 WHERE m.organization_id = $1 AND m.id = $2 AND m.state = 'decided'",
                "SELECT m.seq AS seq, m.case_id AS case_id, e.body AS body FROM messages m \
                 JOIN message_evidence e ON e.message_seq = m.seq \
                 WHERE m.organization_id = $1 AND m.id = $2 AND m.state = 'decided' FOR UPDATE",
            );
            let Some(row) = tx.fetch_optional(sql, args![org, message]).await? else { return Ok(None) };
            let old = unpack(&row.bytes("body")?)?;
            replace_evidence(&mut tx, org, row.int("seq")?, &old, evidence).await?;
            let case = row.opt_named("case_id")?;
            tx.commit().await?;
            Ok::<_, StoreError>(Some((old, case)))
        })?;
        let Some((old, case)) = replaced else { return Ok(None) };
        self.tell(Event::MessageDecided { org, message, case });
        if let Some(case) = case {
            self.tell(Event::CaseChanged { org, case });
        }
        Ok(Some(old))
    }
}
