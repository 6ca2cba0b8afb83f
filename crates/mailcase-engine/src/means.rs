//! What the mail of an organization is examined with: its keys, what it says of its own mail, its patterns.

use crate::error::EngineError;
use crate::keyrings::{Keyrings, Keys};
use crate::origins::{OriginMeans, Origins};
use crate::patterns::Patterns;
use mailcase_core::{ConnectorId, OrganizationId};
use mailcase_evidence::{Evidence, Limits, Means};
use mailcase_patterns::PatternSet;
use mailcase_store::Store;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// What all organizations' mail is examined with, as far as somebody asked for it. Cheap to clone.
#[derive(Debug, Clone)]
pub struct MeansOf {
    pub(crate) keyrings: Keyrings,
    origins: Origins,
    patterns: Patterns,
}

/// What some mail is examined with right now.
#[derive(Debug, Clone)]
pub struct With {
    pub(crate) keys: Keys,
    pub(crate) origin: OriginMeans,
    patterns: PatternSet,
}

impl MeansOf {
    pub(crate) fn new(store: &Store, keyrings: Keyrings) -> Self {
        Self { keyrings, origins: Origins::new(store.clone()), patterns: Patterns::new(store.clone()) }
    }

    /// What mail that these connectors brought is examined with; of what none brought, the whole organization's.
    ///
    /// # Errors
    /// Those of the store: without an answer the message has to wait.
    pub async fn of(&self, org: OrganizationId, connectors: &[ConnectorId]) -> Result<With, EngineError> {
        let keys = self.keyrings.of(org, connectors).await?;
        Ok(With { keys, origin: self.origins.of(org).await?, patterns: self.patterns.of(org).await? })
    }

    #[must_use]
    pub const fn keyrings(&self) -> &Keyrings {
        &self.keyrings
    }

    /// Forgets what changes, until cancelled.
    pub(crate) async fn watch(self, cancel: CancellationToken) {
        let Self { keyrings, origins, patterns } = self;
        tokio::join!(keyrings.watch(cancel.clone()), origins.watch(cancel.clone()), patterns.watch(cancel));
    }
}

impl With {
    /// For the bytes.
    #[must_use]
    pub fn means(&self, limits: Limits) -> Means {
        let (keys, trust) = (self.keys.ring.clone(), Arc::clone(&self.origin.trust));
        Means { keys, trust, patterns: self.patterns.clone(), ..Means::from(limits) }
    }

    /// Asks the DNS about the senders of what was examined for the first time, where the organization wants that.
    pub async fn verify(&self, evidence: &mut Evidence) {
        if let Some(dns) = &self.origin.dns {
            evidence.verified(dns.verify(&evidence.origin, None).await);
        }
    }
}
