//! `mailcase key rotate`: another master key, without a moment in which a crash would lose a secret.
//!
//! The file holds the new key with the old one behind it before anything is sealed under the new one, and loses the
//! old one only when nothing is sealed under it any more. Every step can be done again.

use crate::config::{Config, Database, MasterKeySource};
use crate::master_key::{self, KeyRing};
use crate::sole_server::SoleServer;
use crate::terminal::line;
use crate::{Outcome, state};
use anyhow::{Context as _, bail, ensure};
use mailcase_core::OrganizationId;
use mailcase_store::{Actor, NewAudit, Store};
use serde_json::json;
use std::path::Path;

const CAUTION: &str =
    "Backups from before need the old key: keep it as long as you keep them, apart from them.";

pub(crate) async fn rotate(config: Config) -> anyhow::Result<Outcome> {
    let (store, organization) = state::open_existing(&config).await?;
    // With SQLite the lock file tells; it is held to the end.
    let _sole = SoleServer::claim(&config)?;
    if matches!(config.database, Database::Postgres(_)) {
        ensure!(
            !store.server_at_work().await?,
            "a server works with this database: end every `mailcase serve`, then try again (one that was killed \
             counts for another half minute)"
        );
    }
    store.close().await;
    match &config.master_key {
        MasterKeySource::File(path) => in_file(&config, organization, path).await,
        MasterKeySource::Given(_) => in_environment(&config, organization).await,
    }
}

async fn in_file(config: &Config, organization: OrganizationId, path: &Path) -> anyhow::Result<Outcome> {
    let mut ring = master_key::read(path)?;
    if ring.previous.is_empty() {
        ring = ring.renewed();
        master_key::replace(path, &ring).with_context(|| {
            format!(
                "{} cannot be written, and nothing was changed: put the new key into it yourself, as a line before \
                 the old one, and run this again",
                path.display()
            )
        })?;
    }
    let secrets = reseal(config, organization, &ring).await?;
    master_key::replace(path, &ring.alone()).with_context(|| {
        format!(
            "everything is sealed under the new key, but {} cannot be written: take all but its first line out of it",
            path.display()
        )
    })?;
    line(format!(
        "{secrets} secrets are sealed under a new master key, which {} holds now.",
        path.display()
    ))?;
    line(CAUTION)?;
    Ok(Outcome::Done)
}

/// The environment is not ours to change: the new key is put before the old one there, and taken alone afterwards.
async fn in_environment(config: &Config, organization: OrganizationId) -> anyhow::Result<Outcome> {
    let ring = master_key::obtain(config)?;
    if ring.previous.is_empty() {
        bail!(
            "the master key comes from MAILCASE_MASTER_KEY, which this command cannot change: make a new key with \
             `openssl rand -hex 32`, set MAILCASE_MASTER_KEY to NEW,OLD and run this again"
        );
    }
    let secrets = reseal(config, organization, &ring).await?;
    line(format!(
        "{secrets} secrets are sealed under the first key of MAILCASE_MASTER_KEY: take the others out of it."
    ))?;
    line(CAUTION)?;
    Ok(Outcome::Done)
}

async fn reseal(config: &Config, organization: OrganizationId, ring: &KeyRing) -> anyhow::Result<u64> {
    let store: Store = state::open_with(config, ring).await?;
    let entry = NewAudit {
        organization: Some(organization),
        actor: Actor::System,
        action: "master_key.rotated",
        target: None,
        detail: json!({}),
    };
    let secrets = store.recorded(entry).reseal().await.context(
        "the secrets stay sealed as they were; the key file opens them, and this command can be run again",
    )?;
    store.close().await;
    Ok(secrets)
}
