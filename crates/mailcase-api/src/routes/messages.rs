//! Messages: the list, one with its evidence, trying one again.

use crate::access::{ReadDesk, Require, WriteDesk};
use crate::client::Client;
use crate::dto::message::{MessageDetail, MessageQuery, MessageSummary};
use crate::extract::{Ids, Query};
use crate::page::{Page, request};
use crate::problem::Problem;
use crate::trail::{Action, record};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use mailcase_core::{CaseId, ConnectorId, MessageId};
use mailcase_evidence::IndicatorKind;
use mailcase_store::{MessageFilter, Store};
use serde_json::json;
use uuid::Uuid;

/// Messages, newest arrival first.
#[utoipa::path(get, path = "/messages", tag = "messages", params(MessageQuery),
    security(("session" = ["read_desk"]), ("token" = ["read_desk"])),
    responses((status = 200, description = "A page of messages", body = Page<MessageSummary>)))]
pub(crate) async fn list_messages(
    State(store): State<Store>,
    Require(caller, _): Require<ReadDesk>,
    Query(query): Query<MessageQuery>,
) -> Result<Json<Page<MessageSummary>>, Problem> {
    let page = request(query.cursor, query.limit)?;
    let filter = MessageFilter {
        q: query.q,
        state: query.state,
        connector: query.connector.map(ConnectorId::from_uuid),
        case: query.case.map(CaseId::from_uuid),
        has_case: query.has_case,
        automatic: query.automatic,
        needs_key: query.needs_key,
        indicator: query.indicator.as_deref().map(named).transpose()?,
    };
    let page = store.list_messages(caller.organization, &filter, &page).await?;
    Ok(Json(Page::of(page, Into::into)))
}

/// The indicator that is written `kind:value`.
fn named(text: &str) -> Result<(IndicatorKind, String), Problem> {
    let read = text.split_once(':').and_then(|(kind, value)| {
        let kind: IndicatorKind = serde_json::from_value(json!(kind)).ok()?;
        Some((kind, value.to_owned()))
    });
    read.ok_or_else(|| Problem::invalid("indicator", "write kind and value as in domain:evil.example"))
}

/// One message with its evidence.
#[utoipa::path(get, path = "/messages/{id}", tag = "messages",
    params(("id" = Uuid, Path, description = "Id of the message")),
    security(("session" = ["read_desk"]), ("token" = ["read_desk"])),
    responses((status = 200, description = "The message", body = MessageDetail)))]
pub(crate) async fn read_message(
    State(store): State<Store>,
    Require(caller, _): Require<ReadDesk>,
    Ids(id): Ids<Uuid>,
) -> Result<Json<MessageDetail>, Problem> {
    Ok(Json(store.message(caller.organization, MessageId::from_uuid(id)).await?.into()))
}

/// Tries a message that needs attention anew.
#[utoipa::path(post, path = "/messages/{id}/retry", tag = "messages",
    params(("id" = Uuid, Path, description = "Id of the message")),
    security(("session" = ["write_desk"]), ("token" = ["write_desk"])),
    responses((status = 202, description = "On its way")))]
pub(crate) async fn retry_message(
    State(store): State<Store>,
    Require(caller, _): Require<WriteDesk>,
    client: Client,
    Ids(id): Ids<Uuid>,
) -> Result<StatusCode, Problem> {
    let id = MessageId::from_uuid(id);
    store.retry_message(caller.organization, id).await?;
    record(&store, &client, &caller, Action::MessageRetried, id, json!({})).await?;
    Ok(StatusCode::ACCEPTED)
}
