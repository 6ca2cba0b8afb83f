//! What organizations say of their own mail, ready to be used by everything in the process that examines.
//!
//! What the database says counts: before it is used, the number of an organization's settings is compared, at most once a
//! second, so that a change on another replica counts here as well.

use crate::dns::{Dns, NameServers};
use crate::error::EngineError;
use mailcase_core::OrganizationId;
use mailcase_core::origin::OriginSettings;
use mailcase_evidence::{Own, OwnPerson, Trust};
use mailcase_store::{Event, Store};
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;

/// Settings are not compared with the database more often: one small query per second and organization while mail comes.
const FRESH: Duration = Duration::from_secs(1);

/// How the origin of some mail is looked into.
#[derive(Debug, Clone, Default)]
pub(crate) struct OriginMeans {
    pub(crate) trust: Arc<Trust>,
    /// Without it nobody is asked.
    pub(crate) dns: Option<Dns>,
}

/// The settings of all organizations, as far as somebody asked for them. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Origins {
    store: Store,
    servers: NameServers,
    /// Each behind a lock of its own: the mail of one organization does not wait for the settings of another.
    held: Arc<Mutex<HashMap<OrganizationId, Slot>>>,
}

type Slot = Arc<tokio::sync::Mutex<Option<Held>>>;

struct Held {
    revision: i64,
    compared: Instant,
    means: OriginMeans,
}

impl fmt::Debug for Origins {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Origins").finish_non_exhaustive()
    }
}

impl Origins {
    pub(crate) fn new(store: Store) -> Self {
        Self { store, servers: NameServers::default(), held: Arc::default() }
    }

    /// How mail of this organization is looked into.
    ///
    /// # Errors
    /// Those of the store: without an answer nobody knows whom to believe.
    pub(crate) async fn of(&self, org: OrganizationId) -> Result<OriginMeans, EngineError> {
        let slot =
            Arc::clone(self.held.lock().unwrap_or_else(PoisonError::into_inner).entry(org).or_default());
        let mut slot = slot.lock().await;
        if let Some(held) = slot.as_ref().filter(|held| held.compared.elapsed() < FRESH) {
            return Ok(held.means.clone());
        }
        let compared = Instant::now();
        if let Some(held) = slot.as_mut()
            && self.store.origin_revision(org).await? == held.revision
        {
            held.compared = compared;
            return Ok(held.means.clone());
        }
        let kept = self.store.origin_settings(org).await?;
        let means = self.means(&kept.settings);
        *slot = Some(Held { revision: kept.revision, compared, means: means.clone() });
        Ok(means)
    }

    /// Name servers that cannot be used hold up no mail: it is examined without.
    fn means(&self, settings: &OriginSettings) -> OriginMeans {
        let dns = settings.dns.then(|| self.servers.at(&settings.name_servers()));
        let dns = dns.and_then(|dns| {
            dns.inspect_err(|error| tracing::error!(%error, "mail is not verified with the DNS")).ok()
        });
        OriginMeans { trust: Arc::new(trust(settings)), dns }
    }

    /// Forgets settings as they change, until cancelled: what is told counts at once.
    pub(crate) async fn watch(self, cancel: CancellationToken) {
        let mut events = self.store.events();
        loop {
            let event = tokio::select! {
                () = cancel.cancelled() => return,
                event = events.next() => event,
            };
            let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
            match event {
                Event::OriginChanged { org } => drop(held.remove(&org)),
                Event::Lagged => held.clear(),
                _ => {}
            }
        }
    }
}

fn trust(settings: &OriginSettings) -> Trust {
    let own = settings.domains.iter().fold(Own::default(), |own, domain| own.domain(domain));
    let people = settings.people.iter();
    let own = people.clone().flat_map(|one| &one.addresses).fold(own, |own, address| own.address(address));
    Trust {
        authserv_ids: settings.authserv_ids.clone(),
        networks: settings.networks.iter().filter_map(|network| network.parse().ok()).collect(),
        own,
        people: people.map(|one| OwnPerson::new(&one.name, &one.addresses)).collect(),
    }
}
