//! Which case a message belongs to, looked up for a whole batch at once.

use super::{Claimed, kept_message_id};
use crate::error::Result;
use crate::sql::{Row, Tx, Value, args, in_list, insert_rows};
use mailcase_core::case::CaseStatus;
use mailcase_core::decision::{Thread, Tie};
use mailcase_core::{CaseId, MessageId, OrganizationId};
use sqlx::AssertSqlSafe;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// Answered Message-IDs kept per message, nearest first: an original that comes later is seldom further up.
const ANSWERS_KEPT: usize = 10;

type InOrganization<T> = (OrganizationId, T);

/// What is known of Message-IDs and case numbers while a batch is decided.
#[derive(Default)]
pub(super) struct Threads {
    /// The case of the first message with a Message-ID.
    by_message_id: HashMap<InOrganization<String>, CaseId>,
    /// The case of the first message that answers a Message-ID.
    by_answered_id: HashMap<InOrganization<String>, CaseId>,
    by_number: HashMap<InOrganization<i64>, CaseId>,
    statuses: HashMap<CaseId, CaseStatus>,
    /// Messages that had a Message-ID of the batch before.
    earlier: HashMap<InOrganization<String>, Vec<MessageId>>,
}

impl Threads {
    pub(super) async fn look_up(tx: &mut Tx, claimed: &HashMap<MessageId, Claimed<'_>>) -> Result<Self> {
        let mut threads = Self::default();
        let mut ids: BTreeMap<OrganizationId, BTreeSet<String>> = BTreeMap::new();
        let mut numbers: BTreeMap<OrganizationId, BTreeSet<i64>> = BTreeMap::new();
        for own in claimed.values() {
            let org = own.decided.organization;
            let answered = own.decided.answered_ids.iter().map(|id| kept_message_id(id));
            ids.entry(org).or_default().extend(answered.chain(own.message_id.clone()));
            let tokens = own.decided.subject_token.into_iter().chain(own.decided.address_token);
            numbers.entry(org).or_default().extend(tokens);
        }
        for (org, ids) in ids {
            threads.look_up_ids(tx, org, ids).await?;
        }
        threads.look_up_answers(tx, claimed).await?;
        for (org, numbers) in numbers {
            threads.look_up_numbers(tx, org, numbers).await?;
        }
        threads.look_up_statuses(tx).await?;
        Ok(threads)
    }

    /// The same for a single message that is not in the database.
    pub(super) async fn one(
        tx: &mut Tx,
        org: OrganizationId,
        answered_ids: &[String],
        subject_case: Option<i64>,
        address_case: Option<i64>,
    ) -> Result<Option<Thread>> {
        let mut threads = Self::default();
        threads.look_up_ids(tx, org, answered_ids.iter().map(|id| kept_message_id(id)).collect()).await?;
        threads.look_up_numbers(tx, org, subject_case.into_iter().chain(address_case).collect()).await?;
        threads.look_up_statuses(tx).await?;
        Ok(threads.find(org, answered_ids, subject_case, address_case))
    }

    async fn look_up_ids(&mut self, tx: &mut Tx, org: OrganizationId, ids: BTreeSet<String>) -> Result<()> {
        let ids: Vec<Value> = ids.into_iter().filter(|id| !id.is_empty()).map(Value::from).collect();
        // Far below what both databases bind.
        for chunk in ids.chunks(8_192) {
            let (list, more) = in_list(1, chunk.to_vec());
            let mut values = args![org];
            values.extend(more);
            let sql = format!(
                "SELECT id, message_id_norm, case_id FROM messages \
                 WHERE organization_id = $1 AND message_id_norm IN {list} ORDER BY seq"
            );
            for row in tx.fetch_all(AssertSqlSafe(sql), values).await? {
                let key = (org, row.text("message_id_norm")?);
                if let Some(case) = row.opt_named("case_id")? {
                    self.by_message_id.entry(key.clone()).or_insert(case);
                }
                self.earlier.entry(key).or_default().push(row.named("id")?);
            }
        }
        Ok(())
    }

    /// Finds the answers that came before the messages they answer.
    async fn look_up_answers(
        &mut self,
        tx: &mut Tx,
        claimed: &HashMap<MessageId, Claimed<'_>>,
    ) -> Result<()> {
        let mut own_ids: BTreeMap<OrganizationId, BTreeSet<String>> = BTreeMap::new();
        for own in claimed.values() {
            own_ids.entry(own.decided.organization).or_default().extend(own.message_id.clone());
        }
        for (org, ids) in own_ids {
            if ids.is_empty() {
                continue;
            }
            let (list, more) = in_list(1, ids.into_iter().map(Value::from).collect());
            let mut values = args![org];
            values.extend(more);
            let sql = format!(
                "SELECT a.answered_id AS answered_id, m.case_id AS case_id FROM message_answers a \
                 JOIN messages m ON m.seq = a.message_seq \
                 WHERE a.organization_id = $1 AND a.answered_id IN {list} AND m.case_id IS NOT NULL ORDER BY m.seq"
            );
            for row in tx.fetch_all(AssertSqlSafe(sql), values).await? {
                self.by_answered_id.entry((org, row.text("answered_id")?)).or_insert(row.named("case_id")?);
            }
        }
        Ok(())
    }

