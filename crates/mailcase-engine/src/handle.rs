//! What the API may ask of the engine.

use crate::accounting::{self, Accounting, GapReason};
use crate::check::validate;
use crate::error::EngineError;
use crate::filter_preview::FilterPreview;
use crate::means::MeansOf;
use crate::migration::{self, Comparison};
use crate::remote::{Remote, Secrets, Trial};
use mailcase_core::connector::{Connector, ConnectorSettings, FieldError};
use mailcase_core::{ConnectorId, OrganizationId};
use mailcase_mail::{
    Announced, Announcement, BegunGrant, CheckReport, Folder, GrantAnswer, GrantRequest, Granted,
    SourceError, SourceKind,
};
use mailcase_store::{Event, NewAudit, Passed, Store};
use std::fmt;
use std::sync::Arc;

/// Cheap to clone. Works on every replica: what must reach the runner of a connector goes through the store.
#[derive(Clone)]
pub struct EngineHandle {
    store: Store,
    remote: Arc<dyn Remote>,
    means: MeansOf,
}

impl fmt::Debug for EngineHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EngineHandle").finish_non_exhaustive()
    }
}

impl EngineHandle {
    pub(crate) fn new(store: Store, remote: Arc<dyn Remote>, means: MeansOf) -> Self {
        Self { store, remote, means }
    }

    /// What mail is examined with.
    #[must_use]
    pub const fn means(&self) -> &MeansOf {
        &self.means
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
    pub async fn check(&self, trial: &Trial) -> CheckReport {
        self.remote.check(trial.clone()).await
    }

    /// The folders of the mailbox, live.
    ///
    /// # Errors
    /// What went wrong between us and the mailbox.
    pub async fn folders(&self, trial: &Trial) -> Result<Vec<Folder>, SourceError> {
        self.remote.folders(trial.clone()).await
    }

    /// What the pre-filter would have taken of the mail of the last `days` days, live. Encrypted mail is read with the
    /// keys it would have been.
    ///
    /// # Errors
    /// What went wrong between us and the mailbox.
    pub async fn preview_filter(
        &self,
        organization: OrganizationId,
        trial: &Trial,
        days: u16,
    ) -> Result<FilterPreview, EngineError> {
        let connectors: Vec<ConnectorId> = trial.granted_to.into_iter().collect();
        let keys = self.means.keyrings().of(organization, &connectors).await?;
        Ok(self.remote.preview_filter(trial.clone(), days, keys.ring).await?)
    }

    /// Whether a mailbox with these settings is opened by access that a person grants in the browser.
    #[must_use]
    pub fn needs_grant(&self, settings: &ConnectorSettings) -> bool {
        self.remote.needs_grant(settings)
    }

    /// What whoever runs a connector with these settings has to know of its source.
    #[must_use]
    pub fn notice(&self, settings: &ConnectorSettings) -> Option<String> {
        self.remote.notice(settings)
    }

    /// Begins to grant a saved connector access; asks nobody yet.
    ///
    /// # Errors
    /// When settings and secrets do not fit together, or no grant is needed.
    pub async fn begin_grant(
        &self,
        connector: &Connector,
        request: &GrantRequest,
    ) -> Result<BegunGrant, EngineError> {
        Ok(self.remote.begin_grant(&self.saved(connector).await?, request)?)
    }

    /// Turns what the browser brought back into access; the caller keeps it.
    ///
    /// # Errors
    /// When access was denied or the provider refuses; trouble on the way there.
    pub async fn complete_grant(
        &self,
        connector: &Connector,
        answer: GrantAnswer,
    ) -> Result<Granted, EngineError> {
        Ok(self.remote.complete_grant(self.saved(connector).await?, answer).await?)
    }

    async fn saved(&self, connector: &Connector) -> Result<Trial, EngineError> {
        let secrets = self.store.connector_secrets(connector.id).await?;
        Ok(Trial { settings: connector.settings.clone(), secrets, granted_to: Some(connector.id) })
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

    /// Compares the two sources of a connector while the one in use goes on, and keeps the result. Trouble with the
    /// mailbox is part of it.
    ///
    /// # Errors
    /// [`mailcase_store::StoreError::NotFound`] when there is no other source; trouble of our own.
    pub async fn compare_sources(
        &self,
        organization: OrganizationId,
        connector: ConnectorId,
    ) -> Result<Comparison, EngineError> {
        let connector = self.store.connector(organization, connector).await?;
        migration::compare(&self.store, &*self.remote, connector).await
    }

    /// Lets the other source of a connector go on in place of the one in use, which becomes the other one. Once begun it
    /// goes on to its end, whether somebody waits for it or not.
    ///
    /// # Errors
    /// As [`compare_sources`](Self::compare_sources), and trouble with either source; then everything stays as it was.
    pub async fn change_sources(
        &self,
        organization: OrganizationId,
        connector: ConnectorId,
        entry: NewAudit,
    ) -> Result<Passed, EngineError> {
        let (store, remote) = (self.store.clone(), Arc::clone(&self.remote));
        let changing =
            async move { migration::change_places(&store, &*remote, organization, connector, entry).await };
        tokio::spawn(changing).await.unwrap_or(Err(EngineError::Task))
    }

    /// Takes a call of somebody who says to be the server of a connector's mailbox. When it is believed, the mailbox is
    /// polled; the answer may have to be echoed.
    pub async fn announced(
        &self,
        kind: &str,
        connector: ConnectorId,
        announcement: &Announcement,
    ) -> Announced {
        let announced = self.remote.announced(kind, announcement, &self.store.announce_secret(connector));
        if announced == Announced::Changed {
            self.poll_now(connector).await;
        }
        announced
    }

    /// Wakes the connector's runner, on whichever replica it is.
    pub async fn poll_now(&self, connector: ConnectorId) {
        self.store.publish(Event::ConnectorWake { connector }).await;
    }
}
