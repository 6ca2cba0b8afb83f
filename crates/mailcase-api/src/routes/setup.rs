//! The first set-up: the one-time link makes the organization and its administrator.

use crate::client::Client;
use crate::config::ApiConfig;
use crate::dto::people::{CompleteSetup, Me, SetupState};
use crate::extract::Body;
use crate::names;
use crate::password::{self, Passwords};
use crate::problem::{Kind, Problem};
use crate::routes::session::welcome;
use crate::sessions::Sessions;
use crate::throttle::SignInThrottle;
use crate::trail::{Action, Doer, entry};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum_extra::extract::CookieJar;
use mailcase_store::{Actor, FirstUser, Store, StoreError};
use serde_json::json;
use std::sync::Arc;

/// Whether the first set-up is still to be done.
#[utoipa::path(get, path = "/setup", tag = "setup", security(()),
    responses((status = 200, description = "Whether it is needed", body = SetupState)))]
pub(crate) async fn read_setup(State(store): State<Store>) -> Result<Json<SetupState>, Problem> {
    Ok(Json(SetupState { needed: store.setup_needed().await? }))
}

/// Creates the first organization with its administrator, and signs in.
#[utoipa::path(post, path = "/setup", tag = "setup", request_body = CompleteSetup, security(()),
    responses((status = 201, description = "Set up and signed in", body = Me)))]
pub(crate) async fn complete_setup(
    State(store): State<Store>,
    State(config): State<Arc<ApiConfig>>,
    State(sessions): State<Sessions>,
    State(passwords): State<Passwords>,
    State(throttle): State<Arc<SignInThrottle>>,
    client: Client,
    Body(body): Body<CompleteSetup>,
) -> Result<(StatusCode, CookieJar, Json<Me>), Problem> {
    // Each try hashes a password.
    if let Err(wait) = throttle.admit("", client.address) {
        return Err(Problem::new(Kind::TooManyTries, "wait a moment, then try again").retry_after(wait));
    }
    let used_up = || {
        Problem::new(
            Kind::Forbidden,
            "the set-up link is wrong or used up; `mailcase serve` prints a new one when none was used",
        )
    };
    if !store.setup_needed().await? {
        return Err(used_up());
    }
    let mistakes: Vec<_> = [
        names::mistake("organization", &body.organization),
        names::username_mistake(&body.username),
        names::mistake("display_name", &body.display_name),
        password::mistake(&body.password),
    ]
    .into_iter()
    .flatten()
    .collect();
    if !mistakes.is_empty() {
        return Err(Problem::fields(mistakes));
    }
    let user = FirstUser {
        username: body.username.trim().to_owned(),
        display_name: body.display_name.trim().to_owned(),
        password_hash: passwords.hash(&body.password).await?,
    };
    // The store knows who it makes: organization and actor are filled in there.
    let nobody = Doer { organization: None, actor: Actor::System };
    let store = store.recorded(entry(&client, nobody, Action::SetupCompleted, json!({})));
    let (_, user) = match store.complete_setup(&body.token, body.organization.trim(), &user).await {
        Err(StoreError::NotFound { .. }) => return Err(used_up()),
        other => other?,
    };
    let (jar, me) = welcome(&config, &sessions, &client, &user).await?;
    Ok((StatusCode::CREATED, jar, Json(me)))
}
