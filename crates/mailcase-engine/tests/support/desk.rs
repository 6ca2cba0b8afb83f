//! A desk for tests: a fresh SQLite store, an engine over a scripted mailbox, and questions about what came of it.

#![allow(dead_code, reason = "each test binary asks its own questions")]

use mailcase_core::case::CaseStatus;
use mailcase_core::connector::ConnectorSettings;
use mailcase_core::decision::Reason;
use mailcase_core::message::{DeliveryState, MessageState};
use mailcase_core::{ConnectorId, OrganizationId};
use mailcase_engine::{Engine, EngineConfig, EngineHandle};
use mailcase_mail::SourceFactory;
use mailcase_mail::testkit::{FakeFactory, FakeMailbox};
use mailcase_store::{
    BlobConfig, BlobHash, ConnectorPatch, ConnectorStatus, DatabaseConfig, MasterKey, Store, StoreConfig,
};
use serde_json::json;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqlitePool};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;

/// Longest wait for anything.
const DEADLINE: Duration = Duration::from_secs(60);
const LOOK_EVERY: Duration = Duration::from_millis(5);

pub(crate) fn letter(name: &str) -> Vec<u8> {
    format!(
        "From: Reporter <reporter@example.org>\r\nTo: soc@example.test\r\nSubject: {name}\r\n\
         Message-ID: <{}@example.org>\r\nDate: Sat, 21 Nov 2026 07:00:00 +0000\r\n\r\nThe letter {name}\r\n",
        name.replace(' ', "-")
    )
    .into_bytes()
}

pub(crate) fn reply(name: &str, to: &str, headers: &str) -> Vec<u8> {
    let answers = format!("In-Reply-To: <{}@example.org>\r\n{headers}From:", to.replace(' ', "-"));
    String::from_utf8(letter(name)).unwrap().replacen("From:", &answers, 1).into_bytes()
}

#[derive(Debug)]
pub(crate) struct Case {
    pub(crate) title: String,
    pub(crate) status: CaseStatus,
    pub(crate) message_count: i64,
}

#[derive(Debug)]
pub(crate) struct Message {
    pub(crate) id: String,
    pub(crate) hash: Vec<u8>,
    pub(crate) subject: Option<String>,
    pub(crate) state: MessageState,
    pub(crate) case: Option<String>,
    pub(crate) reason: Option<Reason>,
}

#[derive(Debug)]
pub(crate) struct Delivery {
    pub(crate) state: DeliveryState,
    pub(crate) ack_error: Option<String>,
}

pub(crate) struct Desk {
    pub(crate) organization: OrganizationId,
    store: Store,
    engine: Engine,
    /// The database as an auditor would read it, past the store.
    database: SqlitePool,
    folder: TempDir,
}

impl Desk {
    pub(crate) async fn open(mailbox: &FakeMailbox) -> Self {
        Self::open_with(FakeFactory::of(mailbox), |_| {}).await
    }

