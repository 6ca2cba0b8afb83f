//! Examine what is stored, decide what it means, and commit both in one transaction per batch.

use crate::error::EngineError;
use crate::examine::Examination;
use crate::pipeline::Workshop;
use mailcase_core::case::CaseDefaults;
use mailcase_core::connector::AutomaticMail;
use mailcase_core::{ConnectorId, MessageId, OrganizationId};
use mailcase_store::{BlobHash, DecidedMessage, StoreError};
use tokio::sync::mpsc;

/// A stored message on its way to its decision.
#[derive(Debug)]
pub(crate) struct Undecided {
    pub(crate) message: MessageId,
    pub(crate) organization: OrganizationId,
    pub(crate) hash: BlobHash,
    pub(crate) size: u64,
    pub(crate) fence: i64,
    pub(crate) connector: ConnectorId,
    pub(crate) automatic_mail: AutomaticMail,
    pub(crate) case_defaults: CaseDefaults,
    /// Under way already when the message was small enough to be examined from memory.
    pub(crate) examination: Option<Examination>,
}

pub(crate) struct Decider {
    workshop: Workshop,
}

impl Decider {
    pub(crate) const fn new(workshop: Workshop) -> Self {
        Self { workshop }
    }

    pub(crate) async fn run(self, mut groups: mpsc::Receiver<Vec<Undecided>>) -> Result<(), EngineError> {
        while let Some(group) = groups.recv().await {
            self.decide(group).await?;
        }
        Ok(())
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
        let Err(error) = self.workshop.store.commit_decisions(&decided).await else {
            metrics::counter!("mailcase_messages_decided_total")
                .increment(decided.len().try_into().unwrap_or(u64::MAX));
            return Ok(());
        };
        tracing::warn!(%error, messages = decided.len(), "a batch of decisions failed; trying one by one");
        for message in &decided {
            match self.workshop.store.commit_decisions(std::slice::from_ref(message)).await {
                Ok(_) => metrics::counter!("mailcase_messages_decided_total").increment(1),
                Err(error) => self.set_back(message.message, message.fence, error.into()).await?,
            }
        }
        Ok(())
    }

    async fn set_back(&self, message: MessageId, fence: i64, error: EngineError) -> Result<(), EngineError> {
        // The blob store being away is no message's fault: the lease runs out and the message is taken up again.
        if matches!(
            error,
            EngineError::Store(StoreError::Blob { .. }) | EngineError::Read(_) | EngineError::Stopping
        ) {
            return Err(error);
        }
        tracing::warn!(%message, %error, "a message could not be decided");
        metrics::counter!("mailcase_stage_failures_total").increment(1);
        self.workshop.store.record_stage_failure(message, fence, &error.to_string()).await?;
        Ok(())
    }

    async fn examined(&self, message: Undecided) -> Result<DecidedMessage, EngineError> {
        let Workshop { store, examiner, .. } = &self.workshop;
        let under_way = match message.examination {
            Some(examination) => examination.examined().await,
            None => None,
        };
        let examined = match under_way {
            Some(examined) => examined?,
            None => {
                let raw = store.blob_file(message.hash).await?;
                examiner.examine_stream(message.organization, raw, message.size).await?
            }
        };
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
        })
    }
}
