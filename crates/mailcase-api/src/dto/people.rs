//! Users, sessions, personal API tokens and the first set-up.

use crate::access::Caller;
use jiff::Timestamp;
use mailcase_core::permission::{Permission, Role};
use mailcase_store::{Actor, ApiToken};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// Whether the first set-up is still to be done.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SetupState {
    pub(crate) needed: bool,
}

/// The first organization and its administrator.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CompleteSetup {
    /// From the one-time link printed by the server.
    #[schema(value_type = String, format = Password)]
    pub(crate) token: SecretString,
    /// Name of the organization.
    #[schema(min_length = 1, max_length = 100)]
    pub(crate) organization: String,
    #[schema(min_length = 1, max_length = 64)]
    pub(crate) username: String,
    #[schema(min_length = 1, max_length = 100)]
    pub(crate) display_name: String,
    /// At least 12 characters.
    #[schema(value_type = String, format = Password, min_length = 12, max_length = 512)]
    pub(crate) password: SecretString,
}

/// Who signs in.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SignIn {
    pub(crate) username: String,
    #[schema(value_type = String, format = Password)]
    pub(crate) password: SecretString,
}

/// Who is signed in, and what they may do.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Me {
    pub(crate) user: MyUser,
    pub(crate) organization: OrganizationView,
    pub(crate) permissions: Vec<Permission>,
    /// Send it as `X-CSRF-Token` with every request that changes something. `null` when a token was used
    /// instead of a cookie: then none is needed.
    pub(crate) csrf_token: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MyUser {
    pub(crate) id: Uuid,
    pub(crate) username: String,
    pub(crate) display_name: String,
    pub(crate) role: Role,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OrganizationView {
    pub(crate) id: Uuid,
    pub(crate) name: String,
}

/// One place the caller is signed in.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SessionView {
    pub(crate) id: Uuid,
    pub(crate) created_at: Timestamp,
    pub(crate) last_used_at: Timestamp,
    pub(crate) expires_at: Timestamp,
    /// Network address it was opened from.
    pub(crate) address: String,
    pub(crate) user_agent: String,
    /// Whether this request was made with it.
    pub(crate) current: bool,
}

/// A personal API token, without the token itself.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TokenView {
    pub(crate) id: Uuid,
    pub(crate) name: String,
    /// The first characters, to tell tokens apart.
    pub(crate) prefix: String,
    pub(crate) permissions: Vec<Permission>,
    pub(crate) created_at: Timestamp,
    pub(crate) expires_at: Option<Timestamp>,
    pub(crate) last_used_at: Option<Timestamp>,
    pub(crate) revoked_at: Option<Timestamp>,
}

/// A new personal API token.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CreateToken {
    /// What it is for.
    #[schema(min_length = 1, max_length = 100)]
    pub(crate) name: String,
    /// What it may do: some of the caller's own permissions.
    #[schema(min_items = 1)]
    pub(crate) permissions: Vec<Permission>,
    #[schema(minimum = 1, maximum = 366)]
    pub(crate) expires_in_days: u32,
}

/// A token just made: the only time it is shown.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CreatedToken {
    /// Send it as `Authorization: Bearer …`. Cannot be shown again.
    pub(crate) token: String,
    pub(crate) details: TokenView,
}

/// A user as administrators see one.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct UserView {
    pub(crate) id: Uuid,
    pub(crate) username: String,
    pub(crate) display_name: String,
    pub(crate) role: Role,
    /// A disabled user cannot sign in; their sessions and tokens no longer work.
    pub(crate) disabled: bool,
    pub(crate) created_at: Timestamp,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CreateUser {
    /// Letters, digits and `.` `-` `_` `@`; compared without regard to case.
    #[schema(min_length = 1, max_length = 64)]
    pub(crate) username: String,
    #[schema(min_length = 1, max_length = 100)]
    pub(crate) display_name: String,
    pub(crate) role: Role,
    /// At least 12 characters.
    #[schema(value_type = String, format = Password, min_length = 12, max_length = 512)]
    pub(crate) password: SecretString,
}

/// What is left out stays as it is.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UpdateUser {
    #[schema(nullable = false)]
    pub(crate) display_name: Option<String>,
    #[schema(nullable = false)]
    pub(crate) role: Option<Role>,
    #[schema(nullable = false)]
    pub(crate) disabled: Option<bool>,
    /// A new password ends the user's sessions.
    #[schema(value_type = String, format = Password, nullable = false, required = false)]
    pub(crate) password: Option<SecretString>,
}

/// Somebody a case can be given to, or who did something.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct Person {
    pub(crate) id: Uuid,
    pub(crate) display_name: String,
}

impl Person {
    /// Whoever did it, unless the program did.
    pub(crate) fn acting(actor: Actor) -> Option<Self> {
        match actor {
            Actor::System => None,
            Actor::User { id, name } => Some(Self { id: id.uuid(), display_name: name }),
        }
    }
}

impl Me {
    pub(crate) fn new(caller: Caller, csrf_token: Option<String>) -> Self {
        Self {
            user: MyUser {
                id: caller.user.uuid(),
                username: caller.username,
                display_name: caller.display_name,
                role: caller.role,
            },
            organization: OrganizationView { id: caller.organization.uuid(), name: caller.organization_name },
            permissions: caller.permissions,
            csrf_token,
        }
    }
}

impl From<ApiToken> for TokenView {
    fn from(token: ApiToken) -> Self {
        let ApiToken { id, name, prefix, permissions, expires_at, last_used_at, created_at, revoked_at } =
            token;
        Self { id: id.uuid(), name, prefix, permissions, created_at, expires_at, last_used_at, revoked_at }
    }
}

impl From<mailcase_store::Person> for Person {
    fn from(person: mailcase_store::Person) -> Self {
        Self { id: person.id.uuid(), display_name: person.display_name }
    }
}
