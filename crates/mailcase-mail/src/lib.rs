//! What a mail source is: the contract between a protocol and whatever uses it.
//!
//! A source lists, fetches and changes messages on a remote mailbox. It knows nothing of cases. The contract
//! is the documentation of [`MailSource`] together with the conformance suite (feature `testkit`), which
//! every source must pass against a real server.

mod announce;
mod check;
mod error;
mod fetched;
mod glance;
mod grant;
mod hashes;
mod kind;
mod position;
mod remote;
mod source;
#[cfg(feature = "testkit")]
pub mod testkit;
pub mod utf7;

pub use announce::{AnnounceTo, Announced, Announcement};
pub use check::{CertificateFacts, CheckReport, CheckStep, Expiry, StepStatus};
pub use error::{SourceError, TlsPeer};
pub use fetched::{CHUNK_MAX_BYTES, Fetched, FetchedSender};
pub use glance::{Criterion, GLANCE_BYTES, Glance, Place};
pub use grant::{
    BegunGrant, GrantAnswer, GrantRequest, Granted, NothingGranted, REFRESH_TURN_MAX, RefreshTokens,
    RefreshTurn,
};
pub use hashes::Hashes;
pub use kind::{SecretField, SourceKind};
pub use position::{Age, Position};
pub use remote::{Cursor, Discovery, Folder, FolderPath, RemoteHead, RemoteId, Reset};
pub use source::{
    ActOutcome, Capabilities, Deadlines, Interrupt, MailSource, RemoteAction, Scope, SourceFactory,
    Translation, Wake,
};
