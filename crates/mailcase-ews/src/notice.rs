//! What whoever runs a connector has to know of Exchange Web Services.

use crate::settings::points_at_exchange_online;
use serde_json::{Map, Value};

/// Exchange Online turns Exchange Web Services off (Microsoft 365 Message Center, MC1227454).
const ENDS: &str = "Exchange Online switched Exchange Web Services off on 1 October 2026, except for tenants that asked for \
    more time, and ends them for good on 1 April 2027. Migrate this connector to Microsoft Graph before: no message is lost \
    or taken twice, and there is a way back.";

/// Says that the mailbox lies where this protocol comes to an end.
#[must_use]
pub fn notice(connection: &Map<String, Value>) -> Option<String> {
    points_at_exchange_online(connection).then(|| ENDS.to_owned())
}
