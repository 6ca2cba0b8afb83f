//! Writes the audit trail: who did what to what, from where.

use crate::access::Caller;
use crate::client::Client;
use crate::problem::Problem;
use mailcase_core::OrganizationId;
use mailcase_store::{Actor, NewAudit, Store};
use serde_json::{Value, json};
use std::fmt;

/// What is written down. The words are stable: people search for them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    SetupCompleted,
    SignInAccepted,
    SignInRefused,
    SignedOut,
    SessionRevoked,
    TokenCreated,
    TokenRevoked,
    UserCreated,
    UserUpdated,
    ConnectorCreated,
    ConnectorUpdated,
    ConnectorDeleted,
    ConnectorActivated,
    ConnectorDeactivated,
    AccessGranted,
    AccessWithdrawn,
    MigrationStarted,
    MigrationEnded,
    SourceSwitched,
    SourceSwitchUndone,
    GapsFetched,
    LookedAgain,
    DeliveryRetried,
    MessageRetried,
    IndicatorMarked,
    IndicatorUnmarked,
    KeyAdded,
    KeyDeleted,
    OriginSettingsChanged,
    PatternAdded,
    PatternChanged,
    PatternDeleted,
    ReexaminationRequested,
    ReexaminationCancelled,
    CaseCreated,
    CaseUpdated,
    CaseNoteAdded,
}

impl Action {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::SetupCompleted => "setup.completed",
            Self::SignInAccepted => "sign_in.accepted",
            Self::SignInRefused => "sign_in.refused",
            Self::SignedOut => "session.signed_out",
            Self::SessionRevoked => "session.revoked",
            Self::TokenCreated => "token.created",
            Self::TokenRevoked => "token.revoked",
            Self::UserCreated => "user.created",
            Self::UserUpdated => "user.updated",
            Self::ConnectorCreated => "connector.created",
            Self::ConnectorUpdated => "connector.updated",
            Self::ConnectorDeleted => "connector.deleted",
            Self::ConnectorActivated => "connector.activated",
            Self::ConnectorDeactivated => "connector.deactivated",
            Self::AccessGranted => "connector.access_granted",
            Self::AccessWithdrawn => "connector.access_withdrawn",
            Self::MigrationStarted => "connector.migration_started",
            Self::MigrationEnded => "connector.migration_ended",
            Self::SourceSwitched => "connector.source_switched",
            Self::SourceSwitchUndone => "connector.source_switch_undone",
            Self::LookedAgain => "connector.looked_again",
            Self::GapsFetched => "connector.gaps_fetched",
            Self::DeliveryRetried => "delivery.retried",
            Self::MessageRetried => "message.retried",
            Self::IndicatorMarked => "indicator.marked",
            Self::IndicatorUnmarked => "indicator.unmarked",
            Self::KeyAdded => "key.added",
            Self::KeyDeleted => "key.deleted",
            Self::OriginSettingsChanged => "origin_settings.changed",
            Self::PatternAdded => "pattern.added",
            Self::PatternChanged => "pattern.changed",
            Self::PatternDeleted => "pattern.deleted",
            Self::ReexaminationRequested => "reexamination.requested",
            Self::ReexaminationCancelled => "reexamination.cancelled",
            Self::CaseCreated => "case.created",
            Self::CaseUpdated => "case.updated",
            Self::CaseNoteAdded => "case.note_added",
        }
    }
}

/// Who did it, and in which organization; neither is known when somebody unknown tries to sign in.
#[derive(Debug, Clone)]
pub(crate) struct Doer {
    pub(crate) organization: Option<OrganizationId>,
    pub(crate) actor: Actor,
}

impl From<&Caller> for Doer {
    fn from(caller: &Caller) -> Self {
        Self { organization: Some(caller.organization), actor: caller.actor() }
    }
}

/// The entry of a change, to be made through [`Store::recorded`]. `facts` is a JSON object and holds no secrets.
pub(crate) fn entry(client: &Client, doer: impl Into<Doer>, action: Action, mut facts: Value) -> NewAudit {
    let Doer { organization, actor } = doer.into();
    if let Some(facts) = facts.as_object_mut() {
        facts.insert("address".to_owned(), json!(client.address));
    }
    NewAudit { organization, actor, action: action.as_str(), target: None, detail: facts }
}

/// Writes down what is no change of one transaction. `target` names what it was done to.
pub(crate) async fn record(
    store: &Store,
    client: &Client,
    doer: impl Into<Doer>,
    action: Action,
    target: impl fmt::Display,
    facts: Value,
) -> Result<(), Problem> {
    let target = Some(target.to_string()).filter(|target| !target.is_empty());
    store.append_audit(NewAudit { target, ..entry(client, doer, action, facts) }).await?;
    Ok(())
}
