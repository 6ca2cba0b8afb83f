//! A store of each kind, with an organization, a connector and its lease in it.

use bytes::Bytes;
use jiff::Timestamp;
use mailcase_core::connector::{AutomaticMail, Connector, ConnectorSettings};
use mailcase_core::{CaseId, MessageId, OrganizationId};
use mailcase_evidence::{Address, Body, Evidence};
use mailcase_store::{
    BlobConfig, Clock, DatabaseConfig, DecidedMessage, DecidedOutcome, Lease, MasterKey, NewDelivery,
    PackedEvidence, S3Config, Store, StoreConfig, StoredDelivery, StoredOutcome,
};
use mailcase_testbed::postgres::Postgres;
use mailcase_testbed::s3::S3;
use secrecy::{ExposeSecret, SecretString};
use sqlx::{ConnectOptions, Connection};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;
use tempfile::TempDir;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Database {
    Sqlite,
    Postgres,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Blobs {
    Disk,
    S3,
}

pub(crate) const TTL: Duration = Duration::from_secs(30);
pub(crate) const KEY: [u8; 32] = [7; 32];

pub(crate) struct Fixture {
    pub(crate) store: Store,
    pub(crate) clock: Clock,
    pub(crate) config: StoreConfig,
    pub(crate) org: OrganizationId,
    pub(crate) connector: Connector,
    pub(crate) lease: Lease,
    pub(crate) folder: TempDir,
    pub(crate) s3: Option<S3>,
}

pub(crate) fn settings(api_name: &str) -> ConnectorSettings {
    serde_json::from_value(serde_json::json!({
        "name": format!("Mailbox {api_name}"), "api_name": api_name, "kind": "imap",
        "connection": {"host": "mail.example.org"}
    }))
    .unwrap()
}

impl Fixture {
    pub(crate) async fn new(database: Database, blobs: Blobs) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let database = match database {
            Database::Sqlite => DatabaseConfig::Sqlite { path: folder.path().join("mailcase.db") },
            Database::Postgres => {
                let url = Postgres::shared().await.unwrap().create_database().await.unwrap();
                DatabaseConfig::Postgres { url: SecretString::from(url) }
            }
        };
        let s3 = match blobs {
            Blobs::Disk => None,
            Blobs::S3 => Some(S3::start().await.unwrap()),
        };
        let blobs = match &s3 {
            None => BlobConfig::Disk { dir: folder.path().join("blobs") },
            Some(server) => BlobConfig::S3(S3Config {
                endpoint: Some(server.endpoint()),
                region: S3::REGION.to_owned(),
                bucket: S3::BUCKET.to_owned(),
                access_key: S3::ACCESS_KEY.to_owned(),
                secret_key: SecretString::from(S3::SECRET_KEY),
                allow_http: true,
                prefix: "mailcase/".to_owned(),
            }),
        };
        let config = StoreConfig { database, blobs, master_key: MasterKey::new(KEY) };
        let clock = Clock::manual("2026-03-01T12:00:00Z".parse().unwrap());
        let store = Store::open_with_clock(config.clone(), clock.clone()).await.unwrap();
        let org = store.create_organization("Example").await.unwrap();
        let connector =
            store.create_connector(org, &settings("phishing"), &BTreeMap::new(), true).await.unwrap();
        let lease = claim_one(&store, "first").await;
        Self { store, clock, config, org, connector, lease, folder, s3 }
    }

    /// The configuration of a store of the same kind that does not exist yet.
    pub(crate) async fn new_database(&self) -> StoreConfig {
        let mut config = self.config.clone();
        config.database = match config.database {
            DatabaseConfig::Sqlite { .. } => {
                DatabaseConfig::Sqlite { path: self.folder.path().join("new.db") }
            }
            DatabaseConfig::Postgres { .. } => {
                let url = Postgres::shared().await.unwrap().create_database().await.unwrap();
                DatabaseConfig::Postgres { url: SecretString::from(url) }
            }
        };
        config
    }

    /// Another process on the same database and blob store.
    pub(crate) async fn another_process(&self) -> Store {
        Store::open_with_clock(self.config.clone(), self.clock.clone()).await.unwrap()
    }

    /// Changes the database as no program of ours does; returns how many rows that were.
    pub(crate) async fn meddle(&self, sql: &'static str) -> u64 {
        match &self.config.database {
            DatabaseConfig::Sqlite { path } => {
                let options = sqlx::sqlite::SqliteConnectOptions::new().filename(path);
                let mut connection = options.connect().await.unwrap();
                sqlx::query(sql).execute(&mut connection).await.unwrap().rows_affected()
            }
            DatabaseConfig::Postgres { url } => {
                let mut connection = sqlx::PgConnection::connect(url.expose_secret()).await.unwrap();
                sqlx::query(sql).execute(&mut connection).await.unwrap().rows_affected()
            }
        }
    }

    pub(crate) fn is_disk(&self) -> bool {
        self.s3.is_none()
    }

    /// The files that hold blobs.
    pub(crate) fn blob_files(&self) -> Vec<PathBuf> {
        let root = match &self.s3 {
            Some(s3) => s3.objects().join("mailcase").join("blobs"),
            None => self.folder.path().join("blobs"),
        };
        files_below(&root)
    }

    /// A second organization with a connector and its lease.
    pub(crate) async fn stranger(&self) -> (OrganizationId, Connector, Lease) {
        let org = self.store.create_organization("Stranger").await.unwrap();
        let connector =
            self.store.create_connector(org, &settings("phishing"), &BTreeMap::new(), true).await.unwrap();
        (org, connector, claim_one(&self.store, "stranger").await)
    }

    pub(crate) async fn deliver(&self, remote_id: &str, raw: &str) -> StoredOutcome {
        deliver(&self.store, &self.lease, self.org, "INBOX", remote_id, raw).await
    }

    /// Stores and decides a message; returns it and its case.
    pub(crate) async fn message(&self, remote_id: &str, evidence: Evidence) -> (MessageId, Option<CaseId>) {
        let stored = self.deliver(remote_id, &format!("raw bytes of {remote_id}")).await;
        let decided = self.decided(&stored, evidence);
        match self.store.commit_decisions(&[decided]).await.unwrap()[0] {
            DecidedOutcome::Decided { message, case, .. } => (message, case),
            DecidedOutcome::Superseded { .. } => panic!("superseded"),
        }
    }

    pub(crate) fn decided(&self, stored: &StoredOutcome, evidence: Evidence) -> DecidedMessage {
        decided(&self.connector, stored, evidence)
    }
}

