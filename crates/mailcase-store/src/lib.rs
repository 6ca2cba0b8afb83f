//! SQL and blobs: everything Mailcase remembers, in SQLite or PostgreSQL, on disk or in S3.
//!
//! The only crate that knows SQL. Every query of the desk takes the organization; every write of a connector's
//! runner carries its [`Lease`] and is refused once that has passed on. Blobs are durable before a row names them.

mod accounting;
mod alarms;
mod arrivals;
mod audit;
mod blobs;
mod cases;
mod clock;
mod config;
mod connectors;
mod decisions;
mod decryption_keys;
mod error;
mod events;
mod gauges;
mod grants;
mod inbox;
mod indicators;
mod leases;
mod ledger;
mod messages;
mod open;
mod organizations;
mod origin_settings;
mod other_sources;
mod page;
mod patterns;
mod reexaminations;
mod search;
mod secrets;
mod sessions;
mod setup;
mod sql;
mod tokens;
mod users;

pub use accounting::KeptAccounting;
pub use alarms::{Alarm, AlarmKind};
pub use arrivals::{Arrival, ArrivalOutcome};
pub use audit::{Actor, AuditEntry, NewAudit, Recorded};
pub use blobs::{
    BlobFile, BlobHash, BlobReader, BlobReceipt, LargeBlob, Location, NoHash, RECLAIM_GRACE, ReclaimOptions,
    ReclaimReport, ReclaimStep, SMALL_BLOB_MAX, VerifyProgress, VerifyReport,
};
pub use cases::{
    Case, CaseAttachment, CaseFilter, CaseIndicator, CaseOrder, CasePatch, CaseReport, CaseSort, NewCase,
    OwnerFilter, Person, TAG_MAX_CHARS, TAGS_MAX, TimelineEntry, TimelineKind,
};
pub use clock::Clock;
pub use config::{BlobConfig, DatabaseConfig, MasterKey, S3Config, StoreConfig};
pub use connectors::{
    ConnectorCounts, ConnectorLogEntry, ConnectorPatch, ConnectorState, ConnectorStatus,
    ConnectorStatusUpdate, ConnectorVitals, ConnectorWithStatus, DeclaredConnector, ErrorFacts, LogLevel,
    PendingWork, SyncReport,
};
pub use decisions::{DecidedMessage, DecidedOutcome, PackedEvidence};
pub use decryption_keys::{DecryptionKey, KeyMaterial, KeyMaterials, NewDecryptionKey};
pub use error::{Result, StoreError};
pub use events::{Event, EventStream};
pub use gauges::ConnectorGauges;
pub use grants::{Grant, NewGrant, PendingGrant, RefreshTurn, TakenTurn};
pub use inbox::{
    CaseRef, ConnectorRef, Delivery, MessageDetail, MessageFilter, MessageSummary, NeedsAttention,
    StoredMessage,
};
pub use indicators::{
    FoundIndicator, IndicatorFacts, IndicatorFilter, IndicatorMark, IndicatorMatch, MARK_NOTE_MAX_CHARS,
    MarkFilter, MarkTarget, MarksFilter, NewMark, Seen, SeenElsewhere,
};
pub use leases::{Lease, Renewal};
pub use ledger::{
    DueAck, DueDelivery, FETCH_TRIES, FetchFailure, FolderCursor, KnownRemote, NewDelivery, StoredDelivery,
    StoredOutcome,
};
pub use messages::{CLAIM_TRIES, ClaimedMessage, DecideContext, STAGE_TRIES};
pub use organizations::Organization;
pub use origin_settings::KeptOriginSettings;
pub use other_sources::{OtherSource, Passed, PassedFolder};
pub use page::{PAGE_DEFAULT, PAGE_MAX, Page, PageRequest};
pub use patterns::{ActivePatterns, KeptPattern};
pub use reexaminations::{
    ExaminedAgain, MeantMessage, Reexamination, ReexaminationCounts, ReexaminationLease, ReexaminationScope,
    ReexaminationState, Reexamined, ReexaminedMessage,
};
pub use sessions::{NewSession, OpenedSession, Session, SessionLimits, SignedIn};
pub use setup::FirstUser;
pub use tokens::{ApiToken, CreatedToken, NewToken, TokenHolder};
pub use users::{NewUser, User, UserPatch, folded_username};

use std::sync::Arc;

/// Everything Mailcase remembers. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    pool: sql::Pool,
    blobs: blobs::Blobs,
    keys: secrets::Keys,
    events: events::Events,
    clock: Clock,
}

impl Store {
    pub(crate) fn pool(&self) -> &sql::Pool {
        &self.inner.pool
    }

    pub(crate) fn clock(&self) -> &Clock {
        &self.inner.clock
    }

    pub(crate) fn now(&self) -> i64 {
        self.inner.clock.now_micros()
    }
}
