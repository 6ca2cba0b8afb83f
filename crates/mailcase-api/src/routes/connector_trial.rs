//! Trying settings out against the real mailbox, before or after they are saved.

use crate::access::{Caller, ManageConnectors, Require};
use crate::dto::connector::{CheckReportView, FilterPreviewView, FolderList, TryConnector, TryFilter};
use crate::extract::Body;
use crate::problem::Problem;
use crate::secrets::{self, Secrets};
use axum::Json;
use axum::extract::State;
use mailcase_core::ConnectorId;
use mailcase_engine::{EngineHandle, Trial};
use mailcase_store::Store;

/// Tests a connection step by step; changes nothing.
#[utoipa::path(post, path = "/connectors/test", tag = "connectors", request_body = TryConnector,
    security(("session" = ["manage_connectors"]), ("token" = ["manage_connectors"])),
    responses((status = 200, description = "How it went, also when steps failed", body = CheckReportView)))]
pub(crate) async fn test_connector(
    State(store): State<Store>,
    State(engine): State<EngineHandle>,
    Require(caller, _): Require<ManageConnectors>,
    Body(body): Body<TryConnector>,
) -> Result<Json<CheckReportView>, Problem> {
    let trial = complete(&store, &engine, &caller, body).await?;
    Ok(Json(engine.check(&trial).await.into()))
}

/// The folders of a mailbox, asked from the server.
#[utoipa::path(post, path = "/connectors/folders", tag = "connectors", request_body = TryConnector,
    security(("session" = ["manage_connectors"]), ("token" = ["manage_connectors"])),
    responses((status = 200, description = "The folders", body = FolderList)))]
pub(crate) async fn list_connector_folders(
    State(store): State<Store>,
    State(engine): State<EngineHandle>,
    Require(caller, _): Require<ManageConnectors>,
    Body(body): Body<TryConnector>,
) -> Result<Json<FolderList>, Problem> {
    let trial = complete(&store, &engine, &caller, body).await?;
    let folders = engine.folders(&trial).await?;
    Ok(Json(FolderList { folders: folders.into_iter().map(Into::into).collect() }))
}

/// Most days of mail a filter is tried out on.
const DAYS_MAX: u16 = 90;

/// What a pre-filter would have taken of the mail of the last days; keeps and changes nothing.
#[utoipa::path(post, path = "/connectors/preview-filter", tag = "connectors", request_body = TryFilter,
    security(("session" = ["manage_connectors"]), ("token" = ["manage_connectors"])),
    responses((status = 200, description = "The newest messages, and what would have become of them",
        body = FilterPreviewView)))]
pub(crate) async fn preview_filter(
    State(store): State<Store>,
    State(engine): State<EngineHandle>,
    Require(caller, _): Require<ManageConnectors>,
    Body(body): Body<TryFilter>,
) -> Result<Json<FilterPreviewView>, Problem> {
    if !(1..=DAYS_MAX).contains(&body.days) {
        return Err(Problem::invalid("days", format!("choose 1 to {DAYS_MAX}")));
    }
    let trial = complete(&store, &engine, &caller, body.connector).await?;
    Ok(Json(engine.preview_filter(caller.organization, &trial, body.days).await?.into()))
}

/// The settings to try, with stored secrets where none are given.
async fn complete(
    store: &Store,
    engine: &EngineHandle,
    caller: &Caller,
    body: TryConnector,
) -> Result<Trial, Problem> {
    let mut secrets = Secrets::new();
    let mut granted_to = None;
    if let Some(id) = body.id {
        let saved = store.connector(caller.organization, ConnectorId::from_uuid(id)).await?;
        if !secrets::leads_elsewhere(engine.kinds(), &saved.settings, &body.settings) {
            granted_to = Some(saved.id);
        }
        let stored = store.connector_secrets(saved.id).await?;
        secrets = secrets::not_given(&stored, &body.secrets);
        secrets::refuse_detour(engine.kinds(), &saved.settings, &body.settings, &secrets)?;
    }
    secrets::apply(&mut secrets, body.secrets);
    let mistakes = engine.validate(&body.settings, &secrets);
    if !mistakes.is_empty() {
        return Err(Problem::fields(mistakes));
    }
    Ok(Trial { settings: body.settings, secrets, granted_to })
}
