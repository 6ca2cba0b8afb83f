//! The people of an organization.

use crate::access::{ManageUsers, ManageUsersInPerson, ReadDesk, Require};
use crate::client::Client;
use crate::dto::people::{CreateUser, Person, UpdateUser, UserView};
use crate::extract::{Body, Ids};
use crate::names;
use crate::page::Page;
use crate::password::{self, Passwords};
use crate::problem::{Kind, Problem};
use crate::sessions::Sessions;
use crate::trail::{Action, entry};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use mailcase_core::UserId;
use mailcase_store::{NewUser, Store, User, UserPatch};
use serde_json::json;
use uuid::Uuid;

/// The users of the organization.
#[utoipa::path(get, path = "/users", tag = "users",
    security(("session" = ["manage_users"]), ("token" = ["manage_users"])),
    responses((status = 200, description = "All users", body = Page<UserView>)))]
pub(crate) async fn list_users(
    State(store): State<Store>,
    Require(caller, _): Require<ManageUsers>,
) -> Result<Json<Page<UserView>>, Problem> {
    let users = store.list_users(caller.organization).await?;
    Ok(Json(Page::whole(users.into_iter().map(view).collect())))
}

/// Makes a user; not with an API token.
///
/// A token that is found must not make its finder an administrator.
#[utoipa::path(post, path = "/users", tag = "users", request_body = CreateUser,
    security(("session" = ["manage_users"])),
    responses((status = 201, description = "Made", body = UserView)))]
pub(crate) async fn create_user(
    State(store): State<Store>,
    State(passwords): State<Passwords>,
    Require(caller, _): Require<ManageUsersInPerson>,
    client: Client,
    Body(body): Body<CreateUser>,
) -> Result<(StatusCode, Json<UserView>), Problem> {
    let mistakes: Vec<_> = [
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
    let user = NewUser {
        username: body.username.trim().to_owned(),
        display_name: body.display_name.trim().to_owned(),
        role: body.role,
        password_hash: passwords.hash(&body.password).await?,
    };
    let facts = json!({"username": user.username, "role": user.role});
    let entry = entry(&client, &caller, Action::UserCreated, facts);
    let user = store.recorded(entry).create_user(caller.organization, &user).await?;
    Ok((StatusCode::CREATED, Json(view(user))))
}

/// Changes a user; not with an API token.
///
/// Disabling one, or giving one another role or password, ends the user's sessions.
#[utoipa::path(patch, path = "/users/{id}", tag = "users", request_body = UpdateUser,
    params(("id" = Uuid, Path, description = "Id of the user")),
    security(("session" = ["manage_users"])),
    responses((status = 200, description = "Changed", body = UserView)))]
pub(crate) async fn update_user(
    State(store): State<Store>,
    State(passwords): State<Passwords>,
    State(sessions): State<Sessions>,
    Require(caller, _): Require<ManageUsersInPerson>,
    client: Client,
    Ids(id): Ids<Uuid>,
    Body(body): Body<UpdateUser>,
) -> Result<Json<UserView>, Problem> {
    let (org, id) = (caller.organization, UserId::from_uuid(id));
    let mistakes: Vec<_> = [
        body.display_name.as_deref().and_then(|name| names::mistake("display_name", name)),
        body.password.as_ref().and_then(password::mistake),
    ]
    .into_iter()
    .flatten()
    .collect();
    if !mistakes.is_empty() {
        return Err(Problem::fields(mistakes));
    }
    // Whoever locks themselves out by mistake cannot undo it; another administrator can do it on purpose.
    if id == caller.user && (body.disabled == Some(true) || body.role.is_some_and(|role| role != caller.role))
    {
        return Err(Problem::new(
            Kind::Conflict,
            "ask another administrator to disable you or to change your role",
        ));
    }
    let facts = json!({
        "display_name": body.display_name,
        "role": body.role,
        "disabled": body.disabled,
        "password": body.password.is_some(),
    });
    let password_hash = match &body.password {
        Some(password) => Some(passwords.hash(password).await?),
        None => None,
    };
    let patch = UserPatch {
        display_name: body.display_name.map(|name| name.trim().to_owned()),
        role: body.role,
        disabled: body.disabled,
        password_hash,
    };
    let entry = entry(&client, &caller, Action::UserUpdated, facts);
    let user = store.recorded(entry).update_user(org, id, &patch).await?;
    if patch.ends_sessions() {
        sessions.hang_up(id);
    }
    Ok(Json(view(user)))
}

/// Whom a case can be given to.
#[utoipa::path(get, path = "/people", tag = "users",
    security(("session" = ["read_desk"]), ("token" = ["read_desk"])),
    responses((status = 200, description = "All who can own a case", body = Page<Person>)))]
pub(crate) async fn list_people(
    State(store): State<Store>,
    Require(caller, _): Require<ReadDesk>,
) -> Result<Json<Page<Person>>, Problem> {
    let people = store.list_people(caller.organization).await?;
    Ok(Json(Page::whole(people.into_iter().map(Into::into).collect())))
}

fn view(user: User) -> UserView {
    UserView {
        id: user.id.uuid(),
        username: user.username,
        display_name: user.display_name,
        role: user.role,
        disabled: user.disabled,
        created_at: user.created_at,
    }
}