    /// Keeps what the messages that are ours answer.
    pub(super) async fn write_answers(tx: &mut Tx, claimed: &HashMap<MessageId, Claimed<'_>>) -> Result<()> {
        let mut rows: BTreeMap<(OrganizationId, String, i64), Vec<Value>> = BTreeMap::new();
        for own in claimed.values() {
            let org = own.decided.organization;
            for id in own.decided.answered_ids.iter().take(ANSWERS_KEPT).map(|id| kept_message_id(id)) {
                rows.entry((org, id.clone(), own.seq)).or_insert_with(|| args![org, id, own.seq]);
            }
        }
        let head = "INSERT INTO message_answers (organization_id, answered_id, message_seq)";
        let tail = "ON CONFLICT (organization_id, answered_id, message_seq) DO NOTHING";
        insert_rows(tx, head, tail, rows.into_values().collect()).await?;
        Ok(())
    }

    async fn look_up_numbers(
        &mut self,
        tx: &mut Tx,
        org: OrganizationId,
        numbers: BTreeSet<i64>,
    ) -> Result<()> {
        if numbers.is_empty() {
            return Ok(());
        }
        let (list, more) = in_list(1, numbers.into_iter().map(Value::from).collect());
        let mut values = args![org];
        values.extend(more);
        let sql = format!("SELECT id, number FROM cases WHERE organization_id = $1 AND number IN {list}");
        for row in tx.fetch_all(AssertSqlSafe(sql), values).await? {
            self.by_number.insert((org, row.int("number")?), row.named("id")?);
        }
        Ok(())
    }

    /// Locks the cases found, in order, and reads where they stand.
    async fn look_up_statuses(&mut self, tx: &mut Tx) -> Result<()> {
        let cases: BTreeSet<CaseId> = [self.by_message_id.values(), self.by_answered_id.values()]
            .into_iter()
            .flatten()
            .chain(self.by_number.values())
            .copied()
            .collect();
        if cases.is_empty() {
            return Ok(());
        }
        let (list, values) = in_list(0, cases.into_iter().map(Value::from).collect());
        let sql = format!(
            "SELECT id, status FROM cases WHERE id IN {list} ORDER BY id{}",
            tx.choose("", " FOR NO KEY UPDATE")
        );
        let status = |row: Row| Ok((row.named("id")?, row.named("status")?));
        let rows = tx.fetch_all(AssertSqlSafe(sql), values).await?;
        self.statuses = rows.into_iter().map(status).collect::<Result<_>>()?;
        Ok(())
    }

    /// What ties a message of the batch to a case.
    pub(super) fn of(&self, own: &Claimed<'_>) -> Option<Thread> {
        let decided = own.decided;
        let org = decided.organization;
        self.find(org, &decided.answered_ids, decided.subject_token, decided.address_token).or_else(|| {
            let case = *self.by_answered_id.get(&(org, own.message_id.clone()?))?;
            Some(Thread { case, status: *self.statuses.get(&case)?, tie: Tie::Answered })
        })
    }

    fn find(
        &self,
        org: OrganizationId,
        answered_ids: &[String],
        subject: Option<i64>,
        address: Option<i64>,
    ) -> Option<Thread> {
        let numbered = |number: Option<i64>| self.by_number.get(&(org, number?)).copied();
        let reference =
            answered_ids.iter().find_map(|id| self.by_message_id.get(&(org, kept_message_id(id))).copied());
        let tied = [
            (reference, Tie::Reference),
            (numbered(subject), Tie::SubjectToken),
            (numbered(address), Tie::AddressToken),
        ];
        tied.into_iter().find_map(|(case, tie)| {
            let case = case?;
            Some(Thread { case, status: *self.statuses.get(&case)?, tie })
        })
    }

    /// A message of the batch was put into a case: later ones may answer it.
    pub(super) fn joined(&mut self, own: &Claimed<'_>, case: CaseId, new_status: Option<CaseStatus>) {
        if let Some(id) = &own.message_id {
            self.by_message_id.entry((own.decided.organization, id.clone())).or_insert(case);
        }
        for id in own.decided.answered_ids.iter().take(ANSWERS_KEPT) {
            self.by_answered_id.entry((own.decided.organization, kept_message_id(id))).or_insert(case);
        }
        if let Some(status) = new_status {
            self.statuses.insert(case, status);
        }
    }

    /// Messages that share their Message-ID with another one of other content, before the batch or in it.
    pub(super) fn same_message_id(&self, claimed: &HashMap<MessageId, Claimed<'_>>) -> HashSet<MessageId> {
        let mut all = self.earlier.clone();
        for (id, own) in claimed {
            if let Some(message_id) = &own.message_id {
                all.entry((own.decided.organization, message_id.clone())).or_default().push(*id);
            }
        }
        let own_ids: HashSet<InOrganization<&String>> = claimed
            .values()
            .filter_map(|own| Some((own.decided.organization, own.message_id.as_ref()?)))
            .collect();
        all.iter()
            .filter(|((org, id), _)| own_ids.contains(&(*org, id)))
            .filter(|(_, messages)| messages.iter().collect::<HashSet<_>>().len() > 1)
            .flat_map(|(_, messages)| messages.iter().copied())
            .collect()
    }
}