pub(crate) fn decided(connector: &Connector, stored: &StoredOutcome, evidence: Evidence) -> DecidedMessage {
    let envelope = &evidence.envelope;
    DecidedMessage {
        message: stored.message,
        organization: connector.organization,
        fence: stored.fence,
        answered_ids: mailcase_core::threading::answered_ids(&envelope.in_reply_to, &envelope.references),
        subject_token: None,
        address_token: None,
        automatic: None,
        connector: connector.id,
        automatic_mail: AutomaticMail::Keep,
        filtered_out: false,
        case_defaults: connector.settings.case_defaults.clone(),
        evidence: PackedEvidence::new(connector.organization, &evidence).unwrap(),
    }
}

pub(crate) fn files_below(root: &std::path::Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(root) else { return Vec::new() };
    let mut files = Vec::new();
    for entry in entries {
        let path = entry.unwrap().path();
        if path.is_dir() { files.extend(files_below(&path)) } else { files.push(path) }
    }
    files.sort();
    files
}

pub(crate) async fn claim_one(store: &Store, owner: &str) -> Lease {
    let mut claimed = store.claim_connectors(owner, TTL, 1).await.unwrap();
    assert_eq!(claimed.len(), 1);
    claimed.pop().unwrap().1
}

pub(crate) fn head(remote_id: &str) -> NewDelivery {
    NewDelivery { remote_id: remote_id.to_owned(), size: Some(7), received: None, filtered_out: false }
}

pub(crate) async fn deliver(
    store: &Store,
    lease: &Lease,
    org: OrganizationId,
    folder: &str,
    remote_id: &str,
    raw: &str,
) -> StoredOutcome {
    store.record_discovery(lease, org, folder, &[head(remote_id)], "cursor", None).await.unwrap();
    let due = store.due_deliveries(lease, folder, 1000).await.unwrap();
    let delivery = due.iter().find(|due| due.remote_id == remote_id).unwrap().delivery;
    let receipt = store.put_small(Bytes::from(raw.to_owned()), None).await.unwrap();
    let stored = StoredDelivery { delivery, receipt, received: None };
    store.record_stored(lease, org, &[stored], "first", TTL).await.unwrap()[0]
}

/// Evidence of a message with a subject, a Message-ID and what it answers.
pub(crate) fn mail(subject: &str, message_id: &str, answers: &[&str]) -> Evidence {
    let mut evidence = Evidence { parser_version: 1, ..Evidence::default() };
    evidence.root.path = "/".to_owned();
    evidence.envelope.subject = Some(subject.to_owned());
    evidence.envelope.message_id = Some(message_id.to_owned());
    evidence.envelope.in_reply_to = answers.iter().map(|id| (*id).to_owned()).collect();
    evidence.envelope.from =
        vec![Address { name: Some("Ada".to_owned()), address: Some("ada@example.org".to_owned()) }];
    evidence.text =
        Some(Body { path: "/".to_owned(), content: format!("text of {subject}"), truncated: false });
    evidence
}

pub(crate) fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}
