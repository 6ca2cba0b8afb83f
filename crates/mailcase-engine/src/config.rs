//! What the engine may use, and how patient it is.

use mailcase_evidence::Limits;
use std::time::Duration;

#[derive(Debug, Clone)]
pub struct EngineConfig {
    /// Names this process in leases and on screen, such as the host name.
    pub replica: String,
    /// Whether no other server works on the same database, as with SQLite. Leases a dead server left behind are then
    /// broken at the start instead of being waited for.
    pub sole_server: bool,
    /// Most connectors one process runs at once.
    pub max_connectors: usize,
    /// Messages examined at the same time; processor cores by default.
    pub examiners: usize,
    /// How long a connector stays ours without a sign of life. A dead replica's connectors pass on after this.
    pub connector_lease: Duration,
    /// How long a message stays ours between being stored and being decided.
    pub message_lease: Duration,
    /// How often free connectors and abandoned messages are looked for.
    pub tick: Duration,
    /// How often active connectors are looked over for alarms.
    pub look_over: Duration,
    /// How often it is checked whether accounting and the like is due.
    pub upkeep: Duration,
    /// How long a runner that was told to end may take to finish what it has in hand.
    pub runner_stop: Duration,
    /// Where servers may tell of changes, if they can reach us: behind it stand a slash, the kind of the source, a slash
    /// and the connector's id.
    pub announce_base: Option<String>,
    pub limits: Limits,
}

impl Default for EngineConfig {
    fn default() -> Self {
        Self {
            replica: "mailcase".to_owned(),
            sole_server: false,
            max_connectors: 10_000,
            examiners: std::thread::available_parallelism().map_or(2, std::num::NonZero::get),
            connector_lease: Duration::from_secs(10),
            message_lease: Duration::from_secs(20),
            tick: Duration::from_secs(2),
            look_over: Duration::from_secs(30),
            upkeep: Duration::from_secs(600),
            runner_stop: Duration::from_secs(20),
            announce_base: None,
            limits: Limits::default(),
        }
    }
}
