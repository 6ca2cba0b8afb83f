//! From one source of a mailbox to another: shadowed, compared, changed over, undone.

use crate::access::{ManageConnectors, ReadConnectors, Require};
use crate::client::Client;
use crate::dto::migration::{ComparisonView, MigrationStatus, MigrationView, SourceChanged, StartMigration};
use crate::extract::{Body, Ids};
use crate::problem::{Kind, Problem};
use crate::secrets::{self, Secrets};
use crate::trail::{Action, entry};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use mailcase_core::ConnectorId;
use mailcase_core::connector::{Connector, ConnectorSettings};
use mailcase_core::migration::{MigrationState, SourceSettings};
use mailcase_engine::EngineHandle;
use mailcase_store::Store;
use serde_json::json;
use uuid::Uuid;

/// Whether the connector is on its way to another source, and how the two compare.
#[utoipa::path(get, path = "/connectors/{id}/migration", tag = "connectors",
    params(("id" = Uuid, Path, description = "Id of the connector")),
    security(("session" = ["read_connectors"]), ("token" = ["read_connectors"])),
    responses((status = 200, description = "How far it is", body = MigrationStatus)))]
pub(crate) async fn read_migration(
    State(store): State<Store>,
    Require(caller, _): Require<ReadConnectors>,
    Ids(id): Ids<Uuid>,
) -> Result<Json<MigrationStatus>, Problem> {
    let connector = store.connector(caller.organization, ConnectorId::from_uuid(id)).await?;
    let other = store.other_source(caller.organization, connector.id).await?;
    Ok(Json(MigrationStatus { migration: other.map(MigrationView::try_from).transpose()? }))
}

/// Puts another source beside the one in use. It takes nothing and changes nothing; the two are compared every quarter of an
/// hour, and whenever somebody asks.
#[utoipa::path(post, path = "/connectors/{id}/migration", tag = "connectors", request_body = StartMigration,
    params(("id" = Uuid, Path, description = "Id of the connector")),
    security(("session" = ["manage_connectors"]), ("token" = ["manage_connectors"])),
    responses((status = 200, description = "Beside it from now on", body = MigrationStatus)))]
pub(crate) async fn start_migration(
    State(store): State<Store>,
    State(engine): State<EngineHandle>,
    Require(caller, _): Require<ManageConnectors>,
    client: Client,
    Ids(id): Ids<Uuid>,
    Body(body): Body<StartMigration>,
) -> Result<Json<MigrationStatus>, Problem> {
    let (org, id) = (caller.organization, ConnectorId::from_uuid(id));
    let connector = store.connector(org, id).await?;
    let StartMigration { kind, connection, folders, secrets: given } = body;
    let source = SourceSettings { kind, connection, folders };
    let mut secrets = Secrets::new();
    secrets::apply(&mut secrets, given);
    check_successor(&engine, &connector, &source, &secrets)?;
    let entry = entry(&client, &caller, Action::MigrationStarted, json!({}));
    store.recorded(entry).shadow(org, id, &source, &secrets).await?;
    let other = store.other_source(org, id).await?;
    Ok(Json(MigrationStatus { migration: other.map(MigrationView::try_from).transpose()? }))
}

fn check_successor(
    engine: &EngineHandle,
    connector: &Connector,
    source: &SourceSettings,
    secrets: &Secrets,
) -> Result<(), Problem> {
    let in_use = &connector.settings;
    let kind = engine.kinds().iter().find(|kind| kind.kind == in_use.kind);
    if !kind.is_some_and(|kind| kind.successors.contains(&source.kind.as_str())) {
        let message = format!("a connector of the kind `{}` cannot go on as this", in_use.kind);
        return Err(Problem::invalid("kind", message));
    }
    let watched = |folders: &[String]| folders.len().max(1);
    if watched(&in_use.folders) != watched(&source.folders) {
        let message = format!(
            "the connector watches {}: name as many, in the same order",
            match watched(&in_use.folders) {
                1 => "one folder".to_owned(),
                count => format!("{count} folders"),
            }
        );
        return Err(Problem::invalid("folders", message));
    }
    let settings: ConnectorSettings = in_use.with_source(source);
    let mistakes = engine.validate(&settings, secrets);
    if !mistakes.is_empty() {
        return Err(Problem::fields(mistakes));
    }
    if engine.needs_grant(&settings) && !engine.needs_grant(in_use) {
        let message =
            "nobody can grant access before the connector uses this source: let it sign in as an application";
        return Err(Problem::invalid("connection.oauth", message));
    }
    Ok(())
}

/// Gives the other source up: it is not to take over, or there is no need of a way back.
#[utoipa::path(delete, path = "/connectors/{id}/migration", tag = "connectors",
    params(("id" = Uuid, Path, description = "Id of the connector")),
    security(("session" = ["manage_connectors"]), ("token" = ["manage_connectors"])),
    responses((status = 204, description = "Forgotten")))]
pub(crate) async fn end_migration(
    State(store): State<Store>,
    Require(caller, _): Require<ManageConnectors>,
    client: Client,
    Ids(id): Ids<Uuid>,
) -> Result<StatusCode, Problem> {
    let entry = entry(&client, &caller, Action::MigrationEnded, json!({}));
    store.recorded(entry).forget_other_source(caller.organization, ConnectorId::from_uuid(id)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Compares the two sources now.
#[utoipa::path(post, path = "/connectors/{id}/migration/comparison", tag = "connectors",
    params(("id" = Uuid, Path, description = "Id of the connector")),
    security(("session" = ["manage_connectors"]), ("token" = ["manage_connectors"])),
    responses((status = 200, description = "How they compare", body = ComparisonView)))]
pub(crate) async fn compare_sources(
    State(engine): State<EngineHandle>,
    Require(caller, _): Require<ManageConnectors>,
    Ids(id): Ids<Uuid>,
) -> Result<Json<ComparisonView>, Problem> {
    let compared = engine.compare_sources(caller.organization, ConnectorId::from_uuid(id)).await?;
    Ok(Json(compared.into()))
}

/// Lets the other source go on in place of the one in use. No message is taken twice and none is missed; when it fails,
/// everything stays as it was.
///
/// Refused with 409 until the last comparison found no difference. Going back needs no comparison.
#[utoipa::path(post, path = "/connectors/{id}/migration/switch", tag = "connectors",
    params(("id" = Uuid, Path, description = "Id of the connector")),
    security(("session" = ["manage_connectors"]), ("token" = ["manage_connectors"])),
    responses((status = 200, description = "It goes on", body = SourceChanged)))]
pub(crate) async fn switch_sources(
    State(store): State<Store>,
    State(engine): State<EngineHandle>,
    Require(caller, _): Require<ManageConnectors>,
    client: Client,
    Ids(id): Ids<Uuid>,
) -> Result<Json<SourceChanged>, Problem> {
    let (org, id) = (caller.organization, ConnectorId::from_uuid(id));
    store.connector(org, id).await?;
    let other = store.other_source(org, id).await?;
    let other = other.ok_or_else(|| Problem::new(Kind::NotFound, "there is no other source"))?;
    let action = match other.state {
        MigrationState::Shadow if other.agreements == 0 => {
            return Err(Problem::new(
                Kind::Conflict,
                "the two sources do not see the same messages, as far as is known: compare them first",
            ));
        }
        MigrationState::Shadow => Action::SourceSwitched,
        MigrationState::Switched => Action::SourceSwitchUndone,
    };
    let entry = entry(&client, &caller, action, json!({}));
    Ok(Json(engine.change_sources(org, id, entry).await?.into()))
}
