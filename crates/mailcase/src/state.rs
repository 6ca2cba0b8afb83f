//! Opens what a configuration points at: the data folder, the master key, the store.

use crate::config::{Blobs, Config, Database};
use crate::master_key::{self, KeyRing};
use anyhow::{Context as _, bail};
use mailcase_core::OrganizationId;
use mailcase_engine::EngineConfig;
use mailcase_store::{BlobConfig, DatabaseConfig, S3Config, Store, StoreConfig};
use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::Path;
use url::Url;

/// Opens the store; makes the data folder and, for a new SQLite database, the master key.
pub(crate) async fn open(config: &Config) -> anyhow::Result<Store> {
    make_folder(&config.data)?;
    let ring = master_key::obtain(config)?;
    open_with(config, &ring).await
}

/// Opens the store with keys of the caller's choice.
pub(crate) async fn open_with(config: &Config, ring: &KeyRing) -> anyhow::Result<Store> {
    let store_config = StoreConfig {
        database: match &config.database {
            Database::Sqlite(path) => DatabaseConfig::Sqlite { path: path.clone() },
            Database::Postgres(url) => DatabaseConfig::Postgres { url: url.clone() },
        },
        blobs: match &config.blobs {
            Blobs::Disk(dir) => BlobConfig::Disk { dir: dir.clone() },
            Blobs::S3(s3) => BlobConfig::S3(S3Config {
                endpoint: s3.endpoint.clone(),
                region: s3.region.clone(),
                bucket: s3.bucket.clone(),
                access_key: s3.access_key.clone(),
                secret_key: s3.secret_key.clone(),
                allow_http: s3.allow_http,
                prefix: s3.prefix.clone(),
            }),
        },
        master_key: ring.master_key(),
    };
    Store::open(store_config).await.with_context(|| match &config.database {
        Database::Sqlite(path) => {
            format!("the store with the database {} could not be opened", path.display())
        }
        Database::Postgres(_) => "the store could not be opened".to_owned(),
    })
}

/// Opens the store of a machine that was set up before; a command that only looks makes nothing.
pub(crate) async fn open_existing(config: &Config) -> anyhow::Result<(Store, OrganizationId)> {
    if let Database::Sqlite(path) = &config.database
        && !path.exists()
    {
        bail!(
            "there is no database {}: give the data folder with --data, or run `mailcase serve` first",
            path.display()
        );
    }
    let store = open(config).await?;
    match store.list_organizations().await?.first() {
        Some(organization) => {
            let id = organization.id;
            Ok((store, id))
        }
        None => bail!("nobody set Mailcase up yet: run `mailcase serve` and open the link it prints"),
    }
}

pub(crate) fn engine_config(config: &Config) -> EngineConfig {
    let defaults = EngineConfig::default();
    EngineConfig {
        replica: config.replica.clone(),
        max_connectors: config.max_connectors,
        examiners: config.examiners.unwrap_or(defaults.examiners),
        announce_base: config.public_url.as_ref().and_then(announce_base),
        ..defaults
    }
}

/// Where servers tell of changes: only where the public URL may be reached from outside. Whether it can be, they find out.
fn announce_base(public_url: &Url) -> Option<String> {
    let reachable =
        public_url.scheme() == "https" && public_url.domain().is_some_and(|name| name != "localhost");
    reachable.then(|| format!("{}/announcements", public_url.as_str().trim_end_matches('/')))
}

/// Only its owner may look into the folder: it holds mail and the key of the passwords.
pub(crate) fn make_folder(path: &Path) -> anyhow::Result<()> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
        .with_context(|| format!("the data folder {} could not be made", path.display()))
}
