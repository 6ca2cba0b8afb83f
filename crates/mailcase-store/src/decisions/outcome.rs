//! Carries decisions out: cases made and joined, and the rows of the messages.

use super::{Claimed, DecidedMessage, Organization};
use crate::cases::timeline::{NewEntry, insert_entries};
use crate::error::{Result, StoreError};
use crate::search::fold;
use crate::sql::{Tx, Value, args, in_list, insert_rows, json, values_rows};
use mailcase_core::case::{CaseStatus, default_acl};
use mailcase_core::decision::{Decision, Reason};
use mailcase_core::{CaseId, MessageId, OrganizationId};
use serde_json::json as object;
use sqlx::AssertSqlSafe;
use std::collections::{BTreeMap, HashMap, HashSet};

/// Everything a batch changes about cases.
pub(super) struct Plan {
    organizations: BTreeMap<OrganizationId, Organization>,
    now: i64,
    new_cases: Vec<Vec<Value>>,
    new_tags: Vec<Vec<Value>>,
    entries: Vec<NewEntry>,
    /// Cases joined: how many messages more, and whether they are opened again.
    joined: BTreeMap<CaseId, Joined>,
    fates: HashMap<MessageId, (Option<CaseId>, Reason)>,
    statuses: HashMap<CaseId, CaseStatus>,
    /// Where a case made in this batch stands in `new_cases`.
    made: HashMap<CaseId, usize>,
}

#[derive(Default)]
struct Joined {
    messages: i64,
    reopen: bool,
}

/// Position of the message count among a new case's values.
const MESSAGE_COUNT: usize = 9;

impl Plan {
    pub(super) fn new(organizations: BTreeMap<OrganizationId, Organization>, now: i64) -> Self {
        Self {
            organizations,
            now,
            new_cases: Vec::new(),
            new_tags: Vec::new(),
            entries: Vec::new(),
            joined: BTreeMap::new(),
            fates: HashMap::new(),
            statuses: HashMap::new(),
            made: HashMap::new(),
        }
    }

    /// Where a case stands if this batch changed that.
    pub(super) fn new_status(&self, case: CaseId) -> Option<CaseStatus> {
        self.statuses.get(&case).copied()
    }

    /// Carries one decision out; returns the message's case.
    pub(super) fn carry_out(
        &mut self,
        own: &Claimed<'_>,
        decision: Decision,
        reason: Reason,
    ) -> Result<Option<CaseId>> {
        let case = match decision {
            Decision::NewCase => Some(self.new_case(own.decided)?),
            Decision::Append { case, reopen } => {
                self.append(own.decided, case, reopen, reason);
                Some(case)
            }
            Decision::Keep => None,
        };
        self.fates.insert(own.decided.message, (case, reason));
        Ok(case)
    }

    fn new_case(&mut self, decided: &DecidedMessage) -> Result<CaseId> {
        let org = decided.organization;
        let organization = self.organizations.get_mut(&org).ok_or(StoreError::missing("organization"))?;
        let number = organization.next_case_number;
        organization.next_case_number = number.saturating_add(1);
        let case = CaseId::new();
        let defaults = &decided.case_defaults;
        let title = &decided.evidence.shown.title;
        let acl = defaults.acl.clone().unwrap_or_else(|| default_acl(&organization.name));
        let severity = defaults.severity;
        self.made.insert(case, self.new_cases.len());
        self.new_cases.push(args![
            case,
            org,
            number,
            title,
            fold(title),
            CaseStatus::Open.as_str(),
            severity.as_str(),
            crate::cases::severity_rank(severity),
            acl,
            1_i64,
            self.now,
            self.now
        ]);
        let mut tags: Vec<&String> = defaults.tags.iter().collect();
        tags.sort();
        tags.dedup();
        self.new_tags.extend(tags.into_iter().map(|tag| args![case, tag]));
        self.entries.push(NewEntry::system(org, case, "created", object!({ "message": decided.message })));
        self.statuses.insert(case, CaseStatus::Open);
        Ok(case)
    }

    fn append(&mut self, decided: &DecidedMessage, case: CaseId, reopen: bool, reason: Reason) {
        let org = decided.organization;
        match self.made.get(&case).and_then(|at| self.new_cases.get_mut(*at)) {
            // Made in this batch: its row is not written yet.
            Some(row) => {
                if let Some(Value::Int(Some(count))) = row.get_mut(MESSAGE_COUNT) {
                    *count = count.saturating_add(1);
                }
            }
            None => {
                let joined = self.joined.entry(case).or_default();
                joined.messages = joined.messages.saturating_add(1);
                joined.reopen |= reopen;
            }
        }
        let detail = object!({ "message": decided.message, "reason": reason });
        self.entries.push(NewEntry::system(org, case, "message_joined", detail));
        if reopen {
            self.statuses.insert(case, CaseStatus::Open);
            let detail = object!({ "message": decided.message });
            self.entries.push(NewEntry::system(org, case, "reopened", detail));
        }
    }

