//! Stored messages examined again.

use crate::dto::message::ConnectorRef;
use jiff::Timestamp;
use mailcase_evidence::Changes;
use mailcase_store::{
    Reexamination, ReexaminationCounts, ReexaminationScope, ReexaminationState, ReexaminedMessage,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// Which messages are examined again.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ReexaminationScopeView {
    /// Those an older parser looked at.
    Outdated,
    /// Those with something in them that is encrypted to a key that was not there.
    NeedsKey,
    All,
}

#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ReexaminationStateView {
    Waiting,
    Running,
    Done,
    Cancelled,
    /// It could not go on; what was done until then stays.
    Failed,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RequestReexamination {
    pub(crate) scope: ReexaminationScopeView,
}

/// The newest re-examinations, and what another one would mean.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ReexaminationsView {
    /// Newest first, at most 20 and those under way.
    pub(crate) items: Vec<ReexaminationView>,
    pub(crate) counts: ReexaminationCountsView,
    /// Of the parser there is now.
    pub(crate) parser_version: u32,
}

/// How many messages each scope means right now.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ReexaminationCountsView {
    pub(crate) outdated: u64,
    pub(crate) needs_key: u64,
    pub(crate) all: u64,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ReexaminationView {
    pub(crate) id: Uuid,
    pub(crate) scope: ReexaminationScopeView,
    /// Set when the mail of this connector alone is meant.
    pub(crate) connector: Option<ConnectorRef>,
    pub(crate) state: ReexaminationStateView,
    /// Messages meant when it was asked for.
    pub(crate) total: u64,
    pub(crate) examined: u64,
    /// Of those examined: in which something changed.
    pub(crate) changed: u64,
    /// Of those examined: in which something could be read that could not before.
    pub(crate) opened: u64,
    /// Of those examined: that keep the evidence they had.
    pub(crate) failed: u64,
    /// Summed up over all messages.
    pub(crate) changes: ChangesView,
    /// Why it failed.
    pub(crate) last_error: Option<String>,
    /// `null` when a new key asked for it.
    pub(crate) requested_by: Option<String>,
    pub(crate) created_at: Timestamp,
    pub(crate) ended_at: Option<Timestamp>,
}

/// A re-examination with the messages it changed.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ReexaminationDetail {
    pub(crate) summary: ReexaminationView,
    /// In the order of their arrival: the first 500 that changed, and the first 500 that failed.
    pub(crate) messages: Vec<ReexaminedMessageView>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ReexaminedMessageView {
    pub(crate) message: Uuid,
    pub(crate) subject: Option<String>,
    pub(crate) changes: ChangesView,
    /// Why it keeps the evidence it had.
    pub(crate) error: Option<String>,
}

/// What the new evidence says and the old one did not, and the other way round.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ChangesView {
    pub(crate) indicators_found: usize,
    pub(crate) indicators_gone: usize,
    pub(crate) parts_found: usize,
    pub(crate) parts_gone: usize,
    pub(crate) defects_found: usize,
    pub(crate) defects_gone: usize,
    /// The subject, the people, the date or the body read differently.
    pub(crate) reads_differently: bool,
    /// What speaks for and against its origin.
    pub(crate) judged_differently: bool,
    /// Things that could not be read before and can be now.
    pub(crate) opened: usize,
}

impl From<ReexaminationScopeView> for ReexaminationScope {
    fn from(scope: ReexaminationScopeView) -> Self {
        match scope {
            ReexaminationScopeView::Outdated => Self::Outdated,
            ReexaminationScopeView::NeedsKey => Self::NeedsKey,
            ReexaminationScopeView::All => Self::All,
        }
    }
}

impl From<ReexaminationScope> for ReexaminationScopeView {
    fn from(scope: ReexaminationScope) -> Self {
        match scope {
            ReexaminationScope::Outdated => Self::Outdated,
            ReexaminationScope::NeedsKey => Self::NeedsKey,
            ReexaminationScope::All => Self::All,
        }
    }
}

impl From<ReexaminationState> for ReexaminationStateView {
    fn from(state: ReexaminationState) -> Self {
        match state {
            ReexaminationState::Waiting => Self::Waiting,
            ReexaminationState::Running => Self::Running,
            ReexaminationState::Done => Self::Done,
            ReexaminationState::Cancelled => Self::Cancelled,
            ReexaminationState::Failed => Self::Failed,
        }
    }
}

impl From<ReexaminationCounts> for ReexaminationCountsView {
    fn from(counts: ReexaminationCounts) -> Self {
        let ReexaminationCounts { outdated, needs_key, all } = counts;
        Self { outdated, needs_key, all }
    }
}

impl From<Reexamination> for ReexaminationView {
    fn from(one: Reexamination) -> Self {
        Self {
            id: one.id.uuid(),
            scope: one.scope.into(),
            connector: one.connector.map(Into::into),
            state: one.state.into(),
            total: one.total,
            examined: one.examined,
            changed: one.changed,
            opened: one.opened,
            failed: one.failed,
            changes: one.changes.into(),
            last_error: one.last_error,
            requested_by: one.requested_by,
            created_at: one.created_at,
            ended_at: one.ended_at,
        }
    }
}

impl From<ReexaminedMessage> for ReexaminedMessageView {
    fn from(one: ReexaminedMessage) -> Self {
        let ReexaminedMessage { message, subject, changes, error } = one;
        Self { message: message.uuid(), subject, changes: changes.into(), error }
    }
}

impl From<Changes> for ChangesView {
    fn from(changes: Changes) -> Self {
        let Changes { indicators_found, indicators_gone, parts_found, parts_gone, .. } = changes;
        let Changes { defects_found, defects_gone, reads_differently, judged_differently, opened, .. } =
            changes;
        Self {
            indicators_found,
            indicators_gone,
            parts_found,
            parts_gone,
            defects_found,
            defects_gone,
            reads_differently,
            judged_differently,
            opened,
        }
    }
}
