//! What an organization says of its own mail: domains, people, servers, and whether the DNS may be asked.

use crate::access::{ManageConnectors, ReadConnectors, Require};
use crate::client::Client;
use crate::dto::origin_settings::{OriginSettingsView, SaveOriginSettings};
use crate::extract::Body;
use crate::problem::Problem;
use crate::trail::{Action, entry};
use axum::Json;
use axum::extract::State;
use mailcase_core::connector::FieldError;
use mailcase_core::origin::OriginSettings;
use mailcase_indicators::host;
use mailcase_store::Store;
use serde_json::json;

/// What the organization says of its own mail.
#[utoipa::path(get, path = "/origin-settings", tag = "origin",
    security(("session" = ["read_connectors"]), ("token" = ["read_connectors"])),
    responses((status = 200, description = "The settings", body = OriginSettingsView)))]
pub(crate) async fn read_origin_settings(
    State(store): State<Store>,
    Require(caller, _): Require<ReadConnectors>,
) -> Result<Json<OriginSettingsView>, Problem> {
    Ok(Json(store.origin_settings(caller.organization).await?.into()))
}

/// Changes what the organization says of its own mail. It counts for mail from now on; `POST /reexaminations` applies it
/// to the mail there is.
#[utoipa::path(put, path = "/origin-settings", tag = "origin", request_body = SaveOriginSettings,
    security(("session" = ["manage_connectors"]), ("token" = ["manage_connectors"])),
    responses((status = 200, description = "Kept", body = OriginSettingsView)))]
pub(crate) async fn save_origin_settings(
    State(store): State<Store>,
    Require(caller, _): Require<ManageConnectors>,
    client: Client,
    Body(body): Body<SaveOriginSettings>,
) -> Result<Json<OriginSettingsView>, Problem> {
    let settings = OriginSettings::from(body.settings).tidied();
    let mistakes: Vec<FieldError> = settings
        .mistakes()
        .into_iter()
        .chain(everybodys(&settings.domains))
        .map(|one| FieldError::new(format!("settings.{}", one.field), one.message))
        .collect();
    if !mistakes.is_empty() {
        return Err(Problem::fields(mistakes));
    }
    let entry = entry(&client, &caller, Action::OriginSettingsChanged, json!({}));
    let kept =
        store.recorded(entry).save_origin_settings(caller.organization, &settings, body.revision).await?;
    Ok(Json(kept.into()))
}

/// Below `co.uk` anybody can have a name: nobody owns it.
fn everybodys(domains: &[String]) -> impl Iterator<Item = FieldError> {
    let names = domains.iter().enumerate().filter(|(_, name)| {
        // What is no domain at all is said already.
        name.contains('.') && host::ascii(name).is_some_and(|name| host::is_everybodys(&name))
    });
    names.map(|(at, name)| {
        let message = format!("anybody can have a name below `{name}`; write a domain somebody can own");
        FieldError::new(format!("domains[{at}]"), message)
    })
}
