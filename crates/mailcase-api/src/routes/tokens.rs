//! The caller's personal API tokens.

use crate::access::{InPerson, Require};
use crate::client::Client;
use crate::dto::people::{CreateToken, CreatedToken, TokenView};
use crate::extract::{Body, Ids};
use crate::names;
use crate::page::Page;
use crate::problem::Problem;
use crate::sessions::Sessions;
use crate::trail::{Action, entry};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use jiff::{SignedDuration, Timestamp};
use mailcase_core::TokenId;
use mailcase_core::connector::FieldError;
use mailcase_store::{ApiToken, NewToken, Store};
use secrecy::ExposeSecret;
use serde_json::json;
use uuid::Uuid;

/// Longest life of a token: a year, so that every token is thought about again.
const DAYS_MAX: u32 = 366;
/// Tokens that work at the same time, per user.
const TOKENS_MAX: usize = 100;
const HOURS_PER_DAY: i64 = 24;

/// The caller's API tokens, newest first, with those that are over.
#[utoipa::path(get, path = "/tokens", tag = "tokens", security(("session" = [])),
    responses((status = 200, description = "The tokens", body = Page<TokenView>)))]
pub(crate) async fn list_tokens(
    State(store): State<Store>,
    Require(caller, _): Require<InPerson>,
) -> Result<Json<Page<TokenView>>, Problem> {
    let tokens = store.list_tokens(caller.organization, caller.user).await?;
    Ok(Json(Page::whole(tokens.into_iter().map(Into::into).collect())))
}

/// Makes an API token; it is shown this once.
#[utoipa::path(post, path = "/tokens", tag = "tokens", request_body = CreateToken, security(("session" = [])),
    responses((status = 201, description = "Made", body = CreatedToken)))]
pub(crate) async fn create_token(
    State(store): State<Store>,
    Require(caller, _): Require<InPerson>,
    client: Client,
    Body(body): Body<CreateToken>,
) -> Result<(StatusCode, Json<CreatedToken>), Problem> {
    let mut mistakes: Vec<FieldError> = names::mistake("name", &body.name).into_iter().collect();
    if body.permissions.is_empty() {
        mistakes.push(FieldError::new("permissions", "choose at least one"));
    }
    if let Some(missing) = body.permissions.iter().find(|permission| !caller.may(**permission)) {
        mistakes.push(FieldError::new("permissions", format!("you do not have `{missing}` yourself")));
    }
    if !(1..=DAYS_MAX).contains(&body.expires_in_days) {
        mistakes.push(FieldError::new("expires_in_days", format!("choose 1 to {DAYS_MAX} days")));
    }
    let now = Timestamp::now();
    let working = store.list_tokens(caller.organization, caller.user).await?;
    let works =
        |token: &&ApiToken| token.revoked_at.is_none() && token.expires_at.is_none_or(|end| end > now);
    if working.iter().filter(works).count() >= TOKENS_MAX {
        mistakes.push(FieldError::new("name", format!("you have {TOKENS_MAX} tokens; revoke one first")));
    }
    if !mistakes.is_empty() {
        return Err(Problem::fields(mistakes));
    }
    let lasts = SignedDuration::from_hours(i64::from(body.expires_in_days).saturating_mul(HOURS_PER_DAY));
    let new = NewToken {
        name: body.name.trim().to_owned(),
        permissions: body.permissions,
        expires_at: Some(now.checked_add(lasts).map_err(Problem::internal)?),
    };
    let facts = json!({"permissions": new.permissions, "expires_at": new.expires_at});
    let entry = entry(&client, &caller, Action::TokenCreated, facts);
    let created = store.recorded(entry).create_token(caller.organization, caller.user, &new).await?;
    let token = created.secret.expose_secret().to_owned();
    Ok((StatusCode::CREATED, Json(CreatedToken { token, details: created.token.into() })))
}

/// Ends an API token.
#[utoipa::path(delete, path = "/tokens/{id}", tag = "tokens", security(("session" = [])),
    params(("id" = Uuid, Path, description = "Id of the token")),
    responses((status = 204, description = "Ended")))]
pub(crate) async fn revoke_token(
    State(sessions): State<Sessions>,
    Require(caller, _): Require<InPerson>,
    client: Client,
    Ids(id): Ids<Uuid>,
) -> Result<StatusCode, Problem> {
    let id = TokenId::from_uuid(id);
    sessions.end_token(&caller, id, entry(&client, &caller, Action::TokenRevoked, json!({}))).await?;
    Ok(StatusCode::NO_CONTENT)
}
