//! Accounting: what the server holds against what is stored.

use crate::access::{ManageConnectors, ReadConnectors, Require};
use crate::client::Client;
use crate::dto::connector::{AccountingView, FetchedGaps, LatestAccounting};
use crate::extract::Ids;
use crate::problem::Problem;
use crate::trail::{Action, record};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use mailcase_core::ConnectorId;
use mailcase_engine::{Accounting, EngineHandle};
use mailcase_store::Store;
use serde_json::json;
use uuid::Uuid;

/// The last accounting, if there was one.
#[utoipa::path(get, path = "/connectors/{id}/accounting", tag = "connectors",
    params(("id" = Uuid, Path, description = "Id of the connector")),
    security(("session" = ["read_connectors"]), ("token" = ["read_connectors"])),
    responses((status = 200, description = "The last accounting", body = LatestAccounting)))]
pub(crate) async fn read_accounting(
    State(store): State<Store>,
    Require(caller, _): Require<ReadConnectors>,
    Ids(id): Ids<Uuid>,
) -> Result<Json<LatestAccounting>, Problem> {
    let connector = store.connector(caller.organization, ConnectorId::from_uuid(id)).await?;
    let kept = store.latest_accounting::<Accounting>(caller.organization, connector.id).await?;
    Ok(Json(LatestAccounting { accounting: kept.map(|kept| kept.result.into()) }))
}

/// Counts what the server holds against what is stored; may take minutes.
#[utoipa::path(post, path = "/connectors/{id}/accounting", tag = "connectors",
    params(("id" = Uuid, Path, description = "Id of the connector")),
    security(("session" = ["manage_connectors"]), ("token" = ["manage_connectors"])),
    responses((status = 200, description = "The accounting", body = AccountingView)))]
pub(crate) async fn run_accounting(
    State(engine): State<EngineHandle>,
    Require(caller, _): Require<ManageConnectors>,
    Ids(id): Ids<Uuid>,
) -> Result<Json<AccountingView>, Problem> {
    Ok(Json(engine.account(caller.organization, ConnectorId::from_uuid(id)).await?.into()))
}

/// Counts again, and fetches what is missing.
#[utoipa::path(post, path = "/connectors/{id}/accounting/fetch", tag = "connectors",
    params(("id" = Uuid, Path, description = "Id of the connector")),
    security(("session" = ["manage_connectors"]), ("token" = ["manage_connectors"])),
    responses((status = 202, description = "On its way", body = FetchedGaps)))]
pub(crate) async fn fetch_accounting_gaps(
    State(store): State<Store>,
    State(engine): State<EngineHandle>,
    Require(caller, _): Require<ManageConnectors>,
    client: Client,
    Ids(id): Ids<Uuid>,
) -> Result<(StatusCode, Json<FetchedGaps>), Problem> {
    let id = ConnectorId::from_uuid(id);
    let queued = engine.fetch_gaps(caller.organization, id).await?;
    record(&store, &client, &caller, Action::GapsFetched, id, json!({ "queued": queued })).await?;
    Ok((StatusCode::ACCEPTED, Json(FetchedGaps { queued: u64::try_from(queued).unwrap_or(u64::MAX) })))
}
