//! A connector as the API shows it, put together from its settings, status and counts.

use crate::dto::connector::{
    AccessGrantView, ConnectorActivity, ConnectorCounts, ConnectorErrorView, ConnectorStatusView,
    ConnectorView, FolderCursorView,
};
use crate::problem::Problem;
use jiff::Timestamp;
use mailcase_core::{ConnectorId, OrganizationId};
use mailcase_engine::EngineHandle;
use mailcase_store::{
    ConnectorState, ConnectorStatus, ConnectorWithStatus, ErrorFacts, FolderCursor, Grant, Store,
};

/// The connector as it is now.
pub(crate) async fn shown(
    store: &Store,
    engine: &EngineHandle,
    org: OrganizationId,
    id: ConnectorId,
) -> Result<ConnectorView, Problem> {
    complete(store, engine, org, store.connector_with_status(org, id).await?).await
}

/// Adds what is kept apart from the connector.
pub(crate) async fn complete(
    store: &Store,
    engine: &EngineHandle,
    org: OrganizationId,
    connector: ConnectorWithStatus,
) -> Result<ConnectorView, Problem> {
    let ConnectorWithStatus { connector, status, counts, refusal, created_at } = connector;
    let secret_names = store.connector_secret_names(org, connector.id).await?;
    let folders = store.list_folder_cursors(org, connector.id).await?;
    let grant = if engine.needs_grant(&connector.settings) {
        Some(grant_view(store.grant(org, connector.id).await?))
    } else {
        None
    };
    let notice = engine.notice(&connector.settings);
    let other = store.other_source(org, connector.id).await?;
    Ok(ConnectorView {
        id: connector.id.uuid(),
        status: status_view(connector.active, status),
        settings: connector.settings,
        active: connector.active,
        origin: connector.origin,
        revision: connector.revision,
        secret_names,
        grant,
        notice,
        migration: other.map(|other| other.state.into()),
        counts: ConnectorCounts {
            discovered: counts.discovered,
            stored: counts.stored,
            unacknowledged: counts.unacknowledged,
            refused: counts.refused,
            needs_attention: counts.needs_attention,
            filtered_out: counts.filtered_out,
            total: counts.total,
        },
        refusal,
        folders: folders
            .into_iter()
            .map(|FolderCursor { folder, cursor, updated_at }| FolderCursorView {
                folder,
                cursor,
                updated_at,
            })
            .collect(),
        created_at,
    })
}

fn status_view(active: bool, status: ConnectorStatus) -> ConnectorStatusView {
    let state = match status.state {
        _ if !active => ConnectorActivity::Paused,
        ConnectorState::Starting if status.leased_by.is_none() => ConnectorActivity::Idle,
        ConnectorState::Starting => ConnectorActivity::Starting,
        ConnectorState::Polling => ConnectorActivity::Polling,
        ConnectorState::Waiting => ConnectorActivity::Waiting,
        ConnectorState::BackingOff => ConnectorActivity::BackingOff,
        ConnectorState::Failed => ConnectorActivity::Failed,
    };
    let lag = |since: Timestamp| Timestamp::now().duration_since(since).as_secs().max(0);
    ConnectorStatusView {
        state,
        last_success_at: status.last_success,
        last_error: status.last_error.map(|ErrorFacts { code, message, hint, at }| ConnectorErrorView {
            code,
            message,
            hint,
            at,
        }),
        next_poll_at: status.next_poll,
        lag_seconds: status.waiting_since.map(lag),
        leased_by: status.leased_by,
    }
}

fn grant_view(grant: Option<Grant>) -> AccessGrantView {
    match grant {
        None => AccessGrantView { granted: false, account: None, granted_by: None, granted_at: None },
        Some(Grant { account, granted_by, granted_at }) => {
            AccessGrantView { granted: true, account, granted_by, granted_at: Some(granted_at) }
        }
    }
}
