//! What organizations say of their own mail, ready to be used by everything in the process that examines.

use crate::dns::{Dns, NameServers};
use crate::error::EngineError;
use crate::per_organization::PerOrganization;
use mailcase_core::OrganizationId;
use mailcase_core::origin::OriginSettings;
use mailcase_evidence::{Own, OwnPerson, Trust};
use mailcase_store::{Event, Store};
use std::fmt;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

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
    held: PerOrganization<OriginMeans>,
}

impl fmt::Debug for Origins {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Origins").finish_non_exhaustive()
    }
}

impl Origins {
    pub(crate) fn new(store: Store) -> Self {
        Self { store, servers: NameServers::default(), held: PerOrganization::default() }
    }

    /// How mail of this organization is looked into.
    ///
    /// # Errors
    /// Those of the store: without an answer nobody knows whom to believe.
    pub(crate) async fn of(&self, org: OrganizationId) -> Result<OriginMeans, EngineError> {
        let number = async || Ok(self.store.origin_revision(org).await?);
        let make = async || {
            let kept = self.store.origin_settings(org).await?;
            Ok((kept.revision, self.means(&kept.settings)))
        };
        self.held.of(org, number, make).await
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
            match event {
                Event::OriginChanged { org } => self.held.forget(org),
                Event::Lagged => self.held.forget_all(),
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