    pub(super) async fn write_cases(&mut self, tx: &mut Tx) -> Result<()> {
        if !self.new_cases.is_empty() {
            for (org, organization) in &self.organizations {
                let sql = "UPDATE organizations SET next_case_number = $2 WHERE id = $1";
                tx.execute(sql, args![*org, organization.next_case_number]).await?;
            }
            let head = "INSERT INTO cases (id, organization_id, number, title, title_folded, status, severity, \
                        severity_rank, acl, message_count, created_at, updated_at)";
            insert_rows(tx, head, "", std::mem::take(&mut self.new_cases)).await?;
            let tags = std::mem::take(&mut self.new_tags);
            insert_rows(
                tx,
                "INSERT INTO case_tags (case_id, tag)",
                "ON CONFLICT (case_id, tag) DO NOTHING",
                tags,
            )
            .await?;
        }
        let rows =
            self.joined.iter().map(|(case, joined)| args![*case, joined.messages, joined.reopen]).collect();
        values_rows(
            tx,
            "UPDATE cases SET message_count = message_count + v.column2, \
             status = CASE WHEN v.column3 = 1 THEN 'open' ELSE status END, updated_at = $1 FROM (",
            ") AS v WHERE cases.id = v.column1",
            args![self.now],
            rows,
        )
        .await?;
        insert_entries(tx, self.now, std::mem::take(&mut self.entries)).await
    }

    pub(super) async fn write_messages(
        &self,
        tx: &mut Tx,
        claimed: &HashMap<MessageId, Claimed<'_>>,
        batch: &[&DecidedMessage],
        same_id: &HashSet<MessageId>,
    ) -> Result<()> {
        let mut rows = Vec::with_capacity(claimed.len());
        for decided in batch {
            let (Some(own), Some((case, reason))) =
                (claimed.get(&decided.message), self.fates.get(&decided.message))
            else {
                continue;
            };
            let mut row = args![own.seq];
            row.extend(decided.evidence.row());
            row.extend(args![
                &own.message_id,
                decided.automatic.map(mailcase_core::message::Automatic::as_str),
                *case,
                json(reason)?,
                self.now
            ]);
            rows.push(row);
        }
        values_rows(
            tx,
            "UPDATE messages SET state = 'decided', lease_owner = NULL, lease_until = 0, last_error = NULL, \
             parser_version = v.column2, subject = v.column3, from_name = v.column4, from_address = v.column5, \
             to_text = v.column6, sent_at = v.column7, attachment_count = v.column8, indicator_count = v.column9, \
             defect_count = v.column10, needs_key = v.column11, message_id_norm = v.column12, \
             automatic = v.column13, case_id = v.column14, reason = v.column15, decided_at = v.column16 FROM (",
            ") AS v WHERE messages.seq = v.column1",
            Vec::new(),
            rows,
        )
        .await?;
        self.leave_alone_filtered_out(tx).await?;
        if same_id.is_empty() {
            return Ok(());
        }
        let mut flagged: Vec<MessageId> = same_id.iter().copied().collect();
        flagged.sort();
        let (list, values) = in_list(0, flagged.into_iter().map(Value::from).collect());
        let sql = format!("UPDATE messages SET same_id_other_content = 1 WHERE id IN {list}");
        tx.execute(AssertSqlSafe(sql), values).await?;
        Ok(())
    }

    /// What a connector does not take is not marked, moved or deleted on the server either.
    async fn leave_alone_filtered_out(&self, tx: &mut Tx) -> Result<()> {
        let fates = self.fates.iter().filter(|(_, (_, reason))| *reason == Reason::FilteredOut);
        let mut messages: Vec<MessageId> = fates.map(|(message, _)| *message).collect();
        if messages.is_empty() {
            return Ok(());
        }
        messages.sort();
        let (list, values) = in_list(0, messages.into_iter().map(Value::from).collect());
        let sql = format!(
            "UPDATE deliveries SET state = 'filtered_out' WHERE state = 'stored' AND message_id IN {list}"
        );
        tx.execute(AssertSqlSafe(sql), values).await?;
        Ok(())
    }
}
