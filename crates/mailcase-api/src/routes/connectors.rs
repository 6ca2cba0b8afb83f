//! Connectors: what they are, how they are doing, and switching them on and off.

use crate::access::{ManageConnectors, ReadConnectors, Require};
use crate::client::Client;
use crate::connector_view::{complete, shown};
use crate::dto::connector::{ConnectorKind, ConnectorView, CreateConnector, UpdateConnector};
use crate::extract::{Body, Ids};
use crate::page::Page;
use crate::problem::{Kind, Problem};
use crate::secrets::{self, Secrets};
use crate::trail::{Action, entry};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use mailcase_core::ConnectorId;
use mailcase_core::connector::{Connector, Origin};
use mailcase_engine::EngineHandle;
use mailcase_store::{ConnectorPatch, Store};
use serde_json::json;
use uuid::Uuid;

/// The kinds of sources, with the settings they need.
#[utoipa::path(get, path = "/connector-kinds", tag = "connectors",
    security(("session" = ["read_connectors"]), ("token" = ["read_connectors"])),
    responses((status = 200, description = "The kinds", body = Page<ConnectorKind>)))]
pub(crate) async fn list_connector_kinds(
    State(engine): State<EngineHandle>,
    _caller: Require<ReadConnectors>,
) -> Json<Page<ConnectorKind>> {
    Json(Page::whole(engine.kinds().iter().map(Into::into).collect()))
}

/// The connectors of the organization, by name.
#[utoipa::path(get, path = "/connectors", tag = "connectors",
    security(("session" = ["read_connectors"]), ("token" = ["read_connectors"])),
    responses((status = 200, description = "All connectors", body = Page<ConnectorView>)))]
pub(crate) async fn list_connectors(
    State(store): State<Store>,
    State(engine): State<EngineHandle>,
    Require(caller, _): Require<ReadConnectors>,
) -> Result<Json<Page<ConnectorView>>, Problem> {
    let mut items = Vec::new();
    for connector in store.list_connectors_with_status(caller.organization).await? {
        items.push(complete(&store, &engine, caller.organization, connector).await?);
    }
    Ok(Json(Page::whole(items)))
}

/// Makes a connector.
#[utoipa::path(post, path = "/connectors", tag = "connectors", request_body = CreateConnector,
    security(("session" = ["manage_connectors"]), ("token" = ["manage_connectors"])),
    responses((status = 201, description = "Made", body = ConnectorView)))]
pub(crate) async fn create_connector(
    State(store): State<Store>,
    State(engine): State<EngineHandle>,
    Require(caller, _): Require<ManageConnectors>,
    client: Client,
    Body(body): Body<CreateConnector>,
) -> Result<(StatusCode, Json<ConnectorView>), Problem> {
    let mut secrets = Secrets::new();
    secrets::apply(&mut secrets, body.secrets);
    let mistakes = engine.validate(&body.settings, &secrets);
    if !mistakes.is_empty() {
        return Err(Problem::fields(mistakes));
    }
    let org = caller.organization;
    let facts = json!({"api_name": body.settings.api_name, "active": body.active});
    let entry = entry(&client, &caller, Action::ConnectorCreated, facts);
    let connector =
        store.recorded(entry).create_connector(org, &body.settings, &secrets, body.active).await?;
    Ok((StatusCode::CREATED, Json(shown(&store, &engine, org, connector.id).await?)))
}

/// One connector.
#[utoipa::path(get, path = "/connectors/{id}", tag = "connectors",
    params(("id" = Uuid, Path, description = "Id of the connector")),
    security(("session" = ["read_connectors"]), ("token" = ["read_connectors"])),
    responses((status = 200, description = "The connector", body = ConnectorView)))]
pub(crate) async fn read_connector(
    State(store): State<Store>,
    State(engine): State<EngineHandle>,
    Require(caller, _): Require<ReadConnectors>,
    Ids(id): Ids<Uuid>,
) -> Result<Json<ConnectorView>, Problem> {
    Ok(Json(shown(&store, &engine, caller.organization, ConnectorId::from_uuid(id)).await?))
}

/// Changes a connector; it starts anew with the new settings.
///
/// When settings change where a stored secret would be sent, the secret has to be given again; access a person granted
/// is forgotten, and has to be granted again.
#[utoipa::path(patch, path = "/connectors/{id}", tag = "connectors", request_body = UpdateConnector,
    params(("id" = Uuid, Path, description = "Id of the connector")),
    security(("session" = ["manage_connectors"]), ("token" = ["manage_connectors"])),
    responses((status = 200, description = "Changed", body = ConnectorView)))]
pub(crate) async fn update_connector(
    State(store): State<Store>,
    State(engine): State<EngineHandle>,
    Require(caller, _): Require<ManageConnectors>,
    client: Client,
    Ids(id): Ids<Uuid>,
    Body(body): Body<UpdateConnector>,
) -> Result<Json<ConnectorView>, Problem> {
    let (org, id) = (caller.organization, ConnectorId::from_uuid(id));
    let before = store.connector(org, id).await?;
    if body.revision.is_some_and(|revision| revision != before.revision) {
        return Err(Problem::new(
            Kind::Conflict,
            "somebody else changed the connector meanwhile; load it again and repeat the change",
        ));
    }
    let facts = json!({
        "api_name": before.settings.api_name,
        "settings": body.settings.is_some(),
        "secrets": body.secrets.keys().collect::<Vec<_>>(),
        "active": body.active,
    });
    check_change(&store, &engine, &before, &body).await?;
    let wanted = body.settings.as_ref();
    let forget_grant =
        wanted.is_some_and(|wanted| secrets::leads_elsewhere(engine.kinds(), &before.settings, wanted));
    let UpdateConnector { settings, active, secrets, revision } = body;
    // What was checked against these settings must not meet others: a stored secret could go where they lead.
    let checked = revision.is_some() || settings.is_some() || !secrets.is_empty();
    let revision = checked.then_some(before.revision);
    let patch = ConnectorPatch { revision, settings, active, secrets, forget_grant };
    let entry = entry(&client, &caller, Action::ConnectorUpdated, facts);
    store.recorded(entry).update_connector(org, id, &patch).await?;
    Ok(Json(shown(&store, &engine, org, id).await?))
}

