//! "Grant access": a person opens a mailbox to its connector, at the provider of the mailbox.

use crate::access::{Caller, Credential, ManageConnectors, ManageConnectorsInPerson, Require};
use crate::client::Client;
use crate::config::ApiConfig;
use crate::connector_view::shown;
use crate::dto::connector::{BeginGrant, BegunGrantView, CompleteGrant, ConnectorView};
use crate::extract::{Body, Ids};
use crate::problem::{Kind, Problem};
use crate::trail::{Action, entry};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use mailcase_core::{ConnectorId, SessionId};
use mailcase_engine::EngineHandle;
use mailcase_mail::{GrantAnswer, GrantRequest};
use mailcase_store::{NewGrant, Store};
use serde_json::json;
use std::sync::Arc;
use uuid::Uuid;

/// Where the provider sends the browser back to, below the public URL: a page that hands the answer to the API.
const RETURN_PATH: &str = "email-oauth";

/// Begins to grant a connector access: answers where the browser goes.
///
/// The answer of the provider counts only in this session, once, within a quarter of an hour.
#[utoipa::path(post, path = "/connectors/{id}/grant", tag = "connectors", request_body = BeginGrant,
    params(("id" = Uuid, Path, description = "Id of the connector")),
    security(("session" = ["manage_connectors"])),
    responses((status = 200, description = "Where to go", body = BegunGrantView)))]
pub(crate) async fn begin_grant(
    State(store): State<Store>,
    State(engine): State<EngineHandle>,
    State(config): State<Arc<ApiConfig>>,
    Require(caller, _): Require<ManageConnectorsInPerson>,
    Ids(id): Ids<Uuid>,
    Body(body): Body<BeginGrant>,
) -> Result<Json<BegunGrantView>, Problem> {
    let connector = store.connector(caller.organization, ConnectorId::from_uuid(id)).await?;
    let redirect_url = redirect_url(&config);
    let request = GrantRequest { redirect_url: redirect_url.clone(), switch_account: body.switch_account };
    let begun = engine.begin_grant(&connector, &request).await?;
    let new = NewGrant {
        connector: connector.id,
        session: session(&caller)?,
        state: begun.state,
        verifier: begun.verifier,
        redirect_url: redirect_url.clone(),
    };
    store.begin_grant(&new).await?;
    Ok(Json(BegunGrantView { url: begun.url, redirect_url }))
}

/// Hands over what the browser brought back from the provider: the connector has access from now on.
#[utoipa::path(post, path = "/grants", tag = "connectors", request_body = CompleteGrant,
    security(("session" = ["manage_connectors"])),
    responses((status = 200, description = "The connector that has access now", body = ConnectorView)))]
pub(crate) async fn complete_grant(
    State(store): State<Store>,
    State(engine): State<EngineHandle>,
    Require(caller, _): Require<ManageConnectorsInPerson>,
    client: Client,
    Body(body): Body<CompleteGrant>,
) -> Result<Json<ConnectorView>, Problem> {
    let CompleteGrant { state, code, error, error_description } = body;
    let Some(pending) = store.take_pending_grant(session(&caller)?, &state).await? else {
        return Err(Problem::new(
            Kind::Conflict,
            "this grant was not begun in this session, took too long, or was completed already: begin again at the \
             connector, with Grant access",
        ));
    };
    let connector = store.connector(caller.organization, pending.connector).await?;
    let answer = match (code, error) {
        (Some(code), None) => {
            GrantAnswer::Code { code, verifier: pending.verifier, redirect_url: pending.redirect_url }
        }
        (None, Some(error)) => {
            GrantAnswer::Denied { error, description: error_description.unwrap_or_default() }
        }
        _ => return Err(Problem::invalid("code", "give either the code or the error of the provider")),
    };
    let granted = engine.complete_grant(&connector, answer).await?;
    let entry = entry(&client, &caller, Action::AccessGranted, json!({}));
    store
        .recorded(entry)
        .keep_grant(caller.organization, connector.id, granted.account.as_deref(), &granted.refresh_token)
        .await?;
    Ok(Json(shown(&store, &engine, caller.organization, connector.id).await?))
}

/// Forgets the access a connector was granted. At the provider it is withdrawn by the owner of the account.
#[utoipa::path(delete, path = "/connectors/{id}/grant", tag = "connectors",
    params(("id" = Uuid, Path, description = "Id of the connector")),
    security(("session" = ["manage_connectors"]), ("token" = ["manage_connectors"])),
    responses((status = 204, description = "Forgotten")))]
pub(crate) async fn withdraw_grant(
    State(store): State<Store>,
    Require(caller, _): Require<ManageConnectors>,
    client: Client,
    Ids(id): Ids<Uuid>,
) -> Result<StatusCode, Problem> {
    let entry = entry(&client, &caller, Action::AccessWithdrawn, json!({}));
    store.recorded(entry).withdraw_grant(caller.organization, ConnectorId::from_uuid(id)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Exact to the byte: providers compare it with what was registered.
fn redirect_url(config: &ApiConfig) -> String {
    format!("{}/{RETURN_PATH}", config.public_url.as_str().trim_end_matches('/'))
}

fn session(caller: &Caller) -> Result<SessionId, Problem> {
    match &caller.credential {
        Credential::Session { id, .. } => Ok(*id),
        Credential::Token { .. } => Err(Problem::new(Kind::Forbidden, "sign in with a password")),
    }
}
