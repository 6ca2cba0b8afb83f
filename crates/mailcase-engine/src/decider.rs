//! Examines what is stored and undecided, decides what it means, and commits both in one transaction per batch: large
//! messages, and those a crash or a failure left behind.

use crate::error::EngineError;
use crate::examine::MailOf;
use crate::pipeline::Workshop;
use crate::sieve::Sieve;
use mailcase_core::case::CaseDefaults;
use mailcase_core::connector::AutomaticMail;
use mailcase_core::{ConnectorId, MessageId, OrganizationId};
use mailcase_store::DecidedMessage;
use std::sync::Arc;

/// A stored message on its way to its decision.
#[derive(Debug)]
pub(crate) struct Undecided {
    pub(crate) message: MessageId,
    pub(crate) organization: OrganizationId,
    pub(crate) size: u64,
    pub(crate) fence: i64,
    pub(crate) connector: ConnectorId,
    pub(crate) automatic_mail: AutomaticMail,
    pub(crate) case_defaults: CaseDefaults,
    pub(crate) sieve: Arc<Sieve>,
}

pub(crate) struct Decider {
    workshop: Workshop,
}

impl Decider {
    pub(crate) const fn new(workshop: Workshop) -> Self {
        Self { workshop }
    }

    pub(crate) fn count(decided: usize) {
        metrics::counter!("mailcase_messages_decided_total")
            .increment(decided.try_into().unwrap_or(u64::MAX));
    }

    /// Decides a group of messages. A message that makes its transaction fail does not hold up the others.
    pub(crate) async fn decide(&self, group: Vec<Undecided>) -> Result<(), EngineError> {
        let mut decided = Vec::with_capacity(group.len());
        for message in group {
            let (id, fence) = (message.message, message.fence);
            match self.examined(message).await {
                Ok(message) => decided.push(message),
                Err(error) => self.set_back(id, fence, error).await?,
            }
        }
        if let Err(error) = Box::pin(self.workshop.store.commit_decisions(&decided)).await {
            tracing::warn!(%error, messages = decided.len(), "a batch of decisions failed; trying one by one");
            return self.commit_one_by_one(&decided).await;
        }
        Self::count(decided.len());
        Ok(())
    }

    pub(crate) async fn commit_one_by_one(&self, decided: &[DecidedMessage]) -> Result<(), EngineError> {
        for message in decided {
            match Box::pin(self.workshop.store.commit_decisions(std::slice::from_ref(message))).await {
                Ok(_) => Self::count(1),
                Err(error) => self.set_back(message.message, message.fence, error.into()).await?,
            }
        }
        Ok(())
    }

    async fn set_back(&self, message: MessageId, fence: i64, error: EngineError) -> Result<(), EngineError> {
        // The blob store or the database being away is no message's fault: the lease runs out and the message is taken
        // up again.
        if error.is_outage() {
            return Err(error);
        }
        tracing::warn!(id = %message, %error, "a message could not be decided");
        metrics::counter!("mailcase_stage_failures_total").increment(1);
        self.workshop.store.record_stage_failure(message, fence, &error.to_string()).await?;
        Ok(())
    }

    async fn examined(&self, message: Undecided) -> Result<DecidedMessage, EngineError> {
        let Workshop { store, examiner, .. } = &self.workshop;
        let Undecided { organization, sieve, size, .. } = &message;
        let stored = store.stored_message(*organization, message.message).await?;
        let raw = store.blob_file(stored.hash).await?;
        let of = MailOf { organization: *organization, connectors: stored.connectors };
        let (examined, wanted) = examiner.examine_stream(&of, sieve, raw, *size).await?;
        Ok(DecidedMessage {
            message: message.message,
            organization: message.organization,
            fence: message.fence,
            answered_ids: examined.answered_ids,
            subject_token: examined.subject_token,
            address_token: examined.address_token,
            automatic: examined.automatic,
            connector: message.connector,
            automatic_mail: message.automatic_mail,
            case_defaults: message.case_defaults,
            evidence: examined.evidence,
            filtered_out: !wanted,
        })
    }
}
