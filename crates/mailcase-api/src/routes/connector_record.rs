//! What happened at a connector, and what needs a person there.

use crate::access::{ManageConnectors, ReadConnectors, Require};
use crate::client::Client;
use crate::dto::connector::{ConnectorLogLine, LogQuery, LookedAgain, NeedsAttention};
use crate::extract::{Ids, Query};
use crate::page::Page;
use crate::problem::Problem;
use crate::trail::{Action, entry};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use mailcase_core::{ConnectorId, DeliveryId};
use mailcase_store::{ConnectorLogEntry, Store};
use serde_json::json;
use uuid::Uuid;

/// Lines answered when the caller names no limit.
const LINES_DEFAULT: u32 = 100;
/// Most lines there are.
const LINES_MAX: u32 = 500;

/// The newest lines of a connector's log, newest first.
#[utoipa::path(get, path = "/connectors/{id}/log", tag = "connectors",
    params(("id" = Uuid, Path, description = "Id of the connector"), LogQuery),
    security(("session" = ["read_connectors"]), ("token" = ["read_connectors"])),
    responses((status = 200, description = "The lines", body = Page<ConnectorLogLine>)))]
pub(crate) async fn list_connector_log(
    State(store): State<Store>,
    Require(caller, _): Require<ReadConnectors>,
    Ids(id): Ids<Uuid>,
    Query(query): Query<LogQuery>,
) -> Result<Json<Page<ConnectorLogLine>>, Problem> {
    let limit = query.limit.unwrap_or(LINES_DEFAULT);
    if !(1..=LINES_MAX).contains(&limit) {
        return Err(Problem::invalid("limit", format!("choose 1 to {LINES_MAX}")));
    }
    let connector = store.connector(caller.organization, ConnectorId::from_uuid(id)).await?;
    let lines = store.connector_log(caller.organization, connector.id, i64::from(limit)).await?;
    let line = |ConnectorLogEntry { at, level, event, text, .. }| {
        let level = level.as_str().to_owned();
        ConnectorLogLine { at, level, event, text }
    };
    Ok(Json(Page::whole(lines.into_iter().map(line).collect())))
}

/// What needs a person at a connector: what could not be fetched, and what could not be decided.
#[utoipa::path(get, path = "/connectors/{id}/needs-attention", tag = "connectors",
    params(("id" = Uuid, Path, description = "Id of the connector")),
    security(("session" = ["read_connectors"]), ("token" = ["read_connectors"])),
    responses((status = 200, description = "At most 200 of each", body = NeedsAttention)))]
pub(crate) async fn read_needs_attention(
    State(store): State<Store>,
    Require(caller, _): Require<ReadConnectors>,
    Ids(id): Ids<Uuid>,
) -> Result<Json<NeedsAttention>, Problem> {
    let connector = store.connector(caller.organization, ConnectorId::from_uuid(id)).await?;
    let found = store.needs_attention(caller.organization, connector.id).await?;
    Ok(Json(NeedsAttention {
        deliveries: found.deliveries.into_iter().map(Into::into).collect(),
        messages: found.messages.into_iter().map(Into::into).collect(),
    }))
}

/// Looks again, by the filter as it is now, at everything the connector's pre-filter left out.
#[utoipa::path(post, path = "/connectors/{id}/look-again", tag = "connectors",
    params(("id" = Uuid, Path, description = "Id of the connector")),
    security(("session" = ["manage_connectors"]), ("token" = ["manage_connectors"])),
    responses((status = 202, description = "On its way", body = LookedAgain)))]
pub(crate) async fn look_again(
    State(store): State<Store>,
    Require(caller, _): Require<ManageConnectors>,
    client: Client,
    Ids(id): Ids<Uuid>,
) -> Result<(StatusCode, Json<LookedAgain>), Problem> {
    let connector = ConnectorId::from_uuid(id);
    let entry = entry(&client, &caller, Action::LookedAgain, json!({}));
    let queued = store.recorded(entry).look_again(caller.organization, connector).await?;
    Ok((StatusCode::ACCEPTED, Json(LookedAgain { queued })))
}

/// Tries a delivery anew.
#[utoipa::path(post, path = "/connectors/{id}/deliveries/{delivery}/retry", tag = "connectors",
    params(("id" = Uuid, Path, description = "Id of the connector"),
        ("delivery" = Uuid, Path, description = "Id of the delivery")),
    security(("session" = ["manage_connectors"]), ("token" = ["manage_connectors"])),
    responses((status = 202, description = "On its way")))]
pub(crate) async fn retry_delivery(
    State(store): State<Store>,
    Require(caller, _): Require<ManageConnectors>,
    client: Client,
    Ids((id, delivery)): Ids<(Uuid, Uuid)>,
) -> Result<StatusCode, Problem> {
    let delivery = DeliveryId::from_uuid(delivery);
    let connector = store.connector(caller.organization, ConnectorId::from_uuid(id)).await?;
    if store.connector_of_delivery(caller.organization, delivery).await? != connector.id {
        return Err(Problem::not_found("delivery at this connector"));
    }
    let entry = entry(&client, &caller, Action::DeliveryRetried, json!({}));
    store.recorded(entry).retry_delivery(caller.organization, delivery).await?;
    Ok(StatusCode::ACCEPTED)
}
