//! Decisions about messages, and everything that follows from them, in one transaction per batch.
//!
//! Transactions that decide for an organization follow one another (its row is locked): a message and its answer
//! decided by two replicas at once must not become two cases. Locks are taken in one order everywhere:
//! organizations, messages, cases, indicators; each by identifier.

use crate::Store;
use crate::error::Result;
use crate::events::Event;
use crate::reexaminations::ask_for_locked_in;
use crate::sql::{Tx, args, retrying};
use mailcase_core::case::CaseDefaults;
use mailcase_core::connector::AutomaticMail;
use mailcase_core::decision::{Facts, Reason, Thread, decide};
use mailcase_core::message::Automatic;
use mailcase_core::{CaseId, ConnectorId, MessageId, OrganizationId};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet, HashMap};

mod evidence;
mod outcome;
mod threads;

pub use evidence::PackedEvidence;
use outcome::Plan;
use threads::Threads;

pub(crate) use evidence::{Replacement, replace as replace_evidence, unpack};

/// An examined message, to be decided.
#[derive(Debug, Clone)]
pub struct DecidedMessage {
    pub message: MessageId,
    pub organization: OrganizationId,
    /// The fence of the lease it was examined under.
    pub fence: i64,
    pub evidence: PackedEvidence,
    /// Normalised Message-IDs it answers, nearest first.
    pub answered_ids: Vec<String>,
    /// The number of the case whose genuine token stands in its subject.
    pub subject_token: Option<i64>,
    /// The number of the case whose genuine token stands in an address it was sent to.
    pub address_token: Option<i64>,
    pub automatic: Option<Automatic>,
    /// The connector that brought it first.
    pub connector: ConnectorId,
    pub automatic_mail: AutomaticMail,
    pub case_defaults: CaseDefaults,
    /// The connector's pre-filter does not take it: it is kept without a case, and its delivery left alone.
    pub filtered_out: bool,
}

/// What became of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DecidedOutcome {
    Decided {
        message: MessageId,
        case: Option<CaseId>,
        reason: Reason,
        /// Whether the case was made for it.
        new_case: bool,
    },
    /// Somebody else decided it, or is about to: nothing was changed.
    Superseded { message: MessageId },
}

/// Longest Message-ID kept as it is, in bytes; longer ones (attacks) are kept as their hash, so that an index takes
/// them.
const MESSAGE_ID_MAX_BYTES: usize = 500;

/// A normalised Message-ID as the database holds it.
fn kept_message_id(normalized: &str) -> String {
    let normalized = normalized.replace('\0', "");
    if normalized.len() <= MESSAGE_ID_MAX_BYTES {
        return normalized;
    }
    format!("sha256:{}", data_encoding::HEXLOWER.encode(&Sha256::digest(normalized.as_bytes())))
}

/// A message of the batch that is still ours to decide.
pub(crate) struct Claimed<'a> {
    pub(crate) decided: &'a DecidedMessage,
    pub(crate) seq: i64,
    pub(crate) message_id: Option<String>,
}

impl Store {
    /// Decides a batch in one transaction; outcomes are in the order of `batch`.
    ///
    /// A message joins the case it answers also when that case was made earlier in the same batch. When the
    /// transaction fails because of one message, the caller tries them one by one.
    pub async fn commit_decisions(&self, batch: &[DecidedMessage]) -> Result<Vec<DecidedOutcome>> {
        if batch.is_empty() {
            return Ok(Vec::new());
        }
        let batch: Vec<&DecidedMessage> = batch.iter().collect();
        let outcomes = retrying!(async {
            let mut tx = self.pool().begin().await?;
            let organizations =
                lock_organizations(&mut tx, batch.iter().map(|decided| decided.organization)).await?;
            let outcomes = commit_decisions(&mut tx, self.now(), organizations, &batch).await?;
            tx.commit().await.map(|()| outcomes)
        })?;
        self.tell_decisions(&batch, &outcomes);
        Ok(outcomes)
    }

    pub(crate) fn tell_decisions(&self, batch: &[&DecidedMessage], outcomes: &[DecidedOutcome]) {
        let mut cases = BTreeSet::new();
        for (decided, outcome) in batch.iter().zip(outcomes) {
            if let DecidedOutcome::Decided { message, case, .. } = *outcome {
                let org = decided.organization;
                self.tell(Event::MessageDecided { org, message, case });
                cases.extend(case.map(|case| (org, case)));
            }
        }
        for (org, case) in cases {
            self.tell(Event::CaseChanged { org, case });
        }
    }

    /// What ties a message to a case, as the database knows it now.
    pub async fn thread_facts(
        &self,
        org: OrganizationId,
        answered_ids: &[String],
        subject_case: Option<i64>,
        address_case: Option<i64>,
    ) -> Result<Option<Thread>> {
        let mut tx = self.pool().begin().await?;
        Threads::one(&mut tx, org, answered_ids, subject_case, address_case).await
    }
}