    pub(crate) async fn open_with<F: SourceFactory>(
        factory: F,
        change: impl FnOnce(&mut EngineConfig),
    ) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("mailcase.db");
        let store = Store::open(StoreConfig {
            database: DatabaseConfig::Sqlite { path: path.clone() },
            blobs: BlobConfig::Disk { dir: folder.path().join("blobs") },
            master_key: MasterKey::new([7; 32]),
        })
        .await
        .unwrap();
        let organization = store.create_organization("Example SOC").await.unwrap();
        let mut config = EngineConfig { tick: Duration::from_millis(50), ..EngineConfig::default() };
        change(&mut config);
        let engine = Engine::start(store.clone(), Arc::new(factory), config);
        let database = SqlitePool::connect(&format!("sqlite:{}", path.display())).await.unwrap();
        Self { organization, store, engine, database, folder }
    }

    pub(crate) fn handle(&self) -> EngineHandle {
        self.engine.handle()
    }

    /// Creates an active connector; `change` sees the defaults.
    pub(crate) async fn connect(&self, change: impl FnOnce(&mut ConnectorSettings)) -> ConnectorId {
        let mut settings: ConnectorSettings =
            serde_json::from_value(json!({"name": "Fake", "api_name": "fake", "kind": "fake"})).unwrap();
        change(&mut settings);
        self.store.create_connector(self.organization, &settings, &BTreeMap::new(), true).await.unwrap().id
    }

    pub(crate) async fn status(&self, connector: ConnectorId) -> ConnectorStatus {
        self.store.connector_with_status(self.organization, connector).await.unwrap().status
    }

    pub(crate) async fn edit(&self, connector: ConnectorId, change: impl FnOnce(&mut ConnectorSettings)) {
        let stored = self.store.connector(self.organization, connector).await.unwrap();
        let mut settings = stored.settings;
        change(&mut settings);
        let patch = ConnectorPatch { settings: Some(settings), ..ConnectorPatch::default() };
        self.store.update_connector(self.organization, connector, &patch).await.unwrap();
    }

    pub(crate) async fn set_active(&self, connector: ConnectorId, active: bool) {
        self.store.set_connector_active(self.organization, connector, active).await.unwrap();
    }

    /// Waits until nobody runs the connector.
    pub(crate) async fn until_resting(&self, connector: ConnectorId) {
        self.until(async || {
            let found = self.store.connector_with_status(self.organization, connector).await.unwrap();
            found.status.leased_by.is_none().then_some(())
        })
        .await;
    }

    /// Looks again and again until there is a value.
    pub(crate) async fn until<T>(&self, mut look: impl AsyncFnMut() -> Option<T>) -> T {
        let waiting = async {
            loop {
                if let Some(value) = look().await {
                    return value;
                }
                tokio::time::sleep(LOOK_EVERY).await;
            }
        };
        match tokio::time::timeout(DEADLINE, waiting).await {
            Ok(value) => value,
            Err(_) => panic!("not within {DEADLINE:?}; messages: {:#?}", self.messages().await),
        }
    }

    /// Waits until `deliveries` are known, stored, decided and acknowledged, and the connector waits for more.
    pub(crate) async fn until_settled(&self, deliveries: i64) {
        self.until(async || {
            let row = self
                .row(
                    "SELECT (SELECT COUNT(*) FROM deliveries) AS total, \
                     (SELECT COUNT(*) FROM deliveries WHERE state <> 'acknowledged') AS open, \
                     (SELECT COUNT(*) FROM messages WHERE state <> 'decided') AS undecided, \
                     (SELECT COUNT(*) FROM connectors WHERE status_state = 'starting') AS starting",
                )
                .await;
            let count = |name: &str| row.get::<i64, _>(name);
            let settled =
                count("total") == deliveries && count("open") + count("undecided") + count("starting") == 0;
            settled.then_some(())
        })
        .await;
    }

    /// Waits until so many deliveries stand in each of these states, and no others are there.
    pub(crate) async fn until_delivered(&self, wanted: &[(&str, i64)]) {
        let sql = "SELECT state, COUNT(*) FROM deliveries GROUP BY state ORDER BY state";
        self.until(async || {
            let found: Vec<(String, i64)> = sqlx::query_as(sql).fetch_all(&self.database).await.unwrap();
            let found = found.iter().map(|(state, count)| (state.as_str(), *count));
            found.eq(wanted.iter().copied()).then_some(())
        })
        .await;
    }

    pub(crate) async fn until_message(&self) -> Message {
        self.until(async || self.messages().await.into_iter().next()).await
    }

    pub(crate) fn store(&self) -> &Store {
        &self.store
    }

    /// Ends the engine, within the deadline.
    pub(crate) async fn shutdown(self) {
        tokio::time::timeout(DEADLINE, self.engine.shutdown()).await.unwrap().unwrap();
    }

    /// Puts something in the place of the stored bytes for as long as `meanwhile` takes.
    pub(crate) async fn without_blobs(&self, meanwhile: impl AsyncFnOnce()) {
        let (blobs, aside) = (self.folder.path().join("blobs"), self.folder.path().join("aside"));
        std::fs::rename(&blobs, &aside).unwrap();
        // A volume that is not mounted leaves an empty folder.
        std::fs::create_dir(&blobs).unwrap();
        meanwhile().await;
        std::fs::remove_dir_all(&blobs).unwrap();
        std::fs::rename(&aside, &blobs).unwrap();
    }

    /// One number out of the database.
    pub(crate) async fn count(&self, sql: &'static str) -> i64 {
        sqlx::query_scalar(sql).fetch_one(&self.database).await.unwrap()
    }

    /// Changes the database past the store.
    pub(crate) async fn meddle(&self, sql: &'static str) {
        sqlx::raw_sql(sql).execute(&self.database).await.unwrap();
    }

    async fn row(&self, sql: &'static str) -> SqliteRow {
        sqlx::query(sql).fetch_one(&self.database).await.unwrap()
    }

    async fn rows(&self, sql: &'static str) -> Vec<SqliteRow> {
        sqlx::query(sql).fetch_all(&self.database).await.unwrap()
    }

    pub(crate) async fn cases(&self) -> Vec<Case> {
        let rows = self.rows("SELECT title, status, message_count FROM cases ORDER BY number").await;
        rows.iter()
            .map(|row| Case {
                title: row.get("title"),
                status: row.get::<String, _>("status").parse().unwrap(),
                message_count: row.get("message_count"),
            })
            .collect()
    }

    pub(crate) async fn resolve_the_case(&self) {
        sqlx::query("UPDATE cases SET status = 'resolved'").execute(&self.database).await.unwrap();
    }

    pub(crate) async fn messages(&self) -> Vec<Message> {
        let rows =
            self.rows("SELECT id, hash, subject, state, case_id, reason FROM messages ORDER BY seq").await;
        rows.iter()
            .map(|row| Message {
                id: row.get("id"),
                hash: row.get("hash"),
                subject: row.get("subject"),
                state: row.get::<String, _>("state").parse().unwrap(),
                case: row.get("case_id"),
                reason: row
                    .get::<Option<String>, _>("reason")
                    .map(|text| serde_json::from_str(&text).unwrap()),
            })
            .collect()
    }

    pub(crate) async fn deliveries(&self, message: &Message) -> Vec<Delivery> {
        let sql = "SELECT state, ack_error FROM deliveries WHERE message_id = $1 ORDER BY id";
        let rows = sqlx::query(sql).bind(&message.id).fetch_all(&self.database).await.unwrap();
        rows.iter()
            .map(|row| Delivery {
                state: row.get::<String, _>("state").parse().unwrap(),
                ack_error: row.get("ack_error"),
            })
            .collect()
    }

    pub(crate) async fn raw(&self, message: &Message) -> Vec<u8> {
        let hash: BlobHash =
            message.hash.iter().map(|byte| format!("{byte:02x}")).collect::<String>().parse().unwrap();
        self.store.read_blob(hash).await.unwrap().to_vec()
    }

    pub(crate) async fn audit(&self) -> Vec<String> {
        let rows = self.rows("SELECT action FROM audit ORDER BY id").await;
        rows.iter().map(|row| row.get("action")).collect()
    }

    pub(crate) async fn alarms(&self) -> usize {
        let alarms = self.store.list_alarms(self.organization).await.unwrap();
        alarms.iter().filter(|alarm| alarm.cleared_at.is_none()).count()
    }

    pub(crate) async fn last_error(&self, connector: ConnectorId) -> Option<String> {
        let found = self.store.connector_with_status(self.organization, connector).await.unwrap();
        found.status.last_error.map(|error| error.message)
    }

    /// Removes a line of the ledger, as no program of ours does.
    pub(crate) async fn forget_delivery(&self, connector: ConnectorId) {
        let sql =
            "DELETE FROM deliveries WHERE id = (SELECT MIN(id) FROM deliveries WHERE connector_id = $1)";
        sqlx::query(sql).bind(connector.to_string()).execute(&self.database).await.unwrap();
    }

    /// Lets every delivery be tried again now.
    pub(crate) async fn make_everything_due(&self) {
        sqlx::query("UPDATE deliveries SET next_try_at = 0").execute(&self.database).await.unwrap();
    }

    /// Marks a delivery as vanished from the server, as a share that is not mounted makes it seem.
    pub(crate) async fn believe_gone(&self, subject: &str) {
        let sql = "UPDATE deliveries SET state = 'gone' WHERE message_id = (SELECT id FROM messages WHERE subject = $1)";
        assert_eq!(sqlx::query(sql).bind(subject).execute(&self.database).await.unwrap().rows_affected(), 1);
    }
}
