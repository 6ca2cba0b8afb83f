//! `mailcase user list` and `mailcase user reset-password`: for whoever runs the machine and cannot sign in.

use crate::config::Config;
use crate::terminal::{line, plain, print, secret, secret_again, table};
use crate::{Outcome, state};
use anyhow::{Context as _, bail, ensure};
use mailcase_store::{Actor, NewAudit, Store, User, UserPatch};
use secrecy::ExposeSecret as _;
use serde_json::json;

pub(crate) async fn list(config: Config) -> anyhow::Result<Outcome> {
    let (store, _) = state::open_existing(&config).await?;
    let organizations = store.list_organizations().await?;
    let mut rows =
        vec![["USER NAME", "NAME", "ROLE", "STATE", "ORGANIZATION", "SINCE"].map(str::to_owned).to_vec()];
    for organization in &organizations {
        let users = store.list_users(organization.id).await?;
        rows.extend(users.iter().map(|user| row(user, &organization.name)));
    }
    store.close().await;
    print(&table(&rows))?;
    Ok(Outcome::Done)
}

fn row(user: &User, organization: &str) -> Vec<String> {
    vec![
        plain(&user.username),
        plain(&user.display_name),
        user.role.as_str().to_owned(),
        if user.disabled { "disabled" } else { "active" }.to_owned(),
        plain(organization),
        format!("{:.0}", user.created_at),
    ]
}

pub(crate) async fn reset_password(config: Config, name: &str) -> anyhow::Result<Outcome> {
    let (store, _) = state::open_existing(&config).await?;
    let user = named(&store, name).await?;
    let password = tokio::task::spawn_blocking(|| -> anyhow::Result<_> {
        let password = secret("New password: ")?;
        if let Some(again) = secret_again("The same again: ")? {
            ensure!(again.expose_secret() == password.expose_secret(), "the two differ; nothing was changed");
        }
        Ok(password)
    })
    .await??;
    let hash = mailcase_api::hash_password(&password).await.context("the password was not changed")?;
    let patch = UserPatch { password_hash: Some(hash), ..UserPatch::default() };
    let entry = NewAudit {
        organization: Some(user.organization),
        actor: Actor::System,
        action: "user.updated",
        target: None,
        detail: json!({"password": true, "by": "mailcase user reset-password"}),
    };
    store.recorded(entry).update_user(user.organization, user.id, &patch).await?;
    store.close().await;
    line(format!(
        "{} has a new password. Sessions and API tokens made with the old one have ended.",
        plain(&user.username)
    ))?;
    if user.disabled {
        line("The user is disabled and cannot sign in until an administrator enables it.")?;
    }
    Ok(Outcome::Done)
}

/// The user with this name; the error lists those there are.
async fn named(store: &Store, name: &str) -> anyhow::Result<User> {
    if let Some(user) = store.user_by_username(name).await? {
        return Ok(user);
    }
    let mut known = Vec::new();
    for organization in store.list_organizations().await? {
        known.extend(store.list_users(organization.id).await?.into_iter().map(|user| plain(&user.username)));
    }
    bail!("there is no user `{}`; known are: {}", plain(name), known.join(", "))
}
