//! Cases, connectors, roles and decisions as values and pure functions.
//!
//! No I/O, no clock, no randomness: whatever depends on them is an argument. Everything here can be
//! tested with a table.

pub mod case;
pub mod case_token;
pub mod connector;
pub mod decision;
pub mod id;
pub mod indicator;
pub mod message;
pub mod migration;
pub mod origin;
pub mod permission;
pub mod prefilter;
pub mod threading;

pub use id::{
    AlarmId, CaseId, ConnectorId, DecryptionKeyId, DeliveryId, MessageId, OrganizationId, PatternId,
    ReexaminationId, SessionId, TimelineId, TokenId, UserId,
};
