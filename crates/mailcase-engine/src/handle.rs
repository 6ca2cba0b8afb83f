//! What the API may ask of the engine.

use crate::accounting::{self, Accounting, GapReason};
use crate::check::validate;
use crate::error::EngineError;
use crate::filter_preview::FilterPreview;
use crate::remote::{Remote, Secrets};
use mailcase_core::connector::{ConnectorSettings, FieldError};
use mailcase_core::{ConnectorId, OrganizationId};
use mailcase_mail::{CheckReport, Folder, SourceError, SourceKind};
use mailcase_store::{Event, Store};
use std::fmt;
use std::sync::Arc;

/// Cheap to clone. Works on every replica: what must reach the runner of a connector goes through the store.
#[derive(Clone)]
pub struct EngineHandle {
    store: Store,
    remote: Arc<dyn Remote>,
}

impl fmt::Debug for EngineHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EngineHandle").finish_non_exhaustive()
    }
}

impl EngineHandle {
    pub(crate) fn new(store: Store, remote: Arc<dyn Remote>) -> Self {
        Self { store, remote }
    }

    /// The kinds of sources there are, with the description of their settings.
    #[must_use]
    pub fn kinds(&self) -> &[SourceKind] {
        self.remote.kinds()
    }

    /// Every mistake in `settings` and `secrets` at once; connects to nothing.
    #[must_use]
    pub fn validate(&self, settings: &ConnectorSettings, secrets: &Secrets) -> Vec<FieldError> {
        validate(self.remote.kinds(), settings, secrets)
    }

    /// "Test connection" with settings that may not be stored yet.
    pub async fn check(&self, settings: &ConnectorSettings, secrets: &Secrets) -> CheckReport {
        self.remote.check(settings.clone(), secrets.clone()).await
    }

    /// The folders of the mailbox, live.
    ///
    /// # Errors
    /// What went wrong between us and the mailbox.
    pub async fn folders(
        &self,
        settings: &ConnectorSettings,
        secrets: &Secrets,
    ) -> Result<Vec<Folder>, SourceError> {
        self.remote.folders(settings.clone(), secrets.clone()).await
    }

    /// What the pre-filter of `settings` would have taken of the mail of the last `days` days, live.
    ///
    /// # Errors
    /// What went wrong between us and the mailbox.
    pub async fn preview_filter(
        &self,
        settings: &ConnectorSettings,
        secrets: &Secrets,
        days: u16,
    ) -> Result<FilterPreview, SourceError> {
        self.remote.preview_filter(settings.clone(), secrets.clone(), days).await
    }

    /// Takes inventory on the server, compares it with what is stored, and keeps the result.
    ///
    /// # Errors
    /// [`mailcase_store::StoreError::NotFound`] for a connector of another organization; what went wrong with the mailbox.
    pub async fn account(
        &self,
        organization: OrganizationId,
        connector: ConnectorId,
    ) -> Result<Accounting, EngineError> {
        let connector = self.store.connector(organization, connector).await?;
        accounting::account(&self.store, &*self.remote, &connector).await
    }

    /// Puts the gaps of a fresh accounting back on the list of messages to fetch; returns how many.
    ///
    /// # Errors
    /// As [`account`](Self::account).
    pub async fn fetch_gaps(
        &self,
        organization: OrganizationId,
        connector: ConnectorId,
    ) -> Result<usize, EngineError> {
        let accounting = self.account(organization, connector).await?;
        let mut fetched = 0_usize;
        for folder in accounting.folders {
            let ids: Vec<String> = folder
                .gaps
                .into_iter()
                .filter(|gap| gap.reason != GapReason::SizeDiffers)
                .map(|gap| gap.remote_id)
                .collect();
            fetched = fetched.saturating_add(
                self.store.request_deliveries(organization, connector, &folder.folder, &ids).await?,
            );
        }
        self.poll_now(connector).await;
        Ok(fetched)
    }

    /// Wakes the connector's runner, on whichever replica it is.
    pub async fn poll_now(&self, connector: ConnectorId) {
        self.store.publish(Event::ConnectorWake { connector }).await;
    }
}
