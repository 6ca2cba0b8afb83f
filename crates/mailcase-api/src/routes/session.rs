//! Signing in and out, and where the caller is signed in.

use crate::access::{Caller, Credential, InPerson, Require, SignedIn};
use crate::client::Client;
use crate::config::ApiConfig;
use crate::cookie;
use crate::dto::people::{Me, SessionView, SignIn};
use crate::extract::{Body, Ids};
use crate::page::Page;
use crate::password::Passwords;
use crate::problem::{Kind, Problem};
use crate::sessions::Sessions;
use crate::throttle::SignInThrottle;
use crate::trail::{Action, Doer, entry, record};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum_extra::extract::CookieJar;
use mailcase_core::SessionId;
use mailcase_store::{Actor, Store, User};
use serde_json::json;
use std::sync::Arc;
use uuid::Uuid;

/// Longest user name worth looking up.
const USERNAME_BYTES_MAX: usize = 256;

/// Signs in.
///
/// Sets the session cookie. Tries are limited per user and address; the answer does not tell whether the user
/// exists.
#[utoipa::path(post, path = "/session", tag = "session", request_body = SignIn, security(()),
    responses((status = 200, description = "Signed in", body = Me)))]
pub(crate) async fn sign_in(
    State(store): State<Store>,
    State(config): State<Arc<ApiConfig>>,
    State(sessions): State<Sessions>,
    State(passwords): State<Passwords>,
    State(throttle): State<Arc<SignInThrottle>>,
    client: Client,
    Body(body): Body<SignIn>,
) -> Result<(CookieJar, Json<Me>), Problem> {
    if let Err(wait) = throttle.admit(&body.username, client.address) {
        metrics::counter!("mailcase_sign_ins_total", "outcome" => "throttled").increment(1);
        return Err(Problem::new(Kind::TooManyTries, "wait a moment, then try again").retry_after(wait));
    }
    let found = match body.username.len() {
        ..=USERNAME_BYTES_MAX => store.user_by_username(&body.username).await?,
        _ => None,
    };
    let stored = found.as_ref().filter(|user| !user.disabled).map(|user| user.password_hash.clone());
    if !passwords.fits(&body.password, stored).await? {
        metrics::counter!("mailcase_sign_ins_total", "outcome" => "refused").increment(1);
        refused(&store, &client, found.as_ref()).await?;
        return Err(Problem::new(Kind::SignInFailed, "user name and password do not fit together"));
    }
    let Some(user) = found else {
        return Err(Problem::internal("a password fits nobody"));
    };
    metrics::counter!("mailcase_sign_ins_total", "outcome" => "accepted").increment(1);
    let (jar, me) = welcome(&config, &sessions, &client, &user).await?;
    Ok((jar, Json(me)))
}

/// Opens a session for `user` and says who they are.
pub(super) async fn welcome(
    config: &ApiConfig,
    sessions: &Sessions,
    client: &Client,
    user: &User,
) -> Result<(CookieJar, Me), Problem> {
    let actor = Actor::User { id: user.id, name: user.display_name.clone() };
    let doer = Doer { organization: Some(user.organization), actor };
    let opened =
        sessions.open(user.id, client, entry(client, doer, Action::SignInAccepted, json!({}))).await?;
    let caller = sessions.by_cookie(&opened.secret).await?;
    Ok((CookieJar::new().add(cookie::issue(config, &opened.secret)), me(caller)))
}

/// What was typed is not written down: people type passwords into the wrong field.
async fn refused(store: &Store, client: &Client, user: Option<&User>) -> Result<(), Problem> {
    let organization = user.map(|user| user.organization);
    let target = user.map_or_else(String::new, |user| user.id.to_string());
    let facts = json!({"disabled": user.is_some_and(|user| user.disabled)});
    record(store, client, Doer { organization, actor: Actor::System }, Action::SignInRefused, target, facts)
        .await
}

fn me(caller: Caller) -> Me {
    let csrf_token = match &caller.credential {
        Credential::Session { csrf_token, .. } => Some(csrf_token.clone()),
        Credential::Token { .. } => None,
    };
    Me::new(caller, csrf_token)
}

/// Who is signed in.
#[utoipa::path(get, path = "/session", tag = "session", security(("session" = []), ("token" = [])),
    responses((status = 200, description = "The caller", body = Me)))]
pub(crate) async fn read_session(Require(caller, _): Require<SignedIn>) -> Json<Me> {
    Json(me(caller))
}

/// Signs out.
#[utoipa::path(delete, path = "/session", tag = "session", security(("session" = [])),
    responses((status = 204, description = "Signed out; the cookie is taken away")))]
pub(crate) async fn sign_out(
    State(config): State<Arc<ApiConfig>>,
    State(sessions): State<Sessions>,
    Require(caller, _): Require<InPerson>,
    client: Client,
) -> Result<(StatusCode, CookieJar), Problem> {
    if let Credential::Session { id, .. } = caller.credential {
        sessions.end(caller.user, id, entry(&client, &caller, Action::SignedOut, json!({}))).await?;
    }
    Ok((StatusCode::NO_CONTENT, CookieJar::new().add(cookie::removal(&config))))
}

/// Everywhere the caller is signed in.
#[utoipa::path(get, path = "/sessions", tag = "session", security(("session" = [])),
    responses((status = 200, description = "The sessions", body = Page<SessionView>)))]
pub(crate) async fn list_sessions(
    State(sessions): State<Sessions>,
    Require(caller, _): Require<InPerson>,
) -> Result<Json<Page<SessionView>>, Problem> {
    let is_current =
        |id: SessionId| matches!(&caller.credential, Credential::Session { id: mine, .. } if *mine == id);
    let view = |session: mailcase_store::Session| SessionView {
        id: session.id.uuid(),
        created_at: session.created_at,
        last_used_at: session.last_used_at,
        expires_at: session.expires_at,
        address: session.ip,
        user_agent: session.user_agent,
        current: is_current(session.id),
    };
    Ok(Json(Page::whole(sessions.list(caller.user).await?.into_iter().map(view).collect())))
}

/// Ends one of the caller's sessions.
#[utoipa::path(delete, path = "/sessions/{id}", tag = "session", security(("session" = [])),
    params(("id" = Uuid, Path, description = "Id of the session")),
    responses((status = 204, description = "Ended")))]
pub(crate) async fn revoke_session(
    State(sessions): State<Sessions>,
    Require(caller, _): Require<InPerson>,
    client: Client,
    Ids(id): Ids<Uuid>,
) -> Result<StatusCode, Problem> {
    let id = SessionId::from_uuid(id);
    sessions.end(caller.user, id, entry(&client, &caller, Action::SessionRevoked, json!({}))).await?;
    Ok(StatusCode::NO_CONTENT)
}