/// What the connector would be after the change must be right as a whole.
async fn check_change(
    store: &Store,
    engine: &EngineHandle,
    before: &Connector,
    body: &UpdateConnector,
) -> Result<(), Problem> {
    if body.settings.is_none() && body.secrets.is_empty() {
        return Ok(());
    }
    if let Origin::File { path } = &before.origin {
        return Err(Problem::new(
            Kind::ReadOnly,
            format!("this connector is declared in `{path}`; change it there"),
        ));
    }
    let settings = body.settings.as_ref().unwrap_or(&before.settings);
    let stored = store.connector_secrets(before.id).await?;
    let mut secrets = secrets::not_given(&stored, &body.secrets);
    secrets::refuse_detour(engine.kinds(), &before.settings, settings, &secrets)?;
    secrets::apply(&mut secrets, body.secrets.clone());
    let mistakes = engine.validate(settings, &secrets);
    if mistakes.is_empty() { Ok(()) } else { Err(Problem::fields(mistakes)) }
}

/// Deletes a connector; its messages stay.
#[utoipa::path(delete, path = "/connectors/{id}", tag = "connectors",
    params(("id" = Uuid, Path, description = "Id of the connector")),
    security(("session" = ["manage_connectors"]), ("token" = ["manage_connectors"])),
    responses((status = 204, description = "Deleted")))]
pub(crate) async fn delete_connector(
    State(store): State<Store>,
    Require(caller, _): Require<ManageConnectors>,
    client: Client,
    Ids(id): Ids<Uuid>,
) -> Result<StatusCode, Problem> {
    let (org, id) = (caller.organization, ConnectorId::from_uuid(id));
    let connector = store.connector(org, id).await?;
    if let Origin::File { path } = &connector.origin {
        let detail = format!("this connector is declared in `{path}`; remove it there");
        return Err(Problem::new(Kind::ReadOnly, detail));
    }
    let facts = json!({"api_name": connector.settings.api_name});
    let entry = entry(&client, &caller, Action::ConnectorDeleted, facts);
    store.recorded(entry).delete_connector(org, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Starts watching.
#[utoipa::path(post, path = "/connectors/{id}/activate", tag = "connectors",
    params(("id" = Uuid, Path, description = "Id of the connector")),
    security(("session" = ["manage_connectors"]), ("token" = ["manage_connectors"])),
    responses((status = 200, description = "Active", body = ConnectorView)))]
pub(crate) async fn activate_connector(
    State(store): State<Store>,
    State(engine): State<EngineHandle>,
    Require(caller, _): Require<ManageConnectors>,
    client: Client,
    Ids(id): Ids<Uuid>,
) -> Result<Json<ConnectorView>, Problem> {
    let (org, id) = (caller.organization, ConnectorId::from_uuid(id));
    let entry = entry(&client, &caller, Action::ConnectorActivated, json!({}));
    store.recorded(entry).set_connector_active(org, id, true).await?;
    Ok(Json(shown(&store, &engine, org, id).await?))
}

/// Stops watching.
#[utoipa::path(post, path = "/connectors/{id}/deactivate", tag = "connectors",
    params(("id" = Uuid, Path, description = "Id of the connector")),
    security(("session" = ["manage_connectors"]), ("token" = ["manage_connectors"])),
    responses((status = 200, description = "Paused", body = ConnectorView)))]
pub(crate) async fn deactivate_connector(
    State(store): State<Store>,
    State(engine): State<EngineHandle>,
    Require(caller, _): Require<ManageConnectors>,
    client: Client,
    Ids(id): Ids<Uuid>,
) -> Result<Json<ConnectorView>, Problem> {
    let (org, id) = (caller.organization, ConnectorId::from_uuid(id));
    let entry = entry(&client, &caller, Action::ConnectorDeactivated, json!({}));
    store.recorded(entry).set_connector_active(org, id, false).await?;
    Ok(Json(shown(&store, &engine, org, id).await?))
}

/// Looks for mail now.
#[utoipa::path(post, path = "/connectors/{id}/poll", tag = "connectors",
    params(("id" = Uuid, Path, description = "Id of the connector")),
    security(("session" = ["manage_connectors"]), ("token" = ["manage_connectors"])),
    responses((status = 202, description = "On its way")))]
pub(crate) async fn poll_connector(
    State(store): State<Store>,
    State(engine): State<EngineHandle>,
    Require(caller, _): Require<ManageConnectors>,
    Ids(id): Ids<Uuid>,
) -> Result<StatusCode, Problem> {
    let connector = store.connector(caller.organization, ConnectorId::from_uuid(id)).await?;
    if !connector.active {
        return Err(Problem::new(Kind::Conflict, "the connector is paused; activate it first"));
    }
    engine.poll_now(connector.id).await;
    Ok(StatusCode::ACCEPTED)
}
