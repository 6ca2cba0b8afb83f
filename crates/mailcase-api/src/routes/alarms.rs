//! Alarms: what somebody should look at.

use crate::access::{ReadConnectors, Require};
use crate::dto::message::ConnectorRef;
use crate::dto::trail::AlarmView;
use crate::page::Page;
use crate::problem::Problem;
use axum::Json;
use axum::extract::State;
use mailcase_store::{Alarm, Store};

/// Standing alarms, newest first, then the newest of those that were cleared.
#[utoipa::path(get, path = "/alarms", tag = "alarms",
    security(("session" = ["read_connectors"]), ("token" = ["read_connectors"])),
    responses((status = 200, description = "The alarms", body = Page<AlarmView>)))]
pub(crate) async fn list_alarms(
    State(store): State<Store>,
    Require(caller, _): Require<ReadConnectors>,
) -> Result<Json<Page<AlarmView>>, Problem> {
    let alarms = store.list_alarms(caller.organization).await?;
    Ok(Json(Page::whole(alarms.into_iter().map(view).collect())))
}

fn view(alarm: Alarm) -> AlarmView {
    AlarmView {
        id: alarm.id.uuid(),
        connector: ConnectorRef { id: alarm.connector.uuid(), name: alarm.connector_name },
        kind: alarm.kind.as_str().to_owned(),
        text: alarm.text,
        raised_at: alarm.raised_at,
        cleared_at: alarm.cleared_at,
    }
}
