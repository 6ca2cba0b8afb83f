//! Who may do what, in one place: a handler that takes [`Require`] runs only for a caller with that permission.

use crate::config::ApiConfig;
use crate::cookie;
use crate::problem::{Kind, Problem};
use crate::sessions::Sessions;
use axum::extract::{FromRef, FromRequestParts};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, header};
use axum_extra::extract::CookieJar;
use mailcase_core::permission::{Permission, Role};
use mailcase_core::{OrganizationId, SessionId, TokenId, UserId};
use mailcase_store::Actor;
use secrecy::SecretString;
use std::marker::PhantomData;
use std::sync::Arc;
use subtle::ConstantTimeEq;

/// Header that proves a request with a cookie was made by our page.
pub(crate) const CSRF_HEADER: &str = "x-csrf-token";

/// Somebody who proved who they are.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    pub(crate) user: UserId,
    pub(crate) username: String,
    pub(crate) display_name: String,
    pub(crate) organization: OrganizationId,
    pub(crate) organization_name: String,
    pub(crate) role: Role,
    /// What this request may do: the role's permissions; with a token, those of them the token has.
    pub(crate) permissions: Vec<Permission>,
    pub(crate) credential: Credential,
}

/// What the caller showed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Credential {
    Session { id: SessionId, csrf_token: String },
    Token { id: TokenId },
}

impl Caller {
    /// As the one who did something.
    pub(crate) fn actor(&self) -> Actor {
        Actor::User { id: self.user, name: self.display_name.clone() }
    }

    pub(crate) fn may(&self, permission: Permission) -> bool {
        self.permissions.contains(&permission)
    }
}

/// What a handler asks of its caller.
pub(crate) trait Demand: Send + Sync + 'static {
    /// `None`: being somebody is enough.
    const PERMISSION: Option<Permission>;
    /// Only with a session: a token must not make tokens, end sessions, or make and change users: whoever finds one
    /// would outlive it. Nor grant access, which a person brings back in the browser that asked for it.
    const IN_PERSON: bool = false;
}

macro_rules! demands {
    ($($name:ident),+) => {$(
        #[derive(Debug)]
        pub(crate) enum $name {}

        impl Demand for $name {
            const PERMISSION: Option<Permission> = Some(Permission::$name);
        }
    )+};
}

demands!(ReadDesk, WriteDesk, ReadConnectors, ManageConnectors, ManageUsers, ReadAudit);

/// Anybody who is somebody.
#[derive(Debug)]
pub(crate) enum SignedIn {}

impl Demand for SignedIn {
    const PERMISSION: Option<Permission> = None;
}

/// Anybody who signed in with a password.
#[derive(Debug)]
pub(crate) enum InPerson {}

impl Demand for InPerson {
    const PERMISSION: Option<Permission> = None;
    const IN_PERSON: bool = true;
}

/// Somebody who signed in with a password and may manage users.
#[derive(Debug)]
pub(crate) enum ManageUsersInPerson {}

impl Demand for ManageUsersInPerson {
    const PERMISSION: Option<Permission> = Some(Permission::ManageUsers);
    const IN_PERSON: bool = true;
}

/// Somebody who signed in with a password and may manage connectors.
#[derive(Debug)]
pub(crate) enum ManageConnectorsInPerson {}

impl Demand for ManageConnectorsInPerson {
    const PERMISSION: Option<Permission> = Some(Permission::ManageConnectors);
    const IN_PERSON: bool = true;
}

/// The caller, who fulfils the demand `D`.
#[derive(Debug)]
pub(crate) struct Require<D: Demand>(pub(crate) Caller, pub(crate) PhantomData<D>);

impl<S, D> FromRequestParts<S> for Require<D>
where
    S: Send + Sync,
    D: Demand,
    Sessions: FromRef<S>,
    Arc<ApiConfig>: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let sessions = Sessions::from_ref(state);
        let caller = match shown(&parts.headers, &Arc::<ApiConfig>::from_ref(state))? {
            Shown::Token(token) => sessions.by_token(&token).await?,
            Shown::Cookie(secret) => sessions.by_cookie(&secret).await?,
        };
        if let Credential::Session { csrf_token, .. } = &caller.credential {
            prove_page(&parts.method, &parts.headers, csrf_token)?;
        } else if D::IN_PERSON {
            return Err(Problem::new(Kind::Forbidden, "API tokens cannot do this; sign in with a password"));
        }
        match D::PERMISSION {
            Some(permission) if !caller.may(permission) => Err(Problem::new(
                Kind::Forbidden,
                format!(
                    "this needs the permission `{permission}`; ask an administrator of your organization"
                ),
            )),
            _ => Ok(Self(caller, PhantomData)),
        }
    }
}

enum Shown {
    Token(SecretString),
    Cookie(SecretString),
}

/// A header that was set on purpose wins over a cookie the browser adds by itself, also when it is wrong.
fn shown(headers: &HeaderMap, config: &ApiConfig) -> Result<Shown, Problem> {
    if let Some(authorization) = headers.get(header::AUTHORIZATION) {
        let token = authorization.to_str().ok().and_then(|value| value.split_once(' ')).and_then(
            |(scheme, token)| scheme.eq_ignore_ascii_case("bearer").then(|| token.trim().to_owned()),
        );
        return match token {
            Some(token) => Ok(Shown::Token(SecretString::from(token))),
            None => Err(Problem::new(
                Kind::SignInNeeded,
                "send an API token as `Authorization: Bearer …`, or no Authorization header at all",
            )),
        };
    }
    cookie::read(config, &CookieJar::from_headers(headers))
        .map(Shown::Cookie)
        .ok_or_else(|| Problem::new(Kind::SignInNeeded, "sign in, or send an API token"))
}

/// Another site can make a browser send our cookie, but cannot know the session's CSRF token.
fn prove_page(method: &Method, headers: &HeaderMap, csrf_token: &str) -> Result<(), Problem> {
    if method.is_safe() {
        return Ok(());
    }
    let given = headers.get(CSRF_HEADER).map(|value| value.as_bytes()).unwrap_or_default();
    if !csrf_token.is_empty() && bool::from(given.ct_eq(csrf_token.as_bytes())) {
        return Ok(());
    }
    Err(Problem::new(
        Kind::CsrfMismatch,
        "send the `csrf_token` of `GET /api/v1/session` in the header X-CSRF-Token; reload the page if you see this there",
    ))
}
