//! What an organization says of its own mail.

use jiff::Timestamp;
use mailcase_core::origin::{OriginSettings, OwnPerson};
use mailcase_store::KeptOriginSettings;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// One of the organization's own people.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OwnPersonShape {
    /// As mail programs show it; 5 characters at least.
    pub(crate) name: String,
    /// Further addresses this person writes from, besides those in own domains.
    pub(crate) addresses: Vec<String>,
}

#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OriginSettingsShape {
    /// Own domains, each with everything below it.
    pub(crate) domains: Vec<String>,
    /// People in whose name others may write.
    pub(crate) people: Vec<OwnPersonShape>,
    /// Names under which own servers write `Authentication-Results`. An empty one stands for headers without a name, as
    /// Exchange writes them.
    pub(crate) authserv_ids: Vec<String>,
    /// Networks in which own servers hand mail to each other, such as `192.0.2.0/24`.
    pub(crate) networks: Vec<String>,
    /// Whether DKIM, ARC, SPF and DMARC are verified with the DNS. Names that senders choose are asked for then.
    pub(crate) dns: bool,
    /// Name servers to ask instead of those of the system: `192.0.2.53` or `192.0.2.53:5353`.
    pub(crate) resolvers: Vec<String>,
}

/// The settings as they are to be from now on.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SaveOriginSettings {
    /// The revision the change was made on. When somebody else changed the settings since, nothing is changed.
    pub(crate) revision: i64,
    pub(crate) settings: OriginSettingsShape,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OriginSettingsView {
    /// 0 when nobody made any.
    pub(crate) revision: i64,
    pub(crate) settings: OriginSettingsShape,
    pub(crate) updated_at: Option<Timestamp>,
    pub(crate) updated_by: Option<String>,
}

impl From<OriginSettingsShape> for OriginSettings {
    fn from(shape: OriginSettingsShape) -> Self {
        let person = |one: OwnPersonShape| OwnPerson { name: one.name, addresses: one.addresses };
        Self {
            domains: shape.domains,
            people: shape.people.into_iter().map(person).collect(),
            authserv_ids: shape.authserv_ids,
            networks: shape.networks,
            dns: shape.dns,
            resolvers: shape.resolvers,
        }
    }
}

impl From<KeptOriginSettings> for OriginSettingsView {
    fn from(kept: KeptOriginSettings) -> Self {
        let KeptOriginSettings { revision, settings, updated_at, updated_by } = kept;
        let person = |one: OwnPerson| OwnPersonShape { name: one.name, addresses: one.addresses };
        let settings = OriginSettingsShape {
            domains: settings.domains,
            people: settings.people.into_iter().map(person).collect(),
            authserv_ids: settings.authserv_ids,
            networks: settings.networks,
            dns: settings.dns,
            resolvers: settings.resolvers,
        };
        Self { revision, settings, updated_at, updated_by }
    }
}