/// Writes the decisions of a batch; outcomes are in its order. The organizations are locked.
pub(crate) async fn commit_decisions(
    tx: &mut Tx,
    now: i64,
    organizations: BTreeMap<OrganizationId, Organization>,
    batch: &[&DecidedMessage],
) -> Result<Vec<DecidedOutcome>> {
    if batch.is_empty() {
        return Ok(Vec::new());
    }
    let claimed = claimed(tx, batch).await?;
    let mut threads = Threads::look_up(tx, &claimed).await?;
    let missed = missed_keys(&organizations, &claimed);
    let mut plan = Plan::new(organizations, now);
    let mut outcomes = Vec::with_capacity(batch.len());
    for decided in batch {
        let Some(own) = claimed.get(&decided.message) else {
            outcomes.push(DecidedOutcome::Superseded { message: decided.message });
            continue;
        };
        let facts = Facts {
            thread: threads.of(own),
            automatic: decided.automatic,
            automatic_mail: decided.automatic_mail,
            filtered_out: decided.filtered_out,
        };
        let (decision, reason) = decide(&facts);
        let case = plan.carry_out(own, decision, reason)?;
        if let Some(case) = case {
            threads.joined(own, case, plan.new_status(case));
        }
        let new_case = reason == Reason::New;
        outcomes.push(DecidedOutcome::Decided { message: decided.message, case, reason, new_case });
    }
    let same_id = threads.same_message_id(&claimed);
    Threads::write_answers(tx, &claimed).await?;
    plan.write_cases(tx).await?;
    evidence::write(tx, &claimed, batch).await?;
    plan.write_messages(tx, &claimed, batch, &same_id).await?;
    for org in missed {
        ask_for_locked_in(tx, now, org, None).await?;
    }
    Ok(outcomes)
}

/// The organizations with a message that needs a key and was examined before the last one came: whoever added that saw
/// the message neither.
fn missed_keys(
    organizations: &BTreeMap<OrganizationId, Organization>,
    claimed: &HashMap<MessageId, Claimed<'_>>,
) -> BTreeSet<OrganizationId> {
    let now = |org| organizations.get(&org).map_or(0, |organization| organization.key_generation);
    let decided = claimed.values().map(|own| own.decided);
    decided
        .filter(|decided| decided.evidence.misses_keys_of(now(decided.organization)))
        .map(|decided| decided.organization)
        .collect()
}

/// An organization as its decisions need it.
pub(crate) struct Organization {
    pub(crate) name: String,
    pub(crate) next_case_number: i64,
    key_generation: i64,
}

/// Locks the organizations of a batch, so that their decisions follow one another. First of all in a transaction.
pub(crate) async fn lock_organizations(
    tx: &mut Tx,
    ids: impl Iterator<Item = OrganizationId>,
) -> Result<BTreeMap<OrganizationId, Organization>> {
    let ids: BTreeSet<OrganizationId> = ids.collect();
    let mut organizations = BTreeMap::new();
    for id in ids {
        let sql = tx.choose(
            "SELECT name, next_case_number, key_generation FROM organizations WHERE id = $1",
            "SELECT name, next_case_number, key_generation FROM organizations WHERE id = $1 FOR NO KEY UPDATE",
        );
        let row =
            tx.fetch_optional(sql, args![id]).await?.ok_or(crate::StoreError::missing("organization"))?;
        let organization = Organization {
            name: row.text("name")?,
            next_case_number: row.int("next_case_number")?,
            key_generation: row.int("key_generation")?,
        };
        organizations.insert(id, organization);
    }
    Ok(organizations)
}

/// The messages of a batch that are still ours, locked.
async fn claimed<'a>(tx: &mut Tx, batch: &[&'a DecidedMessage]) -> Result<HashMap<MessageId, Claimed<'a>>> {
    let by_id: HashMap<MessageId, &DecidedMessage> =
        batch.iter().map(|decided| (decided.message, *decided)).collect();
    let (list, values) = crate::sql::in_list(0, by_id.keys().map(|id| (*id).into()).collect());
    let sql = format!(
        "SELECT id, seq, organization_id, fence FROM messages WHERE state = 'stored' AND id IN {list} ORDER BY id{}",
        tx.choose("", " FOR UPDATE")
    );
    let mut claimed = HashMap::with_capacity(by_id.len());
    for row in tx.fetch_all(sqlx::AssertSqlSafe(sql), values).await? {
        let id: MessageId = row.named("id")?;
        let Some(decided) = by_id.get(&id) else { continue };
        let ours = row.int("fence")? == decided.fence
            && row.named::<OrganizationId>("organization_id")? == decided.organization;
        if ours {
            let message_id = decided.evidence.shown.message_id.clone();
            claimed.insert(id, Claimed { decided, seq: row.int("seq")?, message_id });
        }
    }
    Ok(claimed)
}
