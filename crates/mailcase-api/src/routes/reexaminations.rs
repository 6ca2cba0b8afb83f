//! Stored messages examined again: asked for, watched, cancelled.

use crate::access::{ManageConnectors, ReadDesk, Require};
use crate::client::Client;
use crate::dto::reexamination::{
    ReexaminationDetail, ReexaminationView, ReexaminationsView, RequestReexamination,
};
use crate::extract::{Body, Ids};
use crate::problem::Problem;
use crate::trail::{Action, entry};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use mailcase_core::ReexaminationId;
use mailcase_evidence::PARSER_VERSION;
use mailcase_store::Store;
use serde_json::json;
use uuid::Uuid;

/// The newest re-examinations, and how many messages another one would mean.
#[utoipa::path(get, path = "/reexaminations", tag = "messages",
    security(("session" = ["read_desk"]), ("token" = ["read_desk"])),
    responses((status = 200, description = "Newest first", body = ReexaminationsView)))]
pub(crate) async fn list_reexaminations(
    State(store): State<Store>,
    Require(caller, _): Require<ReadDesk>,
) -> Result<Json<ReexaminationsView>, Problem> {
    let items = store.reexaminations(caller.organization).await?;
    let counts = store.reexamination_counts(caller.organization).await?;
    Ok(Json(ReexaminationsView {
        items: items.into_iter().map(Into::into).collect(),
        counts: counts.into(),
        parser_version: PARSER_VERSION,
    }))
}

/// Has messages examined again with the parser and the keys of today. What was decided stays decided.
///
/// 409 while one is under way or waits.
#[utoipa::path(post, path = "/reexaminations", tag = "messages", request_body = RequestReexamination,
    security(("session" = ["manage_connectors"]), ("token" = ["manage_connectors"])),
    responses((status = 201, description = "On its way", body = ReexaminationView)))]
pub(crate) async fn request_reexamination(
    State(store): State<Store>,
    Require(caller, _): Require<ManageConnectors>,
    client: Client,
    Body(body): Body<RequestReexamination>,
) -> Result<(StatusCode, Json<ReexaminationView>), Problem> {
    let entry = entry(&client, &caller, Action::ReexaminationRequested, json!({}));
    let one = store.recorded(entry).request_reexamination(caller.organization, body.scope.into()).await?;
    Ok((StatusCode::CREATED, Json(one.into())))
}

/// One re-examination, with the messages it changed.
#[utoipa::path(get, path = "/reexaminations/{id}", tag = "messages",
    params(("id" = Uuid, Path, description = "Id of the re-examination")),
    security(("session" = ["read_desk"]), ("token" = ["read_desk"])),
    responses((status = 200, description = "How far it is", body = ReexaminationDetail)))]
pub(crate) async fn read_reexamination(
    State(store): State<Store>,
    Require(caller, _): Require<ReadDesk>,
    Ids(id): Ids<Uuid>,
) -> Result<Json<ReexaminationDetail>, Problem> {
    let (org, id) = (caller.organization, ReexaminationId::from_uuid(id));
    let summary = store.reexamination(org, id).await?.into();
    let messages = store.reexamined_messages(org, id).await?;
    Ok(Json(ReexaminationDetail { summary, messages: messages.into_iter().map(Into::into).collect() }))
}

/// Ends a re-examination before its time. What was examined keeps its new evidence.
#[utoipa::path(post, path = "/reexaminations/{id}/cancel", tag = "messages",
    params(("id" = Uuid, Path, description = "Id of the re-examination")),
    security(("session" = ["manage_connectors"]), ("token" = ["manage_connectors"])),
    responses((status = 200, description = "Ended", body = ReexaminationView)))]
pub(crate) async fn cancel_reexamination(
    State(store): State<Store>,
    Require(caller, _): Require<ManageConnectors>,
    client: Client,
    Ids(id): Ids<Uuid>,
) -> Result<Json<ReexaminationView>, Problem> {
    let entry = entry(&client, &caller, Action::ReexaminationCancelled, json!({}));
    let id = ReexaminationId::from_uuid(id);
    Ok(Json(store.recorded(entry).cancel_reexamination(caller.organization, id).await?.into()))
}
